"""Coming back: what was missed is asked for, and shown once, in its place."""

import signal
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime

import pytest

from phase4.client import ConnectionLost
from phase4.client import client as core
from phase4.client.clock import ServerClock
from phase4.client.missed import MOST_HELD, MOST_PAGES, CatchUp, OfThePast, Seen
from shared.message import (
    Earlier,
    History,
    HistoryEnd,
    Joined,
    Message,
    Notice,
    Numbers,
    Private,
    Public,
)
from tests.kit.chat import Chat
from tests.kit.scripted import Client, Connect

NOW = "14:09:00"
BEFORE = OfThePast(NOW, "Missed from 14:03 to 14:03:")
BEHIND = OfThePast(NOW, "That was while you were away.")
END = HistoryEnd(NOW)


class FixedClock(ServerClock):
    """Shows one time."""

    def time(self) -> str:
        """The one."""
        return NOW


def earlier(*numbers: int, sender: str = "Bob") -> list[Earlier]:
    """What was said before, and has these numbers."""
    return [Earlier(f"2026-11-21 14:03:{n % 60:02}", n, sender, f"line {n}") for n in numbers]


def public(number: int, text: str = "", *, numbered: bool = True) -> Public:
    """What Bob says just now."""
    return Public(f"14:03:{number % 60:02}", "Bob", text or f"line {number}", number * numbered)


def answer(
    *numbers: int, since: int | None = None, more: int | None = None, before: int | None = None
) -> list[Message]:
    """What the server answers."""
    end = HistoryEnd(NOW, more, before=before)
    return [History(NOW, len(numbers), since), *earlier(*numbers), end]


GREETING: list[Message] = [
    History(NOW, 2),
    *earlier(98, 99),
    HistoryEnd(NOW, was_greeting=True),
]


def first_connection(seen: Seen, *received: Message) -> list[Message]:
    """What the person is shown of a first connection in which this comes."""
    return shown(CatchUp(seen, FixedClock(), is_return=False), *received)


def shown(catch_up: CatchUp, *received: Message) -> list[Message]:
    """What the person is shown of these."""
    return [each for one in received for each in catch_up.take(one)]


def back(seen: Seen) -> CatchUp:
    """A connection after that, in which the server has greeted, and was asked."""
    catch_up = CatchUp(seen, FixedClock(), is_return=True)
    greeting: list[Message] = [History(NOW, 1), *earlier(109), replace(END, was_greeting=True)]
    assert shown(catch_up, *greeting) == []
    assert catch_up.questions.popleft() == "/ids on"
    assert shown(catch_up, Numbers(NOW, are_on=True)) == []
    return catch_up


def asked(catch_up: CatchUp) -> str:
    """The one question that it has."""
    [question] = catch_up.questions
    catch_up.questions.clear()
    return question


def test_a_newcomer_is_shown_the_greeting_and_asks_for_numbers_without_a_word_of_it() -> None:
    catch_up = CatchUp(Seen(), FixedClock(), is_return=False)
    assert shown(catch_up, *GREETING) == GREETING
    assert asked(catch_up) == "/ids on"
    assert shown(catch_up, Numbers(NOW, are_on=True), public(100)) == [public(100, numbered=False)]


def test_of_a_server_that_keeps_no_history_nothing_is_asked() -> None:
    for is_return in (False, True):
        catch_up = CatchUp(Seen(), FixedClock(), is_return=is_return)
        said: list[Message] = [
            public(1, numbered=False),
            Notice(NOW, "hello"),
            Joined(NOW, "Carol"),
        ]
        assert shown(catch_up, *said) == said
        assert not catch_up.questions


@pytest.mark.parametrize("last", [99, 100])
def test_what_was_missed_is_asked_for_by_the_last_number_that_was_seen(last: int) -> None:
    seen = Seen()
    first_connection(seen, *GREETING, *map(public, range(100, last + 1)))
    catch_up = back(seen)
    assert asked(catch_up) == f"/history since {last - 1}"
    missed = [*range(last + 1, 103)]
    come = shown(catch_up, *answer(last, *missed, since=last - 1))
    assert come == [BEFORE, *earlier(*missed), BEHIND]


