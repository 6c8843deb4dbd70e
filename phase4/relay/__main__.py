"""The command line of the relay: python -m phase4.relay"""

import argparse
import contextlib
import os
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

from phase4.relay.relay import Relay
from phase4.relay.sides import ClientSide, ServerSide
from phase4.relay.trace import Trace
from phase4.transport.arguments import add_certificate_arguments, add_trust_arguments, trust_of
from phase4.transport.errors import TLSError
from phase4.transport.fingerprints import in_groups
from phase4.transport.proxy_protocol import TrustedProxies, proxy_network
from phase4.transport.signals import on_renew_signal
from shared.address import Address
from shared.arguments import add_listen_arguments, file_path, positive_number
from shared.console import Console
from shared.defaults import CHAT_PORT, HOST, MAX_CLIENTS, RELAY_PORT
from shared.framing import encode_line
from shared.listener import ListenError, open_listener
from shared.networks import told_to_others
from shared.stopping import on_stop_signals, raise_descriptor_limit
from shared.threaded_server import Bound, ThreadedServer

if TYPE_CHECKING:  # with OpenSSL, which a relay without TLS does not load
    from phase4.transport.renewal import Renewal


def main(arguments: list[str] | None = None) -> int:
    """Relay until Ctrl-C, SIGTERM or SIGHUP; the exit status."""
    options = _parse(arguments)
    raise_descriptor_limit()  # each client costs two
    # The console drops lines that nobody reads. print() would wait, in the thread of a client.
    console = Console()
    try:
        with contextlib.ExitStack() as on_failure:
            listener = open_listener(options.host, options.port)
            on_failure.enter_context(listener)
            client_side = ClientSide(None, TrustedProxies(options.trusted_proxy))
            renewal = _load_certificate(options, client_side, console.print)
            server_side = _server_side(options, console.print)
            introduction = _introduction(options, str(listener), client_side.fingerprint)
            trace = _trace(options, console.print)
            on_failure.pop_all()
    except (ListenError, TLSError, _CannotWrite) as error:
        print(f"phase4.relay: {error}", file=sys.stderr)
        return 2
    relay = Relay(
        server_side,
        (lambda text: None) if options.quiet else console.print,
        trace,
        clients=client_side,
        replacements=[(os.fsencode(old), os.fsencode(new)) for old, new in options.replace],
    )
    server = ThreadedServer(
        listener,
        relay.serve,
        bound=Bound(options.max_clients),
        full=b"" if options.tls_cert else encode_line("! The relay is full; try again later."),
        report=console.print,
        each_turn=renewal.look if renewal else lambda: None,
    )
    on_stop_signals(server.stop)
    on_renew_signal(renewal.ask if renewal else lambda: None)
    for line in introduction:
        console.print(line)
    status = _serve(server, console.print)
    relay.drain(server)
    console.print("Stopped.")
    console.close()
    return status


def _serve(server: ThreadedServer, report: Callable[[str], None]) -> int:
    """Accept clients until the stop; the exit status."""
    try:
        server.serve()
    except BaseException as error:  # noqa: BLE001 - the outermost frame: it must be known
        report(f"A fault in this program stopped the relay: {error!r}")
        return 1
    return 0


class _CannotWrite(Exception):
    """A file cannot be written; the text is a sentence for the person who started us."""


def _trace(options: argparse.Namespace, show: Callable[[str], None]) -> Trace:
    """Raises _CannotWrite."""
    where = options.trace_diagram
    try:
        return Trace(show if options.trace else None, where)
    except OSError as error:
        raise _CannotWrite(f"{where} cannot be written ({error.strerror})") from error


def _load_certificate(
    options: argparse.Namespace, client_side: ClientSide, report: Callable[[str], None]
) -> "Renewal | None":
    """Have the clients' side speak TLS, where that was asked for. Raises TLSError."""
    if options.tls_cert is None:
        return None
    import phase4.transport.handshake  # noqa: F401 - now, and not while a newcomer waits
    from phase4.transport.renewal import Renewal

    renewal = Renewal(options.tls_cert, options.tls_key, client_side.use, report)
    renewal.load()
    return renewal


