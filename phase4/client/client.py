r"""The client's side of a chat connection, for any client: it knows no toolkit.

New here: **one thread owns the socket**. It connects, reads and writes; everybody else talks to it
through two queues. What the server says comes out of `events`, as objects; what a person says goes
in through `send`, which never waits. So a window stays alive whatever the network does, and
nothing but plain Python is shared between the threads. A bot is a loop over the events:

    from contextlib import suppress
    from phase4.client.client import Client, Disconnected, Received, SendError
    from shared.message import Private

    bot = Client("127.0.0.1", 12345, "Echo")
    bot.start()
    while not isinstance(event := bot.events.get(), Disconnected):
        match event:
            case Received(Private(sender=who, text=text)) if who != bot.name:
                with suppress(SendError):  # somebody's line may be too long to send back
                    bot.send(f"/pm {who} {text}")
    print(event.reason)

With `reconnect=True` a lost connection is not the end: after a `ConnectionLost` it connects again
by itself, with growing pauses, takes its name back, and sends what was typed meanwhile. What it had
sent just before goes out again, unless the server has answered a question that was asked later
(phase4/client/send_queue.py says why nothing less will do).

With `trust=Trust()` all of it goes over TLS, and nothing is said before the server has shown that
it is the right one (phase4/transport/trust.py). `phase4.echo_bot` is the bot above as a program.

A client trusts no server: every text is cleaned, every list and queue has a bound, and a server
that says nothing, or is no chat server at all, is a `Disconnected` with a sentence that says so.

From the phases before: one thread for the keyboard and one for the socket (phase 2's client), now
with events between them. The rooms behind this one are in `phase4/client/`. From `shared/`:
framing, the lines on the wire, and the doorbell that wakes the thread while it waits.
"""

import contextlib
import queue
import random
import socket
import threading
import time
from collections import deque
from collections.abc import Iterator
from typing import NoReturn

from phase4.client.dialing import Waiter, open_stream
from phase4.client.dialogue import ANSWER_SECONDS, Dialogue, Pong, Stage, remark
from phase4.client.event_queue import EventQueue
from phase4.client.events import (
    Connected,
    ConnectionLost,
    Disconnected,
    Ended,
    Event,
    NameRefused,
    PeopleChanged,
    Received,
    Secured,
    SendError,
    SendQueueFull,
    Welcomed,
)
from phase4.client.send_queue import SendQueue
from phase4.transport.trust import Trust, Verifier, why_lost
from shared import message
from shared.defaults import MAX_LINE_BYTES, MAX_SERVER_LINE_BYTES, RECV_BYTES
from shared.framing import BadLine, LineDecoder, encode_line
from shared.goodbye import hang_up
from shared.request import is_goodbye
from shared.stream import Stream
from shared.wakeup import Wakeup

__all__ = [
    "Client",
    "Connected",
    "ConnectionLost",
    "Disconnected",
    "Event",
    "NameRefused",
    "PeopleChanged",
    "Received",
    "Secured",
    "SendError",
    "SendQueueFull",
    "Trust",
    "Welcomed",
]

FIRST_PAUSE_SECONDS = 1.0
LONGEST_PAUSE_SECONDS = 30.0
"""Before connecting again: 1 s, doubled each time, up to 30 s, and each a half more or less by
chance. When a server comes back, a thousand clients must not all knock in the same instant."""

STEADY_SECONDS = 30.0
"""A conversation that lasted this long begins the pauses anew."""

CONFIRM_SECONDS = 1.0
"""From sending something to asking whether it has arrived: one question for a burst of lines."""

PING_SECONDS = 30.0
"""Between two questions while nobody says anything, so that the lag is known."""

_LEFT = "You left the conversation."


