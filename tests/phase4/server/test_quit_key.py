"""The quit key: q ends a server without Enter, and leaves the terminal as it was.

Each check runs a tiny program with a real terminal (a pty, and for job control a real shell), or
with the real `keyboard` package: there key events in the kernel's format come through a FIFO, and
only what needs a keyboard's hardware is replaced: the list of devices, `dumpkeys`, uinput and the
question whether we are root.
"""

import os
import re
import select
import signal
import struct
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from phase4.server.quit_key import MODES, QuitKey
from tests.kit.harness import ROOT, SECONDS, environment, wait_until

if sys.platform == "win32":
    pytest.skip("Windows has neither ptys nor FIFOs", allow_module_level=True)

import fcntl
import pty
import termios

PROGRAM = """
import fcntl, os, sys, termios, threading
from phase4.server.quit_key import QuitKey
from shared.stopping import on_stop_signals
from shared.wakeup import Wakeup

mode, *options = sys.argv[1:]
if "own" in options:  # make the terminal ours, as a shell's is
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)
exec(os.environ.get("BEFORE", ""))

done = Wakeup()
quit_key = None
def on_quit():
    print("q was pressed", flush=True)
    quit_key.stop()
    done.ring()
quit_key = QuitKey(mode, on_quit)
on_stop_signals(done.ring)
print(quit_key.start(), flush=True)
exec(os.environ.get("AFTER", ""))
while not done.wait(0.2):
    pass
quit_key.stop()
quit_key.stop()
done.close()
exec(os.environ.get("LAST", ""))
print("threads:", [each.name for each in threading.enumerate()], flush=True)
"""


class Tiny:
    """The program above in a process; its output lines are read with a deadline."""

    def __init__(
        self, *arguments: str, stdin: int = subprocess.DEVNULL, env: dict[str, str] | None = None
    ) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-W", "error", "-c", PROGRAM, *arguments],
            cwd=ROOT,
            env={**environment(), **(env or {}), "PYTHONPATH": str(ROOT)},
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            bufsize=0,  # or select() would not know of a line that is in our buffer already
            start_new_session=True,
        )

    def line(self) -> str:
        """The next line of its output."""
        assert self.process.stdout is not None
        ready = select.select([self.process.stdout], [], [], SECONDS)[0]
        assert ready, f"no line came within {SECONDS:g} s"
        return self.process.stdout.readline().decode().rstrip("\n")

    def ends(self) -> tuple[int, str, str]:
        """Wait for its end: exit status, the rest of its output, its errors."""
        out, err = self.process.communicate(timeout=SECONDS)
        return self.process.returncode, out.decode(), err.decode()

    def kill(self) -> None:
        """End it, whatever happened."""
        if self.process.poll() is None:
            self.process.kill()
            self.process.communicate(timeout=SECONDS)
        for stream in (self.process.stdout, self.process.stderr):
            if stream:
                stream.close()


class Terminal:
    """A pty: `keyboard` is the person's side, `slave` the program's."""

    def __init__(self) -> None:
        self.keyboard, self.slave = pty.openpty()
        self.before = termios.tcgetattr(self.slave)
        self.shown = b""  # on its screen

    def type(self, keys: bytes) -> None:
        """Press keys."""
        os.write(self.keyboard, keys)

    def unread(self) -> int:
        """How many bytes wait for the program."""
        size: int = struct.unpack("i", fcntl.ioctl(self.slave, termios.FIONREAD, bytes(4)))[0]
        return size

    def is_as_before(self) -> bool:
        """Whether its modes are those it had at first."""
        return termios.tcgetattr(self.slave) == self.before

    def read(self) -> bytes:
        """What is shown by now."""
        while select.select([self.keyboard], [], [], 0)[0]:
            self.shown += os.read(self.keyboard, 4096)
        return self.shown

    def expect(self, pattern: bytes) -> None:
        """Wait until something new that matches is shown, and forget what came up to there."""
        deadline = time.monotonic() + SECONDS
        while not (found := re.search(pattern, self.read())):
            assert time.monotonic() < deadline, f"no {pattern!r} in {self.shown!r}"
            select.select([self.keyboard], [], [], 0.1)
        self.shown = self.shown[found.end() :]

    def close(self) -> None:
        """Close the window."""
        for end in (self.keyboard, self.slave):
            if end >= 0:
                os.close(end)
        self.keyboard = self.slave = -1


