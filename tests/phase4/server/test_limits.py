"""Bounds: people, flood, readers who stop; and that the others do not notice."""

import gc
import os
import select
import signal
import socket
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from itertools import count
from pathlib import Path

import pytest

from phase4.server import session as session_module
from phase4.server.chat_server import ChatServer
from phase4.server.member import Member
from phase4.server.options import Settings
from phase4.server.outbox import Outbox
from phase4.server.refusal import RoomFull
from phase4.server.session import Session
from phase4.transport.newcomers import end_one
from shared.address import Address
from shared.console import Console
from tests.kit.chat import PROMPT, TIME, Chat, Person, both_transports
from tests.kit.harness import Peer, wait_until

pytestmark = pytest.mark.own_server

Start = Callable[..., Chat]


@both_transports
def test_a_full_server_says_so_and_has_room_again_when_somebody_leaves(start: Start) -> None:
    chat = start("--max-clients", "2")
    with chat.join("Alice") as alice:
        with chat.join("Bob"):
            alice.hear("* Bob joined")
            with chat.connect() as third:
                third.expect("! The server is full; try again later.")
                third.expect_end()
        alice.hear("* Bob left")
        with chat.join("Carol"):
            alice.hear("* Carol joined")


def test_silent_connections_do_not_keep_people_out(start: Start) -> None:
    chat = start("--max-clients", "2")
    with ExitStack() as stack:
        for _ in range(400):
            stack.enter_context(chat.connect()).expect(PROMPT)
        with chat.join("Alice"), chat.join("Bob") as bob:
            bob.fence()


def test_who_gives_a_name_too_late_holds_none(tmp_path: Path) -> None:
    """Their line was read, and is on its way to the room, when their place is given to another."""
    ours, theirs = socket.socketpair()
    with ours, theirs, _server_in_this_process(tmp_path) as server:
        ours.setblocking(False)
        member = Member(Outbox(ours), Address("127.0.0.1", 1))
        server.room.connect(member)
        end_one(server.room.newcomers())
        with pytest.raises(RoomFull, match="Others took your place"):
            server.room.join(member, "Alice")
        server.room.leave(member)
        with _join(server, "Alice"):  # the name is free
            assert server.room.people_now == 1


def test_connections_that_are_being_ended_do_not_keep_people_out(start: Start) -> None:
    chat = start("--max-clients", "2")
    with ExitStack() as stack:
        for _ in range(400):  # each is hung up on, and does not end its own side
            visitor = stack.enter_context(chat.connect())
            visitor.send("GET / HTTP/1.1")
            visitor.expect(PROMPT)
            visitor.expect("! This is a chat server, not a web server. Goodbye.")
        with chat.join("Alice"), chat.join("Bob") as bob:
            bob.fence()


def test_who_speaks_too_fast_is_read_more_slowly_and_loses_nothing(start: Start) -> None:
    chat = start("--flood-rate", "50")
    with chat.join("Alice") as alice, chat.join("Bob") as bob:
        alice.send(*(f"line {number}" for number in range(40)))
        for number in range(40):
            bob.hear(f"Alice: line {number}")


@both_transports
def test_after_a_burst_of_ten_lines_the_rate_holds(start: Start) -> None:
    chat = start("--flood-rate", "0.05")
    with chat.join("Alice") as alice, chat.join("Bob") as bob:
        alice.send(*(f"line {number}" for number in range(50)))
        for number in range(9):  # her name was the first line of the burst
            bob.hear(f"Alice: line {number}")
        bob.fence()


def test_empty_lines_count_for_the_rate(start: Start) -> None:
    chat = start("--flood-rate", "0.05")
    with chat.join("Alice") as alice, chat.join("Bob") as bob:
        alice.send(*[""] * 8, "the tenth", "too fast")
        bob.hear("Alice: the tenth")
        bob.fence()


