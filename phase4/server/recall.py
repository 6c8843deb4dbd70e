"""The commands that ask for what was said before. Each runs in the thread of whoever asks.

Nothing here holds the room's lock while it looks into the archive: the chat goes on.
"""

import re
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TypeVar

from phase4.archive.errors import ArchiveError, QueryError
from phase4.server.flood import TokenBucket
from phase4.server.member import Member
from phase4.server.past import MAX_SHOWN, Found
from phase4.server.refusal import Refused
from phase4.server.room import Room
from shared.message import History, HistoryEnd, Message, Notice

HISTORY_MESSAGES = 20
"""What /history shows where no number is given: a screen."""

BURST_QUESTIONS = 5
QUESTIONS_PER_SECOND = 1.0
"""Of one person: an answer may be 10,000 times as long as its question. A client that comes back
asks for several pages in a row."""

MAX_AT_ONCE = 2
"""Questions that are looked up at the same time: they take the processor from the chat."""

WAIT_SECONDS = 2.0
"""For a turn among those. Then the person is asked to come back."""

_turns = threading.BoundedSemaphore(MAX_AT_ONCE)
_HOW = "Write /history, /history 100, /history since 1234 or /history before 1234."
_COUNT = r"[0-9]{1,9}"
_NEXT_TO = rf"(?i)(?:(?P<count>{_COUNT})\s+)?(?P<side>since|before)\s+#?(?P<number>[0-9]{{1,18}})"
_T = TypeVar("_T")


def history(room: Room, member: Member, rest: str) -> None:
    """/history (or /history 100, or /history since 1234, or before it): what was said."""
    next_to = re.fullmatch(_NEXT_TO, rest)
    if next_to is None and rest and not re.fullmatch(_COUNT, rest):
        raise Refused(_HOW)
    count = int((next_to["count"] or MAX_SHOWN) if next_to else (rest or HISTORY_MESSAGES))
    if not count:
        raise Refused(_HOW)
    room.catch_up(member)
    if next_to is None:
        _show_newest(room, member, count)
    elif next_to["side"].lower() == "since":
        _show_since(room, member, int(next_to["number"]), count)
    else:
        _show_before(room, member, int(next_to["number"]), count)


def _show_newest(room: Room, member: Member, count: int) -> None:
    found = _look_up(member, lambda: room.past.newest(count))
    older = found.messages[0][0] if found.is_cut else None
    _show(room, member, found, History("", 0), HistoryEnd("", before=older))


def _show_since(room: Room, member: Member, number: int, count: int) -> None:
    found = _look_up(member, lambda: room.past.since(number, count))
    more = found.messages[-1][0] if found.is_cut else None
    _show(room, member, found, History("", 0, since=number), HistoryEnd("", more))


def _show_before(room: Room, member: Member, number: int, count: int) -> None:
    found = _look_up(member, lambda: room.past.before(number, count))
    older = found.messages[0][0] if found.is_cut else None
    _show(room, member, found, History("", 0, before=number), HistoryEnd("", before=older))


def search(room: Room, member: Member, rest: str) -> None:
    """/search WORDS: find what was said; also "a phrase", from:NAME, since:2026-11-20."""
    if not room.past.has_archive:
        raise Refused("This server keeps no archive to search in.")
    room.catch_up(member)
    found = _look_up(member, lambda: room.past.search(rest))
    remark = (_OLDER if found.messages else _NO_TIME) if found.is_cut else ""
    _show(room, member, found, History("", 0), HistoryEnd(""), remark)


_OLDER = "There may be older ones: one more word leaves some out."
_NO_TIME = "There was no time to look at all that was said: one more word makes it quicker."


def ids(room: Room, member: Member, rest: str) -> None:
    """/ids on (or off): show the number of each message."""
    wanted = {"on": True, "off": False}.get(rest.lower())
    if wanted is None:
        raise Refused("Write /ids on or /ids off.")
    room.number(member, wanted=wanted)


def _look_up(member: Member, ask: Callable[[], _T]) -> _T:
    """The answer of the past. Raises Refused where it is asked too often, or cannot answer."""
    if member.questions is None:
        member.questions = TokenBucket(BURST_QUESTIONS, QUESTIONS_PER_SECOND)
    if not member.questions.take_now():
        raise Refused("You ask too often for what was said: once a second is enough.")
    if not _turns.acquire(timeout=WAIT_SECONDS):
        raise Refused("Too many people ask for what was said; try again.")
    try:
        return ask()
    except QueryError as error:
        raise Refused(str(error)) from error
    except ArchiveError as error:  # its sentence is the operator's: it has the path
        raise Refused("The archive cannot be read now.") from error
    finally:
        _turns.release()


def _show(
    room: Room, member: Member, found: Found, head: History, end: HistoryEnd, remark: str = ""
) -> None:
    """Send it between these two, which get the time, and the first one the number of messages."""

    def answer(now: str) -> Iterator[Message]:
        yield replace(head, time=now, count=len(found.messages))
        for first, last in found.missing:
            yield Notice(now, f"#{first} to #{last} are not there, or not yet.")
        if remark:
            yield Notice(now, remark)
        yield replace(end, time=now)

    room.show(member, found.messages, lambda now: [*answer(now)])
