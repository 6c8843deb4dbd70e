"""The terminal client, on a real pseudo-terminal that pyte draws, and in a pipe."""

import asyncio
import contextlib
import errno
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from prompt_toolkit.application import create_app_session
from prompt_toolkit.input import create_pipe_input
from prompt_toolkit.output import DummyOutput
from prompt_toolkit.utils import get_cwidth

from phase4.client import completion
from phase4.client.completion import offers
from phase4.client.pasting import UNSEEN
from phase4.client_terminal import conversation
from phase4.client_terminal.bar import BarState, bar
from phase4.client_terminal.caution import MOMENT_SECONDS, Caution, Question
from phase4.client_terminal.conversation import TerminalClient
from phase4.client_terminal.look import shortened
from shared import message, request
from shared.request import Whisper
from tests.kit.chat import Chat
from tests.kit.chat_terminal import CLIENT, HASTY, PATIENT, ChatTerminal
from tests.kit.harness import ROOT, SECONDS, STOPS, Program, environment, free_port
from tests.kit.scripted import NOBODY_ELSE, WELCOME, ScriptedServer, Speaker

SHELL = "import os; os.execvp('sh', ['sh', '-i'])"
BAD = "\N{REPLACEMENT CHARACTER}"


Open = Callable[..., ChatTerminal]


@pytest.fixture
def open_terminal() -> Iterator[Open]:
    """Open terminals; they are closed with the check."""
    with contextlib.ExitStack() as stack:
        yield lambda *arguments, **options: stack.enter_context(ChatTerminal(*arguments, **options))


@pytest.fixture
def ann(chat: Chat, open_terminal: Open) -> ChatTerminal:
    """Ann, in a terminal, in the conversation."""
    client = open_terminal("--port", str(chat.port), "--name", "Ann")
    client.shows(r"\* Welcome, Ann!")
    client.shows(r"^Ann>")
    return client


# --- the line being typed ----------------------------------------------------------------------


def test_what_arrives_never_breaks_the_line_being_typed(chat: Chat, ann: ChatTerminal) -> None:
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


def test_the_terminal_itself_never_echoes_while_lines_arrive(chat: Chat, ann: ChatTerminal) -> None:
    """Else a key pressed in the wrong moment would stand in the middle of somebody's message."""
    with chat.join("Bob") as bob:
        for number in range(100):
            bob.send(f"line {number}")
            while f"line {number}" not in ann.text:
                assert not ann.echoes(), "what is typed now would be echoed"
                ann.read(0.001)


def test_own_words_are_shown_once_with_the_time(chat: Chat, ann: ChatTerminal) -> None:
    ann.press("hello all\r")
    ann.shows(r"^\d\d:\d\d:\d\d Ann: hello all$")
    ann.press("/pm Ann a note\r")  # private messages do come back from the server
    ann.shows(r"^\d\d:\d\d:\d\d Ann -> Ann \(private\): a note$")
    assert ann.text.count("hello all") == 1
    assert ann.text.count("a note") == 1


def test_up_brings_back_what_was_sent(chat: Chat, ann: ChatTerminal) -> None:
    with chat.join("Bob") as bob:
        ann.press("again\r")
        ann.shows("Ann: again$")
        ann.press("\x1b[A\r")
        bob.skip_to(r"\[.*\] Ann: again")
        bob.skip_to(r"\[.*\] Ann: again")


def test_a_line_that_is_too_long_is_said_and_stays_to_be_mended(
    chat: Chat, ann: ChatTerminal
) -> None:
    with chat.join("Bob") as bob:
        ann.press("\x1b[200~" + "x" * 4000 + "y" * 96 + "\x1b[201~\r")  # pasted
        ann.shows("^ ! This message has 4,096 bytes; 4,095 are allowed")
        ann.press("\x7f")
        ann.shows(r"^ Ann \|")  # nothing to complain about any more
        ann.press("\r")
        assert bob.skip_to(r"\[.*\] Ann: (.*)")[1] == "x" * 4000 + "y" * 95


