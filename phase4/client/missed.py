"""What was said while the connection was lost: what to ask for, and what of it is new. No I/O.

A server that keeps a history gives each public message a number. So a client that comes back asks
for all after the last one that it has seen, and shows it where it belongs: before what is said now.
Of a server that gives no numbers nothing is asked.
"""

import enum
from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import replace

from phase4.client.clock import ServerClock
from phase4.client.own_said import OwnSaid
from shared.message import Earlier, History, HistoryEnd, Message, Notice, Numbers, Public

MOST_PAGES = 4
"""Answers that are asked for in a row, of 500 messages at most. The rest is for the person to ask:
whoever was away for so long reads it another way."""

MOST_HELD = 1_000
"""Messages of now that wait until what was missed has come. With more, that comes below them."""

MOST_BEFORE = 400
"""Messages that are asked for once more, so that own lines among them are found: less than a page.
"""

_PAGE = 500  # messages in one answer, at most
_REMEMBERED = 500  # messages; where there are no numbers, they tell what is new
_NAMES = 20


_Said = tuple[str, str, str]


def _said(earlier: Earlier) -> _Said:
    """What tells it from others, where there is no number: time, name and text."""
    return earlier.at[11:], earlier.sender, earlier.text


class OfThePast(Notice):
    """What stands before or behind what was missed. It is of the public conversation alone."""


