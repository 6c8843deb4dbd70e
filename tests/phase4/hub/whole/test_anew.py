"""A server begins where nothing tells it what was before, while another lives that knows it.

In the end both have one room: each name has one holder, and everybody is told the truth.
"""

import signal
from collections.abc import Callable
from functools import partial

import pytest

from phase4.hub.engine import open_engine
from tests.kit.chat import PROMPT, TIME, Person
from tests.kit.engines import EngineProcess, PostgresProcess, RedisProcess, find_programs
from tests.kit.harness import wait_until
from tests.kit.hub import IS_AWAY, HubChat, OperatedChat, Servers, gather, join, together

FOR_A_START = 30  # a server that finds no snapshot waits for one


@pytest.fixture(scope="module", params=[RedisProcess, PostgresProcess])
def engine_kind(request: pytest.FixtureRequest) -> type[EngineProcess]:
    """Each of them."""
    find_programs()
    kind: type[EngineProcess] = request.param
    return kind


def forget_the_snapshot(engine: EngineProcess) -> None:
    if isinstance(engine, RedisProcess):
        with engine.client() as client:
            client.delete("chat:snapshot")
    elif isinstance(engine, PostgresProcess):
        engine.execute("DELETE FROM hub_snapshot")


def forget_the_beginning(engine: EngineProcess) -> None:
    """As if more had been said than the engine keeps."""
    if isinstance(engine, RedisProcess):
        with engine.client() as client:
            client.xtrim("chat:stream", maxlen=1, approximate=False)
    elif isinstance(engine, PostgresProcess):
        newest = "SELECT max(position) FROM hub_entry"
        engine.execute(f"DELETE FROM hub_entry WHERE position < ({newest})")


def copy_of(engine: EngineProcess) -> Callable[[], None]:
    """Keep what the room has there by now, to be put back."""
    if isinstance(engine, RedisProcess):
        with engine.client() as client:
            copy = {key: client.dump(key) for key in ("chat:stream", "chat:snapshot")}

        def put_back() -> None:
            with engine.client() as client:
                for key, value in copy.items():
                    client.restore(key, 0, value, replace=True)

        return put_back
    assert isinstance(engine, PostgresProcess)
    tables = ("hub_entry", "hub_snapshot")
    engine.execute(*(f"CREATE TABLE {each}_copy AS TABLE {each}" for each in tables))
    removed = (f"DELETE FROM {each}" for each in tables)
    filled = (f"INSERT INTO {each} TABLE {each}_copy" for each in tables)
    return lambda: engine.execute(*removed, *filled)


def say(person: Person, *lines: str) -> None:
    person.send(*lines, "/ping said")
    person.skip_to(rf"{TIME} \* Pong said")


def are_one_room(one: Person, two: Person, *names: str) -> None:
    """Whoever asks at either server reads the same, and each hears the other."""
    gather(one, two)
    gather(two, one)
    for each in (one, two):
        each.send("/who")
        each.skip_to(rf"{TIME} \* {len(names)} online: {', '.join(names)}")


def reads_who(person: Person, *names: str) -> bool:
    person.send("/who")
    said = person.skip_to(rf"{TIME} \* (\d+ online: .*)")[1]
    return said == f"{len(names)} online: {', '.join(names)}"


def is_banned(server: HubChat, name: str) -> bool:
    with Person(server.host, server.port) as person:
        person.expect(PROMPT)
        person.send(name)
        return person.read_line().startswith(f"! The name {name} is banned")


def test_an_engine_that_comes_back_empty_while_a_server_is_cut_off_and_another_begins(
    servers: Servers, an_engine: EngineProcess
) -> None:
    one = servers.start("one", "--operator=Ann", has_cable=True, kind=OperatedChat)
    ann, bob = together([one], "Ann", "Bob")
    with ann, bob:
        say(ann, "/ban Eve", "/topic Chapter 4", "before")
        servers.cables["one"].cut()
        an_engine.empty()
        bob.skip_to(IS_AWAY)
        two = servers.start("two")
        with join(two, "Bob") as other:
            assert other.name == "Bob"
            say(other, "meanwhile")
            bob.send("while cut off")
            servers.cables["one"].mend()
            bob.skip_to(r"! 1 line of yours was not said: this server was cut off\.")
            bob.skip_to(rf"{TIME} \* The name Bob was taken meanwhile; you are Bob1\.")
            ann.skip_to(rf"{TIME} Bob: meanwhile")
            other.skip_to(rf"{TIME} \* The topic is: Chapter 4")
            are_one_room(ann, other, "Ann", "Bob", "Bob1")
            with join(servers.start("three"), "Cat") as cat:
                are_one_room(other, cat, "Ann", "Bob", "Bob1", "Cat")
            assert is_banned(one, "Eve")
            assert is_banned(two, "Eve")
            for each in (ann, other):
                each.send("/ids on", "/ping ids")
                each.skip_to(rf"{TIME} \* Pong ids")
            bob.send("hello")
            of_ann, of_other = (
                each.skip_to(r"\[\S+ #\d+\] Bob1: hello")[0] for each in (ann, other)
            )
            assert of_ann == of_other
        said = one.messages()
        assert said.index("Ann: before") < said.index("Bob: meanwhile")


