"""`python -m phase4.accounts` with --hub: the accounts of servers that share a room."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from phase4.accounts import __main__ as program
from phase4.accounts.account import Account, accounts_of
from phase4.accounts.errors import NoAccounts
from phase4.accounts.hub_store import HubStore
from phase4.accounts.passwords import is_right
from phase4.accounts.store import Store
from phase4.hub.arguments import ENVIRONMENT
from tests.kit import engines
from tests.kit.accounts import PASSWORD
from tests.kit.engine_fixtures import Hub
from tests.kit.harness import free_port


@pytest.fixture
def hub(redis_process: engines.RedisProcess) -> Iterator[Hub]:
    """One kind will do: test_store.py asks both. Its room is one that --hub-room may name."""
    with Hub(redis_process) as hub:
        hub.room = hub.room.replace(" ", "-")
        yield hub


@pytest.fixture
def store(hub: Hub) -> HubStore:
    """As a server has it."""
    return HubStore(hub.records())


@pytest.fixture
def file(tmp_path: Path) -> Iterator[Store]:
    """The accounts of a server that had a room of its own."""
    with closing(Store(accounts_of(tmp_path))) as file:
        yield file


@pytest.fixture
def password_file(tmp_path: Path) -> Path:
    path = tmp_path / "password.txt"
    path.write_text(PASSWORD)
    return path


def _run(hub: Hub, *words: object, url: str = "") -> int:
    place = ("--hub", url or hub.process.url, "--hub-room", hub.room)
    return program.main([*map(str, words), *place])


def _told(capsys: pytest.CaptureFixture[str]) -> str:
    """All that was printed since the last time: nothing of the engine's password."""
    told = capsys.readouterr()
    for secret in (engines.PASSWORD, engines.PASSWORD_IN_A_URL):
        assert secret not in told.out + told.err
    return told.out + told.err


def test_each_command_does_for_all_servers_what_it_does_for_one(
    hub: Hub, store: HubStore, password_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with_password = ("--password-file", password_file)
    assert _run(hub, "list") == 0
    assert _told(capsys) == "Nobody is registered.\n"
    assert _run(hub, "add", "Alice", *with_password) == 0
    assert _told(capsys) == "Alice is registered.\n"
    [alice] = store.accounts()
    assert is_right(PASSWORD, alice.stored)
    assert _run(hub, "reset", "ALICE", *with_password) == 0
    assert store.is_changed()
    store.keep(alice, "2026-11-21 14:03:05", "Bob", "hi")
    _told(capsys)
    assert _run(hub, "list") == 0
    assert _told(capsys).endswith("never logged in, 1 private message waiting\n")
    assert _run(hub, "add", "A1ice", *with_password) == 2
    assert _told(capsys) == "phase4.accounts: The name Alice is registered already.\n"
    assert _run(hub, "remove", "Alice") == 0
    assert store.accounts() == []


def test_the_url_comes_from_the_environment_where_it_is_not_given(
    hub: Hub, store: HubStore, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    store.add("Alice", "stored")
    monkeypatch.setenv(ENVIRONMENT, hub.process.url)
    for words in (["list", "--hub", "--hub-room", hub.room], ["list", f"--hub-room={hub.room}"]):
        if "--hub" in words:
            assert program.main(words) == 0
            assert _told(capsys).startswith("Alice: registered")
        else:  # the variable alone does nothing
            with pytest.raises(SystemExit):
                program.main(words)
            assert "required: LOG_DIR" in _told(capsys)
    monkeypatch.delenv(ENVIRONMENT)
    with pytest.raises(SystemExit):
        program.main(["list", "--hub"])
    assert f"argument --hub: give its URL, or set {ENVIRONMENT}" in _told(capsys)


def test_an_engine_that_cannot_be_used_is_one_sentence(
    hub: Hub, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _run(hub, "list", url="mysql://") == 2
    assert _told(capsys).startswith("phase4.accounts: --hub: An engine is named by a URL that")
    nobody = f"redis://:{engines.PASSWORD_IN_A_URL}@127.0.0.1:{free_port()}"
    assert _run(hub, "list", url=nobody) == 2
    assert _told(capsys) == "phase4.accounts: The hub cannot be used (Connection refused).\n"
    wrong = hub.process.url.replace(engines.PASSWORD_IN_A_URL, "wr0ng")
    assert _run(hub, "list", url=wrong) == 2
    told = _told(capsys)
    assert told.startswith("phase4.accounts: --hub: Redis does not take the user and the password")
    assert "wr0ng" not in told
    assert told.count("\n") == 1


def test_accounts_of_a_file_are_copied_with_what_waits_and_only_once(
    hub: Hub, store: HubStore, file: Store, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    alice, bob = file.add("Alice", "stored for Alice"), file.add("Bob", "stored for Bob")
    file.note_login(alice)
    for text in ("a", "b"):
        file.keep(alice, "2026-11-21 14:03:05", "Carol", text)
    file.forget_letters(alice, file.letters(alice)[0].number)
    store.add("Zoe", "stored")
    assert _run(hub, "copy", tmp_path) == 0
    assert _told(capsys) == "2 accounts were copied.\n"

    def values(account: Account) -> tuple[str, ...]:
        return (account.name, account.stored, account.since, account.seen)

    copied = [each for each in store.accounts() if each.name != "Zoe"]
    assert [*map(values, copied)] == [*map(values, file.accounts())]
    [letter] = store.letters(copied[0])
    assert (letter.at, letter.sender, letter.text) == ("2026-11-21 14:03:05", "Carol", "b")
    store.keep(copied[0], "2026-11-21 14:03:06", "Carol", "c")
    assert [each.text for each in store.letters(copied[0])] == ["b", "c"]
    assert store.waiting() == {copied[0].id: 2}

    assert _run(hub, "copy", tmp_path) == 0
    assert _told(capsys) == "0 accounts were copied.\n"
    assert len(store.letters(copied[0])) == 2
    assert [each.name for each in file.accounts()] == [alice.name, bob.name]


def test_who_is_registered_there_already_stays_so(
    hub: Hub, store: HubStore, file: Store, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file.add("Alice", "of the file")
    file.add("Bob", "of the file")
    store.add("A1ice", "of the hub")
    assert _run(hub, "copy", tmp_path) == 2
    assert _told(capsys).splitlines() == [
        "1 account was copied.",
        "Alice was not copied: The name A1ice is registered already.",
        "phase4.accounts: What was registered there before is as it was.",
    ]
    kept = {each.name: each.stored for each in store.accounts()}
    assert kept == {"A1ice": "of the hub", "Bob": "of the file"}


def test_what_cannot_be_copied_is_one_sentence(
    hub: Hub, store: HubStore, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert program.main(["copy", str(tmp_path)]) == 2
    assert _told(capsys) == "phase4.accounts: Say where to copy them, with --hub.\n"
    assert _run(hub, "copy", tmp_path) == 2
    assert _told(capsys) == f"phase4.accounts: {NoAccounts(accounts_of(tmp_path))}\n"
