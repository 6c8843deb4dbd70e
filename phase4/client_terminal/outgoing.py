"""What is typed goes out: to whom, after which question, and what is shown of it. Main thread only.

Nothing is known here of how it is typed, nor of names that are asked for: see `conversation`.
"""

from collections import deque
from collections.abc import Callable, Iterable

from phase4.client import Client, SendError
from phase4.client.mentions import is_among
from phase4.client.pasting import too_many_lines
from phase4.client_terminal.caution import Caution, Question
from phase4.client_terminal.input_line import InputLine, Line
from phase4.client_terminal.look import waiting
from phase4.client_terminal.query import Query
from phase4.client_terminal.shown import Shown
from shared import message
from shared.request import Command, Say, parse

HELP = (
    "/query NAME: all that you type goes to this person alone; /query: to everybody again.",
    "/reconnect: where the connection is lost, try again at once.",
)
"""The commands of this client, told below those of the server."""


class Outgoing:
    """The person's lines, from Enter to the server."""

    def __init__(self, line: InputLine, shown: Shown, show: Callable[[list[Line]], None]) -> None:
        """`show` prints above `line`."""
        self.client: Client | None = None
        """None until a name is given."""
        self.complaint = ""
        """Why the line was not sent; until it is mended."""
        self.waiting = 0
        """How many lines were typed while the server is away."""
        self.query = Query()
        self._line = line
        self._shown = shown
        self._show = show
        self._caution = Caution()

    @property
    def people(self) -> tuple[str, ...]:
        """Who is here."""
        return self.client.people if self.client is not None else ()

    def changed(self, text: str) -> None:
        """What is being typed, and is not a name, has become `text`."""
        self._caution.changed(text)

    def question(self, text: str) -> Question | None:
        """What to ask before this is sent; None: nothing."""
        lines = self.query.lines(text)
        return self.query.question(lines) or self._caution.question(lines)

    def too_many(self, text: str) -> str:
        """Why these are more lines than may be sent at a time; empty: they are not."""
        return too_many_lines(len(self.query.lines(text).lines))

    def enter(self, text: str) -> str:
        """Do what a typed line asks for; what of it could not be sent."""
        if (rest := self._do_query(text)) is not None:
            return self.enter(rest) if rest and rest != text else rest
        if self._caution.is_soon and self.query.lines(text).public:
            return self._hold(text)
        if self.too_many(text):
            return text
        if (question := self.question(text)) and question.is_careful:
            self.complaint = ""  # it would hide the question
            self._line.ask(self._send)
            return text
        return self._send(text)

    def _do_query(self, text: str) -> str | None:
        """What is left of a line that asks for another query; None: it does not."""
        before = self.query.person
        try:
            rest = self.query.command(text, self.people)
        except ValueError as error:
            self.complaint = str(error)
            return text
        person = self.query.person
        if rest is not None and person != before:
            to = f"to {person} alone, until /query" if person else "to everybody again"
            self._show(self._shown.remarks([f"What you type goes {to}."]))
        return rest

    def _hold(self, text: str) -> str:
        """Let the lines of what seems to be one paste gather, until the person says what to do."""
        if text.endswith("\n"):  # an empty line among them, or a return that is two characters
            return text
        self._caution.hold()
        return f"{text}\n"

    def _send(self, text: str) -> str:
        """Send what was typed, or pasted as several lines; what of it could not be sent."""
        assert self.client is not None
        self._line.remember(self.query.as_remembered(text))
        lines = self.query.lines(text)
        self.query.sent(lines)
        shown: list[Line] = []
        unsent = deque(lines.lines)
        try:
            while unsent:
                was_away = self.client.is_away
                self.client.send(unsent[0])
                shown += self._own(self.client, unsent.popleft(), was_away=was_away)
        except SendError as error:
            self.complaint = str(error)
        self._show(shown)
        return _as_typed(unsent, lines.to)

    def _own(self, client: Client, line: str, *, was_away: bool) -> list[Line]:
        """What to show of a line that was sent: the server does not send it back to its sender.

        What is not for everybody is not shown: the answer will tell what became of it.
        """
        request = parse(line, lambda name: is_among(name, client.people))
        self._caution.sent(request)
        now = self._shown.clock.time()
        if was_away:
            self.waiting += 1
            said = f"{client.name}: {request.text}" if isinstance(request, Say) else line
            return [waiting(now, said)]
        match request:
            case Say(text):
                return self._shown.lines(message.Public(now, client.name, message.clean(text)))
            case Command("/help"):
                return self._shown.remarks(HELP)
        return []


def _as_typed(lines: Iterable[str], to: str) -> str:
    """One text of lines that were split; to split it gives the same lines again."""
    first, *others = list(lines) or [""]
    return "\n".join([first, *(line.removeprefix(f"/pm {to} ") for line in others)])
