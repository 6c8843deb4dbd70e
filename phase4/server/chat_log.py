"""messages.txt, private_messages.txt and connections.txt: what happened, one line an entry.

    2026-11-21T14:03:05+01:00 Alice: hello
    2026-11-21T14:03:06+01:00 Alice -> Bob: hi
    2026-11-21T14:03:09+01:00 Bob left (stopped reading)

The writing thread of the outbox appends each batch *before* it sends it, with one write() a file,
straight to the system: what anybody has received is in the log, even if this process is killed at
once. (The file is not forced to the disk with fsync: a power cut may lose the last seconds.)

A full disk does not stop the chat. Entries then wait in memory, at most LOG_BACKLOG_LINES of them,
and are written when the disk takes them again.
"""

import contextlib
import os
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path

from phase4.server.outbox import Log
from shared.defaults import LOG_BACKLOG_LINES, LOG_FILE_BYTES, LOG_FILES_KEPT

_RETRY_SECONDS = 1.0
_LOOK_SECONDS = 1.0


class LogError(Exception):
    """The logs cannot be written to the directory `path`; the text is one sentence."""

    def __init__(self, text: str, path: Path) -> None:
        super().__init__(text)
        self.path = path


class LogFile:
    """One append-only file, rotated by size. Only one thread uses it.

    `report` is told once when writing begins to fail, and once when it works again.
    """

    def __init__(
        self,
        path: Path,
        report: Callable[[str], None],
        *,
        mode: int = 0o644,
        max_bytes: int = LOG_FILE_BYTES,
        kept: int = LOG_FILES_KEPT,
        backlog_lines: int = LOG_BACKLOG_LINES,
    ) -> None:
        self.path = path

        # Writes that failed, and entries that were lost. Other threads may read both, for show.
        self.errors = 0
        self.dropped = 0
        self._report = report
        self._mode = mode
        self._max_bytes = max_bytes
        self._kept = kept
        self._backlog_lines = backlog_lines

        # Entries that the disk has not taken.
        self._waiting: deque[bytes] = deque()

        # By time.monotonic(): when to try again, and when we last looked whether the file is still
        # at its path.
        self._retry_at = 0.0
        self._looked_at = 0.0

        # The descriptor, where the file is open, and its size in bytes.
        self._file: int | None = None
        self._size = 0
        try:
            self._open()
        except OSError:
            self._close_file()
            raise

    @property
    def waiting(self) -> int:
        """Entries in memory that the disk has not taken. Any thread."""
        return len(self._waiting)

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
        try:
            self._write(b"".join(entries))
        except OSError as error:
            self.errors += 1
            if self.errors == 1 or not self._retry_at:
                self._report(f"Cannot write {self.path}: {error.strerror}. The chat goes on.")
            self._retry_at = time.monotonic() + _RETRY_SECONDS
            self._close_file()
            self._keep(entries)
        else:
            self._retry_at = 0.0

    def _keep(self, entries: list[bytes]) -> None:
        self._waiting.extend(entries)
        while len(self._waiting) > self._backlog_lines:
            self._waiting.popleft()
            self.dropped += 1

    def _write(self, data: bytes) -> None:
        """Append all of `data`, or none of it. Raises OSError."""
        self._follow_rename()
        if self._file is None:
            self._open()
        if self._size and self._size + len(data) > self._max_bytes:
            self._rotate()
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

    def _open(self) -> None:
        flags = os.O_RDWR | os.O_CREAT | os.O_APPEND
        for name in ("O_CLOEXEC", "O_NOFOLLOW", "O_BINARY"):  # where the system has them
            flags |= getattr(os, name, 0)
        self._file = os.open(self.path, flags, self._mode)
        if hasattr(os, "fchmod"):
            # Also for a file that was there before, and whatever the umask is.
            os.fchmod(self._file, self._mode)
        self._size = os.fstat(self._file).st_size
        self._end_torn_line()

    def _end_torn_line(self) -> None:
        """End half a line, which a process that was killed while it wrote may have left."""
        if self._size and self._file is not None:
            os.lseek(self._file, -1, os.SEEK_END)
            if os.read(self._file, 1) != b"\n":
                self._size += os.write(self._file, b"\n")

    def _close_file(self) -> None:
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def _follow_rename(self) -> None:
        """Close the file where it was moved away (logrotate) or deleted; _write opens it anew."""
        now = time.monotonic()
        if self._file is None or now - self._looked_at < _LOOK_SECONDS:
            return
        self._looked_at = now
        ours = os.fstat(self._file)
        self._size = ours.st_size  # it may have been emptied (logrotate's copytruncate)
        try:
            is_ours = os.path.samestat(os.stat(self.path), ours)
        except FileNotFoundError:
            is_ours = False
        if not is_ours:
            self._close_file()

    def _rotate(self) -> None:
        """messages.txt becomes messages.txt.1, that .2, and so on; the oldest is deleted."""
        self._close_file()
        for number in range(self._kept - 1, 0, -1):
            with contextlib.suppress(FileNotFoundError):
                os.replace(f"{self.path}.{number}", f"{self.path}.{number + 1}")
        os.replace(self.path, f"{self.path}.1")
        self._open()


class Both:
    """Two logs that get the same entries, one after the other."""

    def __init__(self, first: Log, second: Log) -> None:
        self._first = first
        self._second = second

    def append(self, entries: list[bytes]) -> None:
        """Give both the entries."""
        self._first.append(entries)
        self._second.append(entries)


class ChatLog:
    """The three files. Only the writing thread uses them, after the start.

    `feed` is a log that gets what is public as well, once it is in the file. Raises LogError where
    the directory cannot be made or written to.
    """

    def __init__(
        self, directory: Path, report: Callable[[str], None], feed: Log | None = None
    ) -> None:
        try:
            with contextlib.ExitStack() as on_failure:
                directory.mkdir(parents=True, exist_ok=True)
                messages = LogFile(directory / "messages.txt", report)
                on_failure.callback(messages.close)
                private = LogFile(directory / "private_messages.txt", report, mode=0o600)
                on_failure.callback(private.close)
                connections = LogFile(directory / "connections.txt", report)
                on_failure.pop_all()
        except OSError as error:
            raise LogError(
                f"The logs cannot be written to {directory}: {error.strerror}. "
                "Choose another directory with --log-dir.",
                directory,
            ) from error
        self.files = (messages, private, connections)
        self.public: Log = Both(messages, feed) if feed else messages
        self.private = private
        self.connections = connections

    def retry(self) -> None:
        """Try again to write what waits."""
        for file in self.files:
            file.retry()

    def close(self) -> None:
        """Write what waits and close the files."""
        for file in self.files:
            file.close()
