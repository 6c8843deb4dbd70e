"""Looking for what was said long ago, and reading around it. No toolkit here.

The server searches (`/search`), and gives what was said around a number. What it answers is kept
here until something else is looked for.
"""

from collections.abc import Callable

from phase4.client import Recalled, SendError
from shared.message import Earlier

AROUND = 10
"""Lines before and behind the one that was chosen."""

MAX_WORDS_CHARACTERS = 200
"""As many as the server takes."""

HINT = 'Words, a "phrase", from:NAME, since:2026-11-20; then Return.'
SEARCHING = "Searching …"
NOTHING = "Nothing was found."
NO_ANSWER = "The connection was lost before the answer came."


class ArchiveSearch:
    """What was looked for last, and what was found. `changed` is called when either is other."""

    def __init__(self, ask: Callable[[str], None]) -> None:
        """`ask(question)` asks the server; it may raise SendError."""
        self._ask = ask
        self.changed: Callable[[], object] = lambda: None
        self.came: Callable[[Earlier, tuple[Earlier, ...]], object] = lambda _hit, _around: None
        """Called with a line that was opened, and what was said around it."""
        self.words = ""
        self.hits: tuple[Earlier, ...] = ()
        """What was found, the newest first."""
        self.status = HINT
        """One sentence on how it stands; empty: the hits say it all."""
        # What was asked and is not answered yet.
        self._searched = ""
        self._opened: tuple[str, Earlier] | None = None

    def search(self, words: str) -> None:
        """Look for these words."""
        self.words = " ".join(words[:MAX_WORDS_CHARACTERS].split())
        self.hits, self._opened = (), None
        self._searched = f"/search {self.words}" if self.words else ""
        self.status = SEARCHING if self.words else HINT
        if self._searched:
            self._try(self._searched)
        self.changed()

    def open(self, number: int) -> None:
        """Ask what was said around one of the hits."""
        for hit in self.hits:
            if hit.number == number:
                question = f"/history {2 * AROUND + 1} before {number + AROUND + 1}"
                self._opened = (question, hit)
                self._try(question)

    def _try(self, question: str) -> None:
        try:
            self._ask(question)
        except SendError as error:
            self._say(str(error))

    def _say(self, status: str) -> None:
        self._searched, self._opened = "", None
        self.status = status
        self.changed()

    def lost(self) -> None:
        """The connection is gone: no answer comes."""
        if self._searched or self._opened:
            self._say(NO_ANSWER)

    def answered(self, answer: Recalled) -> None:
        """The server has answered something, perhaps this."""
        if answer.question == self._searched:
            self.hits = answer.said[::-1]
            self._say(answer.refusal or " ".join(answer.remarks) or NOTHING * (not self.hits))
        elif self._opened is not None and answer.question == self._opened[0]:
            hit = self._opened[1]
            self._say(answer.refusal)
            if hit in answer.said:
                self.came(hit, answer.said)
