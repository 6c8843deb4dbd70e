"""Many who register, log in, log out, rename and leave at once: whose the names are stays true."""

import contextlib
import random
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from phase4.accounts import passwords
from phase4.accounts.account import accounts_of
from phase4.accounts.store import Store
from phase4.accounts.tries import Tries
from phase4.server.chat_server import ChatServer
from phase4.server.options import Settings
from tests.kit.accounts import PASSWORD
from tests.kit.chat import PROMPT
from tests.kit.harness import Peer

NAMES = ("Alice", "Bob", "Carol", "A1ice")
STEPS = 25  # of each person


class _Console:
    """What the server tells is kept."""

    dropped = 0

    def __init__(self) -> None:
        self.lines: list[str] = []

    def print(self, text: str) -> None:
        """Keep it."""
        self.lines.append(text)


@pytest.fixture
def console() -> _Console:
    return _Console()


@pytest.fixture
def server(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, console: _Console
) -> Iterator[ChatServer]:
    """One in this process, whose passwords cost next to nothing."""
    monkeypatch.setattr(passwords, "HAS_ARGON2", False)
    monkeypatch.setattr(passwords, "SCRYPT_LOG_N", 2)
    monkeypatch.setattr(
        Tries, "begin", lambda self, host: None
    )  # all may try as often as they like
    monkeypatch.setattr(Tries, "end", lambda self, host, counts: None)
    settings = Settings(
        port=0, status_port=0, log_dir=tmp_path / "logs", lines_per_second=0, history=0
    )
    server = ChatServer(settings, console)
    server.start()
    yield server
    server.stop()


class _Somebody:
    """Does anything that can be done with names, in any order."""

    def __init__(self, server: ChatServer, seed: int) -> None:
        host, _, port = server.address.rpartition(":")
        self._connect: Callable[[], Peer] = lambda: Peer(host, int(port))
        self._random = random.Random(seed)
        self.steps = 0

    def run(self) -> None:
        while self.steps < STEPS:
            with self._connect() as peer, contextlib.suppress(AssertionError, OSError):
                peer.expect(PROMPT)  # where a connection ends for another of this name, it raises
                while not self._enter(peer):
                    pass
                while self._random.randrange(12) and self.steps < STEPS:
                    self._step(peer)

    def _enter(self, peer: Peer) -> bool:
        self.steps += 1
        name = self._random.choice(NAMES)
        peer.send(self._random.choice([f"/login {name} {PASSWORD}", name, ""]))
        return "Welcome" in peer.skip_to(rf".* Welcome, .*|{PROMPT}")[0]

    def _step(self, peer: Peer) -> None:
        self.steps += 1
        name = self._random.choice(NAMES)
        lines = [
            f"/login {name} {PASSWORD}",
            f"/register {PASSWORD}",
            f"/unregister {PASSWORD}",
            "/logout",
            f"/nick {name}",
            f"/nick Guest{self._random.randrange(100)}",
            f"/pm {name} hello",
        ]
        peer.send(self._random.choice(lines), "/ping done")
        peer.skip_to(".* Pong done")


def _look(server: ChatServer) -> None:
    """Whoever is here under a registered name is logged in, and nobody as what they are not."""
    room = server.room
    assert room.logins.accounts is not None
    with room.fan_out.lock:
        seen = set()
        for member in room._people:
            owner = room.logins.accounts.owner_of(member.name)
            held = room.logins.accounts._registry._held
            assert owner in ("", member.account) or member.name in held.values()
            if member.account:
                assert room.logins.accounts.called(member.name)
                assert member.account not in seen
                seen.add(member.account)


def test_whoever_is_here_under_a_registered_name_is_logged_in(
    server: ChatServer, console: _Console
) -> None:
    people = [_Somebody(server, seed) for seed in range(8)]
    threads = [threading.Thread(target=each.run) for each in people]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        _look(server)
        threads[0].join(0.002)
    assert not [line for line in console.lines if "fault" in line or "Traceback" in line]
    store = Store(accounts_of(server.settings.log_dir))
    registered = {each.name: each.stored for each in store.accounts()}
    store.close()
    assert server.room.logins.accounts is not None
    known = server.room.logins.accounts._registry._by_key.values()
    assert registered == {each.name: each.stored for each in known}
