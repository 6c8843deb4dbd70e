"""Which lines are one block of code: shown and copied without time and name. No terminal here.

On the wire they are lines like any others. A person who pastes says several within a second, and
some of them begin with blanks, or are empty; nobody types so.
"""

import re
from collections.abc import Iterable

from phase4.client.pasting import UNSEEN
from shared import message

_DAY_SECONDS = 24 * 60 * 60

# How lines of this client begin: with a time, or with the sign of a notice or an error.
_LIKE_A_LINE = re.compile(r"\s?(\d\d:\d\d|[*!] )")
_NOT_ASCII = re.compile(r"[^ -~]+")

Speaker = tuple[str, str]
"""The speaker, and the person spoken to, which is empty for everybody."""


def speaker_of(shown: message.Message) -> Speaker | None:
    """Who says this, if it is something that a person says."""
    match shown:
        case message.Public(sender=sender):
            return sender, ""
        case message.Private(sender=sender, recipient=recipient):
            return sender, recipient
    return None


def goes_on(before: str, time: str) -> bool:
    """Whether what was said at `time` may be the next line of a paste.

    >>> goes_on("23:59:59", "00:00:00"), goes_on("10:00:00", "10:00:02")
    (True, False)
    """
    return (_seconds(time) - _seconds(before)) % _DAY_SECONDS <= 1


def _seconds(time: str) -> int:
    hours, minutes, seconds = time.split(":")
    return (int(hours) * 60 + int(minutes)) * 60 + int(seconds)


def in_blocks(several: Iterable[message.Message | None]) -> set[int]:
    """Which of these belong to a block, by their places. What is None says nothing.

    >>> lines = [message.Public("10:00:00", "Bob", text) for text in ("if x:", "    y()", "z()")]
    >>> in_blocks(lines), in_blocks(lines[::2])
    ({0, 1, 2}, set())
    """
    found: set[int] = set()
    run: list[tuple[int, message.Public | message.Private]] = []
    for place, shown in enumerate(several):
        if shown is None:
            continue
        if run and not _is_next(run[-1][1], shown):
            found |= _places(run)
            run = []
        if isinstance(shown, message.Public | message.Private):
            run.append((place, shown))
    return found | _places(run)


def _is_next(before: message.Public | message.Private, shown: message.Message) -> bool:
    if not isinstance(shown, message.Public | message.Private):
        return False
    return speaker_of(shown) == speaker_of(before) and goes_on(before.time, shown.time)


def _places(run: list[tuple[int, message.Public | message.Private]]) -> set[int]:
    is_code = any(said.text[:1].isspace() or said.text[:1] == UNSEEN for _, said in run)
    return {place for place, _ in run} if is_code and len(run) > 1 else set()


def row_of(text: str) -> str:
    """A line of a block as it is shown, at the border, so that it is copied as it is.

    But what looks like a line of this client stands two columns from it.

    >>> row_of("    y()"), row_of("10:00:01 Bob: I agree")
    ('    y()', '  10:00:01 Bob: I agree')
    """
    return f"  {text}" if _LIKE_A_LINE.match(_NOT_ASCII.sub("", text)) else text
