"""What a link does with what it reads and has lost: checked without threads (links.py)."""

from collections.abc import Callable, Iterator, Sequence

import pytest

from phase4.accounts.moderation import Unban
from phase4.hub import recent
from phase4.hub.beginning import beginning_of
from phase4.hub.operations import Begin, Operation, Order, Say, decode, encode, given_again
from phase4.server.deeds import to_json
from phase4.server.hand import Giver
from phase4.server.wish import Wish
from tests.phase4.hub.links import Copy, Disk, Server, Stream, _without_waits, settle
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


def test_what_was_said_in_a_room_that_began_anew_while_a_server_was_down_is_in_its_log(
    start: Start, stream: Stream
) -> None:
    """Though its log has as many messages of before, and there is no snapshot."""
    old = talk(start("old"), "one", "two", "three")
    stream.empty()
    new = talk(start("new"), "four")
    stream.snapshot = None
    again = start("again", old.disk)
    settle(again, new)
    talk(new, "five", others=[again])
    assert again.disk.log == [f"Ann: {each}" for each in ("one", "two", "three", "four", "five")]
    assert again.heard == [(4, "Ann: four"), (5, "Ann: five")]
    assert new.heard[-1] == (5, "Ann: five")


def test_what_was_said_before_counts_once_for_all_whose_logs_have_it(
    start: Start, stream: Stream
) -> None:
    one, two = start("one"), start("two")
    talk(one, *("hello",) * 10, others=[two])
    two.beat(one)
    stream.empty()
    new = talk(start("new"), "hello")
    for number, disk in enumerate([one.disk, two.disk]):
        settle(start(f"again{number}", disk), new)
        new.beat()
    assert new.link.state.before == 10


def test_a_position_that_stands_between_those_of_a_stream_is_not_one_of_it(
    start: Start, stream: Stream
) -> None:
    """The engine was put back to what it was before. Each server has another end of what is lost.

    And new entries stand behind all that.
    """
    one, two = start("one"), start("two")
    talk(one, "kept", others=[two])
    copy = stream.copy()
    talk(one, "lost", others=[two])
    two.beat(one)
    talk(one, "lost, too", others=[two])
    stream.put_back(copy)
    one = talk(start("one again", one.disk), "hello")
    two = start("two again", two.disk)
    talk(one, "goodbye", others=[two])
    assert two.link.state == one.link.state
    assert two.heard[-1] == one.heard[-1]
    assert "* 1 entry was lost" in two.disk.log


def talk(server: Server, *texts: str, others: Sequence[Server] = ()) -> Server:
    """Let Ann say this there, and all read it; then the server writes snapshots."""
    settle(server, *others)
    if "Ann" not in server.people:
        server.join("Ann")
        settle(server, *others)
    for each in texts:
        server.say("Ann", each)
        settle(server, *others)
    server.beat(*others)
    return server


# --- what the engine loses ------------------------------------------------------------------------


def are_one_room(*servers: Server) -> None:
    settle(*servers)
    states = [each.link.state for each in servers]
    assert all(each == states[0] for each in states)
    for each in servers:
        here = {member.name for member in each.room._people}
        assert here == {person.name for person in states[0].people_of(each.link.server)}


def cut_off_knowing_more(start: Start, stream: Stream) -> tuple[Server, Copy]:
    """A server that is cut off, where Nell is; and the stream of long before it began."""
    old = talk(start("old"), "hello")
    copy = stream.copy()
    talk(old, "and goodbye")
    new = start("new")
    settle(new, old)
    new.join("Nell")
    settle(new, old)
    new.cut()
    return new, copy


def test_an_engine_that_was_put_back_to_long_ago_while_a_server_lives_has_one_room(
    start: Start, stream: Stream
) -> None:
    """The other one knows of all but what the newcomer reads, who begins at an old snapshot."""
    new, copy = cut_off_knowing_more(start, stream)
    stream.put_back(copy)
    newcomer = start("newcomer")
    settle(newcomer)
    newcomer.join("Nell")
    settle(newcomer)
    new.mend()
    are_one_room(new, newcomer)


def test_whoever_knows_what_others_have_gone_on_without_has_all_begin_anew(
    start: Start, stream: Stream
) -> None:
    one, two = start("one"), start("two")
    settle(one, two)
    copy = stream.copy()
    one.join("Ann")
    settle(one)
    one.cut()
    stream.put_back(copy)
    two.join("Ann")
    settle(two)
    one.mend()
    settle(one, two)
    are_one_room(one, two)
    assert len(one.link.state.people) == 2


def test_where_others_have_only_said_something_meanwhile_all_go_on(
    start: Start, stream: Stream
) -> None:
    one, two = start("one"), start("two")
    settle(one, two)
    for server, name in ((one, "Ann"), (two, "Ben")):
        server.join(name)
        settle(one, two)
    era, copy = one.link.state.era, stream.copy()
    one.say("Ann", "lost")
    settle(one)
    one.cut()
    stream.put_back(copy)
    two.say("Ben", "meanwhile")
    settle(two)
    one.mend()
    are_one_room(one, two)
    assert one.link.state.era == era
    assert [text for _, text in two.heard] == ["Ben: meanwhile", "Ann: lost"]


