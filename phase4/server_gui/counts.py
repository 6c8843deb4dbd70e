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
        # Figures in a row, rows, and which figures in which order; none are laid out yet.
        self._layout: tuple[int, int, list[int]] = (0, 0, [])
        self._lay_out(len(COUNTS), 1)
        theme.on_change(self._restyle)

    def show(self, snapshot: Snapshot) -> None:
        """Show these figures; only what has changed is drawn."""
        for count, label in zip(COUNTS, self._values, strict=True):
            value = count.of(snapshot)
            text = value if isinstance(value, str) else f"{value:,}"
            if text != label.cget("text"):
                is_bad = count.is_trouble and value
                label.configure(text=text, style="Trouble.TLabel" if is_bad else "Bold.TLabel")
        self._lay_out(*self._layout[:2])

    def fit(self, width: int, height: int) -> None:
        """Put as many beside each other as this width has space for, in a window so high."""
        gap = 3 * self._theme.unit
        pairs = [*zip(self._values, self._labels, strict=True)]
        wide = sum(gap + max(part.winfo_reqwidth() for part in pair) for pair in pairs)
        if wide <= width:
            self._lay_out(len(COUNTS), 1)
        else:
            widest = max(gap + sum(part.winfo_reqwidth() for part in pair) for pair in pairs)
            rows = height // 6 // self._theme.body.metrics("linespace")
            self._lay_out(max(1, min(len(COUNTS) - 1, (width - gap) // widest)), max(1, rows))

    def _lay_out(self, in_a_row: int, rows: int) -> None:
        """All in one row, each above its label; or in several, each before its label.

        Then what there is no space for is left out: no trouble, as long as it can be avoided.
        """
        order = sorted(range(len(COUNTS)), key=lambda at: not self._is_trouble(at))
        if in_a_row == len(COUNTS):
            order = [*range(len(COUNTS))]
        if (in_a_row, rows, order) == self._layout:
            return
        self._layout = (in_a_row, rows, order)
        for column in range(2 * len(COUNTS)):
            self.columnconfigure(column, weight=int(column < in_a_row == len(COUNTS)))
        for place, at in enumerate(order):
            row, column = divmod(place, in_a_row)
            self._place(at, row, column, is_above=in_a_row == len(COUNTS), is_shown=row < rows)

    def _place(self, at: int, row: int, column: int, *, is_above: bool, is_shown: bool) -> None:
        value, label, unit = self._values[at], self._labels[at], self._theme.unit
        if not is_shown:
            value.grid_remove()
            label.grid_remove()
        elif is_above:
            value.grid(row=0, column=column, sticky="w", padx=0)
            label.grid(row=1, column=column, sticky="w", padx=0)
        else:
            value.grid(row=row, column=2 * column, sticky="e", padx=(0, unit))
            label.grid(row=row, column=2 * column + 1, sticky="w", padx=(0, 2 * unit))

    def _is_trouble(self, at: int) -> bool:
        return str(self._values[at].cget("style")) == "Trouble.TLabel"

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
