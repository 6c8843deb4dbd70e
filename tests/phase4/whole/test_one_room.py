"""A window, a terminal, two pages and nc in one room, through kills, a restart and a sleep.

Each shows all lines once, and those of others in the order of messages.txt.
The short form takes a minute. The long one: ONE_ROOM_SECONDS=600 python -m pytest THIS_FILE
"""

import contextlib
import os
import tkinter as tk
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from phase4.client import client as core
from shared.deadline import Deadline
from tests.kit.browser import Browser, Swallower, swallower
from tests.kit.chat import Chat
from tests.kit.chat_terminal import HASTY, ChatTerminal
from tests.kit.desktop import Desktop
from tests.kit.harness import free_port
from tests.kit.story import MARK, AtPage, AtTerminal, Person, Story, Window
from tests.kit.windows import Apps, new_window

pytestmark = [pytest.mark.window, pytest.mark.browser, pytest.mark.timeout(1800)]

SECONDS = float(os.environ.get("ONE_ROOM_SECONDS", "0"))


class Room:
    """The server, started again and again on the same ports."""

    def __init__(self, directory: Path, stack: contextlib.ExitStack) -> None:
        self._directory = directory
        self._stack = stack
        self.port, self.web_port = free_port(), free_port()
        self.chat = self.start()

    def start(self) -> Chat:
        """Begin, or go on."""
        options = ("--history", "20", "--flood-rate", "0", "--web-port", str(self.web_port))
        self.chat = self._stack.enter_context(Chat(self._directory, *options, port=self.port))
        return self.chat

    def stop(self, *, kill: bool) -> None:
        """In order, or without a word."""
        (self.chat.kill if kill else self.chat.interrupt)()
        self.chat.wait()

    def logged(self) -> list[str]:
        """The marks of messages.txt, in its order."""
        file = self._directory / "logs" / "messages.txt"
        return MARK.findall(file.read_text()) if file.exists() else []


@pytest.fixture
def people(
    tmp_path: Path,
    desktop: Desktop,
    lossy_browser: Browser,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[tuple[tk.Tk, Room, Swallower, dict[str, Person]]]:
    """Everybody in the room."""
    monkeypatch.setattr(core, "FIRST_PAUSE_SECONDS", 0.3)
    monkeypatch.setattr(core, "LONGEST_PAUSE_SECONDS", 2.0)
    with contextlib.ExitStack() as stack:
        room = Room(tmp_path, stack)
        between = stack.enter_context(swallower(room.web_port))
        root = stack.enter_context(new_window(desktop))
        apps = Apps(root)
        stack.callback(apps.close)
        options = ("--port", str(room.port), "--name", "Tess")
        terminal = ChatTerminal(
            *options, script=HASTY, columns=100, XDG_CONFIG_HOME=str(tmp_path / "config")
        )
        stack.enter_context(terminal).shows("Welcome, Tess")
        pages = [
            lossy_browser.visit(f"http://127.0.0.1:{port}/", size).join(name)
            for name, port, size in (
                ("Penny", between.port, (360, 640)),
                ("Dora", room.web_port, (1366, 768)),
            )
        ]
        window = Window(apps.talking(room.port))
        all_of_them: dict[str, Person] = {
            "W": window,
            "T": AtTerminal(terminal),
            "P": AtPage(pages[0]),
            "D": AtPage(pages[1]),
        }
        yield root, room, between, all_of_them


def test_all_read_one_conversation_whatever_happens_to_server_and_phone(
    people: tuple[tk.Tk, Room, Swallower, dict[str, Person]],
) -> None:
    root, room, between, all_of_them = people
    story = Story(root, room.logged, all_of_them)
    deadline = Deadline(SECONDS)
    stops: Callable[[], bool] = iter([True, False] * 1000).__next__
    while True:
        story.each_says("before")
        room.stop(kill=stops())
        story.all_say("while the server is away")
        with room.start().join("Nick") as nick:
            for each in all_of_them.values():
                each.come_back()
            nick.send("hello from nc")
            story.wait_until_all_is_logged()
            between.swallow()
            story.all_say("while the phone sleeps")
            phone = all_of_them["P"]
            assert isinstance(phone, AtPage)
            phone.visitor.hide()
            phone.visitor.hide(is_hidden=False)
            story.wait_until_all_is_logged()
        story.wait_until_all_show_it()
        if deadline.has_passed:
            return
