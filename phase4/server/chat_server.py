"""The chat server. Run it: python -m phase4.server

New in this phase: names, commands, private messages, an outbox for each person with one writing
thread for all, logs, and a status port. The listener and the framing come from phase 1, the thread
for each connection from phase 2, the idea of a broadcast from phase 3; all of them are in shared/.

This module wires the parts together. Threads, and who ends them:

    main        waits for a stop, prints the figures every five seconds
    accept      ThreadedServer.serve, one for each port   ended by ChatServer.stop
    one for each person   Session.run                     ended by its peer, or by drain()
    writer      FanOut: logs and sends everything         ended by FanOut.stop
    status      StatusPort.serve                          ended by ChatServer.stop
    metrics     a ThreadedServer, where it is asked for   ended by ChatServer.stop
    hashing     a thread, see phase4/accounts/    ended by ChatServer.stop
    historian   a process, see historian.py               ended by ChatServer.stop
    console     prints                                    ended by Console.close
    quit key    waits for a q                             ended by QuitKey.stop
"""

import contextlib
import importlib.util
import socket
import threading
import time
from collections.abc import Callable, Collection
from typing import TYPE_CHECKING

from phase4.accounts.moderation_file import MODERATION, ModerationFile
from phase4.server import operating, receiving
from phase4.server.chat_log import ChatLog
from phase4.server.clock import SteadyClock
from phase4.server.figures import Figures, SharedSnapshot, Shows
from phase4.server.gate import Gate
from phase4.server.historian import Historian
from phase4.server.log_file import Log
from phase4.server.logins import open_accounts
from phase4.server.options import Settings
from phase4.server.outbox import FanOut
from phase4.server.past import Past, next_number, open_past
from phase4.server.receiving import Port, Receive
from phase4.server.room import Room
from phase4.server.session import Session
from phase4.server.status_port import StatusPort
from phase4.transport.errors import TLSError
from phase4.transport.newcomers import end_one
from phase4.transport.proxy_protocol import TrustedProxies
from phase4.transport.reception import TurnedAway
from shared.address import Address
from shared.deadline import Deadline
from shared.defaults import DRAIN_SECONDS
from shared.goodbye import say_goodbye, shut_down
from shared.http_head import FULL_ANSWER
from shared.libraries import how_to_get
from shared.listener import Listener, ListenError, open_listener
from shared.networks import reachable_hosts
from shared.threaded_server import FULL, Bound, ThreadedServer

if TYPE_CHECKING:  # with OpenSSL, which a server without TLS does not load; and with SQLite
    import ssl

    from phase4.accounts.accounts import Accounts
    from phase4.server.sharing import Sharing
    from phase4.transport.renewal import Renewal

_NAMELESS = 256  # connections without a name yet, beside max_clients


