"""The relay between clients and a server of the check, and what such checks have in common."""

import contextlib
import os
import socket
import struct
import sys
from pathlib import Path

import pytest

from shared.stream import Stream
from tests.kit.harness import SECONDS, Server

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
