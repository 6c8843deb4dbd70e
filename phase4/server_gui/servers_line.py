"""Several servers, one room: how many there are, who has whom, and how the hub does.

Main thread only. Without a hub there is nothing of it to see.
"""

import tkinter as tk
from tkinter import ttk

from phase4.widgets.theme import Theme
from shared.message import clean
from shared.status import RoomServer, Snapshot

AWAY = "The hub cannot be reached: what people say waits."

_MOST_NAMED = 5


def words(snapshot: Snapshot) -> str:
    """What is said of a room that several servers share; nothing where this is the only one.

    >>> here, other = RoomServer("a:1", is_here=True, people_now=3), RoomServer("b:1", False, 80)
    >>> words(Snapshot(people_now=83, hub_lag_seconds=0.0004, servers=(here, other)))
    '2 servers, 83 people in all: 3 here, 80 at b:1. Hub: 0.4 ms.'
    """
    if not snapshot.servers:
        return ""
    number, people = len(snapshot.servers), snapshot.people_now
    whose = [_whose(each) for each in snapshot.servers[:_MOST_NAMED]]
    if more := number - len(whose):
        whose.append(f"and {more} more servers" if more > 1 else "and 1 more server")
    lag = snapshot.hub_lag_seconds
    return (
        f"{number} {'server' if number == 1 else 'servers'}, "
        f"{people:,} {'person' if people == 1 else 'people'} in all: {', '.join(whose)}."
        + (f" Hub: {lag * 1000:,.1f} ms." if lag is not None else "")
    )


def _whose(server: RoomServer) -> str:
    where = "here" if server.is_here else f"at {clean(server.name)}"
    return f"{server.people_now:,} {where}"


class ServersLine(ttk.Label):
    """One line of text, in several rows where the window is narrow. It takes no space in vain."""

    def __init__(self, parent: tk.Misc, theme: Theme) -> None:
        super().__init__(parent, style="Muted.TLabel")
        self._theme = theme
        self._away_seconds: float | None = None  # as they were at the last look
        self.bind("<Configure>", self._resized)
        theme.on_change(self._restyle)

    def show(self, snapshot: Snapshot) -> None:
        """Show what holds now. What the hub was away grows only while it is."""
        text = words(snapshot)
        if not text:
            self.hide()
            return
        before, self._away_seconds = self._away_seconds, snapshot.hub_away_seconds
        is_away = before is not None and snapshot.hub_away_seconds > before
        text = f"{text} {AWAY}" if is_away else text
        if text != self.cget("text"):
            self.configure(text=text, style="Trouble.TLabel" if is_away else "Muted.TLabel")
        self.grid()

    def hide(self) -> None:
        """Show nothing: there is no other server, or this one has stopped."""
        self._away_seconds = None
        self.configure(text="")
        self.grid_remove()

    def _resized(self, event: "tk.Event[tk.Misc]") -> None:
        self.configure(wraplength=max(100, event.width - 6 * self._theme.unit))

    def _restyle(self) -> None:
        unit = self._theme.unit
        self.configure(padding=(3 * unit, 0, 3 * unit, unit))
