r"""A relay: clients connect here, and it talks to the server for them.

Run it: python -m phase4.relay (it listens on port 23456 and forwards to 127.0.0.1:12345)

New here: a program that is server and client at once. It hands on bytes and need not look into
them, so it works for the servers of every phase, and for any other TCP protocol. Firewalls, load
balancers and tunnels are relays with more to them.

Note where this program stands: in the middle, where it can read and alter everything that people
say, private messages too. `--trace` prints all that passes, `--trace-diagram FILE` draws it
(trace.py), and `--replace OLD NEW` alters it. Where client and server speak TLS with one another,
there is nothing to see but encrypted bytes, and who alters one ends the connection.

Unless it is itself one of the two ends of TLS, as the proxies are that people put before a server.
Where there is TLS (===), and what the relay is told to that end:

    client ---- relay ---- server      nothing: it passes on what comes
    client =====(relay)=== server      nothing, as well: TLS passes through, and the relay is blind
    client ==== relay ---- server      --tls-cert FILE: TLS ends here; best beside the server
    client ---- relay ==== server      --upstream-tls: TLS begins here
    client ==== relay ==== server      both: encrypted on the way, and the relay reads everything

To the server everybody comes from the relay's address. `--send-proxy` tells it whom the relay
speaks for, and `--trusted-proxy ADDRESS` takes that from a proxy before us (proxy_protocol.py).
What comes first on the two sides is in relay_sides.py.

The listener, the accept loop and the thread for each connection come from shared/.

Who owns what: a connection's own thread carries what the client says to the server, and starts one
more thread for what the server says to the client. It joins that thread, and it alone closes both
sockets, when both directions have ended. So two threads use each stream at once: one receives, the
other sends. A socket can bear that, and so can a TLSSocket (tls.py); an ssl.SSLSocket could not.
"""

import argparse
import contextlib
import os
import socket
import ssl
import struct
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from phase4.client.trust import add_trust_arguments, default_known_hosts, trust_of, why_lost
from phase4.console import Console
from phase4.proxy_protocol import NoHeader, TrustedProxies, proxy_network
from phase4.relay_sides import ClientSide, ServerSide, TurnedAway
from phase4.server_options import add_certificate_arguments
from phase4.tls import (
    CutOff,
    TLSError,
    TLSSocket,
    client_context,
    fingerprint_of_file,
    server_context,
)
from phase4.trace import TO_CLIENT, TO_SERVER, ConnectionTrace, Trace
from shared.arguments import add_listen_arguments, host_and_port, positive_number
from shared.defaults import CHAT_PORT, DRAIN_SECONDS, HOST, MAX_CLIENTS, RECV_BYTES, RELAY_PORT
from shared.framing import encode_line
from shared.goodbye import say_goodbye, shut_down
from shared.listener import ListenError, address_text, open_listener, tune_connection
from shared.stream import Stream
from shared.threaded_server import ThreadedServer, on_stop_signals, raise_descriptor_limit

Replacements = Sequence[tuple[bytes, bytes]]
"""What the one in the middle alters: all that is the first of a pair becomes the second."""

# What wakes a recv() and tells the peer nothing. On Windows only a full shutdown surely wakes it.
_STOP_READING = socket.SHUT_RDWR if sys.platform == "win32" else socket.SHUT_RD


# The last is for a peer whom TLSSocket gives up; of a socket's own accord only Windows knows it.
_BY_TLS = (CutOff, ssl.SSLError, ConnectionAbortedError)


@dataclass
class Loss:
    """What the two directions of a connection tell each other: whether one of them was lost.

    Either thread sets it, once and before it wakes the other; so no lock.
    """

    has_happened: bool = False
    why: str = ""  # where TLS can tell


