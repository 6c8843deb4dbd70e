"""From a message to a line of the conversation: what it says, and which kind it is.

No toolkit here, so all of it is tested without a window. `conversation` draws these lines.
"""

import re
from dataclasses import dataclass
from typing import Literal

from shared import message
from shared.defaults import MAX_NAME_CHARACTERS

Kind = Literal["public", "own", "private", "mention", "notice", "error"]

_LINK = re.compile(r"https?://[^\s<>\"“”«»]+", re.IGNORECASE)
_AFTER_A_LINK = ".,;:!?'’)]}"
_OPENED_BY = {")": "(", "]": "[", "}": "{"}
_LONG_FIRST_WORD = re.compile(r"\S{30}")
_NO_SPACES = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3]"
)


@dataclass(frozen=True, slots=True)
class Line:
    """One line to show. `who` stands in the column of names; `person` is whose colour it has."""

    kind: Kind
    time: str
    who: str
    text: str
    person: str = ""  # empty: nobody said it
    mark: str = ""  # before the text: to whom a private message went


def line_of(received: message.Message, me: str, now: str) -> Line:
    """The line that shows a message to the person called `me`; `now` where it has no time.

    Each kind also differs by a sign or a word, not by its colour alone.
    """
    match received:
        case message.Public(time, sender, text):
            return Line(_public_kind(sender, text, me), time, _short(sender), text, sender)
        case message.Private(time, sender, recipient, text):
            to = "you" if recipient == me else _short(recipient)
            return Line("private", time, _short(sender), text, sender, f"→ {to}")
        case message.Error(text):
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


def _short(name: str) -> str:
    """A name as it fits into its column; no honest server sends a longer one."""
    return name if len(name) <= MAX_NAME_CHARACTERS else f"{name[: MAX_NAME_CHARACTERS - 1]}…"


def _public_kind(sender: str, text: str, me: str) -> Kind:
    if sender == me:
        return "own"
    return "mention" if mentions(text, me) else "public"


def mentions(text: str, name: str) -> bool:
    """Whether `text` says `name`, as a word of its own.

    >>> mentions("ask alice, please", "Alice"), mentions("malice", "Alice")
    (True, False)
    """
    if not name:
        return False
    word = re.escape(name.casefold())
    return re.search(rf"(?<![\w-]){word}(?![\w-])", text.casefold()) is not None


def split_links(text: str) -> list[tuple[str, bool]]:
    """`text` in pieces, each with whether it is a link (http and https only).

    >>> split_links("see http://a.example/b, ok")
    [('see ', False), ('http://a.example/b', True), (', ok', False)]
    """
    pieces: list[tuple[str, bool]] = []
    done = 0
    for found in _LINK.finditer(text):
        link = _without_tail(found[0])
        if link.endswith("//"):
            continue
        pieces += [(text[done : found.start()], False), (link, True)]
        done = found.start() + len(link)
    pieces.append((text[done:], False))
    return [piece for piece in pieces if piece[0]]


def _without_tail(link: str) -> str:
    """Without the full stop that ends the sentence; a bracket goes unless the link opened it."""
    while link[-1] in _AFTER_A_LINK:
        bracket = _OPENED_BY.get(link[-1])
        if bracket and link.count(bracket) >= link.count(link[-1]):
            break
        link = link[:-1]
    return link


def wraps_anywhere(text: str) -> bool:
    """Whether a line break must be allowed inside words: scripts without spaces, a long first word.

    Tk breaks at ASCII blanks only. It would move such a word as a whole below the name, and leave
    the line beside the name empty.
    """
    return bool(_NO_SPACES.search(text) or _LONG_FIRST_WORD.match(text))
