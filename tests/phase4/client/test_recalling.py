"""Questions about the past that are not part of the conversation."""

import pytest

from phase4.client import Recalled, Received, SendError
from phase4.client.recalling import MOST_ASKED, MOST_CHARACTERS, MOST_KEPT
from phase4.client.talk import Talk
from shared import message
from shared.message import Earlier
from tests.kit.chat import Chat
from tests.kit.scripted import NOBODY_ELSE, WELCOME, Connect

PAGE = (
    Earlier("2026-11-21 14:03:05", 5, "Bob", "five"),
    Earlier("2026-11-21 14:03:06", 6, "Bob", "six"),
)
QUESTION = "/history 2 before 7"
ANSWER = [
    "[10:00:00] * Pong recall-1",
    "[10:00:00] * 2 lines before #7:",
    *map(message.format, PAGE),
    "[10:00:00] * #3 to #4 are not there, or not yet.",
    "[10:00:00] * More: /history before 3",
    "[10:00:00] * Pong recalled-1",
]


@pytest.fixture
def ann() -> Talk:
    """Ann, who is in; all that she had to say is written."""
    ann = Talk("Ann", reconnects=True)
    ann.connected()
    for line in (message.NICKNAME_PROMPT, WELCOME, NOBODY_ELSE):
        ann.receive(line)
    written(ann)
    return ann


def written(talk: Talk) -> list[str]:
    """The lines that are to be written; then they are."""
    data = talk.to_write()
    talk.wrote(len(data))
    return data.decode().splitlines()


def told(talk: Talk, *lines: str) -> list[object]:
    """What the client makes of these: answers, and lines that are shown."""
    events = [event for line in lines for event in talk.receive(line)]
    return [event.message if isinstance(event, Received) else event for event in events]


def test_an_answer_comes_as_one_event_and_shows_nothing(ann: Talk) -> None:
    ann.recall(QUESTION)
    assert written(ann) == ["/ping recall-1", QUESTION, "/ping recalled-1"]
    remarks = ("#3 to #4 are not there, or not yet.",)
    assert told(ann, *ANSWER) == [Recalled(QUESTION, PAGE, remarks, before=3)]


def test_what_is_said_meanwhile_is_shown(ann: Talk) -> None:
    ann.recall(QUESTION)
    said = [
        "[10:00:00] Bob: hello",
        "[10:00:00] Bob -> Ann: psst",
        "[10:00:00] * The tea is ready.",
    ]
    lines = [said[0], ANSWER[0], said[1], *ANSWER[1:-1], said[2], ANSWER[-1]]
    *shown, answer = told(ann, *lines)
    assert [*map(message.format, shown)] == said  # type: ignore[arg-type]
    assert isinstance(answer, Recalled)
    assert answer.said == PAGE


def test_what_goes_wrong_is_of_the_answer_and_what_went_wrong_before_is_not(ann: Talk) -> None:
    ann.recall(QUESTION)
    typed, refused = "! There is no command /hi.", "! You ask too often."
    assert told(ann, typed, ANSWER[0], refused, ANSWER[-1]) == [
        message.Error("There is no command /hi."),
        Recalled(QUESTION, refusal="You ask too often."),
    ]


def test_a_server_that_says_nothing_of_it_refuses(ann: Talk) -> None:
    ann.recall(QUESTION)
    [answer] = told(ann, ANSWER[0], ANSWER[-1])
    assert isinstance(answer, Recalled)
    assert answer.refusal


def test_the_persons_own_question_is_answered_in_the_conversation(ann: Talk) -> None:
    ann.send("/history 2")
    ann.recall(QUESTION)
    own = [ANSWER[1].replace("before #7", "before #9"), *ANSWER[2:4], "[10:00:00] * That is all."]
    *shown, answer = told(ann, *own, *ANSWER)
    assert [*map(message.format, shown)] == own  # type: ignore[arg-type]
    assert isinstance(answer, Recalled)


def test_there_is_a_bound_for_what_is_asked_at_a_time(ann: Talk) -> None:
    for _ in range(MOST_ASKED):
        ann.recall(QUESTION)
    with pytest.raises(SendError):
        ann.recall(QUESTION)


@pytest.mark.parametrize("length", [1, 10_000])
def test_an_answer_has_a_bound_whatever_a_server_sends(ann: Talk, length: int) -> None:
    ann.recall(QUESTION)
    line = message.format(Earlier(PAGE[0].at, 1, "Bob", "x" * length))
    [answer] = told(ann, *ANSWER[:2], *[line] * 2 * MOST_KEPT, ANSWER[-1])
    assert isinstance(answer, Recalled)
    assert 0 < len(answer.said) <= MOST_KEPT
    assert sum(len(each.text) for each in answer.said) <= MOST_CHARACTERS


def test_after_a_loss_nothing_can_be_asked_and_then_again(ann: Talk) -> None:
    ann.recall(QUESTION)
    ann.lost()
    with pytest.raises(SendError):
        ann.recall(QUESTION)
    ann.connected()
    for line in (message.NICKNAME_PROMPT, WELCOME, NOBODY_ELSE):
        ann.receive(line)
    ann.recall(QUESTION)
    assert written(ann)[-3:] == ["/ping recall-1", QUESTION, "/ping recalled-1"]


def test_a_real_server_is_asked_so(chat: Chat, connect: Connect) -> None:
    with chat.join("Bob") as bob:
        bob.send("five", "six")
        bob.fence()
    ann = connect(chat.port, reconnect=True)
    ann.until_people("Ann")
    ann.recall("/history 1 before 1000000")
    answer = ann.until(Recalled)
    assert [(each.sender, each.text) for each in answer.said] == [("Bob", "six")]
    assert answer.before == answer.said[0].number
    ann.recall("/search")
    assert ann.until(Recalled).refusal == "This server keeps no archive to search in."
