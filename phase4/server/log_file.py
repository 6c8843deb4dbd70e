"""One log file: appended to, rotated by size, and written again after whatever happened to it.

A full disk does not stop the chat. Entries then wait in memory, at most LOG_BACKLOG_LINES of them,
and are written when the disk takes them again. The same holds for a directory that may not be
written to, and for a file that is not an ordinary one.

Somebody may remove the file, or its directory, while we hold it open: what is written into a
removed file is gone when we close it. So we look before each write whether the file is still at its
path, and after it whether it was removed meanwhile. Then all is made again, and written again.

Whoever closed a file to others (0600, a umask, another owner) is not contradicted: a file that is
there keeps its mode, and the one that follows it gets the same. Only the private log asks for more.
"""

import contextlib
import errno
import os
import stat
import sys
import time
from collections import deque
from collections.abc import Callable, Iterator
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Protocol

from shared.defaults import LOG_BACKLOG_LINES, LOG_FILE_BYTES, LOG_FILES_KEPT
from shared.files import keep_group, open_ordinary

_RETRY_SECONDS = 1.0

_PIECE_BYTES = 256 * 1024
"""A batch has hardly more. A backlog is written in pieces of this size, so that it can be rotated
like everything else."""

_TRIES = 3  # to write into a file that nobody removes at the same moment


class Log(Protocol):
    """What the writing thread needs of a log file."""

    def append(self, entries: list[bytes]) -> None:
        """Write entries. Must not raise."""


