"""What all servers agree on: one promise each, with the batches that would break it."""

from typing import Any

import pytest

from phase4.hub.events import (
    Began,
    Ended,
    Entered,
    HandedOver,
    Left,
    LoggedIn,
    MadeWay,
    Missing,
    NotHere,
    NotRenamed,
    Ordered,
    Ousted,
    Renamed,
    Resumed,
    Said,
    Taken,
    Unsaid,
    Whispered,
)
from phase4.hub.operations import (
    Batch,
    Beat,
    Begin,
    Bury,
    End,
    Enter,
    HandOver,
    Leave,
    Login,
    Order,
    Rename,
    Resume,
    Say,
    Whisper,
)
from phase4.hub.state import MAX_DEAD, MAX_SERVERS, State
from shared.defaults import MAX_LINE_BYTES
from tests.phase4.hub.samples import TIME, Servers, applied, batch, check, enter, rename, triples


def names(servers: Servers) -> dict[str, str]:
    """Who is here, and at which server."""
    check(servers.state)
    return {each.name: each.server for each in servers.state.people.values()}


def both() -> Servers:
    """Ann is here through one server, Ben through another."""
    servers = Servers()
    servers.do("a", Begin(0), enter("Ann"))
    servers.do("b", Begin(0), enter("Ben"))
    return servers


# --- names ----------------------------------------------------------------------------------------


def test_of_two_who_want_a_name_the_first_in_the_stream_gets_it() -> None:
    servers = Servers()
    [entered] = servers.do("b", enter("Ann"))
    assert isinstance(entered, Entered)
    assert servers.do("a", enter("Ann")) == [Taken()]
    assert names(servers) == {"Ann": "b"}


def test_a_newcomer_gets_the_first_of_the_names_that_nobody_has() -> None:
    servers = both()
    [entered] = servers.do("b", enter("Ann", "Ben", "Cid", "Dan"))
    assert isinstance(entered, Entered)
    assert (entered.person.name, entered.wanted) == ("Cid", "Ann")


def test_a_name_that_looks_like_anothers_is_taken() -> None:
    servers = Servers()
    servers.do("a", enter("Bill/bill/bill"))
    assert servers.do("b", enter("BiII/biii/bill")) == [Taken()]
    [entered] = servers.do("b", enter("Ann/ann/ann"))
    assert isinstance(entered, Entered)
    ann, bill = servers.state.people["ann"], servers.state.people["bill"]
    assert servers.do("b", rename("ann", "BiII/biii/bill")) == [NotRenamed(bill)]
    assert servers.state.people["ann"] is ann


def test_the_fold_of_one_may_be_the_look_of_another() -> None:
    servers = Servers()
    servers.do("a", enter("One/x/y"), enter("Two/y/x"))
    assert names(servers) == {"One": "a", "Two": "a"}
    servers.do("a", Leave("x", ""))
    assert servers.do("a", enter("Other/z/x")) == [Taken()]
    assert names(servers) == {"Two": "a"}


def test_who_keeps_their_fold_cannot_take_the_look_of_somebody_else() -> None:
    """Servers with different tables may find another look for the same name."""
    servers = Servers()
    servers.do("a", enter("Ann/ann/ann"), enter("Bob/bob/bob"))
    bob = servers.state.people["bob"]
    assert servers.do("a", rename("ann", "ANN/ann/bob")) == [NotRenamed(bob)]
    servers.do("a", Leave("ann", ""))
    assert servers.do("b", enter("B0b/b0b/bob")) == [Taken()]
    assert names(servers) == {"Bob": "a"}


def test_another_spelling_of_ones_own_name_is_free() -> None:
    servers = Servers()
    servers.do("a", enter("Ann/ann/ann"))
    [renamed] = servers.do("a", rename("ann", "ANN/ann/ann"))
    assert isinstance(renamed, Renamed)
    assert (renamed.old.name, renamed.new.name) == ("Ann", "ANN")
    assert names(servers) == {"ANN": "a"}


def test_a_name_is_free_again_once_its_holder_has_left_or_has_another() -> None:
    servers = both()
    servers.do("a", rename("Ann", "Amy"))
    servers.do("b", Leave("Ben", "stopped reading"))
    servers.do("c", enter("Ann"), enter("Ben"))
    assert names(servers) == {"Amy": "a", "Ann": "c", "Ben": "c"}


@pytest.mark.parametrize(
    "wrong", [[], ["", "", ""], ["x", "", "x"], ["x", "x"], ["x", "x", 7], [["x"], "x", "x"], None]
)
def test_a_name_without_its_fold_or_look_is_passed_over(wrong: Any) -> None:
    servers = Servers()
    [entered] = servers.do("a", Enter([wrong, ["Ann", "ann", "ann"]], "", "", "", "", []))
    assert isinstance(entered, Entered)
    assert names(servers) == {"Ann": "a"}


