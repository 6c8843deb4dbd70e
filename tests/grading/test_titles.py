"""What a learner reads of a check, as its title and where it is not kept, is a sentence."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.grading.many import WIRE
from tests.grading.titles import promise_of, title_of
from tests.kit.harness import ROOT, run

MOST_CHARACTERS = 110


@pytest.fixture(scope="module")
def checks() -> list[str]:
    """All checks of learners' servers, as pytest calls them."""
    files = [str(ROOT / "tests" / f"phase{number}" / "test_wire.py") for number in (1, 2, 3, 4)]
    options = ("--collect-only", "-q", "-p", "no:cacheprovider", "--server", "true {port}")
    status, output = run("pytest", *files, *options, cwd=ROOT)
    assert status == 0, output
    return [line for line in output.splitlines() if "::" in line]


def test_a_title_is_made_of_words_and_of_what_is_typed(checks: list[str]) -> None:
    assert len(checks) > 300
    titles = map(title_of, checks)
    odd = [each for each in titles if not re.fullmatch(r"[\w/][\w ,.:'/?@*%+-]*", each)]
    assert not odd


def test_a_title_is_short_and_begins_with_no_bare_who(checks: list[str]) -> None:
    titles = [*map(title_of, checks)]
    assert not [each for each in titles if len(each) > MOST_CHARACTERS]
    assert not [each for each in titles if re.match(r"who\b|.*\bis no\b", each)]


def test_the_cases_of_a_check_are_told_apart_in_words(checks: list[str]) -> None:
    """Cases of one name, or that hold an object, would be numbered by pytest."""
    numbered = [each for each in checks if re.search(r"[a-z]\d+\]$", each)]
    assert not numbered
    assert all(title_of(each) != promise_of(each) for each in checks if "[" in each)


def told_of() -> Iterator[tuple[Path, str]]:
    """How each sentence "Alice should ..." goes on, up to what is filled in."""
    for file in [*(ROOT / "tests/grading").rglob("*.py"), *WIRE]:
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                told = node.args[1] if node.func.attr == "must" else None
            else:
                is_told = isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "should"
                told = node.value if is_told and isinstance(node, ast.Assign) else None
            if isinstance(told, ast.JoinedStr):
                told = told.values[0]
            if isinstance(told, ast.Constant):
                yield file, str(told.value)


def test_what_is_not_kept_goes_on_with_the_sentence_that_says_who_should() -> None:
    found = [*told_of()]
    assert len(found) > 40
    assert not [each for each in found if not re.match(r"(get|find|not|be) ", each[1])]