class LogFile:
    """One append-only file, rotated by size. Only one thread uses it.

    `report` is told once when writing, or rotating, begins to fail, and once when it works again.
    A private log is readable by its owner alone (0600), or not written.
    """

    def __init__(
        self,
        path: Path,
        report: Callable[[str], None],
        *,
        is_private: bool = False,
        max_bytes: int = LOG_FILE_BYTES,
        kept: int = LOG_FILES_KEPT,
        backlog_lines: int = LOG_BACKLOG_LINES,
    ) -> None:
        """Open it; make it, and its directory, where they are not there. Raises OSError."""
        # Absolute, so that a working directory that is removed and made again is found.
        self.path = path.absolute()
        self._name = str(self.path)  # a Path is slow to become one, and we look before each write

        # Writes that failed, and entries that were lost. Other threads may read both, for show.
        self.errors = 0
        self.dropped = 0
        self._report = report
        self._is_private = is_private
        self._max_bytes = max_bytes
        self._kept = kept
        self._backlog_lines = backlog_lines

        # Entries that the disk has not taken.
        self._waiting: deque[bytes] = deque()

        # How many were dropped before the oldest that waits, which says so.
        self._lost = 0

        # When to try again to write, and to rotate, by time.monotonic(); 0 where that works.
        self._retry_at = 0.0
        self._rotate_at = 0.0

        # The descriptor, where the file is open, and its size in bytes.
        self._file: int | None = None
        self._size = 0

        # The file and its directory as they last were: what is made anew is as open as they.
        self._before: os.stat_result | None = None
        self._directory_before: os.stat_result | None = None
        try:
            self._open()
        except OSError:
            self._close_file()
            raise

    @property
    def waiting(self) -> int:
        """Entries in memory that the disk has not taken. Any thread."""
        return len(self._waiting) - bool(self._lost)

    # --- entries ------------------------------------------------------------------------------

    def append(self, entries: list[bytes]) -> None:
        """Write entries, each with its newline. Never raises; see the module on a full disk."""
        if self._waiting:
            self._keep(entries)
            self.retry()
        elif entries:
            self._write_or_keep(entries)

    def retry(self) -> None:
        """Try again to write what waits, at most once a second."""
        if self._waiting and time.monotonic() >= self._retry_at:
            entries = list(self._waiting)
            self._waiting.clear()
            self._write_or_keep(entries)
            if not self._waiting:
                self._report(f"{self.path} is written again; {self.dropped} entries were lost.")

    def close(self) -> None:
        """Write what waits, if the disk takes it now, and close the file."""
        self._retry_at = 0.0
        self.retry()
        if self._waiting:
            self._report(f"{self.path}: {self.waiting} entries could not be written, and are lost.")
        self._close_file()

    def _write_or_keep(self, entries: list[bytes]) -> None:
        written = 0
        try:
            for piece in _pieces(entries, min(_PIECE_BYTES, self._max_bytes)):
                self._write(b"".join(piece))
                written += len(piece)
                self._lost = 0  # the first of them has said it
        except OSError as error:
            self.errors += 1
            if self.errors == 1 or not self._retry_at:
                self._report(f"Cannot write {self.path}: {why(error)}. The chat goes on.")
            self._retry_at = time.monotonic() + _RETRY_SECONDS
            self._close_file()
            self._keep(entries[written:])
        else:
            self._retry_at = 0.0

    def _keep(self, entries: list[bytes]) -> None:
        """Let them wait. Where the oldest have no space, an entry in their place says how many."""
        self._waiting.extend(entries)
        if self._lost:
            self._waiting.popleft()
        excess = max(0, len(self._waiting) - self._backlog_lines)
        for _ in range(excess):
            self._waiting.popleft()
        self.dropped += excess
        self._lost += excess
        if self._lost:
            self._waiting.appendleft(loss(self._lost))

    # --- bytes --------------------------------------------------------------------------------

    def _write(self, data: bytes) -> None:
        """Append all of `data`, or none of it, to the file at the path. Raises OSError."""
        for _ in range(_TRIES):
            if not self._is_at_its_path():
                self._close_file()  # moved away (logrotate), or removed
                self._open()
            self._rotate_if_full(len(data))
            self._write_all(data)
            if not self._was_removed():
                return

    def _write_all(self, data: bytes) -> None:
        assert self._file is not None
        left = memoryview(data)
        try:
            while left:  # a disk that is nearly full takes a part, and refuses the rest
                left = left[os.write(self._file, left) :]
        except OSError:
            self._take_back(len(data) - len(left))
            raise
        self._size += len(data)

    def _take_back(self, size: int) -> None:
        """Remove the last `size` bytes: part of a batch that is written as a whole later."""
        assert self._file is not None
        with contextlib.suppress(OSError):  # then half a line stays, and _open() will end it
            # The system is asked for the size: another program may have emptied the file since we
            # opened it, and to cut it at the size that we remember would fill it up with zeros.
            os.ftruncate(self._file, max(0, os.fstat(self._file).st_size - size))

    def _is_at_its_path(self) -> bool:
        """Whether the file is open, and the one at the path. Notes its size and mode, too."""
        if self._file is None:
            return False
        try:
            there = os.lstat(self._name)
        except (FileNotFoundError, NotADirectoryError):
            return False
        except OSError:  # its directory was closed to us: better written than not
            return True
        if self._before is None or not os.path.samestat(there, self._before):
            return False
        if self._is_private and sys.platform != "win32" and there.st_mode & 0o044:
            return False  # somebody has opened it to others: to open it anew closes it again
        self._before = there
        self._size = there.st_size  # it may have been emptied (logrotate's copytruncate)
        return True

    def _was_removed(self) -> bool:
        """Whether what was just written will be gone: the file has no name any more."""
        if sys.platform == "win32" or self._file is None:  # Windows removes no open file
            return False
        # Some file systems count no names. So 0 alone proves nothing, and anything else is enough.
        return os.fstat(self._file).st_nlink == 0 and not self._is_at_its_path()

    # --- the file -----------------------------------------------------------------------------

    def _open(self) -> None:
        try:
            self._file = _open_there(self.path)
        except (FileNotFoundError, NotADirectoryError):
            self._make_directory()
            self._file = self._make_file()
        if self._is_private:
            _close_to_others(self._file, self.path)
        self._directory_before = os.stat(self.path.parent)
        self._before = os.fstat(self._file)
        self._size = self._before.st_size
        self._end_torn_line()

    def _make_file(self) -> int:
        mode = 0o666 & stat.S_IMODE(self._before.st_mode) if self._before else 0o644
        if self._is_private:
            mode &= 0o600
        file = open_ordinary(self.path, os.O_RDWR | os.O_CREAT | os.O_APPEND, mode)
        keep_group(file, self._before)
        return file

    def _make_directory(self) -> None:
        """Make it where it is not there: as open as it was, and what it is in for us alone."""
        before = self._directory_before
        directory = Path(os.path.realpath(self.path.parent))  # where a link leads
        missing = [each for each in (directory, *directory.parents) if not each.is_dir()]
        for each in reversed(missing):
            mode = 0o777 if before is None else 0o700
            if before is not None and each == directory:
                mode = 0o777 & before.st_mode
            _make_one_directory(each, mode)
        if missing and before is not None:
            keep_group(directory, before)
            self._report(f"{self.path.parent} was gone, and is made again.")

    def _end_torn_line(self) -> None:
        """End half a line, which a process that was killed while it wrote may have left."""
        if self._size and self._file is not None:
            with contextlib.suppress(OSError):  # we may write, but not read
                os.lseek(self._file, -1, os.SEEK_END)
                if os.read(self._file, 1) != b"\n":
                    self._size += os.write(self._file, b"\n")

    def _close_file(self) -> None:
        if self._file is not None:
            os.close(self._file)
            self._file = None

    # --- rotation -----------------------------------------------------------------------------

    def _rotate_if_full(self, more: int) -> None:
        """Begin a new file where this one has no space for `more` bytes, and go on in it if not."""
        is_full = self._size and self._size + more > self._max_bytes
        if not is_full or time.monotonic() < self._rotate_at:
            return
        if sys.platform == "win32":
            self._close_file()  # Windows renames no open file
        try:
            self._rename()
        except OSError as error:
            if not self._rotate_at:
                self._report(f"Cannot rotate {self.path}: {why(error)}. It grows on.")
            self._rotate_at = time.monotonic() + _RETRY_SECONDS
        else:
            self._rotate_at = 0.0
            self._close_file()
        if self._file is None:
            self._open()

    def _rename(self) -> None:
        """messages.txt becomes messages.txt.1, that .2, and so on, up to the first free number.

        Where all are taken, the oldest is deleted. Raises OSError; then tried again, it deletes no
        other one, because what it has moved has left a number free.
        """
        paths = [Path(f"{self.path}.{number}") for number in range(1, self._kept + 1)]
        free = next((place for place, each in enumerate(paths) if not os.path.lexists(each)), -1)
        paths = [self.path, *paths[: free % len(paths) + 1]]
        for old, new in reversed(list(pairwise(paths))):
            os.replace(old, new)


