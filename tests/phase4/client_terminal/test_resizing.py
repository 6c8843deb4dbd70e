"""The line being typed in a window whose size changes: in tmux, which lays out rows again."""

import re
import shlex
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from phase4.client_terminal.look import Fragments
from phase4.client_terminal.printed import KEPT_CHARACTERS, KEPT_LINES, Printed, rows_of
from tests.conftest import Need
from tests.kit.chat import Chat
from tests.kit.chat_terminal import CLIENT, ChatTerminal
from tests.kit.tmux import Tmux, running_tmux

LONG = "and so on " * 25  # several rows; a server lets nobody say forty lines at once
SIZES = ((40, 24), (41, 24), (120, 24), (33, 20), (80, 24), (57, 16), (100, 30))
HALF = " ".join(f"word{number}" for number in range(40))


@pytest.fixture
def tmux(need: Need) -> Iterator[Tmux]:
    need("tmux")
    with running_tmux() as running:
        yield running


def squeezed(screen: str) -> str:
    """Without blanks and ends of rows, whatever the width is."""
    return re.sub(r"\s", "", screen)


def drawn(columns: int) -> str:
    """The pattern of the half line as it is drawn in this width."""
    rows = re.findall(f".{{1,{columns}}}", f"Ann> {HALF}")
    return "\n".join(re.escape(row.rstrip()) for row in rows)


@pytest.mark.tmux
@pytest.mark.parametrize("spoken", [1, 9])
def test_a_half_typed_line_that_wraps_is_there_once_at_every_width(
    chat: Chat, tmux: Tmux, spoken: int
) -> None:
    command = [sys.executable, "-m", CLIENT, "--port", str(chat.port), "--name", "Ann"]
    tmux.press(shlex.join(command), "Enter")
    tmux.until("(?m)^Ann>")
    with chat.join("Bob") as bob:
        for number in range(spoken):
            bob.send(f"said {number}: {LONG}")
        tmux.until(f"Bob: said {spoken - 1}")
        tmux.press("-l", HALF)
        tmux.until(r"(?m)word39$")
        for columns, rows in SIZES:
            tmux.resize(columns, rows)
            shown = tmux.until(rf"(?m)^{drawn(columns)}\n+^ Ann \| .*\n\Z")
            assert shown.count("Ann>") == 1
            assert shown.count(" Ann | ") == 1
            assert shown.count(f"Bob: said {spoken - 1}") == 1
        bob.send("the last")
        shown = tmux.until(rf"(?m)Bob: the last\n{drawn(columns)}\n+^ Ann \| .*\n\Z")
        assert shown.count("Ann>") == 1
        tmux.press("Enter")
        bob.hear(f"Ann: {HALF}")


@pytest.mark.parametrize("columns", [40, 33, 120])
def test_so_it_is_in_a_terminal_that_cuts_rows_off(chat: Chat, columns: int) -> None:
    with ChatTerminal("--port", str(chat.port), "--name", "Ann") as ann, chat.join("Bob") as bob:
        ann.shows(r"\* Bob joined$|2 online")
        for number in range(9):
            bob.send(f"said {number}: {LONG}")
        ann.shows("Bob: said 8")
        ann.press(HALF)
        ann.shows("word39$")
        ann.resize(columns, 24)
        ann.until(lambda: squeezed(HALF) in squeezed(ann.text))
        ann.shows(r"^ Ann \| 127")
        assert ann.text.count("Ann>") == 1
        assert ann.text.count("Bob: said 8") == 1


WHILE_DRAWN = f"""
import pathlib, runpy, sys, time
from phase4.client_terminal.printing import Printer

mark = pathlib.Path(sys.argv.pop(1))
look = Printer._look_at_size

def look_and_wait(self, app):
    look(self, app)
    before, give_up_at = app.output.get_size(), time.monotonic() + 20
    if mark.exists():
        mark.unlink()
        while app.output.get_size() == before and time.monotonic() < give_up_at:
            time.sleep(0.005)

Printer._look_at_size = look_and_wait
runpy.run_module({CLIENT!r}, run_name="__main__", alter_sys=True)
"""
"""The client; where the mark is, it has looked at the size, and draws once that is another."""


@pytest.mark.parametrize("columns", [40, 33, 120])
def test_what_is_above_is_drawn_anew_when_the_size_changes_while_the_line_is_drawn(
    chat: Chat, tmp_path: Path, columns: int
) -> None:
    mark = tmp_path / "mark"
    arguments = (str(mark), "--port", str(chat.port), "--name", "Ann")
    with ChatTerminal(*arguments, script=WHILE_DRAWN) as ann, chat.join("Bob") as bob:
        ann.shows(r"\* Bob joined$|2 online")
        bob.send(f"said: {LONG}")
        ann.shows("Bob: said")
        ann.press(HALF)
        ann.shows("word39$")
        mark.touch()
        ann.press("x")
        ann.until(lambda: not mark.exists())
        ann.resize(columns, 24)
        whole = squeezed(f"{LONG}Ann> {HALF}x")
        ann.until(lambda: whole in squeezed(ann.text))
        assert ann.text.count("Ann>") == 1


def line(text: str) -> Fragments:
    return [("class:time", "10:00:00 "), ("", f"{text}\n")]


def test_of_what_was_printed_as_much_is_kept_as_a_screen_shows() -> None:
    printed = Printed()
    for number in range(3 * KEPT_LINES):
        printed.add([*line(f"one {number}"), *line(f"two {number}\nthree")])
    last = "".join(part[1] for part in printed.last(4, 80))
    number = 3 * KEPT_LINES - 1
    assert last.splitlines()[1:] == [f"10:00:00 one {number}", f"10:00:00 two {number}", "three"]
    for columns in (1, 7, 80):
        assert rows_of(printed.last(20, columns), columns) <= 20
    printed.add(line("x" * 2 * KEPT_CHARACTERS))
    assert rows_of(printed.last(10_000, 80), 80) == -(-(2 * KEPT_CHARACTERS + 9) // 80)
