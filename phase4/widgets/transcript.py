"""What the conversation shows: a Text, and beside it each line as it was said. Main thread only.

How many lines it keeps, and what is put above them, is its `upper_edge`'s. Where right-to-left text
is drawn in another order than it is read (`bidi`), what is copied, found and clicked is still the
line as it was said (`shown`): here the one is found for the other.
"""

import contextlib
import itertools
import tkinter as tk
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence

from phase4.widgets import bidi
from phase4.widgets.blocks import Blocks
from phase4.widgets.days import Days
from phase4.widgets.find import Hit
from phase4.widgets.line_looks import KINDS, column_gap, columns, place_fingerprint, style_lines
from phase4.widgets.lines import Line, for_screen
from phase4.widgets.shown import HEAD, ROW, WAITING, Shown, State
from phase4.widgets.soon import Soon
from phase4.widgets.theme import Theme
from phase4.widgets.upper_edge import MAX_LINES, UpperEdge

TURNED_AT_ONCE = 3_000
"""Characters of right-to-left lines that are laid out in one go: some 20 ms. What is more is drawn
as it is, and turned a moment later: so neither a flood nor a window that is drawn larger stops
anybody from typing."""

_SHORTEST_NAME = "mmmmmm"
_LATE_FROM = 1 << 60  # the numbers of late lines: they stand below all others

Place = tuple[int, int]
"""In the Text: line and column."""


