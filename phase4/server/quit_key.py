"""'q' ends a server without Enter.

A terminal collects a line before a program may read it, so that a person can correct it. A program
that wants a key to act at once asks the terminal for less: cbreak mode gives each key as it is
typed and does not show it, and Ctrl-C still interrupts. On every way out, the terminal gets its own
modes back.

Where there is no terminal, the `keyboard` package can listen to the machine's own keyboard. Its
keys are global: they count in every window, and a person who writes "quick" in a chat would stop
the server. So a bare q is hooked only where it is asked for by name (`global`), and otherwise three
keys at once that nobody types in a word. A hook that succeeds proves nothing: over SSH or in a
container it may never fire. Ctrl-C and SIGTERM always work.
"""

import atexit
import contextlib
import errno
import os
import re
import select
import signal
import sys
import threading
import warnings
from collections.abc import Callable
from typing import Any

from shared.defaults import POLL_SECONDS
from shared.wakeup import Wakeup

if sys.platform == "win32":
    import msvcrt
else:
    import termios
    import tty

MODES = ("auto", "terminal", "global", "off")
"""terminal: q, where standard input is one. global: q on the machine's keyboard, in any window.
auto: the terminal, or else Ctrl+Alt+Q on the machine's keyboard. off: no key."""

_NO_KEY = "Stop with Ctrl-C or SIGTERM."
_NO_TERMINAL = "No terminal here: stop with Ctrl-C or SIGTERM."
_JOIN_SECONDS = 1.0  # should the thread ever hang, the exit does not wait for it


_PRESS_Q = "Press q to stop."
if sys.platform == "win32":  # where nobody has tried q on a real console
    _PRESS_Q = "Stop with Ctrl-C. (q may do it, too: on a Windows console nobody has tried.)"


class QuitKey:
    """Calls `on_quit` when q is pressed, in the way of `mode`, one of MODES.

    `on_quit` runs once, in a thread of this class or of the `keyboard` package, and must be safe
    there. One thread calls `start`, once; any thread may call `stop`.
    """

    def __init__(self, mode: str, on_quit: Callable[[], None]) -> None:
        if mode not in MODES:
            raise ValueError(f"mode is one of {', '.join(MODES)}; not {mode!r}")
        self._mode = mode
        self._on_quit = on_quit
        self._source: _Terminal | _GlobalKey | None = None  # written by start() only

    def start(self) -> str:
        """Begin to listen; a sentence for the console that says what works. Raises nothing."""
        if self._mode == "off":
            return _NO_KEY
        atexit.register(self.stop)
        if self._mode != "global" and (descriptor := _terminal_of_stdin()) is not None:
            self._source = _Terminal(descriptor, self._on_quit)
        elif self._mode == "terminal":
            return _NO_TERMINAL
        else:
            self._source = _GlobalKey(self._on_quit, bare=self._mode == "global")
        return self._source.start()

    def stop(self) -> None:
        """Stop listening and give the terminal its modes back. Any thread; may be called twice."""
        atexit.unregister(self.stop)
        if self._source:
            self._source.stop()


def _terminal_of_stdin() -> int | None:
    """The descriptor of standard input, where that is a terminal."""
    try:
        descriptor = sys.stdin.fileno()
    except (AttributeError, OSError, ValueError):  # a service has none, or a closed one
        return None
    return descriptor if os.isatty(descriptor) else None


class _Terminal:
    """Single keys from a terminal, read by one thread, which ends after q or `stop`."""

    def __init__(self, descriptor: int, on_quit: Callable[[], None]) -> None:
        self._on_quit = on_quit
        self._wakeup = Wakeup()  # rung by stop(), closed by the thread
        self._keys = _Keys(descriptor)  # the thread's, once that runs
        # A daemon, so that a program that ends by an exception does not wait for a key. QuitKey's
        # stop() gives the terminal its modes back: it runs at every exit of the interpreter.
        self._thread = threading.Thread(target=self._run, name="quit key", daemon=True)

    def start(self) -> str:
        try:
            in_foreground = self._keys.take()  # now, so that the sentence below is true
            self._thread.start()
        except (*_TERMINAL_ERRORS, RuntimeError):  # RuntimeError: no room for a thread
            with contextlib.suppress(*_TERMINAL_ERRORS):
                self._keys.give_back()
            self._wakeup.close()
            return _NO_TERMINAL
        if in_foreground:
            return _PRESS_Q
        return "In the background: stop with SIGTERM, or type fg and press q."

    def stop(self) -> None:
        self._wakeup.ring()
        # on_quit may call this, in the thread itself; and a thread may have failed to start.
        if self._thread.is_alive() and self._thread is not threading.current_thread():
            self._thread.join(_JOIN_SECONDS)

    def _run(self) -> None:
        is_pressed = False
        with contextlib.suppress(*_TERMINAL_ERRORS):  # the window was closed: no key comes any more
            is_pressed = self._wait_for_q()
        with contextlib.suppress(*_TERMINAL_ERRORS):
            self._keys.give_back()
        self._wakeup.close()
        if is_pressed:
            self._on_quit()

    def _wait_for_q(self) -> bool:
        """True when q was pressed, False when stop() rang or the terminal is gone."""
        self._keys.enter_thread()
        while True:
            keys = self._keys.wait(self._wakeup)
            if keys is None:
                return False
            if "q" in keys or "Q" in keys:  # Q: caps lock is on
                return True


