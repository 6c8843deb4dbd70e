"""The page is whole by itself, says what a learner stands at, and takes no text for markup.

It is read as a tree by the standard library's parser. What page.js does in a browser (sorting,
following while it fills) is checked in one: browser/.
"""

import base64
import hashlib
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from html.parser import HTMLParser
from pathlib import Path

import pytest

from tests.progress.grades import DOES_NOT_START, GRADED, NOT_BEGUN, NOT_GRADED, Grade
from tests.progress.page.document import COMPLETE, FILLS, STOPPED, Report, document
from tests.progress.page.markup import MOST_CHARACTERS
from tests.progress.page.summary import Learner

PHASES = ("phase1", "phase2", "phase3", "phase4")
WHEN = datetime(2026, 11, 30, 10, 12, 41)
EMPTY_ELEMENTS = {"meta", "input"}
ENDS_WITH_THE_NEXT = {"td"}  # its end tag is left out where a class has thousands (HTML, 13.1.2.4)


@dataclass
class Node:
    """An element, with what is in it."""

    tag: str
    attributes: dict[str, str | None]
    inside: "list[Node | str]" = field(default_factory=list)

    def all(self, tag: str = "", **attributes: str) -> "Iterator[Node]":
        """All that are so, from itself on."""
        wanted = {name.rstrip("_"): value for name, value in attributes.items()}
        if tag in ("", self.tag) and wanted.items() <= self.attributes.items():
            yield self
        for each in self.inside:
            if isinstance(each, Node):
                yield from each.all(tag, **attributes)

    def one(self, tag: str = "", **attributes: str) -> "Node":
        """The only one that is so."""
        (found,) = self.all(tag, **attributes)
        return found

    @property
    def text(self) -> str:
        """All text in it."""
        return "".join(each if isinstance(each, str) else each.text for each in self.inside)

    @property
    def shape(self) -> str:
        """The elements and their attributes' names, without any text."""
        inside = "".join(each.shape for each in self.inside if isinstance(each, Node))
        return f"<{self.tag} {' '.join(self.attributes)}>{inside}</>"

    def table(self) -> list[list[str]]:
        """The text of each cell of a table."""
        return [[cell.text for cell in row.inside if isinstance(cell, Node)]
                for row in self.all("tr")]  # fmt: skip


class Tree(HTMLParser):
    """Reads a page; what is closed was opened, and the other way round."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.root = Node("", {})
        self._open = [self.root]
        self.feed(page)
        self.close()
        assert self._open == [self.root]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Put it where it belongs."""
        names = [name for name, _ in attrs]
        assert len(names) == len(set(names))
        if tag in ENDS_WITH_THE_NEXT:
            self._end_optional()
        node = Node(tag, dict(attrs))
        self._open[-1].inside.append(node)
        if tag not in EMPTY_ELEMENTS:
            self._open.append(node)

    def handle_endtag(self, tag: str) -> None:
        """It must be the one that is open."""
        if tag not in ENDS_WITH_THE_NEXT:
            self._end_optional()
        assert self._open.pop().tag == tag

    def handle_data(self, data: str) -> None:
        """Text."""
        self._open[-1].inside.append(data)

    def _end_optional(self) -> None:
        if self._open[-1].tag in ENDS_WITH_THE_NEXT:
            self._open.pop()


def page(*learners: Learner, state: str = COMPLETE) -> Node:
    """The tree of the page of these learners."""
    return Tree(document(Report(learners, PHASES, state, WHEN))).root


def of(phase: str, outcomes: str, why: str = "") -> Grade:
    """A grade by a letter for each check: passed, failed, or not run."""
    words = {"p": "passed", "f": "failed", "n": "not run"}
    checks = {f"t.py::test_it_is_so_{n}": words[each] for n, each in enumerate(outcomes)}
    return Grade(phase, GRADED, why, "", checks)


def none(*phases: str) -> list[Grade]:
    return [Grade(phase, NOT_BEGUN) for phase in phases]


def no_start(phase: str, said: str) -> Grade:
    return Grade(phase, DOES_NOT_START, "It ended", said, of(phase, "nnn").checks)


# --- what it says --------------------------------------------------------------------------------