def loss(count: int) -> bytes:
    """What stands in the log instead of so many entries. The archive leaves out their numbers."""
    now = datetime.now().astimezone().isoformat(timespec="seconds")
    what = "entry was" if count == 1 else "entries were"
    return f"{now} * {count} {what} lost\n".encode()


def why(error: OSError) -> str:
    """The system's words for it."""
    return error.strerror or str(error)


def _pieces(entries: list[bytes], max_bytes: int) -> Iterator[list[bytes]]:
    """The entries in their order, a piece at a time; larger than `max_bytes` is an entry alone."""
    if sum(map(len, entries)) <= max_bytes:
        yield entries
        return
    piece: list[bytes] = []
    size = 0
    for entry in entries:
        if piece and size + len(entry) > max_bytes:
            yield piece
            piece, size = [], 0
        piece.append(entry)
        size += len(entry)
    if piece:
        yield piece


def _make_one_directory(path: Path, mode: int) -> None:
    try:
        path.mkdir(mode, exist_ok=True)
    except FileExistsError as error:
        text = "it is not a directory"
        raise NotADirectoryError(errno.ENOTDIR, text, str(path)) from error


def _open_there(path: Path) -> int:
    """Open a file that is there, to append to. Raises OSError."""
    try:
        return open_ordinary(path, os.O_RDWR | os.O_APPEND)
    except PermissionError:
        return open_ordinary(path, os.O_WRONLY | os.O_APPEND)


def _close_to_others(file: int, path: Path) -> None:
    """Let nobody but its owner read it. Raises OSError where others still could."""
    if sys.platform == "win32":
        return
    mode = stat.S_IMODE(os.fstat(file).st_mode)
    if mode & 0o077:
        with contextlib.suppress(OSError):  # it is somebody else's: then it must be closed already
            os.fchmod(file, mode & 0o700)
    now = os.fstat(file)
    is_anothers = os.geteuid() != 0 and now.st_uid not in (0, os.geteuid())
    if now.st_mode & 0o044 or is_anothers:
        text = "others may read it, and its mode cannot be changed"
        raise PermissionError(errno.EACCES, text, str(path))
