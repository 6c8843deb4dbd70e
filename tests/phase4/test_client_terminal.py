"""The terminal client, on a real pseudo-terminal that pyte draws, and in a pipe."""

import asyncio
import contextlib
import doctest
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from prompt_toolkit.application import create_app_session
from prompt_toolkit.input import create_pipe_input
from prompt_toolkit.output import DummyOutput

from phase4 import client_terminal, commands
from phase4 import connection as core
from phase4.client_terminal import (
    TerminalClient,
    completions,
    fragments,
    name_style,
    shortened,
)
from shared import message
from tests.harness import ROOT, SECONDS, Program, environment, free_port
from tests.monitor import terminal
from tests.phase4.chat import Chat
from tests.phase4.test_connection import ScriptedServer

CLIENT = "phase4.client_terminal"
BAD = "\N{REPLACEMENT CHARACTER}"


class Terminal(terminal.Terminal):
    """The client on a terminal that a person sits at."""

    def __init__(self, *arguments: str, columns: int = 80, **env: str) -> None:
        super().__init__("-m", CLIENT, *arguments, columns=columns, env=env)
        # A real terminal answers the question where its cursor is.
        self._screen.write_process_input = self.press  # type: ignore[method-assign, assignment]

    def shows(self, pattern: str) -> None:
        """Wait until the screen shows this; ^ and $ are the ends of a row."""
        self.until(f"(?m){pattern}")

    def echoes(self) -> bool:
        """Whether the terminal would show what is typed, by itself."""
        flags = terminal.termios.tcgetattr(self._slave)[3]
        return bool(flags & terminal.termios.ECHO)

    def is_restored(self) -> bool:
        """Whether the terminal's settings are what they were before."""
        return bool(terminal.termios.tcgetattr(self._slave) == self._settings)


Open = Callable[..., Terminal]


@pytest.fixture
def open_terminal() -> Iterator[Open]:
    """Open terminals; they are closed with the check."""
    with contextlib.ExitStack() as stack:
        yield lambda *arguments, **options: stack.enter_context(Terminal(*arguments, **options))


@pytest.fixture
def ann(chat: Chat, open_terminal: Open) -> Terminal:
    """Ann, in a terminal, in the conversation."""
    client = open_terminal("--port", str(chat.port), "--name", "Ann")
    client.shows(r"\* Welcome, Ann!")
    client.shows(r"^Ann>")
    return client


# --- the line being typed ----------------------------------------------------------------------


def test_what_arrives_never_breaks_the_line_being_typed(chat: Chat, ann: Terminal) -> None:
    with chat.join("Bob") as bob:
        ann.press("half a sen")
        ann.shows("^Ann> half a sen$")
        bob.send(*(f"line {number}" for number in range(500)))
        ann.press("tence")
        ann.shows("Bob: line 499$")
        ann.shows("^Ann> half a sentence$")
        prompt = ann.text.index("Ann>")
        shown = re.findall(r"^\d\d:\d\d:\d\d Bob: line (\d+)$", ann.text[:prompt], re.MULTILINE)
        assert [int(each) for each in shown] == list(range(500 - len(shown), 500))
        assert len(shown) > 10
        assert ann.text.count("half a sen") == 1
        ann.press("\r")
        assert bob.skip_to(r"\[.*\] Ann: (.*)")[1] == "half a sentence"


def test_the_terminal_itself_never_echoes_while_lines_arrive(chat: Chat, ann: Terminal) -> None:
    """Else a key pressed in the wrong moment would stand in the middle of somebody's message."""
    with chat.join("Bob") as bob:
        for number in range(100):
            bob.send(f"line {number}")
            while f"line {number}" not in ann.text:
                assert not ann.echoes(), "what is typed now would be echoed"
                ann.read(0.001)


def test_own_words_are_shown_once_with_the_time(chat: Chat, ann: Terminal) -> None:
    ann.press("hello all\r")
    ann.shows(r"^\d\d:\d\d:\d\d Ann: hello all$")
    ann.press("/pm Ann a note\r")  # private messages do come back from the server
    ann.shows(r"^\d\d:\d\d:\d\d Ann -> Ann \(private\): a note$")
    assert ann.text.count("hello all") == 1
    assert ann.text.count("a note") == 1


