"""What is typed goes out: to whom, after which question, and what is shown of it. Main thread only.

Nothing is known here of how it is typed, nor of names that are asked for: see `conversation`.
"""

from collections import deque
from collections.abc import Callable, Iterable

from phase4.client import Client, SendError
from phase4.client.account import READABLE
from phase4.client.mentions import is_among
from phase4.client.pasting import too_many_lines
from phase4.client.room_state import CLOSED, RoomState
from phase4.client.unconfirmed import why_refused
from phase4.client_terminal.caution import Caution, Question
from phase4.client_terminal.input_line import InputLine, Line
from phase4.client_terminal.look import Fragments
from phase4.client_terminal.pending import Pending
from phase4.client_terminal.query import Query
from phase4.client_terminal.shown import Shown
from shared import message
from shared.request import Command, Say, is_public, parse
from shared.secret import without_secret

HELP = (
    "/me TEXT: what you do, as in /me waves; others read it behind your name.",
    "/query NAME: all that you type goes to this person alone; /query: to everybody again.",
    "/register, /login, /password, /unregister: alone they ask for it, and show nothing of it.",
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
        self.room = RoomState()
        """What holds in the room."""
        self.query = Query()
        self._line = line
        self._shown = shown
        self._show = show
        self._caution = Caution()
        self.pending = Pending()

    @property
    def people(self) -> tuple[str, ...]:
        """Who is here."""
        return self.client.people if self.client is not None else ()

    @property
    def why_no_password(self) -> str:
        """Why none can be sent now; empty: it can."""
        can_be_sent = self.client is not None and self.client.is_confidential
        return "" if can_be_sent else READABLE

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
            knows = self.client is not None and self.client.knows_people  # before the people
            rest = self.query.command(text, self.people, knows_people=knows)
        except ValueError as error:
            self.complaint = str(error)
            return text
        person = self.query.person
        if rest is not None and person != before:
            to = f"to {person} alone, until /query" if person else "to everybody again"
            self._show_remarks([f"What you type goes {to}."])
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
        unsent = deque(lines.lines)
        is_pasted = len(unsent) > 1
        try:
            while unsent:
                if not self.room.may_write and is_public(unsent[0]):
                    raise SendError(f"{CLOSED} This stays here.")
                late = self.client.is_away
                if late and (why := why_refused(unsent[0])):
                    raise SendError(why)
                number = self.client.send(unsent[0])
                self._took(self.client, number, unsent.popleft(), late=late, pasted=is_pasted)
        except SendError as error:
            self.complaint = str(error)
        return _as_typed(unsent, lines.to)

    def _took(self, client: Client, number: int, line: str, *, late: bool, pasted: bool) -> None:
        """The client has taken this: show it until it is certain that it has arrived.

        The server does not send it back to its sender. What is not for everybody is shown only
        while it waits: the answer will tell what became of it.
        """
        request = parse(line, lambda name: is_among(name, client.people))
        self._caution.sent(request)
        self.waiting += late
        now, name, said = self._shown.clock.time(), client.name, None
        row = f"{now} {message.clean(without_secret(line))}"
        match request:
            case Say(text):
                said = message.Public(now, name, message.clean(text))
                row = f"{now} {name}: {said.text}"
            case Command("/help") if not late:
                self._show_remarks(HELP)
        if self.pending.add(number, said, row, late=late, pasted=pasted):
            self._show(self.before())

    def rows(self, columns: int) -> Fragments:
        """What stands above the line being typed, because it is not certain."""
        return self.pending.rows(columns, self._shown.look)

    def before(self) -> list[Line]:
        """Something is about to be printed; what is to be printed before it."""
        said = self.pending.printed_first()
        return [line for each in said for line in self._shown.lines(each, block=False)]

    def arrived(self, count: int) -> list[Line]:
        """The server has so many of all lines; what is to be printed now."""
        said = self.pending.arrived(count)
        return [line for each, is_of in said for line in self._shown.lines(each, block=is_of)]

    def _show_remarks(self, texts: Iterable[str]) -> None:
        self._show([*self.before(), *self._shown.remarks(texts)])


def _as_typed(lines: Iterable[str], to: str) -> str:
    """One text of lines that were split; to split it gives the same lines again."""
    first, *others = list(lines) or [""]
    return "\n".join([first, *(line.removeprefix(f"/pm {to} ") for line in others)])
