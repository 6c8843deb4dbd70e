"""The client's protocol, turn by turn: no socket, no thread, and a clock that the check winds.

What needs a real connection is asked in test_client and test_reconnection.
"""

import pytest

from phase4.client import Arrived, NameRefused, Received, SendError, Welcomed
from phase4.client.dialogue import ANSWER_SECONDS
from phase4.client.events import Ended
from phase4.client.send_queue import UNCONFIRMED_LINES
from phase4.client.talk import CONFIRM_SECONDS, PING_SECONDS, SOON_SECONDS, Talk
from shared import message
from tests.kit.scripted import NOBODY_ELSE, WELCOME

GREETING = [
    "[10:00:00] * 1 earlier line:",
    "(2026-11-21 09:59:00 #7) Bob: hello",
    "[10:00:00] * That was before you came.",
]


class Clock:
    """Stands still until a check lets time pass."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        """The time."""
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def ann(clock: Clock) -> Talk:
    """Ann, who comes back after a loss, and is in; all that she had to say is written."""
    ann = Talk("Ann", reconnects=True, clock=clock)
    come_in(ann)
    return ann


def come_in(ann: Talk) -> list[object]:
    """Connect, and be let in; the events of the welcome."""
    ann.connected()
    assert ann.receive(message.NICKNAME_PROMPT) == []
    assert written(ann) == "Ann\n"
    events = ann.receive(WELCOME)
    assert written(ann).startswith("/who\n")
    ann.receive(NOBODY_ELSE)
    return [*events]


def written(talk: Talk) -> str:
    """All that is to be written; then it is."""
    data = talk.to_write()
    talk.wrote(len(data))
    return data.decode()


def pong(question: str) -> str:
    """The server's answer to the question which ends this text."""
    return f"[10:00:05] * Pong {question.split()[-1]}"


def test_nothing_is_written_before_the_server_asks(clock: Clock) -> None:
    ann = Talk("Ann", clock=clock)
    ann.connected()
    assert ann.to_write() == b""
    assert ann.due == clock.now + ANSWER_SECONDS


def test_a_server_has_its_time_to_answer_and_no_more(clock: Clock) -> None:
    ann = Talk("Ann", clock=clock)
    ann.connected()
    clock.now += ANSWER_SECONDS - 0.1
    assert not ann.is_unanswered
    ann.receive(message.NICKNAME_PROMPT)  # an answer: the name is given, and the time begins anew
    clock.now += ANSWER_SECONDS - 0.1
    assert not ann.is_unanswered
    clock.now += 0.1
    assert ann.is_unanswered


def test_without_reconnecting_nothing_is_ever_due_once_in(clock: Clock) -> None:
    ann = Talk("Ann", clock=clock)
    come_in(ann)
    ann.send("hello")
    assert written(ann) == "hello\n"
    assert ann.due is None
    assert ann.lag_seconds is None


def test_what_was_not_written_is_to_be_written_again(ann: Talk) -> None:
    ann.send("hello")
    assert ann.to_write() == ann.to_write() == b"hello\n"
    ann.wrote(2)
    assert ann.to_write() == b"llo\n"


def test_a_line_is_asked_about_a_second_after_it_and_several_soon(ann: Talk, clock: Clock) -> None:
    assert ann.send("one") == 1
    assert written(ann) == "one\n"
    assert ann.due == clock.now + CONFIRM_SECONDS
    assert ann.send("two") == 2
    assert written(ann) == "two\n"
    assert ann.due == clock.now + SOON_SECONDS
    clock.now += SOON_SECONDS
    question = written(ann)
    assert question.startswith("/ping ")
    clock.now += 0.25
    assert [*ann.unsent] == ["one", "two"]
    assert ann.receive(pong(question)) == [Arrived(2)]
    assert ann.arrived == 2
    assert not ann.unsent
    assert ann.lag_seconds == 0.25
    clock.now += PING_SECONDS - 0.3
    assert written(ann) == ""


def test_of_many_lines_a_few_are_on_their_way_at_a_time(ann: Talk, clock: Clock) -> None:
    """So it is known how far they are, and not all of them are said again after a loss."""
    for number in range(12):
        ann.send(f"{number}")
    *lines, question = written(ann).splitlines()
    assert lines == [f"{number}" for number in range(UNCONFIRMED_LINES)]
    assert ann.receive(pong(question)) == [Arrived(UNCONFIRMED_LINES)]
    *lines, question = written(ann).splitlines()
    assert lines[0] == f"{UNCONFIRMED_LINES}"
    ann.lost()
    assert ann.arrived == UNCONFIRMED_LINES
    come_in(ann)
    assert written(ann).splitlines()[:-1] == lines


