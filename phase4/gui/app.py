"""The window's life: it turns events into what is seen, and what is typed into lines to send.

**Only the main thread touches Tk.** The connection's own thread waits for the network and puts
events into a queue; nothing else goes between the two. Tk's loop looks into the queue every
POLL_MILLISECONDS (`_poll`), takes a bounded batch, and draws. It never waits for the other thread.
"""

import queue
import threading
import time
import tkinter as tk
from collections.abc import Callable
from dataclasses import dataclass

from phase4.connection import (
    Connected,
    Connection,
    Disconnected,
    Event,
    NameRefused,
    PeopleChanged,
    Received,
    SendError,
    Welcomed,
    is_public,
)
from phase4.gui.actions import Action, explain_keys
from phase4.gui.chat_page import ChatPage
from phase4.gui.connect_page import ConnectPage
from phase4.gui.lines import Line, line_of
from phase4.gui.links import LinkOpener
from phase4.gui.theme import Theme
from shared import message
from shared.listener import address_text

POLL_MILLISECONDS = 50
"""Between two looks into the queue: 20 a second look like at once, and cost next to nothing."""

BATCH_EVENTS = 200
"""Events drawn in one go. Keys and the mouse get their turn between two batches, however fast
lines come."""

BUSY_MILLISECONDS = 5
"""To the next look, while there is more than one batch."""

CLOSE_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Target:
    """Where to connect, and as whom."""

    host: str
    port: int
    name: str

    @property
    def place(self) -> str:
        """`host:port`, as people write it."""
        return address_text((self.host, self.port))


