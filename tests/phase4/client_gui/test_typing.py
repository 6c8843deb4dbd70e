"""Typing in the window: pasted lines, messages that are too long, what Up brings back."""

import tkinter as tk
from collections.abc import Iterator

import pytest

from phase4.client import SendQueueFull
from phase4.client.pasting import MAX_PASTED_LINES, UNSEEN
from phase4.client_gui.app import App
from phase4.client_gui.typing_aids import (
    bytes_left,
    count_text,
    one_line,
    why_not_as_lines,
)
from shared.defaults import MAX_LINE_BYTES
from tests.kit.chat import Chat, Person
from tests.kit.desktop import Desktop
from tests.kit.windows import Apps, press, see, shows, tabs_of, type_line

# --- without a window --------------------------------------------------------------------------


def test_the_room_in_a_line_is_counted_in_bytes_as_the_server_does() -> None:
    assert bytes_left("") == MAX_LINE_BYTES - 1  # the newline takes one
    assert bytes_left("é" * 2000) == MAX_LINE_BYTES - 1 - 4000
    assert bytes_left("x" * MAX_LINE_BYTES) == -1


def test_the_count_is_shown_only_near_the_end() -> None:
    assert [count_text(left) for left in (201, 200)] == ["", "200 bytes left"]


def test_one_line_keeps_every_word() -> None:
    assert one_line("one\ntwo\r\nthree") == "one two three"


def test_too_many_or_too_long_lines_are_not_offered() -> None:
    lines = ["x"] * MAX_PASTED_LINES
    assert why_not_as_lines(lines, [1] * len(lines)) == ""
    assert "50 may be sent at a time" in why_not_as_lines([*lines, "x"], [1] * len(lines))
    assert why_not_as_lines(["a", "b"], [5, -7]) == "Line 2 of 2 is 7 bytes too long."


# --- in a window -------------------------------------------------------------------------------

window = pytest.mark.window


@pytest.fixture
def alice(root: tk.Tk, chat: Chat) -> Iterator[App]:
    """The client, in the conversation as Alice."""
    apps = Apps(root)
    app = apps.talking(chat.port)
    app.chat_page.entry.focus_force()
    yield app
    apps.close()


@pytest.fixture
def bob(alice: App, chat: Chat) -> Iterator[Person]:
    """Somebody who hears what Alice says."""
    with chat.join("Bob") as person:
        see(alice.root, lambda: "Bob" in alice.chat_page.people.names(), "Bob in the list")
        yield person


def paste(app: App, text: str) -> None:
    app.root.clipboard_clear()
    app.root.clipboard_append(text)
    app.chat_page.entry.event_generate("<<Paste>>")
    app.root.update()


def focused(app: App) -> str:
    """What stands on the button that has the keyboard."""
    widget = app.root.focus_get()
    return str(widget.cget("text")) if isinstance(widget, tk.Widget) else ""


def press_focused(app: App, keys: str) -> None:
    widget = app.root.focus_get()
    assert widget is not None
    widget.event_generate(keys)
    app.root.update()


@window
def test_pasted_lines_are_sent_as_lines_after_asking(alice: App, bob: Person) -> None:
    entry, question = alice.chat_page.entry, alice.chat_page.question
    entry.put("I said: end")
    entry.cursor = len("I said: ")
    paste(alice, "one\n\ntwo\nthree ")
    assert question.text == "Send 4 lines to everybody?"
    assert focused(alice) == "Send 4 lines"
    bob.fence()  # nothing is sent before the answer
    press_focused(alice, "<Return>")
    for line in ("I said: one", UNSEEN, "two", "three end"):
        bob.hear(f"Alice: {line}")
    assert entry.get() == ""
    assert question.text == ""
    assert alice.root.focus_get() is entry
    press(entry, "<Up>")
    assert entry.get() == "I said: one\n\ntwo\nthree end"


@window
def test_pasted_lines_become_one_line_to_be_sent_later(alice: App, bob: Person) -> None:
    paste(alice, "one\r\ntwo\n")
    press_focused(alice, "<Right>")
    assert focused(alice) == "As one line"
    press_focused(alice, "<Return>")
    assert alice.chat_page.entry.get() == "one two"
    bob.fence()
    press(alice.chat_page.entry, "<Return>")
    bob.hear("Alice: one two")


@window
@pytest.mark.parametrize("way", [("<Escape>",), ("<Left>", "<Return>")])
def test_pasted_lines_are_not_sent_when_one_thinks_better_of_it(
    alice: App, bob: Person, way: tuple[str, ...]
) -> None:
    alice.chat_page.entry.put("typed ")
    paste(alice, "one\ntwo")
    for keys in way:
        press_focused(alice, keys)
    assert alice.chat_page.entry.get() == "typed "
    assert alice.chat_page.question.text == ""
    assert alice.root.focus_get() is alice.chat_page.entry
    bob.fence()