def test_whoever_leaves_waits_for_no_answer(ann: Talk) -> None:
    for number in range(12):
        ann.send(f"{number}")
    ann.send("/quit")
    assert written(ann).splitlines() == [*(f"{number}" for number in range(12)), "/quit"]


def test_a_question_that_is_not_answered_is_a_lag_that_grows(ann: Talk, clock: Clock) -> None:
    clock.now += PING_SECONDS
    assert written(ann).startswith("/ping ")
    clock.now += 7.0
    assert ann.lag_seconds == 7.0
    assert ann.due is None, "one question at a time"


def test_what_was_not_answered_goes_again_after_a_loss_and_before_the_rest(
    ann: Talk, clock: Clock
) -> None:
    ann.send("answered")
    clock.now += CONFIRM_SECONDS
    ann.receive(pong(written(ann)))
    ann.send("lost")
    assert written(ann) == "lost\n"
    ann.lost()
    assert ann.is_away
    assert not ann.is_open
    ann.send("typed meanwhile")
    ann.connected()
    ann.receive(message.NICKNAME_PROMPT)
    assert written(ann) == "Ann\n"
    assert Welcomed("Ann") in ann.receive(WELCOME)
    assert written(ann) == "/who\n"
    *_, last = ann.receive(NOBODY_ELSE)
    assert isinstance(last, Received)
    assert "A line that may not have arrived was sent again." in message.format(last.message)
    assert written(ann).startswith("lost\ntyped meanwhile\n/ping ")
    assert not ann.is_away


def test_the_people_are_news_when_they_change_and_nobody_is_there_after_a_loss(ann: Talk) -> None:
    ann.people_are_news = False
    ann.receive("[10:00:01] Bob: hello")
    assert not ann.people_are_news
    ann.receive("[10:00:01] * Bob joined")
    assert ann.people_are_news
    assert ann.people() == ("Ann", "Bob")
    ann.lost()
    assert ann.people() == ()


def test_who_is_here_is_known_once_the_list_has_come_and_not_after_a_loss(
    clock: Clock,
) -> None:
    ann = Talk("Ann", clock=clock)
    ann.connected()
    for line in (message.NICKNAME_PROMPT, "[10:00:00] * Welcome, Ann! 3 online. Hi."):
        ann.receive(line)
    assert not ann.knows_people
    ann.receive("[10:00:01] * Bob joined")
    ann.receive("[10:00:01] * 3 online: Ann, Bob,")
    assert not ann.knows_people
    ann.receive("[10:00:01] * 3 online: Carl")
    assert ann.knows_people
    ann.lost()
    assert not ann.knows_people


def test_a_refused_name_is_an_event_and_is_answered_by_another(clock: Clock) -> None:
    ann = Talk("A n n", clock=clock)
    ann.connected()
    ann.receive(message.NICKNAME_PROMPT)
    written(ann)
    assert ann.receive("! That is not a name.") == []
    assert ann.receive(message.NICKNAME_PROMPT) == [NameRefused("That is not a name.")]
    ann.send_name("Ann")
    assert written(ann) == "Ann\n"


def test_after_a_slow_answer_it_is_asked_again_soon_whether_that_is_over(
    ann: Talk, clock: Clock
) -> None:
    for lag, pause in ((0.5, PING_SECONDS - 0.5), (3.0, 3.0), (0.1, PING_SECONDS - 0.1)):
        clock.now = ann.due or 0.0
        question = written(ann)
        assert question.startswith("/ping ")
        clock.now += lag
        ann.receive(pong(question))
        assert ann.due == pytest.approx(clock.now + pause)
        assert ann.lag_seconds == pytest.approx(lag)


def test_while_another_name_is_asked_for_no_line_is_taken_for_it(clock: Clock) -> None:
    ann = Talk("A n n", clock=clock, reconnects=True)
    ann.connected()
    for line in (message.NICKNAME_PROMPT, "! Not this one.", message.NICKNAME_PROMPT):
        ann.receive(line)
    written(ann)
    with pytest.raises(SendError, match="another name first"):
        ann.send("a secret")  # before anybody has shown that a name is asked for
    assert written(ann) == ""


def test_whoever_leaves_instead_of_giving_another_name_leaves(clock: Clock) -> None:
    ann = Talk("A n n", clock=clock)
    ann.connected()
    for line in (message.NICKNAME_PROMPT, "! Not this one.", message.NICKNAME_PROMPT):
        ann.receive(line)
    written(ann)
    ann.send("/quit")
    assert ann.is_closing
    assert written(ann) == ""


def test_no_name_is_said_to_all_once_no_name_is_asked_for(ann: Talk) -> None:
    with pytest.raises(SendError, match="asks for no name"):
        ann.send_name("Ann2")
    ann.lost()
    with pytest.raises(SendError, match="asks for no name"):
        ann.send_name("Ann2")
    assert not ann.unsent


