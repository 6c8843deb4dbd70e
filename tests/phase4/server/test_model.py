"""Several people doing anything in any order, against a simple model of the room.

hypothesis makes up the stories, over real sockets, and looks for one in which somebody receives
another line than the model says, or one line too many (each step ends with a fence for everybody).
"""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, assume, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    precondition,
    rule,
    run_state_machine_as_test,
)

from phase4.accounts.nicknames import look
from shared.message import clean
from shared.request import is_public
from tests.kit.chat import PROMPT, TIME, Chat, Person
from tests.kit.harness import wait_until

NAMES = ["Alice", "ALICE", "Al1ce", "Bob", "Zoë", "李雷", "two words", "server", "x" * 21]
TEXTS = st.text(st.characters(exclude_characters="\n\r", codec="utf-8"), min_size=1, max_size=40)
MISTAKES = [
    b"/nope",
    b"/pm",
    b"@",
    b"@Nobody hi",
    b"\xff\xfe",
    b"x" * 5000,
    b"/nick",
    b"/pmm Bob x",
]
_MAX_PEOPLE = 4


class Room(RuleBasedStateMachine):
    """The model: who is here, and what each of them should have received by now."""

    chat: Chat

    def __init__(self) -> None:
        super().__init__()
        self.people: list[Person] = []
        self.expected: dict[Person, list[str]] = {}

    @initialize()
    def empty(self) -> None:
        """Begin with nobody here."""
        wait_until(lambda: not self.chat.people_now(), "those of the last story have left")

    def teardown(self) -> None:
        """End with nobody here."""
        for person in self.people:
            person.close()

    # --- what people do -------------------------------------------------------------------------

    @precondition(lambda self: len(self.people) < _MAX_PEOPLE)
    @rule(name=st.sampled_from(NAMES))
    def join(self, name: str) -> None:
        """Somebody comes, perhaps under a name that cannot be had."""
        person = Person(self.chat.host, self.chat.port)
        person.expect(PROMPT)
        person.send(name)
        answer = person.read_line()
        if " " in name or name == "server" or len(name) > 20 or self._is_taken(name):
            assert answer.startswith("! ")
            person.close()
            return
        assert re.fullmatch(
            rf"{TIME} \* Welcome, {name}! {len(self.people) + 1} online\..*", answer
        )
        person.name = name
        self._tell_all(f"* {name} joined")
        self.people.append(person)
        self.expected[person] = []
        self._check(person)

    @precondition(lambda self: self.people)
    @rule(data=st.data(), text=TEXTS)
    def say(self, data: st.DataObject, text: str) -> None:
        """Somebody says something to all."""
        person = self._anybody(data)
        if text.lstrip()[:1] in ("/", "@", "") or text.strip().lower() in ("exit", "?list"):
            text = "x" + text
        assume(
            is_public(text)
        )  # a control character before a sign: see tests/shared/test_request.py
        person.send(text)
        self._tell_all(f"{person.name}: {clean(text.rstrip())}", but=person)
        self._check(person)

    @precondition(lambda self: self.people)
    @rule(data=st.data(), text=TEXTS, form=st.sampled_from(["/pm {} {}", "@{} {}", "@{}: {}"]))
    def whisper(self, data: st.DataObject, text: str, form: str) -> None:
        """Somebody tells one person something."""
        person, other = self._anybody(data), self._anybody(data)
        text = "x" + text
        person.send(form.format(other.name.swapcase(), text))
        for each in {person, other}:
            said = clean(text.strip())
            self.expected[each].append(f"{person.name} -> {other.name}: {said}")
        self._check(person)

    @precondition(lambda self: self.people)
    @rule(data=st.data(), name=st.sampled_from(NAMES))
    def rename(self, data: st.DataObject, name: str) -> None:
        """Somebody wants another name."""
        person = self._anybody(data)
        person.send(f"/nick {name}")
        allowed = " " not in name and name != "server" and len(name) <= 20
        if not allowed or name == person.name or self._is_taken(name, but=person):
            self.expected[person].append("!")
        else:
            self._tell_all(f"* {person.name} is now {name}")
            person.name = name
        self._check(person)

    @precondition(lambda self: self.people)
    @rule(data=st.data())
    def ask_who(self, data: st.DataObject) -> None:
        """Somebody asks who is here."""
        person = self._anybody(data)
        person.send("/who")
        names = sorted((each.name for each in self.people), key=str.casefold)
        self.expected[person].append(f"* {len(names)} online: {', '.join(names)}")
        self._check(person)

    @precondition(lambda self: self.people)
    @rule(data=st.data(), mistake=st.sampled_from(MISTAKES))
    def blunder(self, data: st.DataObject, mistake: bytes) -> None:
        """Somebody sends what is refused."""
        person = self._anybody(data)
        person.send_bytes(mistake + b"\n")
        self.expected[person].append("!")
        self._check(person)

    @precondition(lambda self: self.people)
    @rule(data=st.data(), how=st.sampled_from(["quit", "close", "half", "reset"]))
    def leave(self, data: st.DataObject, how: str) -> None:
        """Somebody goes, in one of the ways there are."""
        person = self._anybody(data)
        self.people.remove(person)
        reason = ""
        if how == "quit":
            person.send("/quit")
            person.expect_end()
        elif how == "half":
            person.half_close()
            person.expect_end()
        elif how == "reset":
            person.reset()
            reason = " (connection lost)"
        person.close()
        if self.people:
            # Nothing told us that the server has noticed; the first of the others waits for it.
            witness = self.people[0]
            witness.hear(f"* {person.name} left{reason}")
            for other in self.people[1:]:
                self.expected[other].append(f"* {person.name} left{reason}")
            self._check(witness)
        else:
            wait_until(lambda: not self.chat.people_now(), f"{person.name} has left")

    # --- the model ------------------------------------------------------------------------------

    def _anybody(self, data: st.DataObject) -> Person:
        return data.draw(st.sampled_from(self.people))

    def _is_taken(self, name: str, but: Person | None = None) -> bool:
        names = [each.name for each in self.people if each is not but]
        return any(each.casefold() == name.casefold() or look(each) == look(name) for each in names)

    def _tell_all(self, text: str, but: Person | None = None) -> None:
        for person in self.people:
            if person is not but:
                self.expected[person].append(text)

    def _check(self, actor: Person) -> None:
        # The actor first: what others received is settled when the server has answered the actor.
        for person in [actor, *(each for each in self.people if each is not actor)]:
            person.send("/fence")
            got = list(_until_fence(person))
            expected = self.expected[person]
            assert got == expected, f"{person.name} got {got}, and not {expected}"
            expected.clear()


def _until_fence(person: Person) -> Iterator[str]:
    """Lines without their times, and errors without their texts, up to the fence."""
    while True:
        line = person.read_line()
        if line.startswith("! There is no command /fence"):
            return
        yield "!" if line.startswith("! ") else re.sub(rf"^{TIME} ", "", line)


@pytest.fixture(scope="module")
def shared_chat(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chat]:
    directory: Path = tmp_path_factory.mktemp("model")
    with Chat(directory, "--flood-rate", "0", "--on-duplicate", "reject", "--quiet") as chat:
        yield chat


def test_whatever_people_do_everybody_receives_what_they_should(shared_chat: Chat) -> None:
    class Story(Room):
        chat = shared_chat

    run_state_machine_as_test(
        Story,
        settings=settings(
            max_examples=60,
            stateful_step_count=25,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
