"""The rule above what came while nobody looked. Main thread only."""

from phase4.widgets.lines import Line
from phase4.widgets.shown import Shown
from phase4.widgets.transcript import Transcript

WORDS = "new since you looked"

RULE = Line("rule", "", "", f"{'─' * 8} {WORDS} {'─' * 8}")


class NewsRule:
    """The rule of one conversation. There is at most one."""

    def __init__(self, text: Transcript) -> None:
        self._text = text
        self._shown: Shown | None = None
        # Whether lines came of which nobody has seen the first.
        self._has_news = False

    def begin(self, *, above_all: bool) -> None:
        """A line comes now that nobody looks at: the first one since then has the rule above it.

        Where the conversation is empty, there is a rule only with `above_all`.
        """
        if self._has_news:
            return
        self.remove()
        self._has_news = True
        if above_all or self._text.lines:
            (self._shown,) = self._text.add([RULE], "")

    def looked(self) -> None:
        """It is looked at. The rule stays, so that it can be seen; the next news move it."""
        self._has_news = False

    def left(self) -> None:
        """Nobody looks any more. What was seen is not new."""
        if not self._has_news:
            self.remove()

    def remove(self) -> None:
        """Take the rule away."""
        shown, self._shown = self._shown, None
        self._has_news = False
        if shown in self._text.lines:  # it may have been cut, with what is older
            self._text.take_out([shown])

    @property
    def number(self) -> int | None:
        """The number of the rule among the lines; None where there is none."""
        return self._shown.number if self._shown in self._text.lines else None
