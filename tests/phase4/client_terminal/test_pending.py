"""What is not certain is shown: a line waits until the server is known to have it."""

import re
import signal
from collections.abc import Callable

import pytest

from phase4.client.unconfirmed import DOUBTFUL_SECONDS
from phase4.client_terminal.look import Fragments
from phase4.client_terminal.pending import MAX_ROWS, Pending
from shared import message
from tests.kit.chat import Chat
from tests.kit.chat_terminal import CLIENT, ChatTerminal
from tests.kit.scripted import ScriptedServer

IMPATIENT = f"""
import runpy
import phase4.client.unconfirmed as shared
shared.SLOW_SECONDS, shared.DOUBTFUL_SECONDS = 0.2, 2.5
runpy.run_module({CLIENT!r}, run_name="__main__", alter_sys=True)
"""
NOW = "10:00:00"


@pytest.mark.own_server
def test_a_line_that_the_server_does_not_take_waits_and_then_may_not_arrive(
    start: Callable[..., Chat],
) -> None:
    chat = start()
    with ChatTerminal("--port", str(chat.port), "--name", "Ann", script=IMPATIENT) as ann:
        ann.shows(r"\| lag \d+ ms \| 1 online")
        chat.signal(signal.SIGSTOP)
        ann.press("hello\rhalf a sen")
        ann.shows(r"^\d\d:\d\d:\d\d Ann: hello$")
        ann.shows(r"^\d\d:\d\d:\d\d Ann: hello \(waiting\)\nAnn> half a sen$")
        ann.shows(r"^ Ann \| .* \| 1 line waiting \|")
        ann.shows(r"^\d\d:\d\d:\d\d Ann: hello \(may not arrive\)\nAnn> half a sen$")
        ann.shows(r"^ Ann \| .*lag \d\.\d s \| 1 line may not arrive")
        chat.signal(signal.SIGCONT)
        ann.shows(r"^\d\d:\d\d:\d\d Ann: hello\nAnn> half a sen$")
        ann.shows(r"^ Ann \| .*lag \d+.* \| 1 online")
        assert ann.text.count("hello") == 1


@pytest.mark.own_server
def test_pasted_lines_appear_as_they_are_taken(start: Callable[..., Chat]) -> None:
    chat = start("--flood-rate", "8")
    with (
        ChatTerminal("--port", str(chat.port), "--name", "Ann", rows=40) as ann,
        chat.join("Bob"),
    ):
        ann.shows("2 online")
        ann.press("\x1b[200~" + "".join(f"line {number}\r" for number in range(24)) + "\x1b[201~")
        ann.shows("^ Send 24 lines to everybody")
        ann.press("\r")
        ann.shows(r"^[\d:]{8} Ann:\n(line \d\n)*line 4$")
        assert "line 23" not in ann.text
        ann.shows(r"^ Ann \| .* \| \d+ lines waiting \|")
        ann.shows("^line 23$")
        ann.shows(r"^ Ann \| .*lag [^|]* \| 2 online")
        shown = re.findall(r"^line (\d+)$", ann.text, re.MULTILINE)
        assert shown == [f"{number}" for number in range(24)]


def test_what_somebody_says_after_it_stands_below_it(chat: Chat) -> None:
    with (
        ChatTerminal("--port", str(chat.port), "--name", "Ann") as ann,
        chat.join("Bob") as bob,
    ):
        ann.shows("2 online")
        for number in range(5):
            ann.press(f"question {number}\r")
            bob.skip_to(rf"\[.*\] Ann: question {number}")
            bob.send(f"answer {number}")
            ann.shows(f"Ann: question {number}\n.*Bob: answer {number}\nAnn>$")


def test_what_was_said_last_is_there_after_leaving(chat: Chat) -> None:
    with ChatTerminal("--port", str(chat.port), "--name", "Ann") as ann:
        ann.shows("^Ann>$")
        ann.press("bye\r/quit\r")
        assert ann.wait() == 0
        ann.shows(r"^[\d:]{8} Ann: bye\n\* You left the conversation\.$")


