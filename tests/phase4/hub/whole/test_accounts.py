"""A name that is somebody's own is so at every server of the room; and what operators order."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing

import pytest

from phase4.hub.engine import open_engine
from phase4.hub.operations import Nudge, decode
from tests.kit.accounts import PASSWORD, command
from tests.kit.chat import PROMPT, TIME, Person
from tests.kit.engines import RedisProcess
from tests.kit.harness import wait_until
from tests.kit.hub import HubChat, Servers, join, together
from tests.phase4.hub.asking import all_of


@pytest.fixture(scope="module")
def url(_ruled: tuple[str, list[HubChat]]) -> str:
    """The engine's."""
    return _ruled[0]


@pytest.fixture(scope="module")
def _ruled(
    need: Callable[..., None], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[str, list[HubChat]]]:
    need(*RedisProcess.programs, modules=["redis"])
    logs = tmp_path_factory.mktemp("ruled")
    with RedisProcess() as engine, Servers(logs, engine) as servers:
        options = ("--operator", "Olga", "--on-duplicate", "number")
        yield engine.url, [servers.start(each, *options) for each in ("one", "two")]


@pytest.fixture
def chats(_ruled: tuple[str, list[HubChat]]) -> list[HubChat]:
    """Two servers, of whose room Olga is the operator."""
    return _ruled[1]


def register(person: Person, name: str) -> None:
    """Make a name their own."""
    person.send(f"/register {PASSWORD}")
    person.skip_to(rf"{TIME} \* You are logged in as {name}.*\.")


def arrive(chat: HubChat, *lines: str) -> Person:
    """Somebody who has sent these at the prompt."""
    person = Person(chat.host, chat.port)
    person.expect(PROMPT)
    person.send(*lines)
    return person


def log_in(chat: HubChat, name: str) -> Person:
    """Somebody who logs in at the prompt."""
    person = arrive(chat, f"/login {name} {PASSWORD}")
    person.skip_to(rf"{TIME} \* You are logged in as {name}.*\.")
    return person


# --- accounts -------------------------------------------------------------------------------------


def test_a_guest_who_logs_in_reads_of_the_new_name_first_as_at_a_single_server(
    chats: list[HubChat],
) -> None:
    one, two = chats
    with join(one, "Fiona") as fiona:
        register(fiona, "Fiona")
    with join(two, "Guest") as guest:
        guest.send(f"/login Fiona {PASSWORD}")
        guest.skip_to(rf"{TIME} \* Guest is now Fiona")
        guest.expect(rf"{TIME} \* You are logged in as Fiona\.")


def test_a_name_that_is_registered_at_one_server_is_so_at_once_at_the_other(
    chats: list[HubChat],
) -> None:
    one, two = chats
    with join(one, "Alma") as alma, join(two, "Witness") as witness:
        register(alma, "Alma")
        alma.send("/quit")
        witness.skip_to(rf"{TIME} \* Alma left")
        with arrive(two, "Alma") as thief:
            thief.refused("Alma is registered: /login Alma PASSWORD, or another name.")
        log_in(two, "Alma").close()


def test_whoever_logs_in_elsewhere_takes_over_and_nobody_is_told(chats: list[HubChat]) -> None:
    one, two = chats
    with join(one, "Berta") as before, join(two, "Watcher") as watcher:
        register(before, "Berta")
        before.send("before")
        watcher.skip_to(rf"{TIME} Berta: before")
        with log_in(two, "Berta") as after:
            before.skip_to(r"! You logged in from elsewhere\.")
            before.expect_end()
            after.send("after")
            watcher.expect(rf"{TIME} Berta: after")


def test_an_owner_gets_the_name_from_whoever_has_it_at_another_server(
    chats: list[HubChat], url: str
) -> None:
    one, two = chats
    with join(one, "Clara") as guest, join(two, "Neighbour") as neighbour:
        command("add", "--hub", url, "Clara", password=PASSWORD)
        with log_in(two, "Clara"):
            name = guest.skip_to(rf"{TIME} \* Clara is now (\S+)")[1]
            guest.skip_to(rf"{TIME} \* The name Clara is registered, .*; you are {name}\.")
            guest.send("hello")
            neighbour.skip_to(rf"{TIME} {name}: hello")


def test_a_login_in_the_room_takes_the_name_from_their_lost_connection_at_another_server(
    chats: list[HubChat],
) -> None:
    one, two = chats
    with join(one, "Dora") as before, join(two, "Visitor") as after:
        register(before, "Dora")
        after.send(f"/login Dora {PASSWORD}")
        before.skip_to(r"! You logged in from elsewhere\.")
        after.skip_to(rf"{TIME} \* Dora left \(logged in from elsewhere\)")
        after.skip_to(rf"{TIME} \* You are logged in as Dora\.")


def test_whoever_logs_out_has_another_name_everywhere(chats: list[HubChat]) -> None:
    one, two = chats
    with join(one, "Emma") as emma, join(two, "Onlooker") as onlooker:
        register(emma, "Emma")
        emma.send("/logout", "hello")
        name = onlooker.skip_to(rf"{TIME} \* Emma is now (\S+)")[1]
        onlooker.expect(rf"{TIME} {name}: hello")
        emma.skip_to(rf"{TIME} \* You are logged out\.")


def write_to_account(sender: Person, name: str, text: str) -> None:
    """Leave a private message for somebody who is away, once the server has read of the account."""

    def waits() -> bool:
        sender.send(f"@{name}: {text}")
        return "is away" in sender.skip_to(rf"{TIME} \* {name} is away.*|! Nobody here .*")[0]

    wait_until(waits, "that the server has read of the account")


