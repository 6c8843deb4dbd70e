"""Accounts that several servers share: what is theirs alone, as the engine is none of their own."""

from collections.abc import Callable

import pytest

from phase4.accounts.errors import AccountsBusy, AccountsError, CannotUse, NewerAccounts
from phase4.accounts.hub_store import HubStore
from phase4.hub.records import Records
from tests.kit.engine_fixtures import Hub


@pytest.fixture
def store(hub: Hub) -> HubStore:
    return HubStore(hub.records())


@pytest.fixture
def other(hub: Hub) -> HubStore:
    """As another server has it."""
    return HubStore(hub.records("other"))


@pytest.fixture
def records(hub: Hub) -> Records:
    """What is below them."""
    return hub.records("below")


def test_without_an_account_nobody_is_registered_and_nothing_is_wrong(store: HubStore) -> None:
    assert store.exists
    assert store.accounts() == []
    assert store.waiting() == {}
    assert not store.is_changed()


def test_what_comes_with_every_login_or_letter_changes_no_account(
    store: HubStore, other: HubStore
) -> None:
    alice = other.add("Alice", "stored")
    store.accounts()
    other.note_login(alice)
    other.keep(alice, "2026-11-21 14:03:05", "Bob", "hi")
    other.forget_letters(alice, 1)
    assert not store.is_changed()
    assert other.change(alice, "another")
    assert store.is_changed()


def test_nothing_is_left_of_an_account_that_was_removed(store: HubStore, records: Records) -> None:
    alice = store.add("Alice", "stored")
    store.keep(alice, "2026-11-21 14:03:05", "Bob", "hi")
    store.note_login(alice)
    kinds = ("account", "name", "look", "seen", "waiting", "letter")
    assert all(records.all(kind) for kind in kinds)
    store.remove(alice)
    assert not any(records.all(kind) for kind in kinds)


def _calls(store: HubStore) -> list[Callable[[], object]]:
    """All that asks the engine."""
    alice = store.add("Alice", "stored")
    return [
        *(store.is_changed, store.accounts, store.waiting),
        *(lambda: store.add("Bob", "stored"), lambda: store.change(alice, "another")),
        *(lambda: store.note_login(alice), lambda: store.check_letters(alice, "Bob")),
        *(lambda: store.letters(alice), lambda: store.forget_letters(alice, 1)),
        *(lambda: store.keep(alice, "2026-11-21 14:03:05", "Bob", "hi"),),
        lambda: store.remove(alice),
    ]


def test_while_the_engine_is_away_each_call_says_so_and_afterwards_all_is_there(
    hub: Hub, store: HubStore
) -> None:
    calls = _calls(store)
    hub.process.kill()
    for call in calls:
        with pytest.raises(CannotUse, match=r"^The hub cannot be used \(.+\)\.$"):
            call()
    hub.process.start()
    assert [each.name for each in store.accounts()] == ["Alice"]
    for call in calls:
        call()


def test_an_engine_that_has_lost_the_accounts_makes_no_name_free(
    hub: Hub, store: HubStore, other: HubStore
) -> None:
    alice = store.add("Alice", "stored")
    other.accounts()
    hub.process.empty()
    for each in (store, other):
        for call in (
            each.is_changed,
            each.accounts,
            lambda each=each: each.add("Mallory", "stored"),
        ):
            with pytest.raises(CannotUse, match="it has lost the accounts"):
                call()
        assert not each.change(alice, "another")
    back = HubStore(hub.records("a copy is put back"))
    back.add("Alice", "stored")
    assert store.is_changed()
    assert [each.name for each in store.accounts()] == ["Alice"]


@pytest.mark.parametrize(
    ("place", "value"),
    [
        (("accounts", "ledger"), b"not JSON"),
        (("accounts", "ledger"), b"[]"),
        (("accounts", "ledger"), b'{"version": 1, "last": -1, "count": 0}'),
        (("accounts", "ledger"), b"[" * 100_000),
        (("account", "1"), b'{"name": "Alice"}'),
        (("account", "1"), b'{"name": 5, "stored": "x", "since": ""}'),
        (("account", "1"), b'{"name": "A\\nBob", "stored": "x", "since": ""}'),
        (("account", "one"), b"{}"),
        (("account", "1"), b"\xff"),
        (("seen", "1"), b"yesterday"),
    ],
    ids=str,
)
def test_what_is_not_ours_is_left_as_it_is(
    store: HubStore, records: Records, place: tuple[str, str], value: bytes
) -> None:
    store.add("Alice", "stored")
    records.change({}, {place: value})
    before = records.all(place[0])
    with pytest.raises(AccountsError, match="damaged"):
        store.accounts()
    assert records.all(place[0]) == before


@pytest.mark.parametrize(
    ("place", "value"),
    [
        (("waiting", "1"), b'{"last": 1, "letters": [[1]]}'),
        (("waiting", "1"), b'{"last": true, "letters": []}'),
        (("letter", "1/1"), b'{"at": "2026-11-21 14:03:05", "sender": "Bob", "text": "a\\r\\nb"}'),
        (("letter", "1/1"), b'{"at": "now", "sender": "Bob", "text": "a"}'),
    ],
    ids=str,
)
def test_a_letter_that_is_not_ours_is_shown_to_nobody(
    store: HubStore, records: Records, place: tuple[str, str], value: bytes
) -> None:
    alice = store.add("Alice", "stored")
    store.keep(alice, "2026-11-21 14:03:05", "Bob", "hi")
    records.change({}, {place: value})
    with pytest.raises(CannotUse, match="damaged"):
        store.letters(alice)


def test_what_a_newer_program_has_made_is_left_as_it_is(store: HubStore, records: Records) -> None:
    records.change({}, {("accounts", "ledger"): b'{"version": 2, "more": []}'})
    for call in (store.accounts, lambda: store.add("Alice", "stored")):
        with pytest.raises(NewerAccounts, match="version 2"):
            call()


def test_an_account_that_is_removed_in_the_last_moment_gets_no_letter_and_no_day(
    store: HubStore, other: HubStore, records: Records, monkeypatch: pytest.MonkeyPatch
) -> None:
    alice = store.add("Alice", "stored")
    monkeypatch.setattr(store, "_is_there", lambda account: True)  # as it was when it looked
    other.remove(alice)
    with pytest.raises(AccountsBusy):
        store.keep(alice, "2026-11-21 14:03:05", "Bob", "hi")
    with pytest.raises(AccountsBusy):
        store.remove(alice)
    store.note_login(alice)
    assert not any(records.all(kind) for kind in ("waiting", "letter", "seen"))


def test_whoever_always_comes_too_late_is_told_so_in_the_end(
    store: HubStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    alice = store.add("Alice", "stored")
    store.keep(alice, "2026-11-21 14:03:05", "Bob", "hi")
    monkeypatch.setattr(store._records, "change", lambda expected, changes: False)
    for call in (
        lambda: store.add("Bob", "stored"),
        lambda: store.remove(alice),
        lambda: store.keep(alice, "2026-11-21 14:03:05", "Bob", "hi"),
        lambda: store.forget_letters(alice, 1),
    ):
        with pytest.raises(AccountsBusy, match=r"^The hub is busy; try again\.$"):
            call()
