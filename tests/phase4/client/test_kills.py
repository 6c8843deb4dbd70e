"""Servers killed while several people speak: each line is said once, and each reads each line once.

The short form is part of the suite. The long one: CLIENT_KILLS=20 python -m pytest THIS_FILE
"""

import os
import queue
import random
import signal
from collections.abc import Callable

import pytest

from phase4.client import ConnectionLost, Disconnected, Received
from phase4.client import client as core
from shared.message import Earlier, Notice, Public
from tests.kit.chat import Chat
from tests.kit.harness import wait_until
from tests.kit.scripted import Client, Connect

KILLS = int(os.environ.get("CLIENT_KILLS", "2"))
NAMES = ("Ann", "Ben")


class Person:
    """One of those who talk: what they have said, and what they have read of others."""

    def __init__(self, client: Client, name: str) -> None:
        self.client = client
        self.name = name
        self.said: list[str] = []
        self.read: list[tuple[str, str]] = []
        self.remarks: list[str] = []
        self.losses = 0

    def say(self, text: str) -> None:
        """To everybody."""
        self.said.append(text)
        self.client.send(text)

    def look(self) -> None:
        """Read what is there."""
        while True:
            try:
                event = self.client.events.get_nowait()
            except queue.Empty:
                return
            assert not isinstance(event, Disconnected), event
            match event:
                case Received(Public(sender=name, text=text) | Earlier(sender=name, text=text)):
                    self.read.append((name, text))
                case Received(Notice(text=text)):
                    self.remarks.append(text)
                case ConnectionLost():
                    self.losses += 1

    def wait_for(self, name: str, text: str) -> None:
        """Somebody's line must come."""

        def has_come() -> bool:
            self.look()
            return (name, text) in self.read

        wait_until(has_come, f"{name}: {text}")

    def wait_for_loss(self, count: int) -> None:
        """The connection must be lost, for the `count`th time."""

        def is_lost() -> bool:
            self.look()
            return self.losses >= count

        wait_until(is_lost, "the loss")


@pytest.mark.timeout(60 + 8 * KILLS)
def test_through_any_number_of_kills_each_line_is_said_once_and_read_once_by_each(
    start: Callable[..., Chat], connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(core, "FIRST_PAUSE_SECONDS", 3600.0)  # they are told when to come back
    options = ("--history", "5", "--flood-rate", "0")
    chance = random.Random()
    chat = start(*options)
    with chat.join("Zoe") as zoe:
        zoe.send("before them all")
        zoe.fence()
    people = [Person(connect(chat.port, name, reconnect=True), name) for name in NAMES]
    for each in people:
        each.wait_for("Zoe", "before them all")
    for number in range(KILLS):
        for _ in range(chance.randrange(5, 30)):
            _speak(chance, people, listens=not chance.randrange(3))
        chat.signal(signal.SIGKILL)
        chat.wait()
        for each in people:
            each.wait_for_loss(number + 1)
        for _ in range(chance.randrange(3)):
            _speak(chance, people, listens=False)
        chat = start(*options, port=chat.port)
        with chat.join("Zoe") as zoe:
            zoe.send(f"while they are away {number}", "/ping all")
            zoe.skip_to(".*Pong all")
        for each in people:
            each.client.retry_now()
    for each in people:
        each.say(f"{each.name} is done")
    for one, other in (people, people[::-1]):
        one.wait_for(other.name, other.said[-1])
    log = [_parts(entry) for entry in chat.log("messages.txt")]
    for each in people:
        assert [text for name, text in log if name == each.name] == each.said
        assert each.read == [(name, text) for name, text in log if name != each.name]
    remarks = [*people[0].remarks, *people[1].remarks]
    assert not [each for each in remarks if "not come" in each or "missed more" in each]


def _speak(chance: random.Random, people: list[Person], *, listens: bool) -> None:
    """One of them says something, the same words again and again; the other may hear it."""
    speaker, other = chance.sample(people, 2)
    number = len(speaker.said)
    speaker.say(f"line {number}" if listens else chance.choice(("ok", "yes")))
    if listens:
        other.wait_for(speaker.name, f"line {number}")


def _parts(entry: str) -> tuple[str, str]:
    name, _, text = entry.partition(": ")
    return name, text
