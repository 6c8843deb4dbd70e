"""Where long lines are broken: in the terminal's own rows, between words."""

import random
import re
import shlex
import sys

import pytest
from prompt_toolkit.utils import get_cwidth

from phase4.client_terminal.printed import rows_of
from phase4.client_terminal.wrapping import AS_TYPED, NARROWEST, wrapped
from tests.conftest import Need
from tests.kit.chat import Chat
from tests.kit.chat_terminal import CLIENT, ChatTerminal
from tests.kit.tmux import running_tmux

SAID = "07:54:54 Bob: "
SENTENCE = "see you at two in the library, bring the cable and the other laptop if you can"
LINK = "https://example.org/a/path?with=a&query"


def rows_in(text: str, columns: int) -> list[str]:
    """The rows in which a terminal shows `text`."""
    rows, row, width = [], "", 0
    for sign in text:
        width += get_cwidth(sign)
        if width > columns:
            rows.append(row)
            row, width = "", get_cwidth(sign)
        row += sign
    return [*rows, row]


def broken(text: str, columns: int) -> list[str]:
    """The rows of a line of the conversation."""
    parts = wrapped([("", text)], columns)
    rows = rows_in("".join(part[1] for part in parts), columns)
    assert rows_of([*parts, ("", "\n")], columns) == len(rows)
    return rows


def test_words_are_not_broken_on_the_screen_and_what_goes_on_stands_under_the_name(
    chat: Chat,
) -> None:
    with (
        ChatTerminal("--port", str(chat.port), "--name", "Ann", columns=40) as ann,
        chat.join("Bob") as bob,
    ):
        ann.shows(r"\* Bob joined$|2 online")
        bob.send(f"{SENTENCE} {LINK[:30]}")
        ann.shows(rf"^     {re.escape(LINK[:30])}\nAnn>")
        rows = ann.text[: ann.text.index("Ann>")].rstrip().splitlines()[-4:]
        assert rows == [
            f"{rows[0][:8]} Bob: see you at two in the",
            "     library, bring the cable and the",
            "     other laptop if you can",
            f"     {LINK[:30]}",
        ]


@pytest.mark.tmux
def test_what_is_copied_is_one_line_and_breaks_elsewhere_in_another_width(
    chat: Chat, need: Need
) -> None:
    need("tmux")
    command = [sys.executable, "-m", CLIENT, "--port", str(chat.port), "--name", "Ann"]
    with running_tmux() as tmux, chat.join("Bob") as bob:
        tmux.press(shlex.join(command), "Enter")
        tmux.until(r"(?m)^Ann>")
        bob.send(f"{SENTENCE} {LINK}")
        for columns in (40, 33, 60, 100, 80):
            tmux.resize(columns, 24)
            rows = [row.rstrip() for row in broken(f"{SAID}{SENTENCE} {LINK}", columns)]
            below = "\n".join(map(re.escape, [rows[0].removeprefix(SAID), *rows[1:]]))
            shown = tmux.until(rf"(?m) Bob: {below}\nAnn>")
            assert shown.count("see you at two") == 1
            copied = tmux.run("capture-pane", "-p", "-J")
            assert f"Bob: {SENTENCE} {LINK}" in re.sub(" +", " ", copied)


def test_a_link_that_fits_into_a_row_is_not_broken_at_any_width() -> None:
    for columns in range(NARROWEST, 120, 3):
        for before in range(60):
            rows = broken(f"{SAID}{'x' * before} {LINK} and so on", columns)
            is_whole = any(LINK in row for row in rows)
            assert is_whole == (len(LINK) <= columns), (columns, before)


def test_a_word_that_is_too_long_is_copied_whole_and_has_nothing_beside_its_end() -> None:
    """Else `07:54:55`, at the end of it, would look like the beginning of another line."""
    word = f"{'x' * 107}07:54:55"
    rows = broken(f"{SAID}{word} Carol: hello", 40)
    assert "".join(rows[:4]).rstrip() == f"{SAID}{word}"
    assert rows[3].rstrip() == f"{'x' * 1}07:54:55"
    assert rows[4] == "     Carol: hello"


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("今日は良い天気です。明日も晴れる。", ["小明: 今日は良い天気で", "   す。明日も晴れる。"]),
        ("превысокомногорассмотрев", ["小明: превысокомногорасс", "   мотрев"]),
        ("one two\N{NO-BREAK SPACE}three four.", ["小明: one two three", "   four."]),
    ],
)
def test_scripts_without_blanks_and_long_words_break_as_well(text: str, rows: list[str]) -> None:
    assert [row.rstrip().replace("\xa0", " ") for row in broken(f"小明: {text}", 24)] == rows


def test_no_row_that_goes_on_looks_like_a_line_of_somebody_else() -> None:
    chance = random.Random(1)
    signs = "aaaa bb  \N{NO-BREAK SPACE}\u3000\u2800\u3164日本、éж07:5./-\u0301😀"
    for _ in range(300):
        columns = chance.randint(NARROWEST, 90)
        text = "".join(chance.choices(signs, k=chance.randint(1, 300))).rstrip()
        first, *others = broken(SAID + text, columns)
        assert first.startswith(SAID)
        for row in others:
            is_of_a_word = row.rstrip().isascii() and " " not in row.rstrip()
            assert row.startswith(" ") or is_of_a_word, (columns, text)


def test_nothing_but_blanks_is_added_or_left_out() -> None:
    chance = random.Random(2)
    for _ in range(300):
        text = "".join(chance.choices("ab cd  日本é", k=chance.randint(1, 300))).strip()
        columns = chance.randint(NARROWEST, 90)
        parts = [("one", SAID), ("two", text[:9]), ("three", f"{text[9:]}\n"), ("", "* next\n")]
        done = wrapped([*parts], columns)
        for style in ("one", "two", "three"):
            before = "".join(part[1] for part in parts if part[0] == style)
            after = "".join(part[1] for part in done if part[0] == style)
            assert re.sub(r" +", "", after) == re.sub(r" +", "", before)


def test_what_the_person_is_to_copy_is_left_as_it_was_typed() -> None:
    typed = (AS_TYPED, "    x = 1  # " + "and so on " * 20)
    assert wrapped([typed], 40) == [typed]