def test_up_brings_back_what_was_sent(chat: Chat, ann: Terminal) -> None:
    with chat.join("Bob") as bob:
        ann.press("again\r")
        ann.shows("Ann: again$")
        ann.press("\x1b[A\r")
        bob.skip_to(r"\[.*\] Ann: again")
        bob.skip_to(r"\[.*\] Ann: again")


def test_a_line_that_is_too_long_is_said_and_stays_to_be_mended(chat: Chat, ann: Terminal) -> None:
    with chat.join("Bob") as bob:
        ann.press("\x1b[200~" + "x" * 4000 + "y" * 96 + "\x1b[201~\r")  # pasted
        ann.shows("^ ! This message has 4,096 bytes; 4,095 are allowed")
        ann.press("\x7f")
        ann.shows(r"^ Ann \|")  # nothing to complain about any more
        ann.press("\r")
        assert bob.skip_to(r"\[.*\] Ann: (.*)")[1] == "x" * 4000 + "y" * 95


def test_pasted_lines_are_sent_as_lines(chat: Chat, ann: Terminal) -> None:
    with chat.join("Bob") as bob:
        ann.press("\x1b[200~one\r\n\r\n  two\r\n\x1b[201~")
        ann.shows("^ *two")
        ann.press("\r")
        bob.skip_to(r"\[.*\] Ann: one")
        bob.skip_to(r"\[.*\] Ann:   two")


# --- Tab ---------------------------------------------------------------------------------------


def test_tab_completes_commands_and_names_at_typing_speed(chat: Chat, ann: Terminal) -> None:
    with chat.join("Robert") as robert:
        ann.shows(r"2 online: Ann, Robert")
        ann.press("/p\tro\tpsst\r@r\tyou\rro\thi\rask ROB\t\r")  # in one piece: nothing is skipped
        robert.hear("Ann -> Robert: psst")
        robert.hear("Ann -> Robert: you")
        robert.hear("Ann: Robert: hi")
        robert.hear("Ann: ask Robert")
        ann.press("an\td so on\r")  # the own name is not offered
        robert.hear("Ann: and so on")


def test_tab_offers_a_choice_of_names(chat: Chat, ann: Terminal) -> None:
    with chat.join("Roberta") as roberta, chat.join("Roberto"):
        ann.shows(r"3 online: Ann, Roberta, Roberto")
        ann.press("/pm r\t")
        ann.shows(r"^Ann> /pm Robert$")  # what they have in common
        ann.shows(r"^ +Roberta\s+Roberto$")
        ann.press("\t")
        ann.shows(r"^Ann> /pm Roberta")
        ann.press("psst\r")
        roberta.skip_to(r"\[.*\] Ann -> Roberta: psst")


def test_every_command_of_the_server_is_offered() -> None:
    offered = {each.strip() for each in client_terminal.COMMANDS}
    assert offered == {each for each in commands.COMMANDS if each != "exit"}


@pytest.mark.parametrize(
    ("before", "offered"),
    [
        ("", list(client_terminal.COMMANDS)),
        ("/N", ["/nick "]),
        ("?", ["?list"]),
        ("/pm ", ["Bob ", "Bodo ", "Zoë "]),
        ("/PM bo", ["Bob ", "Bodo "]),
        ("/pm Bob ", []),
        ("/pm  ", []),
        ("/pm Bob zo", ["Zoë"]),
        ("@z", ["@Zoë "]),
        ("z", ["Zoë: "]),
        ("x", []),
        ("ask ", []),
        ("ask zoË", ["Zoë"]),
    ],
)
def test_what_tab_offers(before: str, offered: list[str]) -> None:
    assert list(completions(before, ["Bob", "Bodo", "Zoë"])) == offered


# --- what others send --------------------------------------------------------------------------


@pytest.fixture
def hostile() -> Iterator[ScriptedServer]:
    scripted = ScriptedServer()
    with contextlib.closing(scripted.listener):
        yield scripted


