"""A server that was down goes on in its log where it has stopped, or says what it lacks."""

import os
import random
import re
from pathlib import Path

import pytest

from tests.kit.chat import TIME, Person
from tests.kit.engines import RedisProcess
from tests.kit.harness import wait_until
from tests.kit.hub import (
    HubChat,
    Servers,
    Talker,
    gather,
    join,
    settle,
    tells_one_story,
)

KILLS = int(os.environ.get("HUB_KILLS", "10"))
SEED = int(os.environ.get("HUB_SEED", random.SystemRandom().randrange(10**6)))

with_and_without_archive = pytest.mark.parametrize(
    "remembers", [("--history", "20"), ()], ids=["archive", "no archive"]
)


def numbers(person: Person) -> list[str]:
    """What this person gets of what was said before, with its numbers."""
    person.send("/history", "/ping history")
    lines = [person.read_line()]
    while "Pong history" not in lines[-1]:
        lines.append(person.read_line())
    return [line for line in lines if re.match(r"\(.* #\d+\) ", line)]


def say(person: Person, *lines: str) -> None:
    person.send(*lines, "/ping said")
    person.skip_to(rf"{TIME} \* Pong said")


def said_by_snapshot(engine: RedisProcess) -> int:
    """How many messages the room's snapshot knows of."""
    with engine.client() as client:
        found = re.search(rb'"said": ?(\d+)', client.get("chat:snapshot") or b"")
    return int(found[1]) if found else 0


def knows_of(server: HubChat, name: str) -> bool:
    """Whether somebody of this name was there when it last wrote where it is."""
    file = server.logs / "hub.json"
    return file.exists() and f'"{name}"' in file.read_text()


@with_and_without_archive
@pytest.mark.parametrize("is_killed", [True, False], ids=["killed", "stopped"])
def test_what_was_said_while_a_server_was_down_is_in_its_log_afterwards(
    mortal_servers: Servers, a_redis: RedisProcess, remembers: tuple[str, ...], is_killed: bool
) -> None:
    one, two = (mortal_servers.start(each, *remembers) for each in ("one", "two"))
    with join(one, "Ann") as ann, join(two, "Bob") as bob:
        say(ann, "one", "two")
        say(bob, "three")
        wait_until(lambda: knows_of(two, "Ann"), "the server has written where it is")
        say(ann, "four")
        if not is_killed:
            two.interrupt()
            assert two.wait() == 0
        mortal_servers.kill("two")
        say(ann, *map(str, range(200)))
        # Who begins at the room's snapshot, from here on, lacks them.
        wait_until(lambda: said_by_snapshot(a_redis) == 204, "the room's snapshot has them")
        two = mortal_servers.start("two", *remembers)
        with join(two, "Cat") as cat:
            say(cat, "back")
            gather(ann, cat)
            assert one.message_bytes() == two.message_bytes()
            if remembers:
                assert numbers(cat) == numbers(ann)


@with_and_without_archive
def test_a_server_that_was_down_for_too_long_says_how_much_its_log_lacks(
    mortal_servers: Servers, a_redis: RedisProcess, remembers: tuple[str, ...]
) -> None:
    # The dead one must be buried: the first of those that live saves the snapshot.
    one, two = (mortal_servers.start(each, *remembers) for each in ("one", "two"))
    with join(one, "Ann") as ann:
        say(ann, "one", "two")
        wait_until(lambda: knows_of(two, "Ann"), "the server has written where it is")
        wait_until(lambda: two.messages() == ["Ann: one", "Ann: two"], "it has both lines")
        mortal_servers.kill("two")
        say(ann, *map(str, range(100)))
        with a_redis.client() as client:
            saved = client.get("chat:snapshot")
            wait_until(lambda: client.get("chat:snapshot") != saved, "the room's snapshot is new")
            client.xtrim("chat:stream", maxlen=1, approximate=False)
        two = mortal_servers.start("two", *remembers)
        with join(two, "Cat") as cat:
            say(ann, "hello")
            cat.skip_to(rf"{TIME} Ann: hello")
            assert two.messages() == [
                "Ann: one",
                "Ann: two",
                "* 100 entries were lost",
                "Ann: hello",
            ]
            for each in (ann, cat):
                each.send("/ids on", "/ping ids")
                each.skip_to(rf"{TIME} \* Pong ids")
            ann.send("last")
            cat.skip_to(r"\[\S+ #104\] Ann: last")


