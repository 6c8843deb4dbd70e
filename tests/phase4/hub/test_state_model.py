"""Batches in any interleaving, repeated, late and lost: every server computes the same room.

It may begin anew at any moment. Then those who know nothing of what was before compute it, too.

hypothesis makes up the streams. Names, folds and looks are few and do not belong together, so
everybody's name is in everybody's way.

The short form is part of the suite. The long one: HUB_STORIES=2000 python -m pytest THIS_FILE
"""

import os
from collections.abc import Callable
from random import Random
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from phase4.hub.events import Began, BeganAnew, Event, Said
from phase4.hub.operations import (
    BadBatch,
    Beat,
    Begin,
    Bury,
    End,
    Enter,
    HandOver,
    Leave,
    Login,
    Operation,
    Order,
    Reenter,
    Rename,
    Resume,
    Say,
    Whisper,
    decode,
    encode,
    given_again,
)
from phase4.hub.snapshot import from_bytes, to_bytes
from phase4.hub.state import State
from tests.phase4.hub.samples import TIME, check
from tests.phase4.hub.test_operations import OPERATION

STORIES = int(os.environ.get("HUB_STORIES", "30"))
LONG = settings(max_examples=STORIES, deadline=None, derandomize=STORIES < 100)

SERVERS = ("a", "b", "c", "d")
server_of = st.sampled_from(SERVERS)


def letter(random: Random) -> str:
    """A part of a name; seldom none."""
    return random.choice("xyzwxyzw") if random.random() < 0.95 else ""


def names(random: Random) -> list[list[str]]:
    """One or more names. Folds and looks do not belong to them, nor to each other."""
    return [[letter(random) for _ in range(3)] for _ in range(random.choice([1, 1, 2, 3]))]


NAMING: list[Callable[[Random], Operation]] = [
    lambda random: Enter(names(random), "", "", random.choice("  pq").strip(), "", []),
    lambda random: Enter(names(random), "", "", "", random.choice("pq"), names(random)),
    lambda random: Reenter(
        names(random),
        "",
        "",
        random.choice("  pq").strip(),
        random.choice("  pq").strip(),
        TIME + random.randrange(-5, 6),
    ),
    lambda random: Rename(letter(random), names(random)),
    lambda random: Login(
        letter(random), random.choice(" pq").strip(), names(random), names(random)
    ),
    lambda random: Leave(random.choice([letter(random), "a#1.0", "b#2.1"]), ""),
]
SAYING: list[Callable[[Random], Operation]] = [
    lambda random: Say(random.choice([letter(random), "a#1.0", "b#2.1"]), "hi"),
    lambda random: Whisper(letter(random), letter(random), random.choice(["", "a#1"]), "x", "hi"),
    lambda random: Resume(random.choice(" pq").strip(), random.randrange(9)),
    lambda random: HandOver(
        letter(random), random.choice(["", "a#1.0"]), random.choice(" pq").strip(), 0, ["hi"]
    ),
    lambda random: Order("x", {"kind": "mute"}),
    lambda random: Beat({"people": random.randrange(9)}),
    lambda random: Begin(random.randrange(50)),
]
ENDING: list[Callable[[Random], Operation]] = [
    lambda _: End(),
    lambda random: Bury(random.choice(SERVERS)),
]


def some_operations(seed: int) -> list[Operation]:
    """A few. (hypothesis draws a number, which is quicker than to draw each name.)"""
    random = Random(seed)
    makers = [*NAMING, *SAYING, NAMING[0]]
    chosen = [random.choice(makers) for _ in range(random.randrange(1, 6))]
    if random.random() < 0.1:
        chosen.insert(random.randrange(len(chosen) + 1), random.choice(ENDING))
    return [each(random) for each in chosen]


operations = st.integers(0, 2**32).map(some_operations) | st.lists(OPERATION, max_size=2)


class Replica:
    """A server that has read some of the stream, and what it has shown.

    One that does not know what was before has shown nothing that the others have. `eras` are the
    places at which the room has begun anew, by a batch that was not given again.
    """

    def __init__(self, state: State, position: int, *, knows: bool = True) -> None:
        self.state = state
        self.position = position
        self.knows = knows
        self.eras: set[int] = set()
        self.shown: list[tuple[int, list[tuple[int, Event]]]] = []

    def read(self, stream: list[tuple[bytes, float]], count: int) -> None:
        """Apply so many entries more."""
        for data, time in stream[self.position : self.position + count]:
            said, era = self.state.said, self.state.era
            try:
                batch = decode(data)
                happened = self.state.apply(batch, batch.time or time)  # as link.py
                if self.state.era != era and batch.time is None:
                    self.eras.add(self.position)
            except BadBatch:
                happened = []
            if self.knows:
                self.shown.append((self.position, happened))
            self.position += 1
            check(self.state)
            events = [event for _, event in happened]
            _check_numbers(said, events)
            assert said <= self.state.said or BeganAnew(said) in events


