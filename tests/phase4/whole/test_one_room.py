"""A window, a terminal, two pages and nc in one room, through kills, a restart and a sleep.

Each shows all lines once, and those of others in the order of messages.txt.
The short form takes a minute. The long one: ONE_ROOM_SECONDS=600 python -m pytest THIS_FILE
"""

import contextlib
import itertools
import os
import re
import tkinter as tk
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from phase4.client import client as core
from phase4.client_gui.app import App
from shared.deadline import Deadline
from tests.kit.browser import Browser, Swallower, Visitor, swallower
from tests.kit.chat import Chat
from tests.kit.chat_terminal import HASTY, ChatTerminal
from tests.kit.desktop import Desktop
from tests.kit.harness import free_port
from tests.kit.windows import Apps, new_window, see, tabs_of, type_line

pytestmark = [pytest.mark.window, pytest.mark.browser, pytest.mark.timeout(1800)]

SECONDS = float(os.environ.get("ONE_ROOM_SECONDS", "0"))
ESCAPE = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x1b\x07]*(?:\x07|\x1b\\)|.)")
PRINTED = re.compile(r"\d\d:\d\d:\d\d (?:#\d+ )?\w+: (line-[A-Z]-\d+) [a-z ]+(?!\(|[a-z ])")
MARK = re.compile(r"\bline-[A-Z]-\d+\b")


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


class Window:
    """Wanda, at a window."""

    def __init__(self, app: App) -> None:
        self._app = app

    def say(self, text: str) -> None:
        """Type it, and press Return."""
        type_line(self._app, text)

    def shown(self) -> list[str]:
        """The marks in the conversation."""
        self._app.root.update()
        return MARK.findall(self.view())

    def view(self) -> str:
        """The conversation."""
        return str(tabs_of(self._app).main.conversation.shown())


class AtTerminal:
    """Tess, at a terminal: what was printed above the line that she types."""

    def __init__(self, terminal: ChatTerminal) -> None:
        self._terminal = terminal

    def press(self, keys: str) -> None:
        """Type these."""
        self._terminal.press(keys)

    def say(self, text: str) -> None:
        """Type it, and press Return."""
        self.press(f"{text}\r")

    def shown(self) -> list[str]:
        """The marks in what was printed; of her own lines, which are drawn until then, the last."""
        self._terminal.read(0.01)
        found = PRINTED.findall(self.view())
        return [
            each
            for at, each in enumerate(found)
            if not (each.startswith("line-T-") and each in found[at + 1 :])
        ]

    def view(self) -> str:
        """All that was printed, without looks."""
        return ESCAPE.sub("", self._terminal.output.decode(errors="replace"))


class AtPage:
    """Somebody at the page."""

    def __init__(self, visitor: Visitor) -> None:
        self.visitor = visitor

    def say(self, text: str) -> None:
        """Type it, and press Enter."""
        self.visitor.say(text)

    def shown(self) -> list[str]:
        """The marks in the conversation."""
        return MARK.findall("\n".join(self.visitor.said()))

    def view(self) -> str:
        """The conversation."""
        return "\n".join(self.visitor.lines())


Person = Window | AtTerminal | AtPage


class Story:
    """Everybody, and what they say: each line has a mark of its own."""

    def __init__(self, root: tk.Tk, room: Room, people: dict[str, Person]) -> None:
        self._root = root
        self._room = room
        self._people = people
        self._numbers = itertools.count(1)
        self._said: list[str] = []
        self._seen = 0  # of the log, what all were found to show

    def each_says(self, words: str) -> None:
        """One after the other, when all before is in the log: so all can show it in its place."""
        for letter in self._people:
            self.all_say(words, letter)
            self.wait_until_all_is_logged()

    def all_say(self, words: str, letters: str = "") -> None:
        """Each of these says something, or everybody."""
        for letter in letters or self._people:
            person = self._people[letter]
            mark = f"line-{letter}-{next(self._numbers)}"
            person.say(f"{mark} {words}")
            self._said.append(mark)
            self._root.update()

    def wait_until_all_is_logged(self) -> None:
        """Each line must be in the log, once."""

        def is_logged() -> bool:
            for person in self._people.values():
                person.shown()  # who draws and connects in this process or on our terminal goes on
            return set(self._said) <= set(self._room.logged())

        with contextlib.suppress(AssertionError):  # what is missing says more
            see(self._root, is_logged, "every line in the log")
        logged = self._room.logged()
        missing = [each for each in self._said if each not in logged]
        views = {letter: self._people[letter].view()[-1500:] for letter in "WTPD" if missing}
        assert not missing, f"{missing} are not in the log, but: {views}"
        assert len(logged) == len({*logged}), "a line was said twice"

    def wait_until_all_show_it(self) -> None:
        """Each must show what was logged since this was called last, in its order."""
        logged = self._room.logged()[self._seen :]
        self._seen += len(logged)
        for letter, person in self._people.items():

            def has_all(person: Person = person) -> bool:
                return {*logged} <= {*person.shown()}

            with contextlib.suppress(AssertionError):  # what is missing says more
                see(self._root, has_all, f"all lines, shown to {letter}")
            shown = [each for each in person.shown() if each in logged]
            missing = [each for each in logged if each not in shown]
            assert not missing, f"{letter} does not read {missing}, but {person.view()[-3000:]}"
            assert sorted(shown) == sorted(logged), f"{letter} reads something twice"
            own = f"line-{letter}-"  # a line of one's own is shown where it was typed, or arrived
            others = [each for each in shown if not each.startswith(own)]
            assert others == [each for each in logged if not each.startswith(own)]


@pytest.fixture
def people(
    tmp_path: Path, desktop: Desktop, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[tk.Tk, Room, Swallower, dict[str, Person]]]:
    """Everybody in the room."""
    monkeypatch.setattr(core, "FIRST_PAUSE_SECONDS", 0.3)
    monkeypatch.setattr(core, "LONGEST_PAUSE_SECONDS", 2.0)
    with contextlib.ExitStack() as stack:
        room = Room(tmp_path, stack)
        between = stack.enter_context(swallower(room.web_port))
        browser = stack.enter_context(Browser())
        root = stack.enter_context(new_window(desktop))
        apps = Apps(root)
        stack.callback(apps.close)
        options = ("--port", str(room.port), "--name", "Tess")
        terminal = ChatTerminal(
            *options, script=HASTY, columns=100, XDG_CONFIG_HOME=str(tmp_path / "config")
        )
        stack.enter_context(terminal).shows("Welcome, Tess")
        pages = [
            browser.visit(f"http://127.0.0.1:{port}/", size).join(name)
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


def _come_back(people: Sequence[Person]) -> None:
    """Without the end of a pause: as somebody does who sees that the connection is lost."""
    for each in people:
        if isinstance(each, AtTerminal):
            each.press("\r")  # now
        if isinstance(each, AtPage):
            each.visitor.page.evaluate("() => document.getElementById('retry').click()")


def test_all_read_one_conversation_whatever_happens_to_server_and_phone(
    people: tuple[tk.Tk, Room, Swallower, dict[str, Person]],
) -> None:
    root, room, between, all_of_them = people
    story = Story(root, room, all_of_them)
    deadline = Deadline(SECONDS)
    stops: Callable[[], bool] = iter([True, False] * 1000).__next__
    while True:
        story.each_says("before")
        room.stop(kill=stops())
        story.all_say("while the server is away")
        with room.start().join("Nick") as nick:
            _come_back([*all_of_them.values()])
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
