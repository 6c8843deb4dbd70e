r"""TLS over a socket: what passes can be neither read nor altered on the way (RFC 8446).

New here: TLS does no I/O of its own. OpenSSL's engine stands between two buffers, and this module
carries the bytes:

     recv()  <-- plain --+-----------+<-- incoming <-- the socket
                         |  OpenSSL  |
     send()  --> plain --+-----------+--> outgoing --> the socket

`ssl.SSLSocket` does the carrying as well, but must not be used by two threads at once, and a chat
has two on every connection: one reads, the writing thread sends. So there is a lock around each
call of the engine (turns.py). It is held while the engine works, which takes microseconds, and
never while a thread waits for the network. Besides, SSLSocket has no half-close that works while
the peer is still talking: `unwrap()` would meet what it says and take it for a fault.

A TLSSocket behaves like a socket (shared/stream.py), so the session, the outbox and the relay use
either without knowing which. What is different:

- `do_handshake` comes first. It waits for the peer, so it belongs in the connection's own thread.
- The end of the stream is a message of its own (close_notify, RFC 8446, 6.1), which nobody on the
  way can forge. A stream that stops without one is a CutOff, and not an end: the last words may
  have been taken away.
- `has_pending`: bytes may be here already that select() and poll() know nothing of. Ask it first.
"""

import contextlib
import errno
import os
import socket
import ssl

from phase4.transport.errors import CutOff, PlaintextPeer
from phase4.transport.turns import Turns
from shared.deadline import Deadline
from shared.poller import is_ready

HANDSHAKE_SECONDS = 5.0
"""For all of a handshake. It takes three messages; over a slow network a second."""

RECORD_BYTES = 16 * 1024
"""The most that one TLS record holds (RFC 8446, 5.1)."""

_UNREAD_REPLIES_BYTES = 64 * 1024
"""Replies of the engine's own (to a KeyUpdate) that wait for a peer that does not read them."""

_HANDSHAKE_BYTES = 256 * 1024
"""All that a peer may send before both have agreed. OpenSSL takes 100 KiB of certificates, twenty
times the usual. But it takes empty messages (HelloRequest) for as long as they come, and a quick
peer could keep us at it beyond every deadline."""

_SILENT_BYTES = 32 * 1024
_BYTES_FOR_A_WORD = 128
"""How much a peer may send that says nothing. A record without words costs us work, and OpenSSL
takes them without end (a KeyUpdate, of 27 bytes, costs us more than the peer). So 32 KiB for all of
them, and 128 bytes more for each byte that is said. One byte in a record of its own takes 85 at
most, so a peer that says something never comes near the bound."""

_RECEIVE_BYTES = 4096
"""Decrypted at a time, while a thread that sends must wait: 2 ms where all of it is KeyUpdates."""

_TURN_SECONDS = 0.001
"""How long a non-blocking send() waits all the same: for the receiving thread's turn to end."""

_FIRST_BYTES = (0x15, 0x16)
"""An alert and a handshake: the two kinds of record with which a peer that speaks TLS begins."""


