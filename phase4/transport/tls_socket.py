r"""TLS over a socket: what passes can be neither read nor altered on the way (RFC 8446).

New here: TLS does no I/O of its own. OpenSSL's engine stands between two buffers, and this module
carries the bytes:

     recv()  <-- plain --+-----------+<-- incoming <-- the socket
                         |  OpenSSL  |
     send()  --> plain --+-----------+--> outgoing --> the socket

`ssl.SSLSocket` does the carrying as well, but must not be used by two threads at once, and a chat
has two on every connection: one reads, the writing thread sends. So there is a lock around each
call of the engine; it is held while the engine works, which takes microseconds, and never while
anybody waits for the network. Besides, SSLSocket has no half-close that survives if the
peer is still talking: `unwrap()` would meet what it says and take it for a fault.

A TLSSocket behaves like a socket (shared/stream.py), so the session, the outbox and the relay use
it without knowing. What is different:

- `do_handshake` comes first. It waits for the peer, so it belongs in the connection's own thread.
- The end of the stream is a message of its own (close_notify, RFC 8446, 6.1), which nobody on the
  way can forge. A stream that ends without is a CutOff, and not an end: the last words may have
  been taken away.
- `has_pending`: bytes may be here already that select() and poll() know nothing of. Ask first.
"""

import contextlib
import errno
import os
import socket
import ssl
import threading
from pathlib import Path

from shared.deadline import Deadline
from shared.poller import is_ready

HANDSHAKE_SECONDS = 5.0
"""For all of a handshake. It takes three messages; over a slow network a second."""

RECORD_BYTES = 16 * 1024
"""The most that one TLS record holds (RFC 8446, 5.1)."""

_UNREAD_REPLIES_BYTES = 64 * 1024
"""Replies of the engine's own (to a KeyUpdate) that wait for a peer who does not read them."""

_HANDSHAKE_BYTES = 256 * 1024
"""All that a peer may send before both have agreed. OpenSSL takes 100 KiB of certificates, twenty
times the usual; but empty messages (HelloRequest) it takes for as long as they come, and somebody
who is quick could keep us at it beyond every deadline."""

_SILENT_BYTES = 32 * 1024
_BYTES_FOR_A_WORD = 128
"""How much a peer may send that says nothing: a record without words costs us work, and OpenSSL
takes them without end (a KeyUpdate, of 27 bytes, costs us more than the peer). So 32 KiB for all of
them, and 128 bytes more for each byte that is said: one byte in a record of its own takes 85 at
most, so who says something never comes near."""

_RECEIVE_BYTES = 4096  # deciphered at a time, while who sends must wait: 2 ms for KeyUpdates
_TURN_SECONDS = 0.001  # how long who must not wait does wait for the other thread's turn to end
_GIVE_WAY_SECONDS = 0.05  # and how long the receiving thread waits for them to come again

_FIRST_BYTES = (0x15, 0x16)  # an alert, a handshake: so begins all that a peer of TLS says


class TLSError(Exception):
    """TLS cannot be set up; the text is a sentence for the person who started us.

    `path` is the file that is to blame, if it is a file.
    """

    def __init__(self, text: str, path: Path | None = None) -> None:
        super().__init__(text)
        self.path = path


class PlaintextPeer(ConnectionError):
    """The peer speaks no TLS: the first thing it said was something else."""


class CutOff(ConnectionResetError):
    """The stream ended without TLS's own goodbye, so that something may be missing at its end."""

    def __init__(self) -> None:
        super().__init__(errno.ECONNRESET, "cut off without a goodbye")


def alert_of(error: OSError) -> str:
    """The alert with which the peer ended it, by its name in RFC 8446, 6: `bad_record_mac`.

    Empty where this end found the fault, or nobody did. OpenSSL's own names of faults differ from
    version to version (3.0, 3.5), and so may what stands before an alert's name; the RFC's do not.
    """
    reason = getattr(error, "reason", None) or ""
    return str(reason).partition("ALERT_")[2].lower()


