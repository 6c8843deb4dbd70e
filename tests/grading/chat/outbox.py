"""Nobody waits for anybody: one long speech, and what became of two who did not read it.

Slow stops reading, until a good deal waits for her in the server's own memory, and then reads on.
Lazy never reads. How much waits is what was said, less what the two kernels hold; only Linux tells.
"""

import contextlib
import socket
import time
import weakref
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.grading.chat.commands import people_listed
from tests.grading.chat.people import OUTBOX, TIME, hears, is_notice, join
from tests.grading.journal import Journal
from tests.grading.kernel import held_by_kernel
from tests.grading.people import SILENCE, Verdict
from tests.grading.subject import Graded, Subject
from tests.grading.teaching import teaches

LINE = "x" * 4000
LINES_AT_ONCE = 10
MAX_BYTES = 8_000_000  # 4 MB, and what the kernels keep beside them (2 to 4 MB on one machine)
MUST_BEAR_BYTES = 192 * 1024  # may wait for somebody, and more: with one more batch, 232 KiB
SPEECH_SECONDS = 40.0  # for what takes one: a slow machine is no mistake
PAUSE_SECONDS = 8.0  # a server may cut off whoever takes nothing for 10 s
SMALL_BUFFER_BYTES = 4096
LARGE_BUFFER_BYTES = 1_000_000  # or to read 3 MB would take twenty seconds
CUT_OFF = "Bob, who reads all the time, was cut off: too little may wait for one person."
LOST = "A line was cut, or lost, or came in another place: did send() take a part of it?"
NO_TABLE = "this system does not tell how much its kernel holds of a connection"


@dataclass
class Speech:
    """What happened in it. Each verdict is None where all went well."""

    steps: list[str] = field(default_factory=list)
    held_up: Verdict | None = None  # Bob, who reads, did not hear all of it
    lost: Verdict | None = None  # Slow did not get all of it
    kept: Verdict | None = None  # Lazy is still there
    is_slow_asked: bool = False  # False: nobody knows how much waited for Slow


_speeches: "weakref.WeakKeyDictionary[Subject, Speech]" = weakref.WeakKeyDictionary()


class Speaker:
    """Alice, who speaks at length, and Bob, who hears it; with a server of their own."""

    def __init__(self, graded: Graded) -> None:
        self.graded = graded
        self.speech = Speech()
        self.lazy, self.slow = (
            join(graded, name, receive_buffer_bytes=SMALL_BUFFER_BYTES) for name in ("Lazy", "Slow")
        )
        self.alice, self.bob = join(graded, "Alice"), join(graded, "Bob")
        self.speech.steps.append("Alice, Bob, Slow and Lazy join; Slow and Lazy stop reading")
        self.said = f"{self.alice.name}: {LINE}"
        self.lines = 0
        self.has_left: set[str] = set()
        self._speak_by = time.monotonic() + SPEECH_SECONDS

    @property
    def bytes_said(self) -> int:
        """How many bytes each hearer has been sent."""
        return self.lines * len(f"[10:00:00] {self.said}\n")

    def speak_until(self, is_enough: Callable[[], bool]) -> None:
        """Alice says lines, and Bob hears them, until it is enough, or 8 MB. Raises Verdict."""
        while not is_enough() and self.bytes_said < MAX_BYTES:
            if time.monotonic() > self._speak_by:
                raise Verdict(SILENCE, f"8 MB should take less than {SPEECH_SECONDS:g} s")
            self.alice.send(*[LINE] * LINES_AT_ONCE)
            for _ in range(LINES_AT_ONCE):
                self._bob_hears_it()
            self.lines += LINES_AT_ONCE
        self.speech.steps.append(
            f"Alice has said {self.lines:,} lines of 4,000 bytes, and Bob has heard them all"
        )

    def _bob_hears_it(self) -> None:
        while is_notice(line := self.bob.waits_for(".*", "what Alice says")[0]):
            self.has_left |= {each for each in ("Lazy", "Slow") if f"* {each} left" in line}
        self.bob.must(line[11:] == self.said, "get the line that Alice has said, but gets another")

    @property
    def waiting_for_slow(self) -> int:
        """How many bytes wait for her in the server, at most; 0 where nobody can tell."""
        held = held_by_kernel(self.slow.socket.getpeername(), self.slow.socket.getsockname())
        return 0 if held is None else max(0, self.bytes_said - held)

    def slow_reads_on(self) -> None:
        """She gets all that was said while she did not read. Raises Verdict."""
        self.speech.steps.append(
            f"{self.waiting_for_slow // 1024} KiB wait for Slow, at most; now she reads on"
        )
        self.slow.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, LARGE_BUFFER_BYTES)
        for _ in range(self.lines):
            hears(self.slow, self.said)
        self.speech.is_slow_asked = True


