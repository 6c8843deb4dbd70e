"""What a failed check says to a learner: the steps, where it went wrong, why, and how to go on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pytest

from tests.grading.causes import cause_of, sentence, start_cause
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


def starting(phase: str) -> Lesson:
    """What a server that does not start has to learn, whatever is checked in this phase."""
    return Lesson(
        f"{phase}/README.md, Run it",
        {},
        (
            "Start it yourself in a terminal, by the same command with 12345 in place of {port}."
            " Does it stay, or does it end? What does it print?",
            "A server makes a socket, and gives it the address 127.0.0.1 and the port of its"
            " command, by bind(). It waits for connections with listen(), and takes each with"
            " accept(), in a loop.",
            "In Python: listener = socket.create_server(('127.0.0.1', port)), where port is an int"
            " from the command line, not one that stands in the program. Then while True:"
            " connection, address = listener.accept().",
        ),
    )


def explanation_of_start(
    verdict: Verdict, command: str, lesson: Lesson, hints: int, *, is_watched: bool
) -> str:
    """Everything that is known of a server to which nobody could connect, as text."""
    console = shown(verdict.output or ()) or ["It printed nothing."]
    parts = [
        f"{verdict}.",
        *filter(None, [sentence(verdict.remark)]),
        f"The command was: {command}",
        console[0].replace("the server's console", "It printed"),
        *console[1:],
        *(f"Likely:  {cause}" for cause in start_cause(verdict)),
        f"Lesson:  {lesson.section}",
        *_hints(lesson, hints),
        *([] if is_watched else _stuck(lesson, hints)),
    ]
    return "\n".join(parts)


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
    return [*_stuck(lesson, hints), f"Again:   {again}"]


def _stuck(lesson: Lesson, hints: int) -> list[str]:
    return [f"Stuck?   --hints {hints + 1} tells more"] if hints < len(lesson.hints) else []
