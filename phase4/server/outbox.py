"""Sending to everybody without waiting for anybody: outboxes, batches, and the one writing thread.

Phase 3 sends from the speaker's own thread, so one reader that stops reading freezes everybody.
Here no session sends. It adds what is to be sent to the current *batch*, under one short lock, and
goes on. One thread, the FanOut, takes whole batches and, for each:

1. appends it to the logs (delivered implies logged);
2. joins everything that was said in it to one blob, and gives each socket the blob with one call
   that does not wait (a send() costs some microseconds, hardly more for fifty lines than for
   one: this is why the server is fast when it is busy);
3. keeps what a socket did not take in that person's *outbox*, and sends it when the socket can
   take more. An outbox has a bound; a client that exceeds it has stopped reading, and is cut off.

Most people get the blob as it is. Those who spoke in the batch (nobody hears themselves), came or
went during it, or were told something of their own, get a Personal version of the same lines. So
the order in which things were added is the order in everybody's stream and in the logs.

Who owns what: the lock guards the current batch and who is listening. All sending, and all of an
outbox's `unsent`, belongs to the writing thread.
"""

import contextlib
import os
import selectors
import socket
import threading
import time
from collections import deque
from collections.abc import Callable

from phase4.server.batch import Batch, Outbox
from phase4.server.log_file import Log
from phase4.server.personal import Personal, numbered
from shared.defaults import DRAIN_SECONDS, OUTBOX_BYTES, STALL_SECONDS
from shared.goodbye import shut_down
from shared.poller import ManyPoller
from shared.wakeup import Wakeup

__all__ = ["MAX_BATCH_BYTES", "FanOut", "Outbox"]

MAX_BATCH_BYTES = 256 * 1024
"""A batch this large is full: a session that wants to add to it waits until it was taken. It is a
quarter of an outbox; sessions that looked just before it was full may each add one more line."""

_SMALL_BYTES = 4096  # smaller pieces of an outbox are copied together
_TICK_SECONDS = 1.0  # between two looks at stalled outboxes and refused log entries


