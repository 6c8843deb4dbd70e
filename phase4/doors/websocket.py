r"""WebSocket as a stream of lines (RFC 6455): a message of text holds one line, or several.

New here: a *door*. It stands between the socket, or TLS, and the session, as TLS does. Session,
outbox and room know only lines, and do not know that there is another protocol around them:

    recv()  <-- lines --+---------+<-- masked frames <-- the stream below
                        | engine  |
    send()  --> lines --+ frames  +--> frames        --> the stream below

What comes in is parsed by the engine of the library `websockets`. It does no I/O and has no thread,
as OpenSSL's engine in tls_socket.py. What goes out is framed in frames.py, once for a whole batch.
"""

import contextlib
import errno
import os
import re
import socket
import threading
import time

from websockets.frames import Frame, Opcode
from websockets.protocol import State
from websockets.server import ServerProtocol

from phase4.doors import frames
from shared.defaults import RUNAWAY_LINE_BYTES
from shared.stream import Stream

PING_SECONDS = 25.0
"""Between two pings. Proxies end a connection on which the server says nothing for a minute (nginx,
60 s); and a phone that fell asleep never says that it is gone."""

SILENCE_SECONDS = 3 * PING_SECONDS
"""Without any answer for so long, the peer is gone."""

_SILENT_BYTES = 32 * 1024 + RUNAWAY_LINE_BYTES  # a message says nothing until it has come
_BYTES_FOR_A_WORD = 128
_BYTES_FOR_A_PING = 32
"""How much a peer may send that says nothing, such as pings; each costs us more than the peer. As
for TLS (tls_socket.py), so much for all of it, and more for each byte that is said. An answer to a
ping of ours is no such thing."""

_UNREAD_REPLIES = 16
"""Frames of the door's own that wait for a peer which does not read them."""

# In the first message, and in no address.
_RESUME = re.compile(rb"resume ([0-9a-f]{32})(?: (0|[1-9][0-9]{0,14}))?")

_TEXT = (Opcode.TEXT, Opcode.CONT)