def test_no_escape_sequence_from_others_reaches_the_terminal(
    hostile: ScriptedServer, open_terminal: Open
) -> None:
    """In a text, a name, a notice, an error, the list of people, and the reason of the end."""
    client = open_terminal("--port", str(hostile.port), "--name", "Ann")
    evil, evil_name = "\x1b]0;evil\x07\x9b2J\x1b[31m", "\x1bc\x07\x9b2J"
    with hostile.accept() as server:
        server.prompt()
        server.send(f"! why{evil}", message.NICKNAME_PROMPT)
        client.shows("^Another name:")
        client.press("Ann\r")
        server.expect("Ann")
        server.send(f"[10:00:00] * Welcome, A{evil_name}n! 1 online. Hi{evil}")
        server.expect("/who")
        server.send(f"[10:00:00] * 2 online: Bob, E{evil_name}ve")
        server.send(f"[10:00:01] Bob: text{evil}", f"[10:00:01] * notice{evil}", f"other{evil}")
        server.send("[10:00:02] Bob: <b>bold</b> {x} %s &amp;")
        client.shows(rf"Bob: text{BAD}\]0;evil{BAD}{BAD}2J{BAD}\[31m$")
        client.shows(r"Bob: <b>bold</b> \{x\} %s &amp;$")
        client.shows(rf"^ A{BAD}c{BAD}{BAD}2Jn \|.*: A.*n, Bob, E{BAD}c{BAD}{BAD}2Jve")
        server.send(f"! the end{evil}")
        server.close()
        assert client.wait() == 1
    assert "the end" in client.text
    assert b"\x1b]" not in client.output.replace(b"\x1b]10;?", b"").replace(b"\x1b]11;?", b"")
    assert b"\x07" not in client.output
    assert "\x9b" not in client.output.decode()
    assert b"\x1b[2J" not in client.output
    assert b"\x1b[31m" not in client.output


@pytest.mark.parametrize("no_color", ["", "1"])
def test_names_have_colours_unless_no_color_is_set(
    chat: Chat, open_terminal: Open, no_color: str
) -> None:
    client = open_terminal("--port", str(chat.port), "--name", "Ann", NO_COLOR=no_color)
    client.shows("^Ann>")
    with chat.join("Bob") as bob:
        bob.send("hello")
        client.shows("Bob: hello$")
    has_colour = re.search(rb"\x1b\[[0-9;]*\b[34]8;[0-9;]*m", client.output) is not None
    assert has_colour != bool(no_color)


def test_a_person_has_one_colour_that_can_be_read_on_black_and_on_white() -> None:
    for name in ("Zoë", "ann", "Bob", "Carl"):
        assert name_style(name) == name_style(name.swapcase())
    assert len({name_style(f"P{number}") for number in range(200)}) == 12
    for colour in client_terminal.NAME_COLOURS:
        parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
        luminance = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
        assert min((luminance + 0.05) / 0.05, 1.05 / (luminance + 0.05)) >= 4, colour


def test_kinds_of_lines_are_told_apart() -> None:
    """Own words, others' words, private messages, notices and errors each have their style."""
    time_ = "10:00:00"
    shown: list[message.Message] = [
        message.Public(time_, "Ann", "x"),
        message.Public(time_, "Bob", "x"),
        message.Private(time_, "Bob", "Ann", "x"),
        message.Notice(time_, "x"),
        message.Error("x"),
    ]
    assert len({fragments(each, "Ann")[-1][0] for each in shown}) == len(shown)


def test_nothing_is_wider_than_it_may_be() -> None:
    assert shortened("日本語の名前", 7) == "日本語…"
    assert shortened("abc", 3) == "abc"
    assert shortened("abc", 0) == "…"


def test_the_bar_shows_name_server_and_people_at_any_width(chat: Chat, open_terminal: Open) -> None:
    with contextlib.ExitStack() as stack:
        for name in ("Bob", "Carl", "Dora"):
            stack.enter_context(chat.join(name))
        wide = open_terminal("--port", str(chat.port), "--name", "Ann")
        wide.shows(rf"^ Ann \| 127\.0\.0\.1:{chat.port} \| 4 online: Ann, Bob, Carl, Dora .*/help$")
        fitting = open_terminal("--port", str(chat.port), "--name", "Eve", columns=70)
        fitting.shows(r"^ Eve \| .* \| 5 online: Ann, Bob, Carl, Dora, Eve$")
        narrow = open_terminal("--port", str(chat.port), "--name", "Flo", columns=30)
        narrow.shows(rf"^ Flo \| 127\.0\.0\.1:{chat.port} \| \d.*…$")


# --- coming and leaving ------------------------------------------------------------------------


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


