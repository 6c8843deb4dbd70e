"""The server under test: a command line with {port} in it, in whatever language.

It is ready when a client can connect: it need not print anything. What it prints is kept for the
explanation of a failure.
"""

import contextlib
import re
import threading
from collections.abc import Callable
from pathlib import Path

from shared.deadline import Deadline
from shared.readable import readable
from tests.grading.commands import words_of
from tests.grading.faults import fault_in
from tests.grading.journal import Journal
from tests.grading.people import (
    DAEMON,
    DEAD,
    END,
    GONE,
    MISMATCH,
    REFUSED,
    RESET,
    SILENCE,
    UNACCEPTED,
    UNREAD,
    Somebody,
    Verdict,
)
from tests.grading.running import LEFT, START_SECONDS, Running
from tests.kit.harness import free_port

NOT_WELL = (END, RESET, REFUSED)
"""What a server that has just ended looks like from outside."""

UNHEARD = (*NOT_WELL, SILENCE, UNACCEPTED, UNREAD)
"""What a part of a server that ended by an exception looks like, now and later."""


_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f-\x9f]")


class Subject:
    """How to start the server."""

    def __init__(
        self,
        command: str,
        directory: Path,
        patience: float,
        start_seconds: float = START_SECONDS,
    ) -> None:
        """`command` holds {port}, and {logs} where a directory for logs is wanted."""
        self.start_seconds = start_seconds
        self.command = command
        self.directory = directory
        self.patience = patience

    def start(self, logs: Path, port: int = 0) -> Running:
        """A server that can be connected to. Raises Verdict where it cannot."""
        running = self.launch(logs, port or free_port())
        with contextlib.ExitStack() as unless_ready:  # until then nobody else knows of it
            unless_ready.callback(running.end)
            running.wait_until_ready()
            unless_ready.pop_all()
        return running

    def launch(self, logs: Path, port: int) -> Running:
        """Start the command, and wait for nothing."""
        words = words_of(self.command)
        places = {"{port}": str(port), "{logs}": str(logs)}
        for place, value in places.items():
            words = [word.replace(place, value) for word in words]
        return Running(words, self.directory, port, logs, self.patience, self.start_seconds)


