"""One person's session, from hello to goodbye, in their connection's own thread.

The thread only reads. What this person is to see goes through the room to their outbox, and the
writing thread sends it; so this thread can wait for its own socket as long as it likes. Over TLS it
does the handshake as well; from then on there is no difference (phase4/transport/tls_socket.py).
"""

import contextlib
import socket
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from phase4.accounts.nicknames import BadNickname
from phase4.doors.door import Door
from phase4.server import commands, membership
from phase4.server.flood import TokenBucket
from phase4.server.member import Member
from phase4.server.outbox import Outbox
from phase4.server.receipt import Receipt
from phase4.server.refusal import NameRegistered, Refused, RoomFull
from phase4.server.room import Room
from phase4.server.strangers import NO_NAME, Stranger, recognise
from phase4.server.unseen import Unseen
from phase4.transport.reception import TurnedAway
from phase4.transport.telnet import Telnet
from shared.address import Address
from shared.defaults import (
    FLOOD_BURST_LINES,
    LAST_WORDS_SECONDS,
    MAX_LINE_BYTES,
    MIN_PASSWORD_CHARACTERS,
    NAME_SECONDS,
    NAME_TRIES,
)
from shared.framing import BadLine, LineDecoder, encode_line
from shared.goodbye import say_goodbye
from shared.listener import tune_connection
from shared.message import Error, Prompt, clean
from shared.poller import Readable, hangs_up, has_ended
from shared.request import Command, parse
from shared.stream import Stream

if TYPE_CHECKING:  # with OpenSSL, which a server without TLS does not load
    import ssl

    from phase4.transport.tls_socket import TLSSocket

_RELEASE_SECONDS = 30.0  # the writing thread needs milliseconds, unless the disk hangs
_LINGER_SECONDS = 1.0
_BYTE_ORDER_MARK = "\ufeff"  # what Windows' pipes begin with is not text
_BEGINNING_BYTES = 1024  # by then a protocol has shown itself; a longer line is looked at whole


