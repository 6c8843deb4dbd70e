"""What Ctrl+Z brings back in a field: the states that a text had. No toolkit here.

A step is what a person would call one: a word, a paste, all that a key took away. Tk's own undo
takes back everything that was typed since something was erased, and knows one text for each widget;
here each draft has states of its own.
"""

import itertools
import time
from collections.abc import Callable
from dataclasses import dataclass

PAUSE_SECONDS = 2.0
"""After so long without a key, what is typed next is a step of its own."""

JOIN_SECONDS = 0.05
"""What is put in the place of a selection takes it away first, and this much later at most. No
person erases and types so quickly."""

MAX_STEPS = 500
MAX_CHARACTERS = 1_000_000
"""Of all states together: 250 of the longest message that can be sent."""


@dataclass(frozen=True, slots=True)
class _Change:
    """From the character `place` on, `removed` made way for `added`."""

    place: int
    removed: str
    added: str

    @property
    def end(self) -> int:
        return self.place + len(self.added)


class Undo:
    """The states of one text; the first is empty. For one thread."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        # Each state, and where the cursor is when it comes back.
        self._past: list[tuple[str, int]] = []
        self._text, self._cursor = "", 0
        self._future: list[tuple[str, int]] = []
        # What a change may go on with; None: the next one begins a step.
        self._last: _Change | None = None
        self._at = 0.0

    def note(self, text: str, cursor: int) -> None:
        """The text has become this, and the cursor stands so many characters from its start."""
        if text == self._text:
            return
        now, change = self._clock(), _change(self._text, text, cursor)
        if self._last is None or not _goes_on(self._last, change, now - self._at):
            self._past.append((self._text, change.place + len(change.removed)))
            del self._past[: -max(1, min(MAX_STEPS, MAX_CHARACTERS // (len(text) + 1)))]
        self._future.clear()
        self._text, self._cursor, self._last, self._at = text, change.end, change, now

    def undo(self) -> tuple[str, int] | None:
        """The state before the latest step, and where the cursor is then; None: there is none."""
        return self._go(self._past, self._future)

    def redo(self) -> tuple[str, int] | None:
        """The state after the step that was taken back last; None: there is none."""
        return self._go(self._future, self._past)

    def forget(self) -> None:
        """Begin anew, with an empty text."""
        self._past.clear()
        self._future.clear()
        self._text, self._cursor, self._last = "", 0, None

    def _go(
        self, source: list[tuple[str, int]], target: list[tuple[str, int]]
    ) -> tuple[str, int] | None:
        if not source:
            return None
        target.append((self._text, self._cursor))
        self._text, self._cursor = source.pop()
        self._last = None
        return self._text, self._cursor


def _change(before: str, text: str, cursor: int) -> _Change:
    """The change that leaves the cursor there. (In `aaa` the place of a new `a` could be any.)"""
    behind = _common(before[::-1], text[::-1], len(text) - cursor)
    ahead = _common(before, text, min(len(before), len(text)) - behind)
    return _Change(ahead, before[ahead : len(before) - behind], text[ahead : len(text) - behind])


def _common(one: str, other: str, most: int) -> int:
    """How many characters both begin with; `most` at most."""
    pairs = itertools.islice(zip(one, other, strict=False), max(0, most))
    return next((at for at, (a, b) in enumerate(pairs) if a != b), min(len(one), len(other), most))


def _goes_on(last: _Change, change: _Change, seconds: float) -> bool:
    """Whether this change belongs to the step of the last one."""
    if last.removed and not last.added and change.added and not change.removed:
        return change.place == last.place and seconds < JOIN_SECONDS
    if seconds >= PAUSE_SECONDS:
        return False
    if len(change.added) == 1 and not change.removed and not last.removed:
        begins_word = last.added[-1:].isspace() and not change.added.isspace()
        return len(last.added) == 1 and change.place == last.end and not begins_word
    if len(change.removed) == 1 and not change.added and not last.added:
        return change.place in (last.place - 1, last.place)
    return False
