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
    local: tuple[IPv4Address | IPv6Address, int]
    remote_port: int
    state: int
    unread: int
    inode: str


def queue_of(server_port: int, client_port: int) -> Queue | None:
    """What waits in a connection that is still open; None where it is not known."""
    for row in _rows("tcp"):
        is_open = row.state in (_ESTABLISHED, _CLOSE_WAIT)
        if is_open and (row.local[1], row.remote_port) == (server_port, client_port):
            return Queue(is_accepted=row.inode != "0", unread_bytes=row.unread)
    return None


def listeners_of(pids: Iterable[int]) -> list[Listener]:
    """Where these processes wait for clients."""
    inodes = {inode for pid in pids for inode in _sockets(pid)}
    tcp = (row for row in _rows("tcp") if row.state == _LISTEN and row.inode in inodes)
    udp = (row for row in _rows("udp") if row.state == _UNCONNECTED and row.inode in inodes)
    found = [Listener(*row.local) for row in tcp]
    return found + [Listener(*row.local, is_udp=True) for row in udp if row.local[1]]


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
                yield _Row(
                    local=_place(local),
                    remote_port=_place(remote)[1],
                    state=int(state, 16),
                    unread=int(queues.partition(":")[2], 16),
                    inode=inode,
                )


def _place(text: str) -> tuple[IPv4Address | IPv6Address, int]:
    """An address is in hexadecimal, each 32 bits of it in the order of this machine's bytes."""
    digits, _, port = text.partition(":")
    words = [digits[at : at + 8] for at in range(0, len(digits), 8)]
    data = b"".join(int(word, 16).to_bytes(4, _ORDER) for word in words)
    address = ip_address(data)
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address, int(port, 16)
