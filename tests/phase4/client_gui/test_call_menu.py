"""The list of mentions, and what calls: both as panels, and on a tab. All of it by keyboard."""

from pathlib import Path
from tkinter import ttk

import pytest

from phase4.client_gui.app import App
from phase4.client_gui.call_menu import GONE, NOTHING
from phase4.client_gui.mention_list import MAX_MENTIONS
from phase4.client_gui.notify import HOW_TO_GET_IT
from phase4.client_gui.settings import load
from shared import message
from tests.kit.chat import Chat
from tests.kit.windows import Apps, press, see, shows, tab_of, tabs_of

pytestmark = pytest.mark.window


@pytest.fixture
def memory(tmp_path: Path) -> Path:
    return tmp_path / "settings.json"


@pytest.fixture
def alice(start_app: Apps, chat: Chat, memory: Path) -> App:
    """The client, in the conversation as Alice; it remembers what is chosen."""
    app = start_app(chat.port, memory=memory)
    app.connect_at_once()
    shows(app, "Welcome, Alice")
    app.chat_page.entry.focus_force()
    see(app.root, app._pages.is_in_front, "the keyboard")
    return app


def received(app: App, *messages: message.Message) -> None:
    app.router.show(messages)
    app.root.update()


def said(text: str, sender: str = "Bob") -> message.Public:
    return message.Public("12:00:00", sender, text)


def private(sender: str, text: str) -> message.Private:
    return message.Private("12:00:00", sender, "Alice", text)


def open_list(app: App) -> tuple[str, ...]:
    """The rows of the list of mentions."""
    press(app.chat_page.entry, "<Control-m>")
    tree = app.call_menu.mentions.tree
    return tuple(
        "  ".join((tree.item(key, "text"), *tree.item(key, "values")))
        for key in app.call_menu.mentions.shown
    )


def press_focused(app: App, keys: str) -> None:
    widget = app.root.focus_get()
    assert widget is not None
    widget.event_generate(keys)
    app.root.update()


# --- the list -------------------------------------------------------------------------------------


def test_the_list_has_every_mention_the_newest_first_and_return_goes_to_its_line(
    alice: App,
) -> None:
    alice.chat_page.entry.put("a draft")
    received(alice, said("Alice, one"), *[said(f"line {number}") for number in range(60)])
    received(alice, private("Zoe", "psst"), private("Zoe", "Alice, two"), said("ALICE three"))
    assert open_list(alice) == (
        "12:00  Bob: ALICE three  Everybody",
        "12:00  Zoe: Alice, two  Zoe",
        "12:00  Bob: Alice, one  Everybody",
    )
    press_focused(alice, "<Down>")
    press_focused(alice, "<Return>")
    tabs = tabs_of(alice)
    assert tabs.current.person == "Zoe"
    assert tabs.current.conversation.text.tag_ranges("here")
    open_list(alice)
    for keys in ("o", "n", "e"):
        press_focused(alice, keys)
    press_focused(alice, "<Return>")
    assert tabs.current is tabs.main
    text = tabs.main.conversation.text
    first, _ = text.tag_ranges("here")
    assert text.dlineinfo(str(first)) is not None
    assert "Alice, one" in text.get(str(first), f"{first} lineend")
    assert alice.root.focus_get() is alice.chat_page.entry
    assert alice.chat_page.entry.get() == "a draft"


def test_a_mention_that_comes_while_the_list_is_open_is_in_it(alice: App) -> None:
    assert open_list(alice) == ()
    assert NOTHING in str(vars(alice.call_menu.mentions)["_empty"].cget("text"))
    received(alice, said("Alice, one"))
    assert len(alice.call_menu.mentions.shown) == 1
    press_focused(alice, "<Escape>")
    assert alice.root.focus_get() is alice.chat_page.entry


def test_the_list_makes_way_for_the_keys_that_go_to_a_mention(alice: App) -> None:
    received(alice, said("Alice, one"))
    open_list(alice)
    press_focused(alice, "<Alt-Up>")
    assert not alice.call_menu.mentions.is_open
    assert tabs_of(alice).main.conversation.text.tag_ranges("here")


def test_the_list_has_a_bound_and_a_line_that_is_gone_is_told(alice: App) -> None:
    received(alice, said("Alice, old"))
    main = tabs_of(alice).main
    received(alice, *[said(f"line {number}") for number in range(5_400)])
    open_list(alice)
    press_focused(alice, "<Return>")
    assert GONE in main.conversation.shown()
    received(alice, *[said(f"Alice {number}") for number in range(2 * MAX_MENTIONS)])
    assert len(open_list(alice)) == MAX_MENTIONS


