"""The terminal client in a pipe, and on a terminal that can only print."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable

import pytest

from phase4.client.pasting import UNSEEN
from tests.kit.chat import Chat
from tests.kit.chat_terminal import CLIENT, ChatTerminal, after_a_moment
from tests.kit.harness import ROOT, SECONDS, Program, environment, free_port
from tests.kit.scripted import ScriptedServer

Open = Callable[..., ChatTerminal]


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
        "hello\r\n\n  wörld\n/me waves".encode(), "--port", str(chat.port), "--name", "bot"
    )
    assert (status, errors) == (0, "")
    assert chat.log("messages.txt") == ["bot: hello", "bot:   wörld", "bot: /me waves"]
    assert re.fullmatch(r"\[.*\] \* Welcome, bot! 1 online\. .*\n", output)


def test_a_pipe_waits_until_a_slow_server_has_taken_everything(start: Callable[..., Chat]) -> None:
    chat = start("--flood-rate", "20")
    lines = [f"line {number}" for number in range(14)]
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


def test_a_script_does_not_get_the_signs_that_keep_a_block_whole(chat: Chat) -> None:
    """But those that people write themselves, as between the words of Thai."""
    with (
        chat.join("Bob") as bob,
        Program(CLIENT, "--port", str(chat.port), "--name", "bot") as program,
    ):
        program.expect(r"^\[.*\] \* Welcome, bot!")
        bob.send(f"{UNSEEN}", f"{UNSEEN}    y()", f"/pm bot {UNSEEN}    y()", f"one{UNSEEN}two")
        program.expect(r"^\[.*\] Bob: $")
        program.expect(r"^\[.*\] Bob:     y\(\)$")
        program.expect(r"^\[.*\] Bob -> bot:     y\(\)$")
        program.expect(rf"^\[.*\] Bob: one{UNSEEN}two$")


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


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"\xef\xbb\xbf/pm Bob secret\r\nhello\r\n", ["bot -> Bob: secret", "bot: hello"]),
        (b"\xef\xbb\xbfhello\r\n", ["bot: hello"]),
        (b"\xef\xbb\xbf", []),
        (b"\xef\xbb\xbf/who", []),
        (b"\xef", []),
    ],
)
def test_the_mark_at_the_start_of_a_pipe_is_not_text(
    chat: Chat, data: bytes, said: list[str]
) -> None:
    """Programs for Windows write U+FEFF there. So does PowerShell, into a pipe."""
    with chat.join("Bob") as bob:
        status, _, _ = pipe(data, "--port", str(chat.port), "--name", "bot")
        assert status == (data == b"\xef")
        bob.hear("* bot joined")
        for line in said:
            bob.hear(line)
        bob.hear("* bot left")


def test_such_a_mark_may_come_byte_by_byte(chat: Chat) -> None:
    with (
        chat.join("Bob") as bob,
        Program(CLIENT, "--port", str(chat.port), "--name", "bot") as program,
    ):
        program.expect("Welcome, bot")
        bob.hear("* bot joined")
        reader = program.process.stdin
        assert reader
        for byte in (b"\xef", b"\xbb", b"\xbf/pm Bob secret\n", b"a\n"):
            os.write(reader.fileno(), byte)
        bob.hear("bot -> Bob: secret")
        bob.hear("bot: a")


def test_elsewhere_such_a_mark_hides_no_command(chat: Chat) -> None:
    with chat.join("Bob") as bob:
        data = "one\n\ufeff/pm Bob secret\n＠Bob: secret\n/pm\0 Bob x\n\0/pm Bob secret\n".encode()
        status, _, errors = pipe(data, "--port", str(chat.port), "--name", "bot")
        assert status == 1
        assert errors.count("Nothing was sent.") == 3
        bob.hear("* bot joined")
        bob.hear("bot: one")
        bob.hear("bot -> Bob: x")
        bob.hear("* bot left")


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf_16_in_a_pipe_is_a_sentence(chat: Chat, encoding: str) -> None:
    """It is what an old PowerShell's > writes."""
    with chat.join("Bob") as bob:
        data = "\ufeffhello\r\n/pm Bob secret\r\n".encode(encoding)
        status, _, errors = pipe(data, "--port", str(chat.port), "--name", "bot")
        assert (status, errors) == (
            1,
            "! The input is UTF-16 and must be UTF-8. Nothing was sent.\n",
        )
        bob.hear("* bot joined")
        bob.hear("* bot left")


def test_a_pipe_without_a_server_or_a_name_that_will_do_fails(chat: Chat) -> None:
    status, _, errors = pipe(b"hi\n", "--port", str(free_port()), "--name", "bot")
    assert (status, errors.count("\n")) == (1, 1)
    assert "No server listens" in errors
    status, _, errors = pipe(b"hi\n", "--port", str(chat.port), "--name", "2")
    assert (status, errors) == (1, errors)
    assert errors == "! A name has 1 to 20 letters, digits, _ or - and starts with a letter.\n"


@pytest.mark.parametrize("question", ["/who", "?LIST", "/w\u200bho"])
def test_a_server_that_goes_before_it_has_taken_everything_is_a_failure(
    hostile: ScriptedServer, question: str
) -> None:
    """It read our goodbye, and closed as if all were well; but it never answered."""
    with Program(CLIENT, "--port", str(hostile.port), "--name", "bot") as program:
        program.type(f"hello\n{question}\n")
        program.end_of_input()
        with hostile.accept() as server:
            server.let_in()
            server.expect("hello")
            server.expect(re.escape(question))  # which standard input asked
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
            complaint = process.stderr.read()
            assert complaint == b"Standard output cannot be written: Broken pipe.\n"
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


def test_on_such_a_terminal_what_follows_a_private_line_at_once_is_not_sent(
    chat: Chat, open_terminal: Open
) -> None:
    """It marks no paste, and has no place for a question."""
    with chat.join("Bob") as bob:
        ann = open_terminal("--port", str(chat.port), "--name", "Ann", TERM="dumb")
        ann.shows(r"^\[.*\] \* Welcome, Ann!")
        ann.press("/pm Bob one\rtwo\rthree\r")
        ann.shows(r"(?s)! It came right after a line for Bob alone\. Nothing.*for Bob alone")
        after_a_moment(ann)
        ann.press("hello\r")
        ann.shows(r"(?s)(right after a line for Bob alone.*){3}")
        after_a_moment(ann)
        ann.press("hello\r\x04")
        assert ann.wait() == 1
        bob.hear("* Ann joined")
        bob.hear("Ann -> Bob: one")
        bob.hear("Ann: hello")


def test_ctrl_c_ends_a_pipe_without_a_traceback(chat: Chat) -> None:
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # it may be ignored, and
    with Program(CLIENT, "--port", str(chat.port), "--name", "bot") as program:
        signal.signal(signal.SIGINT, before)  # a child inherits that: in a shell's background job
        program.expect("Welcome, bot")
        program.interrupt()
        assert program.wait() == 130
        assert not any("Traceback" in line for line in program.rest_of_output())
