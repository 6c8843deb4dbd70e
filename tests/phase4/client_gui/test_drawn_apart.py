"""What cannot be drawn while it is typed is said once; with a keyboard that has such letters."""

import tkinter as tk
from collections.abc import Callable

import pytest

from phase4.widgets.drawn_apart import BACKWARDS
from tests.kit.desktop import Desktop
from tests.kit.windows import Apps, see, tabs_of


@pytest.mark.window
def test_it_is_said_while_such_text_is_typed(
    desktop: Desktop, need: Callable[..., None], root: tk.Tk, start_app: Apps
) -> None:
    need("setxkbmap")
    app = start_app(1)
    app._pages.show_chat()
    entry, shown = app.chat_page.entry, tabs_of(app).main.conversation.shown
    entry.focus_force()
    see(root, lambda: root.focus_get() is entry, "the keyboard in the entry")
    with desktop.keyboard("il"):
        desktop.press_keys(38)  # where A is
        see(root, lambda: entry.get() == "ש", "the letter")
        see(root, lambda: BACKWARDS in shown(), "how it is shown")
        desktop.press_keys(38)
        see(root, lambda: entry.get() == "שש", "another")
    assert shown().count("wrong order") == 1
