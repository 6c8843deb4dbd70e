"""The entry is an editor: rows, new lines, undo, words. Keys are pressed on a real screen."""

import tkinter as tk
from collections.abc import Iterator

import pytest

from phase4.client.pasting import UNSEEN
from phase4.client_gui.app import App
from phase4.client_gui.entry import CLEARED, Entry
from phase4.widgets.editor import MOST_ROWS
from shared import message
from tests.conftest import Need
from tests.kit.chat import Chat, Person
from tests.kit.desktop import Desktop
from tests.kit.windows import Apps, press, see, shows, tabs_of, type_line

pytestmark = pytest.mark.window


@pytest.fixture
def alice(root: tk.Tk, chat: Chat) -> Iterator[App]:
    """The client, in the conversation as Alice."""
    apps = Apps(root)
    app = apps.talking(chat.port)
    app.chat_page.entry.focus_force()
    app.root.update()
    yield app
    apps.close()


@pytest.fixture
def entry(alice: App) -> Entry:
    return alice.chat_page.entry


@pytest.fixture
def bob(alice: App, chat: Chat) -> Iterator[Person]:
    """Somebody who hears what Alice says."""
    with chat.join("Bob") as person:
        see(alice.root, lambda: "Bob" in alice.chat_page.people.names(), "Bob in the list")
        yield person


def holds(entry: Entry, text: str) -> None:
    see(entry, lambda: entry.get() == text, f"{text!r} in the entry, which has {entry.get()!r}")


def keys(desktop: Desktop, *names: str) -> None:
    """Press keys, one after the other; `ctrl+a` is one."""
    desktop.xdotool("key", "--delay", "4", *names)


def rows(entry: Entry) -> int:
    return int(entry.cget("height"))


def hint(entry: Entry) -> str:
    label = vars(entry)["_hint"]
    return str(label.cget("text")) if label.winfo_manager() else ""


def answers(app: App) -> list[str]:
    return [str(each.cget("text")) for each in app.chat_page.question.winfo_children()[1:]]


# --- rows --------------------------------------------------------------------------------------


def test_it_grows_with_what_is_typed_to_six_rows_and_then_scrolls(
    desktop: Desktop, entry: Entry
) -> None:
    assert rows(entry) == 1
    heights = [entry.winfo_height()]
    for count in range(2, MOST_ROWS + 3):
        keys(desktop, "a", "shift+Return")
        see(entry, lambda count=count: entry.get().count("\n") == count - 1, "a new line")  # type: ignore[misc]
        see(entry, lambda: entry.winfo_height() >= entry.winfo_reqheight(), "the space")
        heights.append(entry.winfo_height())
        assert rows(entry) == min(count, MOST_ROWS)
        assert entry.bbox("insert")
        assert (entry.yview()[0] == 0) == (count <= MOST_ROWS)
    assert sorted({*heights}) == heights[:MOST_ROWS]
    assert vars(entry)["_bar"].winfo_ismapped()
    keys(desktop, "Escape")
    see(entry, lambda: entry.winfo_height() == heights[0], "one row")
    assert not vars(entry)["_bar"].winfo_ismapped()


def test_a_long_line_is_broken_into_rows_also_when_the_window_becomes_narrower(
    alice: App, entry: Entry
) -> None:
    entry.put("word " * 60)
    alice.root.update()
    before = rows(entry)
    assert 1 < before < MOST_ROWS
    alice.root.geometry("440x400")
    see(alice.root, lambda: entry.yview()[0] > 0, "more rows than are shown")
    alice.root.geometry("700x400")
    see(alice.root, lambda: rows(entry) == before, "fewer rows again")
    see(alice.root, lambda: entry.yview() == (0.0, 1.0), "all of it")


