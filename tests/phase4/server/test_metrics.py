"""--metrics-port: figures for Prometheus, over HTTP; the chat does not notice who asks."""

import contextlib
import http.client
import re
import select
import signal
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import pytest
from prometheus_client import Metric
from prometheus_client.openmetrics import parser as openmetrics
from prometheus_client.parser import text_string_to_metric_families

from phase4.server.metrics import MAX_CONNECTIONS
from phase4.server.options import Settings
from shared.status import parse_snapshot
from shared.version import VERSION
from tests.kit.chat import Chat
from tests.kit.harness import SECONDS, Peer, free_port, run, wait_until

pytestmark = pytest.mark.own_server

Start = Callable[..., Chat]
OPENMETRICS = "application/openmetrics-text; version=1.0.0"


class Metrics:
    """The metrics port of a server."""

    def __init__(self, chat: Chat) -> None:
        found = chat.expect(r"^Metrics on http://([^\s/:]+):(\d+)/metrics$")
        self.host, self.port = found[1], int(found[2])

    def connect(self) -> Peer:
        """A connection that says nothing yet."""
        return Peer(self.host, self.port)

    def get(self, path: str = "/metrics", accept: str = "text/plain") -> tuple[int, str]:
        """The status and the text of an answer."""
        connection = http.client.HTTPConnection(self.host, self.port, timeout=SECONDS)
        with contextlib.closing(connection):
            connection.request("GET", path, headers={"Accept": accept})
            answer = connection.getresponse()
            return answer.status, answer.read().decode()

    def families(self) -> dict[str, Metric]:
        """What a scrape gives, by name."""
        status, text = self.get()
        assert status == 200
        return {each.name: each for each in text_string_to_metric_families(text)}

    def values(self) -> dict[str, float]:
        """The same as figures: `name` or `name{label=value}`."""
        return {
            sample.name + "".join(f"{{{key}={value}}}" for key, value in sample.labels.items()): (
                sample.value
            )
            for family in self.families().values()
            for sample in family.samples
        }

    def is_answering(self) -> bool:
        """Whether a scrape succeeds now."""
        with contextlib.suppress(OSError):
            return self.get()[0] == 200
        return False


@pytest.fixture
def watched(start: Start) -> tuple[Chat, Metrics]:
    """A server, and its metrics."""
    chat = start("--flood-rate", "0", "--metrics-port", "0")
    return chat, Metrics(chat)


Watched = tuple[Chat, Metrics]


# --- what a scrape tells ------------------------------------------------------------------------


def test_a_scrape_tells_what_has_happened(watched: Watched) -> None:
    chat, metrics = watched
    with chat.join("Alice") as alice, chat.join("Bob") as bob:
        alice.hear("* Bob joined")
        with chat.join("Carol"):
            alice.hear("* Carol joined")
        alice.hear("* Carol left")
        alice.send("hello", "/pm Bob hi", "/pm Bob hi again")
        for _ in range(2):
            bob.skip_to(r".* Alice -> Bob: .*")
        values = metrics.values()
    assert values["chat_people"] == 2
    assert values["chat_people_peak"] == 3
    assert values["chat_people_limit"] == 1000
    assert values["chat_joins_total"] == 3
    assert values["chat_messages_total{kind=public}"] == 1
    assert values["chat_messages_total{kind=private}"] == 2
    assert values["chat_deliveries_total"] > 10
    assert values["chat_bytes_total{direction=in}"] > len("hello")
    assert values["chat_bytes_total{direction=out}"] > values["chat_bytes_total{direction=in}"]
    assert values[f"chat_build_info{{version={VERSION}}}"] == 1
    assert not [name for name in values if name.startswith(("chat_hub", "chat_server"))]
    assert values["process_threads"] >= 5
    assert 0 < values["process_cpu_seconds_total"] < 60


def test_its_figures_are_those_of_the_status_port(watched: Watched) -> None:
    chat, metrics = watched
    with chat.connect() as visitor:
        visitor.send("Alice", "/who", "hello", "/quit")
        visitor.half_close()
        visitor.read_bytes_until_end()
    with Peer(chat.status_host, chat.status_port) as reader:
        snapshot = parse_snapshot(reader.read_bytes_until_end())
    values = metrics.values()
    assert (
        snapshot.bytes_in
        == values["chat_bytes_total{direction=in}"]
        == len("Alice\n/who\nhello\n/quit\n")
    )
    assert snapshot.bytes_out == values["chat_bytes_total{direction=out}"]
    assert snapshot.deliveries == values["chat_deliveries_total"]
    assert snapshot.started == values["process_start_time_seconds"]
    troubles = {
        "chat_slow_disconnected_total": snapshot.slow_disconnected,
        "chat_refused_connections_total": snapshot.refused,
        "chat_log_errors_total": snapshot.log_errors,
        "chat_log_lines_waiting": snapshot.log_lines_waiting,
        "chat_log_lines_dropped_total": snapshot.log_lines_dropped,
        "chat_console_lines_dropped_total": snapshot.console_lines_dropped,
        "chat_outbox_bytes": 0,
    }
    assert {name: values[name] for name in troubles} == troubles
    assert ("process_resident_memory_bytes" in values) == (snapshot.resident_bytes is not None)


