"""What stands around every picture: the bar, the sentence, the keys; and the help. Pure."""

from collections.abc import Iterable, Sequence

from monitor.figures import milliseconds
from monitor.history import ANSWER, Moment, retry_seconds
from monitor.people import latest, shows_events
from monitor.scene import SPANS, Row, Scene, Span, Style, rule
from shared import text
from shared.status import Snapshot


def closed(scene: Scene, rows: Sequence[Row]) -> tuple[Row, ...]:
    """The rows, and the footer as the last row of all."""
    room = scene.height - 1
    shown = list(rows[:room])
    empty: list[Row] = [()] * (room - len(shown))
    return (*shown, *empty, _footer(scene))


def header(scene: Scene) -> Row:
    """One bar: what is watched, and how well. Its colour can be told from across the room."""
    label, style = state_of(scene)
    state = f" {label} "
    room = scene.width - text.cells(state)
    what = f" {scene.address}"
    for more in (*_server_words(scene.figures.snapshot), *_answer_words(scene)):
        if text.cells(what) + text.cells(more) + 2 <= room:
            what += f"  {more}"
    return (Span(text.left(what, room, scene.glyphs.more), style), Span(state, style))


def _server_words(snapshot: Snapshot | None) -> Iterable[str]:
    if snapshot is None:
        return
    if snapshot.server:
        yield text.printable(snapshot.server)
    if snapshot.server_version and snapshot.server_version not in snapshot.server:
        yield f"version {text.printable(snapshot.server_version)}"
    if snapshot.pid:
        yield f"pid {snapshot.pid}"


def _answer_words(scene: Scene) -> Iterable[str]:
    if ANSWER in scene.figures.values and not scene.is_old:
        yield f"answers in {milliseconds(scene.figures.values[ANSWER])}"


def state_of(scene: Scene) -> tuple[str, Style]:
    """How well the server is watched, in a word and an age; and the colour of that."""
    glyphs, age = scene.glyphs, text.duration(scene.age_seconds)
    has_figures = scene.figures.snapshot is not None
    if scene.ui.is_paused and has_figures:
        return f"PAUSED {glyphs.dot} {age} old", Style.WARN_BAR
    if scene.current.gone_since:
        gone = text.duration(scene.now.seconds_since(scene.current.gone_since))
        label = f"{glyphs.down} {'UNREADABLE' if scene.current.is_unreadable else 'GONE'} {gone}"
        return (f"{label} {glyphs.dot} {age} old" if has_figures else label), Style.BAD_BAR
    if not has_figures:
        return "CONNECTING", Style.WARN_BAR
    if scene.is_late:
        return f"LATE {glyphs.dot} {age} old", Style.WARN_BAR
    if scene.alarm:
        return f"{glyphs.down} ALARM {glyphs.dot} {age} old", Style.BAD_BAR
    return f"{glyphs.live} LIVE {glyphs.dot} {age} old", Style.LIVE_BAR


def message(scene: Scene) -> list[Row]:
    """The most important thing to know now, in a sentence; mostly what happened last."""
    words, style = sentence_of(scene)
    if not words:
        return [_news(scene)]
    # Why a server is gone is told whole; else the figures need the rows more.
    is_short = scene.height < _LOW_HEIGHT or not scene.current.gone_since
    lines = [words] if is_short else _wrapped(words, scene.width - 2)[:_MESSAGE_ROWS]
    return [(Span(f" {scene.cut(line, scene.width - 2)}", style),) for line in lines]


_MESSAGE_ROWS = 3
_LOW_HEIGHT = 8


def _wrapped(words: str, width: int) -> list[str]:
    """`words` in lines; a word that is too long for one stays as long as it is.

    >>> _wrapped("Nothing listens there.", 16)
    ['Nothing listens', 'there.']
    """
    lines: list[str] = []
    for word in words.split():
        if lines and text.cells(lines[-1]) + 1 + text.cells(word) <= width:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return lines


def sentence_of(scene: Scene) -> tuple[str, Style]:
    """What is most important to know now; nothing where all is well."""
    current = scene.current
    if current.gone_since:
        return _gone_sentence(scene, current.gone_since), Style.BAD
    if scene.is_late:
        return "The answer is overdue.", Style.WARN
    if scene.alarm:
        return f"{text.clock(scene.alarm.at.clock)}: {scene.alarm.words}.", Style.BAD
    if current.values.get("hub gone", 0.0) > _MOSTLY:
        return "The hub cannot be reached: what people say waits until it is back.", Style.BAD
    if current.restarted and scene.tells_of_restart:
        at = text.clock(current.restarted.clock)
        return f"The server was restarted (seen at {at}): its counters began again.", Style.WARN
    if current.snapshot and (current.snapshot.log_errors or current.snapshot.log_lines_dropped):
        return _log_sentence(current.snapshot), Style.BAD
    return "", Style.PLAIN


_MOSTLY = 0.5  # of the time since the last reading


def _news(scene: Scene) -> Row:
    """What happened last, where there is nothing more important to say."""
    if shows_events(scene) or scene.ui.shows_help:
        return ()
    return (Span(f" {latest(scene, scene.width - 2)}", Style.DIM, key="e"),)


def _gone_sentence(scene: Scene, since: Moment) -> str:
    what = "Unreadable" if scene.current.is_unreadable else "Gone"
    words = f"{what} since {text.clock(since.clock)}: {text.printable(scene.current.problem)}"
    again = f"{words} Trying every {retry_seconds(scene.ui.interval_seconds):g} s."
    return again if text.cells(again) <= scene.width - 2 else words