def test_who_is_held_back_holds_back_nobody_else(start: Start) -> None:
    chat = start("--flood-rate", "0.05")
    with chat.join("Alice") as alice, chat.join("Bob") as bob:
        alice.hear("* Bob joined")
        alice.send(*["again and again"] * 50)  # the ninth and all later ones wait for minutes
        bob.send("one", "two")
        alice.hear("Bob: one")
        alice.hear("Bob: two")


@both_transports
def test_who_is_held_back_can_leave_at_once(start: Start) -> None:
    chat = start("--flood-rate", "0.05")
    with chat.join("Bob") as bob:
        alice = chat.join("Alice")
        bob.hear("* Alice joined")
        alice.send(*["again and again"] * 50)
        bob.hear("Alice: again and again")
        alice.reset()
        bob.skip_to(rf"{TIME} \* Alice left \(connection lost\)")


@contextmanager
def _server_in_this_process(tmp_path: Path, **options: float) -> Iterator[ChatServer]:
    """A server whose objects can be counted, and its times be made short."""
    console = Console()
    settings = Settings(port=0, status_port=0, log_dir=tmp_path, **options)  # type: ignore[arg-type]
    server = ChatServer(settings, console)
    server.start()
    try:
        yield server
    finally:
        server.stop()
        console.close()


def _join(server: ChatServer, name: str) -> Person:
    host, port = server.address.split(":")
    person = Person(host, int(port))
    person.expect(PROMPT)
    person.send(name)
    person.expect(rf"{TIME} \* Welcome, {name}! .*")
    return person


@both_transports
def test_last_words_that_must_wait_their_turn_are_delivered(start: Start) -> None:
    chat = start("--flood-rate", "100")
    with chat.join("Bob") as bob, chat.join("Alice") as alice:
        bob.hear("* Alice joined")
        alice.send(*(f"line {number}" for number in range(30)))
        alice.half_close()
        for number in range(30):
            bob.hear(f"Alice: line {number}")
        bob.hear("* Alice left")


@pytest.mark.skipif(not hasattr(select, "POLLRDHUP"), reason="only Linux tells of a half-close")
def test_who_ends_with_hours_of_lines_left_is_told_and_is_soon_gone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session_module, "LAST_WORDS_SECONDS", 0.2)
    with (
        _server_in_this_process(tmp_path, lines_per_second=20) as server,
        _join(server, "Bob") as bob,
        _join(server, "Alice") as alice,
    ):
        bob.hear("* Alice joined")
        alice.send(*(f"line {number}" for number in range(10_000)))
        alice.half_close()
        alice.expect(r"! You ended the connection and left more lines .*; the rest was dropped\.")
        alice.expect_end()
        for number in count():
            line = bob.expect(rf"{TIME} (.*)")[1]
            if line != f"Alice: line {number}":
                break
        assert number >= 9  # the burst, at least
        assert line == "* Alice left (gone before all was said)"
        with _join(server, "Alice"):
            bob.hear("* Alice joined")


@both_transports
def test_who_stops_reading_is_disconnected_and_the_others_are_told_why(chat: Chat) -> None:
    with (
        chat.join("Alice") as alice,
        chat.join("Bob") as bob,
        chat.connect(receive_buffer_bytes=4096) as stuck,
    ):
        stuck.expect(PROMPT)
        stuck.send("Stuck")
        alice.hear("* Bob joined")
        alice.hear("* Stuck joined")
        for number in range(200):  # 100 kB each: at some point all that is on the way is full
            alice.send(*["x" * 4000] * 25, f"mark {number}")
            bob.skip_to(rf"{TIME} Alice: mark {number}|{TIME} \* Stuck left \(stopped reading\)")
            if alice.has_input():
                break
        alice.hear("* Stuck left (stopped reading)")
        alice.send("the end")
        bob.skip_to(rf"{TIME} Alice: the end")
    assert "Stuck left (stopped reading)" in chat.log("connections.txt")


