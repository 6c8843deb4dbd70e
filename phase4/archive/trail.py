"""A log through all its files: messages.txt.5, .4 ... .1, messages.txt, read once and in order.

A log is not one file. The server renames it when it is full; logrotate may rename it, or copy it
and empty it; somebody removes it. So a *place* in it is more than an offset: which file (device and
inode), how far, and the bytes right before. The bytes tell what the inode cannot: that a file was
emptied and filled again, that its inode went to another file, or that a copy goes on where the
file did.

Three rules make the order certain:

- A line counts when its newline is there. Half a line may yet be finished.
- A file is left only when the next one holds something. The server has one writing thread: once it
  has written into the next file, it never writes into this one again.
- What the server wrote into a file while somebody removed it, it writes again into the new one. So
  a new file may begin with lines that the removed one ended with. They are taken once.

Reads files, and writes none. What was read and how far goes together (Piece), so that whoever
keeps both in one transaction can be killed at any moment.
"""

import contextlib
import errno
import os
import re
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from phase4.archive.record import Record, extract, next_after, start_of
from shared.files import open_ordinary

PIECE_BYTES = 256 * 1024
"""Read at once. A line has at most some 12 kB: so much without a newline is not one of ours."""

_TAIL_BYTES = 200
"""Of the bytes before a place. They hold at least one time and text: no two places share them."""

_OVERLAP_BYTES = 1024 * 1024
"""What a server may write twice is one batch, of 256 KiB and some lines more."""

KNOWN_FILES = 30
"""Places that are remembered: the server keeps six files of a log, a careful operator some more."""

_MUST_CLOSE = sys.platform == "win32"
"""Whether a file that is open here could not be renamed by the server. Then it is opened anew for
each piece. What is removed is not read to its end; but there nobody removes an open file."""

_LOOKS = 3  # at the directory: a file that is being renamed may be missed in one look
_LOOK_SECONDS = 0.003


@dataclass(frozen=True, slots=True)
class Place:
    """How far a file of the log was read, and the number of the next entry there."""

    device: str = ""
    inode: str = ""  # as text: on Windows both may exceed what a database calls an integer
    offset: int = 0
    tail: bytes = b""
    next_number: int = 1

    head: bytes = b""
    """The first bytes of the file, of those that were read."""

    first_number: int = 1
    """That of the file's first entry."""


Known = Callable[[list[Record]], int]
"""Tells how many of these records, from the first one on, were taken in before, just so."""


@dataclass(frozen=True, slots=True)
class Piece:
    """Some whole lines, and the place behind them. `has_gap`: lines are missing before these.

    The place's `next_number` is that of the place before: only the lines tell how many they are.
    """

    data: bytes
    place: Place
    has_gap: bool = False

    is_new_place: bool = False
    """Whether the place before is to be remembered as well: it is in another file, or before a
    break in the numbers."""


@dataclass(frozen=True, slots=True)
class _Step:
    """Where to go on when a file was read to its end. Not certain: others may have come between."""

    path: Path
    is_certain: bool


