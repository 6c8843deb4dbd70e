"""What two snapshots of one server tell: rates, a restart, people who came and went. Pure.

New here: a counter tells little, the difference of two counters tells how busy it is.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from monitor.events import Event, of_people
from shared.status import Person, RoomServer, Snapshot

_CLOCK_SLACK_SECONDS = 1.0  # a server may work out `started` anew each time, and round it

COUNTERS = (
    "joins",
    "public_messages",
    "private_messages",
    "deliveries",
    "bytes_in",
    "bytes_out",
    "slow_disconnected",
    "refused",
    "log_errors",
    "log_lines_dropped",
    "console_lines_dropped",
    "hub_outages",
)
"""The fields of a snapshot that only grow, as long as it is the same server."""

LEVELS = {
    "people": ("people_now",),
    "threads": ("threads",),
    "memory": ("resident_bytes",),
    "log waiting": ("log_lines_waiting",),
    "people here": ("people_now",),
    "hub lag": ("hub_lag_seconds",),
}
"""Figures that a snapshot tells as they are, each with the fields it is the sum of."""

RATES = {
    "messages": ("public_messages", "private_messages"),
    "public": ("public_messages",),
    "private": ("private_messages",),
    "delivered": ("deliveries",),
    "in": ("bytes_in",),
    "out": ("bytes_out",),
    "hub gone": ("hub_away_seconds",),  # seconds a second: 1.0 is all the time
    "cpu": ("cpu_seconds",),  # seconds a second: 1.0 is one processor, wholly used
    "messages here": ("public_messages", "private_messages"),
    "public here": ("public_messages",),
    "private here": ("private_messages",),
}
"""Figures that are by how much their fields grew since the reading before, a second."""

INCREASES = {
    "joined": ("joins",),
    "too slow": ("slow_disconnected",),
    "turned away": ("refused",),
    "log errors": ("log_errors",),
    "lines dropped": ("log_lines_dropped", "console_lines_dropped"),
    "hub away": ("hub_outages",),
}
"""Figures that are by how much their fields grew: too rare for a rate."""

_HERE = {each: f"{each} here" for each in ("people", "messages", "public", "private")}
"""Figures that may be those of a room that several servers share; and what is this server's."""

OF_A_SHARED_ROOM = frozenset({*_HERE.values(), "hub lag", "hub away", "hub gone"})
"""Figures that there are only where several servers have one room."""

_FIELDS = LEVELS | RATES | INCREASES


def is_restart(old: Snapshot, new: Snapshot) -> bool:
    """Whether `new` comes from another run of the server than `old`.

    >>> is_restart(Snapshot(pid=7, joins=5), Snapshot(pid=7, joins=6))
    False
    >>> is_restart(Snapshot(pid=7, joins=5), Snapshot(pid=8, joins=6))
    True
    >>> is_restart(Snapshot(joins=5), Snapshot(joins=4))
    True
    """
    unknown = old.unknown | new.unknown  # a figure that is told no more has not gone back
    return (
        ("pid" not in unknown and old.pid != new.pid)
        or ("started" not in unknown and abs(old.started - new.started) > _CLOCK_SLACK_SECONDS)
        or any(getattr(new, each) < getattr(old, each) for each in COUNTERS if each not in unknown)
    )


def levels_of(snapshot: Snapshot) -> dict[str, float]:
    """The figures that one snapshot tells by itself.

    >>> levels_of(Snapshot(people_now=3, threads=7, unknown=frozenset({"log_lines_waiting"})))
    {'people': 3, 'threads': 7}
    """
    return {name: told for name in LEVELS if (told := total(snapshot, name)) is not None}


def changes_between(old: Snapshot, new: Snapshot, seconds: float) -> dict[str, float]:
    """The rates and increases of one server over `seconds`; none where no time went by.

    >>> changes_between(Snapshot(joins=10), Snapshot(joins=20), 5.0)["joined"]
    10
    """
    changes: dict[str, float] = {}
    for name in (*RATES, *INCREASES) if seconds > 0 else ():
        before, after = total(old, name), total(new, name)
        if before is not None and after is not None:
            more = max(0, after - before)  # CPU time is not a counter of ours, and may be rounded
            changes[name] = more / seconds if name in RATES else more
    return changes


def total(snapshot: Snapshot, name: str) -> float | None:
    """What the fields of a figure add up to; None where the server tells none of them."""
    source: Snapshot | RoomServer = snapshot
    if name in OF_A_SHARED_ROOM:
        if not snapshot.servers or (name in _HERE.values() and snapshot.here is None):
            return None
        source = snapshot.here if name in _HERE.values() and snapshot.here else snapshot
    known = [getattr(source, each) for each in _FIELDS[name] if each not in source.unknown]
    told: list[float] = [each for each in known if each is not None]
    return sum(told) if told else None


