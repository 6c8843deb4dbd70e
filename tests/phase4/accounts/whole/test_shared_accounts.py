"""The accounts of two servers that share a room: each has the names in memory, the hub has all."""

import threading
from collections.abc import Callable, Collection, Iterator
from functools import partial

import pytest

from phase4.accounts import passwords
from phase4.accounts.account import Account
from phase4.accounts.accounts import Accounts
from phase4.accounts.errors import AccountsError, CannotUse, NameTaken, WrongPassword
from phase4.accounts.hub_store import HubStore
from tests.kit.engine_fixtures import Hub
from tests.kit.harness import wait_until

PASSWORD = "correct horse 99"
HOST = "192.0.2.7"


class OpenLock:
    """As the room's."""

    def __init__(self) -> None:
        self._lock = threading.Lock()

    def __enter__(self) -> None:
        """Take it."""
        self._lock.acquire()

    def __exit__(self, *_: object) -> None:
        """Give it back."""
        self._lock.release()

    def locked(self) -> bool:
        """Whether somebody has it."""
        return self._lock.locked()


class Server:
    """What one server has of the accounts, and what it was told of them."""

    def __init__(self, hub: Hub, name: str) -> None:
        self.lock = OpenLock()
        self.reported: list[str] = []
        self.changed: list[str] = []
        self.accounts = Accounts(
            self.lock, HubStore(hub.records(name)), self.reported.append, self._on_change
        )

    def _on_change(self, names: Collection[str]) -> None:
        assert self.lock.locked()
        self.changed += names

    def register(self, name: str, password: str = PASSWORD) -> Account:
        """As somebody does who is here under that name."""
        with self.lock:
            self.accounts.hold(name)
        account = self.accounts.register(name, password, HOST)
        with self.lock:
            self.accounts.admit(account)
        return account

    def owner_of(self, name: str) -> str:
        """Whose a name is."""
        with self.lock:
            return self.accounts.owner_of(name)

    def sees(self, condition: Callable[[], bool], what: str) -> None:
        """Look as a server does from time to time, until it is so."""

        def look() -> bool:
            self.accounts.look()
            return condition()

        wait_until(look, what)


@pytest.fixture
def two(hub: Hub) -> Iterator[tuple[Server, Server]]:
    servers = Server(hub, "one"), Server(hub, "other")
    yield servers
    for each in servers:
        each.accounts.stop()
        each.accounts.close()


def test_who_registers_at_one_server_logs_in_at_all(two: tuple[Server, Server]) -> None:
    one, other = two
    alice = one.register("Alice")
    assert other.accounts.check("alice", PASSWORD, HOST).id == alice.id
    assert other.owner_of("A1ice") == "Alice"
    with pytest.raises(WrongPassword):
        other.accounts.check("Alice", "wrong horse 99", HOST)


def test_a_name_that_was_registered_elsewhere_a_moment_ago_is_taken(
    two: tuple[Server, Server],
) -> None:
    one, other = two
    one.register("Alice")
    with pytest.raises(NameTaken):
        other.register("A1ice")
    assert other.owner_of("Alice") == "Alice"


def test_what_changes_at_one_server_the_others_see_soon_and_log_people_out(
    two: tuple[Server, Server],
) -> None:
    one, other = two
    alice, bob = one.register("Alice"), one.register("Bob")
    other.sees(lambda: other.owner_of("Bob") == "Bob", "it knows both")
    assert not other.changed
    assert one.accounts.change("Alice", "another horse 99")
    other.sees(lambda: other.changed == ["Alice"], "those logged in as Alice are logged out")
    one.accounts.remove(bob)
    with one.lock:
        one.accounts.dismiss(bob)
    other.sees(lambda: other.changed == ["Alice", "Bob"], "those logged in as Bob are logged out")
    assert other.owner_of("Bob") == ""
    assert other.accounts.check("Alice", "another horse 99", HOST).id == alice.id
    assert "Alice" not in one.changed


def test_while_the_engine_is_away_names_stay_registered_and_passwords_are_checked(
    hub: Hub, two: tuple[Server, Server]
) -> None:
    one, other = two
    one.register("Alice")
    other.sees(lambda: other.owner_of("Alice") == "Alice", "it knows of Alice")
    hub.process.kill()
    other.sees(lambda: bool(other.reported), "the operator is told")
    assert other.accounts.check("Alice", PASSWORD, HOST).name == "Alice"
    with pytest.raises(CannotUse):
        other.register("Bob")
    assert other.owner_of("Alice") == "Alice"
    assert other.owner_of("Bob") == ""
    [told] = other.reported
    assert told.startswith("The hub cannot be used (")
    hub.process.start()
    other.sees(lambda: _can(lambda: other.register("Bob")), "names are registered again")
    assert one.accounts.check("Bob", PASSWORD, HOST).name == "Bob"


def test_an_engine_that_comes_back_empty_makes_no_name_free_at_a_server_that_runs(
    hub: Hub, two: tuple[Server, Server]
) -> None:
    one, other = two
    one.register("Alice")
    other.sees(lambda: other.owner_of("Alice") == "Alice", "it knows of Alice")
    hub.process.empty()
    for each in two:
        each.sees(partial(_is_told_of_a_loss, each), "the operator is told")
        assert each.owner_of("A1ice") == "Alice"
        assert not each.changed


def test_what_is_removed_late_does_not_free_a_name_that_is_somebody_elses_by_now(
    two: tuple[Server, Server],
) -> None:
    one, other = two
    first = one.register("Alice")
    one.accounts.remove(first)
    other.register("Alice", "another horse 99")
    one.sees(lambda: one.changed == ["Alice"], "it knows of the new one")
    with one.lock:
        one.accounts.dismiss(first)
    assert one.owner_of("Alice") == "Alice"


def test_letters_from_all_servers_wait_for_a_login_at_any(two: tuple[Server, Server]) -> None:
    one, other = two
    alice = one.register("Alice")
    for each, text in ((one, "a"), (other, "b"), (one, "c")):
        each.accounts.check_letters(alice, "Bob")
        each.accounts.keep(alice, "2026-11-21 14:03:05", "Bob", text)
    letters = other.accounts.letters(alice)
    assert [each.text for each in letters] == ["a", "b", "c"]
    other.accounts.forget_letters(alice, letters[1].number)
    assert [each.text for each in one.accounts.letters(alice)] == ["c"]


def _is_told_of_a_loss(server: Server) -> bool:
    return "it has lost the accounts" in "".join(server.reported)


def _can(call: Callable[[], object]) -> bool:
    try:
        call()
    except AccountsError:
        return False
    return True


def test_the_stored_form_is_all_that_the_hub_has_of_a_password(
    hub: Hub, two: tuple[Server, Server]
) -> None:
    two[0].register("Alice")
    [kept] = hub.records("looks").all("account").values()
    assert PASSWORD.encode() not in kept
    [account] = HubStore(hub.records("reads")).accounts()
    assert passwords.is_right(PASSWORD, account.stored)
