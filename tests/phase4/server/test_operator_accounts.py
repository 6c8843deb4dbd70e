"""Operators and accounts: a login makes an operator, and none is a way around what they decided."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.kit.chat import PROMPT, TIME, Chat, Person

PASSWORD = "correct horse"
REGISTERED = ("Ann", "Bob", "Carol")


@pytest.fixture(scope="module")
def chat(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chat]:
    """A server where Ann, Bob and Carol are registered, and Ann is an operator."""
    options = ("--operator", "Ann", "--flood-rate", "0")
    with Chat(tmp_path_factory.mktemp("accounts"), *options) as server:
        for name in REGISTERED:
            with server.join(name) as person:
                person.send(f"/register {PASSWORD}")
                told = rf"{TIME} \* You are logged in as {name}(, an operator)?\."
                assert bool(person.skip_to(told)[1]) is (name == "Ann")
        yield server


def log_in(chat: Chat, name: str, stack: ExitStack) -> Person:
    """Somebody who has logged in at the prompt."""
    person = Person(chat.host, chat.port)
    stack.enter_context(person)
    person.expect(PROMPT)
    person.send(name)
    person.skip_to(PROMPT)
    person.send(f"/login {name} {PASSWORD}")
    person.skip_to(rf"{TIME} \* You are logged in as {name}.*")
    person.name = name
    return person


def test_a_login_makes_an_operator_and_to_log_out_ends_it(chat: Chat) -> None:
    with ExitStack() as stack:
        ann = log_in(chat, "Ann", stack)
        ann.send("/topic Sockets", "/topic -", "/logout", "/close")
        ann.skip_to(rf"{TIME} \* Ann removed the topic\.")
        ann.skip_to(r"! Only an operator may do that\.")
        ann.send(f"/login Ann {PASSWORD}", "/close", "/open")
        ann.skip_to(rf"{TIME} \* You are logged in as Ann, an operator\.")
        ann.skip_to(rf"{TIME} \* Ann opened the room to writing\.")


def test_while_muted_neither_a_login_nor_a_logout_gives_another_name(chat: Chat) -> None:
    with ExitStack() as stack:
        ann, bob = log_in(chat, "Ann", stack), log_in(chat, "Bob", stack)
        guest = stack.enter_context(chat.join("Guest"))
        ann.send("/mute Bob", "/mute Guest")
        guest.skip_to(rf"{TIME} \* You are muted: .*")
        bob.skip_to(rf"{TIME} \* Ann muted Guest\.")
        for person, line in (
            (bob, "/logout"),
            (bob, "/nick Rob"),
            (bob, f"/login Carol {PASSWORD}"),
            (guest, f"/login Carol {PASSWORD}"),
        ):
            person.send(line)
            person.skip_to(r"! You are muted, and keep your name so long\.")
            person.send("/ping still so", "hello")
            person.skip_to(rf"{TIME} \* Pong still so")
            person.skip_to(r"! You are muted: .* Nothing was sent\.")
        ann.send("/unmute Bob", "/unmute Guest")
        bob.skip_to(rf"{TIME} \* Ann lets Guest speak again\.")


def test_what_waits_for_somebody_away_is_a_private_message_too(chat: Chat) -> None:
    with ExitStack() as stack:
        ann, bob = log_in(chat, "Ann", stack), log_in(chat, "Bob", stack)
        ann.send("/mute Bob")
        bob.skip_to(rf"{TIME} \* You are muted: .*")
        ann.send("/quit")
        bob.skip_to(rf"{TIME} \* Ann left.*")
        bob.send("/pm Carol psst")
        bob.skip_to(r"! You are muted: .* Nothing was sent\.")
        bob.send("/pm Ann sorry")  # an operator who is away gets it
        bob.skip_to(rf"{TIME} \* Ann is away, and gets it at the next login\.")
        ann = log_in(chat, "Ann", stack)
        ann.skip_to(r"\(.*\) Bob -> Ann: sorry")
        ann.send("/unmute Bob")
        bob.skip_to(rf"{TIME} \* Ann lets Bob speak again\.")
    assert not [each for each in chat.log("private_messages.txt") if "psst" in each]


def test_a_banned_name_is_not_let_in_by_its_password(chat: Chat) -> None:
    with ExitStack() as stack:
        ann, bob = log_in(chat, "Ann", stack), log_in(chat, "Bob", stack)
        guest = stack.enter_context(chat.join("Guest"))
        ann.send("/ban Bob")
        assert bob.read_bytes_until_end().endswith(b"! You are banned.\n")
        with Person(chat.host, chat.port) as again:
            again.expect(PROMPT)
            again.send("Bob")
            again.expect(r"! The name Bob is banned\.")
            again.expect(PROMPT)
            again.send(f"/login Bob {PASSWORD}")
            again.expect(r"! The name Bob is banned\.")
        guest.send(f"/login Bob {PASSWORD}")
        guest.skip_to(r"! The name Bob is banned\.")
        ann.send("/unban Bob")
        ann.skip_to(rf"{TIME} \* Bob is not banned any more\.")
        log_in(chat, "Bob", stack)


def test_who_takes_over_a_connection_is_still_muted_and_reads_it(chat: Chat) -> None:
    with ExitStack() as stack:
        ann, bob = log_in(chat, "Ann", stack), log_in(chat, "Bob", stack)
        ann.send("/mute Bob")
        bob.skip_to(rf"{TIME} \* You are muted: .*")
        again = log_in(chat, "Bob", stack)
        again.expect(rf"{TIME} \* You are muted: .*")
        again.send("hello")
        again.refused("You are muted: .*")
        ann.send("/unmute Bob")
        again.hear("* Ann lets Bob speak again.")


def test_a_start_tells_which_operator_is_not_registered_and_what_holds(tmp_path: Path) -> None:
    with Chat(tmp_path, "--operator", "Ann", "--operator", "Zoe") as server:
        server.expect("WARNING: Ann is not registered, and whoever registers this name is an oper")
        server.expect("WARNING: Zoe is not registered")
        with server.join("Ann") as ann:
            ann.send(f"/register {PASSWORD}", "/close", "/topic Sockets", "/mute Bob", "/ping end")
            ann.skip_to(rf"{TIME} \* Pong end")
    with Chat(tmp_path, "--operator", "Ann", "--operator", "Zoe") as server:
        server.expect("WARNING: Zoe is not registered")
        assert not [line for line in server.output if "Ann is not registered" in line]
        server.expect("The room is closed to writing, as it was before; /open opens it.")
        server.expect("The topic is: Sockets")
        server.expect("Banned: 0, muted: 1; /bans lists them.")
    with Chat(tmp_path, "--operator", "Ann", "--no-accounts") as server:
        server.expect("--operator Ann: nobody can log in here, so Ann is not an operator.")
