"""A screen of our own for the checks of the window: Xvfb, a window manager, keys and clicks.

What a check does here is what a person does: keys and clicks go through the X server (xdotool), and
what the window holds is read as a person would take it along: it is copied, and the clipboard read.
"""

import contextlib
import os
import re
import select
import shlex
import signal
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from tests.kit.harness import ROOT, SECONDS, Program, wait_until

if TYPE_CHECKING:
    import tkinter

_KEYS = {"\n": "Return", "\t": "Tab"}  # xdotool would type the characters, which are other keys

_CAPS_LOCK = 66

_AGAIN = """
number=$1; shift
trap 'kill "$last"; exit' TERM
while :; do "$@" & last=$!; echo "$last" >"$number"; wait "$last"; done
"""
"""Starts a program again that has ended, and writes down its process number. All windows are still
there then; only the keyboard may be another's."""

PROGRAMS = ("Xvfb", "openbox", "xdotool")
MODULES = ("tkinter", "_tkinter")  # Debian splits them: the first may be there without the second


class Desktop:
    """An X server without a monitor, and a window manager. Use it in a `with` statement."""

    def __init__(self, width: int = 1024, height: int = 768, dpi: int = 96) -> None:
        self._size = f"{width}x{height}x24"
        self._dpi = dpi
        self._stack = contextlib.ExitStack()
        self._reader: tkinter.Tk | None = None
        self._directory = Path()  # the window manager's
        self.display = ""

    def __enter__(self) -> Self:
        """Start both; give the desktop once windows can be put on it."""
        with contextlib.ExitStack() as stack:
            self.display = f":{stack.enter_context(self._x_server())}"
            stack.enter_context(self._window_manager())
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        """End both, with whatever is left on the screen."""
        self._stack.close()

    @property
    def env(self) -> dict[str, str]:
        """For a program that is to show its window here, and to remember nothing of it.

        No directory can be under the null device: a check that wants one sets its own.
        """
        none = os.devnull
        # Nor what a real desktop is like, such as dark.
        no_bus = {"DBUS_SESSION_BUS_ADDRESS": "", "XDG_RUNTIME_DIR": none}
        return {"DISPLAY": self.display, "XAUTHORITY": none, "XDG_CONFIG_HOME": none, **no_bus}

    def window(self, title: str) -> "Window":
        """The window with a title like this (a regular expression); waits until it is shown."""
        found: list[str] = []

        def search() -> bool:
            found[:] = self._ask("search", "--onlyvisible", "--name", title)
            return bool(found)

        wait_until(search, f"a window called {title!r}")
        return Window(self, found[-1])

    def has_window(self, title: str) -> bool:
        """Whether there is one now."""
        return bool(self._ask("search", "--onlyvisible", "--name", title))

    def has(self, number: str) -> bool:
        """Whether there is a window of this number now."""
        return bool(self._ask("getwindowname", number))

    def clipboard(self) -> str:
        """The text on the clipboard; none where nobody has copied, or whoever did is gone."""
        import tkinter as tk  # not above: a machine without it must be able to skip

        if self._reader is None:
            self._reader = tk.Tk(self.display)
            self._reader.withdraw()
            self._stack.callback(self._reader.destroy)
        # If a check in this process has copied something, Tk still takes that for the clipboard,
        # until it reads the X server's word that somebody else has copied since.
        self._reader.update()
        try:
            return self._reader.clipboard_get(type="UTF8_STRING")
        except tk.TclError:
            return ""

    def screenshot(self, path: Path, window: "Window | None" = None) -> None:
        """Write a picture of the screen, or of one window (with ImageMagick)."""
        subprocess.run(
            ["import", "-window", window.number if window else "root", str(path)],
            env={**os.environ, **self.env},
            timeout=SECONDS,
            check=True,
        )

    def xdotool(self, *arguments: str) -> str:
        """Run xdotool here; what it prints."""
        done = subprocess.run(
            ["xdotool", *arguments],
            env={**os.environ, **self.env},
            stdout=subprocess.PIPE,
            timeout=SECONDS,
            check=True,
        )
        return done.stdout.decode()

    @contextlib.contextmanager
    def keyboard(self, layout: str, *, caps_lock: bool = False) -> Iterator[None]:
        """A keyboard of another country; `press_keys` presses its keys by their places."""
        self._set_layout(layout)
        if caps_lock:
            self.press_keys(_CAPS_LOCK)
        try:
            yield
        finally:
            if caps_lock:
                self.press_keys(_CAPS_LOCK)
            self._set_layout("us")

    def press_keys(self, *codes: int) -> None:
        """Press these keys together, the last one last; a key is the X server's number of it."""
        *held, last = map(str, codes)
        down = [word for code in held for word in ("keydown", code)]
        up = [word for code in reversed(held) for word in ("keyup", code)]
        self.xdotool(*down, "key", last, *up)

    def _set_layout(self, layout: str) -> None:
        subprocess.run(
            ["setxkbmap", layout], env={**os.environ, **self.env}, timeout=SECONDS, check=True
        )

    def click(self, x: int, y: int, times: int = 1) -> None:
        """Click at this place on the screen."""
        self.xdotool("mousemove", str(x), str(y), "click", "--repeat", str(times), "1")

    def _ask(self, *arguments: str) -> list[str]:
        """The lines that xdotool answers; none where it finds nothing."""
        done = subprocess.run(
            ["xdotool", *arguments],
            env={**os.environ, **self.env},
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=SECONDS,
            check=False,
        )
        return done.stdout.decode().split()

    def renew_window_manager(self) -> None:
        """Start another one, after windows that flashed for attention were destroyed.

        Openbox dies of those some 600 ms later (SIGSEGV in frame_adjust_focus, 3.6.1): where one
        began to flash twice within that time, the first timer looks for its window for ever.
        """
        self._ready.unlink()
        os.kill(int(self._number.read_text()), signal.SIGTERM)
        wait_until(self._ready.exists, "a window manager")

    @property
    def _ready(self) -> Path:
        return self._directory / "ready"

    @property
    def _number(self) -> Path:
        return self._directory / "number"

    @contextlib.contextmanager
    def _window_manager(self) -> Iterator[None]:
        """Openbox, ready: a window that is shown while it starts may never be seen again."""
        with tempfile.TemporaryDirectory() as directory:
            self._directory = Path(directory)
            startup = f"touch {shlex.quote(str(self._ready))}"
            openbox = ["openbox", "--sm-disable", "--startup", startup]
            with _process(["sh", "-c", _AGAIN, "sh", str(self._number), *openbox], self.env):
                wait_until(self._ready.exists, "a window manager")
                yield

    @contextlib.contextmanager
    def _x_server(self) -> Iterator[str]:
        """Xvfb on a free display, whose number it tells through a pipe when it is ready."""
        reading_end, writing_end = os.pipe()
        with open(reading_end, "rb") as number:
            command = ["Xvfb", "-displayfd", str(writing_end), "-screen", "0", self._size]
            command += ["-dpi", str(self._dpi), "-nolisten", "tcp", "-noreset"]
            command += ["-r"]  # a key that a busy machine releases late is still one key
            with _process(command, {}, pass_fds=(writing_end,)):
                os.close(writing_end)
                ready, _, _ = select.select([number], [], [], SECONDS)
                line = number.readline() if ready else b""
                assert line, "Xvfb did not start"
                yield line.decode().strip()


