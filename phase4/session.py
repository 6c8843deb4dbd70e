"""One person's conversation, from hello to goodbye, in their connection's own thread.

The thread only reads. What this person is to see goes through the room to their outbox, and the
writing thread sends it; so this thread can wait for its own socket as long as it likes. Over TLS it
does the handshake as well, and from there on knows no difference (tls.py).
"""

import contextlib
import re
import select
import socket
import ssl
import time
from collections.abc import Callable, Iterator

from phase4 import commands
from phase4.flood import TokenBucket
from phase4.nicknames import BadNickname
from phase4.outbox import Outbox
from phase4.room import Member, Refused, Room, RoomFull
from phase4.tls import HANDSHAKE_SECONDS, PlaintextPeer, TLSSocket, alert_of
from shared.defaults import (
    FLOOD_BURST_LINES,
    LAST_WORDS_SECONDS,
    MAX_LINE_BYTES,
    NAME_SECONDS,
    NAME_TRIES,
)
from shared.framing import BadLine, LineDecoder, encode_line
from shared.listener import tune_connection
from shared.message import Error, Prompt, clean
from shared.stream import Stream
from shared.threaded_server import say_goodbye

_RELEASE_SECONDS = 30.0  # the writing thread takes milliseconds, unless the disk hangs
_LINGER_SECONDS = 1.0
_TLS_HANDSHAKE = b"\x16\x03"  # how every TLS client begins (RFC 8446, 5.1); no text does
_HTTP_REQUEST = re.compile(r" HTTP/\d(\.\d)?\s*$")  # also how HTTP/2 begins (RFC 9113, 3.4)
_SSH_HELLO = re.compile(r"SSH-\d\.\d+-")  # RFC 4253, 4.2
_DISTRUSTS_US = (  # a client's alerts (RFC 8446, 6.2)
    *("unknown_ca", "bad_certificate", "certificate_unknown", "certificate_expired"),
    *("certificate_revoked", "unsupported_certificate"),
)
_TLS_ONLY = encode_line("! This port speaks TLS only; connect with --tls. Goodbye.")


class HangUp(Exception):
    """The server ends this conversation: `last_words` for the person, `reason` for the others."""

    def __init__(self, last_words: str, reason: str) -> None:
        super().__init__(last_words)
        self.last_words = last_words
        self.reason = reason


class Session:
    """Serves one connection. `run` returns when it is over."""

    def __init__(
        self,
        room: Room,
        connection: socket.socket,
        address: str,
        *,
        tls: ssl.SSLContext | None = None,
        lines_per_second: float,
        may_linger: Callable[[], bool] = lambda: True,
        name_seconds: float = NAME_SECONDS,
    ) -> None:
        self._room = room
        self._socket = connection
        self._tls = TLSSocket(connection, tls, server_side=True) if tls is not None else None
        self._connection: Stream = self._tls or connection
        self._outbox = Outbox(self._connection)
        self._member = Member(self._outbox, address)
        self._may_linger = may_linger
        self._bucket = TokenBucket(FLOOD_BURST_LINES, lines_per_second)
        self._decoder = LineDecoder()
        self._readiness = Readiness(connection, self._tls)
        self._name_by = time.monotonic() + name_seconds
        self._last_words_by = 0.0  # set when they have ended and lines of theirs still wait
        self.bytes_in = 0

    def run(self) -> None:
        """The whole conversation. Never raises for anything that the person did."""
        tune_connection(self._socket)
        self._connection.setblocking(False)
        reason = last_words = ""
        try:
            try:
                self._room.connect(self._member)  # from here on this place can be taken from them
            finally:
                self._shake_hands()  # also with those who are then told that there is no room
            lines = self._lines()
            if self._greet(lines):
                self._converse(lines)
        except commands.Quit:
            pass
        except RoomFull as error:
            reason = last_words = str(error)
        except HangUp as error:
            reason, last_words = error.reason, error.last_words
        except OSError:
            # Without a name nobody knew them: a port scan, or a health check.
            reason = "connection lost" if self._member.name else ""
        finally:
            self._room.leave(self._member, reason, last_words)
            self._close()

    def _shake_hands(self) -> None:
        """Over TLS: agree on keys first. Raises HangUp, and OSError where there is no agreement.

        It waits for the peer, in this thread: who says nothing holds up nobody else.
        """
        if self._tls is None:
            return
        # Until they have agreed, what is left to say is said without TLS, or by the engine itself
        # (an alert), and the goodbye is the socket's.
        self._connection = self._socket
        self._tls.settimeout(HANDSHAKE_SECONDS)
        try:
            self._tls.do_handshake()
        except (PlaintextPeer, TimeoutError) as error:
            # A chat client without TLS says nothing: it waits for us to ask for a name.
            if isinstance(error, PlaintextPeer) or not self._tls.has_heard:
                with contextlib.suppress(OSError):
                    self._socket.send(_TLS_ONLY)
            raise HangUp("", "no TLS") from error
        except ssl.SSLError as error:
            raise HangUp("", _why_no_agreement(error)) from error
        self._tls.setblocking(False)
        self._connection = self._tls

    def _greet(self, lines: Iterator[str | BadLine]) -> bool:
        """Ask for a name until one is claimed; False if they went away. Raises HangUp."""
        for _ in range(NAME_TRIES):
            self._room.tell(self._member, Prompt())
            wanted = next(lines, None)
            if wanted is None:
                return False
            if isinstance(wanted, BadLine):
                self._answer_bad(wanted)
                continue
            _refuse_other_protocols(wanted)
            try:
                self._room.join(self._member, clean(wanted).strip())
                return True
            except RoomFull:
                raise
            except (BadNickname, Refused) as error:
                self._room.tell(self._member, Error(str(error)))
        raise HangUp(f"{NAME_TRIES} names, and none will do. Goodbye.", "found no name")

    def _converse(self, lines: Iterator[str | BadLine]) -> None:
        for line in lines:
            if isinstance(line, BadLine):
                self._answer_bad(line)
            else:
                commands.handle(self._room, self._member, line)

    def _answer_bad(self, line: BadLine) -> None:
        if line.fatal:
            raise HangUp(line.reason, "sent no lines")
        self._room.tell(self._member, Error(line.reason))

    def _lines(self) -> Iterator[str | BadLine]:
        """Lines as they come, no faster than this person may speak; ends with the stream.

        Raises HangUp when a time is over, and OSError when the connection is lost.
        """
        while data := self._receive():
            if not (self.bytes_in or self._tls) and data.startswith(_TLS_HANDSHAKE):
                raise HangUp("This port speaks no TLS. Goodbye.", "speaks TLS")
            self.bytes_in += len(data)
            for line in self._decoder.feed(data):
                wait = self._bucket.take()  # for an empty line, too: it says nothing, but costs us
                if wait:
                    self._hold_back(wait)
                self._room.wait_for_room()
                if self._member.is_gone:
                    return  # disconnected, or the server stops: what is left is for nobody
                yield line

    def _hold_back(self, seconds: float) -> None:
        """Wait before the next line. Raises HangUp, and OSError when the connection is lost."""
        if not self._last_words_by and self._readiness.has_ended():
            self._last_words_by = time.monotonic() + LAST_WORDS_SECONDS
        if self._readiness.hung_up(seconds):
            raise ConnectionResetError
        self._check_time()

    def _check_time(self) -> None:
        """Raise HangUp when the time to give a name is over, or the time for last words."""
        now = time.monotonic()
        if not self._member.name and now >= self._name_by:
            raise HangUp("You gave no name in time. Goodbye.", "gave no name in time")
        if self._last_words_by and now >= self._last_words_by:
            raise HangUp(
                "You ended the connection and left more lines than are read in "
                f"{LAST_WORDS_SECONDS:g} s; the rest was dropped.",
                "gone before all was said",
            )

    def _receive(self) -> bytes:
        """Some bytes, or none at the end of the stream."""
        while True:
            self._check_time()
            seconds = None if self._member.name else self._name_by - time.monotonic()
            if self._readiness.readable(seconds):
                try:
                    return self._connection.recv(MAX_LINE_BYTES)
                except BlockingIOError:
                    pass  # it was readable and is not: the system may be wrong about that

    def _close(self) -> None:
        """Wait until the writing thread is done with the socket; then say goodbye and close it."""
        if self._outbox.released.wait(_RELEASE_SECONDS):
            say_goodbye(self._connection, seconds=_LINGER_SECONDS if self._may_linger() else 0)
        else:
            self._connection.detach()  # rather a lost descriptor than one that is used by two