@pytest.mark.parametrize("keys", ["/quit\r", "exit\r", "\x04", "half a line\x03"])
def test_leaving_restores_the_terminal_and_is_a_success(
    chat: Chat, ann: Terminal, keys: str
) -> None:
    with chat.join("Bob") as bob:
        assert not ann.is_restored()
        ann.press("bye\r" + keys)
        bob.hear("Ann: bye")
        assert ann.wait() == 0
        bob.hear("* Ann left")
        assert ann.is_restored()
        assert "You left the conversation." in ann.text
        assert "Ann>" not in ann.text


def test_sigterm_restores_the_terminal(ann: Terminal) -> None:
    ann.signal(signal.SIGTERM)
    assert ann.wait() == 0
    assert ann.is_restored()


def test_leaving_is_possible_before_a_name_is_given(open_terminal: Open) -> None:
    client = open_terminal("--port", "1")
    client.shows("^Your name")
    client.press("\x04")
    assert client.wait() == 0
    assert client.is_restored()


@pytest.mark.own_server
def test_an_end_that_comes_before_the_prompt_ends_the_client() -> None:
    with (
        create_pipe_input() as keyboard,
        create_app_session(input=keyboard, output=DummyOutput()),
    ):
        client = TerminalClient("127.0.0.1", 1)
        client._leave()
        assert asyncio.run(asyncio.wait_for(client.run(), SECONDS)) == 0


def test_when_the_server_goes_it_says_so_and_shows_what_was_being_typed(
    start: Callable[..., Chat], open_terminal: Open
) -> None:
    chat = start()
    client = open_terminal("--port", str(chat.port), "--name", "Ann")
    client.shows("^Ann>")
    client.press("not sent yet")
    client.shows("^Ann> not sent yet$")
    chat.interrupt()
    assert client.wait() == 1
    assert client.is_restored()
    assert "The server closed the connection." in client.rows
    assert "You were writing: not sent yet" in client.rows


def test_a_closed_port_is_a_sentence(open_terminal: Open) -> None:
    client = open_terminal("--port", str(free_port()), "--name", "Ann")
    assert client.wait() == 1
    assert client.is_restored()
    assert "No server listens on 127.0.0.1" in client.text
    assert "Traceback" not in client.text


# --- in a pipe ---------------------------------------------------------------------------------


def pipe(data: bytes, *arguments: str, **env: str) -> tuple[int, str, str]:
    """Give the client `data` as its input; its exit status, output and errors."""
    done = subprocess.run(
        [sys.executable, "-m", CLIENT, *arguments],
        cwd=ROOT,
        env={**environment(), **env},
        input=data,
        capture_output=True,
        timeout=30,
        check=False,
    )
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def test_a_pipe_sends_its_lines_and_leaves(chat: Chat) -> None:
    status, output, errors = pipe(
        "hello\r\n\n  wörld".encode(), "--port", str(chat.port), "--name", "bot"
    )
    assert (status, errors) == (0, "")
    assert chat.log("messages.txt") == ["bot: hello", "bot:   wörld"]
    assert re.fullmatch(r"\[.*\] \* Welcome, bot! 1 online\. .*\n", output)


def test_a_pipe_waits_until_a_slow_server_has_taken_everything(start: Callable[..., Chat]) -> None:
    chat = start("--flood-rate", "20")
    lines = [f"line {number}" for number in range(18)]
    status, _, _ = pipe("\n".join(lines).encode(), "--port", str(chat.port), "--name", "bot")
    assert status == 0
    assert chat.log("messages.txt") == [f"bot: {line}" for line in lines]


def test_a_pipe_shows_the_answers_that_were_asked_for(chat: Chat) -> None:
    status, output, _ = pipe(
        b"/who\n?list\nexit\nnot this", "--port", str(chat.port), "--name", "bot"
    )
    assert status == 0
    assert output.count("1 online: bot") == 2
    assert chat.log("messages.txt") == []


def test_a_pipe_prints_what_arrives_as_it_arrives(chat: Chat) -> None:
    with (
        chat.join("Bob") as bob,
        Program(CLIENT, "--port", str(chat.port), "--name", "bot") as program,
    ):
        program.expect(r"^\[.*\] \* Welcome, bot!")
        bob.send("hello", "/pm bot psst")
        program.expect(r"^\[.*\] Bob: hello$")
        program.expect(r"^\[.*\] Bob -> bot: psst$")
        program.type("hi\n")
        bob.skip_to(r"\[.*\] bot: hi")
        program.end_of_input()
        assert program.wait() == 0
        assert not any("\x1b" in line for line in program.rest_of_output())


