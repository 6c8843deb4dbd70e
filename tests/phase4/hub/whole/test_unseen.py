"""Private lines that a dead connection swallowed follow the person to another server, each once."""

import secrets
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field

import pytest

from tests.kit.browser import Browser, swallower
from tests.kit.chat import TIME, Person
from tests.kit.harness import Peer
from tests.kit.hub import HubChat, Servers, join
from tests.kit.web import web_port
from tests.phase4.doors.conftest import Site, resume


@dataclass
class Page:
    """Somebody's page, which may be connected through one server after the other."""

    sites: dict[str, Site]
    name: str = "Wendy"
    secret: str = field(default_factory=lambda: secrets.token_hex(16))

    def come(self, to: str, seen: int | None) -> Peer:
        """A connection that is in; the one before is silent from here on."""
        peer = resume(self.sites[to], self.secret, self.name, seen)
        peer.skip_to(rf"{TIME} \* Welcome, {self.name}! .*")
        return peer


@pytest.fixture
def sites(servers: Servers) -> dict[str, Site]:
    """Two servers with a page."""
    return {each: _site(servers, each) for each in ("one", "two")}


def _site(servers: Servers, name: str, *, has_cable: bool = False) -> Site:
    server = servers.start(name, "--web-port", "0", has_cable=has_cable)
    return Site(server, web_port(server))


@pytest.fixture
def page(sites: dict[str, Site]) -> Page:
    return Page(sites)


@pytest.fixture
def nell(page: Page) -> Iterator[Person]:
    """Somebody who whispers."""
    with join(_hub(page, "one"), "Nell") as person:
        yield person


def _hub(page: Page, name: str) -> HubChat:
    chat = page.sites[name].chat
    assert isinstance(chat, HubChat)
    return chat


def heard(peer: Peer) -> list[str]:
    """The private lines that have come, and what is said of others that have not."""
    peer.send("/ping all")
    said = list[str]()
    for line in iter(peer.read_line, ""):
        if line.endswith("* Pong all"):
            return said
        if " -> " in line or "did not reach" in line:
            said.append(line.partition("] ")[2])
    raise AssertionError("the connection has ended")


def test_it_comes_at_the_other_server_each_line_once_and_in_order_and_so_it_does_back_at_the_first(
    page: Page, nell: Person
) -> None:
    with page.come("one", 0) as dead:
        nell.whisper("Wendy", "one", "two", "three")
        dead.skip_to(rf"{TIME} Nell -> Wendy: one")
        with page.come("two", 1) as there:
            assert heard(there) == ["Nell -> Wendy: two", "Nell -> Wendy: three"]
            nell.whisper("Wendy", "four", "five")
            there.skip_to(rf"{TIME} Nell -> Wendy: four")
            with page.come("one", 4) as back:
                assert heard(back) == ["Nell -> Wendy: five"]
                nell.whisper("Wendy", "six")
                assert heard(back) == ["Nell -> Wendy: six"]
                with page.come("two", 6) as again:
                    assert heard(again) == []


def test_where_the_return_is_lost_as_well_it_comes_with_the_next_wherever_that_is(
    page: Page, nell: Person, servers: Servers
) -> None:
    page.sites["three"] = _site(servers, "three")
    with ExitStack() as stack:
        stack.enter_context(page.come("one", 0))
        nell.whisper("Wendy", "one", "two")
        for to in ("two", "three", "one", "three"):
            stack.enter_context(page.come(to, 0))
        nell.whisper("Wendy", "three")
        last = stack.enter_context(page.come("two", 1))
        assert heard(last) == ["Nell -> Wendy: two", "Nell -> Wendy: three"]


def test_whoever_was_taken_for_gone_meanwhile_gets_it_at_the_other_server_too(
    page: Page, nell: Person
) -> None:
    dead = page.come("one", 5)
    nell.whisper("Wendy", "one", "two")
    dead.reset()
    nell.skip_to(rf"{TIME} \* Wendy left.*")
    with page.come("two", 6) as wendy:
        assert heard(wendy) == ["Nell -> Wendy: two"]


def test_what_one_has_whispered_oneself_is_shown_before_anything_that_one_asks_then(
    page: Page, nell: Person
) -> None:
    """Else a page would not know that its line was said, and say it again."""
    for turn, to in enumerate(["two", "one"] * 10):
        with page.come("one" if to == "two" else "two", turn) as dead:
            dead.send(f"/pm Nell {turn}")
            nell.skip_to(rf"{TIME} Wendy -> Nell: {turn}")
            with page.come(to, turn) as wendy:
                assert heard(wendy) == [f"Wendy -> Nell: {turn}"]


def test_what_is_whispered_while_one_goes_from_one_to_the_other_comes_once_and_in_order(
    page: Page, nell: Person
) -> None:
    with ExitStack() as stack:
        peer, seen = stack.enter_context(page.come("one", 0)), list[str]()
        said = 0
        for turn in range(20):
            nell.send(*[f"/pm Wendy {said + each}" for each in range(20)])
            said += 20
            peer = stack.enter_context(page.come(("one", "two")[turn % 2], len(seen)))
            nell.send(*[f"/pm Wendy {said + each}" for each in range(5)])
            said += 5
            seen += heard(peer)[:7]  # it dies again before the rest is shown
        last = stack.enter_context(page.come("one", len(seen)))
        nell.skip_to(rf"{TIME} Nell -> Wendy: {said - 1}")
        while len(seen) < said:
            seen += heard(last)
        assert seen == [f"Nell -> Wendy: {each}" for each in range(said)]