class Trail:
    """Reads on from the newest of the `places` that is still there. One thread uses it.

    `places` are known ones, the newest first; none: all of the log is new. `known` is asked where a
    file has lost its end. Close it at the end.
    """

    def __init__(
        self, log: Path, places: Sequence[Place] = (), known: Known = lambda records: 0
    ) -> None:
        self.log = log.absolute()
        self._places = list(places[1:])  # known ones, the newest first
        self._file: int | None = None
        self.place = places[0] if places else Place()  # where we are
        self._known = known
        self._has_gap = False  # lines are missing before what comes next
        self._places_to_keep = 0  # so many pieces from now on get a place of their own

    def close(self) -> None:
        """Give the file back."""
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def read(self) -> Piece | None:
        """The next lines, or the step into the next file; None: there is nothing new.

        Raises OSError where a file cannot be read.
        """
        if self._file is None and not self._begin():
            return None
        try:
            is_after_a_break = self._places_to_keep == 2
            return self._piece(b"") if is_after_a_break else self._read()
        finally:
            if _MUST_CLOSE:
                self.close()

    def _read(self) -> Piece | None:
        assert self._file is not None
        step = self._next_file()  # asked before the read: a file that has a newer one is complete
        tail = self.place.tail
        data = _read_at(self._file, self.place.offset - len(tail), len(tail) + PIECE_BYTES)
        if not data.startswith(tail):
            return self._read_elsewhere()
        data = data[len(tail) :]
        if whole := _whole(data):
            return self._piece(data[:whole])
        return self._enter(step) if step is not None else None

    def _piece(self, data: bytes, *, is_new_place: bool = False) -> Piece:
        self.place = behind(self.place, data)
        is_new_place |= self._places_to_keep > 0
        self._places_to_keep = max(0, self._places_to_keep - 1)
        piece = Piece(data, self.place, self._has_gap, is_new_place)
        self._has_gap = False
        return piece

    def number(self, next_number: int) -> None:
        """Note the number that the entry at the present place has."""
        self.place = replace(self.place, next_number=next_number)

    # --- from one file to the next -----------------------------------------------------------

    def _next_file(self) -> "_Step | None":
        """The file after ours that holds something; None: ours is the newest."""
        assert self._file is not None
        mine = os.fstat(self._file)
        for look in range(_LOOKS):
            if _is_same(self.log, mine):
                return None
            paths = files_of(self.log)
            there = next((at for at, path in enumerate(paths) if _is_same(path, mine)), None)
            if there is not None:
                return _step_to(paths[there + 1 :], is_certain=True)
            time.sleep(_LOOK_SECONDS * look)
        # Ours was removed, or has a name that we do not know. Where several files are newer, there
        # may have been more of them.
        paths = files_of(self.log)
        known = [at for at, path in enumerate(paths) if _place_in(path, self._places)]
        unknown = paths[known[-1] + 1 if known else 0 :]
        return _step_to(unknown, is_certain=unknown == [self.log])

    def _enter(self, step: "_Step") -> Piece | None:
        """Go on in the next file. None: it is gone again, or not far enough; try once more."""
        assert self._file is not None
        try:
            file = _open(step.path)
        except FileNotFoundError:
            return None
        try:
            was_removed = os.fstat(self._file).st_nlink == 0
            repeated = _repeated(self._file, file) if was_removed else 0
        except OSError:
            os.close(file)
            raise
        if repeated is None:
            os.close(file)
            return None
        self._has_gap |= not step.is_certain
        self._use(file, self._new_place(file, repeated))
        return self._piece(b"", is_new_place=True)

    def _new_place(self, file: int, offset: int = 0) -> Place:
        """A place in a file that is new to us; what is before it is the end of the last file."""
        begin = _read_at(file, 0, offset)
        number = self.place.next_number
        first = number - next_after(begin, 0)
        tail, head = begin[-_TAIL_BYTES:], begin[:_TAIL_BYTES]
        return Place("", "", offset, tail, number, head, first)

    def _use(self, file: int, place: Place) -> None:
        """Read this file from here on. What we read before is one more that we know."""
        device, inode = identity_of(file)
        old = self.place
        if old.device and (old.device, old.inode, old.offset) != (device, inode, place.offset):
            self._places = [old, *self._places][:KNOWN_FILES]
        self.close()
        self._file = file
        self.place = replace(place, device=device, inode=inode, next_number=old.next_number)

    # --- where a file is not what it was -----------------------------------------------------

    def _read_elsewhere(self) -> Piece | None:
        """Go on where our file is not what it was: it was emptied, or has lost its end."""
        assert self._file is not None
        paths = [path for path in files_of(self.log) if not self._is_ours(path)]
        copy = next((path for path in paths if _has_tail(path, self.place)), None)
        if copy is not None and self.place.tail:
            self._use(_open(copy), self.place)
        elif not self._use_what_is_left(self._file):
            self._has_gap = True
            self._use(os.dup(self._file), self._new_place(self._file))
        return self._piece(b"", is_new_place=True)

    def _is_ours(self, path: Path) -> bool:
        return self._file is not None and _is_same(path, os.fstat(self._file))

    def _use_what_is_left(self, file: int) -> bool:
        """Go on in a file that lost its end, as one does in a power cut; False: it is another one.

        The archive may have lines that the disk never got, and others may stand in their place. So
        what is left is compared with the archive.
        """
        head = self.place.head
        first_line = head[: head.find(b"\n") + 1] or head
        if not head or _read_at(file, 0, len(first_line)) != first_line:
            return False
        start = self._end_of_what_is_known(file)
        tail = _read_at(file, max(0, start - _TAIL_BYTES), min(start, _TAIL_BYTES))
        self._use(os.dup(file), replace(self.place, offset=start, tail=tail))
        # The numbers of what comes do not follow those of what is before. So this place is kept
        # (by a piece without lines), and the next one is not written over it.
        self._places_to_keep = 2
        return True

    def _end_of_what_is_known(self, file: int) -> int:
        """Where in our file the first line begins that was not taken in before."""
        start, number = 0, self.place.first_number
        for each in self._places:  # a file may lose its end twice
            if each.first_number == number and each.head and holds(file, each):
                start, number = each.offset, each.next_number
                break
        for data in pieces_of(file, start):
            said = extract(data, number)
            count = self._known(said.records)
            if count < len(said.records):
                return start + start_of(data, count)
            start, number = start + len(data), said.next_number
        return start

    # --- at the start ------------------------------------------------------------------------

    def _begin(self) -> bool:
        """Open the file of our place, or the one to go on in where that is gone."""
        is_first = not self.place.device
        for look in range(0 if is_first else _LOOKS):
            if self._open_known([self.place]):
                return True
            time.sleep(_LOOK_SECONDS * look)
        if not is_first and self._open_cut():
            return True
        if self._open_known(self._places):
            self._has_gap = True
            return True
        for oldest in files_of(self.log)[:1]:
            with contextlib.suppress(FileNotFoundError):  # renamed at this moment
                file = _open(oldest)
                self._use(file, self._new_place(file))
                self._has_gap |= not is_first
                return True
        return False

    def _open_cut(self) -> bool:
        """Open our file where it has lost its end."""
        for path in reversed(files_of(self.log)):
            with contextlib.suppress(FileNotFoundError):
                file = _open(path)
                try:
                    if self._use_what_is_left(file):
                        return True
                finally:
                    os.close(file)
        return False

    def _open_known(self, places: Sequence[Place]) -> bool:
        """Open the newest file that we know, if one of these places is in it."""
        for path in reversed(files_of(self.log)):
            place = _place_in(path, places)
            if place is not None:
                with contextlib.suppress(FileNotFoundError):
                    self._use(_open(path), place)
                    return True
        return False


