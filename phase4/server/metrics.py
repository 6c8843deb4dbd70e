"""The figures for Prometheus: python -m phase4.server --metrics-port 12347

Prometheus is a program that asks many servers for their figures every few seconds and keeps them,
to draw them and to raise an alarm. What it reads is text over HTTP, one line for each figure:

    # HELP chat_people People in the room now.
    # TYPE chat_people gauge
    chat_people 3.0

The library prometheus_client (an extra: pip install '.[metrics]') knows the format and the HTTP
handler. Its own server is made for trusted networks: it starts a thread for every connection,
without a bound, and a connection that says nothing keeps its thread for ever. So the handler runs
in our ThreadedServer, which bounds the threads and ends them at a stop; here the request gets a
bound and a deadline.

The figures are those of the status port, from the same snapshot. They hold no name and no address
of anybody: Prometheus keeps them for months, and a label with a name in it would make a new series
for every name that was ever taken.
"""

import io
import socket
from collections.abc import Callable, Iterator
from http import HTTPStatus

from prometheus_client import CollectorRegistry, MetricsHandler
from prometheus_client.core import CounterMetricFamily as Counter
from prometheus_client.core import GaugeMetricFamily as Gauge
from prometheus_client.core import InfoMetricFamily, Metric
from prometheus_client.registry import Collector

from shared.goodbye import say_goodbye
from shared.http_head import FULL_ANSWER, read_head
from shared.listener import Listener
from shared.status import RoomServer, Snapshot
from shared.threaded_server import Bound, ThreadedServer

MAX_CONNECTIONS = 16
"""Scrapers at a time: a Prometheus or two, a browser, somebody with curl."""


class ChatCollector(Collector):
    """Makes the metrics of one snapshot for each scrape. Any thread."""

    def __init__(self, snapshot: Callable[[], Snapshot]) -> None:
        self._snapshot = snapshot

    def collect(self) -> Iterator[Metric]:
        """The metrics of this moment."""
        return _metrics(self._snapshot())

    def describe(self) -> Iterator[Metric]:
        """The same without figures: the registry asks which names there will be."""
        here = RoomServer("", is_here=True)
        snapshot = Snapshot(resident_bytes=0, cpu_seconds=0.0, hub_lag_seconds=0.0, servers=(here,))
        return _metrics(snapshot)


_Figures = tuple[tuple[type[Gauge] | type[Counter], str, str, str], ...]

_FIGURES: _Figures = (
    (Gauge, "chat_people", "People in the room now.", "people_now"),
    (Gauge, "chat_people_peak", "The most people at a time since the start.", "people_peak"),
    (Gauge, "chat_people_limit", "People that may come in.", "max_people"),
    (Counter, "chat_joins", "People who came in.", "joins"),
    (Counter, "chat_deliveries", "Lines sent to people, one for each recipient.", "deliveries"),
    # What an alarm watches: these stay at 0 on a good day.
    (Counter, "chat_slow_disconnected", "People who stopped reading.", "slow_disconnected"),
    (Counter, "chat_refused_connections", "Connections turned away as too many.", "refused"),
    (Counter, "chat_log_errors", "Writes to a log that failed.", "log_errors"),
    (Gauge, "chat_log_lines_waiting", "Log entries not written yet.", "log_lines_waiting"),
    (Counter, "chat_log_lines_dropped", "Log entries lost.", "log_lines_dropped"),
    (Counter, "chat_console_lines_dropped", "Console lines lost.", "console_lines_dropped"),
    # Of the process, under the names that all programs use.
    (Gauge, "process_start_time_seconds", "When it started, Unix time in seconds.", "started"),
    (Gauge, "process_threads", "Threads of the server.", "threads"),
    (Counter, "process_cpu_seconds", "CPU time used, user and system.", "cpu_seconds"),
    (Gauge, "process_resident_memory_bytes", "Memory in use, in bytes.", "resident_bytes"),
)
"""The kind of each metric, its name, what it is, and the field of the snapshot. The names follow
the conventions of Prometheus: base units; a counter gets `_total` at its end."""


