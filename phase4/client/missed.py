"""What was said while the connection was lost: what to ask for, and what of it is new. No I/O.

A server that keeps a history gives each public message a number. So a client that comes back asks
for all after the last one that it has seen, and shows it where it belongs: before what is said now.
Of a server that gives no numbers nothing is asked.
"""

import enum
from collections import deque
from collections.abc import Sequence
from dataclasses import replace

from phase4.client.clock import ServerClock
from shared import message
from shared.message import Earlier, History, HistoryEnd, Message, Notice, Numbers, Public

MOST_PAGES = 4
"""Answers that are asked for in a row, of 500 messages at most. The rest is for the person to ask:
whoever was away for so long reads it another way."""

MOST_HELD = 1_000
"""Messages of now that wait until what was missed has come."""

_PAGE = 500  # messages in one answer, at most
_REMEMBERED = 500  # messages and own lines, each; where there are no numbers, they tell what is new
_NAMES = 20


class OfThePast(Notice):
    """What stands before or behind what was missed. It is of the public conversation alone."""


class Seen:
    """What this person has seen of the public conversation. It outlives connections."""

    def __init__(self) -> None:
        # All up to this number was seen. None: not known, there are no numbers yet.
        self.number: int | None = None
        # Whether the person wants to read the numbers.
        self.shows_numbers = False
        self._last: deque[tuple[str, str, str]] = deque(maxlen=_REMEMBERED)
        self._own: deque[str] = deque(maxlen=_REMEMBERED)
        self._names: deque[str] = deque(maxlen=_NAMES)

    def called(self, name: str) -> None:
        """The person has this name now."""
        if name not in self._names:
            self._names.append(name)

    def said(self, text: str) -> None:
        """The person has said this to everybody."""
        self._own.append(message.clean(text))

    def heard(self, received: Public) -> None:
        """Somebody else has said this just now."""
        self._last.append((received.time, received.sender, received.text))
        self.number = received.number or None

    def looked_at(self, received: Earlier) -> None:
        """The person is shown this, and perhaps not what was said before it."""
        self._last.append((received.at[11:], received.sender, received.text))

    def read(self, received: Earlier) -> None:
        """The person is shown this, which was said before, and has seen all before it."""
        self.looked_at(received)
        self.number = max(received.number, self.number or 0)

    def newest_is(self, number: int) -> None:
        """The last message that the server has. Where we saw a later one, it has begun anew."""
        if self.number is not None and number < self.number:
            self.number = None

    def has(self, received: Earlier) -> bool:
        """Whether the person has seen this already."""
        if self.number is not None and received.number <= self.number:
            return True
        if received.sender in self._names and received.text in self._own:
            return True
        return self.has_heard(received)

    def has_heard(self, received: Earlier) -> bool:
        """Whether it is one of the last lines of others that the person has seen."""
        return (received.at[11:], received.sender, received.text) in self._last


class State(enum.Enum):
    """How far one connection has come in catching up."""

    NEW = enum.auto()  # the server has not shown yet that it keeps a history
    SKIPPING = enum.auto()  # it shows what it shows to every newcomer
    ASKED = enum.auto()  # it was asked for what was missed
    READING = enum.auto()  # and answers
    DONE = enum.auto()


