"""The file of the accounts under a server: restarts, the command line, and what goes wrong."""

import re
import sqlite3
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from phase4.accounts import passwords
from phase4.accounts.account import accounts_of
from phase4.accounts.store import Store
from phase4.server.chat_server import ChatServer
from phase4.server.options import Settings
from shared.address import Address
from tests.kit.accounts import PASSWORD, AccountChat, command, welcomed
from tests.kit.chat import PROMPT, TIME, Chat, Person
from tests.kit.harness import Program, wait_until

Start = Callable[..., Chat]


# --- the command line, while the server runs ------------------------------------------------------


def test_a_name_that_the_command_line_adds_is_registered_within_a_second(
    accounts: AccountChat,
) -> None:
    logs = str(accounts.logs)
    with accounts.join("Adam") as adam:
        assert "Adam is registered" in command("add", logs, "Adam", password=PASSWORD)
        wait_until(lambda: accounts.refuses("Adam"), "the server has noticed")
        adam.send("/who")  # who has the name keeps it until its owner comes
        adam.skip_to(rf"{TIME} \* 1 online: Adam")
        with accounts.log_in("Adam") as owner:
            name = adam.skip_to(rf"{TIME} \* Adam is now (\S+)")[1]
            adam.skip_to(rf"{TIME} \* The name Adam is registered, and .*; you are {name}\.")
            adam.hear("* Adam joined")
            assert owner.name == "Adam"
    assert re.search(r"^Adam: registered .*, last here \d{4}-", command("list", logs), re.MULTILINE)


def test_whoever_is_removed_by_the_command_line_is_logged_out(accounts: AccountChat) -> None:
    with accounts.register("Barbara") as barbara:
        command("remove", str(accounts.logs), "barbara")
        barbara.hear("* You are logged out.")
        barbara.send("/who")
        barbara.hear("* 1 online: Barbara")


def test_a_password_that_the_command_line_resets_counts_at_once(accounts: AccountChat) -> None:
    with accounts.register("Clara") as thief:
        command("reset", str(accounts.logs), "Clara", password="another horse 7")
        thief.expect(rf"{TIME} \* Clara is now \S+")
        thief.hear("* You are logged out.")
    with accounts.arrive() as clara:
        clara.send(f"/login Clara {PASSWORD}")
        clara.refused(r"Wrong name or password\.")
        clara.expect(PROMPT)
        clara.send("/login Clara another horse 7")
        welcomed(clara)


def test_an_account_that_was_removed_and_added_again_is_somebody_elses(
    accounts: AccountChat,
) -> None:
    with accounts.register("Dagmar") as before:
        command("remove", str(accounts.logs), "Dagmar")
        command("add", str(accounts.logs), "Dagmar", password=PASSWORD)
        before.skip_to(rf"{TIME} \* You are logged out\.")


def test_whoever_looks_like_a_name_that_is_registered_meanwhile_gets_it_by_logging_in(
    accounts: AccountChat,
) -> None:
    with accounts.join("D1eter") as dieter:
        store = Store(accounts_of(accounts.logs))
        store.add("Dleter", passwords.keep(PASSWORD))
        store.close()
        dieter.send(f"/login Dleter {PASSWORD}")
        dieter.hear("* D1eter is now Dleter")
        dieter.hear("* You are logged in as Dleter.")


