"""--csv: a row for each reading, whole and at once, whatever happens to the server or the disk."""

import csv
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from monitor.__main__ import main
from monitor.record import COLUMNS
from shared.status import Snapshot
from tests.kit.harness import ROOT, SECONDS, Program, free_port, wait_until
from tests.monitor.samples import QUIET, changed
from tests.monitor.status_server import StatusServer, sends, stalls

OFTEN = ("--interval", "0.2")


def rows(path: Path) -> list[dict[str, str]]:
    """The rows of the file so far; each is whole, or the check fails here."""
    if not path.exists():
        return []

    def text() -> str:
        return path.read_text(encoding="utf-8")

    # To look while it writes may show half a row; the other half must come, or the half go.
    wait_until(lambda: text().endswith("\n"), "a whole row")
    header, *lines = csv.reader(text().splitlines())
    assert tuple(header) == COLUMNS
    assert all(len(each) == len(COLUMNS) for each in lines)
    return [dict(zip(COLUMNS, each, strict=True)) for each in lines]


def wait_for_row(path: Path, **values: str) -> dict[str, str]:
    """Until the last row has these values; that row."""

    def is_there() -> bool:
        last = rows(path)[-1:]
        return any(each.items() >= values.items() for each in last)

    wait_until(is_there, f"a row with {values}")
    return rows(path)[-1]


@pytest.fixture
def record(capsys: pytest.CaptureFixture[str]) -> Iterator[Callable[..., tuple[int, str]]]:
    """`record(PATH, ADDRESS, ...)` runs it to its end, in this process: its status, what it said.

    It minds SIGINT and SIGTERM for itself; afterwards they do what they did before.
    """
    numbers = (signal.SIGINT, signal.SIGTERM)
    before = [signal.getsignal(each) for each in numbers]

    def call(path: Path, address: str, *more: str) -> tuple[int, str]:
        status = main(["--csv", str(path), "--status", address, *more])
        return status, capsys.readouterr().err

    yield call
    for number, handler in zip(numbers, before, strict=True):
        signal.signal(number, handler)


