"""The people online, as a table that is changed where it stands. Main thread only.

A thousand people, each of whom says something each second, are a thousand changed rows a second.
So `show` only notes what is to be seen, and `draw_some` changes a bounded number of rows, in place:
the person selected stays selected, and the rows in view stay where they are.
"""

import bisect
import time
import tkinter as tk
from collections.abc import Callable, Iterable
from tkinter import ttk
from typing import Literal

from phase4.widgets.pieces import FocusRing, QuietScrollbar
from phase4.widgets.popup import menu_keys, right_button
from phase4.widgets.theme import Theme
from shared.status import Person

COLUMNS = {"Name": 20, "Address": 22, "Since": 10, "Messages": 8, "Unread": 8}
"""With their widths in characters. Unread: what waits in the outbox for this person to read."""

_CELL_PIXELS = 4  # Tk's own, beside the padding
_NUMBERS = ("Messages", "Unread")
_CONTROL_OR_ALT = 0x000C  # in the state of a key event
_TYPING_SECONDS = 1.0  # letters that come faster than this belong to one name

Row = tuple[str, ...]


class PeopleTable(ttk.Frame):
    """`on_select` is called when another person, or nobody, is selected."""

    def __init__(self, parent: tk.Misc, theme: Theme, on_select: Callable[[], None]) -> None:
        super().__init__(parent)
        self.ask: Callable[[int, int, bool], object] = lambda *_: None
        """Called with x and y when it is asked what can be done with the person selected; at last,
        whether a key has asked."""
        self._muted: frozenset[str] = frozenset()  # by their folded names
        self._people: tuple[Person, ...] = ()
        self._theme = theme
        self._wanted: dict[str, Row] = {}  # what is to be seen
        self._rows: dict[str, Row] = {}  # what is
        self._order: list[tuple[str, str]] = []  # (sorted by, key) of each row, from the top
        self._typed, self._typed_at = "", 0.0
        self._ring = FocusRing(self, theme, "page")
        self.tree = ttk.Treeview(
            self._ring,
            show="headings",
            columns=tuple(COLUMNS),
            selectmode="browse",
            height=2,
            style="People.Treeview",
        )
        self._scrollbar = QuietScrollbar(self, command=self.tree.yview)
        self._lay_out()
        self.tree.bind("<Configure>", lambda _: self._fit())
        self.tree.bind("<<TreeviewSelect>>", lambda _: on_select())
        self.tree.bind("<FocusIn>", lambda _: self._mark_some())
        self.tree.bind("<KeyPress>", self._typed_key)
        self.tree.bind(right_button(self.tree), self._asked)
        for keys in menu_keys(self.tree):
            self.tree.bind(keys, lambda _: self._asked_by_key())
        self._ring.surround(self.tree)
        theme.on_change(self._restyle)

    def show(self, people: Iterable[Person]) -> None:
        """From now on these are to be seen; `draw_some` draws them."""
        self._people = tuple(people)
        # The address and the time are the connection's own: they stay when somebody is renamed.
        self._wanted = {
            f"{each.address} {each.since}": (*_row(each), self._mark(each.name))
            for each in self._people
        }

    def show_muted(self, names: Iterable[str]) -> None:
        """Mark these from now on."""
        muted = frozenset(each.casefold() for each in names)
        if muted != self._muted:
            self._muted = muted
            self.show(self._people)

    def is_muted(self, name: str) -> bool:
        """Whether this name is marked."""
        return name.casefold() in self._muted

    def _mark(self, name: str) -> str:
        return " (muted)" if self.is_muted(name) else ""

    def draw_some(self, count: int) -> bool:
        """Change at most `count` rows; whether there are more to change."""
        gone = [key for key in self._rows if key not in self._wanted][:count]
        changed = [key for key, row in self._wanted.items() if self._rows.get(key) != row]
        changed = changed[: count - len(gone)]
        if gone or changed:
            top = self._top()
            for key in gone:
                self._delete(key)
            for key in changed:
                self._put(key, self._wanted[key])
            self._look_at(top)
        return self._rows != self._wanted

    def selected(self) -> str:
        """The name of the person selected, or nothing."""
        key = self.selected_key()
        return self._rows[key][0] if key else ""

    def selected_key(self) -> str:
        """The row selected, or nothing. It is the same person's as long as they are online."""
        chosen = self.tree.selection()
        return str(chosen[0]) if chosen else ""

    def name_of(self, key: str) -> str:
        """The person's name now; nothing, where they are not online any more."""
        return self._wanted[key][0] if key in self._wanted else ""

    def address_of(self, key: str) -> str:
        """The person's address; nothing, where they are not online any more."""
        return self._wanted[key][1] if key in self._wanted else ""

    def names(self) -> tuple[str, ...]:
        """The people shown, from the top."""
        return tuple(self._rows[key][0] for _, key in self._order)

    # --- rows -------------------------------------------------------------------------------------

    def _put(self, key: str, row: Row) -> None:
        before = self._rows.get(key)
        shown = (row[0] + row[-1], *row[1:-1])
        if before is not None and before[0] == row[0]:
            self.tree.item(key, values=shown)
        else:  # somebody new, or a new name: it has another place
            if before is not None:
                self._order.remove((before[0].casefold(), key))
            place = (row[0].casefold(), key)
            at = bisect.bisect(self._order, place)
            self._order.insert(at, place)
            if before is None:
                self.tree.insert("", at, iid=key, values=shown)
            else:
                self.tree.move(key, "", at)
                self.tree.item(key, values=shown)
        self._rows[key] = row

    def _delete(self, key: str) -> None:
        self._order.remove((self._rows.pop(key)[0].casefold(), key))
        self.tree.delete(key)

    def _top(self) -> str:
        """The uppermost row in view if the table was scrolled; else nothing."""
        at_top = self.tree.yview()[0] <= 0
        return "" if at_top else self.tree.identify_row(self._heading_height() + 1)

    def _look_at(self, top: str) -> None:
        """Scroll so that the row `top` is the uppermost again."""
        if top in self._rows:
            self.tree.yview_moveto(self.tree.index(top) / len(self._rows))

    def _heading_height(self) -> int:
        height = 0
        while self.tree.identify_region(5, height) == "heading":
            height += 1
        return height

    # --- keys -------------------------------------------------------------------------------------

    def _mark_some(self) -> None:
        """Select somebody when the keyboard comes here, so that the arrows can go on from there."""
        if self._order and not self.tree.selection():
            self._select(self._order[0][1])

    def _typed_key(self, event: "tk.Event[tk.Misc]") -> None:
        """Letters select the name that begins with them; any other key begins a new one."""
        if not event.char:
            return  # Shift, on the way to a letter
        is_part = event.char.isprintable() and not int(event.state) & _CONTROL_OR_ALT
        now = time.monotonic()
        before = self._typed if now - self._typed_at <= _TYPING_SECONDS else ""
        self._typed_at = now
        self._typed = before + event.char.casefold() if is_part else ""
        at = bisect.bisect(self._order, (self._typed, ""))
        if self._typed and at < len(self._order) and self._order[at][0].startswith(self._typed):
            self._select(self._order[at][1])

    def _asked(self, event: "tk.Event[tk.Misc]") -> None:
        if key := self.tree.identify_row(event.y):
            self.tree.focus_set()
            self._select(key)
            self.ask(event.x_root, event.y_root, False)

    def _asked_by_key(self) -> str:
        if key := self.selected_key():
            self.tree.see(key)
            x, y, _, height = map(int, self.tree.bbox(key) or (0, 0, 0, 0))
            self.ask(self.tree.winfo_rootx() + x, self.tree.winfo_rooty() + y + height, True)
        return "break"

    def _select(self, key: str) -> None:
        self.tree.selection_set(key)
        self.tree.focus(key)
        self.tree.see(key)

    # --- looks ------------------------------------------------------------------------------------

    def _lay_out(self) -> None:
        self.rowconfigure(0, weight=1)
        self.columnconfigure(0, weight=1)
        self._ring.grid(row=0, column=0, sticky="nsew")
        self._scrollbar.grid(row=0, column=1, sticky="ns")
        self.tree.configure(yscrollcommand=self._scrollbar.set)
        for name in COLUMNS:
            side: Literal["e", "w"] = "e" if name in _NUMBERS else "w"
            self.tree.heading(name, text=name, anchor=side)
            self.tree.column(name, anchor=side, stretch=name in ("Name", "Address"))

    def _restyle(self) -> None:
        theme, colours = self._theme, self._theme.palette
        style = ttk.Style(self)
        # The padding is the cell's: what is outside a row is not marked with the row.
        style.configure("People.Treeview", background=colours.page, fieldbackground=colours.page)
        style.configure("People.Treeview.Cell", padding=(3 * theme.unit - _CELL_PIXELS, 0))
        style.configure(
            "People.Treeview.Heading",
            background=colours.panel,
            foreground=colours.muted,
            bordercolor=colours.border,
            lightcolor=colours.panel,
            darkcolor=colours.panel,
            relief="flat",
            font=theme.small,
            padding=(3 * theme.unit - 2, theme.unit // 2),
        )
        style.map("People.Treeview.Heading", background=[("active", colours.panel)])
        self._fit()

    def _fit(self) -> None:
        """Give each column what it needs, or its share of what there is."""
        edges = 6 * self._theme.unit
        needed = {
            name: self._theme.body.measure("0" * characters) + edges
            for name, characters in COLUMNS.items()
        }
        whole = sum(needed.values())
        has = self.tree.winfo_width() if self.tree.winfo_width() > 1 else whole
        for name, width in needed.items():
            width = min(width, width * has // whole)
            if width != self.tree.column(name, "width"):
                self.tree.column(name, width=width, minwidth=width // 2)


def _row(person: Person) -> Row:
    return (
        person.name,
        person.address,
        _since(person.since),
        f"{person.messages:,}",
        _bytes(person.outbox_bytes),
    )


def _since(seconds: float) -> str:
    """The time of day; of another day, the date as well."""
    when = time.localtime(seconds)
    is_today = when[:3] == time.localtime()[:3]
    return time.strftime("%H:%M:%S" if is_today else "%d %b %H:%M", when)


def _bytes(count: int) -> str:
    """Nothing for 0: then a number stands out."""
    if not count:
        return ""
    return f"{count:,} B" if count < 10_000 else f"{count // 1000:,} kB"
