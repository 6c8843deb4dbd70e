r"""What a person has said, until the server has it. No I/O, no lock: its owner holds one.

A line that `send()` has taken is in the *system's* buffer, and that is all that is known. If the
server dies now, the line is lost, and nobody says so: TCP acknowledges to the system, never to the
program, and never that a program has read it. Only an answer proves that, the end-to-end argument
of Saltzer, Reed and Clark (1984). So lines stay here until the server has answered a question that
was asked after them; after a loss, those that nothing was heard of go out again, before the rest.
A line whose answer was lost on the way would then arrive twice. Where the server keeps a history,
that tells which lines have arrived (phase4/client/own_said.py). Else twice is the lesser evil.

A line with a password goes out once, and is not kept: nobody wants it in a queue that is sent
again, and shown at the end. What is left is its place, so that those after it keep their numbers.

>>> lines = SendQueue(keeps_sent=True)
>>> lines.put(b"one\n"); lines.put(b"two\n"); lines.let_go()
[(1, b'one\n'), (2, b'two\n')]
>>> bytes(lines.wire)
b'one\ntwo\n'
>>> lines.put_mark(b"/ping 1\n", "1"); lines.confirm("1"); lines.put(b"three\n"); lines.let_go()
[(3, b'three\n')]
>>> lines.rewind(); lines.rewound, lines.unsent()
(1, ['three'])
"""

import itertools
from collections import deque

OUTGOING_BYTES = 256 * 1024
"""Lines that wait for the server: the longest paste that makes sense. More is refused. As much may
be sent without an answer: the system's buffer takes ten times that, and dies with it."""

UNCONFIRMED_LINES = 5
"""Lines on their way at one time, before the server has answered: a second of the server's 5 a
second. So of a long paste it is known how far it is; and after a loss not all of it is sent again.
"""

WIRE_BYTES = 64 * 1024
"""Lines that are on their way out of this program at one time."""


class _Secret(bytes):
    """A line with a password, while it waits; afterwards, its place alone."""


_SENT, _LOST = _Secret(), _Secret()
"""The places of two such lines: one that is on its way, and one that will not be sent again."""


