"""A server fails while people talk at the others: they lose no word, and are told who is gone."""

import signal
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import pytest

from phase4.server.offering import CANDIDATES
from tests.kit.chat import PROMPT, TIME, Person
from tests.kit.engines import RedisProcess
from tests.kit.harness import wait_until
from tests.kit.hub import (
    IS_AWAY,
    IS_BACK,
    SHORT_LEASE_SECONDS,
    HubChat,
    Servers,
    Talker,
    crowd,
    join,
    settle,
    tells_one_story,
    together,
    wait_for_more,
)

IS_LOST = rf"{TIME} \* {{}} left \(server lost\)"
CUT_OFF = r"\d+ lines? of yours (was|were) not said: this server was cut off\."


@contextmanager
def three(
    servers: Servers, *, has_cable: bool = False
) -> Iterator[tuple[list[HubChat], list[Talker]]]:
    """Three servers, and two who talk at each; one sort of harm may be done to the third."""
    all_of_them = [
        *servers.start_several("one", "two"),
        servers.start("three", has_cable=has_cable),
    ]
    talkers = crowd(*all_of_them[:2])
    talkers += [Talker(all_of_them[2], "cat"), Talker(all_of_them[2], "cyd")]
    with ExitStack() as stack:
        for each in talkers:
            stack.enter_context(each)
        for each in talkers:
            each.talk()
        wait_for_more(*talkers)
        yield all_of_them, talkers


def test_when_a_server_is_killed_the_others_lose_no_word_and_read_who_is_gone(
    mortal_servers: Servers,
) -> None:
    with three(mortal_servers) as ((one, two, _), talkers):
        mortal_servers.kill("three")
        for each in talkers[:4]:
            each.wait_for(IS_LOST.format("Cat"))
            each.wait_for(IS_LOST.format("Cyd"))
        wait_for_more(*talkers[:4])
        settle(*talkers)
        tells_one_story([one, two], *talkers)


def test_whoever_comes_back_at_another_server_gets_their_name_before_the_lease_is_over(
    servers: Servers,
) -> None:
    one, _ = servers.start_several("one", "two")
    ann, bob = together([*servers.all.values()], "Ann", "Bob")
    with ann, bob:
        servers.kill("two")
        with join(one, "Bob") as again:
            assert again.name == "Bob"
            ann.hear("* Bob left (server lost)")
            ann.hear("* Bob joined")


def test_a_server_that_was_killed_comes_back_with_the_log_of_the_others(servers: Servers) -> None:
    with three(servers) as ((one, two, _), talkers):
        servers.kill("three")
        wait_for_more(*talkers[:4])
        again = servers.start("three")
        with Talker(again, "dan") as dan:
            dan.talk()
            wait_for_more(dan, *talkers[:4])
            settle(*talkers, dan)
            tells_one_story([one, two, again], *talkers, dan)


def test_a_server_cut_off_for_less_than_the_lease_goes_on_as_if_nothing_had_been(
    servers: Servers,
) -> None:
    with three(servers, has_cable=True) as (all_of_them, talkers):
        servers.cables["three"].cut()
        for each in talkers[4:]:
            each.wait_for(IS_AWAY)  # by then it has given up what is under way, which arrives late
        wait_for_more(*talkers[:4])
        servers.cables["three"].mend()
        wait_for_more(*talkers)
        settle(*talkers)
        tells_one_story(all_of_them, *talkers)
        for each in talkers:
            assert not each.has_read(r".*server lost.*")
            assert each.told_unsaid() == 0


def test_what_arrives_at_the_engine_after_its_server_has_said_it_again_is_not_said_twice(
    servers: Servers,
) -> None:
    with three(servers, has_cable=True) as (all_of_them, talkers):
        servers.cables["three"].cut_the_way_there()
        for each in talkers[4:]:
            each.wait_for(IS_AWAY)
        servers.cables["three"].mend_for_new_connections()
        for each in talkers[4:]:
            each.wait_for(IS_BACK)
        servers.cables["three"].deliver()
        wait_for_more(*talkers)
        settle(*talkers)
        tells_one_story(all_of_them, *talkers)


