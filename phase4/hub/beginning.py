"""Where a server begins: at a snapshot, or where the room has begun."""

import contextlib
import time
from typing import Any, NamedTuple

from phase4.hub.contract import Engine, just_before
from phase4.hub.operations import BadBatch, End, decode, encode
from phase4.hub.snapshot import BadSnapshot, from_bytes
from phase4.hub.state import State

_RETRY_SECONDS = 0.2


class Start(NamedTuple):
    """A snapshot behind which one reads on; or the beginning, of an era that is not ours."""

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
        era = _era_of_beginning(engine)
        if era and _era_of(kept) not in ("", era):
            return Start(State(), "", {}, is_kept=False, is_other_era=True)
        if era is not None or time.monotonic() > give_up_at:
            return None
        time.sleep(_RETRY_SECONDS)
    return start


def beginning_of(era: str) -> bytes:
    """A batch by which the room begins anew, of a server that says no more than that."""
    return encode(era, 1, [End()], era)


def is_there(engine: Engine, position: str) -> bool:
    """Whether the entry of this position is there: in another stream, there may be later ones.

    Raises EngineDown, and ValueError for what is not a position.
    """
    there = engine.read(just_before(position), 0.0)
    return bool(there) and there[0].position == position


def find_beyond(engine: Engine, position: str) -> Start | None:
    """The room's snapshot, where what stands behind this position is gone. Raises EngineDown."""
    oldest, _ = engine.span()
    is_gone = bool(position) and engine.is_before(position, oldest)
    return _find(engine, None) if is_gone and _era_of_beginning(engine) is None else None


def _find(engine: Engine, kept: bytes | None) -> Start | None:
    own_era = _era_of(kept)
    for data in (kept, engine.load()):
        if data is None:
            continue
        try:
            state, position, more = from_bytes(data)
            is_of_this_stream = is_there(engine, position)
        except ValueError:  # also BadSnapshot
            continue
        if is_of_this_stream:
            return Start(state, position, more, data is kept, own_era not in ("", state.era))
    return None


def _era_of(kept: bytes | None) -> str:
    """The era that this server was in; empty: nobody knows."""
    with contextlib.suppress(BadSnapshot):
        return from_bytes(kept)[0].era if kept is not None else ""
    return ""


def _era_of_beginning(engine: Engine) -> str | None:
    """The era with which the stream begins; empty: nothing is there. None: it does not say.

    (Where a beginning was given again, it may be of an era that was over by then.)
    """
    entries = engine.read("", 0.0)
    for each in entries:
        with contextlib.suppress(BadBatch):
            batch = decode(each.data)
            if batch.begins_era and batch.time is None:
                return batch.era
    return None if entries else ""
