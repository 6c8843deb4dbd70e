"""What a failed check says to a learner: the steps, where it went wrong, why, and how to go on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pytest

from shared.message import clean
from tests.grading.causes import cause_of
from tests.grading.journal import Journal
from tests.grading.people import Verdict


@dataclass(frozen=True)
class Lesson:
    """What a check is about. `causes` says why, for each way to fail; "" is for all others."""

    section: str
    causes: Mapping[str, str]
    hints: tuple[str, ...] = field(default=())


def teaches(section: str, cause: str, *hints: str, **causes: str) -> pytest.MarkDecorator:
    """Mark a check that grades everybody's server.

    `section` is "phase1/README.md, What is on the wire"; `cause` what is wrong most often; `hints`
    help more and more; `causes` name others, by the way in which the check failed (see `people`).
    """
    return pytest.mark.teaches(Lesson(section, {"": cause, **causes}, hints))


def lesson_of(item: pytest.Item) -> Lesson | None:
    """What the check teaches, if it grades everybody's server."""
    marker = item.get_closest_marker("teaches")
    return marker.args[0] if marker else None


def explanation(
    title: str, lesson: Lesson, journal: Journal, verdict: Verdict, again: str, hints: int
) -> str:
    """Everything that a learner needs, as text."""
    parts = [
        title,
        *journal.numbered(),
        *_disappointment(verdict, len(journal) + 1),
        *_output(verdict.output or ()),
        "",
        f"Likely:  {cause_of(verdict, lesson.causes)}",
        f"Lesson:  {lesson.section}",
        *_hints(lesson, hints),
        f"Again:   {again}",
    ]
    return "\n".join(parts)


def _disappointment(verdict: Verdict, number: int) -> list[str]:
    lines = [f"{number:3}. {verdict}"]
    if verdict.caret is not None:
        lines += [
            f"     expected      {verdict.expected}",
            f"     got           {verdict.got}",
            f"                   {' ' * verdict.caret}^ here they part",
        ]
    if verdict.remark:
        lines.append(f"     {verdict.remark}.")
    return lines


def _output(output: Sequence[str]) -> list[str]:
    if not output:
        return []
    return [
        "",
        f"     the server's console, at the end{_where_to_begin(output)}:",
        *(f"       | {clean(line)}" for line in output),
    ]


def _where_to_begin(output: Sequence[str]) -> str:
    has_one = any(line.startswith("Traceback") for line in output)
    return ", where an exception is shown: begin there" if has_one else ""


def _hints(lesson: Lesson, hints: int) -> list[str]:
    shown = [f"Hint {number}:  {hint}" for number, hint in enumerate(lesson.hints[:hints], 1)]
    if hints < len(lesson.hints):
        shown.append(f"Stuck?   --hints {hints + 1} tells more")
    return shown
