"""Servers with real links, moved by hand, and an engine in memory that loses what it is told to."""

from types import SimpleNamespace
from typing import Any, cast

import pytest

from phase4.hub import beginning, link
from phase4.hub.contract import EngineDown, Entry, order_of
from phase4.hub.link import Link
from phase4.hub.operations import Beat
from phase4.server.member import Member
from phase4.server.offering import entry_of
from phase4.server.outbox import Outbox
from phase4.server.past import Past
from phase4.server.wish import Wish
from shared.address import Address
from tests.phase4.hub.by_hand import new_room

Copy = tuple[list[Entry], tuple[int, int], bytes | None]


class Stream:
    """What an engine keeps. Its clock stands still, but for a moment for each entry."""

    def __init__(self) -> None:
        self.now = 1_700_000_000_000
        self.empty()

    def empty(self) -> None:
        """Lose all."""
        self.entries: list[Entry] = []
        self._last = (0, 0)
        self.snapshot: bytes | None = None

    def copy(self) -> Copy:
        """For `put_back`."""
        return [*self.entries], self._last, self.snapshot

    def put_back(self, copy: Copy) -> None:
        """Lose what came after it."""
        entries, self._last, self.snapshot = copy
        self.entries = [*entries]

    def append(self, data: bytes) -> None:
        """As Redis does it: where the clock has gone back, the time of the last one counts."""
        self.now += 10
        moment, number = self._last
        self._last = (self.now, 0) if self.now > moment else (moment, number + 1)
        self.entries.append(Entry("{}-{}".format(*self._last), self._last[0] / 1000, data))


class MadeUpEngine:
    """One server's way to it: phase4.hub.contract.Engine. It can be cut."""

    def __init__(self, stream: Stream) -> None:
        self.is_cut = False
        self._stream = stream

    @property
    def _there(self) -> Stream:
        if self.is_cut:
            raise EngineDown("it is cut")
        return self._stream

    def check(self) -> None:
        """See Engine."""

    def append(self, data: bytes) -> None:
        """See Engine."""
        self._there.append(data)

    def read(self, after: str, seconds: float) -> list[Entry]:
        """See Engine."""
        place = order_of(after)
        return [each for each in self._there.entries if order_of(each.position) > place][:64]

    def span(self) -> tuple[str, str]:
        """See Engine."""
        entries = self._there.entries
        return (entries[0].position, entries[-1].position) if entries else ("", "")

    def is_before(self, one: str, other: str) -> bool:
        """See Engine."""
        return order_of(one) < order_of(other)

    def load(self) -> bytes | None:
        """See Engine."""
        return self._there.snapshot

    def save(self, snapshot: bytes) -> None:
        """See Engine."""
        self._there.snapshot = snapshot

    def is_connected(self, server: str) -> bool:
        """See Engine."""
        return False

    def close(self) -> None:
        """See Engine."""


class Disk:
    """What is left of a server: its hub.json, what it has logged, and how many messages."""

    def __init__(self) -> None:
        self.kept: bytes | None = None
        self.log: list[str] = []
        self.next_number = 1


class Server:
    """A room and its link, whose threads are this one."""

    def __init__(self, name: str, stream: Stream, disk: Disk | None = None) -> None:
        self.disk = disk or Disk()
        self.engine = MadeUpEngine(stream)
        self.heard: list[tuple[int, str]] = []
        self.people: dict[str, Member] = {}
        log = SimpleNamespace(public="public", private=None, connections=None, retry=None)
        self.room = new_room(
            log, remember=lambda lock: Past(lock, next_number=self.disk.next_number)
        )
        fan_out = cast(Any, self.room.fan_out)
        fan_out.deliver = lambda line, outbox: None
        fan_out.log, fan_out.broadcast = self._log, self._hear
        fan_out.when_sent = lambda call: call()
        self.link = Link(
            self.engine,
            name,
            self.room,
            fan_out,
            figures=dict,
            report=lambda text: None,
            is_broken=fan_out.is_broken,
        )
        file = SimpleNamespace(read=lambda: self.disk.kept, write=self._keep)
        self.room.join_hub(self.link, cast(Any, file))

    def _keep(self, data: bytes) -> None:
        self.disk.kept = data

    def _log(self, kind: object, entry: bytes) -> None:
        if kind == "public":
            self.disk.log.append(entry.decode().partition(" ")[2].rstrip("\n"))

    def _hear(self, line: bytes, outbox: object = None, number: int | None = None) -> None:
        if number is not None:
            self.disk.next_number = number + 1
            self.heard.append((number, line.decode().partition(" ")[2].rstrip("\n")))

    # --- what its threads do ----------------------------------------------------------------------

    def publish(self) -> bool:
        """Append one batch, if there is anything to say."""
        publisher = self.link.publisher
        with publisher._changed:
            is_first = not publisher._number  # then it says that it lives, if nothing else
            may_go = publisher._is_up and (is_first or bool(publisher._operations))
            if not (may_go or publisher._again or (publisher._lost and publisher._is_reached)):
                return False
            publisher._beat_at = 0.0 if is_first else float("inf")
            data = publisher._next()
        assert data is not None
        try:
            self.engine.append(data)
        except EngineDown as error:
            with publisher._changed:
                publisher._is_up = publisher._is_reached = False
                publisher._again.clear()
            publisher._on_down(error)
        else:
            publisher._was_taken(data)
        return True

    def read(self) -> bool:
        """Read what is there."""
        if self.link._must_repair and not self.link._repair():
            return False
        try:
            entries = self.link._read(0.0)
        except EngineDown as error:
            self.link._went_down(error)
            return False
        if entries or self.link._has_begun:
            return bool(entries)
        self.link._begin()
        return True

    # --- what happens to it -----------------------------------------------------------------------

    def cut(self) -> None:
        """Cut it off, and let it notice."""
        self.engine.is_cut = True
        self.link._went_down(EngineDown("it is cut"))

    def mend(self) -> None:
        """Take that back."""
        self.engine.is_cut = False

    def beat(self, *others: "Server") -> None:
        """Let it say that it lives, and write snapshots once that is read."""
        self.link.say(Beat({}))
        settle(self, *others)
        self.link.publisher._on_beat()

    def join(self, name: str) -> None:
        """Let somebody ask for this name."""
        member = Member(Outbox(cast(Any, None)), Address("192.0.2.7", 1))
        self.room.connect(member)
        self.link.say(entry_of(member, [name, f"{name}1"], name), Wish(member))
        self.people[name] = member

    def say(self, name: str, text: str) -> None:
        """Let them say something."""
        self.room.say(self.people[name], text)

    def close(self) -> None:
        """Give its descriptors back."""
        self.room.fan_out._wakeup.close()


def settle(*servers: Server) -> None:
    """Have all say and read what there is, in turn."""
    for _ in range(1000):
        moved = [each.read() | each.publish() for each in servers]
        if not any(moved):
            return
    raise AssertionError("They never come to an end.")


@pytest.fixture(autouse=True)
def _without_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits for a snapshot, nor for others that give again what is lost."""
    monkeypatch.setattr(link, "SETTLE_SECONDS", 0.0)
    monkeypatch.setattr(link, "SNAPSHOT_SECONDS", 0.0)
    monkeypatch.setattr(link, "GATHER_SECONDS", 0.0)
    monkeypatch.setattr(beginning, "_RETRY_SECONDS", 0.0)
