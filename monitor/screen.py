"""The dashboard on a terminal: keys in, rows out, and the terminal as it was when it ends.

New here: curses, the library that programs like this have used since 1980. It takes over a whole
terminal: it reads single keys, keeps a copy of what the terminal shows, and sends only what has
changed. What is taken over must be given back, whatever happens: `curses.wrapper` does so after q
and after a crash, and Ctrl-C, SIGTERM and a closed window end the loop like q does. Only the main
thread touches curses; it waits for keys alone, 0.1 s at a time, and never for the network.
"""

import contextlib
import curses
import locale
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace

from monitor import background
from monitor.drawing import ASCII, UNICODE, Glyphs
from monitor.fleet import press_fleet, render_fleet
from monitor.history import Figures, History, Moment
from monitor.keyboard import Keyboard
from monitor.palette import FEW, Palette, palette_for
from monitor.scene import Picture, Row, Scene, Span, Style, Ui, press
from monitor.source import Poller, remember
from monitor.view import render
from shared.stopping import interrupt_on_stop_signals, on_stop_signals
from shared.text import as_ascii, cells

_KEY_MILLISECONDS = 100  # a new reading is seen at most this late; a key at once
_FIRST_MILLISECONDS = 20
_MAX_KEYS = 100  # taken before the next picture: a text pasted in by mistake must not hold it up

# After Esc; by itself curses waits a second for the rest of an arrow key.
_ESCAPE_MILLISECONDS = "50"


_ALIKE = {"=": "+", "_": "-", "Q": "q"}  # the same key without Shift, or with it


class ScreenError(Exception):
    """There is no terminal to draw on; the text is a sentence that says why, and what to do."""


@dataclass(frozen=True, slots=True)
class Look:
    """How the dashboard is to look and sound, as the command line has it."""

    ascii_only: bool = False
    background: str = "auto"  # or "dark", or "light"
    has_bell: bool = True


class Watched:
    """One server on the screen. Everything in it belongs to the main thread."""

    def __init__(self, poller: Poller, address: str) -> None:
        self.poller = poller
        self.address = address
        self.history = History()
        self.frozen: Figures | None = None  # what is shown while paused
        self.heard = 0  # the number of the alarm for which the bell has rung

    @property
    def shown(self) -> Figures:
        """The figures that are to be seen."""
        return self.frozen or self.history.figures


def run(watched: Sequence[Watched], ui: Ui, look: Look) -> None:
    """Show the dashboard until somebody ends it. The main thread, after `check_terminal`."""
    os.environ.setdefault("ESCDELAY", _ESCAPE_MILLISECONDS)
    interrupt_on_stop_signals()  # what asks the terminal puts it back, and the loop has its own way
    answer = _background(look)
    curses.wrapper(
        lambda window: Screen(window, watched, ui, look, answer.background).loop(answer.typed)
    )


def _background(look: Look) -> background.Answer:
    """Whether the terminal is dark or light, as far as it matters."""
    if look.background != "auto":
        return background.Answer(look.background)
    if os.environ.get("NO_COLOR") or _colours() < FEW:
        return background.Answer()
    return background.ask(os.environ.get("TERM", ""))