class App:
    """The one window. Main thread only."""

    def __init__(
        self, root: tk.Tk, target: Target, theme_name: str, must_stop: Callable[[], bool]
    ) -> None:
        """Nothing is connected to before `connect`. Once `must_stop()` says so, the window ends."""
        self.root = root
        self.theme = Theme(root, theme_name)
        self._target = target
        self._connection: Connection | None = None
        self._me = ""
        self._is_in = False  # welcomed, and not disconnected since
        self._was_in = False  # there is a conversation to go back to
        self._name_wanted = False  # the server waits for another name
        self._unread = 0
        self._must_stop = must_stop
        self.links = LinkOpener()
        self._page: ConnectPage | ChatPage
        self._build()
        self.show_form()
        root.protocol("WM_DELETE_WINDOW", self.quit)
        self._poll()

    # --- what the person does ------------------------------------------------------------------

    def show_form(self, text: str = "", *, field: str = "") -> None:
        """Ask where to connect; `text` says what was wrong before."""
        if self._page is not self.connect_page:  # what is being filled in is not overwritten
            self.connect_page.fill(self._target.host, self._target.port, self._target.name)
        self._show(self.connect_page)
        self.connect_page.show_form(text, field=field, can_go_back=self._was_in)
        self._show_title()

    def connect(self, target: Target) -> None:
        """Begin to connect. What happens then comes as events; the window stays alive."""
        if self._name_wanted and (target.host, target.port) == self._address:
            self._try_name(target)
            return
        self.hang_up()
        self.chat_page.people.show(())
        self._target = target
        self._connection = Connection(target.host, target.port, target.name)
        self._connection.start()
        self._show_waiting(f"Connecting to {target.place} …")

    def connect_at_once(self) -> None:
        """Connect with what the command line said, and show the conversation, not the form."""
        self._show(self.chat_page)
        self.connect(self._target)

    def connect_again(self) -> None:
        """To the same server, with the same name. What was typed stays in the entry."""
        if not self._is_in and self._was_in and self._connection is None:
            self._show(self.chat_page)
            self.connect(self._target)

    def leave_form(self) -> None:
        """Cancel: stop connecting, and go back to the conversation if there is one."""
        if not self._is_in:
            self.hang_up()
        if self._was_in:
            self._show(self.chat_page)
            self._show_title()
            if not self._is_in:
                self.chat_page.show_bar("You are not connected.", can_connect=True)
        else:
            self.connect_page.show_form()

    def send(self, text: str) -> bool:
        """Send a line; whether it is on its way. If not, it says why."""
        line = text.rstrip()
        self.chat_page.conversation.jump_to_newest()
        try:
            if self._connection is None or not self._is_in:
                raise SendError("You are not connected; this was not sent.")
            self._connection.send(line)
        except SendError as error:
            self._add(message.Error(str(error)))
            return False
        if is_public(line):  # the server sends it to everybody else
            self._add(message.Public(_now(), self._me, message.clean(line)))
        return True

    def quit(self) -> None:
        """Close the window and the connection, in order."""
        self.root.withdraw()  # gone at once, even if the goodbye takes a moment
        self.root.update_idletasks()
        self.hang_up(wait=True)
        self.root.destroy()

    # --- what the connection tells --------------------------------------------------------------

    def _poll(self) -> None:
        """Draw what came, and look again soon."""
        if self._must_stop():
            self.quit()
            return
        for link in self.links.failures():
            self._add(message.Error(f"No web browser could be started for {link}"))
        events = self._take_events()
        is_busy = len(events) == BATCH_EVENTS
        try:
            self._handle(events)
        finally:  # a fault in one line must not end the looking
            self.root.after(BUSY_MILLISECONDS if is_busy else POLL_MILLISECONDS, self._poll)

    def _take_events(self) -> list[Event]:
        events: list[Event] = []
        try:
            while self._connection is not None and len(events) < BATCH_EVENTS:
                events.append(self._connection.events.get_nowait())
        except queue.Empty:
            pass
        return events

    def _handle(self, events: list[Event]) -> None:
        lines: list[Line] = []
        people: PeopleChanged | None = None
        for event in events:
            match event:
                case Received(received):
                    lines.append(self._line(received))
                case PeopleChanged():
                    people = event  # of several in one batch, the last says it all
                case _:
                    self._draw(lines, people)
                    lines, people = [], None
                    self._handle_change(event)
        self._draw(lines, people)

    def _draw(self, lines: list[Line], people: PeopleChanged | None) -> None:
        self.chat_page.conversation.add(lines)
        if people is not None:
            self.chat_page.people.show(people.names)

    def _line(self, received: message.Message) -> Line:
        if isinstance(received, message.Renamed):
            self.theme.name_colours.rename(received.old, received.new)
        self._count_unread(received)
        return line_of(received, self._me, _now())

    def _handle_change(self, event: Event) -> None:
        match event:
            case Connected():
                self._show_waiting(f"Connected to {self._target.place}, giving the name …")
            case NameRefused(reason):
                self._name_wanted = True
                self.show_form(reason, field="name")
            case Welcomed(name):
                self._welcome(name)
            case Disconnected():
                self._disconnected(event)

    def _welcome(self, name: str) -> None:
        if self._is_in:
            self.theme.name_colours.rename(self._me, name)
        self._me = name
        self._target = Target(self._target.host, self._target.port, name)
        self.chat_page.show_place(self._target.place, name)
        if not self._is_in:
            if self._was_in:  # the conversation goes on, perhaps with another server
                self._add(message.Notice(_now(), f"Connected to {self._target.place}."))
            self._is_in = self._was_in = True
            self._name_wanted = False
            self._show(self.chat_page)
            self.chat_page.hide_bar()
            self.chat_page.entry.focus_set()
        self._show_title()

    def _disconnected(self, event: Disconnected) -> None:
        if self._is_in:
            self._add(
                message.Notice(_now(), event.reason)
                if event.was_wished
                else message.Error(event.reason)
            )
        self.hang_up()
        self.chat_page.people.show(())
        if self._was_in and self._page is self.chat_page:
            self.chat_page.show_bar(event.reason, can_connect=True)
            self._show_title()
        else:
            self.show_form(event.reason, field="host")

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
        self._is_in = self._name_wanted = False
        if old is not None and wait:
            old.close(CLOSE_SECONDS)
        elif old is not None:
            threading.Thread(target=old.close, args=(CLOSE_SECONDS,), daemon=True).start()

    # --- showing ------------------------------------------------------------------------------

    @property
    def _address(self) -> tuple[str, int]:
        return (self._target.host, self._target.port)

    def _names(self) -> tuple[str, ...]:
        return self._connection.people if self._connection is not None else ()

    def _show(self, page: ConnectPage | ChatPage) -> None:
        self._page = page
        for each in (self.connect_page, self.chat_page):
            if each is not page:
                each.pack_forget()
        page.pack(fill="both", expand=True)
        if page is self.chat_page:
            self.chat_page.entry.focus_set()

    def _show_waiting(self, text: str) -> None:
        if self._page is self.chat_page:
            self.chat_page.show_bar(text, can_connect=False)
        else:
            self.connect_page.show_waiting(text)
        self._show_title()

    def _add(self, *messages: message.Message) -> None:
        """Show lines of the client's own."""
        self.chat_page.conversation.add([line_of(each, self._me, _now()) for each in messages])

    def _show_keys(self) -> None:
        """F1: every key, in the conversation."""
        self._add(*[message.Notice(_now(), text) for text in explain_keys(self._actions)])

    def _count_unread(self, received: message.Message) -> None:
        is_from_people = isinstance(received, message.Public | message.Private)
        if is_from_people and self.root.focus_displayof() is None:
            self._unread += 1
            self._show_title()

    def _focused(self, _: object) -> None:
        if self._unread:
            self._unread = 0
            self._show_title()

    def _show_title(self) -> None:
        unread = f"({self._unread}) " if self._unread else ""
        if self._page is self.connect_page:
            title = "Join the chat"
        elif self._is_in:
            title = f"{unread}{self._me} on {self._target.place}"
        elif self._connection is not None:
            title = f"Connecting to {self._target.place} …"
        else:
            title = f"{unread}{self._me}, not connected"
        self.root.title(title)

    # --- building -----------------------------------------------------------------------------

    def _build(self) -> None:
        self.connect_page = ConnectPage(self.root, self.theme, self._connect_to, self.leave_form)
        self.chat_page = ChatPage(
            self.root,
            self.theme,
            send=self.send,
            names=self._names,
            open_link=self.links.open,
            connect_again=self.connect_again,
        )
        self._page = self.chat_page
        self._actions = self._list_actions()
        self.chat_page.set_actions(self._actions)
        for action in self._actions:
            for sequence in action.sequences:
                self.root.bind(sequence, lambda _, do=action.do: do())  # type: ignore[misc]
        self.root.bind("<FocusIn>", self._focused)
        self.connect_page.bind_all("<Escape>", self._escape, add=True)
        line = self.theme.body.metrics("linespace")
        self.root.geometry(f"{line * 46}x{line * 31}")
        self.theme.on_change(self._size_window)

    def _list_actions(self) -> tuple[Action, ...]:
        zoom, conversation = self.theme.zoom, self.chat_page.conversation
        larger = ("<Control-plus>", "<Control-equal>", "<Control-KP_Add>")
        smaller = ("<Control-minus>", "<Control-KP_Subtract>")
        return (
            Action("Connect again", "F5", ("<F5>",), self.connect_again),
            Action("Another server …", "F4", ("<F4>",), self.show_form),
            Action("Light or dark", "F2", ("<F2>",), self.theme.toggle, starts_group=True),
            Action("Larger text", "Ctrl +", larger, lambda: zoom(1)),
            Action("Smaller text", "Ctrl -", smaller, lambda: zoom(-1)),
            Action("Text as at the start", "Ctrl 0", ("<Control-Key-0>",), lambda: zoom(0)),
            Action(
                "Copy the conversation",
                "Ctrl Shift C",
                ("<Control-C>", "<Control-Shift-c>"),
                conversation.copy_all,
                starts_group=True,
            ),
            Action("Next part of the window", "F6", ("<F6>",), self.chat_page.focus_next),
            Action("Keys", "F1", ("<F1>",), self._show_keys, starts_group=True),
            Action("Quit", "Ctrl Q", ("<Control-q>",), self.quit),
        )

    def _connect_to(self, host: str, port: int, name: str) -> None:
        self.connect(Target(host, port, name))

    def _escape(self, _: object) -> None:
        if self._page is self.connect_page:
            self.leave_form()

    def _size_window(self) -> None:
        self.root.configure(background=self.theme.palette.panel)
        line = self.theme.body.metrics("linespace")
        self.root.minsize(line * 26, line * 21)


def _now() -> str:
    return time.strftime("%H:%M:%S")
