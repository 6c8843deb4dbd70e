"""Bounds: people, flood, readers who stop; and that the others do not notice."""

import os
import socket
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.harness import Peer, wait_until
from tests.phase4.chat import PROMPT, TIME, Chat

pytestmark = pytest.mark.own_server

Start = Callable[..., Chat]


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


def test_who_is_held_back_can_leave_at_once(start: Start) -> None:
    chat = start("--flood-rate", "0.05")
    with chat.join("Bob") as bob:
        alice = chat.join("Alice")
        bob.hear("* Alice joined")
        alice.send(*["again and again"] * 50)
        bob.hear("Alice: again and again")
        alice.reset()
        bob.skip_to(rf"{TIME} \* Alice left \(connection lost\)")


def test_who_stops_reading_is_disconnected_and_the_others_are_told_why(chat: Chat) -> None:
    with (
        chat.join("Alice") as alice,
        chat.join("Bob") as bob,
        Peer(chat.host, chat.port, receive_buffer_bytes=4096) as stuck,
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

    def count() -> tuple[int, int]:
        return len(os.listdir(f"{process}/fd")), len(os.listdir(f"{process}/task"))

    with chat.join("First") as first:
        first.fence()
    wait_until(lambda: "First left" in chat.log("connections.txt"), "the first has left")
    before = count()
    for number in range(1000):
        visitor = chat.join("Visitor") if number % 2 else chat.connect()
        visitor.reset() if number % 3 else visitor.close()
    wait_until(lambda: count() <= before, f"{count()} descriptors and threads, {before} before")


def test_when_descriptors_run_out_those_inside_chat_on_and_newcomers_are_told(
    start: Start,
) -> None:
    resource = pytest.importorskip("resource")
    prlimit = getattr(resource, "prlimit", None)
    if prlimit is None:
        pytest.skip("needs Linux to limit another process")
    chat = start("--flood-rate", "0")
    with chat.join("Alice") as alice, chat.join("Bob") as bob:
        alice.hear("* Bob joined")
        used = len(os.listdir(f"/proc/{chat.process.pid}/fd"))
        prlimit(chat.process.pid, resource.RLIMIT_NOFILE, (used + 2, used + 2))
        with ExitStack() as inside:
            for _ in range(10):
                newcomer = inside.enter_context(chat.connect())
                line = newcomer.read_line()
                if line.startswith("!"):
                    break
            assert line == "! The server is full; try again later."
            newcomer.expect_end()
            alice.send("still here")
            bob.hear("Alice: still here")

        def is_welcome() -> bool:
            with socket.create_connection((chat.host, chat.port), 5) as again:
                return again.recv(100).startswith(b"* Enter")

        wait_until(is_welcome, "a newcomer is welcome again")
