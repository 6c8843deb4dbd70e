"""In a real browser: the page fits, reads from right to left, and keeps nobody out."""

import pytest

from tests.conftest import Need
from tests.kit.browser import AXE, SIZES, Visitor
from tests.phase4.doors.browser.conftest import Open
from tests.phase4.doors.conftest import Site

pytestmark = pytest.mark.browser

LONG = "Donaudampfschifffahrtsgesellschaftskapitän" * 8
_FOCUSED = (
    "(({id, className, textContent}) => id || className || textContent)(document.activeElement)"
)


def _fill(visitor: Visitor, site: Site) -> None:
    """A conversation of every kind."""
    with (
        site.chat.join("Bob") as bob,
        site.chat.join("مريم") as mariam,
        site.chat.join("小明") as ming,
    ):
        mariam.send("مرحبا يا Alice، كيف حالك اليوم؟")
        ming.send("你好，今天天气很好。")
        bob.send("def f(x):", "    return x", "", LONG, "see http://a.example/b", "@Alice psst")
        for each in (mariam, ming, bob):
            each.send("/ping done")
            each.skip_to(r".* Pong done")
    visitor.see("Bob left", or_more=True)
    visitor.say("/pmm Bob oops")


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
def test_no_width_scrolls_sideways(visit: Open, site: Site, size: tuple[int, int]) -> None:
    alice = visit(size).join("Alice")
    _fill(alice, site)
    wide = "[...document.querySelectorAll('.lines')].some(it => it.scrollWidth > it.clientWidth)"
    for large in ("off", "on"):
        alice.page.evaluate("large => remember('large', large)", large)
        assert not alice.scrolls_sideways()
        assert not alice.page.evaluate(wide)
        box = alice.page.locator("#send").bounding_box()
        assert box is not None
        assert box["x"] + box["width"] <= size[0]
        assert box["y"] + box["height"] <= size[1]


@pytest.mark.parametrize("size", SIZES[:3:2], ids=["narrow", "wide"])
def test_arabic_runs_from_right_to_left_and_stands_right(
    visit: Open, site: Site, size: tuple[int, int]
) -> None:
    alice = visit(size).join("Alice")
    _fill(alice, site)
    text = alice.page.locator(".row:has-text('مرحبا') .text")
    assert text.evaluate("each => getComputedStyle(each).direction") == "rtl"
    right = "each => [each, each.closest('.row')].map(it => it.getBoundingClientRect().right)"
    of_text, of_row = text.evaluate(right)
    assert of_row - of_text < 30
    assert text.evaluate("each => getComputedStyle(each).textAlign") == "start"


def test_a_notice_is_english_also_where_it_begins_with_an_arabic_name(
    visit: Open, site: Site
) -> None:
    alice = visit(SIZES[0]).join("Alice")
    with site.chat.join("مريم"):
        alice.see("مريم joined")
        name, words = alice.lefts(".row.notice:has-text('مريم') .text", "مريم", "joined")
        assert name < words


def test_an_arabic_line_in_front_of_code_is_none(visit: Open, site: Site) -> None:
    alice = visit(SIZES[0]).join("Alice")
    with site.chat.join("Bob") as bob:
        bob.send("انظر: def f هنا", "def f(x):", "    return x  # نعم", "# نعم")
        alice.see("Bob: # نعم")
    kinds = "[...document.querySelectorAll('.row.public')].map(it => it.classList.contains('code'))"
    assert alice.page.evaluate(kinds) == [False, True, True, True]
    first, last = alice.lefts(".row.public >> nth=0 >> .text", "انظر", "هنا")
    assert first > last


def test_the_whole_page_can_be_used_by_keyboard(visit: Open, site: Site) -> None:
    alice = visit().open()
    alice.page.keyboard.type("Alice")
    alice.page.keyboard.press("Enter")
    alice.is_in()
    with site.chat.join("Bob") as bob:
        alice.see("Bob joined")
        reached = set()
        for _ in range(12):
            alice.page.keyboard.press("Tab")
            reached.add(alice.page.evaluate(_FOCUSED))
        assert {"menuButton", "lines", "text", "send", "Bob"} <= reached
        alice.page.locator("#peopleList button:has-text('Bob')").focus()
        alice.page.keyboard.press("Enter")
        alice.page.keyboard.type("by keyboard alone")
        alice.page.keyboard.press("Enter")
        bob.skip_to(r".* Alice -> Bob: by keyboard alone")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", SIZES[:3:2], ids=["narrow", "wide"])
def test_axe_finds_nothing(
    need: Need, visit: Open, site: Site, scheme: str, size: tuple[int, int]
) -> None:
    need(modules=AXE)
    alice = visit(size, color_scheme=scheme).open()
    assert not alice.violations()
    alice.join("Alice")
    _fill(alice, site)
    assert not alice.violations()
    alice.page.click("[role=tab]:has-text('Bob')")
    assert not alice.violations()
    alice.page.click("#menuButton")
    assert not alice.violations()
    alice.page.click("#closeMenu")
    alice.page.evaluate("() => { location.hash = '#board'; }")
    alice.page.wait_for_selector("#board:visible")
    assert not alice.violations()