def test_while_somebody_stalls_the_others_talk_on_as_if_nothing_was(chat: Chat) -> None:
    """Proved by order, not by time: many answers come while the stalled one is owed something."""
    with (
        chat.join("Alice") as alice,
        chat.join("Bob") as bob,
        chat.connect(receive_buffer_bytes=4096) as stuck,
    ):
        stuck.expect(PROMPT)
        stuck.send("Stuck")
        alice.hear("* Bob joined")
        alice.hear("* Stuck joined")
        bob.hear("* Stuck joined")

        chat.stall("Stuck", alice)
        before = chat.waiting_for("Stuck")
        for number in range(100):
            alice.send(f"ping {number}")
            bob.hear(f"Alice: ping {number}")
            bob.send(f"pong {number}")
            alice.hear(f"Bob: pong {number}")
        assert chat.waiting_for("Stuck") > before  # none of it had to wait for him


@both_transports
def test_who_only_reads_slowly_gets_everything(chat: Chat) -> None:
    with chat.join("Bob") as bob, chat.join("Alice") as alice:
        bob.hear("* Alice joined")
        lines = 20_000
        alice.send_bytes(b"".join(b"line %d\n" % number for number in range(lines)))
        alice.fence()  # all of it is through, while Bob has read nothing
        for number in range(lines):
            bob.hear(f"Alice: line {number}")


@pytest.mark.skipif(not os.path.isdir("/proc"), reason="needs /proc")
def test_a_peer_that_vanishes_without_a_word_is_asked_for(chat: Chat) -> None:
    with chat.join("Alice") as alice:
        ours = alice.socket.getsockname()[1]

        def is_keepalive_timer_running() -> bool:
            rows = [row.split() for row in Path("/proc/net/tcp").read_text().splitlines()]
            ends = (f":{chat.port:04X}", f":{ours:04X}")
            timers = [
                row[5] for row in rows if row[1].endswith(ends[0]) and row[2].endswith(ends[1])
            ]
            return [timer.partition(":")[0] for timer in timers] == ["02"]  # proc(5)

        # First the timer is that of the welcome, until we acknowledge it.
        wait_until(is_keepalive_timer_running, "the server asks whether Alice is still there")


@pytest.mark.skipif(not os.path.isdir("/proc"), reason="needs /proc")
def test_a_thousand_visits_leave_no_descriptor_and_no_thread(chat: Chat) -> None:
    process = f"/proc/{chat.process.pid}"

    def used() -> tuple[int, int]:
        return len(os.listdir(f"{process}/fd")), len(os.listdir(f"{process}/task"))

    with chat.join("First") as first:
        first.fence()
    wait_until(lambda: "First left" in chat.log("connections.txt"), "the first has left")
    before = used()
    for number in range(1000):
        visitor = chat.join("Visitor") if number % 2 else chat.connect()
        visitor.reset() if number % 3 else visitor.close()
    wait_until(lambda: used() <= before, f"{used()} descriptors and threads, {before} before")


def test_visits_leave_nothing_of_themselves_in_memory(tmp_path: Path) -> None:
    with _server_in_this_process(tmp_path) as server, _join(server, "Witness") as witness:
        for number in range(200):
            visitor = _join(server, "Visitor")
            visitor.reset() if number % 2 else visitor.close()
            witness.hear("* Visitor joined")
            witness.expect(rf"{TIME} \* Visitor left.*")

        def left_behind() -> dict[str, int]:
            gc.collect()
            kinds = (Session, Outbox, Member)
            return dict(
                Counter(type(each).__name__ for each in gc.get_objects() if type(each) in kinds)
            )

        one_of_each = {"Session": 1, "Outbox": 1, "Member": 1}
        wait_until(lambda: left_behind() == one_of_each, "only what the witness needs is left")


