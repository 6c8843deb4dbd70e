"""A log through all its files: messages.txt.5, .4 ... .1, messages.txt, read once and in order.

A log is not one file. The server renames it when it is full; logrotate may rename it, or copy it
and empty it; somebody removes it; a power cut takes its end. So a place in it is more than an
offset: see place.py.

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
import os
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from phase4.archive.log_files import (
    PIECE_BYTES,
    files_of,
    identity_of,
    is_same,
    open_log,
    pieces_of,
    read_at,
    repeated_in,
    whole_lines,
)
from phase4.archive.place import KNOWN_FILES, TAIL_BYTES, Place, behind, has_tail, holds, place_in
from phase4.archive.record import Record, extract, next_after, start_of

_MUST_CLOSE = sys.platform == "win32"
"""Whether a file that is open here could not be renamed by the server. Then it is opened anew for
each piece. What is removed is not read to its end; but there nobody removes an open file."""

_LOOKS = 3  # at the directory: a file that is being renamed may be missed in one look
_LOOK_SECONDS = 0.003


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
        data = read_at(self._file, self.place.offset - len(tail), len(tail) + PIECE_BYTES)
        if not data.startswith(tail):
            return self._read_elsewhere()
        data = data[len(tail) :]
        if size := whole_lines(data):
            return self._piece(data[:size])
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
            if is_same(self.log, mine):
                return None
            paths = files_of(self.log)
            there = next((at for at, path in enumerate(paths) if is_same(path, mine)), None)
            if there is not None:
                return _step_to(paths[there + 1 :], is_certain=True)
            time.sleep(_LOOK_SECONDS * look)
        # Ours was removed, or has a name that we do not know. Where several files are newer, there
        # may have been more of them.
        paths = files_of(self.log)
        known = [at for at, path in enumerate(paths) if place_in(path, self._places)]
        unknown = paths[known[-1] + 1 if known else 0 :]
        return _step_to(unknown, is_certain=unknown == [self.log])

    def _enter(self, step: "_Step") -> Piece | None:
        """Go on in the next file. None: it is gone again, or not far enough; try once more."""
        assert self._file is not None
        try:
            file = open_log(step.path)
        except FileNotFoundError:
            return None
        try:
            was_removed = os.fstat(self._file).st_nlink == 0
            repeated = repeated_in(self._file, file) if was_removed else 0
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
        begin = read_at(file, 0, offset)
        number = self.place.next_number
        first = number - next_after(begin, 0)
        tail, head = begin[-TAIL_BYTES:], begin[:TAIL_BYTES]
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
        copy = next((path for path in paths if has_tail(path, self.place)), None)
        if copy is not None and self.place.tail:
            self._use(open_log(copy), self.place)
        elif not self._use_what_is_left(self._file):
            self._has_gap = True
            self._use(os.dup(self._file), self._new_place(self._file))
        return self._piece(b"", is_new_place=True)

    def _is_ours(self, path: Path) -> bool:
        return self._file is not None and is_same(path, os.fstat(self._file))

    def _use_what_is_left(self, file: int) -> bool:
        """Go on in a file that lost its end, as one does in a power cut; False: it is another one.

        The archive may have lines that the disk never got, and others may stand in their place. So
        what is left is compared with the archive.
        """
        head = self.place.head
        first_line = head[: head.find(b"\n") + 1] or head
        if not head or read_at(file, 0, len(first_line)) != first_line:
            return False
        start = self._end_of_what_is_known(file)
        tail = read_at(file, max(0, start - TAIL_BYTES), min(start, TAIL_BYTES))
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
                file = open_log(oldest)
                self._use(file, self._new_place(file))
                self._has_gap |= not is_first
                return True
        return False

    def _open_cut(self) -> bool:
        """Open our file where it has lost its end."""
        for path in reversed(files_of(self.log)):
            with contextlib.suppress(FileNotFoundError):
                file = open_log(path)
                try:
                    if self._use_what_is_left(file):
                        return True
                finally:
                    os.close(file)
        return False

    def _open_known(self, places: Sequence[Place]) -> bool:
        """Open the newest file that we know, if one of these places is in it."""
        for path in reversed(files_of(self.log)):
            place = place_in(path, places)
            if place is not None:
                with contextlib.suppress(FileNotFoundError):
                    self._use(open_log(path), place)
                    return True
        return False


def _step_to(paths: Sequence[Path], *, is_certain: bool) -> _Step | None:
    """To the first of them that holds something."""
    for path in paths:
        with contextlib.suppress(FileNotFoundError):
            if os.stat(path).st_size:
                return _Step(path, is_certain)
    return None
