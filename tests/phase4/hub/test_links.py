"""What a link does with what it reads and has lost: checked without threads (links.py)."""

from collections.abc import Callable, Iterator

import pytest

from phase4.accounts.moderation import Unban
from phase4.hub.operations import Operation, Order, Say, decode, encode
from phase4.server.deeds import to_json
from phase4.server.hand import Giver
from phase4.server.wish import Wish
from tests.phase4.hub.links import Disk, Server, Stream, _without_waits, settle
from tests.phase4.hub.samples import enter

__all__ = ["_without_waits"]

Start = Callable[..., Server]


@pytest.fixture
def stream() -> Stream:
    """What the engine keeps."""
    return Stream()


@pytest.fixture
def start(stream: Stream) -> Iterator[Start]:
    """Start a server, on what one before has left."""
    started: list[Server] = []

    def start(name: str, disk: Disk | None = None) -> Server:
        started.append(Server(name, stream, disk))
        return started[-1]

    yield start
    for each in started:
        each.close()


def test_what_was_in_flight_is_appended_again_in_its_order_whenever_the_engine_went(
    start: Start, stream: Stream
) -> None:
    one = start("one")
    settle(one)
    publisher, before = one.link.publisher, len(stream.entries)
    for text in ("first", "second"):
        one.link.say(Say("nobody", text))
        one.publish()
    stream.entries = stream.entries[:before]
    publisher.set_up(is_up=False)
    publisher.set_up(is_up=True)
    one.publish()
    stream.entries = stream.entries[:before]
    publisher.set_up(is_up=False)
    publisher.set_up(is_up=True)
    settle(one)
    said = [each for entry in stream.entries[before:] for each in decode(entry.data).operations]
    assert said == [Say("nobody", "first"), Say("nobody", "second")]


def test_a_batch_that_somebody_has_written_by_hand_under_our_name_harms_nobody(
    start: Start, stream: Stream
) -> None:
    """It has the number of one that is in flight, more operations, and others."""
    one = start("one")
    settle(one)
    number = one.link.publisher._number + 1
    forged: list[Operation] = [enter("Eve"), enter("Mallory")]
    stream.append(encode(one.link.server, number, forged, one.link.state.era))
    one.link.say(Order("Olga", to_json(Unban("Eve"))), Wish(giver=Giver("Olga")))
    one.publish()
    settle(one)
    one.join("Ann")
    settle(one)
    one.say("Ann", "hello")
    settle(one)
    assert one.heard == [(1, "Ann: hello")]
