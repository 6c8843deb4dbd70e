"""The status port: one line of JSON for whoever connects; the chat does not notice."""

import itertools
import json
import re
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import pytest

from phase4.server import figures, status_port
from phase4.server.chat_server import ChatServer
from phase4.server.figures import SNAPSHOT_SECONDS, SharedSnapshot
from phase4.server.options import Settings
from phase4.server.status_port import StatusPort
from shared.console import Console
from shared.defaults import HOST, MAX_STATUS_CONNECTIONS
from shared.listener import open_listener
from shared.status import Person, Snapshot, format_snapshot, parse_snapshot
from shared.version import VERSION
from tests.kit.chat import PROMPT, Chat
from tests.kit.harness import SECONDS, Peer, wait_until

pytestmark = pytest.mark.own_server


def _snapshot(chat: Chat) -> Snapshot:
    with Peer(chat.status_host, chat.status_port) as reader:
        line = reader.read_bytes_until_end()
    assert line.endswith(b"\n")
    assert line.count(b"\n") == 1
    assert json.loads(line)["chat_status"] == 1
    return parse_snapshot(line)


def _later_snapshot(chat: Chat, than: Snapshot) -> Snapshot:
    """One that was taken after `than`, which others may still get for a moment."""
    found = than

    def is_later() -> bool:
        nonlocal found
        found = _snapshot(chat)
        return found.time > than.time

    wait_until(is_later, "a new snapshot is taken")
    return found


def test_it_answers_with_the_figures_and_closes(chat: Chat) -> None:
    with chat.join("Alice") as alice, chat.join("Bob") as bob:
        alice.hear("* Bob joined")
        with chat.join("Carol"):
            alice.hear("* Carol joined")
        alice.hear("* Carol left")
        alice.send("hello", "/pm Bob hi", "/pm Bob hi again")
        for _ in range(2):
            bob.skip_to(r".* Alice -> Bob: .*")
        snapshot = _snapshot(chat)
    assert (snapshot.people_now, snapshot.people_peak, snapshot.joins) == (2, 3, 3)
    assert (snapshot.public_messages, snapshot.private_messages) == (1, 2)
    assert snapshot.pid == chat.process.pid
    assert snapshot.up_seconds is not None
    assert 0 < snapshot.up_seconds < 60
    assert [(each.name, each.messages) for each in snapshot.people] == [("Alice", 3), ("Bob", 0)]
    assert snapshot.people[0].address.startswith("127.0.0.1:")
    assert snapshot.started <= snapshot.people[0].since <= snapshot.people[1].since <= snapshot.time


def test_it_tells_version_threads_memory_and_processor_time(chat: Chat) -> None:
    snapshot = _snapshot(chat)
    assert (snapshot.server, snapshot.server_version) == (f"phase4 {VERSION}", VERSION)
    assert snapshot.threads >= 4  # main, accept, writer, status
    assert snapshot.cpu_seconds is not None
    assert 0 < snapshot.cpu_seconds < 60
    if sys.platform == "linux":
        status = Path(f"/proc/{chat.process.pid}/status").read_text(encoding="utf-8")
        memory = re.search(r"VmRSS:\s+(\d+) kB", status)
        assert memory
        assert snapshot.resident_bytes == pytest.approx(int(memory[1]) * 1024, rel=0.2)
    else:
        assert snapshot.unknown == {"resident_bytes"}


def test_bytes_and_deliveries_are_those_that_went_over_the_wire(chat: Chat) -> None:
    with chat.connect() as visitor:
        visitor.send("Alice", "/who", "/quit")
        visitor.half_close()
        received = visitor.read_bytes_until_end()
    snapshot = _snapshot(chat)
    assert snapshot.bytes_in == len("Alice\n/who\n/quit\n")
    assert snapshot.bytes_out == len(received)
    assert snapshot.deliveries == received.count(b"\n")