def test_a_private_message_waits_for_whoever_is_away_at_any_server(chats: list[HubChat]) -> None:
    one, two = chats
    with join(one, "Frida") as frida, join(two, "Sender") as sender:
        register(frida, "Frida")
        frida.send("/quit")
        sender.skip_to(rf"{TIME} \* Frida left")
        write_to_account(sender, "Frida", "lunch?")
        with log_in(one, "Frida") as frida:
            frida.expect(r"\(.*\) Sender -> Frida: lunch\?")


def test_of_a_message_that_waits_all_servers_are_told_as_its_recipient_may_just_be_coming_in(
    chats: list[HubChat], url: str
) -> None:
    one, two = chats
    with join(one, "Sonja") as sender, join(two, "Sigrid") as away:
        register(away, "Sigrid")
        away.send("/quit")
        sender.skip_to(rf"{TIME} \* Sigrid left")
        write_to_account(sender, "Sigrid", "hello")
        sender.send("/ping kept")
        sender.skip_to(rf"{TIME} \* Pong kept")
    with closing(open_engine(url, room="chat", server="looker")) as looking:
        told = [each for entry in all_of(looking) for each in decode(entry.data).operations]
    assert Nudge("Sigrid") in told


def test_whoever_is_removed_by_the_command_line_is_logged_out_at_their_server(
    chats: list[HubChat], url: str
) -> None:
    with join(chats[1], "Greta") as greta:
        register(greta, "Greta")
        command("remove", "--hub", url, "Greta")
        greta.skip_to(rf"{TIME} \* You are logged out\.")
        greta.send("/who")
        greta.skip_to(rf"{TIME} \* \d+ online: .*Greta.*")


# --- orders ---------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def _olga(_ruled: tuple[str, list[HubChat]]) -> None:
    command("add", "--hub", _ruled[0], "Olga", password=PASSWORD)


@pytest.fixture
def olga(_olga: None, chats: list[HubChat]) -> Iterator[Person]:
    """The operator, who is at the first server."""
    with log_in(chats[0], "Olga") as olga:
        yield olga


def test_an_order_holds_at_every_server(olga: Person, chats: list[HubChat]) -> None:
    with join(chats[1], "Loud") as loud, join(chats[0], "Near") as near:
        olga.send("/mute Loud")
        loud.skip_to(rf"{TIME} \* You are muted: .*")
        loud.send("hello")
        loud.refused("You are muted: .* Nothing was sent.")
        olga.send("/unmute Loud")
        loud.skip_to(rf"{TIME} \* Olga lets Loud speak again\.")
        loud.send("at last")
        near.skip_to(rf"{TIME} Loud: at last")


def test_an_operator_disconnects_somebody_at_another_server(
    olga: Person, chats: list[HubChat]
) -> None:
    with join(chats[1], "Rude") as rude, join(chats[1], "Polite") as polite:
        olga.send("/kick Rude go away")
        rude.skip_to(r"! Disconnected by Olga: go away")
        rude.expect_end()
        polite.skip_to(rf"{TIME} \* Rude left \(disconnected by Olga: go away\)")


def test_whoever_is_banned_is_kept_out_of_every_server(olga: Person, chats: list[HubChat]) -> None:
    with join(chats[1], "Banned") as banned:
        olga.skip_to(rf"{TIME} \* Banned joined")
        olga.send("/ban Banned")
        banned.skip_to(r"! You are banned\.")
        banned.expect_end()
        olga.skip_to(rf"{TIME} \* Banned is banned\. Disconnected: Banned\.")
    for each in chats:
        with arrive(each, "Banned") as again:
            again.refused("The name Banned is banned.")
    olga.send("/unban Banned")
    olga.skip_to(rf"{TIME} \* Banned is not banned any more\.")
    join(chats[1], "Banned").close()


def test_a_server_that_begins_knows_what_operators_have_decided(
    servers: Servers, a_redis: RedisProcess
) -> None:
    command("add", "--hub", a_redis.url, "Olga", password=PASSWORD)
    one = servers.start("one", "--operator", "Olga")
    with ExitStack() as stack:
        olga = stack.enter_context(log_in(one, "Olga"))
        olga.send("/topic Chapter 4", "/ban Bob", "/close")
        olga.skip_to(rf"{TIME} \* The topic is: Chapter 4|{TIME} \* Olga closed .*")
        two = servers.start("two", "--operator", "Olga")
        ann = stack.enter_context(join(two, "Ann"))
        ann.expect(rf"{TIME} \* The topic is: Chapter 4")
        ann.expect(rf"{TIME} \* The room is closed to writing\.")
        bob = stack.enter_context(arrive(two, "Bob"))
        bob.refused("The name Bob is banned.")


def test_two_who_log_in_at_two_servers_have_one_name_between_them(chats: list[HubChat]) -> None:
    with ExitStack() as stack:
        first = stack.enter_context(join(chats[0], "Ilse"))
        register(first, "Ilse")
        watchers = [stack.enter_context(each) for each in together(chats, "Left", "Right")]
        for turn in range(4):
            first = stack.enter_context(log_in(chats[turn % 2], "Ilse"))
        watchers[0].send("/who")
        online = watchers[0].skip_to(rf"{TIME} \* \d+ online: (.*)")[1]
        assert online.split(", ").count("Ilse") == 1