def _check_numbers(said: int, events: list[Event]) -> None:
    """Each message has the next number, but where a server has begun whose log knows of more."""
    for event in events:
        match event:
            case Said(_, _, number):
                assert number == said + 1
                said = number
            case Began() | BeganAnew():
                return


class Room(RuleBasedStateMachine):
    """Servers append to one stream. Replicas read it, each as far as it likes."""

    def __init__(self) -> None:
        super().__init__()
        self.stream: list[tuple[bytes, float]] = []
        self.numbers = dict.fromkeys(SERVERS, 0)
        self.era = ""
        self.late: list[bytes] = []
        self.replicas = [Replica(State(), 0) for _ in range(2)]

    def _next(self, server: str, operations: list[Operation]) -> bytes:
        self.numbers[server] += 1
        return encode(server, self.numbers[server], operations, self.era)

    @rule(server=server_of, operations=operations, is_late=st.booleans())
    def begin_anew(self, server: str, operations: list[Operation], is_late: bool) -> None:
        """A server that knows nothing begins. The others have or have not read it by then."""
        self.numbers[server] = 1
        data = encode(server, 1, operations, server)
        if is_late:
            self.late.append(data)
        else:
            self.stream.append((data, TIME))
            self.era = server

    @rule(era=server_of, server=server_of)
    def read_of_an_era(self, era: str, server: str) -> None:
        """From here on servers are in an era that may be over, or may not have begun."""
        self.era = era
        self.numbers[server] = 0

    @rule(server=server_of, operations=operations, seconds=st.integers(-5, 5))
    def append(self, server: str, operations: list[Operation], seconds: int) -> None:
        """A server says something. The engine's clock may have been set."""
        self.stream.append((self._next(server, operations), TIME + seconds))

    @rule(server=server_of, operations=operations)
    def be_late(self, server: str, operations: list[Operation]) -> None:
        """A batch of a server is under way for long, and the next one will overtake it."""
        self.late.append(self._next(server, operations))

    @precondition(lambda self: self.late)
    @rule(data=st.data())
    def come_late(self, data: st.DataObject) -> None:
        """It arrives."""
        late = data.draw(st.sampled_from(self.late))
        self.late.remove(late)
        self.stream.append((late, TIME))

    @precondition(lambda self: self.stream)
    @rule(data=st.data())
    def repeat(self, data: st.DataObject) -> None:
        """Some batches are appended again: the answer of the engine had been lost."""
        start = data.draw(st.integers(0, len(self.stream) - 1))
        self.stream += self.stream[start : start + data.draw(st.integers(1, 5))]

    @precondition(lambda self: self.stream)
    @rule(data=st.data())
    def give_again(self, data: st.DataObject) -> None:
        """Somebody takes the engine for one that has lost what it has read."""
        start = data.draw(st.integers(0, len(self.stream) - 1))
        lost = self.stream[start : start + data.draw(st.integers(1, 9))]
        self.stream += [(given_again(each, time), TIME + 9) for each, time in lost]

    @rule(data=st.binary(max_size=40))
    def append_anything(self, data: bytes) -> None:
        """Somebody else writes into the stream."""
        self.stream.append((data, TIME))

    @rule(data=st.data(), count=st.integers(1, 9))
    def read(self, data: st.DataObject, count: int) -> None:
        """A replica reads on."""
        data.draw(st.sampled_from(self.replicas)).read(self.stream, count)

    @rule(data=st.data())
    def begin_at_a_snapshot(self, data: st.DataObject) -> None:
        """One more server, or one that begins again, loads what another one has written."""
        written = data.draw(st.sampled_from([each for each in self.replicas if each.knows]))
        state, position, _ = from_bytes(to_bytes(written.state, str(written.position), {}))
        assert state == written.state
        self.replicas.append(Replica(state, int(position)))

    @rule(data=st.data())
    def begin_without_the_past(self, data: st.DataObject) -> None:
        """One more server: nobody has kept a snapshot for it, and the stream was trimmed."""
        start = data.draw(st.integers(0, len(self.stream)))
        self.replicas.append(Replica(State(), start, knows=False))

    @precondition(lambda self: any(not each.knows for each in self.replicas))
    @rule()
    def read_on_to_the_end(self) -> None:
        """One that does not know the past does, where it and all others read of a beginning."""
        truth = Replica(State(), 0)
        truth.read(self.stream, len(self.stream))
        for each in self.replicas:
            if not each.knows and each.position <= max(truth.eras, default=-1):
                last = max(truth.eras)
                each.read(self.stream, last + 1 - each.position)
                each.knows = last in each.eras

    @invariant()
    def those_who_have_read_as_far_agree(self) -> None:
        """In all that they know, and in all that they have shown of what both have read."""
        states: dict[int, State] = {}
        shown: dict[int, Any] = {}
        for each in self.replicas:
            if not each.knows:
                continue
            assert each.state == states.setdefault(each.position, each.state)
            for position, events in each.shown:
                assert events == shown.setdefault(position, events)

    def teardown(self) -> None:
        """All read to the end."""
        for each in self.replicas:
            each.read(self.stream, len(self.stream))
        self.those_who_have_read_as_far_agree()


