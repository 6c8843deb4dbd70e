"""What is asked to stop, stops: also by SIGHUP, when its terminal is closed; but under nohup."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.kit.harness import ROOT, SECONDS, Peer, Program, Server, environment, free_port

if sys.platform == "win32":
    pytest.skip("no SIGHUP on Windows", allow_module_level=True)

import signal

from tests.kit.terminal import Terminal

CHAT = ("--status-port", "0", "--quit-key", "off", "--log-dir")
SERVERS = ["phase2.server", "phase3.server", "phase4.server", "phase4.relay", "phase4.naive"]
IGNORING = ("sh", "-c", 'trap "" HUP; exec "$@"', "sh")  # what nohup does to a signal
servers = pytest.mark.parametrize("module", SERVERS)


def command(module: str, directory: Path) -> tuple[str, ...]:
    """What starts it, beside its port."""
    if module == "phase4.server":
        return (module, *CHAT, str(directory))
    return (module, "--log-dir", str(directory)) if module == "phase4.naive" else (module,)


@servers
def test_sighup_stops_a_server_in_order(module: str, tmp_path: Path) -> None:
    with Server(*command(module, tmp_path)) as server:
        server.signal(signal.SIGHUP)
        assert server.wait() == 0
        assert module == "phase4.naive" or "Stopped." in server.rest_of_output()[-1]


@servers
def test_a_server_whose_terminal_is_closed_stops_in_order(module: str, tmp_path: Path) -> None:
    port = str(free_port())
    with Terminal("-m", *command(module, tmp_path), "--port", port) as terminal:
        terminal.until(r"[Ll]istening on")
        with Peer("127.0.0.1", int(port)) as client:
            client.half_close()
            client.read_bytes_until_end()  # it is serving
        terminal.close()
        assert terminal.process.wait(SECONDS) == 0


@servers
def test_under_nohup_a_server_goes_on(module: str, tmp_path: Path) -> None:
    port = free_port()
    process = subprocess.Popen(
        [*IGNORING, sys.executable, "-m", *command(module, tmp_path), "--port", str(port)],
        cwd=ROOT,
        env=environment(),
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        assert process.stdout
        assert any("istening on" in line for line in iter(process.stdout.readline, ""))
        process.send_signal(signal.SIGHUP)
        with Peer("127.0.0.1", port) as client:
            client.half_close()
            client.read_bytes_until_end()  # it was served
        process.terminate()
        process.communicate(timeout=SECONDS)
    assert process.returncode == 0


def test_sighup_and_a_closed_terminal_end_a_bot_in_order(tmp_path: Path) -> None:
    with Server(*command("phase4.server", tmp_path)) as chat:
        to = ("--port", str(chat.port))
        with Program("phase4.echo_bot", *to) as bot:
            bot.expect("^Here as Echo")
            bot.signal(signal.SIGHUP)
            assert bot.wait() == 0
            assert bot.rest_of_output()[-1] == "Goodbye."
        with Terminal("-m", "phase4.echo_bot", *to) as terminal:
            terminal.until("Here as Echo")
            terminal.close()
            assert terminal.process.wait(SECONDS) == 0
            chat.expect("Echo left$")
