"""Phase 1's client: one line, one answer."""

from tests.kit.harness import Server
from tests.kit.phases_common import ClientPromises, Listener, run_piped

MODULE = "phase1.client"


class TestClient(ClientPromises):
    """The promises of every client, and this one's own."""

    module = MODULE

    def test_a_pipe_is_answered_line_by_line(self) -> None:
        """And nothing else is on its standard output."""
        with Server("phase1.server") as server:
            done = run_piped(MODULE, server.port, "Hello Server!\r\n\ntschüß".encode())
        assert (done.status, done.output, done.errors) == (0, "Hello Client!\n\ntschüß\n", "")

    def test_bytes_that_are_no_text_do_not_end_it(self) -> None:
        """They are the server's business, and it answers with an error."""
        with Server("phase1.server") as server:
            done = run_piped(MODULE, server.port, b"\xff\nafter\n")
        assert done.status == 0
        assert done.output.startswith("! ")
        assert done.output.endswith("\nafter\n")

    def test_it_says_when_no_answer_comes_and_goes_on_waiting(self, listener: Listener) -> None:
        """Another client may be being served; the answer is printed when it comes."""
        with self.started(listener.port) as client:
            client.type("hello\n")
            client.expect("No answer yet")
            with listener.accept() as server:
                server.expect("hello")
                server.send("at last")
                client.expect("^at last$")

    def test_it_waits_for_the_answer_before_the_next_line(self, listener: Listener) -> None:
        """One line, one answer."""
        with self.started(listener.port) as client, listener.accept() as server:
            client.type("one\ntwo\n")
            server.expect("one")
            server.send("answer")
            client.expect("answer")
            server.expect("two")

    def test_it_ends_when_the_server_goes(self, listener: Listener) -> None:
        """When it waits for an answer that will not come; with status 1."""
        with self.started(listener.port) as client, listener.accept() as server:
            client.type("hello\n")
            server.expect("hello")
            server.close()
            client.expect("the server closed the connection")
            assert client.wait() == 1

    def test_it_ends_when_the_server_has_gone(self, listener: Listener) -> None:
        """It notices with the next line, because it was waiting for the keyboard; with status 1."""
        with self.started(listener.port) as client:
            listener.accept().close()
            client.type("hello\n")
            client.expect("conversation is over")
            assert client.wait() == 1

    def test_a_server_line_without_an_end_ends_it(self, listener: Listener) -> None:
        """It does not fill its memory with it."""
        with self.started(listener.port) as client, listener.accept() as server:
            client.type("hello\n")
            server.expect("hello")
            server.send_bytes(b"x" * 100_000)
            client.expect("line without an end")
            assert client.wait() == 1
