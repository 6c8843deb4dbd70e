"""A block that is pasted stays a block, for its sender and for others; on the wire it is lines."""

import re
import time
from collections.abc import Iterator

import pytest

from phase4.client.block import in_blocks, row_of
from phase4.client.pasting import UNSEEN
from phase4.client_terminal.colours import Colours
from phase4.client_terminal.shown import Shown
from shared import message
from tests.kit.chat import Chat
from tests.kit.chat_terminal import ChatTerminal, pasted

CODE = """\
def area(sides):
\tif not sides:
\t\treturn 0

\treturn sides[0] * sides[1]  # of a rectangle, whose sides are given in metres, and not in feet
"""
ROWS = CODE.expandtabs(4).splitlines()
NOW = "10:00:00"


def block_in(client: ChatTerminal, head: str, last: str) -> list[str]:
    """The rows below this one, once the last of them is there."""
    found = client.shows(rf"^\d\d:\d\d:\d\d {head}\n((?:.*\n)*?{re.escape(last)})$")
    return found[1].splitlines()


@pytest.fixture
def ann(chat: Chat) -> Iterator[ChatTerminal]:
    with ChatTerminal("--port", str(chat.port), "--name", "Ann", columns=120) as client:
        client.shows("^Ann>$")
        yield client


@pytest.mark.parametrize("to", ["", "Bob"])
def test_it_is_shown_without_time_and_name_to_its_sender_and_to_others(
    chat: Chat, ann: ChatTerminal, to: str
) -> None:
    with ChatTerminal("--port", str(chat.port), "--name", "Bob", columns=120) as bob:
        bob.shows("^Bob>$")
        ann.shows("2 online")
        if to:
            ann.press(f"/query {to}\r")
            ann.shows("^Ann -> Bob")
        ann.press(pasted(CODE))
        ann.shows("^ Send 5 lines to " + (f"{to} alone" if to else "everybody"))
        ann.press("\r")
        head = r"Ann -> Bob \(private\):" if to else "Ann:"
        assert block_in(ann, head, ROWS[-1]) == ROWS
        assert block_in(bob, head, ROWS[-1]) == ROWS
        then = time.monotonic() + 2.1  # what is said at once would be of the block
        ann.until(lambda: time.monotonic() > then)
        ann.press("that is all\r")
        bob.shows(rf"^[\d:]{{8}} {head} that is all$")
    if not to:
        said = [f"Ann: {row or UNSEEN}" for row in ROWS]
        assert chat.log("messages.txt")[:5] == said


def test_a_long_line_of_ones_own_block_is_left_to_the_terminal(chat: Chat) -> None:
    with ChatTerminal("--port", str(chat.port), "--name", "Ann", columns=40) as ann:
        ann.shows("^Ann>$")
        ann.press(pasted(CODE) + "\r")
        ann.shows("^feet$|in feet$|t in feet")
        below = ann.text.partition("Ann:\n")[2].splitlines()
        whole = "".join(row.ljust(40) for row in below[4:7]).rstrip()
        assert whole == ROWS[-1]


def test_lines_without_form_are_shown_with_their_names(chat: Chat, ann: ChatTerminal) -> None:
    with chat.join("Bob") as bob:
        ann.shows("2 online")
        bob.send("one", "two", "three")
        ann.shows(r"^[\d:]{8} Bob: one\n[\d:]{8} Bob: two\n[\d:]{8} Bob: three\nAnn>")


def test_no_line_of_a_block_looks_like_a_line_of_somebody_else(
    chat: Chat, ann: ChatTerminal
) -> None:
    assert row_of(f"{UNSEEN}10:00:00 Carl: yes").startswith("  ")
    forged = ["10:00:00 Carl: I agree", "* Carl left", "! wrong"]
    with chat.join("Bob") as bob:
        ann.shows("2 online")
        bob.send("if x:", "    y()", *forged)
        ann.shows("wrong$")
        rows = block_in(ann, "Bob:", "  ! wrong")
        assert rows[:2] == ["if x:", "    y()"]
        assert [row[:2] for row in rows[2:]] == ["  "] * 3


def said(text: str, time: str = NOW, sender: str = "Bob") -> message.Message:
    return message.Public(time, sender, text)


def test_a_block_is_what_one_person_says_within_a_moment_with_blanks_before_it() -> None:
    lines = [said("if x:"), None, said("    y()"), said(UNSEEN), said("z()", "10:00:01")]
    assert in_blocks(lines) == {0, 2, 3, 4}
    assert in_blocks([said("    alone")]) == set()
    assert in_blocks([said("if x:"), said("    y()", "10:00:02")]) == set()
    assert in_blocks([said("if x:"), said("    y()", sender="Carl")]) == set()
    assert in_blocks([said("if x:"), message.Joined(NOW, "Carl"), said("    y()")]) == set()
    private = message.Private(NOW, "Bob", "Ann", "    y()")
    assert in_blocks([said("if x:"), private]) == set()


def test_what_comes_between_ends_a_block() -> None:
    shown = Shown(Colours.NONE)

    def text(each: message.Message, *, block: bool | None = None) -> list[str]:
        return ["".join(part[1] for part in line) for line in shown.lines(each, block=block)]

    assert text(said("if x:"), block=True) == [f"{NOW} Bob: ", "if x:"]
    assert text(said("    y()")) == ["    y()"]
    assert text(said("hello", sender="Carl")) == [f"{NOW} Carl: hello"]
    assert text(said("    z()")) == [f"{NOW} Bob:     z()"]
    assert text(said(UNSEEN), block=True) == [f"{NOW} Bob: ", ""]