@window
def test_pasted_lines_go_to_the_person_in_whose_tab_they_were_pasted(
    alice: App, bob: Person
) -> None:
    alice.open_person("Bob")
    paste(alice, "one\ntwo")
    tabs_of(alice).walk(1)  # whoever goes away has not said yes
    assert alice.chat_page.question.text == ""
    alice.open_person("Bob")
    lines = ("three", "/etc/hosts", "@property", "@Alice: four", "/who", "//five")
    paste(alice, "\n".join(lines))
    assert alice.chat_page.question.text == "Send 6 lines to Bob alone?"
    press_focused(alice, "<Return>")
    for line in lines:
        bob.hear(f"Alice -> Bob: {line}")
    bob.fence()
    entry = alice.chat_page.entry
    press(entry, "<Up>")  # all of them at once, and again to Bob
    press(entry, "<Return>")
    for line in lines:
        bob.hear(f"Alice -> Bob: {line}")
    typed = ("///five", "/pm Bob /who", "/pm Bob @Alice: four", "@@property", "//etc/hosts")
    for text, line in zip(typed, reversed(lines), strict=False):
        assert alice.chat_page.outgoing._text_of([f"/pm Bob {line}"], "Bob") == text
        type_line(alice, text)
        bob.hear(f"Alice -> Bob: {line}")


@window
@pytest.mark.parametrize("begun", ["/pm Bob ", "/pm Bob hi ", "@Bob: ", "@Bob "])
def test_all_lines_pasted_behind_a_private_message_are_private(
    alice: App, bob: Person, begun: str
) -> None:
    with_text = begun.endswith("hi ")
    alice.chat_page.entry.put(begun)
    paste(alice, "one\ntwo\n@three")
    assert alice.chat_page.question.text == "Send 3 lines to Bob alone?"
    press_focused(alice, "<Return>")
    bob.hear(f"Alice -> Bob: {'hi ' if with_text else ''}one")
    bob.hear("Alice -> Bob: two")
    bob.hear("Alice -> Bob: @three")
    bob.fence()
    press(alice.chat_page.entry, "<Up>")
    assert alice.chat_page.entry.get() == f"{begun}one\ntwo\n@three"


@window
def test_a_private_message_that_is_begun_by_hand_goes_to_whom_it_names(
    alice: App, bob: Person, chat: Chat
) -> None:
    with chat.join("Carol") as carol:
        carol.fence()
        alice.open_person("Bob")
        alice.chat_page.entry.put("/pm Carol ")
        paste(alice, "one\ntwo")
        assert alice.chat_page.question.text == "Send 2 lines to Carol alone?"
        press_focused(alice, "<Return>")
        carol.hear("Alice -> Carol: one")
        carol.hear("Alice -> Carol: two")


@window
def test_where_some_lines_are_public_the_answer_is_no(alice: App, bob: Person) -> None:
    paste(alice, "one\n/pm Bob two\nthree")
    assert alice.chat_page.question.text == "Send 3 lines? 2 of them go to everybody."
    assert focused(alice) == "Cancel"
    press_focused(alice, "<Return>")
    bob.fence()
    paste(alice, "one\n/pm Bob two\nthree")
    press_focused(alice, "<Right>")
    press_focused(alice, "<Return>")
    for line in ("Alice: one", "Alice -> Bob: two", "Alice: three"):
        bob.hear(line)


@window
def test_whoever_changes_the_entry_while_lines_are_asked_about_is_asked_again(
    alice: App, bob: Person
) -> None:
    entry = alice.chat_page.entry
    entry.put("/pm Bob ")
    paste(alice, "one\ntwo")
    entry.delete("1.0", "end")
    press_focused(alice, "<Return>")
    assert alice.chat_page.question.text == "Send 2 lines to everybody?"
    press_focused(alice, "<Escape>")
    bob.fence()


@window
def test_too_many_lines_are_not_sent_but_may_become_one(alice: App, bob: Person) -> None:
    paste(alice, "x\n" * (MAX_PASTED_LINES + 1))
    assert alice.chat_page.question.text == "These are 51 lines; 50 may be sent at a time."
    assert focused(alice) == "As one line"
    press_focused(alice, "<Escape>")
    bob.fence()


