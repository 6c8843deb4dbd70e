"""Snapshots and moments for the checks of the monitor."""

from dataclasses import replace
from typing import Any

from shared.status import Person, Snapshot

STARTED = 1_700_000_000.0

PEOPLE = (
    Person("Alice", "127.0.0.1:50001", STARTED + 10, 120, 0),
    Person("bob", "127.0.0.1:50002", STARTED + 5, 7, 2048),
    Person("小明", "127.0.0.1:50003", STARTED + 20, 30, 0),
)

QUIET = Snapshot(
    server="phase4 0.1.0",
    pid=4711,
    started=STARTED,
    time=STARTED + 3 * 3600 + 240,
    people_now=3,
    people_peak=8,
    max_people=1000,
    joins=12,
    public_messages=150,
    private_messages=7,
    deliveries=300,
    bytes_in=4_000,
    bytes_out=52_000,
    threads=9,
    people=PEOPLE,
)


def crowd(number: int) -> tuple[Person, ...]:
    """People with names that sort as they count."""
    return tuple(Person(f"Guest{each:04}", "10.0.0.1:5", STARTED, each) for each in range(number))


def changed(snapshot: Snapshot = QUIET, /, **fields: Any) -> Snapshot:
    """`snapshot` with other values in these fields."""
    return replace(snapshot, **fields)