class Transcript(tk.Text):
    """Keeps lines and draws them. `redrawn` is called when lines above the newest have changed."""

    def __init__(self, parent: tk.Misc, theme: Theme, redrawn: Callable[[], None]) -> None:
        super().__init__(
            parent, state="disabled", wrap="word", borderwidth=0, width=1, height=1, takefocus=True
        )
        self.lines: list[Shown] = []
        self._theme = theme
        self._redrawn = redrawn
        # With a gap before each, for what stands above a block.
        self._numbers = itertools.count(1, 2)
        # How many of the lines, the last ones, are late; and their numbers.
        self._late = 0
        self._late_numbers = itertools.count(_LATE_FROM)
        self._days = Days()
        self._blocks = Blocks()
        self.characters = 0
        """Of what was said in all of them."""
        self.edge = UpperEdge(self)
        self._widest_name = _SHORTEST_NAME
        # Whether there is space for the times.
        self._has_time = True
        # From where to where the column of what was said reaches, in pixels.
        self._column = (0, 0)
        # Lines that are to be laid out again: their rows are of another width.
        self._to_turn: list[Shown] = []
        self._soon = Soon(self)
        self._is_x11 = self.tk.call("tk", "windowingsystem") == "x11"
        self._has_pairs = self.tk.call("string", "length", "\U0001f600") == 2

    def destroy(self) -> None:
        """Cancel what was to be done soon: it would find no widget any more."""
        self._soon.cancel()
        super().destroy()

    # --- lines --------------------------------------------------------------------------------

    def add(self, lines: Sequence[Line], state: State = "", *, redraws: bool = True) -> list[Shown]:
        """Draw lines below the others, and cut what is too much; those of them that are kept.

        `redraws`: lines that are there already may become a part of a block.
        """
        new = [self._keep(*each) for each in [*self._days.marked(lines, state)][-MAX_LINES:]]
        drawn, older = self._blocks.mark(new, lambda older: redraws and self._is_kept(older))
        self._make_block(older)
        self._widen_names(new)
        self._turn_newest(drawn)
        self._put(drawn)
        self.edge.cut(must_cut=len(lines) > MAX_LINES)
        return drawn

    def add_late(self, line: Line) -> Shown:
        """Draw a line that waits. It stays below all others, until it is taken out."""
        shown = Shown(next(self._late_numbers), for_screen(line), WAITING)
        self.characters += len(shown.line.text)
        self._widen_names([shown])
        self._turn_newest([shown])
        self.lines.append(shown)
        self._late += 1
        with self._writing():
            self._draw(shown, "end")
        self.edge.cut(must_cut=False)
        return shown

    def settle(self, shown: Shown, state: State) -> None:
        """Give a line another state, where it stands."""
        shown.state = state
        self._redraw([shown])

    def take_out(self, lines: Iterable[Shown]) -> None:
        """Remove these lines, wherever they stand; those that were cut are gone already."""
        gone = {each for each in lines if self._is_kept(each)}
        left = [each for each in self.lines if each not in gone]
        heads = itertools.zip_longest(left, left[1:])
        gone |= {each for each, row in heads if each.role == HEAD and (not row or row.role != ROW)}
        with self._writing():
            for each, top in reversed([*zip(self.lines, self.tops(), strict=True)]):
                if each in gone:
                    self.delete(f"{top}.0", f"{top + each.height}.0")
        self.lines = [each for each in self.lines if each not in gone]
        self._late -= sum(each.number >= _LATE_FROM for each in gone)
        self.characters -= sum(len(each.line.text) for each in gone)
        self._redrawn()

    def _is_kept(self, shown: Shown) -> bool:
        at = self._at(shown)
        return at < len(self.lines) and self.lines[at] is shown

    def _at(self, shown: Shown) -> int:
        """Where in `lines` it stands, or would stand."""
        return bisect_left(self.lines, shown.number, key=lambda line: line.number)

    @property
    def oldest(self) -> int:
        """The number of the oldest line that is kept."""
        return self.lines[self.edge.first].number

    def _put(self, drawn: Sequence[Shown]) -> None:
        """Draw lines below all but those that are late."""
        at = len(self.lines) - self._late
        place = f"{1 + sum(each.height for each in self.lines[:at])}.0" if self._late else "end"
        self.lines[at:at] = drawn
        with self._writing():
            for each in reversed(drawn) if self._late else drawn:
                self._draw(each, place)

    def _make_block(self, older: Sequence[Shown]) -> None:
        """Draw these, which are there already but for the first, as a block that begins there."""
        if not older:
            return
        head, *rows = older
        self._redraw(rows)
        at = self._at(head)
        with self._writing(), self._staying_put():
            self._draw(head, f"{self.tops()[at]}.0")
            self.lines.insert(at, head)
        self._redrawn()

    def _keep(self, line: Line, state: State) -> Shown:
        line = for_screen(line)
        self.characters += len(line.text)
        return Shown(next(self._numbers), line, state)

    # --- the upper edge -----------------------------------------------------------------------

    def put(self, at: int, drawn: Sequence[Shown]) -> None:
        """Draw these above the line at this place; what is in sight stays where it is."""
        self.characters += sum(len(each.line.text) for each in drawn)
        self._widen_names(drawn)
        self._turn_newest(drawn)
        top = 1 + sum(each.height for each in self.lines[:at])
        with self._writing(), self._anchored(top):
            for each in reversed(drawn):
                self._draw(each, f"{top}.0")
            self.lines[at:at] = drawn

    def drop(self, first: int, end: int) -> None:
        """Remove the lines from `first` to `end` (not included)."""
        with self._writing():
            self.delete(*self._extent(first, end))
        self.characters -= sum(len(each.line.text) for each in self.lines[first:end])
        del self.lines[first:end]
        self._late = min(self._late, len(self.lines) - first)
        self._to_turn = [each for each in self._to_turn if self._is_kept(each)]

    @contextlib.contextmanager
    def _anchored(self, row: int) -> Iterator[None]:
        """Let what is in sight stay where it is, of this row of the Text and below it."""
        index = max(self.position("@0,0"), (row, 0))
        self.mark_set("anchor", f"{index[0]}.{index[1]}")
        before = self.dlineinfo("anchor")
        yield
        if before is not None:
            self.yview("anchor")
            after = self.dlineinfo("anchor")
            if after is not None and after[1] != before[1]:
                self.yview_scroll(after[1] - before[1], "pixels")

    # --- drawing ------------------------------------------------------------------------------

    @contextlib.contextmanager
    def _writing(self) -> Iterator[None]:
        self.configure(state="normal")
        try:
            yield
        finally:
            self.configure(state="disabled")

    def _draw(self, shown: Shown, at: str) -> None:
        person = shown.line.person
        tag = f"name{self._theme.name_colours.number(person)}" if person else ""
        self.insert(at, *shown.pieces(tag))  # type: ignore[arg-type]

    def _is_turned(self, shown: Shown) -> bool:
        return self._is_x11 and bidi.IS_AVAILABLE and shown.must_be_turned

    def _make_rows(self, shown: Shown) -> None:
        if self._is_turned(shown):
            start, end = self._column
            # Names that are called are bold; such a line is measured as if all of it were.
            font = self._theme.bold if shown.line.calls else self._theme.body
            font = self._theme.fixed if shown.role == ROW else font
            shown.lay_out(font.measure, end - start)

    def _redraw(self, lines: Iterable[Shown]) -> None:
        """Draw lines again that may need more rows, or fewer, than before."""
        with self._writing(), self._staying_put():
            tops = self.tops()
            # From below: so what was counted stays true for those further up.
            for each in sorted(lines, key=lambda each: each.number, reverse=True):
                if not self._is_kept(each):
                    continue  # it has been cut
                at = self._at(each)
                old_height = each.height
                self._make_rows(each)
                self.delete(f"{tops[at]}.0", f"{tops[at] + old_height}.0")
                self._draw(each, f"{tops[at]}.0")
        self._redrawn()

    @contextlib.contextmanager
    def _staying_put(self) -> Iterator[None]:
        """Let the line that stands at the top stay there, though lines are deleted and inserted.

        Where a deletion ends at the top of the view, or goes beyond, Tk moves to its beginning.
        """
        if not self.lines:
            yield
            return
        (line, column), tops = self.position("@0,0"), self.tops()
        at = max(0, bisect_right(tops, line) - 1)
        row, was_turned = line - tops[at], bool(self.lines[at].rows)
        yield
        row = min(row, self.lines[at].height - 1)
        is_turned = bool(self.lines[at].rows)
        place = f"{self.tops()[at] + row}.{0 if was_turned or is_turned else column}"
        if self.index("@0,0") != self.index(place):
            self.yview(place)

    def _turn_newest(self, new: Sequence[Shown]) -> None:
        """Lay out new lines; of very many, the newest at once and the others soon."""
        waiting = [each for each in new if self._is_turned(each)]
        for each in _take(waiting):
            self._make_rows(each)
        if waiting:
            self._to_turn += waiting
            self._soon.do("turn", self._turn_some)

    def _turn_again(self) -> None:
        """The column has another width: lay out all that is turned, in bounded steps."""
        self._to_turn = [each for each in self._to_turn if not each.rows]
        self._to_turn += [each for each in self.lines if each.rows]
        if self._to_turn:
            first, last = self.in_sight()
            seen = {each.number for each in self.lines[first : last + 1]}
            self._to_turn.sort(key=lambda each: (each.number in seen, each.number))
            self._soon.do("turn", self._turn_some)

    def _turn_some(self) -> None:
        self._redraw(_take(self._to_turn))
        if self._to_turn:
            self._soon.do("turn", self._turn_some, milliseconds=1)

    @property
    def lacks_rtl(self) -> bool:
        """Whether right-to-left text is drawn here as nobody can read it."""
        return self._is_x11 and not bidi.IS_AVAILABLE

    # --- what stands where --------------------------------------------------------------------

    def characters_before(self, place: Place) -> int:
        """The characters before this place in its line of the Text (to Tk 8.6 an emoji is two)."""
        return len(self.get(f"{place[0]}.0", f"{place[0]}.{place[1]}"))

    def position(self, index: str) -> Place:
        """Where an index of Tk's is."""
        line, _, column = self.index(index).partition(".")
        return int(line), int(column)

    def tops(self) -> list[int]:
        """For each line that is kept, the line of the Text at which it begins."""
        return [*itertools.accumulate((each.height for each in self.lines[:-1]), initial=1)]

    def _extent(self, first: int, last: int) -> tuple[str, str]:
        """From where to where the lines from `first` to `last` (not included) are drawn."""
        top = 1 + sum(each.height for each in self.lines[:first])
        return f"{top}.0", f"{top + sum(each.height for each in self.lines[first:last])}.0"

    def in_sight(self) -> tuple[int, int]:
        """The first and the last line that can be seen, as places in `lines`."""
        tops = self.tops()
        places = (self.position("@0,0"), self.position(f"@0,{self.winfo_height()}"))
        first, last = (bisect_right(tops, line) - 1 for line, _ in places)
        return max(0, first), max(0, last)

    def marks(self, hit: Hit, tops: Sequence[int]) -> Iterator[tuple[str, str]]:
        """From where to where a hit is drawn; in several parts where it is turned or broken."""
        at = bisect_left(self.lines, hit.line, key=lambda line: line.number)
        return self._drawn_at(self.lines[at], tops[at], hit.start, hit.end)

    def _drawn_at(self, shown: Shown, top: int, start: int, end: int) -> Iterator[tuple[str, str]]:
        """From where to where the characters `start` to `end` of a line's text are drawn."""
        if not shown.rows:
            units = [self._units(shown.text[:at]) for at in (start, end)]
            yield f"{top}.{units[0]}", f"{top}.{units[1]}"
        for number, row in enumerate(shown.rows, top):
            inside = [at for at, place in enumerate(row.places) if start <= place < end]
            for _, run in itertools.groupby(enumerate(inside), key=lambda each: each[1] - each[0]):
                columns = [at for _, at in run]
                units = [self._units(row.shown[:at]) for at in (columns[0], columns[-1] + 1)]
                yield f"{number}.{units[0]}", f"{number}.{units[1]}"

    def _units(self, text: str) -> int:
        """The columns that Tk counts for a text."""
        return len(text.encode("utf-16-le")) // 2 if self._has_pairs else len(text)

    def link_at(self, x: int, y: int) -> str:
        """The link that is drawn there, as it was said; none: empty."""
        index = f"@{x},{y}"
        if "link" not in self.tag_names(index):
            return ""
        place = self.position(index)
        shown, top = self._shown_at(place)
        column = self.characters_before(place)
        said = shown.rows[place[0] - top].places[column] if shown.rows else column
        return shown.link_at(said)

    def line_at(self, x: int, y: int) -> Line | None:
        """The line that is drawn there, or above it; none: None."""
        return self._shown_at(self.position(f"@{x},{y}"))[0].line if self.lines else None

    def block_at(self, x: int, y: int) -> str:
        """The piece of code that is drawn there, as it was said; none: empty."""
        if not self.lines:
            return ""
        at = self._at(self._shown_at(self.position(f"@{x},{y}"))[0])
        at += self.lines[at].role == HEAD
        before = itertools.takewhile(_is_row, reversed(self.lines[:at]))
        rows = [*reversed([*before]), *itertools.takewhile(_is_row, self.lines[at:])]
        return "".join(f"{each.line.text}\n" for each in rows) if _is_row(self.lines[at]) else ""

    def _shown_at(self, place: Place) -> tuple[Shown, int]:
        """The line that has this place, and where it begins."""
        tops = self.tops()
        at = bisect_right(tops, place[0]) - 1
        return self.lines[at], tops[at]

    # --- looks --------------------------------------------------------------------------------

    def restyle(self) -> None:
        """Take the theme's colours and sizes."""
        theme, colours = self._theme, self._theme.palette
        self.configure(
            background=colours.page,
            foreground=colours.text,
            font=theme.body,
            selectbackground=colours.selection,
            inactiveselectbackground=colours.selection,
            selectforeground=colours.text,
            highlightthickness=0,
            padx=0,
            pady=theme.unit,
        )
        style_lines(self, theme)
        self.set_columns()

    def _widen_names(self, lines: Sequence[Shown]) -> None:
        """The column of names is as wide as the widest so far; it never jumps back."""
        width = self._theme.bold.measure
        widest = max((each.line.name for each in lines), key=width)
        if width(widest) > width(self._widest_name):
            self._widest_name = widest
            self.set_columns()

    def set_columns(self) -> None:
        """The width has changed: put the columns where they belong now."""
        theme = self._theme
        has_time, names_end, start, end = columns(theme, self._widest_name, self.winfo_width())
        gap = column_gap(theme)
        tabs = (names_end, "right", start, "left") if has_time else (start, "left")
        if has_time != self._has_time:
            self._has_time = has_time
            self.tag_configure("time", elide=not has_time)
        self.configure(tabs=tabs)
        for kind in KINDS:
            self.tag_configure(kind, lmargin1=gap, lmargin2=start, rmargin=gap)
        place_fingerprint(self, theme, start, self.winfo_width())
        self.tag_configure("right", tabs=(*tabs, end, "right"))
        self.tag_configure("lower", lmargin1=start, tabs=(end, "right"))
        # What goes on in a second row must not look like a line of its own.
        self.tag_configure("code", lmargin1=start, lmargin2=start + theme.fixed.measure(" " * 4))
        if (start, end) != self._column:
            self._column = (start, end)
            self._turn_again()


def _is_row(shown: Shown) -> bool:
    return shown.role == ROW


def _take(lines: list[Shown]) -> list[Shown]:
    """Take as many from the end of the list as can be laid out at once, but at least one."""
    taken: list[Shown] = []
    characters = 0
    while lines and (not taken or characters + len(lines[-1].line.text) <= TURNED_AT_ONCE):
        taken.append(lines.pop())
        characters += len(taken[-1].line.text)
    return taken
