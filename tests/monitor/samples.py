"""Snapshots and moments for the checks of the monitor."""

from dataclasses import replace
from typing import Any

from shared.status import Person, RoomServer, Snapshot

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


SHARED = replace(
    QUIET,
    people_now=120,
    public_messages=1_000,
    hub_lag_seconds=0.0004,
    hub_away_seconds=3.5,
    hub_outages=1,
    servers=(
        RoomServer("one:12345", True, 3, 150, 7, 300, 0.0004, 3.5),
        RoomServer("two:12345", False, 80, 700, 20, 9_000, 0.0012),
        RoomServer("three:12345", False, 37, 150, unknown=frozenset({"hub_lag_seconds"})),
    ),
)
"""QUIET's server, where three have one room."""


def crowd(number: int) -> tuple[Person, ...]:
    """People with names that sort as they count."""
    return tuple(Person(f"Guest{each:04}", "10.0.0.1:5", STARTED, each) for each in range(number))


def changed(snapshot: Snapshot = QUIET, /, **fields: Any) -> Snapshot:
    """`snapshot` with other values in these fields."""
    return replace(snapshot, **fields)