def test_pasted_lines_are_sent_as_lines_after_asking(chat: Chat, ann: ChatTerminal) -> None:
    with chat.join("Bob") as bob:
        ann.press("\x1b[200~no\rno\x1b[201~")
        ann.shows(r"^ Send 2 lines to everybody\? Enter: yes, Ctrl-C: no$")
        ann.press("\x03")
        ann.shows("^Ann>$")
        ann.press("\x1b[200~one\r\n\r\n  two\r\n\x1b[201~")
        ann.shows(r"^ Send 3 lines to everybody\? ")
        ann.shows("^  two$")
        ann.press("\r")
        bob.hear("Ann: one")  # the next line that Bob hears: nothing was sent unasked
        bob.hear(f"Ann: {UNSEEN}")
        bob.hear("Ann:   two")


def test_a_pasted_line_is_sent_by_enter_and_not_by_its_own_newline(
    chat: Chat, ann: ChatTerminal
) -> None:
    with chat.join("Bob") as bob:
        ann.press("\x1b[200~just\r\x1b[201~ this\r")
        bob.hear("Ann: just this")


def test_more_lines_than_may_be_sent_at_a_time_are_not_sent_and_stay_to_be_mended(
    chat: Chat, ann: ChatTerminal
) -> None:
    with chat.join("Bob") as bob:
        ann.press_slowly("\x1b[200~" + "".join(f"line {number}\r" for number in range(3000)))
        ann.press("\x1b[201~\r")
        ann.shows(r"^ ! These are 3,000 lines; 50 may be sent at a time\.$")
        ann.press("\x03" + pasted("".join(f"line {number}\r" for number in range(51))))
        ann.shows(r"^ ! These are 51 lines; 50 may be sent at a time\.$")
        ann.press("\r\x15\x7f")
        ann.shows(r"^ Send 50 lines to everybody\? Enter: yes")
        ann.press("!\r")
        ann.shows("^Ann>$")
        for number in range(49):
            bob.hear(f"Ann: line {number}")
        bob.hear("Ann: line 49!")


# --- what was meant for one --------------------------------------------------------------------


def pasted(text: str) -> str:
    """As a terminal hands over what is pasted, since it was asked to mark it."""
    return f"\x1b[200~{text}\x1b[201~"


def after_a_moment(client: ChatTerminal) -> None:
    """Longer than what follows at once; counted from what the client shows already."""
    then = time.monotonic() + MOMENT_SECONDS
    client.until(lambda: time.monotonic() > then)


@pytest.mark.parametrize("start", ["/pm Bob ", "@Bob: ", "/PM @bob,\u3000"])
def test_all_pasted_lines_go_to_the_recipient_of_the_first(
    chat: Chat, ann: ChatTerminal, start: str
) -> None:
    with chat.join("Bob") as bob:
        ann.press(start + pasted("one\r/who\r  //three\r"))
        ann.shows(r"^ Send 3 lines to [Bb]ob alone\? Enter: yes, Ctrl-C: no$")
        ann.press("\r")
        for text in ("one", "/who", f"{UNSEEN}  //three"):
            bob.hear(f"Ann -> Bob: {text}")
        ann.shows(r"^  //three$")
        assert "Ann: " not in ann.text
        bob.send("the end")
        ann.shows("Bob: the end$")
    assert chat.log("messages.txt") == ["Bob: the end"]


@pytest.mark.parametrize("answer", ["\r", "n", "\x03", "\x1b[A", " "])
def test_where_some_lines_go_to_everybody_enter_is_not_yes(
    chat: Chat, ann: ChatTerminal, answer: str
) -> None:
    with chat.join("Bob") as bob:
        ann.press(pasted("/pmm Bob one\rtwo\rthree"))
        ann.shows(r"^ Send 3 lines\? 2 of them go to everybody\. Enter, then y: yes, Ctrl-C: no$")
        ann.press("\r")
        ann.shows(r"^ Send 3 lines\? 2 of them go to everybody\. y: send, any other key: no$")
        ann.press(answer)
        ann.shows(r"go to everybody\. Enter, then y: yes, Ctrl-C: no$")
        bob.send("a fence")
        bob.send("/pm Bob a fence")
        bob.hear("Bob -> Bob: a fence")  # nothing else came before it
        assert [row.strip() for row in ann.text.split("Ann> ")[1].splitlines()[:3]] == [
            "/pmm Bob one",
            "two",
            "three",
        ]
        ann.press("\ry")
        bob.hear("Ann: two")
        bob.hear("Ann: three")
        ann.shows("^Ann>$")
        ann.shows(r"^! There is no command /pmm")
        ann.press("yes\r")  # a y is only a letter again
        bob.hear("Ann: yes")