if sys.platform == "win32":
    _TERMINAL_ERRORS = (OSError,)
    _KEY_POLL_SECONDS = 0.1  # no call there waits for a key and for something else

    class _Keys:
        """The console's keys, one by one. No mode has to be set there."""

        def __init__(self, descriptor: int) -> None:
            pass

        def take(self) -> bool:
            return True

        def enter_thread(self) -> None:
            pass

        def wait(self, wakeup: Wakeup) -> str | None:
            """The key that was pressed, or "", or None when `wakeup` rang."""
            if wakeup.wait(0 if msvcrt.kbhit() else _KEY_POLL_SECONDS):
                return None
            if not msvcrt.kbhit():
                return ""
            key = msvcrt.getwch()
            if (
                key in "\0\xe0" and msvcrt.kbhit()
            ):  # a function key: its code follows, and 'q' is one
                msvcrt.getwch()
            return key

        def give_back(self) -> None:
            pass

else:
    _TERMINAL_ERRORS = (OSError, termios.error)
    _LOCAL_MODES = 3  # where tcgetattr() gives the modes that ICANON belongs to

    # Function keys arrive as an escape and more: the keypad's 1 may send "ESC O q".
    _ESCAPE_SEQUENCE = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|O.|.)?", re.DOTALL)

    class _Keys:
        """A terminal that is ours only while we are in its foreground.

        A background job that changes the terminal or reads from it is stopped by the system
        (SIGTTOU, SIGTTIN), and a stopped server serves nobody. So we ask first, each time: people
        press Ctrl-Z and type bg and fg as they please.
        """

        def __init__(self, descriptor: int) -> None:
            self._descriptor = descriptor
            self._found: list[Any] | None = None  # the modes to give back, while ours are set

        def enter_thread(self) -> None:
            """Make it an error, not a stop, to go to the background between asking and acting."""
            signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTTIN, signal.SIGTTOU})

        def take(self) -> bool:
            """Set cbreak mode, where it is not; False in the background.

            TCSANOW, here and below: a wait for the output to leave would not end in a terminal that
            was stopped with Ctrl-S.
            """
            if not self._in_foreground():
                return False
            modes = termios.tcgetattr(self._descriptor)
            if modes[_LOCAL_MODES] & termios.ICANON:  # at the start, and after Ctrl-Z and fg
                self._found = modes
                tty.setcbreak(self._descriptor, termios.TCSANOW)
            return True

        def wait(self, wakeup: Wakeup) -> str | None:
            """The keys that were pressed, perhaps none; None at the end, or when `wakeup` rang.

            select(), as poll() does not work with terminals on macOS.
            """
            keyboard = [self._descriptor] if self.take() else []
            ready = select.select([*keyboard, wakeup.fileno()], [], [], POLL_SECONDS)[0]
            if wakeup.fileno() in ready:
                return None
            if not ready or not self._in_foreground():
                return ""
            keys = os.read(self._descriptor, 1024).decode("utf-8", "replace")
            return _ESCAPE_SEQUENCE.sub("", keys) if keys else None

        def give_back(self) -> None:
            """Restore the modes; not in the background, where the shell has set its own."""
            if self._found and self._in_foreground():
                termios.tcsetattr(self._descriptor, termios.TCSANOW, self._found)
            self._found = None

        def _in_foreground(self) -> bool:
            try:
                return os.tcgetpgrp(self._descriptor) == os.getpgrp()
            except OSError as error:
                if error.errno != errno.ENOTTY:
                    raise  # the terminal is gone
                return True  # it does not control us, so the system does not stop us there


class _GlobalKey:
    """A key of the machine's keyboard, by the `keyboard` package.

    Its threads cannot be ended. They are daemons, and after `stop` they call nothing of ours.
    """

    def __init__(self, on_quit: Callable[[], None], *, bare: bool) -> None:
        self._on_quit = on_quit
        self._bare = bare
        self._unhook: Callable[[], None] | None = None

    def start(self) -> str:
        _hide_tracebacks_of_keyboard()
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                self._hook()
        except Exception as error:  # noqa: BLE001 - it fails differently on every system:
            # ImportError where we are not root (or on macOS, without pyobjc), AssertionError
            # without a text where there is no keyboard, FileNotFoundError without `dumpkeys`. The
            # key is a convenience: the server starts without it.
            why = str(error).rstrip(".") or "no keyboard was found"
            return (
                f"The global q does not work here ({why}). {_NO_KEY}"
                if self._bare
                else _NO_TERMINAL
            )
        if self._bare:
            return f"WARNING: q stops this server, in whatever window it is typed. {_NO_KEY}"
        return (
            "No terminal here: stop with Ctrl+Alt+Q on this machine's keyboard, if that is heard, "
            "or with Ctrl-C or SIGTERM."
        )

    def stop(self) -> None:
        unhook, self._unhook = self._unhook, None
        if unhook:
            with contextlib.suppress(
                KeyError, ValueError
            ):  # both are its words for: it was removed
                unhook()

    def _hook(self) -> None:
        import keyboard  # not at the top: importing it fails on some systems

        added = keyboard.add_hotkey("q" if self._bare else "ctrl+alt+q", self._pressed)
        self._unhook = lambda: keyboard.remove_hotkey(added)

    def _pressed(self) -> None:
        self.stop()  # first: a key that is held down repeats
        self._on_quit()


def _hide_tracebacks_of_keyboard() -> None:
    """Keep its threads from printing a traceback when a device cannot be opened or is unplugged."""
    previous = threading.excepthook

    def excepthook(args: threading.ExceptHookArgs) -> None:
        trace = args.exc_traceback
        while trace and trace.tb_next:
            trace = trace.tb_next
        raised_in = trace.tb_frame.f_globals.get("__name__", "") if trace else ""
        if not raised_in.startswith("keyboard."):
            previous(args)

    threading.excepthook = excepthook
