"""The file of the accounts: what it keeps, and what it does where it cannot."""

import os
import sqlite3
import stat
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from phase4.accounts.account import Account, accounts_of
from phase4.accounts.errors import (
    AccountsError,
    CannotUse,
    LettersFull,
    NameTaken,
    NewerAccounts,
    NoAccounts,
    NotAccounts,
)
from phase4.accounts.store import MAX_LETTERS, MAX_LETTERS_FROM_ONE, Store


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = Store(accounts_of(tmp_path))
    yield store
    store.close()


@pytest.fixture
def other(tmp_path: Path) -> Iterator[Store]:
    """As the command line has it, in another process."""
    other = Store(accounts_of(tmp_path))
    yield other
    other.close()


def _names(store: Store) -> list[str]:
    return [each.name for each in store.accounts()]


def test_there_is_no_file_before_the_first_account(store: Store) -> None:
    with pytest.raises(NoAccounts):
        store.accounts()
    assert not store.exists


def test_what_is_added_is_there_for_all(store: Store, other: Store) -> None:
    alice = store.add("Alice", "stored")
    assert other.accounts() == [alice]
    assert store.remove(alice)
    assert not store.remove(alice)
    assert other.accounts() == []


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such modes")
def test_the_file_is_its_owners_alone_and_so_is_its_journal(store: Store) -> None:
    store.add("Alice", "stored")
    os.chmod(store.path, 0o644)
    again = Store(store.path)
    again.accounts()
    again.add("Bob", "stored")
    modes = {stat.S_IMODE(each.stat().st_mode) for each in store.path.parent.iterdir()}
    assert modes == {0o600}
    again.close()


@pytest.mark.parametrize("name", ["Alice", "ALICE", "A1ice", "AIice"])
def test_a_name_that_is_taken_or_looks_like_one_is_refused(store: Store, name: str) -> None:
    store.add("Alice", "stored")
    with pytest.raises(NameTaken) as caught:
        store.add(name, "stored")
    assert caught.value.name == "Alice"


def test_a_change_by_another_program_is_noticed_once(store: Store, other: Store) -> None:
    store.add("Alice", "stored")
    store.accounts()
    assert not store.is_changed()
    store.add("Bob", "stored")
    assert not store.is_changed()
    other.add("Carol", "stored")
    assert store.is_changed()
    store.accounts()
    assert not store.is_changed()


def test_a_stored_form_that_was_changed_meanwhile_is_not_overwritten(
    store: Store, other: Store
) -> None:
    alice = store.add("Alice", "old")
    assert other.change(alice, "new")
    assert not store.change(alice, "renewed")
    assert [each.stored for each in store.accounts()] == ["new"]


def test_an_account_shows_nothing_of_the_password(store: Store) -> None:
    assert "secret" not in repr(store.add("Alice", "secret"))


def test_a_number_is_never_given_again(store: Store) -> None:
    alice = store.add("Alice", "stored")
    store.keep(alice, "2026-11-21 14:03:05", "Bob", "hi")
    store.remove(alice)
    again = store.add("Alice", "stored")
    assert again.id != alice.id
    assert store.letters(again) == []


def test_letters_wait_in_order_until_they_are_forgotten(store: Store, other: Store) -> None:
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


def test_letters_have_a_bound_for_each_sender_and_for_all(store: Store) -> None:
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


def test_a_file_that_was_removed_is_not_made_anew(store: Store) -> None:
    store.add("Alice", "stored")
    for each in store.path.parent.iterdir():
        each.unlink()
    for _ in range(2):
        with pytest.raises(CannotUse, match="it was removed"):
            store.add("Mallory", "stored")
    assert not store.exists


def test_a_copy_that_is_put_back_is_read(store: Store, tmp_path: Path) -> None:
    store.add("Alice", "stored")
    store.close()
    copy = store.path.read_bytes()
    store.add("Bob", "stored")
    (tmp_path / "copy").write_bytes(copy)
    os.replace(tmp_path / "copy", store.path)
    assert store.is_changed()
    assert _names(store) == ["Alice"]


def _link(path: Path) -> None:
    (path.parent / "else.sqlite").touch()
    path.symlink_to(path.parent / "else.sqlite")


def _database_of_others(path: Path) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute("create table other(x)")
    connection.close()


def _newer(path: Path) -> None:
    store = Store(path)
    store.add("Alice", "stored")
    store.close()
    with sqlite3.connect(path) as connection:
        connection.execute("pragma user_version = 99")
    connection.close()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no FIFOs")
@pytest.mark.parametrize(
    ("make", "error"),
    [
        (_link, CannotUse),
        (os.mkfifo if sys.platform != "win32" else _link, CannotUse),
        (Path.mkdir, CannotUse),
        (Path.touch, NotAccounts),
        (lambda path: path.write_text("not a database" * 100), NotAccounts),
        (_database_of_others, NotAccounts),
        (_newer, NewerAccounts),
    ],
)
def test_what_is_not_ours_is_left_as_it_is(
    store: Store, make: Callable[[Path], object], error: type[AccountsError]
) -> None:
    make(store.path)
    before = store.path.lstat()
    with pytest.raises(error):
        store.accounts()
    with pytest.raises(error):
        store.add("Alice", "stored")
    assert store.path.lstat().st_size == before.st_size


def test_an_account_has_a_day_on_which_it_was_last_used(store: Store) -> None:
    alice = store.add("Alice", "stored")
    assert alice.seen == ""
    store.note_login(alice)
    [seen] = store.accounts()
    assert seen.seen == alice.since
    assert isinstance(seen, Account)
