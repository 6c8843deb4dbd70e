"""From a message to a line of the conversation: what it says, and which kind it is.

No toolkit here, so all of it is tested without a window. `conversation` draws these lines, after
`for_screen` has made them harmless, wherever they come from.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Literal

from phase4.client.block import looks_like_code
from phase4.client.clock import ServerClock, day_line
from phase4.client.mentions import said_of
from phase4.client.pasting import without_unseen
from shared import message
from shared.defaults import MAX_NAME_CHARACTERS
from shared.request import action_of

Kind = Literal["public", "own", "private", "mention", "notice", "error", "rule"]
"""A rule is drawn between lines. It is the window's own, and never copied or found."""

MAX_TEXT_CHARACTERS = 5_000
"""Of one line that is shown; the number of those left out is told. A person's has 4,095 at most."""

MAX_MARKS_ON_A_LETTER = 4
"""Hebrew of the Bible has as many. Some people pile up hundreds, to cover the lines above."""

OWN_CLOCK = ServerClock()
"""For a server on this machine, which nobody has to hear."""

MAX_EMOJI = 100
"""Of one line that is shown. To draw one in colour takes X11 0.1 ms, each time."""

_MAX_TIME_CHARACTERS = 8

_LONG_FIRST_WORD = re.compile(r"\S{50}")
_NO_SPACES = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3]"
)

# As phase4/transport/contexts.py makes them (in_groups): eight bytes each.
_ROW_OF_FINGERPRINT = re.compile(r"[0-9A-F]{2}(?::[0-9A-F]{2}){7}")