def test_a_server_cut_off_for_longer_is_taken_for_dead_and_its_people_are_told_and_come_back(
    mortal_servers: Servers,
) -> None:
    with three(mortal_servers, has_cable=True) as (all_of_them, talkers):
        mortal_servers.cables["three"].cut()
        for each in talkers[:4]:
            each.wait_for(IS_LOST.format("Cat"))
            each.wait_for(IS_LOST.format("Cyd"))
        for each in talkers[4:]:
            each.wait_for(IS_AWAY)
        wait_for_more(*talkers[:4])
        mortal_servers.cables["three"].mend()
        for each in talkers[4:]:
            each.wait_for(f"! {CUT_OFF}")
        for each in talkers[:4]:
            each.wait_for(rf"{TIME} \* Cat joined")
            each.wait_for(rf"{TIME} \* Cyd joined")
        wait_for_more(*talkers)
        settle(*talkers)
        tells_one_story(all_of_them, *talkers)


def test_whoever_lost_their_name_while_their_server_was_cut_off_has_it_with_a_number(
    mortal_servers: Servers,
) -> None:
    one, two = mortal_servers.start("one"), mortal_servers.start("two", has_cable=True)
    ann, bob, bill = together([one, two, two], "Ann", "Bob", "Bob1")
    with ann, bob, bill:
        mortal_servers.cables["two"].cut()
        ann.skip_to(IS_LOST.format("Bob1"))
        with join(one, "Bob") as other:
            assert other.name == "Bob"
            mortal_servers.cables["two"].mend()
            bob.skip_to(rf"{TIME} \* The name Bob was taken meanwhile; you are Bob2\.")
            bill.send("/ping still here")
            bill.skip_to(rf"{TIME} \* Pong still here")
            bob.send("/who", "I am Bob no more")
            bob.skip_to(rf"{TIME} \* 4 online: Ann, Bob, Bob1, Bob2")
            ann.skip_to(rf"{TIME} Bob2: I am Bob no more")
            other.send("/pm Bob1 hi", "/pm Bob2 ho")
            bill.skip_to(rf"{TIME} Bob -> Bob1: hi")
            bob.skip_to(rf"{TIME} Bob -> Bob2: ho")
            for each in (bob, bill, other):
                each.send("/quit")
                each.read_bytes_until_end()
            ann.send("/ping gone", "/who")
            ann.skip_to(rf"{TIME} \* Pong gone")
            ann.skip_to(rf"{TIME} \* 1 online: Ann")


def test_whoever_finds_all_names_taken_after_a_cut_is_told_and_hung_up_on(
    mortal_servers: Servers,
) -> None:
    one, two = mortal_servers.start("one"), mortal_servers.start("two", has_cable=True)
    ann, bob = together([one, two], "Ann", "Bob")
    with ann, bob, ExitStack() as others:
        mortal_servers.cables["two"].cut()
        ann.skip_to(IS_LOST.format("Bob"))
        for name in ("Bob", *(f"Bob{number}" for number in range(1, CANDIDATES + 1))):
            assert others.enter_context(join(one, name)).name == name
        mortal_servers.cables["two"].mend()
        bob.skip_to("! Your name was taken while this server was cut off.")
        bob.read_bytes_until_end()


def test_whoever_left_while_their_server_was_cut_off_is_gone_afterwards(
    mortal_servers: Servers,
) -> None:
    one, two = mortal_servers.start("one"), mortal_servers.start("two", has_cable=True)
    ann, bob, bea = together([one, two, two], "Ann", "Bob", "Bea")
    with ann, bob, bea:
        mortal_servers.cables["two"].cut()
        bob.send("/quit")
        bob.read_bytes_until_end()
        ann.skip_to(IS_LOST.format("Bea"))
        mortal_servers.cables["two"].mend()
        ann.skip_to(rf"{TIME} \* Bea joined")
        ann.send("/who")
        ann.skip_to(rf"{TIME} \* 2 online: Ann, Bea")


def test_a_server_frozen_for_longer_than_the_lease_is_told_what_was_not_said_and_goes_on(
    mortal_servers: Servers,
) -> None:
    with three(mortal_servers) as (all_of_them, talkers):
        frozen = all_of_them[2]
        frozen.signal(signal.SIGSTOP)
        for each in talkers[:4]:
            each.wait_for(IS_LOST.format("Cat"))
        wait_for_more(*talkers[:4])
        frozen.signal(signal.SIGCONT)
        for each in talkers[:4]:
            each.wait_for(rf"{TIME} \* Cat joined")
        wait_for_more(*talkers)
        settle(*talkers)
        tells_one_story(all_of_them, *talkers)