def test_names_stand_down_phases_across_and_in_each_cell_what_stands_next() -> None:
    anna = Learner("anna", [
        of("phase1", "ppp"), of("phase2", "pfp"), of("phase3", "pfnn", "too many got no answer"),
        Grade("phase4", NOT_GRADED, "Permission denied"),
    ])  # fmt: skip
    bob = Learner("bob", [no_start("phase1", "KeyError: 'x'"), *none("phase2", "phase3"), None])
    head, *rows = page(anna, bob).one(id="learners").table()
    assert head == ["Learner", *PHASES, "Total"]
    assert rows == [
        [
            "anna",
            "✓ 3 of 3",
            "2 of 3 next: it is so 1",
            "1 of 4 next: it is so 1 (2 not run: too many got no answer)",
            "not graded Permission denied",
            "6",
        ],
        ["bob", "does not start KeyError: 'x'", "not begun", "not begun", "… not known yet", "0"],
        ["All passed", "1 of 2", "0 of 2", "0 of 2", "0 of 2", ""],
    ]


def test_checks_stand_across_with_their_cases_in_one_cell_and_how_many_passed() -> None:
    anna, bob = of("phase1", "pfn").checks, of("phase1", "ppp").checks
    for checks, cases in ((anna, ("passed", "failed")), (bob, ("passed", "passed"))):
        checks.update({f"t.py::test_all[with {n}]": how for n, how in enumerate(cases)})
    learners = [
        Learner("anna", [Grade("phase1", GRADED, checks=anna), *none(*PHASES[1:])]),
        Learner("bob", [Grade("phase1", GRADED, checks=bob), *none(*PHASES[1:])]),
        Learner("eve", [no_start("phase1", "no"), *none(*PHASES[1:])]),
    ]
    tree = page(*learners)
    assert tree.one("details", id="phase1").one("table").table() == [
        ["Learner", "it is so 0", "it is so 1", "it is so 2", "all"],
        ["anna", "✓", "✗", "–", "1/2"],
        ["bob", "✓", "✓", "✓", "✓"],
        ["eve", "does not start"],
        ["How many passed it", "2", "1", "1", "1"],
    ]
    (failed,) = [each for each in tree.all("details") if "anna" in each.text and each.table() == []]
    assert [each.text for each in failed.all("li")] == [
        "phase1: it is so 1",
        "phase1: all (with 1)",
    ]


def test_what_most_stand_at_comes_first_with_their_names() -> None:
    learners = [
        Learner(name, [of("phase1", outcomes), *none(*PHASES[1:])])
        for name, outcomes in (("anna", "fp"), ("bob", "pf"), ("eve", "pf"), ("zoe", "pp"))
    ]
    assert page(*learners).one("table", class_="next").table()[1:] == [
        ["phase1", "it is so 1", "2", "bob, eve"],
        ["phase1", "it is so 0", "1", "anna"],
        ["phase2", "not begun", "1", "zoe"],
    ]


def test_before_that_come_those_whose_servers_do_not_start_and_who_have_begun_nothing() -> None:
    learners = [
        Learner("anna", [of("phase1", "pf"), *none(*PHASES[1:])]),
        Learner("bob", [of("phase1", "pf"), no_start("phase2", "no"), *none(*PHASES[2:])]),
        Learner("eve", none(*PHASES)),
        Learner("zoe", [None, None, None, None]),
    ]
    assert page(*learners).one("table", class_="next").table()[1:] == [
        ["phase2", "does not start", "1", "bob"],
        ["phase1", "not begun", "1", "eve"],
        ["phase1", "it is so 1", "2", "anna, bob"],
    ]


def test_one_learner_has_a_page_without_the_figures_of_a_class() -> None:
    tree = page(Learner("anna", [of("phase1", "pf"), *none(*PHASES[1:])]))
    assert tree.one("h1").text == tree.one("title").text == "How far anna has come"
    assert not [*tree.all("tfoot"), *tree.all("table", class_="next")]
    (opened,) = [each for each in tree.all("details") if "open" in each.attributes]
    assert opened.one("li").text == "phase1: it is so 1"


