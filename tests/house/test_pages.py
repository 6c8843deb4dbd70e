"""The pages can be read: their length, their sentences, their words, their links, and the map.

What can be checked of "plain and idiomatic English" is checked here; whether it is true, by
test_readmes.py.
"""

import re
import textwrap
from collections.abc import Iterator

import pytest

from tests.house.pages import PAGES
from tests.house.test_house import ARROWS, part_of
from tests.kit.harness import ROOT, run

TEXTS = {name: (ROOT / name).read_text(encoding="utf-8") for name in PAGES}
LESSONS = [name for name in PAGES if re.match(r"phase\d/", name)]  # from the first to the last
PARTS = [name for name in LESSONS if name.startswith("phase4/") and name != "phase4/README.md"]

MAX_WORDS = 25  # in a sentence
MAX_LINES = {
    "phase4/README.md": 280,
    "phase4/server/README.md": 480,
    # Of one piece each, and as long as they were: a lesson is not cut in two for its length.
    "phase1/README.md": 460,
    "phase2/README.md": 460,
    "phase3/README.md": 460,
}
MAX_LINES_OF_OTHERS = 320

_BLOCK = r"^ *```.*?^ *```$"
_NOT_PROSE = (
    _BLOCK,
    r"^ *\|.*?$",  # tables
    r"^#+ .*?$",
    r"</?(details|summary)>",
    r"!\[[^\]]*\]\([^)]*\)",  # pictures
)


def prose_of(text: str) -> str:
    """The sentences of a page, without blocks, tables and headings; a link is its text alone."""
    text = re.sub("|".join(_NOT_PROSE), "\n\n", text, flags=re.DOTALL | re.M)
    text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", text)
    text = re.sub(r"^ *([-*]|\d+\.) ", "\n\n", text, flags=re.M)  # each item by itself
    return re.sub(r"`[^`]*`", "CODE", text)


def sentences_of(text: str) -> Iterator[str]:
    """Each sentence. A colon ends one where a capital follows."""
    for paragraph in re.split(r"\n\s*\n", prose_of(text)):
        line = " ".join(paragraph.split())
        yield from re.split(r"(?<=[.!?:])[)*”\"]*\s+(?=[(*“\"]*[A-Z0-9])", line)


def words_in(sentence: str) -> int:
    """How many words it has. What is in backquotes is one."""
    return sum(bool(re.search(r"\w", word)) for word in sentence.split())


# --- the checks can fail -------------------------------------------------------------------------


def test_a_sentence_is_found_where_a_reader_sees_one() -> None:
    text = (
        "# Title\n\nOne two `three four`. Five:\n\n- six ([seven](x.md) eight)\n- nine\n"
        "\n| a | b |\n\n```\n$ a command\n```\n"
    )
    assert [words_in(each) for each in sentences_of(text) if each] == [3, 1, 3, 1]


# --- length --------------------------------------------------------------------------------------


@pytest.mark.parametrize("page", PAGES)
def test_a_page_is_read_in_one_sitting(page: str) -> None:
    assert len(TEXTS[page].splitlines()) <= MAX_LINES.get(page, MAX_LINES_OF_OTHERS)


@pytest.mark.parametrize("page", PAGES)
def test_no_sentence_is_longer_than_one_can_hold(page: str) -> None:
    if page != "CHANGELOG.md":
        too_long = [each for each in sentences_of(TEXTS[page]) if words_in(each) > MAX_WORDS]
        assert not too_long


# --- words ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("page", PAGES)
def test_who_is_the_subject_of_questions_alone(page: str) -> None:
    """Not "Who reads slowly is cut off", but "A client that reads slowly is cut off"."""
    bare = [each for each in sentences_of(TEXTS[page]) if re.match(r"[(*]*Who [^?]*$", each)]
    assert not bare


@pytest.mark.parametrize("page", PAGES)
def test_what_is_not_something_is_called_so(page: str) -> None:
    """Not "is no port", but "is not a port". There may be no port, all the same."""
    text = re.sub(_BLOCK, "", TEXTS[page], flags=re.DOTALL | re.M)  # with tables
    assert not re.findall(r"(?<!there )\b(?:is|are|was|were) no (?!longer\b|more\b)\w+", text)


WORDS = re.findall(
    r"^\| \*\*(.*?)\*\* \| .*? \| \[.*?\]\((.*?)\) \|$",
    (ROOT / "docs/words.md").read_text(encoding="utf-8"),
    re.M,
)


def stands_in(term: str, page: str) -> bool:
    """Whether a page has a term, or its plural."""
    word = re.sub(r" \(.*\)", "", term)
    pattern = rf"(?<![\w-]){re.escape(word)}(s|es)?(?![\w-])".replace(r"\ ", r"\s+")
    text = re.sub(r"\]\([^)]*\)", "]", TEXTS[page])  # without the addresses of links
    return bool(re.search(pattern, text, re.I if not word.isupper() else 0))


