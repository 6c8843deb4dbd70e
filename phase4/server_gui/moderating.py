"""What an operator does from the window, to people and to the room. Main thread only.

Each of it is a command of phase4/server/operating.py, sent as a line; what becomes of it comes back
as an Answer, and what holds then, as Moderated.
"""

import tkinter as tk
from collections import deque
from collections.abc import Callable
from typing import Protocol

from phase4.server_gui import orders
from phase4.server_gui.bans_window import BansWindow
from phase4.server_gui.people_table import PeopleTable
from phase4.server_gui.questions import Questions
from phase4.server_gui.reports import Moderated
from phase4.server_gui.room_bar import RoomBar
from phase4.widgets.popup import Popup
from phase4.widgets.theme import Theme

NO_ANSWER = "The server does not answer. Nothing was done."


def _nothing() -> None:
    pass


class Page(Protocol):
    """The parts of the page that this is about."""

    people: PeopleTable
    questions: Questions
    room: RoomBar

    def say(self, text: str, *, is_bad: bool = False) -> None:
        """Say what became of an order."""


class Moderating:
    """`send(line)` gives the server a command: None where none runs, False where it hangs."""

    def __init__(self, root: tk.Misc, theme: Theme, send: Callable[[str], bool | None]) -> None:
        self._root = root
        self._theme = theme
        self._send = send
        self._moderated = Moderated()
        self._bans: BansWindow | None = None
        self._waiting: deque[Callable[[], object]] = deque()  # for each order without an answer

    def watch(self, page: Page) -> None:
        """The page that it belongs to; once, before all else."""
        self._page = page
        self._popup = Popup(page.people, self._theme)
        page.people.ask = self._offer

    # --- people -----------------------------------------------------------------------------------

    def disconnect(self) -> None:
        """End the connection of the person selected, if that is what is wanted."""
        self._ask("Disconnect", (("Disconnect", orders.kick),))

    def mute(self) -> None:
        """Let nobody hear the person selected, or let them speak again."""
        name = self._page.people.selected()
        if name and self._page.people.is_muted(name):
            self._order(orders.unmute(name, ""))
        else:
            self._ask("Mute", orders.MUTES)

    def ban(self) -> None:
        """Keep the person selected out, by name or by address."""
        self._ask("Ban", orders.BANS)

    def _ask(self, deed: str, choices: tuple[tuple[str, orders.Make], ...]) -> None:
        if key := self._page.people.selected_key():
            self._page.questions.about(
                key,
                deed,
                [
                    (label, lambda name, address, make=make: self._order(make(name, address)))  # type: ignore[misc]
                    for label, make in choices
                ],
            )

    def _offer(self, x: int, y: int, by_key: bool) -> None:
        """What can be done with the person selected, as a menu."""
        name = self._page.people.selected()
        self._popup.clear()
        self._popup.add("Disconnect …", self.disconnect, "Delete")
        is_muted = self._page.people.is_muted(name)
        self._popup.add("Unmute" if is_muted else "Mute …", self.mute, "Alt U")
        self._popup.add("Ban …", self.ban, "Alt N")
        (self._popup.post_by_key if by_key else self._popup.post)(x, y)

    # --- the room ---------------------------------------------------------------------------------

    def set_topic(self, text: str) -> None:
        """Say what the room is about."""
        self._order(orders.topic(text))

    def toggle_writing(self) -> None:
        """Close the room to writing, or open it."""
        self._order(orders.writing(is_open=not self._moderated.is_open))

    def show_bans(self) -> None:
        """Open the list of those who are kept out, or bring it to the front."""
        if window := self._open_bans():
            window.lift()
            window.focus_set()
            return
        self._bans = BansWindow(
            self._root,
            self._theme,
            lift=lambda kind, who: self._order(orders.lift(kind, who)),
            ban=self._ban_entered,
        )
        self._bans.show([*orders.rows(self._moderated)])

    def _ban_entered(self, who: str) -> None:
        self._order(f"/ban {who}", done=lambda: self._bans_do(lambda window: window.entered(who)))

    def _bans_do(self, do: Callable[[BansWindow], object]) -> None:
        """Do it to the list, if it is open."""
        if window := self._open_bans():
            do(window)

    def _open_bans(self) -> BansWindow | None:
        window = self._bans
        return window if window is not None and window.winfo_exists() else None

    # --- what comes back --------------------------------------------------------------------------

    def show(self, moderated: Moderated) -> None:
        """Show what holds now."""
        self._moderated = moderated
        self._page.room.show(moderated.topic, is_open=moderated.is_open)
        self.renew()

    def renew(self) -> None:
        """Some of it may have come to its end."""
        self._page.people.show_muted(orders.muted_names(self._moderated))
        self._bans_do(lambda window: window.show([*orders.rows(self._moderated)]))

    def answered(self, text: str, *, is_refused: bool) -> None:
        """Say what became of the order that was given first of those without an answer."""
        done = self._waiting.popleft() if self._waiting else _nothing
        if not is_refused:
            done()
        self._say(text, is_bad=is_refused)

    def ended(self) -> None:
        """The server has stopped."""
        self._waiting.clear()
        self._bans_do(BansWindow.destroy)

    def _say(self, text: str, *, is_bad: bool) -> None:
        self._page.say(text, is_bad=is_bad)
        self._bans_do(lambda window: window.say(text, is_bad=is_bad))

    def _order(self, line: str, done: Callable[[], object] = _nothing) -> None:
        """Give the server a command. `done` is called once it is not refused."""
        is_sent = self._send(line)
        if is_sent:
            self._waiting.append(done)
        elif is_sent is False:
            self._say(NO_ANSWER, is_bad=True)