def test_a_server_that_is_new_in_the_room_says_how_much_its_log_lacks(
    servers: Servers, a_redis: RedisProcess
) -> None:
    one = servers.start("one")
    with join(one, "Ann") as ann:
        say(ann, "one", "two")
        with a_redis.client() as client:
            wait_until(
                lambda: re.search(rb'"said": ?2\b', client.get("chat:snapshot") or b""),
                "it is saved",
            )
        two = servers.start("two")
        with join(two, "Bob") as bob:
            say(ann, "three")
            bob.skip_to(rf"{TIME} Ann: three")
            assert two.messages()[-2:] == ["* 2 entries were lost", "Ann: three"]


def test_a_server_that_starts_when_the_engine_has_just_lost_all_waits_for_the_snapshot_of_another(
    servers: Servers, a_redis: RedisProcess
) -> None:
    one = servers.start("one")
    with join(one, "Ann") as ann, a_redis.client() as client:
        before = client.get("chat:snapshot")
        wait_until(lambda: client.get("chat:snapshot") != before, "it was just saved")
        client.flushall()
        say(ann, "hello")
        with join(servers.start("two"), "Bob") as bob:
            bob.send("/who", "/pm Ann hi")
            bob.skip_to(rf"{TIME} \* 2 online: Ann, Bob")
            ann.skip_to(rf"{TIME} Bob -> Ann: hi")


def test_a_server_that_comes_into_another_room_knows_nothing_of_the_one_before(
    tmp_path: Path, a_redis: RedisProcess
) -> None:
    with Servers(tmp_path, a_redis) as servers:
        one, two = servers.start("one"), servers.start("two", "--hub-room", "other")
        with join(one, "Ann") as ann, join(two, "Bob") as bob:
            say(ann, "one", "two")
            say(bob, "three")
            wait_until(lambda: knows_of(one, "Ann"), "the server has written where it is")
            say(bob, "four")
            servers.kill("one")
            one = servers.start("one", "--hub-room", "other")
            with join(one, "Cat") as cat:
                cat.send("/who")
                cat.skip_to(rf"{TIME} \* 2 online: Bob, Cat")


@pytest.mark.timeout(60 + 12 * KILLS)
def test_killed_at_any_moment_and_started_again_a_server_ends_with_the_log_of_the_others(
    servers: Servers,
) -> None:
    print(f"HUB_SEED={SEED}")
    chance = random.Random(SEED)
    one, _ = servers.start_several("one", "two")
    talkers = [Talker(one, "ann"), Talker(one, "amy")]
    with talkers[0], talkers[1]:
        for each in talkers:
            each.talk()
        for _ in range(KILLS):
            with Talker(servers.all["two"], "bob") as bob:
                bob.talk()
                bob.wait_for_more(chance.randrange(1, 60))
                servers.kill("two")
                wait_until(lambda: bob.is_cut_off, "Bob is cut off")
            talkers[0].wait_for_more(chance.randrange(1, 60))
            servers.start("two")
            tells_of(bob, one)
        with Talker(servers.all["two"], "bea") as bea:
            bea.talk()
            bea.wait_for_more(10)
            settle(*talkers, bea)
            tells_one_story([one, servers.all["two"]], *talkers, bea)


def tells_of(talker: Talker, server: HubChat) -> None:
    """What somebody read whose server was killed is what the others have, in their order."""
    heard, said = talker.heard(), [each for each in server.messages() if ": bob " not in each]
    start = said.index(heard[0])
    assert heard == said[start : start + len(heard)]
