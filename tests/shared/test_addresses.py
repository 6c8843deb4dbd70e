"""`--host localhost`, where that name has several addresses: who connects to any of them is heard.

Most systems write `::1 localhost` into /etc/hosts beside `127.0.0.1 localhost`. What a name means
is said by each check itself, so that it finds the same on every machine.
"""

import contextlib
import errno
import http.client
import json
import re
import socket
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from shared.address import Address
from shared.listener import Listener, ListenError, open_listener
from shared.threaded_server import ThreadedServer
from tests.kit.harness import SECONDS, Peer, Program, free_port, wait_until
from tests.kit.two_addresses import resolve_localhost
from tests.shared.test_listener import has_ipv6

BOTH = ["::1", "127.0.0.1"]
OF_IPV4 = ["127.0.0.1", "127.0.0.2"]  # all of 127/8 is this machine, on Linux


def _is_here(addresses: list[str]) -> bool:
    return has_ipv6() if addresses == BOTH else sys.platform == "linux"


several = pytest.mark.parametrize(
    "addresses",
    [
        pytest.param(
            each,
            id=" and ".join(each),
            marks=pytest.mark.skipif(not _is_here(each), reason="this machine has no such address"),
        )
        for each in (BOTH, BOTH[::-1], OF_IPV4)
    ],
)


@pytest.fixture(autouse=True)
def look_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a check does to the names is undone after it."""
    monkeypatch.setattr(socket, "getaddrinfo", socket.getaddrinfo)


def written(address: str, port: int) -> str:
    return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"


def all_written(addresses: list[str], port: int) -> str:
    return " and ".join(written(each, port) for each in addresses)


# --- every program --------------------------------------------------------------------------------

FIRST_WORDS = {
    "phase2.server": "Hello Client!",
    "phase3.server": r"\* You are .*",
    "phase4.server": r"\* Enter your nickname:",
    "phase4.naive": None,
    "phase4.relay": r"! The server cannot be reached .*",
}


@contextlib.contextmanager
def on_localhost(module: str, addresses: list[str], *arguments: str) -> Iterator[Program]:
    """The program, on any free port of localhost, which has these addresses."""
    chosen = ("--host", "localhost", "--port", "0", *arguments)
    with Program("tests.kit.two_addresses", *chosen, module, ",".join(addresses)) as program:
        yield program


def _options(module: str, directory: Path) -> list[str]:
    match module:
        case "phase4.relay":
            return ["--upstream", f"127.0.0.1:{free_port()}"]
        case "phase4.server":
            return ["--status-port", "0", "--quit-key", "off", "--log-dir", str(directory)]
        case "phase4.naive":
            return ["--log-dir", str(directory)]
    return []


@several
@pytest.mark.parametrize("module", FIRST_WORDS)
def test_localhost_is_listened_on_at_all_its_addresses_and_they_are_said(
    module: str, addresses: list[str], tmp_path: Path
) -> None:
    with on_localhost(module, addresses, *_options(module, tmp_path)) as program:
        port = int(program.expect(r"^Listening on \S+:(\d+)")[1])
        assert f"Listening on {all_written(addresses, port)}" in program.output[-1]
        for address in addresses:
            with Peer(address, port) as peer:
                peer.send("Hello Server!")
                if words := FIRST_WORDS[module]:
                    peer.skip_to(words)  # phase 3 may tell first that the one before has left


@several
def test_so_are_the_other_ports_of_the_chat(addresses: list[str], tmp_path: Path) -> None:
    hosts = ("--status-host", "localhost", "--metrics-host", "localhost", "--metrics-port", "0")
    options = [*_options("phase4.server", tmp_path), *hosts]
    with on_localhost("phase4.server", addresses, *options) as program:
        status = int(program.expect(r"^Status on \S+:(\d+)")[1])
        assert program.output[-1].startswith(f"Status on {all_written(addresses, status)}, logs ")
        for address in addresses:
            shown = re.escape(written(address, 0))[:-1]
            port = int(program.expect(rf"^Metrics on http://{shown}(\d+)/metrics$")[1])
            with Peer(address, status) as reader:
                assert json.loads(reader.read_line())["people_now"] == 0
            connection = http.client.HTTPConnection(address, port, timeout=SECONDS)
            with contextlib.closing(connection):
                connection.request("GET", "/metrics")
                assert b"chat_people 0.0" in connection.getresponse().read()
        assert f"monitor --status localhost:{status} " in program.expect("monitor --status.*")[0]


# --- the listener ---------------------------------------------------------------------------------


def listen(addresses: list[str], port: int = 0) -> Listener:
    """On localhost, which has these addresses."""
    resolve_localhost(addresses)
    return open_listener("localhost", port)


@several
def test_all_addresses_have_the_same_port(addresses: list[str]) -> None:
    with listen(addresses) as listener:
        port = listener.getsockname()[1]
        assert port
        assert listener.addresses == [Address(each, port) for each in addresses]
        assert str(listener) == all_written(addresses, port)


@several
def test_any_free_port_is_one_that_is_free_at_all_addresses(
    addresses: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The system proposes one that is free at the first."""
    refused: list[int] = []

    class Unlucky(socket.socket):
        def bind(self, address: Any) -> None:
            if address[1] and len(refused) < 3:
                refused.append(address[1])
                raise OSError(errno.EADDRINUSE, "in use")
            super().bind(address)

    monkeypatch.setattr(socket, "socket", Unlucky)
    with listen(addresses) as listener:
        assert len(listener.sockets) == 2
        assert len({each.getsockname()[1] for each in listener.sockets}) == 1
    assert len(refused) == 3