def test_it_is_sorted_by_figures_and_what_has_none_stands_before() -> None:
    """As page.js sorts: by the number that each cell has."""
    grades = [None, *none("phase1"), Grade("phase1", NOT_GRADED), no_start("phase1", "no"),
              of("phase1", "fff"), of("phase1", "pff"), of("phase1", "ppp")]  # fmt: skip
    learners = [Learner("x", [grade, *none(*PHASES[1:])]) for grade in grades]
    rows = [*page(*learners).one(id="learners").one("tbody").all("tr")]
    names, phases, *_, totals = zip(*(
        [int(cell.attributes["data-value"] or "") for cell in row.inside if isinstance(cell, Node)]
        for row in rows
    ), strict=True)  # fmt: skip
    assert [*names] == [*range(len(grades))]
    assert [*phases] == sorted({*phases})
    assert [*totals] == [0, 0, 0, 0, 0, 1, 3]


@pytest.mark.parametrize(
    ("state", "said"),
    [
        (FILLS, "30 November 2026, 10:12:41: 2 of 4 phases are graded. This page fills by itself."),
        (COMPLETE, "30 November 2026, 10:12:41: All phases are graded."),
        (STOPPED, "30 November 2026, 10:12:41: It was stopped when 2 of 4 phases were graded."),
    ],
)
def test_it_says_when_it_was_made_and_asks_for_itself_again_only_while_it_fills(
    state: str, said: str
) -> None:
    tree = page(Learner("anna", [of("phase1", "p"), None, None, of("phase4", "p")]), state=state)
    assert tree.one("time").attributes["datetime"] == "2026-11-30T10:12:41"
    assert next(tree.all("p")).text == said
    assert ("data-again" in tree.one("body").attributes) == (state == FILLS)
    # Where there is a script, that does it: a person can tell it not to.
    refresh = {"http-equiv": "refresh"}
    asks = [meta for each in tree.all("noscript") for meta in each.all("meta", **refresh)]
    assert asks == [*tree.all("meta", **refresh)]
    assert len(asks) == (state == FILLS)


# --- text stays text -----------------------------------------------------------------------------

STRANGE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "</bdi></td></table><!--",
    "&lt;b&gt; &#60;b>",
    "a\x1b[2J\x00\x07\r\nb\u2028c",
    "\u202egpj.exe \u2066 \u200f",
    os.fsdecode(b"caf\xe9"),  # a name that is not UTF-8, as Linux gives it
    "داریوش",
    "Z" + "\u0301" * 10_000,
    "w" * 10_000,
    "]]>'; DROP TABLE learners; --",
]


def with_text(text: str, state: str = COMPLETE) -> Node:
    """A page on which all that strangers write is this text."""
    checks = {f"t.py::test_{text}[{text}]": "failed"}
    grades = [
        Grade("phase1", GRADED, text, "", {**checks, "t.py::test_b": "not run"}),
        no_start("phase2", text),
        Grade("phase3", NOT_GRADED, text),
        Grade("phase4", NOT_BEGUN, text),
    ]
    return page(Learner(text, grades), Learner("bob", grades), state=state)


@pytest.mark.parametrize("text", STRANGE, ids=range(len(STRANGE)))
def test_whatever_is_written_the_page_has_the_same_elements(text: str) -> None:
    tree = with_text(text)
    assert tree.shape == with_text("harmless").shape
    assert tree.one("title").text.startswith("How far the class has come")
    name = tree.one(id="learners").table()[1][0]
    assert name[:3] == text[:3].replace("\x1b", "\ufffd").replace("\u202e", "\ufffd")
    document(Report([Learner(text, [None] * 4)], PHASES, FILLS, WHEN)).encode()  # UTF-8 has it all


@pytest.mark.parametrize("text", STRANGE, ids=range(len(STRANGE)))
def test_no_control_character_and_no_long_word_is_left(text: str) -> None:
    main = with_text(text).one("main")
    control = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u202a-\u202e\u2066-\u2069]")
    assert not control.search(main.text)
    strings = [each for node in main.all() for each in node.inside if isinstance(each, str)]
    assert max(map(len, strings)) < 3 * MOST_CHARACTERS  # a check, and its case


