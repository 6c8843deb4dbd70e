"""People who talk to the server under test, and write down what they do.

Every wait has a deadline (`patience`). Whatever goes wrong is a Verdict: what was expected, what
came instead, and where the two part.
"""

import contextlib
import re
import select
import socket
import sys
import threading
from collections.abc import Callable, Sequence

from shared.deadline import Deadline
from shared.readable import readable
from tests.grading.deaths import Ending
from tests.grading.journal import Journal
from tests.grading.kernel import held_by_kernel
from tests.grading.listening import queues_of
from tests.kit.harness import Peer

SILENCE, END, RESET, MISMATCH, UNFINISHED, REFUSED = (
    "silence", "end", "reset", "mismatch", "unfinished", "refused"
)  # fmt: skip
"""How a check can fail: nothing came; the stream ended; it was cut off; something else came; a part
of a line came; there was no connection."""

NUL = "nul"
"""What came holds a NUL byte that should not be there."""

CHARSET = "charset"
"""What came was decoded or encoded as something else than UTF-8."""
AS_PYTHON = "as python"
"""What came holds bytes as Python shows them, b'...', instead of the text in them."""

LATE, UNACCEPTED, UNREAD = "late", "unaccepted", "unread"
"""More of nothing that came: it came when the stream ended; the connection was not accepted; what
was sent was not read. The system tells the last two on Linux; elsewhere they are silence."""

SLOW = "slow"
"""Each answer came in time, and all of them together took more than a check may take."""

UNREADY = "unready"
"""The server runs, listens nowhere that the system tells of, and has printed nothing of a fault."""

DEAD, GONE, DAEMON = "dead", "gone", "daemon"
"""What became of the server: it ended in this check; before it; its command left it in the
background."""


FULL_SECONDS = 1.0  # a server that takes nothing for so long takes no more, on a busy machine too
BETWEEN_BYTES_SECONDS = 0.0005
LATE_SECONDS = 0.5  # for what comes when the stream ends
_SHOWN_BYTES = re.compile(r"\bb(['\"]).*\1")
_FAREWELL = re.compile(r"\b(left|leave|leaves|gone|bye|goodbye|quit|disconnected)\b", re.IGNORECASE)
MAX_FLOOD_BYTES = 64_000_000  # no system keeps as much for a connection


class Verdict(AssertionError):
    """A server did not do what it should. `kind` is one of the words above."""

    def __init__(
        self,
        kind: str,
        said: str,
        *,
        expected: str | None = None,
        got: str = "",
        output: Sequence[str] | None = None,
        ending: Ending | None = None,
    ) -> None:
        super().__init__(said)
        self.kind = kind
        self.expected = expected
        self.got = got
        self.output = output  # what the server printed; None until somebody has asked it
        self.ending = ending  # of a server that has ended by itself
        self.remark = ""  # what else is known: how the server ended, say
        # It was waited for until the time was up, though `kind` says what came meanwhile.
        self.has_waited = False

    @property
    def caret(self) -> int | None:
        """Where `got` parts from `expected`; None where there is nothing to compare."""
        if self.expected is None:
            return None
        pairs = zip(self.expected, self.got, strict=False)
        same = next((index for index, (a, b) in enumerate(pairs) if a != b), None)
        return min(len(self.expected), len(self.got)) if same is None else same


