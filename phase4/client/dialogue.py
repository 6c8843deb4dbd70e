"""What a client makes of the server's lines, one by one: no socket, no thread, no screen.

It gives the name when it is asked for, and logs in where that is registered. It keeps the list of
people, finds the sentence that says why a server hangs up, and trusts nothing: every text is
cleaned, and every list has a bound.
"""

import enum
import itertools
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from phase4.client.account import READABLE, Account
from phase4.client.clock import ServerClock
from phase4.client.events import (
    Ended,
    Event,
    NameRefused,
    PasswordAsked,
    Received,
    SendError,
    Welcomed,
)
from phase4.client.mentions import folded
from phase4.client.missed import CatchUp, Seen
from phase4.client.recalling import Recalling
from shared import message
from shared.defaults import MAX_LINE_BYTES, MAX_NAME_CHARACTERS, RUNAWAY_LINE_BYTES
from shared.framing import BadLine

ANSWER_SECONDS = 10.0
"""A chat server asks for the name at once, and answers it at once. What takes longer is not one."""

MAX_PEOPLE = 100_000
"""Names in the list of people. A hundred times what the server admits, and still only 10 MB."""

MAX_PERSON_CHARACTERS = 64
"""A name in the list of people; the server allows 20, and a hostile one might send 16 KiB."""

LAST_WORDS_SECONDS = 5.0
"""An error that came no longer than this before the end is taken for its reason."""

TAKE_BACK_TRIES = 10
"""An own name that others let go is asked for so often: a server that says so a million times must
not make this client talk as much."""


@dataclass(frozen=True, slots=True)
class Pong:
    """Not for the client: the server has read all that was sent before this question."""

    mark: str


class Roster:
    """The people online, as far as the list has space for them."""

    def __init__(self) -> None:
        self.names: set[str] = set()
        # Whether some names found no space, and whether the person has been told.
        self.is_incomplete = False
        self.has_been_told = False
        # Whether it began with a list of the server's, and not with whoever was heard of.
        self.is_known = False

    def add(self, name: str) -> None:
        """Let `name` be online, if there is space for it."""
        name = _shortened(name)
        if len(self.names) < MAX_PEOPLE or name in self.names:
            self.names.add(name)
        else:
            self.is_incomplete = True

    def discard(self, name: str) -> None:
        """Let `name` not be online."""
        self.names.discard(_shortened(name))

    def in_order(self) -> tuple[str, ...]:
        """The names, sorted without regard to case."""
        return tuple(sorted(self.names, key=lambda name: (name.casefold(), name)))


def _shortened(name: str) -> str:
    if len(name) <= MAX_PERSON_CHARACTERS:
        return name
    return name[: MAX_PERSON_CHARACTERS - 1] + "…"


class Stage(enum.Enum):
    """How far the conversation has come."""

    GREETING = enum.auto()  # connected; the server has not asked for the name yet
    NAMING = enum.auto()  # the name is sent; the server has not answered yet
    REFUSED = enum.auto()  # the person has to give another
    IN = enum.auto()


