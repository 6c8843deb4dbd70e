"""What all servers of a room agree on: who is here, where, and how much was said. No I/O.

New here: a *replicated state machine* (Lamport 1978; Schneider, "Implementing Fault-Tolerant
Services Using the State Machine Approach", 1990). Every server applies the same batches in the
same order, the engine's, to the same state. So all come to the same result, and need not ask each
other: who got a name that two wanted, where a message goes, which server is dead.

For that, `apply` may depend on nothing but the state and the batch: on no clock, no random number,
no setting. And it never raises: a batch that one server cannot bear would end all of them. What
makes no sense is skipped, by all alike.

A server that begins may find nothing that tells it what was before. It cannot come to what the
others have, so they come to what it has: with its first batch the room *begins anew*, and nothing
of what was before counts any more, for anybody. From there on a state is made of what stands
behind that batch, and of nothing else.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, fields, replace
from typing import Any

from phase4.hub import events
from phase4.hub.events import Event, Happened, Person
from phase4.hub.names import Name, names_of
from phase4.hub.operations import (
    MAX_NUMBER,
    Batch,
    Beat,
    Begin,
    Bury,
    End,
    Enter,
    HandOver,
    Leave,
    Login,
    Nothing,
    Nudge,
    Operation,
    Order,
    Reenter,
    Rename,
    Resume,
    Say,
    Whisper,
)

MAX_DEAD = 1_000
"""Dead servers that are remembered: their batches may come late. The oldest are forgotten."""

MAX_SERVERS = 100
"""That live at a time. Of more, nothing counts."""

MAX_TIME = 253_402_214_400
"""The last day of the year 9999: there the calendars of programs end, in some zone."""

MAX_TEXT_CHARACTERS = 4096
"""Of a line; no server takes a longer one from its people."""

_PERSON = [each.name for each in fields(Person)]


@dataclass(slots=True)
class Server:
    """A server that lives."""

    number: int
    """Of its last batch."""

    figures: dict[str, Any] = field(default_factory=dict)


# --- the state ------------------------------------------------------------------------------------


class State:
    """Not for two threads at once: whoever holds it has a lock."""

    def __init__(self) -> None:
        self.people: dict[str, Person] = {}  # by fold
        self.servers: dict[str, Server] = {}
        self.said = 0
        """Messages to all, and those `before`; the number of the last one."""
        self.before = 0
        """Messages of before this era, as far as the logs of its servers know."""
        self.era = ""
        """The server that has begun the room, or has begun it anew."""
        self.era_at = 0.0
        """The time of that."""
        self.time = 0.0
        """Of the last batch: Unix time in seconds, by the engine's clock. In an era it never goes
        back."""
        self.skipped = 0
        """Operations and batches that made no sense, or came late."""
        self._looks: dict[str, str] = {}  # the fold, by look
        self._arrivals: dict[str, str] = {}  # the fold, by arrival
        self._shown: dict[str, set[str]] = {}  # the folds, by proof or account
        self._dead: dict[str, None] = {}  # the oldest first
        self._place = 0  # in its batch, of the operation that is applied

    # --- questions ------------------------------------------------------------------------------

    def holder(self, fold: str, look: str, *, but: Person | None = None) -> Person | None:
        """Whoever has this name, or one that looks like it; `but` one, who does not count.

        There may be two: one has the name, and one looks like it.
        """
        for each in (self.people.get(fold), self.people.get(self._looks.get(look, ""))):
            if each is not None and each is not but:
                return each
        return None

    def is_dead(self, server: str) -> bool:
        """Whether nothing of this server counts any more."""
        return server in self._dead

    def people_of(self, server: str) -> tuple[Person, ...]:
        """Those who are here through one server."""
        return tuple(each for each in self.people.values() if each.server == server)

    # --- one batch after the other --------------------------------------------------------------

    def apply(self, batch: Batch, time: float) -> list[Happened]:
        """What has happened by a batch that the engine took at this time. Never raises."""
        happened = [*self._begin_anew(batch.era)] if self._is_begun_anew_by(batch, time) else []
        known = self.servers.get(batch.server)
        is_again = known is not None and batch.number <= known.number
        if batch.era != self.era or self.is_dead(batch.server) or is_again:
            self.skipped += 1
            return []
        if known is None:
            if len(self.servers) >= MAX_SERVERS:
                self.skipped += 1
                return []
            known = self.servers[batch.server] = Server(batch.number - 1)
        # Where it was skipped it makes it no later: some have read it at its own time.
        if self.time < time < MAX_TIME:
            self.time = time
        if happened:
            self.era_at = self.time
        happened += self._missing(batch, known)
        known.number = batch.number
        for place, operation in enumerate(batch.operations):
            if batch.server not in self.servers:  # it has ended, by an operation before
                self.skipped += len(batch.operations) - place
                break
            self._place = place
            made = list(self._do(batch.server, operation))
            self.skipped += not made and not isinstance(operation, Beat | Nothing)
            happened += [(place, each) for each in made]
        return happened

    def _is_begun_anew_by(self, batch: Batch, time: float) -> bool:
        """A batch that was given again comes late: an era that is not newer is over by then."""
        if not batch.begins_era or batch.era == self.era:
            return False
        return batch.time is None or not self.era or time > self.era_at

    def _begin_anew(self, era: str) -> Iterator[Happened]:
        """Forget all: whoever has not read it must come to the same. Time may go back by it."""
        for server in sorted(self.servers):
            yield -1, events.Ended(server, self.people_of(server), is_lost=True)
        yield -1, events.BeganAnew(self.said)
        skipped = self.skipped
        State.__init__(self)
        self.era, self.skipped = era, skipped

    @staticmethod
    def _missing(batch: Batch, known: Server) -> Iterator[Happened]:
        if count := batch.number - known.number - 1:
            yield -1, events.Missing(batch.server, count)

    def _do(self, server: str, operation: Operation | None) -> Iterable[Event]:
        match operation:
            case Say(_, text) | Whisper(text=text) if len(text) > MAX_TEXT_CHARACTERS:
                return ()
            case Say(speaker, text):
                return self._say(server, speaker, text)
            case Whisper():
                return self._whisper(server, operation)
            case Enter():
                return self._enter(server, operation)
            case Reenter(since=since) if since >= 0:
                return self._reenter(server, operation)
            case Rename():
                return self._rename(server, operation)
            case Login():
                return self._login(server, operation)
            case Resume(proof, seen) if proof and 0 <= seen < MAX_NUMBER:
                return (events.Resumed(server, proof, seen),)
            case HandOver():
                return self._hand_over(server, operation)
            case Nudge(account):
                return (events.Nudged(account),)
            case Leave(speaker, reason):
                return self._leave(server, speaker, reason)
            case Beat(figures):
                self.servers[server].figures = figures
            case Begin(before) if before < MAX_NUMBER:
                more = max(0, before - self.before)
                self.said, self.before = self.said + more, self.before + more
                return (events.Began(server, more),)
            case End():
                return self._gone(server, is_lost=False)
            case Bury(other) if other in self.servers:
                return self._gone(other, is_lost=True)
            case Order(by, order):
                return (events.Ordered(by, order),)
        return ()

    def _at(self, server: str, speaker: str) -> Person | None:
        """Somebody who is here through this server."""
        person = self.people.get(self._arrivals.get(speaker, speaker))
        return person if person is not None and person.server == server else None

    def _say(self, server: str, speaker: str, text: str) -> Iterable[Event]:
        person = self._at(server, speaker)
        if person is not None:
            self.said += 1
            yield events.Said(person, text, self.said)
        else:
            yield events.Unsaid()

    def _whisper(self, server: str, asked: Whisper) -> Iterable[Event]:
        person = self._at(server, asked.speaker)
        to = self.people.get(asked.to_fold)
        if person is None:
            yield events.Unsaid()
        elif to is None or to.entry != asked.to_entry:
            yield events.NotHere(person, asked.to, asked.text)
        else:
            yield events.Whispered(person, to, asked.text)

    def _reenter(self, server: str, asked: Reenter) -> Iterable[Event]:
        since = asked.since
        folds = self._shown.get(asked.proof, set()) | self._shown.get(f"/{asked.account}", set())
        for each in (self.people[fold] for fold in sorted(folds)):
            if each.server != server and each.since >= since:
                return (events.Elsewhere(each),)
        return self._enter(server, Enter(*asked[:5], []), min(since, self.time))

    def _enter(self, server: str, asked: Enter, since: float | None = None) -> Iterable[Event]:
        since = self.time if since is None else since
        for at, name in enumerate(names_of(asked.names)):
            holder = self.holder(name.fold, name.look)
            replaced = holder if holder is not None and _is_theirs(holder, asked) else None
            if replaced is not None:
                self._drop(replaced)
                name = Name(replaced.name, replaced.fold, replaced.look)
            elif holder is not None:
                is_owned = bool(asked.account) and not at
                made_way = self._make_way(name, holder, asked.others) if is_owned else None
                if made_way is None:
                    continue
                yield made_way
            account = replaced.account if replaced is not None else ""
            if asked.account and not at:  # the first name is the account's
                account = asked.account
            arrival = self._arrival(server)
            entry = replaced.entry if replaced is not None else arrival
            person = Person(*name, server, asked.host, since, asked.proof, account, entry, arrival)
            self._put(person)
            yield events.Entered(person, asked.wanted, replaced)
            return
        yield events.Taken()

    def _arrival(self, server: str) -> str:
        """Of whoever comes in now: many may in one batch, so its place in it is a part."""
        return f"{server}#{self.servers[server].number}.{self._place}"

    def _rename(self, server: str, asked: Rename) -> Iterable[Event]:
        old = self._at(server, asked.speaker)
        if old is None:
            yield events.NotRenamed(None)
            return
        holder: Person | None = None
        for name in names_of(asked.names):
            holder = self.holder(name.fold, name.look, but=old)
            if holder is None:
                account = old.account if name.fold == old.fold else ""
                yield events.Renamed(old, self._become(old, name, account))
                return
        yield events.NotRenamed(holder)

    def _login(self, server: str, asked: Login) -> Iterable[Event]:
        old = self._at(server, asked.speaker)
        if old is None:
            yield events.NotRenamed(None)
            return
        name = Name(old.name, old.fold, old.look)
        if asked.account:
            name = next(names_of(asked.names), name)
        holder = self.holder(name.fold, name.look, but=old)
        if holder is not None and asked.account and holder.account == asked.account:
            yield events.Ousted(self._drop(holder))
            holder = self.holder(name.fold, name.look, but=old)
        if holder is not None:
            made_way = self._make_way(name, holder, asked.others, old)
            if made_way is None:
                yield events.NotRenamed(holder)
                return
            yield made_way
        new = replace(old, since=self.time) if asked.account else old
        yield events.LoggedIn(old, self._become(new, name, asked.account))

    def _make_way(
        self, name: Name, holder: Person, others: list[list[str]], owner: Person | None = None
    ) -> events.MadeWay | None:
        """Give the holder of a registered name another one, as its owner has come.

        None: they have to keep it, or that would not do, as somebody else has one that looks alike.
        """
        rival = self.holder(name.fold, name.look, but=holder)
        if rival is not None and rival is not owner:
            return None
        for other in names_of(others):
            is_apart = other.fold != name.fold and other.look != name.look
            if is_apart and self.holder(other.fold, other.look) is None:
                return events.MadeWay(holder, self._become(holder, other, ""))
        return None

    def _become(self, old: Person, name: Name, account: str) -> Person:
        self._drop(old)
        new = replace(old, name=name.name, fold=name.fold, look=name.look, account=account)
        self._put(new)
        return new

    def _hand_over(self, server: str, given: HandOver) -> Iterable[Event]:
        fold, entry, proof, lost, lines = given
        if not (proof and 0 <= lost < MAX_NUMBER and all(isinstance(each, str) for each in lines)):
            return
        to = self.people.get(fold)
        if to is None or to.proof != proof:  # they have another name by now, or are gone
            same = (each for each in self.people.values() if each.entry == entry)
            to = next((each for each in same if each.proof == proof), None)
        yield events.HandedOver(server, to, fold, proof, lost, tuple(lines))

    def _leave(self, server: str, speaker: str, reason: str) -> Iterable[Event]:
        person = self._at(server, speaker)
        if person is not None:
            yield events.Left(self._drop(person), reason)

    def _gone(self, server: str, *, is_lost: bool) -> Iterable[Event]:
        people = self.people_of(server)
        for each in people:
            self._drop(each)
        self.servers.pop(server, None)
        self._dead[server] = None
        if len(self._dead) > MAX_DEAD:
            del self._dead[next(iter(self._dead))]
        yield events.Ended(server, people, is_lost)

    def _put(self, person: Person) -> None:
        self.people[person.fold] = person
        self._looks[person.look] = person.fold
        self._arrivals[person.arrival] = person.fold
        for each in person.shown:
            self._shown.setdefault(each, set()).add(person.fold)

    def _drop(self, person: Person) -> Person:
        del self.people[person.fold]
        self._looks.pop(person.look, None)
        self._arrivals.pop(person.arrival, None)
        for each in person.shown:
            self._shown[each].discard(person.fold)
            if not self._shown[each]:
                del self._shown[each]
        return person

    # --- snapshots ------------------------------------------------------------------------------

    def copy(self) -> "State":
        """One that stays as it is. Takes a moment, however many people are here."""
        other = State()
        other.said, other.before, other.time = self.said, self.before, self.time
        other.era, other.era_at = self.era, self.era_at
        other.people, other._looks = dict(self.people), dict(self._looks)
        other._arrivals = dict(self._arrivals)
        other._shown = {each: {*folds} for each, folds in self._shown.items()}
        other.servers = {
            name: Server(each.number, each.figures) for name, each in self.servers.items()
        }
        other._dead = dict(self._dead)
        return other

    def to_json(self) -> dict[str, Any]:
        """All of it. Two states are the same where this is."""
        return {
            "era": self.era,
            "era_at": self.era_at,
            "said": self.said,
            "before": self.before,
            "time": self.time,
            "people": [
                {name: getattr(each, name) for name in _PERSON} for each in self.people.values()
            ],
            "servers": {
                name: {"number": each.number, "figures": each.figures}
                for name, each in self.servers.items()
            },
            "dead": [*self._dead],
        }

    @classmethod
    def of(
        cls,
        *,
        era: str,
        era_at: float,
        said: int,
        before: int,
        time: float,
        people: Iterable[Person],
        servers: dict[str, Server],
        dead: Iterable[str],
    ) -> "State":
        """A state of these parts. Raises ValueError for one that no batches can lead to."""
        state = cls()
        state.era, state.era_at, state.time = era, era_at, time
        state.said, state.before, state.servers = said, before, servers
        state._dead = dict.fromkeys(dead)
        if len(servers) > MAX_SERVERS or len(state._dead) > MAX_DEAD or time >= MAX_TIME:
            raise ValueError("There are too many servers, or it is too late.")
        if before > said or era_at > time:
            raise ValueError("More was said before than in all, or the era has not come yet.")
        if not state._dead.keys().isdisjoint(servers):
            raise ValueError("A server lives and is dead.")
        entries = set()
        for each in people:
            entries.add(each.entry)
            if not (each.name and each.fold and each.look) or each.since > time:
                raise ValueError("Somebody has no name, or has not come yet.")
            if each.server not in servers or state.holder(each.fold, each.look) is not None:
                raise ValueError("Somebody is at no server, or has a name that is another's.")
            state._put(each)
        if len(entries) < len(state.people) or len(state._arrivals) < len(state.people):
            raise ValueError("Two have come in by one operation.")
        return state

    def __eq__(self, other: object) -> bool:
        return isinstance(other, State) and self.to_json() == other.to_json()

    __hash__ = None  # type: ignore[assignment]


def _is_theirs(holder: Person, asked: Enter) -> bool:
    """Whether whoever wants to enter has shown that this is their own lost connection."""
    by_proof = bool(asked.proof) and holder.proof == asked.proof
    return by_proof or (bool(asked.account) and holder.account == asked.account)