@pytest.mark.parametrize("wrong", ["* Ann", "Ann:", "Ann -> Ben", "[x]", "(x)", "x" * 500])
def test_nobody_gets_a_name_that_could_be_another_line(wrong: str) -> None:
    servers = both()
    assert servers.do("a", Rename("Ann", [[wrong, "x", "y"]])) == [NotRenamed(None)]
    assert servers.do("a", Enter([[wrong, "x", "y"]], "", "", "", "", [])) == [Taken()]


@pytest.mark.parametrize("wrong", [("", "x", "x"), ("X", "", "x"), ("X", "x", "")])
def test_nobody_gets_a_name_without_its_fold_or_look(wrong: tuple[str, str, str]) -> None:
    """A person without a fold would be found as the holder of every free look."""
    servers = both()
    assert servers.do("a", Rename("Ann", [[*wrong]])) == [NotRenamed(None)]
    [entered] = servers.do("b", enter("Cid"))
    assert isinstance(entered, Entered)
    assert names(servers) == {"Ann": "a", "Ben": "b", "Cid": "b"}


def test_whoever_proves_a_lost_connection_gets_its_name_and_nobody_else_loses_theirs() -> None:
    servers = Servers()
    servers.do("a", enter("Ann/ann/ann", proof="secret"), enter("Bob/bob/bob"))
    old = servers.state.people["ann"]
    [entered] = servers.do("b", enter("ANN/ann/bob", proof="secret"))
    assert isinstance(entered, Entered)
    assert entered.replaced is old
    assert (entered.person.name, entered.person.look) == ("Ann", "ann")
    assert names(servers) == {"Bob": "a", "Ann": "b"}
    assert servers.do("a", Leave("ann", "connection lost")) == []
    assert names(servers) == {"Bob": "a", "Ann": "b"}


@pytest.mark.parametrize("proof", ["", "guessed"])
def test_without_the_proof_a_name_stays_its_holders(proof: str) -> None:
    servers = Servers()
    servers.do("a", enter("Ann", proof="secret"), enter("Ben"))
    assert servers.do("b", enter("Ann", proof=proof)) == [Taken()]
    assert servers.do("b", enter("Ben", proof=proof)) == [Taken()]


# --- names that belong to somebody ----------------------------------------------------------------


def test_whoever_has_the_name_of_an_account_makes_way_for_its_owner() -> None:
    servers = Servers()
    servers.do("a", enter("Ann/ann/ann"))
    made_way, entered = servers.do("b", enter("Ann/ann/ann", account="Ann", others=["Guest"]))
    assert isinstance(made_way, MadeWay)
    assert isinstance(entered, Entered)
    assert entered.person.account == "Ann"
    assert names(servers) == {"Guest": "a", "Ann": "b"}


def test_whoever_makes_way_gets_a_name_that_is_not_the_owners_nor_looks_like_it() -> None:
    servers = Servers()
    servers.do("a", enter("Ann/ann/other"))
    servers.do("b", enter("Ann/ann/ann", account="Ann", others=["A/ann/b", "Aпn/c/ann", "Guest"]))
    assert names(servers) == {"Guest": "a", "Ann": "b"}


def test_nobody_makes_way_where_another_name_is_in_the_way_as_well() -> None:
    """One has the name, and another one has a name that looks like it: by different tables."""
    servers = Servers()
    servers.do("a", enter("Ann/ann/x"), enter("Aпn/c/ann"))
    before = names(servers)
    owner = enter("Ann/ann/ann", "Own", account="Ann", others=["Guest"])
    [entered] = servers.do("b", owner)
    assert isinstance(entered, Entered)
    assert (entered.person.name, entered.person.account) == ("Own", "")
    [kept] = servers.do("b", Login("Own", "Ann", triples("Ann/ann/ann"), triples("Guest")))
    assert isinstance(kept, NotRenamed)
    assert names(servers) == {**before, "Own": "b"}


def test_whoever_logs_in_takes_the_place_of_their_other_connection_and_of_nobody_else() -> None:
    servers = Servers()
    servers.do("a", enter("Ann/ann/x", account="Ann"), enter("Ben/ben/ann"))
    [entered] = servers.do("b", enter("Guest"))
    assert isinstance(entered, Entered)
    happened = servers.do("b", Login("Guest", "Ann", triples("Ann/ann/ann"), triples("Cid")))
    assert [type(each) for each in happened] == [Ousted, MadeWay, LoggedIn]
    assert names(servers) == {"Cid": "a", "Ann": "b"}


