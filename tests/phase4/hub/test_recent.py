"""What was read last is given again to an engine that has lost it."""

from typing import cast

import pytest

from phase4.hub.contract import Engine, Entry, order_of
from phase4.hub.recent import Recent


class Remembering:
    """As much of an engine as is asked here. What it has can be taken away."""

    def __init__(self, *entries: Entry) -> None:
        self.entries = [*entries]

    def read(self, after: str, seconds: float) -> list[Entry]:
        """See Engine."""
        places = [each.position for each in self.entries]
        return self.entries[places.index(after) + 1 if after in places else 0 :]

    def span(self) -> tuple[str, str]:
        """See Engine."""
        return (self.entries[0].position, self.entries[-1].position) if self.entries else ("", "")

    def is_before(self, one: str, other: str) -> bool:
        """See Engine."""
        return order_of(one) < order_of(other)


ENTRIES = [Entry(f"{number}-0", float(number), b"%d" % number) for number in range(1, 6)]


@pytest.fixture
def recent() -> Recent:
    """All entries were read."""
    recent = Recent()
    for each in ENTRIES:
        recent.add(each)
    return recent


@pytest.mark.parametrize("kept", range(6))
def test_what_the_engine_has_lost_is_told_and_read_again(recent: Recent, kept: int) -> None:
    engine = cast("Engine", Remembering(*ENTRIES[:kept]))
    assert recent.lost(engine).entries == ENTRIES[kept:]
    assert recent.position == (ENTRIES[kept - 1].position if kept else "")


def test_until_then_its_place_is_nothing_that_could_be_kept(recent: Recent) -> None:
    assert not recent.is_behind
    recent.lost(cast("Engine", Remembering()))
    assert recent.is_behind
    recent.add(Entry("9-0", 9.0, b"again"))
    assert not recent.is_behind


def test_what_was_before_the_room_began_anew_is_not_given_again(recent: Recent) -> None:
    recent.begin_with_last()
    recent.add(Entry("6-0", 6.0, b"6"))
    lost = recent.lost(cast("Engine", Remembering(*ENTRIES[:2])))
    assert [each.data for each in lost.entries] == [b"5", b"6"]
    assert recent.position == "2-0"  # where the engine ends: it may number on from there