class WebSocketStream:
    """One connection, after its handshake (web.py). It takes over `inner`, and closes it.

    One thread may receive while another sends; either may shut down. Errors are a socket's.
    """

    # The batch that was framed last, and its frame: the same for everybody. All instances have one
    # thread that sends batches, the writing thread, and one tuple is replaced in one step.
    _framed: tuple[object, bytes] = (None, b"")

    def __init__(self, inner: Stream, received: bytes = b"") -> None:
        """`received` came together with the request."""
        self._inner = inner
        # Held for microseconds, and never while anybody waits for the network.
        self._lock = threading.Lock()
        # shutdown() was called. Any thread sets it, and it stays.
        self._is_shut = False

        # --- under _lock ---

        # Framed, and not taken by the system yet; and how many bytes of send()'s caller it holds.
        self._unsent: bytes | memoryview = b""
        self._in_flight = 0
        # Frames of the door's own, which follow it.
        self._replies: list[bytes] = []
        # Our close frame is on its way, or has left; nothing is sent after it.
        self._has_said_goodbye = False
        # None of the four above is to be minded. So it is nearly always.
        self._is_clear = True

        # --- the receiving thread's ---

        # Not that of the handshake, which would keep the request for as long as somebody is here.
        self._engine = ServerProtocol(state=State.OPEN, max_size=RUNAWAY_LINE_BYTES)
        self._engine.receive_data(received)
        self._lines = bytearray()
        self._message = bytearray()
        self._has_ended = False
        # The end was given to whoever receives; and whether it was the peer's own.
        self._is_over = self._has_heard_goodbye = False
        self._is_first = True
        self.secret = ""
        self.seen: int | None = None
        # Bytes beyond what was said accounts for.
        self._silent_bytes = 0
        self._heard_at = self._asked_at = time.monotonic()
        self._take_events()

    # --- receiving ------------------------------------------------------------------------------

    @property
    def has_pending(self) -> bool:
        """Whether recv() would return at once, even if nothing is at the socket."""
        return bool(self._lines) or self._has_ended or getattr(self._inner, "has_pending", False)

    def recv(self, size: int, /) -> bytes:
        """As a socket's: lines, as far as they have come; none at the end of the stream.

        Where it was this side that ended it, what comes after a shutdown() is given as it is, for
        nobody: it has to be read, or the system would answer it with a reset (shared/goodbye.py).
        """
        if self._is_over and self._is_shut and not self._has_heard_goodbye:
            return self._inner.recv(size)
        while not self._lines and not self._has_ended:
            data = self._inner.recv(size)
            if not data:
                self._has_ended = True
                break
            self._heard_at = time.monotonic()
            self._engine.receive_data(data)
            self._silent_bytes += len(data)
            self._take_events()
            if self._silent_bytes > _SILENT_BYTES:
                self._end(frames.POLICY_VIOLATION)
        data = bytes(self._lines[:size])
        del self._lines[:size]
        self._is_over = not data
        return data

    def _take_events(self) -> None:
        for event in self._engine.events_received():
            if isinstance(event, Frame):
                self._take_frame(event)
        # The engine's own answers: to a ping, to a close frame, to what breaks the protocol.
        answers = [each for each in self._engine.data_to_send() if each]
        is_open = self._engine.state is State.OPEN
        if answers or not is_open:
            self._reply(answers, is_last=not is_open)
        self._has_ended = self._has_ended or not is_open

    def _take_frame(self, frame: Frame) -> None:
        if frame.opcode is Opcode.CLOSE:
            self._has_heard_goodbye = True
        elif frame.opcode is Opcode.BINARY:
            self._end(frames.UNSUPPORTED_DATA)
        elif frame.opcode in _TEXT and not self._has_ended:
            self._message += frame.data
            if frame.fin:
                self._take_message()

    def _take_message(self) -> None:
        try:
            self._message.decode()
        except UnicodeDecodeError:
            self._end(frames.INVALID_DATA)
            return
        line = bytes(self._message).removesuffix(b"\n") + b"\n"
        self._message.clear()
        resume = _RESUME.fullmatch(line[:-1]) if self._is_first else None
        self._is_first = False
        if resume is not None:
            self.secret = resume[1].decode()
            self.seen = int(resume[2]) if resume[2] is not None else None
            return
        self._lines += line
        self._silent_bytes = max(0, self._silent_bytes - len(line) * (_BYTES_FOR_A_WORD + 1))

    def _end(self, code: int) -> None:
        """Hear nothing more, and say why."""
        self._has_ended = True
        self._reply([frames.close_frame(code)], is_last=True)

    def keep_alive(self, seconds: float | None) -> float:
        """Ask for a sign of life where it is time; the seconds to wait before this is called again.

        They are `seconds` at most. The receiving thread. Raises TimeoutError where there was no
        sign of life for SILENCE_SECONDS.
        """
        now = time.monotonic()
        if now - self._asked_at > 2 * PING_SECONDS:
            self._heard_at = now  # nobody asked or listened: its lines were read slowly (flood.py)
        if now - self._heard_at > SILENCE_SECONDS:
            raise TimeoutError(errno.ETIMEDOUT, "no answer to a ping")
        if now - self._asked_at >= PING_SECONDS:
            self._asked_at = now
            self._silent_bytes = max(0, self._silent_bytes - _BYTES_FOR_A_PING)
            self._reply([frames.PING])
        wait = self._asked_at + PING_SECONDS - now
        return wait if seconds is None else min(seconds, wait)

    # --- sending --------------------------------------------------------------------------------

    def send(self, data: bytes | bytearray | memoryview, /) -> int:
        """Send whole lines: all of `data`, or none of it for now (BlockingIOError).

        A frame leaves whole. Where the system takes only a part of it, none counts as sent, and
        what is given in the next call begins with the same bytes, as for a TLSSocket.
        """
        batch, frame = WebSocketStream._framed
        if batch is not data:
            frame = self._frame(data)
        with self._lock:
            if not self._is_clear:
                return self._send_slowly(frame, len(data))
            sent = self._inner.send(frame)
            if sent < len(frame):
                self._unsent, self._in_flight = memoryview(frame)[sent:], len(data)
                self._is_clear = False
                raise BlockingIOError(errno.EAGAIN, os.strerror(errno.EAGAIN))
        return len(data)

    def _send_slowly(self, frame: bytes, size: int) -> int:
        """Under _lock. The same, where something else has to leave before, or nothing may."""
        if self._has_said_goodbye:
            raise BrokenPipeError(errno.EPIPE, os.strerror(errno.EPIPE))
        if not self._in_flight:
            self._flush()
            self._unsent, self._in_flight = frame, size
        self._flush()
        done, self._in_flight = self._in_flight, 0
        self._is_clear = True
        return done

    def sendall(self, data: bytes | bytearray | memoryview, /) -> None:
        """As a socket's."""
        rest = memoryview(data)
        while rest:
            rest = rest[self.send(rest) :]

    @staticmethod
    def _frame(data: bytes | bytearray | memoryview) -> bytes:
        frame = frames.text_frame(data)
        if isinstance(data, bytes):  # what can be changed may be another batch with the same name
            WebSocketStream._framed = (data, frame)
        return frame

    def _reply(self, replies: list[bytes], *, is_last: bool = False) -> None:
        """Send something of the door's own, now or after what is under way. Any thread."""
        with self._lock:
            if self._has_said_goodbye:
                return
            self._replies += replies
            self._has_said_goodbye = is_last
            self._is_clear = False
            with contextlib.suppress(BlockingIOError):  # then with what is sent next
                self._flush()
                self._is_clear = not (self._in_flight or is_last)
            if len(self._replies) > _UNREAD_REPLIES:
                raise ConnectionAbortedError(errno.ECONNABORTED, "reads none of our replies")

    def _flush(self) -> None:
        """Under _lock. Raises BlockingIOError while something is left."""
        while self._unsent or self._replies:
            if not self._unsent:
                self._unsent = self._replies.pop(0)
            sent = self._inner.send(self._unsent)
            self._unsent = memoryview(self._unsent)[sent:]

    # --- the end --------------------------------------------------------------------------------

    def shutdown(self, how: int, /) -> None:
        """As a socket's; to end the sending direction sends a close frame. Any thread.

        The stream below stays open for SHUT_WR: the peer answers with a close frame of its own. But
        whoever broke the rules is not waited for (RFC 6455, 7.1.7).
        """
        self._is_shut = True
        if how != socket.SHUT_RD:
            with contextlib.suppress(OSError):
                self._reply([frames.close_frame(frames.GOING_AWAY)], is_last=True)
        has_failed = self._has_ended and not self._has_heard_goodbye
        if how != socket.SHUT_WR or has_failed:
            self._inner.shutdown(how)

    def close(self) -> None:
        """As a socket's. It is `shutdown` that tells the peer."""
        self._inner.close()

    def detach(self) -> int:
        """As a socket's."""
        return self._inner.detach()

    def fileno(self) -> int:
        """The socket's descriptor."""
        return self._inner.fileno()

    def setblocking(self, flag: bool, /) -> None:
        """As a socket's."""
        self._inner.setblocking(flag)

    def settimeout(self, seconds: float | None, /) -> None:
        """As a socket's."""
        self._inner.settimeout(seconds)

    def setsockopt(self, level: int, option: int, value: int | bytes, /) -> None:
        """As a socket's."""
        self._inner.setsockopt(level, option, value)