class Somebody(Peer):
    """One person in a check. Each method is a step."""

    def __init__(
        self,
        name: str,
        address: tuple[str, int],
        journal: Journal,
        patience: float,
        *,
        ignores: Callable[[str], bool] = lambda line: False,
        receive_buffer_bytes: int = 0,
        company: Sequence["Somebody"] = (),
        last_look: Callable[[], None] = lambda: None,
    ) -> None:
        """`company` is everybody in the check: what one waits for may depend on another.

        `last_look` is called when the check has failed, before anything is tried to find out why.
        """
        self._last_look = last_look
        self.name = name
        self._company = company
        self._server_port = address[1]
        self._has_flooded = False
        self._journal = journal
        self._patience = patience
        self._ignores = ignores
        self.rest_of_line = b""
        self.notices: list[str] = []  # the lines that `ignores` knows, whether they counted or not
        self.has_sent_nothing = True
        journal.add(f"{name} connects to port {address[1]}")
        try:
            super().__init__(
                *address, receive_buffer_bytes=receive_buffer_bytes, connect_seconds=patience
            )
        except TimeoutError as error:
            said = f"{name} gets no connection: too many others wait to be accepted"
            raise Verdict(UNACCEPTED, said) from error
        except OSError as error:
            raise Verdict(REFUSED, f"{name} gets no connection: {error.strerror}") from error

    # --- what they do --------------------------------------------------------------------------

    def send_bytes(self, data: bytes) -> None:
        """Send bytes as they are."""
        self._journal.add(f"{self.name} sends        {readable(data)}")
        self._send(data)

    def _send(self, data: bytes) -> None:
        self.has_sent_nothing = False
        self.socket.settimeout(self._patience)
        try:
            self.socket.sendall(data)
        except TimeoutError:
            raise Verdict(UNREAD, f"{self.name} could not send: the server does not read") from None
        except OSError as error:
            raise Verdict(
                RESET, f"{self.name} could not send: the connection is gone ({error.strerror})"
            ) from error

    def send_byte_by_byte(self, data: bytes) -> None:
        """Send each byte by itself, so that a server may see them one by one."""
        self._journal.add(f"{self.name} sends        {readable(data)}, a byte at a time")
        pause = threading.Event()  # never set
        for byte in data:
            # A right server needs no pause. It lets a wrong one see the pieces, nearly always.
            pause.wait(BETWEEN_BYTES_SECONDS)
            self._send(bytes([byte]))

    def waits_until_read(self) -> None:
        """Wait until the server has read all that was sent; not where no system tells."""
        try:
            reader, sender = self.socket.getpeername(), self.socket.getsockname()
        except OSError:  # it is cut off: what comes next says so
            return
        deadline = Deadline(self._patience)
        pause = threading.Event()  # never set: nothing tells when it is read
        while held_by_kernel(sender, reader) and not deadline.has_passed:
            pause.wait(BETWEEN_BYTES_SECONDS)

    def send_until_full(self, line: bytes, *, most_bytes: int = MAX_FLOOD_BYTES) -> int:
        """Send the same line again and again, and read nothing, until the server takes no more.

        The result is the number of whole lines that were taken. Of a line of which only a part was
        taken, `rest_of_line` is what is still to be sent.
        """
        self.has_sent_nothing = False
        self._has_flooded = True
        self.socket.setblocking(False)
        sent = 0
        while self._can_send() and sent < most_bytes:
            with contextlib.suppress(BlockingIOError):
                sent += self.socket.send((line * 20)[sent % len(line) :])
        whole, part = divmod(sent, len(line))
        self.rest_of_line = line[part:] if part else b""
        self._journal.add(f"{self.name} sends        {whole:,} lines, and reads nothing meanwhile")
        return whole

    def _can_send(self) -> bool:
        return bool(select.select([], [self.socket], [], FULL_SECONDS)[1])

    def half_close(self) -> None:
        """End our direction only (FIN); we can still read."""
        self._journal.add(f"{self.name} ends the stream (FIN), and still listens")
        super().half_close()

    def reset(self) -> None:
        """Vanish: end the connection with a reset, and read nothing more."""
        self._journal.add(f"{self.name} vanishes (RST, as a program that is killed)")
        super().reset()

    def hang_up(self) -> None:
        """Close the connection at once, whatever has come or may still come."""
        self._journal.add(f"{self.name} closes the connection, and reads nothing more")
        self.close()

    def leave(self) -> None:
        """Close the connection."""
        self._journal.add(f"{self.name} closes the connection")
        with contextlib.suppress(OSError):  # what is unread makes close() a reset (RFC 2525, 2.17)
            while select.select([self.socket], [], [], 0)[0] and self.socket.recv(65536):
                pass
        self.close()

    def end_stream_quietly(self) -> None:
        """End our direction, where the connection is still open. The check is over: no step."""
        with contextlib.suppress(OSError):
            self.socket.shutdown(socket.SHUT_WR)

    def drain_and_close(self, deadline: Deadline) -> bool:
        """Read all that still comes, and close. Whether the stream had ended by then."""
        # What is unread makes close() a reset (RFC 2525, 2.17).
        with contextlib.closing(self.socket):
            try:
                while self.socket.fileno() >= 0:
                    self.socket.settimeout(deadline.timeout())
                    if not self.socket.recv(65536):
                        break
            except OSError as error:
                return not isinstance(error, TimeoutError)
        return True

    # --- what they expect ----------------------------------------------------------------------

    def gets(self, text: str) -> None:
        """The next line must be exactly `text`."""
        line = self._next(f"'{readable(text.encode())}'", text.__eq__)
        if line != text:
            self._fail(text, line)
        self._journal.add(f"{self.name} gets         {readable(line.encode())}")

    def gets_like(self, pattern: str, what: str) -> re.Match[str]:
        """The whole next line must match `pattern`; `what` says in words what it should be."""
        line = self._next(what, re.compile(pattern, re.DOTALL).fullmatch)
        found = re.fullmatch(pattern, line, re.DOTALL)
        if not found:
            raise Verdict(
                MISMATCH,
                f"{self.name} should get {what},\n     but gets      {readable(line.encode())}",
            )
        self._journal.add(f"{self.name} gets         {readable(line.encode())}")
        return found

    def gets_error(self) -> None:
        """The next line must be an error: it begins with `! `, and the words are free."""
        self.gets_like(r"! .*\S.*", "an error, a line that begins with '! '")

    def waits_for(self, pattern: str, what: str) -> re.Match[str]:
        """Pass over lines until a whole line matches `pattern`; `what` says it in words."""
        passed: list[str] = []
        is_wanted = re.compile(pattern, re.DOTALL).fullmatch
        while True:
            try:
                line = self._next(what, is_wanted, passes_over=False)
            except Verdict as verdict:
                raise _with_passed(verdict, passed) from verdict
            passed = [*passed[-1:], line]
            if found := re.fullmatch(pattern, line, re.DOTALL):
                self._journal.add(f"{self.name} gets         {readable(line.encode())}")
                return found

    def must(self, is_so: bool, should: str) -> None:
        """Raise Verdict unless `is_so`; `should` goes on with the sentence "Alice should ..."."""
        if not is_so:
            raise Verdict(MISMATCH, f"{self.name} should {should}")

    def gets_end(self) -> None:
        """The next thing must be the end of the stream."""
        line = self._line_or_none("the end of the stream", passes_over=True)
        if line is not None:
            raise Verdict(
                MISMATCH,
                f"{self.name} should see the end of the stream,\n"
                f"     but gets      {readable(line.encode())}",
            )
        self._journal.add(f"{self.name} sees the end of the stream")

    def gets_end_after_anything(self) -> None:
        """The stream must end, whatever comes before that."""
        while self._line_or_none("the end of the stream", passes_over=False) is not None:
            pass
        self._journal.add(f"{self.name} sees the end of the stream")

    def _fail(self, expected: str, got: str) -> None:
        verdict = Verdict(
            MISMATCH,
            f"{self.name} should get a certain line, and gets another",
            expected=readable(expected.encode()),
            got=readable(got.encode()),
        )
        if "\0" in got and "\0" not in expected:
            verdict.kind = NUL
        elif _is_in_another_charset(expected, got):
            verdict.kind = CHARSET
        elif _SHOWN_BYTES.search(got) and not _SHOWN_BYTES.search(expected):
            verdict.kind = AS_PYTHON
        raise verdict

    def _next(
        self, what: str, is_wanted: Callable[[str], object], *, passes_over: bool = True
    ) -> str:
        try:
            line = self._line_or_none(what, passes_over=passes_over)
        except Verdict as verdict:
            if verdict.kind == SILENCE and self._comes_at_the_end(is_wanted):
                verdict.kind = LATE
                verdict.remark = f"It came when {self.name} ended the stream"
            raise
        if line is None:
            raise Verdict(
                END,
                f"{self.name} should get {what},\n     but the server ended the connection",
            )
        return line

    def _line_or_none(self, what: str, *, passes_over: bool) -> str | None:
        """The next line that counts; None at the end of the stream."""
        while True:
            try:
                line = self.read_line(self._patience)
            except ConnectionError as error:
                raise Verdict(
                    RESET,
                    f"{self.name} should get {what},\n"
                    f"     but the connection was cut off ({error.strerror})",
                ) from error
            except UnicodeDecodeError as error:
                raise Verdict(
                    MISMATCH,
                    f"{self.name} should get {what},\n"
                    f"     but gets bytes that are not UTF-8: {readable(error.object)}",
                ) from error
            except AssertionError as error:
                self._check_clean_end(what, ended="ended" in str(error))
                return None
            if self._ignores(line):
                self.notices.append(line)
                if passes_over:
                    continue
            return line

    def _receive(self, deadline: float) -> bytes:
        """Confirm at once what has come: servers wait 40 ms for it between two small lines.

        (Nagle's algorithm, RFC 9293, 3.7.4, and delayed acknowledgments, 3.8.6.3.)
        """
        if sys.platform == "linux":
            with contextlib.suppress(OSError):
                self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
        return super()._receive(deadline)

    def _check_clean_end(self, what: str, *, ended: bool) -> None:
        """No line came. Raises Verdict, unless the stream has ended, and cleanly."""
        rest = self._unread
        if ended and not rest:
            return
        if rest:
            verdict = Verdict(
                UNFINISHED,
                f"{self.name} should get {what},\n"
                f"     but gets      {readable(rest)}\n"
                f"     and no newline after it"
                + ("" if ended else f" within {self._patience:g} s"),
            )
            if b"\0" in rest:
                verdict.kind = NUL
            raise verdict
        said = f"{self.name} should get {what},\n     but nothing came within {self._patience:g} s"
        verdict = Verdict(SILENCE, said)
        verdict.kind, verdict.remark = self._why_silent()
        raise verdict

    # --- why nothing came ----------------------------------------------------------------------

    def _why_silent(self) -> tuple[str, str]:
        """The kind of silence, and what the system says of it."""
        known = queues_of(self._server_port)
        queues = {each: known.get(each._port()) for each in self._company if not each._has_flooded}
        for somebody, queue in queues.items():
            if queue and not queue.is_accepted:
                return UNACCEPTED, f"The server has not accepted the connection of {somebody.name}"
        for somebody, queue in queues.items():
            if queue and queue.unread_bytes:
                said = f"{queue.unread_bytes:,} bytes from {somebody.name} wait to be read"
                return UNREAD, f"The server does not receive: {said}"
        is_known = any(queues.values())
        return SILENCE, "The server has read all that was sent to it" if is_known else ""

    def _port(self) -> int:
        """Ours; 0 where the connection is closed."""
        try:
            return int(self.socket.getsockname()[1])
        except OSError:
            return 0

    def _comes_at_the_end(self, is_wanted: Callable[[str], object]) -> bool:
        """End the stream: a line of that kind may have been waiting for it, in a buffer."""
        self._last_look()
        deadline = Deadline(min(self._patience, LATE_SECONDS))
        try:
            super().half_close()
            while not is_wanted(line := self.read_line(deadline.timeout())):
                pass
        except (OSError, AssertionError, UnicodeDecodeError):  # nothing, or the end
            return False
        return not _FAREWELL.search(line)


def _is_in_another_charset(expected: str, got: str) -> bool:
    """Whether ASCII was written (é becomes ?), or what was UTF-8 was read as Latin-1 (é: Ã©)."""
    if expected.isascii():
        return False
    in_ascii = re.escape(expected.encode("ascii", "replace").decode()).replace(r"\?", r"\?{1,4}")
    in_latin_1 = expected.encode().decode("latin-1")
    in_windows = expected.encode().decode("cp1252", "replace")
    return bool(re.fullmatch(in_ascii, got)) or got in (in_latin_1, in_windows)


def _with_passed(verdict: Verdict, passed: list[str]) -> Verdict:
    """The same, with the last lines that came and were not what was waited for."""
    if not passed:
        return verdict
    lines = " and ".join(f"'{readable(line.encode())}'" for line in passed)
    more = Verdict(verdict.kind, f"{verdict},\n     after         {lines}")
    more.remark = verdict.remark
    return more
