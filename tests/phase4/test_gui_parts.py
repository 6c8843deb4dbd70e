"""What the window is made of and needs no screen: colours, lines, links, history, completion."""

import doctest
import importlib
import itertools
import pkgutil

import pytest
from hypothesis import given
from hypothesis import strategies as st

import phase4.gui
from phase4.connection import COMMANDS, is_public
from phase4.gui.colours import DARK, LIGHT, MAX_REMEMBERED, NameColours, Palette, contrast
from phase4.gui.lines import Line, line_of, mentions, split_links, wraps_anywhere
from phase4.gui.typing_aids import Completer, History
from shared import message

NOW = "10:00:00"
READABLE = 4.5  # WCAG 2.2, 1.4.3

palettes = pytest.mark.parametrize("palette", [LIGHT, DARK], ids=["light", "dark"])


def test_the_examples_in_the_docstrings_are_true() -> None:
    for name in ("colours", "lines", "typing_aids"):
        module = importlib.import_module(f"phase4.gui.{name}")
        assert doctest.testmod(module).failed == 0, name


def test_the_parts_that_need_no_screen_import_no_toolkit() -> None:
    without = {"colours", "lines", "typing_aids", "actions", "links"}
    assert without < {each.name for each in pkgutil.iter_modules(phase4.gui.__path__)}
    for name in without:
        assert "tkinter" not in vars(importlib.import_module(f"phase4.gui.{name}")), name


# --- colours ---------------------------------------------------------------------------------


@palettes
def test_every_text_can_be_read_on_every_background_it_lies_on(palette: Palette) -> None:
    pages = {*palette.line_pages, palette.panel, palette.field}
    plain = {palette.text, palette.muted, palette.link, palette.private, palette.error}
    pairs = set(itertools.product({*plain, *palette.names}, pages))
    pairs |= {(text, palette.error_page) for text in (palette.text, palette.muted, palette.error)}
    pairs |= {(palette.on_accent, page) for page in (palette.accent, palette.accent_over)}
    pairs |= {(palette.text, palette.selection)}
    bad = {pair: contrast(*pair) for pair in pairs if contrast(*pair) < READABLE}
    assert not bad


def test_light_and_dark_have_as_many_names_colours_and_each_is_another() -> None:
    assert len(set(LIGHT.names)) == len(set(DARK.names)) == len(LIGHT.names)


def test_a_persons_colour_is_the_same_in_every_run_and_spelling() -> None:
    assert NameColours().number("Alice") == NameColours().number("ALICE") == 11


def test_people_have_colours_of_their_own_while_there_are_enough() -> None:
    colours = NameColours()
    names = [f"Person{number}" for number in range(len(LIGHT.names))]
    numbers = [colours.number(name) for name in names]
    assert sorted(numbers) == list(range(len(LIGHT.names)))
    assert [colours.number(name) for name in names] == numbers


def test_a_new_name_keeps_the_colour() -> None:
    colours = NameColours()
    colours.number("Alicia")  # so that Alice, by herself, would not get what Alicia has
    number = colours.number("Bob")
    colours.rename("Bob", "Robert")
    assert colours.number("Robert") == number


def test_a_flood_of_names_is_not_remembered() -> None:
    colours = NameColours()
    numbers = [colours.number(f"n{number}") for number in range(3 * MAX_REMEMBERED)]
    assert set(numbers) <= set(range(len(LIGHT.names)))
    assert len(vars(colours)["_numbers"]) == MAX_REMEMBERED


# --- lines -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("received", "line"),
    [
        (message.Public("1", "Bob", "hi"), Line("public", "1", "Bob", "hi", "Bob")),
        (message.Public("1", "Me", "hi"), Line("own", "1", "Me", "hi", "Me")),
        (message.Public("1", "Bob", "hi me"), Line("mention", "1", "Bob", "hi me", "Bob")),
        (
            message.Private("1", "Bob", "Me", "hi"),
            Line("private", "1", "Bob", "hi", "Bob", "→ you"),
        ),
        (message.Private("1", "Me", "Bob", "hi"), Line("private", "1", "Me", "hi", "Me", "→ Bob")),
        (message.Error("no"), Line("error", NOW, "!", "no")),
        (message.Joined("1", "Bob"), Line("notice", "1", "→", "Bob joined")),
        (message.Left("1", "Bob"), Line("notice", "1", "←", "Bob left")),
        (message.Left("1", "Bob", "slow"), Line("notice", "1", "←", "Bob left (slow)")),
        (message.Renamed("1", "Bob", "Rob"), Line("notice", "1", "*", "Bob is now Rob")),
        (
            message.Online("1", 2, ("Bob", "Me (::1)")),
            Line("notice", "1", "*", "2 online: Bob, Me (::1)"),
        ),
        (message.Online("1", 9, ("Bob",), True), Line("notice", "1", "*", "9 online: Bob, …")),
        (message.Welcome("1", "Me", 2, "x"), Line("notice", "1", "*", "Welcome, Me! 2 online. x")),
        (message.Notice("1", "bye"), Line("notice", "1", "*", "bye")),
        (message.Other("what?"), Line("notice", NOW, "", "what?")),
    ],
)
def test_each_message_has_its_line(received: message.Message, line: Line) -> None:
    assert line_of(received, "Me", NOW) == line


