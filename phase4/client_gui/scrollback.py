"""What was said before, a page at a time, while the person scrolls up. No toolkit here.

The server has greeted with the last lines before one came. The first of them has a number, and the
page before it is asked for when there is nothing above any more. It comes again with each page, to
be compared: a server that has lost its logs counts anew, and the number is another line's then.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from phase4.client import Recalled, SendError
from shared.message import Earlier, History, HistoryEnd, Message

PAGE = 100
"""Lines of one page: some screens."""

RETRY_MILLISECONDS = 2_000
MOST_TRIES = 3
"""A server may say that it is asked too often. After so many the person has to scroll up again."""

LOADING = "Looking for what was said before …"
BEGINNING = "This is the beginning."
NOTHING_OLDER = "The server has nothing that is older."
COUNTS_ANEW = "The server counts anew: what was said before this is not known any more."
FULL = "There is no space for more here. Find (Ctrl F) looks for what is older."


@dataclass(frozen=True, slots=True)
class ScrollbackCalls:
    """What it asks of the window."""

    ask: Callable[[str], None]
    """Ask the server; may raise SendError."""

    show: Callable[[Sequence[Earlier | str]], bool]
    """Show these above all others, and remarks between them; whether there is space for more."""

    say: Callable[[str], None]
    """Let this stand above all; empty: nothing."""

    later: Callable[[int, Callable[[], None]], None]
    """Do something after so many milliseconds."""


class Scrollback:
    """That of the conversation of everybody."""

    def __init__(self, calls: ScrollbackCalls) -> None:
        self._calls = calls
        # The server whose lines are shown, and whether another one's stand above them.
        self._place = ""
        self._is_below_others = False
        # The highest line that is shown; None: not known, there are no numbers.
        self._first: Earlier | None = None
        # As long as a greeting comes, its first line.
        self._greeted_with: Earlier | None = None
        # What is asked now, and how often it was.
        self._question = ""
        self._tries = 0
        # Whether there is nothing more to ask for.
        self._is_done = False

    def follow(self, place: str) -> None:
        """What is said comes from this server now."""
        self.lost()
        if place != self._place:
            self._is_below_others = self._is_below_others or bool(self._place)
            self._place, self._first, self._is_done = place, None, False

    def heard(self, received: Iterable[Message]) -> None:
        """The server has said this, and it is shown below all others."""
        if self._first is not None or self._is_below_others:
            return
        for each in received:
            match each:
                case History():
                    self._greeted_with = None
                case Earlier() if self._greeted_with is None:
                    self._greeted_with = each
                case HistoryEnd(was_greeting=True):
                    self._first = self._greeted_with

    def reached_top(self) -> None:
        """The person has scrolled up, and there is nothing above."""
        if self._first is None or self._is_done or self._question:
            return
        self._tries = 0
        self._question = f"/history {PAGE + 1} before {self._first.number + 1}"
        self._ask()

    def lost(self) -> None:
        """The connection is gone: no answer comes. Whoever scrolls up again asks again."""
        if self._question:
            self._question = ""
            self._calls.say("")

    def _ask(self) -> None:
        if not self._question:
            return
        self._tries += 1
        try:
            self._calls.ask(self._question)
        except SendError as error:
            self._give_up(str(error))
        else:
            self._calls.say(LOADING)

    def _give_up(self, why: str) -> None:
        self._question = ""
        self._calls.say(f"What was said before did not come: {why}")

    def answered(self, answer: Recalled) -> bool:
        """Whether this was asked from here: then it is shown."""
        if not self._question or answer.question != self._question:
            return False
        if answer.refusal and self._tries < MOST_TRIES:
            self._calls.later(RETRY_MILLISECONDS, self._ask)
        elif answer.refusal:
            self._give_up(answer.refusal)
        else:
            self._question = ""
            self._show(answer)
        return True

    def _show(self, answer: Recalled) -> None:
        *page, last = answer.said or (None,)
        if last != self._first:
            self._is_done = True
            self._calls.say(COUNTS_ANEW if answer.said else NOTHING_OLDER)
            return
        older = [each for each in page if each is not None]
        self._calls.say("")
        has_space = self._calls.show([*_with_holes(answer.said)][:-1])
        if older:
            self._first = older[0]
        if answer.before is None:
            self._is_done = True
            is_first = answer.said[0].number == 1
            self._calls.say(BEGINNING if is_first else NOTHING_OLDER)
        elif not has_space:
            self._is_done = True
            self._calls.say(FULL)


def _with_holes(said: Sequence[Earlier]) -> Iterator[Earlier | str]:
    """The lines, and where numbers are missing between two, a word on that."""
    for one, other in pairwise(said):
        yield one
        if other.number > one.number + 1:
            first, last = one.number + 1, other.number - 1
            yield f"#{first} to #{last} are not there, or not yet."
    yield said[-1]
