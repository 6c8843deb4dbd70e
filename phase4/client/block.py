"""Which lines are one block of code: shown and copied without time and name. No screen here.

On the wire they are lines like any others. A person who pastes says several within a second, and
some of them begin with blanks, or are empty; nobody types so.
"""

import re
from collections import deque
from collections.abc import Iterable, Sequence
from typing import Generic, TypeVar

from phase4.client.pasting import MAX_PASTED_LINES, UNSEEN
from shared import message

_DAY_SECONDS = 24 * 60 * 60

# How lines of our clients begin: with a time, or with the sign of a notice or an error.
_LIKE_A_LINE = re.compile(r"\s?(\d\d:\d\d|[*!] )")
_NOT_ASCII = re.compile(r"[^ -~]+")

Item = TypeVar("Item")

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


def looks_like_code(text: str) -> bool:
    """Whether a line is empty, or begins with blanks: what nobody types.

    >>> looks_like_code("    y()"), looks_like_code(UNSEEN), looks_like_code("y()")
    (True, True, False)
    """
    return text[:1].isspace() or text[:1] == UNSEEN


def goes_on(before: str, time: str) -> bool:
    """Whether what was said at `time` may be the next line of a paste.

    >>> goes_on("23:59:59", "00:00:00"), goes_on("10:00:00", "10:00:02"), goes_on("", "10:00:00")
    (True, False, False)
    """
    if before == time:  # nearly always, in a flood
        return True
    try:
        return (_seconds(time) - _seconds(before)) % _DAY_SECONDS <= 1
    except ValueError:  # a hostile server's, or nobody's
        return False


def _seconds(time: str) -> int:
    hours, minutes, seconds = time.split(":")
    return (int(hours) * 60 + int(minutes)) * 60 + int(seconds)


class Runs(Generic[Item]):
    """Finds the blocks among lines that come one after the other."""

    def __init__(self) -> None:
        self._speaker: Speaker | None = None
        self._time = ""
        self._paste = 0
        self._has_code = self._is_block = False
        # How many lines of the block are known. After as many as may be pasted it ends: or a name
        # could be far above what its owner says.
        self._rows = 0
        self.has_begun = False
        """Whether a block begins with the first of the lines that `add` returned last."""
        # The lines that will be of a block, if the next one makes it one.
        self._before: deque[Item] = deque(maxlen=MAX_PASTED_LINES)

    def add(
        self, speaker: Speaker | None, time: str, item: Item, *, is_code: bool, paste: int = 0
    ) -> Sequence[Item]:
        """The lines of which it is known from now on that they are of a block, `item` the last.

        `speaker`: whose line it is; None: nobody's. `is_code`: whether it looks like code. `paste`:
        of which block it is, where that is known; 0: it is not.
        """
        if not self._is_next(speaker, time, paste):
            self._has_code = self._is_block = False
            self._rows = 0
            self._before.clear()
        self.has_begun = False
        self._speaker, self._time, self._paste = speaker, time, paste
        if speaker is None:
            return ()
        self._has_code = self._has_code or is_code
        if self._is_block:
            self._rows += 1
            return (item,)
        self._before.append(item)
        self._is_block = bool(paste) or (self._has_code and len(self._before) > 1)
        self.has_begun = self._is_block
        if not self._is_block:
            return ()
        block = [*self._before]
        self._rows = len(block)
        self._before.clear()
        return block

    def _is_next(self, speaker: Speaker | None, time: str, paste: int) -> bool:
        if speaker is None or speaker != self._speaker or self._rows >= MAX_PASTED_LINES:
            return False
        return goes_on(self._time, time) or 0 < paste == self._paste


def in_blocks(several: Iterable[message.Message | None]) -> set[int]:
    """Which of these belong to a block, by their places. What is None says nothing.

    >>> lines = [message.Public("10:00:00", "Bob", text) for text in ("if x:", "    y()", "z()")]
    >>> in_blocks(lines), in_blocks(lines[::2])
    ({0, 1, 2}, set())
    """
    runs = Runs[int]()
    found: set[int] = set()
    for place, shown in enumerate(several):
        match shown:
            case message.Public(time=time, text=text) | message.Private(time=time, text=text):
                is_code = looks_like_code(text)
                found.update(runs.add(speaker_of(shown), time, place, is_code=is_code))
            case None:
                pass
            case _:
                runs.add(None, "", place, is_code=False)
    return found


def row_of(text: str) -> str:
    """A line of a block as it is shown, at the border, so that it is copied as it is.

    But what looks like a line of a client stands two columns from it.

    >>> row_of("    y()"), row_of("10:00:01 Bob: I agree")
    ('    y()', '  10:00:01 Bob: I agree')
    """
    return f"  {text}" if _LIKE_A_LINE.match(_NOT_ASCII.sub("", text)) else text
