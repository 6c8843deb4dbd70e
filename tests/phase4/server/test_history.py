"""What was said before, asked of a real server: on joining, /history, /ids. Search is elsewhere."""

import re
from collections.abc import Callable, Iterator

import pytest

from tests.kit.chat import PROMPT, TIME, Chat, Person
from tests.kit.harness import Peer

EARLIER = r"\(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d #(\d+)\) "
_TOO_OFTEN = r"! You ask too often for what was said: once a second is enough\."


@pytest.fixture
def chat(start: Callable[..., Chat]) -> Iterator[Chat]:
    """A server that shows a newcomer three lines."""
    with start("--history", "3", "--flood-rate", "0") as chat:
        yield chat


def say(speaker: Person, first: int, last: int) -> None:
    """Say `line N` for each of these; all of it has been taken."""
    speaker.send(*(f"line {number}" for number in range(first, last + 1)))
    speaker.fence()


def expect_earlier(peer: Peer, *numbers: int, speaker: str = "Alice") -> None:
    """These lines must come next, in this order."""
    for number in numbers:
        found = peer.expect(rf"{EARLIER}{speaker}: line {number}")
        assert int(found[1]) == number


def ask(peer: Peer, line: str, pattern: str) -> re.Match[str]:
    """What answers a question about the past, which may be asked once a second."""
    while True:
        peer.send(line)
        answer = peer.read_line()
        if not re.fullmatch(_TOO_OFTEN, answer):
            found = re.fullmatch(pattern, answer)
            assert found, answer
            return found


def test_a_newcomer_reads_the_last_lines_before_anything_else(chat: Chat) -> None:
    with chat.join("Alice") as alice:
        say(alice, 1, 5)
        with chat.connect() as bob:
            bob.expect(PROMPT)
            bob.send("Bob")
            bob.expect(rf"{TIME} \* Welcome, Bob! 2 online\. .*")
            bob.expect(rf"{TIME} \* 3 earlier lines:")
            expect_earlier(bob, 3, 4, 5)
            bob.expect(rf"{TIME} \* That was before you came\.")
            alice.send("line 6")
            bob.expect(rf"{TIME} Alice: line 6")


def test_where_nothing_was_said_a_newcomer_reads_nothing_of_it(chat: Chat) -> None:
    with chat.join("Alice") as alice, chat.join("Bob") as bob:
        alice.hear("* Bob joined")
        alice.send("line 1")
        bob.hear("Alice: line 1")


def test_one_of_those_who_come_while_many_speak_misses_nothing_and_reads_nothing_twice(
    chat: Chat,
) -> None:
    with chat.join("Alice") as alice:
        for newcomer in range(15):
            alice.send(*(f"line {10 * newcomer + each}" for each in range(1, 6)))
            with chat.connect() as bob:
                bob.expect(PROMPT)
                bob.send(f"Bob{newcomer}")
                alice.send(*(f"line {10 * newcomer + each}" for each in range(6, 11)))
                last = f"line {10 * newcomer + 10}"
                heard: list[str] = []
                while not heard or heard[-1] != last:
                    heard += re.findall(r"(?:[)\]]) Alice: (line \d+)", bob.read_line())
            numbers = [int(line.split()[1]) for line in heard]
            assert numbers == [*range(numbers[0], numbers[-1] + 1)]


def test_history_shows_the_last_lines_also_ones_own(chat: Chat) -> None:
    with chat.join("Alice") as alice:
        say(alice, 1, 30)
        ask(alice, "/history", rf"{TIME} \* 20 earlier lines:")
        expect_earlier(alice, *range(11, 31))
        alice.expect(rf"{TIME} \* More: /history before 11")
        ask(alice, "/history 100", rf"{TIME} \* 30 earlier lines:")
        expect_earlier(alice, *range(1, 31))
        alice.expect(rf"{TIME} \* That is all\.")


@pytest.mark.parametrize("line", ["/history since 28", "/HISTORY since #28", "/history  SINCE  28"])
def test_history_since_a_number_shows_all_after_it(chat: Chat, line: str) -> None:
    with chat.join("Alice") as alice:
        say(alice, 1, 30)
        ask(alice, line, rf"{TIME} \* 2 lines since #28:")
        expect_earlier(alice, 29, 30)
        alice.expect(rf"{TIME} \* That is all\.")


@pytest.mark.parametrize(
    ("line", "numbers", "end"),
    [
        ("/history before 4", [1, 2, 3], r"That is all\."),
        ("/history 2 before 4", [2, 3], "More: /history before 2"),
        ("/HISTORY  2  BEFORE #31", [29, 30], "More: /history before 29"),
        ("/history before 1", [], r"That is all\."),
    ],
)
def test_history_before_a_number_shows_the_last_ones_before_it(
    chat: Chat, line: str, numbers: list[int], end: str
) -> None:
    with chat.join("Alice") as alice:
        say(alice, 1, 30)
        number = line.rsplit(maxsplit=1)[-1].lstrip("#")
        ask(alice, line, rf"{TIME} \* {len(numbers)} lines before #{number}:")
        expect_earlier(alice, *numbers)
        alice.expect(rf"{TIME} \* {end}")


