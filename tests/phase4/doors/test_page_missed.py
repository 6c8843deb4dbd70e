"""After a loss the page shows what was missed once, and sends again only what did not arrive.

Its functions are asked in node, as in whole/test_page_script.py.
"""

from collections.abc import Sequence

import pytest

from shared import message
from tests.conftest import Need
from tests.kit.page_script import ask_node

_HELLO = "[10:00:00] * 1 earlier line:"
_HELLO_END = "[10:00:00] * That was before you came."
_END = "[10:00:09] * That is all."

# What was heard and said before, and the lines after the return; what is shown, asked, and arrived.
_RETURN = """(heard, own, lines, names) => {
  const seen = new Seen();
  for (const name of names) seen.names.add(name);
  for (const [at, said, isConfirmed] of own) {
    while (heard.length && heard[0][0] <= at) seen.heard(parse(heard.shift()[1]));
    const item = {said, isSent: true, isConfirmed};
    seen.say(item);
  }
  for (const [, line] of heard) seen.heard(parse(line));
  const catchUp = new CatchUp(seen, true), shown = [], asked = [];
  for (const line of lines) {
    for (const each of catchUp.take(parse(line))) shown.push(each.text || each.line);
    asked.push(...catchUp.questions.splice(0));
  }
  return {shown, asked, arrived: catchUp.arrived.map(each => each.said), done: catchUp.isDone};
}"""

# The same, where the server has greeted with nothing of the past: `after` comes after its answer to
# the first question. The person has come in at 10:00:30.
_WITHOUT_GREETING = """(heard, own, before, after) => {
  const seen = new Seen();
  seen.names.add("Ann");
  const clock = new ServerClock(() => Date.parse("2026-11-21T10:00:30Z"));
  clock.heard({time: "10:00:30"});
  seen.begin(clock);
  for (const line of heard) seen.heard(parse(line));
  for (const said of own) seen.say({said, isSent: true});
  const catchUp = new CatchUp(seen, true), shown = [], asked = [];
  const take = lines => {
    for (const line of lines) {
      for (const each of catchUp.take(parse(line))) shown.push(each.text || each.line);
    }
    asked.push(...catchUp.questions.splice(0));
  };
  take(before);
  catchUp.greeted();
  take(after);
  return {shown, asked, arrived: catchUp.arrived.map(each => each.said), done: catchUp.isDone};
}"""

Own = tuple[int, str, bool]


@pytest.fixture(autouse=True)
def _node(need: Need) -> None:
    need("node")


def _return(
    heard: Sequence[tuple[int, str]],
    own: Sequence[Own],
    past: Sequence[str],
    *,
    question: int | None = 8,
    more: Sequence[str] = (),
) -> dict[str, list[str]]:
    """What comes of a return where the server answers the question for the past with `past`."""
    begin = message.format(message.History("10:00:09", len(past), question))
    hello = [_HELLO, "(2026-11-21 10:00:00 #40) Bob: greeting", _HELLO_END]
    lines = [*hello, "[10:00:09] * Messages have numbers now.", *more, begin, *past, _END]
    [answer] = ask_node([[_RETURN, heard, own, lines, ["Ann"]]])
    assert isinstance(answer, dict)
    return answer


def _numbered(number: int, text: str, sender: str = "Bob") -> str:
    return f"(2026-11-21 10:00:{number:02} #{number}) {sender}: {text}"


_HEARD = [(0, "[10:00:08 #8] Bob: heard")]


def test_what_was_missed_is_shown_once_and_before_what_is_said_now() -> None:
    now = "[10:00:08 #12] Bob: now"
    past = [
        _numbered(9, "one"),
        _numbered(10, "two"),
        _numbered(12, "now").replace(":12 #", ":08 #"),
    ]
    answer = _return(_HEARD, [], past, more=[now])
    assert answer["asked"] == ["/ids on", "/history since 8"]
    assert answer["shown"] == [
        "Missed from 10:00 to 10:00:", "one", "two", "That was while you were away.", "now"
    ]  # fmt: skip


def test_where_there_are_no_numbers_the_lines_themselves_tell_what_is_new() -> None:
    heard = [(0, "[10:00:07] Bob: heard")]
    past = [_numbered(6, "old"), _numbered(7, "heard"), _numbered(9, "new")]
    answer = _return(heard, [], past, question=None)
    assert answer["asked"] == ["/ids on", "/history 500"]
    assert "new" in answer["shown"]
    assert not {"old", "heard"} & set(answer["shown"])


