"""What every phase promises of the server as a whole, asked of anybody's.

Each phase's test_wire.py derives its classes from these two, as from `StreamChecks`. To be silent
takes time, so `SilenceChecks` come last in a module, and their people fall silent when its first
check begins (the fixture `silent_people`, which each module names in its `pytestmark`).
"""

import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest

from tests.grading.journal import Journal
from tests.grading.people import DEAD, SILENCE, Verdict
from tests.grading.plugin import explain_with
from tests.grading.running import Running
from tests.grading.stream_checks import CODE, EXPERIMENTS, Arrivals, Talk
from tests.grading.subject import Graded, Subject
from tests.grading.teaching import teaches
from tests.kit.harness import free_port

Ignores = Callable[[str], bool]

SILENT_SECONDS = 11.0  # people write timeouts of 1, 2, 3, 5 and 10 s
LEAKING_VISITS = 60
VISITS = 5  # of those who hang up: chance has a hand in what the server was just doing

BEFORE, BETWEEN = "before the first line", "between two lines"


class ServerChecks(Arrivals):
    """Ask each promise of the server under test that is not about one stream."""

    @teaches(
        CODE,
        "A client vanished, and the server does not serve the next one as it should.",
        "What happens in your program when a read or a write fails?",
        "That client is gone. Why should the others care?",
        "Catch it where this one client is served, close the connection, and go on. In Node, a"
        " socket without a listener for 'error' ends the program.",
        dead="A client vanished, and the server ended with it: a read or a write failed"
        " (ConnectionResetError, ECONNRESET), and nobody caught that.",
        silence="A client vanished, and since then nobody is served: the server still waits for it,"
        " or turns in a loop, because it does not look at what its read returned.",
    )
    def test_a_client_that_vanishes_takes_nobody_along(self, graded: Graded) -> None:
        """With a reset, as a program that was killed; with an answer unread, and with none."""
        for which, reads in (("-a", False), ("-b", True)):
            talk = self.arrive(graded, which)
            talk.speaker.send("one", "two")
            if reads or not talk.is_echo:  # what others hear is not left for later
                talk.hears("one")
                talk.hears("two")
            talk.speaker.reset()
        self._expect_service(graded, "-c")

    @teaches(
        CODE,
        "A client hung up while the server wrote to it, and the server does not serve the next one"
        " as it should.",
        "What does a write do when the other side has closed the connection?",
        "The first succeeds, the next one fails: with an error (EPIPE), or with a signal.",
        "In C, SIGPIPE ends your program: signal(SIGPIPE, SIG_IGN), and look at what write()"
        " returns. In Python, catch OSError around sendall() as around recv().",
        dead="A client hung up while the server wrote to it, and the server ended with it. In C:"
        " SIGPIPE ends a program that writes to a connection whose other end was closed. In other"
        " languages: the write raised (BrokenPipeError, EPIPE), and nobody caught it.",
        silence="A client hung up while the server wrote to it, and since then nobody is served.",
    )
    def test_a_client_that_hangs_up_on_its_answers_takes_nobody_along(self, graded: Graded) -> None:
        """It has sent many lines, and closes the connection before the answers have come."""
        for number in range(1, VISITS + 1):
            talk = self.arrive(graded, f"-{number}")
            talk.speaker.send(*["nobody reads the answer to this"] * 50)
            talk.hearer.hang_up()
            if not talk.is_echo:  # nothing of this is left for whoever comes next
                talk.speaker.half_close()
                talk.speaker.gets_end_after_anything()
            talk.close()
        self._expect_service(graded, "-z")

    @teaches(
        CODE,
        "Of clients that have gone something is left: a connection that was never closed.",
        "What does your server do with a connection whose conversation is over?",
        "The system keeps a descriptor for each, and gives a process so many (ulimit -n).",
        "Close it, whatever ended the conversation: `with connection:` in Python, close() behind"
        " the loop in C, try-with-resources in Java.",
    )
    @pytest.mark.patient
    def test_connections_are_closed_on_this_side_too(self, graded: Graded) -> None:
        """Where the system tells (Linux), the descriptors are counted."""
        before = graded.descriptors()
        for number in range(LEAKING_VISITS):
            talk = self.arrive(graded, f"v{number}")
            if number % 2:  # to vanish is to leave as well
                talk.speaker.reset()
            talk.close()
        self._expect_service(graded, "z")  # so they have all been accepted
        graded.gives_descriptors_back(before, LEAKING_VISITS // 3)

    def _expect_service(self, graded: Graded, which: str) -> None:
        talk = self.arrive(graded, which)
        talk.speaker.send("Is anybody here?")
        talk.hears("Is anybody here?")

    @teaches(
        EXPERIMENTS,
        "The server was started again, and does not serve as before.",
        "What does the server print when it starts again?",
        "There is an option for the listener, to be set before bind().",
        "SO_REUSEADDR: in Python listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)."
        " Node, Go and (on Linux) Java set it without being asked.",
        dead="A rest of the last run (TIME_WAIT) keeps the port for a minute, unless you ask"
        " otherwise.",
    )
    @pytest.mark.fresh_server
    def test_it_starts_again_at_once(
        self, graded: Graded, subject: Subject, journal: Journal, tmp_path: Path
    ) -> None:
        """On the same port, although a connection of the last run has only just ended."""
        talk = self.arrive(graded, "-a")
        talk.speaker.send("before")
        talk.hears("before")
        journal.add("the server is ended (SIGTERM), and ends Alice's connection first")
        graded.running.terminate()
        talk.speaker.gets_end_after_anything()
        journal.add("the server is started again, on the same port")
        graded.running = subject.start(tmp_path, graded.running.port)
        try:
            self._expect_service(graded, "-b")
        finally:
            graded.running.end()

    @teaches(
        EXPERIMENTS,
        "A second server on the same port should end, with a status that is not 0, and leave the"
        " first one alone.",
        "What does bind() say when the port is taken? What does your program do then?",
        "Say why on standard error, and end with a status that is not 0, such as 1.",
        "SO_REUSEPORT lets two servers have one port, SO_REUSEADDR does not. Without it, bind()"
        " fails for the second (EADDRINUSE).",
        silence="The second server goes on. Either two servers have one port now, and the system"
        " deals out the clients between them (SO_REUSEPORT); or bind() failed, and your program"
        " goes on all the same.",
        dead="The second server said that all went well (status 0), or the first ended.",
    )
    def test_a_second_server_on_the_same_port_does_not_start(
        self, graded: Graded, subject: Subject, journal: Journal, tmp_path: Path
    ) -> None:
        """It ends, and the first goes on serving."""
        journal.add(f"a second server is started on port {graded.running.port}, too")
        seconds = subject.patience + 2 * graded.running.started_in_seconds
        second = subject.launch(tmp_path, graded.running.port)
        try:
            second.process.wait(seconds)
        except subprocess.TimeoutExpired:
            raise Verdict(
                SILENCE,
                f"The second server should end, but it runs for {seconds:.3g} s",
                output=second.last_words(),
            ) from None
        finally:
            second.end()
        if second.process.returncode == 0:
            raise Verdict(
                DEAD,
                "The second server ended with status 0, which means that all went well",
                output=second.last_words(),
            )
        journal.add(f"it ends (status {second.process.returncode})")
        self._expect_service(graded, "-a")


# --- silence -----------------------------------------------------------------------------------


class Silence:
    """Somebody who says nothing for a while, at a server that serves nobody else meanwhile."""

    def __init__(self, server: Running, arrivals: Arrivals, state: str, ignores: Ignores) -> None:
        self.graded = Graded(server, Journal(), ignores)
        self._arrivals = arrivals
        self._state = state
        self._talk: Talk | None = None
        self._verdict: Verdict | None = None
        self._since = time.monotonic()
        self._thread = threading.Thread(target=self._fall_silent)
        self._thread.start()

    def _fall_silent(self) -> None:
        try:
            self.graded.running.wait_until_ready()
            talk = self._arrivals.arrive(self.graded)
            if self._state == BETWEEN:
                talk.speaker.send("the first line")
                talk.hears("the first line")
        except Verdict as verdict:
            self._verdict = verdict
        else:
            self._talk = talk
        self._since = time.monotonic()

    def to_its_end(self) -> Talk:
        """Wait until it has lasted long enough. Raises Verdict where it could not begin."""
        self._thread.join()
        if self._verdict:
            raise self._verdict
        assert self._talk is not None
        left = self._since + SILENT_SECONDS - time.monotonic()
        threading.Event().wait(max(0.0, left))  # nobody sets it
        self.graded.journal.add(f"{self._talk.speaker.name} says nothing for {SILENT_SECONDS:g} s")
        return self._talk

    def end(self) -> None:
        """End the server, and with it whatever still waits for it."""
        self.graded.running.end()
        self._thread.join()
        self.graded.close()


@pytest.fixture(scope="module")
def silent_people(
    request: pytest.FixtureRequest, subject: Subject, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, Silence]]:
    """Those who are silent, by when: from the module's first check on, if any check asks for them.

    Each has a server of their own: that of phase 1 serves one client at a time.
    """
    states: dict[str, Arrivals] = {
        str(item.callspec.params["state"]): item.cls()
        for item in request.session.items
        if isinstance(item, pytest.Function)
        and item.module is request.module
        and "silence" in item.fixturenames
    }
    ignores = getattr(request.module, "is_ignored", lambda line: False)
    with ExitStack() as stack:
        silences = {}
        for state, arrivals in states.items():
            with suppress(Verdict):  # a command that cannot be run: the first check says so
                server = subject.launch(tmp_path_factory.mktemp("logs"), free_port())
                silences[state] = Silence(server, arrivals, state, ignores)
                stack.callback(silences[state].end)
        yield silences


