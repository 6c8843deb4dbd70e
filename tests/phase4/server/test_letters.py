"""Private messages for somebody registered who is away: kept, and delivered when they log in."""

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from phase4.accounts.contract import MAX_LETTERS_FROM_ONE
from tests.kit.accounts import PASSWORD, AccountChat
from tests.kit.chat import TIME, Person

AT = r"\(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\)"


def write(sender: Person, to: str, text: str, *, name: str = "") -> None:
    """Tell somebody something who is away."""
    sender.send(f"/pm {to} {text}")
    sender.hear(f"{sender.name} -> {name or to}: {text}")
    sender.hear(f"* {name or to} is away, and gets it at the next login.")


def read(person: Person, sender: str, *texts: str) -> None:
    """These messages have waited, and come next."""
    for text in texts:
        person.expect(rf"{AT} {sender} -> {person.name}: {text}")


@pytest.fixture
def zoe(accounts: AccountChat) -> Iterator[Person]:
    with accounts.join("Zoe") as zoe:
        yield zoe


def away(accounts: AccountChat, zoe: Person, name: str) -> None:
    """Somebody registers, and leaves; Zoe has seen them do."""
    accounts.know(name)
    zoe.hear(f"* {name} joined")
    zoe.skip_to(rf"{TIME} \* {name} left.*")


def test_what_was_written_to_somebody_away_comes_at_the_login_with_its_day(
    accounts: AccountChat, zoe: Person
) -> None:
    away(accounts, zoe, "Alice")
    write(zoe, "alice", "one", name="Alice")
    zoe.send("@Alice: two")
    zoe.hear("Zoe -> Alice: two")
    zoe.hear("* Alice is away, and gets it at the next login.")
    with accounts.log_in("Alice") as alice:
        read(alice, "Zoe", "one", "two")
        alice.fence()
    assert accounts.log("private_messages.txt") == ["Zoe -> Alice: one", "Zoe -> Alice: two"]


def test_a_guest_who_logs_in_gets_it_as_well(accounts: AccountChat, zoe: Person) -> None:
    away(accounts, zoe, "Anna")
    write(zoe, "Anna", "hi")
    with accounts.join("Guest") as anna:
        anna.send(f"/login Anna {PASSWORD}")
        anna.hear("* Guest is now Anna")
        anna.hear("* You are logged in as Anna.")
        anna.name = "Anna"
        read(anna, "Zoe", "hi")


@pytest.mark.parametrize("end", ["says something", "leaves", "ends the stream"])
def test_what_was_read_does_not_come_again(accounts: AccountChat, zoe: Person, end: str) -> None:
    name = {"says something": "Berta", "leaves": "Bettina", "ends the stream": "Beate"}[end]
    away(accounts, zoe, name)
    write(zoe, name, "hi")
    with accounts.log_in(name) as bob:
        read(bob, "Zoe", "hi")
        if end == "says something":
            bob.fence()
            bob.reset()
        elif end == "leaves":
            bob.send("/quit")
            bob.expect_end()
        else:
            bob.half_close()
            bob.expect_end()
    zoe.skip_to(rf"{TIME} \* {name} left.*")
    with accounts.log_in(name) as bob:
        bob.fence()


def test_what_was_not_read_when_the_connection_died_comes_again(
    accounts: AccountChat, zoe: Person
) -> None:
    away(accounts, zoe, "Carl")
    write(zoe, "Carl", "hi")
    for _ in range(3):
        with accounts.log_in("Carl") as carl:  # its system has the message, and it does not read
            assert carl.name == "Carl"
            carl.reset()
        zoe.hear("* Carl joined")
        zoe.hear("* Carl left (connection lost)")
    with accounts.arrive() as carl:  # all at once, before anything came
        carl.send(f"/login Carl {PASSWORD}", "/ping 1", "/ping 2")
        carl.skip_to(rf"{TIME} \* Pong 2")
        carl.reset()
    zoe.hear("* Carl joined")
    zoe.hear("* Carl left (connection lost)")
    with accounts.log_in("Carl") as carl:
        read(carl, "Zoe", "hi")


def test_somebody_who_is_not_registered_gets_nothing(accounts: AccountChat, zoe: Person) -> None:
    with accounts.join("Dieter"):
        zoe.hear("* Dieter joined")
    zoe.skip_to(rf"{TIME} \* Dieter left.*")
    zoe.send("/pm Dieter hi")
    zoe.refused(r"Nobody here is called Dieter\.")


def test_a_name_that_only_looks_alike_gets_nothing(accounts: AccountChat, zoe: Person) -> None:
    away(accounts, zoe, "Bill")
    zoe.send("/pm BiII secret")
    zoe.refused(r"Nobody here is called BiII\.")


def test_a_line_that_would_tell_all_is_refused_while_one_is_away(
    accounts: AccountChat, zoe: Person
) -> None:
    away(accounts, zoe, "Emil")
    zoe.send("@@Emil see you")
    zoe.refused("That would tell everybody. For Emil alone, write one @. Nothing was sent.")


def test_of_one_sender_so_many_wait_and_no_more(accounts: AccountChat, zoe: Person) -> None:
    away(accounts, zoe, "Fritz")
    for number in range(MAX_LETTERS_FROM_ONE):
        write(zoe, "Fritz", str(number))
    zoe.send("/pm Fritz one more")
    zoe.refused(r"Too many messages wait for Fritz\. Nothing was sent\.")
    with accounts.join("Yan") as yan:
        write(yan, "Fritz", "hi")
    assert "Zoe -> Fritz: one more" not in accounts.log("private_messages.txt")


def test_with_the_account_goes_what_waits_for_it(accounts: AccountChat, zoe: Person) -> None:
    away(accounts, zoe, "Gerd")
    write(zoe, "Gerd", "for the first Gerd")
    with accounts.log_in("Gerd") as gerd:
        read(gerd, "Zoe", "for the first Gerd")
        gerd.send(f"/unregister {PASSWORD}")
        gerd.hear("* You are logged out.")
    zoe.skip_to(rf"{TIME} \* Gerd left.*")
    away(accounts, zoe, "Gerd")
    with accounts.log_in("Gerd") as gerd:
        gerd.fence()


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="Windows has no SIGKILL")
def test_what_waits_survives_the_death_of_the_server(tmp_path: Path) -> None:
    with AccountChat(tmp_path) as chat:
        chat.know("Alice")
        with chat.join("Zoe") as zoe:
            write(zoe, "Alice", "hi")
            chat.process.kill()
            chat.process.wait()
            entries = (chat.logs / "private_messages.txt").read_text().splitlines()
            assert [line.split(" ", 1)[1] for line in entries] == ["Zoe -> Alice: hi"]
    with chat.again() as chat:
        assert chat.refuses("Alice")
        with chat.log_in("Alice") as alice:
            read(alice, "Zoe", "hi")
            alice.fence()
            chat.process.kill()
            chat.process.wait()
    with chat.again() as chat, chat.log_in("Alice") as alice:
        alice.fence()
