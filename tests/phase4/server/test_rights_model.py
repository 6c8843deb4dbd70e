"""People, accounts, an operator's decisions and restarts in any order, against a simple model.

hypothesis makes up the stories, over real sockets and with one real server; a restart is one more
thing that may happen. What was registered, decided or left for somebody must come through it.

The short form is part of the suite. The long one: RIGHTS_STORIES=200 python -m pytest THIS_FILE
"""

import os
from collections import defaultdict
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    precondition,
    rule,
    run_state_machine_as_test,
)

from shared import message, rights
from tests.kit.accounts import AccountChat
from tests.kit.chat import Person
from tests.kit.harness import free_port

STORIES = int(os.environ.get("RIGHTS_STORIES", "3"))
NAMES = ("Amy", "Ben", "Cid")
OPERATOR = "Opal"

name_of = st.sampled_from(NAMES)
Event = tuple[object, ...]


def password_of(name: str) -> str:
    """Each has one of their own."""
    return f"{name.lower()} and the ladder"


class Rights(RuleBasedStateMachine):
    """The model: who is here and logged in, and what outlasts a connection and a server."""

    directory: Path

    def __init__(self) -> None:
        super().__init__()
        self.here: dict[str, Person] = {}
        self.expected: defaultdict[Person, list[Event]] = defaultdict(list)
        self.logged_in: set[str] = set()
        # What outlasts a restart.
        self.registered = {OPERATOR}
        self.muted: set[str] = set()
        self.banned: set[str] = set()
        self.is_open = True
        self.topic = ""
        self.letters: defaultdict[str, list[tuple[str, str]]] = defaultdict(list)

    @initialize()
    def begin(self) -> None:
        """A server of this story alone, and its operator, who registers."""
        self.directory = type(self).directory / str(id(self))
        self.directory.mkdir()
        self.port = free_port()
        self._start()
        opal = self.chat.join(OPERATOR)
        opal.send(f"/register {password_of(OPERATOR)}", "/fence")
        opal.skip_to(r"! There is no command /fence.*")
        self._is_in(OPERATOR, opal, is_logged_in=True)

    def _start(self) -> None:
        options = ("--on-duplicate", "reject", "--operator", OPERATOR, "--quiet")
        self.chat = AccountChat(self.directory, *options, port=self.port)

    def teardown(self) -> None:
        """End the server."""
        for person in self.here.values():
            person.close()
        self.chat.__exit__(None, None, None)

    @rule()
    def restart(self) -> None:
        """The server ends, by a signal or at once, and another one begins."""
        for person in self.here.values():
            person.close()
        self.here.clear()
        self.logged_in.clear()
        self.chat.__exit__(None, None, None)
        self._start()
        self.log_in(OPERATOR)

    # --- coming and going ---

    @rule(name=name_of)
    def come(self, name: str) -> None:
        """Somebody comes without a password."""
        self.chat.move()
        person = self.chat.arrive()
        person.send(name)
        answer = message.parse(person.read_line())
        if name in self.banned | self.registered or name in self.here:
            assert isinstance(answer, message.Error | message.Registered), answer
            person.close()
            return
        assert isinstance(answer, message.Welcome), answer
        self._expect_all(("Joined", name))
        self._is_in(name, person, is_logged_in=False)
        self._check(name)

    @rule(name=name_of)
    def log_in(self, name: str) -> None:
        """Somebody comes with a password, perhaps while an older connection of theirs is here."""
        self.chat.move()
        person = self.chat.arrive()
        person.send(f"/login {name} {password_of(name)}")
        answer = message.parse(person.read_line())
        if name in self.banned or name not in self.registered:
            assert isinstance(answer, message.Error), answer
            person.close()
            return
        assert isinstance(answer, message.Welcome), answer
        if name in self.here:
            older = self.here.pop(name)
            last = older.read_bytes_until_end().decode().splitlines()[-1]
            assert last == f"! {message.LOGGED_IN_ELSEWHERE}"
            older.close()
        else:
            self._expect_all(("Joined", name))
        self.expected[person].append(("LoggedIn", name))
        self._is_in(name, person, is_logged_in=True)
        letters = self.letters.pop(name, [])
        self.expected[person] += [("Kept", sender, name, text) for sender, text in letters]
        self._check(name)

    @precondition(lambda self: len(self.here) > 1)
    @rule(data=st.data())
    def leave(self, data: st.DataObject) -> None:
        """Somebody goes."""
        name = self._anybody(data)
        person = self.here.pop(name)
        self.logged_in.discard(name)
        person.send("/quit")
        person.read_bytes_until_end()
        person.close()
        self._expect_all(("Left", name))
        self._check(OPERATOR)

    @precondition(lambda self: len(self.here) > 1)
    @rule(data=st.data())
    def register(self, data: st.DataObject) -> None:
        """Somebody makes the name their own."""
        name = self._anybody(data)
        self.here[name].send(f"/register {password_of(name)}")
        if name in self.logged_in:
            self._refuse(name)
        else:
            self.registered.add(name)
            self.logged_in.add(name)
            self.expected[self.here[name]].append(("LoggedIn", name))
        self._check(name)

    @precondition(lambda self: len(self.here) > 1)
    @rule(data=st.data(), new=name_of)
    def rename(self, data: st.DataObject, new: str) -> None:
        """Somebody wants another name, which logs out whoever is logged in."""
        old = self._anybody(data)
        person = self.here[old]
        person.send(f"/nick {new}")
        if old in self.muted or new in self.banned | self.registered or new in self.here:
            self._refuse(old)
        else:
            self._expect_all(("Renamed", old, new))
            if old in self.logged_in:
                self.expected[person].append(("LoggedOut",))
                self.logged_in.discard(old)
            self.here[new] = self.here.pop(old)
        self._check(new if person is self.here.get(new) else old)

    # --- saying something ---

    @precondition(lambda self: len(self.here) > 1)
    @rule(data=st.data())
    def say(self, data: st.DataObject) -> None:
        """Somebody says something to all."""
        name = self._anybody(data)
        self.here[name].send("hello")
        if name in self.muted or not self.is_open:
            self._refuse(name)
        else:
            self._expect_all(("Public", name, "hello"), but=name)
        self._check(name)

    @precondition(lambda self: len(self.here) > 1)
    @rule(data=st.data(), to=st.sampled_from((*NAMES, OPERATOR)), number=st.integers(0, 99))
    def whisper(self, data: st.DataObject, to: str, number: int) -> None:
        """Somebody tells one person something, who may be away."""
        name = self._anybody(data)
        self.here[name].send(f"/pm {to} {number}")
        said = ("Private", name, to, str(number))
        if name in self.muted and to != OPERATOR:
            self._refuse(name)
        elif to in self.here:
            for person in {self.here[name], self.here[to]}:
                self.expected[person].append(said)
        elif to in self.registered:
            self.expected[self.here[name]].append(said)
            self.letters[to].append((name, str(number)))
        else:
            self._refuse(name)
        self._check(name)

    # --- what the operator decides ---

    @rule(name=name_of, is_muted=st.booleans())
    def mute(self, name: str, is_muted: bool) -> None:
        """The operator takes somebody's word, or gives it back."""
        self.here[OPERATOR].send(f"/mute {name}" if is_muted else f"/unmute {name}")
        if not is_muted and name not in self.muted:
            self._refuse(OPERATOR)
        (self.muted.add if is_muted else self.muted.discard)(name)
        self._check(OPERATOR)

    @rule(name=name_of, is_banned=st.booleans())
    def ban(self, name: str, is_banned: bool) -> None:
        """The operator keeps somebody out, or lets them in again."""
        self.here[OPERATOR].send(f"/ban {name}" if is_banned else f"/unban {name}")
        if not is_banned and name not in self.banned:
            self._refuse(OPERATOR)
        (self.banned.add if is_banned else self.banned.discard)(name)
        if is_banned and name in self.here:
            person = self.here.pop(name)
            self.logged_in.discard(name)
            person.read_bytes_until_end()
            person.close()
            self._expect_all(("Left", name))
        self._check(OPERATOR)

    @rule(is_open=st.booleans())
    def close(self, is_open: bool) -> None:
        """The operator closes the room to writing, or opens it."""
        self.here[OPERATOR].send("/open" if is_open else "/close")
        if is_open == self.is_open:
            self._refuse(OPERATOR)
        else:
            self.is_open = is_open
            self._expect_all(("Writing", is_open, OPERATOR))
        self._check(OPERATOR)

    @rule(topic=st.sampled_from(["sockets", "streams"]))
    def set_topic(self, topic: str) -> None:
        """The operator says what it is about."""
        self.here[OPERATOR].send(f"/topic {topic}")
        self.topic = topic
        self._expect_all(("Topic", topic, OPERATOR))
        self._check(OPERATOR)

    # --- the model ---

    def _anybody(self, data: st.DataObject) -> str:
        """But the operator, who stays."""
        return data.draw(st.sampled_from(sorted({*self.here} - {OPERATOR})))

    def _is_in(self, name: str, person: Person, *, is_logged_in: bool) -> None:
        self.here[name] = person
        if is_logged_in:
            self.logged_in.add(name)
        if self.topic:
            self.expected[person].append(("Topic", self.topic, ""))
        if not self.is_open:
            self.expected[person].append(("Writing", False, ""))

    def _expect_all(self, event: Event, but: str = "") -> None:
        for name, person in self.here.items():
            if name != but:
                self.expected[person].append(event)

    def _refuse(self, name: str) -> None:
        self.expected[self.here[name]].append(("Error",))

    def _check(self, actor: str) -> None:
        # The actor first: what others received is settled when the server has answered the actor.
        for name in sorted(self.here, key=lambda each: each != actor):
            person = self.here[name]
            got = _heard_by(person)
            expected = self.expected.pop(person, [])
            assert sorted(map(repr, got)) == sorted(map(repr, expected)), (
                f"{name} got {got}, and not {expected}"
            )