def test_a_port_that_is_free_at_no_time_is_a_sentence() -> None:
    """What is taken is free again: 0.0.0.0 holds 127.0.0.1 as well."""
    with pytest.raises(ListenError, match=r"^Port 0 on localhost is in use"):
        listen(["127.0.0.1", "0.0.0.0"])


@several
def test_a_port_that_another_program_has_at_one_of_them_is_in_use(addresses: list[str]) -> None:
    with open_listener(addresses[1], 0) as other:
        port = other.getsockname()[1]
        with pytest.raises(ListenError, match=f"^Port {port} on localhost is in use"):
            listen(addresses, port)
    with listen(addresses, port):  # so it was given back at the first
        pass


@pytest.mark.parametrize(
    "elsewhere",
    [
        "192.0.2.1",  # RFC 5737: of no machine
        "2001:db8::1",  # RFC 3849, too; and so it is with ::1 where IPv6 is switched off
        "fe80::1",  # link-local, without its network
    ],
)
@pytest.mark.parametrize("place", [0, 1])
def test_an_address_that_this_machine_lacks_is_left_out(elsewhere: str, place: int) -> None:
    addresses = ["127.0.0.1"]
    addresses.insert(place, elsewhere)
    with listen(addresses) as listener:
        assert [each.host for each in listener.addresses] == ["127.0.0.1"]
    with pytest.raises(ListenError):
        listen([elsewhere])


@pytest.fixture
def no_ipv6(monkeypatch: pytest.MonkeyPatch) -> None:
    """As where the kernel was built without."""

    class OfIPv4(socket.socket):
        def __init__(self, family: int = -1, *arguments: int, **options: int) -> None:
            if family == socket.AF_INET6:
                raise OSError(errno.EAFNOSUPPORT, "Address family not supported by protocol")
            super().__init__(family, *arguments, **options)

    monkeypatch.setattr(socket, "socket", OfIPv4)


@pytest.mark.usefixtures("no_ipv6")
def test_without_ipv6_localhost_is_what_works() -> None:
    with listen(BOTH) as listener:
        assert [each.host for each in listener.addresses] == ["127.0.0.1"]
    with pytest.raises(ListenError, match=r"^::1 is not an address of this machine\.$"):
        open_listener("::1", 0)


def test_an_address_that_a_name_has_twice_is_one_address() -> None:
    with listen(["127.0.0.1", "127.0.0.1"]) as listener:
        assert len(listener.sockets) == 1


@pytest.mark.parametrize(
    ("host", "heard"),
    [("0.0.0.0", ["127.0.0.1"]), ("::", ["127.0.0.1", "::1"]), ("", ["127.0.0.1", "::1"])],
)
def test_a_host_that_means_every_network_is_heard_at_each(host: str, heard: list[str]) -> None:
    if "::1" in heard and not has_ipv6():
        pytest.skip("no IPv6 on this machine")
    with open_listener(host, 0) as listener:
        for address in heard:
            with Peer(address, listener.getsockname()[1]) as peer:
                _, port = peer.socket.getsockname()[:2]
                assert accepted(listener)[1] == port


def accepted(listener: Listener) -> tuple[str, int]:
    """The address to which the next client connected, and its own port."""
    found: list[tuple[str, int]] = []

    def has_come() -> bool:
        with contextlib.suppress(BlockingIOError):
            connection, peer = listener.accept()
            with connection:
                found.append((connection.getsockname()[0], peer[1]))
        return bool(found)

    wait_until(has_come, "a client comes")
    return found[0]


@several
def test_a_crowd_at_one_address_keeps_nobody_out_at_another(addresses: list[str]) -> None:
    with listen(addresses) as listener, contextlib.ExitStack() as everybody:
        port = listener.getsockname()[1]
        for address in [addresses[0]] * 5 + [addresses[1]] + [addresses[0]] * 5:
            everybody.enter_context(Peer(address, port))
        assert addresses[1] in [accepted(listener)[0] for _ in range(2)]


@several
def test_a_server_that_stops_listens_at_none_of_them(addresses: list[str]) -> None:
    listener = listen(addresses)
    port = listener.getsockname()[1]
    server = ThreadedServer(listener, lambda connection, address: None)
    server.stop()
    server.serve()
    assert server.drain(SECONDS)
    for address in addresses:
        with pytest.raises(ConnectionRefusedError):
            Peer(address, port)
