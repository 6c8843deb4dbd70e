"""In a real browser: the monitor's page shows the figures as they come, and keeps nobody out."""

import contextlib
from collections.abc import Iterator
from dataclasses import replace

import pytest

from shared.status import Person
from tests.conftest import Need
from tests.kit.browser import AXE, SIZES, Browser, Visitor
from tests.monitor.samples import QUIET, SHARED, changed
from tests.monitor.status_server import StatusServer
from tests.monitor.test_serve import Page, serving

pytestmark = pytest.mark.browser

NASTY = "<img/src=x/onerror=alert(1)>"
PARTS = "id => document.getElementById(id).innerText.trim()"


@pytest.fixture(scope="module")
def _watched() -> Iterator[StatusServer]:
    with StatusServer(QUIET) as running:
        yield running


@pytest.fixture
def watched(_watched: StatusServer) -> StatusServer:
    """A status server that each check of this file may change."""
    _watched.show(QUIET)
    return _watched


@pytest.fixture(scope="module")
def page(_watched: StatusServer) -> Iterator[Page]:
    """The page that shows it, with names. The checks of this file share it."""
    with serving("--status", _watched.address, "--names") as running:
        yield running


def shows(visitor: Visitor, part: str, text: str) -> None:
    """Wait until this stands in that part."""
    visitor.until(f"([id, text]) => ({PARTS})(id).includes(text)", [part, text])


def looks_at(browser: Browser, page: Page, *given: object, **options: object) -> Visitor:
    """Somebody to whom the page shows figures."""
    visitor = browser.visit(f"http://127.0.0.1:{page.port}/", *given, **options)  # type: ignore[arg-type]
    shows(visitor.open(), "state", "LIVE")
    return visitor


def test_it_shows_the_figures_and_follows_them(
    browser: Browser, watched: StatusServer, page: Page
) -> None:
    visitor = looks_at(browser, page)
    shows(visitor, "people", "3")
    shows(visitor, "messages", "157")
    assert visitor.page.evaluate(PARTS, "what") == watched.address
    watched.show(changed(people=QUIET.people[:2], people_now=2, people_peak=9))
    shows(visitor, "below-people", "peak 9")
    shows(visitor, "people", "2")
    shows(visitor, "events", "小明 left")
    visitor.until("() => document.querySelectorAll('#graph-people polyline').length > 0")


def test_what_happened_is_english_also_where_it_begins_with_an_arabic_name(
    browser: Browser, watched: StatusServer, page: Page
) -> None:
    visitor = looks_at(browser, page)
    watched.show(changed(people=(*QUIET.people, Person("مريم", "", 5.0)), people_now=4))
    shows(visitor, "events", "مريم")
    name, words = visitor.lefts("#events li:first-child b", "مريم", "joined")
    assert name < words


def test_what_a_server_tells_is_no_more_than_text(
    browser: Browser, watched: StatusServer, page: Page
) -> None:
    visitor = looks_at(browser, page)
    watched.show(changed(people=(Person(NASTY, "", 5.0),), people_now=1))
    shows(visitor, "names", NASTY)
    shows(visitor, "events", NASTY)
    assert visitor.page.locator("main img").count() == 0


def test_of_several_servers_each_has_a_row(browser: Browser, watched: StatusServer) -> None:
    with (
        StatusServer(changed(people_now=40, people=(), pid=9)) as other,
        serving("--status", watched.address, "--status", other.address) as both,
    ):
        visitor = looks_at(browser, both, SIZES[0])
        shows(visitor, "state", "2 of 2 answer")
        shows(visitor, "people", "43")
        rows = visitor.page.locator("#servers tr").all_inner_texts()
        assert [row.split("\t")[2] for row in rows] == ["3", "40"]
        assert not visitor.scrolls_sideways()


def test_servers_of_one_room_have_a_row_each_on_every_screen(
    browser: Browser, watched: StatusServer, page: Page
) -> None:
    nasty = replace(SHARED.servers[2], name=NASTY)
    watched.show(replace(SHARED, servers=(*SHARED.servers[:2], nasty)))
    visitor = looks_at(browser, page, SIZES[0])
    shows(visitor, "people", "120")
    shows(visitor, "room-people", "3 servers, 120 people")
    rows = [row.split("\t") for row in visitor.page.locator("#room tr").all_inner_texts()]
    assert [row[:2] for row in rows] == [["one:12345", "3"], ["two:12345", "80"], [NASTY, "37"]]
    assert not visitor.scrolls_sideways()
    watched.show(QUIET)
    visitor.until("() => document.getElementById('room-row').hidden")


def test_a_server_that_goes_is_told_with_its_last_figures(browser: Browser) -> None:
    with contextlib.ExitStack() as stack:
        with StatusServer(QUIET) as one:
            page = stack.enter_context(serving("--status", one.address))
            visitor = looks_at(browser, page)
        shows(visitor, "state", "GONE")
        shows(visitor, "sentence", "Nothing listens there")
        shows(visitor, "people", "3")


def test_a_monitor_that_goes_is_told_and_asked_again(browser: Browser) -> None:
    with StatusServer(QUIET) as one:
        with serving("--status", one.address) as page:
            visitor = looks_at(browser, page)
        shows(visitor, "state", "LOST")
        shows(visitor, "sentence", "does not answer; trying again")
        with serving("--status", one.address, "--serve", str(page.port)):
            shows(visitor, "state", "LIVE")
            assert visitor.page.evaluate(PARTS, "sentence") == ""


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
def test_it_fits_every_width_and_axe_finds_nothing(
    need: Need,
    browser: Browser,
    watched: StatusServer,
    page: Page,
    size: tuple[int, int],
    scheme: str,
) -> None:
    need(modules=AXE)
    visitor = looks_at(browser, page, size, color_scheme=scheme)
    people = (Person("W" * 20, "", 5.0), Person("داریوش", "", 6.0, 12))
    shared = {name: getattr(SHARED, name) for name in ("servers", "hub_lag_seconds", "hub_outages")}
    counts = {"people_now": 2, "max_people": 9, "public_messages": 9_999_999}
    watched.show(changed(people=people, **counts, **shared))
    shows(visitor, "names", "داریوش")
    assert not visitor.scrolls_sideways()
    assert not visitor.violations()
    paper = visitor.page.evaluate("getComputedStyle(document.documentElement).backgroundColor")
    assert paper == {"light": "rgb(255, 255, 255)", "dark": "rgb(14, 17, 22)"}[scheme]
