"""A TCP relay: clients connect here, and it talks to the server for them.

Run it: python -m phase4.relay (it listens on port 23456 and forwards to 127.0.0.1:12345)

New here: a program that is server and client at once. It hands on bytes and never looks into them,
so it works for the servers of every phase, and for any other TCP protocol. Firewalls, load
balancers and tunnels are relays with more to them. Note where this program stands: in the middle,
where it could read and alter everything that people say, private messages too. Only encryption
from end to end keeps a relay honest. The server in turn sees the relay's address for everybody
(the PROXY protocol, in HAProxy's specification, is how a relay tells whom it speaks for).

`--trace` prints all that passes, and `--trace-diagram FILE` draws it (trace.py).

The listener, the accept loop and the thread for each connection come from shared/.

Who owns what: a connection's own thread carries what the client says to the server, and starts one
more thread for what the server says to the client. It joins that thread, and it alone closes both
sockets, when both directions have ended.
"""

import argparse
import contextlib
import socket
import struct
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

from phase4.console import Console
from phase4.trace import TO_CLIENT, TO_SERVER, ConnectionTrace, Trace
from shared.arguments import add_listen_arguments, host_and_port, positive_number
from shared.defaults import CHAT_PORT, DRAIN_SECONDS, HOST, MAX_CLIENTS, RECV_BYTES, RELAY_PORT
from shared.framing import encode_line
from shared.goodbye import say_goodbye, shut_down
from shared.listener import ListenError, address_text, open_listener, tune_connection
from shared.threaded_server import ThreadedServer, on_stop_signals, raise_descriptor_limit

_CONNECT_SECONDS = 5.0  # a server that is there answers in a fraction of one

# What wakes a recv() and tells the peer nothing. On Windows only a full shutdown surely wakes it.
_STOP_READING = socket.SHUT_RDWR if sys.platform == "win32" else socket.SHUT_RD


class Direction:
    """One of the two ways through a connection: from `source` to `sink`, in one thread."""

    def __init__(
        self, source: socket.socket, sink: socket.socket, name: str, trace: ConnectionTrace
    ) -> None:
        self._source = source
        self._sink = sink
        self._name = name
        self._trace = trace
        self.bytes = 0  # handed on; written by the one thread that is in run()
        self.is_reset = False  # the same

    def run(self) -> None:
        """Hand on bytes until the source ends or one of the two is lost.

        This loop is backpressure. While a slow sink blocks sendall(), nothing is received: the
        source's kernel buffer here fills, TCP advertises a window of 0, and the source's own
        send() blocks. The slow side slows the other down, and all that we ever hold is `data`
        and the kernel's two buffers, however much one side wants to send.
        """
        try:
            while data := self._source.recv(RECV_BYTES):
                self._trace.carried(self._name, data)
                self._sink.sendall(data)
                self.bytes += len(data)
            self._trace.ended(self._name)
            # The source has ended its direction and may still be listening (a half-close). Tell
            # the sink just that; what it has to say goes the other way, in the other thread.
            with contextlib.suppress(OSError):  # the sink is gone; whoever reads from it will see
                self._sink.shutdown(socket.SHUT_WR)
        except BrokenPipeError:
            pass  # the sink had ended, and takes no more; what it said before is still handed on
        except OSError:
            self.is_reset = True
            self._trace.was_reset(self._name)
            with contextlib.suppress(OSError):
                self._sink.shutdown(_STOP_READING)  # wakes the other direction, which reads there


