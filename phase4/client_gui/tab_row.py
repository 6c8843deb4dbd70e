"""The row of tabs above the conversations. Main thread only.

Tk has one (ttk.Notebook), which presses all tabs into one line and cuts their labels off, the
number of unread messages first; and all its labels look alike. This one goes on in a second line,
and shortens names only when three lines are full: then so that two can still be told apart. It sets
off what has not been read. Where even that is not enough, lines are behind a fold. The button at
its end says how many tabs that are and what is unread there, and leads to a list of all; the wheel
shows other lines. The tab in front is always in sight.

It takes the keyboard, too: then the arrows walk, and the Menu key asks what can be done.
"""

import tkinter as tk
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from tkinter import ttk

from phase4.client_gui.attention import counted
from phase4.client_gui.row_layout import MOST_LINES, RowLayout, lay_out, lines_of
from phase4.client_gui.short_names import told_apart
from phase4.widgets.keys import only
from phase4.widgets.popup import menu_keys, right_button
from phase4.widgets.theme import Theme
from phase4.widgets.tooltip import Tooltip

FEWEST_CHARACTERS = 4
"""Of a name, however many share the width; more, where two would look the same."""


@dataclass(frozen=True, slots=True)
class Cell:
    """What stands on one tab."""

    sign: str
    """Empty: it is everybody's tab, whose name is never cut: “Eve…” might be a person."""
    name: str
    unread: int
    is_front: bool
    called: int = 0
    """So many of those that are not read call."""
    is_quiet: bool = False
    """Whether those that are not read are counted, and no more."""

    @property
    def news(self) -> str:
        """How what is not read is set off; each differs by more than its colour."""
        if not self.unread:
            return ""
        return "Called" if self.called else "Quiet" if self.is_quiet else "News"

    def label(self, name: str) -> str:
        """All of it, with so much of the name."""
        count = counted(self.unread, self.called)
        return f"{self.sign}{name}" + (f" ({count})" if count else "")


@dataclass(frozen=True, slots=True)
class RowCalls:
    """What the row asks for. Tabs are meant by their numbers, which count from 0."""

    choose: Callable[[int], object]
    close: Callable[[int], object]
    walk: Callable[[int], object]
    """To the next tab (1), or to the one before (-1)."""
    leave: Callable[[], object]
    """The keyboard is to go to where people type."""
    show_all: Callable[[], object]
    ask: Callable[[int, int, int, bool], object]
    """What can be done with a tab: number, x and y on the screen, whether a key asked for it."""