class CatchUp:
    """What one connection does about it. The owner sends `questions`, and hands in every message.

    Not for two threads at once.
    """

    def __init__(self, seen: Seen, clock: ServerClock, *, is_return: bool) -> None:
        """`is_return`: there was a connection before, in which some was `seen`."""
        self._seen = seen
        self._clock = clock
        self._is_return = is_return
        self.questions: deque[str] = deque()
        """Lines to send, without a newline. The owner takes them."""
        self._state = State.NEW
        self._newest = 0  # the number of the last message that the server has greeted with
        self._pages = 0
        self._asked_since: int | None = None
        self._missed: list[Earlier | Notice] = []
        self._held: list[Public] = []
        # Answers to our own /ids on that are still to come.
        self._own_numbers = 0
        # Whether no number told what to ask for, and nothing of the answer was heard before.
        self._is_all_new = False

    def take(self, received: Message) -> Sequence[Message]:
        """What of it is to be shown now, and what else has waited for it."""
        match received:
            case Numbers(are_on=True) if self._own_numbers:
                self._own_numbers -= 1
                return ()
            case Numbers(are_on=are_on):
                self._seen.shows_numbers = are_on
                if not are_on:  # the person does not want to read them; we still have to
                    self._ask_for_numbers()
            case History() | HistoryEnd():
                return self._take_bracket(received)
            case Earlier():
                return self._take_earlier(received)
            case Notice(time, text) if self._state is State.READING:
                self._missed.append(OfThePast(time, text))
                return ()
            case Public():
                return self._take_public(received)
        return (received,)

    def greeted(self) -> None:
        """The server has answered the first question, so a greeting would have come by now."""
        if self._state is State.NEW:
            self._is_return = False  # what comes of the past from here on answers the person

    def give_up(self) -> Sequence[Message]:
        """The server has answered a later question, so it has answered all; what has waited."""
        return self._finish_without() if self._state in (State.ASKED, State.READING) else ()

    def _take_bracket(self, received: History | HistoryEnd) -> Sequence[Message]:
        match received, self._state:
            case History(), State.NEW if self._is_return:
                self._state = State.SKIPPING
            case History(since=since), State.ASKED if since == self._asked_since:
                self._state = State.READING
            case HistoryEnd(), State.SKIPPING:
                self._ask_for_numbers()
                self._seen.newest_is(self._newest)
                self._is_all_new = self._seen.number is None
                self._ask(self._seen.number)
            case HistoryEnd(more=more), State.READING:
                if more is None or self._pages == MOST_PAGES:
                    return self._finish(more)
                self._ask(more)
            case HistoryEnd(), State.NEW:
                self._state = State.DONE
                self._ask_for_numbers()
                return (received,)
            case _:
                return (received,)
        return ()

    def _take_earlier(self, received: Earlier) -> Sequence[Message]:
        if self._state is State.SKIPPING:
            self._newest = received.number
            return ()
        if self._state is State.ASKED:  # an answer to the person; what is before it may be missed
            self._seen.looked_at(received)
            return (received,)
        if self._state is not State.READING:
            self._seen.read(received)
            return (received,)
        if self._is_all_new and self._seen.has_heard(received):
            self._is_all_new = False
            self._missed.clear()  # all that was before the first line that the person has seen
        if not self._seen.has(received) and not self._waits(received):
            self._missed.append(received)
        return ()

    def _waits(self, received: Earlier) -> bool:
        """Whether it is one of those that wait: said after our return, and before we asked.

        Then that has its number from here on, also where it came before the server gave us any.
        """
        for at, each in enumerate(self._held):
            is_same = (each.sender, each.text) == (received.sender, received.text)
            if is_same and each.time == received.at[11:] and each.number in (0, received.number):
                self._held[at] = replace(each, number=received.number)
                return True
        return False

    def _take_public(self, received: Public) -> Sequence[Message]:
        if self._state in (State.NEW, State.DONE):
            return (self._heard(received),)
        self._held.append(received)
        return self._finish_without() if len(self._held) > MOST_HELD else ()

    def _heard(self, received: Public) -> Public:
        self._seen.heard(received)
        return received if self._seen.shows_numbers else replace(received, number=0)

    def _ask_for_numbers(self) -> None:
        self._own_numbers += 1
        self.questions.append("/ids on")

    def _ask(self, since: int | None) -> None:
        self._state = State.ASKED
        self._pages += 1
        self._asked_since = since
        self.questions.append(_question(since))

    def _finish(self, more: int | None = None) -> Sequence[Message]:
        """All that waited, in its order; `more` was missed after this number."""
        shown = self._missed_lines()
        if more is not None:
            shown.append(self._remark(f"You missed more: /history since {more} shows it."))
        return [*shown, *self._let_go()]

    def _finish_without(self) -> Sequence[Message]:
        """As `_finish`, where the server has refused to answer, or does not come to it."""
        shown = self._missed_lines()
        what = "The rest of what" if shown else "What"
        remark = self._remark(
            f"{what} you missed did not come: {_question(self._seen.number)} shows it."
        )
        return [*shown, remark, *self._let_go()]

    def _let_go(self) -> Sequence[Message]:
        """What was said meanwhile. From here on nothing waits."""
        self._state = State.DONE
        shown = [*map(self._heard, self._held)]
        self._missed, self._held = [], []
        return shown

    def _missed_lines(self) -> list[Message]:
        said = [each for each in self._missed if isinstance(each, Earlier)]
        for each in said:
            self._seen.read(each)
        if not said:
            return []
        first, last = said[0].at[11:16], said[-1].at[11:16]
        return [
            self._remark(f"Missed from {first} to {last}:"),
            *self._what_may_be_before(said[0].number),
            *self._missed,
            self._remark("That was while you were away."),
        ]

    def _what_may_be_before(self, number: int) -> Sequence[Message]:
        """A word on what one answer had no space for, where nothing tells how far it goes back."""
        if not self._is_all_new or number == 1:
            return []
        since = max(0, number - 1 - _PAGE)
        text = f"There may be more before #{number}: /history since {since} shows it."
        return [self._remark(text)]

    def _remark(self, text: str) -> OfThePast:
        return OfThePast(self._clock.time(), text)


def _question(since: int | None) -> str:
    """What shows all that was said since; or what was said last, where nothing tells that."""
    return f"/history {_PAGE}" if since is None else f"/history since {since}"
