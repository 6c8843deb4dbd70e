"""Faults in the program itself: none is silent, and none leaves a server that lives and is deaf."""

import signal
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.kit.chat import Chat
from tests.kit.faulty import FAIL, listens, start_server, takes_a_visit
from tests.kit.harness import SECONDS, Peer, wait_until

pytestmark = pytest.mark.own_server

FAULTS = {
    "accept": "import shared.listener as it; it.Listener.accept = fail",
    "writing": "import phase4.server.chat_log as it; it.LogFile.append = fail",
    "status": "import phase4.server.status_port as it; it.StatusPort._answer = fail",
}
"""By thread: what makes it meet a fault as soon as somebody comes."""

NO_MEMORY = (
    "import threading; start = threading.Thread.start\n"
    "def refuse(self):\n"
    "    if self.name.startswith(({names})): raise MemoryError\n"
    "    start(self)\n"
    "threading.Thread.start = refuse"
)

SLOW_TO_NOTE = (
    "import time; from phase4.server.outbox import FanOut as it; note = it._break\n"
    "it._break = lambda self, outbox: (time.sleep(0.02), note(self, outbox))"
)
"""When the writing thread is told of a loss, others run before it has noted it."""


@pytest.mark.parametrize("error", ["MemoryError", "SystemExit", "OSError(22, 'no')"])
@pytest.mark.parametrize("thread", FAULTS)
def test_a_thread_that_a_fault_has_ended_ends_the_server_with_status_1(
    tmp_path: Path, thread: str, error: str
) -> None:
    prepare = FAIL.format(error=error) + FAULTS[thread]
    process, port, status_port = start_server(tmp_path, prepare)
    with process:
        try:
            place = status_port if thread == "status" else port
            if thread != "writing":  # which ends at its first entry, that the server has started
                wait_until(lambda: takes_a_visit(place), "it listens")
            output, _ = process.communicate(timeout=SECONDS)
        finally:
            process.kill()
    assert process.returncode == 1
    assert f"A fault in this program stopped the {thread} thread: {error[:7]}" in output
    assert "Stopped." in output


@pytest.mark.skipif(sys.platform == "win32", reason="a signal that Windows does not know")
def test_where_no_thread_can_be_started_newcomers_are_told_and_sigterm_still_ends_it(
    tmp_path: Path,
) -> None:
    prepare = NO_MEMORY.format(names="'127.', 'refusing'")
    process, port, _ = start_server(tmp_path, prepare)
    with process:
        try:
            wait_until(lambda: takes_a_visit(port), "it listens")
            with Peer("127.0.0.1", port) as late:
                late.expect("! The server is full; try again later.")
            process.send_signal(signal.SIGTERM)
            output, _ = process.communicate(timeout=SECONDS)
        finally:
            process.kill()
    assert process.returncode == 0
    assert "fault" not in output


@pytest.mark.parametrize("thread", ["writer", "accept", "status"])
def test_a_server_that_cannot_start_its_threads_says_so_and_ends(
    tmp_path: Path, thread: str
) -> None:
    process, *_ = start_server(tmp_path, NO_MEMORY.format(names=f"'{thread}',"))
    with process:
        try:
            output, _ = process.communicate(timeout=SECONDS)
        finally:
            process.kill()
    assert process.returncode == 1
    assert "The server could not be started: MemoryError()" in output
    assert "Traceback" not in output


def lose(join: Callable[[str], Peer], number: int) -> None:
    """So many people come, one by one, and are lost while somebody speaks. Each is said to be."""
    with join("Speaker") as speaker:
        for each in range(number):
            victim = join(f"Victim{each}")
            speaker.send(*["x" * 100] * 20)
            victim.reset()
            speaker.send(*["x" * 100] * 20)
            left = speaker.skip_to(rf".* \* Victim{each} left(.*)")[1]
            assert left == " (connection lost)"


def test_a_person_whose_connection_was_lost_never_just_left(chat: Chat) -> None:
    """Whether recv() or the writing thread's send() is told of it first is the system's choice."""
    lose(chat.join, 40)
    left = [each for each in chat.log("connections.txt") if " left" in each and "Victim" in each]
    assert len(left) == 40
    assert {each.partition(" ")[2] for each in left} == {"left (connection lost)"}


def test_a_loss_that_the_writing_thread_was_told_of_and_has_not_noted_is_one(
    tmp_path: Path,
) -> None:
    process, port, _ = start_server(tmp_path, SLOW_TO_NOTE, "--flood-rate", "0")

    def join(name: str) -> Peer:
        person = Peer("127.0.0.1", port)
        person.send(name)
        person.skip_to(r".* Welcome, .*")
        return person

    with process:
        try:
            wait_until(lambda: listens(port), "it listens")
            lose(join, 40)
        finally:
            process.kill()
