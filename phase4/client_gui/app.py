"""The window's life: it turns events into what is seen, and what is typed into lines to send.

**Only the main thread touches Tk.** The client's own thread waits for the network and puts events
into a queue; nothing else goes between the two (phase4/client_gui/inbox.py).
"""

import tkinter as tk
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from phase4.client import (
    Arrived,
    Connected,
    ConnectionLost,
    Disconnected,
    Event,
    NameRefused,
    PasswordAsked,
    PeopleChanged,
    Trust,
    Welcomed,
)
from phase4.client.completion import Speakers
from phase4.client.presence import Presence, State
from phase4.client_gui import security
from phase4.client_gui.call_menu import CallMenu
from phase4.client_gui.called import Called
from phase4.client_gui.chat_page import ChatCalls, ChatPage
from phase4.client_gui.connect_page import TLS_LABEL, ConnectPage
from phase4.client_gui.contact import Contact
from phase4.client_gui.entrance import Entrance
from phase4.client_gui.ignoring import Ignoring
from phase4.client_gui.inbox import Inbox, InboxCalls
from phase4.client_gui.keeping import keep_drafts
from phase4.client_gui.memory import Memory
from phase4.client_gui.menu import MenuCalls, window_actions
from phase4.client_gui.pages import Pages
from phase4.client_gui.password_row import Given
from phase4.client_gui.past import Past
from phase4.client_gui.person_menu import PersonCalls, PersonMenu
from phase4.client_gui.quitting import Quitting
from phase4.client_gui.routing import Router
from phase4.client_gui.sending import Sender
from phase4.client_gui.server_book import ServerBook
from phase4.client_gui.settings import Settings
from phase4.client_gui.standing import Standing
from phase4.client_gui.tabs import MAX_PRIVATE_TABS, Tab
from phase4.client_gui.target import Target
from phase4.client_gui.title import title_of
from phase4.widgets.links import LinkOpener
from phase4.widgets.opening import on_close
from phase4.widgets.theme import BASE_POINTS, Theme
from shared import message

HOW_TO_ENCRYPT = f"Tick “{TLS_LABEL}” (the space bar does it) and connect again."