def test_a_refused_connection_is_counted(start: Start) -> None:
    chat = start("--metrics-port", "0", "--max-clients", "1")
    metrics = Metrics(chat)
    with chat.join("Alice"), chat.connect() as late:
        late.expect("! The server is full.*")
        assert metrics.values()["chat_refused_connections_total"] == 1


def test_it_is_valid_text_in_both_formats_with_help_for_each_figure(watched: Watched) -> None:
    _, metrics = watched
    families = metrics.families()
    # The parser of OpenMetrics is the strict one: names, suffixes, order, units, the end.
    _, text = metrics.get(accept=OPENMETRICS)
    parsed = openmetrics.text_string_to_metric_families(text)  # type: ignore[no-untyped-call]
    strict = {each.name: each for each in parsed}
    assert {each.removesuffix("_info") for each in families} == set(strict)
    for name, family in families.items():
        assert name.startswith(("chat_", "process_"))
        assert family.documentation.endswith(".")
        assert family.type in ("counter", "gauge")
    counters = {name for name, family in families.items() if family.type == "counter"}
    assert {"chat_messages", "chat_deliveries", "chat_bytes", "chat_joins"} <= counters
    assert not {"chat_people", "chat_people_peak", "chat_log_lines_waiting"} & counters


def test_head_is_answered_as_get_is_without_the_figures(watched: Watched) -> None:
    _, metrics = watched
    answers = []
    for method in (b"GET", b"HEAD"):
        with metrics.connect() as peer:
            peer.send_bytes(method + b" /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n")
            head, _, body = peer.read_bytes_until_end().partition(b"\r\n\r\n")
            answers.append((re.sub(rb"Date: .*", b"", head), bool(body)))
    assert answers[0][0].startswith(b"HTTP/1.0 200 ")
    assert answers == [(answers[0][0], True), (answers[0][0], False)]


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"])
def test_a_method_that_it_does_not_take_is_told_which_it_takes(
    watched: Watched, method: str
) -> None:
    _, metrics = watched
    with metrics.connect() as peer:
        body = b"x" * 100_000  # left unread: the answer arrives all the same
        head = f"{method} /metrics HTTP/1.1\r\nContent-Length: {len(body)}\r\n\r\n"
        peer.send_bytes(head.encode() + body)
        answer = peer.read_bytes_until_end()
    assert answer.startswith(b"HTTP/1.0 405 ")
    assert b"\r\nAllow: GET, HEAD\r\n" in answer


def test_one_figure_can_be_asked_for(watched: Watched) -> None:
    _, metrics = watched
    _, text = metrics.get("/metrics?name[]=chat_people")
    assert [each.name for each in text_string_to_metric_families(text)] == ["chat_people"]


def test_no_name_and_no_address_is_ever_in_it(watched: Watched) -> None:
    chat, metrics = watched
    with chat.join("Zoroaster") as person, chat.join("Other"):
        person.hear("* Other joined")
        person.send("/nick Quetzalcoatl", "xylophone", "/pm Other yggdrasil")
        person.skip_to(r".* Quetzalcoatl -> Other: .*")
        port = person.socket.getsockname()[1]
        texts = [metrics.get(accept=each)[1] for each in ("text/plain", OPENMETRICS)]
        with Peer(chat.status_host, chat.status_port) as reader:
            status = reader.read_bytes_until_end().decode()
    # The fence: the snapshot does know them.
    assert "Quetzalcoatl" in status
    assert f'"127.0.0.1:{port}"' in status
    for text in texts:
        assert "chat_people 2.0" in text
        for secret in ("Zoroaster", "Quetzalcoatl", "Other", "127.0.0.1", "xylo", "yggd"):
            assert secret.lower() not in text.lower()


# --- where it is, and where it is not -----------------------------------------------------------


def test_without_the_option_there_are_no_metrics(chat: Chat) -> None:
    chat.expect("Type next")  # what comes after it
    assert not [line for line in chat.output if "Metrics" in line]


def test_it_is_on_this_machine_only_unless_told_otherwise(watched: Watched) -> None:
    assert watched[1].host == Settings().metrics_host == "127.0.0.1"


def test_its_address_can_be_chosen(start: Start) -> None:
    port = free_port()
    metrics = Metrics(start("--metrics-port", str(port), "--metrics-host", "localhost"))
    assert metrics.port == port
    assert metrics.is_answering()


def _run_server(*options: str, logs: Path, module: str = "phase4.server") -> tuple[int, str]:
    ports = ("--port", "0", "--status-port", "0")
    return run(module, *ports, "--log-dir", str(logs / "logs"), *options, cwd=logs)


def test_a_port_in_use_is_one_sentence_that_names_its_own_option(
    chat: Chat, tmp_path: Path
) -> None:
    status, output = _run_server("--metrics-port", str(chat.port), logs=tmp_path)
    assert status == 2
    assert output == (
        f"phase4.server: Port {chat.port} on 127.0.0.1 is in use: another program listens there. "
        "Stop it, or choose another port with --metrics-port."
    )