def test_bytes_are_told_of_each_person(chat: Chat) -> None:
    with chat.connect() as alice, chat.connect() as bob:
        for person, name in ((alice, "Alice"), (bob, "Bob")):
            person.send(name)
            person.skip_to(f".*Welcome, {name}!.*")
        alice.send("hello, Bob")
        bob.skip_to(".*Alice: hello, Bob")
        told = {each.name: each.bytes_in for each in _snapshot(chat).people}
    assert told == {"Alice": len("Alice\nhello, Bob\n"), "Bob": len("Bob\n")}


def test_it_shows_what_waits_for_somebody_who_does_not_read(chat: Chat) -> None:
    with (
        chat.join("Alice") as alice,
        Peer(chat.host, chat.port, receive_buffer_bytes=4096) as stuck,
    ):
        stuck.expect(PROMPT)
        stuck.send("Stuck")
        alice.hear("* Stuck joined")
        snapshot = _snapshot(chat)
        while not sum(each.outbox_bytes for each in snapshot.people):
            assert snapshot.bytes_out < 20_000_000
            alice.send(*["x" * 4000] * 125)  # half of what is allowed to wait
            alice.fence()
            snapshot = _later_snapshot(chat, snapshot)
        waiting = {each.name: each.outbox_bytes > 0 for each in snapshot.people}
    assert waiting == {"Alice": False, "Stuck": True}


def test_silent_and_stalled_readers_hold_up_neither_the_chat_nor_each_other(chat: Chat) -> None:
    with ExitStack() as stack, chat.join("Alice") as alice, chat.join("Bob") as bob:
        alice.hear("* Bob joined")
        for _ in range(100):
            stack.enter_context(Peer(chat.status_host, chat.status_port, receive_buffer_bytes=4096))
        alice.send("hello")
        bob.hear("Alice: hello")
        assert _snapshot(chat).people_now == 2


def test_a_hundred_who_ask_at_once_all_get_an_answer_and_share_few_snapshots(chat: Chat) -> None:
    with ExitStack() as stack:
        readers = [
            stack.enter_context(Peer(chat.status_host, chat.status_port)) for _ in range(100)
        ]
        snapshots = [parse_snapshot(each.read_bytes_until_end()) for each in readers]
    times = sorted({each.time for each in snapshots})
    # However slow the machine is, none was taken while the one before was still good. (A little
    # less, as these are times of day, which may be adjusted meanwhile.)
    pauses = [later - sooner for sooner, later in itertools.pairwise(times)]
    assert min(pauses, default=1.0) > SNAPSHOT_SECONDS * 0.8


def test_a_flood_of_readers_leaves_the_chat_most_of_the_time(chat: Chat) -> None:
    """A lower bound, so no machine is too slow for it: 200 answers take 20 breaths."""
    before = time.monotonic()
    with ExitStack() as stack:
        for _ in range(200):
            last = stack.enter_context(Peer(chat.status_host, chat.status_port))
        assert parse_snapshot(last.read_bytes_until_end()).pid == chat.process.pid
    assert time.monotonic() - before > 19 * 0.005


# --- the parts, in this process -----------------------------------------------------------------


def test_those_who_ask_within_a_moment_share_one_snapshot_and_its_line() -> None:
    taken: list[Snapshot] = []

    def take() -> Snapshot:
        threading.Event().wait(0.05)  # longer than all of them need to ask
        taken.append(Snapshot(joins=len(taken)))
        return taken[-1]

    shared = SharedSnapshot(take, seconds=60.0)
    with ThreadPoolExecutor(20) as threads:
        lines = set(threads.map(lambda _: id(shared.line()), range(100)))
        found = set(threads.map(lambda _: shared.get().joins, range(100)))
    assert (len(taken), len(lines), found) == (1, 1, {0})


