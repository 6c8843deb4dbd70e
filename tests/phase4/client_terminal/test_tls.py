"""The terminal client over TLS: on a pseudo-terminal, and in a pipe; with the real server."""

import contextlib
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from phase4.transport.known_hosts import Entry, line_of, parse
from shared import message
from tests.kit.certificates import Authority, fingerprint_in, groups_of
from tests.kit.chat import Chat
from tests.kit.chat_terminal import CLIENT, HASTY, ChatTerminal
from tests.kit.harness import ROOT, SECONDS, environment
from tests.kit.scripted import ScriptedServer

Open = Callable[..., ChatTerminal]
OTHER = ":".join(["00"] * 32)

over_tls = pytest.mark.parametrize("transport", ["tls"], indirect=True)


@pytest.fixture
def open_terminal() -> Iterator[Open]:
    """Open terminals; they are closed with the check."""
    with contextlib.ExitStack() as stack:
        yield lambda *arguments, **options: stack.enter_context(ChatTerminal(*arguments, **options))


@pytest.fixture
def known(tmp_path: Path) -> Path:
    """Where servers are remembered; not there yet."""
    return tmp_path / "known_hosts"


def fingerprint_of(chat: Chat) -> str:
    """As the server printed it, for the operator to hand out."""
    return fingerprint_in("\n".join(chat.output))


def line_by_line(fingerprint: str) -> str:
    """The pattern of the rows that show it: in each a group, and no half of a byte."""
    return r"\n".join(rf"\S+ \* {group} *" for group in groups_of(fingerprint))


# --- on a terminal -------------------------------------------------------------------------------


@over_tls
@pytest.mark.parametrize("columns", [160, 40])
def test_the_first_time_the_fingerprint_is_shown_and_the_bar_says_tls(
    chat: Chat, open_terminal: Open, known: Path, columns: int
) -> None:
    address = ("--port", str(chat.port), "--name", "Ann")
    ann = open_terminal(*address, "--tls", "--known-hosts", str(known), columns=columns)
    ann.shows(r"nobody\s+vouches\s+for\s+it")
    ann.shows(line_by_line(fingerprint_of(chat)))
    ann.shows(rf"^ Ann \| 127\.0\.0\.1:{chat.port} \| TLS \(first tim")
    assert parse(known.read_text()) == [Entry("127.0.0.1", chat.port, fingerprint_of(chat))]


def test_without_tls_the_bar_says_none(chat: Chat, open_terminal: Open) -> None:
    ann = open_terminal("--port", str(chat.port), "--name", "Ann")
    ann.shows(r"^ Ann \| .* \| 1 online")
    assert "TLS" not in ann.text


@over_tls
def test_what_is_typed_survives_the_servers_death_over_tls(
    start: Callable[..., Chat], open_terminal: Open, authority: Authority
) -> None:
    chat = start()
    address = ("--port", str(chat.port), "--name", "Ann")
    ann = open_terminal(*address, "--ca", str(authority.file), script=HASTY)
    ann.shows(r"\| TLS \| lag \d+ ms \|")  # so the name is confirmed, and nothing is on its way
    chat.signal(signal.SIGKILL)
    ann.shows(r"^ Ann \| reconnecting")
    ann.press("are you there?\r")
    ann.shows(r"Ann: are you there\? \(waiting\)$")
    ann.signal(signal.SIGSTOP)  # it must not be back before Bob
    chat = start(port=chat.port)
    with chat.join("Bob") as bob:
        ann.signal(signal.SIGCONT)
        bob.hear("* Ann joined")
        bob.hear("Ann: are you there?")
        ann.shows(r"^ Ann \| 127.* \| TLS \| .*2 online: Ann, Bob")


