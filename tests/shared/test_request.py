"""What a line asks for: what may be meant for one is never taken for something to say to all."""

import pytest
from confusable_homoglyphs import confusables
from hypothesis import given
from hypothesis import strategies as st

from shared import request
from shared.request import (
    Command,
    Nothing,
    Refusal,
    Say,
    Whisper,
    action_of,
    as_said,
    is_goodbye,
    is_public,
    parse,
    recipient_of,
    split_lines,
)

PRIVATE = ["/pm Bob secret", "@Bob secret", "@Bob: secret", "/PM bob secret"]

UNSEEN = {
    **{f"U+{ord(each):04X}": each for each in "\ufeff\u200b\u2060\u00ad\u200c\u200d\u200e\u200f"},
    **{f"U+{ord(each):04X}": each for each in "\u202b\u2068\u2069\u034f\ufe0f\u3164\u115f\u1160"},
    **{
        f"U+{ord(each):04X}": each
        for each in "\uffa0\u2800\u180e\u061c\u2064\u206f\U000e0020\ufff9"
    },
    **{f"U+{ord(each):04X}": each for each in "\U000e0100\U0001d159\U0001d173\ufdd0\ue000\u0300"},
    "NUL": "\0",
    "ESC": "\x1b",
    "colour": "\x1b[0m",
    "C1 colour": "\x9b31;1m",
    "paste": "\x1b[200~",
    "arrow": "\x1b[A",
    "application arrow": "\x1bOA",
    "title": "\x1b]0;title\x07",
    "charset": "\x1b(B",
    "bell": "\a",
    "backspace": "x\b",
    "delete": "x\x7f",
    "return": "hello\r",
    "vertical tab": "hello\v",
    "line separator": "\u2028",
    "colour, then no width": "\x1b[0m\u200b",
    "two": "\ufeff\u200b",
    "blank, then no width": "  \u200b ",
}


@pytest.mark.parametrize("line", PRIVATE)
@pytest.mark.parametrize("before", UNSEEN.values(), ids=UNSEEN)
def test_a_private_message_behind_signs_that_nobody_sees_is_not_public(
    before: str, line: str
) -> None:
    assert not is_public(before + line)


@pytest.mark.parametrize("before", UNSEEN.values(), ids=UNSEEN)
def test_such_signs_before_what_is_said_do_no_harm(before: str) -> None:
    assert parse(before + "hello") == Say(before + "hello")


@given(st.text(st.characters(categories=("C", "Z", "M"), exclude_characters="\n"), max_size=5))
def test_whatever_unicode_calls_unseen_hides_no_command(before: str) -> None:
    for line in PRIVATE:
        assert not is_public(before + line)


@pytest.mark.parametrize("sign", ["/", "@"])
def test_what_is_drawn_like_a_sign_is_not_said_as_a_command(sign: str) -> None:
    """Unicode's own table says what is drawn alike (UTS 39); and the compatibility forms."""
    alike = {each["c"] for each in confusables.confusables_data.get(sign, [])}
    alike |= {"/": {"\uff0f"}, "@": {"\uff20", "\ufe6b"}}[sign]
    for each in alike:
        for rest in ("pm Bob secret", "PM Bob secret", "msg Bob secret"):
            line = each + (rest if sign == "/" else rest[3:])
            assert not is_public(line), hex(ord(each[0]))


@pytest.mark.parametrize("line", ["\\pm Bob secret", "＼pm Bob", "\\w Bob secret", "⧵PM Bob"])
def test_a_command_with_the_wrong_slash_is_not_public(line: str) -> None:
    assert not is_public(line)


@pytest.mark.parametrize(
    "line",
    ["ノートを買った", "丿", "\\documentclass{article}", "\\n", "a/b", "1/2", "see @Bob", "pm Bob",
     "?list of", "exit now", "?", "http://a.example/b", "  indented", "\thello", "\u200fسلام",
     "راम", "👩‍🚀 hello", "\u200b", "<@Bob>", "and \x1b[31mred\x1b[0m",
     "x/\x1b", "http://a.example/b\x07", "a@b.example \0"],
)  # fmt: skip
def test_what_is_no_command_to_anybody_is_said(line: str) -> None:
    assert parse(line) == Say(line)


@pytest.mark.parametrize(
    ("line", "said"),
    [("//etc/hosts", "/etc/hosts"), ("@@property", "@property"), ("  //a", "  /a"), ("///a", "//a"),
     ("@@pytest.mark.x(1)", "@pytest.mark.x(1)"), ("@@@", "@@"), ("//", "/"), ("// x", "/ x"),
     ("@@media screen", "@media screen")],
)  # fmt: skip
def test_a_line_that_begins_with_a_sign_is_said_when_the_sign_is_doubled(
    line: str, said: str
) -> None:
    assert parse(line) == Say(said)


