"""The server's figures, in a row. Main thread only."""

import tkinter as tk
from collections.abc import Callable
from dataclasses import dataclass
from tkinter import ttk

from phase4.widgets.theme import Theme
from shared.status import Snapshot


@dataclass(frozen=True, slots=True)
class Count:
    """One figure. A `trouble` is marked where it is not 0."""

    label: str
    of: Callable[[Snapshot], int | str]
    is_trouble: bool = False


def _uptime(snapshot: Snapshot) -> str:
    minutes, seconds = divmod(int(snapshot.uptime_seconds), 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    return f"{days} d {hours} h" if days else f"{hours}:{minutes:02}:{seconds:02}"


COUNTS = (
    Count("Online", lambda snapshot: snapshot.people_now),
    Count("Most at once", lambda snapshot: snapshot.people_peak),
    Count("Came in", lambda snapshot: snapshot.joins),
    Count("Public", lambda snapshot: snapshot.public_messages),
    Count("Private", lambda snapshot: snapshot.private_messages),
    Count("Delivered", lambda snapshot: snapshot.deliveries),
    Count("Too slow", lambda snapshot: snapshot.slow_disconnected, is_trouble=True),
    Count("Refused", lambda snapshot: snapshot.refused, is_trouble=True),
    Count("Not yet logged", lambda snapshot: snapshot.log_lines_waiting, is_trouble=True),
    Count("Never logged", lambda snapshot: snapshot.log_lines_dropped, is_trouble=True),
    Count("Up", _uptime),
)
"""Public, Private, Came in: since this start. Too slow: people disconnected who did not read."""


class Counts(ttk.Frame):
    """Shows COUNTS; after a stop, as they were at the end."""

    def __init__(self, parent: tk.Misc, theme: Theme) -> None:
        super().__init__(parent)
        self._theme = theme
        self._values = [ttk.Label(self, text="–", style="Bold.TLabel") for _ in COUNTS]
        self._labels = [ttk.Label(self, text=each.label, style="Muted.TLabel") for each in COUNTS]
        for column, (value, label) in enumerate(zip(self._values, self._labels, strict=True)):
            value.grid(row=0, column=column, sticky="w")
            label.grid(row=1, column=column, sticky="w")
            self.columnconfigure(column, weight=1)
        theme.on_change(self._restyle)

    def show(self, snapshot: Snapshot) -> None:
        """Show these figures; only what has changed is drawn."""
        for count, label in zip(COUNTS, self._values, strict=True):
            value = count.of(snapshot)
            text = value if isinstance(value, str) else f"{value:,}"
            if text != label.cget("text"):
                is_bad = count.is_trouble and value
                label.configure(text=text, style="Trouble.TLabel" if is_bad else "Bold.TLabel")

    def shown(self) -> dict[str, str]:
        """What is shown, by its label."""
        return {
            count.label: str(label.cget("text"))
            for count, label in zip(COUNTS, self._values, strict=True)
        }

    def _restyle(self) -> None:
        theme = self._theme
        ttk.Style(self).configure("Trouble.TLabel", foreground=theme.palette.error, font=theme.bold)
        self.configure(padding=(3 * theme.unit, theme.unit, 0, 2 * theme.unit))
