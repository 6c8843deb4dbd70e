"""--once and --json: the figures without a terminal, and an exit status that tells."""

import json
import os
import subprocess
import sys
from collections.abc import Callable

import pytest

from monitor.__main__ import main
from shared.status import Person, parse_snapshot
from tests.kit.harness import ROOT, SECONDS, environment, free_port
from tests.monitor.samples import QUIET, changed
from tests.monitor.status_server import StatusServer, sends

START = "To start a server: python -m phase4.server"


def monitor(*arguments: str, env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """Run it to its end, with what it prints apart from its complaints."""
    return subprocess.run(
        [sys.executable, "-m", "monitor", *arguments],
        cwd=ROOT,
        env={**environment(), **(env or {})},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        timeout=SECONDS,
        check=False,
    )


Call = Callable[..., tuple[int, str, str]]


@pytest.fixture
def call(capsys: pytest.CaptureFixture[str]) -> Call:
    """The same in this process, which is quicker: its status, its output, its complaints."""

    def call(*arguments: str) -> tuple[int, str, str]:
        return main(arguments), *capsys.readouterr()

    return call


def test_once_prints_the_figures_for_a_person() -> None:
    with StatusServer(changed(resident_bytes=42_000_000, cpu_seconds=61.5)) as server:
        done = monitor("--once", "--status", server.address)
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert lines[0] == f"{server.address}, phase4 0.1.0, pid 4711, up 3 h 04 min"
    assert "people       3 (peak 8, 12 joined, room for 1,000)" in lines
    assert "messages     157 (public 150, private 7)" in lines
    assert "delivered    300" in lines
    assert "bytes        4.0 kB in, 52.0 kB out" in lines
    assert "threads      9" in lines
    assert "memory       42.0 MB" in lines
    assert "cpu          1 min 01 s since the start" in lines
    heading = next(number for number, line in enumerate(lines) if line.startswith("name "))
    assert lines[heading].split() == ["name", "address", "since", "messages", "bytes", "outbox"]
    assert [line.split()[0] for line in lines[heading + 1 :]] == ["Alice", "bob", "小明"]


def test_of_several_servers_it_prints_one_after_the_other_and_says_which_cannot_be_read(
    call: Call,
) -> None:
    nowhere = f"127.0.0.1:{free_port()}"
    with StatusServer(QUIET) as one, StatusServer(changed(people_now=9)) as two:
        addresses = (one.address, nowhere, two.address)
        where = [each for address in addresses for each in ("--status", address)]
        status, output, errors = call("--once", *where)
        assert (status, errors) == (1, f"monitor: {nowhere}: Nothing listens there. {START}\n")
        titles = [line for line in output.splitlines() if "phase4" in line]
        assert [each.partition(",")[0] for each in titles] == [one.address, two.address]
        status, output, _ = call("--json", *where)
        assert [json.loads(line)["people_now"] for line in output.splitlines()] == [3, 9]


def test_a_recording_is_of_one_server(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--csv", "-", "--status", "a:1", "--status", "b:1"])
    assert "--csv records one server" in capsys.readouterr().err


def test_more_servers_than_there_may_be_are_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main([each for port in range(1, 34) for each in ("--status", f"127.0.0.1:{port}")])
    assert "at most 32 servers" in capsys.readouterr().err


def test_once_shows_a_dash_for_what_the_server_does_not_tell(call: Call) -> None:
    with StatusServer(sends(b'{"chat_status": 1, "people": [{"name": "Ann"}]}\n')) as server:
        status, output, errors = call("--once", "--status", server.address)
    assert (status, errors) == (0, "")
    lines = output.splitlines()
    assert lines[0] == server.address
    assert "people       – (peak –, – joined)" in lines
    assert "messages     – (public –, private –)" in lines
    assert "memory       –" in lines
    assert lines[-1].split() == ["Ann", "–", "–", "–", "–"]
    assert not any("0" in line for line in lines[1:])


def test_once_cleans_what_the_server_sent(call: Call) -> None:
    people = (Person("\x1b[31mEve\x07", "\u202e1.2.3.4\n* forged"),)
    with StatusServer(changed(server="\x9b2Jbad\r", people=people)) as server:
        _, output, _ = call("--once", "--status", server.address)
    assert not any(ord(each) < 32 and each != "\n" for each in output)
    assert not any("\x7f" <= each <= "\x9f" or each == "\u202e" for each in output)
    assert len([line for line in output.splitlines() if "Eve" in line]) == 1


def test_once_prints_something_also_where_the_locale_has_no_such_letter() -> None:
    with StatusServer(QUIET) as server:
        done = monitor(
            "--once",
            "--status",
            server.address,
            env={"PYTHONUTF8": "0", "PYTHONIOENCODING": "ascii"},
        )
    assert (done.returncode, done.stderr) == (0, "")
    assert "\n?? " in done.stdout


def test_json_prints_the_snapshot_as_one_line(call: Call) -> None:
    with StatusServer(QUIET) as server:
        status, output, errors = call("--json", "--status", server.address)
    assert (status, errors) == (0, "")
    assert output.count("\n") == 1
    assert json.loads(output)["chat_status"] == 1
    assert parse_snapshot(output.encode()) == QUIET


@pytest.mark.parametrize("option", ["--once", "--json"])
def test_a_server_that_cannot_be_read_is_a_sentence_and_exit_status_1(
    option: str, call: Call
) -> None:
    port = free_port()
    status, output, errors = call(option, "--status", f"127.0.0.1:{port}")
    assert status == 1
    assert output == ""
    assert errors == f"monitor: 127.0.0.1:{port}: Nothing listens there. {START}\n"


def test_a_port_that_is_something_else_is_a_sentence_and_exit_status_1(call: Call) -> None:
    with StatusServer(sends(b"SSH-2.0-OpenSSH\r\n")) as server:
        status, _, errors = call("--json", "--status", server.address)
    assert status == 1
    assert errors == (
        f"monitor: {server.address}: The answer is not JSON: this is not a status port.\n"
    )


@pytest.mark.parametrize(
    "arguments",
    [
        ("--status", "12346"),
        ("--interval", "0"),
        ("--interval", "nan"),
        ("--interval", "soon"),
    ],
)
def test_a_wrong_command_line_is_exit_status_2(
    arguments: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--once", *arguments])
    assert ended.value.code == 2
    assert f"error: argument {arguments[0]}: {arguments[1]!r} is no" in capsys.readouterr().err


def test_a_reader_that_is_gone_is_one_sentence_and_a_status() -> None:
    with StatusServer(QUIET) as server:
        reading, writing = os.pipe()
        os.close(reading)
        try:
            done = subprocess.run(
                [sys.executable, "-m", "monitor", "--json", "--status", server.address],
                cwd=ROOT,
                env=environment(),
                stdout=writing,
                stderr=subprocess.PIPE,
                timeout=SECONDS,
                check=False,
            )
        finally:
            os.close(writing)
    assert done.returncode == 1
    assert done.stderr == b"Standard output cannot be written: Broken pipe.\n"


def test_without_curses_the_sentence_says_what_to_install() -> None:
    hide = "import sys; sys.modules['_curses'] = None; from monitor.__main__ import main"
    done = subprocess.run(
        [sys.executable, "-c", f"{hide}; sys.exit(main([]))"],
        cwd=ROOT,
        env=environment(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        timeout=SECONDS,
        check=False,
    )
    assert done.returncode == 2
    assert "windows-curses" in done.stderr
    assert "Traceback" not in done.stderr
