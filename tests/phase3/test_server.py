"""Phase 3's server: what one says, everybody else hears."""

import contextlib
import re
import signal
import threading
from collections.abc import Callable, Iterator

import pytest

from tests.kit.harness import Peer, Server
from tests.kit.phases_common import ServerPromises, Talk, expect_end_after_whatever, fill

MODULE = "phase3.server"
ADDRESS = r"127\.0\.0\.1:\d+"


def arrive(server: Server, *, receive_buffer_bytes: int = 0) -> Peer:
    """A connection that is in the list of clients."""
    peer = Peer(server.host, server.port, receive_buffer_bytes=receive_buffer_bytes)
    peer.skip_to(r"\* You are .*")
    return peer


def address_of(peer: Peer) -> str:
    """What the server calls it."""
    host, port = peer.socket.getsockname()
    return f"{host}:{port}"


def in_background(target: Callable[..., object], *arguments: object) -> threading.Thread:
    """Run something beside the check."""
    thread = threading.Thread(target=target, args=arguments, daemon=True)
    thread.start()
    return thread


def wait_for_silence(server: Server) -> None:
    """Until its console has stood still for a while."""
    with contextlib.suppress(AssertionError):
        while True:
            server.expect("", seconds=0.3)


@pytest.fixture
def server() -> Iterator[Server]:
    """A server for one check."""
    with Server(MODULE) as server:
        yield server


@pytest.fixture(scope="module")
def shared_server() -> Iterator[Server]:
    """A server that serves many checks."""
    with Server(MODULE) as server:
        yield server


@contextlib.contextmanager
def conversation(server: Server) -> Iterator[Talk]:
    """Two people; the hearer has heard the speaker join. Nobody is left when it is over."""
    with arrive(server) as hearer, arrive(server) as speaker:
        hearer.expect(rf"\* {ADDRESS} joined, 2 here")
        yield Talk(speaker, hearer)
        for each in (speaker, hearer):
            with contextlib.suppress(OSError):
                each.send("/exit")
                expect_end_after_whatever(each)


@pytest.fixture
def talk(shared_server: Server) -> Iterator[Talk]:
    """Two people on a server that many checks share."""
    with conversation(shared_server) as talk:
        yield talk


class TestServer(ServerPromises):
    """The promises of every server."""

    module = MODULE

    @contextlib.contextmanager
    def conversation(self, server: Server) -> Iterator[Talk]:
        """Here one speaks, and another hears it."""
        with conversation(server) as talk:
            yield talk

    def arrive(self, server: Server) -> Peer:
        """A connection that is in the list of clients."""
        return arrive(server)


# --- who hears what ----------------------------------------------------------------------------


def test_everybody_hears_but_the_sender(server: Server) -> None:
    with arrive(server) as alice, arrive(server) as bob, arrive(server) as carol:
        for peer, others in ((alice, "23"), (bob, "3")):
            for _ in others:  # in any order: the threads of those who joined announce it
                peer.expect(rf"\* {ADDRESS} joined, [{others}] here")
        alice.send("hello")
        bob.expect("hello")
        carol.expect("hello")
        bob.send("fence")
        alice.expect("fence")  # and not her own line
        carol.expect("fence")


def test_a_line_is_delivered_as_it_was_typed(talk: Talk) -> None:
    for line in ("  with spaces ", "/unknown command", "@bob hi", "\u0633\u0644\u0627\u0645 🙂"):
        talk.speaker.send(line)
        talk.hearer.expect(re.escape(line))


def test_no_escape_sequence_is_delivered(shared_server: Server, talk: Talk) -> None:
    talk.speaker.send("\x1b[2Jred\r\x07")
    talk.hearer.expect("�\\[2Jred��")
    assert shared_server.expect("red").string.endswith(": �[2Jred��")


def test_an_error_concerns_its_sender_alone(talk: Talk) -> None:
    talk.speaker.send_bytes(b"\xff\nfence\n")
    talk.speaker.expect("! .*")
    talk.hearer.expect("fence")