def test_a_pipe_without_a_name_gets_a_random_one(chat: Chat) -> None:
    status, output, _ = pipe(b"hi\n", "--port", str(chat.port))
    assert status == 0
    assert re.search(r"\* Welcome, \w+!", output)


@pytest.mark.parametrize(
    ("line", "complaint"),
    [(b"/nonsense", "There is no command /nonsense"), (b"x" * 5000 + b"\n\xff\xfe", "not UTF-8")],
)
def test_a_line_that_was_not_taken_shows_in_the_exit_status(
    chat: Chat, line: bytes, complaint: str
) -> None:
    """Whether it is the server or the client that refuses it; the others are sent."""
    data = b"one\n" + line + b"\ntwo\n"
    status, _, errors = pipe(data, "--port", str(chat.port), "--name", "bot")
    assert status == 1
    assert complaint in errors
    assert chat.log("messages.txt") == ["bot: one", "bot: two"]


def test_a_pipe_without_a_server_or_a_name_that_will_do_fails(chat: Chat) -> None:
    status, _, errors = pipe(b"hi\n", "--port", str(free_port()), "--name", "bot")
    assert (status, errors.count("\n")) == (1, 1)
    assert "No server listens" in errors
    status, _, errors = pipe(b"hi\n", "--port", str(chat.port), "--name", "2")
    assert (status, errors) == (1, errors)
    assert errors == "! A name has 1 to 20 letters, digits, _ or - and starts with a letter.\n"


def test_a_server_that_goes_before_it_has_taken_everything_is_a_failure(
    hostile: ScriptedServer,
) -> None:
    """It read our goodbye, and closed as if all were well; but it never answered."""
    with Program(CLIENT, "--port", str(hostile.port), "--name", "bot") as program:
        program.type("hello\n/who\n")
        program.end_of_input()
        with hostile.accept() as server:
            server.let_in()
            server.expect("hello")
            server.expect("/who")  # which standard input asked
            server.send("[10:00:01] * 1 online: Ann")
            server.expect("/who")  # which the client asks, to be certain
            server.expect("/quit")
            server.close()
            program.expect("did not take everything")
            assert program.wait() == 1


def test_a_reader_that_goes_ends_a_pipe_without_a_traceback(chat: Chat) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", CLIENT, "--port", str(chat.port), "--name", "bot"],
        cwd=ROOT,
        env={**environment(), "PYTHONUNBUFFERED": ""},  # a buffer is written once more at exit
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdin
    assert process.stdout
    assert process.stderr
    with process, chat.join("Bob") as bob:
        try:
            assert b"Welcome, bot" in process.stdout.readline()
            process.stdout.close()
            bob.send("is anybody there?")
            assert process.wait(SECONDS) == 1
            assert process.stderr.read() == b""
        finally:
            process.kill()


def test_a_terminal_that_can_only_print_is_treated_as_a_pipe(
    chat: Chat, open_terminal: Open
) -> None:
    client = open_terminal("--port", str(chat.port), "--name", "Ann", TERM="dumb")
    client.shows(r"^\[.*\] \* Welcome, Ann!")
    client.press("hello\r\x04")  # the terminal's own end of input
    assert client.wait() == 0
    assert b"\x1b" not in client.output
    assert chat.log("messages.txt") == ["Ann: hello"]


def test_ctrl_c_ends_a_pipe_without_a_traceback(chat: Chat) -> None:
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # it may be ignored, and
    with Program(CLIENT, "--port", str(chat.port), "--name", "bot") as program:
        signal.signal(signal.SIGINT, before)  # a child inherits that: in a shell's background job
        program.expect("Welcome, bot")
        program.interrupt()
        assert program.wait() == 130
        assert not any("Traceback" in line for line in program.rest_of_output())


@pytest.mark.parametrize("module", [client_terminal, core])
def test_the_examples_in_the_docstrings_are_true(module: Any) -> None:
    results = doctest.testmod(module)
    assert results.attempted > 0
    assert results.failed == 0
