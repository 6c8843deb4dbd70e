"""Phase 3's client: what others say."""

from tests.kit.harness import Program, Server
from tests.kit.phases_common import Listener, TwoThreadedClientPromises

MODULE = "phase3.client"


class TestClient(TwoThreadedClientPromises):
    """The promises of every client with two threads, and this one's own."""

    module = MODULE

    def test_what_others_say_is_told_from_what_the_server_says(self, listener: Listener) -> None:
        """By a mark at its beginning."""
        with self.started(listener.port) as program, listener.accept() as server:
            server.send("hello", "* 127.0.0.1:1 joined, 2 here", "! no", "*", "")
            program.expect("^< hello$")
            program.expect(r"^\* 127.0.0.1:1 joined, 2 here$")
            program.expect("^! no$")
            program.expect(r"^< \*$")
            program.expect("^< $")

    def test_an_arriving_line_breaks_the_line_being_typed(self, listener: Listener) -> None:
        """As the lesson says; but the line is sent unharmed."""
        with self.on_terminal(listener.port) as terminal, listener.accept() as server:
            terminal.press("I am ty")
            terminal.until("I am ty")
            server.send("hello")
            terminal.until("I am ty< hello")
            terminal.press("ping\n")
            server.expect("I am typing")


def test_two_clients_talk() -> None:
    with Server("phase3.server") as server:
        where = ("--port", str(server.port))
        with Program(MODULE, *where) as alice, Program(MODULE, *where) as bob:
            alice.expect("2 here")
            bob.expect("2 here")
            bob.type("hello\n")
            alice.expect("^< hello$")
            alice.type("/exit\n")
            assert alice.wait() == 0
            bob.expect(r"^\* 127\.0\.0\.1:\d+ left, 1 here$")
