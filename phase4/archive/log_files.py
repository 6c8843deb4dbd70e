"""The files of a log: found, opened, and read in whole lines. Nothing is written."""

import contextlib
import errno
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from shared.files import open_ordinary

PIECE_BYTES = 256 * 1024
"""Read at once. A line has at most some 12 kB: so much without a newline is not one of ours."""

_OVERLAP_BYTES = 1024 * 1024
"""What a server may write twice is one batch, of 256 KiB and some lines more."""

_MOST_LOOKS = 100  # at a directory in which files are being renamed; a look takes 1 ms at most


def files_of(log: Path) -> list[Path]:
    """The files of a log that are there, the oldest first: messages.txt.2, .1, messages.txt."""
    name = re.compile(re.escape(log.name) + r"(?:\.([1-9]\d{0,5}))?")
    found: list[tuple[int, Path]] = []
    with contextlib.suppress(FileNotFoundError, NotADirectoryError):
        names = os.listdir(log.parent)
        matches = filter(None, map(name.fullmatch, names))
        found = [(-int(each[1] or 0), log.parent / each[0]) for each in matches]
    return [path for _, path in sorted(found)]


Identity = tuple[str, str]
"""Device and inode. As text: on Windows both may exceed what a database calls an integer."""


@dataclass(frozen=True, slots=True)
class LogFile:
    """A file of a log, as it was found."""

    path: Path
    identity: Identity
    is_empty: bool


def all_of(log: Path) -> list[LogFile]:
    """The files of a log as they all were at one moment, the oldest first. Raises OSError.

    A rotation renames one after the other, the oldest first. So at any moment the order of the
    numbers is that of time; but a look takes longer than a moment, and may miss a file. Two looks
    that see the same have seen what was there between them.
    """
    before: list[tuple[Path, Identity]] | None = None
    for _ in range(_MOST_LOOKS):
        found = [file for file in map(_found, files_of(log)) if file is not None]
        now = [(file.path, file.identity) for file in found]
        if now == before:
            return found
        before = now
    raise _busy(log)


def _found(path: Path) -> LogFile | None:
    try:
        stat = os.stat(path)
    except FileNotFoundError:
        return None
    return LogFile(path, (str(stat.st_dev), str(stat.st_ino)), not stat.st_size)


def open_found(found: LogFile) -> int | None:
    """Open it to read; None: it has another name by now. Raises OSError."""
    try:
        file = open_log(found.path)
    except FileNotFoundError:
        return None
    if identity_of(file) == found.identity:
        return file
    os.close(file)
    return None


def _busy(log: Path) -> OSError:
    return OSError(errno.EBUSY, "its files are being renamed; try again", str(log))


def open_all(log: Path, stack: contextlib.ExitStack) -> list[int]:
    """All files of a log that hold something, the oldest first, open as long as `stack`.

    Raises OSError.
    """
    for _ in range(_MOST_LOOKS):
        with contextlib.ExitStack() as on_failure:
            files = []
            for found in all_of(log):
                file = open_found(found)
                if file is None:
                    break
                on_failure.callback(os.close, file)
                files += [] if found.is_empty else [file]
            else:
                stack.enter_context(on_failure.pop_all())
                return files
    raise _busy(log)


def pieces_of(file: int, start: int = 0, end: int | None = None) -> Iterator[bytes]:
    """The whole lines of one open file between two offsets, in pieces. Raises OSError."""
    while True:
        most = PIECE_BYTES if end is None else min(PIECE_BYTES, end - start)
        data = read_at(file, start, most)
        size = whole_lines(data)
        if not size:
            return
        yield data[:size]
        start += size


def whole_lines(data: bytes) -> int:
    """How many bytes are whole lines, or too many for a line that is ours."""
    return data.rfind(b"\n") + 1 or (len(data) if len(data) == PIECE_BYTES else 0)


def open_log(path: Path) -> int:
    """Open a file to read. Raises OSError, also where it is not an ordinary file."""
    return open_ordinary(path, os.O_RDONLY)


def read_at(file: int, offset: int, size: int) -> bytes:
    """Up to `size` bytes from this offset. Not os.pread(), which Windows lacks."""
    os.lseek(file, offset, os.SEEK_SET)
    parts = []
    while size > 0 and (part := os.read(file, size)):
        parts.append(part)
        size -= len(part)
    return b"".join(parts)


def identity_of(file: int) -> Identity:
    """Device and inode of a file that is open."""
    stat = os.fstat(file)
    return str(stat.st_dev), str(stat.st_ino)


def is_same(path: Path, stat: os.stat_result) -> bool:
    """Whether this file is at the path."""
    try:
        return os.path.samestat(os.stat(path), stat)
    except OSError:
        return False


def repeated_in(old: int, new: int) -> int | None:
    """How many bytes at the beginning of `new` are those at the end of `old`, in whole lines.

    None: it is being written just now, and more of them may come.
    """
    size = os.fstat(old).st_size
    end = read_at(old, max(0, size - _OVERLAP_BYTES), _OVERLAP_BYTES)
    begin = read_at(new, 0, _OVERLAP_BYTES)
    first = begin[: begin.find(b"\n") + 1]
    if not first:
        return None
    at = end.find(first)
    while at >= 0:
        if end.startswith(begin[: len(end) - at], at):
            return None if len(begin) < len(end) - at else len(end) - at
        at = end.find(first, at + 1)
    return 0
