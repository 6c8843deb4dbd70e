"""The benchmark does what it says, and a server that cheats is found out. No speed is asserted."""

import asyncio
import contextlib
import dataclasses
import json
import os
import threading
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from phase4.server.status_port import StatusPort
from shared.defaults import HOST
from shared.listener import open_listener
from tests.benchmarks import generator
from tests.benchmarks.asyncio_server import Chat, serve
from tests.benchmarks.generator import Failure, Order, Part, carry_out
from tests.benchmarks.picture import Curve, Point, draw
from tests.benchmarks.servers import CONTENDERS, running
from tests.conftest import Need
from tests.kit.harness import SECONDS, free_port, run, wait_until

SVG = "{http://www.w3.org/2000/svg}"


def test_a_run_loses_nothing_and_writes_the_table_and_the_picture(tmp_path: Path) -> None:
    svg, raw = tmp_path / "deliveries.svg", tmp_path / "raw.json"
    options = "--people 6 --curve 6 --seconds 0.05 --rounds 1 --tries 1"
    servers = ["--servers", "phase3,phase4,asyncio"]
    files = ["--picture", str(svg), "--json", str(raw)]
    status, output = run("tests.benchmarks", *options.split(), *servers, *files, seconds=30)
    assert status == 0, output
    assert output.count("| phase4 |") == 3  # two parts, and the memory
    runs = json.loads(raw.read_text(encoding="utf-8"))["runs"]
    assert [each["server"] for each in runs] == ["phase3", "phase4", "asyncio"]
    for part in [part for each in runs for part in each["figures"]]:
        assert 0 < part["deliveries"] <= part["checked"]
    assert "none lost, none twice, none seen out of order" in output
    assert "failed" not in output
    drawn = ElementTree.parse(svg)
    names = {text.text for text in drawn.iter(SVG + "text")}
    assert {"phase3", "phase4", "asyncio", "deliveries a second"} <= names


def test_a_curve_rises_where_its_values_do() -> None:
    points = [
        Point(10, 1000, 900, 1100),
        Point(100, 50_000, 40_000, 60_000),
        Point(200, 70, 60, 80),
    ]
    drawn = ElementTree.fromstring(draw("<Title>", "", "x", "y", [Curve("a", points)]))
    curve = drawn.findall(SVG + "polyline")[0].attrib["points"].split()
    (x1, y1), (x2, y2), (x3, y3) = (map(float, each.split(",")) for each in curve)
    assert x1 < x2 < x3
    assert y2 < y1 < y3  # y is counted from the top


# --- special conditions: a hundred monitors beside the server, TLS -------------------------------


@pytest.mark.parametrize("server", ["watched", "tls", "web", "hub2"])
def test_a_server_can_be_measured_in_special_conditions(
    server: str, tmp_path: Path, need: Need
) -> None:
    if server == "hub2":
        need("redis-server", modules=["redis"])
    options = f"--people 6 --curve 6 --seconds 0.05 --rounds 1 --tries 1 --servers {server}"
    status, output = run(
        "tests.benchmarks", *options.split(), "--picture", str(tmp_path / "p.svg"), seconds=30
    )
    assert status == 0, output
    assert output.count(f"| {server} |") == 3  # two parts, and the memory
    assert "failed" not in output


def test_monitors_that_get_no_proper_answer_say_so() -> None:
    assert run("tests.benchmarks.watchers", str(free_port()))[0] == 1
    port = StatusPort(open_listener(HOST, 0), lambda: b"[1]\n")
    thread = threading.Thread(target=port.serve)
    thread.start()
    try:
        outcome = run("tests.benchmarks.watchers", str(port.listener.getsockname()[1]))
    finally:
        port.stop()
        thread.join(SECONDS)
    assert outcome[0] == 1
    assert outcome[1].startswith("A monitor got no answer: The answer has no chat_status")


