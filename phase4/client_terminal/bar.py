"""What the bar at the bottom says: one row, at any width. No terminal here."""

import math
from dataclasses import dataclass

from prompt_toolkit.utils import get_cwidth

from phase4.client import unconfirmed
from phase4.client_terminal.caution import Question
from phase4.client_terminal.look import Fragments, count, short_name, shortened

MAX_NAMED = 40
"""People whose names the bar tries to show; it is one row."""

TOPIC_COLUMNS = 40
"""Of a long topic the rest is told by /topic."""

_SEPARATOR = " | "


@dataclass(frozen=True, slots=True)
class BarState:
    """All that the bar may have to say."""

    server: str
    name: str = ""  # empty: not in the conversation yet
    is_connecting: bool = False
    security: str = ""  # empty: anybody on the way can read along
    is_closed: bool = False  # nothing can be said to everybody
    topic: str = ""
    people: tuple[str, ...] = ()
    lag_seconds: float | None = None
    seconds_to_retry: float | None = None  # None: connected
    waiting: int = 0  # lines that the server has not taken yet
    is_doubtful: bool = False  # nothing was heard of one of them for long
    question: Question | None = None
    awaits_answer: bool = False  # the next key is the answer
    hint: str = "Tab completes, /help"  # where there is space for it
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
        is_slow = state.lag_seconds >= unconfirmed.SLOW_SECONDS
        parts.append(("class:bottom-toolbar.error" * is_slow, f"lag {lag(state.lag_seconds)}"))
    if state.waiting:
        what = "may not arrive" if state.is_doubtful else "waiting"
        look = "class:bottom-toolbar.error" * state.is_doubtful
        parts.append((look, f"{count(state.waiting, 'line')} {what}"))
    if state.is_closed:
        parts.append(("class:bottom-toolbar.error", "closed to writing"))
    if state.topic:
        parts.append(("", shortened(f"topic: {state.topic}", TOPIC_COLUMNS)))
    names = ", ".join(state.people[:MAX_NAMED])
    parts.append(("", f"{len(state.people):,} online: {names}"))
    return _laid_out(state.name, parts, state.hint, width)


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