class App:
    """The one window. Main thread only."""

    def __init__(
        self,
        root: tk.Tk,
        target: Target,
        theme_name: str,
        must_stop: Callable[[], bool],
        *,
        points: int = 0,
        memory: Path | None = None,
        remembered: Settings | None = None,
        trust: Trust | None = None,
        password: str = "",
    ) -> None:
        """Nothing is connected to before `connect`. Once `must_stop()` says so, the window ends.

        What is to be remembered is written to the file `memory`, or nowhere; `remembered` is what
        it held. `trust` says whose certificates will do where the target has TLS; None: any, as
        long as it does not change.
        """
        self.root = root
        self.theme = Theme(root, theme_name, (remembered or Settings()).looked)
        if points:
            self.theme.zoom(points - BASE_POINTS)
        self._contact = Contact(target, trust, password)
        self._speakers = Speakers()
        self._must_stop = must_stop
        self.links = LinkOpener()
        remembered = remembered or Settings()
        self.memory = Memory(root, self.theme, memory, target, remembered)
        self.ignoring = Ignoring(remembered.ignored, lambda held: self.memory.change(ignored=held))
        self._build()
        self._drafts = keep_drafts(
            self.chat_page, memory, lambda text: self.router.tell(self.router.notice(text))
        )
        self._quitting = Quitting(
            self._pages,
            self.chat_page.question,
            lambda: self.router.own.count,
            self._drafts.save,
            self.quit,
        )
        self._entrance.show_form()
        on_close(root, self.ask_to_quit)
        self._inbox.look()

    def appear(self) -> None:
        """Put the window on the screen. What is typed as soon as it is there is heard."""
        self._pages.appear()
        if self._pages.is_chat:
            self._pages.show_chat()
        else:
            self._entrance.show_form()

    # --- what the person does ------------------------------------------------------------------

    def connect(self, target: Target, given: Given | None = None) -> None:
        """Begin to connect. What happens then comes as events; the window stays alive."""
        if self._contact.asks_at(target):
            if given is not None and self._contact.is_asked(given.name):
                self.standing.accounts.give(given)
            else:
                self._entrance.try_name(target.name)
            return
        self._give_up_waiting()
        self.hang_up()
        self.chat_page.show_people(())
        self.ignoring.follow(target.place)
        self.called.follow(target.place)
        self.chat_page.show_ignored()
        self.standing.accounts.connecting()
        self._contact.begin(target, given.password if given is not None else "")
        self._entrance.show_waiting(f"Connecting to {target.place} …")

    def connect_at_once(self) -> None:
        """Connect to the target without asking, and show the conversation, not the form."""
        self._pages.show_chat()
        self.connect(self._contact.target)

    def connect_again(self) -> None:
        """Connect to the same server, with the same name; at once, if it is being tried again."""
        if self._contact.retry_now():
            self._entrance.show_waiting("Trying to connect again …")
        elif self._contact.client is None and self._contact.presence.was_in:
            self.connect_at_once()

    def leave_form(self) -> None:
        """Cancel: stop connecting, and go back to the conversation if there is one."""
        if not self._contact.presence.is_in:
            self.hang_up()
        if self._contact.presence.was_in:
            self._pages.show_chat()
            self._show_title()
            if not self._contact.presence.is_in:
                again = ("Connect again", self.connect_again)
                self.chat_page.show_bar("You are not connected.", again)
        else:
            self.connect_page.show_form()

    def open_person(self, name: str) -> None:
        """Talk to one person, in a tab of its own."""
        if tab := self._tabs.open(name):
            self._tabs.select(tab)
            self.chat_page.entry.focus_set()
        else:
            why = f"{MAX_PRIVATE_TABS} private conversations are open; close one first (Ctrl W)."
            self.router.say(message.Error(why))

    def ask_to_quit(self) -> None:
        """Close the window. Where something that was typed would be lost, ask first."""
        self._quitting.ask()

    def quit(self) -> None:
        """Close the window and the connection, in order."""
        self._pages.close()
        self.memory.close()
        self._drafts.close()
        self._inbox.close()
        self.past.close()
        self.called.close()
        self.standing.accounts.close()
        self.chat_page.countdown.stop()
        self.root.withdraw()  # gone at once, even if the goodbye takes a moment
        self.root.update_idletasks()
        self.hang_up(wait=True)
        self.root.destroy()

    # --- what the client tells ------------------------------------------------------------------

    def _is_open(self) -> bool:
        """Whether the window goes on. Asked all the time, it looks after links as well."""
        if self._must_stop():
            self.quit()
            return False
        self.chat_page.show_doubts(self._sender.look())
        for link in self.links.failures():
            self.router.say(message.Error(f"No web browser could be started for {link}"))
        self.called.tend()
        self.standing.accounts.tend()
        return True

    def _draw(self, received: list[message.Message], people: PeopleChanged | None) -> None:
        unread, ignored = (self._tabs.unread, self._tabs.called), self.ignoring.names
        self.router.show(received)
        self.standing.heard(received)
        self.past.heard(received)
        self._speakers.heard(self.ignoring.heard(received, self.router.me))
        if people is not None:
            self.ignoring.show_people(people.names)
            self.theme.name_colours.show_people(people.names)
            self.chat_page.show_people(people.names)
        if self.ignoring.names != ignored:
            self.chat_page.show_ignored()
        if (self._tabs.unread, self._tabs.called) != unread:
            self._show_title()

    def _handle_change(self, event: Event) -> None:
        before = self._contact.after(event)
        self.past.after(event)
        self.standing.show()
        match event:
            case Connected():
                place = self._contact.target.place
                self._entrance.show_waiting(f"Connected to {place}, giving the name …")
            case NameRefused(reason, needs):
                self._entrance.ask_name(reason, needs_tls=needs)
            case PasswordAsked():
                self.standing.accounts.asked(event)
            case Welcomed(name):
                self._welcome(name, before)
            case Arrived(count):
                self.router.own.arrived(count)
            case ConnectionLost(reason, seconds):
                self._lost(reason, seconds, before)
            case Disconnected():
                self._disconnected(event, before)

    def _welcome(self, name: str, before: Presence) -> None:
        if before.is_in:
            self.theme.name_colours.rename(self.router.me, name)
        if not before.is_in:
            self.memory.remember(self._contact.target)
        elif before.state is State.IN:  # /nick; after a loss it may not be meant to stay
            self.memory.remember(replace(self._contact.target, name=name))
        self.router.me = name
        self._contact.target = replace(self._contact.target, name=name)
        self.chat_page.show_place(self._contact.target.place, name)
        if before.state is not State.IN:
            self._come_in(before)
            self._drafts.came_in(self._contact.target.place)
        self._show_security()
        self._show_title()

    def _come_in(self, before: Presence) -> None:
        if self._contact.client is not None:
            self.router.follow(self._contact.client.clock)
        self.past.follow(self._contact.target.place)
        was_away = before.state is State.AWAY
        if before.was_in and not was_away:  # the conversation goes on, perhaps elsewhere
            self.router.tell(self.router.notice(f"Connected to {self._contact.target.place}."))
            for tab in self._tabs:
                self.chat_page.outgoing.doubt(tab)
        self.router.own.returned()
        self.chat_page.hide_bar()
        if self._pages.is_chat or not was_away:
            self._pages.show_chat()

    def _lost(self, reason: str, seconds: float, before: Presence) -> None:
        """The connection tries again by itself, in so many seconds."""
        if before.state is not State.AWAY:
            self.router.tell(message.Error(reason))
        self.router.own.lost()
        if not before.is_in:  # on a return, while a name was being looked for
            self._pages.show_chat()
        self._show_security()
        self.chat_page.show_trying(reason, seconds, self.connect_again, self._contact.stop_trying)
        self._show_title()

    def _disconnected(self, event: Disconnected, before: Presence) -> None:
        if before.is_in and not event.was_wished:  # also where it was given up on the way back
            self.router.tell(*map(message.Error, event.reason.splitlines()))
        elif before.state is State.IN:
            self.router.tell(self.router.notice(event.reason))
        self._give_up_waiting()
        self.hang_up()
        self.chat_page.show_people(())
        if event.wants_tls and not self._contact.target.has_tls:
            self._entrance.show_form(f"{event.reason} {HOW_TO_ENCRYPT}", field="tls")
        elif self._contact.presence.was_in and self._pages.is_chat:
            self.chat_page.show_bar(event.reason, ("Connect again", self.connect_again))
            self._show_title()
        else:
            self._entrance.show_form(event.reason, field="host")

    def _give_up_waiting(self) -> None:
        unsent = self._contact.client.unsent if self._contact.client is not None else ()
        self.router.own.give_up(
            self._contact.client.arrived if self._contact.client is not None else 0
        )
        self.router.give_up(unsent if self._contact.presence.was_in else ())

    def hang_up(self, *, wait: bool = False) -> None:
        """Let go of the client. Its end is waited for by a thread: the window goes on."""
        self._contact.let_go(wait=wait)
        self.standing.show()
        self._show_security()

    # --- showing ------------------------------------------------------------------------------

    def _names(self) -> tuple[str, ...]:
        return self._speakers.in_order(self._contact.people)

    def _show_security(self) -> None:
        self.chat_page.show_security(
            security.in_a_word(self._contact.target, self._contact.presence)
        )

    def explain_security(self) -> None:
        """F7: who can listen in, and how to make sure who the server is; in the conversation."""
        said = security.explained(self._contact.presence, str(self._contact.trust.ca or ""))
        self.router.say(*map(self.router.notice, said))

    def _say(self, text: str) -> None:
        self.router.say(self.router.notice(text))

    def _saw(self) -> None:
        """The tab in front is seen, if the window is."""
        self.called.tend()
        if self._tabs.current.unread and self._pages.is_looked_at():
            self._tabs.saw(self._tabs.current)
            self._show_title()

    def _tab_selected(self, _: Tab) -> None:
        self._saw()
        self._show_title()

    def _show_title(self) -> None:
        state, place = self._contact.presence.state, self._contact.target.place
        title = title_of(state, self.router.me, self._tabs.unread, self._tabs.called, place)
        self.root.title(title if self._pages.is_chat else "Join the chat")

    # --- building -----------------------------------------------------------------------------

    def _build(self) -> None:
        book = ServerBook(self.memory, self._contact.trust)
        self.connect_page = ConnectPage(self.root, self.theme, self.connect, self.leave_form, book)
        self.chat_page = ChatPage(
            self.root,
            self.theme,
            ChatCalls(
                lambda lines: self._sender.send(self._tabs.current, lines),
                self._names,
                self.links.open,
                self.open_person,
                self._tab_selected,
            ),
        )
        self._tabs = self.chat_page.tabs
        pages = (self.connect_page, self.chat_page)
        self._pages = Pages(self.theme, self.memory, *pages, self._saw, self.leave_form)
        self._entrance = Entrance(self._pages, *pages, self._contact, self._show_title)
        self.router = Router(
            self._tabs,
            self.theme.name_colours,
            self._pages.is_looked_at,
            self.chat_page.outgoing.is_here,
            self.chat_page.outgoing.give_back,
            self.chat_page.outgoing.doubt,
            self.ignoring,
        )
        self.past = Past(self.chat_page, self.theme, self.router, self._contact, self.links.open)
        self.person_menu = PersonMenu(
            self.chat_page,
            self.theme,
            self.ignoring,
            PersonCalls(self.open_person, self._say, lambda: self.router.me, self._names),
        )
        self.called = Called(
            self.root, self._tabs, self._pages, self.router, self.memory, self._show_title
        )
        self.call_menu = CallMenu(self.chat_page, self.theme, self.called, self.person_menu)
        self._sender = Sender(self.router, self._contact)
        in_the_room = (self.router, self._sender, self.person_menu)
        self.standing = Standing(self.theme, self._contact, self._entrance, *in_the_room, *pages)
        calls = InboxCalls(
            lambda: self._contact.client, self._is_open, self._draw, self._handle_change
        )
        self._inbox = Inbox(self.root, calls)
        menu = MenuCalls(
            self.connect_again,
            self._entrance.choose_server,
            self.connect_page.show_servers,
            self.explain_security,
            self.person_menu.show_list,
            self.chat_page.panels.show_keys,
            self.ask_to_quit,
        )
        others = (*self.call_menu.actions(), *self.standing.actions())
        actions = window_actions(menu, self.chat_page, others, self.theme)
        self._pages.set_actions(actions)
