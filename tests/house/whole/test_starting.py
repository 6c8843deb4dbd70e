"""Programs where they are started: without a shell, a home, a library or a place to print to."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import pytest

from shared.arguments import file_path
from tests.kit.certificates import Authority
from tests.kit.chat import PROMPT, TIME, Chat
from tests.kit.desktop import Desktop
from tests.kit.harness import ROOT, SECONDS, Program, environment, run, wait_until

NOBODY = "~there-is-no-such-person"

_TLS = ["--ca", "--known-hosts"]
_CERTIFICATE = ["--tls-cert", "--tls-key"]
_PATHS = {
    "phase4.server": ["--log-dir", *_CERTIFICATE],
    "phase4.server_gui": ["--log-dir", *_CERTIFICATE],
    "phase4.relay": ["--trace-diagram", *_TLS, *_CERTIFICATE],
    "phase4.client_terminal": _TLS,
    "phase4.client_gui": _TLS,
    "phase4.echo_bot": _TLS,
    "phase4.certificate": ["--cert", "--key"],
    "phase4.handout": ["--ca", "--output"],
    "phase4.eavesdropper": ["--trace-diagram"],
    "phase4.naive": ["--log-dir"],
    "monitor": ["--csv"],
}


@pytest.mark.parametrize(
    ("program", "option"), [(each, option) for each, all_ in _PATHS.items() for option in all_]
)
def test_every_option_that_is_a_path_knows_what_a_tilde_is(program: str, option: str) -> None:
    status, output = run(program, f"{option}={NOBODY}/file")
    assert status == 2
    assert f"argument {option}: '{NOBODY}/file' begins with {NOBODY}, and no such home" in output


def test_no_option_takes_a_path_as_it_is_typed() -> None:
    for folder in ("shared", "phase1", "phase2", "phase3", "phase4", "monitor"):
        for path in (ROOT / folder).rglob("*.py"):
            assert not re.search(r"\btype=Path\b", path.read_text(encoding="utf-8")), path


def test_a_tilde_is_the_home_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HOME", "USERPROFILE"):
        monkeypatch.setenv(name, str(tmp_path))
    assert file_path("~/logs") == tmp_path / "logs"
    assert file_path("~") == tmp_path
    assert file_path("./~/logs") == Path("~/logs")
    assert file_path("a~/b") == Path("a~/b")


def test_the_logs_go_to_the_home_directory_where_no_shell_has_said_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HOME", "USERPROFILE"):
        monkeypatch.setenv(name, str(tmp_path))
    options = ("--port", "0", "--status-port", "0", "--quit-key", "off", "--log-dir=~/there")
    with Program("phase4.server", *options, cwd=tmp_path) as server:
        server.expect("Status on ")
        assert (tmp_path / "there" / "messages.txt").exists()
        assert not (tmp_path / "~").exists()


# --- without a home -----------------------------------------------------------------------------


@pytest.fixture
def nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Programs that are started have no HOME, and a user whom the system does not list."""
    program = tmp_path / "python"
    drop = "-u HOME -u XDG_CONFIG_HOME"
    run_as = f"unshare --user --map-user=54321 env {drop}"
    program.write_text(f'#!/bin/sh\nexec {run_as} {sys.executable} "$@"\n')
    program.chmod(0o700)
    home = "import os; assert os.path.expanduser('~') == '~'"
    try:
        subprocess.run([program, "-c", home], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("this system lets us be nobody")
    monkeypatch.setattr(sys, "executable", str(program))


NEEDS = "To remember servers without a home directory, say in which file: --known-hosts FILE"


def test_without_a_home_the_relay_says_what_tls_needs(nobody: None) -> None:
    status, output = run("phase4.relay", "--port", "0", "--upstream-tls")
    assert status == 2
    assert output == f"phase4.relay: {NEEDS} (or vouch for the server: --ca FILE)."


@pytest.mark.parametrize("program", ["phase4.client_terminal", "phase4.echo_bot"])
def test_without_a_home_a_client_says_what_tls_needs(
    nobody: None, tmp_path: Path, program: str
) -> None:
    certificate = Authority(tmp_path).certificate()
    with Chat(tmp_path, "--tls-cert", str(certificate)) as chat:
        status, output = run(program, "--port", str(chat.port), "--tls", "--name", "Ann")
    assert status == 1
    assert NEEDS in output
    assert "fault in this program" not in output


def test_without_a_home_the_window_opens_and_remembers_nothing(
    nobody: None, tmp_path: Path, desktop: Desktop
) -> None:
    with Chat(tmp_path) as chat:
        where = ("--port", str(chat.port), "--name", "Ann")
        with Program("phase4.client_gui", *where, env=desktop.env):
            wait_until(lambda: chat.people_now() == 1, "Ann has come, by a window")


def test_without_a_home_a_tilde_is_an_error(nobody: None) -> None:
    status, output = run("phase4.server", "--log-dir=~/logs")
    assert status == 2
    assert "begins with ~, and no such home directory is known" in output


# --- without the libraries ----------------------------------------------------------------------


@pytest.mark.skipif(sys.platform == "win32", reason="needs a shell")
@pytest.mark.parametrize(
    ("program", "library"),
    [
        ("monitor", "wcwidth"),
        ("tests.progress", "pytest"),
    ],
)
def test_without_its_libraries_a_program_says_in_one_sentence_what_to_type(
    bare: None, program: str, library: str
) -> None:
    status, output = run(program)
    assert status == 2
    start = rf"{program} needs the library {library}, which this Python does not have: "
    remedy = rf"(start it with \S+ -m {program}|sh \.ci/setup.*)"
    assert re.fullmatch(start + remedy, output), output


@pytest.mark.skipif(sys.platform == "win32", reason="needs a shell")
@pytest.mark.parametrize(
    "program",
    [
        *("phase4.server", "phase4.server_gui", "phase4.relay", "phase4.client_gui"),
        *("phase4.client_terminal", "phase4.echo_bot", "phase4.eavesdropper"),
    ],
)
def test_a_program_that_needs_no_library_starts_without(bare: None, program: str) -> None:
    status, output = run(program, "--help")
    assert status == 0
    assert output.startswith("usage: ")


@pytest.mark.skipif(sys.platform == "win32", reason="needs a shell")
def test_without_libraries_the_relay_remembers_servers(bare: None) -> None:
    with Program("phase4.relay", "--port", "0", "--upstream-tls") as relay:
        relay.expect("Listening on ")


@pytest.mark.skipif(sys.platform == "win32", reason="needs a shell")
def test_without_libraries_the_window_talks(
    tmp_path: Path, desktop: Desktop, request: pytest.FixtureRequest
) -> None:
    with Chat(tmp_path) as chat:
        request.getfixturevalue("bare")
        where = ("--port", str(chat.port), "--name", "Ann")
        with Program("phase4.client_gui", *where, env=desktop.env):
            wait_until(lambda: chat.people_now() == 1, "Ann has come, by a window")


@pytest.mark.skipif(sys.platform == "win32", reason="needs a shell")
def test_without_libraries_the_server_takes_fewer_names_says_so_and_confuses_none(
    tmp_path: Path, bare: None
) -> None:
    with Chat(tmp_path, "--on-duplicate", "reject") as chat:
        chat.expect("^Names are of the letters A to Z alone, .*pip install|start it with")
        with chat.join("Bill"), chat.connect() as other:
            other.expect(PROMPT)
            for name in ("BiII", "Zoë", "сосо", "root", "rооt"):  # the last with a Cyrillic о
                other.send(name)
                why = "taken|looks like" if name == "BiII" else "reserved|letters from A to Z,"
                other.expect(f"! .*({why}).*")
                other.expect(PROMPT)
            other.send("")
            other.expect(rf"{TIME} \* Welcome, Guest! 2 online\..*")


# --- without anything to print to ---------------------------------------------------------------


_PRINTING = [
    ["monitor", "--once", "--status", "{status}"],
    ["monitor", "--once", "--json", "--status", "{status}"],
    ["phase4.client_terminal", "--port", "{port}", "--name", "Ann"],
    ["phase4.echo_bot", "--port", "{port}"],
    ["phase4.naive", "--port", "0", "--log-dir", "{directory}"],
    ["phase4.certificate", "--cert", "{directory}/c.pem", "--key", "{directory}/k.pem", "x"],
    ["phase4.handout", "--host", "127.0.0.1", "--output", "{directory}/chat.pyz"],
    ["phase4.forgery"],
    ["phase4.eavesdropper"],
    ["phase4.demo", "--seconds", "1"],
    ["tests.start", "phase1", "{directory}/mine"],
]


@pytest.fixture(scope="module")
def any_chat(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chat]:
    """A server for programs that only begin."""
    with Chat(tmp_path_factory.mktemp("chat"), "--flood-rate", "0") as chat:
        yield chat


def _filled_in(arguments: list[str], chat: Chat, directory: Path) -> list[str]:
    status = f"{chat.status_host}:{chat.status_port}"
    words = {"status": status, "port": str(chat.port), "directory": str(directory)}
    return [each.format(**words) for each in arguments]


def _run_into(output: IO[bytes], *arguments: str) -> tuple[int, str]:
    """Run a program whose standard output this is; its status and what it complained of."""
    ended = subprocess.run(
        [sys.executable, "-m", *arguments],
        cwd=ROOT,
        env=environment(),
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.PIPE,
        timeout=SECONDS,
        check=False,
    )
    return ended.returncode, ended.stderr.decode()


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="this system has no /dev/full")
@pytest.mark.parametrize("arguments", _PRINTING, ids=lambda arguments: " ".join(arguments[:3]))
def test_a_full_disk_at_standard_output_is_one_sentence_and_a_status(
    any_chat: Chat, tmp_path: Path, arguments: list[str]
) -> None:
    with open("/dev/full", "wb", buffering=0) as full:
        ended = _run_into(full, *_filled_in(arguments, any_chat, tmp_path))
    assert ended == (1, "Standard output cannot be written: No space left on device.\n")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows closes no descriptor at the start")