def test_what_could_not_be_sent_is_sent_to_the_same_person_when_it_is_mended(
    chat: Chat, ann: ChatTerminal
) -> None:
    with chat.join("Bob") as bob:
        ann.press("@Bob: " + pasted("one\r" + "x" * 4090 + "\r  three\r/who"))
        ann.shows("Send 4 lines to Bob alone")
        ann.press("\r")
        bob.hear("Ann -> Bob: one")
        ann.shows("^ ! This message has 4,098 bytes; 4,095 are allowed")
        ann.press("\x1b[A" * 2 + "\x05" + "\x7f" * 80)
        ann.shows("^ Send 3 lines to Bob alone")
        ann.press("\r")
        bob.hear("Ann -> Bob: " + "x" * 4010)
        bob.hear(f"Ann -> Bob: {UNSEEN}  three")
        bob.hear("Ann -> Bob: /who")


@pytest.mark.parametrize("first", ["/pm Bob one", "@Bob: one", "/pmm Bob one", "@@bob one"])
@pytest.mark.parametrize("end", ["\r", "", "\r\n"])
def test_lines_that_are_typed_at_once_after_a_private_one_are_asked_about(
    chat: Chat, open_terminal: Open, first: str, end: str
) -> None:
    """A terminal that does not mark what is pasted types it, returns included."""
    with chat.join("Bob") as bob:
        ann = open_terminal("--port", str(chat.port), "--name", "Ann", TERM="linux")
        ann.shows(r"\| 2 online: Ann, Bob")
        ann.press(f"{first}\r\rtwo\r\nthree{end}")
        after = "for Bob alone" if "m B" in first.replace("mm", "") or ":" in first else "that was"
        ann.shows(rf"^ They came right after a line {after}.*Enter, then y: yes, Ctrl-C: no$")
        after_a_moment(ann)
        ann.press("\r")
        ann.shows(r"^ Send 2 lines to everybody\? y: send, any other key: no$")
        ann.press("n")
        ann.shows("^ They came right after a line")
        ann.press("\r")
        ann.shows(r"y: send, any other key: no$")
        ann.press("yn")  # a word that is pasted, and no answer; its n stands in the line
        ann.shows("^three n$|^threen$|^n$")
        ann.press("\x7f")
        ann.press("\rn\r")
        ann.shows(r"y: send, any other key: no$")
        ann.press("y")
        ann.shows(r" Ann:\n(.*\n)*?three$")
        ann.shows("^Ann>$")
        bob.skip_to(r"\[.*\] \* Ann joined")
        if "private" in ann.text:
            bob.hear("Ann -> Bob: one")
        bob.hear("Ann: two")
        bob.hear("Ann: three")
        ann.press("four\r")  # after what was said to all nothing is asked
        bob.hear("Ann: four")


def test_the_last_line_of_such_a_paste_is_asked_about_whenever_enter_is_pressed(
    chat: Chat, ann: ChatTerminal
) -> None:
    with chat.join("Bob") as bob:
        ann.press("/pm Bob one\rtwo")
        ann.shows(r"^ It came right after a line for Bob alone\. Enter, then y: yes, Ctrl-C: no$")
        after_a_moment(ann)
        ann.press("\r")
        ann.shows(r"^ Send this line to everybody\? y: send, any other key: no$")
        ann.press("n\x03")
        ann.shows("^Ann>$")
        ann.press("hello\r")  # it was typed for everybody
        bob.hear("Ann -> Bob: one")
        bob.hear("Ann: hello")
        ann.press("\x1b[A\x1b[A")
        ann.shows("^Ann> two$")


