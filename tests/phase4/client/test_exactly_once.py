"""Through any number of losses each public line is said once, and each of others is shown once.

No network here: a model of a server, and what is on its way in both directions, line by line. So
hypothesis can lose the connection between any two steps.
"""

import re
from collections import deque
from datetime import datetime

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from phase4.client import Received
from phase4.client import missed as missed_module
from phase4.client.holding import HOLD_SECONDS
from phase4.client.talk import CONFIRM_SECONDS, Talk
from shared import message
from shared.message import Earlier, Error, History, HistoryEnd, Notice, Numbers, Online, Public

PAGE = 4
GREETED_WITH = 2


class Server:
    """What a server with a history keeps, and answers to one connection."""

    def __init__(self) -> None:
        self.log: list[tuple[str, str, str]] = []
        self.has_numbers = False
        self.name = ""
        self.out: deque[str] = deque()
        """What it says to the client, as far as that has not got it."""

    def connect(self) -> None:
        """There is a new connection; nothing of the old one is left."""
        self.name, self.has_numbers = "", False
        self.out = deque([message.NICKNAME_PROMPT])

    def say(self, sender: str, text: str) -> None:
        """Somebody says something to everybody."""
        at = datetime.now().isoformat(" ", "seconds")
        self.log.append((at, sender, text))
        if self.name not in ("", sender):
            number = len(self.log) * self.has_numbers
            self._tell(Public(at[11:], sender, text, number))

    def take(self, line: str) -> None:
        """The client has said this."""
        now = datetime.now().strftime("%H:%M:%S")
        if not self.name:
            self.name = line
            self._tell(message.Welcome(now, line, 1))
            if self.log:
                self._show(History(now, 0), len(self.log) - GREETED_WITH, len(self.log))
                self._tell(HistoryEnd(now, was_greeting=True))
        elif line == "/who":
            self._tell(Online(now, 1, (self.name,)))
        elif line.startswith("/ping "):
            self._tell(Notice(now, f"Pong {line[6:]}"))
        elif line == "/ids on":
            self.has_numbers = True
            self._tell(Numbers(now, are_on=True))
        elif found := re.fullmatch(r"/history since (\d+)", line):
            since = int(found[1])
            last = min(since + PAGE, len(self.log))
            self._show(History(now, 0, since), since, last)
            self._tell(HistoryEnd(now, last if last < len(self.log) else None))
        elif line == "/history 500":
            self._show(History(now, 0), 0, len(self.log))
            self._tell(HistoryEnd(now))
        else:
            assert not line.startswith("/"), line
            self.say(self.name, line)

    def _show(self, head: History, first: int, last: int) -> None:
        self._tell(head)
        for number in range(max(0, first), last):
            at, sender, text = self.log[number]
            self._tell(Earlier(at, number + 1, sender, text))

    def _tell(self, said: message.Message) -> None:
        self.out.append(message.format(said))


