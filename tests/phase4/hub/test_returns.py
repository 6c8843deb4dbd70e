"""A server that was taken for dead comes back, and so do those who have not come back elsewhere."""

from collections.abc import Callable, Iterator
from typing import Any, cast

import pytest

from phase4.hub.events import Elsewhere, Entered, Taken
from phase4.hub.operations import Bury, Login
from phase4.hub.state import State
from phase4.server.member import Member
from phase4.server.outbox import Outbox
from phase4.server.people import People
from phase4.server.shared_returns import Returns
from shared.address import Address
from shared.message import LOGGED_IN_ELSEWHERE
from tests.phase4.hub.by_hand import Page, Server, settle
from tests.phase4.hub.samples import TIME, Servers, enter, reenter, triples

# --- what all servers agree on --------------------------------------------------------------------


def test_whoever_is_not_here_any_more_gets_their_name_again_and_counts_as_here_since_then() -> None:
    servers = Servers()
    [entered] = servers.do("a", reenter("Ann", proof="p", since=TIME - 9), time=TIME)
    assert isinstance(entered, Entered)
    assert (entered.replaced, entered.person.since) == (None, TIME - 9)
    [entered] = servers.do("a", reenter("Ben", since=TIME + 9), time=TIME)
    assert isinstance(entered, Entered)
    assert entered.person.since == TIME


@pytest.mark.parametrize("name", ["Ann", "Anna"])
@pytest.mark.parametrize("shown", [{"proof": "p"}, {"account": "Ann"}], ids=["page", "account"])
def test_whoever_came_in_elsewhere_since_then_is_not_asked_for_again(
    shown: dict[str, str], name: str
) -> None:
    servers = Servers()
    servers.do("b", enter(name, **shown), time=TIME + 1)
    there = servers.state.people[name]
    assert servers.do("a", reenter("Ann", **shown, since=TIME)) == [Elsewhere(there)]
    assert [*servers.state.people.values()] == [there]


def test_whoever_logged_in_elsewhere_since_then_is_not_asked_for_again() -> None:
    servers = Servers()
    servers.do("b", enter("Guest"), time=TIME)
    servers.do("b", Login("Guest", "Ann", triples("Ann"), []), time=TIME + 2)
    there = servers.state.people["Ann"]
    [event] = servers.do("a", reenter("Ann", account="Ann", since=TIME + 1), time=TIME + 3)
    assert event == Elsewhere(there)


def test_whoever_comes_back_later_takes_the_place_of_the_older_of_their_connections() -> None:
    """Both servers were taken for dead, and the older connection is asked for first."""
    servers = Servers()
    servers.do("a", reenter("Ann", proof="p", since=TIME), time=TIME + 9)
    older = servers.state.people["Ann"]
    [entered] = servers.do("b", reenter("Ann", proof="p", since=TIME + 1), time=TIME + 9)
    assert isinstance(entered, Entered)
    assert entered.replaced is older


def test_another_tab_that_was_here_before_is_somebody_else() -> None:
    servers = Servers()
    servers.do("b", enter("Tab", proof="p"), time=TIME)
    [entered] = servers.do("a", reenter("Ann", proof="p", since=TIME + 1), time=TIME + 2)
    assert isinstance(entered, Entered)
    assert {*servers.state.people} == {"Ann", "Tab"}


def test_without_anything_shown_somebody_else_has_the_name() -> None:
    servers = Servers()
    servers.do("b", enter("Ann", proof="p"), enter("Ben"), time=TIME + 1)
    assert servers.do("a", reenter("Ann", since=TIME)) == [Taken()]
    assert servers.do("a", reenter("Ben", proof="q", account="Ben", since=TIME)) == [Taken()]


def test_a_time_before_all_time_makes_no_sense() -> None:
    servers = Servers()
    assert servers.do("a", reenter("Ann", since=-1.0)) == []
    assert servers.state.skipped == 1


# --- at the servers -------------------------------------------------------------------------------


class Room:
    """Wendy's page and Bob are at the first server; Nell is at the second, which buries that."""

    def __init__(self) -> None:
        self._stream: list[bytes] = []
        self.one, self.two = (Server(each, self._stream) for each in ("one", "two"))
        self.wendy, self.bob, self.nell = Page(), Page("Bob"), Page("Nell")
        for page, server in ((self.wendy, self.one), (self.bob, self.one), (self.nell, self.two)):
            page.come(server)
        self.settle()

    def settle(self) -> None:
        """Have both say and read what there is."""
        settle(self.one, self.two)

    def go_on_alone(self) -> None:
        """The first server is cut off."""
        while not self.two.is_done:
            self.two.publish()
            self.two.read(1)

    def whisper(self, *texts: str) -> None:
        """Nell to Wendy."""
        for each in texts:
            self.nell.whisper("Wendy", each)

    @property
    def people(self) -> dict[str, str]:
        """At which server everybody is, as both say."""
        assert self.one.state == self.two.state
        return {each.name: each.server for each in self.one.state.people.values()}


@pytest.fixture
def room() -> Iterator[Room]:
    made = Room()
    yield made
    made.one.close()
    made.two.close()


def come_after_its_funeral(room: Room) -> None:
    room.two.say(Bury("one"))
    room.go_on_alone()
    room.wendy.come(room.two)
    room.go_on_alone()