def _why_no_agreement(error: ssl.SSLError) -> str:
    """For the operator: what OpenSSL says, which is what the client's alert said, or our own."""
    if alert_of(error) in _DISTRUSTS_US:
        return "it does not trust our certificate"
    reason = error.reason or "for no reason that is known"
    return f"no agreement on TLS: {reason.replace('_', ' ').lower()}"


def _refuse_other_protocols(line: str) -> None:
    """A browser sent here would take a random name with the empty line that ends its request."""
    if _HTTP_REQUEST.search(line):
        raise HangUp("This is a chat server, not a web server. Goodbye.", "is a web browser")
    if _SSH_HELLO.match(line):
        raise HangUp("This is a chat server, and speaks no SSH. Goodbye.", "speaks SSH")


class Readiness:
    """Waits for one socket. select() refuses descriptors over 1,023; poll() does not."""

    def __init__(self, connection: socket.socket, tls: TLSSocket | None = None) -> None:
        self._connection = connection
        self._tls = tls
        self._readable = self._hung_up = None
        if hasattr(select, "poll"):
            self._readable = select.poll()
            self._readable.register(connection, select.POLLIN)
            self._hung_up = select.poll()
            self._hung_up.register(connection, 0)  # errors and hang-ups are always reported

    def readable(self, seconds: float | None) -> bool:
        """Whether there is something to read (or the end), within `seconds`; None waits for ever.

        Who waits for ever is woken by shutdown(), from any thread.
        """
        if self._tls is not None and self._tls.has_pending:
            return True  # taken from the socket already, so the system knows nothing of it
        if self._readable:
            return bool(self._readable.poll(None if seconds is None else max(0.0, seconds) * 1000))
        return bool(select.select([self._connection], [], [], seconds)[0])

    def hung_up(self, seconds: float) -> bool:
        """Wait `seconds`, or less if the connection is reset or shut down: then True."""
        if self._hung_up:
            return bool(self._hung_up.poll(seconds * 1000))
        return bool(select.select([], [], [self._connection], seconds)[2])

    def has_ended(self) -> bool:
        """Whether the peer's end (FIN) has come, though there may be much to read before it.

        Linux tells. Where the system does not, this is False: the end is seen when all is read.
        """
        if not hasattr(select, "POLLRDHUP"):
            return False
        poller = select.poll()
        poller.register(self._connection, select.POLLRDHUP)
        return bool(poller.poll(0))
