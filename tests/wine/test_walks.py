"""The programs in Windows' own Python, and people on Linux who talk with them."""

import json
from pathlib import Path

import pytest

from tests.kit.chat import PROMPT, TIME, Chat, Person, secure
from tests.kit.desktop import Desktop
from tests.kit.harness import ROOT, Peer, Program, run
from tests.starters.steps import program
from tests.wine.machine import Machine

SECONDS = 60.0  # Wine starts slowly on a busy machine


class Windows(Program):
    """`python -m ARGUMENTS...` there."""

    def __init__(
        self,
        machine: Machine,
        *arguments: str,
        cwd: Path = ROOT,
        env: dict[str, str] | None = None,
    ) -> None:
        self.python = machine.python
        super().__init__(*arguments, cwd=cwd, env={**machine.env, **(env or {})})


class Alone(Windows):
    """`python FILE ARGUMENTS...` there, without a library and without the house."""

    how = ("-S", "-E")


def join(port: int, name: str) -> Person:
    """Somebody on Linux who has joined."""
    person = Person("127.0.0.1", port)
    person.expect(PROMPT)
    person.send(name)
    person.expect(rf"{TIME} \* Welcome, {name}! .*")
    person.name = name
    return person


@pytest.mark.timeout(5 * SECONDS)
def test_server_status_relay_and_terminal_client_of_windows_talk_with_linux(
    machine: Machine, tmp_path: Path
) -> None:
    options = ("--port", "0", "--status-port", "0", "--log-dir", str(tmp_path))
    with Windows(machine, "phase4.server", *options) as server:
        port = int(server.expect(r"^Listening on \S+:(\d+)", SECONDS)[1])
        status = int(server.expect(r"^Status on \S+:(\d+)")[1])
        upstream = ("--port", "0", "--upstream", f"127.0.0.1:{port}")
        with Windows(machine, "phase4.relay", *upstream) as relay, join(port, "Bob") as bob:
            relayed = relay.expect(r"[Ll]istening on \S+:(\d+)", SECONDS)[1]
            where = ("--port", relayed, "--name", "Wendy")
            with Windows(machine, "phase4.client_terminal", *where) as wendy:
                wendy.expect(r"\* Welcome, Wendy!", SECONDS)
                bob.hear("* Wendy joined")
                wendy.type("héllo from Windows 🙂\n")
                bob.hear("Wendy: héllo from Windows 🙂")
                bob.send("/pm Wendy only for you")
                wendy.expect("Bob -> Wendy: only for you")
                with Peer("127.0.0.1", status) as reader:
                    assert json.loads(reader.read_line())["people_now"] == 2
                wendy.end_of_input()
                assert wendy.wait() == 0
            said = (tmp_path / "messages.txt").read_text(encoding="utf-8")
            assert "Wendy: héllo from Windows 🙂\n" in said


@pytest.mark.timeout(5 * SECONDS)
def test_the_monitor_of_windows_shows_a_server_once(machine: Machine, tmp_path: Path) -> None:
    with Chat(tmp_path) as chat, chat.join("Bob"):
        where = ("--once", "--status", f"127.0.0.1:{chat.status_port}")
        with Windows(machine, "monitor", *where) as monitor:
            monitor.expect("Bob", SECONDS)
            assert monitor.wait() == 0


@pytest.mark.window
@pytest.mark.timeout(5 * SECONDS)
def test_the_window_of_windows_talks_with_a_server_on_linux(
    machine: Machine, desktop: Desktop, tmp_path: Path
) -> None:
    with Chat(tmp_path) as chat, chat.join("Bob") as bob:
        where = ("--port", str(chat.port), "--name", "Wendy", "--no-remember")
        with Windows(machine, "phase4.client_gui", *where, env=desktop.env):
            bob.expect(rf"{TIME} \* Wendy joined", SECONDS)
            window = desktop.window("Wendy on")
            window.type("hello from a window\n")
            bob.hear("Wendy: hello from a window", SECONDS)
            desktop.screenshot(tmp_path / "window.png")


@pytest.mark.window
@pytest.mark.timeout(5 * SECONDS)
def test_the_file_that_is_handed_out_talks_over_tls_from_an_empty_folder(
    machine: Machine, desktop: Desktop, tmp_path: Path
) -> None:
    cert, key, folder = tmp_path / "cert.pem", tmp_path / "key.pem", tmp_path / "a student's"
    folder.mkdir()
    assert run("phase4.certificate", "127.0.0.1", "--cert", str(cert), "--key", str(key))[0] == 0
    tls = ("--tls-cert", str(cert), "--tls-key", str(key))
    with Chat(tmp_path, *tls, secure=secure(cert)) as chat, chat.join("Bob") as bob:
        where = ("--host", "127.0.0.1", "--port", str(chat.port), "--ca", str(cert))
        assert run("phase4.handout", *where, "--output", str(folder / "chat.pyz"))[0] == 0
        words = ("chat.pyz", "--terminal", "--name", "Wendy")
        with Alone(machine, *words, cwd=folder) as terminal:
            bob.expect(rf"{TIME} \* Wendy joined", SECONDS)
            terminal.type("héllo from a file\n")
            bob.hear("Wendy: héllo from a file")
            terminal.end_of_input()
            assert terminal.wait() == 0
        bob.hear("* Wendy left")
        words = ("chat.pyz", "--name", "Wilma", "--no-remember")
        with Alone(machine, *words, cwd=folder, env=desktop.env):
            bob.expect(rf"{TIME} \* Wilma joined", SECONDS)
            desktop.window("Wilma on").type("hello from its window\n")
            bob.hear("Wilma: hello from its window", SECONDS)
    assert [each.name for each in folder.iterdir()] == ["chat.pyz"]


@pytest.mark.timeout(10 * SECONDS)
def test_a_learner_on_windows_begins_and_is_graded(machine: Machine, tmp_path: Path) -> None:
    folder = str(tmp_path / "my dir")
    with Windows(machine, "tests.start", "phase1", folder) as start:
        start.expect("Begin with TODO 1", SECONDS)
        assert start.wait() == 0
    server = tmp_path / "my dir" / "phase1" / "server.py"
    assert "TODO 1" in server.read_text(encoding="utf-8")
    # Where somebody has gone while they queued, Windows says ECONNRESET, and Wine ENOTCONN.
    right = program("phase1").replace("except ConnectionError", "except OSError")
    server.write_text(right, encoding="utf-8")
    with Windows(machine, "tests.progress", folder, "--phases", "phase1") as progress:
        assert progress.wait(5 * SECONDS) == 0
        assert progress.rest_of_output()[-1].endswith(" done")
