"""A piece of code stays one in the window: on the screen, in what is copied, and against fakes.

One window for all of it; each check has a conversation of its own in it.
"""

import functools
import tkinter as tk
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack

import pytest

from phase4.client.pasting import MAX_PASTED_LINES, UNSEEN
from phase4.widgets.conversation import MAX_LINES, Conversation
from phase4.widgets.lines import Line, line_of
from phase4.widgets.news import WORDS, NewsRule
from phase4.widgets.shown import HEAD, WAITING
from phase4.widgets.theme import Theme
from shared import message
from tests.kit.desktop import Desktop
from tests.kit.windows import new_window, press, see

pytestmark = pytest.mark.window

CODE = [
    "def area(sides):",
    "    if not sides:",
    "        return 0  # see http://a.example/x",
    "",
    "    return sides[0] * sides[1]",
]
ON_THE_WIRE = [line or UNSEEN for line in CODE]
PASTED = "".join(f"{line}\n" for line in CODE)
NOW = "12:00:00"


@pytest.fixture(scope="module")
def _window(_any_desktop: Callable[[], Desktop]) -> Iterator[Callable[[], tk.Tk]]:
    """One window for the checks here, made by the first that needs it."""
    with ExitStack() as stack:
        yield functools.cache(lambda: stack.enter_context(new_window(_any_desktop())))


@pytest.fixture
def opened() -> list[str]:
    """The links that were opened."""
    return []


@pytest.fixture
def talk(desktop: Desktop, _window: Callable[[], tk.Tk], opened: list[str]) -> Conversation:
    """An empty conversation, on the screen."""
    root = _window()
    for part in root.winfo_children():
        part.destroy()
    root.geometry("700x400+0+0")
    part = Conversation(root, Theme(root, "light"), opened.append)
    part.pack(fill="both", expand=True)
    see(root, lambda: part.winfo_width() == 700 and part.winfo_viewable(), "the conversation")
    return part


def said(*texts: str, who: str = "Bob", at: str = NOW, to: str = "") -> list[Line]:
    """What somebody says, as the window is told it; to Ann."""
    return [
        line_of(
            message.Private(at, who, to, text) if to else message.Public(at, who, text), "Ann", at
        )
        for text in texts
    ]


def rows(talk: Conversation) -> list[str]:
    """Each line of the Text, as it is drawn."""
    return talk.text.get("1.0", "end-1c").splitlines()


def select(talk: Conversation, first: str, last: str, *, whole: bool = False) -> None:
    """Select from the beginning of one text to the end of another; `whole`: all of their lines."""
    text = talk.text
    start, end = text.search(first, "1.0"), f"{text.search(last, '1.0')} +{len(last)}c"
    if whole:
        start, end = f"{start} linestart", f"{end} lineend +1c"
    text.tag_remove("sel", "1.0", "end")
    text.tag_add("sel", start, end)


def copied(talk: Conversation) -> str:
    """What Ctrl+C puts on the clipboard."""
    press(talk.text, "<<Copy>>")
    return talk.clipboard_get(type="UTF8_STRING")


def fonts(talk: Conversation, row: int) -> set[str]:
    """The fonts that a row of the Text is drawn in."""
    tags = talk.text.tag_names(f"{row}.0")
    return {str(talk.text.tag_cget(tag, "font")) for tag in tags} - {""}


# --- on the screen ---------------------------------------------------------------------------


@pytest.mark.parametrize("to", ["", "Ann"])
def test_it_stands_below_the_name_as_it_was_pasted_in_a_fixed_font(
    talk: Conversation, to: str
) -> None:
    talk.add([*said("look", who="Carl"), *said(*ON_THE_WIRE, to=to)])
    mark = "→ you " if to else ""
    assert rows(talk) == [f"{NOW}\tCarl\tlook", f"{NOW}\tBob\t{mark}", *CODE]
    theme = vars(talk)["_theme"]
    assert {str(theme.fixed)} == fonts(talk, 4)
    talk.update()
    lefts = []
    for number in (3, 4):
        box = talk.text.bbox(f"{number}.0")
        assert box is not None
        lefts.append(box[0])
    name = talk.text.bbox("2.9")
    assert name is not None
    assert lefts[0] == lefts[1] > name[0] + name[2], "nothing reaches the column of names"


