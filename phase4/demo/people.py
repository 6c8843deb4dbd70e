"""People for the demonstration: plain sockets that type lines and hear lines.

Run it: python -m phase4.demo

The client core (phase4/client/) is too good for this play: it refuses to send a line that is too
long, and it never stops reading. So a Person is what `nc` is: a socket, and the framing from
shared/. One thread plays them all; it waits for all their sockets at once, with a selector.
Everything in this module belongs to that thread.
"""

import contextlib
import dataclasses
import random
import selectors
import socket
import time
from collections import deque
from collections.abc import Callable, Iterable
from typing import TypeVar

from phase4.demo.story import Story
from shared.address import Address
from shared.deadline import Deadline
from shared.defaults import MAX_SERVER_LINE_BYTES, RECV_BYTES
from shared.framing import LineDecoder, encode_line
from shared.goodbye import hang_up
from shared.listener import tune_connection
from shared.message import (
    Error,
    Joined,
    Left,
    Message,
    Private,
    Prompt,
    Public,
    Renamed,
    Untimed,
    Welcome,
    format,
    parse,
)
from shared.poller import Poller
from shared.wakeup import Wakeup

PATIENCE_SECONDS = 15.0  # for what takes milliseconds: a slow machine is no failure
_SEND_SECONDS = 5.0  # a person types less than the system keeps for a server that is busy
_SMALL_BUFFER_BYTES = 1  # the system takes its own minimum instead, on Linux 2,304
_SMALL_SEGMENT_BYTES = 536  # what every TCP must take (RFC 9293, 3.7.1)
_MAX_SHOWN_CHARACTERS = 90

AnyMessage = TypeVar("AnyMessage", bound=Message)


class Surprise(Exception):
    """Something did not go as the play has it; the text is a sentence that says what."""


class Curtain(Exception):
    """The demonstration ends; nobody says any more."""


class Person:
    """Somebody with a connection; `name` is the one that they are known by now."""

    def __init__(self, name: str, address: Address, *, is_slow: bool = False) -> None:
        self.name = name
        self.heard: list[Message] = []  # all that they heard in this round, oldest first
        self.is_leaving = False  # the end of their stream is expected
        self._decoder = LineDecoder(MAX_SERVER_LINE_BYTES)
        self.socket = socket.socket(socket.AF_INET6 if ":" in address.host else socket.AF_INET)
        try:
            if is_slow:
                self._take_little()
            self.socket.settimeout(_SEND_SECONDS)
            self.socket.connect((address.host, address.port))
            tune_connection(self.socket)
        except OSError as error:
            self.socket.close()
            raise Surprise(f"{name} cannot connect: {error.strerror or error}.") from error

    def _take_little(self) -> None:
        """Let the system keep little for this person, so that one who stops is noticed soon.

        By itself it keeps 2 to 4 MB on one machine: half an hour of talk. Small segments count
        because the sending system sizes its own buffer by them.
        """
        # Both before connect(): it is then that the two ends agree on window and segment.
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _SMALL_BUFFER_BYTES)
        with contextlib.suppress(AttributeError, OSError):  # Windows has no such option
            self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, _SMALL_SEGMENT_BYTES)

    def send(self, *lines: str) -> None:
        """Send lines in one piece. Raises Surprise."""
        try:
            self.socket.sendall(b"".join(map(encode_line, lines)))
        except OSError as error:
            raise Surprise(f"{self.name} cannot send: {error.strerror or error}.") from error

    def hear(self) -> list[str]:
        """What has come, which must be something. Raises EOFError at the end of the stream."""
        try:
            data = self.socket.recv(RECV_BYTES)
        except ConnectionError:
            data = b""
        if not data:
            raise EOFError
        lines = [line for line in self._decoder.feed(data) if isinstance(line, str)]
        self.heard += [timeless(parse(line)) for line in lines]
        return lines

    def last_error(self) -> str:
        """What the server complained of last, for the middle of a sentence."""
        errors = [each.text for each in self.heard if isinstance(each, Error)]
        return f" (the last error: {errors[-1].rstrip('.')})" if errors else ""


def timeless(message: Message) -> Message:
    """A message as if it had been said at no time, so that two can be compared."""
    if isinstance(message, Untimed):
        return message
    return dataclasses.replace(message, time="")


