r"""The client's side of a chat connection, for any client: it knows no toolkit.

New here: **one thread owns the socket**. It connects, reads and writes; everybody else talks to it
through two queues. What the server says comes out of `events`, as objects; what a person says goes
in through `send`, which never waits. So a window stays alive whatever the network does, and
nothing but plain Python is shared between the threads. A bot is a loop over the events:

    from contextlib import suppress
    from phase4.connection import Connection, Disconnected, Received, SendError
    from shared.message import Private

    bot = Connection("127.0.0.1", 12345, "Echo")
    bot.start()
    while not isinstance(event := bot.events.get(), Disconnected):
        match event:
            case Received(Private(sender=who, text=text)) if who != bot.name:
                with suppress(SendError):  # somebody's line may be too long to send back
                    bot.send(f"/pm {who} {text}")
    print(event.reason)

A client trusts no server: every text is cleaned, every list and queue has a bound, and a server
that says nothing, or is no chat server at all, is a `Disconnected` with a sentence that says so.

From the phases before: one thread for the keyboard and one for the socket (phase 2's client), now
with events between them. From `shared/`: framing, the lines on the wire, and the doorbell that
wakes the thread from its wait for the network.
"""

import contextlib
import enum
import errno
import os
import queue
import selectors
import socket
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, NoReturn

from shared import message
from shared.defaults import MAX_LINE_BYTES, MAX_SERVER_LINE_BYTES, RECV_BYTES, RUNAWAY_LINE_BYTES
from shared.framing import BadLine, LineDecoder, encode_line
from shared.listener import tune_connection
from shared.wakeup import Wakeup

EVENT_QUEUE_SIZE = 10_000
"""Events that wait for the client. When it is full the socket is not read, so TCP makes the server
wait: nothing is lost, and nothing grows."""

OUTGOING_BYTES = 256 * 1024
"""Lines that wait for the server. When it is full `send` raises SendQueueFull."""

CONNECT_SECONDS = 10.0
"""To connect, in all. The system itself would try for two minutes, and nobody waits so long."""

ANSWER_SECONDS = 10.0
"""A chat server asks for the name at once, and answers it at once. Longer means: it is none."""

MAX_PEOPLE = 100_000
"""Names in the list of people. A hundred times what the server admits, and still only 10 MB."""

MAX_PERSON_CHARACTERS = 64
"""A name in the list of people; the server allows 20, and a hostile one might send 16 KiB."""

LAST_WORDS_SECONDS = 5.0
"""An error that came no longer than this before the end is taken for its reason."""


COMMANDS = ("/pm", "/who", "/nick", "/help", "/quit", "/exit", "?list")
"""What the server understands, for clients that complete it. `/pm` and `/nick` want more."""


# --- what a line is, before the server is asked ----------------------------------------------


def is_goodbye(text: str) -> bool:
    """Whether the person leaves with this line: then the end that follows is what they wished."""
    words = text.lower().split(None, 1)
    return bool(words) and (words[0] in ("/quit", "/exit") or words == ["exit"])


def is_public(text: str) -> bool:
    """Whether everybody hears this line. The server does not send it back to who said it.

    >>> is_public("hello, @Bob"), is_public("@Bob hello"), is_public("/who"), is_public("?list")
    (True, False, False, False)
    """
    line = text.strip()
    return bool(line) and line[0] not in "/@" and line.lower() not in ("?list", "exit")


# --- events ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Connected:
    """The TCP connection stands. The name is not given yet."""


@dataclass(frozen=True, slots=True)
class NameRefused:
    """The server refused the name; `reason` is its sentence. Answer with `send(another_name)`."""

    reason: str


@dataclass(frozen=True, slots=True)
class Welcomed:
    """In, under this name. Comes again with the new name when the person changed it."""

    name: str


@dataclass(frozen=True, slots=True)
class Received:
    """A line to show. Every text in it is cleaned: no control character can reach a screen."""

    message: message.Message


@dataclass(frozen=True, slots=True)
class PeopleChanged:
    """Who is online now, the own name included, sorted without regard to case."""

    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Disconnected:
    """It is over: always the last event, and there is always one. `reason` is a sentence.

    `was_wished` tells the end that the person asked for (`close`, `/quit`) from any other.
    """

    reason: str
    was_wished: bool = False


Event = Connected | NameRefused | Welcomed | Received | PeopleChanged | Disconnected


