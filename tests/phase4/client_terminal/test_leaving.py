"""Coming and leaving: the name, the keys, signals, and a terminal that is as it was."""

import asyncio
import errno
import re
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from prompt_toolkit.application import create_app_session
from prompt_toolkit.input import create_pipe_input
from prompt_toolkit.output import DummyOutput

from phase4.client_terminal.conversation import TerminalClient
from tests.kit.chat import Chat
from tests.kit.chat_terminal import CLIENT, ChatTerminal, pasted
from tests.kit.harness import SECONDS, STOPS

SHELL = "import os; os.execvp('sh', ['sh', '-i'])"
Open = Callable[..., ChatTerminal]


def test_without_a_name_it_asks_for_one(chat: Chat, open_terminal: Open) -> None:
    client = open_terminal("--port", str(chat.port))
    client.shows(r"^Your name \(empty: a random one\):$")
    client.press("Zoë\r")
    client.shows(r"\* Welcome, Zoë!")
    client.shows("^Zoë>")


def test_a_refused_name_is_explained_and_asked_again(
    start: Callable[..., Chat], open_terminal: Open
) -> None:
    chat = start("--on-duplicate", "reject")
    with chat.join("Ann"):
        client = open_terminal("--port", str(chat.port), "--name", "Ann")
        client.shows(r"^! The name Ann is taken\.$")
        client.shows("^Another name:")
        client.press("\x1b[200~" + "x" * 4096 + "\x1b[201~\r")
        client.shows("^ ! This message has 4,096 bytes")
        client.press("\x15")  # Ctrl-U: away with it
        client.shows("^Another name:$")
        client.press("2\r")
        client.shows("^! A name has 1 to 20")
        client.shows("^Another name:")
        client.press("Anna\r")
        client.shows(r"\* Welcome, Anna!")


@pytest.mark.parametrize(
    ("keys", "last"),
    [
        ("/quit\r", "* You left the conversation."),
        ("\x04", "* You left the conversation."),
        ("\x03", "* You left the conversation."),
        ("half a line\x03\x03", "* You left the conversation."),
    ],
)
def test_leaving_restores_the_terminal_and_is_a_success(
    chat: Chat, ann: ChatTerminal, keys: str, last: str
) -> None:
    with chat.join("Bob") as bob:
        assert not ann.is_restored()
        ann.press("bye\r" + keys)
        bob.hear("Ann: bye")
        assert ann.wait() == 0
        bob.hear("* Ann left")
        assert ann.is_restored()
        assert "* You left the conversation." in ann.rows
        assert [row for row in ann.rows if row][-1] == last
        assert "Ann>" not in ann.text


@pytest.mark.parametrize("number", STOPS)
def test_a_signal_that_ends_it_restores_the_terminal(
    ann: ChatTerminal, number: signal.Signals
) -> None:
    ann.signal(number)
    assert ann.wait() == 0
    assert ann.is_restored()
    assert "Traceback" not in ann.text


def test_a_terminal_that_is_closed_ends_the_client(chat: Chat, ann: ChatTerminal) -> None:
    with chat.join("Bob") as bob:
        ann.close()
        bob.hear("* Ann left")
        assert ann.process.wait(SECONDS) == 0


def test_ctrl_z_stops_it_and_fg_brings_back_the_line(chat: Chat, open_terminal: Open) -> None:
    shell = open_terminal(script=SHELL, PS1="shell$ ", ENV="")
    shell.shows(r"^shell\$")
    shell.press(f"{sys.executable} -m {CLIENT} --port {chat.port} --name Ann\r")
    shell.shows("^Ann>")
    with chat.join("Bob") as bob:
        shell.press("half a \x1a")
        shell.shows(r"(?s)Stopped.*^shell\$")
        assert shell.echoes()
        bob.send("are you there?")
        shell.press("echo; fg\r")
        shell.shows("Bob: are you there\\?$")
        shell.shows("^Ann> half a$")
        assert not shell.echoes()
        shell.press("sentence\r")
        bob.hear("Ann: half a sentence")
        shell.signal_foreground(signal.SIGTSTP)  # as `kill -TSTP` does
        shell.shows(r"(?s)Stopped.*Stopped.*^shell\$")
        assert shell.echoes()