class FanOut:
    """The writing thread and the batch that it will take next.

    Add inside `with fan_out:`, which holds the lock and, at its end, wakes the writing thread.
    What belongs together (a claim of a name and its announcement, a message and its log entry) is
    added inside one `with`, and nothing can come between.

    There are three callbacks, all in the writing thread and without the lock: `on_slow(outbox,
    reason)` when a client has stopped reading, `on_tick()` about once a second, and
    `report(sentence)` when a bug in this program ends the thread.
    """

    def __init__(
        self,
        on_slow: Callable[[Outbox, str], None],
        *,
        on_tick: Callable[[], None] = lambda: None,
        report: Callable[[str], None] = print,
        outbox_bytes: int = OUTBOX_BYTES,
        stall_seconds: float = STALL_SECONDS,
    ) -> None:
        # Guards the current batch and who is listening.
        self.lock = threading.Lock()
        self._batch_taken = threading.Condition(self.lock)
        self._batch = Batch()

        # Who gets what is broadcast, in order of joining. Under the lock, too.
        self._listening: dict[Outbox, None] = {}

        # Those who want to read the numbers of messages as well. Under the lock, too.
        self._counting: set[Outbox] = set()

        # Wakes the writing thread. `_is_rung`: it was woken for the current batch. Any thread sets
        # it, without the lock (see __exit__); the writing thread takes it back, under the lock.
        self._wakeup = Wakeup()
        self._is_rung = False

        # Both are only ever set: by any thread, and by the writing thread when a fault ended it.
        self._is_stopping = False
        self.is_broken = threading.Event()
        self._on_slow = on_slow
        self._on_tick = on_tick
        self._report = report
        self._outbox_bytes = outbox_bytes
        self._stall_seconds = stall_seconds

        # All below belong to the writing thread; other threads may read the counters, for show.
        # First the outboxes with something unsent, and those that are to be released.
        self._waiting: dict[Outbox, None] = {}
        self._finishing: dict[Outbox, None] = {}
        self._selector = ManyPoller()
        self._next_tick = 0.0
        self._several_speak = False  # the last batch held more than one line

        # Lines handed to the system, counted once for each person who gets one; and bytes.
        self.deliveries = self.bytes_out = 0
        self._thread = threading.Thread(target=self._run, name="writer", daemon=True)

    # --- adding, from any thread ------------------------------------------------------------

    def __enter__(self) -> None:
        """Take the lock."""
        self.lock.acquire()

    def __exit__(self, *_: object) -> None:
        """Let go of the lock, then wake the writing thread unless it was told already.

        `_is_rung` is read without the lock: the thread takes it back under the lock, together with
        the batch, so a thread that sees it set has added to a batch that is still to be taken.
        """
        self.lock.release()
        if not self._is_rung:
            self._is_rung = True
            self._wakeup.ring()

    def wait_for_room(self) -> None:
        """Wait while the batch is full. A session calls this before each line, without the lock.

        The writing thread never waits for a person, so this takes no longer than a disk does. It
        slows down those who speak, never those who only listen.
        """
        if self._batch.weight < MAX_BATCH_BYTES:
            return
        with self._batch_taken:
            while self._batch.weight >= MAX_BATCH_BYTES and not self._is_stopping:
                self._batch_taken.wait(_TICK_SECONDS)

    def broadcast(self, line: bytes, sender: Outbox | None = None, number: int = 0) -> None:
        """Add a line for all who listen, except its sender. Holding the lock.

        It is the message of this number; 0: it is none.
        """
        batch = self._batch
        if number:
            batch.numbers[len(batch.lines)] = number
        if sender is not None:
            self._personal(sender).skip(len(batch.lines))
        batch.lines.append(line)
        batch.weight += len(line)

    def deliver(self, line: bytes, outbox: Outbox) -> None:
        """Add a line for one person alone. Holding the lock."""
        self._personal(outbox).add(line, len(self._batch.lines))
        self._batch.weight += len(line)

    def log(self, log: Log, entry: bytes) -> None:
        """Add an entry that is written before anything of this batch is sent. Holding the lock."""
        self._batch.logged.setdefault(log, []).append(entry)
        self._batch.weight += len(entry)

    def when_sent(self, call: Callable[[], object]) -> None:
        """Call this, in the writing thread, once this batch is logged and sent. Holding the lock.

        It must not wait, nor raise anything.
        """
        self._batch.sent.append(call)

    def listen(self, outbox: Outbox) -> None:
        """From here on this person gets what is broadcast. Holding the lock."""
        self._personal(outbox).listen(len(self._batch.lines))
        self._listening[outbox] = None

    def stop_listening(self, outbox: Outbox) -> None:
        """From here on this person gets nothing that is broadcast. Holding the lock."""
        if outbox in self._listening:
            self._personal(outbox).stop_listening(len(self._batch.lines))
            del self._listening[outbox]
            self._counting.discard(outbox)

    def count(self, outbox: Outbox, *, wanted: bool) -> None:
        """From here on the messages that this person gets have numbers, or not. Holding the lock.

        Those of the same batch may have theirs a little earlier.
        """
        (self._counting.add if wanted else self._counting.discard)(outbox)

    def finish(self, outbox: Outbox) -> None:
        """Release it once all that was added has left, or its time is over. Holding the lock."""
        self.stop_listening(outbox)
        self._batch.finished.append(outbox)

    def hang_up(self, outbox: Outbox) -> None:
        """As `finish`, and end the connection, which its session does not do. Holding the lock.

        The peer reads all that was added, and then the end of the stream. If it does not end its
        own direction within a second, it is hung up on. The shutdown wakes the session.
        """
        outbox.must_hang_up = True
        self.finish(outbox)

    def _personal(self, outbox: Outbox) -> Personal:
        personal = self._batch.personal.get(outbox)
        if personal is None:
            personal = Personal(0 if outbox in self._listening else None)
            self._batch.personal[outbox] = personal
        return personal

    # --- start and stop ---------------------------------------------------------------------------

    def start(self) -> None:
        """Start the writing thread."""
        self._thread.start()

    def stop(self, seconds: float = DRAIN_SECONDS) -> None:
        """Take the last batch, send what sockets take at once, release all, end the thread."""
        self._is_stopping = True
        self._wakeup.ring()
        if self._thread.ident is not None:  # else it could not be started
            self._thread.join(seconds)

    # --- the writing thread -----------------------------------------------------------------------

    def _run(self) -> None:
        try:
            self._selector.register(self._wakeup, selectors.EVENT_READ)
            while not self._is_stopping:
                self._wait()
                self._flush()
                self._tick()
            self._flush()
        except BaseException as error:  # noqa: BLE001 - a thread's outermost frame: it must be known
            self.is_broken.set()  # first: without memory, the sentence may fail
            self._report(f"A fault in this program stopped the writing thread: {error!r}")
        finally:
            for outbox in [*self._finishing, *self._waiting]:
                with contextlib.suppress(Exception):  # the fault may have been in the midst of it
                    self._release(outbox)
            self._selector.close()
            self._wakeup.close()

    def _wait(self) -> None:
        """Wait for a batch, or for a socket that can take more."""
        for key, _ in self._selector.select(_TICK_SECONDS):
            if key.data is None:
                self._wakeup.clear()
                # The first line of a batch woke us. Where several people speak, let their threads
                # run: what they add now goes out with the same calls. To yield where nobody else
                # speaks has a cost: then every thread that our calls wake may interrupt us.
                if self._several_speak:
                    _yield_once()
            else:
                self._send_unsent(key.data)

    def _flush(self) -> None:
        """Take the batch; log it, then send it."""
        with self.lock:
            batch, self._batch = self._batch, Batch()
            self._is_rung = False
            counting = frozenset(self._counting)
            listeners = [each for each in self._listening if each not in batch.personal]
            self._batch_taken.notify_all()
        for log, entries in batch.logged.items():
            log.append(entries)
        self._several_speak = len(batch.lines) > 1
        lines = with_numbers = batch.lines
        if counting:
            with_numbers = numbered(lines, batch.numbers)
            self._send_lines([each for each in listeners if each in counting], with_numbers)
            listeners = [each for each in listeners if each not in counting]
        self._send_lines(listeners, lines)
        for outbox, personal in batch.personal.items():
            data = personal.build(with_numbers if outbox in counting else lines)
            self._send_personal(outbox, data)
        for call in batch.sent:
            call()
        for outbox in batch.finished:
            self._finish(outbox)

    def _send_lines(self, outboxes: list[Outbox], lines: list[bytes]) -> None:
        if lines:
            self._send_to_all(outboxes, b"".join(lines))
            self.deliveries += len(outboxes) * len(lines)

    def _send_to_all(self, outboxes: list[Outbox], blob: bytes) -> None:
        """One call for each socket. The hot loop: what is rare stands in other functions."""
        size = len(blob)
        for outbox in outboxes:
            try:
                sent = 0 if outbox.unsent else outbox.connection.send(blob)
            except BlockingIOError:
                sent = 0
            except OSError:
                self._break(outbox)
                continue
            self.bytes_out += sent
            if sent < size:
                self._keep(outbox, memoryview(blob)[sent:])

    def _send_personal(self, outbox: Outbox, data: bytes) -> None:
        if data and not outbox.released.is_set():
            self.deliveries += data.count(b"\n")
            self._send_to_all([outbox], data)

    def _keep(self, outbox: Outbox, rest: memoryview) -> None:
        """Put what the socket did not take into the outbox. It shares the batch's memory."""
        if outbox.is_broken or outbox.released.is_set():
            return
        if not outbox.unsent:
            outbox.waits_since = time.monotonic()
            self._waiting[outbox] = None
            self._selector.register(outbox.connection, selectors.EVENT_WRITE, outbox)
        self._append(outbox.unsent, rest)
        outbox.unsent_bytes += len(rest)
        if outbox.unsent_bytes > self._outbox_bytes:
            self._cut(outbox)

    @staticmethod
    def _append(unsent: deque[memoryview], rest: memoryview) -> None:
        """Add a piece. A large one shares the batch's memory; small ones are copied together.

        Each piece costs Python some 200 bytes of its own, and keeps the whole batch alive: an
        outbox full of short lines would take 16 times what its bound says.
        """
        if len(rest) < _SMALL_BYTES:
            if unsent and len(unsent[-1]) < _SMALL_BYTES:
                rest = memoryview(bytes(unsent.pop()) + rest)
            else:
                rest = memoryview(bytes(rest))
        unsent.append(rest)

    def _send_unsent(self, outbox: Outbox) -> None:
        """The socket can take more."""
        try:
            while outbox.unsent:
                sent = outbox.connection.send(outbox.unsent[0])
                self.bytes_out += sent
                outbox.waits_since = time.monotonic()
                outbox.unsent_bytes -= sent
                if sent < len(outbox.unsent[0]):
                    outbox.unsent[0] = outbox.unsent[0][sent:]
                else:
                    outbox.unsent.popleft()
        except BlockingIOError:
            return
        except OSError:
            self._break(outbox)
            return
        self._forget_unsent(outbox)
        self._release_if_finishing(outbox)

    def _forget_unsent(self, outbox: Outbox) -> None:
        if outbox in self._waiting:
            del self._waiting[outbox]
            self._selector.unregister(outbox.connection)
        outbox.unsent.clear()
        outbox.unsent_bytes = 0

    def _cut(self, outbox: Outbox) -> None:
        """Disconnect a client that has stopped reading."""
        # The reason first: their session, woken by the shutdown, would leave without one.
        self._on_slow(outbox, "stopped reading")
        self._break(outbox)

    def _break(self, outbox: Outbox) -> None:
        """Give up a socket that nothing can be sent to any more. Wakes its session, which ends."""
        outbox.is_broken = True
        self._forget_unsent(outbox)
        shut_down(outbox.connection)
        self._release_if_finishing(outbox)

    def _finish(self, outbox: Outbox) -> None:
        if outbox.unsent:
            outbox.finish_by = time.monotonic() + DRAIN_SECONDS
            self._finishing[outbox] = None
        else:
            self._all_has_left(outbox)

    def _release_if_finishing(self, outbox: Outbox) -> None:
        if outbox in self._finishing:
            self._all_has_left(outbox)

    def _all_has_left(self, outbox: Outbox) -> None:
        """Release it, or end our direction first. Nothing is unsent, or nothing can be sent."""
        if not outbox.must_hang_up or outbox.is_broken:
            self._release(outbox)
            return
        # Our direction first, as say_goodbye does: to end both would answer what the peer is just
        # sending with a reset, which may overtake the last words. _tick ends the other one.
        with contextlib.suppress(OSError):
            outbox.connection.shutdown(socket.SHUT_WR)
        outbox.finish_by = time.monotonic() + DRAIN_SECONDS
        self._finishing[outbox] = None

    def _release(self, outbox: Outbox) -> None:
        self._finishing.pop(outbox, None)
        self._forget_unsent(outbox)
        if outbox.must_hang_up:
            shut_down(outbox.connection)
        outbox.released.set()

    def _tick(self) -> None:
        """Once a second: cut off what has stalled, and release what was to be gone by now."""
        now = time.monotonic()
        if now < self._next_tick:
            return
        self._next_tick = now + _TICK_SECONDS
        for outbox in [each for each in self._finishing if each.finish_by <= now]:
            self._release(outbox)
        for outbox in list(self._waiting):
            if now - outbox.waits_since > self._stall_seconds:
                self._cut(outbox)
        self._on_tick()


def _yield_once() -> None:
    """Let other threads run that are ready."""
    if hasattr(os, "sched_yield"):
        os.sched_yield()
    else:
        time.sleep(0)
