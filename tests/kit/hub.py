"""Servers that share one room, and people who talk in it while a check does harm.

A `Talker` says numbered lines, a few dozen in a second, and keeps all that it reads. In the end
`tells_one_story` holds the promises against what everybody has: one order, nothing lost or twice.
"""

import contextlib
import re
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Self

from phase4.server.happening import AWAY, BACK
from tests.kit.cable import Cable
from tests.kit.chat import PROMPT, TIME, Chat, Person
from tests.kit.engines import EngineProcess
from tests.kit.harness import SECONDS, free_port, wait_until

SHORT_LEASE_SECONDS = 3.0
"""For checks that wait for its end. (People have five seconds.)"""

LONG_LEASE_SECONDS = 60.0
"""For all others: on a busy machine, a server may say nothing for seconds."""

IS_AWAY = rf"{TIME} \* {AWAY}"
IS_BACK = rf"{TIME} \* {BACK}"
"""What people read where the engine is away for long, and when it is back."""

_SAID = re.compile(r"\[\d\d:\d\d:\d\d\] (\S+): (.*)")
_UNSAID = re.compile(r"! (\d+) lines? of yours (?:was|were) not said: .*")
_ONE_UNSAID = "! A line of yours was not said. Send it again."
_PAUSE_SECONDS = 0.03


class HubChat(Chat):
    """One of the servers. Its logs stay its own when it is started again."""

    def __init__(self, directory: Path, url: str, *arguments: str, port: int = 0) -> None:
        lease = () if "--hub-lease" in arguments else ("--hub-lease", f"{LONG_LEASE_SECONDS:g}")
        super().__init__(
            directory, "--hub", url, *lease, "--flood-rate", "0", *arguments, port=port
        )

    def messages(self) -> list[str]:
        """What stands in messages.txt, without the times."""
        return self.log("messages.txt")

    def message_bytes(self) -> bytes:
        """The same, as it stands there."""
        return (self.logs / "messages.txt").read_bytes()

    def privates(self) -> list[str]:
        """What stands in private_messages.txt, without the times."""
        return self.log("private_messages.txt")


class OperatedChat(HubChat):
    """One in which whoever is called Ann is an operator, with --operator=Ann."""

    how = ("-m", "tests.kit.logged_in")


class WrongClockChat(HubChat):
    """One whose clock is a day ahead."""

    how = ("-m", "tests.kit.wrong_clock")


class Servers:
    """Servers of one room. Use it in a `with` statement; leaving it ends them."""

    def __init__(self, directory: Path, engine: EngineProcess, *arguments: str) -> None:
        self._directory = directory
        self._engine = engine
        self._arguments = arguments
        self._stack = contextlib.ExitStack()
        self.all: dict[str, HubChat] = {}
        self.cables: dict[str, Cable] = {}

    def __enter__(self) -> Self:
        """Give them: none yet."""
        return self

    def __exit__(self, *failure: object) -> None:
        """End them."""
        self._stack.__exit__(*failure)  # type: ignore[arg-type]

    def start(
        self,
        name: str,
        *arguments: str,
        has_cable: bool = False,
        kind: type[HubChat] = HubChat,
    ) -> HubChat:
        """A server of this name, on the logs that one of this name has left.

        `has_cable`: its way to the engine can be cut.
        """
        url = self._engine.url
        if has_cable and name not in self.cables:
            self.cables[name] = self._stack.enter_context(Cable(self._engine.port))
        if name in self.cables:
            url = url.replace(f":{self._engine.port}", f":{self.cables[name].port}")
        directory = self._directory / name
        directory.mkdir(exist_ok=True)
        server = kind(directory, url, *self._arguments, *arguments, port=free_port())
        self.all[name] = self._stack.enter_context(server)
        return server

    def start_several(self, *names: str) -> list[HubChat]:
        """The same for several."""
        return [self.start(name) for name in names]

    def kill(self, name: str) -> None:
        """End one at once, as a machine does that loses its power."""
        self.all.pop(name).__exit__(None, None, None)


def join(server: HubChat, name: str, seconds: float = SECONDS) -> Person:
    """Somebody who has joined; under another name than they wanted, maybe."""
    person = Person(server.host, server.port)
    person.expect(PROMPT)
    person.send(name)
    person.name = person.expect(rf"{TIME} \* Welcome, (\S+)! \d+ online\. .*", seconds)[1]
    return person


def together(servers: Sequence[HubChat], *names: str) -> list[Person]:
    """People at these servers, in turn, who have all read of each other."""
    people = [join(servers[at % len(servers)], name) for at, name in enumerate(names)]
    gather(*people)
    return people


def gather(*people: Person) -> None:
    """Have everybody read all that was said so far, at whichever server."""
    people[0].send(f"gather {time.monotonic_ns()}")
    people[0].send("/ping gathered")
    people[0].skip_to(rf"{TIME} \* Pong gathered")
    for each in people[1:]:
        each.skip_to(rf"{TIME} {people[0].name}: gather \d+")


def wait_until_empty(server: HubChat) -> None:
    """Wait until nobody is in the room any more, at any server."""
    with join(server, "Looker") as looker:

        def is_alone() -> bool:
            looker.send("/who")
            return looker.skip_to(rf"{TIME} \* (\d+) online: .*")[1] == "1"

        wait_until(is_alone, "all have left")
        looker.send("/quit")
        looker.expect_end()