def test_such_lines_can_be_sent_to_the_one_they_were_meant_for(
    chat: Chat, ann: ChatTerminal
) -> None:
    with chat.join("Bob") as bob:
        ann.press("@Bob one\rtwo\rthree\r")
        ann.shows("^ They came right after a line for Bob alone")
        after_a_moment(ann)
        ann.press("\x1b[A\x1b[A\x01@Bob ")
        ann.shows(r"^ Send 2 lines to Bob alone\? Enter: yes, Ctrl-C: no$")
        ann.press("\r")
        for text in ("one", "two", "three"):
            bob.hear(f"Ann -> Bob: {text}")


def test_a_line_typed_after_a_moment_is_sent_at_once(chat: Chat, ann: ChatTerminal) -> None:
    with chat.join("Bob") as bob:
        ann.press("/pm Bob one\r")
        ann.shows("private")
        after_a_moment(ann)
        ann.press("two\rthree\r")
        bob.hear("Ann -> Bob: one")
        bob.hear("Ann: two")
        bob.hear("Ann: three")


def test_whoever_types_on_at_once_is_not_asked() -> None:
    """At 20 characters a second, which is faster than people type."""
    now = 0.0
    after_bob = Caution(lambda: now)
    after_bob.sent(Whisper("Bob", "one"))
    for size in range(1, 40):
        now += 1 / 20
        after_bob.changed("x" * size)
    assert not after_bob.is_soon
    assert after_bob.question(request.split_lines("x" * 39)) is None


@pytest.mark.parametrize(
    "line",
    ["＠Bob: secret", "／pm Bob secret", "\ufeff/pm Bob secret", "@@bob secret", "//pm Bob x"],
)
@pytest.mark.parametrize("is_pasted", [True, False])
def test_what_the_server_refuses_is_not_shown_as_said(
    chat: Chat, ann: ChatTerminal, line: str, is_pasted: bool
) -> None:
    with chat.join("Bob") as bob:
        ann.shows("2 online: Ann, Bob")
        ann.press(f"{pasted(line) if is_pasted else line}\r")
        ann.shows("^! .*Nothing was sent|^! That would tell everybody")
        assert "Ann: " not in ann.text
        bob.send("/pm Bob a fence")
        bob.hear("Bob -> Bob: a fence")


def test_a_line_that_begins_with_a_sign_is_shown_as_it_is_said(
    chat: Chat, ann: ChatTerminal
) -> None:
    with chat.join("Bob") as bob:
        ann.press("//etc/hosts\r@@property\r")
        bob.hear("Ann: /etc/hosts")
        bob.hear("Ann: @property")
        ann.shows(r"^\d\d:\d\d:\d\d Ann: /etc/hosts$")
        ann.shows(r"^\d\d:\d\d:\d\d Ann: @property$")


# --- Tab ---------------------------------------------------------------------------------------


def test_tab_completes_commands_and_names_at_typing_speed(chat: Chat, ann: ChatTerminal) -> None:
    with chat.join("Robert") as robert:
        ann.shows(r"2 online: Ann, Robert")
        # in one piece: nothing is skipped. The own name is not offered.
        ann.press("ro\thi\rask ROB\t\ran\td so on\r/p\tro\tpsst\r@r\tyou\r")
        robert.hear("Ann: Robert: hi")
        robert.hear("Ann: ask Robert")
        robert.hear("Ann: and so on")
        robert.hear("Ann -> Robert: psst")
        robert.hear("Ann -> Robert: you")


def test_tab_offers_a_choice_of_names(chat: Chat, ann: ChatTerminal) -> None:
    with chat.join("Roberta") as roberta, chat.join("Roberto"):
        ann.shows(r"3 online: Ann, Roberta, Roberto")
        ann.press("/pm r\t")
        ann.shows(r"^Ann> /pm Robert$")  # what they have in common
        ann.shows(r"^ +Roberta\s+Roberto$")
        ann.press("\t")
        ann.shows(r"^Ann> /pm Roberta")
        ann.press("psst\r")
        roberta.skip_to(r"\[.*\] Ann -> Roberta: psst")


