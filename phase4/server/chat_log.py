"""messages.txt, private_messages.txt and connections.txt: what happened, one line an entry.

    2026-11-21T14:03:05+01:00 Alice: hello
    2026-11-21T14:03:06+01:00 Alice -> Bob: hi
    2026-11-21T14:03:09+01:00 Bob left (stopped reading)

The writing thread of the outbox appends each batch *before* it sends it, with one write() a file,
straight to the system: what anybody has received is in the log, even if this process is killed at
once. (The file is not forced to the disk with fsync: a power cut may lose the last seconds.)

What becomes of entries that the disk does not take is told in log_file.py.
"""

import contextlib
from collections.abc import Callable
from pathlib import Path

from phase4.server.log_file import Log, LogFile, why


class LogError(Exception):
    """The logs cannot be written to the directory `path`; the text is one sentence."""

    def __init__(self, text: str, path: Path) -> None:
        super().__init__(text)
        self.path = path


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
                messages = LogFile(directory / "messages.txt", report)
                on_failure.callback(messages.close)
                private = LogFile(directory / "private_messages.txt", report, is_private=True)
                on_failure.callback(private.close)
                connections = LogFile(directory / "connections.txt", report)
                on_failure.pop_all()
        except OSError as error:
            raise LogError(
                f"The logs cannot be written to {directory} ({_what_is_wrong(error)}). "
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


def _what_is_wrong(error: OSError) -> str:
    """In a few words; with the name of the file, where it is one of ours."""
    name = Path(str(error.filename or "")).name
    return f"{name}: {why(error)}" if name.endswith(".txt") else why(error)
