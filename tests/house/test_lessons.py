"""What only lessons have: a program shown whole, Python asked by hand, packets."""

import doctest
import os
import re
import socket
import subprocess
import sys
import threading
from typing import Self

import pytest

from tests.conftest import Need
from tests.house.pages import PAGES, read_page
from tests.kit.harness import ROOT, SECONDS, Peer, Server, wait_until
from tests.kit.two_addresses import resolve_localhost

READ = {name: read_page(ROOT, name) for name in PAGES}
TYPED = [(name, typed) for name, page in READ.items() for typed in page.typed]


def test_the_first_program_is_shown_whole() -> None:
    """Before any line of it is changed."""
    page = READ["phase1/README.md"]
    naive = (ROOT / "phase1/naive.py").read_text(encoding="utf-8")
    assert page.listings == [naive]
    assert page.text.index(naive) < page.text.index("```diff")


@pytest.mark.parametrize(("page", "typed"), TYPED, ids=lambda text: text.splitlines()[0])
def test_python_answers_what_the_page_shows(
    page: str, typed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where localhost has two addresses, as on most machines; and on a port that is free."""
    monkeypatch.setattr(socket, "getaddrinfo", socket.getaddrinfo)  # so that it is put back
    resolve_localhost(["::1", "127.0.0.1"])
    socket.setdefaulttimeout(SECONDS)
    text = typed.replace("12345", str(_free_udp_port()))
    example = doctest.DocTestParser().get_doctest(text, {}, page, page, None)
    told: list[str] = []
    try:
        results = doctest.DocTestRunner().run(example, out=told.append, clear_globs=False)
    finally:
        socket.setdefaulttimeout(None)
        for each in example.globs.values():
            if isinstance(each, socket.socket):
                each.close()
    assert results.attempted > 0
    assert not results.failed, "".join(told)


def _free_udp_port() -> int:
    """From the system, and not from `free_port`, which holds its ports for UDP by itself."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


# --- packets -------------------------------------------------------------------------------------

_PACKET = re.compile(r"IP \S+\.(?P<source>\d+) > .*Flags \[(?P<flags>.*?)\].* (?P<length>\d+)$")


def packets(captured: str, server_port: int) -> dict[str, list[tuple[str, str]]]:
    """The flags and the length of each packet from the server, and to it; no ACKs alone."""
    ways: dict[str, list[tuple[str, str]]] = {"from": [], "to": []}
    for found in filter(None, map(_PACKET.match, captured.splitlines())):
        if found["flags"] != ".":
            way = "from" if int(found["source"]) == server_port else "to"
            ways[way].append((found["flags"], found["length"]))
    return ways


class Capture:
    """tcpdump, with the words of a page; skips the check where the system does not let us."""

    def __init__(self, words: list[str]) -> None:
        self.text = ""
        self._root = [] if os.geteuid() == 0 else ["sudo", "-n"]
        self._process = subprocess.Popen(
            [*self._root, *words, "-l", "--immediate-mode"],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self._process.stdout
        with self._process.stdout as lines:
            for line in lines:
                self.text += line

    def __enter__(self) -> Self:
        """Wait until it listens."""
        wait_until(lambda: "listening on" in self.text or not self._reader.is_alive(), "tcpdump")
        if not self._reader.is_alive():
            self._process.wait(SECONDS)
            reason = f"this machine does not let us capture: {self.text.strip()}"
            pytest.fail(reason) if os.environ.get("CI") else pytest.skip(reason)
        return self

    def __exit__(self, *_: object) -> None:
        """End it."""
        # The shell's own kill: a small Debian has no program of that name.
        end = [*self._root, "sh", "-c", f"kill {self._process.pid}"]
        subprocess.run(end, check=True)
        self._process.wait(SECONDS)
        self._reader.join(SECONDS)


@pytest.mark.skipif(sys.platform != "linux", reason="lo is Linux's name")
def test_tcpdump_shows_what_the_page_shows(need: Need) -> None:
    need("tcpdump", *(["sudo"] if os.geteuid() else []))
    page = READ["phase1/README.md"]
    (shown,) = [each for each in page.commands if "tcpdump" in each.text]
    assert shown.shown is not None
    with Server("phase1.server") as server:
        words = shown.text.replace("12345", str(server.port)).split()[1:]
        with Capture(words) as capture:
            with Peer("127.0.0.1", server.port) as peer:
                peer.send("Hello Server!")
                peer.half_close()
                peer.read_bytes_until_end()
            wait_until(lambda: capture.text.count("Flags [F.]") == 2, "both ends of the stream")
    assert packets(capture.text, server.port) == packets(shown.shown, 12345)