def come_with_its_funeral(room: Room) -> None:
    room.two.say(Bury("one"))
    room.wendy.come(room.two)
    room.go_on_alone()


def come_while_it_asks(room: Room) -> None:
    """It has read of its funeral, but not that she has come, when what it asks is on its way."""
    room.two.say(Bury("one"))
    room.go_on_alone()
    room.one.read(1_000)
    room.wendy.come(room.two)
    room.go_on_alone()
    room.one.publish()


def come_when_it_has_asked(room: Room) -> None:
    """It has her name again by then, and gives it up as always."""
    room.two.say(Bury("one"))
    room.go_on_alone()
    room.one.read(1_000)
    room.one.publish()
    room.wendy.come(room.two)
    room.go_on_alone()


Come = Callable[[Room], None]
come = pytest.mark.parametrize(
    "come",
    [come_after_its_funeral, come_with_its_funeral, come_while_it_asks, come_when_it_has_asked],
)


@come
def test_whoever_has_come_back_elsewhere_stays_there_and_whoever_has_not_has_their_name(
    room: Room, come: Come
) -> None:
    old = room.wendy.got
    come(room)
    room.settle()
    assert room.people == {"Nell": "two", "Wendy": "two", "Bob": "oneagain"}
    assert old[-1] == f"! {LOGGED_IN_ELSEWHERE}"
    assert f"! {LOGGED_IN_ELSEWHERE}" not in room.wendy.got
    room.nell.whisper("Wendy", "to the page")
    room.nell.whisper("Bob", "to him")
    room.settle()
    for each in (room.wendy, room.bob):
        each.show()
    assert (room.wendy.shown, room.bob.shown) == (["to the page"], ["to him"])


@come
def test_those_who_are_still_there_read_nothing_of_it(room: Room, come: Come) -> None:
    before = len(room.one.announced), len(room.bob.got)
    come(room)
    room.settle()
    assert (len(room.one.announced), len(room.bob.got)) == before


@come
def test_private_lines_follow_whoever_has_come_back_elsewhere(room: Room, come: Come) -> None:
    room.whisper("shown", "swallowed", "swallowed, too")
    room.settle()
    room.wendy.show(1)
    come(room)
    room.settle()
    room.wendy.show()
    room.whisper("after it")
    room.settle()
    room.wendy.show()
    assert room.wendy.shown == ["shown", "swallowed", "swallowed, too", "after it"]


def test_private_lines_are_kept_for_whoever_has_left_elsewhere_before_the_server_asks(
    room: Room,
) -> None:
    """So the server gets their name for a moment, and there is nobody there to show them to."""
    room.whisper("one", "two")
    room.settle()
    room.wendy.show(1)
    room.two.say(Bury("one"))
    room.go_on_alone()
    room.one.read(1_000)
    room.wendy.come(room.two)
    room.go_on_alone()
    room.whisper("three")
    room.go_on_alone()
    room.wendy.show(1)
    room.wendy.lose()
    room.go_on_alone()
    room.settle()
    of_her = [each for each in room.two.announced if "Wendy" in each]
    assert of_her[-2:] == ["* Wendy joined", "* Wendy left"]
    assert room.people == {"Nell": "two", "Bob": "oneagain"}
    room.wendy.come(room.one)
    room.settle()
    room.wendy.show()
    assert room.wendy.shown == ["one", "three", "two"]


def test_whoever_has_come_back_under_another_name_has_left_under_the_first(room: Room) -> None:
    room.two.say(Bury("one"))
    room.go_on_alone()
    room.wendy.name = "Wanda"
    room.wendy.come(room.two)
    room.settle()
    assert room.people == {"Nell": "two", "Wanda": "two", "Bob": "oneagain"}
    assert room.one.announced[-2:] == ["* Wendy left", "* Wanda joined"]


def test_whoever_has_left_while_the_server_was_cut_off_has_left_for_those_there_as_well(
    room: Room,
) -> None:
    room.two.say(Bury("one"))
    room.go_on_alone()
    room.wendy.lose()
    room.settle()
    assert room.people == {"Nell": "two", "Bob": "oneagain"}
    assert room.one.announced[-1] == "* Wendy left"


def test_where_it_has_not_read_who_has_come_the_answer_ends_the_old_connection(room: Room) -> None:
    """It has gone on at a snapshot, as it was away for longer than the engine keeps."""
    old = room.wendy.got
    come_after_its_funeral(room)
    room.one.skip_to(room.two)
    room.settle()
    assert room.people == {"Nell": "two", "Wendy": "two", "Bob": "oneagain"}
    assert old[-1] == f"! {LOGGED_IN_ELSEWHERE}"


def test_in_another_era_all_have_come_since_its_beginning_whatever_the_clock_was() -> None:
    returns, state = Returns(), State()
    returns.begin("before")
    state.era, state.era_at = "now", TIME - 99
    member = Member(Outbox(cast(Any, None)), Address("192.0.2.7", 1))
    member.name, member.entered = "Wendy", TIME
    people = People(show_addresses=False, settle=lambda _: None)
    people.claim(member, "Wendy")
    [(_, asked)] = returns.ask_all(people, state)
    assert asked.since == TIME - 99
    returns.begin("now")
    [(_, asked)] = returns.ask_all(people, state)
    assert asked.since == TIME
