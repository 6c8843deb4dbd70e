"""When the window writes down what the next one is to know. Main thread only."""

import tkinter as tk
from dataclasses import replace
from pathlib import Path
from typing import Any

from phase4.client_gui.servers import with_visit
from phase4.client_gui.settings import Settings, load, save
from phase4.client_gui.target import Target
from phase4.widgets.theme import Theme

SAVE_MILLISECONDS = 500
"""From a change of looks to writing it down: Ctrl+plus held down writes one file, not ten."""


class Memory:
    """Keeps `settings`, in the file `path`. None: in no file.

    Whoever has something to remember gives `Settings` a field for it, and calls `change`.

    Two windows may share the file. So each writes what it has changed over what the file holds by
    then, and a server that let the person in elsewhere stays in the list.
    """

    def __init__(
        self,
        root: tk.Misc,
        theme: Theme,
        path: Path | None,
        target: Target,
        remembered: Settings,
    ) -> None:
        """`remembered` is what it held; `target`, where the person wishes to go now."""
        self._root = root
        self._theme = theme
        self._path = path
        self.settings = remembered
        """What is remembered, as it is now. The looks are the theme's until they are written."""
        # The fields that this window has changed, and so writes.
        self._changed = {"theme", "looked", "points"}
        self._timer = ""
        self._set_place(target)
        theme.on_change(self._save_soon)

    def change(self, **changes: Any) -> None:
        """Remember these fields of Settings. They are written down soon."""
        self._set(**changes)
        self._save_soon()

    def remember(self, target: Target) -> None:
        """Write down that this server, with this name, has let the person in."""
        self._set_place(target)
        self.look_for_servers()
        self._set(servers=with_visit(self.settings.servers, target))
        self._save()

    def look_for_servers(self) -> None:
        """Hear of those that have let the person in elsewhere meanwhile."""
        has_own_word = "servers" in self._changed  # which is not written yet
        if self._path is not None and self._path.exists() and not has_own_word:
            self.settings = replace(self.settings, servers=load(self._path).servers)

    def close(self) -> None:
        """Write down what is not written yet. No change is noticed after this."""
        self._cancel()
        self._save()

    def _set_place(self, target: Target) -> None:
        there = {"host": target.host, "port": target.port, "tls": target.has_tls}
        self._set(name=target.name, **there)

    def _set(self, **changes: Any) -> None:
        self.settings = replace(self.settings, **changes)
        self._changed |= changes.keys()

    def _save_soon(self) -> None:
        self._cancel()
        self._timer = self._root.after(SAVE_MILLISECONDS, self._save)

    def _cancel(self) -> None:
        if self._timer:
            self._root.after_cancel(self._timer)

    def _save(self) -> None:
        points = int(self._theme.body.cget("size"))
        choice, looked = self._theme.choice, self._theme.name
        self.settings = replace(self.settings, theme=choice, looked=looked, points=points)
        if self._path is not None:
            held = load(self._path) if self._path.exists() else self.settings
            changed = {name: getattr(self.settings, name) for name in self._changed}
            if save(self._path, replace(held, **changed)):
                self._changed -= {"servers"}  # the other window may have the next word
