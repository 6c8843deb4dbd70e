"""'q' ends a server without Enter.

Where there is a terminal, `shared/keys.py` gives each key as it is typed. On every way out, the
terminal gets its own modes back. There a `/` begins a line (typed_line.py), in which q is a letter.

Where there is no terminal, the `keyboard` package can listen to the machine's own keyboard. Its
keys are global: they count in every window, and a person who writes "quick" in a chat would stop
the server. So a bare q is hooked only where it is asked for by name (`global`), and otherwise three
keys at once that nobody types in a word. A hook that succeeds proves nothing: over SSH or in a
container it may never fire. Ctrl-C and SIGTERM always work.
"""

import atexit
import contextlib
import sys
import threading
import warnings
from collections.abc import Callable
from itertools import pairwise
from typing import Protocol

from phase4.server.typed_line import TypedLine
from shared.keys import ESCAPE, TERMINAL_ERRORS, Keys, terminal_of_stdin
from shared.wakeup import Wakeup

MODES = ("auto", "terminal", "global", "off")
"""terminal: q, where standard input is one. global: q on the machine's keyboard, in any window.
auto: the terminal, or else Ctrl+Alt+Q on the machine's keyboard. off: no key."""

_NO_KEY = "Stop with Ctrl-C or SIGTERM."
_NO_TERMINAL = "No terminal here: stop with Ctrl-C or SIGTERM."
_JOIN_SECONDS = 1.0  # should the thread ever hang, the exit does not wait for it


_PRESS_Q = "Press q to stop."
_AND_A_LINE = " / begins a command: /help lists them."
if sys.platform == "win32":  # where nobody has tried q on a real console
    _PRESS_Q = "Stop with Ctrl-C. (q may do it, too: on a Windows console nobody has tried.)"


class Typing(Protocol):
    """Is told what is typed in the terminal, by the thread that reads the keys."""

    def show(self, text: str) -> None:
        """The line so far; empty: there is none."""

    def send(self, line: str) -> None:
        """The whole line: Return was pressed."""


class QuitKey:
    """Calls `on_quit` when q is pressed, in the way of `mode`, one of MODES.

    `on_quit` runs once, in a thread of this class or of the `keyboard` package, and must be safe
    there. One thread calls `start`, once; any thread may call `stop`.
    """

    def __init__(
        self, mode: str, on_quit: Callable[[], None], typing: Typing | None = None
    ) -> None:
        """`typing` is told the lines that are typed in the terminal; None: none can be."""
        if mode not in MODES:
            raise ValueError(f"mode is one of {', '.join(MODES)}; not {mode!r}")
        self._mode = mode
        self._on_quit = on_quit
        self._typing = typing
        self._source: _Terminal | _GlobalKey | None = None  # written by start() only

    def start(self) -> str:
        """Begin to listen; a sentence for the console that says what works. Raises nothing."""
        if self._mode == "off":
            return _NO_KEY
        atexit.register(self.stop)
        if self._mode != "global" and (descriptor := terminal_of_stdin()) is not None:
            self._source = _Terminal(descriptor, self._on_quit, self._typing)
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


class _Terminal:
    """Single keys from a terminal, read by one thread, which ends after q or `stop`."""

    def __init__(self, descriptor: int, on_quit: Callable[[], None], typing: Typing | None) -> None:
        self._on_quit = on_quit
        self._typing = typing
        self._line = TypedLine()  # the thread's
        self._wakeup = Wakeup()  # rung by stop(), closed by the thread
        self._keys = Keys(descriptor, has_alt=False)  # the thread's, once that runs
        # A daemon, so that a program that ends by an exception does not wait for a key. QuitKey's
        # stop() gives the terminal its modes back: it runs at every exit of the interpreter.
        self._thread = threading.Thread(target=self._run, name="quit key", daemon=True)

    def start(self) -> str:
        try:
            in_foreground = self._keys.take()  # now, so that the sentence below is true
            self._thread.start()
        except (*TERMINAL_ERRORS, RuntimeError):  # RuntimeError: no room for a thread
            with contextlib.suppress(*TERMINAL_ERRORS):
                self._keys.give_back()
            self._wakeup.close()
            return _NO_TERMINAL
        if in_foreground:
            return _PRESS_Q + _AND_A_LINE * (self._typing is not None)
        return "In the background: stop with SIGTERM, or type fg and press q."

    def stop(self) -> None:
        self._wakeup.ring()
        # on_quit may call this, in the thread itself; and a thread may have failed to start.
        if self._thread.is_alive() and self._thread is not threading.current_thread():
            self._thread.join(_JOIN_SECONDS)

    def _run(self) -> None:
        is_pressed = False
        with contextlib.suppress(*TERMINAL_ERRORS):  # the window was closed: no key comes any more
            is_pressed = self._wait_for_q()
        with contextlib.suppress(*TERMINAL_ERRORS):
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
            for before, key in pairwise(f" {keys}"):
                if self._is_quit(key) and before != ESCAPE:  # with it, it was Alt and q
                    return True

    def _is_quit(self, key: str) -> bool:
        """Whether this key ends the server; if not, it may belong to a line."""
        if self._typing is None or not (self._line.text or key == "/"):
            return key in "qQ"  # Q: caps lock is on
        line = self._line.feed(key)
        self._typing.show(self._line.text)
        if line:
            self._typing.send(line)
        return False


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
