"""What a hostile program does at the page's port, again and again; each time it must be answered.

An attack is one connection from its begin to its end, and raises AssertionError where the server
does not end it as it should. `Attackers` carries them out in threads of this process. The
benchmark needs them in another process: `python -m tests.kit.web_attacks HOST PORT` goes on until
its standard input ends.
"""

import contextlib
import random
import socket
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Self

from websockets.frames import Close, Opcode

from phase4.doors.frames import text_frame
from tests.kit.harness import SECONDS, Peer
from tests.kit.web import WebSocket

Address = tuple[str, int]
Attack = Callable[[Address], None]

BAD_HEADS = (
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    b"\x00" * 1000,
    b"Alice\r\nhello\r\n\r\n",
    b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000000\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\n\r\n",
    b"GET / HTTP/1.1\r\nno colon\r\n\r\n",
    b"GET /chat HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n",
    b"GET / HTTP/1.1\r\n" + b"a: b\r\n" * 3000,
)
_PACE_SECONDS = 0.05


def bad_heads(server: Address) -> None:
    """No request, or one that is meant for nobody: 4xx."""
    with Peer(*server) as peer:
        with contextlib.suppress(ConnectionError):
            peer.send_bytes(random.choice(BAD_HEADS))
        answer = peer.read_bytes_until_end()
        assert answer.startswith(b"HTTP/1.1 4"), answer[:100]


def slow_heads(server: Address) -> None:
    """A byte now and then: hung up on."""
    with Peer(*server) as peer, contextlib.suppress(ConnectionError):
        peer.send_bytes(b"GET / HTTP/1.1\r\n")
        for _ in range(round(SECONDS / _PACE_SECONDS)):
            peer.send_bytes(b"a")
            if peer.has_input():
                break
            threading.Event().wait(_PACE_SECONDS)
        assert peer.read_bytes_until_end() == b""


def silence(server: Address) -> None:
    """Not a word: hung up on."""
    with Peer(*server) as peer, contextlib.suppress(ConnectionError):
        assert peer.read_bytes_until_end() == b""


def half_open(server: Address) -> None:
    """An upgrade, and then nothing: told why, and hung up on."""
    stream = _upgrade(server)
    with contextlib.closing(stream):
        assert _close_code(stream) is not None
        assert b"You gave no name in time" in b"".join(each.data for each in stream.frames)


def pages(server: Address) -> None:
    """The page, as often as it comes."""
    with Peer(*server) as peer:
        peer.send_bytes(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert peer.read_bytes_until_end().endswith(b"</html>\n")


def big_frames(server: Address) -> None:
    """A message over the bound: closed with 1009."""
    _expect_close(server, 1009, lambda stream: stream.engine.send_text(b"x" * 100_000))


def unmasked_frames(server: Address) -> None:
    """What only a server may send: closed with 1002."""
    stream = _upgrade(server)
    with contextlib.closing(stream):
        stream.inner.sendall(text_frame(b"hello"))
        assert _close_code(stream) == 1002


def pings(server: Address) -> None:
    """Thousands of them: closed with 1008."""

    def send(stream: WebSocket) -> None:
        for _ in range(4000):
            stream.engine.send_ping(b"x" * 60)

    _expect_close(server, 1008, send)


ATTACKS: tuple[Attack, ...] = (
    *(bad_heads, slow_heads, silence, half_open, pages),
    *(big_frames, unmasked_frames, pings),
)


def _upgrade(server: Address) -> WebSocket:
    return WebSocket(socket.create_connection(server, SECONDS), f"{server[0]}:{server[1]}")


def _expect_close(server: Address, code: int, send: Callable[[WebSocket], None]) -> None:
    stream = _upgrade(server)
    with contextlib.closing(stream):
        send(stream)
        with contextlib.suppress(ConnectionError):  # it is ended before all of it was sent
            stream.flush()
        found = _close_code(stream)
        assert found == code, found


def _close_code(stream: WebSocket) -> int | None:
    """The code with which the server closes; None: it ended without one."""
    with contextlib.suppress(ConnectionError):
        while stream.recv(65536):
            pass
    closes = [each for each in stream.frames if each.opcode is Opcode.CLOSE]
    return Close.parse(closes[0].data).code if closes else None


class Attackers:
    """Threads that attack a server until the end of a `with` statement; two for each attack."""

    def __init__(self, server: Address, attacks: Iterable[Attack] = ATTACKS) -> None:
        self._server = server
        self._is_over = threading.Event()
        self._lock = threading.Lock()
        # How often each attack was answered, and what was wrong; under _lock.
        self._rounds: Counter[str] = Counter()
        self.wrong: list[str] = []
        self._threads = [
            threading.Thread(target=self._run, args=(each,), daemon=True)
            for each in (*attacks, *attacks)
        ]

    def __enter__(self) -> Self:
        """Begin."""
        self.start()
        return self

    def start(self) -> None:
        """Begin, and go on for as long as this process lives."""
        for each in self._threads:
            each.start()

    def __exit__(self, *_: object) -> None:
        """Begin no more attacks, and see those that are under way answered."""
        self._is_over.set()
        for each in self._threads:
            each.join(2 * SECONDS)
            assert not each.is_alive(), "an attacker was not answered"

    def _run(self, attack: Attack) -> None:
        name = attack.__name__
        while not self._is_over.is_set():
            try:
                attack(self._server)
            except (OSError, AssertionError) as error:
                with self._lock:
                    self.wrong.append(f"{name}: {error!r}")
                return
            with self._lock:
                self._rounds[name] += 1

    def rounds(self, attack: Attack) -> int:
        """How often it was carried out, and answered as it should be."""
        with self._lock:
            return self._rounds[attack.__name__]


def main(arguments: Sequence[str]) -> int:
    """Attack until standard input ends; then say what was done, and what was not answered."""
    host, port = arguments
    attackers = Attackers((host, int(port)))
    attackers.start()
    print("attacking", flush=True)
    sys.stdin.read()
    print(", ".join(f"{each.__name__} {attackers.rounds(each)}" for each in ATTACKS))
    for each in attackers.wrong:
        print(f"wrong: {each}")
    return 1 if attackers.wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
