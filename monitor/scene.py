"""What a picture is made of: the figures, the person's choices, the size; and the keys. Pure.

A `Scene` is everything that a picture depends on, in one piece: code that draws a part of it is
given the scene, and a test builds one by hand. Styles are names here ("this is bad news"); what
they look like on a terminal is for palette.py to know.
"""

import unicodedata
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import NamedTuple

from monitor.drawing import UNICODE, Glyphs
from monitor.history import Alarm, Figures, Moment
from monitor.series import GRAINS
from shared import text
from shared.defaults import REPORT_SECONDS, STATUS_SECONDS

_RESTART_SHOWN_SECONDS = 60
_ALARM_SHOWN_SECONDS = 60  # long enough for somebody who looks up once a minute


class Style(StrEnum):
    """What a piece of text is; palette.py knows what that looks like."""

    PLAIN = "plain"
    DIM = "dim"
    STRONG = "strong"
    LIVE_BAR = "live bar"
    WARN_BAR = "warn bar"
    BAD_BAR = "bad bar"
    GOOD = "good"
    WARN = "warn"
    BAD = "bad"
    PEOPLE = "people"
    MESSAGES = "messages"
    RULE = "rule"
    TITLE = "title"
    KEY = "key"


SHADES = 5
"""Of a style in a graph: the more there is, the higher the number."""


class Span(NamedTuple):
    """A piece of a row."""

    text: str
    style: Style = Style.PLAIN
    shade: int | None = None  # in a graph: from 0, for little, to SHADES - 1
    key: str = ""  # what a click on it does: as this key, for `press`


Row = tuple[Span, ...]

SORTS = ("name", "since", "messages", "messages/s", "bytes", "outbox")
SPANS = tuple(seconds for seconds, _ in GRAINS)
"""How much time the graphs can show, in seconds."""

INTERVALS = (0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 300.0)
"""The steps of the keys + and -, in seconds."""

_PANELS = {"e": "events", "f": "figures", "r": "servers"}
_MAX_FILTER_CHARACTERS = 40  # two names


@dataclass(frozen=True, slots=True)
class Ui:
    """What the person at the keys has chosen."""

    interval_seconds: float = REPORT_SECONDS
    is_paused: bool = False
    shows_help: bool = False
    panel: str = "people"  # what the lower part shows: people, events, figures, or servers
    sort: str = "name"
    span: int = 0  # what the graphs show: a place in SPANS
    filter: str = ""  # people and events without this are left out
    is_typing: bool = False  # the filter: keys are its letters
    scroll: int = 0  # rows of the panel above the first that is shown
    page: int = 1  # rows that are shown; render says how many
    total: int = 0  # rows there are; render says how many
    opened: int = 0  # of several servers: the one that is shown, from 1; 0: all of them
    row: int = 0  # of several servers: the one that Enter opens


@dataclass(frozen=True, slots=True)
class Panel:
    """The lower part, and how it came out: what Ui has to know for the next key."""

    rows: tuple[Row, ...]
    scroll: int = 0
    page: int = 0
    total: int = 0


@dataclass(frozen=True, slots=True)
class Picture:
    """What render gives: at most `height` rows, and what became of the scrolling."""

    rows: tuple[Row, ...]
    scroll: int = 0
    page: int = 0
    total: int = 0

    def key_at(self, y: int, x: int) -> str:
        """What a click on a cell does, as a key; nothing where it does nothing."""
        for span in self.rows[y] if y < len(self.rows) else ():
            x -= text.cells(span.text)
            if x < 0:
                return span.key
        return ""


@dataclass(frozen=True, slots=True)
class Scene:
    """Everything that a picture is made of."""

    address: str
    figures: Figures  # as shown: while paused, those of a while ago
    current: Figures  # as they are: that the server is gone is said also while paused
    ui: Ui
    now: Moment
    width: int
    height: int
    glyphs: Glyphs = UNICODE
    interval_since: Moment | None = None  # when the interval was changed last, by a key
    is_one_of_several: bool = False  # a key leads back to the others

    @property
    def panel(self) -> str:
        """What the lower part shows: people, where there is one server alone."""
        snapshot = self.figures.snapshot
        has_servers = snapshot is not None and bool(snapshot.servers)
        return "people" if self.ui.panel == "servers" and not has_servers else self.ui.panel

    @property
    def age_seconds(self) -> float:
        """How old the figures shown are."""
        return self.now.seconds_since(self.figures.at) if self.figures.at else 0.0

    @property
    def is_late(self) -> bool:
        """Whether an answer is overdue, though no reading has failed."""
        if self.current.at is None:
            return False
        waited = self.now.seconds_since(self.current.at)
        if self.interval_since:  # under the longer interval of before, nothing was due yet
            waited = min(waited, self.now.seconds_since(self.interval_since))
        return waited > self.ui.interval_seconds + STATUS_SECONDS + 1

    @property
    def tells_of_restart(self) -> bool:
        """Whether the last restart is recent enough to be spoken of."""
        at = self.current.restarted
        return at is not None and self.now.seconds_since(at) < _RESTART_SHOWN_SECONDS

    @property
    def alarm(self) -> Alarm | None:
        """The last alarm, while it is recent enough to be shown."""
        last = self.current.alarm
        if last is None or last.is_over:
            return None
        return last if self.now.seconds_since(last.at) < _ALARM_SHOWN_SECONDS else None

    @property
    def stamp(self) -> tuple[object, ...]:
        """Two scenes with the same stamp have the same picture; cheaper to compare than to draw.

        Figures are never changed, only replaced (see History), so comparing them is mostly a
        matter of seeing that they are the very same object.
        """
        gone = self.current.gone_since
        return (
            (self.figures, self.current, self.ui, self.width, self.height),
            (int(self.age_seconds), int(self.now.seconds_since(gone)) if gone else 0),
            (self.is_late, self.tells_of_restart, self.alarm),
        )

    @property
    def is_old(self) -> bool:
        """Whether the figures shown are no longer those of the server."""
        return bool(self.current.problem) or self.is_late

    def passes(self, *texts: str) -> bool:
        """Whether one of `texts` has what the filter asks for, in capitals or not."""
        wanted = _folded(self.ui.filter)
        return not wanted or any(wanted in _folded(each) for each in texts)

    def cut(self, words: str, width: int) -> str:
        """As much of `words` as fits, marked where something is missing."""
        return text.cut(words, width, self.glyphs.more)