def test_a_name_that_is_too_long_is_cut() -> None:
    line = line_of(message.Public("1", "x" * 5000, "hi"), "Me", NOW)
    assert line.who == "x" * 19 + "…"


@pytest.mark.parametrize(
    ("text", "name", "is_said"),
    [
        ("Alice?", "Alice", True),
        ("@alice", "Alice", True),
        ("for ALICE's sake", "Alice", True),
        ("malice", "Alice", False),
        ("Alice-Ann", "Alice", False),
        ("anything", "", False),
    ],
)
def test_a_line_that_says_ones_name_is_noticed(text: str, name: str, is_said: bool) -> None:
    assert mentions(text, name) == is_said


@pytest.mark.parametrize(
    ("text", "links"),
    [
        ("see http://a.example/b?c=d#e.", ["http://a.example/b?c=d#e"]),
        ("(https://a.example/b_(c))", ["https://a.example/b_(c)"]),
        ("HTTPS://A.EXAMPLE and http://b.example", ["HTTPS://A.EXAMPLE", "http://b.example"]),
        ("file:///etc/passwd javascript:alert(1) ftp://a.example", []),
        ("http:// and https://... are none", []),
    ],
)
def test_only_web_addresses_are_links(text: str, links: list[str]) -> None:
    assert [piece for piece, is_link in split_links(text) if is_link] == links


@given(st.text(alphabet="htps:/.() a", max_size=60))
def test_finding_links_loses_no_character(text: str) -> None:
    assert "".join(piece for piece, _ in split_links(text)) == text


@pytest.mark.parametrize(
    ("text", "anywhere"),
    [
        ("plain words", False),
        ("мир и труд", False),
        ("http://a.example/" + "x" * 40, True),
        ("see http://a.example/" + "x" * 40, False),
        ("你好世界", True),
    ],
)
def test_scripts_without_blanks_may_be_broken_anywhere(text: str, anywhere: bool) -> None:
    assert wraps_anywhere(text) == anywhere


# --- history and completion --------------------------------------------------------------------


def test_up_and_down_walk_through_what_was_sent_and_come_back_to_the_draft() -> None:
    history = History()
    for line in ("one", "two", "two"):
        history.add(line)
    assert history.earlier("draft") == "two"
    assert history.earlier("two") == "one"
    assert history.earlier("one") == "one"
    assert history.later("one") == "two"
    assert history.later("two") == "draft"
    assert history.later("draft") == "draft"


def test_without_history_what_is_typed_stays() -> None:
    assert History().earlier("draft") == "draft"
    assert History().later("draft") == "draft"


def test_the_history_has_a_bound() -> None:
    history = History(limit=3)
    for number in range(10):
        history.add(str(number))
    shown = [history.earlier("") for _ in range(5)]
    assert shown == ["9", "8", "7", "7", "7"]


NAMES = ("Alan", "Alice", "Bob")


@pytest.mark.parametrize(
    ("before", "offers"),
    [
        ("/p", ["/pm "]),
        ("/PM", ["/pm "]),
        ("al", ["Alan: ", "Alice: ", "Alan: "]),
        ("hello b", ["hello Bob "]),
        ("/pm ALI", ["/pm Alice "]),
        ("@al", ["@Alan ", "@Alice "]),
        ("see /p", [None]),
        ("x", [None]),
        ("hello ", [None]),
    ],
)
def test_tab_completes_and_offers_the_next_one(before: str, offers: list[str | None]) -> None:
    completer = Completer()
    for offer in offers:
        assert completer.complete(before, NAMES) == offer
        before = offer or before


def test_every_completed_command_is_one_that_the_server_knows() -> None:
    from phase4.commands import COMMANDS as known

    assert set(COMMANDS) <= set(known)
    assert not any(is_public(command) for command in COMMANDS)