def test_lines_that_come_one_by_one_become_a_block_when_it_is_seen_that_they_are_one(
    talk: Conversation,
) -> None:
    talk.add(said("hello", who="Carl"))
    for line in ON_THE_WIRE[:1]:
        talk.add(said(line))
    assert rows(talk)[1] == f"{NOW}\tBob\t{CODE[0]}"
    for line in ON_THE_WIRE[1:]:
        talk.add(said(line))
    assert rows(talk) == [f"{NOW}\tCarl\thello", f"{NOW}\tBob\t", *CODE]
    talk.add(said("and so on", at="12:00:01"))
    talk.add(said("later", at="12:00:09"))
    assert rows(talk)[-2:] == ["and so on", "12:00:09\tBob\tlater"]


@pytest.mark.parametrize(
    "lines",
    [
        said("one", "two", "three"),
        said("    alone"),
        [*said("if x:"), *said("    y()", at="12:00:05")],
        [*said("if x:"), *said("    y()", who="Carl")],
        [*said("if x:"), *said("    y()", to="Ann")],
        [*said("if x:"), Line("notice", NOW, "→", "Carl joined"), *said("    y()")],
    ],
)
def test_what_nobody_pasted_is_shown_with_its_names(
    talk: Conversation, lines: Sequence[Line]
) -> None:
    talk.add(lines)
    assert [row.count("\t") for row in rows(talk)] == [2] * len(lines)


def test_what_comes_between_ends_it_and_it_begins_anew(talk: Conversation) -> None:
    talk.add([*said(*CODE[:2]), *said("what?", who="Carl"), *said(*CODE[2:3], "    y()")])
    head = f"{NOW}\tBob\t"
    assert rows(talk) == [*(head, *CODE[:2], f"{NOW}\tCarl\twhat?", head, CODE[2], "    y()")]


def test_a_block_ends_after_as_many_lines_as_may_be_pasted_so_that_a_name_is_near(
    talk: Conversation,
) -> None:
    talk.add(said(*["    y()"] * MAX_PASTED_LINES, *["x"] * MAX_PASTED_LINES))
    assert rows(talk)[MAX_PASTED_LINES:][:2] == ["    y()", f"{NOW}\tBob\tx"]
    talk.add(said(*["    y()"] * 2 * MAX_PASTED_LINES, at="12:00:05"))
    assert rows(talk).count("12:00:05\tBob\t") == 2


def test_what_is_selected_is_not_drawn_anew_when_it_proves_to_be_of_a_block(
    talk: Conversation,
) -> None:
    talk.add(said("if x:"))
    talk.select_all()
    talk.add(said("    y()", "z()"))
    head = f"{NOW}\tBob\t"
    assert rows(talk) == [f"{head}if x:", head, "    y()", "z()"]
    assert copied(talk) == "if x:\n"


def test_no_line_of_it_can_look_like_a_line_of_somebody_else(talk: Conversation) -> None:
    forged = [f"{NOW}  Carl  yes", f"{NOW}\tCarl\tyes", "* Carl left", "! wrong", "waiting  Ann  x"]
    talk.add(said("if x:", "    y()", *forged))
    talk.update()
    start = talk.text.bbox("2.0")
    name = talk.text.bbox("1.9")
    assert start is not None
    assert name is not None
    for number in range(2, len(rows(talk)) + 1):
        box = talk.text.bbox(f"{number}.0")
        assert box is not None
        assert box[0] == start[0] > name[0] + name[2]
        assert len(fonts(talk, number)) == 1
        assert "\t" not in rows(talk)[number - 1]
    # Nor in a copy: there each has the name of its speaker, or stands below it.
    assert [line.startswith(f"{NOW}  Bob  ") for line in talk.shown().splitlines()] == [True] * 7
    talk.add(said("really?", who="Carl"))
    talk.select_all()
    lines = copied(talk).splitlines()
    assert lines[0] == "Bob:"
    assert lines[-1] == "Carl: really?"
    assert all(line.startswith("    ") for line in lines[1:-1])


