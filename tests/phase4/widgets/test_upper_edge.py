"""What is put above the conversation: in its order, with its days, and nothing moves.

One window for all of it; each check has a conversation of its own in it.
"""

import functools
import tkinter as tk
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from datetime import date

import pytest

from phase4.widgets.conversation import LEFT_OUT, MAX_LINES, Conversation
from phase4.widgets.lines import Line
from phase4.widgets.theme import Theme
from tests.kit.desktop import Desktop
from tests.kit.windows import new_window, press, see

pytestmark = pytest.mark.window

SATURDAY, SUNDAY, MONDAY = (date(2026, 11, day) for day in (21, 22, 23))
NAMES = {each: f"{each:%A}, {each.day} November 2026" for each in (SATURDAY, SUNDAY, MONDAY)}
SALAM = "سلام دنیا"


@pytest.fixture(scope="module")
def _window(_any_desktop: Callable[[], Desktop]) -> Iterator[Callable[[], tk.Tk]]:
    """One window for the checks here, made by the first that needs it."""
    with ExitStack() as stack:
        yield functools.cache(lambda: stack.enter_context(new_window(_any_desktop())))


@pytest.fixture
def conversation(desktop: Desktop, _window: Callable[[], tk.Tk]) -> Conversation:
    """An empty conversation, on the screen."""
    root = _window()
    for part in root.winfo_children():
        part.destroy()
    root.geometry("700x400+0+0")
    part = Conversation(root, Theme(root, "light"), print)
    part.pack(fill="both", expand=True)
    see(root, lambda: part.winfo_width() == 700 and part.winfo_viewable(), "the conversation")
    return part


def said(first: int, last: int, day: date = MONDAY) -> list[Line]:
    """What Bob said on a day."""
    texts = [f"line {number}" for number in range(first, last + 1)]
    return [Line("public", "14:03:05", "Bob", text, "Bob", day=day) for text in texts]


def texts(conversation: Conversation) -> list[str]:
    """All that is shown, from above, without times and names."""
    return [row.split("  ")[-1].strip() for row in conversation.shown().splitlines()]


def lines(first: int, last: int) -> list[str]:
    return [f"line {number}" for number in range(first, last + 1)]


def test_older_lines_come_above_the_others_each_time(conversation: Conversation) -> None:
    conversation.add(said(21, 30))
    conversation.say_above("Looking …")
    assert texts(conversation)[0] == "Looking …"
    assert conversation.add_above(said(11, 20))
    assert conversation.add_above(said(1, 10))
    conversation.say_above("This is the beginning.")
    conversation.add(said(31, 31))
    assert texts(conversation) == ["This is the beginning.", NAMES[MONDAY], *lines(1, 31)]


@pytest.mark.parametrize("part", [0.0, 0.5])
def test_what_is_read_stays_where_it_is(conversation: Conversation, part: float) -> None:
    conversation.add(said(201, 400))
    text = conversation.text
    text.yview_moveto(part)
    conversation.scroll(0, "units")  # it looks where it is now
    conversation.update()
    for first in (101, 1):
        top = text.get("@0,0 linestart", "@0,0 lineend")
        before = text.dlineinfo("@0,0")
        conversation.say_above("Looking …")
        conversation.say_above("")
        conversation.add_above([*said(first, first + 98), _long(first + 99)])
        conversation.update()
        assert text.get("@0,0 linestart", "@0,0 lineend") == top
        after = text.dlineinfo("@0,0")
        assert before is not None
        assert after is not None
        assert abs(after[1] - before[1]) <= 1
    assert not conversation.follows


def _long(number: int) -> Line:
    return Line("public", "14:03:05", "Bob", f"{number} " + "wide " * 99, "Bob", day=MONDAY)


def test_whoever_reads_the_newest_line_goes_on_to_do_so(conversation: Conversation) -> None:
    conversation.add(said(11, 12))
    conversation.add_above(said(1, 10))
    conversation.add(said(13, 60))
    assert conversation.text.dlineinfo("end-2c")


