"""The chat server. Run it: python -m phase4.server

New in this phase: names, commands, private messages, an outbox for each person with one writing
thread for all, logs, and a status port. From phase 1 come the listener and the framing, from phase
2 the thread for each connection, from phase 3 the idea of a broadcast; all of them are in shared/.

This module wires the parts together. Threads, and who ends them:

    main        waits for a stop, prints the figures every five seconds
    accept      ThreadedServer.serve, one for each port   ended by ChatServer.stop
    one for each person   Session.run                     ended by its peer, or by drain()
    writer      FanOut: logs and sends everything         ended by FanOut.stop
    status      StatusPort.serve                          ended by ChatServer.stop
    metrics     a ThreadedServer, where it is asked for   ended by ChatServer.stop
    console     prints                                    ended by Console.close
    quit key    waits for a q                             ended by QuitKey.stop
"""

import argparse
import contextlib
import importlib.util
import os
import socket
import ssl
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from phase4.chat_log import ChatLog, LogError
from phase4.console import Console
from phase4.figures import SharedSnapshot, resident_bytes
from phase4.outbox import FanOut, Log, Outbox
from phase4.proxy_protocol import NoHeader, ProxyError, receive
from phase4.room import Room
from phase4.server_options import Settings, add_server_arguments, settings_of
from phase4.session import Session
from phase4.status_port import StatusPort
from phase4.tls import TLSError, fingerprint_of_file, server_context
from shared.defaults import DRAIN_SECONDS, REPORT_SECONDS
from shared.framing import encode_line
from shared.listener import Listener, ListenError, address_text, open_listener
from shared.quit_key import MODES, QuitKey
from shared.status import Snapshot
from shared.threaded_server import (
    FULL,
    ThreadedServer,
    on_stop_signals,
    raise_descriptor_limit,
    say_goodbye,
    shut_down,
)
from shared.version import VERSION
from shared.wakeup import Wakeup

_NAMELESS = 256  # connections beside max_clients, of people who have no name yet
_PROXY_SECONDS = 3.0  # a proxy writes its header before anything else

EVERY_NETWORK = {"": "127.0.0.1", "0.0.0.0": "127.0.0.1", "::": "::1"}
"""Hosts that mean all addresses of this machine, and the one to connect to from here."""


class Shows(Protocol):
    """What a server tells its operator through: a Console, or what stands in for one."""

    dropped: int  # lines that were left out

    def print(self, text: str) -> None:
        """Show a line, soon. Any thread; never waits, never fails."""


