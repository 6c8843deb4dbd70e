"""The engine fails while people talk: they are told, nothing is lost or twice, and it goes on."""

import contextlib
import select
import socket

import pytest

from tests.kit.chat import PROMPT, TIME, Person
from tests.kit.engines import RedisProcess
from tests.kit.harness import wait_until
from tests.kit.hub import (
    IS_AWAY,
    IS_BACK,
    OperatedChat,
    Servers,
    Talker,
    crowd,
    join,
    talking,
    tells_one_story,
    together,
    wait_for_more,
)


def test_an_engine_that_comes_back_empty_gets_again_what_it_had(
    servers: Servers, a_redis: RedisProcess
) -> None:
    one, two = servers.start_several("one", "two")
    talkers = crowd(one, two)
    with talking(*talkers):
        for _ in range(2):
            wait_for_more(*talkers)
            a_redis.empty()
        wait_for_more(*talkers)
    tells_one_story([one, two], *talkers)
    with join(one, "Cat") as cat:
        cat.send("/who")
        cat.expect(rf"{TIME} \* \d+ online: .*Cat.*")
    three = servers.start("three")
    with join(three, "Dan") as dan, join(one, "Eve") as eve:
        eve.send("hello")
        dan.skip_to(rf"{TIME} Eve: hello")


def test_an_engine_that_hangs_for_a_moment_is_waited_for(
    servers: Servers, a_redis: RedisProcess
) -> None:
    one, two = servers.start_several("one", "two")
    talkers = crowd(one, two)
    with talking(*talkers):
        wait_for_more(*talkers)
        a_redis.freeze()
        for each in talkers:
            already = each.said
            wait_until(lambda: each.said > already + 20, "they talk on")  # noqa: B023
        a_redis.thaw()
        wait_for_more(*talkers)
    tells_one_story([one, two], *talkers)
    assert not any(each.has_read(IS_AWAY) for each in talkers)


def test_an_engine_that_hangs_for_long_is_away_and_then_back(
    servers: Servers, a_redis: RedisProcess
) -> None:
    one, two = servers.start_several("one", "two")
    talkers = crowd(one, two)
    with talking(*talkers):
        wait_for_more(*talkers)
        a_redis.freeze()
        for each in talkers:
            each.wait_for(IS_AWAY)
        a_redis.thaw()
        for each in talkers:
            each.wait_for(IS_BACK)
        wait_for_more(*talkers)
    tells_one_story([one, two], *talkers)


def test_an_engine_that_is_full_is_away_until_it_has_space(
    servers: Servers, a_redis: RedisProcess
) -> None:
    one, two = servers.start_several("one", "two")
    talkers = crowd(one, two)
    with talking(*talkers):
        wait_for_more(*talkers)
        a_redis.fill()
        for each in talkers:
            each.wait_for(IS_AWAY)
        a_redis.drain()
        for each in talkers:
            each.wait_for(IS_BACK)
        wait_for_more(*talkers)
    tells_one_story([one, two], *talkers)
    for server in (one, two):
        server.interrupt()
        assert server.wait() == 0
        told = [line for line in server.rest_of_output() if "hub" in line.lower()]
        assert len([line for line in told if "cannot be reached" in line]) == 1, told
        assert "its memory is full" in told[-2]


def test_nobody_is_taken_for_dead_because_the_engine_was_full_for_longer_than_the_lease(
    mortal_servers: Servers, a_redis: RedisProcess
) -> None:
    one, two = mortal_servers.start_several("one", "two")
    talkers = [Talker(one, "ann"), Talker(two, "bob")]
    with talking(*talkers):
        wait_for_more(*talkers)
        a_redis.fill()
        for each in talkers:
            each.wait_for(IS_AWAY)
        for server in (one, two):  # longer than the lease
            with pytest.raises(AssertionError, match="no line like"):
                server.expect("never printed", 3)
        a_redis.drain()
        wait_for_more(*talkers)
    tells_one_story([one, two], *talkers)
    for each in talkers:
        assert not each.has_read(r".*\(server lost\)")
        assert each.told_unsaid() == 0