class ChatServer:
    """A chat server in this process. Made ready by __init__; then `start`, and `stop` at its end.

    `show` is told who comes and goes, as show("14:03:05", "Bob joined ..."), and `feed` gets the
    entries of messages.txt as they are logged. Neither may wait, nor raise anything.

    The constructor sets all attributes, and they stay as they are: what changes is in the room and
    in the figures, each under its own lock. Only a renewed certificate is another one, from one
    moment to the next (`_use`).
    """

    def __init__(
        self,
        settings: Settings,
        console: Shows,
        *,
        show: Callable[[str, str], None] = lambda time_now, text: None,
        feed: Log | None = None,
    ) -> None:
        """Read the certificate, open the logs, then the ports; nothing stays open where one fails.

        Raises TLSError, LogError, AccountsUnreadable, HubUnusable or ListenError.
        """
        self.settings = settings
        self._console = console
        self._trusted_proxies = TrustedProxies(settings.trusted_proxies)

        # Of the certificate in force, and what is made of it for each connection.
        self.fingerprint = ""
        self._tls: ssl.SSLContext | None = None
        self._renewal = self._load_certificate()
        if settings.metrics_port is not None:
            _check_for_metrics()
        with contextlib.ExitStack() as on_failure:
            self._log = ChatLog(settings.log_dir, console.print, feed)
            on_failure.callback(self._log.close)
            self._listeners = _listen(settings, on_failure)
            self._sharing = self._open_hub(on_failure)
            self._name_addresses(has_tls=self._renewal is not None)
            self._moderation = ModerationFile(settings.log_dir / MODERATION)
            self.room = self._new_room(show)
            self._accounts = self.room.logins.accounts
            if self._accounts is not None:
                on_failure.callback(self._accounts.close)
            self._historian = self._new_historian()
            self._fan_out = self.room.fan_out
            self._chats = self._new_chats()
            self.figures = Figures(
                self.room,
                self._log,
                console,
                self._chats,
                max_people=settings.max_clients,
                link=self._sharing.link if self._sharing is not None else None,
            )
            self._watched = self._new_watched(SharedSnapshot(self.figures.snapshot))
            on_failure.pop_all()

        self.shares = self._sharing.place if self._sharing is not None else ""
        """Which room it shares with other servers, and where; empty: none."""

        # Set when a fault in this program has stopped one of its threads: then the chat is over.
        self.is_broken = self._fan_out.is_broken
        self._threads = [
            threading.Thread(target=self._run, args=(name, each.serve), name=name, daemon=True)
            for name, each in self._serving()
        ]

    # --- the steps of the constructor -------------------------------------------------------------

    def _load_certificate(self) -> "Renewal | None":
        """Read what the settings demand of TLS; None without TLS. Raises TLSError."""
        settings = self.settings
        if settings.tls_cert is None:
            if settings.tls_key is not None or settings.tls_port is not None:
                raise TLSError("TLS needs a certificate: --tls-cert FILE.")
            return None
        import phase4.transport.handshake  # noqa: F401 - now, and not while a newcomer waits
        from phase4.transport.renewal import Renewal

        renewal = Renewal(settings.tls_cert, settings.tls_key, self._use, self._console.print)
        renewal.load()
        return renewal

    def _use(self, context: "ssl.SSLContext", fingerprint: str) -> None:
        """Show this certificate to whoever comes from now on."""
        self._tls = context
        self.fingerprint = fingerprint

    @property
    def certified_hosts(self) -> tuple[str, ...]:
        """For which hosts its certificate is; empty without TLS, or where that cannot be told."""
        if self._tls is None or self.settings.tls_cert is None:
            return ()
        from phase4.transport.certified import hosts_of

        return hosts_of(self._tls, self.settings.tls_cert)

    def _name_addresses(self, *, has_tls: bool) -> None:
        """Where everything is, for people to read; and where clients are best sent."""
        plain, encrypted = self._listeners["--port"], self._listeners.get("--tls-port")
        self.address = str(plain)
        self.tls_address = str(encrypted or plain) if has_tls else ""
        self.join_port = (encrypted or plain).port
        self.status_address = str(self._listeners["--status-port"])
        self.status_port = self._listeners["--status-port"].port
        web = self._listeners.get(receiving.WEB_PORT)
        scheme = "https" if has_tls else "http"
        hosts = reachable_hosts(self.settings.host) if web else []
        self.web_urls = [f"{scheme}://{Address(each, web.port)}/" for each in hosts if web]
        metrics = self._listeners.get("--metrics-port")
        addresses = metrics.addresses if metrics else []
        self.metrics_urls = [f"http://{each}/metrics" for each in addresses]

    def _open_hub(self, on_failure: contextlib.ExitStack) -> "Sharing | None":
        """The engine of a room that several servers share; None: there is one server."""
        if self.settings.hub is None:
            return None
        from phase4.server.sharing import Sharing  # its libraries are extras

        port = self._listeners["--port"].port
        sharing = Sharing(self.settings, port, self._console.print)
        on_failure.callback(sharing.close)
        return sharing

    def _new_room(self, show: Callable[[str, str], None]) -> Room:
        make = Room if self._sharing is None else self._sharing.new_room
        return make(
            self._log,
            show,
            self._console.print,
            max_people=self.settings.max_clients,
            on_duplicate=self.settings.on_duplicate,
            show_addresses=self.settings.show_addresses,
            gate=self._new_gate(),
            moderation=self._moderation,
            remember=self._remember,
            open_accounts=self._open_accounts,
        )

    def _new_gate(self) -> Gate:
        """What operators have decided before this start."""
        clock = SteadyClock()
        state = self._moderation.load(clock.now(), time.time(), self._console.print)
        return Gate(self.settings.operators, state, clock)

    def _remember(self, lock: threading.Lock) -> Past:
        """What was said before this start."""
        settings = self.settings
        if settings.no_archive:
            # Servers of one room agree on numbers; one alone counts from its start.
            log_dir = settings.log_dir if settings.hub is not None else None
            return Past(lock, on_joining=settings.history, next_number=next_number(log_dir))
        return open_past(lock, settings.log_dir, self._console.print, on_joining=settings.history)

    def _open_accounts(self, lock: FanOut) -> "Accounts | None":
        """Whose the names are; None where the server keeps no accounts."""
        if self.settings.no_accounts:
            return None
        report = self._console.print

        def on_change(names: Collection[str]) -> None:
            self.room.logins.changed(names)

        if self._sharing is not None:
            return self._sharing.open_accounts(lock, report, on_change)
        return open_accounts(lock, self.settings.log_dir, report, on_change)

    def _new_historian(self) -> Historian | None:
        """None: there is no archive."""
        settings = self.settings
        if not self.room.past.has_archive:
            return None
        lines, days = str(settings.history_lines), str(settings.history_days)
        kept = ("--history-lines", lines, "--history-days", days)
        arguments = (str(settings.log_dir), *kept)
        return Historian(arguments, lambda: self.room.past.is_behind, self._console.print)

    def _new_chats(self) -> list[ThreadedServer]:
        """One port, plain or TLS, or both; and the page's. All have one bound together."""
        ports = self._ports()
        bound = Bound(self.settings.max_clients + _NAMELESS)
        sources = [self.room.newcomers, *(each.newcomers for _, each in ports)]

        def on_crowded() -> None:
            end_one(newcomer for source in sources for newcomer in source())

        return [self._new_chat(listener, port, bound, on_crowded) for listener, port in ports]

    def _ports(self) -> list[tuple[Listener, Port]]:
        """Where people come in, and how they are received there."""
        trusted, settings = self._trusted_proxies, self.settings
        plain = receiving.lines(trusted, lambda: None, FULL)
        tls = receiving.lines(trusted, lambda: self._tls)
        main, encrypted = self._listeners["--port"], self._listeners.get("--tls-port")
        is_plain = encrypted is not None or self._renewal is None
        ports = [(main, plain if is_plain else tls)]
        if encrypted is not None:
            ports.append((encrypted, tls))
        if (listener := self._listeners.get(receiving.WEB_PORT)) is not None:
            names = [*settings.web_names, settings.host]
            full = FULL_ANSWER if self._renewal is None else b""
            web = receiving.web(trusted, lambda: self._tls, names, self.web_urls[0], full)
            ports.append((listener, web))
        return ports

    def _new_chat(
        self, listener: Listener, port: Port, bound: Bound, on_crowded: Callable[[], None]
    ) -> ThreadedServer:
        """Accepts people on one port."""

        def may_linger() -> bool:
            # To wait for the peer's end is polite, but takes a place that others may need.
            return not (self.room.is_closed or bound.is_crowded)

        def serve(connection: socket.socket, address: str) -> None:
            self._serve_person(connection, address, port.receive, may_linger)

        return ThreadedServer(
            listener,
            serve,
            bound=bound,
            on_crowded=on_crowded,
            full=port.full,
            report=self._console.print,
        )

    def _new_watched(self, shared: SharedSnapshot) -> dict[str, StatusPort | ThreadedServer]:
        """What serves the figures, by the name of its thread."""
        report = self._console.print
        status = StatusPort(self._listeners["--status-port"], shared.line, report=report)
        watched: dict[str, StatusPort | ThreadedServer] = {"status": status}
        if listener := self._listeners.get("--metrics-port"):
            from phase4.server.metrics import metrics_server  # its library is an extra

            watched["metrics"] = metrics_server(listener, shared.get, report)
        return watched

    def _serving(self) -> list[tuple[str, ThreadedServer | StatusPort]]:
        """Everything that accepts connections, and what its thread is called."""
        return [*(("accept", chat) for chat in self._chats), *self._watched.items()]

    # --- start and stop ---------------------------------------------------------------------------

    def start(self) -> None:
        """Begin to accept people. Where the system has no space for a thread, it `is_broken`."""
        where = " and ".join(dict.fromkeys(filter(None, (self.address, self.tls_address))))
        try:
            self._fan_out.start()
            if self._sharing is not None:
                self._sharing.start()
            self.room.open(f"The server listens on {where}.")
            for thread in self._threads:
                thread.start()
        except (RuntimeError, MemoryError) as error:
            self.is_broken.set()
            self._console.print(f"The server could not be started: {error!r}")

    def _run(self, name: str, serve: Callable[[], None]) -> None:
        """A thread's outermost frame: a server that accepts nobody any more must not live on."""
        try:
            serve()
        except BaseException as error:  # noqa: BLE001 - whatever it was, it must be known
            self.is_broken.set()  # first: without memory, the sentence may fail
            self._console.print(f"A fault in this program stopped the {name} thread: {error!r}")

    def look(self) -> None:
        """See whether the certificate was renewed, and whether the archive has its process.

        The thread that waits for a stop calls this.
        """
        if self._historian is not None:
            self._historian.look()
        if self._accounts is not None:
            self._accounts.look()
        self.room.hand.look()
        if self._renewal is not None:
            self._renewal.look()

    def renew(self) -> None:
        """Have `look` say which certificate is in force. Any thread or signal handler."""
        if self._renewal is not None:
            self._renewal.ask()

    def stop(self) -> None:
        """Stop in order, within 2 s: accept nobody, tell everybody, let it reach them, close."""
        for _, each in self._serving():
            each.stop()
        for thread in self._threads:
            if thread.ident is not None:  # else it could not be started
                thread.join(DRAIN_SECONDS / 10)
        outboxes = self.room.close("The server is stopping.")
        if self._accounts is not None:
            self._accounts.stop()
        deadline = Deadline(DRAIN_SECONDS)
        for outbox in outboxes:
            outbox.released.wait(deadline.seconds_left)
        for outbox in outboxes:  # drain() ends their sockets alone, and TLS has an end of its own
            shut_down(outbox.connection)
        # A client that has not taken its last lines by now is not waited for: shutdown() makes the
        # writing thread's next send() fail, and so that thread releases it, too.
        for chat in self._chats:
            chat.drain(DRAIN_SECONDS / 4)
        for each in self._watched.values():
            each.drain(DRAIN_SECONDS / 10)
        self._fan_out.stop(DRAIN_SECONDS / 4)
        self._log.close()
        self.room.hand.close()
        if self._accounts is not None:
            self._accounts.close()
        if self._historian is not None:
            self._historian.stop()
        if self._sharing is not None:
            self._sharing.close()

    def obey(self, line: str) -> operating.Reply:
        """Do what an operator at the server asks for with a line such as `/kick Bob`.

        Any thread. It may wait for the disk, and for nobody.
        """
        return operating.obey(self.room, line)

    # --- in the thread of one person --------------------------------------------------------------

    def _serve_person(
        self,
        connection: socket.socket,
        peer: str,
        receive: Receive,
        may_linger: Callable[[], bool],
    ) -> None:
        try:
            received = receive(connection, Address.parse(peer))
        except TurnedAway as error:
            if error.reason:
                self._console.print(f"{peer} was turned away: {error.reason}")
                say_goodbye(connection, error.last_line, 1.0 if may_linger() else 0)
            return
        if received is None:
            return
        session = Session(
            self.room,
            connection,
            received.address,
            tls=received.tls,
            door=received.door,
            is_confidential=received.is_confidential,
            lines_per_second=self.settings.lines_per_second,
            may_linger=may_linger,
            name_seconds=self.settings.name_seconds,
        )
        with self.figures.counting(session):
            session.run()


def _listen(settings: Settings, on_failure: contextlib.ExitStack) -> dict[str, Listener]:
    """A listener for each option that asks for one, to be closed by `on_failure`.

    Raises ListenError.
    """
    listeners = {}
    for option, port, host_option, host in (
        ("--port", settings.port, "--host", settings.host),
        ("--tls-port", settings.tls_port, "--host", settings.host),
        ("--status-port", settings.status_port, "--status-host", settings.status_host),
        ("--metrics-port", settings.metrics_port, "--metrics-host", settings.metrics_host),
        (receiving.WEB_PORT, settings.web_port, "--host", settings.host),
    ):
        if port is not None:
            listener = open_listener(host, port, port_flag=option, host_flag=host_option)
            listeners[option] = on_failure.enter_context(listener)
    return listeners


def _check_for_metrics() -> None:
    """Raise ListenError where the library for the metrics is not installed: it is an extra."""
    if importlib.util.find_spec("prometheus_client") is None:
        raise ListenError(
            "--metrics-port needs the library prometheus_client, which is not installed: "
            + how_to_get("prometheus_client"),
            option="--metrics-port",
        )
