"""The story that the demonstration tells, for somebody who sees a chat server for the first time.

Run it: python -m phase4.demo --seconds 40

Each scene has a sentence that says what to look at, each thing that was said stands there once, and
what came of it is the scene's last line. Only the first round is told so; of the next ones only the
sentences, as they are the same. One thread calls all of it.
"""

import textwrap
import time
from collections.abc import Callable

from shared.message import Message, clean, format

NARROWEST = 40  # columns; below that, words would be cut
WIDEST = 90  # columns: longer lines are harder to read
MAX_TYPED = 120  # characters; of a longer line only the start is shown
SHOWN_START = 35

_LABEL = 9  # columns: the longest name, its colon, and a blank
_INDENT = 7  # columns, as wide as the time before a scene's sentence

BOLD, FAINT = "1", "38;5;243"
PRIVATE, REFUSED = "38;5;133", "38;5;160"
PEOPLE = ("38;5;31", "38;5;64", "38;5;131", "38;5;98", "38;5;162", "38;5;29")
"""Of the 256 colours. Each can be read on black and on white."""


class Story:
    """Tells, by `show`, line by line. With `show` None, nothing at all: the monitor has the screen.

    `has_looks`: `show` takes sequences for bold text; with `has_colours`, for colours as well.
    """

    def __init__(
        self,
        show: Callable[[str], None] | None,
        *,
        columns: int = 80,
        has_looks: bool = False,
        has_colours: bool = False,
    ) -> None:
        self.is_brief = False  # from now on, only the scenes' sentences
        self._show = show
        self._columns = min(max(columns - 1, NARROWEST), WIDEST)
        self._has_looks = has_looks
        self._has_colours = has_looks and has_colours
        self._colours: dict[str, str] = {}  # of each person, in the order in which they come
        self._began = time.monotonic()

    def scene(self, sentence: str) -> None:
        """What happens next."""
        when = f"{time.monotonic() - self._began:3.0f} s  "
        if self.is_brief:
            self._print(when, f"Again: {sentence}", FAINT)
        else:
            self._print("", "", "")
            self._print(when, sentence, BOLD)

    def said(self, name: str, text: str) -> None:
        """Somebody has said something to everybody, and all have heard it."""
        self._tell(f"{name}:", text, self._colour_of(name))

    def whispered(self, name: str, to: str, text: str) -> None:
        """Somebody has said something to one person, and both have it."""
        self._tell(f"{name}:", f"(to {to} alone) {text}", PRIVATE)

    def typed(self, name: str, line: str) -> None:
        """Somebody has typed something that nobody else hears, as it is."""
        shown = line
        if len(line) > MAX_TYPED:
            shown = f"{line[:SHOWN_START]}... ({len(line):,} characters)"
        self._tell(name, f"types {shown}", self._colour_of(name))

    def did(self, name: str, what: str) -> None:
        """Somebody does something beside talking."""
        self._tell(name, what, self._colour_of(name))

    def refused(self, name: str, answer: Message) -> None:
        """The server's answer to this person alone."""
        self._tell(name, f"reads {_without_time(answer)}", REFUSED)

    def noticed(self, notice: Message) -> None:
        """What everybody was told by the server."""
        self._tell("", _without_time(notice), FAINT)

    def concluded(self, sentence: str) -> None:
        """What has come of it, in a sentence."""
        self._tell("", f"=> {sentence}", BOLD)

    def _colour_of(self, name: str) -> str:
        return self._colours.setdefault(name, PEOPLE[len(self._colours) % len(PEOPLE)])

    def _tell(self, label: str, text: str, look: str) -> None:
        if self.is_brief:
            return
        first = f"{'':{_INDENT}}{label:<{_LABEL}}" if label else " " * (_INDENT + _LABEL)
        self._print(first, text, look)

    def _print(self, first: str, text: str, look: str) -> None:
        if self._show is None:
            return
        later = " " * len(first)
        lines = textwrap.wrap(clean(text), self._columns - len(first)) or [""]
        for number, line in enumerate(lines):
            self._show(self._styled(f"{later if number else clean(first)}{line}", look))

    def _styled(self, line: str, look: str) -> str:
        is_shown = self._has_colours or (self._has_looks and look == BOLD)
        return f"\x1b[{look}m{line}\x1b[0m" if is_shown and line else line


def _without_time(message: Message) -> str:
    """As a client shows it; the messages of the play have no time."""
    return format(message).removeprefix("[] ")