def test_where_the_server_counts_anew_the_lines_themselves_tell_what_was_seen() -> None:
    """Its logs were removed, or the disk that held the last of them was full when it was killed."""
    seen = Seen()
    first_connection(seen, *GREETING, public(100))
    catch_up = CatchUp(seen, FixedClock(), is_return=True)
    assert shown(catch_up, History(NOW, 1), *earlier(1), replace(END, was_greeting=True)) == []
    assert [*catch_up.questions] == ["/ids on", "/history 500"]
    assert shown(catch_up, Numbers(NOW, are_on=True), *answer(1, 2)) == [
        BEFORE,
        *earlier(1, 2),
        BEHIND,
    ]


def test_where_nothing_was_missed_nothing_is_said_of_it() -> None:
    seen = Seen()
    first_connection(seen, *GREETING)
    catch_up = back(seen)
    asked(catch_up)
    assert shown(catch_up, *answer(since=98)) == []


def test_what_is_said_meanwhile_comes_behind_what_was_missed() -> None:
    seen = Seen()
    first_connection(seen, *GREETING)
    catch_up = back(seen)
    asked(catch_up)
    assert shown(catch_up, public(101), public(102)) == []
    whisper, joined = Private(NOW, "Bob", "Ann", "psst"), Joined(NOW, "Carol")
    assert shown(catch_up, whisper, joined) == [whisper, joined]
    now = [public(101, numbered=False), public(102, numbered=False)]
    assert shown(catch_up, *answer(100, since=98)) == [BEFORE, *earlier(100), BEHIND, *now]
    assert seen.number == 102


@pytest.mark.parametrize("numbered", [False, True])
def test_what_was_said_between_the_return_and_the_question_is_shown_once(numbered: bool) -> None:
    seen = Seen()
    first_connection(seen, *GREETING)
    catch_up = back(seen)
    asked(catch_up)
    now = [public(101, numbered=numbered), public(102, "line 101", numbered=numbered)]
    now = [replace(each, time=now[0].time) for each in now]  # the same words in the same second
    again = [Earlier(f"2026-11-21 {now[0].time}", n, "Bob", "line 101") for n in (101, 102)]
    assert shown(catch_up, *now) == []
    come = shown(catch_up, History(NOW, 3, 98), *earlier(100), *again, END)
    assert come == [BEFORE, *earlier(100), BEHIND, *(replace(each, number=0) for each in now)]
    assert seen.number == 102


def test_ones_own_lines_are_not_missed() -> None:
    seen = Seen()
    seen.called("Ann")
    first_connection(seen, *GREETING)
    for number in (100, 102):
        seen.own.sent(number, f"line {number}", datetime(2026, 11, 21, 14, 3))
    catch_up = back(seen)
    asked(catch_up)
    own = earlier(100, 102, sender="Ann")
    others = earlier(101, 103)
    impostor = earlier(104, sender="Ann")  # the name was free meanwhile
    said = [own[0], others[0], own[1], others[1], *impostor]
    assert shown(catch_up, History(NOW, 5, 98), *said, END) == [
        BEFORE,
        *others,
        *impostor,
        BEHIND,
    ]


def test_without_numbers_the_lines_themselves_tell_what_was_seen() -> None:
    """Nothing had been said before, so the server had shown no number."""
    seen = Seen()
    first_connection(seen, *(public(n, numbered=False) for n in range(1, 4)))
    catch_up = back(seen)
    assert asked(catch_up) == "/history 500"
    again = earlier(4)[0]
    again = replace(again, text="line 1")  # the same words, at another time
    assert shown(catch_up, History(NOW, 4), *earlier(1, 2, 3), again, END) == [
        BEFORE,
        again,
        BEHIND,
    ]


def test_of_very_much_some_pages_come_and_the_rest_is_for_the_person_to_ask() -> None:
    seen = Seen()
    first_connection(seen, *GREETING)
    catch_up = back(seen)
    numbers: list[int] = []
    for page in range(MOST_PAGES):
        since = 99 + 2 * page if page else 98
        assert asked(catch_up) == f"/history since {since}"
        new = [100 + 2 * page, 101 + 2 * page]
        come = shown(catch_up, *answer(*new, since=since, more=new[-1]))
        numbers += new
    more = OfThePast(NOW, f"You missed more: /history since {numbers[-1]} shows it.")
    assert come == [BEFORE, *earlier(*numbers), BEHIND, more]
    assert not catch_up.questions


def test_what_the_server_says_of_a_hole_is_shown_in_its_place() -> None:
    seen = Seen()
    first_connection(seen, *GREETING)
    catch_up = back(seen)
    asked(catch_up)
    hole = Notice(NOW, "#101 to #102 are not there, or not yet.")
    said: list[Message] = [History(NOW, 2, 98), *earlier(100, 103), hole, END]
    hole = OfThePast(hole.time, hole.text)
    assert shown(catch_up, *said) == [BEFORE, *earlier(100, 103), hole, BEHIND]


