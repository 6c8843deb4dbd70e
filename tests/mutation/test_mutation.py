"""The mutants are what they are said to be; what becomes of them is asked by CI, not here."""

import ast
import re

import pytest

from tests.mutation import by_hand
from tests.mutation.__main__ import all_mutants, fixed_set
from tests.mutation.harmless import HARMLESS, reason
from tests.mutation.operators import Mutant, mutants_of

PROGRAM = '''
"""Says what it is."""
LIMIT = 10

def answer(line):
    """Also not changed."""
    if len(line) >= LIMIT and line:
        return "! too long"
    with lock:
        said.append(line.strip())
    for each in people:
        if each is None:
            continue
        each.send(line)
    return line
'''

EXPECTED = [
    ("comparison", "answer: len(line) >= LIMIT -> len(line) > LIMIT"),
    ("comparison", "answer: each is None -> each is not None"),
    ("bound", "module: 10 -> 11"),
    ("bound", "module: 10 -> 0"),
    ("bound", "answer: for each in people: -> for each in list(people)[1:]:"),
    ("branch", "answer: if each is None: -> if True:"),
    ("branch", "answer: if each is None: -> if False:"),
    ("branch", "answer: len(line) >= LIMIT and line -> line"),
    ("order", "answer: if each is None: <-> each.send(line)"),
    ("removed", "answer: each.send(line) -> nothing"),
    ("call", "answer: line.strip() -> line"),
    ("text", "answer: '! too long' -> ''"),
    ("text", "answer: '! too long' -> '!too long'"),
    ("return", "answer: return line -> return"),
    ("loop", "answer: continue -> break"),
    ("with", "answer: with lock: -> said.append(line.strip())"),
]


@pytest.mark.parametrize(("kind", "key"), EXPECTED)
def test_each_kind_of_mistake_is_made(kind: str, key: str) -> None:
    assert (kind, key) in [(each.kind, each.key) for each in mutants_of(1, PROGRAM)]


def test_each_mutant_has_one_change_and_is_a_program_of_its_own() -> None:
    mutants = mutants_of(1, PROGRAM)
    sources = [ast.unparse(ast.parse(PROGRAM)), *(each.make().strip() for each in mutants)]
    assert len({*sources}) == len(sources)
    assert len({each.key for each in mutants}) == len(mutants)
    assert all("Says what it is." in each.make() for each in mutants)


def test_a_mutant_is_told_by_the_same_words_when_the_lines_above_it_have_moved() -> None:
    moved = PROGRAM.replace("LIMIT = 10\n", "LIMIT = 10\n\n\n# a comment\n\n")
    assert [each.key for each in mutants_of(1, moved)] == [
        each.key for each in mutants_of(1, PROGRAM)
    ]


@pytest.fixture(scope="module")
def mutants() -> dict[int, list[Mutant]]:
    """All mutants, by their phases."""
    return {phase: all_mutants(phase) for phase in (1, 2, 3, 4)}


def test_an_entry_of_what_is_harmless_speaks_of_a_mutant_in_each_of_its_phases(
    mutants: dict[int, list[Mutant]],
) -> None:
    for entry in HARMLESS:
        for phase in entry.phases:
            assert any(map(entry.matches, mutants[phase])), (phase, entry.pattern)


@pytest.mark.parametrize("phase", [1, 2, 3, 4])
def test_the_fixed_set_has_some_of_each_kind_and_all_that_are_made_by_hand(
    phase: int, mutants: dict[int, list[Mutant]]
) -> None:
    due = [each for each in mutants[phase] if not reason(each)]
    chosen = fixed_set(mutants[phase])
    assert {each.kind for each in chosen} == {each.kind for each in due}
    by_hands = {each.key for each in due if by_hand.phase_of(each) == phase}
    assert {each.key for each in due if each.kind == by_hand.KIND} & by_hands <= {
        each.key for each in chosen
    }
    assert chosen == fixed_set(reversed(mutants[phase]))


def test_nobody_writes_more_than_one_sentence_on_why_a_mutant_may_pass() -> None:
    for each in HARMLESS:
        assert re.fullmatch(r"[A-Z][^\n]{10,150}\.", each.why), each.why