class SendError(Exception):
    """The line was not sent; the text is a sentence for the person who wrote it."""


class SendQueueFull(SendError):
    """The server takes what is sent more slowly than it comes. Try again in a moment."""


class _Ended(Exception):
    """Ends the conversation from within; the text is the sentence for `Disconnected`."""

    def __init__(self, reason: str, *, was_wished: bool = False) -> None:
        super().__init__(reason)
        self.was_wished = was_wished


_LEFT = "You left the conversation."


# --- what the client makes of the server's lines; no I/O ---------------------------------------


class _Roster:
    """Who is online, with a bound."""

    def __init__(self) -> None:
        self.names: set[str] = set()
        self.is_incomplete = False  # some names found no room
        self.has_been_told = False

    def add(self, name: str) -> None:
        name = _shortened(name)
        if len(self.names) < MAX_PEOPLE or name in self.names:
            self.names.add(name)
        else:
            self.is_incomplete = True

    def discard(self, name: str) -> None:
        self.names.discard(_shortened(name))

    def in_order(self) -> tuple[str, ...]:
        return tuple(sorted(self.names, key=lambda name: (name.casefold(), name)))


def _shortened(name: str) -> str:
    if len(name) <= MAX_PERSON_CHARACTERS:
        return name
    return name[: MAX_PERSON_CHARACTERS - 1] + "…"


class _Stage(enum.Enum):
    GREETING = enum.auto()  # connected; the server has not asked for the name yet
    NAMING = enum.auto()  # the name is sent; the server has not answered yet
    REFUSED = enum.auto()  # the person has to give another
    IN = enum.auto()


class _Dialogue:
    """Takes the server's lines one by one and gives out events.

    What it wants to answer by itself waits in `answers`. Not for two threads at once.
    """

    def __init__(self, wanted_name: str) -> None:
        self.stage = _Stage.GREETING
        self.due = time.monotonic() + ANSWER_SECONDS  # see `awaits_server`
        self.name = ""
        self.answers: deque[str] = deque()
        self._last_words = ""  # the server's latest lines, while they are errors
        self._last_words_at = 0.0
        self.roster = _Roster()
        self.people_changed = False
        self._wanted_name = wanted_name
        self._growing_list: _Roster | None = None  # a list of people that comes in several lines
        self._own_questions = 0  # times that this client, not the person, asked who is here

    @property
    def awaits_server(self) -> bool:
        """Whether it is the server's turn, which then has until `due`."""
        return self.stage in (_Stage.GREETING, _Stage.NAMING)

    @property
    def last_words(self) -> str:
        """What the server complained about just now, if it did: why it hangs up, often."""
        is_fresh = time.monotonic() - self._last_words_at < LAST_WORDS_SECONDS
        return self._last_words if is_fresh else ""

    def name_was_sent(self) -> None:
        """A line that answers the server's question for a name is on its way."""
        self.stage = _Stage.NAMING
        self.due = time.monotonic() + ANSWER_SECONDS

    def receive(self, line: str | BadLine) -> Iterator[Event]:
        """The events that this line means. Raises _Ended where no conversation can follow."""
        if isinstance(line, BadLine):
            return self._bad_line(line)
        received = message.parse(message.clean(line))
        self._note_last_words(received)
        match received:
            case message.Prompt():
                return self._prompt()
            case message.Welcome(name=name):
                return self._welcome(name, received)
        if self.stage is _Stage.IN:
            return self._in_conversation(received)
        return self._before_conversation(received)

    def _bad_line(self, line: BadLine) -> Iterator[Event]:
        if line.fatal:
            kib = RUNAWAY_LINE_BYTES // 1024
            raise _Ended(f"The server sent {kib} KiB without an end of line; that is no chat.")
        if self.stage is not _Stage.IN:
            raise _Ended(_no_chat_server("something that is no text"))
        yield _remark(f"From the server: {line.reason}")

    def _note_last_words(self, received: message.Message) -> None:
        match received:
            case message.Error(text):
                words = f"{self._last_words} {text}" if self._last_words else text
                self._last_words = words[:MAX_LINE_BYTES] if self.stage is not _Stage.IN else text
                self._last_words_at = time.monotonic()
            case message.Prompt():
                pass  # the question comes again after each refused name; see _prompt
            case _:
                self._last_words = ""

    def _prompt(self) -> Iterator[Event]:
        if self.stage is _Stage.GREETING:
            self.answers.append(self._wanted_name)
            self.name_was_sent()
        elif self.stage is _Stage.NAMING:
            self.stage = _Stage.REFUSED
            yield NameRefused(self._last_words or "The server asks for another name.")
            self._last_words = ""

    def _welcome(self, name: str, received: message.Message) -> Iterator[Event]:
        if self.stage is not _Stage.IN:
            self.stage = _Stage.IN
            self.answers.append("/who")
            self._own_questions += 1
        self.name = name
        self._add_person(name)
        yield Welcomed(name)
        yield Received(received)

    def _before_conversation(self, received: message.Message) -> Iterator[Event]:
        match received:
            case message.Error():
                return  # shown as the reason: of NameRefused, or of Disconnected
            case message.Other(text):
                raise _Ended(_no_chat_server(f"“{text[:60]}”"))
        yield Received(received)

    def _in_conversation(self, received: message.Message) -> Iterator[Event]:
        match received:
            case message.Joined(name=name):
                self._add_person(name)
                yield from self._say_what_is_left_out()
            case message.Left(name=name):
                self._remove_person(name)
            case message.Renamed(old=old, new=new):
                self._remove_person(old)
                self._add_person(new)
                if old == self.name:
                    self.name = new
                    yield Welcomed(new)
            case message.Online():
                is_own = self._own_questions > 0
                yield from self._online(received)
                if is_own:
                    return
        yield Received(received)

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
            self._growing_list = _Roster()
            self._growing_list.add(self.name)
        for name in online.names:
            self._growing_list.add(name)
        if online.more:
            return
        self.roster, self._growing_list = self._growing_list, None
        self.people_changed = True
        self._own_questions = max(0, self._own_questions - 1)
        yield from self._say_what_is_left_out()

    def _say_what_is_left_out(self) -> Iterator[Event]:
        """Once for each whole list that is longer than ours may be."""
        if self.roster.is_incomplete and not self.roster.has_been_told:
            self.roster.has_been_told = True
            yield _remark(f"The list of people has room for {MAX_PEOPLE:,}; others are left out.")


