"""The colours that a terminal has, and how kinds of lines and people are told apart with them."""

import re
from typing import Any

import pytest

from phase4.client.name_colours import NameColours
from phase4.client_terminal import look
from phase4.client_terminal.colours import Colours
from phase4.client_terminal.look import NameStyles, fragments
from phase4.widgets.colours import contrast
from shared import message
from tests.kit.chat import Chat
from tests.kit.chat_terminal import ChatTerminal

FEW = {*(f"{tens}{ones}" for tens in (3, 4, 9, 10) for ones in range(8))}
BOB = NameColours().number("Bob")

# Where 31 and 35 lead: in xterm, in VTE (Tango), in PuTTY, and in the console of Linux, where what
# is bold is bright as well.
ANSI = {
    "ansired": ("#cd0000", "#cc0000", "#bb0000", "#ff5555"),
    "ansimagenta": ("#cd00cd", "#75507b", "#bb00bb", "#ff55ff"),
}


@pytest.mark.parametrize(
    ("terminal", "env", "used"),
    [
        ("xterm-256color", {}, {"5"}),
        ("xterm-256color", {"COLORTERM": "truecolor"}, {"2"}),
        ("xterm", {}, {"few"}),
        ("linux", {"COLORTERM": "truecolor"}, {"few"}),
        ("screen", {}, {"few"}),
        ("vt100", {"COLORTERM": "truecolor"}, set()),
        ("xterm-256color", {"NO_COLOR": "1"}, set()),
    ],
)
def test_a_terminal_gets_no_colour_that_it_lacks(
    chat: Chat, terminal: str, env: dict[str, str], used: set[str]
) -> None:
    plain = {"COLORTERM": "", "NO_COLOR": "", "PROMPT_TOOLKIT_COLOR_DEPTH": "", "TERM": terminal}
    where: dict[str, Any] = {**plain, **env}
    with (
        ChatTerminal("--port", str(chat.port), "--name", "Ann", **where) as ann,
        chat.join("Bob") as bob,
    ):
        ann.shows("^Ann>")
        for number in range(3):
            with chat.join(f"P{number}") as person:
                person.send("hello")
                ann.shows(f"P{number}: hello$")
        bob.send("/pm Ann psst", "/pm Ann psst")
        ann.shows("psst$")
        ann.press("/nonsense\r")
        ann.shows("^! ")
        found = set()
        for code in re.findall(r"\x1b\[([0-9;]*)m", ann.output.decode()):
            found |= {*re.findall(r"[34]8;(2|5);", code)}
            others = re.sub(r"[34]8;(5;\d+|2;\d+;\d+;\d+)", "", code).split(";")
            found |= {"few"} if {*others} & FEW else set()
        assert found == used


def test_a_person_has_one_colour_that_can_be_read_on_black_and_on_white() -> None:
    for colours, count in ((Colours.MANY, 12), (Colours.FEW, 3), (Colours.NONE, 1)):
        name_style = NameStyles(colours)
        for name in ("Zoë", "ann", "Bob", "Carl"):
            assert name_style(name) == name_style(name.swapcase())
        assert len({name_style(f"P{number}") for number in range(200)}) == count
    for colour in look.NAME_COLOURS:
        assert min(contrast(colour, "#000000"), contrast(colour, "#ffffff")) >= 4, colour


def test_the_few_colours_can_be_read_on_black_and_on_white_in_common_terminals() -> None:
    for colour in filter(None, look.FEW_NAME_COLOURS):
        for shown in ANSI[colour][:-1]:
            assert min(contrast(shown, "#000000"), contrast(shown, "#ffffff")) >= 3, colour
        assert contrast(ANSI[colour][-1], "#000000") >= 4.5


def test_people_who_are_here_have_different_colours(chat: Chat) -> None:
    """Computed from their names alone, theirs would be the same."""
    like_bob = (f"P{number}" for number in range(1000))
    other = next(name for name in like_bob if NameColours().number(name) == BOB)
    with (
        ChatTerminal("--port", str(chat.port), "--name", "Ann") as ann,
        chat.join("Bob") as bob,
        chat.join(other) as person,
    ):
        ann.shows("3 online")
        bob.send("hello")
        ann.shows("Bob: hello$")
        person.send("hello")
        ann.shows(f"{other}: hello$")
        assert ann.colour_of(f"{other}: hello") != ann.colour_of("Bob: hello")


@pytest.mark.parametrize("colours", Colours)
def test_kinds_of_lines_are_told_apart(colours: Colours) -> None:
    """Own words, others' words, private messages, notices and errors each have their style."""
    time_ = "10:00:00"
    shown: list[message.Message] = [
        message.Public(time_, "Ann", "x"),
        message.Public(time_, "Bob", "x"),
        message.Private(time_, "Bob", "Ann", "x"),
        message.Notice(time_, "x"),
        message.Error("x"),
    ]
    styles = {fragments(each, "Ann", NameStyles(colours))[-1][0] for each in shown}
    assert len(styles) == len(shown)