@pytest.fixture
def terminal() -> Iterator[Terminal]:
    """A terminal, closed afterwards."""
    pair = Terminal()
    yield pair
    pair.close()


@pytest.fixture
def tinies() -> Iterator[list[Tiny]]:
    """Programs put in here are ended afterwards."""
    programs: list[Tiny] = []
    yield programs
    for each in programs:
        each.kill()


@pytest.fixture
def in_terminal(terminal: Terminal, tinies: list[Tiny]) -> Tiny:
    """The program in mode auto in the foreground of `terminal`, listening."""
    tinies.append(Tiny("auto", "own", stdin=terminal.slave))
    assert tinies[0].line() == "Press q to stop."
    return tinies[0]


NO_THREAD_LEFT = "threads: ['MainThread']\n"


# --- in a terminal ---------------------------------------------------------------------------


@pytest.mark.parametrize("key", [b"q", b"Q"])
def test_q_ends_it_without_enter(terminal: Terminal, in_terminal: Tiny, key: bytes) -> None:
    terminal.type(key)
    assert in_terminal.ends() == (0, "q was pressed\n" + NO_THREAD_LEFT, "")
    assert terminal.is_as_before()


TELL_WHAT_IS_READ = """
read = os.read
def read_and_tell(*arguments):
    keys = read(*arguments)
    print(keys.hex(), flush=True)
    return keys
os.read = read_and_tell
"""


@pytest.mark.parametrize(
    "keys",
    [b"abc \r\n\t", b"\x04", "é€😀".encode(), b"\x1b[A", b"\x1bOq", b"\x1bq", b"\xff"],
    ids=["letters", "Ctrl-D", "UTF-8", "Up", "keypad 1", "Alt-q", "no UTF-8"],
)
def test_other_keys_do_not(terminal: Terminal, tinies: list[Tiny], keys: bytes) -> None:
    env = {"BEFORE": TELL_WHAT_IS_READ}
    tinies.append(Tiny("auto", "own", stdin=terminal.slave, env=env))
    assert tinies[0].line() == "Press q to stop."
    terminal.type(keys)
    read = b""
    while len(read) < len(keys):
        read += bytes.fromhex(tinies[0].line())
    terminal.type(b"z")  # the fence: after a q nothing would be read any more
    assert tinies[0].line() == b"z".hex()


def test_a_key_that_is_pressed_is_not_shown(terminal: Terminal, in_terminal: Tiny) -> None:
    terminal.type(b"xyzq")
    in_terminal.ends()
    assert terminal.read() == b""


def test_ctrl_c_still_interrupts(terminal: Terminal, in_terminal: Tiny) -> None:
    terminal.type(b"\x03")
    assert in_terminal.ends() == (0, NO_THREAD_LEFT, "")
    assert terminal.is_as_before()


def test_sigterm_gives_the_terminal_back(terminal: Terminal, in_terminal: Tiny) -> None:
    assert not terminal.is_as_before()  # or the last line proved nothing
    in_terminal.process.send_signal(signal.SIGTERM)
    assert in_terminal.ends()[0] == 0
    assert terminal.is_as_before()


@pytest.mark.parametrize("way_out", ["1 / 0", "sys.exit(1)"])
def test_leaving_without_stop_gives_the_terminal_back(
    terminal: Terminal, tinies: list[Tiny], way_out: str
) -> None:
    tinies.append(Tiny("auto", "own", stdin=terminal.slave, env={"AFTER": way_out}))
    assert tinies[0].line() == "Press q to stop."
    assert tinies[0].ends()[0] == 1
    assert terminal.is_as_before()


def test_a_terminal_that_goes_away_ends_the_key_alone(
    terminal: Terminal, tinies: list[Tiny]
) -> None:
    ignore_hangup = "import signal; signal.signal(signal.SIGHUP, signal.SIG_IGN)"
    gone = (
        "[each.join() for each in threading.enumerate() if each.name == 'quit key']\n"
        "print('the key ended', flush=True)"
    )
    tinies.append(
        Tiny("auto", "own", stdin=terminal.slave, env={"BEFORE": ignore_hangup, "AFTER": gone})
    )
    assert tinies[0].line() == "Press q to stop."
    terminal.close()
    assert tinies[0].line() == "the key ended"
    tinies[0].process.send_signal(signal.SIGTERM)
    assert tinies[0].ends() == (0, NO_THREAD_LEFT, "")