def test_all_who_read_a_stream_show_the_same_whenever_they_began() -> None:
    quick = settings(LONG, stateful_step_count=40, suppress_health_check=list(HealthCheck))
    run_state_machine_as_test(Room, settings=quick)


begins_anew = st.integers(0, 6).map(lambda number: number == 6)
batches = st.lists(st.tuples(server_of, operations, begins_anew), min_size=5, max_size=14)

Batches = list[tuple[str, list[Operation], bool]]
Stream = list[tuple[bytes, float]]


def _stream(batches: Batches) -> Stream:
    """These batches, each with its number, one a second. By some of them the room begins anew.

    Then all servers that go on have other names.
    """
    numbers = dict.fromkeys(SERVERS, 0)
    stream, era, behind = [], "", ""
    for second, (server, operations, is_anew) in enumerate(batches):
        if is_anew:
            numbers, behind = dict.fromkeys(SERVERS, 0), f".{second}"
            era = server + behind
        numbers[server] += 1
        data = encode(server + behind, numbers[server], operations, era)
        stream.append((data, TIME + second))
    return stream


def _after(*streams: Stream) -> tuple[State, list[Event]]:
    """What a server knows and has shown that has read one stream after the other."""
    replica, whole = Replica(State(), 0), [each for stream in streams for each in stream]
    replica.read(whole, len(whole))
    return replica.state, [event for _, happened in replica.shown for _, event in happened]


@LONG
@given(batches, st.data())
def test_servers_that_give_a_lost_end_again_bring_it_back_in_its_order(
    batches: Batches, data: st.DataObject
) -> None:
    """The engine has lost what came last. Each server has read some of it, from its beginning.

    So those who have read it, and those who read it now, know and show the same: at its time, too.
    """
    stream = _stream(batches)
    kept = data.draw(st.integers(0, len(stream)))
    lost = stream[kept:]
    read = [lost[: data.draw(st.integers(0, len(lost)))] for _ in range(3)]
    to_give = [[*each] for each in read]
    again: Stream = []
    while any(to_give):
        giving = data.draw(st.sampled_from([each for each in to_give if each]))
        again.append((given_again(*giving.pop(0)), TIME + 99 + len(again)))
    expected = _after(stream[:kept], max(read, key=len))
    for each in [[], *read]:
        assert _after(stream[:kept], each, again) == expected


@LONG
@given(batches, st.data())
def test_a_batch_that_comes_again_changes_nothing(batches: Batches, data: st.DataObject) -> None:
    """But for the beginning of an era that is over: whoever does not know that begins with it."""
    stream = _stream(batches)
    longer: Stream = []
    may_come: Stream = []
    for each in stream:
        if decode(each[0]).begins_era:
            may_come = [old for old in may_come if not decode(old[0]).begins_era]
        may_come.append(each)
        longer.append(each)
        longer += data.draw(st.lists(st.sampled_from(may_come), max_size=2))
    assert _after(longer) == _after(stream)


@LONG
@given(st.integers())
def test_names_and_look_alikes_stay_exclusive_whoever_comes_goes_and_takes_another(
    seed: int,
) -> None:
    random = Random(seed)
    asked = [(random.choice("aaab"), [random.choice(NAMING)(random)], False) for _ in range(200)]
    _after(_stream(asked))