class SendQueue:
    """Lines in three states: waiting, on the wire, and sent but not confirmed."""

    def __init__(self, *, keeps_sent: bool) -> None:
        """Without `keeps_sent` a line is forgotten once it is on the wire."""
        # What is to be written next; the first line in it may be written in part.
        self.wire = bytearray()
        self._waiting: deque[bytes] = deque()
        self._waiting_bytes = 0
        # The lines that are not confirmed, and the marks between them.
        self._sent: deque[bytes | str] = deque()
        self._sent_bytes = 0
        self._sent_lines = 0
        self._keeps_sent = keeps_sent
        self.taken = 0
        """How many lines were put, all in all."""
        self.arrived = 0
        """How many of them the server is known to have; where none are kept, they only left."""
        self.lost_secrets = 0
        """How many lines with a password may not have arrived, and are not sent again."""
        self.rewound = 0
        """How many of those that wait, the first ones, were sent before the connection was lost."""
        self.is_held = False
        """Whether nothing of the person's is to leave now."""
        self.is_last = False
        """Whether the person says no more: then nothing waits for an answer but for want of space.
        """

    @property
    def is_empty(self) -> bool:
        """Whether nothing waits to be written."""
        return not self.wire and not self._waiting

    @property
    def has_unconfirmed(self) -> bool:
        """Whether there are sent lines after the last mark."""
        return bool(self._sent) and isinstance(self._sent[-1], bytes)

    @property
    def is_held_up(self) -> bool:
        """Whether a line waits until others are confirmed."""
        if not self._waiting or self.is_held:
            return bool(self._waiting)
        is_full = self._sent_bytes + len(self._waiting[0]) > OUTGOING_BYTES
        return is_full or (self._sent_lines >= UNCONFIRMED_LINES and not self.is_last)

    @property
    def has_several(self) -> bool:
        """Whether more than one line is on its way."""
        return self._sent_lines > 1

    def has_space(self, size: int) -> bool:
        """Whether a line of `size` bytes may be put."""
        return self._waiting_bytes + len(self.wire) + size <= OUTGOING_BYTES

    def put(self, line: bytes, *, is_secret: bool = False) -> None:
        """A line of the person's, with its newline. It waits for `let_go`."""
        self.taken += 1
        self._waiting.append(_Secret(line) if is_secret else line)
        self._waiting_bytes += len(line)

    def put_first(self, line: bytes) -> None:
        """A line of the client's own, which waits for nothing and is not sent again."""
        self.wire += line

    @property
    def has_sent(self) -> bool:
        """Whether there is any line that was sent and is not confirmed."""
        return self._sent_lines > 0

    def let_go(self) -> list[tuple[int, bytes]]:
        """Put what waits on the wire, as far as there is space, and lines can be kept.

        These lines, each with its number among all that were put.
        """
        gone = []
        while self._waiting and len(self.wire) < WIRE_BYTES and not self.is_held_up:
            line = self._waiting.popleft()
            self._waiting_bytes -= len(line)
            self.rewound = max(0, self.rewound - 1)
            self.wire += line
            if self._keeps_sent:
                self._sent.append(_SENT if isinstance(line, _Secret) else line)
                self._sent_bytes += len(self._sent[-1])
                self._sent_lines += 1
            else:
                self.arrived += 1
            gone.append((self.arrived + self._sent_lines, line))
        return gone

    def _forget_oldest(self) -> bytes | str:
        oldest = self._sent.popleft()
        if isinstance(oldest, bytes):
            self._sent_bytes -= len(oldest)
            self._sent_lines -= 1
        return oldest

    def put_mark(self, question: bytes, mark: str) -> None:
        """Ask something after all that is on the wire; `confirm(mark)` when the answer is here."""
        self.wire += question
        self._sent.append(mark)

    def confirm(self, mark: str) -> None:
        """The server has read everything before this mark."""
        if mark in self._sent:
            before = self._sent_lines
            while self._forget_oldest() != mark:
                pass
            self.arrived += before - self._sent_lines

    def confirm_all(self) -> None:
        """The server has read everything that was sent."""
        self.arrived += self._sent_lines
        self._forget_all()

    def _forget_all(self) -> None:
        self._sent.clear()
        self._sent_bytes = self._sent_lines = 0

    def rewind(self) -> None:
        """The connection is lost: what was not confirmed waits again."""
        lines = [each for each in self._sent if isinstance(each, bytes)]
        self._forget_all()
        self.wire.clear()
        waiting = [*lines, *self._waiting]
        secrets = sum(isinstance(each, _Secret) and each is not _LOST for each in waiting)
        self.lost_secrets += secrets
        self._waiting = deque(_LOST if isinstance(each, _Secret) else each for each in waiting)
        self._waiting_bytes = sum(map(len, self._waiting))
        self.rewound += len(lines)

    def found(self, number: int) -> None:
        """Of the lines that wait again, the server has all up to the one of this number."""
        for _ in range(min(number - self.arrived, self.rewound)):
            self._waiting_bytes -= len(self._waiting.popleft())
            self.rewound -= 1
            self.arrived += 1

    @property
    def sent_again(self) -> int:
        """How many of the rewound lines go out again; none with a password does."""
        rewound = itertools.islice(self._waiting, self.rewound)
        return sum(not isinstance(each, _Secret) for each in rewound)

    def unsent(self) -> list[str]:
        """The person's lines that are not known to have arrived, oldest first; no newlines.

        None with a password is among them.
        """
        lines = [each for each in (*self._sent, *self._waiting) if isinstance(each, bytes)]
        kept = (line for line in lines if not isinstance(line, _Secret))
        return [line.decode(errors="replace").rstrip("\n") for line in kept]
