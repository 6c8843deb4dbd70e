"""Questions about what was said before, whose answers are not part of the conversation. No I/O.

A window asks for a page when somebody scrolls up. What comes then is for the page, and what goes
wrong is for the page, too. So each question stands between two /ping: whatever the server says of
the past between their answers, and each error, is meant for it.

>>> recalling = Recalling()
>>> recalling.ask("/history 2 before 7")
['/ping recall-1', '/history 2 before 7', '/ping recalled-1']
"""

import itertools
from collections import deque
from typing import NamedTuple

from phase4.client.events import Recalled, SendQueueFull
from shared.message import Earlier, Error, History, HistoryEnd, Message, Notice

MOST_ASKED = 4
"""Questions at a time. A person reads one answer after the other."""

MOST_KEPT = 1_000
MOST_CHARACTERS = 500_000
"""Of one answer: more than an honest server sends, which is 500 lines with 128 KiB."""


class _Question(NamedTuple):
    text: str
    begins: str
    ends: str


class Recalling:
    """The questions of one connection, and the answer that is coming."""

    def __init__(self) -> None:
        self._asked: deque[_Question] = deque()
        self._numbers = itertools.count(1)
        # Whether the first of them is being answered now, and what has come of that.
        self._is_answered = False
        self._is_open = False
        self._said: list[Earlier] = []
        self._remarks: list[str] = []
        self._characters = 0
        self._end: HistoryEnd | None = None
        self._refusal = ""

    def ask(self, question: str) -> list[str]:
        """The lines to send, without newlines, one right after the other. Raises SendQueueFull."""
        if len(self._asked) >= MOST_ASKED:
            raise SendQueueFull("The server has not answered what was asked before.")
        number = next(self._numbers)
        begins, ends = f"recall-{number}", f"recalled-{number}"
        self._asked.append(_Question(question, f"Pong {begins}", f"Pong {ends}"))
        return [f"/ping {begins}", question, f"/ping {ends}"]

    def take(self, received: Message) -> Recalled | bool:
        """Whether this is of an answer; or the whole answer, with its last line."""
        if not self._asked:  # nearly always
            return False
        question = self._asked[0]
        match received:
            case Notice(text=question.begins):
                self._is_answered = True
            case Notice(text=question.ends):
                return self._finish()
            case _ if not self._is_answered:
                return False
            case _:
                return self._take_part(received)
        return True

    def _take_part(self, received: Message) -> bool:
        match received:
            case History():
                self._is_open = True
            case HistoryEnd():
                self._is_open = False
                self._end = received
            case Earlier(text=text):
                if self._has_space(text):
                    self._said.append(received)
            case Notice(text=text) if self._is_open:
                if self._has_space(text):
                    self._remarks.append(text)
            case Error(text):
                self._refusal = text
            case _:
                return False
        return True

    def _has_space(self, text: str) -> bool:
        self._characters += len(text)
        count = len(self._said) + len(self._remarks)
        return count < MOST_KEPT and self._characters <= MOST_CHARACTERS

    def _finish(self) -> Recalled:
        question, end = self._asked.popleft(), self._end
        refusal = self._refusal
        if end is None and not refusal:
            refusal = "The server does not tell what was said before."
        answer = Recalled(
            question.text,
            tuple(self._said),
            tuple(self._remarks),
            end.before if end is not None else None,
            refusal,
        )
        self._is_answered = self._is_open = False
        self._characters = 0
        self._said, self._remarks, self._end, self._refusal = [], [], None, ""
        return answer