class Client:
    """A person's conversation with one server, from connecting to the end.

    Take events from `events` until `Disconnected`; call everything else from any thread.
    """

    def __init__(
        self,
        host: str,
        port: int,
        name: str = "",
        *,
        reconnect: bool = False,
        trust: Trust | None = None,
    ) -> None:
        """Nothing happens before `start`. An empty name asks the server for a random one.

        With `trust` it speaks TLS, and only with a server that is trusted (client/trust.py).
        """
        self.host = host
        self.port = port
        self._reconnect = reconnect
        self._wakeup = Wakeup()  # rung by any thread; the socket thread waits for it
        self._events = EventQueue(self._wakeup.ring)
        self.events: queue.Queue[Event] = self._events
        self._thread = threading.Thread(target=self._run, name=f"{host}:{port}", daemon=True)
        self._lock = threading.Lock()
        # Under _lock:
        self._lines = SendQueue(keeps_sent=reconnect)
        self._dialogue: Dialogue | None = None  # while connected
        self._was_in = False  # welcomed at least once: from here on lines may wait for a return
        self._is_leaving = False  # the person said goodbye
        self._close_by: float | None = None  # set once `close` was called
        self._has_ended = False  # the last event is decided
        self._must_retry = False
        self._asked_at: float | None = None  # the question that is under way
        self._lag_seconds: float | None = None
        # Written by the socket thread, read by any:
        self._people: tuple[str, ...] = ()
        self._name = ""
        self._is_away = False
        # The socket thread alone:
        self._verifier = Verifier(host, port, trust) if trust is not None else None
        self._wanted_name = message.clean(name)
        self._pending: deque[Event] = deque()  # events that found no room yet
        self._people_are_news = False
        self._can_write = True
        self._ask_by = 0.0
        self._pause_seconds = FIRST_PAUSE_SECONDS
        self._lines_sent_again = 0
        self._remarks: tuple[str, ...] = ()  # for the person, once they are in

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

    @property
    def is_away(self) -> bool:
        """Whether a connection that was lost has not come back yet. Any thread."""
        return self._is_away and not self._has_ended

    @property
    def lag_seconds(self) -> float | None:
        """How long the server takes to answer, or has not answered now; None: not known.

        Only with `reconnect`. Any thread.
        """
        with self._lock:
            if self._asked_at is None:
                return self._lag_seconds
            return max(self._lag_seconds or 0.0, time.monotonic() - self._asked_at)

    @property
    def unsent(self) -> tuple[str, ...]:
        """After the end: the lines that are not known to have arrived, oldest first. Any thread.

        Without `reconnect` nobody asks, and only lines that never left are known.
        """
        with self._lock:
            return tuple(self._lines.unsent())

    def start(self) -> None:
        """Begin to connect, in the connection's own thread. Call it once."""
        self._thread.start()

    def send(self, text: str) -> None:
        """Hand one line to the socket thread; after NameRefused, a name. Any thread; never waits.

        With `reconnect`, a line that is sent while the connection is lost waits for its return.
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
            self._raise_if_not_sendable(len(line))
            self._put(line, is_goodbye(text))
        self._wakeup.ring()

    def _raise_if_not_sendable(self, size: int) -> None:
        """Under _lock. Raises SendError when a line has no place in the conversation now."""
        if self._has_ended or self._close_by is not None:
            raise SendError("The connection has ended; this was not sent.")
        if not self._was_in and (self._dialogue is None or self._dialogue.awaits_server):
            raise SendError("You are not in the conversation yet; this was not sent.")
        if not self._lines.has_room(size):
            raise SendQueueFull("Too much waits to be sent already; this was not sent.")

    def _put(self, line: bytes, is_goodbye: bool) -> None:
        """Under _lock."""
        if self._dialogue is not None and self._dialogue.stage is Stage.REFUSED:
            self._dialogue.name_was_sent()
            self._lines.put_first(line)
        elif self._dialogue is None and is_goodbye:  # nobody is there to be told
            self._close_by = time.monotonic()
        else:
            self._lines.put(line)
        self._is_leaving = self._is_leaving or is_goodbye

    def retry_now(self) -> None:
        """Where the connection is lost: do not wait for the end of the pause. Any thread."""
        with self._lock:
            self._must_retry = True
        self._wakeup.ring()

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

    # --- the socket thread: one conversation after the other -----------------------------------

    def _run(self) -> None:
        try:
            self._live()
        except Ended as end:
            last = Disconnected(str(end), end.was_wished)
        except Exception as error:  # noqa: BLE001 - a thread's outermost frame
            last = Disconnected(f"A fault in this program: {error!r}.")
        self._finish(last)
        self._wakeup.close()

    def _live(self) -> NoReturn:
        """Converse, and again after a loss where that is wished, until an Ended that is final."""
        while True:
            began = time.monotonic()
            try:
                self._converse()
            except Ended as end:
                if self._is_last(end):
                    raise
                if not self._is_away and time.monotonic() - began > STEADY_SECONDS:
                    self._pause_seconds = FIRST_PAUSE_SECONDS
                pause = self._lose(str(end))
            self._wait_to_retry(pause)

    def _is_last(self, end: Ended) -> bool:
        with self._lock:
            may_return = self._reconnect and self._was_in and not self._is_leaving
            return end.is_final or not may_return or self._close_by is not None

    def _lose(self, reason: str) -> float:
        """Put aside what belonged to the lost connection, and say so; the seconds to pause."""
        with self._lock:
            if self._dialogue is not None:
                self._wanted_name = self._dialogue.name_to_keep
            self._dialogue = None
            self._lines_sent_again += self._lines.rewind()
            self._asked_at = None
            self._must_retry = False
            self._is_away = True
        self._people_are_news = True
        self._tell_people()
        pause = self._pause_seconds * random.uniform(0.5, 1.5)
        self._pause_seconds = min(2 * self._pause_seconds, LONGEST_PAUSE_SECONDS)
        self._emit(ConnectionLost(reason, pause))
        return pause

    def _wait_to_retry(self, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while not self._must_retry and (left := deadline - time.monotonic()) > 0:
            self._wakeup.wait(left)
            self._wakeup.clear()
            self._look_up()

    def _look_up(self) -> None:
        """The doorbell rang while there is no connection. Raises Ended when it was `close`."""
        if self._close_by is not None:
            raise Ended(_LEFT, was_wished=True)
        self._tell_people()
        self._flush_pending()

    def _converse(self) -> NoReturn:
        """From connecting to the end of the connection, which is always an Ended."""
        connection, verdict = open_stream(
            self.host, self.port, self._verifier, self._wakeup, self._look_up
        )
        with contextlib.ExitStack() as at_the_end:
            at_the_end.callback(hang_up, connection)  # over TLS, too, with a goodbye
            with self._lock:
                self._dialogue = Dialogue(self._wanted_name, is_return=self._was_in)
            self._can_write = True
            self._emit(Connected())
            if verdict is not None:
                self._remarks = verdict.remarks
                self._emit(Secured(verdict.version, verdict.fingerprint, verdict.is_first))
            with contextlib.closing(Waiter(connection, self._wakeup)) as waiter:
                self._talk(connection, waiter, LineDecoder(MAX_SERVER_LINE_BYTES))

    # --- the socket thread: one conversation ---------------------------------------------------

    def _talk(self, connection: Stream, waiter: Waiter, decoder: LineDecoder) -> NoReturn:
        """Read, write and wait, until Ended."""
        while True:
            self._wakeup.clear()  # before looking at what was rung for, never after
            self._tell_people()
            self._flush_pending()
            self._raise_if_overdue()
            self._let_lines_go()
            if is_closing := self._close_by is not None:
                self._pending.clear()  # who closes reads no more, and wants to wait for nobody
                if not self._lines.wire and not self._lines.is_held_up:
                    self._half_close(connection)
            is_readable, is_writable = waiter.wait(
                read=is_closing or not self._pending,
                write=bool(self._lines.wire) and self._can_write,
                seconds=self._seconds_to_wait(),
            )
            if is_writable:
                self._write(connection)
            if is_readable:
                self._read(connection, decoder)

    def _let_lines_go(self) -> None:
        """Give the wire what waits, once the person is in; and ask what has arrived, in time."""
        with self._lock:
            assert self._dialogue is not None
            if self._dialogue.stage is not Stage.IN:
                return
            self._lines.let_go()
            if self._lines.has_unconfirmed:
                seconds = 0.0 if self._lines.is_held_up else CONFIRM_SECONDS
                self._ask_by = min(self._ask_by, time.monotonic() + seconds)
            if self._may_ask() and time.monotonic() >= self._ask_by:
                question, mark = self._dialogue.ask()
                self._lines.put_mark(encode_line(question), mark)
                self._asked_at = time.monotonic()
                self._ask_by = self._asked_at + PING_SECONDS

    def _may_ask(self) -> bool:
        """Under _lock. Not after a goodbye: to answer what is closed, a server sends a reset.

        But where lines are held up, so is the goodbye.
        """
        is_going = self._is_leaving or self._close_by is not None
        must_not = is_going and not self._lines.is_held_up
        return self._reconnect and self._asked_at is None and not must_not and self._can_write

    def _half_close(self, connection: Stream) -> None:
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
            elif self._dialogue.stage is Stage.IN and self._may_ask():
                due.append(self._ask_by)
        return max(0.0, min(due) - time.monotonic()) if due else None

    def _raise_if_overdue(self) -> None:
        now = time.monotonic()
        with self._lock:
            assert self._dialogue is not None
            if self._close_by is not None and now >= self._close_by:
                raise Ended(_LEFT, was_wished=True)
            if self._dialogue.awaits_server and now >= self._dialogue.due:
                raise Ended(
                    f"{self.host} port {self.port} took the connection, but gave no answer within "
                    f"{ANSWER_SECONDS:g} seconds. {self._doubt}"
                )

    @property
    def _doubt(self) -> str:
        speaks_tls = " Or does it speak TLS (--tls)?" if self._verifier is None else ""
        return f"Is it a phase 4 chat server?{speaks_tls}"

    def _write(self, connection: Stream) -> None:
        with self._lock:
            piece = bytes(self._lines.wire[:RECV_BYTES])
        try:
            count = connection.send(piece)
        except (BlockingIOError, InterruptedError):
            return
        except OSError:
            # The server is gone. Its last words may still be there to read: they say why.
            self._can_write = False
            return
        with self._lock:
            del self._lines.wire[:count]

    def _read(self, connection: Stream, decoder: LineDecoder) -> None:
        try:
            data = connection.recv(RECV_BYTES)
        except (BlockingIOError, InterruptedError):
            return
        except OSError as error:
            raise self._end(f"The connection was lost ({why_lost(error)})", False) from error
        if not data:
            cut = " in the middle of a line" if decoder.has_unfinished_line else ""
            raise self._end(f"The server closed the connection{cut}", self._all_has_arrived())
        for line in decoder.feed(data):
            self._receive(line)

    def _all_has_arrived(self) -> bool:
        """The server has ended. Was that its answer to a goodbye, which comes after all else?"""
        with self._lock:
            has_answered = self._lines.is_empty and (self._is_leaving or self._close_by is not None)
            if has_answered:
                self._lines.confirm_all()
            return has_answered and self._is_leaving

    def _end(self, fact: str, was_wished: bool) -> Ended:
        """The end of the stream, with the reason that the server gave just before it."""
        assert self._dialogue is not None
        if was_wished or self._close_by is not None:
            return Ended(_LEFT, was_wished=True)
        words = self._dialogue.last_words
        return Ended(
            f"{fact}, saying: {words}" if words else f"{fact}.",
            is_final=words == message.DISCONNECTED_BY_OPERATOR,
        )

    def _receive(self, line: str | BadLine) -> None:
        with self._lock:
            dialogue = self._dialogue
            assert dialogue is not None
            was_in = dialogue.stage is Stage.IN
            try:
                self._take(dialogue.receive(line))
            finally:
                while dialogue.answers:
                    self._lines.put_first(encode_line(dialogue.answers.popleft()))
            self._people_are_news |= dialogue.people_changed
            dialogue.people_changed = False
            self._name = dialogue.name or self._name
            if dialogue.stage is Stage.IN and not was_in:
                self._come_in()

    def _take(self, events: Iterator[Event | Pong]) -> None:
        """Under _lock."""
        for event in events:
            if not isinstance(event, Pong):
                self._pending.append(event)
            elif self._asked_at is not None:
                self._lag_seconds = time.monotonic() - self._asked_at
                self._asked_at = None
                self._lines.confirm(event.mark)

    def _come_in(self) -> None:
        """Under _lock: the server has just let us in."""
        self._was_in = True
        self._is_away = False
        self._ask_by = time.monotonic() + CONFIRM_SECONDS
        self._pending.extend(remark(message.clean(text)) for text in self._remarks)
        self._remarks = ()
        if count := self._lines_sent_again:
            self._lines_sent_again = 0
            self._ask_by = time.monotonic()  # or a connection that breaks each second repeats all
            what = "A line" if count == 1 else f"{count} lines"
            were = "was" if count == 1 else "were"
            self._pending.append(remark(f"{what} that may not have arrived {were} sent again."))

    # --- the socket thread: what it tells ------------------------------------------------------

    def _tell_people(self) -> None:
        """Put one PeopleChanged for all that changed, and none while the last is still unread.

        A list may have 100,000 names: one for each line that changes it would fill the memory.
        """
        if not self._people_are_news:
            return
        self._events.wants_people_taken = True
        if self._events.has_people:
            return  # its reader will ring
        self._events.wants_people_taken = False
        self._people_are_news = False
        people = self._dialogue.roster.in_order() if self._dialogue is not None else ()
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
