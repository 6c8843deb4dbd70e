"""The client where there is no terminal: it sends its input, prints what arrives, and leaves.

It asks nobody anything. For a script it connects once: that wants to know what became of its lines,
now, and the exit status tells. It ends when the server has answered a last question, which it asks
after everything else: only that proves that all was taken. A person who types on a terminal that
can only print stays, and comes back after a lost connection. At the end they get back what may not
have arrived.
"""

import codecs
import contextlib
import io
import os
import queue
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace

from phase4.client import (
    Client,
    ConnectionLost,
    Disconnected,
    Event,
    NameRefused,
    PasswordAsked,
    Received,
    SendError,
    SendQueueFull,
    Trust,
    Welcomed,
)
from phase4.client.mentions import is_among
from phase4.client.pasting import without_unseen
from phase4.client_terminal.caution import PlainCaution
from phase4.client_terminal.unsent import remark, rows
from shared import message
from shared.defaults import FLOOD_LINES_PER_SECOND, POLL_SECONDS, RECV_BYTES
from shared.framing import BadLine, LineDecoder
from shared.request import Command, Refusal, as_said, is_goodbye, parse

LEAVE_SECONDS = 2.0
"""How long leaving may take: long enough for the last line to go, short enough to wait for."""

_LAST_ANSWER_SECONDS = 10.0  # for the server to take what was sent, beside its bound
_RETRY_SECONDS = 0.05  # before a line that found no space is sent again

# What an old PowerShell's > writes: each line of it would be refused for another reason.
_UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


_SAID = message.Public | message.Private | message.Earlier | message.Kept


class _LineSender:
    """Sends the lines of standard input, in a thread of its own.

    The thread may wait in read() when the program ends, and nothing can interrupt that: so it is a
    daemon, and reads the descriptor itself. (A daemon that holds the lock of `sys.stdin` makes
    Python abort at exit.) The numbers are written by that thread alone.
    """

    def __init__(self, client: Client, *, asks_at_the_end: bool) -> None:
        self._client = client
        # Whether a last question has to prove that all was taken.
        self._asks_at_the_end = asks_at_the_end
        self._thread = threading.Thread(target=self._run, name="standard input", daemon=True)
        self._stopping = threading.Event()
        # None where no person types.
        self._caution = PlainCaution() if sys.stdin and sys.stdin.isatty() else None
        # How many of the lines sent ask for the list of people.
        self._questions = 0
        # How many lines were handed over, and how many could not be sent.
        self.sent = 0
        self.refused = 0
        # Which answer to that question proves that all was taken; 0: none yet.
        self.last_question = 0
        # Set once everything is handed over, the goodbye too.
        self.has_ended = threading.Event()

    def start(self) -> None:
        """Begin to read and send."""
        self._thread.start()

    def stop(self) -> None:
        """Send no more. Does not wait: the thread may be held up by its input."""
        self._stopping.set()

    def _run(self) -> None:
        for line in _input_lines():
            if isinstance(line, BadLine):
                self._refuse_unread(line)
            elif is_goodbye(line):
                break
            elif line.strip() and self._is_meant(said := as_said(line)) and self._send(said):
                self._questions += _asks_who_is_here(said)
            if self._stopping.is_set():
                return
        if self._asks_at_the_end:
            # Its answer comes when the server has taken all that went before it.
            self.last_question = self._questions + 1
            self._send("/who")
        self._send("/quit")
        self.has_ended.set()

    def _is_meant(self, line: str) -> bool:
        """Whether it may be sent. Nobody can be asked on a terminal that can only print."""
        if self._caution is None:
            return True
        request = parse(line, lambda name: is_among(name, self._client.people))
        if why_not := self._caution.why_not(request):
            self._refuse(why_not)
        return not why_not

    def _refuse_unread(self, line: BadLine) -> None:
        """It may have been for one, as any line that is refused."""
        if self._caution is not None:
            self._caution.why_not(Refusal(line.reason))
        self._refuse(line.reason)

    def _send(self, line: str) -> bool:
        while not self._stopping.is_set():
            try:
                self._client.send(line)
            except SendQueueFull:
                self._stopping.wait(_RETRY_SECONDS)
            except SendError as error:
                if not self._client.is_open and not self._client.is_away:
                    return False  # the main thread says why, once
                self._refuse(str(error))
                return False
            else:
                self.sent += 1
                return True
        return False

    def _refuse(self, reason: str) -> None:
        self.refused += 1
        _complain(reason)


def _input_lines() -> Iterator[str | BadLine]:
    if sys.stdin is None:
        return
    start = _start_of_input()
    if start.startswith(_UTF_16):
        yield BadLine("The input is UTF-16 and must be UTF-8. Nothing was sent.")
        return
    decoder = LineDecoder()
    yield from decoder.feed(start.removeprefix(codecs.BOM_UTF8))
    while data := _read():
        yield from decoder.feed(data)
    if decoder.has_unfinished_line:
        yield from decoder.feed(b"\n")


def _start_of_input() -> bytes:
    """As much as tells whether a byte order mark is there: a pipe may hand over single bytes."""
    start = b""
    while any(mark != start and mark.startswith(start) for mark in (codecs.BOM_UTF8, *_UTF_16)):
        data = _read()
        if not data:
            break
        start += data
    return start