def _colours() -> int:
    """How many colours the terminal has, by its description; Windows' console has sixteen."""
    return 16 if sys.platform == "win32" else curses.tigetnum("colors")


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
        self,
        window: "curses.window",
        watched: Sequence[Watched],
        ui: Ui,
        look: Look,
        background: str,
    ) -> None:
        self._window = window
        self._watched = watched
        self._ui = ui
        self._has_bell = look.has_bell
        self._interval_since: Moment | None = None
        self._glyphs = _glyphs(ascii_only=look.ascii_only)
        self._is_ascii = look.ascii_only or not has_unicode()
        self._keyboard = Keyboard(window, encoding="utf-8" if has_unicode() else "ascii")
        self._attributes = Attributes(background)
        self._picture = Picture(())
        self._stamp: tuple[object, ...] = ()  # of the scenes that the terminal shows
        self._stopping = False  # only ever set; by a signal handler too

    def loop(self, typed: bytes = b"") -> None:
        """Draw and take keys until `q` or a signal. `typed`: keys that came before."""
        on_stop_signals(self._stop)
        with contextlib.suppress(curses.error):  # a vt100 cannot hide its cursor
            curses.curs_set(0)
        self._keyboard.give_back(typed)
        while not self._stopping:
            self._take_answers()
            self._draw()
            self._take_keys()

    def _stop(self) -> None:
        self._stopping = True

    # --- readings ----------------------------------------------------------------------------

    def _take_answers(self) -> None:
        for watched in self._watched:
            for answer in watched.poller.take():
                remember(watched.history, answer)
            alarm = watched.history.figures.alarm
            if alarm and alarm.number > watched.heard:
                watched.heard = alarm.number
                self._ring()

    def _ring(self) -> None:
        if self._has_bell:
            with contextlib.suppress(curses.error):
                curses.beep()

    # --- keys --------------------------------------------------------------------------------

    def _take_keys(self) -> None:
        """Wait for a key, take all that came, then go on."""
        # Nobody likes to wait for the first picture.
        is_first = all(not each.history.figures.tracks[0].slots for each in self._watched)
        key = self._keyboard.next(_FIRST_MILLISECONDS if is_first else _KEY_MILLISECONDS)
        if not key and not sys.stdin.isatty():
            self._stop()  # the terminal is gone, and getch() would return at once for ever
        for _ in range(_MAX_KEYS):
            if not key or self._stopping:
                break
            self._take(key)
            key = self._keyboard.next(0)

    def _take(self, key: str) -> None:
        if key == "redraw":
            self._window.clearok(True)  # some terminals rearrange what they showed
            self._stamp = ()
        elif key == "background":  # the terminal's answer, late
            self._attributes = Attributes(self._keyboard.background)
            self._window.clearok(True)
            self._stamp = ()
        elif key == "click":
            clicked = self._picture.key_at(*self._keyboard.clicked)
            if clicked and not (self._ui.is_typing and len(clicked) == 1):  # it is not a letter
                self._press(clicked)
        else:
            self._press(key)

    def _press(self, name: str) -> None:
        before = self._ui
        if not before.is_typing:
            name = _ALIKE.get(name, name)
            if name == "q":
                self._stop()
                return
            if name == " " and all(each.shown.snapshot is None for each in self._watched):
                return  # there is nothing yet that could stand still
        if self._shows_all:
            self._ui = press_fleet(before, name, len(self._watched))
        else:
            self._ui = press(before, name)
        self._follow(before)

    def _follow(self, before: Ui) -> None:
        """Do what the key that was pressed means for the readings."""
        if self._ui.is_paused != before.is_paused:
            for each in self._watched:
                each.frozen = each.history.figures if self._ui.is_paused else None
        if self._ui.interval_seconds != before.interval_seconds:
            self._interval_since = Moment.now()
            for each in self._watched:
                each.poller.set_interval(self._ui.interval_seconds)

    # --- drawing -----------------------------------------------------------------------------

    @property
    def _shows_all(self) -> bool:
        return len(self._watched) > 1 and not self._ui.opened

    def _draw(self) -> None:
        """Bring the terminal up to date; write nothing where nothing has changed."""
        scenes = self._scenes()
        if _stamp(scenes) == self._stamp:
            return
        picture = render_fleet(scenes) if self._shows_all else render(scenes[0])
        self._picture = picture
        self._ui = replace(self._ui, scroll=picture.scroll, page=picture.page, total=picture.total)
        self._stamp = _stamp([replace(each, ui=self._ui) for each in scenes])
        self._window.erase()
        for y, row in enumerate(picture.rows):
            self._draw_row(y, row, scenes[0].width)
        self._window.noutrefresh()
        curses.doupdate()  # sends the cells that differ from what the terminal shows, no others

    def _scenes(self) -> list[Scene]:
        """Of all servers, or of the one that is shown."""
        chosen = self._watched
        if not self._shows_all:
            number = max(0, self._ui.opened - 1)
            chosen = chosen[number : number + 1]
        height, width = self._window.getmaxyx()
        now = Moment.now()
        return [
            Scene(
                address=each.address,
                figures=each.shown,
                current=each.history.figures,
                ui=self._ui,
                now=now,
                width=width,
                height=height,
                glyphs=self._glyphs,
                interval_since=self._interval_since,
                is_one_of_several=len(self._watched) > 1,
            )
            for each in chosen
        ]

    def _draw_row(self, y: int, row: Row, width: int) -> None:
        """Each span at its own place, so that one of an unexpected width moves no other."""
        x = 0
        for span in row:
            words = as_ascii(span.text) if self._is_ascii else span.text
            # curses complains after writing the last cell of the last row, since the cursor has
            # nowhere to go; and about any place that a resize has just taken away.
            with contextlib.suppress(curses.error):
                self._window.addstr(y, x, words, self._attributes.of(span))
            x += cells(span.text)
            if x >= width:
                break


def _stamp(scenes: Sequence[Scene]) -> tuple[object, ...]:
    return tuple(each.stamp for each in scenes)


class Attributes:
    """What each style looks like on this terminal, as curses wants it."""

    def __init__(self, background: str) -> None:
        """Gives curses all colours of the palette for a background; after initscr()."""
        colours = 0
        if curses.has_colors():
            with contextlib.suppress(curses.error):
                curses.use_default_colors()  # without this, curses draws white on black
            if not os.environ.get("NO_COLOR"):  # https://no-color.org
                colours = curses.COLORS
        self._pairs: dict[tuple[int, int], int] = {}
        self._palette: Palette = palette_for(colours, background)
        self._known: dict[tuple[Style, int | None], int] = {}

    def of(self, span: Span) -> int:
        """That of a span."""
        key = (span.style, span.shade)
        if key not in self._known:
            self._known[key] = self._made(*key)
        return self._known[key]

    def _made(self, style: Style, shade: int | None) -> int:
        look = self._palette.look(style, shade)
        made = curses.A_BOLD if look.is_bold else curses.A_NORMAL
        made |= curses.A_REVERSE if look.is_reversed else curses.A_NORMAL
        colours = (look.foreground, look.background)
        with contextlib.suppress(curses.error):  # fewer colours than it says: without, then
            if max(colours) >= 0:
                if colours not in self._pairs:
                    curses.init_pair(len(self._pairs) + 1, *colours)
                    self._pairs[colours] = len(self._pairs) + 1
                made |= curses.color_pair(self._pairs[colours])
        return made
