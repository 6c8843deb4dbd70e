"""Whoever comes back after the end of their server gets their name, at another one."""

from tests.kit.engines import RedisProcess
from tests.kit.hub import Servers, join, together


def test_a_name_is_free_soon_after_a_kill_though_the_engine_was_restarted_before(
    servers: Servers, a_redis: RedisProcess
) -> None:
    one, two = servers.start("one", "--hub-lease", "60"), servers.start("two", "--hub-lease", "60")
    alice, bob = together([one, two], "Alice", "Bob")
    with alice, bob:
        a_redis.restart()
        bob.send("hello", "/ping back")  # which is answered when the hello has come back
        bob.skip_to(r".* Pong back")
        servers.kill("one")
        with join(two, "Alice") as again:
            assert again.name == "Alice"
