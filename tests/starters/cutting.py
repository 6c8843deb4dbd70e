r"""Cuts a beginning out of a whole program, and does its TODOs one after the other.

A part that the learner is to write stands between two marks, behind the TODO that asks for it. Code
that is in its place until then begins with `#: `:

    # <3>
    # TODO 3: a line may come in pieces
    #   This takes all that has come for one line.
    #: return [received], b""
    *lines, unfinished = received.split(b"\n")
    return lines, unfinished
    # </3>

Where a part is inside of another one that is not written either, its TODO comes behind that one's.
A TODO may be done in several places: the marks of the others are <3b>, <3c>.
"""

import re
from collections.abc import Iterator, Sequence
from itertools import takewhile

_MARK = re.compile(r"( *)# <((\d+)\w?)>")
_TODO = re.compile(r" *#(: | TODO \d|   )")

Part = tuple[re.Match[str] | None, list[str]]
"""The mark of a part, and the lines in it; or None, and a line that is in no part."""


def cut(program: str, done: int = 0) -> str:
    """The program with its first so many TODOs done."""
    return "\n".join(_with_done(program.split("\n"), done))


def _with_done(lines: Sequence[str], done: int) -> Iterator[str]:
    for mark, inside in _parts(lines):
        if mark is None:
            yield from inside
        elif int(mark[3]) <= done:
            yield from _with_done(inside[len(_todo_of(inside)) :], done)
        else:
            yield from _not_done(mark[1], inside)


def _parts(lines: Sequence[str]) -> Iterator[Part]:
    rest = iter(lines)
    for line in rest:
        if mark := _MARK.fullmatch(line):
            end = f"{mark[1]}# </{mark[2]}>"
            yield mark, list(iter(rest.__next__, end))
        else:
            yield None, [line]


def _todo_of(inside: Sequence[str]) -> list[str]:
    return list(takewhile(_TODO.match, inside))


def _not_done(indent: str, inside: Sequence[str]) -> Iterator[str]:
    """The TODO of a part, and those of the parts in it, as deep as it stands itself."""
    todo = _todo_of(inside)
    for line in todo:
        yield indent + line.lstrip().removeprefix("#: ")
    for mark, inner in _parts(inside[len(todo) :]):
        if mark and _todo_of(inner):
            yield ""
            yield from _not_done(indent, inner)