def test_where_the_library_is_missing_it_is_one_sentence_that_says_how_to_get_it(
    tmp_path: Path,
) -> None:
    (tmp_path / "without_library.py").write_text(
        "import runpy, sys\n"
        "sys.modules['prometheus_client'] = None  # as if it were not there\n"
        "runpy.run_module('phase4.server', run_name='__main__', alter_sys=True)\n"
    )
    status, output = _run_server("--metrics-port", "0", logs=tmp_path, module="without_library")
    assert status == 2
    assert output.startswith("phase4.server: --metrics-port needs the library prometheus_client")
    assert output.endswith("-m pip install prometheus_client")
    assert "\n" not in output
    assert not (tmp_path / "logs").exists()


# --- scrapers that do harm ------------------------------------------------------------------------


def test_a_request_without_end_is_hung_up_on(watched: Watched) -> None:
    _, metrics = watched
    with metrics.connect() as endless, contextlib.suppress(ConnectionError):
        endless.send_bytes(b"GET / HTTP/1.1\r\n")
        deadline = time.monotonic() + SECONDS
        while not endless.has_input():  # the end of the stream
            endless.send_bytes(b"X-Header: " + b"x" * 1000 + b"\r\n")
            assert time.monotonic() < deadline
        endless.expect_end()
    assert metrics.is_answering()


def test_those_who_say_nothing_or_too_little_take_places_for_a_moment_only(
    watched: Watched,
) -> None:
    chat, metrics = watched
    with ExitStack() as stack, chat.join("Alice") as alice, chat.join("Bob") as bob:
        alice.hear("* Bob joined")
        for _ in range(MAX_CONNECTIONS - 1):
            stack.enter_context(metrics.connect())
        slow = stack.enter_context(metrics.connect())
        slow.send_bytes(b"GET /metrics HTTP/1.1\r\nX-Slow: ")
        assert metrics.get()[0] == 503
        alice.send("hello")
        bob.hear("Alice: hello")
        _drip_until_hung_up(slow)
        wait_until(metrics.is_answering, "there is room again")


def _drip_until_hung_up(slow: Peer) -> None:
    """A byte every tenth of a second: no pause is long, and the whole would never end."""
    deadline = time.monotonic() + SECONDS
    with contextlib.suppress(ConnectionError):
        while not select.select([slow.socket], [], [], 0.1)[0]:
            assert time.monotonic() < deadline, "it may stay for ever"
            slow.send_bytes(b"x")


ODD_REQUESTS = [
    b"\r\n\r\n",
    b"\n\n",
    b"GET\n\n",
    b"hello\n\n",
    b"GET /metrics HTTP/9.9\r\n\r\n",
    b"GET / HTTP/1.1\r\nContent-Length: 99999999\r\n\r\n",
    b"POST /metrics HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc",
    b"\xff\xfe\x00\x16\x03\x01\r\n\r\n",
    b"GET /metrics?name[]=nothing&" + b"x=1&" * 1500 + b" HTTP/1.1\r\n\r\n",
    b"GET /metrics HTTP/1.1\r\n" + b"A: b\r\n" * 150 + b"\r\n",
]


def test_what_is_no_proper_request_is_over_soon_and_harms_nothing(watched: Watched) -> None:
    chat, metrics = watched
    for request in ODD_REQUESTS:
        with metrics.connect() as peer:
            peer.send_bytes(request)
            with contextlib.suppress(ConnectionError):
                peer.read_bytes_until_end()
        assert metrics.is_answering(), request
    _assert_that_no_fault_was_reported(chat)


def _assert_that_no_fault_was_reported(chat: Chat) -> None:
    """Ends the server, as this is the only way to see all that it printed."""
    chat.signal(signal.SIGTERM)
    assert chat.wait() == 0
    assert not [line for line in chat.rest_of_output() if "fault" in line or "Traceback" in line]


def test_a_scraper_that_resets_its_connection_harms_nothing(watched: Watched) -> None:
    chat, metrics = watched
    for request in (b"", b"GET /metrics HTTP/1.1\r\n", b"GET /metrics HTTP/1.1\r\n\r\n"):
        peer = metrics.connect()
        peer.send_bytes(request)
        peer.reset()
    assert metrics.is_answering()
    _assert_that_no_fault_was_reported(chat)


def test_the_server_stops_in_two_seconds_with_scrapers_that_stall(watched: Watched) -> None:
    chat, metrics = watched
    with ExitStack() as stack, chat.join("Alice") as alice:
        for start_of_request in (b"", b"GET /metrics HTTP/1.1\r\nAccept: "):
            for _ in range(5):
                stack.enter_context(metrics.connect()).send_bytes(start_of_request)
        # Nine threads of the server, and ten that wait for the rest of a request.
        wait_until(lambda: metrics.values()["process_threads"] >= 15, "all have connected")
        before = time.monotonic()
        chat.signal(signal.SIGTERM)
        alice.hear("* The server is stopping.")
        assert chat.wait() == 0
        assert time.monotonic() - before < 2.0  # promise 5 of the design, not a measure of speed
