"""What helps to type: drafts, history, completion, a count of what fits, pasted lines.

No toolkit here, so all of it is tested without a window.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from phase4.client.completion import COMMANDS, offers, split_last_word
from phase4.client.pasting import too_many_lines
from phase4.client_gui.ignoring import IGNORE, UNIGNORE
from phase4.widgets.undo import Undo
from shared.defaults import MAX_LINE_BYTES
from shared.framing import encode_line
from shared.secret import has_secret

HISTORY_LINES = 200

COUNT_FROM_BYTES = 200
"""The space left in a message is told from here on; before, the number would only distract."""


def has_secret_line(text: str) -> bool:
    """Whether a line of it holds a password, or may: then it is neither kept nor written down."""
    return any(map(has_secret, text.splitlines()))


class History:
    """What was sent, the newest last. Up goes back, Down comes again to what was being typed."""

    def __init__(self, limit: int = HISTORY_LINES) -> None:
        self._lines: list[str] = []
        # Those that were not delivered: the name that they are for may be somebody else's by now.
        self._undelivered: set[str] = set()
        self._limit = limit
        self._at = 0  # the line shown; len(_lines): what is being typed
        self._draft = ""

    def add(self, line: str) -> None:
        """`line` was sent. The same one twice in a row is kept once; one with a password, never."""
        if has_secret_line(line):
            pass
        elif not self._lines or self._lines[-1] != line:
            self._lines.append(line)
            del self._lines[: -self._limit]
        self._undelivered.discard(line)
        self._at = len(self._lines)
        self._draft = ""

    def keep(self, line: str) -> None:
        """Have Up bring back `line`, which was not delivered.

        A person who is walking through the lines just now is not disturbed.
        """
        is_typing = self._at == len(self._lines)
        self._lines.append(line)
        too_many = max(0, len(self._lines) - self._limit)
        del self._lines[:too_many]
        self._at = len(self._lines) if is_typing else max(0, self._at - too_many)
        self._undelivered = {*self._lines} & {*self._undelivered, line}

    def is_undelivered(self, line: str) -> bool:
        """Whether this came back instead of going to whom it was for."""
        return line in self._undelivered

    def typed(self, shown: str) -> str:
        """What was typed: what is shown, or what was being typed before Up showed that."""
        is_old = self._at < len(self._lines) and self._lines[self._at] == shown
        return self._draft if is_old else shown

    def earlier(self, shown: str) -> str:
        """The line before the one that is shown; `shown` is kept if it is being typed."""
        if self._at == len(self._lines):
            self._draft = shown
        self._at = max(0, self._at - 1)
        return self._lines[self._at] if self._lines else shown

    def later(self, shown: str) -> str:
        """The line after the one that is shown, and at last what was being typed."""
        if self._at == len(self._lines):
            return shown
        self._at += 1
        return self._draft if self._at == len(self._lines) else self._lines[self._at]


@dataclass(slots=True)
class Draft:
    """What is being typed to one conversation, and what was sent there.

    Each has a history of its own: Up must not bring back, for everybody, what was said to one. Nor
    must Ctrl+Z.
    """

    text: str = ""
    cursor: int = 0
    history: History = field(default_factory=History)
    steps: Undo = field(default_factory=Undo)
    is_doubtful: bool = False
    """Whether it may have been begun for somebody else, so that one is asked before it is sent."""

    is_unasked: bool = False
    """Whether lines came into it by a way that is not known, and did not ask what to do."""

    # What came back because it was not delivered, and how it was put into `text`.
    _returned: tuple[str, ...] = ()
    _returned_as: str = ""

    def put(self, text: str) -> None:
        """Let it be this, the cursor at the end. Ctrl+Z brings back what it was."""
        self.text, self.cursor = text, len(text)
        self.steps.note(text, self.cursor)

    @property
    def typed(self) -> str:
        """What the person has typed here, and not what Up shows of what was sent."""
        return self.history.typed(self.text)

    def restore(self, text: str) -> bool:
        """Put back what was typed another time; False: something is typed now, so it is at Up.

        Whoever it was for may have another name by now, and somebody else this one.
        """
        self.is_doubtful = True
        if self.text:
            self.history.keep(text)
            return False
        self.put(text)
        return True

    def give_back(self, said: str, to_type: Callable[[Sequence[str]], str]) -> bool:
        """Put back what could not be delivered; False: something else stands there, so it is at Up.

        Lines that come back one after the other are lines of one text again. `to_type(lines)` is
        what a person would type to say them.
        """
        if self.text and self.text != self._returned_as:
            self.history.keep(to_type([said]))
            return False
        self._returned = (*self._returned, said) if self.text else (said,)
        self._returned_as = to_type(self._returned)
        self.put(self._returned_as)
        return True


def bytes_left(line: str) -> int:
    """The bytes that `line` may still grow by; less than 0: it is too long to be sent."""
    return MAX_LINE_BYTES - len(encode_line(line.replace("\n", " ")))


def count_text(left: int) -> str:
    """What to say about `left` bytes of space: nothing while there is plenty.

    >>> count_text(4000), count_text(12), count_text(0), count_text(-3)
    ('', '12 bytes left', '0 bytes left', '3 bytes too long')
    """
    if left > COUNT_FROM_BYTES:
        return ""
    return f"{left:,} bytes left" if left >= 0 else f"{-left:,} bytes too long"


def one_line(text: str) -> str:
    """`text` in one line: a blank stands for each newline."""
    return " ".join(text.splitlines())


MAX_TYPED_CHARACTERS = 20_000
"""In the entry: five of the longest messages. Tk lays out a line anew at each key, which takes it
50 ms for one of this length, and a second for one of 100,000."""


def why_not_typed(text: str) -> str:
    """Why this is not put into the entry; empty where it is."""
    if len(text) <= MAX_TYPED_CHARACTERS:
        return ""
    return f"These are {len(text):,} characters. That is a file, not a message."


def why_not_as_lines(lines: Sequence[str], left: Sequence[int]) -> str:
    """Why these cannot be sent one by one; empty where they can. `left`: bytes_left() of each."""
    if too_many := too_many_lines(len(lines)):
        return too_many
    for number, each in enumerate(left, 1):
        if each < 0:
            return f"Line {number} of {len(lines)} is {count_text(each)}."
    return ""


class Completer:
    """Completes the word before the cursor; asked again at once, it offers the next one."""

    def __init__(self) -> None:
        # Whole beginnings of the line, offered in turn.
        self._offers: list[str] = []
        self._next = 0
        # What was offered last.
        self._last = ""
        # The names that it was chosen from: nobody else may be called so now.
        self._names: Sequence[str] = ()

    def complete(self, before: str, names: Sequence[str]) -> str | None:
        """What `before` (the line up to the cursor) becomes; None where nothing fits."""
        if not self._offers or before != self._last or {*names} != {*self._names}:
            self._names = names
            start, _ = split_last_word(before)
            found = offers(before, names, (*COMMANDS, f"{IGNORE} ", f"{UNIGNORE} "))
            self._offers = [start + each for each in found if before.strip()]
            self._next = 0
        if not self._offers:
            return None
        self._last = self._offers[self._next % len(self._offers)]
        self._next += 1
        return self._last