def test_tab_begins_with_whoever_spoke_last(chat: Chat, ann: ChatTerminal) -> None:
    with chat.join("Roberta") as roberta, chat.join("Roberto") as roberto:
        for person in (roberta, roberto):
            person.send("hello")
            ann.shows(f"{person.name}: hello$")
            ann.press("@r\t")
            ann.shows(r"^ +@Rober(ta\s+@Roberto|to\s+@Roberta)$")
            ann.press(f"\tto {person.name}\r")
            person.skip_to(rf"\[.*\] Ann -> {person.name}: to {person.name}")


def test_tab_writes_only_what_all_names_have_in_common(
    hostile: ScriptedServer, open_terminal: Open
) -> None:
    """Also those that find no room on the screen: else it would choose to whom a line goes."""
    client = open_terminal("--port", str(hostile.port), "--name", "Ann")
    with hostile.accept() as server:
        server.prompt()
        server.send(WELCOME)
        server.expect("/who")
        names = ["Ann", *(f"Bob{number:02}" for number in range(50)), "Bodo"]
        server.send(f"[10:00:00] * 52 online: {', '.join(names)}")
        client.shows("52 online")
        client.press("@B\thi\r")
        server.expect("@Bohi")


def test_every_command_of_the_server_is_offered_but_the_one_that_clients_use() -> None:
    offered = {each.strip() for each in completion.COMMANDS}
    assert offered == set(request.COMMANDS) - {"/ping"}


