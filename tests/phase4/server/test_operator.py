"""An operator's hand: what each command does, whom it reaches, and that nothing leads around it."""

import re
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from phase4.accounts.moderation import MAX_TOPIC_CHARACTERS, MAX_WHY_CHARACTERS
from tests.kit.chat import PROMPT, TIME
from tests.kit.harness import wait_until
from tests.kit.moderated import NOTHING, UNTIL, Moderated, together


@pytest.fixture(scope="module")
def _server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Moderated]:
    with Moderated(tmp_path_factory.mktemp("operator"), "--on-duplicate", "reject") as server:
        yield server


@pytest.fixture(scope="module")
def _proxied(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Moderated]:
    directory = tmp_path_factory.mktemp("proxied")
    with Moderated(directory, "--trusted-proxy=127.0.0.1", "--on-duplicate=number") as server:
        yield server


def begin(server: Moderated) -> Moderated:
    wait_until(lambda: not server.people_now(), "those of the last check have left")
    server.forget_logs()
    return server


@pytest.fixture
def chat(_server: Moderated) -> Moderated:
    """The shared server, with nobody there; each check leaves it as it was."""
    return begin(_server)


@pytest.fixture
def proxied(_proxied: Moderated) -> Moderated:
    """The same behind a trusted proxy: people come from any address."""
    return begin(_proxied)


# --- who may --------------------------------------------------------------------------------------

ORDERS = [
    *("/kick Bob", "/mute Bob", "/unmute Bob", "/ban Bob", "/ban 10.0.0.0/8", "/unban Bob"),
    *("/bans", "/close", "/open", "/topic mine", "/KICK Bob", "/kick"),
]


@pytest.mark.parametrize("line", ORDERS)
def test_others_tries_do_nothing_but_an_error_and_an_entry(chat: Moderated, line: str) -> None:
    with ExitStack() as stack:
        bob, carol = together(stack, chat, "Bob", "Carol")
        chat.forget_logs()
        carol.send(line)
        assert carol.refused() == "Only an operator may do that."
        bob.fence()
        command, _, rest = line.partition(" ")
        tried = f"{command.lower()} {rest}".strip()
        assert chat.log("connections.txt") == [f"Carol is not an operator, and tried {tried}"]
        assert chat.log("messages.txt") == []


def test_a_look_alike_of_an_operators_name_is_not_an_operator(chat: Moderated) -> None:
    with ExitStack() as stack:
        (other,) = together(stack, chat, "Iia")
        other.send("/close")
        other.refused("Only an operator may do that.")


def test_help_lists_the_commands_of_operators_to_operators_alone(chat: Moderated) -> None:
    with ExitStack() as stack:
        for person in together(stack, chat, "Ann", "Bob"):
            person.send("/help", "/ping end")
            told = ""
            while not (line := person.read_line()).endswith("* Pong end"):
                told += line + "\n"
            for command in ("/kick NAME", "/mute", "/ban NAME", "/bans", "/close", "/open"):
                assert (command in told) is (person.name == "Ann")
            assert "/topic [TEXT]" in told


# --- to end somebody's connection -----------------------------------------------------------------


def test_who_is_kicked_reads_by_whom_and_why_and_the_others_read_it_too(chat: Moderated) -> None:
    with ExitStack() as stack:
        ann, bob, carol = together(stack, chat, "Ann", "Bob", "Carol")
        ann.send("/kick BOB enough\x1b[2J of that")
        why = "enough\ufffd[2J of that"
        assert bob.read_bytes_until_end() == f"! Disconnected by Ann: {why}\n".encode()
        for person in (ann, carol):
            person.hear(f"* Bob left (disconnected by Ann: {why})")
        ann.fence()
        ann.send("/kick Carol")
        assert carol.read_bytes_until_end() == b"! Disconnected by Ann.\n"
        entries = chat.log("connections.txt")
        assert entries[-2:] == [
            f"Bob left (disconnected by Ann: {why})",
            "Carol left (disconnected by Ann)",
        ]


