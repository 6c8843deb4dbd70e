"""What was said before, in the terminal client: on joining, after a loss, and by number."""

import signal
from collections.abc import Callable

from tests.kit.chat import Chat
from tests.kit.chat_terminal import PATIENT, ChatTerminal

Open = Callable[..., ChatTerminal]
AT = r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d"


def test_whoever_was_away_reads_what_was_missed_once_and_in_its_place(
    start: Callable[..., Chat], open_terminal: Open
) -> None:
    chat = start("--history", "20")
    with chat.join("Bob") as bob:
        bob.send("before Ann")
        bob.fence()
        ann = open_terminal("--port", str(chat.port), "--name", "Ann", script=PATIENT)
        ann.shows(rf"\* 1 earlier line:\n{AT} Bob: before Ann *\n.*\* That was before you came\.")
        bob.send("while Ann is there")
        ann.shows("Bob: while Ann is there")
        ann.press("/ids on\r")
        ann.shows(r"\* Messages have numbers now\.")
        bob.skip_to(".*Ann joined")
        bob.send("with a number")
        ann.shows(r"\d\d:\d\d:\d\d #3 Bob: with a number")
        chat.signal(signal.SIGKILL)
        chat.wait()
    ann.shows("Enter: now")
    again = start("--history", "20", port=chat.port)
    with again.join("Carol") as carol:
        carol.send("you missed this", "/ping all")
        carol.skip_to(".*Pong all")
        ann.press("\r")  # try now
        ann.shows(
            rf"\* Missed from \d\d:\d\d to \d\d:\d\d: *\n{AT} Carol: you missed this *\n"
            r".*\* That was while you were away\."
        )
        carol.skip_to(".*Ann joined")
        carol.send("and this is now")
        ann.shows("Carol: and this is now")
    assert ann.text.count("while Ann is there") == 1
    assert ann.text.count("before Ann") == 1


def test_what_was_said_before_a_number_is_shown_and_how_to_go_on(
    start: Callable[..., Chat], open_terminal: Open
) -> None:
    chat = start("--history", "1")
    with chat.join("Bob") as bob:
        bob.send("one", "two", "three")
        bob.fence()
    ann = open_terminal("--port", str(chat.port), "--name", "Ann")
    ann.shows(r"\* That was before you came\.")
    ann.press("/history 1 before 3\r")
    ann.shows(rf"\* 1 line before #3:\n{AT} Bob: two *\n.*\* More: /history before 2")