class Seen:
    """What this person has seen of the public conversation. It outlives connections."""

    def __init__(self) -> None:
        # All up to this number was seen. None: not known, there are no numbers yet.
        self.number: int | None = None
        # Whether the person wants to read the numbers.
        self.shows_numbers = False
        self.own = OwnSaid()
        # What the message of that number said, and others before it.
        self._at_number: _Said | None = None
        self._last: deque[_Said] = deque(maxlen=_REMEMBERED)
        self._names: deque[str] = deque(maxlen=_NAMES)
        # The numbers of what others have said under a name that the person has had.
        self._heard_by_own_name: deque[int] = deque(maxlen=_REMEMBERED)

    def called(self, name: str) -> None:
        """The person has this name now."""
        if name not in self._names:
            self._names.append(name)

    def is_own_name(self, name: str) -> bool:
        """Whether the person has this name, or had it."""
        return name in self._names

    def heard(self, received: Public) -> None:
        """Somebody else has said this just now."""
        self._last.append((received.time, received.sender, received.text))
        is_newest = received.number >= (self.number or 0)
        if is_newest or not received.number:
            self.number = received.number or None
            self._at_number = self._last[-1]
        if self.is_own_name(received.sender):
            self._heard_by_own_name.append(received.number)

    def looked_at(self, received: Earlier) -> None:
        """The person is shown this, and perhaps not what was said before it."""
        if not self.is_own_name(received.sender):
            self._last.append(_said(received))

    def read(self, received: Earlier) -> None:
        """The person is shown this, which was said before, and has seen all before it."""
        self.looked_at(received)
        if received.number > (self.number or 0):
            self.number = received.number
            self._at_number = _said(received)

    def counts_anew(self, received: Earlier) -> bool:
        """Whether this has the number of a message that the person has seen, and is another."""
        is_at_number = received.number == self.number and self._at_number is not None
        return is_at_number and self._at_number != _said(received)

    def last(self) -> Counter[_Said]:
        """The last lines of others that the person has seen."""
        return Counter(self._last)

    def may_be_own(self, received: Earlier, *, has_numbers: bool) -> bool:
        """Whether the person may have said this since `own.since`: under an own name.

        Where there are numbers, they also tell what somebody else has said under it.
        """
        if not self.is_own_name(received.sender):
            return False
        is_since = received.number > (self.own.since or 0)
        return not has_numbers or (is_since and received.number not in self._heard_by_own_name)

    def ask_since(self, *, seeks_own: bool) -> int | None:
        """Since which number to ask: what was seen last comes once more, to be compared.

        `seeks_own`: and what was said since own lines were on their way, if that is not too much.
        """
        if self.number is None:
            return None
        since = max(0, self.number - 1)
        start = self.own.since or 0
        is_near = self.own.is_counted and since - start <= MOST_BEFORE
        if seeks_own and not is_near:
            self.own.lose_count()
        return min(since, start) if seeks_own and is_near else since


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

    def __init__(
        self, seen: Seen, clock: ServerClock, *, is_return: bool, seeks_own: bool = False
    ) -> None:
        """`is_return`: there was a connection before, in which some was `seen`.

        `seeks_own`: own lines may have been said, and nobody knows. `seen.own` finds them.
        """
        self._seen = seen
        self._clock = clock
        self._is_return = is_return
        self.seeks_own = seeks_own
        """The owner takes it back when it has been waited for long enough."""
        self.questions: deque[str] = deque()
        """Lines to send, without a newline. The owner takes them."""
        self.read_up_to: int | None = None
        """The number of the last message that there was, once all that was missed has come."""
        self._state = State.NEW
        self._newest = 0  # the number of the last message that the server has greeted with
        self._pages = 0
        self._asked_since: int | None = None
        # What was seen when it was asked: all up to this number, and what came as an answer to
        # the person, or is shown before what was missed: from this number on.
        self._seen_up_to: int | None = None
        self._answered: set[int] = set()
        self._live_from: int | None = None
        self._missed: list[Earlier | Notice] = []
        self._last_read: Earlier | None = None
        self._held: list[Public] = []
        # What the person has seen, and was not found yet in the answer.
        self._left_to_find: Counter[_Said] = Counter()
        # Answers to our own /ids on that are still to come.
        self._own_numbers = 0
        # Whether no number told what to ask for, and nothing of the answer was heard before.
        self._is_all_new = False
        # Whether what was asked for is another message than the one that was seen.
        self._counts_anew = False

    @property
    def is_over(self) -> bool:
        """Whether nothing of what was missed is to come any more."""
        return not self._is_return or self._state is State.DONE

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
            self.read_up_to = 0 if self._seen.number is None else None  # nothing was said yet

    def give_up(self) -> Sequence[Message]:
        """The server has answered a later question, so it has answered all; what has waited."""
        self.greeted()
        return self._finish_without() if self._state in (State.ASKED, State.READING) else ()

    def _take_bracket(self, received: History | HistoryEnd) -> Sequence[Message]:
        match received, self._state:
            case History(), State.NEW if self._is_return:
                self._state = State.SKIPPING
            case History(since=since, before=None), State.ASKED if since == self._asked_since:
                self._state = State.READING
            case HistoryEnd(), State.SKIPPING:
                self._ask_for_numbers()
                self._begin()
            case HistoryEnd(more=more, before=older), State.READING:
                return self._end_page(more, older)
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
            self._answered.add(received.number)
            return (received,)
        if self._state is not State.READING:
            self._seen.read(received)
            return (received,)
        self._counts_anew |= self._seen_up_to is not None and self._seen.counts_anew(received)
        if not self._counts_anew:
            self._read(received)
        return ()

    def _read(self, received: Earlier) -> None:
        """It is of the answer to our own question."""
        was_heard = self._seen_up_to is None and self._was_heard(received)
        if self._is_all_new and was_heard:
            self._is_all_new = False
            self._missed.clear()  # all that was before the first line that the person has seen
        was_seen = was_heard or self._was_seen(received)
        if not was_seen and self._waits(received):
            return
        self._last_read = received
        if not self._is_own(received) and not was_seen:
            self._missed.append(received)

    # --- what was seen already --------------------------------------------------------------------

    def _is_own(self, received: Earlier) -> bool:
        """Whether the person has said it. Asked for each, in their order."""
        has_numbers = self._seen_up_to is not None
        return self._seen.may_be_own(received, has_numbers=has_numbers) and self._seen.own.takes(
            received, by_time=not has_numbers
        )

    def _was_seen(self, received: Earlier) -> bool:
        number = received.number
        if number in self._answered or (self._live_from is not None and number >= self._live_from):
            return True
        return self._seen_up_to is not None and number <= self._seen_up_to

    def _was_heard(self, received: Earlier) -> bool:
        """Where no numbers tell: whether it is one of those, each of which is one of the answer."""
        said = _said(received)
        self._left_to_find[said] -= 1
        return self._left_to_find[said] >= 0

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

    # --- what is said now -------------------------------------------------------------------------

    def _take_public(self, received: Public) -> Sequence[Message]:
        if self._state in (State.NEW, State.DONE) or self._live_from is not None:
            return self._heard(received)
        self._held.append(received)
        return self._go_on_without() if len(self._held) > MOST_HELD else ()

    def _heard(self, received: Public) -> Sequence[Public]:
        self._seen.heard(received)
        if self.seeks_own and self._is_own_of_before(received):
            return ()
        return (received if self._seen.shows_numbers else replace(received, number=0),)

    def _is_own_of_before(self, received: Public) -> bool:
        """Whether the person has said this before the loss, and the server takes it only now."""
        kept = Earlier("", received.number, received.sender, received.text)
        own = self._seen.own
        return own.is_counted and self._seen.is_own_name(received.sender) and own.takes(kept)

    def _go_on_without(self) -> Sequence[Message]:
        """Too much waits: show it, and what was missed below it when that comes."""
        numbered = [at for at, each in enumerate(self._held) if each.number]
        # Where the server has given none yet, no number can tell what is shown here.
        self._live_from = self._held[numbered[0]].number - numbered[0] if numbered else 0
        what = "is still to come, and comes below this" if numbered else "did not come"
        text = f"What you missed {what}: {_question(self._seen.number)} shows it."
        return [self._remark(text), *self._let_go()]

    def _let_go(self) -> Sequence[Message]:
        """What was said meanwhile. From here on nothing waits."""
        held, self._held = self._held, []
        return [shown for each in held for shown in self._heard(each)]

    # --- asking -----------------------------------------------------------------------------------

    def _ask_for_numbers(self) -> None:
        self._own_numbers += 1
        self.questions.append("/ids on")

    def _begin(self) -> None:
        """Ask for what was missed. Where we saw a later message than the last, it counts anew."""
        number = self._seen.number
        if number is not None and self._newest < number:
            self._seen.number = number = None
        self._seen_up_to, self._is_all_new = number, number is None
        self._left_to_find = self._seen.last()
        self._seen.own.look_again()
        self._ask(self._seen.ask_since(seeks_own=self.seeks_own))

    def _begin_anew(self) -> None:
        """What was seen is gone: the server has begun to count anew, and come further than it."""
        self._counts_anew = False
        self._missed, self._last_read = [], None
        self._newest = -1
        self._begin()

    def _ask(self, since: int | None) -> None:
        self._state = State.ASKED
        self._pages += 1
        self._asked_since = since
        self.questions.append(_question(since))

    def _end_page(self, more: int | None, older: int | None) -> Sequence[Message]:
        if self._counts_anew:
            self._begin_anew()
            return ()
        live = self._live_from
        if more is None or (live is not None and more >= live - 1):
            return self._finish(older=older)
        if self._pages >= MOST_PAGES:
            return self._finish(more)
        self._ask(more)
        return ()

    # --- what is shown of it ----------------------------------------------------------------------

    def _finish(self, more: int | None = None, older: int | None = None) -> Sequence[Message]:
        """All that waited, in its order; `more` was missed after this number."""
        self._state = State.DONE
        shown = self._missed_lines(older)
        if more is not None:
            shown.append(self._remark(f"You missed more: /history since {more} shows it."))
        shown += self._let_go()
        if more is None and self._live_from != 0:
            self.read_up_to = self._seen.number
        return shown

    def _finish_without(self) -> Sequence[Message]:
        """As `_finish`, where the server has refused to answer, or does not come to it."""
        self._state = State.DONE
        number = self._seen_up_to
        shown = self._missed_lines()
        what, number = ("The rest of what", self._seen.number) if shown else ("What", number)
        text = f"{what} you missed did not come: {_question(number)} shows it."
        return [*shown, self._remark(text), *self._let_go()]

    def _missed_lines(self, older: int | None = None) -> list[Message]:
        said = [each for each in self._missed if isinstance(each, Earlier)]
        for each in said:
            self._seen.looked_at(each)
        if self._last_read is not None:
            self._seen.read(self._last_read)
        missed, self._missed = self._missed, []
        if not said:
            return []
        first, last = said[0].at[11:16], said[-1].at[11:16]
        return [
            self._remark(f"Missed from {first} to {last}:"),
            *self._what_may_be_before(older),
            *missed,
            self._remark("That was while you were away."),
        ]

    def _what_may_be_before(self, number: int | None) -> Sequence[Message]:
        """A word on what one answer had no space for, where nothing tells how far it goes back."""
        if not self._is_all_new or number is None:
            return []
        text = f"There may be more before #{number}: /history before {number} shows it."
        return [self._remark(text)]

    def _remark(self, text: str) -> OfThePast:
        return OfThePast(self._clock.time(), text)


def _question(since: int | None) -> str:
    """What shows all that was said since; or what was said last, where nothing tells that."""
    return f"/history {_PAGE}" if since is None else f"/history since {since}"
