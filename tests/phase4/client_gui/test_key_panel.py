"""F1: the keys, in a panel of their own over the conversation; with real keys."""

import tkinter as tk

import pytest

from phase4.client.completion import COMMANDS
from phase4.widgets.actions import OTHER_KEYS
from phase4.widgets.key_panel import NOTHING, KeyPanel
from tests.kit.chat import Chat
from tests.kit.desktop import Desktop
from tests.kit.windows import Apps, see, tabs_of

pytestmark = pytest.mark.window


def test_every_command_that_is_offered_while_one_types_is_among_the_keys() -> None:
    explained = " ".join(f"{keys} {what}" for keys, what in OTHER_KEYS)
    assert not [each for each in COMMANDS if each.strip() not in explained]


def shown(panel: KeyPanel) -> str:
    return panel.text.get("1.0", "end-1c")


def test_the_keys_are_shown_beside_what_was_said_and_give_the_keyboard_back(
    desktop: Desktop, root: tk.Tk, start_app: Apps, chat: Chat
) -> None:
    alice = start_app.talking(chat.port)
    page, said = alice.chat_page, tabs_of(alice).main.conversation
    page.entry.focus_force()
    see(root, lambda: root.focus_get() is page.entry, "the keyboard in the entry")
    before = said.shown()
    desktop.xdotool("type", "half a line")
    see(root, lambda: page.entry.get() == "half a line", "what was typed")
    desktop.xdotool("key", "F1")
    see(root, page.panels.keys.field.winfo_viewable, "the keys")
    assert "Ctrl F\tFind\n" in shown(page.panels.keys)
    menu = [
        group for group in shown(page.panels.keys).split("\n\n") if "Ctrl +\tLarger text" in group
    ]
    assert "F2\tLight or dark" in menu[0]  # they stand together, as in the menu
    assert "Quit" not in menu[0]
    assert said.shown() == before
    desktop.xdotool("type", "LARGER")
    see(root, lambda: shown(page.panels.keys) == "Ctrl +\tLarger text\n", "the key that fits")
    desktop.xdotool("type", "x")
    see(root, lambda: shown(page.panels.keys) == NOTHING, "that none fits")
    desktop.xdotool("key", "Escape")
    see(root, lambda: not page.panels.keys.is_open, "the end of the panel")
    desktop.xdotool("type", ", and more")
    see(root, lambda: page.entry.get() == "half a line, and more", "the keyboard back")
    desktop.xdotool("key", "F6", "F1")
    see(root, page.panels.keys.field.winfo_viewable, "the keys again")
    assert shown(page.panels.keys).count("\n") > 20  # all of them
    desktop.xdotool("key", "F1")
    see(root, lambda: root.focus_get() is page.people.tree, "the keyboard where it was")


def test_all_keys_are_reached_without_a_mouse_however_large_the_text(
    desktop: Desktop, root: tk.Tk, start_app: Apps, chat: Chat
) -> None:
    alice = start_app.talking(chat.port)
    alice.theme.zoom(18)
    keys = alice.chat_page.panels.keys
    keys.open()
    see(root, keys.text.winfo_viewable, "the keys")
    see(root, lambda: keys.text.dlineinfo("1.0"), "the first")
    assert keys.text.dlineinfo("end-2c") is None
    for _ in range(40):
        desktop.xdotool("key", "Next")
    see(root, lambda: keys.text.dlineinfo("end-2c"), "the last")


def test_what_is_asked_of_the_conversation_is_not_hidden_by_the_panel(
    desktop: Desktop, root: tk.Tk, start_app: Apps, chat: Chat
) -> None:
    alice = start_app.talking(chat.port)
    page, tabs = alice.chat_page, tabs_of(alice)
    page.entry.focus_force()
    page.panels.show_keys()
    see(root, lambda: root.focus_get() is page.panels.keys.field, "the keys")
    page.entry.focus_force()
    see(root, lambda: root.focus_get() is page.entry, "the keyboard in the entry")
    assert page.panels.keys.is_open  # one may read them while one types
    desktop.xdotool("type", "hello")
    see(root, lambda: page.entry.get() == "hello", "what was typed")
    desktop.xdotool("key", "Return")
    see(root, lambda: not page.panels.keys.is_open, "what was said, and no panel above it")
    page.panels.show_keys()
    page.entry.focus_force()
    desktop.xdotool("key", "ctrl+f")
    see(root, lambda: root.focus_get() is tabs.main.conversation.search.bar.field, "a search")
    see(root, lambda: not page.panels.keys.is_open, "the end of the panel")
    page.panels.show_keys()
    page.panels.show_conversations()
    assert not page.panels.keys.is_open  # one at a time
    alice.open_person("Bob")
    assert not page.panels.conversations.is_open
    see(root, lambda: root.focus_get() is page.entry, "the keyboard where one talks with Bob")