class ChatServer:
    """A chat server in this process. Made ready by __init__, which raises ListenError, LogError or
    TLSError; then `start`, and `stop` when it is over.

    `on_public` gets the entries of messages.txt as they are logged, in the writing thread: it must
    be quick, and raise nothing.
    """

    def __init__(
        self,
        settings: Settings,
        console: Shows,
        *,
        is_quiet: bool = False,
        on_public: Callable[[list[bytes]], None] = lambda entries: None,
    ) -> None:
        self.settings = settings
        self._console = console
        self._on_public = on_public
        self._started = time.time()
        self._bytes_in_of_gone = 0  # bytes from sessions that are over; under _lock
        self._lock = threading.Lock()
        self._sessions: set[Session] = set()  # under _lock
        self.is_broken = threading.Event()  # a fault in this program stopped the writing thread
        self._shared_snapshot = SharedSnapshot(self.snapshot)
        self.address = self.tls_address = ""  # of nobody, unless somebody listens there
        self.status_address = ""
        self.metrics_urls: list[str] = []
        self.fingerprint = ""  # of the certificate
        tls = self._tls_context()
        if settings.metrics_port is not None:
            _check_for_metrics()
        self._log = ChatLog(settings.log_dir, console.print)
        listeners = self._listen()
        self._fan_out = FanOut(
            self._on_slow,
            on_logged=self._on_logged,
            on_tick=self._log.retry,
            on_fault=self._on_fault,
        )
        self.room = self._new_room(console.print if not is_quiet else lambda text: None)
        self._chats: list[ThreadedServer] = []
        self._serve_people(listeners, tls)
        self._status = self._status_server(listeners["--status-port"])
        self._metrics = self._metrics_server(listeners.get("--metrics-port"))
        self._threads = [
            threading.Thread(target=each.serve, name=name, daemon=True)
            for name, each in self._serving()
        ]

    def _new_room(self, show: Callable[[str], None]) -> Room:
        return Room(
            self._fan_out,
            self._log,
            show,
            max_people=self.settings.max_clients,
            on_duplicate=self.settings.on_duplicate,
            show_addresses=self.settings.show_addresses,
        )

    def _tls_context(self) -> ssl.SSLContext | None:
        """What the settings demand of TLS. Raises TLSError."""
        settings = self.settings
        if settings.tls_cert is None:
            if settings.tls_key is not None or settings.tls_port is not None:
                raise TLSError("TLS needs a certificate: --tls-cert FILE.")
            return None
        context = server_context(settings.tls_cert, settings.tls_key)
        self.fingerprint = fingerprint_of_file(settings.tls_cert)
        return context

    def _listen(self) -> dict[str, Listener]:
        """A listener for each option that asks for one; nothing stays open where one fails."""
        settings = self.settings
        wanted = {
            "--port": (settings.host, settings.port),
            "--tls-port": (settings.host, settings.tls_port),
            "--status-port": (settings.status_host, settings.status_port),
            "--metrics-port": (settings.metrics_host, settings.metrics_port),
        }
        with contextlib.ExitStack() as on_failure:
            on_failure.callback(self._log.close)
            listeners = {}
            for option, (host, port) in wanted.items():
                if port is not None:
                    listeners[option] = open_listener(host, port, port_flag=option)
                    on_failure.callback(listeners[option].close)
            on_failure.pop_all()
        return listeners

    def _serve_people(self, listeners: dict[str, Listener], tls: ssl.SSLContext | None) -> None:
        """One port, plain or TLS; or both."""
        plain, encrypted = listeners["--port"], listeners.get("--tls-port")
        self.address = str(plain)
        self._chats.append(self._people_server(plain, tls if encrypted is None else None))
        if encrypted is not None:
            self._chats.append(self._people_server(encrypted, tls))
        if tls is not None:
            self.tls_address = str(encrypted or plain)

    def _serving(self) -> list[tuple[str, ThreadedServer | StatusPort]]:
        """All that accepts connections, and what its thread is called."""
        serving: list[tuple[str, ThreadedServer | StatusPort]] = [
            *(("accept", chat) for chat in self._chats),
            ("status", self._status),
        ]
        if self._metrics is not None:
            serving.append(("metrics", self._metrics))
        return serving

    def _people_server(self, listener: Listener, tls: ssl.SSLContext | None) -> ThreadedServer:
        """Accepts people on one port. Where nearly all places are taken, the nameless make room."""

        def may_linger() -> bool:
            # To wait for the peer's end is polite, and takes a place that somebody else may need.
            return not (self.room.is_closed or server.is_crowded)

        def serve(connection: socket.socket, address: str) -> None:
            self._serve_person(connection, address, tls, may_linger)

        server = ThreadedServer(
            listener,
            serve,
            max_connections=self.settings.max_clients + _NAMELESS,
            on_crowded=self.room.evict_nameless,
            full="" if tls else FULL,
            report=self._console.print,
        )
        return server

    def _status_server(self, listener: Listener) -> StatusPort:
        self.status_address = str(listener)
        return StatusPort(listener, self._shared_snapshot.line, report=self._console.print)

    def _metrics_server(self, listener: Listener | None) -> ThreadedServer | None:
        if listener is None:
            return None
        from phase4 import metrics  # only here: its library is an extra

        self.metrics_urls = [f"http://{each}/metrics" for each in listener.addresses]
        return ThreadedServer(
            listener,
            metrics.metrics_handler(self._shared_snapshot.get),
            max_connections=metrics.MAX_CONNECTIONS,
            full=metrics.BUSY,
            report=self._console.print,
        )

    def start(self) -> None:
        """Begin to accept people."""
        self._fan_out.start()
        where = " and ".join(dict.fromkeys(filter(None, (self.address, self.tls_address))))
        self.room.open(f"The server listens on {where}.")
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Stop in order, within 2 s: accept nobody, tell everybody, let it reach them, close."""
        for _, each in self._serving():
            each.stop()
        for thread in self._threads:
            thread.join(DRAIN_SECONDS / 10)
        outboxes = self.room.close("The server is stopping.")
        deadline = time.monotonic() + DRAIN_SECONDS
        for outbox in outboxes:
            outbox.released.wait(max(0.0, deadline - time.monotonic()))
        for outbox in outboxes:  # drain() ends their sockets alone, and TLS has an end of its own
            shut_down(outbox.connection)
        # Whoever has not taken their last lines by now is not waited for: shutdown() makes the
        # writing thread's next send() fail, and so it releases them too.
        for chat in self._chats:
            chat.drain(DRAIN_SECONDS / 4)
        if self._metrics:
            self._metrics.drain(0.1)
        self._fan_out.stop(DRAIN_SECONDS / 4)
        self._log.close()

    def disconnect(self, name: str) -> bool:
        """End the connection of the person called `name`; whether there was one. Any thread.

        They read why; the others read that they left. Waits for nobody.
        """
        return self.room.disconnect(name)

    # --- threads of their own ---------------------------------------------------------------------

    def _serve_person(
        self,
        connection: socket.socket,
        address: str,
        tls: ssl.SSLContext | None,
        may_linger: Callable[[], bool],
    ) -> None:
        if address in self.settings.trusted_proxies:
            try:
                address = receive(connection, _PROXY_SECONDS) or address
            except NoHeader:
                return  # a health check
            except ProxyError as error:
                self._console.print(f"{address} is a trusted proxy, but: {error}")
                say_goodbye(connection, encode_line(f"! {error}"))
                return
        session = Session(
            self.room,
            connection,
            address,
            tls=tls,
            lines_per_second=self.settings.lines_per_second,
            may_linger=may_linger,
            name_seconds=self.settings.name_seconds,
        )
        with self._lock:
            self._sessions.add(session)
        try:
            session.run()
        finally:
            with self._lock:
                self._sessions.discard(session)
                self._bytes_in_of_gone += session.bytes_in

    def _on_logged(self, log: Log, entries: list[bytes]) -> None:
        if log is self._log.public:
            self._on_public(entries)

    def _on_slow(self, outbox: Outbox, reason: str) -> None:
        self.room.cut(outbox, reason)

    def _on_fault(self, error: Exception) -> None:
        self._console.print(f"A fault in this program stopped the writing thread: {error!r}")
        self.is_broken.set()

    # --- figures ----------------------------------------------------------------------------------

    def snapshot(self) -> Snapshot:
        """The figures at this moment. Any thread; holds the room's lock only to copy a list."""
        with self._lock:
            bytes_in = self._bytes_in_of_gone + sum(each.bytes_in for each in self._sessions)
        people = self.room.people()
        return Snapshot(
            server=f"phase4 {VERSION}",
            server_version=VERSION,
            pid=os.getpid(),
            started=self._started,
            time=time.time(),
            people_now=len(people),
            people_peak=self.room.people_peak,
            max_people=self.settings.max_clients,
            joins=self.room.joins,
            public_messages=self.room.public_messages,
            private_messages=self.room.private_messages,
            deliveries=self._fan_out.deliveries,
            bytes_in=bytes_in,
            bytes_out=self._fan_out.bytes_out,
            slow_disconnected=self.room.slow_disconnected,
            refused=sum(each.refused for each in self._chats) + self.room.refused,
            log_errors=sum(each.errors for each in self._log.files),
            log_lines_waiting=sum(each.waiting for each in self._log.files),
            log_lines_dropped=sum(each.dropped for each in self._log.files),
            console_lines_dropped=self._console.dropped,
            threads=threading.active_count(),
            resident_bytes=resident_bytes(),
            cpu_seconds=time.process_time(),
            people=people,
        )

    def figures(self) -> str:
        """One line for the console."""
        return (
            f"[{time.strftime('%H:%M:%S')}] {self.room.people_now} online, "
            f"{self.room.public_messages} public and "
            f"{self.room.private_messages} private messages"
        )