def test_a_terminal_that_is_closed_while_the_client_is_stopped_ends_it(
    chat: Chat, open_terminal: Open
) -> None:
    shell = open_terminal(script=SHELL, PS1="shell$ ", ENV="")
    shell.press(f"{sys.executable} -m {CLIENT} --port {chat.port} --name Ann\r")
    shell.shows("^Ann>")
    with chat.join("Bob") as bob:
        shell.press("\x1a")
        shell.shows(r"(?s)Stopped.*^shell\$")
        shell.process.kill()
        shell.close()
        bob.hear("* Ann left")


@pytest.mark.own_server
def test_a_terminal_that_fails_while_it_is_drawn_on_ends_the_client() -> None:
    class Output(DummyOutput):
        drawn = 0
        is_gone = False

        def flush(self) -> None:
            if self.is_gone:
                raise OSError(errno.EIO, "gone")
            self.drawn += 1

    async def type_on_what_is_gone(output: Output) -> int:
        running = asyncio.create_task(TerminalClient("127.0.0.1", 1).run())
        while not output.drawn:
            await asyncio.sleep(0)
        output.is_gone = True
        keyboard.send_text("typed")
        return await asyncio.wait_for(running, SECONDS)

    output = Output()
    with create_pipe_input() as keyboard, create_app_session(input=keyboard, output=output):
        assert asyncio.run(type_on_what_is_gone(output)) == 0


@pytest.mark.parametrize("typed", ["half a line", "  ", "/pm Bob a secret", "x" * 5000])
def test_ctrl_c_takes_the_line_away_and_up_brings_it_back(
    chat: Chat, ann: ChatTerminal, typed: str
) -> None:
    ann.press(f"{typed}|")
    ann.until(lambda: "|" in ann.text.replace(" | ", ""))
    ann.press("\x03")
    ann.shows("^Ann>$")
    ann.press("\x1b[A")
    ann.until(lambda: "|" in ann.text.replace(" | ", ""))
    ann.press("\x03still here\r")
    ann.shows(r"Ann: still here$")
    ann.press("\x03")
    assert ann.wait() == 0


def test_ctrl_c_takes_half_a_name_away_before_it_leaves(open_terminal: Open) -> None:
    client = open_terminal()
    client.shows("^Your name")
    client.press("An\x03")
    client.shows(r"^Your name \(empty: a random one\):$")
    client.press("\x03")
    assert client.wait() == 0


@pytest.mark.parametrize("is_pasted", [False, True])
def test_a_line_without_end_fits_into_memory(ann: ChatTerminal, is_pasted: bool) -> None:
    before = ann.memory_bytes()
    text = "abcdefg hi" * 2000
    ann.press_slowly(pasted(text) if is_pasted else text)
    ann.press("ZZZ")
    ann.until(lambda: "ZZZ" in ann.text)
    assert ann.memory_bytes() - before < 60_000_000  # a copy for each key would be 200 MB
    ann.press("\x1f")  # Ctrl-_ takes the last key back
    ann.until(lambda: "ZZZ" not in ann.text and "Z" in ann.text)


def test_another_size_of_the_window_is_drawn_at_once(ann: ChatTerminal) -> None:
    ann.shows(r"^ Ann \| .*Tab completes, /help$")
    ann.press("half")
    ann.resize(40, 12)
    ann.until(lambda: re.fullmatch(r" Ann \| 127.*", ann.rows[11]))
    ann.press("way")
    ann.shows("^Ann> halfway$")


def test_nothing_that_was_said_is_written_to_a_file(
    chat: Chat, open_terminal: Open, tmp_path: Path
) -> None:
    home = {name: str(tmp_path) for name in ("HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME", "TMPDIR")}
    client = open_terminal("--port", str(chat.port), "--name", "Ann", **home)
    client.shows("^Ann>")
    client.press("/pm Ann a secret\r")
    client.shows("Ann -> Ann .private.: a secret$")
    client.press("\x04")
    assert client.wait() == 0
    assert list(tmp_path.rglob("*")) == []


def test_a_terminal_without_unicode_shows_what_it_can(chat: Chat, open_terminal: Open) -> None:
    with chat.join("Bob") as bob:
        env = {"LC_ALL": "C", "PYTHONIOENCODING": "ascii", "PYTHONCOERCECLOCALE": "0"}
        client = open_terminal("--port", str(chat.port), "--name", "Zoë", **env)
        client.shows(r"^Zo\?>")
        bob.hear("* Zoë joined")
        bob.send("日本 ok")
        client.shows(r"Bob: \?+ ok$")
        client.press_bytes(b"caf\xff\xc3\xa9\r")  # bytes that are no text there
        bob.skip_to(r"\[.*\] Zoë: caf\?+")
    assert all(byte < 128 for byte in client.output)