def test_words_of_strangers_stand_by_themselves_whatever_their_direction() -> None:
    tree = with_text("داریوش")
    assert "داریوش" in tree.one(id="learners").text
    for each in tree.all("bdi"):
        each.inside.clear()
    assert "داریوش" not in tree.one(id="learners").text


# --- it needs nothing from elsewhere --------------------------------------------------------------


def test_a_policy_lets_in_its_own_style_and_script_and_no_other() -> None:
    tree = with_text("<b>", FILLS)
    policy = str(
        tree.one("meta", **{"http-equiv": "Content-Security-Policy"}).attributes["content"]
    )
    rules = dict(rule.split(" ", 1) for rule in policy.split("; "))
    for tag in ("style", "script"):
        digest = hashlib.sha256(tree.one(tag).text.encode()).digest()
        assert rules.pop(f"{tag}-src") == f"'sha256-{base64.b64encode(digest).decode()}'"
    assert rules == {"default-src": "'none'", "base-uri": "'none'", "form-action": "'none'"}


def test_it_refers_to_nothing_and_has_no_style_and_no_script_in_an_attribute() -> None:
    tree = with_text("<b>", FILLS)
    names = {name for node in tree.all() for name in node.attributes}
    assert not [name for name in names if name.startswith("on")]
    assert not names & {"src", "href", "style", "srcset", "action", "data"}
    assert not re.search(r"url\(|@import|https?:", tree.one("style").text + tree.one("script").text)


def test_a_large_class_is_a_small_file_also_where_nothing_has_passed() -> None:
    name = "t.py::TestAll::test_a_check_with_a_name_that_is_about_as_long_as_they_are_{}[with {}]"
    checks = {name.format(number, "a case"): "failed" for number in range(185)}
    grades = [Grade(phase, GRADED, "too many got no answer", "", checks) for phase in PHASES]
    learners = [Learner(f"{number}{'x' * 300}", grades) for number in range(40)]
    assert len(document(Report(learners, PHASES, FILLS, WHEN)).encode()) < 1_000_000


# --- everybody can read it ------------------------------------------------------------------------


def test_each_table_has_a_caption_and_each_header_says_what_it_heads() -> None:
    tree = with_text("anna")
    tables = [*tree.all("table")]
    assert len(tables) >= 3
    for table in tables:
        assert table.one("caption").text
        assert {head.attributes["scope"] for head in table.one("thead").all("th")} == {"col"}
        rows = [*table.one("tbody").all("tr")]
        assert all(row.one("th").attributes["scope"] == "row" for row in rows)
    headers = [*tree.one(id="learners").one("thead").all("th")]
    assert [each.attributes.get("aria-sort") for each in headers] == ["ascending", *[None] * 5]


def test_the_keyboard_reaches_what_scrolls_and_it_has_a_name() -> None:
    tree = with_text("anna")
    ids = [str(node.attributes["id"]) for node in tree.all() if "id" in node.attributes]
    assert len(ids) == len(set(ids))
    regions = [*tree.all("div", role="region")]
    assert len(regions) == len([*tree.all("table")])
    for each in regions:
        assert each.attributes["tabindex"] == "0"
        assert each.attributes["role"] == "region"
        assert each.attributes["aria-labelledby"] == each.one("caption").attributes["id"]


def luminance(colour: str) -> float:
    """How bright a colour is (WCAG 2.2, relative luminance)."""
    parts = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("which", [0, 1], ids=["light", "dark"])
def test_all_text_stands_out_from_what_is_behind_it(which: int) -> None:
    """By 4.5 to 1 (WCAG 2.2, 1.4.3)."""
    style = Path(__file__).with_name("page.css").read_text(encoding="utf-8")
    schemes = [dict(re.findall(r"--(\w+): (#\w{6})", part)) for part in style.split("@media")[:2]]
    scheme = schemes[which]
    for ink in ("ink", "quiet", "good", "bad"):
        for paper in ("paper", "band"):
            bright, dark = sorted((luminance(scheme[ink]), luminance(scheme[paper])), reverse=True)
            assert (bright + 0.05) / (dark + 0.05) >= 4.5, (ink, paper)
