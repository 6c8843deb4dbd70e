"""The files of a learner, and which of them have changed.

No call tells of a change on every system, so they are looked at again and again. An editor saves in
several steps (vim writes a file beside, and renames it), and a compiler writes many files: what
counts is how it looks when it has been quiet for a moment.
"""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

from tests.start import COMMAND

MAX_FILES = 1000  # looked at several times a second; a program to learn with has ten

IGNORED_FOLDERS = {"__pycache__", "node_modules", "target", "build", "dist", "logs", "venv"}
IGNORED_ENDS = (*("~", ".swp", ".swo", ".tmp", ".bak", ".log", ".pid"), ".pyc", ".o", ".class")
SOURCES = (
    *(
        ".py",
        ".js",
        ".mjs",
        ".cjs",
        ".ts",
        ".c",
        ".h",
        ".cc",
        ".cpp",
        ".hpp",
        ".rs",
        ".go",
        ".java",
    ),
    *(".kt", ".scala", ".rb", ".pl", ".pm", ".php", ".cs", ".fs", ".swift", ".lua", ".sh", ".hs"),
    *(".ml", ".ex", ".exs", ".erl", ".clj", ".zig", ".nim", ".d", ".dart", ".jl"),
    *(".toml", ".mod", ".gradle", "akefile", COMMAND),
)
"""What people write, by the end of its name. Any other file may be what a server has written."""

Snapshot = dict[Path, tuple[int, int]]
"""The time of the last change (ns) and the size (bytes) of each file."""


def snapshot(directory: Path) -> Snapshot:
    """How the files in a directory look now, at most MAX_FILES. Raises nothing."""
    found: Snapshot = {}
    for entry in _files(directory):
        with contextlib.suppress(OSError):  # it has gone meanwhile
            status = entry.stat()
            found[Path(entry.path)] = (status.st_mtime_ns, status.st_size)
        if len(found) >= MAX_FILES:
            break
    return found


def _files(directory: Path) -> Iterator["os.DirEntry[str]"]:
    """Files, those of the upper folders first."""
    folders = [str(directory)]
    for folder in folders:  # it grows meanwhile
        with contextlib.suppress(OSError), os.scandir(folder) as entries:
            for entry in entries:
                if _is_ignored(entry.name):
                    continue
                if entry.is_dir(follow_symlinks=False):
                    folders.append(entry.path)
                else:
                    yield entry


def _is_ignored(name: str) -> bool:
    return name.startswith(".") or name in IGNORED_FOLDERS or name.endswith(IGNORED_ENDS)


class Watched:
    """A directory that is looked at again and again. One thread."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._known = self._last = snapshot(directory)
        self._theirs: set[Path] = set()  # what servers have written
        self.is_too_large = len(self._known) >= MAX_FILES

    def changed(self) -> set[Path]:
        """What has changed since it was told last; nothing while it still changes."""
        now = snapshot(self._directory)
        is_quiet, self._last = now == self._last, now
        if not is_quiet:
            return set()
        changed = {
            each for each in now.keys() | self._known if now.get(each) != self._known.get(each)
        }
        self._known = now
        return changed - self._theirs

    def of_a_person(self, changed: set[Path]) -> set[Path]:
        """Of what has changed while the checks ran, what a person has written.

        The rest is a server's (a log, or what a compiler made), and is never told again: or else
        the checks would run for ever.
        """
        self._theirs |= {each for each in changed if not each.name.endswith(SOURCES)}
        return changed - self._theirs