# --- what calls -----------------------------------------------------------------------------------


def open_choices(app: App) -> None:
    press(app.chat_page.entry, "<Control-Shift-M>")
    assert app.call_menu.choices.is_open


def chosen(button: ttk.Radiobutton | ttk.Checkbutton) -> bool:
    return button.instate(["selected"])


def test_words_are_typed_into_a_field_and_remembered(alice: App, memory: Path) -> None:
    open_choices(alice)
    panel = alice.call_menu.choices
    assert alice.root.focus_get() is panel.field
    panel.field.insert(0, "exam,, Exam, room  204, ?")
    press_focused(alice, "<Return>")
    assert panel.field.get() == "exam, room 204"
    assert "left out" in str(panel.said.cget("text"))
    received(alice, said("the exam?"))
    assert [each.shown.line.text for each in alice.called.mentions] == ["the exam?"]
    panel.field.insert("end", ", lab")
    press_focused(alice, "<Escape>")  # what was typed is not lost
    assert alice.memory.settings.words == ("exam", "room 204", "lab")
    assert alice.root.focus_get() is alice.chat_page.entry
    alice.memory.close()
    assert load(memory).words == ("exam", "room 204", "lab")


def test_what_calls_in_the_conversation_in_front_is_chosen_by_keyboard(alice: App) -> None:
    received(alice, private("Bob", "hi"))
    for tab, usual, other in ((tabs_of(alice).main, 1, 2), (tab_of(alice, "Bob"), 0, 1)):
        tabs_of(alice).select(tab)
        open_choices(alice)
        levels = alice.call_menu.choices.levels
        assert [chosen(each) for each in levels].index(True) == usual
        levels[other].focus_force()
        press(levels[other], "<Return>")
        press_focused(alice, "<Escape>")
        assert tab.level == ("on", "mentions", "off")[other]
        assert alice.called.level(tab) == tab.level


def test_bell_and_notifications_are_chosen_there_and_a_way_that_is_missing_is_told(
    alice: App, tmp_path: Path, memory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    open_choices(alice)
    panel = alice.call_menu.choices
    assert chosen(panel.ring_bell)
    assert panel.with_private.instate(["disabled"])
    press(panel.ring_bell, "<Return>")
    press(panel.show_notices, "<Return>")
    assert str(panel.said.cget("text")) == HOW_TO_GET_IT
    assert not chosen(panel.show_notices)
    (tmp_path / "notify-send").touch(mode=0o700)
    press(panel.show_notices, "<Return>")
    assert chosen(panel.show_notices)
    assert str(panel.said.cget("text")) == ""
    press(panel.with_private, "<Return>")
    alice.memory.close()
    held = load(memory)
    assert (held.bell, held.notify, held.notify_private_text) == (False, True, True)


def test_the_menu_on_a_tab_offers_what_calls_there(alice: App) -> None:
    received(alice, private("Bob", "hi"))
    tabs = tabs_of(alice)
    bob = tab_of(alice, "Bob")
    assert tabs.labels[-1] == "● Bob (@1)"
    tabs.row.focus_force()
    tabs.ask(bob, 10, 10, True)
    menu = alice.person_menu.menu
    labels = [
        str(menu.entrycget(at, "label"))
        for at in range(int(menu.index("end") or 0) + 1)
        if menu.type(at) == "radiobutton"
    ]
    assert labels == ["Every message calls", "Only mentions call", "Nothing calls"]
    assert menu.entrycget("Every message calls", "accelerator") == "✓"
    menu.invoke("Nothing calls")
    menu.unpost()
    assert bob.level == "off"
    assert tabs.labels[-1] == "● Bob (1)"


def test_all_of_it_can_be_reached_in_a_small_window_with_large_text(alice: App) -> None:
    alice.root.geometry("640x480")
    for _ in range(18):
        alice.theme.zoom(1)
    open_choices(alice)
    panel = alice.call_menu.choices
    for part in (panel.field, *panel.levels, panel.ring_bell, panel.show_notices):
        part.focus_force()
        see(alice.root, lambda part=part: _is_in_sight(panel, part), f"{part} in sight")  # type: ignore[misc]


def _is_in_sight(panel: ttk.Frame, part: ttk.Widget) -> bool:
    top, bottom = panel.winfo_rooty(), panel.winfo_rooty() + panel.winfo_height()
    return top <= part.winfo_rooty() and part.winfo_rooty() + part.winfo_height() <= bottom