def test_who_keeps_their_fold_does_not_log_in_under_the_look_of_somebody_else() -> None:
    servers = Servers()
    servers.do("a", enter("Ann/ann/ann"), enter("Bob/bob/bob"))
    bob = servers.state.people["bob"]
    login = Login("ann", "Ann", triples("ANN/ann/bob"), [])
    assert servers.do("a", login) == [NotRenamed(bob)]
    assert names(servers) == {"Ann": "a", "Bob": "a"}


def test_who_logs_out_keeps_their_name_and_ousts_nobody() -> None:
    servers = Servers()
    servers.do("a", enter("Ann", account="Ann"), enter("Ben"))
    [out] = servers.do("a", Login("Ann", "", triples("Ben"), triples("Guest")))
    assert isinstance(out, LoggedIn)
    assert (out.new.name, out.new.account) == ("Ann", "")
    assert names(servers) == {"Ann": "a", "Ben": "a"}


def test_a_leave_that_comes_behind_their_return_ends_nobody() -> None:
    """The old connection is lost while the new one's wish is under way, at the same server."""
    servers = Servers()
    servers.do("a", enter("Ann", proof="secret"))
    old = servers.state.people["Ann"]
    servers.do("a", enter("Ann", proof="secret"), Leave(old.arrival, "connection lost"))
    assert names(servers) == {"Ann": "a"}
    new = servers.state.people["Ann"]
    assert (new.entry, new.arrival != old.arrival) == (old.entry, True)
    [left] = servers.do("a", Leave(new.arrival, ""))
    assert left == Left(new, "")


def test_what_somebody_says_is_theirs_whoever_has_their_name_by_then() -> None:
    servers = Servers()
    servers.do("a", enter("Ann"))
    ann = servers.state.people["Ann"]
    owner = enter("Ann", account="Ann", others=["Guest"])
    happened = servers.do("a", owner, Say(ann.arrival, "I resign."), Say("Ann", "I do not."))
    said = [each for each in happened if isinstance(each, Said)]
    assert [(each.person.name, each.text) for each in said] == [
        ("Guest", "I resign."),
        ("Ann", "I do not."),
    ]
    servers.do("a", Leave(ann.arrival, ""))
    assert servers.do("a", Say(ann.arrival, "hi")) == [Unsaid()]
    assert names(servers) == {"Ann": "a"}


def test_what_is_longer_than_any_line_that_a_server_takes_is_left_out() -> None:
    servers = both()
    ann, ben = (servers.state.people[each] for each in ("Ann", "Ben"))
    for text in ("x" * MAX_LINE_BYTES, "x" * (MAX_LINE_BYTES + 1)):
        said = servers.do("a", Say(ann.arrival, text))
        whispered = servers.do("a", Whisper(ann.arrival, "Ben", ben.entry, "Ben", text))
        assert len(said) == len(whispered) == (len(text) == MAX_LINE_BYTES)
    assert servers.state.said == 1


# --- what is said ---------------------------------------------------------------------------------


def test_messages_are_counted_without_a_hole() -> None:
    servers = both()
    said = servers.do("a", Say("Ann", "one"), Say("Nobody", "none"), Say("Ann", "two"))
    said += servers.do("b", Say("Ben", "three"))
    assert [each.number for each in said if isinstance(each, Said)] == [1, 2, 3]


def test_a_server_whose_log_knows_more_raises_the_number_and_one_that_knows_less_does_not() -> None:
    servers = both()
    assert servers.do("c", Begin(41)) == [Began("c", 41)]
    servers.do("d", Begin(7))
    [said] = servers.do("a", Say("Ann", "hi"))
    assert isinstance(said, Said)
    assert said.number == 42


def test_nobody_speaks_for_somebody_at_another_server() -> None:
    servers = both()
    happened = servers.do(
        "b",
        Say("Ann", "I resign."),
        Whisper("Ann", "Ben", "b#1.1", "Ben", "psst"),
        rename("Ann", "Eve"),
        Leave("Ann", ""),
    )
    assert not [each for each in happened if isinstance(each, Said | Whispered | Renamed | Left)]
    assert servers.state.said == 0
    assert names(servers) == {"Ann": "a", "Ben": "b"}


def test_a_private_message_goes_to_the_person_who_was_meant() -> None:
    servers = both()
    [told] = servers.do("a", Whisper("Ann", "Ben", "b#1.1", "BEN", "psst"))
    assert told == Whispered(servers.state.people["Ann"], servers.state.people["Ben"], "psst")
    [away] = servers.do("a", Whisper("Ann", "Cid", "b#2.1", "cid", "psst"))
    assert away == NotHere(servers.state.people["Ann"], "cid", "psst")