def _server_side(options: argparse.Namespace, report: Callable[[str], None]) -> ServerSide:
    """The server's side, with all files read that it needs. Raises TLSError."""
    trust = trust_of(options)
    if trust is not None:
        from phase4.transport.contexts import client_context
        from phase4.transport.trust import default_known_hosts

        client_context(trust.ca)  # what is wrong with the file is said now, not to the first client
        if trust.ca is None and trust.known_hosts is None:
            default_known_hosts()
    return ServerSide(options.upstream, trust, send_proxy=options.send_proxy, report=report)


def _introduction(options: argparse.Namespace, here: str, fingerprint: str) -> list[str]:
    """What to say at the start."""
    by_tls = " with TLS"
    lines = [
        f"Listening on {here}{by_tls if options.tls_cert else ''}, "
        f"forwarding to {options.upstream}{by_tls if trust_of(options) else ''}"
    ]
    if fingerprint:
        lines += ["Fingerprint SHA256", *(f"  {each}" for each in in_groups(fingerprint))]
    lines += told_to_others(
        options.host,
        "Other machines connect to {}.",
        "Other machines connect to it in a network that both are in:",
    )
    lines += [
        f"ALTERING what people say, both ways: {old!r} becomes {new!r}"
        for old, new in options.replace
    ]
    return lines


def _parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m phase4.relay", description="A relay for TCP, with TLS or without."
    )
    add_listen_arguments(parser, HOST, RELAY_PORT)
    parser.add_argument(
        "--upstream",
        type=Address.parse,
        default=Address(HOST, CHAT_PORT),
        metavar="HOST:PORT",
        help=f"the server to forward to (default {HOST}:{CHAT_PORT})",
    )
    parser.add_argument(
        "--max-clients",
        type=positive_number,
        default=MAX_CLIENTS,
        help="clients at a time (default %(default)s)",
    )
    parser.add_argument(
        "--quiet", action="store_true", help="do not show which clients come and go"
    )
    add_certificate_arguments(parser)
    add_trust_arguments(parser, "--upstream-tls")
    _add_proxy_arguments(parser)
    _add_arguments_of_the_middle(parser)
    options = parser.parse_args(arguments)
    if options.tls_key and not options.tls_cert:
        parser.error("--tls-key needs --tls-cert")
    if any(not old for old, _ in options.replace):
        parser.error("--replace: OLD must not be empty")
    return options


def _add_proxy_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--send-proxy",
        action="store_true",
        help="tell the server each client's address (PROXY protocol, version 1); the server needs "
        "--trusted-proxy with our address",
    )
    parser.add_argument(
        "--trusted-proxy",
        type=proxy_network,
        action="append",
        default=[],
        metavar="ADDRESS",
        help="a proxy that connects from here, and tells by the PROXY protocol whose connection it "
        "is; also a network, as in 10.0.0.0/8; repeat it for more (default: nobody)",
    )


def _add_arguments_of_the_middle(parser: argparse.ArgumentParser) -> None:
    """What one in the middle can do."""
    parser.add_argument("--trace", action="store_true", help="show all bytes that pass")
    parser.add_argument(
        "--trace-diagram",
        type=file_path,
        metavar="FILE",
        help="draw what passes as a sequence diagram (Mermaid, as Markdown pages show it)",
    )
    parser.add_argument(
        "--replace",
        nargs=2,
        action="append",
        default=[],
        metavar=("OLD", "NEW"),
        help="alter what passes, both ways, where it is not encrypted (a lesson: what one in the "
        "middle can do; a word that TCP cuts in two is missed); repeat it for more",
    )


if __name__ == "__main__":
    sys.exit(main())
