"""When somebody is called, and what is told of it outside the window. No toolkit here.

A line calls by its conversation's level (`levels`). While the window is not in front, the desktop
is told: once for each conversation in PAUSE_SECONDS, and what came in between afterwards, in one.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from phase4.client_gui.levels import Level
from phase4.widgets.lines import Line
from shared import message
from shared.defaults import MAX_NAME_CHARACTERS

PAUSE_SECONDS = 10.0
"""Between two notifications of one conversation. As long as most desktops show one."""

MAX_CONVERSATIONS = 50
"""Of which something is to be told: twice the tabs that there may be."""

MAX_TOLD_CHARACTERS = 200
"""Of a message. No desktop shows more of it."""

PROGRAM = "Chat"


def calls(line: Line, level: Level, me: str) -> bool:
    """Whether this line calls the person called `me`, in a conversation of this level."""
    is_message = line.kind in ("public", "mention", "private")
    if not is_message or line.person == me:
        return False
    return level == "on" or (level == "mentions" and bool(line.calls))


def counted(unread: int, called: int) -> str:
    """A count of messages that nobody has seen, with an @ where some of them call.

    >>> counted(3, 0), counted(3, 3), counted(1234, 1), counted(0, 0)
    ('3', '@3', '@1 of 1,234', '')
    """
    if not called:
        return f"{unread:,}" if unread else ""
    return f"@{called:,}" if called == unread else f"@{called:,} of {unread:,}"


@dataclass(frozen=True, slots=True)
class Notice:
    """What a desktop shows. Both are one line, bounded and without control characters.

    The title begins with a word of ours, so no program can take it for an option.
    """

    title: str
    text: str


def notice_of(line: Line, count: int, place: str, *, with_private_text: bool) -> Notice:
    """What to tell of `line`, the latest of so many that call, on the server at `place`."""
    is_private = line.kind == "private"
    text = line.text if with_private_text or not is_private else f"On {place}."
    if count > 1 and not is_private:
        text = f"{line.person}: {text}"
    return Notice(
        _short(f"{PROGRAM}: {_title(line, count)}", 2 * MAX_TOLD_CHARACTERS),
        _short(text, MAX_TOLD_CHARACTERS),
    )


def _title(line: Line, count: int) -> str:
    name = _short(line.person, MAX_NAME_CHARACTERS)
    if line.kind == "private":
        some = f"{count:,} private messages from {name}"
        return some if count > 1 else f"{name} wrote to you alone"
    if count > 1:
        return f"{count:,} messages for you"
    return f"{name} said “{line.calls[0]}”" if line.calls else f"{name} wrote to everybody"


def _short(text: str, limit: int) -> str:
    text = message.clean(text)
    return text if len(text) <= limit else f"{text[: limit - 1]}…"


@dataclass(slots=True)
class _Waiting:
    """What is to be told of one conversation, and from when on it may be."""

    not_before: float
    count: int = 0
    line: Line | None = None


class Calls:
    """The calls that the desktop is to be told of, in good time. Times are seconds of any clock."""

    def __init__(self) -> None:
        # By a name for the conversation. The one that was told of first stands first.
        self._waiting: dict[str, _Waiting] = {}

    def add(self, conversation: str, line: Line, now: float) -> None:
        """`line` calls, in this conversation."""
        if conversation not in self._waiting:
            self._make_space(now)
        waiting = self._waiting.setdefault(conversation, _Waiting(now))
        waiting.count += 1
        waiting.line = line

    def due(self, now: float) -> Iterator[tuple[Line, int]]:
        """What may be told now, the latest line of each conversation, and how many there are.

        One that is not taken from the iterator stays due.
        """
        for waiting in [*self._waiting.values()]:
            if waiting.line is not None and waiting.not_before <= now:
                line, count = waiting.line, waiting.count
                waiting.not_before, waiting.line, waiting.count = now + PAUSE_SECONDS, None, 0
                yield line, count

    def forget(self) -> None:
        """The person looks at the window: what has not been told need not be."""
        for waiting in self._waiting.values():
            waiting.line, waiting.count = None, 0

    def _make_space(self, now: float) -> None:
        for key, waiting in [*self._waiting.items()]:
            is_idle = waiting.line is None and waiting.not_before <= now
            if is_idle or len(self._waiting) >= MAX_CONVERSATIONS:
                del self._waiting[key]
