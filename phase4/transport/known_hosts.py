r"""The known-hosts file: whose certificate answered under which name the first time.

New here: *trust on first use*, as ssh does it. Nobody vouches for a self-signed certificate, but
tomorrow the same server should answer as today. So the first fingerprint is kept, and any other is
refused. The first time itself is unprotected: a person in the middle would be believed then.

    # HOST PORT SHA256 FINGERPRINT; lines like this one are kept
    chat.example 12345 SHA256 9A:0C:...:41

Several entries for one host and port: any of their fingerprints is good. Only a person adds a
second. They may paste the fingerprint as programs show it, in groups (contexts.in_groups), with
blanks between them or each on a line of its own.

A file that cannot be understood is an error, and never a first use: else it would be enough to
damage it.
"""

import contextlib
import errno
import os
import re
import stat
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from io import FileIO
from pathlib import Path

from phase4.transport.errors import TLSError
from shared.address import ip_address
from shared.deadline import Deadline

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

MAX_FILE_BYTES = 1024 * 1024
"""Thousands of servers; a longer file was not written by us."""

LOCK_SECONDS = 2.0
"""To wait for the lock. Other programs hold it only while they write one line."""

_GROUP = re.compile(r":?[0-9A-F]{2}(:[0-9A-F]{2})*:?")

_FINGERPRINT_BYTES = 32

_LOCKED_BYTE = 0x7FFF_0000
"""Windows locks bytes, and lets nobody read them meanwhile; so we lock one that is not there."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A certificate that is good for this host and port."""

    host: str
    port: int
    fingerprint: str


def spelled(host: str) -> str:
    r"""A host's name or address in its one spelling here: what the system is asked for.

    >>> spelled("Chat.Example."), spelled("0:0::1"), spelled("FE80::A%eth0"), spelled("10.0.0.1")
    ('chat.example', '::1', 'fe80::a%eth0', '10.0.0.1')
    >>> spelled("B\xfccher.example"), spelled("10\u30020.0.1")  # a full stop, in Japanese
    ('xn--bcher-kva.example', '10.0.0.1')
    """
    if not host.isascii():
        with contextlib.suppress(UnicodeError):
            # By socket's own codec. Signs that nobody sees, copied from a page, go as well: else
            # they would make another host of it, and so a first use.
            host = host.encode("idna").decode("ascii")
    try:
        return str(ip_address(host))
    except ValueError:
        return host.casefold().removesuffix(".")


def parse(text: str) -> list[Entry]:
    """The entries of a file. Raises ValueError, which names the line where one makes no sense."""
    entries = []
    words: list[str] = []  # of an entry whose fingerprint is not complete yet
    start = 0  # the line on which it begins
    for number, line in enumerate(text.removeprefix("\ufeff").splitlines(), start=1):
        start = start if words else number
        words += line.partition("#")[0].split()
        try:
            entry = _entry(*words) if words else None
        except (TypeError, ValueError) as error:
            raise ValueError(f"line {start}") from error
        if entry is not None:
            entries.append(entry)
            words = []
    if words:
        raise ValueError(f"line {start}")
    return entries


def _entry(host: str, port: str, method: str, *groups: str) -> Entry | None:
    """None where the fingerprint goes on. Raises ValueError where one of them cannot be."""
    is_port = port.isascii() and port.isdecimal() and 0 < int(port) < 65536
    digits = [each.upper() for each in groups]
    if not is_port or method != "SHA256" or not all(map(_GROUP.fullmatch, digits)):
        raise ValueError
    pairs = ":".join(each.strip(":") for each in digits).split(":") if digits else []
    if len(pairs) > _FINGERPRINT_BYTES:
        raise ValueError
    is_whole = len(pairs) == _FINGERPRINT_BYTES
    return Entry(spelled(host), int(port), ":".join(pairs)) if is_whole else None


def line_of(entry: Entry) -> str:
    r"""The line that `parse` makes this entry of, with its newline.

    >>> line_of(Entry("::1", 12345, "AB:CD"))
    '::1 12345 SHA256 AB:CD\n'
    """
    return f"{entry.host} {entry.port} SHA256 {entry.fingerprint}\n"


