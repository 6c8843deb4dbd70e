"""What helps to type: the history of the entry, and what Tab completes.

No toolkit here, so all of it is tested without a window.
"""

from collections.abc import Sequence

from phase4.connection import COMMANDS

HISTORY_LINES = 200


class History:
    """What was sent, the newest last. Up goes back, Down comes again to what was being typed."""

    def __init__(self, limit: int = HISTORY_LINES) -> None:
        self._lines: list[str] = []
        self._limit = limit
        self._at = 0  # the line shown; len(_lines): what is being typed
        self._draft = ""

    def add(self, line: str) -> None:
        """`line` was sent. The same one twice in a row is kept once."""
        if not self._lines or self._lines[-1] != line:
            self._lines.append(line)
            del self._lines[: -self._limit]
        self._at = len(self._lines)
        self._draft = ""

    def earlier(self, shown: str) -> str:
        """The line before the one that is shown; `shown` is kept if it is being typed."""
        if self._at == len(self._lines):
            self._draft = shown
        self._at = max(0, self._at - 1)
        return self._lines[self._at] if self._lines else shown

    def later(self, shown: str) -> str:
        """The line after the one that is shown, and at last what was being typed."""
        if self._at == len(self._lines):
            return shown
        self._at += 1
        return self._draft if self._at == len(self._lines) else self._lines[self._at]


class Completer:
    """Completes the word before the cursor; asked again at once, it offers the next one."""

    def __init__(self) -> None:
        self._offers: list[str] = []  # whole beginnings of the line, in turn
        self._next = 0
        self._last = ""  # what was offered last

    def complete(self, before: str, names: Sequence[str]) -> str | None:
        """What `before` (the line up to the cursor) becomes; None where nothing fits."""
        if not self._offers or before != self._last:
            self._offers = _offers(before, names)
            self._next = 0
        if not self._offers:
            return None
        self._last = self._offers[self._next % len(self._offers)]
        self._next += 1
        return self._last


def _offers(before: str, names: Sequence[str]) -> list[str]:
    head, word = _last_word(before)
    if not word:
        return []
    if not head and word[0] == "/":
        return [f"{command} " for command in COMMANDS if command.startswith(word.lower())]
    at = "@" if word[0] == "@" else ""
    start = word.removeprefix(at).casefold()
    ending = ": " if not head and not at else " "
    return [f"{head}{at}{name}{ending}" for name in names if name.casefold().startswith(start)]


def _last_word(before: str) -> tuple[str, str]:
    cut = before.rfind(" ") + 1
    return before[:cut], before[cut:]
