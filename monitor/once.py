"""The figures as plain text, for `--once`: to read, to mail, to keep in a log. Pure."""

from collections.abc import Callable, Iterable, Sequence

from monitor.changes import total
from monitor.figures import milliseconds
from monitor.people import bytes_of, messages_of, outbox_of
from monitor.servers import COLUMNS, away, cell, name_of
from shared import text
from shared.status import Person, Snapshot


def as_text(address: str, snapshot: Snapshot) -> str:
    """Lines for a person to read, the last one with its newline too."""
    lines = [_title(address, snapshot), "", *_figures(snapshot), *_hub(snapshot)]
    lines += [*_servers(snapshot), *_people(snapshot)]
    return "".join(line.rstrip() + "\n" for line in lines)


def _title(address: str, snapshot: Snapshot) -> str:
    parts = [address]
    if snapshot.server:
        parts.append(text.printable(snapshot.server))
    if snapshot.server_version and snapshot.server_version not in snapshot.server:
        parts.append(f"version {text.printable(snapshot.server_version)}")
    if snapshot.pid:
        parts.append(f"pid {snapshot.pid}")
    if snapshot.has_uptime:
        parts.append(f"up {text.duration(snapshot.uptime_seconds)}")
    return ", ".join(parts)


def _figures(snapshot: Snapshot) -> Iterable[str]:
    """A line for each figure; of what the server does not tell, a dash or nothing."""
    messages = total(snapshot, "messages")

    def told(field: str, form: Callable[[float], str] = _count) -> str:
        value = getattr(snapshot, field)
        return _NONE if value is None or field in snapshot.unknown else form(value)

    room = f", room for {_count(snapshot.max_people)}" if snapshot.max_people else ""
    for label, figure in (
        (
            "people",
            f"{told('people_now')} (peak {told('people_peak')}, {told('joins')} joined{room})",
        ),
        (
            "messages",
            f"{_NONE if messages is None else _count(messages)} "
            f"(public {told('public_messages')}, private {told('private_messages')})",
        ),
        ("delivered", told("deliveries")),
        ("bytes", f"{told('bytes_in', text.size)} in, {told('bytes_out', text.size)} out"),
        ("too slow", f"{told('slow_disconnected')} disconnected"),
        ("turned away", told("refused")),
        (
            "log",
            f"{told('log_errors')} errors, {told('log_lines_waiting')} lines wait, "
            f"{told('log_lines_dropped')} dropped (console: {told('console_lines_dropped')})",
        ),
        ("threads", told("threads")),
        ("memory", told("resident_bytes", text.size)),
        ("cpu", f"{told('cpu_seconds', text.duration)} since the start"),
    ):
        yield f"{label:<12} {figure}"


_NONE = "–"


def _count(number: float) -> str:
    return text.count(int(number))


def _hub(snapshot: Snapshot) -> Iterable[str]:
    """How the link to the hub does, where there is one."""
    if snapshot.servers:
        lag = snapshot.hub_lag_seconds
        known = "hub_outages" not in snapshot.unknown
        outages = _count(snapshot.hub_outages) if known else _NONE
        yield (
            f"{'hub':<12} {_NONE if lag is None else milliseconds(lag)} "
            f"(outages {outages}, away for {away(snapshot.hub_away_seconds)})"
        )


def _servers(snapshot: Snapshot) -> Iterable[str]:
    if snapshot.servers:
        rows = [("server", *COLUMNS)]
        for each in snapshot.servers:
            rows.append((name_of(each), *(cell(each, title) or _NONE for title in COLUMNS)))
        yield from _in_columns(rows, words=1)


def _people(snapshot: Snapshot) -> Iterable[str]:
    if not snapshot.people:
        return
    people = sorted(snapshot.people, key=lambda each: each.name.casefold())
    rows: list[tuple[str, ...]] = [
        ("name", "address", "since", "messages", "bytes", "outbox"),
    ]
    rows += [_row(each, snapshot.time) for each in people]
    yield from _in_columns(rows, words=2)


def _row(person: Person, now: float) -> tuple[str, ...]:
    return (
        text.printable(person.name),
        text.printable(person.address),
        text.since(person.since, now) or _NONE,
        messages_of(person) or _NONE,
        bytes_of(person) or _NONE,
        outbox_of(person) or _NONE,
    )


def _in_columns(rows: Sequence[Sequence[str]], *, words: int) -> Iterable[str]:
    """An empty line, and the rows: so many words at the left, the figures at the right."""
    widths = [max(map(text.cells, column)) for column in zip(*rows, strict=True)]
    yield ""
    for row in rows:
        cells = zip(row, widths, strict=True)
        yield "  ".join(
            text.left(each, width) if number < words else text.right(each, width)
            for number, (each, width) in enumerate(cells)
        )