def fingerprints(path: Path, host: str, port: int) -> set[str]:
    """The fingerprints known for this host and port; none where there is no file. Any thread.

    Raises TLSError where the file cannot be read or understood.
    """
    try:
        with open(path, "rb", buffering=0, opener=_open_at_once) as file:
            return _known_in(file, path, host, port)
    except FileNotFoundError:
        return set()
    except OSError as error:
        raise TLSError(
            f"The known servers in {path} cannot be read ({error.strerror}), so nobody can tell "
            "whether this is the right one.",
            path,
        ) from error


def remember(path: Path, entry: Entry) -> set[str]:
    """Append an entry, unless somebody else has just added one for this host and port.

    What is known for it afterwards. Two programs at once lose nothing, and cannot both have the
    first word. Any thread. Raises OSError where it cannot be written, TLSError as `fingerprints`.
    """
    line = _written(entry)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with open(path, "a+b", buffering=0, opener=_open_at_once) as file, _locked(file):
        known = _known_in(file, path, entry.host, entry.port)
        if not known:
            _append(file, line)
    return known or {entry.fingerprint}


def _written(entry: Entry) -> bytes:
    """Its line, if that will be understood: else nobody could talk to any server any more.

    Raises OSError. No name of the DNS is like that, but a system may look names up elsewhere too.
    """
    line = line_of(entry)
    with contextlib.suppress(ValueError):
        if parse(line) == [entry]:
            return line.encode()
    raise OSError(errno.EINVAL, "no line can hold such a name")


def _open_at_once(name: str, flags: int) -> int:
    """open(2) for this person's eyes only, and without waiting for a pipe's other end."""
    return os.open(name, flags | getattr(os, "O_NONBLOCK", 0), 0o600)


def _append(file: FileIO, line: bytes) -> None:
    """Under the lock. Wholly or not at all: half a line would make the file hard to understand."""
    size = file.seek(0, os.SEEK_END)
    if size and not _ends_with_newline(file):  # edited by hand
        line = b"\n" + line
    try:
        if file.write(line) != len(line):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    except OSError:
        file.truncate(size)
        raise


def _ends_with_newline(file: FileIO) -> bool:
    file.seek(-1, os.SEEK_END)
    return file.read(1) == b"\n"


def _known_in(file: FileIO, path: Path, host: str, port: int) -> set[str]:
    if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        raise OSError(errno.EINVAL, "it is not an ordinary file")
    file.seek(0)
    data = file.read(MAX_FILE_BYTES + 1)
    if len(data) > MAX_FILE_BYTES:
        raise OSError(errno.EFBIG, f"it has more than {MAX_FILE_BYTES:,} bytes")
    try:
        entries = parse(data.decode())
    except UnicodeDecodeError as error:
        raise TLSError(_why_not_understood(path, "it is not text"), path) from error
    except ValueError as error:
        raise TLSError(_why_not_understood(path, str(error)), path) from error
    place = (spelled(host), port)
    return {each.fingerprint for each in entries if (each.host, each.port) == place}


def _why_not_understood(path: Path, what: str) -> str:
    return (
        f"The known servers in {path} cannot be understood ({what}), so nobody can tell whether "
        "this is the right one. An entry is: HOST PORT SHA256 FINGERPRINT."
    )


@contextlib.contextmanager
def _locked(file: FileIO) -> Iterator[None]:
    """No other program of ours writes meanwhile. Raises OSError where one does not let go."""
    deadline = Deadline(LOCK_SECONDS)
    while not _try_to_lock(file):
        if deadline.has_passed:
            raise TimeoutError(errno.ETIMEDOUT, "another program keeps it locked")
        time.sleep(0.01)
    try:
        yield
    finally:
        _unlock(file)


if sys.platform == "win32":

    def _try_to_lock(file: FileIO) -> bool:
        file.seek(_LOCKED_BYTE)
        try:
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        except PermissionError:
            return False
        return True

    def _unlock(file: FileIO) -> None:
        file.seek(_LOCKED_BYTE)
        msvcrt.locking(file.fileno(), msvcrt.LK_UNLCK, 1)

else:

    def _try_to_lock(file: FileIO) -> bool:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def _unlock(file: FileIO) -> None:
        fcntl.flock(file, fcntl.LOCK_UN)
