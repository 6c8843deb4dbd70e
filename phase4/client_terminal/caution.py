"""What to ask before lines are sent: what was meant for one is not said to all. No terminal here.

Most terminals mark what is pasted, and it arrives in one piece. Others (the console of Linux, an
old screen) type it, returns included: of three lines pasted after `/pm Bob `, the first has gone to
Bob before the second is here, which looks as if it were for everybody. So lines that come right
after a private one wait for a y. It may also have been refused, as `/pmm Bob one` is.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass

from shared.request import Command, Lines, Refusal, Request, Say, Whisper

MOMENT_SECONDS = 1.0
"""A line that follows another so soon is taken for the rest of its paste. A terminal types a line
in a few milliseconds; a person needs longer to think of a sentence, and to type it."""

TYPED_CHARACTERS_PER_SECOND = 25
"""Nobody types faster than 20 for long, and a terminal types a thousand. So the last line of a
paste is known, whose Enter the person presses when they like."""

HOW_TO_SAY_IT = "Nothing was sent. Type it again to say it to everybody."
"""Where nobody can be asked."""


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked before lines are sent."""

    text: str
    reason: str = ""
    """Why Enter alone is not a yes, where `text` does not say it."""

    is_careful: bool = False
    """Whether Enter alone is not a yes, because the default is no."""


class Caution:
    """Whether what is being typed came right after what was meant for one."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        # What the latest line was, in words; empty: it was for everybody.
        self.after = ""
        # When Enter was pressed after it, or after a line held since.
        self._at = 0.0
        # Whether what is being typed came right after it.
        self._is_suspect = False

    def sent(self, request: Request) -> None:
        """A line went to the server that asks for this."""
        was_soon = self.is_soon
        self._is_suspect = False
        match request:
            case Say():
                self.after = ""
            case Whisper(to):
                self.after = f"a line for {to} alone"
            case Refusal() if not was_soon:
                self.after = "a line that was refused"
            case Command() if not was_soon:
                self.after = ""
        self._at = self._clock()

    def changed(self, text: str) -> None:
        """What is being typed has become `text`."""
        if not text:
            self._is_suspect = False
        elif self.is_soon and len(text) > self._seconds * TYPED_CHARACTERS_PER_SECOND:
            self._is_suspect = True

    def hold(self) -> None:
        """Enter was pressed, and the line was not sent, because it came so soon."""
        self._is_suspect = True
        self._at = self._clock()

    @property
    def is_soon(self) -> bool:
        """Whether a line that ends now goes on with a paste, for all that is known."""
        return bool(self.after) and self._seconds < MOMENT_SECONDS

    @property
    def _seconds(self) -> float:
        return self._clock() - self._at

    def question(self, lines: Lines) -> Question | None:
        """What to ask before these are sent; None: nothing."""
        count = len(lines.lines)
        is_suspect = self._is_suspect and lines.public > 0
        if count < 2 and not is_suspect:
            return None
        return Question(
            lines.question if count > 1 else "Send this line to everybody?",
            f"{'They' if count > 1 else 'It'} came right after {self.after}." * is_suspect,
            is_careful=lines.is_mixed or is_suspect,
        )


class PlainCaution:
    """The same on a terminal that can only print: it has no place for a question.

    The last line of a paste waits there in the terminal's own buffer, which no program sees, until
    the person presses Enter. So the first line for everybody after a private one is refused however
    late it comes. The next is a decision, unless it came at once, as the rest of a paste does.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        # What the latest line was that was not for everybody, in words; empty: it may follow.
        self._after = ""
        # Whether the person had time to read, after it, that a line was refused.
        self._was_told = False
        self._at = float("-inf")

    def why_not(self, request: Request) -> str:
        """Why a line that asks for this is not sent; empty: it is to be sent now.

        What the server would refuse is refused here, too. While the server is away nobody else
        would say so, and the next line might be the same again without its `/pm`.
        """
        now = self._clock()
        is_soon, self._at = now - self._at < MOMENT_SECONDS, now
        match request:
            case Say() if self._after and (is_soon or not self._was_told):
                self._was_told = not is_soon
                return f"It came right after {self._after}. {HOW_TO_SAY_IT}"
            case Say():
                self._after = ""
            case Whisper(to):
                self._suspect(f"a line for {to} alone")
            case Refusal(reason):
                self._suspect("a line that was refused")
                return reason
        return ""

    def _suspect(self, after: str) -> None:
        self._after, self._was_told = after, False


class PutAside:
    """What was being typed when another name was asked for: half a message is not a name."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.text = ""
        self._clock = clock
        # When it was put aside.
        self._at = 0.0
        # Whether what is typed as a name is the rest of it.
        self._goes_on = False

    def put(self, text: str) -> None:
        """Put this aside, after what is aside already."""
        self.text = joined(self.text, text)
        self._at = self._clock()

    def changed(self, text: str) -> None:
        """What is being typed has become `text`."""
        is_soon = self._clock() - self._at < MOMENT_SECONDS
        self._goes_on = bool(text and (self._goes_on or (self.text and is_soon)))

    def takes(self, name: str) -> bool:
        """Whether what was typed as a name is the rest of the message; then it is put with it.

        A person in the middle of a sentence does not stop at once, and a secret must not become a
        name.
        """
        goes_on, self._goes_on = self._goes_on, False
        self.text += name * goes_on
        return goes_on

    def take_back(self, text: str) -> str:
        """What was put aside, with the `text` that is in the line now."""
        back, self.text = joined(self.text, text), ""
        return back


def joined(*texts: str) -> str:
    """Two lines, if neither is empty: the second may be for one, and the first for all."""
    return "\n".join(filter(None, texts))
