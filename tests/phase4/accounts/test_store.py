"""What is kept of the accounts, wherever that is: in a file, or in the engine of a hub."""

import contextlib
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest

from phase4.accounts import hub_store
from phase4.accounts import store as file_store
from phase4.accounts.account import Account, accounts_of
from phase4.accounts.contract import MAX_LETTERS, MAX_LETTERS_FROM_ONE, AccountStore
from phase4.accounts.errors import CannotUse, LettersFull, NameTaken, TooManyAccounts
from phase4.accounts.hub_store import HubStore
from phase4.accounts.store import Store
from tests.kit.engine_fixtures import Hub
from tests.kit.harness import SECONDS

Open = Callable[[], AccountStore]


@pytest.fixture(params=["file", "redis", "postgres"])
def again(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Open]:
    """Opens what is kept there once more, as another program does."""
    if request.param == "file":
        yield lambda: Store(accounts_of(tmp_path))
    else:
        with Hub(request.getfixturevalue(f"{request.param}_process")) as hub:
            yield lambda: HubStore(hub.records())


@pytest.fixture
def store(again: Open) -> Iterator[AccountStore]:
    store = again()
    yield store
    store.close()


@pytest.fixture
def other(again: Open) -> Iterator[AccountStore]:
    """As another server has it, or the command line, in another process."""
    other = again()
    yield other
    other.close()


def test_what_is_added_is_there_for_all(store: AccountStore, other: AccountStore) -> None:
    alice = store.add("Alice", "stored")
    assert other.accounts() == [alice]
    assert store.remove(alice)
    assert not store.remove(alice)
    assert other.accounts() == []


@pytest.mark.parametrize("name", ["Alice", "ALICE", "A1ice", "AIice"])
def test_a_name_that_is_taken_or_looks_like_one_is_refused(store: AccountStore, name: str) -> None:
    store.add("Alice", "stored")
    with pytest.raises(NameTaken) as caught:
        store.add(name, "stored")
    assert caught.value.name == "Alice"


def test_a_change_by_another_program_is_noticed_once(
    store: AccountStore, other: AccountStore
) -> None:
    store.add("Alice", "stored")
    store.accounts()
    assert not store.is_changed()
    other.add("Carol", "stored")
    assert store.is_changed()
    store.accounts()
    assert not store.is_changed()


def test_a_stored_form_that_was_changed_meanwhile_is_not_overwritten(
    store: AccountStore, other: AccountStore
) -> None:
    alice = store.add("Alice", "old")
    assert other.change(alice, "new")
    assert not store.change(alice, "renewed")
    assert [each.stored for each in store.accounts()] == ["new"]


def test_of_two_who_want_one_name_or_its_look_alike_at_the_same_instant_one_gets_it(
    store: AccountStore, other: AccountStore
) -> None:
    store.add("Zoe", "stored")  # a file has to be there: two may not make it at once
    together = Barrier(2)

    def claim(store: AccountStore, name: str) -> Account | str:
        together.wait(SECONDS)
        try:
            return store.add(name, f"stored for {name}")
        except NameTaken as error:
            return error.name

    with ThreadPoolExecutor(2) as pool:
        for number in range(100):
            names = (f"Alice{number}", f"ALICE{number}" if number % 2 else f"A1ice{number}")
            ends = [*pool.map(claim, (store, other), names)]
            [made] = [each for each in ends if isinstance(each, Account)]
            assert made.name in ends  # which the other one is told
            assert other.change(made, "another")
    kept = store.accounts()
    assert len(kept) == len({each.id for each in kept}) == len({each.look for each in kept}) == 101


