"""A room that begins anew: a server that knows nothing of before comes to what the others have."""

from phase4.hub.events import Began, BeganAnew, Ended, Entered, Said
from phase4.hub.operations import Begin, Operation, Say, encode, given_again
from phase4.hub.snapshot import from_bytes, to_bytes
from phase4.hub.state import State
from tests.phase4.hub.samples import TIME, applied, enter


def room() -> State:
    """Ann and Ben are in the room that a has begun, and said something."""
    state = State()
    applied(
        state,
        [
            encode("a", 1, [Begin(0), enter("Ann"), Say("Ann", "hello")], "a"),
            encode("b", 1, [Begin(0), enter("Ben"), Say("Ben", "hi")], "a"),
        ],
    )
    return state


def anew(*operations: Operation) -> bytes:
    """The first batch of a server that knows nothing."""
    return encode("n", 1, operations, "n")


def test_all_that_lived_before_are_lost_and_nothing_is_left_of_what_was() -> None:
    state = room()
    ann, ben = state.people["Ann"], state.people["Ben"]
    assert applied(state, [anew()]) == [
        Ended("a", (ann,), is_lost=True),
        Ended("b", (ben,), is_lost=True),
        BeganAnew(said=2),
    ]
    newcomer = State()
    assert applied(newcomer, [anew()]) == [BeganAnew(said=0)]
    assert state == newcomer
    assert [*state.servers] == ["n"]


def test_a_name_is_free_for_whoever_comes_first_then() -> None:
    for state in (room(), State()):
        [*_, entered] = applied(state, [anew(enter("Ann"))])
        assert isinstance(entered, Entered)
        again = encode("a.2", 1, [enter("Ann", "Ann1")], "n")
        [entered] = applied(state, [again])
        assert isinstance(entered, Entered)
        assert entered.person.name == "Ann1"


def test_what_was_written_before_and_comes_late_does_not_count() -> None:
    """Also for those who have never heard of its server, and do not know that it is dead."""
    late = encode("a", 2, [Begin(0), enter("Eve"), Say("Ann", "late")], "a")
    for state in (room(), State()):
        applied(state, [anew()])
        assert applied(state, [late, given_again(late, TIME - 9)]) == []
        assert [*state.servers] == ["n"]


def test_a_batch_of_an_era_that_nobody_has_begun_does_not_count() -> None:
    state = State()
    assert applied(state, [encode("a", 2, [Begin(0)], "a"), encode("b", 1, [Begin(0)], "a")]) == []


def test_the_beginning_of_an_era_that_is_over_counts_no_more_where_it_is_given_again() -> None:
    first = encode("a", 1, [Begin(0), enter("Ann")], "a")
    state = State()
    applied(state, [first])
    applied(state, [anew()], TIME + 1)
    assert applied(state, [given_again(first, TIME)], TIME) == []
    assert state.era == "n"


def test_the_engines_clock_may_have_gone_back_meanwhile() -> None:
    state, newcomer = room(), State()
    for each in (state, newcomer):
        applied(each, [anew()], TIME - 3600)
    assert state == newcomer


def test_numbers_go_on_behind_what_the_logs_of_the_others_know() -> None:
    """Each server counts from the beginning on, so what comes between does not matter."""
    state = State()
    applied(state, [anew(Begin(0), enter("Nat"), Say("Nat", "one"))])
    assert applied(state, [encode("a.2", 1, [Begin(500)], "n")]) == [Began("a.2", 500)]
    assert applied(state, [encode("b.2", 1, [Begin(480)], "n")]) == [Began("b.2", 0)]
    [said] = applied(state, [encode("n", 2, [Say("Nat", "two")], "n")])
    assert isinstance(said, Said)
    assert said.number == 502
    assert state.before == 500


def test_a_snapshot_of_before_leads_to_the_same() -> None:
    state, _, _ = from_bytes(to_bytes(room(), "1-1", {}))
    applied(state, [anew(Begin(7))])
    newcomer = State()
    applied(newcomer, [anew(Begin(7))])
    assert state == newcomer
    written, _, _ = from_bytes(to_bytes(state, "1-2", {}))
    assert written == state
    assert written.copy() == state
