"""Phase 3's server in one thread: what it promises beside what grades everybody's server.

It is graded as well, by the command on its page (tests/house/test_readmes.py).
"""

import contextlib
import os
import sys
import threading
from pathlib import Path

import pytest

from tests.kit.harness import Peer, Server, wait_until
from tests.kit.phases_common import ServerPromises

MODULE = "phase3.selectors_server"


def arrive(server: Server) -> Peer:
    """A connection that is in the list of clients."""
    peer = server.connect()
    peer.skip_to(r"\* You are .*")
    return peer


class TestServer(ServerPromises):
    """The promises of every server."""

    module = MODULE

    def arrive(self, server: Server) -> Peer:
        """A connection that is in the list of clients."""
        return arrive(server)

    def test_a_client_that_resets_is_noticed_by_nobody_else(self, server: Server) -> None:
        """Somebody who is here is told that it left, and the server goes on."""
        with arrive(server) as alice, arrive(server) as bob:
            bob.reset()
            alice.skip_to(r"\* .* left, 1 here")


def test_a_client_that_does_not_read_is_disconnected_and_holds_up_nobody() -> None:
    line = "x" * 4000
    with Server(MODULE) as server, arrive(server) as lazy, arrive(server) as hearer:
        host, port = lazy.socket.getsockname()
        with arrive(server) as speaker:
            hearer.skip_to(r"\* .* joined, 3 here")
            has_left = False
            while not has_left:  # a system keeps some megabytes for it, and the server one
                speaker.send(*[line] * 25)
                has_left = f"* {host}:{port} left, 2 here" in [
                    hearer.read_line() for _ in range(25)
                ]
            assert hearer.read_line() == line  # one more: the notice came among the others


def test_everybody_hears_all_lines_in_the_same_order() -> None:
    with Server(MODULE) as server, contextlib.ExitStack() as all_stay:
        hearers, speakers = (
            [all_stay.enter_context(arrive(server)) for _ in range(3)] for _ in range(2)
        )
        for number in range(200):
            for name, speaker in zip("abc", speakers, strict=True):
                speaker.send(f"{name} {number}")
        first, *others = (
            [hearer.skip_to(r"[abc] \d+")[0] for _ in range(3 * 200)] for hearer in hearers
        )
        assert all(each == first for each in others)


def test_a_burst_of_bad_lines_is_answered_line_by_line() -> None:
    """Errors are longer than such lines. The outbox has a bound for those who do not read."""
    count = 40_000
    with Server(MODULE) as server, arrive(server) as peer:
        thread = threading.Thread(target=peer.send_bytes, args=(b"\xff\n" * count,), daemon=True)
        thread.start()
        for _ in range(count):
            assert peer.read_line().startswith("! ")
        thread.join()


def test_a_client_that_leaves_and_does_not_end_is_closed() -> None:
    with Server(MODULE) as server, arrive(server) as peer:
        peer.send("/exit")
        peer.expect_end()
        wait_until(lambda: not _takes(peer), "its connection to be closed")


def _takes(peer: Peer) -> bool:
    """Whether what is sent is taken. After the other end was closed, it is answered by a reset."""
    try:
        peer.send("and one more thing")
    except OSError:
        return False
    return True


@pytest.mark.skipif(sys.platform != "linux", reason="asks /proc")
def test_a_server_with_nothing_to_do_takes_no_time() -> None:
    with Server(MODULE) as server, arrive(server):
        before = _processor_seconds(server)
        with contextlib.suppress(AssertionError):  # it says nothing: this is a second of silence
            server.expect("a line that does not come", seconds=1.0)
        assert (
            _processor_seconds(server) - before < 0.1
        )  # a loop that never waits takes all there is


def _processor_seconds(server: Server) -> float:
    """What it has used so far, in the program and in the system for it (proc(5))."""
    stat = Path(f"/proc/{server.process.pid}/stat").read_text(encoding="ascii").split(")")[1]
    return sum(map(int, stat.split()[11:13])) / os.sysconf("SC_CLK_TCK")