def _folded(words: str) -> str:
    return unicodedata.normalize("NFKC", words).casefold()


# --- keys ---------------------------------------------------------------------------------------

_WHEEL = 3  # rows a step, as in most programs


def press(ui: Ui, key: str) -> Ui:
    """What a key changes. An unknown key changes nothing.

    >>> press(Ui(interval_seconds=5.0), "-").interval_seconds
    2.0
    """
    if ui.shows_help:
        return replace(ui, shows_help=False)  # any key leaves the help
    steps = {"up": -1, "down": 1, "page up": -ui.page, "page down": ui.page}
    steps |= {"home": -ui.total, "end": ui.total, "wheel up": -_WHEEL, "wheel down": _WHEEL}
    if key in steps:
        last = max(0, ui.total - ui.page)
        return replace(ui, scroll=min(max(0, ui.scroll + steps[key]), last))
    return _type(ui, key) if ui.is_typing else _choose(ui, key)


def _choose(ui: Ui, key: str) -> Ui:
    if key == "?":
        return replace(ui, shows_help=True)
    if key == " ":
        return replace(ui, is_paused=not ui.is_paused)
    if key == "s":
        return _sorted_by(ui, SORTS[(SORTS.index(ui.sort) + 1) % len(SORTS)])
    if key.startswith(SORT_BY):
        return _sorted_by(ui, key.removeprefix(SORT_BY))
    if key == "t":
        return replace(ui, span=(ui.span + 1) % len(SPANS))
    if key in _PANELS:
        panel = "people" if ui.panel == _PANELS[key] else _PANELS[key]
        return replace(ui, panel=panel, scroll=0)
    if key == "/":
        panel = "people" if ui.panel in ("figures", "servers") else ui.panel
        return replace(ui, is_typing=True, panel=panel, scroll=0)
    if key == "escape":
        opened = ui.opened if ui.filter else 0
        return replace(ui, filter="", scroll=0, opened=opened)
    if key in ("+", "-"):
        return replace(ui, interval_seconds=_next_interval(ui.interval_seconds, key))
    return ui


SORT_BY = "sort by "
"""What a click on the head of a column does, with the name of the column behind it."""


def _sorted_by(ui: Ui, sort: str) -> Ui:
    return replace(ui, sort=sort, panel="people", scroll=0)


def _type(ui: Ui, key: str) -> Ui:
    """A key while the filter is typed: it counts at once, letter by letter.

    >>> _type(Ui(is_typing=True, filter="al"), "i").filter
    'ali'
    """
    if key == "enter":
        return replace(ui, is_typing=False)
    if key == "escape":
        return replace(ui, is_typing=False, filter="", scroll=0)
    if key == "backspace":
        return replace(ui, filter=ui.filter[:-1], scroll=0)
    if len(key) == 1 and key.isprintable() and len(ui.filter) < _MAX_FILTER_CHARACTERS:
        return replace(ui, filter=ui.filter + key, scroll=0)
    return ui


def _next_interval(seconds: float, key: str) -> float:
    if key == "+":
        return next((each for each in INTERVALS if each > seconds), max(seconds, INTERVALS[-1]))
    lower = [each for each in INTERVALS if each < seconds]
    return lower[-1] if lower else seconds


# --- what all parts of a picture need -----------------------------------------------------------


def rule(scene: Scene, title: str, width: int = 0, key: str = "") -> Row:
    """A line across, with a title: where a part begins. A click on it does what `key` does."""
    width = width or scene.width
    title = scene.cut(f" {title} ", width - 2)
    line = scene.glyphs.rule
    rest = line * (width - 1 - text.cells(title))
    title_span = Span(title, Style.TITLE, key=key)
    return (Span(line, Style.RULE, key=key), title_span, Span(rest, Style.RULE, key=key))
