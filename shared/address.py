"""HOST:PORT, as people write it and as the system gives it."""

import argparse
from typing import Any


def address_text(address: Any) -> str:
    """`127.0.0.1:12345` or `[::1]:12345`, from what getsockname() and accept() give.

    >>> address_text(("127.0.0.1", 12345))
    '127.0.0.1:12345'
    >>> address_text(("::1", 12345, 0, 0))
    '[::1]:12345'
    >>> address_text(("::ffff:127.0.0.1", 12345, 0, 0))
    '127.0.0.1:12345'
    """
    host, port = address[:2]
    host = host.removeprefix("::ffff:") if "." in host else host  # IPv4, to a socket of IPv6
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def port_number(text: str) -> int:
    """A TCP port, 0 to 65535; 0 lets the system choose. For argparse's `type`."""
    try:
        port = int(text)
    except ValueError:
        port = -1
    if not 0 <= port <= 65535:
        raise argparse.ArgumentTypeError(f"{text!r} is no port; a port is a number up to 65535")
    return port


def host_and_port(text: str) -> tuple[str, int]:
    """HOST:PORT, and [HOST]:PORT for IPv6. For argparse's `type`.

    >>> host_and_port("[::1]:12345")
    ('::1', 12345)
    """
    host, colon, port = text.rpartition(":")
    if not colon or not host:
        raise argparse.ArgumentTypeError(f"{text!r} is not HOST:PORT, as in 127.0.0.1:12345")
    return host.removeprefix("[").removesuffix("]"), port_number(port)
