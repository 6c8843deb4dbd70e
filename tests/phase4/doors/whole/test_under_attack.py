"""Bad input at the page's port, of every kind at once: two plain people do not notice."""

from pathlib import Path

import pytest

from tests.kit.harness import wait_until
from tests.kit.web import web_port
from tests.kit.web_attacks import ATTACKS, Attackers, half_open, silence, slow_heads
from tests.phase4.doors.conftest import start_site

pytestmark = pytest.mark.own_server

LINES = 300
LAST_SECONDS = (half_open, silence, slow_heads)
"""Attacks that consist of waiting: they begin before the people talk, and end after it."""


def test_two_plain_people_hear_each_other_in_order_while_the_page_is_attacked(
    tmp_path: Path,
) -> None:
    with start_site(tmp_path, "--flood-rate", "0", "--name-seconds", "3") as chat:
        server = ("127.0.0.1", web_port(chat))
        with chat.join("Alice") as alice, chat.join("Bob") as bob, Attackers(server) as attackers:
            alice.hear("* Bob joined")
            for number in range(LINES):
                alice.send(f"ping {number}")
                bob.hear(f"Alice: ping {number}")
                bob.send(f"pong {number}")
                alice.hear(f"Bob: pong {number}")
            quick = [each for each in ATTACKS if each not in LAST_SECONDS]
            wait_until(
                lambda: all(map(attackers.rounds, quick)) or attackers.wrong,
                "each attack was carried out",
            )
            alice.send("the end")
            bob.hear("Alice: the end")
    assert not attackers.wrong
    assert all(map(attackers.rounds, ATTACKS))
    assert len(chat.log("messages.txt")) == 2 * LINES + 1
