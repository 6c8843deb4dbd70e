"""Fetching: a snapshot, or a sentence, within the deadline; and a thread that is ended."""

import contextlib
import socket
import sys
import threading
import time
from collections.abc import Iterator

import pytest

from monitor.source import Answer, Poller, Source, SourceError
from shared.defaults import MAX_STATUS_BYTES
from shared.listener import open_listener
from shared.status import Person, Snapshot, format_snapshot
from tests.kit.harness import SECONDS, free_port, wait_until
from tests.monitor.samples import QUIET, changed
from tests.monitor.status_server import Script, StatusServer, never_ends, sends, stalls

HOUR = 3600.0


def problem_of(source: Source) -> str:
    """The sentence that fetching ends with."""
    with pytest.raises(SourceError) as raised:
        source.fetch()
    return str(raised.value)


# --- one fetch -----------------------------------------------------------------------------------


def test_a_snapshot_is_fetched() -> None:
    with StatusServer(QUIET) as server:
        assert Source(server.host, server.port).fetch() == QUIET


def test_a_snapshot_of_a_full_server_is_fetched_whole() -> None:
    people = tuple(Person(f"Guest{each}", "10.0.0.1:50000", 1.7e9) for each in range(1000))
    with StatusServer(changed(people=people)) as server:
        assert Source(server.host, server.port).fetch().people == people


def test_an_answer_in_pieces_is_put_together() -> None:
    def byte_by_byte(connection: socket.socket) -> None:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for each in format_snapshot(Snapshot(pid=7)):
            connection.sendall(bytes([each]))

    with StatusServer(byte_by_byte) as server:
        assert Source(server.host, server.port).fetch() == Snapshot(pid=7)


def test_the_end_of_the_stream_ends_the_line_too() -> None:
    with StatusServer(sends(b'{"chat_status": 1, "pid": 7}')) as server:
        assert Source(server.host, server.port).fetch() == Snapshot(pid=7)


def test_a_server_that_does_not_hang_up_is_not_waited_for() -> None:
    with StatusServer(stalls(format_snapshot(QUIET))) as server:
        assert Source(server.host, server.port, seconds=HOUR).fetch() == QUIET


def test_it_works_over_ipv6() -> None:
    try:
        server = StatusServer(QUIET, host="::1")
    except Exception as error:  # noqa: BLE001 - whatever the reason, this machine has no IPv6
        pytest.skip(str(error))
    with server:
        source = Source("::1", server.port)
        assert source.address == f"[::1]:{server.port}"
        assert source.fetch() == QUIET


@pytest.mark.parametrize(
    ("script", "words"),
    [
        (sends(b""), "hung up without an answer"),
        (sends(b"* Enter your nickname:\n"), "not JSON: this is not a status port"),
        (sends(b'{"chat_status": 2}\n'), "speaks status version 2"),
        (sends(b'{"hello": 1}\n'), "no chat_status"),
        (sends(b'{"chat_status": 1, "joins": -1}\n'), "field 'joins'"),
        (sends(b'{"chat_status": 1, "jo'), "not JSON"),
        (stalls(), "gave no whole answer in 0.2 s"),
        (stalls(b'{"chat_status": 1, "jo'), "gave no whole answer in 0.2 s"),
        (never_ends, f"sent over {MAX_STATUS_BYTES:,} bytes"),
    ],
)
def test_a_bad_answer_ends_in_a_sentence(script: Script, words: str) -> None:
    seconds = 0.2 if "0.2" in words else SECONDS
    with StatusServer(script) as server:
        problem = problem_of(Source(server.host, server.port, seconds=seconds))
    assert words in problem


def test_the_deadline_is_for_the_whole_answer_not_for_each_piece() -> None:
    def dribbles(connection: socket.socket) -> None:
        pause = threading.Event()
        while True:  # until the other side hangs up: then sendall() raises
            connection.sendall(b" ")
            pause.wait(0.01)

    with StatusServer(dribbles) as server:
        assert "gave no whole answer" in problem_of(Source(server.host, server.port, seconds=0.3))


def test_nobody_listens() -> None:
    port = free_port()
    assert problem_of(Source("127.0.0.1", port)) == "Nothing listens there."


def test_no_such_host() -> None:
    assert "No host 'no such host' was found" in problem_of(Source("no such host", 1))


@contextlib.contextmanager
def full_listener() -> Iterator[tuple[str, int]]:
    """The address of a listener whose backlog is full: a connection to it is never made."""
    with contextlib.ExitStack() as sockets:
        listener = sockets.enter_context(socket.socket())
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        address = listener.getsockname()
        for _ in range(4):
            waiting = sockets.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(address)
        yield address


@pytest.mark.skipif(sys.platform != "linux", reason="others refuse where a backlog is full")
def test_a_connection_that_is_never_made_ends_in_a_sentence() -> None:
    with full_listener() as address:
        problem = problem_of(Source(*address, seconds=0.2))
    assert "does not take the connection within 0.2 s" in problem


