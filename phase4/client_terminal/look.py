"""What a line of the conversation looks like, and what the bar at the bottom says.

No terminal here: a look is a list of (style, text) pairs, which prompt_toolkit draws. Text from
people stands in the second place only, so no markup in it means anything; the core of the client
has replaced its control characters already.
"""

import itertools
import math
import zlib
from dataclasses import dataclass

from prompt_toolkit.formatted_text import StyleAndTextTuples
from prompt_toolkit.styles import Style
from prompt_toolkit.utils import get_cwidth

from phase4.client.mentions import mentions
from phase4.client_terminal.caution import Question
from shared import message
from shared.defaults import MAX_LINE_BYTES, MAX_NAME_CHARACTERS

Fragments = StyleAndTextTuples

NAME_COLOURS = (
    "#af5f5f", "#af5f00", "#5f8700", "#008700", "#00875f", "#008787",
    "#0087af", "#005fff", "#5f5fff", "#875fd7", "#d700d7", "#d70087",
)  # fmt: skip
"""Each is one of the 256 that terminals have, with a contrast of at least 4 to 1 on black and on
white: a program cannot ask a terminal, reliably, which of the two it shows."""

MAX_NAMED = 40
"""People whose names the bar tries to show; it is one row."""

MAX_SHOWN_CHARACTERS = 2 * MAX_LINE_BYTES
"""Of one line. No honest server's is longer than that; what is, is cut, and says so."""

SLOW_SECONDS = 2.0
"""A lag that a person notices: the bar shows it as an error."""

_SEPARATOR = " | "

_WITHOUT_COLOUR = {
    "time": "",
    "notice": "italic",
    "error": "bold",
    "private": "italic",
    "own": "italic",
    "waiting": "italic",
    "name": "bold",
    "mention": "bold",
    "mention-name": "reverse",
    "prompt": "bold",
    "bottom-toolbar": "reverse",
    "bottom-toolbar.name": "bold",
    "bottom-toolbar.error": "bold",
    "bottom-toolbar.hint": "",
}
_COLOURS = {
    "time": "#767676",
    "notice": "#767676",
    "error": "#ff0000",
    "private": "#af5faf noitalic",
    "waiting": "#767676",
    "bottom-toolbar": "noreverse bg:#30343c #d7dae0",
    "bottom-toolbar.name": "#ffffff",
    "bottom-toolbar.error": "#ff8787",
    "bottom-toolbar.hint": "#9aa0aa",
    **{f"name{index}": colour for index, colour in enumerate(NAME_COLOURS)},
}


def style(*, colours: bool) -> Style:
    """The looks by their names. Without colours they differ by bold, italics and reverse."""
    both = [*_WITHOUT_COLOUR.items(), *(_COLOURS.items() if colours else ())]
    return Style(both)  # a later one adds to an earlier one of the same name


# --- the conversation ---------------------------------------------------------------------------


def name_style(name: str) -> str:
    """The steady style of a person: the same in every run, and however the name is written."""
    return f"class:name class:name{zlib.crc32(name.casefold().encode()) % len(NAME_COLOURS)}"


def short_name(name: str) -> str:
    """A name where there is little space. No honest server gives one that has to be cut."""
    return shortened(name, 2 * MAX_NAME_CHARACTERS)  # columns: some characters take two


def concerns(shown: message.Message, own_name: str) -> bool:
    """Whether somebody else speaks to this person: in private, or by saying their name."""
    match shown:
        case message.Public(sender=sender, text=text):
            return sender != own_name and mentions(text, own_name)
        case message.Private(sender=sender):
            return sender != own_name
    return False


def fragments(shown: message.Message, own_name: str) -> Fragments:
    """A message as it is shown, without a newline."""
    match shown:
        case message.Public(time, sender, text):
            return [("class:time", f"{time} "), *_public(shown, own_name)]
        case message.Private(time, sender, recipient, text):
            return [
                ("class:time", f"{time} "),
                (name_style(sender), sender),
                ("class:private", " -> "),
                (name_style(recipient), recipient),
                ("class:private", f" (private): {text}"),
            ]
        case message.Error(text):
            return [("class:error", f"! {text}")]
        case message.Other(text):
            return [("", text)]
        case message.Prompt():
            return []
    return [("class:time", f"{shown.time} "), ("class:notice", message.format(shown)[11:])]


def _public(shown: message.Public, own_name: str) -> Fragments:
    name, text = name_style(shown.sender), f": {shown.text}"
    if concerns(shown, own_name):
        return [(f"{name} class:mention-name", shown.sender), ("class:mention", text)]
    return [(name, shown.sender), ("class:own" if shown.sender == own_name else "", text)]


def without_tail(line: Fragments) -> Fragments:
    """The line, cut if it is longer than an honest server's can be."""
    left = MAX_SHOWN_CHARACTERS
    kept: Fragments = []
    for each in line:
        kept.append((each[0], each[1][:left]))
        left -= len(kept[-1][1])
    if cut := sum(len(each[1]) for each in line) - (MAX_SHOWN_CHARACTERS - left):
        kept.append(("class:error", f" ({cut:,} characters are left out)"))
    return kept


