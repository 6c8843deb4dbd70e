"""The options about TLS, for every program that has them."""

import argparse
from typing import TYPE_CHECKING

from shared.arguments import file_path

if TYPE_CHECKING:
    from phase4.transport.trusting import Trust


def add_trust_arguments(parser: argparse.ArgumentParser, flag: str = "--tls") -> None:
    """--tls, --ca and --known-hosts of a program that connects to a server; see `trust_of`."""
    parser.add_argument(
        flag,
        dest="tls",
        action="store_true",
        help="speak TLS with the server: nobody on the way can read or alter what is said, once "
        "you know that it is the right server",
    )
    parser.add_argument(
        "--ca",
        type=file_path,
        metavar="FILE",
        help=f"implies {flag}: the server's certificate must be signed by one in this file (PEM), "
        "or be in it, and be for the host",
    )
    parser.add_argument(
        "--known-hosts",
        type=file_path,
        metavar="FILE",
        help=f"implies {flag}: without --ca, where to remember the certificate that a server shows "
        "the first time; another one is refused (default: in your settings)",
    )


def trust_of(options: argparse.Namespace) -> "Trust | None":
    """What was asked for on the command line; None: no TLS."""
    if not (options.tls or options.ca or options.known_hosts):
        return None
    from phase4.transport.trusting import Trust

    return Trust(options.ca, options.known_hosts)


def add_certificate_arguments(parser: argparse.ArgumentParser) -> None:
    """--tls-cert and --tls-key, for all that speaks TLS to clients."""
    add = parser.add_argument
    add(
        "--tls-cert",
        type=file_path,
        metavar="FILE",
        help="speak TLS, with this certificate (PEM; python -m phase4.certificate makes one)",
    )
    add(
        "--tls-key",
        type=file_path,
        metavar="FILE",
        help="its key (PEM; default: it is in the certificate's file)",
    )