class Dialogue:
    """Takes the server's lines one by one and gives out events.

    What it wants to answer by itself waits in `answers`. Not for two threads at once.
    """

    def __init__(
        self,
        wanted_name: str,
        clock: Callable[[], float] = time.monotonic,
        *,
        is_return: bool = False,
        server_clock: ServerClock | None = None,
        seen: Seen | None = None,
        account: Account | None = None,
        seeks_own: bool = False,
    ) -> None:
        """`is_return`: the person was in before, as `wanted_name`, and wants to be again.

        `server_clock` hears each line. `seen` is what was seen so far; None: nothing is caught up
        with, as the connection is the only one. `account` logs in. `seeks_own`: own lines may be
        among what was said.
        """
        self._clock = clock
        self._server_clock = server_clock or ServerClock()
        self.stage = Stage.GREETING
        # By when the server has to answer; see `awaits_server`.
        self.due = clock() + ANSWER_SECONDS
        self.name = ""
        # What is to be sent to the server, without its newline. The owner takes it.
        self.answers: deque[str] = deque()
        self.roster = Roster()
        # Whether the roster has changed. The owner takes this back.
        self.people_changed = False
        # The server's latest lines, while they are errors, and when the last of them came.
        self._last_words = ""
        self._last_words_at = 0.0
        self._is_return = is_return
        self._recalling = Recalling()
        self._seen = seen
        self._catch_up: CatchUp | None = None
        if seen is not None:
            self._catch_up = CatchUp(
                seen, self._server_clock, is_return=is_return, seeks_own=seeks_own
            )
        self._names = _names_to_try(wanted_name) if is_return else iter([wanted_name])
        # The name from before the loss, to be taken back when it is free; and how often still.
        self._lost_name = wanted_name if is_return else ""
        self._takes_left = TAKE_BACK_TRIES
        self._account = account or Account()
        # The registered name that the server spoke of, since it asked last; or that was tried.
        self._registered = ""
        self._is_logging_in = False
        # Whether each name is tried twice.
        self._repeats = False
        # A list of people that comes in several lines, as far as it has come.
        self._growing_list: Roster | None = None
        # How often this client, and not the person, has asked for the list, and got no answer yet.
        self._own_questions = 0
        # The mark of the question that is under way; empty: none is.
        self._mark = ""
        self._marks = itertools.count(1)
        # Whether nothing of the past was asked for after that question.
        self._is_mark_last = False
        # Whether the server has ever answered a /ping with a Pong.
        self._knows_ping = False

    @property
    def awaits_server(self) -> bool:
        """Whether it is the server's turn, which then has until `due`."""
        return self.stage in (Stage.GREETING, Stage.NAMING)

    @property
    def name_to_keep(self) -> str:
        """What to ask for after a loss: the name that the person wants."""
        return self._lost_name or self.name

    @property
    def has_caught_up(self) -> bool:
        """Whether all was heard that an earlier connection may have to do with: what was missed.

        Where the lost connection still holds the name, the server may still take lines from it.
        """
        return not self._lost_name and (self._catch_up is None or self._catch_up.is_over)

    @property
    def read_up_to(self) -> int | None:
        """The number of the last message, once all is known that was missed."""
        return self._catch_up.read_up_to if self._catch_up is not None else None

    def seek_own_no_more(self) -> None:
        """Own lines that come now are somebody else's."""
        if self._catch_up is not None:
            self._catch_up.seeks_own = False

    @property
    def last_words(self) -> str:
        """What the server complained about just now, if it did: why it hangs up, often."""
        is_fresh = self._clock() - self._last_words_at < LAST_WORDS_SECONDS
        return self._last_words if is_fresh else ""

    @property
    def registered_name(self) -> str:
        """While a password is asked for: the name that it is for."""
        return self._registered if self.stage is Stage.REFUSED else ""

    def name_was_sent(self, *, with_password: bool = False) -> None:
        """A line that answers the server's question is on its way: a name, or one that logs in."""
        self._is_logging_in = with_password
        self._registered = self._registered if with_password else ""
        self.stage = Stage.NAMING
        self.due = self._clock() + ANSWER_SECONDS

    def remark(self, text: str) -> Received:
        """A notice of the client's own, in the form of the server's and by its clock."""
        return Received(message.Notice(self._server_clock.time(), text))

    def ask(self) -> tuple[str, str]:
        """A line to send that the server answers, and the mark of the Pong that will come."""
        self._mark = f"mark-{next(self._marks)}"
        self._is_mark_last = True
        return f"/ping {self._mark}", self._mark

    def recall(self, question: str) -> list[str]:
        """The lines that ask something about the past, for a Recalled. Raises SendError."""
        if self.stage is not Stage.IN:
            raise SendError("There is no connection to the server now.")
        return self._recalling.ask(question)

    def receive(self, line: str | BadLine) -> Iterator[Event | Pong]:
        """The events that this line means. Raises Ended where no conversation can follow."""
        if isinstance(line, BadLine):
            return self._bad_line(line)
        received = message.parse(message.clean(line))
        self._server_clock.heard(received)
        if self._mark and self._is_answer(received):
            return self._pong()
        if recalled := self._recalling.take(received):
            return iter(() if recalled is True else (recalled,))
        self._note_last_words(received)
        self._account.heard(received)
        match received:
            case message.Prompt():
                return self._prompt()
            case message.Registered(name=name) if self.stage is not Stage.IN:
                self._registered = name
                self._repeat_names()
            case message.Welcome(name=name):
                return self._welcome(name, received)
        if self.stage is Stage.IN:
            return self._in_conversation(received)
        return self._before_conversation(received)

    def _is_answer(self, received: message.Message) -> bool:
        """Also an error will do, from a server that knows no /ping: it has read the line.

        From one that does know it, an error is about something that the person has typed.
        """
        match received:
            case message.Notice(text=text) if text == f"Pong {self._mark}":
                self._knows_ping = True
                return True
            case message.Error(text):
                return "/ping" in text and not self._knows_ping
        return False

    def _pong(self) -> Iterator[Event | Pong]:
        mark, self._mark = self._mark, ""
        yield Pong(mark)
        if self._catch_up is not None and self._is_mark_last:
            yield from map(Received, self._catch_up.give_up())

    def _bad_line(self, line: BadLine) -> Iterator[Event]:
        if line.fatal:
            kib = RUNAWAY_LINE_BYTES // 1024
            raise Ended(f"The server sent {kib} KiB without an end of line; that is not a chat.")
        if self.stage is not Stage.IN:
            raise Ended(_no_chat_server("something that is not text"))
        yield self.remark(f"From the server: {line.reason}")

    def _note_last_words(self, received: message.Message) -> None:
        match received:
            case message.Error(text=text) | message.Registered(text=text):
                words = f"{self._last_words} {text}" if self._last_words else text
                self._last_words = words[:MAX_LINE_BYTES] if self.stage is not Stage.IN else text
                self._last_words_at = self._clock()
            case message.Prompt():
                pass  # the question comes again after each refused name; see _prompt
            case _:
                self._last_words = ""

    def _prompt(self) -> Iterator[Event]:
        if not self.awaits_server:
            return
        if self._is_logging_in:
            self._account.refused()
        if line := self._account.login(self._registered):
            self._answer_prompt(line, with_password=True)
        elif self._account.has_password_of(self._registered):
            yield self._ask_person()
        elif (name := next(self._names, None)) is not None:
            self._answer_prompt(name)
        else:
            yield self._ask_person()

    def _repeat_names(self) -> None:
        """The server may ask once whether what comes next is a name, and not the password."""
        if not self._repeats:
            self._repeats, names = True, self._names
            self._names = (each for each in names for _ in range(2))

    def _answer_prompt(self, line: str, *, with_password: bool = False) -> None:
        self._last_words = ""
        self.answers.append(line)
        self.name_was_sent(with_password=with_password)

    def _ask_person(self) -> Event:
        """Only the person knows another name, or the password."""
        self.stage = Stage.REFUSED
        was_tried = self._is_logging_in
        words, self._last_words = self._last_words, ""
        if not (name := self._registered):
            return NameRefused(words or "The server asks for another name.")
        if not self._account.is_confidential:
            return NameRefused(f"{name} is registered. {READABLE}", needs_tls=True)
        return PasswordAsked(name, words if was_tried and words else f"{name} is registered.")

    def _welcome(self, name: str, received: message.Message) -> Iterator[Event]:
        if self.stage is not Stage.IN:
            self.stage = Stage.IN
            self.answers.append("/who")
            self._own_questions += 1
            if self._is_return:
                yield self.remark("Connected again.")
        self._take_name(name)
        self._add_person(name)
        yield Welcomed(name)
        yield Received(received)

    def _take_name(self, name: str) -> None:
        self.name = name
        if self._seen is not None:
            self._seen.called(name)
        if name == self._lost_name:
            self._lost_name = ""

    def _before_conversation(self, received: message.Message) -> Iterator[Event]:
        match received:
            case message.Error() | message.Registered():
                return  # shown as the reason: of NameRefused, or of the end
            case message.Other(text):
                raise Ended(_no_chat_server(f"“{text[:60]}”"))
        yield Received(received)

    def _in_conversation(self, received: message.Message) -> Iterator[Event]:
        match received:
            case message.Joined(name=name):
                self._add_person(name)
                yield from self._say_what_is_left_out()
            case message.Left(name=name):
                self._remove_person(name)
                self._take_back(name)
            case message.Registered(name=name) if folded(name) == folded(self._lost_name):
                self._lost_name = ""  # it is somebody else's now
            case message.Renamed(old=old, new=new):
                yield from self._renamed(old, new)
            case message.Online():
                is_own = self._own_questions > 0
                yield from self._online(received)
                if is_own:
                    return
        yield from map(Received, self._to_show(received))

    def _to_show(self, received: message.Message) -> Sequence[message.Message]:
        """It, unless it has to wait; and what has waited for it."""
        if self._catch_up is None:
            return (received,)
        shown = self._catch_up.take(received)
        if self._catch_up.questions:
            self._is_mark_last = False
            self.answers.extend(self._catch_up.questions)
            self._catch_up.questions.clear()
        return shown

    def _renamed(self, old: str, new: str) -> Iterator[Event]:
        self._remove_person(old)
        self._add_person(new)
        if old == self.name:
            self._lost_name = ""  # it is back, or the person has chosen another
            self._take_name(new)
            yield Welcomed(new)
        else:
            self._take_back(old)

    def _take_back(self, free: str) -> None:
        """The own old name, once it is free: most often the lost connection held it until now."""
        is_ours = bool(self._lost_name) and free.casefold() == self._lost_name.casefold()
        if is_ours and self._takes_left:
            self._takes_left -= 1
            self.answers.append(f"/nick {self._lost_name}")

    def _add_person(self, name: str) -> None:
        for roster in filter(None, (self.roster, self._growing_list)):
            roster.add(name)
        self.people_changed = True

    def _remove_person(self, name: str) -> None:
        for roster in filter(None, (self.roster, self._growing_list)):
            roster.discard(name)
        self.people_changed = True

    def _online(self, online: message.Online) -> Iterator[Event]:
        """A list, or a part of one, replaces what was known when its last part has come."""
        if self._growing_list is None:
            self._growing_list = Roster()
            self._growing_list.add(self.name)
        for name in online.names:
            self._growing_list.add(name)
        if online.more:
            return
        self.roster, self._growing_list = self._growing_list, None
        self.roster.is_known = True
        self.people_changed = True
        if self._own_questions:
            self._own_questions -= 1
            if self._catch_up is not None:
                self._catch_up.greeted()
            if self._lost_name and self._lost_name not in self.roster.names:
                self._take_back(self._lost_name)  # it became free before we were in
        yield from self._say_what_is_left_out()

    def _say_what_is_left_out(self) -> Iterator[Event]:
        """Once for each whole list that is longer than ours may be."""
        if self.roster.is_incomplete and not self.roster.has_been_told:
            self.roster.has_been_told = True
            yield self.remark(
                f"The list of people has space for {MAX_PEOPLE:,}; others are left out."
            )


def _names_to_try(name: str) -> Iterator[str]:
    """On a return: the name held before, others like it, and at last whatever the server likes."""
    yield name
    for tail in ("_", "__"):
        yield name[: MAX_NAME_CHARACTERS - len(tail)] + tail
    yield ""


def _no_chat_server(what: str) -> str:
    return f"No phase 4 chat server listens there: it answered {what}."