@pytest.mark.parametrize("line", ["//pm Bob secret", "//PM Bob x", "//msg Bob x", "///pm Bob x"])
def test_a_command_with_the_slash_typed_twice_is_not_public(line: str) -> None:
    assert not is_public(line)


@pytest.mark.parametrize("start", ["//", "\\", "\u30ce", "\uff3c"])
@pytest.mark.parametrize(
    "name",
    ["\u200bpm", "p\u200bm", "\u200apm", "\u3000pm", "\u3164pm", "pm\ufe0f", "\u0338pm", "pm:",
     "pm,Bob", "\u200b" * 100 + "pm", "\u2800PM"],
)  # fmt: skip
def test_signs_that_nobody_sees_do_not_hide_a_command_with_another_slash(
    start: str, name: str
) -> None:
    assert not is_public(f"{start}{name} Bob secret")


@pytest.mark.parametrize("line", ["// who are you", "//\tpm", "//help/index.html", "// tell me"])
def test_a_comment_and_a_path_are_said(line: str) -> None:
    assert parse(line) == Say(line[1:])


@pytest.mark.parametrize("line", ["@@Bob secret", "@@bob: secret", "@@Bob, secret"])
def test_a_private_message_with_the_at_typed_twice_is_not_public(line: str) -> None:
    assert not is_public(line, lambda name: name.casefold() == "bob")
    assert is_public(line, lambda name: name == "Carol")


@pytest.mark.parametrize(
    "line",
    ["@Bob hi", "@Bob: hi", "@Bob:hi", "@Bob, hi", "@Bob,hi", "@Bob\u00a0hi", "@Bob\u3000hi",
     "@Bob\thi", "@Bob\u2003hi", "@Bob：hi", "@Bob、hi", "@Bob; hi", "@Bob! hi", "@Bob.  hi",
     "/pm Bob hi", "/pm @Bob hi", "/pm Bob: hi", "/pm Bob, hi", "/pm\tBob\thi", "/pm\u00a0Bob hi",
     "/pm\u3000Bob\u3000hi", "  /pm  Bob   hi  ", "/pm Bob\u200b hi", "/pm \ufeffBob hi",
     "/\u200bpm Bob hi", "/PM Bob hi", "@Bob \u3000hi"],
)  # fmt: skip
def test_a_private_message_is_understood_as_people_write_it(line: str) -> None:
    assert parse(line) == Whisper("Bob", "hi")


@pytest.mark.parametrize(
    ("line", "to", "text"),
    [("@Bob 10:30?", "Bob", "10:30?"), ("@Bob:10:30?", "Bob", "10:30?"), ("@Abe:1:2", "Abe", "1:2"),
     ("@::1 hi", "::1", "hi"), ("@[::1]: hi", "[::1]", "hi"),
     ("/pm fe80::1%eth0 hi", "fe80::1%eth0", "hi"),
     ("@10.0.0.1: hi", "10.0.0.1", "hi"), ("/pm 10.0.0.1, hi", "10.0.0.1", "hi"),
     ("@राम: hi", "राम", "hi"), ("@Zoë-2_ hi", "Zoë-2_", "hi")],
)  # fmt: skip
def test_a_name_or_an_address_is_found_whole(line: str, to: str, text: str) -> None:
    assert parse(line) == Whisper(to, text)


@pytest.mark.parametrize(
    "line", ["@", "@Bob", "@Bob,", "@ Bob hi", "@: hi", "/pm", "/pm Bob", "/pm Bob:"]
)
def test_half_a_private_message_is_refused_with_what_to_write(line: str) -> None:
    refusal = parse(line)
    assert isinstance(refusal, Refusal)
    assert "NAME TEXT." in refusal.reason
    assert refusal.reason.endswith("Nothing was sent.")


@pytest.mark.parametrize(("line", "doubled"), [("/etc/hosts", "//"), ("@property", "@@")])
def test_the_error_says_how_to_say_such_a_line(line: str, doubled: str) -> None:
    refusal = parse(line)
    assert isinstance(refusal, Refusal)
    assert f" {doubled}." in refusal.reason