_OF_THE_HUB: _Figures = (
    (Gauge, "chat_hub_lag_seconds", "From the hub's door and back.", "hub_lag_seconds"),
    (Counter, "chat_hub_away_seconds", "Without the hub, in all.", "hub_away_seconds"),
    (Counter, "chat_hub_outages", "Times that the hub was away.", "hub_outages"),
)
"""Of a room that several servers share."""


def _metrics(now: Snapshot) -> Iterator[Metric]:
    """All of them; what the system does not tell is left out."""
    yield InfoMetricFamily(
        "chat_build", "The server's version.", value={"version": now.server_version}
    )
    yield from _plain(_FIGURES, now)
    if now.servers:
        yield from _shared(now)
    unread = sum(each.outbox_bytes for each in now.people)
    yield Gauge("chat_outbox_bytes", "Bytes that wait for people to read, in all.", unread)
    yield _by_kind("chat_messages", "Messages sent by people, by kind: public or private.", now)
    volume = Counter(
        "chat_bytes", "Bytes received from people and sent to them.", labels=["direction"]
    )
    volume.add_metric(["in"], now.bytes_in)
    volume.add_metric(["out"], now.bytes_out)
    yield volume


def _plain(figures: _Figures, now: Snapshot) -> Iterator[Metric]:
    for kind, name, what, field in figures:
        value = getattr(now, field)
        if value is not None:
            yield kind(name, what, value)


def _shared(now: Snapshot) -> Iterator[Metric]:
    """What is this server's own part of the room, and how its link does.

    Not what it knows of the others: whoever collects asks each of them.
    """
    yield Gauge("chat_servers", "Servers that share the room.", len(now.servers))
    yield from _plain(_OF_THE_HUB, now)
    if now.here is not None:
        what = "People who are here through this server."
        yield Gauge("chat_server_people", what, now.people_here)
        yield _by_kind("chat_server_messages", "Messages of this server's people.", now.here)


def _by_kind(name: str, what: str, of: Snapshot | RoomServer) -> Metric:
    messages = Counter(name, what, labels=["kind"])
    messages.add_metric(["public"], of.public_messages)
    messages.add_metric(["private"], of.private_messages)
    return messages


# --- HTTP -------------------------------------------------------------------------------------


def metrics_server(
    listener: Listener, snapshot: Callable[[], Snapshot], report: Callable[[str], None]
) -> ThreadedServer:
    """Answers each scrape with the figures that `snapshot` gives, in a thread of its own."""
    # A registry of our own: the library's global one would add figures of Python's insides.
    registry = CollectorRegistry()
    registry.register(ChatCollector(snapshot))
    scrape = _BoundedHandler.factory(registry)

    def serve(connection: socket.socket, address: str) -> None:
        scrape(connection, address, None)  # a request handler of http.server works when it is made
        say_goodbye(connection)  # a body that nobody reads must not cost the answer

    return ThreadedServer(
        listener, serve, bound=Bound(MAX_CONNECTIONS), full=FULL_ANSWER, report=report
    )


class _BoundedHandler(MetricsHandler):
    """The library's handler, for one request that is short and comes in time.

    A timeout of the socket is not enough: it begins anew with every byte, so a client that sends
    its header letter by letter could stay for days.
    """

    server_version, sys_version = "phase4", ""  # in the answer's head, without Python's version

    def do_HEAD(self) -> None:
        """As GET, without the figures (RFC 9110, 9.3.2)."""
        whole, self.wfile = self.wfile, io.BytesIO()
        self.do_GET()
        head, end, _ = self.wfile.getvalue().partition(b"\r\n\r\n")
        self.wfile = whole
        self.wfile.write(head + end)

    def _refuse(self) -> None:
        """A method that changes something, and there is nothing to change (RFC 9110, 15.5.6)."""
        self.send_response(HTTPStatus.METHOD_NOT_ALLOWED)
        self.send_header("Allow", "GET, HEAD")
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_POST = do_PUT = do_DELETE = do_PATCH = do_OPTIONS = do_TRACE = do_CONNECT = _refuse

    def setup(self) -> None:
        """Read the request's head; the base class parses it. Raises OSError."""
        super().setup()
        self.rfile = io.BufferedReader(io.BytesIO(read_head(self.connection)))
