r"""A relay: clients connect here, and it talks to the server for them.

Run it: python -m phase4.relay (it listens on port 23456 and forwards to 127.0.0.1:12345)

New here: a program that is server and client at once. It hands on bytes and need not look into
them, so it works for the servers of every phase, and for any other TCP protocol. Firewalls, load
balancers and tunnels are relays with more to them.

Note where this program stands: in the middle, where it can read and alter everything that people
say, private messages too. `--trace` prints all that passes, `--trace-diagram FILE` draws it
(trace.py), and `--replace OLD NEW` alters it. Where client and server speak TLS with one another,
there is nothing to see but encrypted bytes, and to alter one ends the connection.

Unless the relay is itself one of the two ends of TLS, as the proxies before large servers are.
Where there is TLS (===), and which options make it so:

    client ---- relay ---- server      nothing: it passes on what comes
    client =====(relay)=== server      nothing, as well: TLS passes through, and the relay is blind
    client ==== relay ---- server      --tls-cert FILE: TLS ends here; best beside the server
    client ---- relay ==== server      --upstream-tls: TLS begins here
    client ==== relay ==== server      both: encrypted on the way, and the relay reads everything

To the server everybody comes from the relay's address. `--send-proxy` tells it which client the
relay speaks for, and `--trusted-proxy ADDRESS` takes that from a proxy before us
(phase4/transport/proxy_protocol.py). What comes first on the two sides is in sides.py.

The listener, the accept loop and the thread for each connection come from shared/.

A connection's own thread carries what the client says to the server, and starts one more thread for
what the server says to the client. It joins that thread, and it alone closes both sockets, when
both directions have ended. So two threads use each stream at once: one receives, the other sends. A
socket can bear that, and so can a TLSSocket (tls_socket.py); an ssl.SSLSocket could not.

While both sides are there, a silent conversation may last for ever. When one has ended, the other
has a bounded time: else clients that say nothing would keep all places of a server that hung up.
The thread whose direction is over has nothing else to do, and watches the other direction.
"""

import contextlib
import socket
import struct
import sys
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from phase4.relay.sides import ClientSide, ServerSide
from phase4.relay.trace import TO_CLIENT, TO_SERVER, ConnectionTrace, Trace
from phase4.transport.reception import TurnedAway
from shared.address import Address
from shared.deadline import Deadline
from shared.defaults import DRAIN_SECONDS, RECV_BYTES
from shared.framing import encode_line
from shared.goodbye import say_goodbye, shut_down
from shared.listener import tune_connection
from shared.poller import is_ready
from shared.stream import Stream
from shared.threaded_server import ThreadedServer

if TYPE_CHECKING:  # with OpenSSL, which a relay without TLS does not load
    from phase4.transport.tls_socket import TLSSocket

Replacements = Sequence[tuple[bytes, bytes]]
"""What the one in the middle alters: all that is the first of a pair becomes the second."""

CLIENT_SECONDS = 10.0
"""How long a client may say nothing when the server has ended. It has read the end by then, and has
only its own to send; HAProxy's manual begins with 30 s (`timeout client-fin`)."""

SERVER_SECONDS = 60.0
"""How long a server may say nothing when the client has ended (`nc -N`): it may have much to read
first. Ours reads for 30 s at most."""

STALL_SECONDS = 60.0
"""How long a side may refuse to take one piece. A client that is stopped with Ctrl-Z takes nothing,
and the server's end would wait behind what it does not take, unseen."""

_STOP_READING = socket.SHUT_RDWR if sys.platform == "win32" else socket.SHUT_RD
"""Wakes a recv() and tells the peer nothing. On Windows only a full shutdown does that surely."""


