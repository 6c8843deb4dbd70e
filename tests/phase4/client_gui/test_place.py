"""Where the window is, and how large: as it was last time."""

import contextlib
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.kit.desktop import Desktop, Window, WindowProgram
from tests.kit.harness import wait_until

pytestmark = pytest.mark.window


@contextlib.contextmanager
def opened(desktop: Desktop, config: Path) -> Iterator[Window]:
    """A window whose settings are in `config`, ended as a person ends it."""
    env = {"XDG_CONFIG_HOME": str(config)}
    with WindowProgram(desktop, "phase4.client_gui", env=env) as client:
        window = client.window("Join the chat")
        yield window
        window.key("ctrl+q")
        assert client.wait() == 0


def place(window: Window) -> list[int]:
    """Its corner and its size."""
    told = window.desktop.xdotool("getwindowgeometry", "--shell", window.number)
    return [int(value) for value in re.findall(r"^(?:X|Y|WIDTH|HEIGHT)=(-?\d+)", told, re.M)]


def test_the_window_comes_back_where_it_was_and_never_creeps(
    desktop: Desktop, tmp_path: Path
) -> None:
    with opened(desktop, tmp_path) as window:
        least = 500  # at the size of text at the start
        wait_until(lambda: place(window)[2] > least, "more than the least size")
        desktop.xdotool("windowsize", "--sync", window.number, "640", "450")
        desktop.xdotool("windowmove", "--sync", window.number, "51", "67")
        moved = place(window)
    for _ in range(2):
        with opened(desktop, tmp_path) as window:
            wait_until(lambda: place(window) == moved, f"{moved} again")
    remembered = tmp_path / "socket-ladder" / "client_gui.json"
    held = json.loads(remembered.read_text())["window"]
    assert (held["width"], held["height"]) == (640, 450)