class Stage:
    """The people on it, what they type, and what they hear.

    `tell` gets a line for each thing that was typed or heard, `story` what a stranger should know
    of it. `curtain` is rung, by any thread, to
    end it all: whatever is under way then raises Curtain. `speed` divides the pauses.
    """

    def __init__(
        self,
        curtain: Wakeup,
        tell: Callable[[str], None],
        chance: random.Random,
        *,
        story: Story | None = None,
        speed: float = 1.0,
    ) -> None:
        self.chance = chance
        self.story = story or Story(None)
        # Those who are in and read, oldest first.
        self.people: list[Person] = []
        # The same, with those who are about to come or go, and those who have stopped reading.
        self._connected: list[Person] = []
        self.arrivals = self.public_messages = self.private_messages = 0
        self._tell = tell
        self.speed = speed
        self._started = time.monotonic()
        self._selector = Poller()
        self._selector.register(curtain, selectors.EVENT_READ)
        self._told: deque[str] = deque(maxlen=50)  # lines that somebody has seen
        # Private texts, and the only people who may hear them.
        self._secrets: dict[str, tuple[Person, ...]] = {}

    def close(self) -> None:
        """Everybody goes, without a word."""
        for person in list(self._connected):
            self.drop(person)
        self._selector.close()

    # --- hearing ---------------------------------------------------------------------------------

    def pause(self, seconds: float, unless: Callable[[], object] = lambda: False) -> None:
        """Go on hearing for about `seconds` (people are no clocks), or until `unless` holds."""
        end = Deadline(seconds * self.chance.uniform(0.6, 1.4) / self.speed)
        while not unless() and not end.has_passed:
            self._hear(end.seconds_left)

    def until(
        self, condition: Callable[[], object], what: str, seconds: float = PATIENCE_SECONDS
    ) -> None:
        """Go on hearing until `condition` holds. Raises Surprise when it never does."""
        deadline = Deadline(seconds)
        while not condition():
            is_last = deadline.has_passed
            self._hear(min(deadline.seconds_left, 0.2))
            # Looked at once more after hearing: this program may have been stopped (Ctrl-Z).
            if is_last and not condition():
                raise Surprise(f"Waited {seconds:g} s in vain: {what}.")

    def until_hears(self, person: Person, kind: type[AnyMessage]) -> AnyMessage:
        """Wait until `person` has heard a message of this kind, and give it."""
        self.until(
            lambda: any(isinstance(each, kind) for each in person.heard),
            f"{person.name} should hear a line of the kind {kind.__name__}",
        )
        return next(each for each in person.heard if isinstance(each, kind))

    def until_all_hear(self, people: Iterable[Person], message: Message) -> None:
        """Wait until each of `people` has heard `message`, which has no time."""
        for person in people:
            self.until(
                lambda heard=person.heard: message in heard,  # type: ignore[misc]
                f"{person.name} should hear {format(message)!r}",
            )

    def _hear(self, seconds: float) -> None:
        for key, _ in self._selector.select(seconds):
            if key.data is None:
                raise Curtain
            self._hear_one(key.data)

    def _hear_one(self, person: Person) -> None:
        before = len(person.heard)
        try:
            lines = person.hear()
        except EOFError:
            self.drop(person)
            if not person.is_leaving:
                raise Surprise(f"{person.name} was hung up on{person.last_error()}.") from None
            return
        for line, message in zip(lines, person.heard[before:], strict=True):
            self._tell_once(person, line, message)
            self._check_secret(person, message)

    def _tell_once(self, person: Person, line: str, message: Message) -> None:
        """What is for everybody is told when the first of them sees it."""
        is_for_all = isinstance(message, Public | Joined | Left | Renamed)
        if not (is_for_all and line in self._told):
            self._told.append(line)
            self.tell(person, "sees", line)

    def _check_secret(self, person: Person, message: Message) -> None:
        if isinstance(message, Public | Private):
            for text, allowed in self._secrets.items():
                if text in message.text and person not in allowed:
                    raise Surprise(f"{person.name} saw what was private: {message.text}")

    def tell(self, person: Person, verb: str, text: str) -> None:
        """A line for the people who look on."""
        if len(text) > _MAX_SHOWN_CHARACTERS:
            text = f"{text[:_MAX_SHOWN_CHARACTERS]}... ({len(text):,} characters)"
        elapsed = time.monotonic() - self._started
        self._tell(f"{elapsed:5.1f} s  {person.name:<8} {verb:<6} {text}")

    # --- coming and going ------------------------------------------------------------------------

    def enter(
        self, name: str, address: Address, *, asks_for: str = "", is_slow: bool = False
    ) -> Person:
        """Somebody connects, gives a name, and everybody sees them; `name` unless it is taken."""
        person = Person(name, address, is_slow=is_slow)
        self._connected.append(person)
        self._selector.register(person.socket, selectors.EVENT_READ, person)
        self.until_hears(person, Prompt)
        self.forget(Joined("", name))  # of the last time
        if asks_for:
            self.story.did(name, f"asks for the name {asks_for}")
        self.type_line(person, asks_for or name)
        self.until(
            lambda: any(isinstance(each, Welcome | Error) for each in person.heard),
            f"{name} should be let in, or told why not",
        )
        if not any(isinstance(each, Welcome) for each in person.heard):  # --on-duplicate reject
            self.type_line(person, name)
        person.name = self.until_hears(person, Welcome).name
        joined = Joined("", person.name)
        self.until_all_hear(self.people, joined)
        self.story.noticed(joined)
        self.people.append(person)
        self.arrivals += 1
        return person

    def leave(self, person: Person, line: str) -> None:
        """Somebody says goodbye, and everybody sees it."""
        person.is_leaving = True
        self.story.typed(person.name, line)
        self.type_line(person, line)
        self.until_gone(person, "")
        self.until(lambda: person.socket.fileno() < 0, f"the end of {person.name}'s stream")

    def until_gone(self, person: Person, reason: str) -> None:
        """Wait until everybody else was told that `person` left, and why."""
        if person in self.people:
            self.people.remove(person)
        left = Left("", person.name, reason)
        self.until_all_hear(self.people, left)
        self.story.noticed(left)

    def stop_reading(self, person: Person) -> None:
        """From here on `person` takes nothing, and says nothing, but stays connected."""
        self._selector.unregister(person.socket)
        self.people.remove(person)
        self.tell(person, "stops", "reading")
        self.story.did(person.name, "stops reading, and stays connected")

    def drop(self, person: Person) -> None:
        """Close the connection of `person`."""
        with contextlib.suppress(KeyError, ValueError):  # they had stopped reading
            self._selector.unregister(person.socket)
        hang_up(person.socket)
        self._connected.remove(person)
        if person in self.people:
            self.people.remove(person)

    # --- saying ----------------------------------------------------------------------------------

    def type_line(self, person: Person, line: str) -> None:
        """Send one line."""
        self.tell(person, "types", line)
        person.send(line)

    def ask(self, person: Person, line: str, kind: type[AnyMessage]) -> AnyMessage:
        """Send one line, and give the answer, which is of this kind."""
        person.heard[:] = [each for each in person.heard if not isinstance(each, kind)]
        self.story.typed(person.name, line)
        self.type_line(person, line)
        answer = self.until_hears(person, kind)
        if isinstance(answer, Error):
            self.story.refused(person.name, answer)
        else:
            self.story.noticed(answer)
        return answer

    def say(self, person: Person, text: str) -> None:
        """Say something to everybody, and wait until all the others heard it."""
        self.forget(Public("", person.name, text))
        self.type_line(person, text)
        self.public_messages += 1
        self.until_all_hear(self.others(person), Public("", person.name, text))
        self.story.said(person.name, text)

    def whisper(self, person: Person, to: Person, text: str, line: str = "") -> None:
        """Say something to one person, in the words of `line`, and wait until both have it."""
        message = Private("", person.name, to.name, text)
        self.forget(message)
        self.keep_secret(text, person, to)
        self.type_line(person, line or f"/pm {to.name} {text}")
        self.private_messages += 1
        self.until_all_hear((person, to), message)
        self.story.whispered(person.name, to.name, text)

    def paste(self, person: Person, lines: list[str], last: str) -> None:
        """Say many lines to everybody, and then `last`, in one piece; wait for nothing."""
        what = f"{len(lines)} lines of {len(lines[0]):,} characters"
        self.tell(person, "pastes", what)
        self.story.did(person.name, f"pastes {what}")
        person.send(*lines, last)
        self.public_messages += len(lines)

    def keep_secret(self, text: str, *allowed: Person) -> None:
        """From here on it is a Surprise when anybody else hears `text`."""
        self._secrets[text] = allowed

    def others(self, person: Person) -> list[Person]:
        """Everybody who is in and reads, but `person`."""
        return [each for each in self.people if each is not person]

    def forget(self, message: Message) -> None:
        """Nobody has heard `message` yet: it is to be said again."""
        for person in self.people:
            person.heard[:] = [each for each in person.heard if each != message]

    def forget_all(self) -> None:
        """Begin a round with empty heads; else they would grow as long as this runs."""
        for person in self.people:
            person.heard.clear()
