"""A line of the conversation as it was said, and as it is drawn. No toolkit.

The two differ where text runs from right to left on X11 (see `bidi`); then `Shown.rows` tells for
each character that is drawn which one of `Shown.text` it is.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby, islice
from typing import Literal

from phase4.client.mentions import places_of
from phase4.widgets import bidi
from phase4.widgets.lines import Line, is_row_of_fingerprint, wraps_anywhere
from phase4.widgets.links import split_links

State = Literal["", "waiting", "may not arrive", "may not have arrived", "not sent"]
WAITING: State = "waiting"
DOUBTFUL: State = "may not arrive"
UNSURE: State = "may not have arrived"
FAILED: State = "not sent"

_TAGS_OF_STATES: dict[State, tuple[str, ...]] = {
    "": (),
    WAITING: ("waiting",),
    DOUBTFUL: ("doubtful",),
    UNSURE: ("failed",),
    FAILED: ("failed",),
}
_IN_TIMES_COLUMN = {WAITING: WAITING, DOUBTFUL: WAITING, FAILED: FAILED}
"""What stands where the time would. It has space for a short word only."""

Role = Literal["", "head", "row"]
HEAD: Role = "head"
ROW: Role = "row"

_TAGS_OF_ROLES: dict[Role, tuple[str, ...]] = {"": (), HEAD: ("head",), ROW: ("code",)}

MAX_STYLED = 25
"""Links and called names of one line that are set off; the others are shown as plain text. Each
costs the Text far more than its characters do."""

_NOWHERE = -1  # the place of a character that is drawn, but was not said
_TAB = bidi.Row("\t", (_NOWHERE,))  # to the right edge
_Tags = tuple[str, ...]


@dataclass(slots=True, eq=False)
class Shown:
    """A line that is kept. `rows` are as drawn, where it is not simply drawn as its `text`."""

    number: int  # never given twice, and ever higher
    line: Line
    state: State = ""
    role: Role = ""  # in a block: what stands above it, or one of its lines
    rows: tuple[bidi.Row, ...] = ()
    is_rtl: bool = False  # it stands at the right; only where there are rows

    @property
    def columns(self) -> tuple[str, str, str, str]:
        """Time, name, mark and text, as they are drawn. A line of a block is drawn as its text."""
        line = self.line
        text = f"{line.text}{self.tail}" if self.state else line.text
        if self.role == ROW:
            return "", "", "", text
        return self._time, line.name, f"{line.sign} " if line.sign else "", text

    @property
    def _time(self) -> str:
        return (self.state and _IN_TIMES_COLUMN.get(self.state)) or self.line.time

    @property
    def tail(self) -> str:
        """What stands behind the text, and was not said: that it is not certain."""
        is_told = self.role != ROW and self.state in ("", WAITING, FAILED)
        return f" ({self.state})" if self.state and not is_told else ""

    @property
    def text(self) -> str:
        """All of it in the order in which it is read, with a tab between the columns."""
        if self.is_rule:
            return ""
        return self.columns[3] if self.role == ROW else "{}\t{}\t{}{}".format(*self.columns)

    @property
    def said(self) -> range:
        """Which characters of `text` were said."""
        end = len(self.text) - len(self.tail)
        return range(end - len(self.line.text), end)

    @property
    def stamp(self) -> str:
        """Time, name and mark, for a copy in which each line has them."""
        sign = f"{self.line.sign} " if self.line.sign else ""
        return f"{self._time}  {self.line.name}  {sign}"

    @property
    def stamped(self) -> str:
        """The whole line with time and name, wherever they stand on the screen."""
        return f"{self.stamp}{self.line.text}{self.tail}"

    @property
    def is_rule(self) -> bool:
        """Whether it was not said by anybody, nor by the server: it only parts the lines."""
        return self.line.kind == "rule"

    @property
    def height(self) -> int:
        """The lines of the Text that it takes."""
        return len(self.rows) or 1

    @property
    def must_be_turned(self) -> bool:
        """Whether anything in it runs from right to left."""
        return any(bidi.is_needed(column) for column in self.columns)

    @property
    def is_row_to_compare(self) -> bool:
        """Whether it is a row of a fingerprint that a program tells: drawn alone, without a time.

        What somebody says keeps the name before it, whatever it looks like.
        """
        return not self.line.person and is_row_of_fingerprint(self.line.text)

    def lay_out(self, measure: bidi.Measure, width: int) -> None:
        """Make `rows` of it, so that what was said fits into `width` pixels."""
        time, name, mark, said = self.columns
        # A notice is the server's English, even if it begins with somebody's name. So is code.
        is_ltr = self.role == ROW or (self.line.kind == "notice" and name)
        self.is_rtl = not is_ltr and bidi.runs_right_to_left(said)
        said_rows = bidi.lay_out(
            said,
            rtl=self.is_rtl,
            measure=measure,
            first=max(1, width - measure(mark)),
            others=max(1, width),
        )
        start = len(self.text) - len(said)
        to_the_right = [(_TAB, 0)] if self.is_rtl else []
        head = [] if self.role == ROW else [*_head(time, name, mark)]
        first = _join(*head, *to_the_right, (said_rows[0], start))
        self.rows = (first, *(_join(*to_the_right, (row, start)) for row in said_rows[1:]))

    def styles(self, name_tag: str) -> Iterator[tuple[int, _Tags]]:
        """For each part of `text`, in order, its length and its tags."""
        time, name, mark, said = self.columns
        if self.role != ROW:
            yield len(time) + 1, ("state" if self.state else "time",)
            yield len(name), (name_tag if self.line.person else "sign",)
            yield 1, ()
            yield len(mark), ("mark",)
        styles = islice(self._styles_of_said(), MAX_STYLED)
        left = len(said)
        for length, tags in styles:
            left -= length
            yield length, tags
        yield left, ()

    def pieces(self, name_tag: str) -> Iterator[str | _Tags]:
        """What Text.insert takes: a text and its tags, in turns."""
        base: _Tags = (self.line.kind, *_TAGS_OF_STATES[self.state], *_TAGS_OF_ROLES[self.role])
        if self.is_rule:
            yield from (f"{self.line.text}\n", base)
            return
        if self.rows:
            yield from self._pieces_of_rows(name_tag, base)
            return
        unseen = 0  # the characters at the beginning that are not shown
        if self.is_row_to_compare:
            base = (*base, "fixed")
            unseen = len(self.text) - len(self.line.text)
        if self.role != ROW and wraps_anywhere(self.line.text):
            base = (*base, "wraps")
        text, done = self.text, 0
        for length, tags in self.styles(name_tag):
            if length:
                yield text[done : done + length]
                yield (*tags, *base, *(["unseen"] if done < unseen else []))
            done += length
        # The newline carries the tags as well: so the background reaches the right edge.
        yield from ("\n", base)

    def link_at(self, place: int) -> str:
        """The link of which the character at `place` is a part; none: empty."""
        text, done = self.text, 0
        for length, tags in self.styles(""):
            if done <= place < done + length:
                return text[done : done + length] if tags == ("link",) else ""
            done += length
        return ""

    @property
    def drawn_places(self) -> set[int]:
        """Which characters of `text` are drawn, each by itself."""
        if not self.rows:
            return {*range(len(self.text))}
        return {place for row in self.rows for place in row.places} - {_NOWHERE}

    def said_at(self, places: set[int]) -> str:
        """The text that is drawn as the characters at `places`, in the order in which it is read.

        What is not drawn (a joiner, the blank at the end of a row) goes with what stands before it.
        """
        text = self.text
        if not self.rows:
            return "".join(text[place] for place in sorted(places))
        drawn = sorted(self.drawn_places)
        ends = dict(zip(drawn, [*drawn[1:], len(text)], strict=True))
        return "".join(text[place : ends[place]] for place in sorted(places - {_NOWHERE}))

    def _styles_of_said(self) -> Iterator[tuple[int, _Tags]]:
        for piece, is_link in split_links(self.line.text):
            if is_link:
                yield len(piece), ("link",)
            else:
                yield from self._styles_of_calls(piece)

    def _styles_of_calls(self, piece: str) -> Iterator[tuple[int, _Tags]]:
        done = 0
        found = (place for name in self.line.calls for place in places_of(name, piece))
        for start, end in sorted(found, key=lambda place: (place[0], -place[1])):
            if start < done:  # within another one that calls
                continue
            yield start - done, ()
            yield end - start, ("call",)
            done = end
        yield len(piece) - done, ()

    def _pieces_of_rows(self, name_tag: str, base: _Tags) -> Iterator[str | _Tags]:
        tags_at = [tags for length, tags in self.styles(name_tag) for _ in range(length)]
        for number, row in enumerate(self.rows):
            edges: _Tags = ("turned", *(["right"] if self.is_rtl else []))
            edges += ("lower",) if number else ()
            edges += ("upper",) if number < len(self.rows) - 1 else ()
            tags_of_row = [tags_at[place] if place >= 0 else () for place in row.places]
            at = 0
            for tags, group in groupby(tags_of_row):
                length = len([*group])
                yield row.shown[at : at + length]
                yield (*tags, *base, *edges)
                at += length
            yield from ("\n", (*base, *edges))


def _head(time: str, name: str, mark: str) -> Iterator[tuple[bidi.Row, int]]:
    """The columns before what was said, each turned by itself, with the place where it begins."""
    at = len(time) + 1
    yield _as_it_is(f"{time}\t"), 0
    yield bidi.in_one_row(name), at
    yield _as_it_is("\t"), at + len(name)
    if mark:
        yield bidi.in_one_row(mark), at + len(name) + 1  # without the blank at its end
        yield _as_it_is(" "), at + len(name) + len(mark)


def _as_it_is(text: str) -> bidi.Row:
    return bidi.Row(text, tuple(range(len(text))))


def _join(*parts: tuple[bidi.Row, int]) -> bidi.Row:
    """One row of several, each with what its places are to be moved by."""
    return bidi.Row(
        "".join(row.shown for row, _ in parts),
        tuple(
            place + by if place != _NOWHERE else _NOWHERE
            for row, by in parts
            for place in row.places
        ),
    )
