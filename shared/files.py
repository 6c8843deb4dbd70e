"""Files that a program writes into: ordinary ones, and never wider open than somebody left them.

A path is a promise of nothing. Where a file is expected there may be a FIFO, to which a write waits
for ever; a device, which loses what it gets; or a link, which leads into somebody else's file.
"""

import contextlib
import errno
import os
import stat
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

_ALWAYS = 0
for _name in ("O_CLOEXEC", "O_NOFOLLOW", "O_NONBLOCK", "O_NOCTTY", "O_BINARY"):
    _ALWAYS |= getattr(os, _name, 0)  # where the system has them

_KINDS = {
    stat.S_IFLNK: "a symbolic link",
    stat.S_IFIFO: "a FIFO (a named pipe)",
    stat.S_IFDIR: "a directory",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}


def open_ordinary(path: Path, flags: int, mode: int = 0o600) -> int:
    """open(2), where `path` is an ordinary file, or none yet; gives the descriptor.

    Never waits for the other end of a FIFO. Raises OSError; its `strerror` names what is there.
    """
    check_ordinary(path)  # before it is opened: that alone can wind a tape back
    file = os.open(path, flags | _ALWAYS, mode)
    try:
        _check_mode(path, os.fstat(file).st_mode)  # it may have come meanwhile
    except OSError:
        os.close(file)
        raise
    return file


def check_ordinary(path: Path) -> None:
    """Raise OSError where anything but an ordinary file, or nothing, is at `path`."""
    with contextlib.suppress(FileNotFoundError):
        _check_mode(path, os.lstat(path).st_mode)


def is_of_others(error: OSError) -> bool:
    """Whether we may not write there: another place would do."""
    return error.errno in (errno.EACCES, errno.EPERM, errno.EROFS)


def _check_mode(path: Path, mode: int) -> None:
    if not stat.S_ISREG(mode):
        kind = _KINDS.get(stat.S_IFMT(mode), "something else")
        raise OSError(errno.EINVAL, f"it is {kind}, not an ordinary file", str(path))


def keep_group(target: int | Path, before: os.stat_result | None) -> None:
    """Open what is new to the group of what it replaces, or to no group. Raises OSError.

    `target` is a descriptor or a path. A mode says what the group may do: in another group's hands
    the same mode means other people.
    """
    if sys.platform == "win32" or before is None:
        return
    new = os.stat(target)
    if new.st_gid == before.st_gid:
        return
    try:
        os.chown(target, -1, before.st_gid)
    except OSError:
        os.chmod(target, stat.S_IMODE(new.st_mode) & ~stat.S_IRWXG)


def replace_text(path: Path, text: str) -> None:
    """Write a file for its owner's eyes only (0600), whatever was there before. Raises OSError."""
    replace_bytes(path, text.encode(errors="replace"), 0o600)


def replace_bytes(path: Path, data: bytes, mode: int) -> None:
    """Write a file that has this mode, whatever was there before. Raises OSError.

    It is replaced in one step. A reader meanwhile, or a loss of power, finds the old one whole, and
    a program that has the old one open does not read the new.
    """
    with replacing(path, mode) as file:
        file.write(data)


@contextlib.contextmanager
def replacing(path: Path, mode: int) -> Iterator[BinaryIO]:
    """A file to write into; at the end it replaces the one at `path` in one step. Raises OSError.

    Where anything is raised within, the old one stays.
    """
    import tempfile  # not above: it costs each program's start some milliseconds

    try:
        handle, name = tempfile.mkstemp(prefix=f".{path.name}-", dir=path.parent)  # mode 0600
        try:
            with open(handle, "wb") as file:
                yield file
            os.chmod(name, mode)
            os.replace(name, path)
        except BaseException:
            with contextlib.suppress(OSError):
                os.unlink(name)
            raise
    except OSError as error:  # it names the file beside, which nobody knows
        raise OSError(error.errno, error.strerror, str(path)) from error
