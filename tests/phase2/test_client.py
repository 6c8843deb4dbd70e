"""Phase 2's client: keyboard and server at once."""

from tests.kit.harness import Server
from tests.kit.phases_common import TwoThreadedClientPromises, run_piped

MODULE = "phase2.client"


class TestClient(TwoThreadedClientPromises):
    """The promises of every client with two threads."""

    module = MODULE


def test_a_pipe_is_answered() -> None:
    """All answers, nothing else on standard output, and status 0: `printf ... | python -m`."""
    with Server("phase2.server") as server:
        done = run_piped(MODULE, server.port, b"Hello Server!\nb")
    assert (done.status, done.output, done.errors) == (0, "Hello Client!\nb\n", "")


def test_a_long_pipe_is_answered() -> None:
    """More than any buffer holds: to send and to receive do not wait for each other."""
    lines = b"".join(b"%d %s\n" % (number, b"." * 4000) for number in range(3000))
    with Server("phase2.server") as server:
        done = run_piped(MODULE, server.port, lines)
    assert (done.status, done.errors) == (0, "")
    assert done.output.encode() == lines