def test_whoever_asks_later_gets_a_new_snapshot_and_a_new_line() -> None:
    numbers = iter(range(10))
    shared = SharedSnapshot(lambda: Snapshot(joins=next(numbers)), seconds=0.0)
    assert [shared.get().joins, parse_snapshot(shared.line()).joins, shared.get().joins] == [
        0,
        1,
        2,
    ]
    assert parse_snapshot(shared.line()).joins == 3


def test_while_the_line_is_made_the_room_is_free(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Holding the room's lock meanwhile would make everybody who speaks wait."""
    settings = Settings(port=0, status_port=0, log_dir=tmp_path)
    console = Console()
    server = ChatServer(settings, console)
    was_free = []

    def look_and_format(snapshot: Snapshot) -> bytes:
        lock = server._fan_out.lock
        was_free.append(lock.acquire(timeout=1.0))
        if was_free[-1]:
            lock.release()
        return format_snapshot(snapshot)

    monkeypatch.setattr(figures, "format_snapshot", look_and_format)
    server.start()
    try:
        host, _, port = server.status_address.rpartition(":")
        with Peer(host, int(port)) as reader:
            assert parse_snapshot(reader.read_bytes_until_end()).pid
    finally:
        server.stop()
        console.close()
    assert was_free == [True]


LONG = format_snapshot(Snapshot(people=(Person("x" * 8_000_000),)))  # more than kernels hold


@pytest.fixture
def long_port(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., StatusPort]]:
    """Status ports whose line no kernel takes at once, with readers who have time to take it."""
    monkeypatch.setattr(status_port, "STATUS_SECONDS", 60.0)
    with ExitStack() as stack:

        def make(max_readers: int = MAX_STATUS_CONNECTIONS) -> StatusPort:
            port = StatusPort(open_listener(HOST, 0), lambda: LONG, max_readers=max_readers)
            thread = threading.Thread(target=port.serve, daemon=True)
            thread.start()
            stack.callback(thread.join, SECONDS)
            stack.callback(port.stop)
            return port

        yield make


def _address(port: StatusPort) -> tuple[str, int]:
    host, number = port.listener.getsockname()
    return host, number


def stalled(port: StatusPort) -> Peer:
    """A reader who does not read."""
    return Peer(*_address(port), receive_buffer_bytes=4096)


def test_a_line_that_the_kernel_does_not_take_at_once_arrives_whole(
    long_port: Callable[..., StatusPort],
) -> None:
    port = long_port()
    with stalled(port) as first, Peer(*_address(port)) as second:
        assert second.read_bytes_until_end() == LONG
        assert first.read_bytes_until_end() == LONG


def test_readers_who_stall_are_hung_up_on_in_the_end(
    long_port: Callable[..., StatusPort], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(status_port, "STATUS_SECONDS", 0.2)
    port = long_port()
    with stalled(port) as first, stalled(port) as second:
        wait_until(lambda: port.readers == 2, "both have connected")
        wait_until(lambda: port.readers == 0, "they have been given up")
        for each in (first, second):
            assert len(each.read_bytes_until_end()) < len(LONG)


def test_readers_who_stall_take_the_places_from_each_other_and_from_nobody_else(
    long_port: Callable[..., StatusPort],
) -> None:
    port = long_port(max_readers=3)
    with ExitStack() as stack:
        oldest, *others = (stack.enter_context(stalled(port)) for _ in range(4))
        wait_until(lambda: port.readers == 3, "one had to go")
        assert len(oldest.read_bytes_until_end()) < len(LONG)
        for each in others:
            assert each.read_bytes_until_end() == LONG


def test_it_ends_at_once_whatever_its_readers_do(long_port: Callable[..., StatusPort]) -> None:
    port = long_port()
    with stalled(port) as reader, Peer(*_address(port)) as gone:
        wait_until(lambda: port.readers == 2, "both have connected")
        gone.reset()
        port.stop()
        assert len(reader.read_bytes_until_end()) < len(LONG)
    wait_until(lambda: port.readers == 0, "all are hung up on")