def _read() -> bytes:
    if sys.platform == "win32" and sys.stdin.isatty():
        # A console gives os.read() another encoding than UTF-8. This has no lock, either.
        assert isinstance(sys.stdin.buffer, io.BufferedReader)
        return sys.stdin.buffer.raw.read(RECV_BYTES) or b""
    return os.read(sys.stdin.fileno(), RECV_BYTES)


def _asks_who_is_here(line: str) -> bool:
    match parse(line):
        case Command("/who"):
            return True
    return False


def _complain(reason: str) -> None:
    print(f"! {reason}", file=sys.stderr, flush=True)


class PipeClient:
    """Sends standard input, prints what arrives, and leaves when all was taken."""

    def __init__(
        self,
        host: str,
        port: int,
        name: str = "",
        *,
        password: str = "",
        ask_password: Callable[[str], str] | None = None,
        reconnect: bool = False,
        trust: Trust | None = None,
    ) -> None:
        """`password`, `reconnect` and `trust`: as for Client.

        `ask_password(name)`: where somebody is there, who may be asked on the way in.
        """
        self._client = Client(host, port, name, password=password, reconnect=reconnect, trust=trust)
        self._ask_password = ask_password
        # A client that comes back knows by itself what has arrived, and sends a question again
        # whose answer was lost: to count answers would prove nothing.
        self._reconnects = reconnect
        self._sender = _LineSender(self._client, asks_at_the_end=not reconnect)
        self._is_in = False
        # Why the connection is lost, as it was told last; empty while it stands.
        self._why_away = ""
        # How many answers to the question for the people have come.
        self._answers = 0
        # How many lines, or names, the server has refused.
        self._refusals = 0

    def run(self) -> int:
        """The whole conversation; the exit status."""
        self._client.start()
        try:
            end = self._show_events()
        except KeyboardInterrupt:
            self._leave()
            self._tell_unsent()
            raise
        finally:
            self._leave()
        if not end.was_wished:
            _complain(end.reason)
        elif not self._is_all_taken and self._is_in and not self._reconnects:
            _complain("The server did not take everything in time.")
        self._tell_unsent()
        is_done = end.was_wished and self._is_all_taken
        return 0 if is_done and not self._sender.refused and not self._refusals else 1

    def _leave(self) -> None:
        self._sender.stop()
        self._client.close(LEAVE_SECONDS)

    def _tell_unsent(self) -> None:
        """A person may want to copy what they typed. A script has its input."""
        if self._reconnects and (unsent := self._unsent):
            # First an empty row: the terminal may have echoed a Ctrl-C, or half a line.
            print("", f"* {remark(unsent)}", *rows(unsent), sep="\n", flush=True)

    @property
    def _unsent(self) -> list[str]:
        """The lines that are not known to have arrived. The goodbye is the client's own."""
        return [line for line in self._client.unsent if not is_goodbye(line)]

    @property
    def _is_all_taken(self) -> bool:
        if self._reconnects:
            return not self._unsent
        return 0 < self._sender.last_question <= self._answers

    def _show_events(self) -> Disconnected:
        leave_by: float | None = None
        while True:
            if leave_by is None and self._sender.has_ended.is_set():
                # Twice as long as the server's bound on lines a second may need for them.
                seconds = _LAST_ANSWER_SECONDS + 2 * self._sender.sent / FLOOD_LINES_PER_SECOND
                leave_by = time.monotonic() + seconds
            if leave_by is not None and time.monotonic() > leave_by:
                self._client.close(0)
            with contextlib.suppress(queue.Empty):
                event = self._client.events.get(timeout=POLL_SECONDS)
                if isinstance(event, Disconnected):
                    return event
                self._show(event)

    def _show(self, event: Event) -> None:
        match event:
            case Welcomed() if not self._is_in:
                self._is_in = True
                self._sender.start()
            case Welcomed():
                self._why_away = ""
            case ConnectionLost(reason) if reason != self._why_away:
                self._why_away = reason
                _complain(f"{reason} The client tries again; what you type meanwhile waits.")
            case NameRefused(reason):
                self._refuse(reason)
                self._client.close(LEAVE_SECONDS)  # there is nobody to ask for another
            case PasswordAsked(name, reason):
                self._give_password(name, reason)
            case Received(message.Error(text=text) | message.Registered(text=text)):
                self._refuse(text)
            case Received(shown):
                is_own_question = self._answers + 1 == self._sender.last_question
                if isinstance(shown, message.Online):
                    self._answers += not shown.more
                    if is_own_question:
                        return
                if isinstance(shown, _SAID):
                    shown = replace(shown, text=without_unseen(shown.text))
                print(message.format(shown), flush=True)

    def _give_password(self, name: str, reason: str) -> None:
        """Ask whoever is there; but once in, what is typed are lines, and not a password."""
        password = ""
        if self._ask_password is not None and not self._is_in:
            _complain(reason)
            password = self._ask_password(name)
        if password:
            with contextlib.suppress(SendError):  # the connection has ended, and that is told
                self._client.send_password(password)
        else:
            self._refuse(f"{reason} To log in, put its password into a file: --password-file FILE.")
            self._client.close(LEAVE_SECONDS)

    def _refuse(self, reason: str) -> None:
        self._refusals += 1
        _complain(reason)