def test_what_all_know_is_given_again_by_all_and_nobody_begins_anew(
    start: Start, stream: Stream
) -> None:
    one, two = start("one"), start("two")
    settle(one, two)
    era, copy = one.link.state.era, stream.copy()
    for server, name in ((one, "Ann"), (two, "Ben")):
        server.join(name)
        settle(one, two)
    one.cut()
    two.cut()
    stream.put_back(copy)
    two.mend()
    settle(two)
    two.join("Cat")
    settle(two)
    one.mend()
    are_one_room(one, two)
    assert one.link.state.era == era
    assert {*one.link.state.people} == {"ann", "ben", "cat"}


@pytest.mark.parametrize("is_emptied", [True, False])
def test_an_engine_whose_clock_has_gone_back_and_that_has_lost_much_is_heard(
    start: Start, stream: Stream, is_emptied: bool
) -> None:
    """What comes new stands before all that was read."""
    new, copy = cut_off_knowing_more(start, stream)
    stream.empty()
    if not is_emptied:
        stream.put_back(copy)
    stream.now -= 3_600_000
    new.mend()
    settle(new)
    new.say("Nell", "are you there?")
    settle(new)
    assert new.heard[-1][1] == "Nell: are you there?"


def test_what_was_given_again_has_its_time_also_where_the_clock_has_gone_back(
    start: Start, stream: Stream
) -> None:
    one, two = start("one"), start("two")
    settle(one, two)
    copy = stream.copy()
    one.join("Ann")
    settle(one)
    one.cut()
    stream.put_back(copy)
    stream.now -= 3_600_000
    one.mend()
    are_one_room(one, two)


def test_no_snapshot_is_written_that_knows_more_than_what_stands_before_its_position(
    start: Start, stream: Stream
) -> None:
    one = talk(start("one"), "hello")
    copy, kept = stream.copy(), one.disk.kept
    one.join("Ben")
    settle(one)
    one.cut()
    stream.put_back(copy)
    one.mend()
    assert one.link._repair()
    one.link.outages.end()
    one.link.publisher._on_beat()
    assert one.disk.kept == kept
    settle(one)
    one.link.publisher._on_beat()
    assert one.disk.kept != kept


def test_an_era_may_begin_with_a_batch_that_is_too_large_to_be_kept(
    start: Start, stream: Stream, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recent, "RECENT_BYTES", 2_000)
    one = talk(start("one"), "hello")
    stream.append(encode("big", 1, [Say("nobody", "x" * 3_000)], "big"))
    are_one_room(one)
    talk(one, "and goodbye")
    assert one.heard[-1][1] == "Ann: and goodbye"


def test_what_is_not_a_batch_is_given_again_as_it_is(start: Start, stream: Stream) -> None:
    one = talk(start("one"), "hello")
    copy = stream.copy()
    stream.append(b"{nonsense")
    stream.append(b"nonsense")
    one.join("Ben")
    settle(one)
    one.cut()
    stream.put_back(copy)
    one.mend()
    talk(one, "and goodbye")
    assert one.heard[-1][1] == "Ann: and goodbye"


# --- eras -----------------------------------------------------------------------------------------


def eras_of(stream: Stream) -> set[str]:
    return {decode(each.data).era for each in stream.entries}


def test_two_that_begin_at_the_same_moment_know_nothing_and_have_one_room(
    start: Start, stream: Stream
) -> None:
    one, two = start("one"), start("two")
    for each in (one, two):
        each.read()
        each.join("Ann")
    for each in (one, two):
        each.publish()
    are_one_room(one, two)
    assert {*one.link.state.people} == {"ann", "ann1"}


def test_a_beginning_that_was_given_again_may_be_over_and_is_not_what_a_newcomer_goes_by(
    start: Start, stream: Stream
) -> None:
    """Behind it, what the room has begun with since is not in the stream any more."""
    stream.append(given_again(encode("old", 1, [Begin(0)], "old"), 1_600_000_000.0))
    stream.append(encode("new", 7, [Begin(0)], "new"))
    one = start("one")
    settle(one)
    assert one.link.state.era == one.link.server == "one.1"


def test_messages_have_their_numbers_where_the_room_begins_anew_around_a_server(
    start: Start, stream: Stream
) -> None:
    one = talk(start("one"), "one", "two")
    for era in ("other", "another"):
        stream.append(beginning_of(era))
        settle(one)
    one.say("Ann", "three")
    settle(one)
    assert one.heard[-1] == (3, "Ann: three")
    assert one.disk.log == ["Ann: one", "Ann: two", "Ann: three"]


def test_nothing_of_an_era_that_is_over_is_given_again(start: Start, stream: Stream) -> None:
    one = talk(start("one"), "hello")
    one.cut()
    stream.empty()
    two = start("two")
    settle(two)
    one.mend()
    are_one_room(one, two)
    assert eras_of(stream) == {"two.1"}
    one.cut()
    two.cut()
    stream.empty()
    one.mend()
    settle(one)
    two.mend()
    are_one_room(one, two)
    assert eras_of(stream) == {"two.1"}


def test_an_era_that_is_lost_from_its_beginning_on_is_given_again_and_goes_on(
    start: Start, stream: Stream
) -> None:
    one = talk(start("one"), "hello")
    copy = stream.copy()
    talk(one, "of before")
    stream.append(beginning_of("other"))
    talk(one, "and goodbye")
    one.cut()
    stream.put_back(copy)
    one.mend()
    talk(one, "are you there?")
    assert one.link.state.era == "other"
    newcomer = start("newcomer")
    are_one_room(one, newcomer)