class Graded:
    """What a check gets: the running server, and a way to send people there."""

    def __init__(self, running: Running, journal: Journal, ignores: Callable[[str], bool]) -> None:
        self.running = running
        self.journal = journal
        self._people: list[Somebody] = []
        self._ignores = ignores
        self._first = running
        self._printed: list[str] | None = None  # before the server was asked why it says nothing

    def name(self, name: str) -> str:
        """`name`, with a number where an earlier check on the same server may have used it."""
        number = self.running.checks_served
        return f"{name}{number}" if number else name

    def connect(self, name: str, *, receive_buffer_bytes: int = 0) -> Somebody:
        """Somebody who has connected; the connection is closed with the check."""
        somebody = Somebody(
            name,
            ("127.0.0.1", self.running.port),
            self.journal,
            self.running.patience,
            ignores=self._ignores,
            receive_buffer_bytes=receive_buffer_bytes,
            company=self._people,
            last_look=self._look_at_the_console,
        )
        self._people.append(somebody)
        return somebody

    def close(self) -> None:
        """Close what is still open. May be called again."""
        for each in self._people:
            each.close()

    # --- whether it is still alive -------------------------------------------------------------

    def finish(self) -> None:
        """The check has seen what it wanted: everybody leaves. Raises Verdict if that was too much.

        One after the other ends the stream, reads what still comes, and closes. What the server
        does about it, and prints, belongs to this check and not to the next. So it is visited, and
        visited again: a server that answers the second visitor has got over the first.
        """
        deadline = Deadline(self.running.seconds_to_leave)
        for each in self._people:
            each.end_stream_quietly()
        if not all([each.drain_and_close(deadline) for each in self._people]):
            self.running.has_kept_visitors()
        if self.running.was_ended:
            return
        can_connect = self.running.visit() and self.running.visit()
        self.journal.add("the check is over, and all connections are closed")
        if self.running.has_died:
            raise Verdict(DEAD, "The server should go on, but has ended")
        if not can_connect and not self.running.visit():
            raise Verdict(REFUSED, "The server should go on, but nobody can connect any more")

    def examine(self, verdict: Verdict) -> None:
        """Put into the verdict what became of the server, and what it printed."""
        if verdict.output is not None:  # of another server, which this check has started
            return
        if verdict.kind in NOT_WELL and not self.running.was_ended:
            for each in self._people:  # it may wait for their end before it says what happened
                each.end_stream_quietly()
            self.running.visit()
        if self.running.has_died:
            self._blame(verdict)
        elif verdict.kind in NOT_WELL:
            self.running.console.settle()
        output = self._printed
        if output is None or self.running.has_died:
            output = self._since_it_began()
        verdict.output = output
        earlier = fault_in(self.running.console.since()[: self.running.explained])
        if verdict.kind in UNHEARD and earlier and earlier.is_uncaught and not fault_in(output):
            told = f"Before this check the console showed an exception: {earlier.text}"
            verdict.remark = ".\n     ".join(filter(None, [verdict.remark, told]))

    def _since_it_began(self) -> list[str]:
        """What the server has printed in this check."""
        begin = self.running.explained if self.running is self._first else 0
        return self.running.last_words(begin)

    def _look_at_the_console(self) -> None:
        self._printed = self._since_it_began()

    def _blame(self, verdict: Verdict) -> None:
        """Say how the server ended, and when."""
        verdict.ending = self.running.ending
        verdict.remark = f"The server {verdict.ending.how}"
        if self.running.went_into_the_background():
            self.running.end()  # what holds the pipe: else its last words would be waited for
            verdict.kind = DAEMON
            verdict.remark = LEFT
        elif verdict.kind == REFUSED and all(each.has_sent_nothing for each in self._people):
            verdict.kind = GONE
            verdict.remark += ", before this check began"
        else:
            verdict.kind = DEAD

    # --- what else a check asks of it ----------------------------------------------------------

    def descriptors(self) -> int:
        """How many descriptors the server has open; 0 where the system does not tell."""
        folder = Path(f"/proc/{self.running.process.pid}/fd")
        return len(list(folder.iterdir())) if folder.exists() else 0

    def gives_descriptors_back(self, before: int, most: int) -> None:
        """It must have at most so many more than before, when the last clients are seen off."""
        deadline, pause = Deadline(self.running.patience), threading.Event()  # never set
        while (left_over := self.descriptors() - before) > most:
            if deadline.has_passed:
                said = f"The server has {left_over} descriptors more than before"
                verdict = Verdict(MISMATCH, said)
                verdict.has_waited = True
                raise verdict
            pause.wait(0.02)

    def prints(self, text: str) -> None:
        """A line with this text in it must be printed on the console."""
        if not self.running.console.says(text, self.running.patience):
            raise Verdict(
                SILENCE,
                f"The server's console should show a line with '{text}',\n"
                f"     but showed none within {self.running.patience:g} s",
            )
        self.journal.add(f"the server prints a line with '{text}'")

    def prints_by_whom(self, text: str, people: int) -> None:
        """So many people have said this, and each of these lines must tell by whom."""
        if not self.running.console.says(text, self.running.patience, in_lines=people):
            raise Verdict(
                SILENCE,
                f"The server's console should show {people} lines with '{text}' that differ,\n"
                "     because it was said by different people",
            )
        self.journal.add(f"the server prints {people} lines with '{text}', and by whom")

    def prints_no_control_between(self, begin: str, end: str) -> None:
        """Between these two no control character may have been printed. The tab does no harm.

        What stands around them, such as a colour that the server itself gives to a line, is free.
        """
        for line in self.running.console.since():
            shown = line.partition(begin)[2].partition(end)
            if shown[1] and _CONTROL.search(shown[0]):
                raise Verdict(
                    MISMATCH, f"The console shows what it should not: {readable(line.encode())}"
                )