def test_a_terminal_that_does_not_control_us_works_too(
    terminal: Terminal, tinies: list[Tiny]
) -> None:
    tinies.append(Tiny("terminal", stdin=terminal.slave))
    assert tinies[0].line() == "Press q to stop."
    terminal.type(b"q")
    assert tinies[0].ends() == (0, "q was pressed\n" + NO_THREAD_LEFT, "")
    assert terminal.is_as_before()


def test_off_leaves_the_terminal_alone(terminal: Terminal, tinies: list[Tiny]) -> None:
    tinies.append(Tiny("off", "own", stdin=terminal.slave))
    assert tinies[0].line() == "Stop with Ctrl-C or SIGTERM."
    assert terminal.is_as_before()
    terminal.type(b"q\n")
    wait_until(lambda: terminal.unread() == 2, "the keys are there")
    tinies[0].process.send_signal(signal.SIGTERM)
    assert tinies[0].ends() == (0, NO_THREAD_LEFT, "")
    assert terminal.unread() == 2  # still


# --- in the background -----------------------------------------------------------------------


TELL_THE_MODES = """
modes = termios.tcgetattr(0)[3]
print("collects lines:", bool(modes & termios.ICANON), "shows keys:", bool(modes & termios.ECHO))
"""
COOKED = rb"collects lines: True shows keys: True"


@pytest.fixture
def shell(terminal: Terminal, tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    """An interactive shell with job control in `terminal`, and the program as `./tiny`."""
    script = tmp_path / "tiny"
    script.write_text(PROGRAM)
    take = "import fcntl, os, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0); "
    command = "os.execvp('bash', ['bash', '--norc', '--noprofile', '--noediting', '-i'])"
    process = subprocess.Popen(
        [sys.executable, "-c", take + command],
        cwd=tmp_path,
        env={
            **environment(),
            "PYTHONPATH": str(ROOT),
            "PS1": "ready> ",
            "TERM": "dumb",
            "LAST": TELL_THE_MODES,
        },
        stdin=terminal.slave,
        stdout=terminal.slave,
        stderr=terminal.slave,
        start_new_session=True,
    )
    terminal.expect(rb"ready> $")
    yield process
    terminal.close()  # the shell and its jobs get SIGHUP
    process.wait(SECONDS)


def start_job(terminal: Terminal, *, background: bool) -> None:
    """Have the shell start the program."""
    terminal.type(f"{sys.executable} tiny auto{' &' if background else ''}\n".encode())


def test_a_background_job_is_not_stopped(
    terminal: Terminal, shell: subprocess.Popen[bytes]
) -> None:
    start_job(terminal, background=True)
    terminal.expect(rb"In the background: stop with SIGTERM, or type fg and press q\.")
    terminal.type(b"kill %1; wait %1; echo status=$?\n")
    terminal.expect(rb"threads: \['MainThread'\]")
    terminal.expect(rb"status=0")


def test_q_works_after_fg(terminal: Terminal, shell: subprocess.Popen[bytes]) -> None:
    start_job(terminal, background=True)
    terminal.expect(rb"In the background")
    terminal.type(b"fg\n")
    wait_until(lambda: not is_cooked(terminal), "the key takes the terminal")
    terminal.type(b"q")
    terminal.expect(rb"q was pressed")
    terminal.expect(COOKED)


def test_q_works_after_ctrl_z_and_fg(terminal: Terminal, shell: subprocess.Popen[bytes]) -> None:
    start_job(terminal, background=False)
    terminal.expect(rb"Press q to stop\.")
    terminal.type(b"\x1a")
    terminal.expect(rb"Stopped")
    terminal.expect(rb"ready> $")
    terminal.type(b"stty sane; bg; fg\n")
    wait_until(lambda: not is_cooked(terminal), "the key takes the terminal again")
    terminal.type(b"q")
    terminal.expect(rb"q was pressed")
    terminal.expect(COOKED)


def is_cooked(terminal: Terminal) -> bool:
    """Whether it collects whole lines and shows what is typed."""
    modes: int = termios.tcgetattr(terminal.slave)[3]
    return bool(modes & termios.ICANON and modes & termios.ECHO)


# --- without a terminal ----------------------------------------------------------------------


@pytest.mark.parametrize("close", ["", "os.close(0)", "sys.stdin = None"])
def test_without_a_terminal_it_says_how_to_stop(tinies: list[Tiny], close: str) -> None:
    tinies.append(Tiny("terminal", env={"BEFORE": close}))
    assert tinies[0].line() == "No terminal here: stop with Ctrl-C or SIGTERM."
    tinies[0].process.send_signal(signal.SIGTERM)
    assert tinies[0].ends() == (0, NO_THREAD_LEFT, "")


def test_a_mode_that_is_not_known_is_refused() -> None:
    with pytest.raises(ValueError, match="auto, terminal, global, off"):
        QuitKey("always", lambda: None)
    assert len(MODES) == 4


# --- the `keyboard` package ------------------------------------------------------------------

on_linux = pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="the events are those of Linux' kernel"
)