@pytest.mark.parametrize(
    ("line", "error"),
    [
        ("/kick", "Write /kick NAME, or /kick NAME WHY. Nothing was done."),
        ("/kick Nobody", "Nobody was not here any more; nobody was disconnected."),
        ("/kick Ann", "That is you; /quit leaves."),
        ("/kick Boss", "Boss is an operator. Nobody was disconnected."),
        ("/kick Boss " + "x" * (MAX_WHY_CHARACTERS + 1), ".* at most 200 characters, .* has 201.*"),
        ("/mute Ann", "That is you. Nobody was muted."),
        ("/mute boss", "Boss is an operator's name. Nobody was muted."),
        ("/mute Iia", "lia is an operator's name. Nobody was muted."),
        ("/mute two.words", "A name has .*"),
        ("/mute Bob 0", "Write /mute NAME MINUTES, with 1 to .* Nothing was done."),
        ("/mute Bob soon", "Write /mute NAME MINUTES, with 1 to .* Nothing was done."),
        ("/mute Bob 9999999", "Write /mute NAME MINUTES, with 1 to .* Nothing was done."),
        ("/mute Bob \u0661", "Write /mute NAME MINUTES, with 1 to .* Nothing was done."),
        ("/mute 10.0.0.1", "A name has .*"),
        ("/unmute Bob", "Bob is not muted."),
        ("/ban", "Write /ban NAME, or /ban NAME MINUTES. Nothing was done."),
        ("/ban Ann", "That is you. Nobody was banned."),
        ("/ban Boss 10", "Boss is an operator's name. Nobody was banned."),
        ("/ban Iia", "lia is an operator's name. Nobody was banned."),
        ("/ban server", "The name server is reserved."),
        ("/ban 127.0.0.1", "127.0.0.1 is this machine itself. Nobody was banned."),
        ("/ban ::1", "::1 is this machine itself. Nobody was banned."),
        ("/ban ::ffff:127.0.0.1", "127.0.0.1 is this machine itself. Nobody was banned."),
        ("/ban 127.1.0.0/16", "127.1.0.0/16 is this machine itself. Nobody was banned."),
        ("/ban 0.0.0.0/0", "0.0.0.0/0 is this machine itself. Nobody was banned."),
        ("/ban ::/0", "::/0 is this machine itself. Nobody was banned."),
        ("/ban 10.0.0.1/8", "'10.0.0.1/8' is an address inside a network; write 10.0.0.0/8, .*"),
        ("/ban 12", "'12' is neither an address nor a network, .*"),
        ("/unban Bob", "Bob is not banned; /bans lists who is."),
        ("/unban Bob too", "Write /unban NAME, .*"),
        ("/open", "The room is open to writing already."),
        ("/topic -", "There is no topic."),
        ("/topic " + "x" * (MAX_TOPIC_CHARACTERS + 1), "A topic has at most 300 .* has 301.*"),
    ],
)  # fmt: skip
def test_a_mistake_of_an_operators_is_an_error_and_changes_nothing(
    chat: Moderated, line: str, error: str
) -> None:
    with ExitStack() as stack:
        ann, boss, bob = together(stack, chat, "Ann", "Boss", "Bob")
        chat.forget_logs()
        ann.send(line)
        ann.refused(error)
        boss.fence()
        bob.fence()
        assert chat.log("connections.txt") == []


# --- muted ----------------------------------------------------------------------------------------