def test_one_who_asks_on_backwards_reads_all_there_is(chat: Chat) -> None:
    with chat.join("Alice") as alice:
        say(alice, 1, 900)
        ask(alice, "/history 300", rf"{TIME} \* 300 earlier lines:")
        expect_earlier(alice, *range(601, 901))
        more = alice.expect(rf"{TIME} \* More: (/history before 601)")[1]
        ask(alice, more, rf"{TIME} \* 500 lines before #601:")
        expect_earlier(alice, *range(101, 601))
        more = alice.expect(rf"{TIME} \* More: (/history before 101)")[1]
        ask(alice, more, rf"{TIME} \* 100 lines before #101:")
        expect_earlier(alice, *range(1, 101))
        alice.expect(rf"{TIME} \* That is all\.")


def test_history_of_very_much_says_how_to_go_on(chat: Chat) -> None:
    with chat.join("Alice") as alice:
        say(alice, 1, 700)
        ask(alice, "/history since 0", rf"{TIME} \* 500 lines since #0:")
        expect_earlier(alice, *range(1, 501))
        more = alice.expect(rf"{TIME} \* More: (/history since 500)")[1]
        ask(alice, more, rf"{TIME} \* 200 lines since #500:")
        expect_earlier(alice, *range(501, 701))
        alice.expect(rf"{TIME} \* That is all\.")


def test_what_was_said_to_one_is_in_no_history(chat: Chat) -> None:
    with chat.join("Alice") as alice, chat.join("Bob") as bob:
        alice.hear("* Bob joined")
        say(alice, 1, 1)
        bob.hear("Alice: line 1")
        alice.send("/pm Bob psst", "/who")
        bob.hear("Alice -> Bob: psst")
        with chat.connect() as carol:
            carol.expect(PROMPT)
            carol.send("Carol")
            carol.expect(rf"{TIME} \* Welcome, Carol! .*")
            carol.expect(rf"{TIME} \* 1 earlier line:")
            expect_earlier(carol, 1)
            carol.expect(rf"{TIME} \* That was before you came\.")


@pytest.mark.parametrize(
    "line",
    [
        "/history x",
        "/history -1",
        "/history 0",
        "/history since",
        "/history since x",
        "/history 1 2",
        "/history before",
        "/history 0 before 9",
        "/history before 9 2",
    ],
)
def test_a_question_that_makes_no_sense_is_told_how_to_ask(chat: Chat, line: str) -> None:
    with chat.join("Alice") as alice:
        alice.send(line)
        alice.refused(
            r"Write /history, /history 100, /history since 1234 or /history before 1234\."
        )


@pytest.mark.parametrize(
    ("line", "answer"),
    [("/history", "0 earlier lines:"), ("/history since 7", "0 lines since #7:")],
)
def test_where_nothing_was_said_that_is_the_answer(chat: Chat, line: str, answer: str) -> None:
    with chat.join("Alice") as alice:
        alice.send(line)
        alice.hear(f"* {answer}")
        alice.hear("* That is all.")


def test_more_than_five_questions_in_a_row_and_one_a_second_are_refused(chat: Chat) -> None:
    with chat.join("Alice") as alice:
        say(alice, 1, 1)
        alice.send(*["/history"] * 50)
        answers = [alice.skip_to(r"(! .*)|.*That is all\.()")[1] for _ in range(50)]
    refused = [each for each in answers if each]
    assert all(re.fullmatch(_TOO_OFTEN, each) for each in refused)
    assert answers[:5] == [None] * 5
    assert len(refused) >= 40  # some seconds may have passed, on a machine that is busy


def test_with_ids_messages_have_their_numbers_and_nothing_else_has(chat: Chat) -> None:
    with chat.join("Alice") as alice, chat.join("Bob") as bob:
        alice.hear("* Bob joined")
        bob.send("/ids on")
        bob.hear("* Messages have numbers now.")
        say(alice, 1, 2)
        bob.expect(r"\[\d\d:\d\d:\d\d #1\] Alice: line 1")
        bob.expect(r"\[\d\d:\d\d:\d\d #2\] Alice: line 2")
        alice.send("/pm Bob psst", "/nick Alicia")
        bob.hear("Alice -> Bob: psst")
        bob.hear("* Alice is now Alicia")
        bob.send("one's own counts", "/ids off")
        bob.hear("* Messages have no numbers any more.")
        alice.skip_to(rf"{TIME} Bob: one's own counts")
        alice.send("line 4")
        bob.hear("Alicia: line 4")
        alice.send("/ids on", "/ids perhaps")
        alice.hear("* Messages have numbers now.")
        alice.refused(r"Write /ids on or /ids off\.")
        bob.send("line 5")
        alice.expect(r"\[\d\d:\d\d:\d\d #5\] Bob: line 5")


def test_numbers_are_the_places_in_the_log_whoever_speaks(chat: Chat) -> None:
    people = [chat.join(f"P{number}") for number in range(4)]
    for each in people:
        each.send("/ids on")
        each.skip_to(r".*Messages have numbers now.*")
    for round_number in range(25):
        for each in people:
            each.send(f"{each.name} says {round_number}")
    heard: dict[int, str] = {}
    for each in people:
        for _ in range(75):
            found = each.expect(r"\[\d\d:\d\d:\d\d #(\d+)\] (.*)")
            assert heard.setdefault(int(found[1]), found[2]) == found[2]
    assert [heard[number] for number in sorted(heard)] == chat.log("messages.txt")
    assert sorted(heard) == [*range(1, 101)]
    for each in people:
        each.close()