class Window:
    """One window on the desktop, and the hands that use it."""

    def __init__(self, desktop: Desktop, number: str) -> None:
        self.desktop = desktop
        self.number = number

    def focus(self) -> None:
        """Give it the keyboard. A window manager that is just started again hears of nothing."""
        command = ("windowactivate", self.number, "getactivewindow")
        wait_until(lambda: self.desktop._ask(*command) == [self.number], "that it is in front")

    def type(self, text: str) -> None:
        """Type text, a key at a time; a newline is Return, a tab is Tab."""
        self.focus()
        for piece in filter(None, re.split(r"([\n\t])", text)):
            if key := _KEYS.get(piece):
                self.desktop.xdotool("key", key)
            else:
                self.desktop.xdotool("type", "--delay", "4", piece)

    def key(self, *keys: str) -> None:
        """Press keys, one after the other; `ctrl+a` is one."""
        self.focus()
        self.desktop.xdotool("key", "--delay", "4", *keys)

    @property
    def title(self) -> str:
        """What its title bar says now."""
        return self.desktop.xdotool("getwindowname", self.number).strip()

    def expect_title(self, part: str) -> None:
        """Wait until the title holds `part`."""
        wait_until(lambda: part in self.title, f"a title with {part!r}, not {self.title!r}")

    def copied(self, is_enough: Callable[[str], object], what: str) -> str:
        """Copy the conversation or the log in front until it is as wished; then, what was copied.

        Ctrl+Shift+C copies it all, in each of our windows.
        """
        texts: list[str] = []

        def copy() -> object:
            self.key("ctrl+shift+c")
            texts[:] = [self.desktop.clipboard()]
            return is_enough(texts[0])

        wait_until(copy, what)
        return texts[0]

    @property
    def is_there(self) -> bool:
        """Whether the X server still knows it."""
        return self.desktop.has(self.number)


class WindowProgram(Program):
    """A program with a window, on this desktop."""

    def __init__(
        self,
        desktop: Desktop,
        *arguments: str,
        env: dict[str, str] | None = None,
        cwd: Path = ROOT,
    ) -> None:
        super().__init__(*arguments, env={**desktop.env, **(env or {})}, cwd=cwd)
        self.desktop = desktop
        self._windows: dict[str, Window] = {}

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End the program, and wait until its window has gone.

        The X server may learn of the end only later, and the next check must not find this window.
        """
        super().__exit__(kind, error, trace)
        if kind is None:
            for window in self._windows.values():
                wait_until(lambda window=window: not window.is_there, "a screen without the window")  # type: ignore[misc]

    def window(self, title: str) -> Window:
        """Its window, when it is called that (a regular expression)."""
        window = self.desktop.window(title)
        return self._windows.setdefault(window.number, window)


@contextlib.contextmanager
def _process(
    command: list[str], env: dict[str, str], pass_fds: tuple[int, ...] = ()
) -> Iterator[None]:
    """A program that runs as long as the `with` block, and no longer than this process.

    A shell stands between: it ends the program when its own input ends, which also happens when
    this process is killed and can clean up nothing.
    """
    watch = '"$@" & child=$!; read -r _; kill "$child"; wait "$child"'
    shell = subprocess.Popen(
        ["sh", "-c", watch, "sh", *command],
        env={**os.environ, **env},
        pass_fds=pass_fds,
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    assert shell.stdin is not None
    try:
        yield
    finally:
        shell.stdin.close()
        shell.wait(SECONDS)
