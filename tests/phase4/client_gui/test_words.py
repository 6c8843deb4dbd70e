"""Words that call a person, beside the own name: as they are typed, kept and found."""

import pytest

from phase4.client.mentions import MAX_LOOKED_AT
from phase4.client_gui.words import MAX_WORD_CHARACTERS, MAX_WORDS, field_of, words_of
from phase4.widgets.lines import line_of
from phase4.widgets.shown import Shown
from shared import message


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("", ()),
        ("exam", ("exam",)),
        (" exam,  room  204 ; Exam,, ", ("exam", "room 204")),
        ("شيء، 試験，ÉTÉ、e\u0301te\u0301", ("شيء", "試験", "ÉTÉ")),
        ("!, ?, C++, -", ("C++",)),
        ("x" * (MAX_WORD_CHARACTERS + 1) + ", y", ("y",)),
        ("a\x1b[2J\u202eb", ("a�[2J�b",)),
    ],
)
def test_words_stand_between_commas_each_once(typed: str, kept: tuple[str, ...]) -> None:
    assert words_of(typed) == kept
    assert words_of(field_of(kept)) == kept


def test_the_number_of_words_has_a_bound() -> None:
    many = words_of(",".join(f"w{number}" for number in range(MAX_WORDS + 5)))
    assert many == tuple(f"w{number}" for number in range(MAX_WORDS))


@pytest.mark.parametrize(
    ("text", "calls"),
    [
        ("The EXAM is on Monday.", ("exam",)),
        ("examine this", ()),
        ("in room 204, ann", ("Ann", "room 204")),
        ("room 2044", ()),
        ("I like C++!", ("C++",)),
        ("試験は明日", ("試験",)),
        ("ｅｘａｍ", ("exam",)),  # full width: the same letters
    ],
)
def test_a_line_that_says_a_word_is_a_mention_as_one_with_the_name(
    text: str, calls: tuple[str, ...]
) -> None:
    words = ("exam", "room 204", "C++", "試験")
    line = line_of(message.Public("1", "Bob", text), "Ann", "2", words)
    assert line.calls == calls
    assert line.kind == ("mention" if calls else "public")
    own = line_of(message.Public("1", "Ann", text), "Ann", "2", words)
    assert (own.kind, own.calls) == ("own", ())


def test_each_word_is_set_off_where_it_stands_and_the_longest_of_those_that_overlap() -> None:
    words = ("exam", "exam day", "Monday")
    text = "exam day: Monday, no other exam"
    line = line_of(message.Public("1", "Bob", text), "Ann", "2", words)
    place, bold = 0, []
    shown = Shown(1, line)
    for length, tags in shown.styles("name1"):
        if "call" in tags:
            bold.append(shown.text[place : place + length])
        place += length
    assert bold == ["exam day", "Monday", "exam"]


def test_a_text_that_spells_a_word_thousands_of_times_within_others_is_not_searched_for_ever() -> (
    None
):
    spelled = "exams" * 10 * MAX_LOOKED_AT
    line = line_of(message.Public("1", "Bob", f"exam {spelled}"), "Ann", "2", ("exam",))
    assert line.calls == ("exam",)
    line = line_of(message.Public("1", "Bob", f"{spelled} exam"), "Ann", "2", ("exam",))
    assert line.calls == ()