@pytest.mark.parametrize(
    ("pages", "shown"),
    [
        ([[SUNDAY], [SUNDAY]], [SUNDAY, None, None, MONDAY, None]),
        ([[MONDAY], [SUNDAY]], [SUNDAY, None, MONDAY, None, None]),
        ([[SATURDAY, SUNDAY], [SATURDAY]], [SATURDAY, None, None, SUNDAY, None, MONDAY, None]),
    ],
)
def test_each_day_is_named_once_above_its_first_line(
    conversation: Conversation, pages: Sequence[Sequence[date]], shown: Sequence[date | None]
) -> None:
    conversation.add(said(0, 0))
    for page in pages:
        conversation.add_above([said(0, 0, day)[0] for day in page])
    assert texts(conversation) == [NAMES[each] if each else "line 0" for each in shown]


def test_code_links_and_right_to_left_text_are_drawn_as_always(conversation: Conversation) -> None:
    conversation.add(said(9, 9))
    code = [
        Line("public", "14:03:05", "Bob", text, "Bob", day=MONDAY, is_code=bool(number))
        for number, text in enumerate(("def f():", "    return 1", "    # end"))
    ]
    link = Line("public", "14:03:05", "Eva", "see http://a.example/b", "Eva", day=MONDAY)
    persian = Line("public", "14:03:06", "Eva", SALAM, "Eva", day=MONDAY)
    conversation.add_above([*code, link, persian])
    assert [each.role for each in conversation.text.lines] == ["", "head", *["row"] * 3, *[""] * 3]
    assert conversation.text.tag_ranges("link")
    assert SALAM in conversation.shown()


def test_what_is_above_is_found(conversation: Conversation) -> None:
    conversation.add(said(11, 20))
    conversation.find()
    conversation.search.bar.field.insert("end", "line 3")
    conversation.add_above(said(1, 10))
    assert conversation.search.bar.count.cget("text") == "1 of 1"
    conversation.close_find()


def test_there_is_space_for_so_many_and_then_the_oldest_go_as_ever(
    conversation: Conversation,
) -> None:
    conversation.add(said(1, MAX_LINES - 50))
    assert not conversation.add_above(said(-99, 0))
    assert "line -49" in texts(conversation)[:3]
    assert not conversation.add_above(said(-299, -100))
    conversation.say_above("full")
    conversation.add(said(MAX_LINES, MAX_LINES + 300))
    conversation.say_above("This is not said: lines were left out.")
    shown = texts(conversation)
    assert shown[0] == LEFT_OUT
    assert len(shown) <= MAX_LINES + 251
    assert shown[-1] == f"line {MAX_LINES + 300}"


@pytest.mark.parametrize("count", [3, 300])
@pytest.mark.parametrize(
    ("how", "is_up"),
    [
        ("<Button-4>", True),
        ("<Prior>", True),
        ("<Up>", True),
        ("<Home>", True),
        ("bar", True),
        ("<Button-5>", False),
        ("<Next>", False),
        ("<End>", False),
    ],
)
def test_whoever_scrolls_up_to_the_top_is_heard_in_whatever_way(
    conversation: Conversation, count: int, how: str, is_up: bool
) -> None:
    conversation.add(said(1, count))
    reached: list[bool] = []
    conversation.reached_top = lambda: reached.append(True)
    conversation.text.yview_moveto(0.0)
    conversation.text.focus_force()
    if how == "bar":
        conversation._scrollbar.tk.call(conversation._scrollbar.cget("command"), "moveto", "0")
    else:
        press(conversation.text, how)
    conversation.update()
    assert bool(reached) == is_up


def test_what_comes_or_is_gone_to_asks_for_nothing(conversation: Conversation) -> None:
    reached: list[bool] = []
    conversation.reached_top = lambda: reached.append(True)
    conversation.add(said(1, 3))
    conversation.scroll(0, "units")
    conversation.add(said(4, 300))
    conversation.jump_to_newest()
    conversation.update()
    assert not reached
