"""Whether an engine still has all that a server needs that begins without a snapshot."""

import contextlib

from phase4.hub.contract import Engine
from phase4.hub.operations import BadBatch, decode


def is_whole(engine: Engine) -> bool:
    """Whether it has the first batch of each server that it knows at first. Raises EngineDown."""
    firsts: dict[str, int] = {}
    for each in engine.read("", 0.0):
        with contextlib.suppress(BadBatch):
            batch = decode(each.data)
            firsts.setdefault(batch.server, batch.number)
    return all(number == 1 for number in firsts.values())
