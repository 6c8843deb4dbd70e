"""The way from one line that calls to the next, and to where the news begin. Main thread only."""

from bisect import bisect_left

from phase4.widgets.conversation import Conversation
from phase4.widgets.news import NewsRule
from phase4.widgets.shown import Shown

_HERE = "here"  # the tag of the line that was gone to


class Stops:
    """Those of one conversation: the lines that call, and the rule."""

    def __init__(self, conversation: Conversation, rule: NewsRule) -> None:
        self._conversation = conversation
        self._text = conversation.text
        self._rule = rule
        # The number of the line that was gone to last.
        self._at: int | None = None

    def step(self, step: int) -> bool:
        """Go to the next stop below (1) or above (-1); whether there is one."""
        numbers = [each.number for each in self._text.lines if self._is_stop(each)]
        start = self._start()
        if step < 0:
            before = numbers[: bisect_left(numbers, start)]
            return bool(before) and self.go(before[-1])
        after = numbers[bisect_left(numbers, start + 1) :]
        return bool(after) and self.go(after[0])

    def go(self, number: int) -> bool:
        """Bring the line with this number into sight, and mark it; whether it is still kept."""
        lines = self._text.lines
        at = bisect_left(lines, number, key=lambda line: line.number)
        if at == len(lines) or lines[at].number != number:
            return False
        self.leave()
        self._at = number
        shown, top = lines[at], self._text.tops()[at]
        if not shown.is_rule:
            self._text.tag_add(_HERE, f"{top}.0", f"{top + shown.height}.0")
        self._text.see(f"{top + shown.height - 1}.0")
        self._text.see(f"{top}.0")
        self._conversation.scroll(0, "units")  # it finds out whether the newest line is in sight
        return True

    def leave(self) -> None:
        """No line is the one that was gone to."""
        self._at = None
        self._text.tag_remove(_HERE, "1.0", "end")

    def _is_stop(self, shown: Shown) -> bool:
        return bool(shown.line.calls) or shown.number == self._rule.number

    def _start(self) -> int:
        """From which line one goes on: the last stop; if that is out of sight, the lowest line."""
        if not self._text.lines:
            return 0
        first, last = (self._text.lines[at].number for at in self._text.in_sight())
        if self._at is not None and first <= self._at <= last:
            return self._at
        return last + 1