def _remark(text: str) -> Received:
    """A notice of the client's own, in the form of the server's."""
    return Received(message.Notice(time.strftime("%H:%M:%S"), text))


def _no_chat_server(what: str) -> str:
    return f"No phase 4 chat server listens there: it answered {what}."


# --- between the threads -----------------------------------------------------------------------


class _EventQueue(queue.Queue[Event]):
    """Tells the socket thread when the client has made room.

    The two flags are set by the socket thread *before* it looks, and read by the taking thread
    *after* it has taken, so one of the two always sees the other.
    """

    def __init__(self, ring: Callable[[], None]) -> None:
        super().__init__(EVENT_QUEUE_SIZE)
        self.wants_room = False  # a put has failed, or is about to be tried
        self.wants_people_taken = False  # there is a newer list of people
        self.has_people = False  # a PeopleChanged is in the queue, or on its way into it
        self._ring = ring

    def _get(self) -> Event:  # queue.Queue calls this under its lock
        event = super()._get()
        if isinstance(event, PeopleChanged):
            self.has_people = False
            if self.wants_people_taken:
                self._ring()
        # At half, not at each: the threads would take turns for every single event.
        if self.wants_room and self._qsize() == self.maxsize // 2:
            self._ring()
        return event

    def offer(self, event: Event) -> bool:
        """Put, unless it is full; whether it was put. The socket thread only."""
        self.wants_room = True
        try:
            self.put_nowait(event)
        except queue.Full:
            return False
        self.wants_room = False
        return True


class _Waiter:
    """Waits until the socket can be read or written, or the doorbell rings."""

    def __init__(self, connection: socket.socket, wakeup: Wakeup) -> None:
        self._connection = connection
        self._selector = selectors.DefaultSelector()  # not select(): it stops at descriptor 1,023
        self._selector.register(wakeup, selectors.EVENT_READ)
        self._wanted = 0

    def wait(self, *, read: bool, write: bool, seconds: float | None) -> tuple[bool, bool]:
        """Whether the socket can be read, and written; after `seconds` at the latest."""
        wanted = selectors.EVENT_READ * read | selectors.EVENT_WRITE * write
        if wanted != self._wanted:
            if self._wanted:
                self._selector.unregister(self._connection)
            if wanted:
                self._selector.register(self._connection, wanted)
            self._wanted = wanted
        ready = 0
        for key, events in self._selector.select(seconds):
            if key.fileobj is self._connection:
                ready |= events
        return bool(ready & selectors.EVENT_READ), bool(ready & selectors.EVENT_WRITE)

    def close(self) -> None:
        self._selector.close()


