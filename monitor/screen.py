"""The dashboard on a terminal: keys in, rows out, and the terminal as it was when it ends.

New here: curses, the library that programs like this have used since 1980. It takes over a whole
terminal: it reads single keys, keeps a copy of what the terminal shows, and sends only what has
changed. What is taken over must be given back, whatever happens: `curses.wrapper` does so after q
and after a crash, and Ctrl-C, SIGTERM and a closed window end the loop like q does. Only the main
thread touches curses; it waits for keys alone, 0.1 s at a time, and never for the network.
"""

import codecs
import contextlib
import curses
import locale
import os
import sys
from dataclasses import replace

from monitor.drawing import ASCII, UNICODE, Glyphs
from monitor.history import Figures, History, Moment
from monitor.scene import Row, Scene, Style, Ui, press
from monitor.source import Poller
from monitor.view import render
from shared.stopping import on_stop_signals
from shared.text import as_ascii, cells

_KEY_MILLISECONDS = 100  # a new reading is seen at most this late; a key at once
_FIRST_MILLISECONDS = 20
_MAX_KEYS = 100  # taken before the next picture: a text pasted in by mistake must not hold it up
_ESCAPE_MILLISECONDS = (
    "50"  # after Esc; by itself curses waits a second for the rest of an arrow key
)

_KEYS: dict[int | str, str] = {
    curses.KEY_UP: "up",
    curses.KEY_DOWN: "down",
    curses.KEY_PPAGE: "page up",
    curses.KEY_NPAGE: "page down",
    curses.KEY_HOME: "home",
    curses.KEY_END: "end",
    curses.KEY_BACKSPACE: "backspace",
    curses.KEY_ENTER: "enter",
    "\x7f": "backspace",
    "\b": "backspace",
    "\n": "enter",
    "\r": "enter",
    "\x1b": "escape",
}

_ALIKE = {"=": "+", "_": "-", "Q": "q"}  # the same key without Shift, or with it
_REDRAW = "\x0c"  # Ctrl-L


class ScreenError(Exception):
    """There is no terminal to draw on; the text is a sentence that says why, and what to do."""


def run(poller: Poller, address: str, ui: Ui, *, ascii_only: bool = False) -> None:
    """Show the dashboard until somebody ends it. The main thread, after `check_terminal`."""
    os.environ.setdefault("ESCDELAY", _ESCAPE_MILLISECONDS)
    curses.wrapper(lambda window: Screen(window, poller, address, ui, ascii_only=ascii_only).loop())


