"""The status port: one line of JSON for whoever connects; the chat does not notice."""

import json
from contextlib import ExitStack

import pytest

from shared.status import Snapshot, parse_snapshot
from tests.harness import Peer
from tests.phase4.chat import Chat

pytestmark = pytest.mark.own_server


def _snapshot(chat: Chat) -> Snapshot:
    with Peer(chat.status_host, chat.status_port) as reader:
        line = reader.read_bytes_until_end()
    assert line.endswith(b"\n")
    assert line.count(b"\n") == 1
    assert json.loads(line)["chat_status"] == 1
    return parse_snapshot(line)


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
    assert 0 <= snapshot.uptime_seconds < 60
    assert [(each.name, each.messages) for each in snapshot.people] == [("Alice", 3), ("Bob", 0)]
    assert snapshot.people[0].address.startswith("127.0.0.1:")


def test_bytes_and_deliveries_are_those_that_went_over_the_wire(chat: Chat) -> None:
    with chat.connect() as visitor:
        visitor.send("Alice", "/who", "/quit")
        visitor.half_close()
        received = visitor.read_bytes_until_end()
    snapshot = _snapshot(chat)
    assert snapshot.bytes_in == len("Alice\n/who\n/quit\n")
    assert snapshot.bytes_out == len(received)
    assert snapshot.deliveries == received.count(b"\n")


def test_silent_and_stalled_readers_hold_up_neither_the_chat_nor_each_other(chat: Chat) -> None:
    with ExitStack() as stack, chat.join("Alice") as alice, chat.join("Bob") as bob:
        alice.hear("* Bob joined")
        for _ in range(100):
            stack.enter_context(Peer(chat.status_host, chat.status_port, receive_buffer_bytes=4096))
        alice.send("hello")
        bob.hear("Alice: hello")