@pytest.mark.parametrize("so_far", [[], answer(100, 101, since=98)[:2]])
def test_where_no_answer_comes_nothing_waits_for_ever(so_far: Sequence[Message]) -> None:
    seen = Seen()
    first_connection(seen, *GREETING)
    catch_up = back(seen)
    asked(catch_up)
    assert shown(catch_up, *so_far, public(102)) == []
    come = list(catch_up.give_up())
    what, number = ("The rest of what", 100) if so_far else ("What", 99)
    text = f"{what} you missed did not come: /history since {number} shows it."
    assert come[-2] == OfThePast(NOW, text)
    assert come[-1] == public(102, numbered=False)
    assert [each for each in come if isinstance(each, Earlier)] == earlier(100)[: len(so_far) // 2]
    assert catch_up.give_up() == ()


def test_an_answer_to_the_person_is_theirs_and_hides_nothing_of_what_was_missed() -> None:
    """What was typed while the server was away is sent before the client's own question."""
    seen = Seen()
    first_connection(seen, *GREETING)
    catch_up = back(seen)
    asked(catch_up)
    assert shown(catch_up, *answer(102)) == answer(102)
    assert shown(catch_up, *answer(100, 101, 102, since=98)) == [BEFORE, *earlier(100, 101), BEHIND]


def test_where_a_server_greets_with_nothing_what_the_person_asks_for_is_shown() -> None:
    seen = Seen()
    first_connection(seen, *GREETING)
    catch_up = CatchUp(seen, FixedClock(), is_return=True)
    catch_up.greeted()
    assert shown(catch_up, *answer(98)) == answer(98)
    assert seen.number == 99


def test_where_too_much_waits_it_is_shown_and_what_was_missed_comes_below_it_once() -> None:
    seen = Seen()
    first_connection(seen, *GREETING)
    catch_up = back(seen)
    asked(catch_up)
    last = 105 + MOST_HELD
    now = [public(105, numbered=False), *map(public, range(106, last + 1))]
    come = shown(catch_up, *now)
    text = "What you missed is still to come, and comes below this: /history since 99 shows it."
    bare = [replace(each, number=0) for each in now]
    assert come == [OfThePast(NOW, text), *bare]
    assert shown(catch_up, public(last + 1)) == [public(last + 1, numbered=False)]
    come = shown(catch_up, *answer(*range(99, 598), since=98, more=597))
    assert come == [BEFORE, *earlier(*range(100, 105)), BEHIND]
    assert not catch_up.questions
    assert seen.number == last + 1


def test_where_too_much_waits_that_has_no_numbers_what_was_missed_is_told_and_not_mixed_in() -> (
    None
):
    seen = Seen()
    first_connection(seen, *GREETING)
    catch_up = back(seen)
    asked(catch_up)
    *_, last = shown(catch_up, *(public(n, numbered=False) for n in range(101 + MOST_HELD)))
    assert last == public(100 + MOST_HELD, numbered=False)
    assert shown(catch_up, *answer(*range(99, 598), since=98, more=597)) == []
    assert catch_up.read_up_to is None


def test_a_server_that_counts_anew_and_has_come_further_than_before_is_found_out() -> None:
    """Its logs were removed, and much was said since: the old numbers are other messages."""
    seen = Seen()
    first_connection(seen, *GREETING)
    catch_up = back(seen)
    assert asked(catch_up) == "/history since 98"
    others = earlier(99, 100, sender="Carol")
    assert shown(catch_up, History(NOW, 2, 98), *others, END) == []
    assert asked(catch_up) == "/history 500"
    others = earlier(*range(1, 110), sender="Carol")
    assert shown(catch_up, History(NOW, 109), *others, END) == [BEFORE, *others, BEHIND]


def test_what_was_seen_before_is_not_taken_for_the_same_words_of_now() -> None:
    """All in one second, and before the server gave numbers."""
    seen = Seen()
    first_connection(seen, *GREETING, replace(public(99), number=100))
    catch_up = back(seen)
    asked(catch_up)
    now = replace(public(99), number=0)
    again = [replace(earlier(99)[0], number=number) for number in (100, 101)]
    assert shown(catch_up, now, History(NOW, 2, 99), *again, END) == [now]
    assert seen.number == 101


def test_the_same_words_in_the_same_second_are_missed_if_their_number_is_new() -> None:
    seen = Seen()
    first_connection(seen, *GREETING)
    catch_up = back(seen)
    asked(catch_up)
    again = replace(earlier(99)[0], number=100)
    said: list[Message] = [History(NOW, 2, 98), *earlier(99), again, END]
    assert shown(catch_up, *said) == [BEFORE, again, BEHIND]


def test_of_what_no_number_tells_only_what_came_after_the_first_line_seen_was_missed() -> None:
    seen = Seen()
    first_connection(seen, public(600, numbered=False))
    catch_up = back(seen)
    asked(catch_up)
    assert shown(catch_up, *answer(598, 599, 600, 601)) == [BEFORE, *earlier(601), BEHIND]


@pytest.mark.parametrize("first", [1, 301])
def test_of_what_no_number_tells_a_word_is_said_where_more_may_be_missing(first: int) -> None:
    seen = Seen()
    first_connection(seen, public(0, numbered=False))
    catch_up = back(seen)
    asked(catch_up)
    more = OfThePast(NOW, "There may be more before #301: /history before 301 shows it.")
    said = [*([more] if first > 1 else []), *earlier(first, first + 1)]
    older = first if first > 1 else None
    assert shown(catch_up, *answer(first, first + 1, before=older)) == [BEFORE, *said, BEHIND]


def test_a_person_who_asks_for_numbers_sees_them_also_after_coming_back() -> None:
    seen = Seen()
    catch_up = CatchUp(seen, FixedClock(), is_return=False)
    on, off = Numbers(NOW, are_on=True), Numbers(NOW, are_on=False)
    assert shown(catch_up, *GREETING, on, on, public(100)) == [*GREETING, on, public(100)]
    catch_up = back(seen)
    asked(catch_up)
    assert shown(catch_up, *answer(100, since=99), public(101)) == [public(101)]
    assert shown(catch_up, off, public(102)) == [off, public(102, numbered=False)]


def test_whoever_sends_the_numbers_away_does_not_read_them_and_still_comes_back_by_them() -> None:
    seen = Seen()
    catch_up = CatchUp(seen, FixedClock(), is_return=False)
    on, off = Numbers(NOW, are_on=True), Numbers(NOW, are_on=False)
    assert shown(catch_up, *GREETING, off, on) == [*GREETING, off]  # `off` has overtaken our `on`
    assert [*catch_up.questions] == ["/ids on", "/ids on"]
    assert shown(catch_up, on, public(100)) == [public(100, numbered=False)]
    assert seen.number == 100


# --- with the real server ----------------------------------------------------------------------


@pytest.mark.parametrize("has_greeting", [True, False], ids=["something was said", "nothing yet"])
def test_whoever_was_away_while_the_server_was_started_again_reads_each_line_once(
    start: Callable[..., Chat],
    connect: Connect,
    monkeypatch: pytest.MonkeyPatch,
    has_greeting: bool,
) -> None:
    chat = start("--history", "20")
    if has_greeting:
        with chat.join("Bob") as bob:
            bob.send("line 0")
            bob.fence()
    monkeypatch.setattr(core, "FIRST_PAUSE_SECONDS", 3600.0)  # it will be told when
    ann = connect(chat.port, "Ann", reconnect=True)
    ann.until_people("Ann")
    texts: list[str] = []
    with chat.join("Bob") as bob:
        bob.send("line 1", "line 2")
        texts += told(ann, "line 2")
        ann.send("my own")
        bob.skip_to(".*my own")
        chat.signal(signal.SIGKILL)
        chat.wait()
    ann.until(ConnectionLost)
    again = start("--history", "20", port=chat.port)
    with again.join("Carol") as carol:
        carol.send("line 3", "line 4", "/ping all")
        carol.skip_to(".*Pong all")
        ann.retry_now()
        texts += told(ann, "line 4")
        carol.skip_to(r".*Ann joined")
        carol.send("line 5")
        texts += told(ann, "line 5")
    assert texts == [f"line {number}" for number in range(1, 6)]


def told(client: Client, last: str) -> list[str]:
    """What the client shows of others until somebody has said this."""
    texts: list[str] = []
    while last not in texts:
        match client.received():
            case Public(sender=sender, text=text) | Earlier(sender=sender, text=text):
                texts += [text] * (sender != "Ann")
    return texts
