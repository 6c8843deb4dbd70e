"""F1 in the server's window: its keys, in a panel over the page."""

import tkinter as tk
from collections.abc import Callable
from pathlib import Path

import pytest

from phase4.server_gui.app import App
from phase4.server_gui.form import Wanted
from tests.kit.desktop import Desktop
from tests.kit.windows import see

pytestmark = pytest.mark.window


def test_the_keys_are_shown_by_f1_and_escape_gives_the_keyboard_back(
    desktop: Desktop, root: tk.Tk, tmp_path: Path, put_up: Callable[[App], App]
) -> None:
    app = put_up(App(root, Wanted({}, ("--log-dir", str(tmp_path))), "light", lambda: False))
    app.appear()
    see(root, root.winfo_viewable, "the window")
    before = app.page.start_button
    before.focus_force()
    see(root, lambda: root.focus_get() is before, "the keyboard")
    desktop.xdotool("key", "F1")
    see(root, app.key_panel.field.winfo_viewable, "the keys")
    desktop.xdotool("type", "underlined")
    see(root, lambda: app.key_panel.text.get("1.0", "end").count("\n") == 2, "the one that fits")
    desktop.xdotool("key", "Escape")
    see(root, lambda: root.focus_get() is before, "the keyboard back")
    assert not app.key_panel.is_open
    assert not app.page.log.shown()