def test_a_join_while_the_room_is_away_is_refused_with_a_reason(
    servers: Servers, a_redis: RedisProcess
) -> None:
    (one,) = servers.start_several("one")
    (ann,) = together([one], "Ann")
    with ann:
        a_redis.kill()
        with Person(one.host, one.port) as bob:
            bob.expect(PROMPT)
            bob.send("Bob")
            bob.refused("The room cannot be reached now; try again later.")
            bob.expect_end()
        ann.skip_to(IS_AWAY)
        a_redis.start()
        ann.skip_to(IS_BACK)
        ann.send("/who", "/ping who")  # Bob was never announced
        ann.hear("* 1 online: Ann")
        ann.hear("* Pong who")


def test_a_new_name_while_the_room_is_away_is_refused_and_nobody_is_hung_up_on(
    servers: Servers, a_redis: RedisProcess
) -> None:
    (one,) = servers.start_several("one")
    (ann,) = together([one], "Ann")
    with ann:
        a_redis.kill()
        ann.send("/nick Bea")
        ann.skip_to(IS_AWAY)
        ann.refused("The room cannot be reached now; try again later.")
        a_redis.start()
        ann.skip_to(IS_BACK)
        ann.send("/who")
        ann.hear("* 1 online: Ann")


def test_an_order_that_was_refused_while_the_room_is_away_is_not_carried_out_later(
    servers: Servers, a_redis: RedisProcess
) -> None:
    one = servers.start("one", "--operator=Ann", kind=OperatedChat)
    bob, ann = together([one], "Bob", "Ann")
    with ann, bob:
        a_redis.kill()
        bob.skip_to(IS_AWAY)
        ann.send("/kick Bob")
        ann.skip_to("! The room cannot be reached now; try again later.")
        a_redis.start()
        bob.skip_to(IS_BACK)
        ann.send("hello")
        bob.hear("Ann: hello")


def say_until_made_to_wait(connection: socket.socket, letter: bytes) -> tuple[int, bytes]:
    """How often a line was said, and what is left of the last one that nobody takes."""
    connection.setblocking(False)
    letters, rest = 0, b""
    while select.select([], [connection], [], 2)[1]:
        if not rest:
            letters += 1
            rest = letter
        with contextlib.suppress(BlockingIOError):
            rest = rest[connection.send(rest) :]
        assert letters < 5000, "nobody makes them wait"
    return letters, rest


def test_whoever_says_much_while_the_room_is_away_waits_and_nothing_of_it_is_lost(
    servers: Servers, a_redis: RedisProcess
) -> None:
    one, two = servers.start_several("one", "two")
    ann, bob, cat = together([one, two, one], "Ann", "Bob", "Cat")
    with ann, bob, cat:
        a_redis.kill()
        ann.skip_to(IS_AWAY)
        letter = ("x" * 4000 + "\n").encode()
        letters, rest = say_until_made_to_wait(ann.socket, letter)
        cat.send("/who")  # others are not held up
        cat.skip_to(rf"{TIME} \* 3 online: Ann, Bob, Cat")
        cat.send("/quit")
        cat.read_bytes_until_end(2)
        a_redis.start()
        ann.socket.settimeout(25)
        ann.socket.sendall(rest + b"/ping all\n")
        for _ in range(letters):
            bob.skip_to(rf"{TIME} Ann: x{{4000}}")
        ann.skip_to(rf"{TIME} \* Pong all")
        assert one.messages() == two.messages()
        assert len([line for line in one.messages() if "xxx" in line]) == letters


@pytest.mark.parametrize("is_noticed", [True, False])
def test_a_server_that_stops_while_the_engine_hangs_takes_no_longer(
    servers: Servers, a_redis: RedisProcess, is_noticed: bool
) -> None:
    (one,) = servers.start_several("one")
    ann, bob = together([one], "Ann", "Bob")
    with ann, bob:
        a_redis.freeze()
        if is_noticed:
            ann.skip_to(IS_AWAY)
        bob.send("/quit")
        bob.read_bytes_until_end(2)
        one.interrupt()
        assert one.wait(2.5) == 0
        ann.skip_to(rf"{TIME} \* The server is stopping\.")
        ann.expect_end()
