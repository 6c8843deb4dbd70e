"""How many bytes of a connection the kernel holds: sent by one side, and not yet read by the other.

Linux tells it of any TCP socket of this machine, by its two addresses (sock_diag(7)). To read it in
/proc/net/tcp would do as well, but that lists all sockets, and thousands take 30 ms.
"""

import socket
import struct

_SOCK_DIAG = 4  # netlink family, linux/netlink.h
_BY_FAMILY = 20  # message, linux/sock_diag.h
_REQUEST = 1  # flag, linux/netlink.h
_ALL_STATES = 0xFFFFFFFF
_ANY_COOKIE = b"\xff" * 8

_HEADER = struct.Struct("=IHHII")  # struct nlmsghdr
_QUESTION = struct.Struct("=BBBBI")  # struct inet_diag_req_v2, to its states
_SOCKET = struct.Struct("!HH16s16s")  # struct inet_diag_sockid, to its addresses
_ANSWER = struct.Struct("=4B48sIII")  # struct inet_diag_msg, to its queues

Address = tuple[str, int]


def held_by_kernel(sender: Address, reader: Address) -> int | None:
    """The bytes from `sender` to `reader` that are in their sockets; None where nobody tells.

    Both are IPv4 addresses of this machine.
    """
    if not hasattr(socket, "AF_NETLINK"):
        return None
    queues = [_queues(sender, reader), _queues(reader, sender)]
    if None in queues:
        return None
    (_, unsent), (unread, _) = (each or (0, 0) for each in queues)
    return unsent + unread


def _queues(local: Address, remote: Address) -> tuple[int, int] | None:
    """What the socket has received and nobody read, and what it has sent and nobody confirmed."""
    addresses = [socket.inet_aton(host).ljust(16, b"\0") for host, _ in (local, remote)]
    identity = _SOCKET.pack(local[1], remote[1], *addresses) + bytes(4) + _ANY_COOKIE
    question = _QUESTION.pack(socket.AF_INET, socket.IPPROTO_TCP, 0, 0, _ALL_STATES) + identity
    header = _HEADER.pack(_HEADER.size + len(question), _BY_FAMILY, _REQUEST, 1, 0)
    try:
        with socket.socket(socket.AF_NETLINK, socket.SOCK_DGRAM, _SOCK_DIAG) as kernel:
            kernel.settimeout(1.0)
            kernel.sendto(header + question, (0, 0))
            answer = kernel.recv(4096)
    except OSError:  # a sandbox, or a kernel without it
        return None
    if _HEADER.unpack_from(answer)[1] != _BY_FAMILY:
        return None  # an error: there is no such socket
    *_, unread, unsent = _ANSWER.unpack_from(answer, _HEADER.size)
    return unread, unsent