def waiting(time: str, said: str) -> Fragments:
    """A line that was typed while there is no server: it goes when there is one again."""
    return [("class:time", f"{time} "), ("class:waiting", f"{message.clean(said)} (waiting)")]


# --- the bar at the bottom ----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class BarState:
    """All that the bar may have to say."""

    server: str
    name: str = ""  # empty: not in the conversation yet
    is_connecting: bool = False
    security: str = ""  # empty: anybody on the way can read along
    people: tuple[str, ...] = ()
    lag_seconds: float | None = None
    seconds_to_retry: float | None = None  # None: connected
    waiting: int = 0  # lines that go when there is a server again
    question: Question | None = None
    awaits_answer: bool = False  # the next key is the answer
    complaint: str = ""  # why a line was not sent


def bar(state: BarState, width: int) -> Fragments:
    """The bar, as much of it as the width allows; what matters most stands to the left."""
    if state.complaint:
        return [("class:bottom-toolbar.error", shortened(f" ! {state.complaint}", width))]
    if state.question:
        asked = _asked(state.question, width, awaits_answer=state.awaits_answer)
        return [("class:bottom-toolbar.name", shortened(f" {asked}", width))]
    if not state.name:
        state_of_it = f"connecting to {state.server}" if state.is_connecting else state.server
        return [("", shortened(f" {state_of_it}", width))]
    if state.seconds_to_retry is not None:
        return _away(state, width)
    parts: Fragments = [("", state.server)]
    if state.security:
        parts.append(("", state.security))
    if state.lag_seconds is not None:
        is_slow = state.lag_seconds >= SLOW_SECONDS
        parts.append(("class:bottom-toolbar.error" * is_slow, f"lag {lag(state.lag_seconds)}"))
    names = ", ".join(state.people[:MAX_NAMED])
    parts.append(("", f"{len(state.people):,} online: {names}"))
    return _laid_out(state.name, parts, "Tab completes, /help", width)


def _away(state: BarState, width: int) -> Fragments:
    seconds = math.ceil(state.seconds_to_retry or 0.0)
    when = f"reconnecting in {seconds} s" if seconds > 0 else "reconnecting ..."
    when += " (Enter: now, /quit: stop)" if seconds > 0 else " (/quit: stop)"
    parts: Fragments = [("class:bottom-toolbar.error", when)]
    free = width - get_cwidth(f" {short_name(state.name)}{_SEPARATOR}{when}")
    waiting = [f"{count(state.waiting, 'line')} waiting"] if state.waiting else []
    for text in (*waiting, state.server):
        free -= get_cwidth(_SEPARATOR + text)
        if free >= 0:  # half of it would tell nothing
            parts.append(("", text))
    return _laid_out(state.name, parts, "", width)


def _asked(question: Question, width: int, *, awaits_answer: bool) -> str:
    """Question, reason and keys; where they do not fit, the keys matter most."""
    keys = "Enter, then y: yes, Ctrl-C: no" if question.is_careful else "Enter: yes, Ctrl-C: no"
    if awaits_answer:
        keys = "y: send, any other key: no"
    ways = [f"{question.text} {keys}"]
    if question.reason:
        before = [] if awaits_answer else [f"{question.reason} {keys}"]
        ways = [f"{question.text} {question.reason} {keys}", *before, *ways]
    return next((way for way in ways if get_cwidth(way) < width), ways[-1])


def _laid_out(name: str, parts: Fragments, hint: str, width: int) -> Fragments:
    """Name and parts from the left, the hint at the right end if there is space for it."""
    laid: Fragments = [("class:bottom-toolbar.name", f" {short_name(name)}")]
    for part in parts:
        laid += [("", _SEPARATOR), part]
    free = width - sum(get_cwidth(each[1]) for each in laid)
    if free >= len(hint) + 3:
        return [*laid, ("", " " * (free - len(hint) - 1)), ("class:bottom-toolbar.hint", hint)]
    return _cut(laid, width)


def _cut(laid: Fragments, width: int) -> Fragments:
    fitting: Fragments = []
    for each in laid:
        if width <= 0:
            break
        text = shortened(each[1], width)
        fitting.append((each[0], text))
        width = width - get_cwidth(text) if text == each[1] else 0
    return fitting


def lag(seconds: float) -> str:
    """A round trip as people say it.

    >>> lag(0.0004), lag(0.12), lag(3.21), lag(75)
    ('1 ms', '120 ms', '3.2 s', '75 s')
    """
    if seconds < 1:
        return f"{max(1, round(seconds * 1000))} ms"
    return f"{seconds:.1f} s" if seconds < 10 else f"{seconds:.0f} s"


def count(number: int, thing: str) -> str:
    """A number of things, in words.

    >>> count(1, "line"), count(2000, "line")
    ('1 line', '2,000 lines')
    """
    return f"{number:,} {thing}" if number == 1 else f"{number:,} {thing}s"


def shortened(text: str, columns: int) -> str:
    """`text`, cut to so many columns: some characters take two.

    >>> shortened("3 online: Ann, Bob", 12)
    '3 online: A…'
    """
    if get_cwidth(text) <= columns:
        return text
    widths = itertools.accumulate(map(get_cwidth, text))
    fitting = itertools.takewhile(lambda width: width < columns, widths)
    return text[: len(list(fitting))] + "…"
