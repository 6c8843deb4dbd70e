"""What others send, and what the bar says, on a real pseudo-terminal that pyte draws."""

import contextlib
import re
from collections.abc import Callable
from typing import Any

import pytest
from prompt_toolkit.utils import get_cwidth

from phase4.client_terminal.bar import BarState, bar
from phase4.client_terminal.caution import Question
from phase4.client_terminal.look import shortened
from shared import message
from tests.kit.chat import Chat
from tests.kit.chat_terminal import ChatTerminal
from tests.kit.scripted import ScriptedServer

BAD = "\N{REPLACEMENT CHARACTER}"
Open = Callable[..., ChatTerminal]


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
        client.shows("^! The server closed the connection, saying: the end")
    client.press("\x04")
    assert client.wait() == 0
    title = re.compile(rb"\x1b\]2;[ -~]*\x1b\\")  # the client's own
    client.output = title.sub(b"", client.output)
    assert b"\x1b]" not in client.output.replace(b"\x1b]10;?", b"").replace(b"\x1b]11;?", b"")
    assert b"\x07" not in client.output
    assert "\x9b" not in client.output.decode()
    assert b"\x1b[2J" not in client.output
    assert b"\x1b[31m" not in client.output


@pytest.mark.parametrize("bell", [True, False])
def test_who_is_spoken_to_sees_it_and_hears_the_bell(
    chat: Chat, open_terminal: Open, bell: bool
) -> None:
    client = open_terminal(
        *("--port", str(chat.port), "--name", "Ann"), *([] if bell else ["--no-bell"])
    )
    client.shows("^Ann>")
    with chat.join("Bob") as bob:
        client.press("I am Ann\r")
        client.shows("Ann: I am Ann$")
        bob.send("planned", "the annual one")
        client.shows("Bob: the annual one$")
        for said in (": the annual one", ": I am Ann"):
            row = next(row for row in range(24) if said in client.rows[row])
            assert "bold" not in client.looks(row, said)
        assert b"\x07" not in client.output
        bob.send("what do you think, ann?")
        client.shows("Bob: what do you think")
        row = next(row for row in range(24) if "think" in client.rows[row])
        assert {"bold", "reverse"} <= client.looks(row, "Bob")
        assert "bold" in client.looks(row, ": what do you think, ann?")
        bob.send("the end")
        client.shows("Bob: the end$")
        assert client.output.count(b"\x07") == bell


STATES = [
    BarState("127.0.0.1:12345", "Ann", people=("Ann", "Zoë"), lag_seconds=0.012),
    BarState("127.0.0.1:12345", "A" * 4000, people=("日本",) * 100_000, lag_seconds=99),
    BarState("127.0.0.1:12345", "日本" * 2000, seconds_to_retry=3.2, waiting=1200),
    BarState("127.0.0.1:12345", "Ann", question=Question("日本" * 50, "x " * 50)),
    BarState(
        *("127.0.0.1:12345", "Ann"),
        question=Question("Send?", "日本" * 9, is_careful=True),
        awaits_answer=True,
    ),
    BarState("127.0.0.1:12345", "Ann", complaint="日本" * 2000),
    BarState("127.0.0.1:12345", is_connecting=True),
]


@pytest.mark.parametrize("state", STATES)
def test_the_bar_is_one_row_at_any_width(state: BarState) -> None:
    for width in range(1, 200):
        parts = bar(state, width)
        assert sum(get_cwidth(part[1]) for part in parts) <= width
        assert not any("\n" in part[1] for part in parts)


def test_the_bar_counts_down_and_says_which_keys_help() -> None:
    def says(width: int = 79, **state: Any) -> str:
        parts = bar(BarState("there:1", "Ann", **state), width)
        return "".join(part[1] for part in parts).strip()

    keys = "(Enter: now, /quit: stop)"
    assert says(seconds_to_retry=3.2) == f"Ann | reconnecting in 4 s {keys} | there:1"
    assert says(seconds_to_retry=0.0) == "Ann | reconnecting ... (/quit: stop) | there:1"
    assert "| 2 lines waiting" in says(seconds_to_retry=3, waiting=2)
    assert says(60, seconds_to_retry=3, waiting=2) == f"Ann | reconnecting in 3 s {keys}"
    assert says(people=("Ann",), lag_seconds=0.012).startswith(
        "Ann | there:1 | lag 12 ms | 1 online: Ann"
    )


def test_what_the_bar_asks_leaves_place_for_the_keys() -> None:
    question = Question(
        "Send 2 lines to everybody?", "They came after one for Bob.", is_careful=True
    )

    def says(width: int, **state: Any) -> str:
        parts = bar(BarState("there:1", "Ann", question=question, **state), width)
        return "".join(part[1] for part in parts).strip()

    keys = "Enter, then y: yes, Ctrl-C: no"
    assert says(100) == f"{question.text} {question.reason} {keys}"
    assert says(80) == f"{question.reason} {keys}"
    assert says(80, awaits_answer=True) == f"{question.text} y: send, any other key: no"
    question = Question(question.text, f"{question.reason} They did.", is_careful=True)
    assert says(60) == f"{question.text} {keys}"


def test_a_lag_that_a_person_notices_stands_out() -> None:
    def look_of_lag(seconds: float) -> str:
        parts = bar(BarState("there:1", "Ann", lag_seconds=seconds), 79)
        return next(part[0] for part in parts if "lag" in part[1])

    assert look_of_lag(0.1) == ""
    assert "error" in look_of_lag(9.0)


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
