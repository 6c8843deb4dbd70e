"""What the command lines of all programs have in common: ports, and HOST:PORT."""

import argparse


def port_number(text: str) -> int:
    """A TCP port, 0 to 65535; 0 lets the system choose. For argparse's `type`."""
    try:
        port = int(text)
    except ValueError:
        port = -1
    if not 0 <= port <= 65535:
        raise argparse.ArgumentTypeError(f"{text!r} is no port; a port is a number up to 65535")
    return port


def positive_number(text: str) -> int:
    """A whole number over 0. For argparse's `type`."""
    if not (text.isascii() and text.isdecimal() and int(text) > 0):
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number over 0")
    return int(text)


def host_and_port(text: str) -> tuple[str, int]:
    """HOST:PORT, and [HOST]:PORT for IPv6. For argparse's `type`.

    >>> host_and_port("[::1]:12345")
    ('::1', 12345)
    """
    host, colon, port = text.rpartition(":")
    if not colon or not host:
        raise argparse.ArgumentTypeError(f"{text!r} is not HOST:PORT, as in 127.0.0.1:12345")
    return host.removeprefix("[").removesuffix("]"), port_number(port)


def add_listen_arguments(parser: argparse.ArgumentParser, host: str, port: int) -> None:
    """--host and --port of a server."""
    parser.add_argument(
        "--host",
        default=host,
        help="address to listen on, or a name for all its addresses on this machine (default "
        "%(default)s: only this machine; 0.0.0.0: all networks)",
    )
    parser.add_argument(
        "--port",
        type=port_number,
        default=port,
        help="port to listen on (default %(default)s; 0: any free one)",
    )


def add_connect_arguments(parser: argparse.ArgumentParser, host: str, port: int) -> None:
    """--host and --port of a client."""
    parser.add_argument("--host", default=host, help="the server's address (default %(default)s)")
    parser.add_argument(
        "--port", type=port_number, default=port, help="the server's port (default %(default)s)"
    )
