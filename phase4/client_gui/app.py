"""The window's life: it turns events into what is seen, and what is typed into lines to send.

**Only the main thread touches Tk.** The connection's own thread waits for the network and puts
events into a queue; nothing else goes between the two. Tk's loop looks into the queue every
POLL_MILLISECONDS (`_poll`), takes a bounded batch, and draws. It never waits for the other thread.
"""

import functools
import queue
import threading
import tkinter as tk
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from tkinter import ttk

from phase4.client import (
    Client,
    Connected,
    ConnectionLost,
    Disconnected,
    Event,
    NameRefused,
    PeopleChanged,
    Received,
    Secured,
    SendError,
    Trust,
    Welcomed,
)
from phase4.client_gui import security, settings
from phase4.client_gui.actions import reading_actions, tab_actions
from phase4.client_gui.chat_page import ChatCalls, ChatPage
from phase4.client_gui.connect_page import TLS_LABEL, ConnectPage
from phase4.client_gui.routing import Router, now
from phase4.client_gui.tabs import MAX_PRIVATE_TABS, Tab
from phase4.client_gui.target import Target
from phase4.widgets.actions import Action, explain_keys, looks_actions
from phase4.widgets.conversation import Conversation
from phase4.widgets.keys import bind_keys
from phase4.widgets.links import LinkOpener
from phase4.widgets.theme import BASE_POINTS, Theme
from shared import message

POLL_MILLISECONDS = 50
"""Between two looks into the queue: 20 a second look like at once, and cost next to nothing."""

BATCH_EVENTS = 200
"""Events drawn in one go. Keys and the mouse get their turn between two batches, however fast
lines come."""

BUSY_MILLISECONDS = 5
"""To the next look, while there is more than one batch."""

SAVE_MILLISECONDS = 500
"""From a change of looks to writing it down: who holds Ctrl+plus down writes one file, not ten."""

CLOSE_SECONDS = 1.0

MAX_UNSENT_SHOWN = 100
"""Lines that were never sent, and are shown after the end. As many as two pastes."""