def test_in_a_low_window_it_takes_a_quarter_at_most(alice: App, entry: Entry) -> None:
    alice.theme.zoom(18)
    alice.root.geometry("900x600")
    entry.put("\n" * 10)
    see(alice.root, lambda: 1 <= rows(entry) < MOST_ROWS, "fewer rows")
    see(alice.root, lambda: entry.winfo_height() <= 600 // 4, "a low entry")
    text = tabs_of(alice).main.conversation.text
    assert text.winfo_height() > 2 * alice.theme.body.metrics("linespace")


def test_the_newest_line_stays_in_sight_while_it_grows(alice: App, entry: Entry) -> None:
    alice.router.say(*[message.Notice("10:00:00", f"line {number}") for number in range(40)])
    entry.put("\n" * 5)
    see(alice.root, lambda: rows(entry) == MOST_ROWS, "six rows")
    conversation = tabs_of(alice).main.conversation
    see(alice.root, lambda: conversation.text.yview()[1] == 1.0, "the newest line")


# --- lines -------------------------------------------------------------------------------------


@pytest.mark.parametrize("new_line", ["shift+Return", "ctrl+Return", "alt+KP_Enter"])
def test_lines_that_are_typed_are_sent_as_a_block_and_without_a_question(
    desktop: Desktop, alice: App, entry: Entry, bob: Person, new_line: str
) -> None:
    keys(desktop, "x", new_line, "Tab", "y", new_line, new_line, "z")
    holds(entry, "x\n    y\n\nz")
    bob.fence()
    keys(desktop, "Return")
    holds(entry, "")
    for line in ("x", "    y", UNSEEN, "z"):
        bob.hear(f"Alice: {line}")
    assert alice.chat_page.question.text == ""
    keys(desktop, "Up")
    holds(entry, "x\n    y\n\nz")


def test_lines_whose_first_is_private_are_all_private(
    desktop: Desktop, entry: Entry, bob: Person
) -> None:
    entry.put("/pm Bob one")
    keys(desktop, "shift+Return", "space", "space", "t", "Return")
    holds(entry, "")
    bob.hear("Alice -> Bob: one")
    bob.hear(f"Alice -> Bob: {UNSEEN}  t")
    bob.fence()


def test_lines_that_are_typed_in_somebodys_tab_go_there_whatever_they_begin_with(
    alice: App, bob: Person
) -> None:
    alice.open_person("Bob")
    type_line(alice, "def f():\n\n    @x")
    for line in ("def f():", UNSEEN, f"{UNSEEN}    @x"):
        bob.hear(f"Alice -> Bob: {line}")
    bob.fence()


def test_lines_of_which_some_are_private_are_asked_about_and_no_is_first(
    alice: App, entry: Entry, bob: Person
) -> None:
    type_line(alice, "one\n/pm Bob two")
    assert alice.chat_page.question.text == "Send 2 lines? 1 of them goes to everybody."
    assert answers(alice) == ["Edit", "Send 2 lines", "As one line"]
    press(alice.chat_page.question.winfo_children()[1], "<Return>")
    bob.fence()
    assert entry.get() == "one\n/pm Bob two"
    assert alice.root.focus_get() is entry


def test_a_line_that_is_too_long_is_named_and_nothing_is_sent(
    alice: App, entry: Entry, bob: Person
) -> None:
    type_line(alice, f"one\n{'x' * 4100}")
    label = vars(alice.chat_page)["_room"]
    assert label.cget("text") == "Line 2: 5 bytes too long"
    assert alice.chat_page.question.text == "Line 2 of 2 is 5 bytes too long."
    assert answers(alice) == ["As one line", "Edit"]
    bob.fence()
    assert entry.get().startswith("one\nx")


def test_pasted_lines_can_be_edited_and_then_need_no_second_question(
    desktop: Desktop, alice: App, entry: Entry, bob: Person
) -> None:
    alice.root.clipboard_clear()
    alice.root.clipboard_append("if x:\n\ty()\n")
    entry.event_generate("<<Paste>>")
    assert answers(alice) == ["Send 2 lines", "As one line", "Edit", "Cancel"]
    press(alice.chat_page.question.winfo_children()[3], "<Return>")
    assert entry.get() == "if x:\n    y()"
    keys(desktop, "BackSpace", "BackSpace", "Return")
    holds(entry, "")
    bob.hear("Alice: if x:")
    bob.hear("Alice:     y")
    assert alice.chat_page.question.text == ""


@pytest.mark.parametrize("points", [10, 20, 28])
def test_all_answers_are_in_sight_at_any_size_of_text(alice: App, points: int) -> None:
    alice.theme.zoom(points - 10)
    alice.root.geometry("{}x{}".format(*alice.root.minsize()))
    alice.root.clipboard_clear()
    alice.root.clipboard_append("one\ntwo")
    alice.chat_page.entry.event_generate("<<Paste>>")
    root, question = alice.root, alice.chat_page.question

    def in_sight(part: tk.Misc) -> bool:
        right = part.winfo_rootx() - root.winfo_rootx() + part.winfo_width()
        below = part.winfo_rooty() - root.winfo_rooty() + part.winfo_height()
        is_whole = part.winfo_width() >= part.winfo_reqwidth()
        return is_whole and right <= root.winfo_width() and below <= root.winfo_height()

    parts = [*question.winfo_children(), alice.chat_page.entry]
    assert len(parts) == 6
    see(root, lambda: all(map(in_sight, parts)), "the question, its answers, and the entry")


def test_lines_that_are_edited_stay_for_whom_they_were_pasted(alice: App, bob: Person) -> None:
    alice.open_person("Bob")
    entry = alice.chat_page.entry
    alice.root.clipboard_clear()
    alice.root.clipboard_append("@Alice: one\ntwo")
    entry.event_generate("<<Paste>>")
    press(alice.chat_page.question.winfo_children()[3], "<Return>")
    press(entry, "<Return>")
    bob.hear("Alice -> Bob: @Alice: one")
    bob.hear("Alice -> Bob: two")


def test_what_is_a_file_and_not_a_message_is_not_pasted(alice: App, entry: Entry) -> None:
    alice.root.clipboard_clear()
    alice.root.clipboard_append("x" * 1_000_000)
    entry.event_generate("<<Paste>>")
    assert "1,000,000 characters. That is a file" in alice.chat_page.question.text
    press(alice.chat_page.question.winfo_children()[1], "<Return>")
    assert entry.get() == ""


# --- undo --------------------------------------------------------------------------------------


def test_undo_goes_back_by_words_and_redo_forth_again(desktop: Desktop, entry: Entry) -> None:
    keys(desktop, *("h", "i", "space", "y", "o", "u"))
    holds(entry, "hi you")
    keys(desktop, "ctrl+z")
    holds(entry, "hi ")
    keys(desktop, "ctrl+z")
    holds(entry, "")
    keys(desktop, "ctrl+z", "ctrl+y")
    holds(entry, "hi ")
    keys(desktop, "ctrl+shift+z")
    holds(entry, "hi you")
    keys(desktop, "ctrl+shift+z", "ctrl+y", "exclam")
    holds(entry, "hi you!")


@pytest.mark.parametrize(("layout", "caps_lock"), [("us", True), ("ru", False), ("gr", True)])
def test_undo_and_select_all_are_known_on_every_keyboard(
    desktop: Desktop, entry: Entry, need: Need, layout: str, *, caps_lock: bool
) -> None:
    need("setxkbmap")
    control, shift, a, z, y = 37, 50, 38, 52, 29
    entry.put("hello")
    with desktop.keyboard(layout, caps_lock=caps_lock):
        desktop.press_keys(control, a)
        see(entry, lambda: entry.selected == (0, 5), "all of it selected")
        desktop.press_keys(22)  # Backspace
        holds(entry, "")
        desktop.press_keys(control, z)
        holds(entry, "hello")
        desktop.press_keys(control, y)
        holds(entry, "")
        desktop.press_keys(control, z)
        desktop.press_keys(control, z)
        holds(entry, "")
        desktop.press_keys(control, shift, z)
        holds(entry, "hello")


def test_escape_clears_says_how_to_undo_that_and_is_undone(desktop: Desktop, entry: Entry) -> None:
    entry.put("all that I said")
    keys(desktop, "Escape")
    holds(entry, "")
    assert hint(entry) == CLEARED
    keys(desktop, "ctrl+z")
    holds(entry, "all that I said")
    assert hint(entry) == ""
    keys(desktop, "Escape", "a")
    holds(entry, "a")
    assert hint(entry) == ""


def test_what_is_typed_in_the_place_of_a_selection_is_one_step(
    desktop: Desktop, entry: Entry
) -> None:
    entry.put("hello")
    keys(desktop, "ctrl+a", "x")
    holds(entry, "x")
    keys(desktop, "ctrl+z")
    holds(entry, "hello")


def test_undo_brings_back_neither_what_was_sent_nor_what_is_for_somebody_else(
    desktop: Desktop, alice: App, entry: Entry, bob: Person
) -> None:
    alice.open_person("Bob")
    keys(desktop, *"secret")
    holds(entry, "secret")
    tabs_of(alice).go(0)
    keys(desktop, "x", "ctrl+z", "ctrl+z", "ctrl+y")
    holds(entry, "x")
    keys(desktop, "Return")
    holds(entry, "")
    bob.hear("Alice: x")
    keys(desktop, "ctrl+z", "y")
    holds(entry, "y")
    tabs_of(alice).go(1)
    keys(desktop, "ctrl+z", "ctrl+y", "s")
    holds(entry, "secrets")


# --- moving ------------------------------------------------------------------------------------


def test_control_takes_away_a_word(desktop: Desktop, entry: Entry) -> None:
    entry.put("one two, three")
    keys(desktop, "ctrl+BackSpace")
    holds(entry, "one two, ")
    keys(desktop, "ctrl+BackSpace", "ctrl+BackSpace")
    holds(entry, "one ")
    entry.put("one two", 3)
    keys(desktop, "ctrl+Delete")
    holds(entry, "one")


def test_up_and_down_walk_through_rows_and_then_through_what_was_sent(
    desktop: Desktop, alice: App, entry: Entry
) -> None:
    type_line(alice, "earlier")
    entry.put("one\ntwo")
    keys(desktop, "Up", "x")
    holds(entry, "onex\ntwo")
    keys(desktop, "Down", "y")
    holds(entry, "onex\ntwoy")
    keys(desktop, "Home", "z", "End", "Up", "Up")
    holds(entry, "earlier")
    keys(desktop, "Down")
    holds(entry, "onex\nztwoy")


def test_a_dead_key_puts_its_accent_on_the_next_letter(
    desktop: Desktop, entry: Entry, need: Need
) -> None:
    need("setxkbmap")
    apostrophe, e = 48, 26
    with desktop.keyboard("us(intl)"):
        desktop.press_keys(apostrophe)
        desktop.press_keys(e)
        holds(entry, "\u00e9")


def test_a_word_with_an_emoji_is_edited_where_the_cursor_is(desktop: Desktop, entry: Entry) -> None:
    entry.put("a\U0001f600b \U0001f600c")
    keys(desktop, "ctrl+BackSpace", "BackSpace")
    holds(entry, "a\U0001f600b ")
    assert entry.cursor == len(entry.get())
    entry.cursor = 2
    entry.type("x")
    assert entry.get().startswith("a\U0001f600xb")
    keys(desktop, "BackSpace", "BackSpace", "BackSpace")
    see(entry, lambda: entry.get().startswith("b"), "the emoji gone with one key")


def test_tab_completes_in_every_line_and_leads_on_from_an_empty_entry(
    desktop: Desktop, alice: App, entry: Entry, bob: Person
) -> None:
    entry.put("one\nbo")
    keys(desktop, "Tab")
    holds(entry, "one\nBob: ")
    entry.clear()
    keys(desktop, "Tab")
    see(alice.root, lambda: alice.root.focus_get() is not entry, "the next part of the window")
    assert entry.get() == ""
    bob.fence()


def test_control_tab_goes_to_another_conversation_whatever_is_typed(
    desktop: Desktop, alice: App, entry: Entry
) -> None:
    keys(desktop, "ctrl+Tab", "x")  # there is one alone: the keyboard stays
    holds(entry, "x")
    alice.open_person("Bob")
    entry.put("half a thou")
    keys(desktop, "ctrl+Tab")
    see(alice.root, lambda: not tabs_of(alice).current.person, "everybody's tab")
    holds(entry, "x")
    keys(desktop, "y", "ctrl+shift+Tab")
    holds(entry, "half a thou")
    shows(alice, "Welcome")