def test_who_is_muted_reads_it_and_is_heard_by_an_operator_alone(chat: Moderated) -> None:
    with ExitStack() as stack:
        ann, bob, carol = together(stack, chat, "Ann", "Bob", "Carol")
        ann.send("/mute bob 10")
        for person in (ann, bob, carol):
            person.expect(rf"{TIME} \* Ann muted bob {UNTIL}\.")
        told = bob.expect(rf"{TIME} \* (You are muted {UNTIL}: only an operator gets .*)")[1]
        for line in (
            "hello", "//me waves", "//hello", "@@hello", "/pm Carol hi", "@Carol hi", "@Carol: hi",
            "/pm Bob note", "/PM carol hi",
        ):  # fmt: skip
            bob.send(line)
            assert bob.refused() == f"{told} {NOTHING}"
        for line in ("/nick Robert", "/nick BOB"):
            bob.send(line)
            bob.refused(rf"You are muted {UNTIL}, and keep your name so long\.")
        carol.fence()
        bob.send("/pm Ann sorry", "/who")
        for person in (bob, ann):
            person.hear("Bob -> Ann: sorry")
        bob.hear("* 3 online: Ann, Bob, Carol")
        ann.send("/pm Bob fine")
        bob.hear("Ann -> Bob: fine")
        ann.hear("Ann -> Bob: fine")
        ann.send("/unmute BOB")
        for person in (ann, bob, carol):
            person.hear("* Ann lets BOB speak again.")
        bob.send("thank you")
        carol.hear("Bob: thank you")
        assert chat.log("messages.txt") == ["Bob: thank you"]
        assert [each for each in chat.log("connections.txt") if each.startswith("Ann ")][1:] == [
            *(
                each
                for each in chat.log("connections.txt")
                if each.startswith("Ann muted bob until")
            ),
            "Ann lets BOB speak again",
        ]


@pytest.mark.parametrize("name", ["Bill", "BILL", "BiII"])
def test_to_leave_and_come_back_under_the_name_or_a_look_alike_is_no_way_around(
    chat: Moderated, name: str
) -> None:
    with ExitStack() as stack:
        ann, bill = together(stack, chat, "Ann", "Bill")
        ann.send("/mute Bill")
        bill.skip_to(rf"{TIME} \* You are muted: .*")
        bill.send("/quit")
        bill.expect_end()
        with chat.join(name) as again:
            again.expect(rf"{TIME} \* You are muted: .*")
            again.send("hello")
            again.refused(rf"You are muted: .* {NOTHING}")
            again.send("/nick Will")
            again.refused("You are muted, and keep your name so long.")
            ann.send("/unmute Bill")
            again.hear("* Ann lets Bill speak again.")
            again.send("hello")
            ann.skip_to(rf"{TIME} {name}: hello")


def test_who_takes_a_muted_name_is_muted(chat: Moderated) -> None:
    with ExitStack() as stack:
        ann, bob = together(stack, chat, "Ann", "Bob")
        ann.send("/mute Carol")
        ann.hear("* Ann muted Carol.")
        ann.hear("* Nobody here is called so now.")
        bob.hear("* Ann muted Carol.")
        bob.send("/nick Caro1", "hello")  # it looks like it
        bob.hear("* Bob is now Caro1")
        bob.refused(rf"You are muted: .* {NOTHING}")
        ann.send("/unmute Carol")
        bob.skip_to(rf"{TIME} \* Ann lets Carol speak again\.")


# --- kept out -------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["Bill", "bill", "BiII"])
def test_a_banned_name_goes_and_does_not_come_back(chat: Moderated, name: str) -> None:
    with ExitStack() as stack:
        ann, bill, carol = together(stack, chat, "Ann", name, "Carol")
        ann.send("/ban Bill 10")
        assert re.fullmatch(rf"! You are banned {UNTIL}\.\n", bill.read_bytes_until_end().decode())
        ann.hear(f"* {name} left (banned by Ann)")
        ann.hear(f"* Bill is banned. Disconnected: {name}.")
        ann.hear(f"* {name} was connected from 127.0.0.1, and can come back by another name.")
        carol.hear(f"* {name} left (banned by Ann)")
        with chat.connect() as peer:
            for again in ("Bill", "BILL", "BiII"):
                peer.expect(PROMPT)
                peer.send(again)
                peer.expect(rf"! The name {again} is banned {UNTIL}\.")
        carol.send("/nick BiII")
        carol.refused(rf"The name BiII is banned {UNTIL}\.")
        ann.send("/unban BILL")
        ann.hear("* BILL is not banned any more.")
        with chat.join("Bill"):
            ann.hear("* Bill joined")


