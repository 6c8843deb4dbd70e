"""The conversation on a real screen: finding, right-to-left text, what waits, what is hostile.

One window for all of it; each check has a conversation of its own in it.
"""

import ctypes
import functools
import subprocess
import sys
import tkinter as tk
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import date
from itertools import pairwise
from pathlib import Path
from tkinter import ttk

import pytest

from phase4.widgets import bidi, transcript, upper_edge
from phase4.widgets.conversation import LEFT_OUT, MAX_LINES, Conversation
from phase4.widgets.find_bar import FindBar
from phase4.widgets.lines import MAX_TEXT_CHARACTERS, Line, line_of
from phase4.widgets.search import MARKED_AT_ONCE
from phase4.widgets.shown import DOUBTFUL, FAILED, UNSURE, WAITING
from phase4.widgets.theme import Theme
from shared import message
from tests.kit.desktop import Desktop
from tests.kit.harness import ROOT, SECONDS
from tests.kit.windows import new_window, press, see

pytestmark = pytest.mark.window

PERSIAN = (
    "این یک پیام بلند به زبان فارسی است که در یک سطر جا نمی‌شود و باید در چند سطر شکسته شود، "
    "و پیوند http://a.example/page?b=c در میان آن است"
)


@pytest.fixture(scope="module")
def _window(_any_desktop: Callable[[], Desktop]) -> Iterator[Callable[[], tk.Tk]]:
    """One window for the checks here, made by the first that needs it."""
    with ExitStack() as stack:
        yield functools.cache(lambda: stack.enter_context(new_window(_any_desktop())))


@pytest.fixture
def root(desktop: Desktop, _window: Callable[[], tk.Tk]) -> tk.Tk:
    """The window, empty."""
    window = _window()
    for part in window.winfo_children():
        part.destroy()
    window.geometry("700x400+0+0")
    return window


@pytest.fixture
def theme(root: tk.Tk) -> Theme:
    """The looks of the window."""
    return Theme(root, "light")


@pytest.fixture
def opened() -> list[str]:
    """The links that were opened."""
    return []


@pytest.fixture
def conversation(root: tk.Tk, theme: Theme, opened: list[str]) -> Conversation:
    """An empty conversation, on the screen."""
    part = Conversation(root, theme, opened.append)
    part.pack(fill="both", expand=True)
    see(root, lambda: part.winfo_width() == 700 and part.winfo_viewable(), "the conversation")
    return part


def said(text: str, who: str = "Bob", me: str = "Ann") -> Line:
    return line_of(message.Public("12:00:00", who, text), me, "12:00:00")


def numbered(count: int) -> list[Line]:
    return [said(f"line {number}") for number in range(count)]


def bar_of(conversation: Conversation) -> FindBar:
    return conversation.search.bar


def find(conversation: Conversation, text: str) -> str:
    """Type into the bar as a person would; what it says then."""
    conversation.find()
    field = bar_of(conversation).field
    field.delete(0, "end")
    field.insert(0, text)
    conversation.update()
    return summary(conversation)


def summary(conversation: Conversation) -> str:
    return str(bar_of(conversation).count.cget("text"))


def marked(conversation: Conversation, tag: str) -> list[str]:
    """What is marked, as it is drawn."""
    conversation.update()
    places = list(map(str, conversation.text.tag_ranges(tag)))
    return [conversation.text.get(*pair) for pair in zip(places[::2], places[1::2], strict=True)]


def rows(conversation: Conversation) -> list[str]:
    """Each line of the Text, as it is drawn."""
    return conversation.text.get("1.0", "end-1c").splitlines()


# --- finding ---------------------------------------------------------------------------------


def test_find_marks_every_hit_in_sight_whatever_its_case_and_counts_all(
    conversation: Conversation,
) -> None:
    conversation.add([said("Tea or coffee?"), *numbered(200), said("TEA 🍵 please, tea!")])
    assert find(conversation, "tea") == "3 of 3"
    assert marked(conversation, "found") == ["TEA", "tea"]
    assert marked(conversation, "found_now") == ["tea"]


