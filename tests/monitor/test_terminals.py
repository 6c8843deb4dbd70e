"""Terminals of every kind: what the dashboard makes of them, and how it gives them back."""

import re
import signal
import sys
import time

import pytest

from shared.status import Person
from tests.kit.harness import SECONDS
from tests.kit.terminal import ENTER_ALTERNATE, Terminal
from tests.monitor.on_screen import RARELY, age_of, dashboard, without_controls
from tests.monitor.samples import changed, crowd
from tests.monitor.status_server import StatusServer, stalls

# --- terminals -----------------------------------------------------------------------------------

_COLOUR = re.compile(rb"\x1b\[(?:\d+;)*(?:3[0-8]|4[0-8]|9[0-7]|10[0-7])(?:;\d+)*m")


def test_it_is_in_colour(server: StatusServer) -> None:
    with dashboard(server, *RARELY) as terminal:
        terminal.until("LIVE")
    assert _COLOUR.search(terminal.output)


@pytest.mark.parametrize("env", [{"NO_COLOR": "1"}, {"TERM": "vt100"}])
def test_it_does_without_colour_where_there_is_none_or_none_is_wanted(
    server: StatusServer, env: dict[str, str]
) -> None:
    with dashboard(server, *RARELY, env=env) as terminal:
        terminal.until("LIVE")
        terminal.until("peak 8 ")
        terminal.press("q")
        assert terminal.wait() == 0
    assert not _COLOUR.search(terminal.output)


@pytest.mark.parametrize(
    ("arguments", "env"),
    [((), {"LC_ALL": "C"}), (("--ascii",), {})],
)
def test_it_draws_in_ascii_where_there_is_nothing_else(
    server: StatusServer, arguments: tuple[str, ...], env: dict[str, str]
) -> None:
    with dashboard(server, *RARELY, *arguments, env=env) as terminal:
        terminal.until(r"\* LIVE \| \d+ s old")
        terminal.until(r"\?\?\?\? +127.0.0.1:50003")
        terminal.press("q")
        assert terminal.wait() == 0
    assert terminal.output.isascii()


def test_the_linux_console_gets_plain_pictures_and_real_names(server: StatusServer) -> None:
    server.show(changed(people=(Person("Zoë"),)))
    with dashboard(server, *RARELY, env={"TERM": "linux"}) as terminal:
        terminal.until(r"\* LIVE \| \d+ s old")
        terminal.until("Zoë")


@pytest.mark.parametrize(
    ("term", "words"),
    [
        ("dumb", "cannot move its cursor"),
        ("no-such-terminal", "does not know the terminal"),
        ("", "TERM=''"),
    ],
)
def test_a_terminal_that_cannot_do_it_gets_one_clear_sentence(
    server: StatusServer, term: str, words: str
) -> None:
    with dashboard(server, env={"TERM": term}, columns=200) as terminal:
        assert terminal.wait() == 2
        sentences = [row for row in terminal.rows if row]
    assert len(sentences) == 1
    assert words in sentences[0]
    assert "--once" in sentences[0]
    assert b"\x1b" not in terminal.output


# --- the end -------------------------------------------------------------------------------------


@pytest.mark.parametrize("how", ["Ctrl-C", "SIGINT", "SIGTERM", "SIGHUP"])
def test_the_terminal_is_restored_after(server: StatusServer, how: str) -> None:
    with dashboard(server, *RARELY) as terminal:
        terminal.until("LIVE")
        if how == "Ctrl-C":
            terminal.press("\x03")
        else:
            terminal.signal(signal.Signals[how])
        assert terminal.wait() == 0
        terminal.assert_restored()
        assert b"Traceback" not in terminal.output


def test_the_terminal_is_restored_after_sigterm_while_the_server_stalls() -> None:
    with StatusServer(stalls()) as server, dashboard(server, *RARELY) as terminal:
        terminal.until("CONNECTING")
        server.wait_for_connections(1)
        terminal.signal(signal.SIGTERM)
        assert terminal.wait() == 0
        terminal.assert_restored()


def test_the_terminal_is_restored_after_a_crash_and_the_fault_is_told(server: StatusServer) -> None:
    crash = (
        "import sys, monitor.screen as screen; from monitor.__main__ import main\n"
        "def broken(scene):\n"
        "    if scene.figures.snapshot: raise ZeroDivisionError('a fault')\n"
        "    return draw(scene)\n"
        "draw, screen.render = screen.render, broken\n"
        f"sys.exit(main(['--status', '{server.address}']))"
    )
    with Terminal("-c", crash) as terminal:
        assert terminal.wait() == 1
        terminal.assert_restored()
        told = terminal.output.rpartition(b"\x1b[?1049l")[2]
        assert b"ZeroDivisionError: a fault" in without_controls(told)  # 3.13 colours it


@pytest.mark.parametrize("controlling", [True, False])
def test_it_ends_when_its_terminal_is_taken_away(server: StatusServer, controlling: bool) -> None:
    with dashboard(server, *RARELY, controlling=controlling) as terminal:
        terminal.until("LIVE")
        terminal.close()
        terminal.process.wait(SECONDS)


def test_without_a_terminal_it_says_so(server: StatusServer) -> None:
    command = f"{sys.executable} -m monitor --status {server.address} </dev/null"
    shell = "import os, sys; sys.exit(os.waitstatus_to_exitcode(os.system(sys.argv[1])))"
    with Terminal("-c", shell, command, columns=200) as terminal:
        assert terminal.wait() == 2
        assert "This is not a terminal; use --once" in terminal.text
    assert ENTER_ALTERNATE not in terminal.output


def test_it_sleeps_while_nothing_happens(server: StatusServer) -> None:
    """Not a speed: a picture a second, because the age grows; and no waiting in a loop."""
    server.show(changed(people=crowd(1000), people_now=1000))
    counting = (
        "import sys, monitor.screen as screen; from monitor.__main__ import main\n"
        "def counted(scene):\n"
        "    pictures.append(1)\n"
        "    return draw(scene)\n"
        "pictures, draw, screen.render = [], screen.render, counted\n"
        f"main(['--status', '{server.address}', '--interval', '3600'])\n"
        "print(len(pictures), 'pictures')"
    )
    started = time.monotonic()
    with Terminal("-c", counting) as terminal:
        terminal.until(r"LIVE · \d+ s old")
        age, since, before = age_of(terminal), time.monotonic(), _cpu_seconds(terminal.process.pid)
        terminal.until(lambda: age_of(terminal) >= age + 2)
        used, seconds = _cpu_seconds(terminal.process.pid) - before, time.monotonic() - since
        terminal.press("q")
        assert terminal.wait() == 0
        lived = time.monotonic() - started
    assert used < 0.2 * seconds
    pictures = re.search(rb"(\d+) pictures", terminal.output)
    assert pictures
    assert int(pictures[1]) <= lived + 3  # one for each second, "CONNECTING", the first figures


def _cpu_seconds(pid: int) -> float:
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii") as stat:
            fields = stat.read().rpartition(")")[2].split()
    except FileNotFoundError:
        pytest.skip("no /proc here")
    return (int(fields[11]) + int(fields[12])) / 100