def own(snapshot: Snapshot | None, name: str) -> str:
    """The figure to take where several servers are added up.

    They may have one room, which must not count once for each of them.

    >>> own(Snapshot(), "people"), own(Snapshot(servers=(RoomServer("a", True),)), "people")
    ('people', 'people here')
    """
    is_shared = snapshot is not None and snapshot.here is not None
    return _HERE.get(name, name) if is_shared else name


class Moves(NamedTuple):
    """What became of the people of one snapshot in the next."""

    left: list[str]
    renamed: list[tuple[str, str]]
    joined: list[str]


def who_came_and_went(old: Snapshot, new: Snapshot, clock: float) -> list[Event]:
    """Events: with names where both lists of people are whole, else with numbers.

    >>> old, new = Snapshot(people_now=4, joins=9), Snapshot(people_now=5, joins=12)
    >>> [each.text for each in who_came_and_went(old, new, 0.0)]
    ['2 left', '3 joined']
    """
    if len(old.people) < old.people_here or len(new.people) < new.people_here:
        more = new.people_now - old.people_now
        is_told = "joins" not in old.unknown | new.unknown
        joined = new.joins - old.joins if is_told else max(0, more)
        counts = ((joined - more, "left"), (joined, "joined"))
        return [Event(clock, did, others=number) for number, did in counts if number > 0]
    moves = moves_between(old.people, new.people)
    renamed = [Event(clock, "is now", (each,), became=name) for each, name in moves.renamed]
    left, came = (
        of_people(clock, *each) for each in (("left", moves.left), ("joined", moves.joined))
    )
    return [*left, *renamed, *came]


def moves_between(old: Sequence[Person], new: Sequence[Person]) -> Moves:
    """People who left, who have a new name, who joined. Both between two readings is not seen.

    >>> moves_between([Person("Ann"), Person("Bob")], [Person("Bob"), Person("Cy")])
    Moves(left=['Ann'], renamed=[], joined=['Cy'])
    >>> moves_between([Person("Bob", "::1", 7.0)], [Person("Robert", "::1", 7.0)])
    Moves(left=[], renamed=[('Bob', 'Robert')], joined=[])
    """
    old_names = {each.name for each in old}
    new_names = {each.name for each in new}
    arrived = [each for each in new if each.name not in old_names]
    by_connection = {_connection(each): each for each in arrived if each.since}
    moves = Moves([], [], [])
    for each in old:
        if each.name in new_names:
            continue
        person = by_connection.pop(_connection(each), None)
        if person:
            moves.renamed.append((each.name, person.name))
        else:
            moves.left.append(each.name)
    renamed = {name for _, name in moves.renamed}
    moves.joined.extend(each.name for each in arrived if each.name not in renamed)
    return moves


def _connection(person: Person) -> tuple[str, float]:
    """What stays the same when a person takes another name, where the server tells it."""
    return person.address, person.since


def paces_between(old: Snapshot, new: Snapshot, seconds: float) -> Mapping[str, float]:
    """Messages a second of each person who is in both, by the name that they have now.

    >>> paces_between(Snapshot(people=(Person("Ann", messages=3),)),
    ...               Snapshot(people=(Person("Ann", messages=13), Person("Bob"))), 5.0)
    {'Ann': 2.0}
    """
    if seconds <= 0:
        return {}
    before = {_who(each): each.messages for each in old.people if "messages" not in each.unknown}
    return {
        each.name: (each.messages - before[_who(each)]) / seconds
        for each in new.people
        if each.messages >= before.get(_who(each), each.messages + 1)
    }


def server_paces_between(old: Snapshot, new: Snapshot, seconds: float) -> Mapping[str, float]:
    """Messages a second of each server that is in both, by its name, if neither has begun anew.

    >>> one, two = RoomServer("a", public_messages=3), RoomServer("a", public_messages=13)
    >>> server_paces_between(Snapshot(servers=(one,)), Snapshot(servers=(two,)), 5.0)
    {'a': 2.0}
    """
    if seconds <= 0:
        return {}
    before = {each.name: _said_at(each) for each in old.servers}
    after = {each.name: _said_at(each) for each in new.servers}
    return {
        name: (said - was) / seconds
        for name, said in after.items()
        if said is not None and (was := before.get(name)) is not None and said >= was
    }


def _said_at(server: RoomServer) -> int | None:
    is_told = not server.unknown & {"public_messages", "private_messages"}
    return server.public_messages + server.private_messages if is_told else None


def _who(person: Person) -> tuple[str, float]:
    """Whoever it is, also under another name; where the server tells no more, their name."""
    return _connection(person) if person.since else (person.name, 0.0)
