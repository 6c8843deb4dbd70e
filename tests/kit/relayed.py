"""The relay between clients and a server of the check, and what such checks have in common."""

import contextlib
import os
import socket
import struct
import sys
import threading
from pathlib import Path

import pytest

from phase4.transport.contexts import client_context, server_context
from phase4.transport.tls_socket import TLSSocket
from shared.stream import Stream
from tests.kit.certificates import Authority
from tests.kit.harness import SECONDS, Server

WAYS = {  # who speaks TLS: client, server
    "plain": (False, False),
    "client": (True, False),
    "server": (False, True),
    "both": (True, True),
    "through": (True, True),  # and the relay ends it on neither side
}
Pair = tuple[Stream, Stream]

on_linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")


class Relayed(Server):
    """The relay in a process of its own, between clients and a server that are the test's."""

    def __init__(self, *arguments: str, host: str = "127.0.0.1") -> None:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self.upstream = socket.create_server((host, 0), family=family)
        self.upstream.settimeout(SECONDS)
        upstream_port = self.upstream.getsockname()[1]
        there = f"[{host}]:{upstream_port}" if ":" in host else f"{host}:{upstream_port}"
        self.sockets: list[socket.socket] = []  # those of the check that runs
        super().__init__("phase4.relay", "--host", host, "--upstream", there, *arguments)

    def client(self) -> socket.socket:
        """A new client of the relay's."""
        client = socket.create_connection((self.host, self.port), SECONDS)
        self.sockets.append(client)
        return client

    def pair(self) -> tuple[socket.socket, socket.socket]:
        """A client, and the connection that the server got for it."""
        client = self.client()
        server, _ = self.upstream.accept()
        server.settimeout(SECONDS)
        self.sockets.append(server)
        return client, server

    def close_sockets(self) -> None:
        """Close all connections of a test, and what the server has not accepted."""
        for each in self.sockets:
            each.close()
        self.sockets.clear()


class Certified:
    """An authority, and one certificate for all that listens here."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.authority = Authority(directory)
        self.ca = self.authority.file
        self.file = self.authority.certificate()

    def wrap_client(self, connection: socket.socket) -> TLSSocket:
        """A client's end, before its handshake."""
        connection.settimeout(SECONDS)
        return TLSSocket(connection, client_context(self.ca), server_hostname="127.0.0.1")

    def wrap_server(self, connection: socket.socket) -> TLSSocket:
        """A server's end, before its handshake."""
        connection.settimeout(SECONDS)
        return TLSSocket(connection, server_context(self.file), server_side=True)


class PlacedRelay(Relayed):
    """A relay that is placed in one of the five ways, with ends that speak TLS or not."""

    def __init__(
        self, certified: Certified, way: str, *arguments: str, host: str = "127.0.0.1"
    ) -> None:
        self.certified = certified
        self.way = way
        self.raw: tuple[socket.socket, socket.socket]  # the sockets below the last pair
        ending = {
            "client": ("--tls-cert", str(certified.file)),
            "server": ("--upstream-tls", "--ca", str(certified.ca)),
            "plain": (),
            "through": (),
        }
        ending["both"] = (*ending["client"], *ending["server"])
        super().__init__(*ending[way], *arguments, host=host)

    def streams(self) -> Pair:
        """A client, and the server's end of its connection; both have agreed on TLS."""
        by_tls = WAYS[self.way]
        raw = self.client()
        client: Stream = raw
        shaking = threading.Thread()
        if by_tls[0]:
            client = secured = self.certified.wrap_client(raw)
            # In a thread: where TLS passes through, it is our own server that answers.
            shaking = threading.Thread(target=secured.do_handshake)
        shaking.start()
        accepted, _ = self.upstream.accept()
        accepted.settimeout(SECONDS)
        self.sockets.append(accepted)
        server: Stream = accepted
        if by_tls[1]:
            server = answering = self.certified.wrap_server(accepted)
            answering.do_handshake()
        shaking.join(SECONDS)
        self.raw = (raw, accepted)
        return client, server


def receive(connection: Stream, size: int) -> bytes:
    """Exactly `size` bytes."""
    data = b""
    while len(data) < size:
        piece = connection.recv(size - len(data))
        assert piece, f"the stream ended after {data!r}"
        data += piece
    return data


def receive_all(connection: Stream) -> bytes:
    """Everything up to the end of the stream; a reset fails."""
    pieces = []
    while piece := connection.recv(1 << 16):
        pieces.append(piece)
    return b"".join(pieces)


def reset(connection: Stream) -> None:
    """Close with a reset, as a program that crashes with unread input does."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def send_until_blocked(connection: Stream, data: bytes) -> int:
    """Send until nothing more is taken; how many bytes were."""
    connection.settimeout(0.3)
    taken = 0
    with contextlib.suppress(TimeoutError):
        while taken < len(data):
            taken += connection.send(data[taken : taken + (1 << 16)])
    connection.settimeout(SECONDS)
    return taken


FROM_EITHER = pytest.mark.parametrize("sender", [0, 1], ids=["from client", "from server"])


def memory_of(relay: Relayed) -> int:
    """Bytes of memory that the relay uses, where the system tells."""
    status = Path(f"/proc/{relay.process.pid}/status")
    if not status.exists():
        return 0
    line = next(each for each in status.read_text().splitlines() if each.startswith("VmRSS"))
    return int(line.split()[1]) * 1024


def threads_and_descriptors(relay: Relayed) -> tuple[int, int]:
    """How many of each the relay has."""
    process = f"/proc/{relay.process.pid}"
    return len(os.listdir(f"{process}/task")), len(os.listdir(f"{process}/fd"))
