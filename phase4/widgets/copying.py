"""What is copied of the lines that are selected. No toolkit.

Whoever copies what one person has said wants just that: a command to run, a piece of code. Of what
several have said one wants to know who said it. When it was said stands in the copy only where
that is asked for (`with_stamps`).

A line of a block could say `10:00:00 Carl: yes`, and in a copy it would look like Carl's. So it
stands at the border only in a copy that has nothing else; and never without its name in one with
names.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from phase4.widgets.shown import HEAD, ROW, Shown

_INDENT = "    "
"""Before the lines of a block that stand below a name."""


@dataclass(frozen=True, slots=True)
class Part:
    """What is selected of one line."""

    shown: Shown
    said: str
    """What the person said, without time and name."""

    drawn: str
    """All of it, with time and name."""

    has_said: bool
    """Whether any of what was said is selected, even if it is empty."""

    end: str
    """The end of the line, where that is selected as well."""


def text_alone(parts: Sequence[Part]) -> str:
    """What was said: by one person, and nothing else; by several, with their names."""
    said = [part for part in parts if part.has_said and not _is_between(part.shown)]
    if not said:
        return "".join(part.drawn.replace("\t", "  ") + part.end for part in parts)
    if len({_speaker(part) for part in said}) == 1:
        return "".join(part.said + part.end for part in said)
    return "".join(_with_names(said))


def with_stamps(parts: Sequence[Part]) -> str:
    """The same, each line with time and name. What a block is to the eye is lines here."""
    lines = [part for part in parts if part.shown.role != HEAD]
    return "".join(f"{part.shown.stamp}{part.said}{part.shown.tail}{part.end}" for part in lines)


def _is_between(shown: Shown) -> bool:
    """Whether this only stands between lines: above a block, or where another day begins."""
    return shown.role == HEAD or not (shown.line.time or shown.line.name)


def _speaker(part: Part) -> tuple[str, str, str]:
    line = part.shown.line
    return line.person, line.mark, "" if line.person else line.name


def _with_names(parts: Sequence[Part]) -> Iterator[str]:
    for (who, is_block), group in groupby(parts, key=lambda each: (_head(each), _is_row(each))):
        if is_block:
            yield f"{who}\n"
        for part in group:
            before = _INDENT if is_block else f"{who} " if who else ""
            yield f"{before}{part.said}".rstrip() + part.end


def _is_row(part: Part) -> bool:
    return part.shown.role == ROW


def _head(part: Part) -> str:
    """Who says it, and to whom. What nobody says has a sign.

    What somebody does has one behind the name: no `/me is now Carl` looks like the server's words.
    """
    line = part.shown.line
    if line.is_action:
        return f"{line.name} {line.sign}"
    to = f" {line.mark}" if line.mark else ""
    return f"{line.name}{to}:" if line.person else line.name