def test_a_weaker_form_is_renewed_at_the_next_login(
    accounts: AccountChat, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = Store(accounts_of(accounts.logs))
    with monkeypatch.context() as patch:
        patch.setattr(passwords, "HAS_ARGON2", False)
        store.add("Doris", passwords.keep(PASSWORD))
    accounts.visit("Doris")
    [stored] = [each.stored for each in store.accounts() if each.name == "Doris"]
    store.close()
    assert stored.startswith("$argon2id$")
    accounts.visit("Doris")


# --- names that the server gives ------------------------------------------------------------------


def test_a_name_that_the_server_gives_is_nobodys(tmp_path: Path) -> None:
    with AccountChat(tmp_path, "--on-duplicate", "number") as chat:
        chat.know("Alice1")
        with chat.join("Alice"), chat.arrive() as other:
            other.send("Alice")
            assert other.expect(rf"{TIME} \* Welcome, (\S+)! .*")[1] == "Alice2"


def test_a_full_room_lets_those_in_who_take_over_their_own_connection(tmp_path: Path) -> None:
    with (
        AccountChat(tmp_path, "--max-clients", "2") as chat,
        chat.register("Alice") as before,
        chat.join("Bob") as bob,
    ):
        with chat.arrive() as carol:
            carol.send("Carol")
            carol.refused(r"The server is full; try again later\.")
            carol.expect_end()
        with chat.log_in("Alice") as alice:
            before.hear("* Bob joined")
            before.refused(r"You logged in from elsewhere\.")
            alice.send("still here")
            bob.hear("Alice: still here")


def test_nobody_loses_a_name_to_an_owner_for_whom_there_is_no_place(tmp_path: Path) -> None:
    with (
        AccountChat(tmp_path, "--max-clients", "2") as chat,
        chat.register("Alice"),
        chat.join("Adam") as adam,
    ):
        command("add", str(chat.logs), "Adam", password=PASSWORD)
        with chat.arrive() as owner:
            owner.send(f"/login Adam {PASSWORD}")
            owner.refused(r"The server is full; try again later\.")
            owner.expect_end()
        adam.send("/who")
        adam.hear("* 2 online: Adam, Alice")


# --- what goes wrong ------------------------------------------------------------------------------


def test_without_accounts_each_command_says_so(start: Start) -> None:
    with start("--no-accounts") as chat, chat.join("Alice") as alice:
        for line in ("/register x", "/login x", "/password x", "/logout", "/unregister x"):
            alice.send(line)
            alice.refused(r"This server keeps no accounts\.")
        assert not accounts_of(chat.logs).exists()


@pytest.mark.parametrize("what", ["not a database", "another database", "a link", "emptied"])
def test_where_the_names_cannot_be_read_the_server_does_not_start(
    tmp_path: Path, what: str
) -> None:
    logs = tmp_path / "logs"
    logs.mkdir()
    path = accounts_of(logs)
    if what == "another database":
        with sqlite3.connect(path) as connection:
            connection.execute("create table other(x)")
        connection.close()
    elif what == "a link":
        path.symlink_to(tmp_path / "elsewhere")
    else:
        path.write_text("not a database" * 100 if what == "not a database" else "")
    ports = ("--port", "0", "--status-port", "0")
    with Program("phase4.server", *ports, "--log-dir", str(logs)) as server:
        assert server.wait() == 2
        [line] = server.rest_of_output()
    assert line.startswith(f"phase4.server: {path} ")
    assert line.endswith("With --no-accounts it starts, and names are anybody's.")


@pytest.mark.parametrize("how", ["removed", "broken"])
def test_a_name_stays_registered_though_the_file_is_lost(tmp_path: Path, how: str) -> None:
    with AccountChat(tmp_path) as chat:
        chat.know("Alice")
        path = accounts_of(chat.logs)
        if how == "removed":
            path.unlink()
        else:
            path.write_bytes(b"broken" * 1000)
        chat.expect(rf".*{re.escape(str(path))}.* Names stay registered as they are, and .*")
        assert chat.refuses("Alice")
        chat.visit("Alice")
        with chat.join("Bob") as bob:
            bob.send(f"/register {PASSWORD}")
            bob.refused(r"The accounts cannot be changed now\.")
            bob.send("I am still here, and so is everybody else")
            bob.fence()
            bob.send("/nick Robert")
            bob.hear("* Bob is now Robert")
        with chat.join("Bob"):
            pass


def test_a_stop_waits_for_no_password(tmp_path: Path) -> None:
    with AccountChat(tmp_path) as chat:
        chat.know("Alice")
        people = [chat.arrive() for _ in range(12)]
        for each in people:
            each.send(*[f"/login Alice {PASSWORD}"])
        chat.signal(15)
        assert chat.wait() == 0
        for each in people:
            each.close()


# --- where a password could be read on its way ----------------------------------------------------


class _Console:
    """What the server tells goes nowhere."""

    dropped = 0

    def print(self, text: str) -> None:
        """Show nothing."""


def test_a_password_that_could_be_read_on_its_way_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Address, "is_loopback", False)
    server = ChatServer(Settings(port=0, status_port=0, log_dir=tmp_path / "logs"), _Console())
    server.start()
    try:
        host, _, port = server.address.rpartition(":")
        with Person(host, int(port)) as alice:
            alice.expect(PROMPT)
            alice.send(f"/login Alice {PASSWORD}")
            alice.refused("Passwords are taken over TLS alone. This one could be read .*")
            alice.expect(PROMPT)
            alice.send("Alice")
            welcomed(alice)
            for line in ("/register", "/login", "/login Alice"):
                alice.send(f"{line} {PASSWORD}")
                alice.refused("Passwords are taken over TLS alone. This one could be read .*")
    finally:
        server.stop()
    assert not accounts_of(tmp_path / "logs").exists()


def test_time_spent_in_the_queue_is_not_the_newcomers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = Settings(port=0, status_port=0, log_dir=tmp_path / "logs", name_seconds=0.5)
    server = ChatServer(settings, _Console())
    go_on, begun = threading.Event(), threading.Event()

    def slow(prepared: str, stored: str) -> bool:
        begun.set()
        assert go_on.wait(30)
        return False

    server.start()
    monkeypatch.setattr(passwords, "is_right", slow)
    try:
        host, _, port = server.address.rpartition(":")
        with Person(host, int(port)) as alice:
            alice.expect(PROMPT)
            alice.send(f"/login Alice {PASSWORD}")
            assert begun.wait(30)
            with Person(host, int(port)) as slower:  # its half second is over before it gets a name
                slower.expect(PROMPT)
                slower.refused(r"You gave no name in time\. Goodbye\.")
            go_on.set()
            alice.refused(r"Wrong name or password\.")
            alice.expect(PROMPT)
            alice.send("Alice")
            welcomed(alice)
    finally:
        go_on.set()
        server.stop()


if sys.platform == "win32":  # there a file that is open cannot be removed, nor signals be sent
    del test_a_name_stays_registered_though_the_file_is_lost, test_a_stop_waits_for_no_password