# No width and no use on a screen, but to hide in or to fill a line with: spaces without width, soft
# hyphens, the tags that spell flags, and the signs for "nothing here" of Hangul. The controls of
# direction are message.clean()'s.
_UNSEEN = re.compile(
    "[\u00ad\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b\u2060-\u2064\u3164\ufeff"
    "\ufff0-\ufffb\uffa0\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
_EMOJI = re.compile("[\U0001f000-\U0001faff]")
# These spell words (Persian has many) and emoji, where never more than two follow each other.
_JOINERS = re.compile("([\u200c\u200d\ufe00-\ufe0f]{2})[\u200c\u200d\ufe00-\ufe0f]+")


@dataclass(frozen=True, slots=True)
class Line:
    """One line to show. `name` stands in the column of names, in the colour of `person`."""

    kind: Kind
    time: str
    name: str
    text: str
    person: str = ""  # empty: nobody said it
    mark: str = ""  # before the text: to whom a private message went
    # What it says of one's own name and words; set off within the text. Empty: it calls nobody.
    calls: tuple[str, ...] = ()
    day: date | None = None  # of `time`; None: not known
    is_action: bool = False  # it tells what the person does (`/me`)
    is_code: bool = False  # it is empty, or begins with blanks: as in a piece of code
    paste: int = 0  # of which block it is, where that is known; 0: it is not

    @property
    def sign(self) -> str:
        """What stands before the text: the mark, and a star where it tells what somebody does.

        The name stands where it always does: no action can look like a notice of the server's.
        """
        return " ".join(filter(None, (self.mark, "*" if self.is_action else "")))


def line_of(received: message.Message, me: str, now: str, words: Sequence[str] = ()) -> Line:
    """The line that shows a message to the person called `me`; `now` where it has no time.

    One's own name and these `words` call: a line that says one is a mention.

    Each kind also differs by a sign or a word, not by its colour alone.
    """
    match received:
        case message.Public(time, sender, text):
            kind: Kind = "own" if sender == me else "public"
            return calling(_said(Line(kind, time, _short(sender), text, sender)), me, words)
        case message.Private(time, sender, recipient, text):
            to = "you" if recipient == me else _short(recipient)
            line = Line("private", time, _short(sender), text, sender, f"→ {to}")
            return calling(_said(line), me, words)
        case message.Earlier(at, _, sender, text):
            day, _, time = at.partition(" ")
            kind = "own" if sender == me else "public"
            earlier = date.fromisoformat(day)
            return _said(Line(kind, time, _short(sender), text, sender, day=earlier))
        case message.Kept(at, sender, recipient, text):
            day, _, time = at.partition(" ")
            line = line_of(message.Private(time, sender, recipient, text), me, now, words)
            return replace(line, day=date.fromisoformat(day))
        case message.Error(text=text) | message.Registered(text=text):
            return Line("error", now, "!", text)
        case message.Joined(time, name):
            return Line("notice", time, "→", f"{name} joined")
        case message.Left(time, name, reason):
            return Line("notice", time, "←", f"{name} left" + (f" ({reason})" if reason else ""))
        case message.Renamed(time, old, new):
            return Line("notice", time, "*", f"{old} is now {new}")
        case message.Online(time, count, people, more):
            tail = ", …" if more else ""
            return Line("notice", time, "*", f"{count:,} online: {', '.join(people)}{tail}")
        case message.Welcome(time, name, count, text):
            return Line("notice", time, "*", f"Welcome, {name}! {count:,} online. {text}")
        case message.Notice(time, text):
            return Line("notice", time, "*", text)
        case message.Other(text):
            return Line("notice", now, "", text)
        case message.Prompt():
            return Line("notice", now, "*", "The server asks for a nickname.")
    # All others are the server's own words, behind the time.
    text = message.format(received)[len("[14:03:05] * ") :]
    return Line("notice", received.time, "*", text)


def line_by(
    clock: ServerClock, received: message.Message, me: str, words: Sequence[str] = ()
) -> Line:
    """The line for a message that has just come, with its day. `words` call as `me` does."""
    line = line_of(received, me, clock.time(), words)
    return line if line.day else replace(line, day=clock.day_of(line.time))


def _said(line: Line) -> Line:
    """What a person says: without the sign that keeps a block whole, and what is done as such."""
    if not looks_like_code(line.text):
        return _as_action(line)
    return replace(line, text=without_unseen(line.text), is_code=True)


def _as_action(line: Line) -> Line:
    """`line`, with what is done in the place of `/me` and that, if it tells what is done."""
    done = action_of(line.text)
    return replace(line, text=done, is_action=True) if done else line


def calling(line: Line, me: str, words: Sequence[str]) -> Line:
    """`line`, with what it says of one's own name and words, if somebody else said it."""
    calls = said_of((me, *words), line.text) if line.person != me else ()
    return replace(
        line, calls=calls, kind="mention" if calls and line.kind == "public" else line.kind
    )


def line_of_day(day: date) -> Line:
    """What stands between the lines of two days."""
    return Line("notice", "", "", day_line(day), day=day)


def _short(name: str) -> str:
    """A name as it fits into its column; no honest server sends a longer one."""
    return name if len(name) <= MAX_NAME_CHARACTERS else f"{name[: MAX_NAME_CHARACTERS - 1]}…"


def for_screen(line: Line) -> Line:
    """`line` without anything that could harm the screen or its reader, and with bounds.

    What the core of the client hands over is clean already; the window does not rely on that.
    """
    return replace(
        line,
        time=_harmless(line.time, _MAX_TIME_CHARACTERS),
        name=_short(_harmless(line.name, MAX_TEXT_CHARACTERS)),
        person=_harmless(line.person, MAX_TEXT_CHARACTERS),
        text=_harmless(line.text, MAX_TEXT_CHARACTERS),
        mark=_harmless(line.mark, MAX_NAME_CHARACTERS + 2),
    )


def _harmless(text: str, limit: int) -> str:
    kept = message.clean(text[:limit])
    if not kept.isascii():
        emoji = [found.start() for found in _EMOJI.finditer(kept)]
        kept = kept[: emoji[MAX_EMOJI]] if len(emoji) > MAX_EMOJI else kept
    left_out = len(text) - len(kept)
    if not kept.isascii():
        kept = _without_piles(_JOINERS.sub(r"\1", _UNSEEN.sub("", kept)))
    if left_out:
        kept += f" … ({left_out:,} more characters)" if limit == MAX_TEXT_CHARACTERS else "…"
    return kept


def _without_piles(text: str) -> str:
    """Without the marks that are more than MAX_MARKS_ON_A_LETTER on one letter."""
    marks = {char for char in set(text) if unicodedata.category(char) in ("Mn", "Me")}
    if not marks or len(text) <= MAX_MARKS_ON_A_LETTER:
        return text
    kept: list[str] = []
    pile = 0
    for char in text:
        pile = pile + 1 if char in marks else 0
        if pile <= MAX_MARKS_ON_A_LETTER:
            kept.append(char)
    return "".join(kept)


def is_row_of_fingerprint(text: str) -> bool:
    """Whether this is one of the rows in which programs show a fingerprint to be compared.

    >>> is_row_of_fingerprint("E3:B0:C4:42:98:FC:1C:14"), is_row_of_fingerprint("E3:B0")
    (True, False)
    """
    return bool(_ROW_OF_FINGERPRINT.fullmatch(text))


def wraps_anywhere(text: str) -> bool:
    """Whether a line break must be allowed inside words: scripts without spaces, a long first word.

    Tk breaks at ASCII blanks only. It would move such a word as a whole below the name, and leave
    the line beside the name empty.
    """
    return bool(_NO_SPACES.search(text) or _LONG_FIRST_WORD.match(text))
