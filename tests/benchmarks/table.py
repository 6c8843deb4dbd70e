"""The results as Markdown, ready to be pasted into a page."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from tests.benchmarks.generator import Figures, Part
from tests.benchmarks.results import (
    Results,
    Values,
    bytes_for_a_person,
    cpu_for_a_million,
    engine_share,
    generator_share,
    median,
    per_second,
    ratio,
    server_share,
)

_UNKNOWN = "–"


@dataclass(frozen=True)
class Column:
    """A column of figures that are compared."""

    head: str
    value: Callable[[Figures], float | None]
    show: Callable[[float], str]


def _milliseconds(seconds: float) -> str:
    return f"{seconds * 1000:.2f}"


_COLUMNS = (
    Column("deliveries/s", per_second, "{:,.0f}".format),
    Column("latency p50, ms", lambda figures: figures.p50, _milliseconds),
    Column("latency p99, ms", lambda figures: figures.p99, _milliseconds),
    Column("server's CPU s for a million", cpu_for_a_million, "{:.2f}".format),
)


def speeds(results: Results, servers: list[str], rooms: dict[int, list[Part]]) -> str:
    """Each server in each room in each part, compared with the first of the servers."""
    rows = [
        row
        for people, parts in rooms.items()
        for number, part in enumerate(parts)
        for row in _rows(results, servers, people, number, part)
    ]
    heads = [
        "room",
        "server",
        *(each.head for each in _COLUMNS),
        "CPU: server + generator",
    ]
    return _markdown(heads, rows)


def _rows(
    results: Results, servers: list[str], people: int, number: int, part: Part
) -> Iterator[list[str]]:
    room = f"{people} people, {part.senders} speaking, {part.in_flight} under way"
    for server in servers:
        cells = [
            _compared(
                results.of_part(server, people, number, column.value),
                results.of_part(servers[0], people, number, column.value),
                column.show,
            )
            for column in _COLUMNS
        ]
        yield [room, server, *cells, _shares(results, server, people, number)]
        room = ""


def _shares(results: Results, server: str, people: int, number: int) -> str:
    """How much of a CPU the servers and the generator had, and the engine, where there is one."""
    shares = [
        median(results.of_part(server, people, number, value))
        for value in (server_share, generator_share)
    ]
    text = " + ".join(_UNKNOWN if each is None else f"{each:.0%}" for each in shares)
    engine = median(results.of_part(server, people, number, engine_share))
    return text if engine is None else f"{text} + engine {engine:.0%}"


def memory(results: Results, servers: list[str], people: int) -> str:
    """What each server needs when nobody is there, and for each person."""
    rows = []
    for server in servers:
        empty = results.of_run(server, people, lambda report: report.empty_bytes)
        each = results.of_run(server, people, bytes_for_a_person)
        reference = results.of_run(servers[0], people, bytes_for_a_person)
        megabytes = median(empty)
        rows.append(
            [
                server,
                _UNKNOWN if megabytes is None else f"{megabytes / 1e6:.1f} MB",
                _compared(each, reference, lambda value: f"{value / 1000:.1f} kB"),
            ]
        )
    return _markdown(["server", "memory, empty", f"for each of {people} people"], rows)


def _compared(values: Values, reference: Values, show: Callable[[float], str]) -> str:
    """`ratio (absolute)`."""
    absolute, compared = median(values), ratio(values, reference)
    if absolute is None:
        return _UNKNOWN
    return f"({show(absolute)})" if compared is None else f"**{compared:.2f}** ({show(absolute)})"


def _markdown(heads: list[str], rows: list[list[str]]) -> str:
    rule = ["---" if head in ("room", "server") else "--:" for head in heads]
    return "\n".join(f"| {' | '.join(row)} |" for row in [heads, rule, *rows])