def test_what_many_register_and_remove_at_once_is_counted(
    store: AccountStore, other: AccountStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (file_store, hub_store):
        monkeypatch.setattr(module, "MAX_ACCOUNTS", 10)
    zoe = store.add("Zoe", "stored")  # a file has to be there: two may not make it at once

    def come_and_go(number: int) -> list[Account]:
        one, another = (store, other) if number % 2 else (other, store)
        for _ in range(5):
            assert another.remove(one.add(f"Bob{number}", "stored"))
        return [one.add(f"Bob{number}", "stored")]

    with ThreadPoolExecutor(4) as pool:
        made = [zoe, *(each for some in pool.map(come_and_go, range(4)) for each in some)]
    assert {each.id for each in store.accounts()} == {each.id for each in made}
    for number in range(5):
        store.add(f"Carol{number}", "stored")
    for each in (store, other):
        with pytest.raises(TooManyAccounts):
            each.add("Dora", "stored")
    assert other.remove(made[0])
    store.add("Dora", "stored")


def test_an_account_shows_nothing_of_the_password(store: AccountStore) -> None:
    assert "secret" not in repr(store.add("Alice", "secret"))


def test_a_number_is_never_given_again(store: AccountStore) -> None:
    alice = store.add("Alice", "stored")
    store.keep(alice, "2026-11-21 14:03:05", "Bob", "hi")
    store.remove(alice)
    again = store.add("Alice", "stored")
    assert again.id != alice.id
    assert store.letters(again) == []


def test_letters_wait_in_order_until_they_are_forgotten(
    store: AccountStore, other: AccountStore
) -> None:
    alice, bob = store.add("Alice", "stored"), store.add("Bob", "stored")
    for text in ("one", "two", "three"):
        store.keep(alice, "2026-11-21 14:03:05", "Carol", text)
    store.keep(bob, "2026-11-21 14:03:05", "Carol", "four")
    letters = other.letters(alice)
    assert [each.text for each in letters] == ["one", "two", "three"]
    assert other.waiting() == {alice.id: 3, bob.id: 1}
    store.forget_letters(alice, letters[1].number)
    assert [each.text for each in store.letters(alice)] == ["three"]
    assert len(store.letters(bob)) == 1


def test_a_letter_has_a_higher_number_than_all_before_also_once_these_are_gone(
    store: AccountStore, other: AccountStore
) -> None:
    alice = store.add("Alice", "stored")
    numbers = []
    for each in (store, other, store):
        each.keep(alice, "2026-11-21 14:03:05", "Bob", "hi \u202e کاوه")
        [letter] = other.letters(alice)
        assert (letter.at, letter.sender, letter.recipient, letter.text) == (
            *("2026-11-21 14:03:05", "Bob", "Alice"),
            "hi \u202e کاوه",
        )
        numbers.append(letter.number)
        other.forget_letters(alice, letter.number)
        assert store.letters(alice) == []
    assert numbers == sorted({*numbers})


def test_no_letter_waits_for_an_account_that_is_gone(
    store: AccountStore, other: AccountStore
) -> None:
    alice = store.add("Alice", "stored")
    store.keep(alice, "2026-11-21 14:03:05", "Bob", "hi")
    other.remove(alice)
    other.add("Alice", "stored")
    with pytest.raises(CannotUse):
        store.keep(alice, "2026-11-21 14:03:05", "Bob", "hi")
    assert store.waiting() == {}
    assert store.letters(alice) == []
    store.note_login(alice)
    assert [each.seen for each in store.accounts()] == [""]


def test_of_letters_from_many_servers_at_once_none_is_lost_and_the_bound_holds(
    store: AccountStore, other: AccountStore
) -> None:
    alice = store.add("Alice", "stored")

    def write(number: int) -> int:
        kept = 0
        for _ in range(MAX_LETTERS_FROM_ONE):
            with contextlib.suppress(LettersFull):
                (store, other)[number % 2].keep(alice, "2026-11-21 14:03:05", "Bob", "hi")
                kept += 1
        return kept

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(write, range(4))) == MAX_LETTERS_FROM_ONE
    numbers = [each.number for each in other.letters(alice)]
    assert len(numbers) == MAX_LETTERS_FROM_ONE
    assert numbers == sorted({*numbers})


def test_letters_have_a_bound_for_each_sender_and_for_all(store: AccountStore) -> None:
    alice = store.add("Alice", "stored")
    for number in range(MAX_LETTERS):
        sender = f"Bob{number // MAX_LETTERS_FROM_ONE}"
        store.check_letters(alice, sender)
        store.keep(alice, "2026-11-21 14:03:05", sender, "hi")
        if number == MAX_LETTERS_FROM_ONE - 1:
            with pytest.raises(LettersFull):
                store.keep(alice, "2026-11-21 14:03:05", "BOB0", "hi")
    with pytest.raises(LettersFull):
        store.keep(alice, "2026-11-21 14:03:05", "Carol", "hi")
    with pytest.raises(LettersFull):
        store.check_letters(alice, "Carol")


def test_an_account_has_a_day_on_which_it_was_last_used(store: AccountStore) -> None:
    alice = store.add("Alice", "stored")
    assert alice.seen == ""
    store.note_login(alice)
    [seen] = store.accounts()
    assert seen.seen == alice.since
    assert isinstance(seen, Account)