class Lines:
    """What Ann said, by a clock that a check winds."""

    def __init__(self) -> None:
        self.now = 0.0
        self.pending = Pending(lambda: self.now)
        self.number = 0

    def say(self, text: str, *, late: bool = False, pasted: bool = False) -> None:
        """Hand the next line over."""
        self.number += 1
        said = message.Public(NOW, "Ann", text)
        self.pending.add(self.number, said, f"{NOW} Ann: {text}", late=late, pasted=pasted)

    @property
    def rows(self) -> list[str]:
        """What stands above the line being typed."""

        def look(said: message.Public) -> Fragments:
            return [("", message.format(said))]

        return "".join(part[1] for part in self.pending.rows(80, look)).splitlines()


@pytest.mark.own_server
def test_what_waits_is_seen_whole_also_where_it_takes_several_rows(
    start: Callable[..., Chat],
) -> None:
    chat = start()
    address = ("--port", str(chat.port), "--name", "Ann")
    with ChatTerminal(*address, script=IMPATIENT, columns=40) as ann:
        ann.shows(r"\| lag \d+ ms \| 1")
        chat.signal(signal.SIGSTOP)
        ann.press("is anybody there, or am I alone in here?\r")
        mark = r"\s+\((waiting|may\s+not\s+arrive)\)\nAnn>$"
        ann.shows(rf" Ann: is anybody there, or am I\n     alone in here\?{mark}")
        ann.resize(60, 24)
        ann.shows(rf" Ann: is anybody there, or am I alone in here\?{mark}")
        ann.resize(40, 24)
        chat.signal(signal.SIGCONT)
        ann.shows(r" Ann: is anybody there, or am I\n     alone in here\?\nAnn>$")
        assert ann.text.count("anybody") == 1


def test_a_long_line_is_seen_at_once(hostile: ScriptedServer) -> None:
    with (
        ChatTerminal("--port", str(hostile.port), "--name", "Ann") as ann,
        hostile.accept() as server,
    ):
        server.let_in()
        ann.shows("^Ann>$")
        ann.press("and so on " * 40 + "\r")
        ann.shows(r"and so on\nAnn>$")


def test_a_line_that_is_late_is_not_printed_before_it_has_arrived() -> None:
    ann = Lines()
    ann.say("one")
    assert [said.text for said in ann.pending.printed_first()] == ["one"]
    ann.say("two")
    ann.now = DOUBTFUL_SECONDS
    ann.say("three")
    assert [*ann.pending.printed_first()] == []
    assert ann.rows == [f"{NOW} Ann: two (may not arrive)", f"[{NOW}] Ann: three"]
    assert ann.pending.lines.count == 2
    assert ann.pending.lines.is_doubtful
    assert [said.text for said, _ in ann.pending.arrived(2)] == ["two"]
    assert [said.text for said, _ in ann.pending.arrived(3)] == ["three"]
    assert ann.pending.lines.count == 0
    assert not ann.pending.lines.is_doubtful


def test_what_waits_takes_few_rows() -> None:
    ann = Lines()
    for number in range(50):
        ann.say(f"line {number}", late=True)
    assert ann.rows == [f"{NOW} Ann: line {number} (waiting)" for number in range(MAX_ROWS)]
    assert ann.pending.lines.count == 50


def test_when_the_connection_is_lost_all_that_is_not_certain_waits_until_it_has_arrived() -> None:
    ann = Lines()
    ann.say("one")
    ann.pending.lines.lost()
    assert ann.rows == [f"{NOW} Ann: one (waiting)"]
    ann.now = DOUBTFUL_SECONDS
    assert ann.rows == [f"{NOW} Ann: one (waiting)"], "nobody is there to take it"
    ann.pending.lines.returned()
    assert ann.rows == [f"{NOW} Ann: one (waiting)"]
    ann.now += DOUBTFUL_SECONDS
    assert ann.rows == [f"{NOW} Ann: one (may not arrive)"]