def test_the_lines_of_each_person_arrive_in_order(server: Server) -> None:
    count = 300
    with arrive(server) as hearer, contextlib.ExitStack() as all_stay:
        speakers = [all_stay.enter_context(arrive(server)) for _ in range(3)]
        for name, speaker in zip("abc", speakers, strict=True):
            # It reads what the others say.
            all_stay.callback(in_background(expect_end_after_whatever, speaker).join, 10)
            speaker.send(*(f"{name} {number}" for number in range(count)))
        all_stay.callback(server.process.kill)  # ends the threads
        heard: dict[str, list[int]] = {name: [] for name in "abc"}
        while any(len(numbers) < count for numbers in heard.values()):
            name, number = hearer.skip_to(r"([abc]) (\d+)").groups()
            heard[name].append(int(number))
        assert all(numbers == list(range(count)) for numbers in heard.values())


def test_a_line_stays_whole_for_a_slow_reader(server: Server) -> None:
    """When its buffer is full, each sendall() goes in pieces; no other line comes between them."""
    count = 500
    with contextlib.ExitStack() as all_stay:
        slow = all_stay.enter_context(arrive(server, receive_buffer_bytes=4096))
        for letter in "abcd":
            speaker = all_stay.enter_context(arrive(server))
            lines = (letter * 4095 + "\n").encode() * count
            all_stay.callback(in_background(expect_end_after_whatever, speaker).join, 10)
            all_stay.callback(in_background(speaker.send_bytes, lines).join, 10)
        all_stay.callback(server.process.kill)  # ends the threads
        wait_for_silence(server)  # now the server's threads wait, in the middle of their lines
        heard = 0
        while heard < 4 * count:
            line = slow.read_line()
            if not line.startswith("* "):
                assert re.fullmatch(r"(.)\1{4094}", line), f"a mixture: {set(line)}"
                heard += 1


# --- who comes and goes ------------------------------------------------------------------------


def test_a_newcomer_is_told_who_they_are(server: Server) -> None:
    with server.connect() as peer:
        peer.expect(rf"\* You are {address_of(peer)}, 1 here\. /exit leaves\.")


def test_a_join_is_announced_to_the_others(server: Server) -> None:
    with arrive(server) as alice, arrive(server) as bob:
        alice.expect(rf"\* {address_of(bob)} joined, 2 here")
        server.expect(f"^{address_of(bob)} joined$")


@pytest.mark.parametrize("how", ["close", "half_close", "reset"])
def test_all_others_are_told_when_somebody_goes(talk: Talk, how: str) -> None:
    address = address_of(talk.speaker)
    getattr(talk.speaker, how)()
    talk.hearer.expect(rf"\* {address} left, 1 here")


@pytest.mark.parametrize("line", ["/exit", " /exit ", "/exit\r"])
def test_exit_ends_the_conversation(talk: Talk, line: str) -> None:
    address = address_of(talk.speaker)
    talk.speaker.send(line, "too late")
    talk.speaker.expect_end()
    talk.hearer.expect(rf"\* {address} left, 1 here")
    talk.speaker.close()
    talk.hearer.send("/exit")
    talk.hearer.expect_end()  # and nothing came too late


def test_everybody_can_join_at_once(server: Server) -> None:
    with contextlib.ExitStack() as all_stay:
        peers = [all_stay.enter_context(server.connect()) for _ in range(50)]
        for peer in peers:
            peer.skip_to(r"\* You are .*")
        peers[0].send("hello, all")
        for peer in peers[1:]:
            peer.skip_to("hello, all")


# --- the flaw ----------------------------------------------------------------------------------


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_stops_while_one_who_does_not_read_freezes_all(server: Server, number: int) -> None:
    with arrive(server) as lazy, arrive(server) as hearer, arrive(server) as speaker:
        fill(speaker)  # until the server waits for `lazy`, and so takes no more
        server.signal(number)
        for peer in (hearer, speaker, lazy):
            expect_end_after_whatever(peer)
        assert server.wait() == 0
        # Each thread has ended by itself, and then the program: it was not cut off.
        *_, last = output = server.rest_of_output()
        assert last == "Stopped."
        assert sum(line.endswith(" left") for line in output) == 3
        assert "Traceback" not in "\n".join(output)


def test_all_goes_on_when_the_one_who_does_not_read_leaves(server: Server) -> None:
    with arrive(server) as lazy, arrive(server) as hearer, arrive(server) as speaker:
        fill(speaker)
        address = address_of(lazy)
        lazy.reset()
        hearer.skip_to(rf"\* {address} left, 2 here")