# --- the connection ----------------------------------------------------------------------------


class Connection:
    """One conversation with one server, from connecting to the end.

    Take events from `events` until `Disconnected`; call `send` and `close` from any thread.
    """

    def __init__(self, host: str, port: int, name: str = "") -> None:
        """Nothing happens before `start`. An empty name asks the server for a random one."""
        self.host = host
        self.port = port
        self._wakeup = Wakeup()  # rung by any thread; the socket thread waits for it
        self.events: queue.Queue[Event] = _EventQueue(self._wakeup.ring)
        self._events: _EventQueue = self.events
        self._wanted_name = message.clean(name)
        self._thread = threading.Thread(target=self._run, name=f"{host}:{port}", daemon=True)
        self._lock = threading.Lock()
        self._outgoing = bytearray()  # under _lock
        self._dialogue: _Dialogue | None = None  # while connected; under _lock
        self._close_by: float | None = None  # set once `close` was called; under _lock
        self._is_leaving = False  # the person said goodbye; under _lock
        self._people: tuple[str, ...] = ()  # written by the socket thread
        self._name = ""  # written by the socket thread
        self._has_ended = False  # the last event is decided; under _lock
        # The socket thread alone:
        self._pending: deque[Event] = deque()  # events that found no room yet
        self._can_write = True

    @property
    def name(self) -> str:
        """The name that the server gave; empty before. Any thread."""
        return self._name

    @property
    def people(self) -> tuple[str, ...]:
        """Who is online, as in the latest PeopleChanged. Any thread."""
        return self._people

    @property
    def is_open(self) -> bool:
        """Whether the TCP connection stands, and nobody has closed it. Any thread."""
        return self._dialogue is not None and self._close_by is None and not self._has_ended

    def start(self) -> None:
        """Begin to connect, in the connection's own thread. Call it once."""
        self._thread.start()

    def send(self, text: str) -> None:
        """Hand one line to the socket thread; after NameRefused, a name. Any thread; never waits.

        Raises SendError where the line cannot be sent, with a sentence that says why.
        """
        if "\n" in text or "\r" in text:
            raise SendError("A message is one line; this one has several.")
        line = encode_line(text)
        if len(line) > MAX_LINE_BYTES:
            raise SendError(
                f"This message has {len(line) - 1:,} bytes; {MAX_LINE_BYTES - 1:,} are allowed."
            )
        with self._lock:
            self._put_outgoing(line)
            self._is_leaving = self._is_leaving or is_goodbye(text)
        self._wakeup.ring()

    def _put_outgoing(self, line: bytes) -> None:
        """Under _lock. Raises SendError when the line has no place in the conversation now."""
        if self._has_ended or self._close_by is not None:
            raise SendError("The connection has ended; this was not sent.")
        if self._dialogue is None or self._dialogue.awaits_server:
            raise SendError("You are not in the conversation yet; this was not sent.")
        if len(self._outgoing) + len(line) > OUTGOING_BYTES:
            raise SendQueueFull("The server is slow to take what you sent; this was not sent.")
        if self._dialogue.stage is _Stage.REFUSED:
            self._dialogue.name_was_sent()
        self._outgoing += line

    def close(self, seconds: float = 2.0) -> None:
        """Let what was sent leave, then end, within `seconds`. Any thread; again does no harm.

        The last event is then Disconnected; events that find no room in the queue are dropped.
        """
        with self._lock:
            if self._close_by is None:
                self._close_by = time.monotonic() + seconds
        self._wakeup.ring()
        if self._thread.ident is None:
            self._wakeup.close()  # never started: there is nobody else to do it
        elif self._thread is not threading.current_thread():
            self._thread.join(seconds + 0.5)
            if self._thread.is_alive():  # the system looks up a name, and nothing interrupts that
                self._finish(Disconnected(_LEFT, was_wished=True))

    # --- the socket thread ---------------------------------------------------------------------

    def _run(self) -> None:
        try:
            self._converse()
        except _Ended as end:
            last = Disconnected(str(end), end.was_wished)
        except Exception as error:  # noqa: BLE001 - a thread's outermost frame
            last = Disconnected(f"A fault in this program: {error!r}.")
        self._finish(last)
        self._wakeup.close()

    def _converse(self) -> NoReturn:
        """From connecting to the end, which is always an _Ended."""
        with contextlib.closing(self._connect()) as connection:
            with contextlib.suppress(OSError):  # it is lost already; reading will tell
                tune_connection(connection)
            with self._lock:
                self._dialogue = _Dialogue(self._wanted_name)
            self._emit(Connected())
            with contextlib.closing(_Waiter(connection, self._wakeup)) as waiter:
                self._talk(connection, waiter, LineDecoder(MAX_SERVER_LINE_BYTES))

    def _connect(self) -> socket.socket:
        """A connected, non-blocking socket. Each address of the host gets its share of the time."""
        addresses = self._look_up()
        deadline = time.monotonic() + CONNECT_SECONDS
        refusal: OSError = TimeoutError()
        for index, address in enumerate(addresses):
            now = time.monotonic()
            try:
                return self._connect_to(address, now + (deadline - now) / (len(addresses) - index))
            except OSError as error:
                refusal = error
        raise _Ended(self._why_no_connection(refusal))

    def _look_up(self) -> list[Any]:
        if not 0 < self.port < 65536:
            raise _Ended(f"{self.port} is no port; a port is a number from 1 to 65535.")
        try:
            return socket.getaddrinfo(self.host, self.port, type=socket.SOCK_STREAM)
        except (OSError, ValueError) as error:  # ValueError: no name could be like that
            if isinstance(error, socket.gaierror) and error.errno == socket.EAI_AGAIN:
                raise _Ended(
                    f"The name {self.host!r} could not be looked up; does the network work?"
                ) from error
            raise _Ended(f"There is no host {self.host!r}; check its name.") from error

    def _connect_to(self, address: Any, deadline: float) -> socket.socket:
        family, kind, protocol, _, where = address
        with contextlib.ExitStack() as on_failure:
            connection = on_failure.enter_context(socket.socket(family, kind, protocol))
            connection.setblocking(False)
            with contextlib.suppress(BlockingIOError):  # it has only begun: the usual case
                connection.connect(where)
            with contextlib.closing(_Waiter(connection, self._wakeup)) as waiter:
                self._wait_connected(waiter, deadline)
            if code := connection.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
                raise OSError(code, os.strerror(code))
            on_failure.pop_all()
        return connection

    def _wait_connected(self, waiter: _Waiter, deadline: float) -> None:
        is_decided = False
        while not is_decided:
            self._wakeup.clear()
            if self._close_by is not None:
                raise _Ended(_LEFT, was_wished=True)
            left = deadline - time.monotonic()
            if left <= 0:
                raise TimeoutError
            _, is_decided = waiter.wait(read=False, write=True, seconds=left)

    def _why_no_connection(self, error: OSError) -> str:
        place = f"{self.host} port {self.port}"
        if isinstance(error, TimeoutError):
            return f"{place} did not answer within {CONNECT_SECONDS:g} seconds."
        if isinstance(error, ConnectionRefusedError) or error.errno == errno.ECONNREFUSED:
            return f"No server listens on {place}. Is it running? Is that its port?"
        return f"{place} cannot be reached: {error.strerror or error}."

    def _talk(self, connection: socket.socket, waiter: _Waiter, decoder: LineDecoder) -> NoReturn:
        """Read, write and wait, until _Ended."""
        while True:
            self._wakeup.clear()  # before looking at what was rung for, never after
            self._tell_people()
            self._flush_pending()
            self._raise_if_overdue()
            if is_closing := self._close_by is not None:
                self._pending.clear()  # who closes reads no more, and wants to wait for nobody
                if not self._outgoing:
                    self._half_close(connection)
            is_readable, is_writable = waiter.wait(
                read=is_closing or not self._pending,
                write=bool(self._outgoing) and self._can_write,
                seconds=self._seconds_to_wait(),
            )
            if is_writable:
                self._write(connection)
            if is_readable:
                self._read(connection, decoder)

    def _half_close(self, connection: socket.socket) -> None:
        """All is sent: say so (FIN), and go on reading until the server has ended as well.

        To close with unread input would send a reset, which may overtake what we sent
        (RFC 2525, 2.17).
        """
        if self._can_write:
            self._can_write = False
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_WR)

    def _seconds_to_wait(self) -> float | None:
        """Until something is due; None: for as long as nothing happens."""
        with self._lock:
            assert self._dialogue is not None
            due = [self._close_by] if self._close_by is not None else []
            if self._dialogue.awaits_server:
                due.append(self._dialogue.due)
        return max(0.0, min(due) - time.monotonic()) if due else None

    def _raise_if_overdue(self) -> None:
        now = time.monotonic()
        with self._lock:
            assert self._dialogue is not None
            if self._close_by is not None and now >= self._close_by:
                raise _Ended(_LEFT, was_wished=True)
            if self._dialogue.awaits_server and now >= self._dialogue.due:
                raise _Ended(
                    f"{self.host} port {self.port} took the connection, but gave no answer within "
                    f"{ANSWER_SECONDS:g} seconds. Is it a phase 4 chat server?"
                )

    def _write(self, connection: socket.socket) -> None:
        with self._lock:
            piece = bytes(self._outgoing[:RECV_BYTES])
        try:
            count = connection.send(piece)
        except (BlockingIOError, InterruptedError):
            return
        except OSError:
            # The server is gone. Its last words may still be there to read: they say why.
            self._can_write = False
            return
        with self._lock:
            del self._outgoing[:count]

    def _read(self, connection: socket.socket, decoder: LineDecoder) -> None:
        try:
            data = connection.recv(RECV_BYTES)
        except (BlockingIOError, InterruptedError):
            return
        except OSError as error:
            raise self._end(f"The connection was lost ({error.strerror})", False) from error
        if not data:
            cut = " in the middle of a line" if decoder.has_unfinished_line else ""
            was_wished = self._is_leaving and not self._outgoing
            raise self._end(f"The server closed the connection{cut}", was_wished)
        for line in decoder.feed(data):
            self._receive(line)

    def _end(self, fact: str, was_wished: bool) -> _Ended:
        """The end of the stream, with the reason that the server gave just before it."""
        assert self._dialogue is not None
        if was_wished or self._close_by is not None:
            return _Ended(_LEFT, was_wished=True)
        words = self._dialogue.last_words
        return _Ended(f"{fact}, saying: {words}" if words else f"{fact}.")

    def _receive(self, line: str | BadLine) -> None:
        with self._lock:
            assert self._dialogue is not None
            try:
                self._pending.extend(self._dialogue.receive(line))
            finally:
                while self._dialogue.answers:
                    self._outgoing += encode_line(self._dialogue.answers.popleft())
            self._name = self._dialogue.name

    def _tell_people(self) -> None:
        """Put one PeopleChanged for all that changed, and none while the last is still unread.

        A list may have 100,000 names: one for each line that changes it would fill the memory.
        """
        assert self._dialogue is not None
        if not self._dialogue.people_changed:
            return
        self._events.wants_people_taken = True
        if self._events.has_people:
            return  # its reader will ring
        self._events.wants_people_taken = False
        self._dialogue.people_changed = False
        people = self._dialogue.roster.in_order()
        if people != self._people:
            self._people = people
            self._events.has_people = True
            self._pending.append(PeopleChanged(people))

    def _emit(self, event: Event) -> None:
        self._pending.append(event)
        self._flush_pending()

    def _flush_pending(self) -> None:
        """Put what waits into the queue, as far as there is room."""
        while self._pending and self._events.offer(self._pending[0]):
            self._pending.popleft()

    def _finish(self, last: Disconnected) -> None:
        """Deliver the last event, once. The socket thread; or `close`, where that is held up."""
        with self._lock:
            is_first = not self._has_ended
            self._has_ended = True
        if is_first:
            self._deliver_last(last)

    def _deliver_last(self, last: Disconnected) -> None:
        """Deliver what still waits, and `last`. Wait for room, but not once the client closed."""
        self._pending.append(last)
        while True:
            self._wakeup.clear()
            is_closed = self._close_by is not None  # looked at before the queue is
            self._flush_pending()
            if not self._pending:
                return
            if is_closed:
                break
            self._wakeup.wait(60.0)
        while not self._events.offer(last):
            with contextlib.suppress(queue.Empty):
                self._events.get_nowait()
