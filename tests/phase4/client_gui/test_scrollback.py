"""Scrolling up: what was said before comes a page at a time, once, and nothing moves."""

import tkinter as tk
from collections.abc import Callable, Iterator, Sequence

import pytest

from phase4.client import Recalled, SendError
from phase4.client_gui import scrollback as scrollback_module
from phase4.client_gui.app import App
from phase4.client_gui.scrollback import (
    BEGINNING,
    COUNTS_ANEW,
    FULL,
    LOADING,
    MOST_TRIES,
    PAGE,
    Scrollback,
    ScrollbackCalls,
)
from shared.message import Earlier, History, HistoryEnd, Public
from tests.kit.chat import Chat
from tests.kit.windows import Apps, kill, press, see, shows, tabs_of

Start = Callable[..., Chat]
NOW = "14:09:00"


def earlier(first: int, last: int) -> list[Earlier]:
    """What was said before, with these numbers."""
    return [Earlier("2026-11-21 14:03:00", n, "Bob", f"line {n}") for n in range(first, last + 1)]


class Window:
    """Where pages are shown, and a server that is asked for them."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.shown: list[Earlier | str] = []
        self.said = ""
        self.later: list[Callable[[], None]] = []
        self.has_space = True
        self.has_connection = True
        calls = ScrollbackCalls(self.ask, self.show, self.say, lambda _, do: self.later.append(do))
        self.scrollback = Scrollback(calls)
        self.scrollback.follow("server")

    def ask(self, question: str) -> None:
        """Ask the server."""
        if not self.has_connection:
            raise SendError("There is no connection.")
        self.asked.append(question)

    def show(self, page: Sequence[Earlier | str]) -> bool:
        """Show a page above."""
        self.shown = [*page, *self.shown]
        return self.has_space

    def say(self, text: str) -> None:
        """Say something above all."""
        self.said = text

    def greet(self, first: int = 201) -> None:
        """What was said before one came."""
        lines = earlier(first, first + 19)
        end = HistoryEnd(NOW, was_greeting=True)
        self.scrollback.heard([History(NOW, 20), *lines, end, Public(NOW, "Bob", "now")])

    def answer(self, *said: Earlier, before: int | None = None, refusal: str = "") -> None:
        """The server answers what it was asked last."""
        answer = Recalled(self.asked[-1], said, (), before, refusal)
        assert self.scrollback.answered(answer)


@pytest.fixture
def window() -> Window:
    return Window()


def test_the_page_before_the_first_line_is_asked_for_once_and_then_the_one_before_that(
    window: Window,
) -> None:
    window.greet()
    window.scrollback.reached_top()
    window.scrollback.reached_top()
    assert window.asked == [f"/history {PAGE + 1} before 202"]
    assert window.said == LOADING
    window.answer(*earlier(101, 201), before=101)
    assert (window.shown, window.said) == (earlier(101, 200), "")
    window.scrollback.reached_top()
    assert window.asked[-1] == f"/history {PAGE + 1} before 102"
    window.answer(*earlier(1, 101))
    assert (window.shown, window.said) == (earlier(1, 200), BEGINNING)
    window.scrollback.reached_top()
    assert len(window.asked) == 2


def test_where_no_number_is_known_nothing_is_asked(window: Window) -> None:
    window.scrollback.heard([Public(NOW, "Bob", "hello"), History(NOW, 1), *earlier(7, 7)])
    window.scrollback.heard([HistoryEnd(NOW)])  # an answer to the person
    window.scrollback.reached_top()
    assert (window.asked, window.said) == ([], "")


def test_a_hole_is_told_in_its_place(window: Window) -> None:
    window.greet()
    window.scrollback.reached_top()
    window.answer(*earlier(101, 150), *earlier(153, 199), *earlier(201, 201), before=101)
    first, second = "#151 to #152 are not there", "#200 to #200 are not there"
    assert [each for each in window.shown if isinstance(each, str)] == [
        f"{first}, or not yet.",
        f"{second}, or not yet.",
    ]
    assert window.shown[50] == f"{first}, or not yet."


def test_whoever_is_refused_asks_again_after_a_while_and_not_for_ever(window: Window) -> None:
    window.greet()
    window.scrollback.reached_top()
    for _ in range(MOST_TRIES - 1):
        window.answer(refusal="You ask too often.")
        assert window.said == LOADING
        window.later.pop()()
    window.answer(refusal="You ask too often.")
    assert not window.later
    assert window.said.endswith("You ask too often.")
    assert len(window.asked) == MOST_TRIES
    window.scrollback.reached_top()
    window.answer(*earlier(101, 201), before=101)
    assert window.shown == earlier(101, 200)


def test_after_a_loss_whoever_scrolls_up_again_asks_again(window: Window) -> None:
    window.greet()
    window.scrollback.reached_top()
    window.scrollback.lost()
    assert window.said == ""
    window.has_connection = False
    window.scrollback.reached_top()
    assert "no connection" in window.said
    window.has_connection = True
    window.scrollback.follow("server")
    window.scrollback.heard(
        [History(NOW, 1), *earlier(230, 231), HistoryEnd(NOW, was_greeting=True)]
    )
    window.scrollback.reached_top()
    window.answer(*earlier(101, 201), before=101)
    assert window.shown == earlier(101, 200)


def test_of_a_server_that_counts_anew_no_wrong_line_is_shown(window: Window) -> None:
    window.greet()
    window.scrollback.reached_top()
    others = [Earlier("2026-11-22 08:00:00", n, "Eve", "other") for n in range(101, 202)]
    window.answer(*others, before=101)
    assert (window.shown, window.said) == ([], COUNTS_ANEW)
    window.scrollback.reached_top()
    assert len(window.asked) == 1


def test_where_there_is_no_space_that_is_said_and_nothing_more_is_asked(window: Window) -> None:
    window.greet()
    window.has_space = False
    window.scrollback.reached_top()
    window.answer(*earlier(101, 201), before=101)
    assert window.said == FULL
    window.scrollback.reached_top()
    assert len(window.asked) == 1


def test_above_the_lines_of_one_server_none_of_another_are_shown(window: Window) -> None:
    window.greet()
    window.scrollback.follow("another server")
    window.greet(501)
    window.scrollback.reached_top()
    assert window.asked == []


# --- in a window ------------------------------------------------------------------------------


@pytest.fixture
def chat(start: Start) -> Chat:
    """A server to which Bob has said much."""
    chat = start("--history", "20", "--flood-rate", "0")
    with chat.join("Bob") as bob:
        bob.send(*(f"line {number}" for number in range(1, 271)))
        bob.fence()
    return chat


@pytest.fixture
def alice(root: tk.Tk, chat: Chat, monkeypatch: pytest.MonkeyPatch) -> Iterator[App]:
    """The client as Alice."""
    monkeypatch.setattr("phase4.client.client.FIRST_PAUSE_SECONDS", 300.0)
    monkeypatch.setattr(scrollback_module, "RETRY_MILLISECONDS", 300)
    apps = Apps(root)
    app = apps.talking(chat.port)
    shows(app, "That was before you came.")
    yield app
    apps.close()


def numbers(app: App) -> list[int]:
    """Which of Bob's lines are shown, from above."""
    lines = tabs_of(app).main.conversation.shown().splitlines()
    return [int(line.rsplit(maxsplit=1)[-1]) for line in lines if "Bob  line " in line]