def _check_for_metrics() -> None:
    """Raise ListenError where the library for the metrics is not installed: it is an extra."""
    if importlib.util.find_spec("prometheus_client") is None:
        raise ListenError(
            "--metrics-port needs the library prometheus_client, which is not installed: "
            f"{_python()} -m pip install prometheus_client"
        )


# --- the command line ---------------------------------------------------------------------------


def main(arguments: list[str] | None = None) -> int:
    """Run a server until q, Ctrl-C or SIGTERM; the exit status."""
    options = _parser().parse_args(arguments)
    raise_descriptor_limit()
    console = Console()
    stopping = Wakeup()
    on_stop_signals(stopping.ring)
    try:
        server = ChatServer(settings_of(options), console, is_quiet=options.quiet)
    except (ListenError, LogError, TLSError) as error:
        print(f"phase4.server: {error}", file=sys.stderr)
        return 2
    server.start()
    key = QuitKey(options.quit_key, stopping.ring)
    introduce(server, key.start(), console.print)
    try:
        _wait(server, stopping, console, is_quiet=options.quiet)
    finally:
        key.stop()
        server.stop()
        console.print(f"Stopped. {server.figures()}")
        console.close()
    return 1 if server.is_broken.is_set() else 0


def _wait(server: ChatServer, stopping: Wakeup, console: Console, *, is_quiet: bool) -> None:
    """Wait for a stop, and show the figures meanwhile."""
    report_at = time.monotonic() + REPORT_SECONDS
    while not stopping.wait(0.5) and not server.is_broken.is_set():
        if not is_quiet and time.monotonic() >= report_at:
            report_at += REPORT_SECONDS
            console.print(server.figures())