def test_on_a_phone_the_list_of_people_opens_and_closes(visit: Open, site: Site) -> None:
    alice = visit(SIZES[0], has_touch=True, is_mobile=True).join("Alice")
    with site.chat.join("Bob") as bob:
        alice.see("Bob joined")
        assert not alice.page.is_visible("#people")
        alice.page.tap("#peopleButton")
        alice.page.wait_for_selector("#people:visible")
        alice.page.tap("#peopleButton")
        alice.page.wait_for_selector("#people", state="hidden")
        alice.page.tap("#peopleButton")
        alice.page.tap("#peopleList button:has-text('Bob')")
        alice.page.wait_for_selector("#people", state="hidden")
        alice.type("by touch")
        alice.page.tap("#send")
        bob.skip_to(r".* Alice -> Bob: by touch")
        alice.page.tap("#closeTab")
        assert alice.page.locator("[role=tab]").count() == 1


def test_the_tab_in_front_is_wholly_in_sight(visit: Open, site: Site) -> None:
    alice = visit(SIZES[0]).join("Alice")
    with site.chat.join("W" * 20) as one, site.chat.join("Bob") as bob:
        one.send("@Alice psst")
        bob.send("@Alice psst")
        alice.page.wait_for_selector("[role=tab]:has-text('Bob')")
        alice.page.click("[role=tab]:has-text('Bob')")
        alice.until(
            "() => document.querySelector('[aria-selected=true]').getBoundingClientRect().right"
            " <= document.getElementById('closeTab').getBoundingClientRect().left"
        )


def test_the_entry_is_as_high_as_its_text_whatever_the_size_of_that(visit: Open) -> None:
    alice = visit(SIZES[0]).join("Alice")
    alice.type("some words that fill a line of it")
    heights = "(it => [it.clientHeight, it.scrollHeight])(document.getElementById('text'))"
    before = alice.page.evaluate(heights)
    alice.page.evaluate("remember('large', 'on')")
    height, wanted = alice.page.evaluate(heights)
    assert height == wanted > before[0]
    alice.page.evaluate("remember('large', 'off')")
    assert alice.page.evaluate(heights) == before


def test_what_is_switched_on_can_be_seen_in_the_menu(visit: Open) -> None:
    alice = visit().join("Alice")
    alice.page.click("#menuButton")
    mark = "getComputedStyle(document.getElementById('large'), '::before').content"
    assert "✓" not in alice.page.evaluate(mark)
    alice.page.click("#large")
    assert "✓" in alice.page.evaluate(mark)


def test_the_date_stands_above_the_rule_over_what_is_new(visit: Open, site: Site) -> None:
    alice = visit().join("Alice")
    with site.chat.join("Bob") as bob:
        bob.send("@Alice psst")
        alice.page.click("[role=tab]:has-text('Bob')")
        alice.see("Bob: psst")
    kinds = "[...document.querySelectorAll('.panel:not([hidden]) p')].map(each => each.className)"
    assert alice.page.evaluate(kinds)[:2] == ["day", "news"]


def test_lines_that_are_out_of_sight_make_the_page_no_higher(visit: Open, site: Site) -> None:
    alice = visit(SIZES[0]).join("Alice")
    with site.chat.join("Bob") as bob:
        bob.send(*(f"line {number}" for number in range(30)), "def f(x):", "    return x", "end")
        alice.see("Bob: end")
    alice.page.evaluate("everybody.lines.scrollTop = 0")
    assert alice.page.evaluate("document.documentElement.scrollHeight") == SIZES[0][1]


LAST_IS_IN_SIGHT = (
    "() => { const row = [...document.querySelectorAll('.row')].pop().getBoundingClientRect();"
    " return row.bottom <= document.getElementById('form').getBoundingClientRect().top; }"
)


def test_the_last_line_stays_in_sight_when_the_entry_grows(visit: Open, site: Site) -> None:
    alice = visit(SIZES[0]).join("Alice")
    for number in range(40):
        alice.say(f"line {number}")
    alice.type("one\ntwo\nthree\nfour")
    alice.until(LAST_IS_IN_SIGHT)


def test_so_it_does_while_the_view_is_still_going_there(visit: Open, site: Site) -> None:
    alice = visit(SIZES[0]).join("Alice")
    for number in range(40):
        alice.say(f"line {number}")
    alice.until(LAST_IS_IN_SIGHT)
    # In one frame: the browser has yet to tell that the view has moved when the entry grows.
    alice.page.evaluate(
        "() => { everybody.lines.scrollTop -= 1; everybody.toEnd();"
        " $('text').value = 'one\\ntwo\\nthree\\nfour'; typing.changed(); }"
    )
    alice.until(LAST_IS_IN_SIGHT)
    alice.page.evaluate("() => { everybody.lines.scrollTop = 0; }")
    alice.until("() => !everybody.wasAtEnd")
    alice.page.evaluate("() => { $('text').value = ''; typing.changed(); }")
    alice.until("() => new Promise(done => requestAnimationFrame(() => setTimeout(done, 0, true)))")
    assert alice.page.evaluate("everybody.lines.scrollTop") == 0
