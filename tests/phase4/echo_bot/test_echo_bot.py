"""The echo bot, as a program of its own, with the real server."""

import contextlib
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from phase4.transport.known_hosts import Entry, line_of
from shared.defaults import MAX_LINE_BYTES
from tests.kit.certificates import Authority, fingerprint_in
from tests.kit.chat import Chat, both_transports
from tests.kit.harness import Program
from tests.kit.scripted import ScriptedServer

BOT = "phase4.echo_bot"
WAYS = ("Ann -> Parrot", "Parrot -> Ann")
STOPS = [signal.SIGINT] if sys.platform == "win32" else [signal.SIGINT, signal.SIGTERM]

_HASTY = f"""
import runpy
import phase4.client.client
phase4.client.client.FIRST_PAUSE_SECONDS = 0.1
runpy.run_module({BOT!r}, run_name="__main__", alter_sys=True)
"""

Run = Callable[..., Program]


@pytest.fixture
def run(transport: Authority | None, tmp_path: Path) -> Iterator[Run]:
    """Start bots; they end with the check."""
    trust = ["--ca", str(transport.file)] if transport else []
    (tmp_path / "hasty_bot.py").write_text(_HASTY)
    with contextlib.ExitStack() as stack:

        def start(port: int, *arguments: str) -> Program:
            options = ["--port", str(port), *trust, *arguments]
            return stack.enter_context(Program("hasty_bot", *options, cwd=tmp_path))

        yield start


@both_transports
def test_it_says_back_what_it_is_told_in_private_and_to_nobody_else(chat: Chat, run: Run) -> None:
    with chat.join("Ann") as ann, chat.join("Bob") as bob:
        ann.hear("* Bob joined")
        bot = run(chat.port, "--name", "Parrot")
        bot.expect("^Here as Parrot")
        ann.hear("* Parrot joined")
        ann.send("hello everybody", "/pm Parrot  hello, bot")
        ann.hear("Ann -> Parrot: hello, bot")
        ann.hear("Parrot -> Ann: hello, bot")
        bob.hear("* Parrot joined")
        bob.hear("Ann: hello everybody")
        bob.fence()
        ann.send("@Parrot again")  # by now the bot has heard its own words, too
        ann.hear("Ann -> Parrot: again")
        ann.hear("Parrot -> Ann: again")
    said = [f"{way}: {text}" for text in ("hello, bot", "again") for way in WAYS]
    assert chat.log("private_messages.txt") == said


def test_what_is_too_long_to_be_said_back_is_left_out(chat: Chat, run: Run) -> None:
    with chat.join("Ann") as ann:
        bot = run(chat.port)
        bot.expect("^Here as Echo")
        ann.send("/pm Echo " + "é" * ((MAX_LINE_BYTES - 20) // 2))
        ann.send("/pm Echo still there?")
        ann.skip_to(r".* Ann -> Echo: still there\?")
        ann.skip_to(r".* Echo -> Ann: still there\?")


@both_transports
@pytest.mark.own_server
def test_it_comes_back_after_the_servers_death(start: Callable[..., Chat], run: Run) -> None:
    chat = start()
    bot = run(chat.port)
    bot.expect("^Here as Echo")
    chat.signal(signal.SIGTERM)
    chat.wait()
    bot.expect(r"^! The server closed the connection.* Trying again in \d+\.\d s\.")
    chat = start(port=chat.port)
    bot.expect("^Here as Echo")
    with chat.join("Ann") as ann:
        ann.send("/pm Echo hello")
        ann.skip_to(".* Echo -> Ann: hello")


@pytest.mark.parametrize("number", STOPS)
def test_a_signal_ends_it_in_order(chat: Chat, run: Run, number: signal.Signals) -> None:
    bot = run(chat.port)
    bot.expect("^Here as Echo")
    with chat.join("Ann") as ann:
        bot.interrupt() if number == signal.SIGINT else bot.signal(number)
        assert bot.wait() == 0
        assert bot.rest_of_output()[-1] == "Goodbye."
        ann.hear("* Echo left")


def test_a_name_that_the_server_refuses_is_the_end(chat: Chat, run: Run) -> None:
    bot = run(chat.port, "--name", "2 names")
    bot.expect("^! .*name")
    assert bot.wait() == 1


def test_no_server_is_the_end(run: Run) -> None:
    server = ScriptedServer()
    server.listener.close()
    bot = run(server.port)
    bot.expect("^! No server listens")
    assert bot.wait() == 1


@pytest.mark.parametrize("transport", ["tls"], indirect=True)
def test_it_says_nothing_to_a_server_that_has_changed(chat: Chat, tmp_path: Path) -> None:
    known = tmp_path / "known_hosts"
    known.write_text(line_of(Entry("127.0.0.1", chat.port, ":".join(["00"] * 32))))
    with Program(BOT, "--port", str(chat.port), "--known-hosts", str(known)) as bot:
        bot.expect("^! 127.0.0.1 port .* shows another certificate than before")
        assert bot.wait() == 1


@pytest.mark.parametrize("transport", ["tls"], indirect=True)
def test_the_first_time_the_fingerprint_is_printed(chat: Chat, tmp_path: Path) -> None:
    known = tmp_path / "known_hosts"
    with Program(BOT, "--port", str(chat.port), "--known-hosts", str(known)) as bot:
        bot.expect(r"^\* It is remembered in ")
        assert fingerprint_in("\n".join(bot.output)) == fingerprint_in("\n".join(chat.output))


def test_with_a_password_its_name_is_its_own(chat: Chat, run: Run, tmp_path: Path) -> None:
    file = tmp_path / "password"
    file.write_text("correct horse\n")
    file.chmod(0o600)
    with chat.join("Owned") as owner:
        owner.send("/register correct horse")
        owner.skip_to(r".* You are logged in as Owned\.")
    options = ("--name", "Owned", "--password-file", str(file))
    run(chat.port, *options).expect("^Here as Owned")
    second = run(chat.port, *options)  # takes the place of the first, as after a lost connection
    second.expect("^Here as Owned")
    file.write_text("battery staple\n")
    third = run(chat.port, *options)
    assert third.rest_of_output() == ["! Wrong name or password."]
    assert third.process.returncode == 1