WANTS_TLS = "TLS only"
"""In the sentence of a server that was spoken to without TLS (phase4/server/session.py)."""

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
        trust: Trust | None = None,
    ) -> None:
        """Nothing is connected to before `connect`. Once `must_stop()` says so, the window ends.

        What is to be remembered is written to the file `memory`, or nowhere. `trust` says whose
        certificates will do where the target has TLS; None: anybody's that does not change.
        """
        self.root = root
        self.theme = Theme(root, theme_name)
        if points:
            self.theme.zoom(points - BASE_POINTS)
        self._target = target
        self._memory = memory
        self._trust = trust or Trust()
        self._secured: Secured | None = None  # what TLS has agreed on, while it is connected
        self._remembered = settings.Settings(
            target.host, target.port, target.name, tls=target.has_tls
        )
        self._poll_timer = ""
        self._save_timer = ""
        self._connection: Client | None = None
        self._is_in = False  # welcomed, and not disconnected since; perhaps away for a while
        self._is_away = False  # the connection is lost, and being tried again
        self._was_in = False  # there is a conversation to go back to
        self._name_wanted = False  # the server waits for another name
        self._may_quit = False  # the person has been told that lines wait
        self._must_stop = must_stop
        self.links = LinkOpener()
        self._page: ConnectPage | ChatPage
        self._build()
        self.show_form()
        root.protocol("WM_DELETE_WINDOW", self.ask_to_quit)
        self._poll()

    def appear(self) -> None:
        """Put the window on the screen. Whoever types as soon as it is there is heard."""
        self.root.update_idletasks()
        if self._page is self.connect_page:
            self.show_form()
        else:
            self._show(self.chat_page)

    # --- what the person does ------------------------------------------------------------------

    def show_form(self, text: str = "", *, field: str = "") -> None:
        """Ask where to connect; `text` says what was wrong before."""
        if self._page is not self.connect_page:  # what is being filled in is not overwritten
            self.connect_page.fill(self._target)
        self._show(self.connect_page)
        self.connect_page.show_form(text, field=field, can_go_back=self._was_in)
        self._show_title()

    def connect(self, target: Target) -> None:
        """Begin to connect. What happens then comes as events; the window stays alive."""
        if self._name_wanted and replace(target, name="") == replace(self._target, name=""):
            self._try_name(target)
            return
        self._give_up_waiting()
        self.hang_up()
        self.chat_page.show_people(())
        self._target = target
        trust = self._trust if target.has_tls else None
        self._connection = Client(
            target.host, target.port, target.name, reconnect=True, trust=trust
        )
        self._connection.start()
        self._show_waiting(f"Connecting to {target.place} …")

    def connect_at_once(self) -> None:
        """Connect with what the command line said, and show the conversation, not the form."""
        self._show(self.chat_page)
        self.connect(self._target)

    def connect_again(self) -> None:
        """To the same server, with the same name; at once, where a pause is being waited for."""
        if self._is_away and self._connection is not None:
            self._try_now()
        elif not self._is_in and self._was_in and self._connection is None:
            self._show(self.chat_page)
            self.connect(self._target)

    def stop_trying(self) -> None:
        """Do not connect again by itself any more."""
        if self._is_away and self._connection is not None:
            self._close_behind(self._connection)  # and Disconnected will come

    def leave_form(self) -> None:
        """Cancel: stop connecting, and go back to the conversation if there is one."""
        if not self._is_in:
            self.hang_up()
        if self._was_in:
            self._show(self.chat_page)
            self._show_title()
            if not self._is_in:
                self._show_not_connected("You are not connected.")
        else:
            self.connect_page.show_form()

    def send(self, line: str) -> bool:
        """Send a line from the conversation in front to the server; whether it was taken.

        If not, it says why.
        """
        tab = self._tabs.current
        tab.conversation.jump_to_newest()
        try:
            if self._connection is None or not self._is_in:
                raise SendError("You are not connected; this was not sent.")
            self._connection.send(line)
        except SendError as error:
            self.router.say(message.Error(str(error)))
            return False
        self.router.sent(tab, line, waits=self._is_away)
        return True

    def open_person(self, name: str) -> None:
        """Talk to one person, in a tab of its own."""
        if tab := self._tabs.open(name):
            self._tabs.select(tab)
            self.chat_page.entry.focus_set()
        else:
            why = f"{MAX_PRIVATE_TABS} private conversations are open; close one first (Ctrl W)."
            self.router.say(message.Error(why))

    def ask_to_quit(self) -> None:
        """Close the window; but ask first, once, where lines that were typed still wait."""
        count = len(self._connection.unsent) if self._is_away and self._connection else 0
        if not count or self._may_quit:
            self.quit()
            return
        self._may_quit = True  # who closes it a second time means it
        what = "A line has" if count == 1 else f"{count:,} lines have"
        self._show(self.chat_page)
        self.chat_page.question.show(
            f"{what} not been sent yet. Quit all the same?",
            [("Stay", self._stay), ("Quit", self.quit)],
            escape=self._stay,
        )

    def quit(self) -> None:
        """Close the window and the connection, in order."""
        self._save()
        for timer in filter(None, (self._poll_timer, self._save_timer)):
            self.root.after_cancel(timer)
        self.chat_page.countdown.stop()
        self.root.withdraw()  # gone at once, even if the goodbye takes a moment
        self.root.update_idletasks()
        self.hang_up(wait=True)
        self.root.destroy()

    def _stay(self) -> None:
        self._may_quit = False
        self.chat_page.question.hide()

    def _try_now(self) -> None:
        assert self._connection is not None
        self._show_waiting("Trying to connect again …")
        self._connection.retry_now()

    # --- what the connection tells --------------------------------------------------------------

    def _poll(self) -> None:
        """Draw what came, and look again soon."""
        if self._must_stop():
            self.quit()
            return
        for link in self.links.failures():
            self.router.say(message.Error(f"No web browser could be started for {link}"))
        events = self._take_events()
        is_busy = len(events) == BATCH_EVENTS
        try:
            self._handle(events)
        finally:  # a fault in one line must not end the looking
            pause = BUSY_MILLISECONDS if is_busy else POLL_MILLISECONDS
            self._poll_timer = self.root.after(pause, self._poll)

    def _take_events(self) -> list[Event]:
        events: list[Event] = []
        try:
            while self._connection is not None and len(events) < BATCH_EVENTS:
                events.append(self._connection.events.get_nowait())
        except queue.Empty:
            pass
        return events

    def _handle(self, events: list[Event]) -> None:
        received: list[message.Message] = []
        people: PeopleChanged | None = None
        for event in events:
            match event:
                case Received(each):
                    received.append(each)
                case PeopleChanged():
                    people = event  # of several in one batch, the last says it all
                case _:
                    self._draw(received, people)
                    received, people = [], None
                    self._handle_change(event)
        self._draw(received, people)

    def _draw(self, received: list[message.Message], people: PeopleChanged | None) -> None:
        unread = self._tabs.unread
        self.router.show(received)
        if people is not None:
            self.chat_page.show_people(people.names)
        if self._tabs.unread != unread:
            self._show_title()

    def _handle_change(self, event: Event) -> None:
        match event:
            case Connected():
                self._show_waiting(f"Connected to {self._target.place}, giving the name …")
            case Secured():
                self._secured = event
            case NameRefused(reason):
                self._name_wanted = True
                self._is_in = self._is_away = False  # on a return, too, one has to come in anew
                is_typing = self._page is self.chat_page and self.chat_page.entry.get()
                self.show_form(reason, field="name")
                if is_typing:  # the end of a sentence must not become a name, which all would hear
                    self.connect_page.focus_set()
            case Welcomed(name):
                self._welcome(name)
            case ConnectionLost(reason, seconds):
                self._lost(reason, seconds)
            case Disconnected():
                self._disconnected(event)

    def _welcome(self, name: str) -> None:
        if self._is_in:
            self.theme.name_colours.rename(self.router.me, name)
        if not self._is_in:
            self._remember(self._target)
        elif not self._is_away:  # /nick; after a loss it may be a name that is not meant to stay
            self._remember(replace(self._target, name=name))
        self.router.me = name
        self._target = replace(self._target, name=name)
        self.chat_page.show_place(self._target.place, name)
        if not self._is_in or self._is_away:
            self._come_in()
        self._show_security()
        self._show_title()

    def _come_in(self) -> None:
        if self._was_in and not self._is_away:  # the conversation goes on, perhaps elsewhere
            self.router.tell(message.Notice(now(), f"Connected to {self._target.place}."))
            for tab in self._tabs:
                self.chat_page.doubt(tab)
        was_away, self._is_away = self._is_away, False
        self._is_in = self._was_in = True
        self._name_wanted = False
        for tab in self._tabs:
            tab.settle(now())
        self.chat_page.hide_bar()
        if not was_away or self._page is not self.connect_page:
            self._show(self.chat_page)

    def _lost(self, reason: str, seconds: float) -> None:
        """The connection tries again by itself, in so many seconds."""
        if not self._is_away:
            self._is_away = True
            self.router.tell(message.Error(reason))
        if not self._is_in:  # on a return, while a name was being looked for
            self._is_in = True
            self._show(self.chat_page)
        self._name_wanted = False
        self._secured = None
        self._show_security()
        self.chat_page.show_trying(reason, seconds, self.connect_again, self.stop_trying)
        self._show_title()

    def _disconnected(self, event: Disconnected) -> None:
        if self._is_in and not event.was_wished:  # also where it was given up on the way back
            self.router.tell(message.Error(event.reason))
        elif self._is_in and not self._is_away:
            self.router.tell(message.Notice(now(), event.reason))
        self._give_up_waiting()
        self.hang_up()
        self.chat_page.show_people(())
        if WANTS_TLS in event.reason and not self._target.has_tls:
            self.show_form(f"{event.reason} {HOW_TO_ENCRYPT}", field="tls")
        elif self._was_in and self._page is self.chat_page:
            self._show_not_connected(event.reason)
            self._show_title()
        else:
            self.show_form(event.reason, field="host")

    def _give_up_waiting(self) -> None:
        """Give back what was typed and never arrived: in the conversation, and at Up."""
        lines = self._connection.unsent if self._connection is not None else ()
        for tab in self._tabs:
            tab.give_up()
        if not lines or not self._was_in:
            return
        main = self._tabs.main
        for line in lines[-MAX_UNSENT_SHOWN:]:
            main.draft.history.add(line)
        one = len(lines) == 1
        what = "This line" if one else f"These {len(lines):,} lines"
        text = f"{what} may not have arrived. Up brings {'it' if one else 'them'} back here:"
        shown = [message.Error(text), *map(message.Error, lines[:MAX_UNSENT_SHOWN])]
        if len(lines) > MAX_UNSENT_SHOWN:
            shown.append(message.Error(f"… and {len(lines) - MAX_UNSENT_SHOWN:,} more."))
        self.router.say(*shown, in_tab=main)

    def _try_name(self, target: Target) -> None:
        assert self._connection is not None
        self._target = target
        try:
            self._connection.send(target.name)
        except SendError as error:
            self.show_form(str(error), field="name")
        else:
            self._name_wanted = False
            self._show_waiting("Asking for that name …")

    def hang_up(self, *, wait: bool = False) -> None:
        """Let go of the connection. Its end is waited for by a thread: the window goes on."""
        old, self._connection = self._connection, None
        self._is_in = self._is_away = self._name_wanted = False
        self._secured = None
        self._show_security()
        if old is not None and wait:
            old.close(CLOSE_SECONDS)
        elif old is not None:
            self._close_behind(old)

    def _close_behind(self, connection: Client) -> None:
        """Its end may take a moment, and no window waits."""
        threading.Thread(target=connection.close, args=(CLOSE_SECONDS,), daemon=True).start()

    # --- showing ------------------------------------------------------------------------------

    def _names(self) -> tuple[str, ...]:
        return self._connection.people if self._connection is not None else ()

    def _show(self, page: ConnectPage | ChatPage) -> None:
        self._page = page
        for each in (self.connect_page, self.chat_page):
            if each is not page:
                each.pack_forget()
        page.pack(fill="both", expand=True)
        if self.root.winfo_ismapped():
            # A widget that is not on the screen yet gets the keyboard only when it is, a moment
            # later; the keys that are pressed in between would go nowhere.
            self.root.update_idletasks()
        if page is self.chat_page:
            self.chat_page.entry.focus_set()
            self._saw()

    def _show_waiting(self, text: str) -> None:
        if self._is_away:
            self.chat_page.countdown.stop()
            self.chat_page.bar.say(text)  # the buttons stay: it may be stopped
        elif self._page is self.chat_page:
            self.chat_page.show_bar(text)
        else:
            self.connect_page.show_waiting(text)
        self._show_title()

    def _show_not_connected(self, text: str) -> None:
        self.chat_page.show_bar(text, ("Connect again", self.connect_again))

    def _show_security(self) -> None:
        is_connected = self._is_in and not self._is_away
        word = security.in_a_word(self._target, self._secured) if is_connected else ""
        self.chat_page.show_security(word)

    def _explain_security(self) -> None:
        """F7: who can listen in, and how to make sure who the server is; in the conversation."""
        is_connected = self._is_in and not self._is_away
        text = security.in_a_sentence(self._secured) if is_connected else "You are not connected."
        self.router.say(message.Notice(now(), text))

    def _show_keys(self) -> None:
        """F1: every key, in the conversation."""
        self.router.say(*[message.Notice(now(), text) for text in explain_keys(self._actions)])

    def _is_looked_at(self) -> bool:
        return self._page is self.chat_page and self.root.focus_displayof() is not None

    def _saw(self, _: object = None) -> None:
        """The tab in front is seen, if the window is."""
        if self._tabs.current.unread and self._is_looked_at():
            self._tabs.saw(self._tabs.current)
            self._show_title()

    def _tab_selected(self, _: Tab) -> None:
        self._saw()
        self._show_title()

    def _show_title(self) -> None:
        count = self._tabs.unread
        unread = f"({count:,}) " if count else ""
        me = self.router.me
        if self._page is self.connect_page:
            title = "Join the chat"
        elif self._is_away:
            title = f"{unread}{me}, connecting again to {self._target.place} …"
        elif self._is_in:
            title = f"{unread}{me} on {self._target.place}"
        elif self._connection is not None:
            title = f"Connecting to {self._target.place} …"
        else:
            title = f"{unread}{me}, not connected"
        self.root.title(title)

    # --- what is remembered ---------------------------------------------------------------------

    def _remember(self, target: Target) -> None:
        self._remembered = replace(
            self._remembered,
            host=target.host,
            port=target.port,
            name=target.name,
            tls=target.has_tls,
        )
        self._save()

    def _save_soon(self) -> None:
        if self._save_timer:
            self.root.after_cancel(self._save_timer)
        self._save_timer = self.root.after(SAVE_MILLISECONDS, self._save)

    def _save(self) -> None:
        if self._memory is not None:
            points = int(self.theme.body.cget("size"))
            settings.save(
                self._memory, replace(self._remembered, theme=self.theme.name, points=points)
            )

    # --- building -----------------------------------------------------------------------------

    def _build(self) -> None:
        ca = self._trust.ca
        whose = f"Only with a certificate that {ca} vouches for." if ca is not None else ""
        self.connect_page = ConnectPage(self.root, self.theme, self.connect, self.leave_form, whose)
        self.chat_page = ChatPage(
            self.root,
            self.theme,
            ChatCalls(
                self.send, self._names, self.links.open, self.open_person, self._tab_selected
            ),
        )
        self._tabs = self.chat_page.tabs
        self.router = Router(
            self._tabs,
            self.theme.name_colours,
            self._is_looked_at,
            self.chat_page.is_here,
            self.chat_page.give_back,
            self.chat_page.doubt,
        )
        self._page = self.chat_page
        self._actions = self._list_actions()
        self.chat_page.set_actions(self._actions)
        for action in self._actions:
            for sequence in action.sequences:
                self._bind(sequence, action.do, everywhere=action.everywhere)
        for number in range(9):
            self._bind(f"<Alt-{number + 1}>", functools.partial(self._tabs.go, number))
        self._bind("<F10>", self.chat_page.open_menu)
        self.root.bind("<FocusIn>", self._saw)
        self.connect_page.bind_all("<Escape>", self._escape, add=True)
        line = self.theme.body.metrics("linespace")
        self.root.geometry(f"{line * 46}x{line * 31}")
        self.theme.on_change(self._restyle)
        self.theme.on_change(self._save_soon)

    def _list_actions(self) -> tuple[Action, ...]:
        return (
            Action("Connect again", "F5", ("<F5>",), self.connect_again, everywhere=True),
            Action("Another server …", "F4", ("<F4>",), self.show_form, everywhere=True),
            *tab_actions(self._tabs),
            *reading_actions(self._front),
            *looks_actions(self.theme),
            Action(
                "Next part of the window",
                "F6",
                ("<F6>",),
                self.chat_page.focus_next,
                starts_group=True,
            ),
            Action("Who can listen in", "F7", ("<F7>",), self._explain_security),
            Action("Keys", "F1", ("<F1>",), self._show_keys),
            Action("Quit", "Ctrl Q", ("<Control-q>",), self.ask_to_quit, everywhere=True),
        )

    def _front(self) -> Conversation:
        return self._tabs.current.conversation

    def _bind(self, sequence: str, do: Callable[[], object], *, everywhere: bool = False) -> None:
        """Let keys do something wherever in the conversation, or in the window, the keyboard is."""

        def answer(_: object) -> str | None:
            if self._page is not self.chat_page and not everywhere:
                return None
            do()
            return "break"  # and nothing else that the keys would mean

        bind_keys(self.root, sequence, answer)

    def _escape(self, _: object) -> None:
        if self._page is self.connect_page:
            self.leave_form()

    def _restyle(self) -> None:
        colours = self.theme.palette
        self.root.configure(background=colours.panel)
        # The line within a button that has the keyboard, in a colour that can be seen on it.
        ttk.Style(self.root).configure("Accent.TButton", focuscolor=colours.on_accent)
        line = self.theme.body.metrics("linespace")
        self.root.minsize(line * 26, line * 24)