def test_next_and_previous_walk_through_the_hits_and_round_the_ends(
    conversation: Conversation,
) -> None:
    conversation.add([said("one tea"), *numbered(100), said("two tea"), said("three tea")])
    find(conversation, "tea")
    field = bar_of(conversation).field
    for keys, place in (
        ("<Return>", "1 of 3"),
        ("<Return>", "2 of 3"),
        ("<F3>", "3 of 3"),
        ("<Shift-Return>", "2 of 3"),
        ("<Shift-F3>", "1 of 3"),
        ("<Shift-F3>", "3 of 3"),
    ):
        press(field, keys)
        assert summary(conversation) == place
    press(conversation.text, "<F3>")
    assert summary(conversation) == "1 of 3"
    assert conversation.text.dlineinfo("1.0") is not None, "the hit is in sight"
    assert not conversation.follows


def test_escape_closes_the_bar_and_gives_the_keyboard_back(
    root: tk.Tk, conversation: Conversation
) -> None:
    entry = ttk.Entry(root)
    entry.pack()
    entry.focus_force()
    see(root, lambda: root.focus_get() is entry, "the keyboard in the entry")
    conversation.add([said("tea")])
    assert find(conversation, "tea") == "1 of 1"
    press(bar_of(conversation).field, "<Escape>")
    assert root.focus_get() is entry
    assert not bar_of(conversation).winfo_ismapped()
    assert marked(conversation, "found") == []


def test_ctrl_f_in_the_conversation_looks_for_what_is_selected(conversation: Conversation) -> None:
    conversation.add([said("green tea"), said("tea"), said("milk")])
    start = conversation.text.search("tea", "1.0")
    conversation.text.tag_add("sel", start, f"{start}+3c")
    press(conversation.text, "<Control-f>")
    assert bar_of(conversation).text == "tea"
    assert summary(conversation) == "2 of 2"


def test_what_is_not_there_is_said_to_be_not_found(conversation: Conversation) -> None:
    conversation.add(numbered(3))
    assert find(conversation, "tea") == "Not found"
    assert marked(conversation, "found") == []
    assert find(conversation, "") == ""


def test_find_goes_on_while_lines_come_and_old_ones_go(conversation: Conversation) -> None:
    conversation.add([said(f"tea {number}") for number in range(10)])
    find(conversation, "tea")
    conversation.find_previous()
    assert summary(conversation) == "9 of 10"
    conversation.add([said("more tea")])
    assert summary(conversation) == "9 of 11"
    conversation.add(numbered(MAX_LINES - 5))  # the first six go
    assert summary(conversation) == "3 of 5"
    conversation.add(numbered(2 * MAX_LINES))
    assert summary(conversation) == "Not found"


