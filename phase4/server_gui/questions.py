"""What the window asks before it takes the chat away from somebody. Main thread only.

One question at a time, in a bar of the window. Its first answer, which has the keyboard, changes
nothing: keys that were meant for another window may be followed by Return.
"""

import tkinter as tk
from collections.abc import Callable, Sequence

from phase4.server_gui.people_table import PeopleTable
from phase4.widgets.bars import Answer, Bar
from phase4.widgets.theme import Theme

NOBODY_HERE = "That person was not here any more; nothing was done."
NOT_HERE = "{name} was not here any more; nothing was done."

Choice = tuple[str, Callable[[str, str], object]]
"""What stands on a button, and what takes the person's name and address of that moment."""


class Questions:
    """`say` is told what became of a question that nobody has answered."""

    def __init__(
        self, parent: tk.Misc, theme: Theme, people: PeopleTable, say: Callable[[str], object]
    ) -> None:
        """Place `bar` with `grid`, and hide it."""
        self.bar = Bar(parent, theme, "question", self._give_keyboard_back)
        self._people = people
        self._say = say
        # What had the keyboard before.
        self._before: tk.Misc | None = None
        # The question as it is now; empty where there is nothing to ask any more.
        self._text: Callable[[], str] = str
        # The person that it is about, and the name and address that were shown last.
        self._key = self._name = self._address = ""

    @property
    def is_shown(self) -> bool:
        """Whether one waits for its answer."""
        return bool(self.bar.text)

    def stop(self, count: Callable[[], int], label: str, do: Callable[[], object]) -> None:
        """Ask before so many people are cut off; `label` is what `do` is called."""
        self._key = ""
        self._ask(lambda: f"{_people(count())} online. {label}?", [(label, do)])

    def about(self, key: str, deed: str, choices: Sequence[Choice]) -> None:
        """Ask before something is done to the person of this row: `deed` is "Mute", say."""
        self._key = key
        self._ask(
            lambda: self._about_person(deed),
            [
                (label, lambda do=do: do(self._name, self._address))  # type: ignore[misc]
                for label, do in choices
            ],
        )

    def renew(self) -> None:
        """People came, left or have other names: say it as it is now, or ask no more."""
        if self.is_shown and (text := self._text()) != self.bar.text:
            if text:
                self.bar.say(text)
            else:
                self.hide()
                self._say(NOT_HERE.format(name=self._name))

    def hide(self) -> None:
        """Ask no more."""
        self.bar.hide()

    def _ask(self, text: Callable[[], str], answers: Sequence[Answer]) -> None:
        def answer(do: Callable[[], object]) -> None:
            self.renew()
            if self.is_shown:
                self.hide()
                do()

        if not (said := text()):  # of somebody whose row is still there
            self._say(NOBODY_HERE)
            return
        if not self.is_shown:
            self._before = _focus(self.bar)
        self._text = text
        asked = [(label, lambda do=do: answer(do)) for label, do in answers]
        self.bar.show(said, [("Cancel", self.hide), *asked], escape=self.hide)

    def _about_person(self, deed: str) -> str:
        name, address = self._people.name_of(self._key), self._people.address_of(self._key)
        self._name, self._address = name or self._name, address or self._address
        return f"{deed} {name} ({address})?" if name else ""

    def _give_keyboard_back(self) -> None:
        before = self._before
        if before is None or not before.winfo_exists():  # a window of its own may be closed
            before = self._people.tree
        before.focus_set()


def _people(count: int) -> str:
    return {0: "Nobody is", 1: "1 person is"}.get(count, f"{count:,} people are")


def _focus(widget: tk.Misc) -> tk.Misc | None:
    try:
        return widget.focus_get()
    except KeyError:  # a menu has it, which tkinter does not know
        return None