@pytest.mark.parametrize("arguments", [["--once"], ["--csv", "-", "--once"]], ids=" ".join)
def test_a_standard_output_that_is_closed_is_one_sentence_and_a_status(
    any_chat: Chat, arguments: list[str]
) -> None:
    status = f"{any_chat.status_host}:{any_chat.status_port}"
    command = [sys.executable, "-m", "monitor", "--status", status, *arguments]
    ended = subprocess.run(
        ["sh", "-c", 'exec "$@" >&-', "sh", *command],
        cwd=ROOT,
        env=environment(),
        capture_output=True,
        timeout=SECONDS,
        check=False,
    )
    said = "Standard output cannot be written: Bad file descriptor.\n"
    assert (ended.returncode, ended.stderr.decode()) == (1, said)


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="this system has no /dev/full")
@pytest.mark.parametrize("program", ["phase4.server", "phase4.relay"])
def test_a_server_goes_on_without_its_output_and_says_so_once(program: str) -> None:
    with (
        open("/dev/full", "wb", buffering=0) as full,
        subprocess.Popen(
            [sys.executable, "-m", program, "--port", "0", *_QUIETLY.get(program, ())],
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=full,
            stderr=subprocess.PIPE,
        ) as process,
    ):
        assert process.stderr is not None
        line = process.stderr.readline().decode()
        assert line == "Standard output cannot be written: No space left on device.\n"
        process.terminate()
        assert process.wait(SECONDS) == 0
        assert process.stderr.read() == b""


_QUIETLY = {"phase4.server": ("--status-port", "0", "--quit-key", "off")}


@pytest.mark.skipif(sys.platform == "win32", reason="Windows tells another error")
@pytest.mark.parametrize("arguments", _PRINTING, ids=lambda arguments: " ".join(arguments[:3]))
def test_a_pipe_that_nobody_reads_is_one_sentence_and_a_status(
    any_chat: Chat, tmp_path: Path, arguments: list[str]
) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    with open(writer, "wb", buffering=0) as output:
        ended = _run_into(output, *_filled_in(arguments, any_chat, tmp_path))
    assert ended == (1, "Standard output cannot be written: Broken pipe.\n")
