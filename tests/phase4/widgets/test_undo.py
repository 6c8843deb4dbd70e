"""What Ctrl+Z brings back, and what a word is; without a window."""

from collections.abc import Iterable

import pytest

from phase4.widgets.undo import MAX_CHARACTERS, MAX_STEPS, PAUSE_SECONDS, Undo
from phase4.widgets.words import word_end, word_start


class Typist:
    """Changes a text as keys do, at times of its own."""

    def __init__(self) -> None:
        self.now = 0.0
        self.undo = Undo(lambda: self.now)
        self.text = ""
        self.cursor = 0

    def type(self, text: str) -> None:
        """One key for each character."""
        for each in text:
            self.put(each, self.cursor, self.cursor)

    def put(self, text: str, first: int, last: int) -> None:
        """Put it in the place of what stands there."""
        self.text = self.text[:first] + text + self.text[last:]
        self.cursor = first + len(text)
        self.now += 0.1
        self.undo.note(self.text, self.cursor)

    def back(self) -> list[str]:
        """All states, from the latest to the first."""
        return [*self._all(self.undo.undo)]

    def forth(self) -> list[str]:
        """All states that were taken back."""
        return [*self._all(self.undo.redo)]

    def _all(self, step: object) -> Iterable[str]:
        assert callable(step)
        while state := step():
            self.text, self.cursor = state
            yield self.text


@pytest.fixture
def typist() -> Typist:
    return Typist()


def test_a_step_is_a_word(typist: Typist) -> None:
    typist.type("one two\nthree")
    assert typist.back() == ["one two\n", "one ", ""]
    assert typist.forth() == ["one ", "one two\n", "one two\nthree"]


def test_a_pause_ends_a_step(typist: Typist) -> None:
    typist.type("on")
    typist.now += PAUSE_SECONDS
    typist.type("e")
    assert typist.back() == ["on", ""]


def test_what_is_erased_key_by_key_is_one_step_and_what_is_typed_then_another(
    typist: Typist,
) -> None:
    typist.type("hello")
    for _ in range(3):
        typist.put("", typist.cursor - 1, typist.cursor)
    typist.type("y")
    assert typist.back() == ["he", "hello", ""]


def test_what_is_pasted_is_a_step_of_its_own(typist: Typist) -> None:
    typist.type("ab")
    typist.put("pasted", 1, 1)
    typist.type("c")
    assert typist.back() == ["apastedb", "ab", ""]


def test_a_letter_typed_beside_the_same_one_is_found_where_the_cursor_is(typist: Typist) -> None:
    typist.put("aaa", 0, 0)
    typist.cursor = 1
    typist.type("aa")
    assert (typist.undo.undo(), typist.undo.undo()) == (("aaa", 1), ("", 0))


def test_the_cursor_goes_to_what_comes_back(typist: Typist) -> None:
    typist.put("one two three", 0, 0)
    typist.put("", 4, 8)
    assert typist.undo.undo() == ("one two three", 8)
    assert typist.undo.redo() == ("one three", 4)


def test_what_is_typed_after_going_back_ends_the_way_forth(typist: Typist) -> None:
    typist.type("one two")
    typist.undo.undo()
    typist.undo.note("one 2", 5)
    assert typist.undo.redo() is None
    assert typist.back() == ["one ", ""]


def test_the_states_have_a_bound(typist: Typist) -> None:
    for number in range(2 * MAX_STEPS):
        typist.put(f"{number}-", 0, len(typist.text))
    assert len(typist.back()) == MAX_STEPS
    for number in range(10):
        typist.put(str(number) * (MAX_CHARACTERS // 3), 0, len(typist.text))
    assert len(typist.back()) < 4


def test_a_text_that_begins_anew_has_no_past(typist: Typist) -> None:
    typist.type("secret")
    typist.undo.undo()
    typist.undo.forget()
    assert (typist.undo.undo(), typist.undo.redo()) == (None, None)


@pytest.mark.parametrize(
    ("text", "cursor", "start"),
    [
        ("", 0, 0),
        ("one", 3, 0),
        ("one  ", 5, 0),
        ("one two", 5, 4),
        ("wait...", 7, 4),
        ("a\n  ", 4, 2),
        ("a\n", 2, 1),
        ("\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645", 8, 0),  # one word of Persian
        ("\u0915\u094d\u0937\u093f", 4, 0),  # Hindi: signs on letters
    ],
)
def test_a_word_begins_where_a_reader_would_say(text: str, cursor: int, start: int) -> None:
    assert word_start(text, cursor) == start


@pytest.mark.parametrize(
    ("text", "cursor", "end"), [("", 0, 0), ("one two", 0, 3), ("  one", 0, 5), ("a\nb", 1, 2)]
)
def test_a_word_ends_where_a_reader_would_say(text: str, cursor: int, end: int) -> None:
    assert word_end(text, cursor) == end
