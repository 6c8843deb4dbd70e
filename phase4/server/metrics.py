"""The figures for Prometheus: python -m phase4.server --metrics-port 12347

Prometheus is a program that asks many servers for their figures every few seconds and keeps them,
to draw and to sound an alarm. What it reads is text over HTTP, a line for each figure:

    # HELP chat_people People in the room now.
    # TYPE chat_people gauge
    chat_people 3.0

The library prometheus_client (an extra: pip install '.[metrics]') knows the format and the HTTP
handler. Its own server is made for trusted networks: it gives a thread to each of any number of
connections, and one that says nothing keeps its thread for ever. So the handler runs in our
ThreadedServer, which bounds the threads and ends them at a stop, and here the request has a bound
and a deadline.

The figures are those of the status port, from the same snapshot. Of people there are only numbers:
no name and no address is in here, because what Prometheus keeps is kept for months, and a label
with a name in it would make a new series for every name that anybody ever took.
"""

import io
import socket
from collections.abc import Callable, Iterator

from prometheus_client import CollectorRegistry, MetricsHandler
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    InfoMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector

from shared.deadline import Deadline
from shared.defaults import STATUS_SECONDS
from shared.listener import Listener
from shared.status import Snapshot
from shared.threaded_server import ThreadedServer

MAX_CONNECTIONS = 16
"""Scrapers at a time. There is one Prometheus, or two; a browser, and somebody with curl."""

_BUSY = "HTTP/1.0 503 Service Unavailable"  # the answer to a scraper too many

_MAX_HEAD_BYTES = 8 * 1024  # a request with its headers; Prometheus sends about 400


class ChatCollector(Collector):
    """Makes the metrics of one snapshot, each time that somebody scrapes. Any thread."""

    def __init__(self, snapshot: Callable[[], Snapshot]) -> None:
        self._snapshot = snapshot

    def collect(self) -> Iterator[Metric]:
        """The metrics of this moment."""
        return _metrics(self._snapshot())

    def describe(self) -> Iterator[Metric]:
        """The same without figures of any moment: the registry asks which names there will be."""
        return _metrics(Snapshot(resident_bytes=0, cpu_seconds=0.0))


def _metrics(now: Snapshot) -> Iterator[Metric]:
    """All of them. The names follow the conventions of Prometheus: base units, `_total`."""
    yield InfoMetricFamily(
        "chat_build", "The server's version.", value={"version": now.server_version}
    )
    yield from _people(now)
    yield from _traffic(now)
    yield from _trouble(now)
    yield from _process(now)


def _people(now: Snapshot) -> Iterator[Metric]:
    yield GaugeMetricFamily("chat_people", "People in the room now.", now.people_now)
    yield GaugeMetricFamily(
        "chat_people_peak", "The most people at a time since the start.", now.people_peak
    )
    yield GaugeMetricFamily("chat_people_limit", "People that may come in.", now.max_people)
    yield CounterMetricFamily("chat_joins", "People who came in.", now.joins)


def _traffic(now: Snapshot) -> Iterator[Metric]:
    messages = CounterMetricFamily(
        "chat_messages", "Messages sent by people, by kind: public or private.", labels=["kind"]
    )
    messages.add_metric(["public"], now.public_messages)
    messages.add_metric(["private"], now.private_messages)
    yield messages
    yield CounterMetricFamily(
        "chat_deliveries", "Lines sent to people, counted once for each of them.", now.deliveries
    )
    volume = CounterMetricFamily(
        "chat_bytes",
        "Bytes received from people (in) and sent to them (out).",
        labels=["direction"],
    )
    volume.add_metric(["in"], now.bytes_in)
    volume.add_metric(["out"], now.bytes_out)
    yield volume
    yield GaugeMetricFamily(
        "chat_outbox_bytes",
        "Bytes that wait for people to read, for all of them together.",
        sum(each.outbox_bytes for each in now.people),
    )


def _trouble(now: Snapshot) -> Iterator[Metric]:
    """All of these stay at 0 on a good day: what an alarm looks at."""
    yield CounterMetricFamily(
        "chat_slow_disconnected",
        "People disconnected because they stopped reading.",
        now.slow_disconnected,
    )
    yield CounterMetricFamily(
        "chat_refused_connections", "Connections turned away for want of room.", now.refused
    )
    yield CounterMetricFamily("chat_log_errors", "Writes to a log that failed.", now.log_errors)
    yield GaugeMetricFamily(
        "chat_log_lines_waiting",
        "Log entries in memory that the disk has not taken.",
        now.log_lines_waiting,
    )
    yield CounterMetricFamily(
        "chat_log_lines_dropped", "Log entries lost, as too many waited.", now.log_lines_dropped
    )
    yield CounterMetricFamily(
        "chat_console_lines_dropped",
        "Lines for the console lost, as nobody read it.",
        now.console_lines_dropped,
    )


def _process(now: Snapshot) -> Iterator[Metric]:
    """Under the names that all programs use, as far as the system tells them."""
    yield GaugeMetricFamily(
        "process_start_time_seconds", "When the server started, Unix time in seconds.", now.started
    )
    yield GaugeMetricFamily("process_threads", "Threads of the server.", now.threads)
    if now.cpu_seconds is not None:
        yield CounterMetricFamily(
            "process_cpu_seconds", "CPU time used, user and system, in seconds.", now.cpu_seconds
        )
    if now.resident_bytes is not None:
        yield GaugeMetricFamily(
            "process_resident_memory_bytes", "Memory in use, in bytes.", now.resident_bytes
        )


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

    return ThreadedServer(
        listener, serve, max_connections=MAX_CONNECTIONS, full=_BUSY, report=report
    )


class _BoundedHandler(MetricsHandler):
    """The library's handler, for one request that is short and comes in time.

    A timeout of the socket alone would not do: it begins anew with every byte, so a client that
    sends one header letter by letter could stay for days.
    """

    server_version, sys_version = "phase4", ""  # in the answer's head; not which Python runs here

    def setup(self) -> None:
        """Read the request's head; the base class parses it. Raises OSError."""
        super().setup()
        self.rfile = io.BufferedReader(io.BytesIO(_read_head(self.connection)))
        self.connection.settimeout(STATUS_SECONDS)  # for sendall(): for the whole of it


def _read_head(connection: socket.socket) -> bytes:
    """Bytes up to an empty line, or up to the end. Raises OSError: it is too long, or too late."""
    deadline = Deadline(STATUS_SECONDS)
    head = b""
    while b"\r\n\r\n" not in head and b"\n\n" not in head:
        if len(head) > _MAX_HEAD_BYTES:
            raise ConnectionAbortedError("too long for a request")
        connection.settimeout(deadline.timeout())
        data = connection.recv(_MAX_HEAD_BYTES)
        if not data:
            break
        head += data
    return head