@window
def test_lines_for_which_there_is_no_room_are_not_lost(
    alice: App, bob: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = vars(alice)["_contact"].client
    take = client.send

    def send(line: str) -> None:
        if line != "one":
            raise SendQueueFull("Too much waits to be sent already; this was not sent.")
        take(line)

    monkeypatch.setattr(client, "send", send)
    paste(alice, "one\ntwo\nthree")
    press_focused(alice, "<Return>")
    bob.hear("Alice: one")
    shows(alice, "Too much waits")
    entry = alice.chat_page.entry
    assert entry.get() == "two\nthree"
    entry.clear()
    press(entry, "<Up>")
    assert entry.get() == "one"


@window
def test_the_middle_button_pastes_where_it_is_pressed_and_asks_as_well(
    desktop: Desktop, alice: App
) -> None:
    entry = alice.chat_page.entry
    entry.put("hello")
    entry.cursor = 0
    elsewhere = tk.Text(alice.root)
    elsewhere.insert("1.0", "one\ntwo")
    elsewhere.tag_add("sel", "1.0", "end-1c")
    x, y = entry.winfo_rootx() + entry.winfo_width() // 2, entry.winfo_rooty() + 10
    desktop.xdotool("mousemove", str(x), str(y), "click", "2")
    see(alice.root, lambda: alice.chat_page.question.text, "the question")
    press_focused(alice, "<Right>")
    press_focused(alice, "<Return>")
    assert entry.get() == "helloone two"


@window
def test_a_line_end_that_came_in_another_way_is_asked_about_as_well(
    alice: App, bob: Person
) -> None:
    alice.chat_page.entry.insert("1.0", "one\ntwo")
    press(alice.chat_page.entry, "<Return>")
    assert alice.chat_page.question.text == "Send 2 lines to everybody?"
    press_focused(alice, "<Escape>")
    assert alice.chat_page.entry.get().splitlines() == ["one", "two"]
    bob.fence()
    press(alice.chat_page.entry, "<Return>")
    press_focused(alice, "<Return>")
    bob.hear("Alice: one")
    bob.hear("Alice: two")


@window
def test_a_message_that_is_too_long_says_so_while_it_is_typed(alice: App, bob: Person) -> None:
    entry = alice.chat_page.entry
    label = vars(alice.chat_page)["_room"]
    entry.put("é" * 2000)
    assert label.cget("text") == "95 bytes left"
    entry.insert("end", "x" * 100)
    assert label.cget("text") == "5 bytes too long"
    assert str(label.cget("style")) == "Error.TLabel"
    press(entry, "<Return>")
    shows(alice, "This message has 4,100 bytes")
    assert len(entry.get()) == 2100
    entry.clear()
    assert label.cget("text") == ""
    alice.open_person("Bob")  # where each line begins with /pm Bob
    entry.put("x" * 4090)
    assert label.cget("text") == "3 bytes too long"


@window
def test_tab_begins_with_whoever_spoke_last(alice: App, bob: Person, chat: Chat) -> None:
    with chat.join("Bonnie") as bonnie:
        for person, word in ((bonnie, "one"), (bob, "two"), (bonnie, "three")):
            person.send(word)
            shows(alice, word)
        alice.chat_page.entry.insert("1.0", "bo")
        press(alice.chat_page.entry, "<Tab>")
        assert alice.chat_page.entry.get() == "Bonnie: "
        bob.send("four")
        shows(alice, "four")
        press(alice.chat_page.entry, "<Tab>")
        assert alice.chat_page.entry.get() == "Bob: "  # the next one: it is the same word still


@window
@pytest.mark.parametrize("part", ["the people", "the conversation", "the tabs"])
def test_what_is_typed_or_pasted_in_a_part_that_takes_no_text_is_in_the_entry(
    desktop: Desktop, alice: App, bob: Person, part: str
) -> None:
    page, entry = alice.chat_page, alice.chat_page.entry
    alice.open_person("Bob")
    parts = {
        "the people": page.people.tree,
        "the conversation": page.tabs.current.conversation.text,
        "the tabs": page.tabs.row,
    }
    alice.root.clipboard_clear()
    alice.root.clipboard_append(" pasted")
    for keys, text in ((("h", "i"), "hi"), (("ctrl+v",), "hi pasted"), (("x",), "hi pastedx")):
        parts[part].focus_force()
        see(alice.root, lambda: alice.root.focus_get() is parts[part], "the keyboard there")
        desktop.xdotool("key", *keys)
        see(alice.root, lambda text=text: entry.get() == text, text)  # type: ignore[misc]
        assert alice.root.focus_get() is entry
    parts[part].focus_force()
    see(alice.root, lambda: alice.root.focus_get() is parts[part], "the keyboard there again")
    desktop.xdotool("key", "Escape")
    see(alice.root, lambda: alice.root.focus_get() is entry, "the way back")
    assert entry.get() == "hi pastedx"


@window
def test_a_question_about_what_is_typed_goes_when_that_is_erased(alice: App, bob: Person) -> None:
    entry, question = alice.chat_page.entry, alice.chat_page.question
    alice.open_person("Bob")
    entry.put("hi")
    tabs_of(alice).current.draft.is_doubtful = True
    press(entry, "<Return>")
    assert question.text == "Bob may be somebody else now. Send this all the same?"
    press(entry, "<x>")
    assert question.text  # it is still about what stands there
    press(entry, "<Escape>")
    assert not entry.get()
    assert not question.text
    alice.root.clipboard_clear()
    alice.root.clipboard_append("one\ntwo\n")
    press(entry, "<<Paste>>")
    assert question.text  # about what does not stand there
    entry.put("x")
    press(entry, "<Escape>")
    assert question.text
