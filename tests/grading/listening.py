"""What the system tells of a server's sockets, where it has /proc (Linux): ports and queues.

Elsewhere nothing is known, and nothing is said.
"""

import contextlib
import os
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address
from pathlib import Path

_ESTABLISHED, _CLOSE_WAIT, _LISTEN = 1, 8, 10  # include/net/tcp_states.h
_UNCONNECTED = 7  # of a UDP socket that waits for anybody
_NET = Path("/proc/net")
_ORDER = sys.byteorder


@dataclass(frozen=True)
class Queue:
    """The server's end of a connection."""

    is_accepted: bool
    unread_bytes: int


@dataclass(frozen=True)
class Listener:
    """A socket that waits for clients."""

    address: IPv4Address | IPv6Address
    port: int
    is_udp: bool = False

    def is_reached_by(self, address: str) -> bool:
        """Whether a client that connects to this IPv4 address finds it."""
        return self.address.is_unspecified or self.address == ip_address(address)

    def __str__(self) -> str:
        place = "any address" if self.address.is_unspecified else str(self.address)
        return f"{'UDP port' if self.is_udp else 'port'} {self.port} of {place}"


@dataclass(frozen=True)
class _Row:
    """A socket; its addresses are as the system writes them: there may be thousands of rows."""

    local: str
    remote: str
    state: int
    unread: int
    inode: str


def queues_of(server_port: int) -> dict[int, Queue]:
    """What waits in each connection of a server that is still open, by its client's port.

    Nothing where it is not known.
    """
    port = f":{server_port:04X}"
    return {
        int(row.remote.rpartition(":")[2], 16): Queue(row.inode != "0", row.unread)
        for row in _rows("tcp")
        if row.local.endswith(port) and row.state in (_ESTABLISHED, _CLOSE_WAIT)
    }


def listeners_of(pids: Iterable[int]) -> list[Listener]:
    """Where these processes wait for clients."""
    inodes = {inode for pid in pids for inode in _sockets(pid)}
    tcp = (row for row in _rows("tcp") if row.state == _LISTEN and row.inode in inodes)
    udp = (row for row in _rows("udp") if row.state == _UNCONNECTED and row.inode in inodes)
    found = [Listener(*_place(row.local)) for row in tcp]
    bound = [Listener(*_place(row.local), is_udp=True) for row in udp]
    return found + [each for each in bound if each.port]


def _sockets(pid: int) -> Iterator[str]:
    with contextlib.suppress(OSError):  # it has ended
        for each in Path(f"/proc/{pid}/fd").iterdir():
            with contextlib.suppress(OSError):
                kind, _, inode = os.readlink(each).partition(":")
                if kind == "socket":
                    yield inode.strip("[]")


def _rows(protocol: str) -> Iterator[_Row]:
    """The sockets of this machine (proc(5), /proc/net/tcp)."""
    for name in (protocol, protocol + "6"):
        with contextlib.suppress(OSError, ValueError, IndexError):  # not on this system
            for line in (_NET / name).read_text().splitlines()[1:]:
                _, local, remote, state, queues, _, _, _, _, inode, *_ = line.split()
                unread = int(queues.partition(":")[2], 16)
                yield _Row(local, remote, int(state, 16), unread, inode)


def _place(text: str) -> tuple[IPv4Address | IPv6Address, int]:
    """An address is in hexadecimal, each 32 bits of it in the order of this machine's bytes."""
    digits, _, port = text.partition(":")
    words = [digits[at : at + 8] for at in range(0, len(digits), 8)]
    data = b"".join(int(word, 16).to_bytes(4, _ORDER) for word in words)
    address = ip_address(data)
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address, int(port, 16)
