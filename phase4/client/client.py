r"""The face of the core, for any client and any bot: it knows no toolkit.

New here: **one thread owns the socket**. It connects, reads and writes; everybody else talks to it
through two queues. What the server says comes out of `events`, as objects; what a person says goes
in through `send`, which never waits. So a window stays alive whatever the network does, and
nothing but plain Python is shared between the threads. A bot is a loop over the events:

    from contextlib import suppress
    from phase4.client import Client, Disconnected, Received, SendError
    from shared.message import Private

    bot = Client("127.0.0.1", 12345, "Echo")
    bot.start()
    while not isinstance(event := bot.events.get(), Disconnected):
        match event:
            case Received(Private(sender=sender, text=text)) if sender != bot.name:
                with suppress(SendError):  # somebody's line may be too long to send back
                    bot.send(f"/pm {sender} {text}")
    print(event.reason)

With `reconnect=True` a lost connection is not the end: after a `ConnectionLost` the client connects
again by itself, with growing pauses, takes its name back, and sends what was typed meanwhile. What
it had sent just before goes out again, unless the server is known to have it (send_queue.py).

With `trust=Trust()` all of it goes over TLS, and nothing is said before the server has shown that
it is the right one (phase4/transport/trust.py). `phase4.echo_bot` is the bot above as a program.

A client trusts no server: every text is cleaned, every list and queue has a bound, and a server
that says nothing, or is not a chat server at all, is a `Disconnected` with a sentence that says so.

From the phases before: one thread for the keyboard and one for the socket (phase 2's client), now
with events between them. What is said, and when, is decided in phase4/client/talk.py, which does no
I/O. From `shared/`: framing, and the doorbell that wakes the thread while it waits.
"""

import contextlib
import queue
import random
import socket
import threading
import time
from typing import TYPE_CHECKING, NoReturn

from phase4.client.dialing import Doorbell, Waiter, is_within_machine
from phase4.client.dialogue import ANSWER_SECONDS
from phase4.client.event_queue import EventQueue
from phase4.client.events import (
    Connected,
    ConnectionLost,
    Disconnected,
    Ended,
    Event,
    PeopleChanged,
    Secured,
)
from phase4.client.observed import Observed
from phase4.client.opening import open_stream, verifier_of
from phase4.client.talk import LEFT, Talk
from phase4.transport.errors import in_words
from phase4.transport.trusting import Trust
from shared.deadline import Deadline
from shared.defaults import MAX_SERVER_LINE_BYTES, RECV_BYTES
from shared.framing import LineDecoder
from shared.goodbye import hang_up
from shared.stream import Stream
from shared.wakeup import Wakeup

if TYPE_CHECKING:  # with OpenSSL, which a client without TLS does not load
    from phase4.transport.trust import Verdict

FIRST_PAUSE_SECONDS = 1.0
LONGEST_PAUSE_SECONDS = 30.0
"""Before connecting again: 1 s, doubled each time, up to 30 s, and each a half more or less by
chance. When a server comes back, a thousand clients must not all knock in the same instant."""

STEADY_SECONDS = 30.0
"""A connection that lasted this long begins the pauses anew."""


