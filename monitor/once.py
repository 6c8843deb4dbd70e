"""The figures as plain text, for `--once`: to read, to mail, to keep in a log. Pure."""

from collections.abc import Callable, Iterable, Sequence

from monitor.changes import total
from monitor.people import bytes_of, messages_of, outbox_of
from shared import text
from shared.status import Person, Snapshot


def as_text(address: str, snapshot: Snapshot) -> str:
    """Lines for a person to read, the last one with its newline too."""
    lines = [_title(address, snapshot), "", *_figures(snapshot), *_people(snapshot)]
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


def _people(snapshot: Snapshot) -> Iterable[str]:
    if not snapshot.people:
        return
    people = sorted(snapshot.people, key=lambda each: each.name.casefold())
    rows: list[tuple[str, ...]] = [
        ("name", "address", "since", "messages", "bytes", "outbox"),
    ]
    rows += [_row(each, snapshot.time) for each in people]
    widths = [max(text.cells(row[number]) for row in rows) for number in range(len(rows[0]))]
    yield ""
    for row in rows:
        yield "  ".join(_aligned(row, widths))


def _row(person: Person, now: float) -> tuple[str, ...]:
    return (
        text.printable(person.name),
        text.printable(person.address),
        text.since(person.since, now) or _NONE,
        messages_of(person) or _NONE,
        bytes_of(person) or _NONE,
        outbox_of(person) or _NONE,
    )


def _aligned(row: Sequence[str], widths: Sequence[int]) -> Iterable[str]:
    """Words at the left, figures at the right."""
    for number, (cell, width) in enumerate(zip(row, widths, strict=True)):
        yield text.left(cell, width) if number < 2 else text.right(cell, width)