@over_tls
def test_a_server_that_returns_with_another_certificate_gets_nothing(
    start: Callable[..., Chat], open_terminal: Open, known: Path
) -> None:
    chat = start()
    address = ("--port", str(chat.port), "--name", "Ann")
    ann = open_terminal(*address, "--known-hosts", str(known), script=HASTY, columns=160)
    ann.shows(r"\| TLS \(first time\) \| lag \d+ ms \|")
    chat.signal(signal.SIGKILL)
    ann.shows(r"^ Ann \| reconnecting")
    ann.press("a secret\r")
    chat = start(port=chat.port)  # with a new certificate
    ann.shows("shows another certificate than before, and nothing was sent to it")
    ann.shows("^a secret$")  # to be copied
    assert ann.wait() == 1
    with chat.join("Bob"):
        assert chat.log("messages.txt") == []


# --- in a pipe -----------------------------------------------------------------------------------


def pipe(data: bytes, *arguments: str, **env: str) -> tuple[int, str, str]:
    """Give the client `data` as its input; its exit status, output and errors."""
    done = subprocess.run(
        [sys.executable, "-m", CLIENT, "--name", "bot", *arguments],
        cwd=ROOT,
        env={**environment(), **env},
        input=data,
        capture_output=True,
        timeout=SECONDS,
        check=False,
    )
    return done.returncode, done.stdout.decode(), done.stderr.decode()


@over_tls
def test_a_pipe_sends_its_lines_over_tls(chat: Chat, authority: Authority) -> None:
    lines = [f"line {number}" for number in range(200)]
    options = ("--port", str(chat.port), "--ca", str(authority.file))
    status, output, errors = pipe("\n".join(lines).encode(), *options)
    assert (status, errors) == (0, "")
    assert chat.log("messages.txt") == [f"bot: {line}" for line in lines]
    assert "SHA256" not in output


@over_tls
@pytest.mark.skipif(sys.platform != "linux", reason="XDG_CONFIG_HOME is Linux'")
def test_without_a_file_servers_are_remembered_in_the_persons_settings(
    chat: Chat, tmp_path: Path
) -> None:
    options = ("--port", str(chat.port), "--tls")
    status, output, _ = pipe(b"hello\n", *options, XDG_CONFIG_HOME=str(tmp_path))
    assert status == 0
    assert fingerprint_in(output) == fingerprint_of(chat)
    [remembered] = tmp_path.glob("*/known_hosts")
    status, output, _ = pipe(b"hello\n", *options, XDG_CONFIG_HOME=str(tmp_path))
    assert status == 0
    assert "SHA256" not in output
    assert parse(remembered.read_text()) == [Entry("127.0.0.1", chat.port, fingerprint_of(chat))]


@over_tls
def test_a_pipe_to_a_server_that_has_changed_fails_and_says_nothing_there(
    chat: Chat, known: Path
) -> None:
    known.write_text(line_of(Entry("127.0.0.1", chat.port, OTHER)))
    status, output, errors = pipe(
        b"a secret\n", "--port", str(chat.port), "--known-hosts", str(known)
    )
    assert (status, output) == (1, "")
    assert errors.startswith(f"! 127.0.0.1 port {chat.port} shows another certificate")
    with chat.join("Ann"):
        assert not any("bot" in line for line in chat.log("connections.txt"))
        assert chat.log("messages.txt") == []


@pytest.mark.parametrize("option", ["--tls", "--known-hosts", "--ca"])
def test_a_pipe_never_talks_without_tls_where_it_was_asked_for(
    option: str, known: Path, authority: Authority
) -> None:
    files = {"--tls": ["--known-hosts", str(known)], "--known-hosts": [str(known)]}
    arguments = [option, *files.get(option, [str(authority.file)])]
    server = ScriptedServer()
    with contextlib.closing(server.listener):
        process = subprocess.Popen(
            [sys.executable, "-m", CLIENT, "--port", str(server.port), *arguments],
            cwd=ROOT,
            env=environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )
        try:
            with server.accept() as speaker:
                speaker.send(message.NICKNAME_PROMPT)
                _, errors = process.communicate(timeout=SECONDS)
        finally:
            process.kill()
            process.wait(SECONDS)
    assert process.returncode == 1
    assert b"does not speak TLS, and nothing was sent to it" in errors