class Client(Observed):
    """A person, or a bot, at one server, from connecting to the end.

    Take events from `events` until `Disconnected`; call everything else from any thread.
    """

    def __init__(
        self,
        host: str,
        port: int,
        name: str = "",
        *,
        password: str = "",
        reconnect: bool = False,
        trust: Trust | None = None,
    ) -> None:
        """Nothing happens before `start`. An empty name asks the server for a random one.

        Where the server has registered the name, it logs in with `password`: over TLS, or within
        this machine. What is typed to log in is remembered until the end, for returns.

        With `trust` it speaks TLS, and only with a server that is trusted (transport/trust.py).
        """
        super().__init__(Talk(name, password, reconnects=reconnect))
        self.host = host
        self.port = port
        # Rung by any thread; the socket thread waits for it.
        self._wakeup = Wakeup()
        self._events = EventQueue(self._wakeup.ring)
        self.events: queue.Queue[Event] = self._events
        self._thread = threading.Thread(target=self._run, name=f"{host}:{port}", daemon=True)
        # Whether somebody wants no more pause. Written by any thread, under `_lock`.
        self._must_retry = False
        # All below belongs to the socket thread alone.
        self._verifier = verifier_of(host, port, trust)
        self._pause_seconds = FIRST_PAUSE_SECONDS

    def start(self) -> None:
        """Begin to connect, in the client's own thread. Call it once."""
        self._thread.start()

    def send(self, text: str) -> int:
        """Hand one line to the socket thread. Any thread; never waits.

        Which line it is, counted from 1: compare it with `arrived`.
        With `reconnect`, a line that is sent while the connection is lost waits for its return.
        Raises SendError where the line cannot be sent, with a sentence that says why.
        """
        with self._lock:
            number = self._talk.send(text)
        self._wakeup.ring()
        return number

    def recall(self, question: str) -> None:
        """Ask about the past (`/history before 7`, `/search hello`): a Recalled is the answer.

        It is no part of the conversation. Any thread; never waits. After a loss no answer comes.
        Raises SendError with a sentence where it cannot be asked now.
        """
        with self._lock:
            self._talk.recall(question)
        self._wakeup.ring()

    def send_name(self, name: str) -> None:
        """After NameRefused: give another name; an empty one asks for a random one. Any thread.

        Raises SendError, with a sentence, where the server asks for no name any more.
        """
        with self._lock:
            self._talk.send_name(name)
        self._wakeup.ring()

    def send_password(self, password: str) -> None:
        """After PasswordAsked: log in with this one. Any thread.

        Raises SendError as `send_name` does, and where others could read it on the way.
        """
        with self._lock:
            self._talk.send_password(password)
        self._wakeup.ring()

    def retry_now(self) -> None:
        """Where the connection is lost: do not wait for the end of the pause. Any thread."""
        with self._lock:
            self._must_retry = True
        self._wakeup.ring()

    def close(self, seconds: float = 2.0) -> None:
        """Let what was sent leave, then end, within `seconds`. Any thread; again does no harm.

        The last event is then Disconnected; events that find no space in the queue are dropped.
        """
        with self._lock:
            self._talk.close(seconds)
        self._wakeup.ring()
        if self._thread.ident is None:
            self._wakeup.close()  # never started: there is nobody else to do it
        elif self._thread is not threading.current_thread():
            self._thread.join(seconds + 0.5)
            if self._thread.is_alive():  # the system looks up a name, and nothing interrupts that
                self._finish(Disconnected(LEFT, was_wished=True))

    # --- the socket thread: one connection after the other --------------------------------------

    def _run(self) -> None:
        try:
            self._live()
        except Ended as end:
            last = end.as_event()
        except Exception as error:  # noqa: BLE001 - a thread's outermost frame
            last = Disconnected(f"A fault in this program: {error!r}.")
        self._finish(last)
        self._wakeup.close()

    def _live(self) -> NoReturn:
        """Converse, and again after a loss where that is wanted, until an Ended that is final."""
        while True:
            began = time.monotonic()
            try:
                self._converse()
            except Ended as end:
                if self._is_last(end):
                    raise
                if not self._talk.is_away and time.monotonic() - began > STEADY_SECONDS:
                    self._pause_seconds = FIRST_PAUSE_SECONDS
                pause = self._lose(str(end))
            self._wait_to_retry(pause)

    def _is_last(self, end: Ended) -> bool:
        with self._lock:
            return end.is_final or not self._talk.may_return

    def _lose(self, reason: str) -> float:
        """Put aside what belonged to the lost connection, and say so; the seconds to pause."""
        with self._lock:
            self._talk.lost()
            self._must_retry = False
        self._tell_people()
        pause = self._pause_seconds * random.uniform(0.5, 1.5)
        self._pause_seconds = min(2 * self._pause_seconds, LONGEST_PAUSE_SECONDS)
        self._events.tell(ConnectionLost(reason, pause))
        return pause

    def _wait_to_retry(self, seconds: float) -> None:
        deadline = Deadline(seconds)
        while not self._must_retry and not deadline.has_passed:
            self._wakeup.wait(deadline.seconds_left)
            self._wakeup.clear()
            self._look_up()

    def _look_up(self) -> None:
        """The doorbell rang while there is no connection. Raises Ended when it was `close`."""
        if self._talk.is_closing:
            raise Ended(LEFT, was_wished=True)
        self._tell_people()
        self._events.flush()

    def _converse(self) -> NoReturn:
        """From connecting to the end of the connection, which is always an Ended."""
        doorbell = Doorbell(self._wakeup, self._look_up)
        stream, verdict = open_stream(self.host, self.port, self._verifier, doorbell)
        with contextlib.ExitStack() as at_the_end:
            at_the_end.callback(hang_up, stream)  # over TLS, too, with a goodbye
            self._begin(stream, verdict)
            self._exchange(stream)

    def _begin(self, stream: Stream, verdict: "Verdict | None") -> None:
        remarks = verdict.remarks if verdict is not None else ()
        with self._lock:
            self._talk.connected(
                remarks, is_confidential=verdict is not None or is_within_machine(stream)
            )
        self._events.tell(Connected())
        if verdict is not None:
            self._events.tell(Secured(verdict.version, verdict.fingerprint, verdict.is_first))

    # --- the socket thread: one connection ------------------------------------------------------

    def _exchange(self, stream: Stream) -> NoReturn:
        """Read, write and wait, until Ended."""
        waiter, decoder = Waiter(stream, self._wakeup), LineDecoder(MAX_SERVER_LINE_BYTES)
        while True:
            self._wakeup.clear()  # before looking at what was rung for, never after
            self._tell_people()
            self._events.flush()
            with self._lock:
                self._raise_if_overdue()
                data = self._talk.to_write()
                self._events.pending += self._talk.news()
                due = self._talk.due
                is_closing, has_said_all = self._talk.is_closing, self._talk.has_said_all
            if is_closing:
                # A client that closes reads no more, and waits for nobody.
                self._events.pending.clear()
            if has_said_all:
                self._half_close(stream)
            is_readable, is_writable = waiter.wait(
                read=is_closing or not self._events.pending,
                write=bool(data),
                seconds=None if due is None else max(0.0, due - time.monotonic()),
            )
            if is_writable:
                self._write(stream, data)
            if is_readable:
                self._read(stream, decoder)

    def _half_close(self, stream: Stream) -> None:
        """All is sent: say so (FIN), and go on reading until the server has ended as well.

        To close with unread input would send a reset, which may overtake what we sent
        (RFC 2525, 2.17).
        """
        if self._stop_writing():
            with contextlib.suppress(OSError):
                stream.shutdown(socket.SHUT_WR)

    def _stop_writing(self) -> bool:
        with self._lock:
            return self._talk.stop_writing()

    def _raise_if_overdue(self) -> None:
        """Under _lock."""
        if self._talk.must_end:
            raise Ended(LEFT, was_wished=True)
        if self._talk.is_unanswered:
            speaks_tls = " Or does it speak TLS (--tls)?" if self._verifier is None else ""
            raise Ended(
                f"{self.host} port {self.port} took the connection, but gave no answer within "
                f"{ANSWER_SECONDS:g} seconds. Is it a phase 4 chat server?{speaks_tls}"
            )

    def _write(self, stream: Stream, data: bytes) -> None:
        try:
            count = stream.send(data)
        except (BlockingIOError, InterruptedError):
            return
        except OSError:
            # The server is gone. Its last words may still be there to read: they say why.
            self._stop_writing()
            return
        with self._lock:
            self._talk.wrote(count)

    def _read(self, stream: Stream, decoder: LineDecoder) -> None:
        try:
            data = stream.recv(RECV_BYTES)
        except (BlockingIOError, InterruptedError):
            return
        except OSError as error:
            why = self._verifier.why_lost(error) if self._verifier else in_words(error)
            raise self._why_ended(f"The connection was lost ({why})", in_order=False) from error
        if not data:
            cut = " in the middle of a line" if decoder.has_unfinished_line else ""
            raise self._why_ended(f"The server closed the connection{cut}", in_order=True)
        for line in decoder.feed(data):
            with self._lock:
                self._events.pending += self._talk.receive(line)

    def _why_ended(self, fact: str, *, in_order: bool) -> Ended:
        with self._lock:
            return self._talk.why_ended(fact, in_order=in_order)

    # --- the socket thread: what it tells ------------------------------------------------------

    def _tell_people(self) -> None:
        """Put one PeopleChanged for all that changed, and none while the last is still unread.

        A list may have 100,000 names: one for each line that changes it would fill the memory.
        """
        if not self._talk.people_are_news:
            return
        self._events.wants_people_taken = True
        if self._events.has_people:
            return  # its reader will ring
        self._events.wants_people_taken = False
        self._talk.people_are_news = False
        people = self._talk.people()  # without the lock: it takes a while to sort 100,000 names
        is_other = people != self._people
        self._people = people
        self._knows_people = self._talk.knows_people
        if is_other:
            self._events.has_people = True
            self._events.pending.append(PeopleChanged(people))

    def _finish(self, last: Disconnected) -> None:
        """Deliver the last event, once. The socket thread; or `close`, where that is held up."""
        with self._lock:
            is_first = self._talk.end()
        if is_first:
            self._deliver_last(last)

    def _deliver_last(self, last: Disconnected) -> None:
        """Deliver what still waits, and `last`. Wait for space, but not once the client closed."""
        self._events.pending.append(last)
        while True:
            self._wakeup.clear()
            is_closed = self._talk.is_closing  # looked at before the queue is
            self._events.flush()
            if not self._events.pending:
                return
            if is_closed:
                break
            self._wakeup.wait(60.0)
        self._events.force(last)
