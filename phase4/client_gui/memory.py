"""When the window writes down what the next one is to know. Main thread only."""

import tkinter as tk
from dataclasses import replace
from pathlib import Path
from typing import Any

from phase4.client_gui.servers import with_visit
from phase4.client_gui.settings import Settings, save
from phase4.client_gui.target import Target
from phase4.widgets.theme import Theme

SAVE_MILLISECONDS = 500
"""From a change of looks to writing it down: Ctrl+plus held down writes one file, not ten."""


class Memory:
    """Keeps `settings`, in the file `path`. None: in no file.

    Whoever has something to remember gives `Settings` a field for it, and calls `change`.
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
        self._timer = ""
        self._set_place(target)
        theme.on_change(self._save_soon)

    def change(self, **changes: Any) -> None:
        """Remember these fields of Settings. They are written down soon."""
        self.settings = replace(self.settings, **changes)
        self._save_soon()

    def remember(self, target: Target) -> None:
        """Write down that this server, with this name, has let the person in."""
        self._set_place(target)
        servers = with_visit(self.settings.servers, target)
        self.settings = replace(self.settings, servers=servers)
        self._save()

    def close(self) -> None:
        """Write down what is not written yet. No change is noticed after this."""
        self._cancel()
        self._save()

    def _set_place(self, target: Target) -> None:
        self.settings = replace(
            self.settings,
            host=target.host,
            port=target.port,
            name=target.name,
            tls=target.has_tls,
        )

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
            save(self._path, self.settings)
