"""What the checks of the archive are made with."""

import re
from pathlib import Path

from phase4.archive.historian import Historian
from phase4.archive.log_files import files_of
from phase4.archive.reading import Archive
from phase4.archive.record import Record

Line = tuple[str, str, str]

_ENTRY = re.compile(r"(20\d\d-\S*) ([^\s:*]+): (.*)")


def lines_of(log: Path) -> list[Line]:
    """All entries that a log has, in all of its files: time, name, and text."""
    text = b"".join(_whole_lines(path) for path in files_of(log)).decode(errors="replace")
    return [found.groups() for line in text.split("\n") if (found := _ENTRY.fullmatch(line))]  # type: ignore[misc]


def _whole_lines(path: Path) -> bytes:
    """Half a line at its end is not one."""
    data = path.read_bytes()
    return data[: data.rfind(b"\n") + 1]


def everything(log_dir: Path) -> list[Record]:
    """All records of an archive, read a page at a time, as somebody would who was away."""
    archive = Archive(log_dir)
    records: list[Record] = []
    while more := archive.since(records[-1].number if records else 0, 500):
        records += more
    return records


def all_records(log_dir: Path) -> list[tuple[int, Line]]:
    """The same, to compare."""
    return [(each.number, (each.at, each.sender, each.text)) for each in everything(log_dir)]


def catch_up(log_dir: Path) -> None:
    """Take in all that is in the log."""
    historian = Historian(log_dir)
    try:
        while historian.step():
            pass
    finally:
        historian.close()
