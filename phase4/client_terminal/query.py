"""To whom goes what is typed: to everybody, or after `/query NAME` to that person alone.

No terminal here. What was meant for one is not said to all: when the person leaves, nothing is, and
when they take another name, it goes to them by the new one. A name may belong to somebody else
after its owner has left, or while the connection was lost; so then the client asks first.
"""

import functools
from collections.abc import Sequence

from prompt_toolkit.utils import get_cwidth

from phase4.client.mentions import is_among
from phase4.client.pasting import block_lines, keep_blanks
from phase4.client_terminal.caution import Question
from shared import message
from shared.request import Lines, Say, parse, split_lines, split_recipient

QUERY = "/query"
"""The command, which is the client's own."""


class Query:
    """The person whom all that is typed is for; most of the time there is none."""

    def __init__(self) -> None:
        self.person = ""
        """Empty: it is for everybody."""
        # Whether the name may be somebody else's by now.
        self._is_doubtful = False
        # The bar asks for the lines whenever it is drawn, and a paste may be long.
        self._split = functools.lru_cache(maxsize=1)(_split_for)

    def command(self, line: str, people: Sequence[str], *, knows_people: bool = True) -> str | None:
        """Do what a `/query` asks for; what of the line is to be sent then. None: it is not one.

        `knows_people`: whether these are all. Raises ValueError, with a sentence, where it cannot
        be done.
        """
        word, _, rest = line.strip().partition(" ")
        if word.lower() != QUERY:
            return None
        name, text = split_recipient(rest)
        if "\n" in line or (rest and not name):
            raise ValueError(f"Write {QUERY} NAME, alone in its line.")
        if name and not people:
            raise ValueError("Who is there is not known now. Try again when you are connected.")
        if name and not (found := _spelled(name, people)):
            if not knows_people:
                raise ValueError("Who is here is not known yet. Press Enter again in a moment.")
            raise ValueError(f"Nobody here is called {message.clean(name)}; see /who.")
        self.person, self._is_doubtful = found if name else "", False
        return text

    def is_here(self, people: Sequence[str]) -> bool:
        """Whether the person is among these."""
        return is_among(self.person, people)

    # --- what is typed --------------------------------------------------------------------------

    def lines(self, text: str) -> Lines:
        """The lines of `text`, ready to be sent, each to whom it is for."""
        return self._split(text, self.person)

    def as_remembered(self, text: str) -> str:
        """What brings the same lines to the same person, whenever it is typed again."""
        is_for_one = self.person and self.lines(text).to == self.person
        if split_lines(text).to or not is_for_one:
            return text
        return keep_blanks(f"/pm {self.person} {text}", self.person)

    def question(self, lines: Lines) -> Question | None:
        """What to ask before these are sent; None: nothing."""
        if not self._is_doubtful or not lines.lines or lines.to != self.person:
            return None
        what = "this" if len(lines.lines) == 1 else f"{len(lines.lines):,} lines"
        reason = f"{self.person} may be somebody else now."
        return Question(f"Send {what} to {self.person}?", reason, is_careful=True)

    def sent(self, lines: Lines) -> None:
        """The person has decided to send these."""
        if lines.to == self.person:
            self._is_doubtful = False

    # --- what happens meanwhile -----------------------------------------------------------------

    def heard(self, shown: message.Message) -> None:
        """The server said this."""
        match shown:
            case message.Left(name=name) | message.Joined(name=name) if self._is(name):
                self.doubt()
            case message.Renamed(old=old, new=new) if self._is(old):
                self.person = new
            case message.Renamed(new=new) if self._is(new):
                self.doubt()

    def show_people(self, people: Sequence[str]) -> None:
        """These are here now."""
        if not self.is_here(people):
            self.doubt()

    def doubt(self) -> None:
        """Somebody else may be called so by now: the connection was lost, or lines left out."""
        self._is_doubtful = bool(self.person)

    def _is(self, name: str) -> bool:
        return bool(self.person) and is_among(name, [self.person])


def _spelled(name: str, people: Sequence[str]) -> str:
    """The name as its owner spells it; empty: nobody is called so."""
    return next((each for each in people if is_among(name, [each])), "")


def _split_for(text: str, person: str) -> Lines:
    r"""The lines of `text`, for this person where nothing else is said.

    >>> _split_for("hi", "Bob").lines, _split_for("/who", "Bob").lines
    (('/pm Bob hi',), ('/who',))
    >>> _split_for("one\n/who", "Bob").lines, _split_for("@Carl one\ntwo", "Bob").to
    (('/pm Bob one', '/pm Bob /who'), 'Carl')
    """
    lines = block_lines(text)
    if not person or lines.to:
        return lines
    if len(lines.lines) > 1:
        return block_lines(text, person)
    match [parse(line) for line in lines.lines]:
        case [Say(said)]:
            return Lines((f"/pm {person} {said}",), person)
    return lines


def prompt_of(own_name: str, person: str, columns: int, *, is_here: bool) -> str:
    """What stands before the line that is typed to one person; one's own name only where it fits.

    >>> prompt_of("Ann", "Bob", 80, is_here=True)
    'Ann -> Bob (private)> '
    """
    prompt = f"-> {person} ({'private' if is_here else 'private, not here'})> "
    whole = f"{own_name} {prompt}"
    return whole if get_cwidth(whole) <= columns // 2 + 4 else prompt