@pytest.mark.parametrize(
    ("before", "offered"),
    [
        ("", list(completion.COMMANDS)),
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
    assert list(offers(before, ["Bob", "Bodo", "Zoë"])) == offered


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


# --- when the server goes ----------------------------------------------------------------------


@pytest.mark.own_server
def test_a_fault_ends_the_client_and_is_not_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("a fault")

    monkeypatch.setattr(conversation, "take_batch", fail)
    with (
        create_pipe_input() as keyboard,
        create_app_session(input=keyboard, output=DummyOutput()),
    ):
        client = TerminalClient("127.0.0.1", free_port(), "Ann")
        with pytest.raises(RuntimeError, match="a fault"):
            asyncio.run(asyncio.wait_for(client.run(), SECONDS))


@pytest.mark.own_server
def test_what_is_typed_survives_the_servers_death(
    start: Callable[..., Chat], open_terminal: Open
) -> None:
    """One line is half typed, one was sent while nobody was there: another hears it, once."""
    chat = start()
    ann = open_terminal("--port", str(chat.port), "--name", "Ann", script=HASTY)
    ann.shows(r"\| lag \d+ ms \|")  # so the name is confirmed, and nothing is on its way
    chat.signal(signal.SIGKILL)
    ann.shows(r"^ Ann \| reconnecting")
    ann.press("are you there?\rhalf a sen")
    ann.shows(r"^\d\d:\d\d:\d\d Ann: are you there\? \(waiting\)$")
    ann.shows(r"^ Ann \| reconnecting.* \| 1 line waiting")
    ann.signal(signal.SIGSTOP)  # it must not be back before Bob
    chat = start(port=chat.port)
    with chat.join("Bob") as bob:
        ann.signal(signal.SIGCONT)
        bob.hear("* Ann joined")
        bob.hear("Ann: are you there?")
        ann.shows(r"\* 1 line that waited: sent now\.$")
        ann.shows("^Ann> half a sen$")
        ann.press("tence\r")
        bob.hear("Ann: half a sentence")
        ann.shows(r"^ Ann \| 127.* \| 2 online: Ann, Bob")


@pytest.fixture
def away(hostile: ScriptedServer, open_terminal: Open) -> ChatTerminal:
    """Ann, whose server has gone. By itself the client would try again in an hour."""
    client = open_terminal("--port", str(hostile.port), "--name", "Ann", script=PATIENT)
    with hostile.accept() as server:
        server.let_in()
        client.shows("^Ann>")
        client.press("half a sen")
        client.shows("^Ann> half a sen$")
    client.shows(r"^! The server closed the connection\.$")
    client.shows(r"^ Ann \| reconnecting in [\d,]+ s \(Enter: now, /quit: stop\)")
    client.press("\x15")
    client.shows("^Ann>$")
    return client


@pytest.mark.parametrize("keys", ["\r", "/rec\t\r"])
def test_while_the_server_is_away_one_can_try_at_once(
    hostile: ScriptedServer, away: ChatTerminal, keys: str
) -> None:
    away.press(keys)
    with hostile.accept() as server:
        away.shows(r"^ Ann \| reconnecting \.\.\.")
        server.let_in()
        away.shows(r"^ Ann \| 127.* \| 1 online: Ann")


def test_who_stops_trying_gets_back_what_was_not_sent(away: ChatTerminal) -> None:
    away.press("/pm Bob two\r")
    away.shows(r"/pm Bob two \(waiting\)$")
    after_a_moment(away)
    away.press("//one\r")
    away.shows(r"Ann: /one \(waiting\)$")
    away.press("thr")
    away.shows("^Ann> thr$")
    away.signal(signal.SIGTERM)
    assert away.wait() == 0
    assert away.is_restored()
    assert [row for row in away.rows if row][-6:] == [
        "* You left the conversation.",
        "* 2 lines of yours may not have arrived:",
        "/pm Bob two",
        "//one",
        "* You were writing:",
        "thr",
    ]


def refuse_names(server: Speaker) -> None:
    """As many as the client tries by itself: then the person is asked."""
    for _ in range(4):
        server.prompt()
        server.send("! No.")
    server.send(message.NICKNAME_PROMPT)


def let_in_at_last(server: Speaker) -> None:
    server.expect("Ann")
    server.send(WELCOME)
    server.expect("/who")
    server.send(NOBODY_ELSE)


def test_half_a_name_is_not_taken_for_a_message_when_the_connection_is_lost_again(
    hostile: ScriptedServer, away: ChatTerminal
) -> None:
    away.press("\rhalf a sen")
    with hostile.accept() as server:
        refuse_names(server)
        away.shows("^Another name:$")
        after_a_moment(away)
        away.press("An")
        away.shows("^Another name: An$")
    away.shows("^Ann> half a sen$")


def test_half_a_message_is_not_taken_for_the_name_that_is_asked_for_on_return(
    hostile: ScriptedServer, away: ChatTerminal
) -> None:
    away.press("\rhalf a sen")
    with hostile.accept() as server:
        refuse_names(server)
        away.shows("^Another name:$")
        after_a_moment(away)
        away.press("2\r")
        server.expect("2")
        server.send("! Not that.", message.NICKNAME_PROMPT)
        away.shows("Not that")
        away.shows("^Another name:$")
        after_a_moment(away)
        away.press("Ann\r")
        let_in_at_last(server)
        away.shows("^Ann> half a sen$")


def test_the_rest_of_a_message_is_no_name_either(
    hostile: ScriptedServer, away: ChatTerminal
) -> None:
    """Who types does not stop in the moment in which a name is asked for."""
    away.press("\r/pm Bob the password is ")
    with hostile.accept() as server:
        refuse_names(server)
        away.shows("^Another name:$")
        away.press("swordfish\r")
        away.shows("^ ! This was put with the line that you were typing. Your name\\?$")
        away.shows("^Another name:$")
        after_a_moment(away)
        away.press("Ann\r")
        let_in_at_last(server)
        away.shows("^Ann> /pm Bob the password is swordfish$")


def test_a_message_begun_before_the_name_and_one_after_it_are_two_lines(
    hostile: ScriptedServer, away: ChatTerminal
) -> None:
    away.press("\rhello all")
    with hostile.accept() as server:
        refuse_names(server)
        away.shows("^Another name:$")
        after_a_moment(away)
        away.press("Ann\r")
        server.expect("Ann")
        away.shows("^Ann>$")
        away.press("/pm Bob psst")
        away.shows("^Ann> /pm Bob psst$")
        server.send(WELCOME)
        away.shows("^ Send 2 lines\\? 1 of them goes to everybody")


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
        client._line.leave()
        assert asyncio.run(asyncio.wait_for(client.run(), SECONDS)) == 0


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