def test_of_a_screen_full_of_hits_a_bounded_number_is_marked(conversation: Conversation) -> None:
    conversation.add([said("a " * (MAX_TEXT_CHARACTERS // 2))] * 5)
    assert find(conversation, "a") == "10,000 of 10,000+"
    assert 0 < len(marked(conversation, "found")) <= MARKED_AT_ONCE


# --- right to left ---------------------------------------------------------------------------


def test_a_long_paragraph_begins_on_the_first_row_and_at_the_right(
    conversation: Conversation,
) -> None:
    conversation.add([said(PERSIAN, who="سارا")])
    conversation.update()
    drawn = rows(conversation)
    assert len(drawn) > 1
    # Drawn from left to right; so the first word of a row is at its end.
    assert drawn[0].endswith(bidi.in_one_row("این", rtl=True).shown)
    assert drawn[-1].split()[0] == bidi.in_one_row("است", rtl=True).shown
    right = conversation.text.winfo_width()
    for number in range(1, len(drawn) + 1):
        box = conversation.text.bbox(f"{number}.end -1c")
        assert box is not None
        assert right - 40 < box[0] + box[2] <= right, f"row {number} ends at {box}"


def test_times_and_names_stay_in_their_columns(conversation: Conversation) -> None:
    conversation.add([said("hello"), said("سلام"), said(PERSIAN)])
    conversation.update()
    lefts = [
        conversation.text.bbox(f"{number}.{column}") for number in (1, 2, 3) for column in (0, 9)
    ]
    assert [box[0] for box in lefts if box][:2] * 3 == [box[0] for box in lefts if box]
    assert [row[:13] for row in rows(conversation)[:3]] == ["12:00:00\tBob\t"] * 3


def test_a_line_full_of_ones_own_name_in_bold_fits_its_rows(conversation: Conversation) -> None:
    conversation.add([said("سارا " * 60, me="سارا")])
    conversation.update()
    assert len(rows(conversation)) > 2
    for number in range(1, len(rows(conversation)) + 1):
        box = conversation.text.bbox(f"{number}.end -1c")
        assert box is not None
        assert box[0] + box[2] <= conversation.text.winfo_width()


def test_rows_are_broken_anew_when_the_width_changes_and_when_the_font_does(
    root: tk.Tk, theme: Theme, conversation: Conversation
) -> None:
    conversation.add([*numbered(50), said(PERSIAN), *[said("سلام")] * 200, said(PERSIAN)])
    conversation.update()
    wide = len(rows(conversation))
    root.geometry("400x400")
    see(root, lambda: len(rows(conversation)) >= wide + 4, "more rows")
    narrow = len(rows(conversation))
    for number in range(narrow - 4, narrow + 1):
        assert conversation.text.count(f"{number}.0", f"{number}.end", "displaylines") in (
            None,
            (0,),
        )
    theme.zoom(4)
    see(root, lambda: len(rows(conversation)) > narrow, "yet more rows")
    theme.zoom(0)
    root.geometry("700x400")
    see(root, lambda: len(rows(conversation)) == wide, "as many rows as before")
    assert conversation.follows
    assert conversation.text.dlineinfo("end-2c") is not None


def test_more_than_can_be_turned_at_once_is_turned_soon(conversation: Conversation) -> None:
    count = 3 * transcript.TURNED_AT_ONCE // len("سلام دنیا")
    conversation.add([said("سلام دنیا")] * count)
    turned = bidi.in_one_row("سلام دنیا", rtl=True).shown
    assert not rows(conversation)[0].endswith(turned)
    assert rows(conversation)[-1].endswith(turned)
    see(conversation, lambda: all(row.endswith(turned) for row in rows(conversation)), "turned")


def test_what_is_copied_is_in_the_order_in_which_it_is_read(
    desktop: Desktop, conversation: Conversation
) -> None:
    conversation.add([said("hello"), said(PERSIAN), said("bye 🙂 now")])
    conversation.select_all()
    assert conversation.copy_selection()
    assert conversation.clipboard_get(type="UTF8_STRING") == f"hello\n{PERSIAN}\nbye 🙂 now\n"
    assert conversation.copy_stamped()
    whole = f"12:00:00  Bob  hello\n12:00:00  Bob  {PERSIAN}\n12:00:00  Bob  bye 🙂 now\n"
    assert conversation.clipboard_get(type="UTF8_STRING") == whole
    assert conversation.shown() == whole
    # The middle button in another program takes the selection itself, in parts of 4,000 bytes.
    conversation.add([said(PERSIAN)] * 100)
    conversation.select_all()
    conversation.update()
    read = "tkinter.Tk().selection_get(selection='PRIMARY', type='UTF8_STRING')"
    taken = subprocess.Popen(
        [sys.executable, "-c", f"import tkinter; print({read}, end='')"],
        env={**desktop.env, "PYTHONUTF8": "1"},
        stdout=subprocess.PIPE,
    )
    see(conversation, lambda: taken.poll() is not None, "that the other program has it")
    said_so_far = f"hello\n{PERSIAN}\nbye 🙂 now\n" + f"{PERSIAN}\n" * 100
    assert taken.communicate(timeout=SECONDS)[0].decode() == said_so_far


def test_a_part_that_is_selected_is_copied_as_it_was_said(conversation: Conversation) -> None:
    conversation.add([said("سلام (TCP) دنیا")])
    text = conversation.text
    start = text.search("TCP", "1.0")
    text.tag_add("sel", f"{start}-1c", f"{start}+4c")
    assert conversation.selection.said == "(TCP)"
    text.tag_remove("sel", "1.0", "end")
    text.tag_add("sel", f"{start}+4c", "1.end")  # to the right of it: what is read before it
    assert conversation.selection.said == "سلام "
    text.tag_remove("sel", "1.0", "end")
    text.tag_add("sel", "1.0", "1.12")
    assert conversation.selection.said == "12:00:00  Bob"


def test_a_link_within_right_to_left_text_opens_the_address_that_was_said(
    desktop: Desktop, conversation: Conversation, opened: list[str]
) -> None:
    conversation.add([said("این http://a.example/سلام/page?b=(c) است")])
    conversation.update()
    box = conversation.text.bbox(conversation.text.search("a.example", "1.0"))
    assert box is not None
    x, y = box[0] + box[2] // 2, box[1] + box[3] // 2
    desktop.click(conversation.text.winfo_rootx() + x, conversation.text.winfo_rooty() + y)
    see(conversation, lambda: opened, "an opened link")
    assert opened == ["http://a.example/سلام/page?b=(c)"]


def test_find_looks_in_what_was_said_and_marks_where_it_is_drawn(
    conversation: Conversation,
) -> None:
    conversation.add([said("سلام دنیا"), said("hello سلام"), said("nothing")])
    assert find(conversation, "سلام") == "2 of 2"
    assert marked(conversation, "found") == [bidi.in_one_row("سلام", rtl=True).shown] * 2


def test_without_the_extra_all_is_shown_and_one_line_says_how_to_get_it(
    root: tk.Tk, theme: Theme, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bidi, "IS_AVAILABLE", False)
    one, other = (Conversation(root, theme, print) for _ in range(2))
    one.add([said("hello")])
    assert bidi.HOW_TO_GET_IT not in one.shown()
    one.add([said("سلام دنیا")])
    other.add([said("سلام دنیا")])
    one.add([said("سلام")])
    assert (one.shown() + other.shown()).count(bidi.HOW_TO_GET_IT) == 1
    assert rows(one)[1] == "12:00:00\tBob\tسلام دنیا"


def test_without_the_extra_installed_the_rooms_are_imported_all_the_same() -> None:
    code = (
        "import sys; sys.modules['bidi'] = sys.modules['arabic_reshaper'] = None\n"
        "from phase4.widgets import bidi, conversation\nprint(bidi.IS_AVAILABLE)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, timeout=SECONDS, check=True
    )
    assert done.stdout.split() == [b"False"]


# --- what waits ------------------------------------------------------------------------------


def test_a_line_is_marked_where_it_stands_while_it_waits_and_the_mark_goes(
    conversation: Conversation,
) -> None:
    (_, one, two) = conversation.add([said("hi"), said("one", who="Ann"), said("سلام", who="Ann")])
    conversation.add([said("bye")])
    for shown in (one, two):
        conversation.settle(shown, WAITING)
    assert conversation.shown().splitlines()[1:3] == ["waiting  Ann  one", "waiting  Ann  سلام"]
    assert marked(conversation, "waiting")[0].startswith("waiting\tAnn\tone\nwaiting\tAnn")
    conversation.settle(one, DOUBTFUL)
    assert rows(conversation)[1] == "waiting\tAnn\tone (may not arrive)"
    assert find(conversation, "one") == "1 of 1"
    assert conversation.selection.said == ""
    conversation.settle(one, UNSURE)
    assert rows(conversation)[1] == "12:00:00\tAnn\tone (may not have arrived)"
    for shown in (one, two):
        conversation.settle(shown, "")
    assert rows(conversation)[1] == "12:00:00\tAnn\tone"
    assert "waiting" not in conversation.shown()
    assert marked(conversation, "found") == ["one"]


def test_late_lines_stand_below_all_others_until_they_are_taken_out(
    conversation: Conversation,
) -> None:
    conversation.add([said("hi")])
    late = [conversation.add_late(said(text, who="Ann")) for text in ("one", PERSIAN, "three")]
    find(conversation, "three")
    conversation.add([said("bye"), said("سلام")])
    assert [line.split("  ")[-1] for line in conversation.shown().splitlines()] == [
        *("hi", "bye", "سلام", "one", PERSIAN, "three")
    ]
    assert rows(conversation)[-1] == "waiting\tAnn\tthree"
    assert marked(conversation, "found") == ["three"]
    conversation.take_out(late[:2])
    conversation.add([said("one", who="Ann")])
    conversation.take_out([late[2]])
    conversation.add([said("three", who="Ann")], FAILED)
    conversation.take_out(late)  # again does no harm
    assert [line.partition("\t")[::2] for line in rows(conversation)[-2:]] == [
        ("12:00:00", "Ann\tone"),
        ("not sent", "Ann\tthree"),
    ]
    assert marked(conversation, "found") == ["three"]


def test_late_lines_may_have_been_left_out_meanwhile(conversation: Conversation) -> None:
    late = [conversation.add_late(said(text)) for text in ("first", "second")]
    conversation.add(numbered(MAX_LINES + 500))
    assert [*rows(conversation)][-2:] == ["waiting\tBob\tfirst", "waiting\tBob\tsecond"]
    for _ in range(MAX_LINES + 500):
        late.append(conversation.add_late(said("x")))
    assert rows(conversation)[-1] == "waiting\tBob\tx"
    assert "line 5" not in conversation.shown()
    conversation.add([said("below the notice")])
    conversation.take_out(late)
    assert [row.split("\t")[-1] for row in rows(conversation)] == [LEFT_OUT, "below the notice"]


# --- looks -----------------------------------------------------------------------------------


def test_kinds_of_lines_differ_by_more_than_their_colour(conversation: Conversation) -> None:
    conversation.add([said("Ann: hi Ann"), said("Ann"), line_of(message.Error("no"), "Ann", "1")])
    assert marked(conversation, "call") == ["Ann", "Ann", "Ann"]
    assert "bold" in conversation.tk.call(
        "font", "actual", conversation.text.tag_cget("call", "font")
    )
    assert rows(conversation)[2] == "1\t!\tno"


def test_all_that_is_coloured_changes_with_the_theme_while_it_is_shown(
    theme: Theme, conversation: Conversation
) -> None:
    tags = [tag for tag in conversation.text.tag_names() if tag not in ("sel", "call")]

    def colours() -> dict[str, tuple[str, str]]:
        look = conversation.text.tag_cget
        return {tag: (look(tag, "foreground"), look(tag, "background")) for tag in tags}

    before = colours()
    theme.toggle()
    after = colours()
    coloured = {tag for tag in tags if any(before[tag])}
    assert {"found", "waiting", "failed", "link", "name0", "private"} <= coloured
    assert {tag for tag in tags if before[tag] != after[tag]} == coloured


def test_an_emoji_is_drawn_and_the_window_lives(conversation: Conversation) -> None:
    line = "😀 👍🏽 👨‍👩‍👧 🇮🇷 ❤️ ☺ ✅ " + "".join(map(chr, range(0x1F300, 0x1F340)))
    conversation.add([said(line), said("after")])
    conversation.update()
    assert conversation.shown().splitlines()[0].endswith(line.strip())
    assert conversation.text.bbox("2.0") is not None


def test_fonts_that_would_end_the_program_are_out_of_its_sight(
    desktop: Desktop, tmp_path: Path
) -> None:
    """As on a system with an older Xft, in a process of its own, as it is for a whole process."""
    try:
        ctypes.CDLL("libfontconfig.so.1").FcConfigParseAndLoadFromMemory  # noqa: B018
        ctypes.CDLL("libXft.so.2")
    except (AttributeError, OSError) as error:
        pytest.skip(f"no such libraries here: {error}")
    code = """
import ctypes, tkinter
from phase4.widgets.theme import avoid_fonts_that_kill
assert avoid_fonts_that_kill(safe_since=10**6)
fonts = ctypes.CDLL("libfontconfig.so.1")
fonts.FcNameParse.restype = fonts.FcObjectSetCreate.restype = ctypes.c_void_p
fonts.FcFontList.restype = ctypes.POINTER(ctypes.c_int)
pattern, wanted = fonts.FcNameParse(b":color=true"), fonts.FcObjectSetCreate()
print(fonts.FcFontList(None, ctypes.c_void_p(pattern), ctypes.c_void_p(wanted))[0])
root = tkinter.Tk()
tkinter.Label(root, text="\\U0001f600").pack()
root.update()
"""
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={**desktop.env, "HOME": str(tmp_path)},  # fontconfig complains where it keeps nothing
        capture_output=True,
        timeout=SECONDS,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, b"0\n", b"")


# --- bounds ----------------------------------------------------------------------------------


HOSTILE = [
    "\x1b]0;owned\x07\x1b[2J\r\n\x00\x9b31m",
    "\u202eevil\u202c \u2066x\u2069 \u200f",
    "\u200b\u2060\ufeff" * 5000,
    "x" * 16384,
    "س" * 16384,
    "a" + "\u0301" * 16384,
    "ب" + "ًٌٍ" * 5000,
    "((((א[[[[{{{{a" * 1000,
    "http://a.b " * 1500,
    "Ann " * 4000,
    "\u200d".join("لا" * 3000),
    "\U000e0041" * 5000,
    "\ufdfd" * 5000,
    "\ud800",
]


def test_hostile_text_breaks_nothing_and_has_bounds(
    root: tk.Tk, conversation: Conversation, monkeypatch: pytest.MonkeyPatch
) -> None:
    faults: list[object] = []
    monkeypatch.setattr(root, "report_callback_exception", lambda *fault: faults.append(fault))
    tags = conversation.text.tag_names()
    for text in HOSTILE:
        conversation.add(
            [
                said(text, who=text[:5000]),
                line_of(message.Private("9" * 999, text, text, text), "Ann", ""),
                Line("mention", text, text, text, text, text, ("Ann",)),
                line_of(message.Other(text), "Ann", text),
            ]
        )
        conversation.update()
    see(root, lambda: "\ufffd" in rows(conversation)[-1], "the last line")
    assert not faults
    assert conversation.text.tag_names() == tags
    shown = conversation.shown()
    assert not set("\x1b\x07\x00\r\x9b\u202e\u2066\u200b\U000e0041") & set(shown)
    assert max(map(len, shown.splitlines())) < MAX_TEXT_CHARACTERS + 150
    for line in range(1, len(rows(conversation)) + 1):
        pieces = conversation.text.dump(f"{line}.0", f"{line}.end", tag=True)
        assert len(pieces) < 250
    # No name is so wide that the text beside it would be off the screen.
    conversation.add([said("fence")])
    conversation.update()
    box = conversation.text.bbox("end-3c")
    assert box is not None
    assert box[0] < conversation.text.winfo_width()


def test_there_is_a_bound_for_all_characters_as_well(conversation: Conversation) -> None:
    long = "x" * MAX_TEXT_CHARACTERS
    for _ in range(5):
        conversation.add([said(long)] * 100)
    shown = conversation.shown()
    assert len(shown) <= upper_edge.MAX_CHARACTERS + 30 * 500
    assert shown.count("x" * 100) > 0
    assert shown.splitlines()[0].strip() == LEFT_OUT


def test_more_lines_at_once_than_are_kept_are_told_to_be_left_out(
    conversation: Conversation,
) -> None:
    conversation.add(numbered(MAX_LINES + 1))
    lines = conversation.shown().splitlines()
    assert lines[0].strip() == LEFT_OUT
    assert [line.rpartition(" ")[2] for line in (lines[1], lines[-1])] == ["1", f"{MAX_LINES}"]
    assert len(lines) == MAX_LINES + 1


def test_a_flood_of_right_to_left_lines_does_not_pile_up_work(conversation: Conversation) -> None:
    for _ in range(30):  # without a turn for Tk in between
        conversation.add([said(PERSIAN)] * 200)
    waiting = vars(conversation.text)["_to_turn"]
    assert 0 < len(waiting) <= MAX_LINES + upper_edge.LINES_CUT_AT_ONCE


def test_one_that_reads_further_up_stays_there_while_lines_are_broken_anew(
    root: tk.Tk, conversation: Conversation
) -> None:
    conversation.add([*[said(PERSIAN)] * 40, said("look here"), *[said(PERSIAN)] * 40])
    conversation.update()
    conversation.text.yview(conversation.text.search("look here", "1.0"))
    conversation.scroll(0, "units")
    root.geometry("420x400")

    def is_broken() -> bool:
        return len(rows(conversation)) > 81 * 4

    see(root, is_broken, "all the rows anew")
    assert "look here" in conversation.text.get("@0,0 linestart", "@0,0 lineend")
    assert not conversation.follows


# --- several in one window -------------------------------------------------------------------


def test_one_that_is_closed_leaves_nothing_behind(
    root: tk.Tk, theme: Theme, capfd: pytest.CaptureFixture[str]
) -> None:
    listeners = len(vars(theme)["_listeners"])
    closed, other = (Conversation(root, theme, print) for _ in range(2))
    closed.pack(fill="both", expand=True)
    root.update()
    closed.add([said(PERSIAN)] * 100)
    closed.find()
    other.add([said("hello")])
    closed.destroy()
    assert root.tk.call("after", "info") == ""
    theme.toggle()
    theme.zoom(1)
    root.update()
    assert len(vars(theme)["_listeners"]) == listeners + 2  # of the other: it and its find bar
    assert other.shown() == "12:00:00  Bob  hello\n"
    assert capfd.readouterr().err == ""


def test_one_that_nobody_sees_costs_nothing_while_nothing_happens(
    root: tk.Tk, theme: Theme
) -> None:
    for _ in range(5):
        Conversation(root, theme, print).add([*numbered(20), said(PERSIAN)])
    root.update()
    assert root.tk.call("after", "info") == ""


def test_numbers_of_lines_only_grow(conversation: Conversation) -> None:
    late = [conversation.add_late(line) for line in numbered(5)]
    conversation.take_out(late[:3])
    conversation.add(numbered(MAX_LINES))
    numbers = [line.number for line in conversation.text.lines]
    assert all(one < other for one, other in pairwise(numbers))


# --- days ------------------------------------------------------------------------------------


def at(day: int, time: str, text: str) -> Line:
    return replace(said(text), time=time, day=date(2026, 11, day))


def test_a_line_says_where_another_day_begins_on_the_screen_and_in_what_is_copied(
    root: tk.Tk, conversation: Conversation
) -> None:
    conversation.add([at(21, "23:59:58", "late"), at(22, "00:00:01", "early")])
    conversation.add([at(21, "23:59:59", "delayed"), at(22, "00:00:02", "more"), said("undated")])
    expected = [
        "23:59:58  Bob  late",
        "    Sunday, 22 November 2026",
        "00:00:01  Bob  early",
        "23:59:59  Bob  delayed",
        "00:00:02  Bob  more",
        "12:00:00  Bob  undated",
    ]
    assert conversation.shown().splitlines() == expected
    conversation.select_all()
    conversation.copy_stamped()
    assert root.clipboard_get().splitlines() == expected
    conversation.copy_selection()
    assert root.clipboard_get().split() == ["late", "early", "delayed", "more", "undated"]


def test_what_waited_over_night_stands_under_the_new_day(conversation: Conversation) -> None:
    conversation.add([at(21, "22:00:00", "hi")])
    late = conversation.add_late(at(21, "23:00:00", "one"))
    conversation.take_out([late])
    conversation.add([at(22, "08:00:00", "one"), at(22, "08:00:01", "good morning")])
    assert conversation.shown().splitlines() == [
        "22:00:00  Bob  hi",
        "    Sunday, 22 November 2026",
        "08:00:00  Bob  one",
        "08:00:01  Bob  good morning",
    ]
    assert rows(conversation)[1] == "\t\tSunday, 22 November 2026"
