"""The row of tabs above the conversations. Main thread only.

Tk has one (ttk.Notebook), which presses all tabs into one line and cuts their labels off, the
number of unread messages first; and all its labels look alike. This one goes on in a second line,
shortens names only when three lines are full, and sets off what has not been read. Where even that
is not enough, the line with the tab in front stays in sight, and the wheel leads to the others.
"""

import tkinter as tk
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from tkinter import ttk

from phase4.widgets.theme import Theme

MOST_LINES = 3
"""Lines of tabs. Names are shortened first, then lines are hidden: messages need the space."""

FEWEST_CHARACTERS = 4
"""Of a name, however many share the width."""


@dataclass(frozen=True, slots=True)
class Cell:
    """What stands on one tab."""

    sign: str
    name: str
    unread: int
    is_front: bool

    def label(self, characters: int) -> str:
        """All of it, with so much of the name."""
        is_cut = len(self.name) > characters
        name = f"{self.name[:characters]}…" if is_cut else self.name
        return f"{self.sign}{name}" + (f" ({self.unread:,})" if self.unread else "")


class TabRow(ttk.Frame):
    """`choose` is called with the number of the tab that was clicked, `close` at the middle button.

    Numbers count from 0.
    """

    def __init__(
        self,
        parent: tk.Misc,
        theme: Theme,
        choose: Callable[[int], None],
        close: Callable[[int], None],
    ) -> None:
        super().__init__(parent)
        self._theme = theme
        self._choose = choose
        self._close = close
        self._cells: tuple[Cell, ...] = ()
        self._labels: list[ttk.Label] = []
        self._mark = ttk.Frame(self, style="FrontTabMark.TFrame")
        self._more = ttk.Label(self, style="Tab.TLabel")
        self._width = 0
        # The first line of tabs in sight, and how many lines there are, the hidden ones too.
        self._first = 0
        self._count = 0
        self.bind("<Configure>", self._resized)
        self._more.bind("<Button-1>", lambda _: self._scroll(1))
        self._listen_to_wheel(self)
        theme.on_change(self._restyle)

    @property
    def labels(self) -> tuple[str, ...]:
        """What stands on the tabs, from left to right and from line to line."""
        return tuple(str(label.cget("text")) for label in self._labels)

    def show(self, cells: Sequence[Cell]) -> None:
        """Show these tabs, in this order; nothing is drawn again where nothing has changed."""
        if tuple(cells) != self._cells:
            is_same_front = [cell.is_front for cell in cells] == [c.is_front for c in self._cells]
            self._cells = tuple(cells)
            self._draw(keep_first=is_same_front)

    def place_of(self, number: int) -> ttk.Label:
        """The widget that shows the tab with this number."""
        return self._labels[number]

    # --- drawing --------------------------------------------------------------------------------

    def _draw(self, *, keep_first: bool = False) -> None:
        while len(self._labels) < len(self._cells):
            self._labels.append(self._make_label(len(self._labels)))
        while len(self._labels) > len(self._cells):
            self._labels.pop().destroy()
        characters = self._characters_that_fit()
        for cell, label in zip(self._cells, self._labels, strict=True):
            label.configure(text=cell.label(characters), style=_style_of(cell))
        self._lay_out(keep_first=keep_first)

    def _make_label(self, number: int) -> ttk.Label:
        label = ttk.Label(self)
        label.bind("<Button-1>", lambda _: self._choose(number))
        middle = 3 if self.tk.call("tk", "windowingsystem") == "aqua" else 2  # there the right is 2
        label.bind(f"<Button-{middle}>", lambda _: self._close(number))
        label.bind("<Enter>", lambda _: label.state(["active"]))
        label.bind("<Leave>", lambda _: label.state(["!active"]))
        self._listen_to_wheel(label)
        return label

    def _listen_to_wheel(self, widget: tk.Misc) -> None:
        widget.bind("<MouseWheel>", lambda event: self._scroll(-1 if event.delta > 0 else 1))
        widget.bind("<Button-4>", lambda _: self._scroll(-1))  # the wheel, on X11
        widget.bind("<Button-5>", lambda _: self._scroll(1))

    def _scroll(self, lines: int) -> None:
        """Show other lines, where there is no space for all; after the last comes the first."""
        hidden = max(0, self._count - MOST_LINES)
        first = self._first + lines
        self._first = 0 if first > hidden else max(0, first)
        self._lay_out(keep_first=True)

    def _characters_that_fit(self) -> int:
        """Of each name, so that MOST_LINES are enough, if that can be."""
        longest = max((len(cell.name) for cell in self._cells), default=0)
        for characters in range(longest, FEWEST_CHARACTERS, -1):
            if (
                self._lines([self._width_of(cell, characters) for cell in self._cells])
                <= MOST_LINES
            ):
                return characters
        return FEWEST_CHARACTERS

    def _width_of(self, cell: Cell, characters: int) -> int:
        font = self._theme.bold if cell.unread else self._theme.body
        return font.measure(cell.label(characters)) + 6 * self._theme.unit

    def _lines(self, widths: Sequence[int]) -> int:
        return 1 + max((line for _, line in self._places(widths)), default=0)

    def _places(self, widths: Sequence[int]) -> list[tuple[int, int]]:
        """For each tab how far from the left it stands, and in which line."""
        places: list[tuple[int, int]] = []
        x, line = 0, 0
        for width in widths:
            if x and self._width and x + width > self._width:
                x, line = 0, line + 1
            places.append((x, line))
            x += width
        return places

    def _lay_out(self, *, keep_first: bool) -> None:
        unit = self._theme.unit
        height = self._theme.body.metrics("linespace") + 3 * unit
        widths = [label.winfo_reqwidth() for label in self._labels]
        places = self._places(widths)
        self._count = 1 + max((line for _, line in places), default=0)
        self._choose_first([line for _, line in places], keep_first=keep_first)
        for cell, label, (x, line), width in zip(
            self._cells, self._labels, places, widths, strict=True
        ):
            y = (line - self._first) * height  # of a hidden one: beyond the edges
            label.place(x=x, y=y, width=width, height=height)
            if cell.is_front:
                self._mark.place(x=x, y=y, width=width, height=max(2, unit // 2))
                self._mark.lift()
        self.configure(height=min(self._count, MOST_LINES) * height)
        self._show_more([line for _, line in places])

    def _choose_first(self, lines: Sequence[int], *, keep_first: bool) -> None:
        """Keep the tab in front in sight; `keep_first` unless somebody has scrolled away."""
        front = next((at for at, cell in enumerate(self._cells) if cell.is_front), 0)
        if lines and not keep_first:
            self._first = min(max(self._first, lines[front] - MOST_LINES + 1), lines[front])
        self._first = min(self._first, max(0, self._count - MOST_LINES))

    def _show_more(self, lines: Sequence[int]) -> None:
        in_sight = range(self._first, self._first + MOST_LINES)
        hidden = sum(line not in in_sight for line in lines)
        if hidden:
            self._more.configure(text=f"+{hidden}")
            self._more.place(relx=1.0, rely=1.0, anchor="se")
            self._more.lift()
        else:
            self._more.place_forget()

    def _resized(self, event: "tk.Event[tk.Misc]") -> None:
        if event.width != self._width:
            self._width = event.width
            self._draw()

    def _restyle(self) -> None:
        theme, colours, style = self._theme, self._theme.palette, ttk.Style(self)
        for name, background, foreground, font in (
            ("Tab.TLabel", colours.panel, colours.muted, theme.body),
            ("NewsTab.TLabel", colours.panel, colours.text, theme.bold),
            ("FrontTab.TLabel", colours.page, colours.text, theme.body),
            ("FrontNewsTab.TLabel", colours.page, colours.text, theme.bold),
        ):
            style.configure(
                name,
                background=background,
                foreground=foreground,
                font=font,
                padding=(3 * theme.unit, theme.unit),
            )
            over = colours.page if "Front" in name else colours.border
            style.map(name, background=[("active", over)], foreground=[("active", colours.text)])
        style.configure("FrontTabMark.TFrame", background=colours.accent)
        self._draw()


def _style_of(cell: Cell) -> str:
    return f"{'Front' if cell.is_front else ''}{'News' if cell.unread else ''}Tab.TLabel"