def test_a_server_that_stops_in_order_leaves_the_others_talking(servers: Servers) -> None:
    with three(servers) as ((one, two, stopped), talkers):
        stopped.interrupt()
        assert stopped.wait() == 0
        for each in talkers[:4]:
            each.wait_for(rf"{TIME} \* Cat left")
            each.wait_for(rf"{TIME} \* Cyd left")
        wait_for_more(*talkers[:4])
        settle(*talkers)
        tells_one_story([one, two], *talkers)


def test_an_engine_that_restarts_while_a_server_dies_harms_nobody_else(
    mortal_servers: Servers, a_redis: RedisProcess
) -> None:
    with three(mortal_servers) as ((one, two, _), talkers):
        a_redis.kill()
        mortal_servers.kill("three")
        a_redis.start()
        for each in talkers[:4]:
            each.wait_for(IS_LOST.format("Cat"), 40)
        wait_for_more(*talkers[:4])
        settle(*talkers)
        tells_one_story([one, two], *talkers)


def test_an_engine_that_comes_back_empty_while_a_server_is_frozen_harms_nobody(
    mortal_servers: Servers, a_redis: RedisProcess
) -> None:
    with three(mortal_servers) as (all_of_them, talkers):
        all_of_them[2].signal(signal.SIGSTOP)
        wait_for_more(*talkers[:4])
        a_redis.empty()
        wait_for_more(*talkers[:4])
        all_of_them[2].signal(signal.SIGCONT)
        wait_for_more(*talkers)
        settle(*talkers)
        tells_one_story(all_of_them, *talkers)


def test_an_engine_that_restarts_while_a_server_is_cut_off_harms_nobody(
    mortal_servers: Servers, a_redis: RedisProcess
) -> None:
    with three(mortal_servers, has_cable=True) as (all_of_them, talkers):
        mortal_servers.cables["three"].cut()
        wait_for_more(*talkers[:2])
        a_redis.restart()
        wait_for_more(*talkers[:4])
        mortal_servers.cables["three"].mend()
        wait_for_more(*talkers)
        settle(*talkers)
        tells_one_story(all_of_them, *talkers)


def test_a_private_message_to_somebody_at_a_server_that_died_is_refused_once_that_is_known(
    mortal_servers: Servers,
) -> None:
    one, _ = mortal_servers.start_several("one", "two")
    ann, bob = together([*mortal_servers.all.values()], "Ann", "Bob")
    with ann, bob:
        mortal_servers.kill("two")
        ann.skip_to(IS_LOST.format("Bob"), SHORT_LEASE_SECONDS + 10)
        ann.send("/pm Bob are you there")
        ann.refused("Nobody here is called Bob.*")
        assert not [line for line in one.privates() if "are you there" in line]


def test_nobody_is_buried_who_only_says_nothing(mortal_servers: Servers) -> None:
    one, _ = mortal_servers.start_several("one", "two")
    ann, bob = together([*mortal_servers.all.values()], "Ann", "Bob")
    with ann, bob:
        with pytest.raises(AssertionError, match="nothing came in time"):
            ann.read_line(2.5 * SHORT_LEASE_SECONDS)
        with Person(one.host, one.port) as cat:
            cat.expect(PROMPT)
            cat.send("Cat")
            cat.expect(rf"{TIME} \* Welcome, Cat! 3 online\. .*")
        wait_until(lambda: one.people_now() == 1, "Cat has left")


def test_the_rooms_snapshot_does_not_wait_for_the_funeral_of_whoever_has_saved_it(
    servers: Servers, a_redis: RedisProcess
) -> None:
    servers.start_several("one", "two", "three")
    with a_redis.client() as client:
        for _ in range(2):
            wait_until(lambda: client.delete("chat:snapshot") == 1, "one of them saves it")
            _kill_first(servers)
        client.delete("chat:snapshot")
        wait_until(lambda: client.exists("chat:snapshot") == 1, "the last one saves it")


def _kill_first(servers: Servers) -> None:
    """That whose name in the room comes first: by its port, as all are on one machine."""
    servers.kill(min(servers.all, key=lambda name: str(servers.all[name].port)))