def test_a_banned_address_is_told_and_let_in_no_more(proxied: Moderated) -> None:
    with (
        proxied.join("Ann", "192.0.2.1") as ann,
        proxied.join("Boss", "192.0.2.2") as boss,
        proxied.join("Bob", "198.51.100.7") as bob,
        proxied.join("Carol", "203.0.113.9") as carol,
        proxied.come("198.51.100.8") as nameless,
    ):
        nameless.expect(PROMPT)
        for person in (ann, boss, bob):
            person.skip_to(rf"{TIME} \* Carol joined")
        ann.send("/ban 198.51.100.0/24")
        assert bob.read_bytes_until_end() == b"! This address is banned.\n"
        nameless.expect_end()
        ann.hear("* Bob left (banned by Ann)")
        ann.hear("* 198.51.100.0/24 is banned. Disconnected: Bob.")
        boss.hear("* Ann banned 198.51.100.0/24.")
        boss.hear("* Bob left (banned by Ann)")
        carol.hear("* Bob left (banned by Ann)")  # whoever is not an operator reads no address
        for client in ("198.51.100.9", "::ffff:198.51.100.9"):
            with proxied.come(client) as peer:
                assert peer.read_bytes_until_end() == b"! This address is banned.\n"
        with proxied.join("Dave", "198.51.101.9"):  # never the proxy's own address
            carol.hear("* Dave joined")
        ann.send("/bans", "/unban 198.51.100.0/24")
        ann.skip_to(rf"{TIME} \* Banned: 198\.51\.100\.0/24, by Ann")
        ann.skip_to(rf"{TIME} \* 198\.51\.100\.0/24 is not banned any more\.")
        with proxied.join("Bob", "198.51.100.9"):
            carol.skip_to(rf"{TIME} \* Bob joined")


@pytest.mark.parametrize(
    ("target", "client"),
    [
        ("2001:db8::7", "2001:db8::7"),
        ("2001:db8::/64", "2001:db8::1:2"),
        ("fe80::7%eth0", "fe80::7"),
        ("::ffff:198.51.100.7", "198.51.100.7"),
        ("198.51.100.7", "::ffff:198.51.100.7"),
    ],
)
def test_an_address_of_ipv6_is_kept_out_however_it_is_written(
    proxied: Moderated, target: str, client: str
) -> None:
    with proxied.join("Ann", "192.0.2.1") as ann:
        ann.send(f"/ban {target}")
        ann.expect(rf"{TIME} \* \S+ is banned\.")
        with proxied.come(client) as peer:
            assert peer.read_bytes_until_end() == b"! This address is banned.\n"
        ann.send(f"/unban {target}")
        ann.expect(rf"{TIME} \* \S+ is not banned any more\.")


def test_an_operator_cannot_ban_the_network_that_operators_are_in(proxied: Moderated) -> None:
    with proxied.join("Ann", "192.0.2.1") as ann, proxied.join("Boss", "198.51.100.2"):
        ann.hear("* Boss joined")
        ann.send("/ban 192.0.2.0/24", "/ban 198.51.100.2")
        ann.refused(r"You are connected from there \(192\.0\.2\.1\)\. Nobody was banned\.")
        ann.refused(r"Boss, an operator, is connected from there \(198\.51\.100\.2\)\. Nobody .*")


def test_to_ban_a_name_tells_the_address_and_whom_else_it_would_keep_out(
    proxied: Moderated,
) -> None:
    with (
        proxied.join("Ann", "192.0.2.1") as ann,
        proxied.join("Bob", "2001:db8::7"),
        proxied.join("Carol", "2001:db8::8"),
    ):
        ann.send("/ban Bob")
        ann.skip_to(rf"{TIME} \* Bob was connected from 2001:db8::7, and can come back .*")
        ann.hear("* /ban 2001:db8::/64 keeps that address out, and Carol as well.")
        ann.send("/unban Bob")
        ann.hear("* Bob is not banned any more.")


def test_a_name_that_is_given_instead_of_a_taken_one_is_not_a_banned_one(
    proxied: Moderated,
) -> None:
    with proxied.join("Ann", "192.0.2.1") as ann, proxied.join("Bob", "192.0.2.2"):
        ann.send("/ban Bob1")
        ann.skip_to(rf"{TIME} \* Bob1 is banned\.")
        with proxied.join("Bob", "192.0.2.3") as other:
            assert other.name == "Bob2"
        ann.send("/unban Bob1")
        ann.skip_to(rf"{TIME} \* Bob1 is not banned any more\.")


