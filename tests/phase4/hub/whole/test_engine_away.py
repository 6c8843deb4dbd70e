"""The engine fails while people talk: they are told, nothing is lost or twice, and it goes on."""

import pytest

from tests.kit.chat import PROMPT, TIME, Person
from tests.kit.engines import RedisProcess
from tests.kit.harness import Program, free_port
from tests.kit.hub import (
    IS_AWAY,
    Servers,
    crowd,
    talking,
    tells_one_story,
    together,
    wait_for_more,
)


def test_an_engine_that_is_killed_and_started_again_loses_nothing(
    servers: Servers, a_redis: RedisProcess
) -> None:
    one, two = servers.start_several("one", "two")
    talkers = crowd(one, two)
    with talking(*talkers):
        for _ in range(3):
            wait_for_more(*talkers)
            a_redis.restart()
        wait_for_more(*talkers)
    tells_one_story([one, two], *talkers)


def test_an_engine_that_is_not_there_at_the_start_is_one_sentence(a_redis: RedisProcess) -> None:
    a_redis.kill()
    with Program("phase4.server", "--port", "0", "--hub", a_redis.url) as server:
        assert server.wait() == 2
        (sentence,) = server.rest_of_output()
        assert "--hub: the room cannot be reached" in sentence
        assert "--hub-wait" in sentence


def test_hub_wait_waits_for_an_engine_that_starts_later(
    servers: Servers, a_redis: RedisProcess
) -> None:
    a_redis.kill()
    port = str(free_port())
    with Program(
        *("phase4.server", "--port", port, "--status-port", "0", "--quit-key", "off"),
        *("--no-archive", "--hub", a_redis.url, "--hub-wait", "30"),
    ) as server:
        with pytest.raises(AssertionError, match="no line like"):
            server.expect("[Ll]istening", 1.5)
        a_redis.start()
        server.expect("[Ll]istening")
        with Person("127.0.0.1", int(port)) as ann:
            ann.expect(PROMPT)
            ann.send("Ann")
            ann.expect(rf"{TIME} \* Welcome, Ann! 1 online\. .*")


def test_quitting_and_stopping_take_no_longer_while_the_room_is_away(
    servers: Servers, a_redis: RedisProcess
) -> None:
    (one,) = servers.start_several("one")
    ann, bob = together([one], "Ann", "Bob")
    with ann, bob:
        a_redis.kill()
        ann.skip_to(IS_AWAY)
        bob.send("/quit")
        bob.read_bytes_until_end(2)
        ann.send("not to be heard", "nor this")
        ann.send("/fence")
        ann.skip_to("! There is no command /fence.*")
        one.interrupt()
        assert one.wait(2.5) == 0  # the interpreter takes its time as well
        ann.refused("2 lines of yours were not said: the server stops.")
        ann.hear("* The server is stopping.")
        ann.expect_end()