@pytest.mark.skipif(sys.platform != "linux", reason="others refuse where a backlog is full")
def test_a_dead_first_address_leaves_time_for_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    with full_listener() as dead, StatusServer(QUIET) as server:
        found = [
            (socket.AF_INET, socket.SOCK_STREAM, 0, "", address)
            for address in (dead, (server.host, server.port))
        ]
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)
        assert Source("two.addresses", server.port, seconds=1.0).fetch() == QUIET


def test_close_ends_a_fetch_that_waits() -> None:
    with StatusServer(stalls()) as server:
        source = Source(server.host, server.port, seconds=HOUR)
        problems: list[str] = []
        thread = threading.Thread(target=lambda: problems.append(problem_of(source)), daemon=True)
        thread.start()
        server.wait_for_connections(1)
        source.close()
        thread.join(SECONDS)
        assert not thread.is_alive()
        assert len(problems) == 1


def test_after_close_nothing_is_fetched_any_more() -> None:
    with StatusServer(QUIET) as server:
        source = Source(server.host, server.port)
        source.close()
        assert problem_of(source) == "This source is closed."
        assert server.begun == 0


def test_every_connection_is_closed_again() -> None:
    with StatusServer(stalls(format_snapshot(QUIET))) as server:
        source = Source(server.host, server.port)
        for _ in range(5):
            source.fetch()
        # The script goes on until it reads the end of our stream.
        wait_until(lambda: server.ended == 5, "the connections to be closed")


# --- again and again -----------------------------------------------------------------------------


def collect(poller: Poller, number: int) -> list[Answer]:
    """The next `number` answers."""
    answers: list[Answer] = []

    def is_enough() -> bool:
        answers.extend(poller.take())
        return len(answers) >= number

    wait_until(is_enough, f"{number} answers")
    return answers


def pollers() -> list[threading.Thread]:
    """The threads of all pollers."""
    return [each for each in threading.enumerate() if each.name == "poller"]


def test_it_fetches_at_once_and_then_every_interval() -> None:
    with StatusServer(QUIET) as server:
        started = time.monotonic()
        with Poller(Source(server.host, server.port), 0.1) as poller:
            answers = collect(poller, 4)
    assert all(each.snapshot == QUIET for each in answers)
    assert answers[3].at.monotonic - started >= 0.3  # later is the machine's affair, sooner ours


def test_an_answer_is_taken_once() -> None:
    with StatusServer(QUIET) as server, Poller(Source(server.host, server.port), HOUR) as poller:
        assert len(collect(poller, 1)) == 1
        assert poller.take() == []


def test_a_shorter_interval_counts_at_once() -> None:
    with StatusServer(QUIET) as server, Poller(Source(server.host, server.port), HOUR) as poller:
        collect(poller, 1)
        poller.set_interval(0.05)
        assert len(collect(poller, 3)) >= 3


def test_failures_are_answers_too_and_it_goes_on() -> None:
    with (
        StatusServer(sends(b"what?\n")) as server,
        Poller(Source(server.host, server.port), 0.05) as poller,
    ):
        first = collect(poller, 1)[0]
        server.show(QUIET)
        wait_until(lambda: any(each.snapshot for each in poller.take()), "a snapshot")
    assert first.snapshot is None
    assert "not a status port" in first.problem


def test_a_fault_of_our_own_is_said_and_does_not_end_the_thread() -> None:
    class Faulty(Source):
        def fetch(self) -> Snapshot:
            raise ZeroDivisionError("oh")

    with Poller(Faulty("127.0.0.1", 1), 0.05) as poller:
        answers = collect(poller, 2)
    assert all(
        "A fault in this program: ZeroDivisionError('oh')" in each.problem for each in answers
    )


@pytest.mark.parametrize("script", [stalls(), sends(b"what?\n")])
def test_its_thread_ends_with_it_also_in_the_middle_of_a_fetch(script: Script) -> None:
    with StatusServer(script) as server:
        source = Source(server.host, server.port, seconds=HOUR)
        with Poller(source, HOUR):
            server.wait_for_connections(1)
            assert pollers()
        wait_until(lambda: not pollers(), "the thread to end")


def test_what_nobody_takes_is_bounded() -> None:
    class Instant(Source):
        def fetch(self) -> Snapshot:
            count.append(1)
            return QUIET

    count: list[int] = []
    with Poller(Instant("127.0.0.1", 1), 0.0) as poller:
        wait_until(lambda: len(count) > 300, "many answers")
        assert len(poller.take()) <= 100


def test_a_server_that_is_gone_is_looked_for_sooner(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("monitor.history.REPORT_SECONDS", 0.05)
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        port = held.getsockname()[1]
        with Poller(Source("127.0.0.1", port), HOUR) as poller:
            started = time.monotonic()
            answers = collect(poller, 3)
    assert not any(each.snapshot for each in answers)
    assert time.monotonic() - started < HOUR


def test_ipv6_and_ipv4_names_are_written_as_the_listener_writes_them() -> None:
    with open_listener("127.0.0.1", 0) as listener:
        port = listener.getsockname()[1]
    assert Source("127.0.0.1", port).address == f"127.0.0.1:{port}"