def test_a_long_line_goes_on_further_to_the_right(talk: Conversation) -> None:
    talk.add(said("if x:", "    y(" + "z" * 200 + ")"))
    talk.update()
    first, second = talk.text.bbox("3.0"), None
    for column in range(1, 200):
        box = talk.text.bbox(f"3.{column}")
        if box is not None and first is not None and box[1] > first[1]:
            second = box
            break
    assert first is not None
    assert second is not None
    assert second[0] > first[0]


def test_it_stays_one_when_theme_and_size_change_and_right_to_left_text_is_in_it(
    talk: Conversation,
) -> None:
    persian = "    # سلام دنیا"
    talk.add(said("if x:", "    y()", persian))
    theme = vars(talk)["_theme"]
    before = rows(talk)
    assert before[3] != persian, "it is turned"
    assert before[3].startswith("    # ")
    for change in (theme.toggle, lambda: theme.zoom(8), lambda: theme.zoom(0)):
        change()
        talk.update()
        assert rows(talk) == before
    select(talk, "if x:", "if x:", whole=True)
    talk.text.tag_add("sel", "2.0", "end-1c")
    assert copied(talk) == f"if x:\n    y()\n{persian}\n"


def test_whose_it_is_stays_when_its_first_lines_are_left_out(talk: Conversation) -> None:
    talk.add(said(*["    y()"] * 100))
    talk.add(said(*["x"] * (MAX_LINES - 50), who="Carl", at="12:00:09"))
    lines = talk.text.lines
    assert lines[1].role == HEAD
    assert rows(talk)[1:3] == [f"{NOW}\tBob\t", "    y()"]


def test_a_line_that_is_taken_out_leaves_no_head_behind(talk: Conversation) -> None:
    (_, *rest) = talk.add(said("if x:", "    y()"))
    talk.settle(rest[-1], WAITING)
    assert rows(talk)[-1] == "    y() (waiting)"
    talk.take_out(rest)
    assert rows(talk) == []


# --- copied, found, clicked ------------------------------------------------------------------


def test_a_selection_within_it_is_copied_exactly_as_it_was_pasted(talk: Conversation) -> None:
    talk.add([*said("look", who="Carl"), *said(*ON_THE_WIRE), *said("nice", who="Carl")])
    select(talk, CODE[0], CODE[-1], whole=True)
    assert copied(talk) == PASTED
    select(talk, "area", "sides[1]")
    assert copied(talk) == PASTED.removeprefix("def ").removesuffix("\n")
    select(talk, "if not", "if not")
    assert copied(talk) == "if not"
    talk.text.tag_add("sel", "2.0", "end-1c lineend")  # from its head on, and what comes behind it
    assert copied(talk).splitlines()[:3] == ["Bob:", f"    {CODE[0]}", f"    {CODE[1]}"]


def test_the_head_is_not_copied_with_it_nor_the_unseen_sign(talk: Conversation) -> None:
    talk.add(said(*ON_THE_WIRE))
    talk.select_all()
    assert copied(talk) == PASTED
    press(talk.text, "<<Copy>>")
    talk.copy_all()
    assert UNSEEN not in talk.clipboard_get(type="UTF8_STRING")
    talk.copy_stamped()
    assert talk.clipboard_get().splitlines() == [f"{NOW}  Bob  {line}" for line in CODE]


