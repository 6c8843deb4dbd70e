"""What was said between two days, as text, as JSON or as a page."""

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from phase4.archive.query import Query
from phase4.archive.reading import MAX_RECORDS, Archive
from phase4.archive.record import Gap, Record
from phase4.archive.showing import Entry
from shared.files import replacing


def entries_of(archive: Archive, query: Query) -> Iterator[Entry]:
    """All records that a query asks for, and the gaps between them, in order.

    Read a page at a time, so that no memory is needed, and nobody is kept from writing.
    Raises ArchiveError.
    """
    gaps = _gaps(archive)
    gap = next(gaps, None)
    for record in _records(archive):
        is_asked_for = query.matches(record)
        while gap is not None and gap.before <= record.number:
            if is_asked_for:
                yield gap
            gap = next(gaps, None)
        if is_asked_for:
            yield record


def _records(archive: Archive) -> Iterator[Record]:
    number = 0
    while page := archive.since(number, MAX_RECORDS):
        yield from page
        number = page[-1].number


def _gaps(archive: Archive) -> Iterator[Gap]:
    number = 0
    while page := archive.gaps_after(number):
        yield from page
        number = page[-1].before


def write(parts: Iterable[str], output: Path | None) -> None:
    """To standard output; or to a file, which is replaced in one step when all is written.

    The file is for its owner alone (0600). Raises OSError.
    """
    if output is None:
        for part in parts:
            sys.stdout.write(part)
        return
    with replacing(output, 0o600) as file:
        for part in parts:
            file.write(part.encode())