class SilenceChecks(Arrivals):
    """Ask whether somebody may be silent. It is the last class of a module, because it waits."""

    @pytest.fixture
    def silence(
        self, request: pytest.FixtureRequest, silent_people: dict[str, Silence], state: str
    ) -> Silence:
        """Somebody who has been silent for a while."""
        silence = silent_people[state]
        explain_with(request.node, silence.graded)
        return silence

    @teaches(
        "phase1/README.md, Questions",
        "Whoever said nothing for a while was given up. Silence is not the end: people think, read,"
        " and go for coffee.",
        "Where does your server wait with a timeout? What does it do when the time is up?",
        "The end of a stream is a read of 0 bytes. A timeout tells only that nothing came yet.",
        "Take the timeout away, or go on waiting when the time is up: settimeout() in Python,"
        " setSoTimeout() in Java, setTimeout() in Node, SO_RCVTIMEO in C.",
        silence="Whoever said nothing for a while is not answered any more: the connection is open,"
        " but nobody reads what comes.",
        dead="The server ended while nobody said anything: a timeout, perhaps, that nobody caught.",
    )
    @pytest.mark.patient
    @pytest.mark.parametrize("state", [BEFORE, BETWEEN])
    def test_silence_is_not_the_end(self, silence: Silence) -> None:
        """However long somebody says nothing, the next line is heard."""
        talk = silence.to_its_end()
        talk.speaker.send("still here")
        talk.hears("still here")
