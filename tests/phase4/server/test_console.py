"""The console: what it shows, and that nobody has to look at it."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace

import pytest

from phase4.server import __main__ as command_line
from tests.kit.chat import PROMPT, Chat, Person
from tests.kit.harness import ROOT, environment, free_port, run, wait_until

pytestmark = pytest.mark.own_server

Start = Callable[..., Chat]


def test_it_shows_who_comes_and_goes(chat: Chat) -> None:
    with chat.join("Alice"):
        chat.expect(r"Alice joined from 127\.0\.0\.1:\d+")
    chat.expect("Alice left")


def test_it_shows_people_and_messages_every_few_seconds(chat: Chat) -> None:
    with chat.join("Alice") as alice, chat.join("Bob") as bob:
        alice.send("hello", "/pm Bob hi")
        bob.hear("Alice: hello")
        bob.hear("Alice -> Bob: hi")
        chat.expect(r"^\[\d\d:\d\d:\d\d\] 2 online, 1 public and 1 private messages$")


def test_what_people_say_is_not_shown(chat: Chat) -> None:
    with chat.join("Alice") as alice, chat.join("Bob") as bob:
        alice.send("loud", "/pm Bob secret")
        bob.hear("Alice: loud")
        bob.hear("Alice -> Bob: secret")
    chat.interrupt()
    output = "\n".join(chat.rest_of_output())
    assert "Alice joined" in output
    assert "loud" not in output
    assert "secret" not in output + "".join(chat.log("connections.txt"))


def test_quiet_shows_neither(start: Start) -> None:
    chat = start("--quiet")
    with chat.join("Alice"):
        pass
    wait_until(lambda: "Alice left" in chat.log("connections.txt"), "Alice has left")
    chat.interrupt()
    assert chat.wait() == 0
    output = "\n".join(chat.rest_of_output())
    assert "Alice" not in output
    assert output.count("online") == 1  # the last line, which sums up


@contextmanager
def _server_with_console(directory: Path) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """A server whose output is a pipe in this test's hands, and its port."""
    port = free_port()
    arguments = ["--status-port", "0", "--log-dir", str(directory), "--quit-key", "off"]
    command = [sys.executable, "-m", "phase4.server", "--port", str(port), "--flood-rate", "0"]
    with subprocess.Popen(
        [*command, *arguments],
        cwd=ROOT,
        env=environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    ) as process:
        try:
            wait_until(lambda: _answers(port), "the server listens")
            yield process, port
        finally:
            process.kill()


def _rename_often(port: int) -> None:
    """Each rename is a line on the console; together they are more than a pipe holds."""
    with Person("127.0.0.1", port) as alice:
        alice.send("Alice", *(f"/nick Alice-{number}" for number in range(2000)))
        alice.skip_to(r".*Alice-1998 is now Alice-1999")


def test_a_console_that_nobody_reads_stops_nothing(tmp_path: Path) -> None:
    with _server_with_console(tmp_path) as (process, port):
        _rename_often(port)
        process.terminate()
        assert process.wait(10) == 0


def test_a_console_that_was_closed_stops_nothing(tmp_path: Path) -> None:
    with _server_with_console(tmp_path) as (process, port):
        assert process.stdout is not None
        process.stdout.close()
        _rename_often(port)
        process.terminate()
        assert process.wait(10) == 0


def _answers(port: int) -> bool:
    try:
        with Person("127.0.0.1", port):
            return True
    except OSError:
        return False


def test_help_names_every_option() -> None:
    status, output = run("phase4.server", "--help")
    assert status == 0
    for option in (
        *("--host", "--port", "--status-port", "--log-dir", "--on-duplicate"),
        *("--show-addresses", "--quit-key", "--max-clients", "--quiet", "--flood-rate"),
    ):
        assert option in output


def test_the_figures_are_shown_only_when_they_have_changed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command_line, "REPORT_SECONDS", 0.0)
    counts = iter(["0 online", "0 online", "1 online", "1 online", "1 online", "0 online"])
    shown: list[str] = []
    now = ""

    def count() -> str:
        nonlocal now
        now = next(counts)
        return now

    figures = SimpleNamespace(counts=count, line=lambda: now)
    is_broken = SimpleNamespace(is_set=lambda: False)
    ends = iter([False] * 5 + [True])
    command_line._wait(
        SimpleNamespace(figures=figures, is_broken=is_broken, look=list),  # type: ignore[arg-type]
        SimpleNamespace(wait=lambda seconds: next(ends)),  # type: ignore[arg-type]
        SimpleNamespace(print=shown.append),  # type: ignore[arg-type]
        is_quiet=False,
    )
    assert shown == ["1 online", "0 online"]


@pytest.mark.parametrize("encoding", ["ascii", "iso-8859-1", "cp1252"])
def test_a_character_that_the_consoles_encoding_lacks_is_replaced_and_nothing_is_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, encoding: str
) -> None:
    monkeypatch.setenv("PYTHONIOENCODING", encoding)
    with Chat(tmp_path, "--flood-rate", "0") as chat:
        with chat.join("小明"), chat.join("Alice"):
            chat.expect(r".*\?\? joined from .*")
            chat.expect(r".*Alice joined from .*")
        with chat.connect() as nameless:
            nameless.expect(PROMPT)