def speech_of(subject: Subject, logs: Path) -> Speech:
    """The one long speech that was held to this server; it is held when first asked for."""
    if subject not in _speeches:
        _speeches[subject] = _hold(subject, logs)
    return _speeches[subject]


def _hold(subject: Subject, logs: Path) -> Speech:
    graded = Graded(subject.start(logs), Journal(), is_notice)
    with contextlib.ExitStack() as stack:
        stack.callback(graded.running.end)
        stack.callback(graded.close)
        speaker = Speaker(graded)
        speech = speaker.speech
        try:
            _stop_and_go(speaker)
        except Verdict as verdict:
            graded.examine(verdict)
            speech.held_up = speech.kept = verdict
        return speech


def _stop_and_go(speaker: Speaker) -> None:
    """First Slow, who stops and goes on; then Lazy, who never does. Raises Verdict: held up."""
    speech = speaker.speech
    speaker.speak_until(lambda: speaker.waiting_for_slow >= MUST_BEAR_BYTES)
    if speaker.waiting_for_slow:
        try:
            speaker.slow_reads_on()
        except Verdict as verdict:
            speaker.graded.examine(verdict)
            speech.lost = verdict
    speaker.slow.leave()
    speaker.speak_until(lambda: "Lazy" in speaker.has_left)
    try:
        if "Lazy" not in speaker.has_left:
            raise Verdict(SILENCE, "Bob should be told '[time] * Lazy left', and is not")
        names = people_listed(speaker.bob)
        speaker.bob.must("Lazy" not in names, "not find Lazy, who has left, on the list")
    except Verdict as verdict:
        speaker.graded.examine(verdict)
        speech.kept = verdict


class Outboxes:
    """The long speech, and a short one of many lines."""

    @pytest.fixture
    def speech(
        self, subject: Subject, journal: Journal, tmp_path_factory: pytest.TempPathFactory
    ) -> Speech:
        """What happened; its steps are those of this check."""
        speech = speech_of(subject, tmp_path_factory.mktemp("logs"))
        for step in speech.steps:
            journal.add(step)
        return speech

    @teaches(
        "phase3/README.md, The flaw that remains",
        "One who stops reading holds up everybody: to send to them waits, and whoever does it waits"
        " with them.",
        "What does sendall(), or write(), do when the other side does not read?",
        "It waits. Which thread calls it, and what else should that thread do meanwhile?",
        "Give each person a queue. Whoever speaks puts the line there; something else sends it.",
        end=CUT_OFF,
        mismatch=LOST,
    )
    @pytest.mark.patient
    def test_one_who_stops_reading_holds_up_nobody(self, speech: Speech) -> None:
        """Bob, who reads, hears every line of a long speech."""
        if speech.held_up:
            raise speech.held_up

    @teaches(
        OUTBOX,
        "Somebody paused for a moment, and was cut off, or lost what was said meanwhile.",
        "How much may wait for one person in your server?",
        "Whoever is on a slow line, or suspends a laptop, is some hundred KiB behind now and then.",
        "Let up to 1 MiB wait, and drop nothing: a line that is lost is worse than a late one.",
        silence="Not all that was said arrived: was it dropped when the socket took no more? Or is"
        " nobody sending what waits, once it does?",
        mismatch=LOST,
    )
    @pytest.mark.patient
    def test_one_who_reads_on_has_lost_nothing(self, speech: Speech) -> None:
        """Every line arrives, whole and in order, when she has been 200 KiB behind."""
        if verdict := speech.lost or speech.held_up:
            raise verdict
        if not speech.is_slow_asked:
            pytest.skip(NO_TABLE)

    @teaches(
        OUTBOX,
        "What waits for one who does not read grows without end, until the memory is full.",
        "How large can the queue of one person become?",
        "Every queue needs a bound, and an answer for when it is reached.",
        "Over 1 MiB: disconnect that person, and tell the others.",
        end=CUT_OFF,
    )
    @pytest.mark.patient
    def test_one_who_stops_reading_is_disconnected(self, speech: Speech) -> None:
        """And the others are told."""
        if speech.kept:
            raise speech.kept

    @teaches(
        OUTBOX,
        "Somebody who reads all the time was cut off, or lost lines, because many came at once.",
        "Is the bound of your queue a number of lines? How many short ones can come in a moment?",
        "What fills the memory is bytes, and so is the bound.",
        "Count the bytes that wait, and let up to 1 MiB of them wait.",
    )
    def test_many_short_lines_at_once_reach_everybody(self, graded: Graded) -> None:
        """Three thousand, in order."""
        alice, bob = join(graded, "Alice"), join(graded, "Bob")
        alice.send_bytes("".join(f"line {number}\n" for number in range(3000)).encode())
        pattern = rf"{TIME} {alice.name}: line (\d+)"
        for number in range(3000):
            found = bob.gets_like(pattern, f"'[time] {alice.name}: line {number}'")[1]
            bob.must(int(found) == number, f"get line {number} next, but gets line {found}")