class Talker:
    """Says `tag 1`, `tag 2`, ... in a thread of its own, and keeps all it reads."""

    def __init__(self, server: HubChat, tag: str, name: str = "") -> None:
        self.tag = tag
        self.server = server
        self.person = join(server, name or tag.title())
        self.lines: list[str] = []
        self.said = 0
        self.is_cut_off = False
        self._wants_to_talk = threading.Event()
        self._is_over = False
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Self:
        """Give the talker, who reads, and says nothing yet."""
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Close the connection."""
        self._is_over = True
        self._thread.join(SECONDS)
        self.person.close()

    def talk(self) -> None:
        """Begin, or go on."""
        self._wants_to_talk.set()

    def be_silent(self) -> None:
        """Say nothing more until `talk`."""
        self._wants_to_talk.clear()

    def has_read(self, pattern: str) -> bool:
        """Whether a line of this form has come."""
        return any(re.fullmatch(pattern, line) for line in [*self.lines])

    def wait_for(self, pattern: str, seconds: float = SECONDS) -> None:
        """Wait until a line of this form has come."""
        wait_until(
            lambda: self.has_read(pattern),
            f"{self.tag} reads {pattern}: {self.lines[-5:]}",
            seconds,
        )

    def wait_for_more(self, lines: int = 10, seconds: float = SECONDS) -> None:
        """Wait until so many lines more have come that others have said."""
        wanted = len(self.heard()) + lines
        wait_until(lambda: len(self.heard()) >= wanted, f"{self.tag} hears more", seconds)

    def heard(self) -> list[str]:
        """What others have said to all, as it stands in the log."""
        matches = filter(None, map(_SAID.fullmatch, [*self.lines]))
        return [f"{found[1]}: {found[2]}" for found in matches]

    def told_unsaid(self) -> int:
        """How many lines of theirs were not said, as they were told."""
        counts = (int(found[1]) for found in map(_UNSAID.fullmatch, self.lines) if found)
        return sum(counts) + self.lines.count(_ONE_UNSAID)

    def _run(self) -> None:
        with contextlib.suppress(OSError, AssertionError):
            while not self._is_over:
                if self._wants_to_talk.is_set():
                    self.person.send(f"{self.tag} {self.said + 1}")
                    self.said += 1
                self._read(_PAUSE_SECONDS)
            return
        self.is_cut_off = True

    def _read(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            if not self.person.can_read(left):
                return
            self.lines.append(self.person.read_line())


@contextlib.contextmanager
def talking(*talkers: Talker) -> Iterator[None]:
    """All of them talk; afterwards they are silent, and have read all that was said."""
    with contextlib.ExitStack() as stack:
        for each in talkers:
            stack.enter_context(each)
        for each in talkers:
            each.talk()
        yield
        settle(*talkers)


def crowd(one: HubChat, two: HubChat) -> list[Talker]:
    """Two at each of these servers, who do not talk yet."""
    return [Talker(one, "ann"), Talker(one, "amy"), Talker(two, "bob"), Talker(two, "ben")]


def wait_for_more(*talkers: Talker) -> None:
    """Wait until each has heard some lines more of others: a second, where all is well."""
    for each in talkers:
        each.wait_for_more(30)


def settle(*talkers: Talker) -> None:
    """Be silent, and wait until everybody has read all that was said. At the end of a story."""
    living = [each for each in talkers if not each.is_cut_off]
    for each in living:
        each.be_silent()
    for each in living:
        each.person.send("/ping the last")
    for each in living:
        each.wait_for(rf"{TIME} \* Pong the last")
    last = living[0]
    last.person.send("the end")
    last.person.send("/ping the end")
    last.wait_for(rf"{TIME} \* Pong the end")
    for each in living[1:]:
        each.wait_for(rf"{TIME} \S+: the end")


def tells_one_story(servers: Sequence[HubChat], *talkers: Talker) -> None:
    """What everybody read, and every log, is one order, with nothing lost or twice."""
    logs = [each.message_bytes() for each in servers]
    assert all(each == logs[0] for each in logs), _first_difference(logs)
    said = servers[0].messages()
    assert not [each for each in said if each.startswith("* ")], said
    for each in talkers:
        _heard_as_said(each, said)
        _said_once(each, said)


def _heard_as_said(talker: Talker, said: Sequence[str]) -> None:
    """From the first line that they heard on, they heard all; but nothing of their own."""
    heard = talker.heard()
    if not heard:
        return
    others = [each for each in said if f": {talker.tag} " not in each]
    if talker.tag in _last_speaker(said):
        others = others[:-1]
    start = others.index(heard[0])
    expected = others[start:]
    if talker.is_cut_off:
        expected = expected[: len(heard)]
    assert heard == expected, f"{talker.tag}: {_difference(heard, expected)}"


def _last_speaker(said: Sequence[str]) -> str:
    name, _, text = said[-1].partition(": ")
    return name.lower() if text == "the end" else ""


def _said_once(talker: Talker, said: Sequence[str]) -> None:
    """What they said is in the log once and in order, or they were told that it is not said."""
    own = [int(each.rpartition(" ")[2]) for each in said if f": {talker.tag} " in each]
    assert own == sorted(set(own)), f"{talker.tag} said something twice, or out of order: {own}"
    if not talker.is_cut_off:
        unsaid = talker.said - len(own)
        assert unsaid == talker.told_unsaid(), f"{talker.tag}: {unsaid} unsaid, {talker.lines}"


def _difference(one: Sequence[object], other: Sequence[object]) -> str:
    for place, (left, right) in enumerate(zip(one, other, strict=False)):
        if left != right:
            return f"at {place}: {one[place : place + 3]} is not {other[place : place + 3]}"
    return f"{len(one)} lines, not {len(other)}: {[*one, *other][-1:]}"


def _first_difference(logs: Sequence[bytes]) -> str:
    lines = [each.splitlines() for each in logs]
    return "; ".join(_difference(lines[0], each) for each in lines[1:] if each != lines[0])