@pytest.mark.parametrize(
    ("line", "command"),
    [("/who", Command("/who", "")), ("?LIST", Command("/who", "")), ("exit", Command("/quit", "")),
     ("/exit now", Command("/quit", "now")), ("/nick\u3000 Al ", Command("/nick", "Al")),
     ("/ping a\x1bb ", Command("/ping", "a\x1bb")), (" /help ", Command("/help", ""))],
)  # fmt: skip
def test_a_command_has_one_name_however_it_is_typed(line: str, command: Command) -> None:
    assert parse(line) == command


@pytest.mark.parametrize("line", ["", " ", "\t", "\u3000", "\r"])
def test_a_line_of_blanks_asks_for_nothing(line: str) -> None:
    assert parse(line) == Nothing()


def test_the_lines_that_leave_are_those_of_the_server() -> None:
    assert all(map(is_goodbye, ["/quit", "/exit", "exit", "/QUIT", " exit ", "/quit now"]))
    assert not any(map(is_goodbye, ["exit now", "quit", "/quitter", "", "//quit"]))


@given(st.text(st.characters(exclude_characters="\n")))
def test_every_line_has_a_meaning_and_none_is_lost(line: str) -> None:
    asked = parse(line)
    if isinstance(asked, Say):
        assert asked.text.strip()
        assert line.rstrip() in (
            asked.text,
            *(asked.text.replace(each, each * 2, 1) for each in "/@"),
        )
    assert recipient_of(line) == (asked.to if isinstance(asked, Whisper) else "")


# --- several lines --------------------------------------------------------------------------------


@pytest.mark.parametrize("first", ["/pm Bob one", "@Bob: one", "@Bob one", "/pm @Bob, one"])
def test_all_lines_go_to_the_recipient_of_the_first(first: str) -> None:
    lines = split_lines(f"{first}\n\ntwo\n  three\n/pm Carol four\n@property\n")
    assert lines.to == "Bob"
    assert [parse(each) for each in lines.lines] == [
        Whisper("Bob", text) for text in ("one", "two", "three", "/pm Carol four", "@property")
    ]
    assert lines.public == 0


def test_the_text_may_begin_on_the_line_after_the_name() -> None:
    assert split_lines("/pm Bob \none\ntwo").lines == ("/pm Bob one", "/pm Bob two")


def test_all_lines_go_to_the_person_whose_conversation_it_is() -> None:
    lines = split_lines("one\n/who\n//two", "Bob")
    assert lines.lines == ("/pm Bob one", "/pm Bob /who", "/pm Bob //two")
    assert lines.question == "Send 3 lines to Bob alone?"


@pytest.mark.parametrize(
    ("text", "question"),
    [("/nick Al\ntwo\nthree", "Send 3 lines? 2 of them go to everybody."),
     ("/pmm Bob one\ntwo", "Send 2 lines? 1 of them goes to everybody."),
     ("/pm\ntwo\nthree", "Send 3 lines? 2 of them go to everybody."),
     ("one\n@Bob two", "Send 2 lines? 1 of them goes to everybody.")],
)  # fmt: skip
def test_where_some_lines_are_public_and_some_are_not_the_question_says_so(
    text: str, question: str
) -> None:
    lines = split_lines(text)
    assert lines.is_mixed
    assert lines.question == question


def test_lines_that_all_are_public_are_no_danger() -> None:
    lines = split_lines("one\ntwo\r\nthree")
    assert not lines.is_mixed
    assert lines.lines == ("one", "two", "three")
    assert lines.question == "Send 3 lines to everybody?"


def test_actions_among_pasted_lines_are_for_whomever_the_lines_are_for() -> None:
    assert split_lines("/me waves\none").lines == ("//me waves", "one")
    assert not split_lines("/me waves\none").is_mixed
    assert split_lines("/me waves\none", "Bob").lines == ("/pm Bob /me waves", "/pm Bob one")


@pytest.mark.parametrize("line", ["/me waves", "/Me  waves", "/me /who", "/me @Bob hi"])
def test_an_action_is_said_as_it_stands_by_any_server(line: str) -> None:
    assert isinstance(parse(line), Refusal)  # no server has to know of it
    match parse(as_said(line)):
        case Say(said):
            assert action_of(said) == line[4:].strip()
        case other:
            pytest.fail(f"{other}")


@pytest.mark.parametrize(
    "line", ["/me", "/me ", "/mex", "//me waves", " /me waves", "/pm Bob /me x"]
)
def test_what_is_no_action_stays_as_it_was_typed(line: str) -> None:
    assert as_said(line) == line


def test_the_table_of_commands_is_the_servers() -> None:
    from phase4.server import commands

    known = {asked.name for asked in map(parse, request.COMMANDS) if isinstance(asked, Command)}
    assert known == set(commands.COMMANDS)