def introduce(server: ChatServer, how_to_stop: str, show: Callable[[str], None]) -> None:
    """Say where everything is, and what to type next."""
    is_local = server.settings.host in ("127.0.0.1", "localhost", "::1")
    reach = " (this machine only; --host 0.0.0.0 lets the network in)" if is_local else ""
    python = _python()
    is_all_tls = server.tls_address == server.address
    show(f"Listening on {server.address}{' with TLS' if is_all_tls else ''}{reach}")
    if server.tls_address and not is_all_tls:
        show(f"The same with TLS on {server.tls_address}")
    if server.fingerprint:
        show(f"Fingerprint SHA256 {server.fingerprint}")
    show(f"Status on {server.status_address}, logs in {server.settings.log_dir}{os.sep}")
    for url in server.metrics_urls:
        show(f"Metrics on {url}")
    show("Type next, each in a terminal of its own:")
    where = _where_to_connect(server)
    if server.settings.trusted_proxies:
        show("People behind the trusted proxy connect to the proxy; from its address, nobody else.")
    next_ones = (
        (f"phase4.client_gui {where}", "a window to chat in"),
        (f"phase4.client_terminal {where}", "the same in a terminal"),
        (f"monitor --status {_where_to_look(server)}", "the figures, live"),
    )
    width = max(len(module) for module, _ in next_ones)
    for module, what in next_ones:
        show(f"  {python} -m {module:<{width}}  {what}")
    if server.settings.host in EVERY_NETWORK:
        show(f"From another machine, with --host {_network_address()} instead.")
    show(how_to_stop)


def _where_to_connect(server: ChatServer) -> str:
    """The options that lead a client on this machine to the server; host and port, both.

    For the window remembers where it was last, and that may be somewhere else.
    """
    host = server.settings.host
    port = (server.tls_address or server.address).rpartition(":")[2]
    tls = " --tls" if server.tls_address else ""
    return f"--host {EVERY_NETWORK.get(host, host)} --port {port}{tls}"


def _where_to_look(server: ChatServer) -> str:
    """HOST:PORT of the status, for a monitor on this machine."""
    host = server.settings.status_host
    port = int(server.status_address.rpartition(":")[2])
    return address_text((EVERY_NETWORK.get(host, host), port))


def _network_address() -> str:
    """An address by which other machines may know this one; a word where there is none.

    Nothing is sent: to connect a UDP socket only looks up the way there. 192.0.2.1 is nobody's
    (RFC 5737), and lies in the direction of everything else.
    """
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
        except OSError:
            return "ADDRESS-OF-THIS-MACHINE"
        address: str = probe.getsockname()[0]
        return address


def _python() -> str:
    """How this interpreter was called, short where it can be."""
    path = Path(sys.executable)
    with contextlib.suppress(ValueError):
        path = path.relative_to(Path.cwd())
    return str(path) if len(path.parts) <= 3 else "python"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m phase4.server", description="A chat server.")
    add_server_arguments(parser)
    add = parser.add_argument
    add(
        "--quit-key",
        choices=MODES,
        default=MODES[0],
        help="where q is read: terminal; global: the keyboard, whatever window has it; auto: the"
        " terminal, and where there is none Ctrl+Alt+Q on the keyboard (default); off",
    )
    add("--quiet", action="store_true", help="do not show who comes and goes, nor the figures")
    return parser


if __name__ == "__main__":
    sys.exit(main())
