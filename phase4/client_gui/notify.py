"""How the desktop is told of a call: by a small program of the system's. No toolkit here.

| system | program |
|---|---|
| Linux and others | `notify-send` (libnotify), wherever PATH has it |
| macOS | `osascript` |
| Windows | `powershell.exe`, 10 or later |

There is no shell in between, and no text ever becomes a part of a script: it is given as an
argument, or in the environment. Each program is a child that this process waits for, or ends.
"""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from phase4.client_gui.attention import PROGRAM, Notice

MAX_CHILDREN = 4
"""Of these programs at once. They end at once; what comes meanwhile waits."""

CHILD_SECONDS = 10.0
"""After that a child is ended: D-Bus waits for 25 seconds for a desktop that does not answer."""

END_SECONDS = 1.0
"""For children that were ended to be gone."""

_OSASCRIPT = "/usr/bin/osascript"
_POWERSHELL = r"System32\WindowsPowerShell\v1.0\powershell.exe"

_APPLE_SCRIPT = (
    "on run argv",
    "display notification (item 2 of argv) with title (item 1 of argv)",
    "end run",
)

# Windows shows notifications of programs that it knows; PowerShell is one. The texts become nodes
# of the document, so they are never read as XML either.
_TITLE, _TEXT = "SOCKET_LADDER_TITLE", "SOCKET_LADDER_TEXT"
_POWERSHELL_SCRIPT = f"""
$ErrorActionPreference = 'Stop'
$null = [Windows.UI.Notifications.ToastNotificationManager,Windows.UI.Notifications,ContentType=WindowsRuntime]
$manager = [Windows.UI.Notifications.ToastNotificationManager]
$page = $manager::GetTemplateContent([Windows.UI.Notifications.ToastTemplateType]::ToastText02)
$places = $page.GetElementsByTagName('text')
$null = $places.Item(0).AppendChild($page.CreateTextNode($env:{_TITLE}))
$null = $places.Item(1).AppendChild($page.CreateTextNode($env:{_TEXT}))
$toast = New-Object Windows.UI.Notifications.ToastNotification $page
$id = '{{1AC14E77-02E7-4E5D-B744-2EB1AE5198B7}}\\WindowsPowerShell\\v1.0\\powershell.exe'
$manager::CreateToastNotifier($id).Show($toast)
"""  # noqa: E501


@dataclass(frozen=True, slots=True)
class Command:
    """A program with its arguments, and what is added to its environment."""

    arguments: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict)


Way = Callable[[Notice], Command]
"""How this system shows a notice."""

HOW_TO_GET_IT = (
    "Desktop notifications need the program notify-send, which is not here (Debian and Ubuntu: "
    "apt install libnotify-bin; Fedora: dnf install libnotify)."
)
NOT_HERE = "This system has no way to show a notification that is known here."


def find_way(platform: str = sys.platform) -> Way | str:
    """How a notice is shown on this system; or a sentence that says why none can be."""
    match platform:
        case "win32":
            program = Path(os.environ.get("SYSTEMROOT", r"C:\Windows"), _POWERSHELL)
            return by_powershell(str(program)) if program.is_file() else NOT_HERE
        case "darwin":
            return by_osascript(_OSASCRIPT) if Path(_OSASCRIPT).is_file() else NOT_HERE
    found = shutil.which("notify-send")
    return by_notify_send(found) if found else HOW_TO_GET_IT


def by_notify_send(program: str) -> Way:
    """The way of Linux. The text is markup there, and backslashes are read as in C (libnotify)."""

    def command(notice: Notice) -> Command:
        text = notice.text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        text = text.replace("\\", "\\\\")
        options = (f"--app-name={PROGRAM}", "--category=im.received")
        return Command((program, *options, "--", notice.title, text))

    return command


def by_osascript(program: str) -> Way:
    """The way of macOS."""

    def command(notice: Notice) -> Command:
        script = [word for line in _APPLE_SCRIPT for word in ("-e", line)]
        return Command((program, *script, notice.title, notice.text))

    return command


def by_powershell(program: str) -> Way:
    """The way of Windows."""

    def command(notice: Notice) -> Command:
        options = ("-NoProfile", "-NonInteractive", "-Command", _POWERSHELL_SCRIPT)
        return Command((program, *options), {_TITLE: notice.title, _TEXT: notice.text})

    return command


class Notifier:
    """Shows notices, and owns the programs that do. For one thread; nothing here waits for them."""

    def __init__(self, way: Way) -> None:
        self._way = way
        # Each with the time (of time.monotonic) at which it is ended.
        self._children: list[tuple[subprocess.Popen[bytes], float]] = []

    @property
    def is_busy(self) -> bool:
        """Whether there are as many children as there may be."""
        return len(self._children) >= MAX_CHILDREN

    def show(self, notice: Notice) -> str:
        """Begin to show it; empty, or a sentence that says why that is not possible."""
        command = self._way(notice)
        try:
            child = subprocess.Popen(
                command.arguments,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                env={**os.environ, **command.environment},
                creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),  # Windows' alone
            )
        except (OSError, ValueError) as error:  # a name that this system cannot even spell
            return f"No notification could be shown: {error}."
        self._children.append((child, time.monotonic() + CHILD_SECONDS))
        return ""

    def tend(self) -> str:
        """Look after the children: to be called often. A sentence where one of them has failed."""
        failure, left = "", []
        for child, ends in self._children:
            status = child.poll()
            if status is None and time.monotonic() < ends:
                left.append((child, ends))
            elif status is None:
                child.kill()
                left.append((child, float("inf")))
            elif status:
                failure = _failed(str(child.args[0]), status)  # type: ignore[index]
        self._children = left
        return failure

    def close(self) -> None:
        """End all that run."""
        for child, _ in self._children:
            child.kill()
        for child, _ in self._children:
            try:
                child.wait(END_SECONDS)
            except subprocess.TimeoutExpired:  # it hangs in the system; nobody can do more
                continue
        self._children.clear()


def _failed(program: str, status: int) -> str:
    name = Path(program).name
    why = f"exit status {status}" if status > 0 else "it did not end by itself"
    return f"The desktop showed no notification: {name} failed ({why})."
