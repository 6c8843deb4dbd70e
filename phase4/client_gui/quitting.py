"""Before the window closes, the person is asked where something would be lost. Main thread only."""

from collections.abc import Callable

from phase4.client_gui.pages import Pages
from phase4.widgets.bars import Bar


class Quitting:
    """Asks in the bar `question`, but only once: to close the window again is an answer."""

    def __init__(
        self,
        pages: Pages,
        question: Bar,
        count_unsent: Callable[[], int],
        keep: Callable[[], bool],
        end: Callable[[], None],
    ) -> None:
        """`count_unsent()` is how many lines wait to be sent. `keep()` writes down what is being
        typed: whether that was possible. `end` closes the window.
        """
        self._pages = pages
        self._question = question
        self._count_unsent = count_unsent
        self._keep = keep
        self._end = end
        # Whether the person has been told what would be lost.
        self._may_end = False

    def ask(self) -> None:
        """Close the window; or ask first."""
        lost = _what_is_lost(self._count_unsent(), is_kept=self._keep())
        if not lost or self._may_end:
            self._end()
            return
        self._may_end = True
        self._pages.show_chat()
        self._question.show(
            f"{lost} Quit all the same?",
            [("Stay", self._stay), ("Quit", self._end)],
            escape=self._stay,
        )

    def _stay(self) -> None:
        self._may_end = False
        self._question.hide()


def _what_is_lost(unsent: int, *, is_kept: bool) -> str:
    """A sentence about it; empty where nothing is.

    >>> _what_is_lost(1, is_kept=True)
    'A line has not been sent yet.'
    >>> _what_is_lost(2, is_kept=False)
    '2 lines have not been sent yet. What you are typing cannot be remembered.'
    """
    lines = "A line has" if unsent == 1 else f"{unsent:,} lines have"
    said = [f"{lines} not been sent yet."] if unsent else []
    if not is_kept:
        said.append("What you are typing cannot be remembered.")
    return " ".join(said)
