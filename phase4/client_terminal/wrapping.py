"""Breaks long lines between words. No terminal here.

A row is filled with blanks up to the border, and the next begins with some: to the terminal all of
it stays one line. So what is copied has no newline in it, and half a command is never run. A row
that goes on never begins at the border: it would look like what somebody else has said.

>>> said = [("", "07:54:54 Bob: " + "tea " * 9)]
>>> "".join(part[1] for part in wrapped(said, 40))
'07:54:54 Bob: tea tea tea tea tea tea        tea tea tea '
"""

import itertools
import re
import sys
from collections.abc import Iterator

from prompt_toolkit.utils import get_cwidth

from phase4.client_terminal.look import Fragments

MAX_INDENT = 9
"""Columns before a row that goes on: as wide as the time, so that names stand out. In a narrow
window it is an eighth of the width."""

AS_TYPED = "class:as-typed"
"""The style of what the person is to copy exactly. The terminal breaks it where a row ends."""

NARROWEST = 16
"""In fewer columns nobody reads sentences: the terminal breaks them where it has to."""

_NEVER = sys.maxsize
_PIECES = re.compile(r"\s+|\S+")
_CLUSTER = re.compile(r"[!-~]+|.", re.DOTALL)

# No row begins with these (JIS X 4051): they end what stands before.
_CLOSING = frozenset(
    "、。，．・：；？！」』）］｝〕〉》】ー々ぁぃぅぇぉっゃゅょァィゥェォッャュョ,.:;?!)]}"
)

Break = tuple[int, int, int]
"""`text[start:end]`, which are blanks or nothing, gives way to so many blanks."""


def wrapped(text: Fragments, columns: int) -> Fragments:
    """The lines of `text`, broken for this width, but for those that are AS_TYPED."""
    return [part for line in lines_of(text) for part in _wrapped_line(line, columns)]


def in_rows(text: Fragments, columns: int) -> Fragments:
    """The same with a newline after each row, for what is drawn and not printed."""
    rows: Fragments = []
    column = 0
    for style, words, *_ in wrapped(text, columns):
        for sign in words:
            width = 0 if sign == "\n" else get_cwidth(sign)
            if column + width > columns:
                rows.append(("", "\n"))
                column = 0
            rows.append((style, sign))
            column = 0 if sign == "\n" else column + width
    return rows


def lines_of(text: Fragments) -> list[Fragments]:
    """The lines of `text`, each with its newline, if it has one."""
    parts = [(part[0], piece) for part in text for piece in part[1].splitlines(keepends=True)]
    ends = itertools.accumulate(piece.endswith("\n") for _, piece in parts)
    numbered = zip((0, *ends), parts, strict=False)
    return [
        [part for _, part in group]
        for _, group in itertools.groupby(numbered, lambda each: each[0])
    ]


def _wrapped_line(line: Fragments, columns: int) -> Fragments:
    words = "".join(part[1] for part in line).rstrip("\n")
    is_as_typed = any(part[0] == AS_TYPED for part in line)
    breaks = [] if is_as_typed else [*_breaks(words, columns)]
    return _with_breaks(line, breaks) if breaks else line


def _breaks(line: str, columns: int) -> Iterator[Break]:
    if columns < NARROWEST or (len(line) <= columns and get_cwidth(line) <= columns):
        return
    indent = min(MAX_INDENT, columns // 8)
    # How far the row is filled, whether it has the end of a word that was too long, and where the
    # blanks before the next word begin.
    column, has_tail, gap = 0, False, 0
    for start, end in _units(line, columns - indent):
        if line[start].isspace():
            continue
        blanks, width = get_cwidth(line[gap:start]), get_cwidth(line[start:end])
        if has_tail or column + blanks + width > columns >= width:
            margin = max(0, min(indent, columns - width))
            # At least one blank, or what is copied would be one word.
            yield gap, start, -column % columns + margin or columns
            column, blanks = margin, 0
        column, gap = column + blanks + width, end
        has_tail = column > columns
        column = (column - 1) % columns + 1


def _units(line: str, longest: int) -> Iterator[tuple[int, int]]:
    """Where blanks are, and what is not to be broken: words, and signs of scripts without blanks.

    A long word of ASCII is one: it may be a link, which is copied whole. Of others the longest has
    so many columns.
    """
    for piece in _PIECES.finditer(line):
        word = piece[0]
        if word.isascii() or word.isspace() or len(word) == get_cwidth(word) <= longest:
            yield piece.span()
        else:
            yield from _clusters(line, *piece.span())


def _clusters(line: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """A sign with what is drawn on it, and the ends of sentences after it; or a word of ASCII."""
    begin = start
    for found in _CLUSTER.finditer(line, start, end):
        at = found.start()
        if at > begin and get_cwidth(found[0]) and found[0][0] not in _CLOSING:
            yield begin, at
            begin = at
    yield begin, end


def _with_breaks(text: Fragments, breaks: list[Break]) -> Fragments:
    """`text` with blanks at each break."""
    done: Fragments = []
    coming = iter([*breaks, (_NEVER, _NEVER, 0)])
    start, end, blanks = next(coming)
    at = 0  # where in the whole text this part, or what is left of it, begins
    for style, words, *_ in text:
        while at + len(words) > start or (at == start == end):
            if at <= start:
                done += [(style, words[: start - at]), ("", " " * blanks)]
            cut = min(end - at, len(words))
            words, at = words[cut:], at + cut
            if at < end:
                break
            start, end, blanks = next(coming)
        done.append((style, words))
        at += len(words)
    return [part for part in done if part[1]]
