"""What a failed check says to a learner: the steps, where it went wrong, why, and how to go on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pytest

from tests.grading.causes import cause_of, sentence
from tests.grading.excerpt import excerpt
from tests.grading.faults import fault_in
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
    """Everything that a learner needs, as text. `again` is "" where somebody else says that."""
    console = shown(verdict.output or ())
    parts = [
        title,
        *journal.numbered(),
        *_disappointment(verdict, len(journal) + 1),
        *(f"\n     {line}" if n == 0 else f"     {line}" for n, line in enumerate(console)),
        "",
        f"Likely:  {cause_of(verdict, lesson.causes)}",
        f"Lesson:  {lesson.section}",
        *_hints(lesson, hints),
        *(_how_to_go_on(lesson, again, hints) if again else []),
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
        lines.append(f"     {sentence(verdict.remark)}")
    return lines


def shown(output: Sequence[str]) -> list[str]:
    """What the server printed, in an excerpt, with a line before it that says so."""
    if not output:
        return []
    fault = fault_in(output)
    place = fault.place if fault else None
    begin = ", where it tells of its fault (>); begin there" if fault else ""
    return [f"the server's console{begin}:", *(f"  {line}" for line in excerpt(output, place))]


def _hints(lesson: Lesson, hints: int) -> list[str]:
    return [f"Hint {number}:  {hint}" for number, hint in enumerate(lesson.hints[:hints], 1)]


def _how_to_go_on(lesson: Lesson, again: str, hints: int) -> list[str]:
    more = hints < len(lesson.hints)
    stuck = [f"Stuck?   --hints {hints + 1} tells more"] if more else []
    return [*stuck, f"Again:   {again}"]