def test_whoever_was_logged_in_from_elsewhere_meanwhile_gets_it_once_the_page_has_logged_in(
    page: Page, nell: Person
) -> None:
    with page.come("one", 0) as wendy:
        wendy.send("/register wendy-s-own")
        wendy.skip_to(r".*You are logged in as Wendy.*")
        nell.whisper("Wendy", "to the page")
        with Person("127.0.0.1", _hub(page, "two").port) as other:
            other.send("/login Wendy wendy-s-own")
            other.skip_to(rf"{TIME} \* Welcome, Wendy! .*")
            nell.whisper("Wendy", "to the other")
            other.skip_to(rf"{TIME} Nell -> Wendy: to the other")
            with resume(page.sites["two"], page.secret, "/login Wendy wendy-s-own", 0) as again:
                again.skip_to(rf"{TIME} \* Welcome, Wendy! .*")
                assert heard(again) == ["Nell -> Wendy: to the page"]


@pytest.mark.parametrize("how", ["another secret", "another name", "no number", "it has quit"])
def test_nobody_else_gets_it_at_the_other_server(page: Page, nell: Person, how: str) -> None:
    dead = page.come("one", 0)
    nell.whisper("Wendy", "for Wendy's eyes")
    if how == "it has quit":
        dead.send("/quit")
        dead.read_bytes_until_end()
    dead.reset()
    nell.skip_to(rf"{TIME} \* Wendy left.*")
    name = "Will" if how == "another name" else "Wendy"
    shown = "f0" * 16 if how == "another secret" else page.secret
    with Page(page.sites, name, shown).come("two", None if how == "no number" else 0) as other:
        nell.skip_to(rf"{TIME} \* {name} joined")
        nell.whisper(name, "hello")
        other.skip_to(rf"{TIME} Nell -> {name}: hello")
        assert heard(other) == []


def test_it_is_said_to_nobody_else_and_stands_in_no_log_twice(page: Page, nell: Person) -> None:
    with page.come("one", 0), join(_hub(page, "two"), "Bob") as bob:
        nell.whisper("Wendy", "once")
        with page.come("two", 0) as wendy:
            assert heard(wendy) == ["Nell -> Wendy: once"]
            bob.send("/ping now")
            bob.hear("* Pong now")  # and nothing before, but that all is as it was
            nell.whisper("Wendy", "there")
            assert heard(wendy) == ["Nell -> Wendy: there"]
    assert _hub(page, "one").privates() == ["Nell -> Wendy: once", "Nell -> Wendy: there"]
    assert _hub(page, "two").privates() == ["Nell -> Wendy: there"]
    for name in page.sites:
        assert not [each for each in _hub(page, name).messages() if "once" in each]


def test_the_old_server_hands_over_once_it_is_back_where_it_was_cut_off(
    servers: Servers,
) -> None:
    page = Page({"one": _site(servers, "one", has_cable=True), "two": _site(servers, "two")})
    with page.come("one", 0) as dead, join(_hub(page, "two"), "Nell") as nell:
        nell.whisper("Wendy", "one", "two")
        dead.skip_to(rf"{TIME} Nell -> Wendy: two")
        servers.cables["one"].cut()
        with page.come("two", 1) as wendy:
            assert heard(wendy) == []
            nell.whisper("Wendy", "three")
            assert heard(wendy) == ["Nell -> Wendy: three"]
            servers.cables["one"].mend()
            wendy.skip_to(rf"{TIME} Nell -> Wendy: two")
            assert heard(wendy) == []
            with page.come("two", 2) as again:  # what came late has the last number
                assert heard(again) == ["Nell -> Wendy: two"]


def test_where_the_old_server_is_dead_whoever_comes_back_need_not_wait_for_it(
    page: Page, servers: Servers
) -> None:
    with page.come("one", 0), join(_hub(page, "two"), "Nell") as nell:
        nell.whisper("Wendy", "lost with its server")
        servers.kill("one")
        with page.come("two", 0) as wendy:
            assert heard(wendy) == []
            nell.whisper("Wendy", "after it")
            assert heard(wendy) == ["Nell -> Wendy: after it"]


@pytest.mark.browser
def test_a_page_that_wakes_at_another_server_shows_what_was_swallowed_and_says_nothing_twice(
    browser: Browser, page: Page, nell: Person
) -> None:
    with swallower(page.sites["one"].port) as between:
        wendy = browser.visit(f"http://127.0.0.1:{between.port}/").join("Wendy")
        nell.skip_to(rf"{TIME} \* Wendy joined")
        nell.whisper("Wendy", "shown")
        wendy.page.click("[role=tab]:has-text('Nell')")
        wendy.see("Nell: shown")
        wendy.page.evaluate("() => { chat.socket.onmessage = () => {}; }")  # deaf: no echo comes
        wendy.say("/pm Nell mine")
        nell.hear("Wendy -> Nell: mine")
        between.swallow()
        between.lead_to(page.sites["two"].port)
        nell.whisper("Wendy", "swallowed", "swallowed")
        wendy.hide()
        wendy.hide(is_hidden=False)
        wendy.see("Nell: swallowed")
        wendy.say("/pm Nell the end")
        nell.hear("Wendy -> Nell: the end")  # and nobody left, nobody joined, nothing came twice
        nell.whisper("Wendy", "the end")
        wendy.see("Nell: the end")
        said = [line for line in wendy.lines() if line.startswith("Nell: ")]
        assert said == ["Nell: shown", "Nell: swallowed", "Nell: swallowed", "Nell: the end"]
