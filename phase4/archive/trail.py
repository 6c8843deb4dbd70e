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
import itertools
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from phase4.archive.log_files import (
    PIECE_BYTES,
    Identity,
    LogFile,
    all_of,
    identity_of,
    is_same,
    open_found,
    pieces_of,
    read_at,
    repeated_in,
    whole_lines,
)
from phase4.archive.place import KNOWN_FILES, TAIL_BYTES, Place, behind, holds, place_in
from phase4.archive.record import Record, extract, next_after, start_of

_MUST_CLOSE = sys.platform == "win32"
"""Whether a file that is open here could not be renamed by the server. Then it is opened anew for
each piece. What is removed is not read to its end; but there nobody removes an open file."""


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

    file: LogFile
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
        if not self.place.tail and (missed := self._missed_file()) is not None:
            return self._enter(missed)
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
        if is_same(self.log, os.fstat(self._file)):
            return None
        mine = identity_of(self._file)
        files = all_of(self.log)
        there = next((at for at, each in enumerate(files) if each.identity == mine), None)
        if there is not None:
            # A copy that somebody made has any number: what is newer by name may be read already.
            newer = [each for each in files[there + 1 :] if not self._is_read(each)]
            return _step_to(newer, is_certain=True)
        # Ours was removed, or has a name that we do not know. Where several files are newer, there
        # may have been more of them.
        known = [at for at, each in enumerate(files) if self._is_known(each)]
        unknown = files[known[-1] + 1 if known else 0 :]
        is_certain = [each.path for each in unknown] == [self.log]
        return _step_to(unknown, is_certain=is_certain)

    def _missed_file(self) -> "_Step | None":
        """A file before ours that we have not read, though we have nothing of ours yet.

        It is what ours was, before it was copied and emptied.
        """
        assert self._file is not None
        mine = identity_of(self._file)
        files = all_of(self.log)
        older = list(itertools.takewhile(lambda each: each.identity != mine, files))
        if len(older) == len(files):
            return None  # ours was removed; what is there is newer
        known = [at for at, each in enumerate(older) if self._is_known(each)]
        return _step_to(older[known[-1] + 1 if known else 0 :], is_certain=True)

    def _is_known(self, found: LogFile) -> bool:
        """Whether we have read in this file before."""
        with _opened(found) as file:
            return file is not None and place_in(file, self._places) is not None

    def _is_read(self, found: LogFile) -> bool:
        """Whether we have read all of it before."""
        with _opened(found) as file:
            place = place_in(file, self._places) if file is not None else None
            return file is not None and place is not None and _size(file) == place.offset

    def _enter(self, step: "_Step") -> Piece | None:
        """Go on in the next file. None: it is gone again, or not far enough; try once more."""
        assert self._file is not None
        with _opened(step.file) as file:
            if file is None:
                return None
            was_removed = os.fstat(self._file).st_nlink == 0
            repeated = repeated_in(self._file, file) if was_removed else 0
            if repeated is None:
                return None
            self._has_gap |= not step.is_certain
            self._use(file, self._new_place(file, repeated))
        return self._first_piece()

    def _first_piece(self) -> Piece:
        """The first lines of a file, if there is a whole one; the place in it, at any rate."""
        assert self._file is not None
        data = read_at(self._file, self.place.offset, PIECE_BYTES)
        return self._piece(data[: whole_lines(data)], is_new_place=True)

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
        file = os.dup(file)  # the caller closes its own
        self.close()
        self._file = file
        self.place = replace(place, device=device, inode=inode, next_number=old.next_number)

    # --- where a file is not what it was -----------------------------------------------------

    def _read_elsewhere(self) -> Piece | None:
        """Go on where our file is not what it was: it was emptied, or has lost its end."""
        assert self._file is not None
        if self._use_a_copy(self._file) or self._use_what_is_left(self._file):
            return self._piece(b"", is_new_place=True)
        self._has_gap = True
        self._use(self._file, self._new_place(self._file))
        return self._first_piece()

    def _use_a_copy(self, file: int) -> bool:
        """Go on in a copy of what our file was; False: there is none."""
        mine = identity_of(file)
        return bool(self.place.tail) and any(
            self._use_if_known(each, [self.place])
            for each in all_of(self.log)
            if each.identity != mine
        )

    def _use_if_known(self, found: LogFile, places: Sequence[Place]) -> bool:
        """Go on in this file, if one of these places is in it."""
        with _opened(found) as file:
            place = place_in(file, places) if file is not None else None
            if file is None or place is None:
                return False
            self._use(file, place)
            return True

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
        self._use(file, replace(self.place, offset=start, tail=tail))
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
        newest_first = all_of(self.log)[::-1]
        if not self.place.device:
            return bool(newest_first) and self._begin_with(newest_first[-1])
        if any(self._use_if_known(each, [self.place]) for each in newest_first):
            return True
        if any(self._use_if_it_was_cut(each) for each in newest_first):
            return True
        if _names(newest_first) != _names(all_of(self.log)[::-1]):
            return False  # our file may have got a name that we have looked at before: once more
        is_known = any(self._use_if_known(each, self._places) for each in newest_first)
        has_begun = is_known or (bool(newest_first) and self._begin_with(newest_first[-1]))
        self._has_gap |= has_begun
        return has_begun

    def _begin_with(self, oldest: LogFile) -> bool:
        with _opened(oldest) as file:
            if file is None:
                return False
            self._use(file, self._new_place(file))
            return True

    def _use_if_it_was_cut(self, found: LogFile) -> bool:
        """Go on in this file, if it is ours and has lost its end."""
        with _opened(found) as file:
            return file is not None and self._use_what_is_left(file)


@contextlib.contextmanager
def _opened(found: LogFile) -> Iterator[int | None]:
    """The file, open meanwhile; None: it has another name by now."""
    file = open_found(found)
    try:
        yield file
    finally:
        if file is not None:
            os.close(file)


def _size(file: int) -> int:
    return os.fstat(file).st_size


def _names(files: Sequence[LogFile]) -> list[tuple[Path, Identity]]:
    return [(each.path, each.identity) for each in files]


def _step_to(files: Sequence[LogFile], *, is_certain: bool) -> _Step | None:
    """To the first of them that holds something."""
    return next((_Step(each, is_certain) for each in files if not each.is_empty), None)