def test_a_server_that_finds_neither_a_snapshot_nor_the_beginning_while_another_is_frozen(
    mortal_servers: Servers, an_engine: EngineProcess
) -> None:
    servers = mortal_servers
    one = servers.start("one")
    ann, bob = together([one], "Ann", "Bob")
    with ann, bob:
        say(ann, "before")
        one.signal(signal.SIGSTOP)
        forget_the_snapshot(an_engine)
        forget_the_beginning(an_engine)
        two = servers.start("two")
        with join(two, "Bob", FOR_A_START) as other:
            assert other.name == "Bob"
            say(other, "meanwhile")
            one.signal(signal.SIGCONT)
            bob.skip_to(rf"{TIME} \* The name Bob was taken meanwhile; you are Bob1\.")
            are_one_room(ann, other, "Ann", "Bob", "Bob1")
        assert "Bob: meanwhile" in one.messages()


@pytest.mark.parametrize("has_snapshot", [True, False], ids=["at a snapshot", "reading all"])
def test_a_server_that_was_down_when_the_room_began_anew_brings_back_what_it_holds(
    servers: Servers, an_engine: EngineProcess, has_snapshot: bool
) -> None:
    one = servers.start("one", "--operator=Ann", kind=OperatedChat)
    with join(one, "Ann") as ann:
        say(ann, "/ban Eve", "before")
        wait_until((one.logs / "hub.json").exists, "it has written where it is")
    servers.kill("one")
    an_engine.empty()
    two = servers.start("two")
    with join(two, "Bob") as bob:
        say(bob, "meanwhile")
        wait_until(lambda: bool(snapshot(an_engine)), "the room's snapshot is saved")
        if not has_snapshot:
            forget_the_snapshot(an_engine)
        one = servers.start("one")
        with join(one, "Cat") as cat:
            are_one_room(bob, cat, "Bob", "Cat")
            assert is_banned(two, "Eve")
            cat.send("/ids on", "/ping ids")
            cat.skip_to(rf"{TIME} \* Pong ids")
            bob.send("hi", "/history 1")
            number = cat.skip_to(r"\[\S+ (#\d+)\] Bob: hi")[1]
            bob.skip_to(rf"\(\S+ \S+ {number}\) Bob: hi")


def test_an_engine_that_is_put_back_to_a_copy_of_before_while_a_server_is_cut_off(
    servers: Servers, an_engine: EngineProcess
) -> None:
    """Nobody has what was said between the copy and the beginning of the server that lives."""
    with join(servers.start("old"), "Ann") as ann:
        say(ann, "hello")
        wait_until(lambda: bool(snapshot(an_engine)), "the room's snapshot is saved")
        put_back = copy_of(an_engine)
        say(ann, "to be lost")
        one = servers.start("one", has_cable=True)
        names = ("Nell", "Nell1", "Olga", "Pia")
        with join(one, "Nell"), join(one, "Olga") as olga:
            servers.cables["one"].cut()
            olga.skip_to(IS_AWAY)
            servers.kill("old")
            put_back()
            two = servers.start("two")
            with join(two, "Nell") as other, join(two, "Pia") as pia:
                assert other.name == "Nell"
                say(other, "meanwhile")
                servers.cables["one"].mend()
                for each in (olga, pia):
                    wait_until(partial(reads_who, each, *names), "the room has begun anew")
                are_one_room(olga, pia, *names)


def test_several_that_begin_at_the_same_moment_in_an_empty_engine_have_one_room(
    servers: Servers, an_engine: EngineProcess
) -> None:
    one, two, three = servers.start_several("one", "two", "three")
    people = together([one, two, three], "Ann", "Bob", "Cat")
    are_one_room(people[0], people[1], "Ann", "Bob", "Cat")
    for each in people:
        each.close()
    wait_until(lambda: bool(snapshot(an_engine)), "one of them saves the room's snapshot")


def snapshot(engine: EngineProcess) -> bytes | None:
    opened = open_engine(engine.url, room="chat", server="looker")
    try:
        return opened.load()
    finally:
        opened.close()
