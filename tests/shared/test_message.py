"""The lines on the wire: each message has one form, and no text can take another's."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared import message
from shared.message import (
    Earlier,
    Error,
    History,
    HistoryEnd,
    Joined,
    Kept,
    Left,
    Message,
    Notice,
    Numbers,
    Online,
    Other,
    Private,
    Prompt,
    Public,
    Registered,
    Renamed,
    Welcome,
    clean,
    ends_for_good,
)
from shared.rights import THE_OPERATOR, LoggedIn, LoggedOut, Topic, Writing

_TIME = st.from_regex(r"\d\d:\d\d:\d\d", fullmatch=True).map(str)
_NAME = st.from_regex(r"[A-Za-zé李م][A-Za-z0-9_é李م-]{0,19}", fullmatch=True)
_TEXT = st.text().map(clean)
_AT = st.datetimes().map(lambda at: f"{at:%Y-%m-%d %H:%M:%S}".zfill(19))
_BY = _NAME | st.sampled_from(["", THE_OPERATOR])
_LINE = st.one_of(
    st.builds(Prompt),
    st.builds(Error, _TEXT),
    st.builds(Welcome, _TIME, _NAME, st.integers(0, 10**6), _TEXT),
    st.builds(Joined, _TIME, _NAME),
    st.builds(Left, _TIME, _NAME, st.just("stopped reading") | st.just("")),
    st.builds(Renamed, _TIME, _NAME, _NAME),
    st.builds(
        Online,
        _TIME,
        st.integers(0, 10**6),
        st.lists(_NAME | _NAME.map(lambda name: f"{name} (10.0.0.1)"), min_size=1).map(tuple),
        st.booleans(),
    ),
    st.builds(Notice, _TIME, st.just("The server is stopping.")),
    st.builds(History, _TIME, st.integers(0, 10**9 - 1)),
    st.builds(History, _TIME, st.integers(0, 10**9 - 1), st.integers(0, 10**18 - 1)),
    st.builds(History, _TIME, st.integers(0, 10**9 - 1), before=st.integers(0, 10**18 - 1)),
    st.builds(HistoryEnd, _TIME, st.none(), st.booleans()),
    st.builds(HistoryEnd, _TIME, st.integers(0, 10**18 - 1)),
    st.builds(HistoryEnd, _TIME, before=st.integers(0, 10**18 - 1)),
    st.builds(Numbers, _TIME, st.booleans()),
    st.builds(Public, _TIME, _NAME, _TEXT, st.integers(0, 10**18 - 1)),
    st.builds(
        Earlier,
        _AT,
        st.integers(1, 10**18 - 1),
        _NAME,
        _TEXT,
    ),
    st.builds(Private, _TIME, _NAME, _NAME, _TEXT),
    st.builds(Kept, _AT, _NAME, _NAME, _TEXT),
    st.builds(Registered, _NAME),
    st.builds(LoggedIn, _TIME, _NAME, st.booleans()),
    st.builds(LoggedOut, _TIME),
    st.builds(Topic, _TIME, _TEXT, _BY),
    st.builds(Writing, _TIME, st.booleans(), _BY),
)


@given(_LINE)
def test_what_is_formatted_is_parsed_to_the_same(each: Message) -> None:
    assert message.parse(message.format(each)) == each


@given(st.text())
def test_every_line_has_a_message(line: str) -> None:
    assert message.format(message.parse(line)) == line


@pytest.mark.parametrize(
    "line", ["", "hello", "[14:03] Alice: hi", "[14:03:05] just text", "*", "!", "[14:03:05] "]
)
def test_what_has_no_form_is_other(line: str) -> None:
    assert message.parse(line) == Other(line)


@given(st.text())
def test_clean_text_holds_no_control_character_and_cleaning_it_again_changes_nothing(
    text: str,
) -> None:
    cleaned = clean(text)
    assert clean(cleaned) == cleaned
    assert len(cleaned.splitlines()) <= 1
    assert not any(character in cleaned for character in "\x00\x07\x1b\r\n\t\x7f\x9b\u202e\u2066")
    cleaned.encode("utf-8")


def test_an_ordinary_text_is_left_as_it_is() -> None:
    text = "naïve 漢字 می‌کنم 👩‍👩‍👧 \u00a0 %s {0}"
    assert clean(text) == text


@pytest.mark.parametrize(
    "words",
    [
        message.DISCONNECTED_BY_OPERATOR,
        "Disconnected by Alice: enough.",
        "You are banned until 14:33:05.",
        "This address is banned.",
        message.LOGGED_IN_ELSEWHERE,
    ],
)
def test_who_is_put_out_does_not_come_back_by_itself(words: str) -> None:
    assert ends_for_good(words)


@pytest.mark.parametrize("words", ["", "The server is stopping.", "You gave no name in time."])
def test_any_other_end_is_worth_another_connection(words: str) -> None:
    assert not ends_for_good(words)