@pytest.fixture
def limit_descriptors() -> Callable[[Chat, int], None]:
    """`limit_descriptors(chat, 2)`: the server can open two more, and no third."""
    resource = pytest.importorskip("resource")
    if not hasattr(resource, "prlimit"):
        pytest.skip("needs Linux to limit another process")

    def limit(chat: Chat, more: int) -> None:
        # Not below 4: poll() demands that a process may have as many as it waits for (poll(2)).
        number = max(4, len(os.listdir(f"/proc/{chat.process.pid}/fd")) + more)
        hard = resource.prlimit(chat.process.pid, resource.RLIMIT_NOFILE)[1]
        resource.prlimit(chat.process.pid, resource.RLIMIT_NOFILE, (number, hard))

    return limit


Limit = Callable[[Chat, int], None]


def _is_welcome(chat: Chat) -> bool:
    with chat.connect() as newcomer:
        return newcomer.read_line() == "* Enter your nickname:"


def test_when_descriptors_run_out_newcomers_are_told_and_are_welcome_later(
    start: Start, limit_descriptors: Limit
) -> None:
    chat = start()
    limit_descriptors(chat, 2)
    with ExitStack() as inside:
        for _ in range(2):
            inside.enter_context(chat.connect()).expect(PROMPT)
        for _ in range(50):
            with chat.connect() as newcomer:
                newcomer.expect("! The server is full; try again later.")
                newcomer.expect_end()
    wait_until(lambda: _is_welcome(chat), "a newcomer is welcome again")


def test_when_descriptors_run_out_those_inside_notice_nothing(
    start: Start, limit_descriptors: Limit
) -> None:
    chat = start("--flood-rate", "0")
    with chat.join("Alice") as alice, chat.join("Bob") as bob, chat.connect() as late:
        late.expect(PROMPT)
        limit_descriptors(chat, 0)
        with chat.connect() as newcomer:
            newcomer.expect("! The server is full; try again later.")
        with Peer(chat.host, chat.status_port) as reader:
            # It may get what the newcomer has just given back.
            reader.expect(r"! The server is full; try again later\.|\{.*\}")
        late.send("alice")  # taken; to draw another name the package `names` opens a file
        found = late.expect(rf"{TIME} \* Welcome, (\w+)! 3 online\..*")
        alice.hear("* Bob joined")
        alice.hear(f"* {found[1]} joined")
        bob.hear(f"* {found[1]} joined")
        log = chat.logs / "messages.txt"
        log.rename(chat.logs / "messages.old")
        lines = 0

        def is_logged_anew() -> bool:
            nonlocal lines
            lines += 1
            alice.send(f"line {lines}")
            bob.hear(f"Alice: line {lines}")
            return log.exists()

        wait_until(is_logged_anew, "the log is opened anew")
        chat.signal(signal.SIGTERM)
        bob.hear("* The server is stopping.")
        assert chat.wait() == 0
    logged = (chat.logs / "messages.old").read_text() + log.read_text()
    assert logged.count("Alice: line") == lines


def test_who_cannot_even_be_turned_away_waits_and_costs_no_processor(
    start: Start, limit_descriptors: Limit
) -> None:
    chat = start("--flood-rate", "0")
    with chat.join("Alice") as alice, chat.join("Bob") as bob:
        alice.hear("* Bob joined")
        # So few that the descriptor which was put by cannot be opened again, nor any other.
        limit_descriptors(chat, -100)
        with chat.connect() as newcomer:
            before = _cpu_seconds(chat)
            threading.Event().wait(1.0)  # time in which a busy loop would show
            used = _cpu_seconds(chat) - before
            alice.send("still here")
            bob.hear("Alice: still here")
            limit_descriptors(chat, 10)
            newcomer.expect(PROMPT)
    assert used < 0.5


def _cpu_seconds(chat: Chat) -> float:
    """What the server has used so far."""
    stat = Path(f"/proc/{chat.process.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(stat[11]) + int(stat[12])) / os.sysconf("SC_CLK_TCK")  # utime and stime, proc(5)