class _Turns:
    """The lock around OpenSSL's engine: a `with` statement for who receives, `take` for who sends.

    Who receives lets who sends go first. With a lock alone, whoever gives it back and takes it
    again at once gets it, as a rule: a peer that sends without end, and makes each record dear to
    decipher, made the writing thread wait for seconds, and with it everybody in the chat.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._nobody_waits = threading.Event()
        self._nobody_waits.set()

    def take(self, seconds: float = -1) -> bool:
        """To send: take the lock, within `seconds` (-1: in any case); whether it was got."""
        if not self._lock.acquire(blocking=False):
            self._nobody_waits.clear()
            if not self._lock.acquire(timeout=seconds):
                return False  # and the receiving thread keeps our turn for a moment
        if not self._nobody_waits.is_set():  # as a rule it is, and to look costs less than to set
            self._nobody_waits.set()
        return True

    def give_back(self) -> None:
        """Release what `take` has taken."""
        self._lock.release()

    def __enter__(self) -> None:
        """To receive: wait until nobody else wants it, but not for long."""
        if not self._nobody_waits.wait(_GIVE_WAY_SECONDS):
            self._nobody_waits.set()  # they have not come again
        self._lock.acquire()

    def __exit__(self, *_: object) -> None:
        """Release it."""
        self._lock.release()


class TLSSocket:
    """One connection in TLS. One thread may receive while another sends; either may shut down.

    It takes over `connection`, and closes it. Errors are those of a socket, which ssl.SSLError is
    one of (an OSError).
    """

    def __init__(
        self,
        connection: socket.socket,
        context: ssl.SSLContext,
        *,
        server_side: bool = False,
        server_hostname: str | None = None,
    ) -> None:
        """As ssl.SSLContext.wrap_socket, but nothing is sent before `do_handshake`."""
        self._socket = connection
        self._timeout: float | None = connection.gettimeout()
        connection.setblocking(False)  # here `_wait` waits, so that the lock need not be held
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._engine = context.wrap_bio(
            self._incoming, self._outgoing, server_side, server_hostname
        )
        self._lock = _Turns()
        # Under _lock:
        self._is_ready = False  # the handshake is over
        self._has_said_goodbye = False
        self._in_flight = 0  # bytes of the caller's that `_unsent` holds in encrypted form
        self._unsent: bytes | memoryview = b""  # what the system did not take
        self._fault: OSError | None = None  # set by the receiving thread
        # Any thread sets it, and it stays: we have ended receiving, so that no goodbye is awaited.
        self._is_deaf = False
        # The receiving thread only:
        self._plain = bytearray()
        self._has_ended = False
        self._has_heard = False
        self._handshake_bytes = 0
        self._silent_bytes = 0  # encrypted bytes, more than what was said accounts for

    # --- the handshake --------------------------------------------------------------------------

    def do_handshake(self) -> None:
        """Agree on keys, and verify the certificate as the context demands. Comes before all else.

        Without blocking it raises BlockingIOError: call again when the socket can be read. Raises
        PlaintextPeer, ssl.SSLError (no agreement, a certificate that does not verify), CutOff,
        TimeoutError after the socket's time-out in all, OSError.
        """
        deadline = self._deadline()
        while not self._shake():
            data = self._receive(deadline)
            if data and not self._has_heard and data[0] not in _FIRST_BYTES:
                raise PlaintextPeer(errno.EPROTO, "the peer speaks no TLS")
            self._has_heard = self._has_heard or bool(data)
            self._handshake_bytes += len(data)
            if self._handshake_bytes > _HANDSHAKE_BYTES:
                raise _no_end()
            with self._lock:
                self._feed(data)
        with self._lock:
            self._is_ready = True
            self._decipher()  # what came together with the last message of the handshake

    def _shake(self) -> bool:
        """Let the engine go as far as it can; whether it is done."""
        with self._lock:
            try:
                self._engine.do_handshake()
            except ssl.SSLWantReadError:
                return False
            except ssl.SSLEOFError as error:
                raise CutOff from error
            finally:
                with contextlib.suppress(OSError):  # reading will tell
                    self._flush()  # also where it failed: the alert tells the peer why
        return True

    @property
    def has_heard(self) -> bool:
        """Whether the peer has said anything. The receiving thread."""
        return self._has_heard

    @property
    def peer_certificate(self) -> bytes:
        """The peer's certificate (DER), after the handshake; empty where it showed none."""
        return self._engine.getpeercert(binary_form=True) or b""

    @property
    def peer_names(self) -> list[str]:
        """The hosts and addresses that the peer's certificate is for, where it was verified.

        None where one of them is no text.
        """
        try:
            pairs = (self._engine.getpeercert() or {}).get("subjectAltName", ())
        except UnicodeDecodeError:
            return []
        return [str(pair[1]) for pair in pairs if pair[0] in ("DNS", "IP Address")]

    @property
    def version(self) -> str:
        """What was agreed on, as `TLSv1.3`; empty before the handshake."""
        return self._engine.version() or ""

    # --- receiving --------------------------------------------------------------------------------

    @property
    def has_pending(self) -> bool:
        """Whether recv() has something at once, even if the socket has not. The receiving thread.

        Bytes, the end of the stream, or the fault that ended it.
        """
        return bool(self._plain) or self._has_ended or self._fault is not None

    def recv(self, size: int, /) -> bytes:
        """As a socket's. Raises CutOff, and ssl.SSLError where somebody has altered the bytes."""
        deadline = self._deadline()
        while not self._plain:
            if self._fault:
                raise self._fault
            if self._has_ended:
                return b""
            data = self._receive(deadline)
            if not data and self._is_deaf:  # the end that we made; the engine would answer it
                self._has_ended = True
                continue
            with self._lock:
                self._feed(data)
                self._decipher()
            said = len(self._plain) * _BYTES_FOR_A_WORD
            self._silent_bytes = max(0, self._silent_bytes + len(data) - said)
            if self._silent_bytes > _SILENT_BYTES:
                self._fault = ConnectionAbortedError(errno.ECONNABORTED, "sends, and says nothing")
        data = bytes(self._plain[:size])
        del self._plain[:size]
        return data

    def _receive(self, deadline: Deadline | None) -> bytes:
        """Encrypted bytes from the socket. Holds no lock."""
        while True:
            try:
                return self._socket.recv(_RECEIVE_BYTES)
            except BlockingIOError:
                self._wait(deadline, write=False)

    def _feed(self, data: bytes) -> None:
        """Under _lock."""
        if data:
            self._incoming.write(data)
        else:
            self._incoming.write_eof()

    def _decipher(self) -> None:
        """Under _lock. Take all that is complete: then nothing is left for shutdown() to meet."""
        try:
            while data := self._engine.read(RECORD_BYTES):
                self._plain += data
            self._has_ended = True
        except ssl.SSLWantReadError:
            pass
        except ssl.SSLZeroReturnError:
            self._has_ended = True
        except ssl.SSLEOFError:
            self._fault = CutOff()
        except ssl.SSLError as error:
            self._fault = error
        with contextlib.suppress(OSError):  # what was received counts; sending will tell
            self._flush()
        if len(self._unsent) + self._outgoing.pending > _UNREAD_REPLIES_BYTES + 2 * RECORD_BYTES:
            self._fault = ConnectionAbortedError(errno.ECONNABORTED, "reads none of our replies")

    # --- sending ----------------------------------------------------------------------------------

    def send(self, data: bytes | bytearray | memoryview, /) -> int:
        """As a socket's; and what was not sent must come again in the next call, as a rest does.

        For a record leaves whole or not at all. Where the system takes only half of one, its bytes
        count as unsent, though they are encrypted already; they count as sent when the other half
        has left. So, as with a socket: when all counts as sent, nothing of it is still here.
        """
        deadline = self._deadline()
        while True:
            if not self._lock.take(_TURN_SECONDS if self._timeout == 0 else -1):
                raise BlockingIOError(errno.EAGAIN, os.strerror(errno.EAGAIN))
            try:
                sent = self._send_some(memoryview(data))
            finally:
                self._lock.give_back()
            if sent or not data:
                return sent
            self._wait(deadline, write=True)

    def _send_some(self, data: memoryview) -> int:
        """Under _lock. How many bytes of `data` count as sent: those whose records left whole."""
        if not self._is_ready or self._has_said_goodbye:
            raise BrokenPipeError(errno.EPIPE, os.strerror(errno.EPIPE))
        sent = 0
        while self._flush():
            sent += self._in_flight
            self._in_flight = 0
            if sent >= len(data):
                break
            try:
                self._in_flight = self._engine.write(data[sent : sent + RECORD_BYTES])
            except ssl.SSLError as error:  # OpenSSL names the cause only once: to recv()
                raise self._fault or error from None
        return sent

    def _flush(self) -> bool:
        """Under _lock. Give the system what the engine has put out; whether it took it all."""
        while self._unsent or self._outgoing.pending:
            self._unsent = self._unsent or self._outgoing.read()
            try:
                sent = self._socket.send(self._unsent)
            except BlockingIOError:
                return False
            # All of it, as a rule; only a rest is worth a view of its own.
            self._unsent = memoryview(self._unsent)[sent:] if sent < len(self._unsent) else b""
        return True

    def sendall(self, data: bytes | bytearray | memoryview, /) -> None:
        """As a socket's. The time-out is for each piece, not for all."""
        rest = memoryview(data)
        while rest:
            rest = rest[self.send(rest) :]

    # --- waiting ----------------------------------------------------------------------------------

    def fileno(self) -> int:
        """The socket's descriptor."""
        return self._socket.fileno()

    def setblocking(self, flag: bool, /) -> None:
        """Whether to wait."""
        self._timeout = None if flag else 0.0

    def settimeout(self, seconds: float | None, /) -> None:
        """How long to wait, in all, in one call of the others."""
        self._timeout = seconds

    def setsockopt(self, level: int, option: int, value: int | bytes, /) -> None:
        """The socket's."""
        self._socket.setsockopt(level, option, value)

    def _deadline(self) -> Deadline | None:
        return Deadline(self._timeout) if self._timeout else None

    def _wait(self, deadline: Deadline | None, *, write: bool) -> None:
        """Until the socket can be read or written. Raises BlockingIOError or TimeoutError."""
        if self._timeout == 0:
            raise BlockingIOError(errno.EAGAIN, os.strerror(errno.EAGAIN))
        left = None if deadline is None else deadline.seconds_left
        if not is_ready(self._socket, left, write=write):
            raise TimeoutError("timed out")

    # --- the end ----------------------------------------------------------------------------------

    def shutdown(self, how: int, /) -> None:
        """As a socket's; who ends the sending direction says TLS's goodbye first.

        SHUT_WR waits until the goodbye has left, as long as send() would wait: a peer who reads
        slowly must not take the end for a CutOff. Raises what send() would, but BlockingIOError:
        without blocking, the goodbye leaves if the system takes it at once. So does SHUT_RDWR.
        """
        if how == socket.SHUT_WR:
            with contextlib.suppress(BlockingIOError):
                self._wait_for_goodbye()
        else:
            self._is_deaf = True
            if how == socket.SHUT_RDWR:
                with contextlib.suppress(OSError):
                    self._say_goodbye()
        self._socket.shutdown(how)

    def abort(self) -> None:
        """End both directions without a goodbye, so that the peer knows that something is missing.

        Wakes whoever waits here, in recv() or in send(). Any thread.
        """
        self._is_deaf = True
        self._socket.shutdown(socket.SHUT_RDWR)

    def _wait_for_goodbye(self) -> None:
        deadline = self._deadline()
        while not self._say_goodbye():
            self._wait(deadline, write=True)

    def _say_goodbye(self) -> bool:
        """Send close_notify, as far as the system takes it; whether all has left."""
        self._lock.take()
        try:
            if not self._is_ready:
                return True
            if not self._has_said_goodbye:
                self._has_said_goodbye = True
                # unwrap() would also like to read the peer's goodbye, and as a rule that is not
                # there yet: then it raises SSLWantReadError, and we go on reading as before.
                with contextlib.suppress(ssl.SSLError):
                    self._engine.unwrap()
            return self._flush()
        finally:
            self._lock.give_back()

    def close(self) -> None:
        """Close the socket. As with a socket, it is `shutdown` that tells the peer."""
        self._socket.close()

    def detach(self) -> int:
        """As a socket's: forget the descriptor."""
        return self._socket.detach()


def _no_end() -> ssl.SSLError:
    """As OpenSSL would say it, with the attributes that its errors have."""
    error = ssl.SSLError(ssl.SSL_ERROR_SSL, "the handshake has no end")
    error.library, error.reason = "SSL", "HANDSHAKE_WITHOUT_END"
    return error