class TabRow(ttk.Frame):
    """Shows tabs, and tells `calls` what is asked of them."""

    def __init__(self, parent: tk.Misc, theme: Theme, calls: RowCalls) -> None:
        super().__init__(parent, takefocus=True)
        self._theme = theme
        self._calls = calls
        self._cells: tuple[Cell, ...] = ()
        self._labels: list[ttk.Label] = []
        self._mark = ttk.Frame(self, style="FrontTabMark.TFrame")
        self.more = ttk.Label(self, style="Tab.TLabel")
        """The button at the end."""
        self._tooltip = Tooltip(self, theme)
        self._has_keyboard = False
        self._width = 0
        self._layout = RowLayout((), 1, 0, 0)
        self.bind("<Configure>", self._resized)
        self._listen()
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
            self._draw(follows=not is_same_front)

    def place_of(self, number: int) -> ttk.Label:
        """The widget that shows the tab with this number."""
        return self._labels[number]

    @property
    def _front(self) -> int:
        return next((at for at, cell in enumerate(self._cells) if cell.is_front), 0)

    # --- keys and clicks ------------------------------------------------------------------------

    def _listen(self) -> None:
        self._listen_to_wheel(self)
        self.more.bind("<Button-1>", lambda _: self._calls.show_all())
        self._light_up(self.more)
        self._tooltip.listen(self.more, lambda: "All conversations (Ctrl K)")
        for keys, action in (
            ("<Left>", lambda: self._walk(-1)),
            ("<Right>", lambda: self._walk(1)),
            ("<Down>", self._calls.leave),
            ("<Return>", self._calls.leave),
            ("<space>", self._calls.leave),
            ("<Escape>", self._calls.leave),
            ("<Delete>", self._close_front),
            *((key, self._ask_by_key) for key in menu_keys(self)),
        ):
            self.bind(keys, only(action))
        self.bind("<FocusIn>", lambda _: self._show_keyboard(is_here=True))
        self.bind("<FocusOut>", lambda _: self._show_keyboard(is_here=False))

    def _walk(self, step: int) -> None:
        self._calls.walk(step)
        self.focus_set()  # which went where people type

    def _close_front(self) -> None:
        self._calls.close(self._front)
        if self.winfo_manager():  # else it was the last but one, and there is no row
            self.focus_set()

    def _show_keyboard(self, *, is_here: bool) -> None:
        self._has_keyboard = is_here
        self._show_styles()

    def _ask_by_key(self) -> None:
        label = self._labels[self._front]
        below = label.winfo_rooty() + label.winfo_height()
        self._calls.ask(self._front, label.winfo_rootx(), below, True)

    def _make_label(self, number: int) -> ttk.Label:
        label = ttk.Label(self)
        label.bind("<Button-1>", lambda _: self._calls.choose(number))
        middle = 3 if self.tk.call("tk", "windowingsystem") == "aqua" else 2  # there the right is 2
        label.bind(f"<Button-{middle}>", lambda _: self._calls.close(number))
        label.bind(
            right_button(self),
            lambda event: self._calls.ask(number, event.x_root, event.y_root, False),
        )
        self._light_up(label)
        self._tooltip.listen(label, lambda: self._cut_name(number))
        self._listen_to_wheel(label)
        return label

    def _light_up(self, label: ttk.Label) -> None:
        label.bind("<Enter>", lambda _: label.state(["active"]))
        label.bind("<Leave>", lambda _: label.state(["!active"]))

    def _cut_name(self, number: int) -> str:
        """The whole name on this tab, where it stands there shortened."""
        name = self._cells[number].name
        return "" if name in str(self._labels[number].cget("text")) else name

    def _listen_to_wheel(self, widget: tk.Misc) -> None:
        widget.bind("<MouseWheel>", lambda event: self._scroll(-1 if event.delta > 0 else 1))
        widget.bind("<Button-4>", lambda _: self._scroll(-1))  # the wheel, on X11
        widget.bind("<Button-5>", lambda _: self._scroll(1))

    def _scroll(self, lines: int) -> None:
        """Show other lines, where there is no space for all; after the last comes the first."""
        first = self._layout.first + lines
        self._lay_out(0 if first > self._layout.last_first else first, follows=False)

    # --- drawing --------------------------------------------------------------------------------

    def _draw(self, *, follows: bool) -> None:
        while len(self._labels) < len(self._cells):
            self._labels.append(self._make_label(len(self._labels)))
        while len(self._labels) > len(self._cells):
            self._labels.pop().destroy()
        for cell, label, name in zip(self._cells, self._labels, self._names(), strict=True):
            label.configure(text=cell.label(name))
        self._show_styles()
        self._lay_out(self._layout.first, follows=follows)

    def _show_styles(self) -> None:
        for cell, label in zip(self._cells, self._labels, strict=True):
            label.configure(style=_style_of(cell, has_keyboard=self._has_keyboard))

    def _names(self) -> tuple[str, ...]:
        """As much of each name as fits into MOST_LINES; if none does, into as few as can be."""
        longest = max((len(cell.name) for cell in self._cells), default=0)
        space, folded = self._space(folded=False), self._space(folded=True)
        best, least = self._cut(longest), (True, len(self._cells) + 1)
        for characters in range(max(longest, FEWEST_CHARACTERS), FEWEST_CHARACTERS - 1, -1):
            short = self._cut(characters)
            widths = [*map(self._width_of, self._cells, short)]
            if lines_of(widths, space) <= MOST_LINES:
                return short
            needed = max(widths) > folded, lines_of(widths, folded)
            if needed < least:
                best, least = short, needed
        return best

    def _cut(self, characters: int) -> tuple[str, ...]:
        """The names with at most so many characters, as far as they can be told apart."""
        people = iter(told_apart(tuple(c.name for c in self._cells if c.sign), characters))
        return tuple(next(people) if cell.sign else cell.name for cell in self._cells)

    def _width_of(self, cell: Cell, name: str) -> int:
        font = self._theme.bold if cell.unread else self._theme.body
        return font.measure(cell.label(name)) + 6 * self._theme.unit

    def _space(self, *, folded: bool) -> int:
        """The width for tabs: all but that of the button, however much it may have to say."""
        most = _more_text(len(self._cells), *_sums(self._cells)) if folded else _more_text(0, 0, 0)
        self.more.configure(text=most, style="NewsTab.TLabel")
        return max(1, self._width - self.more.winfo_reqwidth())

    def _lay_out(self, first: int, *, follows: bool) -> None:
        unit = self._theme.unit
        height = self._theme.body.metrics("linespace") + 3 * unit
        widths = [label.winfo_reqwidth() for label in self._labels]
        is_folded = lines_of(widths, self._space(folded=False)) > MOST_LINES
        width = self._space(folded=is_folded) if self._width else 0
        self._layout = lay_out(widths, width, front=self._front, first=first, follows=follows)
        for cell, label, (x, line), wide in zip(
            self._cells, self._labels, self._layout.places, widths, strict=True
        ):
            y = line * height  # of a hidden one: beyond the edge
            wide = min(wide, width or wide)  # none reaches under the button
            label.place(x=x, y=y, width=wide, height=height)
            if cell.is_front:
                self._mark.place(x=x, y=y, width=wide, height=max(2, unit // 2))
                self._mark.lift()
        self.configure(height=self._layout.lines * height)
        self._show_more(height)

    def _show_more(self, height: int) -> None:
        hidden = self._layout.hidden
        unread, called = _sums([self._cells[at] for at in hidden])
        style = f"{'Called' if called else 'News' if unread else ''}Tab.TLabel"
        self.more.configure(text=_more_text(len(hidden), unread, called), style=style)
        self.more.place(relx=1.0, rely=1.0, anchor="se", height=height)

    def _resized(self, event: "tk.Event[tk.Misc]") -> None:
        if event.width != self._width:
            self._width = event.width
            self._draw(follows=True)

    def _restyle(self) -> None:
        theme, colours, style = self._theme, self._theme.palette, ttk.Style(self)
        for name, background, foreground, font in (
            ("Tab.TLabel", colours.panel, colours.muted, theme.body),
            ("NewsTab.TLabel", colours.panel, colours.text, theme.bold),
            ("CalledTab.TLabel", colours.mention_page, colours.accent, theme.bold),
            ("QuietTab.TLabel", colours.panel, colours.muted, theme.body),
            ("FrontTab.TLabel", colours.page, colours.text, theme.body),
            ("FrontNewsTab.TLabel", colours.page, colours.text, theme.bold),
            ("FrontCalledTab.TLabel", colours.mention_page, colours.accent, theme.bold),
            ("FrontQuietTab.TLabel", colours.page, colours.text, theme.body),
            ("KeyboardTab.TLabel", colours.accent, colours.on_accent, theme.body),
            ("KeyboardNewsTab.TLabel", colours.accent, colours.on_accent, theme.bold),
            ("KeyboardCalledTab.TLabel", colours.accent, colours.on_accent, theme.bold),
            ("KeyboardQuietTab.TLabel", colours.accent, colours.on_accent, theme.body),
        ):
            style.configure(
                name,
                background=background,
                foreground=foreground,
                font=font,
                padding=(3 * theme.unit, theme.unit),
            )
            has_own = name.startswith(("Front", "Keyboard"))
            over = background if has_own else colours.border
            on = foreground if has_own else colours.text
            style.map(name, background=[("active", over)], foreground=[("active", on)])
        style.configure("FrontTabMark.TFrame", background=colours.accent)
        self._draw(follows=True)


def _sums(cells: Sequence[Cell]) -> tuple[int, int]:
    """What is unread in all of them but the quiet ones, and how much of that calls."""
    loud = [cell for cell in cells if not cell.is_quiet]
    return sum(cell.unread for cell in loud), sum(cell.called for cell in loud)


def _more_text(hidden: int, unread: int, called: int) -> str:
    """What the button at the end says: how many tabs are behind the fold, and what is new there.

    >>> _more_text(0, 0, 0), _more_text(12, 0, 0), _more_text(12, 3, 1)
    ('▾', '▾ 12', '▾ 12 (@1 of 3)')
    """
    count = f" {hidden}" if hidden else ""
    return f"▾{count}" + (f" ({counted(unread, called)})" if unread else "")


def _style_of(cell: Cell, *, has_keyboard: bool) -> str:
    where = ("Keyboard" if has_keyboard else "Front") if cell.is_front else ""
    return f"{where}{cell.news}Tab.TLabel"
