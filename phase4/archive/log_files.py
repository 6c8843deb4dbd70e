"""The files of a log: found, opened, and read in whole lines. Nothing is written."""

import contextlib
import errno
import os
import re
from collections.abc import Iterator
from pathlib import Path

from shared.files import open_ordinary

PIECE_BYTES = 256 * 1024
"""Read at once. A line has at most some 12 kB: so much without a newline is not one of ours."""

_OVERLAP_BYTES = 1024 * 1024
"""What a server may write twice is one batch, of 256 KiB and some lines more."""

_LOOKS = 3  # at a directory in which files are being renamed


def files_of(log: Path) -> list[Path]:
    """The files of a log that are there, the oldest first: messages.txt.2, .1, messages.txt."""
    name = re.compile(re.escape(log.name) + r"(?:\.([1-9]\d{0,5}))?")
    found: list[tuple[int, Path]] = []
    with contextlib.suppress(FileNotFoundError, NotADirectoryError):
        names = os.listdir(log.parent)
        matches = filter(None, map(name.fullmatch, names))
        found = [(-int(each[1] or 0), log.parent / each[0]) for each in matches]
    return [path for _, path in sorted(found)]


def open_all(log: Path, stack: contextlib.ExitStack) -> list[int]:
    """All files of a log that hold something, the oldest first, open as long as `stack`.

    Raises OSError, also where the files are renamed all the time.
    """
    for _ in range(_LOOKS):
        with contextlib.suppress(FileNotFoundError):
            files = []
            for path in files_of(log):
                files.append(open_log(path))
                stack.callback(os.close, files[-1])
            paths = files_of(log)
            if len(paths) == len(files) and all(map(_is_at, paths, files)):
                return [file for file in files if os.fstat(file).st_size]
    raise OSError(errno.EBUSY, "its files are being renamed; try again", str(log))


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


def identity_of(file: int) -> tuple[str, str]:
    """Device and inode, as a place has them."""
    stat = os.fstat(file)
    return str(stat.st_dev), str(stat.st_ino)


def is_same(path: Path, stat: os.stat_result) -> bool:
    """Whether this file is at the path."""
    try:
        return os.path.samestat(os.stat(path), stat)
    except OSError:
        return False


def _is_at(path: Path, file: int) -> bool:
    return is_same(path, os.fstat(file))


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