class Direction:
    """One of the two ways through a connection: from `source` to `sink`, in one thread."""

    def __init__(
        self,
        source: Stream,
        sink: Stream,
        name: str,
        trace: ConnectionTrace,
        loss: Loss,
        replacements: Replacements = (),
    ) -> None:
        self._source = source
        self._sink = sink
        self._name = name
        self._trace = trace
        self._loss = loss
        self._replacements = replacements
        self.bytes = 0  # handed on; written by the one thread that is in run()

    def run(self) -> None:
        """Hand on bytes until the source ends or one of the two is lost.

        This loop is backpressure. While a slow sink blocks sendall(), nothing is received: the
        source's kernel buffer here fills, TCP advertises a window of 0, and the source's own
        send() blocks. The slow side slows the other down, and all that we ever hold is `data`
        and the kernel's two buffers (over TLS one record more), however much one side wants to
        send.
        """
        try:
            while data := self._source.recv(RECV_BYTES):
                self._trace.carried(self._name, data)
                data = self._altered(data)
                self._sink.sendall(data)
                self.bytes += len(data)
            if not self._loss.has_happened:  # else this is the end that the other direction made
                self._pass_on_the_end()
        except BrokenPipeError:
            pass  # the sink had ended, and takes no more; what it said before is still handed on
        except OSError as error:
            self._lose(error)

    def _altered(self, data: bytes) -> bytes:
        """With the replacements; each in what came in one piece.

        A word whose halves came in two pieces is not found. To find it, we would have to hold back
        the first half, and a person would wait for it who has said nothing wrong.
        """
        before = data
        for old, new in self._replacements:
            data = data.replace(old, new)
        if data != before:
            self._trace.altered(self._name, data)
        return data

    def _pass_on_the_end(self) -> None:
        """The source has ended its direction and may still be listening (a half-close).

        Tell the sink just that; what it has to say goes the other way, in the other thread.
        """
        self._trace.ended(self._name)
        with contextlib.suppress(OSError):  # the sink is gone; whoever reads from it will see
            self._sink.shutdown(socket.SHUT_WR)

    def _lose(self, error: OSError) -> None:
        """Something was lost, and may be missing at the end: neither side gets an orderly end."""
        if self._loss.has_happened:
            return
        is_by_tls = isinstance(error, _BY_TLS)
        self._loss.why = why_lost(error) if is_by_tls else ""
        self._loss.has_happened = True
        self._trace.was_lost(self._name, "cut off" if is_by_tls else "RST")
        _stop_reading(self._sink)  # wakes the other direction, which reads there
        if is_by_tls:  # then TCP still stands, and the other direction may be sending there
            _stop_reading(self._source)


def _stop_reading(stream: Stream) -> None:
    """Wake whoever waits for this stream, before it is reset. An orderly end it must not get."""
    with contextlib.suppress(OSError):
        if isinstance(stream, TLSSocket):
            stream.abort()
        else:
            stream.shutdown(_STOP_READING)


class Relay:
    """Connects each client to the server. `report` is told who comes and goes, `trace` the rest."""

    def __init__(
        self,
        upstream: tuple[str, int] | ServerSide,
        report: Callable[[str], None],
        trace: Trace | None = None,
        *,
        clients: ClientSide | None = None,
        replacements: Replacements = (),
    ) -> None:
        self._server_side = upstream if isinstance(upstream, ServerSide) else ServerSide(upstream)
        self._client_side = clients or ClientSide()
        self._report = report
        self._trace = trace or Trace()
        self._replacements = replacements
        self._lock = threading.Lock()
        self._is_stopping = False  # under _lock
        # The threads that carry what a server says, each with the two streams; under _lock.
        self._answering: dict[threading.Thread, tuple[Stream, Stream]] = {}

    def serve(self, connection: socket.socket, address: str) -> None:
        """Serve one client to the end; the handler of a ThreadedServer, in the client's thread.

        All that waits for a peer is here, and not where clients are accepted: a client that does
        not speak, a server that does not answer, hold up this client alone.
        """
        client: Stream = connection
        try:
            address = self._client_side.address(connection, address)
            client = self._client_side.secure(connection)
            server = self._server_side.open(address, connection.getsockname())
        except NoHeader:
            return  # a proxy's health check, many times a minute
        except TurnedAway as why:
            self._report(f"{address} was turned away: {why}")
            say_goodbye(client, encode_line(why.last_words) if why.last_words else b"")
            return
        with contextlib.closing(server):
            tune_connection(connection)
            self._carry(client, server, address)

    def _carry(self, client: Stream, server: Stream, address: str) -> None:
        """Carry both directions; return when both have ended and the sockets may be closed."""
        trace = self._trace.connection(address)
        loss = Loss()
        questions = Direction(client, server, TO_SERVER, trace, loss, self._replacements)
        answers = Direction(server, client, TO_CLIENT, trace, loss, self._replacements)
        thread = threading.Thread(target=answers.run, name=f"to {address}", daemon=True)
        if not self._start(thread, client, server):
            say_goodbye(client, encode_line("! The relay takes nobody now; try again later."))
            return
        self._report(f"{address} connected{_by_tls(client, server)}")
        questions.run()
        thread.join()
        with self._lock:
            del self._answering[thread]
        for end in (client, server):
            if loss.has_happened:
                reset(end)
            else:
                say_goodbye(end)  # close() alone would lose what was sent last, if input is unread
        self._draw(trace)
        how = "was cut off" if loss.has_happened else "closed"
        why = f" ({loss.why})" if loss.why else ""
        self._report(
            f"{address} {how}{why}: "
            f"{questions.bytes} bytes to the server, {answers.bytes} bytes back"
        )

    def _draw(self, trace: ConnectionTrace) -> None:
        try:
            trace.closed()
        except OSError as error:
            self._report(f"The diagram cannot be written ({error.strerror}).")

    def _start(self, thread: threading.Thread, client: Stream, server: Stream) -> bool:
        with self._lock:  # so that drain() sees the thread, or we see that it was called
            if self._is_stopping:
                return False
            try:
                thread.start()
            except RuntimeError:  # the system has no room for one more
                return False
            self._answering[thread] = (client, server)
        return True

    def drain(self, clients: ThreadedServer, seconds: float = DRAIN_SECONDS) -> bool:
        """End every connection, within `seconds` or little more; whether all threads have ended.

        First the servers' sides, so that what the servers have said still reaches the clients; then
        the clients' sides, also of those who do not read. Both are needed: a direction may be
        waiting for either of its sockets.
        """
        deadline = time.monotonic() + seconds / 2
        with self._lock:
            self._is_stopping = True
            answering = dict(self._answering)
        for _, server in answering.values():
            shut_down(server)
        for thread in answering:
            thread.join(max(0.0, deadline - time.monotonic()))
        for client, _ in answering.values():
            shut_down(client)  # `clients` knows the sockets alone, and would not say TLS's goodbye
        return clients.drain(seconds)