# --- closed, and the topic ------------------------------------------------------------------------


def test_in_a_closed_room_only_operators_are_heard_by_all(chat: Moderated) -> None:
    with ExitStack() as stack:
        ann, bob, carol = together(stack, chat, "Ann", "Bob", "Carol")
        ann.send("/close", "/close")
        for person in (ann, bob, carol):
            person.hear("* Ann closed the room to writing.")
        ann.refused("The room is closed to writing already; /open opens it.")
        for line in ("hello", "//me waves", "@@hello"):
            bob.send(line)
            bob.refused(f"The room is closed to writing: .* {NOTHING}")
        bob.send("/pm Carol psst", "/nick Rob")  # private messages go on
        for person in (bob, carol):
            person.hear("Bob -> Carol: psst")
        for person in (ann, bob, carol):
            person.hear("* Bob is now Rob")
        bob.send("hello")  # and a new name is no way around
        bob.refused(f"The room is closed to writing: .* {NOTHING}")
        ann.send("listen")
        bob.hear("Ann: listen")
        carol.hear("Ann: listen")
        with chat.join("Dave") as dave:
            dave.hear("* The room is closed to writing.")
            dave.send("hello")
            dave.refused(f"The room is closed to writing: .* {NOTHING}")
            ann.send("/open")
            dave.hear("* Ann opened the room to writing.")
            dave.send("hello")
            ann.skip_to(rf"{TIME} Dave: hello")
        assert chat.log("messages.txt") == ["Ann: listen", "Dave: hello"]
        assert "Ann closed the room to writing" in chat.log("connections.txt")


def test_a_closed_room_stays_closed_when_its_operator_leaves(chat: Moderated) -> None:
    with chat.join("Bob") as bob:
        with chat.join("Ann") as ann:
            ann.send("/close")
            ann.hear("* Ann closed the room to writing.")
        bob.skip_to(rf"{TIME} \* Ann left.*")
        bob.send("hello")
        bob.refused("The room is closed.*")
        with chat.join("Boss") as boss:  # any operator opens it
            boss.send("/open")
            boss.skip_to(rf"{TIME} \* Boss opened the room to writing\.")
            bob.send("hello")
            boss.hear("Bob: hello")


def test_what_is_under_way_when_the_room_closes_is_refused_and_never_said_later(
    chat: Moderated,
) -> None:
    with ExitStack() as stack:
        ann, bob, carol = together(stack, chat, "Ann", "Bob", "Carol")
        bob.send(*[f"line {number}" for number in range(200)])
        ann.send("/close")
        carol.skip_to(rf"{TIME} \* Ann closed the room to writing\.")
        carol.fence()
        bob.send("/ping end")
        told = []
        while not (line := bob.read_line()).endswith("* Pong end"):
            told.append(line)
        refused = sum(line.startswith("! The room is closed") for line in told)
        assert len(chat.log("messages.txt")) + refused == 200
        ann.send("/open")
        carol.hear("* Ann opened the room to writing.")
        carol.fence()


def test_the_topic_is_read_by_all_set_by_operators_and_shown_on_joining(chat: Moderated) -> None:
    with ExitStack() as stack:
        ann, bob = together(stack, chat, "Ann", "Bob")
        bob.send("/topic")
        bob.hear("* There is no topic.")
        ann.send("/topic  Sockets,\tand\x07 more ")
        for person in (ann, bob):
            person.hear("* Ann set the topic: Sockets, and\ufffd more")
        bob.send("/topic")
        bob.hear("* The topic is: Sockets, and\ufffd more")
        with chat.join("Carol") as carol:
            carol.hear("* The topic is: Sockets, and\ufffd more")
            carol.fence()
        ann.send("/topic -")
        bob.skip_to(rf"{TIME} \* Ann removed the topic\.")