@pytest.mark.parametrize(
    ("own", "past", "arrived"),
    [
        ([(1, "a", False)], [], []),
        ([(1, "a", False)], ["a"], ["a"]),
        ([(1, "a", False), (1, "b", False)], ["a"], ["a"]),
        ([(1, "a", True), (1, "b", False)], ["a", "b"], ["b"]),
        ([(1, "ok", True), (1, "ok", False)], ["ok"], []),
        ([(1, "ok", True), (1, "ok", False)], ["ok", "ok"], ["ok"]),
        ([(1, "ok", False), (1, "no", False), (1, "ok", False)], ["ok", "no"], ["ok", "no"]),
    ],
)
def test_only_what_did_not_arrive_is_sent_again(
    own: list[Own], past: list[str], arrived: list[str]
) -> None:
    lines = [_numbered(9 + at, text, "Ann") for at, text in enumerate(past)]
    answer = _return(_HEARD, own, lines)
    assert answer["arrived"] == arrived
    assert answer["done"]
    shown = [line for line in answer["shown"] if line in past]
    assert shown == arrived  # where it belongs; what was confirmed stands there already


def test_a_line_from_before_the_last_that_was_heard_is_looked_for_as_well() -> None:
    heard = [(0, "[10:00:05 #5] Bob: before"), (9, "[10:00:08 #8] Bob: heard")]
    past = [_numbered(6, "mine", "Ann"), _numbered(8, "heard")]
    answer = _return(heard, [(1, "mine", False)], past, question=5)
    assert answer["asked"] == ["/ids on", "/history since 5"]
    assert answer["arrived"] == ["mine"]
    assert "heard" not in answer["shown"]


def test_where_nothing_was_said_before_there_are_numbers_from_the_beginning() -> None:
    first = """() => {
      const catchUp = new CatchUp(new Seen(), false);
      catchUp.greeted();
      return [catchUp.questions, catchUp.isDone];
    }"""
    assert ask_node([[first]]) == [[["/ids on"], True]]


def test_what_was_missed_is_asked_for_where_the_server_greets_with_nothing() -> None:
    heard, now = ["[10:00:08 #8] Bob: heard"], "[10:00:12] Bob: now"
    past = [_numbered(9, "mine", "Ann"), _numbered(11, "missed"), _numbered(12, "now")]
    begin = message.format(message.History("10:00:13", len(past), 8))
    given = [heard, ["mine"], [now], [begin, *past, _END]]
    [answer] = ask_node([[_WITHOUT_GREETING, *given]])
    assert answer["asked"] == ["/ids on", "/history since 8"]
    assert answer["arrived"] == ["mine"]
    assert [line for line in answer["shown"] if len(line) < 7] == ["mine", "missed", "now"]


def test_what_was_said_before_this_person_came_is_no_news_and_not_their_own() -> None:
    past = [_numbered(at, text, "Ann") for at, text in ((1, "ok"), (2, "no"), (59, "ok"))]
    past[1:1] = [_numbered(1, "old")]
    begin = message.format(message.History("10:01:00", len(past), None))
    given = [[], ["ok", "no"], [], [begin, *past, _END]]
    [answer] = ask_node([[_WITHOUT_GREETING, *given]])
    assert answer["asked"] == ["/ids on", "/history 500"]
    assert answer["arrived"] == ["ok"]
    assert [line for line in answer["shown"] if len(line) < 7] == ["ok"]


def test_a_long_absence_is_read_in_pages_and_the_rest_is_told() -> None:
    more = ["[10:00:09] * More: /history since 10"]
    answer = _return(_HEARD, [], [_numbered(9, "one"), _numbered(10, "two"), *more])
    assert answer["asked"] == ["/ids on", "/history since 8", "/history since 10"]


def test_lines_wait_for_answers_and_what_has_none_waits_again() -> None:
    tell = """() => {
      const outgoing = new Outgoing();
      for (const line of "abcdefg") outgoing.waiting.push({line});
      const sent = [];
      for (let item = outgoing.next(); item; item = outgoing.next()) sent.push(item.line);
      outgoing.sent.splice(2, 0, {mark: 1});
      const confirmed = outgoing.confirm(1).map(each => each.line);
      outgoing.rewind();
      return [sent, confirmed, outgoing.waiting.map(each => each.line)];
    }"""
    assert ask_node([[tell]]) == [[[*"abcde"], [*"ab"], [*"cdefg"]]]