Call = Callable[..., tuple[int, str]]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A file that is not there yet."""
    return tmp_path / "figures.csv"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_row_for_each_reading_until_it_is_told_to_end(path: Path, number: int) -> None:
    with (
        StatusServer(changed(resident_bytes=42, cpu_seconds=0.5)) as server,
        Program("monitor", "--csv", str(path), "--status", server.address, *OFTEN) as monitor,
    ):
        wait_until(lambda: len(rows(path)) >= 3, "three rows, while it runs")
        server.show(changed(people_now=4, public_messages=1150, resident_bytes=42, cpu_seconds=9.5))
        wait_for_row(path, people_now="4", messages_per_second="0")
        monitor.signal(number)
        assert monitor.wait() == 0
        assert monitor.rest_of_output() == []
    first, *_, last = rows(path)
    assert (first["state"], first["problem"]) == ("live", "")
    assert (first["people_now"], first["joins"], first["deliveries"]) == ("3", "12", "300")
    assert (first["resident_bytes"], first["cpu_seconds"]) == ("42", "0.5")
    assert first["public_messages_per_second"] == ""  # nothing to compare with
    assert (last["public_messages"], last["private_messages"]) == ("1150", "7")
    assert any(float(each["public_messages_per_second"] or 0) > 100 for each in rows(path))
    assert any(float(each["cpu_share"] or 0) > 0.5 for each in rows(path))
    times = [each["time"] for each in rows(path)]
    assert times == sorted(times)
    assert all(each.endswith("+00:00") for each in times)


def test_the_end_does_not_wait_for_a_server_that_stalls(path: Path) -> None:
    with (
        StatusServer(stalls()) as server,
        Program("monitor", "--csv", str(path), "--status", server.address) as monitor,
    ):
        server.wait_for_connections(1)
        monitor.signal(signal.SIGTERM)
        assert monitor.wait() == 0
    assert rows(path) == []


def test_a_second_run_goes_on_in_the_same_file(path: Path, record: Call) -> None:
    with StatusServer(QUIET) as server:
        for _ in range(2):
            assert record(path, server.address, "--once") == (0, "")
        assert len(rows(path)) == 2


def test_a_row_that_a_power_cut_tore_is_not_glued_to_the_next(path: Path, record: Call) -> None:
    with StatusServer(QUIET) as server:
        record(path, server.address, "--once")
        with path.open("a", encoding="utf-8") as file:
            file.write("2026-11-21T")
        assert record(path, server.address, "--once") == (0, "")
    lines = path.read_text(encoding="utf-8").splitlines()
    assert lines[2] == "2026-11-21T"
    assert len(lines) == 4
    assert len(next(csv.reader(lines[3:]))) == len(COLUMNS)


def test_a_file_that_is_moved_away_is_begun_anew(path: Path) -> None:
    with (
        StatusServer(QUIET) as server,
        Program("monitor", "--csv", str(path), "--status", server.address, *OFTEN),
    ):
        wait_until(lambda: rows(path), "a row")
        path.rename(path.with_suffix(".old"))
        wait_until(lambda: rows(path), "a row in a new file")


def test_a_server_that_goes_returns_and_is_another_is_in_the_rows(path: Path) -> None:
    port = free_port()
    arguments = ("--csv", str(path), "--status", f"127.0.0.1:{port}", *OFTEN)
    with Program("monitor", *arguments):
        gone = wait_for_row(path, state="gone", problem="Nothing listens there.")
        assert set(gone[each] for each in COLUMNS[2:-1]) == {""}
        with StatusServer(QUIET, port=port) as server:
            wait_for_row(path, state="live", pid="4711")
            server.show(Snapshot(pid=1))
            wait_for_row(path, state="live", pid="1")
            states = [each["state"] for each in rows(path)]
            assert states.count("restarted") == 1
            server.script = sends(b"* Enter your nickname:\n")
            wait_for_row(path, state="unreadable")
    rates = [each[name] for each in rows(path) for name in COLUMNS if name.endswith("_second")]
    assert not any(each.startswith("-") for each in rates)


def test_what_the_server_does_not_tell_stays_empty(path: Path, record: Call) -> None:
    with StatusServer(sends(b'{"chat_status": 1, "people_now": 0}\n')) as server:
        assert record(path, server.address, "--once") == (0, "")
    told = {name for name, value in rows(path)[0].items() if value}
    assert told == {"time", "state", "people_now"}


def test_what_a_server_sends_can_forge_no_row(path: Path, record: Call) -> None:
    with StatusServer(changed(server_version='1\n2026,"live\x1b[2J')) as server:
        assert record(path, server.address, "--once") == (0, "")
    assert len(path.read_text(encoding="utf-8").splitlines()) == 2
    assert rows(path)[0]["server_version"] == '1\ufffd2026,"live\ufffd[2J'


def test_a_dash_is_standard_output_whose_reader_may_leave() -> None:
    with StatusServer(QUIET) as server:
        command = [sys.executable, "-m", "monitor", "--csv", "-", "--status", server.address]
        pipe = subprocess.PIPE
        monitor = subprocess.Popen([*command, *OFTEN], cwd=ROOT, stdout=pipe, stderr=pipe)
        with monitor:
            assert monitor.stdout is not None
            assert monitor.stderr is not None
            assert monitor.stdout.readline().decode() == f"{','.join(COLUMNS)}\n"
            assert b",live,,4711," in monitor.stdout.readline()
            monitor.stdout.close()
            assert monitor.wait(SECONDS) == 0
            assert monitor.stderr.read() == b""


# --- what cannot be written ----------------------------------------------------------------------


def test_a_file_that_holds_something_else_is_left_alone(tmp_path: Path, record: Call) -> None:
    precious = tmp_path / "precious.txt"
    precious.write_text("time,state\n1,2\n", encoding="utf-8")
    status, said = record(precious, "127.0.0.1:1", "--once")
    assert status == 2
    assert said == (
        f"monitor: {precious} holds something else: its first line is not the header of --csv.\n"
    )
    assert precious.read_text(encoding="utf-8") == "time,state\n1,2\n"


def test_a_place_that_cannot_be_written_is_a_sentence(tmp_path: Path, record: Call) -> None:
    for place in (tmp_path, tmp_path / "no" / "such" / "folder"):
        status, said = record(place, "127.0.0.1:1", "--once")
        assert status == 2
        assert said.startswith(f"monitor: Cannot write {place}: ")
        assert len(said.splitlines()) == 1


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no /dev/full here")
def test_a_disk_that_is_full_from_the_start_is_a_sentence(record: Call) -> None:
    status, said = record(Path("/dev/full"), "127.0.0.1:1", "--once")
    assert (status, said) == (2, "monitor: Cannot write /dev/full: No space left on device.\n")


def test_one_row_of_a_server_that_is_gone_is_exit_status_1(path: Path, record: Call) -> None:
    address = f"127.0.0.1:{free_port()}"
    status, said = record(path, address, "--once")
    assert (status, said) == (1, f"monitor: {address}: Nothing listens there.\n")
    assert [each["state"] for each in rows(path)] == ["gone"]


@pytest.mark.skipif(sys.platform != "linux", reason="prlimit() is Linux'")
def test_a_disk_that_fills_up_is_said_nothing_is_torn_and_it_goes_on(path: Path) -> None:
    import resource  # not on Windows

    def limit(size: int) -> None:
        resource.prlimit(monitor.process.pid, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))

    with (
        StatusServer(QUIET) as server,
        Program("monitor", "--csv", str(path), "--status", server.address, *OFTEN) as monitor,
    ):
        wait_until(lambda: rows(path), "a row")
        limit(path.stat().st_size + 250)  # one more row, and a part of the next
        monitor.expect(rf"monitor: Cannot write {path}: File too large\. Going on\.")
        kept = len(rows(path))
        server.wait_for_connections(server.begun + 2)
        assert len(rows(path)) == kept
        limit(resource.RLIM_INFINITY)
        lost = int(monitor.expect(rf"{path} is written again; (\d+) rows were lost")[1])
        assert lost >= 2
        before = len(rows(path))
        wait_until(lambda: len(rows(path)) > before, "more rows")
        monitor.interrupt()
        assert monitor.wait() == 1
        monitor.expect(rf"monitor: {lost} of \d+ rows were lost\.")


@pytest.mark.parametrize("arguments", [["--csv"], ["--csv", "x.csv", "--json"]])
def test_a_wrong_command_line_is_exit_status_2(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2
    assert "error: argument --" in capsys.readouterr().err