class Relay:
    """Connects each client to `upstream`. `report` is told who comes and goes, `trace` the rest."""

    def __init__(
        self,
        upstream: tuple[str, int],
        report: Callable[[str], None],
        trace: Trace | None = None,
    ) -> None:
        self._upstream = upstream
        self._report = report
        self._trace = trace or Trace()
        self._lock = threading.Lock()
        self._is_stopping = False  # under _lock
        # The threads that carry what a server says, each with its server's socket; under _lock.
        self._answering: dict[threading.Thread, socket.socket] = {}

    def serve(self, client: socket.socket, address: str) -> None:
        """Serve one client to the end; the handler of a ThreadedServer, in the client's thread."""
        try:
            # Here, and not where clients are accepted: a server that does not answer holds up
            # this client alone.
            server = socket.create_connection(self._upstream, _CONNECT_SECONDS)
        except OSError as error:
            why = error.strerror or str(error)
            self._report(f"{address} was turned away: the server cannot be reached ({why})")
            say_goodbye(client, encode_line(f"! The server cannot be reached ({why})."))
            return
        with server:
            server.settimeout(None)  # the time was for connecting; from here on, silence is fine
            tune_connection(server)
            tune_connection(client)
            self._carry(client, server, address)

    def _carry(self, client: socket.socket, server: socket.socket, address: str) -> None:
        """Carry both directions; return when both have ended and the sockets may be closed."""
        trace = self._trace.connection(address)
        questions = Direction(client, server, TO_SERVER, trace)
        answers = Direction(server, client, TO_CLIENT, trace)
        thread = threading.Thread(target=answers.run, name=f"to {address}", daemon=True)
        if not self._start(thread, server):
            say_goodbye(client, encode_line("! The relay takes nobody now; try again later."))
            return
        self._report(f"{address} connected")
        questions.run()
        thread.join()
        with self._lock:
            del self._answering[thread]
        is_reset = questions.is_reset or answers.is_reset
        for end in (client, server):
            if is_reset:
                reset(end)
            else:
                say_goodbye(end)  # close() alone would lose what was sent last, if input is unread
        self._draw(trace)
        self._report(
            f"{address} {'was cut off' if is_reset else 'closed'}: "
            f"{questions.bytes} bytes to the server, {answers.bytes} bytes back"
        )

    def _draw(self, trace: ConnectionTrace) -> None:
        try:
            trace.closed()
        except OSError as error:
            self._report(f"The diagram cannot be written ({error.strerror}).")

    def _start(self, thread: threading.Thread, server: socket.socket) -> bool:
        with self._lock:  # so that drain() sees the thread, or we see that it was called
            if self._is_stopping:
                return False
            try:
                thread.start()
            except RuntimeError:  # the system has no room for one more
                return False
            self._answering[thread] = server
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
        for server in answering.values():
            shut_down(server)
        for thread in answering:
            thread.join(max(0.0, deadline - time.monotonic()))
        return clients.drain(seconds)


def reset(connection: socket.socket) -> None:
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
    try:
        listener = open_listener(options.host, options.port)
    except ListenError as error:
        print(f"phase4.relay: {error}", file=sys.stderr)
        return 2
    # The console drops lines that nobody reads. print() would wait, in the thread of a client.
    console = Console()
    try:
        trace = Trace(console.print if options.trace else None, options.trace_diagram)
    except OSError as error:
        where = options.trace_diagram
        print(f"phase4.relay: {where} cannot be written ({error.strerror})", file=sys.stderr)
        listener.close()
        return 2
    relay = Relay(options.upstream, (lambda text: None) if options.quiet else console.print, trace)
    server = ThreadedServer(
        listener,
        relay.serve,
        max_connections=options.max_clients,
        full="! The relay is full; try again later.",
        report=console.print,
    )
    on_stop_signals(server.stop)
    here, there = address_text(listener.getsockname()), address_text(options.upstream)
    console.print(f"Listening on {here}, forwarding to {there}")
    server.serve()
    relay.drain(server)
    console.print("Stopped.")
    console.close()
    return 0


def _parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m phase4.relay", description="A TCP relay.")
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
    parser.add_argument("--trace", action="store_true", help="show all bytes that pass")
    parser.add_argument(
        "--trace-diagram",
        type=Path,
        metavar="FILE",
        help="draw what passes as a sequence diagram (Mermaid, as Markdown pages show it)",
    )
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
