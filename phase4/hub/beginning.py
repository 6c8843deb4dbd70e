"""Where a server begins: at a snapshot, or where the room has begun."""

import contextlib
import time
from typing import Any, NamedTuple

from phase4.hub.contract import Engine
from phase4.hub.operations import BadBatch, decode
from phase4.hub.snapshot import from_bytes
from phase4.hub.state import State

_RETRY_SECONDS = 0.2


class Start(NamedTuple):
    """A snapshot behind which one reads on."""

    state: State
    position: str
    more: dict[str, Any]
    is_kept: bool
    """It is this server's own."""

    is_other_era: bool
    """The room has begun anew since this server was in it."""


def find_start(engine: Engine, kept: bytes | None, *, wait_seconds: float) -> Start | None:
    """The own snapshot of this server, or else the room's; None: all that is there has to be read.

    Others save the room's soon. So it is waited for, unless it is not needed. Raises EngineDown.
    """
    give_up_at = time.monotonic() + wait_seconds
    while (start := _find(engine, kept)) is None:
        if _is_whole(engine) or time.monotonic() > give_up_at:
            return None
        time.sleep(_RETRY_SECONDS)
    return start


def find_beyond(engine: Engine, position: str) -> Start | None:
    """The room's snapshot, where what stands behind this position is gone. Raises EngineDown."""
    oldest, _ = engine.span()
    is_gone = bool(position) and engine.is_before(position, oldest)
    return _find(engine, None) if is_gone and not _is_whole(engine) else None


def _find(engine: Engine, kept: bytes | None) -> Start | None:
    oldest, newest = engine.span()
    own_era = ""
    for data in (kept, engine.load()):
        if data is None:
            continue
        try:
            state, position, more = from_bytes(data)
            is_there = not engine.is_before(position, oldest)
            is_there &= not engine.is_before(newest, position)
        except ValueError:  # also BadSnapshot
            continue
        own_era = own_era or (state.era if data is kept else "")
        if position and is_there:
            return Start(state, position, more, data is kept, own_era not in ("", state.era))
    return None


def _is_whole(engine: Engine) -> bool:
    """Whether nothing is there, or what is there at first is how the room has begun.

    (Where that was given again, it may be of an era that was over by then.)
    """
    entries = engine.read("", 0.0)
    for each in entries:
        with contextlib.suppress(BadBatch):
            batch = decode(each.data)
            if batch.begins_era and batch.time is None:
                return True
    return not entries
