"""Clients whose server is killed come back through another: no line is said or read twice."""

import os
import random
from collections.abc import Iterator

import pytest

from phase4.client import client as core
from tests.kit.cable import Cable
from tests.kit.chat_fixtures import transport  # noqa: F401 - a fixture
from tests.kit.hub import Servers, join
from tests.kit.scripted import Connect
from tests.kit.scripted_fixtures import connect  # noqa: F401 - a fixture
from tests.phase4.client.test_kills import NAMES, Person, _parts, _speak

KILLS = int(os.environ.get("CLIENT_KILLS", "4"))
OPTIONS = ("--history", "5")


@pytest.fixture
def balancer() -> Iterator[Cable]:
    """What stands before all servers, and leads to one that lives."""
    with Cable(0) as between:
        yield between


@pytest.mark.timeout(60 + 12 * KILLS)
def test_through_any_number_of_kills_each_line_is_said_once_and_read_once_by_each(
    servers: Servers,
    balancer: Cable,
    connect: Connect,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(core, "FIRST_PAUSE_SECONDS", 3600.0)  # they are told when to come back
    chance = random.Random()
    turns = ["one", "two"]
    for each in turns:
        servers.start(each, *OPTIONS)
    with join(servers.all["one"], "Zoe") as zoe:
        zoe.send("before them all", "/ping said")
        zoe.skip_to(".*Pong said")
    balancer.lead_to(servers.all["one"].port)
    people = [Person(connect(balancer.port, name, reconnect=True), name) for name in NAMES]
    for person in people:
        person.wait_for("Zoe", "before them all")
    for number in range(KILLS):
        for _ in range(chance.randrange(5, 30)):
            _speak(chance, people, listens=not chance.randrange(3))
        servers.kill(turns[0])
        for person in people:
            person.wait_for_loss(number + 1)
        for _ in range(chance.randrange(3)):
            _speak(chance, people, listens=False)
        balancer.lead_to(servers.all[turns[1]].port)
        with join(servers.all[turns[1]], "Zoe") as zoe:
            zoe.send(f"while they are away {number}", "/ping all")
            zoe.skip_to(".*Pong all")
        for person in people:
            person.client.retry_now()
        servers.start(turns[0], *OPTIONS)
        turns.reverse()
    for person in people:
        person.say(f"{person.name} is done")
    for one, other in (people, people[::-1]):
        one.wait_for(other.name, other.said[-1])
    logs = [[_parts(entry) for entry in each.messages()] for each in servers.all.values()]
    assert logs[0] == logs[1]
    for person in people:
        assert [text for name, text in logs[0] if name == person.name] == person.said
        assert person.read == [each for each in logs[0] if each[0] != person.name]
    remarks = [*people[0].remarks, *people[1].remarks]
    assert not [each for each in remarks if "not come" in each or "missed more" in each]