class HangUp(Exception):
    """The server ends this session: `last_words` are for the person, `reason` for the others."""

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
        address: Address,
        *,
        tls: "ssl.SSLContext | None" = None,
        is_confidential: bool = False,
        door: Door | None = None,
        lines_per_second: float,
        may_linger: Callable[[], bool] = lambda: True,
        name_seconds: float = NAME_SECONDS,
    ) -> None:
        """`door`: what the connection has become, where lines are not all that it carries."""
        self._room = room
        self._socket = connection
        self._tls = _over_tls(connection, tls) if tls is not None else None
        self._door = door
        self._connection: Stream = door or self._tls or connection
        self._outbox = Outbox(self._connection)
        self._member = Member(self._outbox, address, is_confidential)
        self._member.lines = TokenBucket(FLOOD_BURST_LINES, lines_per_second)
        self._may_linger = may_linger
        self._telnet = Telnet()
        self._decoder = LineDecoder()
        self._readiness = Readiness(connection, door or self._tls)
        self._member.is_quiet = lambda: not self._readiness.readable(0)

        # When a name must have been given, by time.monotonic().
        self._name_by = time.monotonic() + name_seconds

        # When the last line must have been said: set once the peer has ended its direction and
        # lines of it still wait. 0: it has not.
        self._last_words_by = 0.0

        # The registered name that was asked for last. Whether a password may follow alone; and what
        # may be one, though it came as a name.
        self._asked_for = self._doubtful = ""
        self._owes_password = False

        # What the peer has sent so far; None once its first line is here.
        self._beginning: bytes | None = b""

    @property
    def bytes_in(self) -> int:
        """Bytes received so far. Any thread, for show."""
        return self._member.bytes_in

    def run(self) -> None:
        """The whole session. Never raises for anything that the person did."""
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
            if self._outbox.is_broken or hangs_up(self._socket, 0):
                # The loss was told to the writing thread, and not to recv(): the system tells it
                # once. That thread may not have noted it yet.
                raise ConnectionResetError
        except commands.Quit:
            self._room.coming_back.forget(self._member)
        except RoomFull as error:
            reason = last_words = str(error)
        except HangUp as error:
            reason, last_words = error.reason, error.last_words
        except OSError:
            # Without a name it was a port scan or a health check, of which nobody is told.
            reason = "connection lost" if self._member.name else ""
        finally:
            self._room.leave(self._member, reason, last_words)
            self._close()

    def _shake_hands(self) -> None:
        """Over TLS: agree on keys first. Raises HangUp where there is no agreement.

        It waits for the peer, in this thread: a client that says nothing holds up nobody else.
        """
        if self._tls is None:
            return
        from phase4.transport.handshake import shake_hands

        # Until then, what is left to say is said without TLS, or by the engine itself (an alert),
        # and the goodbye is the socket's.
        self._connection = self._socket
        try:
            shake_hands(self._tls)
        except TurnedAway as error:
            with contextlib.suppress(OSError):
                self._socket.send(error.last_line)
            raise HangUp("", error.reason) from error
        self._tls.setblocking(False)
        self._connection = self._tls

    def _greet(self, lines: Iterator[str | BadLine]) -> bool:
        """Ask for a name until one is claimed; False if the peer went away. Raises HangUp."""
        refused_at = 0  # how much had come when a name was refused
        for _ in range(NAME_TRIES):
            self._room.tell(self._member, Prompt())
            wanted = next(lines, None)
            if wanted is None:
                return False
            if isinstance(wanted, BadLine):
                self._answer_bad(wanted)
            else:
                _hang_up_on(recognise(encode_line(wanted)))
                name = clean(wanted.removeprefix(_BYTE_ORDER_MARK)).strip()
                if not name and refused_at == self.bytes_in:
                    # It came together with what was refused: so a request ends, and no person asks
                    # for a random name before having read the answer.
                    _hang_up_on(NO_NAME)
                try:
                    self._enter(name)
                    return True
                except RoomFull:
                    raise
                except (BadNickname, Refused) as error:
                    self._room.tell(self._member, Error(clean(str(error))))
            refused_at = self.bytes_in
        raise HangUp(f"{NAME_TRIES} names, and none will do. Goodbye.", "found no name")

    def _enter(self, line: str) -> None:
        """Let this person in: under the name on a line, or as the account that it logs in to.

        Raises BadNickname, Refused and OSError.
        """
        request = parse(line)
        if self._door is not None:
            self._member.secret, seen = self._door.secret, self._door.seen
            self._member.unseen = Unseen(seen) if seen is not None else None
        if self._member.secret and has_ended(self._socket):
            raise ConnectionResetError  # else it would take the place of one that came after it
        if not isinstance(request, Command) or request.name != "/login":
            self._check_not_a_password(line)
            self._owes_password = self._owes_password or membership.is_of_password(line)
            if self._room.resume(self._member, line):
                self._room.letters.deliver(self._member, is_all_read=self._member.is_quiet())
                return
            self._wait_for_turnstile()
            try:
                self._room.join(self._member, line)
            except NameRegistered as error:
                self._asked_for, self._owes_password = error.name, True
                raise
            return
        self._owes_password = True
        began = time.monotonic()
        try:
            account = membership.enter(self._room, self._member, request.rest, self._asked_for)
        finally:
            self._name_by += time.monotonic() - began  # others' passwords were before theirs
        if hangs_up(self._socket, 0):
            raise ConnectionResetError  # else a lost connection would take the place of another
        self._wait_for_turnstile()
        self._room.logins.enter(self._member, account)
        self._room.letters.deliver(self._member, is_all_read=self._member.is_quiet())

    def _check_not_a_password(self, line: str) -> None:
        """Raise Refused, once, where a name follows that may be a password: as a name, all read it.

        So it is where a registered name was refused before, or a password, or a line that had one.
        """
        may_be_one = self._owes_password and len(line) >= MIN_PASSWORD_CHARACTERS
        if may_be_one and line not in (self._doubtful, self._asked_for):
            self._doubtful = line
            how = f"A password is written behind /login {self._asked_for or 'NAME'}."
            raise Refused(f"{how} If this is a name, send it again.")

    def _wait_for_turnstile(self) -> None:
        """Wait until newcomers can be announced. Raises OSError where the connection is lost."""
        people = self._room.people_now
        seconds = self._room.turnstile.seconds_to_wait(people)
        if seconds:
            self._name_by += seconds  # they have given one in time
            if hangs_up(self._socket, seconds):
                self._room.turnstile.give_back(people)
                raise ConnectionResetError

    def _converse(self, lines: Iterator[str | BadLine]) -> None:
        self._room.coming_back.wait(self._member)
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

        Raises HangUp when its time is over, and OSError when the connection is lost.
        """
        while data := self._receive():
            self._member.bytes_in += len(data)
            text = self._telnet.feed(data)
            if len(text) < len(data):
                self._answer_telnet()
            if self._beginning is not None:
                self._look_at_the_beginning(text)
            for line in self._decoder.feed(text):
                # Also for an empty line: it says nothing, but has a cost.
                wait = self._member.lines.take()
                if wait:
                    self._hold_back(wait)
                self._room.wait_for_room(self._member)
                if self._member.is_gone:
                    return  # disconnected, or the server stops: nobody is to hear the rest
                yield line

    def _answer_telnet(self) -> None:
        """Answer what must be answered. Telnet's own bytes are no line, but have a cost."""
        if wait := self._member.lines.take():
            self._hold_back(wait)
        if answer := self._telnet.take_answer():
            with self._room.fan_out:
                if not self._member.is_gone:
                    self._room.fan_out.deliver(answer, self._member.outbox)

    def _look_at_the_beginning(self, text: bytes) -> None:
        """Raises HangUp where no person begins so."""
        assert self._beginning is not None
        self._beginning += text
        _hang_up_on(recognise(self._beginning))
        if b"\n" in self._beginning or len(self._beginning) > _BEGINNING_BYTES:
            self._beginning = None

    def _hold_back(self, seconds: float) -> None:
        """Wait before the next line. Raises HangUp, and OSError when the connection is lost."""
        if not self._last_words_by and has_ended(self._socket):
            self._last_words_by = time.monotonic() + LAST_WORDS_SECONDS
        if hangs_up(self._socket, seconds):
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
            if self._door is not None:
                seconds = self._door.keep_alive(seconds)
            receipt = self._member.receipt
            if receipt is not None and not self._readiness.readable(0):
                receipt.all_is_read()
            if self._readiness.readable(seconds):
                try:
                    data = self._connection.recv(MAX_LINE_BYTES)
                except BlockingIOError:
                    continue  # the system may be wrong about what is readable
                if receipt is not None:
                    self._take(receipt)
                return data

    def _take(self, receipt: Receipt) -> None:
        """The peer has said something, or has ended its direction: what it got has arrived."""
        if receipt.is_proved(self._socket, self._outbox.unsent_bytes):
            self._room.letters.have_arrived(self._member, receipt)

    def _close(self) -> None:
        """Wait until the writing thread is done with the socket; then say goodbye and close it."""
        if self._outbox.released.wait(_RELEASE_SECONDS):
            say_goodbye(self._connection, seconds=_LINGER_SECONDS if self._may_linger() else 0)
        else:
            self._connection.detach()  # better a lost descriptor than one with two owners


def _over_tls(connection: socket.socket, context: "ssl.SSLContext") -> "TLSSocket":
    from phase4.transport.handshake import over_tls

    return over_tls(connection, context)


def _hang_up_on(stranger: Stranger | None) -> None:
    """Raises HangUp where it is one."""
    if stranger is not None:
        raise HangUp(stranger.last_words, stranger.reason)


class Readiness:
    """Waits until there is something to read from one connection."""

    def __init__(self, connection: socket.socket, stream: "TLSSocket | Door | None" = None) -> None:
        self._stream = stream
        self._readable = Readable(connection)

    def readable(self, seconds: float | None) -> bool:
        """Whether there is something to read (or the end), within `seconds`; None waits for ever.

        A wait for ever is ended by shutdown(), from any thread.
        """
        if self._stream is not None and self._stream.has_pending:
            return True  # taken from the socket already, so the system knows nothing of it
        return self._readable.wait(seconds)