def test_the_word_list_is_in_order_and_names_each_word_once() -> None:
    words = [word for word, _ in WORDS]
    assert len(words) > 80
    assert words == sorted({*words}, key=str.lower)


@pytest.mark.parametrize(("term", "link"), WORDS)
def test_a_word_of_the_list_first_stands_where_the_list_says(term: str, link: str) -> None:
    pages = [*LESSONS, "docs/class.md", "monitor/README.md"]
    first = next((page for page in pages if stands_in(term, page)), None)
    assert first is not None, f"no page has the word {term}"
    assert (ROOT / "docs" / link).resolve() == ROOT / first


@pytest.mark.parametrize("page", LESSONS)
def test_a_lesson_leads_to_the_word_list(page: str) -> None:
    assert "docs/words.md)" in TEXTS[page]


# --- order, links, and the map -------------------------------------------------------------------


@pytest.mark.parametrize("page", PARTS)
def test_the_page_of_a_part_is_a_lesson(page: str) -> None:
    sections = re.findall(r"^## (.*)$", TEXTS[page], re.M)
    wanted = ["Read the code: what is new", "Experiments", "Check yours", "Questions"]
    assert [each for each in sections if each in wanted] == wanted
    assert re.match(r"# .*\n\nAfter this page you ", TEXTS[page])


def anchor_of(heading: str) -> str:
    """The anchor that a heading has on the web, as GitHub makes it."""
    text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).replace("`", "").lower()
    return re.sub(r"[^\w\- ]", "", text).replace(" ", "-")


@pytest.mark.parametrize("page", PAGES)
def test_a_link_to_a_section_finds_it(page: str) -> None:
    for link, anchor in re.findall(r"\]\(([^)#:]*)#([^)]+)\)", TEXTS[page]):
        target = (ROOT / page).parent / link if link else ROOT / page
        headings = re.findall(r"^#+ (.*)$", target.read_text(encoding="utf-8"), re.M)
        assert anchor in map(anchor_of, headings), f"{link}#{anchor}"


OPTIONS = {
    "phase4.server": ["docs/server.md"],
    "phase4.relay": ["phase4/relay/README.md"],
    "phase4.client_terminal": ["phase4/client_terminal/README.md"],
    "phase4.client_gui": ["phase4/client_gui/README.md"],
    "phase4.server_gui": ["phase4/server_gui/README.md", "docs/server.md"],
    "phase4.accounts": ["phase4/accounts/README.md"],
    "phase4.archive": ["phase4/archive/README.md"],
    "phase4.certificate": ["docs/class.md"],
    "phase4.handout": ["phase4/client_gui/README.md"],
}


@pytest.mark.parametrize("module", OPTIONS)
def test_every_option_is_on_the_page_of_its_part(module: str) -> None:
    status, printed = run(module, "--help")
    assert status == 0
    options = {*re.findall(r"(?<![\w-])--[a-z][\w-]*", printed)} - {"--help"}
    assert options
    text = "".join(TEXTS[page] for page in OPTIONS[module])
    assert not [each for each in options if not re.search(rf"`[^`]*{each}(?![\w-])[^`]*`", text)]


CHECKS = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "tests").rglob("*.py"))


@pytest.mark.parametrize("page", PAGES)
def test_a_check_that_a_page_names_is_there(page: str) -> None:
    for name in re.findall(r"\btest_\w+(?!\w|\.py|/)", TEXTS[page]):
        if not (name == "test_wire" or f"{name}.py" in TEXTS[page]):
            assert re.search(rf"^ *def {name}\(", CHECKS, re.M), name


def test_the_bot_on_the_page_is_the_one_in_the_docstring() -> None:
    """That one is run by a check of phase 4."""
    shown = re.search(r"```python\n(.*?)```", TEXTS["phase4/client/README.md"], re.DOTALL)
    assert shown
    docstring = (ROOT / "phase4/client/client.py").read_text(encoding="utf-8")
    assert textwrap.indent(shown[1], "    ") in docstring


def picture_of_the_imports() -> str:
    """Which part imports which, as a Mermaid diagram. `shared` is free to all, and left out."""
    arrows = {
        (part_of(name).removeprefix("phase4."), part_of(each).removeprefix("phase4."))
        for name, imported in ARROWS.items()
        for each in imported
        if part_of(each) != "shared"
    }
    between = sorted(arrow for arrow in arrows if arrow[0] != arrow[1])
    return "".join(f"    {source} --> {sink}\n" for source, sink in between)


def test_the_picture_of_the_parts_shows_their_imports() -> None:
    drawn = re.search(r"```mermaid\nflowchart LR\n(.*?)```", TEXTS["CONTRIBUTING.md"], re.DOTALL)
    assert drawn
    assert drawn[1] == picture_of_the_imports()