def test_a_private_message_that_waited_does_not_go_to_whoever_has_the_name_by_then() -> None:
    servers = both()
    servers.do("b", Leave("Ben", ""))
    servers.do("b", enter("Ben"))
    [away] = servers.do("a", Whisper("Ann", "Ben", "b#1.1", "Ben", "psst"))
    assert away == NotHere(servers.state.people["Ann"], "Ben", "psst")


def test_whoever_comes_back_in_the_place_of_their_lost_connection_is_who_was_meant() -> None:
    servers = both()
    servers.do("b", enter("Cid", proof="p"))
    entry = servers.state.people["Cid"].entry
    servers.do("a", enter("Cid", proof="p"))
    [told] = servers.do("a", Whisper("Ann", "Cid", entry, "Cid", "psst"))
    assert isinstance(told, Whispered)


def test_of_two_who_came_in_at_once_each_is_another_who_may_be_meant() -> None:
    servers = both()
    servers.do("b", enter("Cid"), enter("Dan"))
    cid = servers.state.people["Cid"].entry
    servers.do("b", Leave("Cid", ""), rename("Dan", "Cid"))
    [away] = servers.do("a", Whisper("Ann", "Cid", cid, "Cid", "psst"))
    assert away == NotHere(servers.state.people["Ann"], "Cid", "psst")


def test_an_order_is_handed_on_as_it_was_given() -> None:
    assert Servers().do("a", Order("Ann", {"kind": "mute"})) == [Ordered("Ann", {"kind": "mute"})]


# --- what somebody has not seen -------------------------------------------------------------------

LINES = ["[14:03:05] Ben -> Ann: hi"]


def given_to(servers: Servers, given: HandOver) -> tuple[str, str] | None:
    """The name and the server of whoever gets it; None: nobody does for now."""
    [handed] = servers.do("b", given)
    assert isinstance(handed, HandedOver)
    assert (handed.server, handed.lines) == ("b", tuple(LINES))
    return (handed.to.name, handed.to.server) if handed.to else None


def test_what_was_seen_is_told_to_all_for_the_one_who_is_about_to_come() -> None:
    assert both().do("a", Resume("secret", 7)) == [Resumed("a", "secret", 7)]


@pytest.mark.parametrize("wrong", [Resume("", 7), Resume("secret", -1), Resume("secret", 2**53)])
def test_what_makes_no_sense_of_what_was_seen_is_skipped(wrong: Resume) -> None:
    servers = both()
    assert servers.do("a", wrong) == []
    assert servers.state.skipped == 1


def test_what_is_handed_over_is_for_whoever_has_the_proof_and_the_name_wherever_they_are() -> None:
    servers = both()
    servers.do("a", enter("Cat", proof="secret"))
    given = HandOver("Cat", "", "secret", 0, LINES)
    assert given_to(servers, given) == ("Cat", "a")
    servers.do("b", enter("Cat", proof="secret"))
    assert given_to(servers, given) == ("Cat", "b")


def test_what_is_handed_over_finds_whoever_has_another_name_by_then() -> None:
    servers = both()
    servers.do("a", enter("Cat", proof="secret"))
    cat = servers.state.people["Cat"]
    servers.do("a", rename(cat.arrival, "Kit"))
    assert given_to(servers, HandOver("Cat", cat.entry, "secret", 0, LINES)) == ("Kit", "a")
    assert given_to(servers, HandOver("Cat", "a#1.0", "secret", 0, LINES)) is None


@pytest.mark.parametrize("proof", ["guessed", "SECRET"])
def test_what_is_handed_over_is_for_nobody_else(proof: str) -> None:
    servers = both()
    servers.do("a", enter("Cat", proof="secret"))
    entry = servers.state.people["Cat"].entry
    assert given_to(servers, HandOver("Cat", entry, proof, 0, LINES)) is None
    servers.do("a", Leave("Cat", "connection lost"), enter("Cat"))
    assert given_to(servers, HandOver("Cat", entry, "secret", 0, LINES)) is None


@pytest.mark.parametrize(
    "wrong",
    [
        HandOver("Ann", "a#1.1", "", 0, LINES),
        HandOver("Ann", "a#1.1", "secret", -1, LINES),
        HandOver("Ann", "a#1.1", "secret", 2**53, LINES),
        HandOver("Ann", "a#1.1", "secret", 0, [*LINES, 7]),  # type: ignore[list-item]
        HandOver("Ann", "a#1.1", "secret", 0, [LINES]),  # type: ignore[list-item]
    ],
)
def test_what_makes_no_sense_is_handed_over_to_nobody(wrong: HandOver) -> None:
    assert both().do("b", wrong) == []