@pytest.mark.parametrize("name", ["two\nlines", "x" * 4096])
def test_a_name_is_one_line(clock: Clock, name: str) -> None:
    ann = Talk("A n n", clock=clock)
    ann.connected()
    for line in (message.NICKNAME_PROMPT, "! Not this one.", message.NICKNAME_PROMPT):
        ann.receive(line)
    written(ann)
    with pytest.raises(SendError):
        ann.send_name(name)
    assert written(ann) == ""


@pytest.mark.parametrize("text", ["two\nlines", "two\rlines", "x" * 4096])
def test_what_is_not_one_line_is_not_taken(ann: Talk, text: str) -> None:
    with pytest.raises(SendError):
        ann.send(text)
    assert written(ann) == ""


def test_nothing_is_taken_before_one_is_in_nor_after_the_end(clock: Clock) -> None:
    ann = Talk("Ann", clock=clock)
    with pytest.raises(SendError, match="not in the conversation yet"):
        ann.send("hello")
    come_in(ann)
    assert ann.end()
    assert not ann.end(), "it ends once"
    with pytest.raises(SendError, match="has ended"):
        ann.send("hello")


def test_close_lets_what_was_said_leave_and_waits_no_longer_than_it_may(
    ann: Talk, clock: Clock
) -> None:
    ann.send("bye")
    ann.close(2.0)
    ann.close(9.0)  # the first counts
    assert ann.to_write() == b"bye\n"
    assert not ann.has_said_all
    ann.wrote(4)
    assert ann.has_said_all
    assert ann.due == clock.now + 2.0
    clock.now += 2.0
    assert ann.must_end


def test_a_goodbye_while_the_connection_is_lost_is_the_end(ann: Talk) -> None:
    ann.lost()
    ann.send("/quit")
    assert ann.must_end
    assert not ann.may_return


def test_after_a_goodbye_nothing_is_asked(ann: Talk, clock: Clock) -> None:
    ann.send("hello")
    ann.send("/quit")
    assert written(ann) == "hello\n/quit\n"
    clock.now += PING_SECONDS
    assert written(ann) == ""
    assert ann.why_ended("The server closed the connection", in_order=True).was_wished
    assert ann.unsent == ()


@pytest.mark.parametrize(
    ("said", "reason", "is_final"),
    [
        ("! You are too slow.", "It is gone, saying: You are too slow.", False),
        (
            f"! {message.DISCONNECTED_BY_OPERATOR}",
            f"It is gone, saying: {message.DISCONNECTED_BY_OPERATOR}",
            True,
        ),
        ("[10:00:01] Bob: hello", "It is gone.", False),
    ],
)
def test_an_end_has_the_reason_that_the_server_gave_just_before(
    ann: Talk, said: str, reason: str, is_final: bool
) -> None:
    ann.receive(said)
    end = ann.why_ended("It is gone", in_order=False)
    assert (str(end), end.is_final, end.was_wished) == (reason, is_final, False)


def test_words_of_long_ago_are_no_reason(ann: Talk, clock: Clock) -> None:
    ann.receive("! Write /pm NAME TEXT.")
    clock.now += 60.0
    assert str(ann.why_ended("It is gone", in_order=True)) == "It is gone."


def test_a_stranger_is_no_chat_server(clock: Clock) -> None:
    ann = Talk("Ann", clock=clock)
    ann.connected()
    with pytest.raises(Ended, match="No phase 4 chat server"):
        ann.receive("SSH-2.0-OpenSSH_9.6")


def test_remarks_on_the_certificate_are_told_once_in(clock: Clock) -> None:
    ann = Talk("Ann", clock=clock)
    ann.connected(["Nobody vouches for it."])
    ann.receive(message.NICKNAME_PROMPT)
    last = ann.receive(WELCOME)[-1]
    assert isinstance(last, Received)
    assert message.format(last.message).endswith("* Nobody vouches for it.")


def test_an_answer_to_what_was_asked_before_gives_nothing_up_of_what_was_missed(
    ann: Talk, clock: Clock
) -> None:
    """The greeting may come in two parts, and what was said again is asked about between them."""
    for line in GREETING:
        ann.receive(line)
    ann.lost()
    ann.connected()
    for line in (message.NICKNAME_PROMPT, WELCOME, GREETING[0]):
        ann.receive(line)
    clock.now += PING_SECONDS
    first = written(ann)
    for line in GREETING[1:]:
        ann.receive(line)
    assert written(ann) == "/ids on\n/history since 6\n"
    assert ann.receive(pong(first)) == []
    clock.now += PING_SECONDS
    [given_up] = ann.receive(pong(written(ann)))
    assert isinstance(given_up, Received)
    assert "What you missed did not come" in message.format(given_up.message)
