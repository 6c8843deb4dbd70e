"""People who tell a story together, each with a program of their own, and what each of them reads.

Every line has a mark. In the end each shows all of them once, and those of others in the order of
messages.txt.
"""

import contextlib
import itertools
import re
import tkinter as tk
from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from phase4.client_gui.app import App
from tests.kit.browser import Visitor
from tests.kit.chat_terminal import ChatTerminal
from tests.kit.windows import see, tabs_of, type_line

MARK = re.compile(r"\bline-[A-Z]-\d+\b")

_ESCAPE = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x1b\x07]*(?:\x07|\x1b\\)|.)")
_PRINTED = re.compile(r"\d\d:\d\d:\d\d (?:#\d+ )?\w+: (line-[A-Z]-\d+) [a-z ]+(?!\(|[a-z ])")


class Person(Protocol):
    """Somebody at a program. The thread of the check calls all."""

    def say(self, text: str) -> None:
        """Type it, and send it."""

    def shown(self) -> list[str]:
        """The marks of what they can read, as it stands there."""

    def view(self) -> str:
        """All that they can read."""

    def come_back(self) -> None:
        """Without the end of a pause: as somebody does who sees that the connection is lost."""


class Window:
    """Somebody at a window."""

    def __init__(self, app: App) -> None:
        self._app = app

    def say(self, text: str) -> None:
        """See Person."""
        type_line(self._app, text)

    def shown(self) -> list[str]:
        """See Person."""
        self._app.root.update()
        return MARK.findall(self.view())

    def view(self) -> str:
        """See Person."""
        return str(tabs_of(self._app).main.conversation.shown())

    def come_back(self) -> None:
        """Its pauses are short."""


class AtTerminal:
    """Somebody at a terminal: what was printed above the line that they type."""

    def __init__(self, terminal: ChatTerminal, letter: str = "T") -> None:
        """`letter` is in the marks of their own lines."""
        self._terminal = terminal
        self._own = f"line-{letter}-"

    def say(self, text: str) -> None:
        """See Person."""
        self._terminal.press(f"{text}\r")

    def shown(self) -> list[str]:
        """See Person. Of their own lines, which are drawn again until they are said, the last."""
        self._terminal.read(0.01)
        found = _PRINTED.findall(self.view())
        return [
            each
            for at, each in enumerate(found)
            if not (each.startswith(self._own) and each in found[at + 1 :])
        ]

    def view(self) -> str:
        """See Person: without looks."""
        return _ESCAPE.sub("", self._terminal.output.decode(errors="replace"))

    def come_back(self) -> None:
        """See Person."""
        self._terminal.press("\r")  # now


class AtPage:
    """Somebody at the page."""

    def __init__(self, visitor: Visitor) -> None:
        self.visitor = visitor

    def say(self, text: str) -> None:
        """See Person."""
        self.visitor.say(text)

    def shown(self) -> list[str]:
        """See Person."""
        return MARK.findall("\n".join(self.visitor.said()))

    def view(self) -> str:
        """See Person."""
        return "\n".join(self.visitor.lines())

    def come_back(self) -> None:
        """See Person."""
        self.visitor.page.evaluate("() => document.getElementById('retry').click()")


class Story:
    """Everybody, by their letters, and what they say: each line has a mark of its own."""

    def __init__(
        self, root: tk.Tk, logged: Callable[[], list[str]], people: Mapping[str, Person]
    ) -> None:
        """`logged` gives the marks of messages.txt, in its order."""
        self._root = root
        self._logged = logged
        self._people = people
        self._numbers = itertools.count(1)
        self._said: list[str] = []
        self._seen = 0  # of the log, what all were found to show

    def each_says(self, words: str) -> None:
        """One after the other, when all before is in the log: so all can show it in its place."""
        for letter in self._people:
            self.all_say(words, letter)
            self.wait_until_all_is_logged()

    def all_say(self, words: str, letters: Sequence[str] = ()) -> None:
        """Each of these says something, or everybody."""
        for letter in letters or self._people:
            mark = f"line-{letter}-{next(self._numbers)}"
            self._people[letter].say(f"{mark} {words}")
            self._said.append(mark)
            self._root.update()

    def see(self, condition: Callable[[], object], what: str) -> None:
        """Wait until this is so; everybody goes on."""

        def look() -> object:
            for each in self._people.values():
                each.shown()  # who draws and connects in this process or on our terminal goes on
            return condition()

        see(self._root, look, what)

    def wait_until_all_is_logged(self) -> None:
        """Each line must be in the log, once."""
        with contextlib.suppress(AssertionError):  # what is missing says more
            self.see(lambda: {*self._said} <= {*self._logged()}, "every line in the log")
        logged = self._logged()
        missing = [each for each in self._said if each not in logged]
        views = {letter: each.view()[-1500:] for letter, each in self._people.items() if missing}
        assert not missing, f"{missing} are not in the log, but: {views}"
        assert len(logged) == len({*logged}), "a line was said twice"

    def missing(self) -> list[str]:
        """The lines that are not in the log by now."""
        logged = {*self._logged()}
        return [each for each in self._said if each not in logged]

    def unsaid(self) -> list[str]:
        """The same, once their speakers know: from here on nobody waits for them."""
        unsaid = self.missing()
        self._said = [each for each in self._said if each not in unsaid]
        return unsaid

    def wait_until_all_show_it(self) -> None:
        """Each must show what was logged since this was called last, in its order."""
        logged = self._logged()[self._seen :]
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
