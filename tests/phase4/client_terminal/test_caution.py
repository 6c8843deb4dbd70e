"""What was meant for one is not said to all, however it is typed or pasted."""

from collections.abc import Callable

import pytest

from phase4.client.pasting import UNSEEN
from phase4.client_terminal.caution import Caution
from shared import request
from shared.request import Whisper
from tests.kit.chat import Chat
from tests.kit.chat_terminal import ChatTerminal, after_a_moment, pasted

Open = Callable[..., ChatTerminal]


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
