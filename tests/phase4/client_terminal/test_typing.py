"""The line being typed: it stays whole, and what is pasted is asked about."""

import re

from phase4.client.pasting import UNSEEN
from tests.kit.chat import Chat
from tests.kit.chat_terminal import ChatTerminal, pasted


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
