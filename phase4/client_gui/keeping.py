"""When what is being typed is written down, and when it is put back. Main thread only."""

import tkinter as tk
from collections.abc import Callable
from pathlib import Path

from phase4.client_gui.chat_page import ChatPage
from phase4.client_gui.drafts import DraftFile, Drafts, drafts_beside
from phase4.client_gui.tabs import Tab, Tabs
from phase4.client_gui.typing_aids import has_secret_line

SAVE_MILLISECONDS = 1000
"""From a key to writing it down: not at each key, and little is lost where the power goes."""


class DraftKeeper:
    """Keeps the drafts of the server that has let the person in; on another one, they go along."""

    def __init__(
        self,
        root: tk.Misc,
        tabs: Tabs,
        file: DraftFile,
        restore: Callable[[Tab, str], bool],
        say: Callable[[str], None],
    ) -> None:
        """`restore(tab, text)` puts it into the entry there: whether that was empty.

        `say` is called with a sentence about what was put back.
        """
        self._root = root
        self._tabs = tabs
        self._file = file
        self._restore = restore
        self._say = say
        # The server whose drafts these are; empty: none has let the person in.
        self._place = ""
        # Those for which there was no tab.
        self._homeless: Drafts = {}
        self._timer = ""

    def came_in(self, place: str) -> None:
        """The server at `place` has let the person in: put back what was left there."""
        if place == self._place:
            return
        if self._place:
            self._file.write(self._place, {})  # what the window holds goes along
        self._place = place
        left = self._file.of(place)
        again: list[str] = []
        at_up: list[str] = []
        for person, text in left.items():
            tab = self._tabs.open(person) if person else self._tabs.main
            if tab is None:
                self._homeless[person] = text
            else:
                (again if self._restore(tab, text) else at_up).append(person or "everybody")
        for where, people in (("in the entry again", again), ("at Up", at_up)):
            if people:
                to = ", ".join(f"to {person}" for person in people)
                self._say(f"What you typed last time and did not send is {where}: {to}.")
        self.changed()

    def changed(self) -> None:
        """What is being typed has changed: write it down soon."""
        self._cancel()
        self._timer = self._root.after(SAVE_MILLISECONDS, self.save)

    def save(self) -> bool:
        """Write it down now; whether nothing is lost if the window ends."""
        typed = self._typed()
        if not self._place:
            return not typed
        return self._file.write(self._place, typed)

    def close(self) -> None:
        """Write it down. No change is noticed after this."""
        self._cancel()
        self.save()

    def _typed(self) -> Drafts:
        found = {tab.person: tab.draft.typed for tab in self._tabs}
        kept = (each for each in found.items() if each[1].strip() and not has_secret_line(each[1]))
        return self._homeless | dict(kept)

    def _cancel(self) -> None:
        if self._timer:
            self._root.after_cancel(self._timer)
            self._timer = ""


def keep_drafts(
    chat_page: ChatPage, settings: Path | None, say: Callable[[str], None]
) -> DraftKeeper:
    """Keep what is typed on this page beside these settings; without any, nowhere."""
    file = DraftFile(drafts_beside(settings))
    keeper = DraftKeeper(chat_page, chat_page.tabs, file, chat_page.outgoing.restore, say)
    chat_page.on_typed = keeper.changed
    return keeper
