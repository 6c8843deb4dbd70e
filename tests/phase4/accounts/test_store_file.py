"""The file of the accounts: what it does where it cannot be what it should."""

import os
import sqlite3
import stat
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from phase4.accounts.account import accounts_of
from phase4.accounts.errors import (
    AccountsError,
    CannotUse,
    NewerAccounts,
    NoAccounts,
    NotAccounts,
)
from phase4.accounts.store import Store


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = Store(accounts_of(tmp_path))
    yield store
    store.close()


def _names(store: Store) -> list[str]:
    return [each.name for each in store.accounts()]


def test_there_is_no_file_before_the_first_account(store: Store) -> None:
    with pytest.raises(NoAccounts):
        store.accounts()
    assert not store.exists


def test_a_change_of_ones_own_is_not_taken_for_anothers(store: Store) -> None:
    store.add("Alice", "stored")
    store.accounts()
    store.add("Bob", "stored")
    assert not store.is_changed()


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