def alert_of(error: OSError) -> str:
    """The alert with which the peer ended it, by its name in RFC 8446, 6: `bad_record_mac`.

    Empty where this end found the fault, or nobody did. OpenSSL's own names of faults differ from
    version to version (3.0, 3.5), and so may what stands before an alert's name; the RFC's do not.
    """
    reason = getattr(error, "reason", None) or ""
    return str(reason).partition("ALERT_")[2].lower()


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
        # It is `_wait` that waits, so that nobody holds the lock meanwhile.
        connection.setblocking(False)
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._engine = context.wrap_bio(
            self._incoming, self._outgoing, server_side, server_hostname
        )
        # Held around each call of the engine, and so around both buffers.
        self._lock = Turns()

        # --- under _lock ---

        # The handshake is over: from here on, something can be sent.
        self._is_ready = False
        # Our close_notify is on its way, or has left; nothing can be sent after it.
        self._has_said_goodbye = False
        # Encrypted bytes that the system has not taken, and how many bytes of send()'s caller they
        # hold.
        self._unsent: bytes | memoryview = b""
        self._in_flight = 0

        # --- set by any thread, and never taken back; so no lock ---

        # We have ended receiving: the end that comes then is our own, and needs no goodbye.
        self._is_deaf = False

        # --- set by the receiving thread alone ---

        # What ended the stream for good. Sending threads read it, to name the cause.
        self._fault: OSError | None = None
        # Decrypted, and not yet given to recv()'s caller.
        self._plain = bytearray()
        # The peer's close_notify has come, or we have ended receiving ourselves.
        self._has_ended = False
        # The peer has sent something.
        self._has_heard = False
        # What the peer has sent before the handshake was over, in bytes.
        self._handshake_bytes = 0
        # Encrypted bytes beyond what was said accounts for.
        self._silent_bytes = 0

    # --- the handshake --------------------------------------------------------------------------

    def do_handshake(self) -> None:
        """Agree on keys, and verify the certificate as the context demands. Comes before all else.

        Without blocking it raises BlockingIOError: call again when the socket can be read. Raises
        PlaintextPeer, ssl.SSLError (no agreement, or a certificate that does not verify), CutOff,
        TimeoutError when the socket's time-out is over for all of it, OSError.
        """
        deadline = self._deadline()
        while not self._shake():
            data = self._receive(deadline)
            if data and not self._has_heard and data[0] not in _FIRST_BYTES:
                raise PlaintextPeer(errno.EPROTO, "the peer does not speak TLS")
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
        """Let the engine go as far as it can; whether the handshake is over."""
        with self._lock:
            try:
                self._engine.do_handshake()
            except ssl.SSLWantReadError:
                return False
            except ssl.SSLEOFError as error:
                raise CutOff from error
            finally:
                # Also where the handshake failed: the alert tells the peer why. Where sending
                # fails, receiving will tell.
                with contextlib.suppress(OSError):
                    self._flush()
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

        Empty where one of them is not text.
        """
        try:
            pairs = (self._engine.getpeercert() or {}).get("subjectAltName", ())
        except UnicodeDecodeError:
            return []
        return [str(pair[1]) for pair in pairs if pair[0] in ("DNS", "IP Address")]

    @property
    def version(self) -> str:
        """The version that was agreed on, as `TLSv1.3`; empty before the handshake."""
        return self._engine.version() or ""

    # --- receiving --------------------------------------------------------------------------------

    @property
    def has_pending(self) -> bool:
        """Whether recv() would return or raise at once, even if nothing is at the socket.

        For there are bytes here, the end of the stream, or its fault. The receiving thread.
        """
        return bool(self._plain) or self._has_ended or self._fault is not None

    def recv(self, size: int, /) -> bytes:
        """As a socket's. Raises CutOff, and ssl.SSLError where bytes were altered on the way."""
        deadline = self._deadline()
        while not self._plain:
            if self._fault:
                raise self._fault
            if self._has_ended:
                return b""
            data = self._receive(deadline)
            if not data and self._is_deaf:  # our own end, for which the engine would see a CutOff
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
        """Encrypted bytes from the socket. The lock is not held."""
        while True:
            try:
                return self._socket.recv(_RECEIVE_BYTES)
            except BlockingIOError:
                self._wait(deadline, write=False)

    def _feed(self, data: bytes) -> None:
        """Under _lock. Give the engine what has come; no bytes are the end of the stream."""
        if data:
            self._incoming.write(data)
        else:
            self._incoming.write_eof()

    def _decipher(self) -> None:
        """Under _lock. Decrypt every whole record, so that nothing is left for unwrap() to meet."""
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
        # The engine may have answered. Where that cannot be sent, what was received still counts.
        with contextlib.suppress(OSError):
            self._flush()
        if len(self._unsent) + self._outgoing.pending > _UNREAD_REPLIES_BYTES + 2 * RECORD_BYTES:
            self._fault = ConnectionAbortedError(errno.ECONNABORTED, "reads none of our replies")

    # --- sending ----------------------------------------------------------------------------------

    def send(self, data: bytes | bytearray | memoryview, /) -> int:
        """As a socket's; and what was not sent must come first in the next call, as a rest does.

        For a record leaves whole or not at all. Where the system takes only half of one, its bytes
        count as unsent, though they are encrypted already. They count as sent when the other half
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
            except ssl.SSLError as error:
                # OpenSSL names the cause only once, and that was to recv().
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
        """As a socket's, but that the time-out is for each piece and not for all of it."""
        rest = memoryview(data)
        while rest:
            rest = rest[self.send(rest) :]

    # --- waiting ----------------------------------------------------------------------------------

    def fileno(self) -> int:
        """The socket's descriptor."""
        return self._socket.fileno()

    def setblocking(self, flag: bool, /) -> None:
        """Whether the other methods wait, or raise BlockingIOError."""
        self._timeout = None if flag else 0.0

    def settimeout(self, seconds: float | None, /) -> None:
        """How long one call of another method may wait in all; None: for ever."""
        self._timeout = seconds

    def setsockopt(self, level: int, option: int, value: int | bytes, /) -> None:
        """Set one of the socket's options."""
        self._socket.setsockopt(level, option, value)

    def _deadline(self) -> Deadline | None:
        return Deadline(self._timeout) if self._timeout else None

    def _wait(self, deadline: Deadline | None, *, write: bool) -> None:
        """Wait until the socket can be read or written. Raises BlockingIOError or TimeoutError."""
        if self._timeout == 0:
            raise BlockingIOError(errno.EAGAIN, os.strerror(errno.EAGAIN))
        left = None if deadline is None else deadline.seconds_left
        if not is_ready(self._socket, left, write=write):
            raise TimeoutError("timed out")

    # --- the end ----------------------------------------------------------------------------------

    def shutdown(self, how: int, /) -> None:
        """As a socket's; to end the sending direction says TLS's goodbye first. Any thread.

        SHUT_WR waits until the goodbye has left, as long as send() would wait: a peer that reads
        slowly must not take the end for a CutOff. It raises what send() would. SHUT_RDWR, and both
        where the socket does not block, say it if the system takes it at once.
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

        Wakes the threads that wait in recv() and in send(). Any thread.
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
                # unwrap() also wants to read the peer's goodbye, which as a rule is not there yet.
                # Then it raises SSLWantReadError, and receiving goes on as before.
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
    """A handshake without an end, as OpenSSL would put it: with the attributes of its errors."""
    error = ssl.SSLError(ssl.SSL_ERROR_SSL, "the handshake has no end")
    error.library, error.reason = "SSL", "HANDSHAKE_WITHOUT_END"
    return error