# --- servers --------------------------------------------------------------------------------------


def test_a_batch_counts_once_however_often_and_late_it_comes() -> None:
    servers = both()
    entries = [servers.entry("a", Say("Ann", each)) for each in "123"]
    stream = [*entries[:2], entries[0], entries[2], *entries]
    said = applied(servers.state, stream)
    assert [each.text for each in said if isinstance(each, Said)] == ["1", "2", "3"]


def test_batches_that_are_missing_are_reported_and_do_not_count_later() -> None:
    servers = both()
    early, late, last = (servers.entry("a", Say("Ann", each)) for each in "123")
    assert applied(servers.state, [last])[0] == Missing("a", 2)
    assert applied(servers.state, [early, late]) == []


def test_those_of_a_server_that_ends_or_is_buried_are_gone_with_it() -> None:
    servers = both()
    ann, ben = servers.state.people["Ann"], servers.state.people["Ben"]
    assert servers.do("a", End()) == [Ended("a", (ann,), is_lost=False)]
    assert servers.do("c", Bury("b")) == [Ended("b", (ben,), is_lost=True)]
    assert names(servers) == {}


def test_a_server_that_is_unknown_or_dead_is_not_buried() -> None:
    servers = both()
    servers.do("a", End())
    assert servers.do("b", Bury("a"), Bury("z")) == []
    assert servers.do("z", enter("Zoe")) != []


def test_batches_of_a_dead_server_do_nothing() -> None:
    servers = both()
    servers.do("b", Bury("a"))
    before = servers.state.to_json()
    everything = (Begin(99), enter("Eve"), Say("Ann", "hi"), Bury("b"), Order("", {}), Beat({}))
    assert servers.do("a", *everything, End()) == []
    assert servers.state.to_json() == before


@pytest.mark.parametrize("end", [End(), Bury("a")])
def test_what_follows_an_end_in_its_own_batch_does_nothing(end: Any) -> None:
    """Somebody would come in at a dead server, and a sign of life would have nowhere to go."""
    servers = both()
    others = (enter("Eve"), Say("Ann", "hi"), Begin(99), Order("", {}), Bury("b"), Beat({"x": 1}))
    [ended] = servers.do("a", end, *others)
    assert isinstance(ended, Ended)
    assert names(servers) == {"Ben": "b"}
    assert servers.state.said == 0


def test_the_figures_of_a_server_are_those_of_its_last_sign_of_life() -> None:
    servers = both()
    servers.do("a", Beat({"deliveries": 1}), Beat({"deliveries": 2}))
    assert servers.state.servers["a"].figures == {"deliveries": 2}
    assert servers.state.skipped == 0


def test_servers_and_the_dead_are_bounded() -> None:
    servers = Servers()
    for number in range(MAX_SERVERS + 1):
        servers.do(f"s{number}", enter(f"p{number}"))
    assert len(servers.state.servers) == len(names(servers)) == MAX_SERVERS
    servers.do("s0", End())
    [entered] = servers.do("new", enter("Newcomer"))
    assert isinstance(entered, Entered)
    for number in range(MAX_DEAD + 1):
        servers.do(f"dead{number}", End())
        servers.do("s1", Bury("new"))
    assert len(servers.state._dead) == MAX_DEAD
    assert not servers.state.is_dead("s0")


# --- time -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("wrong", [TIME - 86_400, -1.0, 0.0, float("nan"), float("inf"), 1e18])
def test_a_clock_that_goes_back_or_mad_does_not_move_the_rooms(wrong: float) -> None:
    servers = both()
    servers.do("a", Say("Ann", "hi"), time=TIME + 1)
    servers.do("a", enter("Cid"), time=wrong)
    assert servers.state.time == servers.state.people["Cid"].since == TIME + 1
    servers.do("a", Say("Ann", "hi"), time=TIME + 2)
    assert servers.state.time == TIME + 2


def test_operations_of_the_wrong_kind_are_counted_and_passed_over() -> None:
    state = State()
    state.apply(batch("a", 1, None, enter("Ann"), None), TIME)
    assert (state.skipped, len(state.people)) == (2, 1)


def test_a_batch_that_is_read_again_makes_it_no_later() -> None:
    """Else a line that follows would have another time where it was read before that."""
    state = State()
    state.apply(Batch("a", 2, [Begin(0)]), TIME)
    state.apply(Batch("a", 2, []), TIME + 2)
    assert state.time == TIME
