"""The room does not answer in time, or a server is full: what was refused does not happen later."""

import socket
import time
from typing import cast

from tests.kit.accounts import PASSWORD, command
from tests.kit.chat import PROMPT, TIME, Person
from tests.kit.engines import RedisProcess
from tests.kit.harness import wait_until
from tests.kit.hub import IS_AWAY, HubChat, Servers, join, together
from tests.kit.web import WebSocket, web_port

UNREACHABLE = "! The room cannot be reached now; try again later."
PENNY, QUIN = "0" * 32, "1" * 32


def come(chat: HubChat, port: int, secret: str, name: str) -> Person:
    """A page that shows its secret, and gives a name."""

    def upgrade(connection: socket.socket) -> socket.socket:
        return cast(socket.socket, WebSocket(connection, f"{chat.host}:{port}"))

    page = Person(chat.host, port, secure=upgrade)
    page.send(f"resume {secret}")
    page.expect(PROMPT)
    page.send(name)
    return page


def come_in(chat: HubChat, port: int, secret: str, name: str) -> Person:
    """The same, and is welcome."""
    page = come(chat, port, secret, name)
    page.skip_to(rf"{TIME} \* Welcome, {name}! .*")
    page.name = name
    return page


def test_an_order_that_was_refused_while_the_room_was_away_is_not_carried_out_later(
    servers: Servers,
) -> None:
    one, two = servers.start("one", "--operator", "Olga", has_cable=True), servers.start("two")
    olga, bob = together([one, two], "Olga", "Bob")
    with olga, bob:
        olga.send("/register secret99")
        olga.skip_to(rf"{TIME} \* You are logged in as Olga.*")
        servers.cables["one"].cut()
        olga.skip_to(IS_AWAY)
        olga.send("/mute Bob")
        olga.skip_to(UNREACHABLE)
        servers.cables["one"].mend()
        olga.send("/ping back")
        olga.skip_to(rf"{TIME} \* Pong back")
        bob.send("not muted", "/ping said")
        bob.hear("* Pong said")
        olga.skip_to(rf"{TIME} Bob: not muted")


def test_whoever_is_disconnected_does_not_take_the_owner_of_their_name_along(
    servers: Servers, a_redis: RedisProcess
) -> None:
    """Both are in one batch: when the order is carried out, the name is the owner's already."""
    one = servers.start("one", "--operator", "Olga", has_cable=True)
    two = servers.start("two")
    olga, witness, guest = together([one, two, one], "Olga", "Wim", "Bob")
    with olga, witness, guest, Person(one.host, one.port) as owner:
        olga.send("/register secret99")
        olga.skip_to(rf"{TIME} \* You are logged in as Olga.*")
        command("add", "--hub", a_redis.url, "Bob", password=PASSWORD)
        owner.expect(PROMPT)

        def is_known() -> bool:
            olga.send("/nick Bob")
            return "registered" in olga.skip_to("! .*")[0]

        wait_until(is_known, "the server has read of the account")
        servers.cables["one"].cut()
        olga.skip_to(IS_AWAY)
        olga.send("/kick Bob")
        # It takes longer, as a password is hashed; and the engine gets nothing new for a second.
        owner.send(f"/login Bob {PASSWORD}")
        servers.cables["one"].mend()
        owner.skip_to(rf"{TIME} \* You are logged in as Bob.*")
        guest.skip_to("! Disconnected by Olga.*")
        owner.send("here")
        witness.skip_to(rf"{TIME} Bob: here")


def says_nothing_for_now(engine: RedisProcess, server: HubChat) -> None:
    """Wait until a server says nothing of its own for most of a second.

    It has just said that it lives, and the room's snapshot was saved a moment before.
    """
    position, is_beat = "$", False
    with engine.client() as client:
        before = client.get("chat:snapshot")
        wait_until(lambda: client.get("chat:snapshot") != before, "a snapshot")
        while not is_beat:
            [[_, entries]] = client.xread({"chat:stream": position}, block=5000)
            position = entries[-1][0]
            last = entries[-1][1][b"d"]
            is_beat = f":{server.port}-".encode() in last and b'"beat"' in last


def test_a_page_that_was_let_in_too_late_leaves_nobody_behind_whom_the_others_do_not_know(
    servers: Servers, a_redis: RedisProcess
) -> None:
    one, two = servers.start("one", "--web-port", "0", has_cable=True), servers.start("two")
    port = web_port(one)
    with join(two, "Bob") as bob, come_in(one, port, PENNY, "Penny") as before:
        bob.hear("* Penny joined")
        says_nothing_for_now(a_redis, one)  # what waits behind that would be withdrawn
        bob.send("hello")
        before.skip_to(rf"{TIME} Bob: hello")
        servers.cables["one"].cut()
        with come(one, port, PENNY, "Penny") as late:
            late.skip_to(UNREACHABLE)
            late.expect_end()
        servers.cables["one"].mend()
        before.send("still here")
        heard = bob.skip_to(rf"{TIME} (\* Penny left|Penny: still here)")
        if "left" in heard[1]:  # nearly always; else it had not been asked for yet
            before.skip_to(r"! You logged in from elsewhere\.")
            before.expect_end()
        with come_in(one, port, PENNY, "Penny") as again:
            again.send("here")
            bob.skip_to(rf"{TIME} Penny: here")


def test_a_full_server_takes_nobody_from_another_and_they_stay_where_they_are(
    servers: Servers,
) -> None:
    one = servers.start("one", "--web-port", "0")
    two = servers.start("two", "--web-port", "0", "--max-clients", "1")
    there = web_port(two)
    with (
        come_in(one, web_port(one), PENNY, "Penny") as penny,
        come_in(two, there, QUIN, "Quin") as quin,
        come(two, there, PENNY, "Penny") as other,
    ):
        other.skip_to(r"! The server is full; try again later\.")
        other.expect_end()
        penny.send("still here")
        quin.hear("Penny: still here")


def test_whoever_comes_back_to_a_server_of_a_room_speaks_no_faster_than_before(
    servers: Servers,
) -> None:
    one = servers.start("one", "--web-port", "0", "--flood-rate", "0.5")
    port = web_port(one)
    with join(one, "Nell") as nell, come_in(one, port, PENNY, "Penny") as lost:
        nell.hear("* Penny joined")
        lost.send(*(f"line {number}" for number in range(10)))
        nell.skip_to(rf"{TIME} Penny: line 8")
        began = time.monotonic()
        with come_in(one, port, PENNY, "Penny") as penny:
            penny.send("more")
            nell.skip_to(rf"{TIME} Penny: more")
    assert time.monotonic() - began > 1