def behind(place: Place, data: bytes) -> Place:
    """The place behind these bytes, which are read there; its number is to be told."""
    tail = (place.tail + data[-_TAIL_BYTES:])[-_TAIL_BYTES:]
    head = (place.head + data[:_TAIL_BYTES])[:_TAIL_BYTES]
    return replace(place, offset=place.offset + len(data), tail=tail, head=head)


def is_in(place: Place, path: Path) -> bool:
    """Whether a place is in this file. A place at its very beginning is told by the inode alone."""
    if place.tail:
        return _has_tail(path, place)
    with contextlib.suppress(OSError):
        stat = os.stat(path)
        return (str(stat.st_dev), str(stat.st_ino)) == (place.device, place.inode)
    return False


def _place_in(path: Path, places: Sequence[Place]) -> Place | None:
    """The newest of these places that is in this file, or in what it is a copy of."""
    return next((place for place in places if is_in(place, path)), None)


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
            files = [_open(path) for path in files_of(log)]
            for file in files:
                stack.callback(os.close, file)
            paths = files_of(log)
            if len(paths) == len(files) and all(map(_is_at, paths, files)):
                return [file for file in files if os.fstat(file).st_size]
    raise OSError(errno.EBUSY, "its files are being renamed; try again", str(log))


def _is_at(path: Path, file: int) -> bool:
    return _is_same(path, os.fstat(file))


def holds(file: int, place: Place) -> bool:
    """The same as is_in() of a file that is open."""
    if place.tail:
        return _read_at(file, place.offset - len(place.tail), len(place.tail)) == place.tail
    return identity_of(file) == (place.device, place.inode)


def identity_of(file: int) -> tuple[str, str]:
    """Device and inode, as a place has them."""
    stat = os.fstat(file)
    return str(stat.st_dev), str(stat.st_ino)


def pieces_of(file: int, start: int = 0, end: int | None = None) -> Iterator[bytes]:
    """The whole lines of one open file between two offsets, in pieces. Raises OSError."""
    while True:
        most = PIECE_BYTES if end is None else min(PIECE_BYTES, end - start)
        data = _read_at(file, start, most)
        whole = _whole(data)
        if not whole:
            return
        yield data[:whole]
        start += whole


def _whole(data: bytes) -> int:
    """How many bytes are whole lines, or too many for a line that is ours."""
    return data.rfind(b"\n") + 1 or (len(data) if len(data) == PIECE_BYTES else 0)


# --- files ---------------------------------------------------------------------------------------


def _open(path: Path) -> int:
    return open_ordinary(path, os.O_RDONLY)


def _read_at(file: int, offset: int, size: int) -> bytes:
    """Up to `size` bytes from this offset. Not os.pread(), which Windows lacks."""
    os.lseek(file, offset, os.SEEK_SET)
    parts = []
    while size > 0 and (part := os.read(file, size)):
        parts.append(part)
        size -= len(part)
    return b"".join(parts)


def _is_same(path: Path, stat: os.stat_result) -> bool:
    try:
        return os.path.samestat(os.stat(path), stat)
    except OSError:
        return False


def _step_to(paths: Sequence[Path], *, is_certain: bool) -> _Step | None:
    """To the first of them that holds something."""
    for path in paths:
        with contextlib.suppress(FileNotFoundError):
            if os.stat(path).st_size:
                return _Step(path, is_certain)
    return None


def _has_tail(path: Path, place: Place) -> bool:
    """Whether this file has the same bytes before the same offset."""
    try:
        file = _open(path)
    except OSError:
        return False
    try:
        return holds(file, place)
    except OSError:
        return False
    finally:
        os.close(file)


def _repeated(old: int, new: int) -> int | None:
    """How many bytes at the beginning of `new` are those at the end of `old`, in whole lines.

    None: it is being written just now, and more of them may come.
    """
    size = os.fstat(old).st_size
    end = _read_at(old, max(0, size - _OVERLAP_BYTES), _OVERLAP_BYTES)
    begin = _read_at(new, 0, _OVERLAP_BYTES)
    first = begin[: begin.find(b"\n") + 1]
    if not first:
        return None
    at = end.find(first)
    while at >= 0:
        if end.startswith(begin[: len(end) - at], at):
            return None if len(begin) < len(end) - at else len(end) - at
        at = end.find(first, at + 1)
    return 0