class Losses(RuleBasedStateMachine):
    """Ann and Bob talk, and Ann's connection is lost again and again."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0
        self.server = Server()
        self.ann = Talk("Ann", reconnects=True, clock=lambda: self.now)
        self.up: deque[str] = deque()
        self.typed: list[str] = []
        self.shown: list[str] = []
        self.remarks: list[str] = []
        self.said = 0
        self.written = 0
        self.has_numbers = False

    @initialize(lines=st.integers(0, 5))
    def join(self, lines: int) -> None:
        """Bob has said something before Ann comes, or nothing."""
        for _ in range(lines):
            self.bob_speaks()
        self.has_numbers = lines > 0
        self.connect()

    def connect(self) -> None:
        """A connection, until she is in."""
        self.ann.connected()
        self.server.connect()
        while self.server.name == "":
            self.step()

    # --- what happens -----------------------------------------------------------------------------

    @rule(text=st.sampled_from(["ok", "yes"]))
    def ann_speaks(self, text: str) -> None:
        """She types a line; the same words come often."""
        self.typed.append(text)
        self.ann.send(text)

    @rule(is_new=st.booleans())
    def bob_speaks(self, is_new: bool = True) -> None:
        """He says something, and the same again where the server has had numbers from the start."""
        self.said += is_new or not self.has_numbers
        self.server.say("Bob", f"line {self.said}")

    @rule(lines=st.integers(1, 6))
    def server_reads(self, lines: int) -> None:
        """So many lines of what is on its way."""
        self.write()
        for _ in range(min(lines, len(self.up))):
            self.server.take(self.up.popleft())

    @rule(lines=st.integers(1, 6))
    def ann_reads(self, lines: int) -> None:
        """So many lines of what is on its way back."""
        for _ in range(min(lines, len(self.server.out))):
            self.receive(self.server.out.popleft())
            self.write()

    @rule(seconds=st.sampled_from([0.2, CONFIRM_SECONDS]))
    def time_goes_by(self, seconds: float) -> None:
        """Her client may want to ask whether its lines have arrived."""
        self.now += seconds

    @rule(read=st.integers(0, 3))
    @precondition(lambda self: self.ann.name)
    def lose(self, read: int) -> None:
        """The server reads some of what is on its way, and is killed; some is typed meanwhile."""
        self.server_reads(read) if read else None
        self.ann.lost()
        self.up.clear()
        self.server.connect()
        self.ann_speaks("ok") if read == 2 else None
        self.bob_speaks() if read else None
        self.connect()

    # --- the way of the lines ---------------------------------------------------------------------

    def write(self) -> None:
        """Put on its way what her client wants to send."""
        while data := self.ann.to_write():
            self.ann.wrote(len(data))
            lines = data.decode().splitlines()
            self.up += lines
            self.written += sum(line in ("ok", "yes") for line in lines)

    def receive(self, line: str) -> None:
        """Note what she is shown."""
        for event in self.ann.receive(line):
            match event:
                case Received(Public(sender=name, text=text) | Earlier(sender=name, text=text)):
                    assert name == "Bob", "her own lines are shown by her own client"
                    self.shown.append(text)
                case Received(Notice(text=text) | Error(text)):
                    self.remarks.append(text)

    def step(self) -> None:
        """All that is on its way arrives."""
        self.server_reads(100)
        self.ann_reads(100)

    def teardown(self) -> None:
        """In the end all has arrived once, in its order, and is shown so."""
        for _ in range(100):
            self.step()
            self.now += CONFIRM_SECONDS / 2
        assert not self.ann.unsent
        assert self.ann.arrived == len(self.typed)
        assert [text for _, name, text in self.server.log if name == "Ann"] == self.typed
        said = [text for _, name, text in self.server.log if name == "Bob"]
        assert said == [*said[: len(said) - len(self.shown)], *self.shown]
        again = [each.split()[0] for each in self.remarks if "sent again" in each]
        counts = [1 if each == "A" else int(each) for each in again]
        assert self.written == len(self.typed) + sum(counts)
        assert not [each for each in self.remarks if "missed more" in each or "not come" in each]


@pytest.fixture(autouse=True)
def many_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    """A page is small here: so there are many."""
    monkeypatch.setattr(missed_module, "MOST_PAGES", 1000)


TestLosses = Losses.TestCase
TestLosses.settings = settings(
    max_examples=60,
    stateful_step_count=30,
    deadline=None,
)


# --- stories that chance comes upon rarely ------------------------------------------------------


class Story(Losses):
    """The same, step by step, as a check tells it."""

    def lose_now(self) -> None:
        """All that is on its way is lost."""
        self.lose(0)

    def ends_well(self, *remarks: str) -> None:
        """All has arrived once, and what may have arrived twice is told, as these remarks."""
        self.teardown()
        assert [each for each in self.remarks if "sent again" in each] == [*remarks]


A_LINE = "A line that may not have arrived was sent again."


@pytest.fixture(params=[0, 3], ids=["nobody has spoken", "something was said"])
def story(request: pytest.FixtureRequest) -> Story:
    """Ann is in."""
    story = Story()
    story.join(request.param)
    story.step()
    return story


def test_a_line_that_has_arrived_is_not_sent_again(story: Story) -> None:
    story.ann_speaks("ok")
    story.server_reads(1)
    story.lose_now()
    story.ends_well()


def test_a_line_that_has_not_arrived_is_sent_again_and_that_is_said(story: Story) -> None:
    story.ann_speaks("ok")
    story.write()
    story.lose_now()
    story.ends_well(A_LINE)


def test_of_equal_lines_as_many_are_sent_again_as_have_not_arrived(story: Story) -> None:
    for _ in range(3):
        story.ann_speaks("ok")
    story.server_reads(2)
    story.lose_now()
    story.ends_well(A_LINE)


def test_a_line_that_others_have_answered_already_is_found_all_the_same(story: Story) -> None:
    """What was seen last has a higher number than the line."""
    story.ann_speaks("ok")
    story.server_reads(1)
    story.bob_speaks()
    story.ann_reads(1)
    story.lose_now()
    story.ends_well()


def test_an_equal_line_of_before_is_not_taken_for_one_that_was_lost(story: Story) -> None:
    story.ann_speaks("ok")
    story.time_goes_by(CONFIRM_SECONDS)
    story.step()
    story.bob_speaks()
    story.step()
    story.ann_speaks("ok")
    story.write()
    story.lose_now()
    story.ends_well(A_LINE)


def test_a_line_that_was_found_once_is_not_found_again_for_the_next(story: Story) -> None:
    story.ann_speaks("ok")
    story.server_reads(1)
    story.lose_now()
    story.step()
    story.ann_speaks("ok")
    story.write()
    story.lose_now()
    story.ends_well(A_LINE)


def test_what_was_sent_again_is_found_after_the_next_loss(story: Story) -> None:
    story.ann_speaks("ok")
    story.write()
    story.lose_now()
    story.server_reads(100)
    story.ann_reads(100)
    story.ann_speaks("ok")
    story.server_reads(100)
    story.lose_now()
    story.ends_well(A_LINE)


def test_what_was_typed_while_away_is_sent_behind_and_is_not_sent_again(story: Story) -> None:
    story.ann_speaks("ok")
    story.server_reads(1)
    story.ann.lost()
    story.up.clear()
    story.ann_speaks("ok")
    story.ann_speaks("yes")
    story.connect()
    story.ends_well()


def test_what_is_held_back_is_sent_in_the_end_also_where_no_answer_comes(story: Story) -> None:
    story.ann_speaks("ok")
    story.write()
    story.ann.lost()
    story.up.clear()
    story.ann.connected()
    for line in (message.NICKNAME_PROMPT, "[10:00:00] * Welcome, Ann! 1 online. Hi."):
        story.receive(line)
    story.write()
    assert [*story.up] == ["Ann", "/who"]
    assert story.ann.due is not None
    story.now += HOLD_SECONDS
    story.write()
    assert "ok" in story.up


def test_a_private_line_has_arrived_where_a_public_one_behind_it_has(story: Story) -> None:
    private, public, last = story.ann.send("/pm Bob psst"), story.ann.send("ok"), "/pm Bob bye"
    story.ann.send(last)
    story.write()
    assert [*story.up][:3] == ["/pm Bob psst", "ok", last]
    story.server.say("Ann", "ok")
    story.lose_now()
    while story.ann.arrived < public:
        story.write()
        while story.up and not story.up[0].startswith("/pm"):
            story.server_reads(1)
        story.ann_reads(100)
    assert private < public
    assert story.ann.unsent == (last,)


# --- where the server does not know yet that the old connection is lost --------------------------


def in_under_another_name() -> tuple[Talk, list[float]]:
    """Ann has said "one" and "two", lost her connection, and is back beside it as Ann_."""
    now = [0.0]
    ann = Talk("Ann", reconnects=True, clock=lambda: now[0])
    at = datetime.now().isoformat(" ", "seconds")
    greeting = [f"[{at[11:]}] * 1 earlier line:", f"({at} #7) Bob: hello"]
    greeting.append(f"[{at[11:]}] * That was before you came.")
    ann.connected()
    hear(ann, message.NICKNAME_PROMPT, f"[{at[11:]}] * Welcome, Ann! 1 online. Hi.", *greeting)
    hear(ann, f"[{at[11:]}] * 2 online: Ann, Bob", f"[{at[11:]}] * Messages have numbers now.")
    for text in ("one", "two", "three"):
        ann.send(text)
    assert written(ann)[-3:] == ["one", "two", "three"]
    ann.lost()
    ann.connected()
    hear(ann, message.NICKNAME_PROMPT, "! Ann is taken.", message.NICKNAME_PROMPT)
    hear(ann, f"[{at[11:]}] * Welcome, Ann_! 3 online. Hi.", *greeting)
    hear(ann, f"[{at[11:]}] * 3 online: Ann, Ann_, Bob")
    hear(ann, f"[{at[11:]}] * Messages have numbers now.", f"[{at[11:]}] * 2 lines since #6:")
    hear(ann, f"({at} #7) Bob: hello", f"({at} #8) Ann: one", f"[{at[11:]}] * That is all.")
    return ann, now


def hear(ann: Talk, *lines: str) -> list[object]:
    """What she is shown of these lines of the server's."""
    events = [event for line in lines for event in ann.receive(line)]
    return [event.message for event in events if isinstance(event, Received)]


def written(ann: Talk) -> list[str]:
    """What is to be written; then it is."""
    data = ann.to_write()
    ann.wrote(len(data))
    return data.decode().splitlines()


def test_what_the_old_connection_still_takes_is_neither_shown_nor_sent_again() -> None:
    ann, _ = in_under_another_name()
    assert not {"one", "two", "three"} & {*written(ann)}
    assert hear(ann, "[10:00:00 #9] Ann: two") == []
    hear(ann, "[10:00:01] * Ann left (connection lost)")
    assert "/nick Ann" in written(ann)
    shown = hear(ann, "[10:00:01] * Ann_ is now Ann")
    assert any(isinstance(each, Notice) and "sent again" in each.text for each in shown)
    assert [line for line in written(ann) if not line.startswith("/")] == ["three"]
    assert hear(ann, "[10:00:02 #10] Ann: two") != [], "somebody else, from here on"


def test_an_old_connection_that_stays_is_not_waited_for_longer_than_a_while() -> None:
    ann, now = in_under_another_name()
    assert "two" not in written(ann)
    now[0] += HOLD_SECONDS
    assert [line for line in written(ann) if not line.startswith("/")] == ["two", "three"]
