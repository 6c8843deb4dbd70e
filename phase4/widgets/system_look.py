"""Whether this person's system is light or dark, without a library. No toolkit here.

Windows has it in its registry, which answers at once. Elsewhere another program knows, which may
take a while, or for ever: it is started, and looked after now and then. Nothing here waits.
"""

import contextlib
import os
import re
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Literal

from shared.deadline import Deadline

Look = Literal["light", "dark"]

ANSWER_SECONDS = 3.0
"""For one program. On a desktop it takes some hundredths; then the next one is asked."""

Question = tuple[Sequence[str], Callable[[str], Look | None]]
"""A command, and what its output means; None: it does not say."""


class SystemLook:
    """Asks the system. One thread; `close` at the end."""

    def __init__(self, questions: Sequence[Question] | None = None) -> None:
        """`questions` are asked in order, until one has an answer. None: this system's."""
        self._has_registry = questions is None
        self._questions = _questions() if questions is None else questions
        self._left: list[Question] = []
        self._child: subprocess.Popen[str] | None = None
        self._deadline = Deadline(0)
        # What the system said last; None: nothing yet, or it has no opinion.
        self.look: Look | None = None

    def ask(self) -> None:
        """Begin to ask, unless that is under way. See `is_asking`."""
        if self._child is None:
            self.look = _windows_look() if self._has_registry else None
            self._left = [*self._questions]
            self._start_next()

    def is_asking(self) -> bool:
        """Whether the answer is still to come. Call it now and then."""
        child = self._child
        if child is None:
            return False
        if child.poll() is None and not self._deadline.has_passed:
            return True
        read = self._left.pop(0)[1]
        self.look = read(_said(child))
        self._child = None
        if self.look is None:
            self._start_next()
        return self._child is not None

    def close(self) -> None:
        """Ask no more. Again does no harm."""
        child, self._child = self._child, None
        if child is not None:
            _said(child)

    def _start_next(self) -> None:
        """Start the program of the first question that is left, and is installed."""
        while self._left and self._child is None:
            with contextlib.suppress(OSError):
                self._child = subprocess.Popen(
                    self._left[0][0],
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.DEVNULL,
                    encoding="utf-8",
                    errors="replace",
                )
                self._deadline = Deadline(ANSWER_SECONDS)
                return
            del self._left[0]


def _said(child: subprocess.Popen[str]) -> str:
    """What it printed, if it has ended; else it is ended, and said nothing that counts."""
    has_ended = child.poll() is not None
    if not has_ended:
        child.kill()
    said = child.communicate()[0]
    return said if has_ended else ""


def _windows_look() -> Look | None:
    """What the registry says; None on other systems, and on a Windows that has no such choice."""
    if sys.platform == "win32":
        import winreg

        key = r"Software\Microsoft\Windows\CurrentVersion\Themes\Personalize"
        with contextlib.suppress(OSError), winreg.OpenKey(winreg.HKEY_CURRENT_USER, key) as held:
            return "light" if winreg.QueryValueEx(held, "AppsUseLightTheme")[0] else "dark"
    return None


# --- what is asked elsewhere ----------------------------------------------------------------------

_PORTAL = (
    *("gdbus", "call", "--session", "--dest", "org.freedesktop.portal.Desktop"),
    *("--object-path", "/org/freedesktop/portal/desktop"),
    *("--method", "org.freedesktop.portal.Settings.Read"),
    *("org.freedesktop.appearance", "color-scheme"),
)
"""What every desktop of today answers (XDG Desktop Portal, Settings)."""

_GNOME = ("gsettings", "get", "org.gnome.desktop.interface")


def _questions() -> Sequence[Question]:
    if sys.platform == "win32":
        return ()
    if sys.platform == "darwin":
        return ((("defaults", "read", "-g", "AppleInterfaceStyle"), of_macos),)
    if not _has_session_bus():  # to ask would start one
        return ()
    return (
        (_PORTAL, of_portal),
        ((*_GNOME, "color-scheme"), of_gnome),
        ((*_GNOME, "gtk-theme"), of_gtk_theme),
    )


def _has_session_bus() -> bool:
    folder = os.environ.get("XDG_RUNTIME_DIR", "")
    return bool(os.environ.get("DBUS_SESSION_BUS_ADDRESS")) or Path(folder or ".", "bus").exists()


def of_macos(said: str) -> Look:
    """The setting is there only while the system is dark."""
    return "dark" if said.strip() == "Dark" else "light"


def of_portal(said: str) -> Look | None:
    """1 is dark and 2 is light; 0 is no preference.

    >>> of_portal("(<<uint32 1>>,)")
    'dark'
    """
    number = re.search(r"uint32 (\d+)", said)
    looks: dict[str, Look] = {"1": "dark", "2": "light"}
    return looks.get(number[1]) if number else None


def of_gnome(said: str) -> Look | None:
    """Since GNOME 42. Its default is no preference."""
    looks: dict[str, Look] = {"'prefer-dark'": "dark", "'prefer-light'": "light"}
    return looks.get(said.strip())


def of_gtk_theme(said: str) -> Look | None:
    """Before that, and on desktops beside GNOME, the name of a theme tells: 'Adwaita-dark'."""
    return "dark" if "dark" in said.lower() else None
