"""When the window writes down what the next one is to know. Main thread only."""

import tkinter as tk
from pathlib import Path

from phase4.client_gui import settings
from phase4.client_gui.target import Target
from phase4.widgets.theme import Theme

SAVE_MILLISECONDS = 500
"""From a change of looks to writing it down: Ctrl+plus held down writes one file, not ten."""


class Memory:
    """Keeps the latest server and the looks, in the file `path`. None: in no file."""

    def __init__(self, root: tk.Misc, theme: Theme, path: Path | None, target: Target) -> None:
        self._root = root
        self._theme = theme
        self._path = path
        self._target = target
        self._timer = ""
        theme.on_change(self._save_soon)

    def remember(self, target: Target) -> None:
        """Write down that this server, with this name, has let the person in."""
        self._target = target
        self._save()

    def close(self) -> None:
        """Write down what is not written yet. No change is noticed after this."""
        if self._timer:
            self._root.after_cancel(self._timer)
        self._save()

    def _save_soon(self) -> None:
        if self._timer:
            self._root.after_cancel(self._timer)
        self._timer = self._root.after(SAVE_MILLISECONDS, self._save)

    def _save(self) -> None:
        if self._path is not None:
            target = self._target
            looks = self._theme.name, int(self._theme.body.cget("size"))
            settings.save(
                self._path,
                settings.Settings(target.host, target.port, target.name, *looks, target.has_tls),
            )
