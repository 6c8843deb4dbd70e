"""`python -m phase4.accounts`: what it does, and where a password comes from."""

import argparse
from pathlib import Path

import pytest

from phase4.accounts import __main__ as program
from phase4.accounts.account import accounts_of
from phase4.accounts.passwords import is_right
from phase4.accounts.store import Store
from tests.kit.accounts import PASSWORD, command


def _stored(log_dir: Path, name: str) -> str:
    store = Store(accounts_of(log_dir))
    [stored] = [each.stored for each in store.accounts() if each.name == name]
    store.close()
    return stored


def _run(*arguments: object) -> int:
    """In this process: a start of Python takes longer than all of it."""
    return program.main([*map(str, arguments)])


@pytest.fixture
def password_file(tmp_path: Path) -> Path:
    path = tmp_path / "password.txt"
    path.write_text(f"\ufeff{PASSWORD}\r\nanother line\n", encoding="utf-8")
    return path


def test_a_password_comes_from_a_pipe(tmp_path: Path) -> None:
    assert command("add", str(tmp_path), "Alice", password=PASSWORD) == "Alice is registered.\n"
    assert is_right(PASSWORD, _stored(tmp_path, "Alice"))


def test_a_password_comes_from_the_first_line_of_a_file(
    tmp_path: Path, password_file: Path
) -> None:
    assert _run("add", tmp_path, "Alice", "--password-file", password_file) == 0
    assert is_right(PASSWORD, _stored(tmp_path, "Alice"))


def test_no_option_takes_a_password_itself(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        program.main(["add", "logs", "Alice", PASSWORD])
    assert "unrecognized arguments" in capsys.readouterr().err
    for has_hub in (True, False):
        actions = program._parser(has_hub=has_hub)._actions
        [commands] = [each for each in actions if isinstance(each, argparse._SubParsersAction)]
        options = {
            option for each in commands.choices.values() for option in each._option_string_actions
        }
        assert options == {"-h", "--help", "--password-file", "--hub", "--hub-room"}


class _Terminal:
    """A standard input that is a terminal."""

    def isatty(self) -> bool:
        """It is."""
        return True


@pytest.mark.parametrize(("again", "status"), [(PASSWORD, 0), (f"{PASSWORD}x", 2)])
def test_in_a_terminal_it_is_asked_for_twice(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    again: str,
    status: int,
) -> None:
    answers = {"Password for Alice: ": PASSWORD, "The same again: ": again}
    monkeypatch.setattr("sys.stdin", _Terminal())
    monkeypatch.setattr("getpass.getpass", answers.pop)
    assert _run("add", tmp_path, "Alice") == status
    assert not answers
    told = capsys.readouterr()
    assert PASSWORD not in told.out + told.err


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("list",), "There are no accounts in "),
        (("add", "no name"), "A name has 1 to 20 "),
        (("remove", "Bob"), "Nobody is registered as Bob."),
        (("add", "A1ice"), "The name Alice is registered already."),
    ],
)
def test_what_cannot_be_done_is_one_sentence(
    tmp_path: Path,
    password_file: Path,
    capsys: pytest.CaptureFixture[str],
    arguments: tuple[str, ...],
    sentence: str,
) -> None:
    verb, *name = arguments
    with_password = ("--password-file", password_file) if verb == "add" else ()
    if name and name != ["no name"]:
        _run("add", tmp_path, "Alice", "--password-file", password_file)
        capsys.readouterr()
    assert _run(verb, tmp_path, *name, *with_password) == 2
    told = capsys.readouterr()
    assert not told.out
    assert told.err.startswith(f"phase4.accounts: {sentence}")
    assert told.err.count("\n") == 1


def test_a_password_that_is_too_short_is_not_repeated(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "password.txt"
    path.write_text("4711\n")
    assert _run("add", tmp_path, "Alice", "--password-file", path) == 2
    assert capsys.readouterr().err == "phase4.accounts: A password has 8 to 128 characters.\n"


def test_what_waits_is_listed_and_goes_with_the_account(
    tmp_path: Path, password_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _run("add", tmp_path, "Alice", "--password-file", password_file)
    store = Store(accounts_of(tmp_path))
    [alice] = store.accounts()
    store.keep(alice, "2026-11-21 14:03:05", "Bob", "hi")
    capsys.readouterr()
    assert _run("list", tmp_path) == 0
    assert capsys.readouterr().out.endswith("never logged in, 1 private message waiting\n")
    assert _run("remove", tmp_path, "ALICE") == 0
    assert store.waiting() == {}
    store.close()