@pytest.mark.skipif(not hasattr(os, "waitid"), reason="needs waitid(2), to see that a child ended")
def test_a_run_in_which_a_monitor_got_no_answer_has_failed() -> None:
    without_status = dataclasses.replace(CONTENDERS["asyncio"], is_watched=True)
    look = os.WEXITED | os.WNOHANG | os.WNOWAIT  # and leave the child's status to its owner
    with pytest.raises(Failure, match="A monitor got no answer"), running(without_status, 2):
        wait_until(lambda: os.waitid(os.P_ALL, 0, look), "the monitors have given up")


# --- servers that cheat ------------------------------------------------------------------------

Fault = Callable[[bytes], list[bytes]]
"""What a recipient gets in place of a line."""


def once(fault: Fault) -> Fault:
    """`fault` for the twentieth line, and no other."""
    count = 0

    def deliver(line: bytes) -> list[bytes]:
        nonlocal count
        count += 1
        return fault(line) if count == 20 else [line]

    return deliver


def swapping() -> Fault:
    """The twentieth line comes after the next one of the same sender."""
    held: list[bytes] = []

    def hold(line: bytes) -> list[bytes]:
        held.append(line)
        return []

    at_twenty = once(hold)

    def deliver(line: bytes) -> list[bytes]:
        if held and held[0].startswith(line[:5]):
            return [line, held.pop()]
        return at_twenty(line)

    return deliver


class FaultyChat(Chat):
    """Does to one recipient what `fault` says."""

    def __init__(self, clients: set[Chat], fault: Fault) -> None:
        super().__init__(clients)
        self._fault = fault

    def broadcast(self, line: bytes) -> None:
        """Send a line to all but this one."""
        for client in self.clients - {self}:
            lines = self._fault(line) if client.nick == b"u0003" else [line]
            client.transport.write(b"".join(lines))


@contextlib.contextmanager
def faulty_server(fault: Fault) -> Iterator[int]:
    """A server in a thread of this process; gives its port."""
    listener = open_listener(HOST, 0)
    loop = asyncio.new_event_loop()
    clients: set[Chat] = set()
    task = loop.create_task(serve(listener, lambda: FaultyChat(clients, fault)))

    def serve_until_cancelled() -> None:
        with contextlib.suppress(asyncio.CancelledError):
            loop.run_until_complete(task)

    thread = threading.Thread(target=serve_until_cancelled)
    thread.start()
    try:
        yield listener.getsockname()[1]
    finally:
        loop.call_soon_threadsafe(task.cancel)
        thread.join(SECONDS)
        loop.run_until_complete(asyncio.sleep(0))  # lets the transports close
        loop.close()


@pytest.fixture
def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """Check for less long; what is lost stays lost."""
    monkeypatch.setattr(generator, "CHECK_SECONDS", 0.05)
    monkeypatch.setattr(generator, "QUIET_SECONDS", 0.5)


def order(port: int) -> Order:
    return Order([port], "named", 4, [os.getpid()], [Part(2, 8, 0.01)])


@pytest.mark.usefixtures("hurry")
def test_an_honest_server_passes() -> None:
    with faulty_server(lambda line: [line]) as port:
        assert carry_out(order(port)).figures[0].deliveries > 0


@pytest.mark.usefixtures("hurry")
@pytest.mark.parametrize(
    ("fault", "found"),
    [
        (once(lambda line: []), "1 messages lost"),
        (once(lambda line: [line, line]), "[1-9] altered or out of order"),
        (
            once(lambda line: [line.replace(b"fox", b"cat")]),
            "0 too many, [1-9] altered or out of order",
        ),
        (swapping(), "0 messages lost, 0 too many, [1-9] altered or out of order"),
    ],
    ids=["loses", "doubles", "alters", "swaps"],
)
def test_a_server_that_cheats_is_found_out(fault: Fault, found: str) -> None:
    with faulty_server(fault) as port, pytest.raises(Failure, match=found):
        carry_out(order(port))


def test_a_server_that_goes_silent_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(generator, "STALL_SECONDS", 0.3)
    with faulty_server(lambda line: []) as port, pytest.raises(Failure, match="nothing came for"):
        carry_out(order(port))
