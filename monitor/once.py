"""The figures as plain text, for `--once`: to read, to mail, to keep in a log. Pure."""

from collections.abc import Iterable, Sequence

from monitor import text
from shared.status import Person, Snapshot


def as_text(address: str, snapshot: Snapshot) -> str:
    """Lines for a person to read, the last one with its newline too."""
    lines = [_title(address, snapshot), "", *_figures(snapshot), *_people(snapshot)]
    return "".join(line.rstrip() + "\n" for line in lines)


def _title(address: str, snapshot: Snapshot) -> str:
    parts = [address]
    if snapshot.server:
        parts.append(text.printable(snapshot.server))
    if snapshot.pid:
        parts.append(f"pid {snapshot.pid}")
    if snapshot.started > 0:
        parts.append(f"up {text.duration(snapshot.uptime_seconds)}")
    return ", ".join(parts)


def _figures(snapshot: Snapshot) -> Iterable[str]:
    count = text.count
    messages = snapshot.public_messages + snapshot.private_messages
    room = f", room for {count(snapshot.max_people)}" if snapshot.max_people else ""
    peak, joins = count(snapshot.people_peak), count(snapshot.joins)
    public, private = count(snapshot.public_messages), count(snapshot.private_messages)
    dropped = snapshot.log_lines_dropped
    for label, figure in (
        ("people", f"{count(snapshot.people_now)} (peak {peak}, {joins} joined in all{room})"),
        ("messages", f"{count(messages)} (public {public}, private {private})"),
        ("delivered", count(snapshot.deliveries)),
        ("bytes", f"{text.size(snapshot.bytes_in)} in, {text.size(snapshot.bytes_out)} out"),
        ("too slow", f"{count(snapshot.slow_disconnected)} disconnected"),
        ("turned away", count(snapshot.refused)),
        (
            "log",
            f"{count(snapshot.log_errors)} errors, {count(snapshot.log_lines_waiting)} lines wait, "
            f"{count(dropped)} dropped (console: {count(snapshot.console_lines_dropped)})",
        ),
        ("threads", count(snapshot.threads)),
    ):
        yield f"{label:<12} {figure}"


def _people(snapshot: Snapshot) -> Iterable[str]:
    if not snapshot.people:
        return
    people = sorted(snapshot.people, key=lambda each: each.name.casefold())
    rows = [("name", "address", "since", "messages", "outbox")]
    rows += [_row(each, snapshot.time) for each in people]
    widths = [max(text.cells(row[number]) for row in rows) for number in range(5)]
    yield ""
    for row in rows:
        yield "  ".join(_aligned(row, widths))


def _row(person: Person, now: float) -> tuple[str, str, str, str, str]:
    return (
        text.printable(person.name),
        text.printable(person.address),
        text.since(person.since, now),
        text.count(person.messages),
        text.size(person.outbox_bytes),
    )


def _aligned(row: Sequence[str], widths: Sequence[int]) -> Iterable[str]:
    """Words at the left, figures at the right."""
    for number, (cell, width) in enumerate(zip(row, widths, strict=True)):
        yield text.left(cell, width) if number < 2 else text.right(cell, width)