@dataclass
class Loss:
    """What the two directions of a connection tell each other: whether one of them was lost.

    Either thread sets it, once and before it wakes the other; so there is no lock.
    """

    has_happened: bool = False
    # In a few words, where TLS can tell; else empty.
    why: str = ""


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
        # How many were handed on. Written by the thread that is in run().
        self.bytes = 0
        # Set when run() is over.
        self._is_over = threading.Event()

    def run(self) -> None:
        """Hand on bytes until the source ends or one of the two is lost.

        This loop is backpressure. While a slow sink blocks sendall(), nothing is received: the
        source's kernel buffer here fills, TCP advertises a window of 0, and the source's own
        send() blocks. The slow side slows the other down, and all that we ever hold is `data`
        and the kernel's two buffers (over TLS one record more), however much one side wants to
        send.
        """
        try:
            while data := self._receive():
                self._trace.carried(self._name, data)
                data = self._altered(data)
                self._sink.sendall(data)
                self.bytes += len(data)
            if not self._loss.has_happened:  # else this is the end that the other direction made
                self._pass_on_the_end()
        except BrokenPipeError:
            pass  # the sink had ended, and takes no more; what it said before is still handed on
        except BaseException as error:  # noqa: BLE001 - a fault of ours ends this connection alone
            self._lose(error)
        finally:
            self._is_over.set()

    def _receive(self) -> bytes:
        """Some bytes, or none at the end: the time-out is for sending, and silence is fine."""
        while True:
            try:
                return self._source.recv(RECV_BYTES)
            except TimeoutError as error:
                if error.errno is not None:  # the system's: the peer does not answer any more
                    raise

    def is_silent(self, seconds: float) -> bool:
        """Wait until it is over (then False), or until nothing has passed for so long. Any thread.

        What has come and is not handed on is not silence: then the sink does not take it.
        """
        before = -1
        while not self._is_over.wait(seconds if before >= 0 else 0):
            if self.bytes == before and not is_ready(self._source, 0):
                return True
            before = self.bytes
        return False

    def end(self) -> None:
        """End it as if its source had ended in order: nothing of it is missing. Any thread."""
        _stop_reading(self._source)

    def give_up(self, why: str) -> None:
        """End it, and let the sink know that something may be missing. Any thread."""
        self._loss.why = why
        self._loss.has_happened = True
        self._trace.was_lost(self._name, "cut off")
        _stop_reading(self._source)

    def _altered(self, data: bytes) -> bytes:
        """With the replacements; each in what came in one piece.

        A word whose halves came in two pieces is not found. To find it, we would have to hold back
        the first half, and a person whose text only begins like it would wait.
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
        with contextlib.suppress(
            OSError
        ):  # the sink is gone; the thread that reads from it will see
            self._sink.shutdown(socket.SHUT_WR)

    def _lose(self, error: BaseException) -> None:
        """Something was lost, and may be missing at the end: neither side gets an orderly end."""
        if self._loss.has_happened:
            return
        if isinstance(error, TimeoutError) and error.errno is None:  # ours, not the system's
            self._loss.why = f"what is for one side was not taken for {STALL_SECONDS:g} s"
        elif not isinstance(error, OSError):
            self._loss.why = f"a fault in this program: {error!r}"
        elif _tls_of(self._source) or _tls_of(self._sink):
            from phase4.transport.trust import why_found_by_tls

            self._loss.why = why_found_by_tls(error)
        still_stands = bool(self._loss.why)  # TCP does: it is we who found something
        self._loss.has_happened = True
        self._trace.was_lost(self._name, "cut off" if still_stands else "RST")
        _stop_reading(self._sink)  # wakes the other direction, which reads there
        if still_stands:  # and the other direction may be sending there
            _stop_reading(self._source)


def _stop_reading(stream: Stream) -> None:
    """Wake the threads that wait for this stream, without an orderly end: it will be reset."""
    with contextlib.suppress(OSError):
        if tls := _tls_of(stream):
            tls.abort()
        else:
            stream.shutdown(_STOP_READING)


def _tls_of(stream: Stream) -> "TLSSocket | None":
    """The stream, where it is TLS; a plain one is the socket itself."""
    return None if isinstance(stream, socket.socket) else cast("TLSSocket", stream)


class Relay:
    """Connects each client to the server.

    `report` is told which clients come and go, and why; `trace` is told all that passes.
    """

    def __init__(
        self,
        upstream: Address | ServerSide,
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

        # --- under _lock ---

        # `drain` sets it, and it stays: no thread is started any more.
        self._is_stopping = False
        # The threads that carry what a server says, each with its client's and its server's stream.
        self._answering: dict[threading.Thread, tuple[Stream, Stream]] = {}

    def serve(self, connection: socket.socket, peer: str) -> None:
        """Serve one client to the end; the handler of a ThreadedServer, in the client's thread.

        All that waits for a peer is here, and not where clients are accepted: a client that does
        not speak and a server that does not answer hold up this client alone.
        """
        address = Address.parse(peer)
        client: Stream = connection
        try:
            address = self._client_side.identify(connection, address)
            client = self._client_side.secure(connection)
            server = self._server_side.open(address, Address.of(connection.getsockname()))
        except TurnedAway as error:
            if error.reason:
                for line in f"{address} was turned away: {error.reason}".splitlines():
                    self._report(line)
            say_goodbye(client, error.last_line)
            return
        with contextlib.closing(server):
            tune_connection(connection)
            for each in (client, server):
                each.settimeout(STALL_SECONDS)
            self._carry(client, server, str(address))

    def _carry(self, client: Stream, server: Stream, address: str) -> None:
        """Carry both directions; return when both have ended and the sockets may be closed."""
        trace = self._trace.connection(address)
        loss = Loss()
        questions = Direction(client, server, TO_SERVER, trace, loss, self._replacements)
        answers = Direction(server, client, TO_CLIENT, trace, loss, self._replacements)

        def answer() -> None:
            answers.run()
            if questions.is_silent(CLIENT_SECONDS):
                questions.end()

        thread = threading.Thread(target=answer, name=f"to {address}", daemon=True)
        if not self._start(thread, client, server):
            say_goodbye(client, encode_line("! The relay takes nobody now; try again later."))
            return
        self._report(f"{address} connected{_by_tls(client, server)}")
        questions.run()
        if answers.is_silent(SERVER_SECONDS):
            answers.give_up(
                f"the server said nothing for {SERVER_SECONDS:g} s after the client's end"
            )
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
            except (RuntimeError, MemoryError):  # the system has no space for one more
                return False
            self._answering[thread] = (client, server)
        return True

    def drain(self, clients: ThreadedServer, seconds: float = DRAIN_SECONDS) -> bool:
        """End every connection, within `seconds` or little more; whether all threads have ended.

        First the servers' sides, so that what the servers have said still reaches the clients. Then
        the clients' sides, also of clients that do not read. Both are needed: a direction may be
        waiting for either of its sockets.
        """
        deadline = Deadline(seconds / 2)
        with self._lock:
            self._is_stopping = True
            answering = dict(self._answering)
        for _, server in answering.values():
            shut_down(server)
        for thread in answering:
            thread.join(deadline.seconds_left)
        for client, _ in answering.values():
            shut_down(client)  # `clients` knows only the sockets, and would not say TLS's goodbye
        return clients.drain(seconds)


def _by_tls(client: Stream, server: Stream) -> str:
    """Which of the two speaks TLS with us, for the report; empty where neither does."""
    versions = [
        (tls.version, whom)
        for each, whom in ((client, "client"), (server, "server"))
        if (tls := _tls_of(each))
    ]
    shown = ", ".join(f"{version} with the {whom}" for version, whom in versions)
    return f" ({shown})" if shown else ""


def reset(connection: Stream) -> None:
    """Close with a reset (RST) instead of an orderly end (FIN).

    For the peer must know: a stream that was cut short must not look complete.
    """
    with contextlib.suppress(OSError):
        # To linger for 0 seconds is to throw away what is unsent and send RST (socket(7)).
        connection.setsockopt(
            socket.SOL_SOCKET,
            socket.SO_LINGER,
            struct.pack("hh" if sys.platform == "win32" else "ii", 1, 0),
        )
    connection.close()
