"""What operators had decided before a shared room began anew is said again."""

from typing import Any, cast

import pytest

from phase4.accounts.held import target_of
from phase4.accounts.moderation import MAX_BANS, Ban, Moderation, Mute, SetTopic, SetWriting
from phase4.accounts.moderation import Order as Lasting
from phase4.hub.operations import Order, decode, encode
from phase4.server.deeds import Again, Kick, from_json, to_json
from phase4.server.member import Member
from phase4.server.outbox import Outbox
from shared.address import Address
from tests.phase4.hub.by_hand import Server, settle
from tests.phase4.hub.samples import enter

HELD: tuple[Lasting, ...] = (
    Ban("Bob", 60.0, "Ann"),
    Ban(target_of("10.0.0.0/8"), None, "Ann"),
    Mute("Eve", None, "Ann"),
    SetTopic("Chapter 4", "Ann"),
    SetWriting(is_open=False, by="Ann"),
)


def test_what_holds_is_written_in_a_batch_and_read_back() -> None:
    [read] = decode(encode("a", 1, [Order("", to_json(Again(HELD)))])).operations
    assert isinstance(read, Order)
    assert from_json(read.order) == Again(HELD)


def test_what_holds_can_be_ordered_anew_and_holds_as_it_did() -> None:
    first, second = Moderation(), Moderation()
    for each in HELD:
        first.apply(each, 100.0)
    assert first.orders(110.0) == (Ban("Bob", 50.0, "Ann"), *HELD[1:])
    for each in first.orders(110.0):
        assert second.lacks(each, 110.0)
        second.apply(each, 110.0)
        assert not second.lacks(each, 110.0)
    assert second.orders(110.0) == first.orders(110.0)


def test_what_has_come_to_its_end_is_not_said_again() -> None:
    state = Moderation()
    state.apply(HELD[0], 100.0)
    assert state.orders(161.0) == ()


def test_nothing_is_lacking_where_something_of_the_kind_holds() -> None:
    state = Moderation()
    for each in HELD:
        state.apply(each, 100.0)
    for again in (SetTopic("Chapter 5", "Olga"), Ban("Bob", None, "Olga")):
        assert not state.lacks(again, 159.0)
    assert not state.lacks(SetWriting(is_open=True, by="Olga"), 159.0)


def test_what_has_come_to_its_end_is_lacking_whether_anybody_has_noticed_or_not() -> None:
    """A server that has begun since does not know of it any more, and both are to agree."""
    state = Moderation()
    for each in (Ban("Bob", 60.0, "Ann"), Mute("Eve", 60.0, "Ann")):
        state.apply(each, 100.0)
        assert state.lacks(each, 161.0)


def test_nobody_is_sent_away_by_a_ban_for_which_there_is_no_space_any_more() -> None:
    server = Server("one", [])
    server.say(enter("Ann/ann/ann"), None)
    settle(server)
    member, now = Member(Outbox(cast(Any, None)), Address("192.0.2.7", 1)), 100.0
    server.room._people.claim(member, "Ann")
    for number in range(MAX_BANS):
        server.room._gate.state.apply(Ban(f"Name{number}", None, "Olga"), now)
    with server.room.fan_out:
        assert not server.room.hand.hold_again(Again((Ban("Ann", None, "Olga"),)))
    assert not member.is_gone
    server.close()


@pytest.mark.parametrize(
    "deeds",
    [None, "x", {}, [1, None, []], [{"do": "again", "deeds": []}], [to_json(Kick("a", ""))]],
)
def test_what_is_not_an_order_that_lasts_is_left_out(deeds: Any) -> None:
    assert from_json({"do": "again", "deeds": deeds}) in (None, Again(()))