def _by_tls(client: Stream, server: Stream) -> str:
    """Who speaks TLS with us, for the report; nothing where nobody does."""
    versions = [
        (each.version, whom)
        for each, whom in ((client, "client"), (server, "server"))
        if isinstance(each, TLSSocket)
    ]
    shown = ", ".join(f"{version} with the {whom}" for version, whom in versions)
    return f" ({shown})" if shown else ""


def reset(connection: Stream) -> None:
    """Close with a reset (RST) instead of an orderly end (FIN), so that the peer knows: a stream
    that was cut short must not look complete.
    """
    with contextlib.suppress(OSError):
        # To linger for 0 seconds is to throw away what is unsent and send RST (socket(7)).
        connection.setsockopt(
            socket.SOL_SOCKET,
            socket.SO_LINGER,
            struct.pack("hh" if sys.platform == "win32" else "ii", 1, 0),
        )
    connection.close()


def main(arguments: list[str] | None = None) -> int:
    """Relay until Ctrl-C or SIGTERM; the exit status."""
    options = _parse(arguments)
    raise_descriptor_limit()  # each client costs two
    # The console drops lines that nobody reads. print() would wait, in the thread of a client.
    console = Console()
    try:
        with contextlib.ExitStack() as on_failure:
            listener = open_listener(options.host, options.port)
            on_failure.enter_context(listener)
            client_side, server_side = _sides(options, console.print)
            introduction = _introduction(options, str(listener))
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
        max_connections=options.max_clients,
        full="" if options.tls_cert else "! The relay is full; try again later.",
        report=console.print,
    )
    on_stop_signals(server.stop)
    for line in introduction:
        console.print(line)
    server.serve()
    relay.drain(server)
    console.print("Stopped.")
    console.close()
    return 0


class _CannotWrite(Exception):
    """A file cannot be written; the text is a sentence for whoever started us."""


def _trace(options: argparse.Namespace, show: Callable[[str], None]) -> Trace:
    """Raises _CannotWrite."""
    where = options.trace_diagram
    try:
        return Trace(show if options.trace else None, where)
    except OSError as error:
        raise _CannotWrite(f"{where} cannot be written ({error.strerror})") from error


def _sides(
    options: argparse.Namespace, report: Callable[[str], None]
) -> tuple[ClientSide, ServerSide]:
    """The two sides, with all files read that they need. Raises TLSError."""
    tls = server_context(options.tls_cert, options.tls_key) if options.tls_cert else None
    trust = trust_of(options)
    if trust is not None:
        client_context(trust.ca)  # a file that is no good is known now, and not by the first client
        if trust.ca is None and trust.known_hosts is None:
            default_known_hosts()
    return (
        ClientSide(tls, TrustedProxies(options.trusted_proxy)),
        ServerSide(options.upstream, trust, send_proxy=options.send_proxy, report=report),
    )


def _introduction(options: argparse.Namespace, here: str) -> list[str]:
    """What to say at the start. Raises TLSError."""
    there = address_text(options.upstream)
    by_tls = " with TLS"
    lines = [
        f"Listening on {here}{by_tls if options.tls_cert else ''}, "
        f"forwarding to {there}{by_tls if trust_of(options) else ''}"
    ]
    if options.tls_cert:
        lines.append(f"Fingerprint SHA256 {fingerprint_of_file(options.tls_cert)}")
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
        type=host_and_port,
        default=(HOST, CHAT_PORT),
        metavar="HOST:PORT",
        help=f"the server to forward to (default {HOST}:{CHAT_PORT})",
    )
    parser.add_argument(
        "--max-clients",
        type=positive_number,
        default=MAX_CLIENTS,
        help="clients at a time (default %(default)s)",
    )
    parser.add_argument("--quiet", action="store_true", help="do not show who comes and goes")
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
        help="who connects from here is a proxy, and tells whose connection it is by the PROXY "
        "protocol; also a network, as 10.0.0.0/8; again for more (default: nobody)",
    )


def _add_arguments_of_the_middle(parser: argparse.ArgumentParser) -> None:
    """What one in the middle can do."""
    parser.add_argument("--trace", action="store_true", help="show all bytes that pass")
    parser.add_argument(
        "--trace-diagram",
        type=Path,
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
        "middle can do; a word that TCP cuts in two is missed); again for more",
    )


if __name__ == "__main__":
    sys.exit(main())