@pytest.mark.window
@pytest.mark.own_server
def test_in_the_window_all_that_was_said_comes_once_also_after_a_loss(
    alice: App, chat: Chat, start: Start
) -> None:
    text = tabs_of(alice).main.conversation.text
    assert numbers(alice) == [*range(251, 271)]
    press(text, "<Home>")
    see(alice.root, lambda: len(numbers(alice)) == 120, "a page")
    assert text.yview()[0] > 0, "what was read stays where it is"
    top = text.get("@0,0 linestart", "@0,0 lineend")
    assert "Welcome" in top or "line 2" in top or "earlier" in top
    kill(alice, chat)
    see(alice.root, lambda: "connecting again" in alice.root.title(), "that it is lost")
    again = start("--history", "20", "--flood-rate", "0", port=chat.port)
    with again.join("Bob") as bob:
        bob.send("line 271", "/ping all")
        bob.skip_to(".*Pong all")
        alice.connect_again()
        shows(alice, "That was while you were away.")
        while numbers(alice)[0] > 1:
            count = len(numbers(alice))
            press(text, "<Home>")
            see(alice.root, lambda: len(numbers(alice)) > count, "the next page")  # noqa: B023
    assert numbers(alice) == [*range(1, 272)]
    shows(alice, BEGINNING)