Q, F, CTRL, ALT = 16, 33, 29, 56  # key codes, see linux/input-event-codes.h
EV_KEY = 1

DUMPKEYS = """#!/bin/sh
case "$1" in --keys-only)
echo "keycode  16 = +q +Q"
echo "keycode  29 = Control"
echo "keycode  33 = +f +F"
echo "keycode  56 = Alt"
esac
"""

MACHINE = """
from keyboard import _nixcommon, _nixkeyboard
def no_uinput():
    raise OSError("no uinput here")
_nixcommon.make_uinput = no_uinput
_nixcommon.list_devices_from_by_id = lambda *_, **__: []
_nixcommon.list_devices_from_proc = lambda _: [_nixcommon.EventDevice(os.environ["DEVICE"])]
_nixcommon.ensure_root = _nixkeyboard.ensure_root = lambda: None
"""

FENCE = """
import keyboard
keyboard.hook(lambda event: print(event.event_type, event.scan_code, flush=True))
"""
"""Each event is told after the keys that are hooked have had their turn: `q was pressed` must come
before `down 16`, or it does not come."""


class Keyboard:
    """A keyboard of the machine: a FIFO that carries the kernel's `struct input_event`."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "event0"
        os.mkfifo(self.path)
        self._pipe = os.open(self.path, os.O_RDWR)  # O_RDWR: do not wait for the reader
        tools = folder / "tools"
        tools.mkdir()
        (tools / "dumpkeys").write_text(DUMPKEYS)
        (tools / "dumpkeys").chmod(0o755)
        self.environment = {
            "BEFORE": MACHINE,
            "DEVICE": str(self.path),
            "PATH": f"{tools}:{os.environ['PATH']}",
        }

    def _send(self, code: int, value: int) -> None:
        os.write(self._pipe, struct.pack("llHHI", 0, 0, EV_KEY, code, value))

    def press(self, code: int) -> str:
        """Press a key and hold it; what FENCE tells of that."""
        self._send(code, 1)
        return f"down {code}"

    def release(self, code: int) -> str:
        """Let go of a key; what FENCE tells of that."""
        self._send(code, 0)
        return f"up {code}"

    def unplug(self) -> None:
        """End the stream of events."""
        if self._pipe >= 0:
            os.close(self._pipe)
        self._pipe = -1


@pytest.fixture
def keyboard(tmp_path: Path) -> Iterator[Keyboard]:
    """A keyboard, unplugged afterwards."""
    device = Keyboard(tmp_path)
    yield device
    device.unplug()


CHORD_SENTENCE = (
    "No terminal here: stop with Ctrl+Alt+Q on this machine's keyboard, if that is heard, "
    "or with Ctrl-C or SIGTERM."
)


def listen(keyboard: Keyboard, tinies: list[Tiny], mode: str, after: str = "") -> tuple[Tiny, str]:
    """The program without a terminal, FENCE at work and `after` done; and what it said of q."""
    env = {**keyboard.environment, "AFTER": f"{FENCE}\n{after}\nprint('ready', flush=True)"}
    tinies.append(Tiny(mode, env=env))
    sentence = tinies[0].line()
    assert tinies[0].line() == "ready"
    return tinies[0], sentence


@on_linux
def test_without_a_terminal_three_keys_end_it_and_a_bare_q_does_not(
    keyboard: Keyboard, tinies: list[Tiny]
) -> None:
    tiny, sentence = listen(keyboard, tinies, "auto")
    assert sentence == CHORD_SENTENCE
    assert keyboard.press(Q) == tiny.line()
    assert keyboard.release(Q) == tiny.line()
    for key in (CTRL, ALT):
        assert keyboard.press(key) == tiny.line()
    keyboard.press(Q)
    assert tiny.line() == "q was pressed"
    status, _, errors = tiny.ends()
    assert (status, errors) == (0, "")


@on_linux
def test_global_warns_and_a_bare_q_ends_it_once(keyboard: Keyboard, tinies: list[Tiny]) -> None:
    tiny, sentence = listen(keyboard, tinies, "global", "done.ring = lambda: None")
    assert sentence == (
        "WARNING: q stops this server, in whatever window it is typed. Stop with Ctrl-C or SIGTERM."
    )
    assert keyboard.press(F) == tiny.line()
    assert keyboard.release(F) == tiny.line()
    pressed = keyboard.press(Q)
    assert tiny.line() == "q was pressed"
    assert tiny.line() == pressed
    assert keyboard.press(Q) == tiny.line()  # held down, it repeats


@on_linux
def test_after_stop_the_key_is_not_heard(keyboard: Keyboard, tinies: list[Tiny]) -> None:
    tiny, _ = listen(keyboard, tinies, "global", "quit_key.stop()")
    assert keyboard.press(Q) == tiny.line()


FAULTS = {
    "it is not installed": ("sys.modules['keyboard'] = None", "import of keyboard halted"),
    "we are not root": (
        "import keyboard; from keyboard import _nixcommon; os.geteuid = lambda: 1000",
        "You must be root to use this library on linux",
    ),
    "there is no keyboard": (
        MACHINE + "_nixcommon.list_devices_from_proc = lambda _: []",
        "no keyboard was found",
    ),
    "there is no dumpkeys": (MACHINE + "os.environ['PATH'] = '/nowhere'", "No such file"),
    "the device cannot be opened": (
        MACHINE + "os.environ['DEVICE'] = '/nowhere'; os.environ['PATH'] = '/nowhere'",
        "No such file",
    ),
}


@on_linux
@pytest.mark.parametrize("mode", ["auto", "global"])
@pytest.mark.parametrize("fault", FAULTS)
def test_where_it_fails_a_sentence_says_so_and_no_traceback(
    keyboard: Keyboard, tinies: list[Tiny], mode: str, fault: str
) -> None:
    before, why = FAULTS[fault]
    tinies.append(Tiny(mode, env={**keyboard.environment, "BEFORE": before}))
    sentence = tinies[0].line()
    if mode == "auto":
        assert sentence == "No terminal here: stop with Ctrl-C or SIGTERM."
    else:
        assert sentence.startswith("The global q does not work here (")
        assert why in sentence
        assert sentence.endswith("). Stop with Ctrl-C or SIGTERM.")
    tinies[0].process.send_signal(signal.SIGTERM)
    status, _, errors = tinies[0].ends()
    assert (status, errors) == (0, "")


@on_linux
def test_a_keyboard_that_is_unplugged_prints_no_traceback(
    keyboard: Keyboard, tinies: list[Tiny]
) -> None:
    tiny, _ = listen(keyboard, tinies, "auto")
    assert keyboard.press(F) == tiny.line()
    keyboard.unplug()
    wait_until(lambda: count_threads(tiny) == 3, "the thread that read the device has ended")
    tiny.process.send_signal(signal.SIGTERM)
    status, _, errors = tiny.ends()
    assert (status, errors) == (0, "")


def count_threads(tiny: Tiny) -> int:
    """Those of the program: the main thread, and with a keyboard three of the package."""
    return len(os.listdir(f"/proc/{tiny.process.pid}/task"))


@on_linux
def test_tracebacks_of_our_own_threads_are_still_shown(
    keyboard: Keyboard, tinies: list[Tiny]
) -> None:
    crash = "threading.Thread(target=lambda: 1 / 0).start()"
    tiny, _ = listen(keyboard, tinies, "auto", crash)
    tiny.process.send_signal(signal.SIGTERM)
    assert "ZeroDivisionError" in tiny.ends()[2]