def check_terminal() -> None:
    """Raise ScreenError where curses could only draw garbage, or would end the program itself."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise ScreenError("This is not a terminal; use --once for plain text, or --json.")
    if sys.platform == "win32":
        return  # its console needs no description
    name = os.environ.get("TERM", "")
    try:
        curses.setupterm()
    except curses.error:
        raise ScreenError(
            f"This system does not know the terminal TERM={name!r}; set TERM, or use --once."
        ) from None
    if curses.tigetstr("cup") is None:
        raise ScreenError(
            f"A terminal TERM={name!r} cannot move its cursor; use --once for plain text."
        )


def has_unicode() -> bool:
    """Whether the C library that curses stands on writes UTF-8 here.

    Python's own encoding says nothing about that: it may be UTF-8 whatever the locale is (PEP 540).
    """
    if sys.platform == "win32":
        return True
    return locale.nl_langinfo(locale.CODESET).upper().replace("-", "") == "UTF8"


def _glyphs(*, ascii_only: bool) -> Glyphs:
    # The Linux console writes UTF-8, but its font has no more than 512 characters.
    is_plain = ascii_only or not has_unicode() or os.environ.get("TERM") == "linux"
    return ASCII if is_plain else UNICODE


class Screen:
    """The dashboard while it runs. Everything in it belongs to the main thread."""

    def __init__(
        self, window: "curses.window", poller: Poller, address: str, ui: Ui, *, ascii_only: bool
    ) -> None:
        self._window = window
        self._poller = poller
        self._address = address
        self._ui = ui
        self._history = History()
        self._interval_since: Moment | None = None
        self._frozen: Figures | None = None  # what is shown while paused
        self._glyphs = _glyphs(ascii_only=ascii_only)
        self._is_ascii = ascii_only or not has_unicode()
        decoder = codecs.getincrementaldecoder("utf-8" if has_unicode() else "ascii")
        self._decoder = decoder("ignore")  # what cannot be read was not typed
        self._attributes = _attributes()
        self._stamp: tuple[object, ...] = ()  # of the scene that the terminal shows
        self._stopping = False  # only ever set; by a signal handler too

    def loop(self) -> None:
        """Draw and take keys until `q` or a signal."""
        on_stop_signals(self._stop)
        with contextlib.suppress(curses.error):  # a vt100 cannot hide its cursor
            curses.curs_set(0)
        while not self._stopping:
            self._take_answers()
            self._draw()
            self._take_keys()

    def _stop(self) -> None:
        self._stopping = True

    # --- readings ----------------------------------------------------------------------------

    def _take_answers(self) -> None:
        for answer in self._poller.take():
            if answer.snapshot:
                self._history.succeed(answer.snapshot, answer.at)
            else:
                self._history.fail(answer.problem, answer.at, unreadable=answer.is_unreadable)

    # --- keys --------------------------------------------------------------------------------

    def _take_keys(self) -> None:
        """Wait for a key, take all that came, then go on."""
        is_first = not self._history.figures.slots  # nobody likes to wait for the first picture
        self._window.timeout(_FIRST_MILLISECONDS if is_first else _KEY_MILLISECONDS)
        key = self._next_key()
        if not key and not sys.stdin.isatty():
            self._stop()  # the terminal is gone, and getch() would return at once for ever
        self._window.timeout(0)
        for _ in range(_MAX_KEYS):
            if not key or self._stopping:
                break
            self._press(key)
            key = self._next_key()

    def _next_key(self) -> int | str:
        """A character, the number of another key, or nothing.

        getch() gives a character byte by byte. get_wch() would put it together, but where the bytes
        are none of this locale's it swallows the keys that follow.
        """
        key = self._window.getch()
        while 128 <= key < 256:  # more of the character follows at once
            letter = self._decoder.decode(bytes([key]))
            if letter:
                return letter
            key = self._window.getch()
        return "" if key == -1 else self._decoder.decode(bytes([key])) if key < 128 else key

    def _press(self, key: int | str) -> None:
        if key in (curses.KEY_RESIZE, _REDRAW):
            self._window.clearok(True)  # some terminals rearrange what they showed
            self._stamp = ()
            return
        name = _KEYS.get(key) or (key if isinstance(key, str) else "")
        before = self._ui
        if not before.is_typing:
            name = _ALIKE.get(name, name)
            if name == "q":
                self._stop()
                return
            if name == " " and self._shown.snapshot is None:
                return  # there is nothing yet that could stand still
        self._ui = press(before, name)
        if self._ui.is_paused != before.is_paused:
            self._frozen = self._history.figures if self._ui.is_paused else None
        if self._ui.interval_seconds != before.interval_seconds:
            self._interval_since = Moment.now()
            self._poller.set_interval(self._ui.interval_seconds)

    # --- drawing -----------------------------------------------------------------------------

    @property
    def _shown(self) -> Figures:
        return self._frozen or self._history.figures

    def _draw(self) -> None:
        """Bring the terminal up to date; write nothing where nothing has changed."""
        scene = self._scene()
        if scene.stamp == self._stamp:
            return
        picture = render(scene)
        self._ui = replace(self._ui, scroll=picture.scroll, page=picture.page, total=picture.total)
        self._stamp = replace(scene, ui=self._ui).stamp
        self._window.erase()
        for y, row in enumerate(picture.rows):
            self._draw_row(y, row, scene.width)
        self._window.noutrefresh()
        curses.doupdate()  # sends the cells that differ from what the terminal shows, no others

    def _scene(self) -> Scene:
        height, width = self._window.getmaxyx()
        return Scene(
            address=self._address,
            figures=self._shown,
            current=self._history.figures,
            ui=self._ui,
            now=Moment.now(),
            width=width,
            height=height,
            glyphs=self._glyphs,
            interval_since=self._interval_since,
        )

    def _draw_row(self, y: int, row: Row, width: int) -> None:
        """Each span at its own place, so that one of an unexpected width moves no other."""
        x = 0
        for span in row:
            words = as_ascii(span.text) if self._is_ascii else span.text
            # curses complains after writing the last cell of the last row, since the cursor has
            # nowhere to go; and about any place that a resize has just taken away.
            with contextlib.suppress(curses.error):
                self._window.addstr(y, x, words, self._attributes[span.style])
            x += cells(span.text)
            if x >= width:
                break


def _attributes() -> dict[Style, int]:
    """What each style looks like here: in colour, or else by brightness and inversion."""
    attributes = dict(_MONO)
    if not curses.has_colors():
        return attributes
    with contextlib.suppress(curses.error):
        curses.use_default_colors()  # without this, curses draws white on black
    if os.environ.get("NO_COLOR"):  # https://no-color.org
        return attributes
    for pair, (style, (foreground, background, extra)) in enumerate(_COLOURS.items(), start=1):
        with contextlib.suppress(curses.error):  # fewer colours than we want: mono for this one
            curses.init_pair(pair, foreground, background)
            attributes[style] = curses.color_pair(pair) | extra
    return attributes


_MONO = {
    Style.PLAIN: curses.A_NORMAL,
    Style.DIM: curses.A_DIM,
    Style.STRONG: curses.A_BOLD,
    Style.LIVE_BAR: curses.A_REVERSE,
    Style.WARN_BAR: curses.A_REVERSE | curses.A_BOLD,
    Style.BAD_BAR: curses.A_REVERSE | curses.A_BOLD,
    Style.GOOD: curses.A_NORMAL,
    Style.WARN: curses.A_BOLD,
    Style.BAD: curses.A_BOLD,
    Style.PEOPLE: curses.A_BOLD,
    Style.MESSAGES: curses.A_BOLD,
    Style.RULE: curses.A_DIM,
    Style.TITLE: curses.A_BOLD,
    Style.KEY: curses.A_BOLD,
}

_DEFAULT = -1  # the terminal's own background
_COLOURS = {
    Style.LIVE_BAR: (curses.COLOR_BLACK, curses.COLOR_GREEN, 0),
    Style.WARN_BAR: (curses.COLOR_BLACK, curses.COLOR_YELLOW, 0),
    Style.BAD_BAR: (curses.COLOR_WHITE, curses.COLOR_RED, curses.A_BOLD),
    Style.GOOD: (curses.COLOR_GREEN, _DEFAULT, 0),
    Style.WARN: (curses.COLOR_YELLOW, _DEFAULT, curses.A_BOLD),
    Style.BAD: (curses.COLOR_RED, _DEFAULT, curses.A_BOLD),
    Style.PEOPLE: (curses.COLOR_CYAN, _DEFAULT, curses.A_BOLD),
    Style.MESSAGES: (curses.COLOR_GREEN, _DEFAULT, curses.A_BOLD),
    Style.RULE: (curses.COLOR_BLUE, _DEFAULT, 0),
    Style.KEY: (curses.COLOR_CYAN, _DEFAULT, curses.A_BOLD),
}
