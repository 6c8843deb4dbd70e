"""What operators have decided, kept over a restart: LOG_DIR/moderation.json.

    {"version": 1,
     "bans": [{"target": "192.0.2.7", "by": "Ann", "until": 1795269900.0, "seconds_left": 600.0}],
     "mutes": [{"target": "Bob", "by": "Ann"}],
     "topic": {"text": "Chapter 4", "by": "Ann"},
     "closed_by": "Ann"}

The file is the owner's alone (0600): it has addresses in it. It is replaced in one step, so whoever
reads it, or pulls the plug, finds all of the old one or all of the new.

**Two clocks.** `until` is what the system's clock shows at the end, so that a server which was down
for an hour does not make a mute an hour longer. But that clock may be wrong at the next start: a
small machine without a battery begins in the past. So the file also says how long it was to last
when it was written, and nothing lasts longer than that.
"""

import json
import math
import os
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from phase4.accounts.held import Hold, shown, target_of
from phase4.accounts.moderation import (
    MAX_MINUTES,
    MAX_TOPIC_CHARACTERS,
    Ban,
    Moderation,
    Mute,
    Outcome,
    SetTopic,
    SetWriting,
)
from shared.defaults import MAX_NAME_CHARACTERS
from shared.files import open_ordinary, replace_text
from shared.message import clean

MODERATION = "moderation.json"
VERSION = 1
MAX_BYTES = 1024 * 1024
"""A thousand entries have some 150 kB."""

_LONGEST_SECONDS = MAX_MINUTES * 60.0
_BAD = ".unreadable"


# --- as text ----------------------------------------------------------------------------------


def to_text(state: Moderation, now: float, wall: float) -> str:
    """The state as JSON. It is `now` by the state's clock, and `wall` by the system's."""

    def entry(hold: Hold) -> dict[str, Any]:
        values: dict[str, Any] = {"target": shown(hold.target), "by": hold.by}
        if hold.until is not None:
            left = hold.until - now
            values |= {"until": round(wall + left, 1), "seconds_left": round(left, 1)}
        return values

    values = {
        "version": VERSION,
        "bans": [entry(each) for each in state.bans(now)],
        "mutes": [entry(each) for each in state.all_mutes(now)],
        "topic": {"text": state.topic, "by": state.topic_by},
        "closed_by": None if state.is_open else state.closed_by,
    }
    return json.dumps(values, ensure_ascii=False, indent=1) + "\n"


def from_text(text: str, now: float, wall: float) -> tuple[Moderation, int]:
    """The state that a file holds, and how many of its entries are not understood.

    Raises ValueError where it is not such a file at all.
    """
    try:
        values = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ValueError("it is not JSON") from error
    if not isinstance(values, dict) or values.get("version") != VERSION:
        raise ValueError(f"it is not of version {VERSION}")
    state = Moderation()
    skipped = 0
    for kind in ("bans", "mutes"):
        entries = values.get(kind, [])
        for entry in entries if isinstance(entries, list) else [None]:
            skipped += not _take(state, kind, entry, now, wall)
    topic, closed_by = values.get("topic"), values.get("closed_by")
    if isinstance(topic, dict) and (words := _words(topic.get("text"), MAX_TOPIC_CHARACTERS)):
        state.apply(SetTopic(words, _name(topic)), now)
    if closed_by is not None:
        state.apply(SetWriting(is_open=False, by=_name({"by": closed_by})), now)
    return state, skipped


def _take(state: Moderation, kind: str, entry: object, now: float, wall: float) -> bool:
    """Put an entry in; False where it cannot be understood, or there are too many."""
    try:
        assert isinstance(entry, dict)
        target, by, left = target_of(str(entry["target"])), _name(entry), _left(entry, wall)
        assert isinstance(target, str) or kind == "bans"
    except (AssertionError, KeyError, TypeError, ValueError, OverflowError):
        return False
    if left is not None and left <= 0:
        return True  # it has come to its end meanwhile
    order = Ban(target, left, by) if kind == "bans" else Mute(str(target), left, by)
    return state.apply(order, now) is not Outcome.FULL


def _left(entry: Mapping[str, Any], wall: float) -> float | None:
    """How many seconds of it are left; None: it has no end."""
    if entry.get("until") is None:
        return None
    until, most = float(entry["until"]), float(entry.get("seconds_left", _LONGEST_SECONDS))
    left = min(until - wall, most, _LONGEST_SECONDS)
    if math.isnan(left):
        raise ValueError("not a time")
    return left


def _name(entry: Mapping[str, Any]) -> str:
    return _words(entry.get("by"), MAX_NAME_CHARACTERS)


def _words(value: object, longest: int) -> str:
    return clean(value)[:longest].strip() if isinstance(value, str) else ""


# --- as a file --------------------------------------------------------------------------------


class ModerationFile:
    """Reads the state at the start, and keeps it. Any thread may call `save`."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._saving = threading.Lock()  # one after the other: the last to write has the newest
        self.is_behind = False
        """Whether the file does not hold the state: it could not be written."""

    def load(self, now: float, wall: float, report: Callable[[str], None]) -> Moderation:
        """The state of the last run; an empty one where there is none. `report` is told faults."""
        name = self._path.name
        try:
            state, skipped = from_text(self._read(), now, wall)
        except FileNotFoundError:
            return Moderation()
        except (OSError, ValueError) as error:
            why = getattr(error, "strerror", None) or str(error)
            kept = self._put_aside()
            report(f"{name} cannot be used ({why}): nobody is banned or muted.{kept}")
            return Moderation()
        if skipped:
            report(f"{name}: {skipped} of its entries are not understood, and left out.")
        return state

    def save(self, text: Callable[[], str]) -> str:
        """Keep what `text()` gives; why that cannot be, or nothing. Waits for the disk."""
        with self._saving:
            try:
                replace_text(self._path, text())
            except OSError as error:
                self.is_behind = True
                return f"{self._path.name} cannot be written: {error.strerror}."
            self.is_behind = False
            return ""

    def _read(self) -> str:
        with open(open_ordinary(self._path, os.O_RDONLY), "rb") as file:
            data = file.read(MAX_BYTES + 1)
        if len(data) > MAX_BYTES:
            raise ValueError(f"it has more than {MAX_BYTES:,} bytes")
        return data.decode()

    def _put_aside(self) -> str:
        """Keep what cannot be read from being replaced by the next order; a sentence, if it is."""
        aside = self._path.with_name(self._path.name + _BAD)
        try:
            os.replace(self._path, aside)
        except OSError:
            return ""
        return f" It is kept as {aside.name}."