def _log_sentence(snapshot: Snapshot) -> str:
    errors = "1 error" if snapshot.log_errors == 1 else f"{text.count(snapshot.log_errors)} errors"
    return (
        f"The server's log had {errors}; "
        f"{text.count(snapshot.log_lines_waiting)} lines wait, "
        f"{text.count(snapshot.log_lines_dropped)} are lost."
    )


def filter_row(scene: Scene) -> Row:
    """The filter while it is typed, its end in sight, and what ends it."""
    cursor, wanted = Span(" ", Style.LIVE_BAR), text.printable(scene.ui.filter)
    while wanted and text.cells(wanted) > scene.width - 4:
        wanted = wanted[1:]
    row: list[Span] = [Span(" /"[-scene.width :], Style.KEY), Span(wanted), cursor]
    left = scene.width - text.cells(wanted) - 4
    return (*row[: scene.width], *_keys((("Enter", "keep"), ("Esc", "clear")), left))


def keys_row(scene: Scene, keys: Iterable[tuple[str, str]]) -> Row:
    """The last row: keys that can be clicked on, too."""
    return tuple(_keys(keys, scene.width))


def _keys(keys: Iterable[tuple[str, str]], room: int) -> Iterable[Span]:
    """Keys and what they do, as many as fit."""
    for key, does in keys:
        room -= text.cells(key) + text.cells(does) + 3
        if room < 0:
            break
        pressed = _PRESSED.get(key, key)
        yield Span(f" {key}", Style.KEY, key=pressed)
        yield Span(f" {does} ", Style.DIM, key=pressed)


_PRESSED = {"space": " ", "Enter": "enter", "Esc": "escape", "+/-": "+"}
"""What a click on a key of the last row does, where that is not the key as it is written."""


def _footer(scene: Scene) -> Row:
    if scene.ui.is_typing:
        return filter_row(scene)
    keys = (
        ("q", "quit"),
        *((("Esc", "all"),) if scene.is_one_of_several else ()),
        ("?", "help"),
        ("space", "go on" if scene.ui.is_paused else "pause"),
        ("+/-", f"every {scene.ui.interval_seconds:g} s"),
        ("/", "filter"),
        ("e", "people" if scene.panel == "events" else "events"),
        ("f", "people" if scene.panel == "figures" else "figures"),
        *_servers_key(scene),
        ("t", ("hour", "day", "10 min")[scene.ui.span % len(SPANS)]),
        ("s", "sort"),
        (scene.glyphs.arrows, "scroll"),
    )
    return tuple(_keys(keys, scene.width))


def _servers_key(scene: Scene) -> Iterable[tuple[str, str]]:
    """The key for the servers of a room, where there is more than one."""
    if scene.figures.snapshot and scene.figures.snapshot.servers:
        yield "r", "people" if scene.panel == "servers" else "servers"


def advice(scene: Scene) -> list[Row]:
    """How to come to a server, where none was ever there."""
    if not scene.current.gone_since or scene.current.is_unreadable:
        return []
    is_here = scene.address.startswith(_HERE)
    there = "" if is_here else " --status-host 0.0.0.0"
    lines = (
        ("Start a server:" if is_here else "Start it there:", f"python -m phase4.server{there}"),
        ("All at once:", "python -m phase4.demo"),
        ("Watch another:", "python -m monitor --status HOST:PORT"),
    )
    rows: list[Row] = [()]
    for what, command in lines:
        words = scene.cut(command, scene.width - 18)
        rows.append((Span(f" {what:<16} ", Style.DIM), Span(words, Style.STRONG)))
    return rows


_HERE = ("127.", "localhost:", "[::1]")

_HELP = (
    ("q", "quit (Ctrl-C does the same)"),
    ("space", "pause: the figures stand still; reading goes on, and nothing is missed"),
    ("+  -", "read less often, more often"),
    ("e", "what happened, instead of the people; again: the people"),
    ("f", "each figure with its history; again: the people"),
    ("r", "the servers, where several have one room; again: the people"),
    ("t", "the graphs show ten minutes, an hour, a day"),
    ("s", "sort the people by name, since when, messages, messages/s, bytes, outbox"),
    ("/", "show only what has these letters; Enter keeps that, Esc clears it"),
    ("arrows", "scroll (also Page Up, Page Down, Home, End, and the mouse wheel)"),
    ("click", "on a column: sort by it; on a key below: press it; Shift selects text"),
    ("Ctrl-L", "draw all anew; Ctrl-Z: suspend, and fg brings it back"),
    ("?", "this help; any key leaves it"),
    ("", ""),
    ("charts", "newest at the right; from zero to the maximum that is stated"),
    ("", "a flat line is zero, {missing} no figure: the first reading, or a failed one"),
    ("{none}", "the server does not tell this, or it takes a second reading"),
    ("old", "how long ago the server said what you see"),
)


def help_rows(scene: Scene) -> list[Row]:
    """What the keys do, and how to read the rest."""
    rows: list[Row] = [rule(scene, "help")]
    for key, does in _HELP:
        key, does = (
            each.format(missing=scene.glyphs.missing, none=scene.glyphs.none)
            for each in (key, does)
        )
        words = scene.cut(does, scene.width - 10)
        rows.append((Span(f" {key:<8} ", Style.KEY if key else Style.PLAIN), Span(words)))
    return rows
