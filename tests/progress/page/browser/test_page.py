"""In a real browser: the page of a class is sorted, follows while it fills, keeps nobody out."""

from pathlib import Path

import pytest

from tests.conftest import Need
from tests.kit.browser import AXE, SIZES, Browser, Visitor
from tests.progress.grades import GRADED, NOT_GRADED, Grade
from tests.progress.page.document import COMPLETE, FILLS, Report, document
from tests.progress.page.summary import Learner
from tests.progress.page.test_document import PHASES, STRANGE, WHEN, no_start, none, of

pytestmark = pytest.mark.browser

ANNA = Learner("anna", [of("phase1", "ppp"), of("phase2", "pfp"), *none(*PHASES[2:])])
BEN = Learner("ben", [of("phase1", "pff", "too many got no answer"), *none(*PHASES[1:])])
EVE = Learner("eve", [no_start("phase1", "KeyError: 'x'"), *none(*PHASES[1:])])
NAMES = "[...document.querySelectorAll('#learners tbody th')].map(each => each.textContent)"


class Class:
    """A page of a class in a file, as `python -m tests.progress --html` writes it."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self.address = file.as_uri()

    def write(self, *learners: Learner, state: str = COMPLETE) -> None:
        """What stands on it now."""
        page = document(Report(learners, PHASES, state, WHEN))
        self._file.write_text(page, encoding="utf-8", errors="replace")


@pytest.fixture
def school(tmp_path: Path) -> Class:
    """A class of three."""
    school = Class(tmp_path / "class.html")
    school.write(ANNA, BEN, EVE)
    return school


def _names(visitor: Visitor) -> list[str]:
    found: list[str] = visitor.page.evaluate(NAMES)
    return found


def test_a_click_on_a_header_sorts_by_it_and_a_reload_keeps_that(
    browser: Browser, school: Class
) -> None:
    visitor = browser.visit(school.address).open()
    assert _names(visitor) == ["anna", "ben", "eve"]
    visitor.page.click("#sort-5")
    assert _names(visitor) == ["eve", "ben", "anna"]
    visitor.page.click("#sort-5")
    assert _names(visitor) == ["anna", "ben", "eve"]
    visitor.page.click("#sort-5")
    visitor.page.reload()
    assert _names(visitor) == ["eve", "ben", "anna"]
    assert visitor.page.get_attribute("thead th:nth-child(6)", "aria-sort") == "ascending"


def test_the_keyboard_sorts_as_well(browser: Browser, school: Class) -> None:
    visitor = browser.visit(school.address).open()
    visitor.page.focus("#sort-5")
    visitor.page.keyboard.press("Enter")
    assert _names(visitor) == ["eve", "ben", "anna"]


def test_a_page_that_fills_is_asked_for_again_and_stays_as_it_was_chosen(
    browser: Browser, school: Class
) -> None:
    school.write(ANNA, state=FILLS)
    visitor = browser.visit(school.address).open()
    visitor.page.click("#sort-5")
    school.write(ANNA, EVE)
    visitor.until(f"() => {NAMES}.join() === 'eve,anna'")
    assert not visitor.page.is_visible("#follow")  # that was all


def test_whoever_does_not_follow_reads_in_peace(browser: Browser, school: Class) -> None:
    school.write(ANNA, state=FILLS)
    visitor = browser.visit(school.address)
    visitor.page.clock.install()
    visitor.open().page.uncheck("#follow")
    visitor.page.evaluate("window.isTheSame = true")
    visitor.page.clock.run_for(60_000)
    assert visitor.page.evaluate("window.isTheSame")
    visitor.page.check("#follow")
    with visitor.page.expect_navigation():
        visitor.page.clock.run_for(60_000)


def test_for_the_wall_there_are_the_figures_alone(browser: Browser, school: Class) -> None:
    visitor = browser.visit(school.address).open()
    assert visitor.page.is_visible(".more")
    visitor.page.check("#wall")
    assert not visitor.page.is_visible(".more")
    visitor.page.reload()
    assert not visitor.page.is_visible(".more")


@pytest.mark.parametrize("size", SIZES[:3:2], ids=["narrow", "wide"])
def test_what_strangers_write_runs_nothing_and_makes_nothing_wider(
    browser: Browser, school: Class, size: tuple[int, int]
) -> None:
    whole = [
        Learner(text, [
            Grade("phase1", GRADED, text, "", {f"t.py::test_{text}[{text}]": "failed"}),
            no_start("phase2", text), Grade("phase3", NOT_GRADED, text), *none("phase4"),
        ])
        for text in STRANGE
    ]  # fmt: skip
    school.write(*whole)
    visitor = browser.visit(school.address, size).open()
    assert len(_names(visitor)) == len(STRANGE)
    visitor.page.evaluate("document.querySelectorAll('details').forEach(it => { it.open = true; })")
    assert not visitor.scrolls_sideways()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
def test_it_fits_every_width_and_axe_finds_nothing(
    need: Need, browser: Browser, school: Class, size: tuple[int, int], scheme: str
) -> None:
    need(modules=AXE)
    visitor = browser.visit(school.address, size, color_scheme=scheme).open()
    for is_wall in (False, True):
        visitor.page.set_checked("#wall", is_wall)
        assert not visitor.scrolls_sideways()
        assert not visitor.violations()
    paper = visitor.page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert paper == {"light": "rgb(255, 255, 255)", "dark": "rgb(21, 23, 26)"}[scheme]