def _heard_by(person: Person) -> list[Event]:
    """What was said since the last look, without times and errors' texts."""
    person.send("/fence")
    heard: list[Event] = []
    while not (line := person.read_line()).startswith("! There is no command /fence"):
        match message.parse(line):
            case message.Error() | message.Registered():
                heard.append(("Error",))
            case message.Left(_, name):
                heard.append(("Left", name))
            case message.Public(_, sender, text):
                heard.append(("Public", sender, text))
            case rights.LoggedIn(_, name):
                heard.append(("LoggedIn", name))
            case message.Kept(_, sender, recipient, text):
                heard.append(("Kept", sender, recipient, text))
            case message.Joined() | message.Renamed() | message.Private() as said:
                heard.append(_without_time(said))
            case rights.LoggedOut() | rights.Topic() | rights.Writing() as said:
                heard.append(_without_time(said))
    return heard


def _without_time(said: object) -> Event:
    _, *fields = (getattr(said, name) for name in said.__match_args__)  # type: ignore[attr-defined]
    return (type(said).__name__, *fields)


@pytest.mark.timeout(120 + 10 * STORIES)
def test_what_is_registered_and_decided_holds_for_everybody_and_over_restarts(
    tmp_path: Path,
) -> None:
    class Story(Rights):
        directory = tmp_path

    run_state_machine_as_test(
        Story,
        settings=settings(
            max_examples=STORIES,
            stateful_step_count=25,
            deadline=None,
            derandomize=STORIES < 10,
            suppress_health_check=list(HealthCheck),
        ),
    )
