"""One historian at a time: a lock that ends with the process that has it, however that ends.

The system holds it (flock(2), and on Windows LockFile), on a file beside the archive. The file
itself means nothing: it stays when nobody has the lock. Servers of one room hold another one, as
each of them needs logs of its own.
"""

import os
import sys
from pathlib import Path
from typing import Self

from phase4.archive.errors import AlreadyFollowed, CannotUse
from shared.files import open_ordinary

NAME = "archive.lock"


class Guard:
    """The lock of a directory of logs, while this lives. Use it in a `with` statement."""

    def __init__(self, log_dir: Path, name: str = NAME) -> None:
        """Take it. Raises AlreadyFollowed where another process has it, and CannotUse."""
        path = log_dir / name
        try:
            self._file = open_ordinary(path, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise CannotUse(path, error.strerror or str(error)) from error
        try:
            _lock(self._file)
        except OSError as error:
            os.close(self._file)
            raise AlreadyFollowed(path) from error

    def __enter__(self) -> Self:
        """Give the guard itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Give the lock back."""
        self.close()

    def close(self) -> None:
        """Give the lock back. Again does no harm."""
        file, self._file = self._file, -1
        if file >= 0:
            os.close(file)


if sys.platform == "win32":
    import msvcrt

    def _lock(file: int) -> None:
        msvcrt.locking(file, msvcrt.LK_NBLCK, 1)

else:
    import fcntl

    def _lock(file: int) -> None:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