def test_the_menu_on_it_copies_all_of_it(desktop: Desktop, talk: Conversation) -> None:
    talk.add([*said("look", who="Carl"), *said(*ON_THE_WIRE), *said("nice", who="Carl")])
    talk.update()
    for place in ("2.9", "4.5"):
        box = talk.text.bbox(place)
        assert box is not None
        assert talk.text.block_at(box[0], box[1] + 3) == PASTED
    box = talk.text.bbox("1.0")
    assert box is not None
    assert talk.text.block_at(box[0], box[1] + 3) == ""
    box = talk.text.bbox(talk.text.search("sides[0]", "1.0"))
    assert box is not None
    x, y = talk.text.winfo_rootx() + box[0], talk.text.winfo_rooty() + box[1] + 3
    menu = talk.menu.menu
    desktop.xdotool("mousemove", str(x), str(y), "click", "3")
    see(talk, menu.winfo_ismapped, "the menu")
    desktop.xdotool("key", "Down", "Return")
    see(talk, lambda: not menu.winfo_ismapped(), "no menu")
    assert talk.clipboard_get() == PASTED


def test_it_is_found_and_a_link_in_it_is_opened(
    desktop: Desktop, talk: Conversation, opened: list[str]
) -> None:
    talk.find()
    for line in ON_THE_WIRE:
        talk.add(said(line))
    bar = talk.search.bar
    bar.field.insert(0, "sides")
    talk.update()
    assert str(bar.count.cget("text")) == "4 of 4"
    places = list(map(str, talk.text.tag_ranges("found")))
    assert [talk.text.get(*pair) for pair in zip(places[::2], places[1::2], strict=True)] == [
        "sides"
    ] * 4
    talk.close_find()
    talk.update()
    box = talk.text.bbox(talk.text.search("a.example", "1.0"))
    assert box is not None
    desktop.click(talk.text.winfo_rootx() + box[0] + 3, talk.text.winfo_rooty() + box[1] + 3)
    see(talk, lambda: opened == ["http://a.example/x"], "the link")


# --- copying other lines ---------------------------------------------------------------------


def test_of_one_person_the_text_alone_is_copied_and_of_several_with_their_names(
    talk: Conversation,
) -> None:
    talk.add(said("one", at="12:00:00"))
    talk.add(said("two", at="12:00:07"))
    talk.select_all()
    assert copied(talk) == "one\ntwo\n"
    talk.add([*said("three", who="Carl"), Line("notice", NOW, "→", "Dora joined")])
    talk.add([*said("for you", to="Ann"), line_of(message.Error("no"), "Ann", NOW)])
    talk.select_all()
    assert copied(talk).splitlines() == [
        *("Bob: one", "Bob: two", "Carl: three", "→ Dora joined", "Bob → you: for you", "! no")
    ]
    select(talk, "wo", "thr")
    assert copied(talk) == "Bob: wo\nCarl: thr"


def test_the_rule_above_what_is_new_is_not_a_part_of_any_copy(talk: Conversation) -> None:
    talk.add(said(*ON_THE_WIRE[:2]))
    NewsRule(talk.text).begin(above_all=True)
    talk.add(said(*ON_THE_WIRE[2:]))
    assert any(WORDS in row for row in rows(talk))
    talk.select_all()
    assert copied(talk) == PASTED
    assert talk.copy_stamped()
    assert talk.clipboard_get() == talk.shown()
    assert WORDS not in talk.shown()


def test_what_somebody_does_is_not_code_and_no_copy_shows_it_as_the_servers_words(
    talk: Conversation,
) -> None:
    talk.add(said("if x:", "/me waves", "    y()"))
    assert rows(talk) == [f"{NOW}\tBob\t{text}" for text in ("if x:", "* waves", "    y()")]
    talk.add(said("hello", who="Carl"))
    talk.select_all()
    assert copied(talk).splitlines() == [
        *("Bob: if x:", "Bob * waves", "Bob:     y()", "Carl: hello")
    ]


def test_a_key_copies_with_time_and_name(talk: Conversation) -> None:
    talk.add([*said("one"), *said("two", who="Carl")])
    select(talk, "ne", "two")
    assert talk.copy_stamped()
    assert talk.clipboard_get() == f"{NOW}  Bob  ne\n{NOW}  Carl  two"


def test_a_name_that_is_selected_alone_is_copied(talk: Conversation) -> None:
    talk.add(said("one"))
    select(talk, "Bob", "Bob")
    assert copied(talk) == "Bob"
