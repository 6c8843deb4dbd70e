r"""The client's side of the protocol, over all its connections: a machine without I/O.

It has no socket, no thread and no lock, and its clock is handed in. What the server says goes into
`receive`, what the person says into `send`. What is to be written comes out of `to_write`, and
`due` tells when to look again. So every turn that a conversation can take is tried without a
network, as h11 and websockets try theirs.

Here is what outlives a connection: the name that is wanted, what was said and not answered yet
(send_queue.py), and the questions that find that out. All else is in a Dialogue (dialogue.py).

>>> talk = Talk("Ann")
>>> talk.connected()
>>> talk.receive("* Enter your nickname:"), talk.to_write()
([], b'Ann\n')
>>> talk.wrote(4)
>>> talk.receive("[10:00:00] * Welcome, Ann! 1 online. /help lists the commands.")[0]
Welcomed(name='Ann')
>>> talk.send("hello"), talk.to_write()
(1, b'/who\nhello\n')
"""

from collections.abc import Iterator, Sequence

from phase4.client.account import NOT_KEPT, READABLE, UNUSED, name_and_password
from phase4.client.dialogue import Dialogue, Pong
from phase4.client.encoding import encoded
from phase4.client.events import Arrived, Ended, Event, SendError, SendQueueFull
from phase4.client.holding import sent_again
from phase4.client.mentions import is_among
from phase4.client.talk_state import TalkState
from phase4.client.unconfirmed import SLOW_SECONDS
from shared import message
from shared.defaults import RECV_BYTES
from shared.framing import BadLine, encode_line
from shared.request import MAY_HOLD_PASSWORD, is_goodbye
from shared.secret import has_secret, lacks_slash

CONFIRM_SECONDS = 1.0
"""From sending something to asking whether it has arrived: one question for a burst of lines."""

SOON_SECONDS = 0.1
"""The same, where several lines were said: they are shown when they have arrived."""

PING_SECONDS = 30.0
"""Between two questions while nobody says anything, so that the lag is known."""

WANTS_TLS = "TLS only"
"""In the last words of a server that was spoken to without TLS (phase4/server/session.py)."""

LEFT = "You left the conversation."


class Talk(TalkState):
    """What a client says and understands. Not for two threads at once."""

    # --- what the person does -------------------------------------------------------------------

    def send(self, text: str) -> int:
        """Take one line. Which one it is, counted from 1.

        Raises SendError where it cannot be sent: also while the server asks for another name, even
        if nobody has been shown that yet. It would be taken for one, and all would hear it.
        """
        if lacks_slash(text, lambda name: is_among(name, self.people())):
            raise SendError(f"{MAY_HOLD_PASSWORD} Nothing was sent.")  # also where others listen
        line = encoded(text)
        self._raise_if_not_sendable(len(line), leaves=is_goodbye(text))
        is_secret = has_secret(text)
        if is_secret:
            self._raise_if_overheard()
        self._put(line, is_goodbye(text), is_secret=is_secret)
        self._account.typed(text)
        return self._lines.taken

    def _raise_if_overheard(self) -> None:
        """A password goes now, and where nobody can read it; or not at all."""
        if not self._is_in and not self._is_refused:
            raise SendError(NOT_KEPT)
        if not self._account.is_confidential:
            raise SendError(READABLE)

    def recall(self, question: str) -> None:
        """Ask something about the past; see Client.recall."""
        if self._dialogue is None or self._is_leaving or self.is_closing:
            raise SendError("There is no connection to the server now.")
        for line in self._dialogue.recall(question):
            self._lines.put_first(encoded(line))

    def send_name(self, name: str) -> None:
        """After NameRefused: take another name; an empty one asks for a random one.

        Raises SendError where the server does not ask for one any more: it would be said to all.
        """
        if has_secret(name):
            assert self._dialogue is not None
            name, password = name_and_password(name, self._dialogue.registered_name)
            self.send_password(password, name)
        else:
            self._answer(name)

    def send_password(self, password: str, name: str = "") -> None:
        """After PasswordAsked: log in under that name, or `name`. Raises SendError as `send_name`.

        Also where others could read the password on the way.
        """
        name = name or (self._dialogue.registered_name if self._dialogue is not None else "")
        if not name or not password:
            raise SendError("Write /login NAME PASSWORD. Nothing was sent.")
        self._answer(f"/login {name} {password}", with_password=True)
        self._account.give(name, password)

    def _answer(self, text: str, *, with_password: bool = False) -> None:
        line = encoded(text)
        if self._is_over or self.is_closing:
            raise SendError("The connection has ended; this was not sent.")
        if not self._is_refused:
            raise SendError("The server asks for no name now; this was not sent.")
        if with_password:
            self._raise_if_overheard()
        assert self._dialogue is not None
        self._dialogue.name_was_sent(with_password=with_password)
        self._lines.put_first(line)

    def _raise_if_not_sendable(self, size: int, *, leaves: bool) -> None:
        if self._is_over or self.is_closing:
            raise SendError("The connection has ended; this was not sent.")
        if not self._was_in and (self._dialogue is None or self._dialogue.awaits_server):
            raise SendError("You are not in the conversation yet; this was not sent.")
        if self._is_refused and not leaves:
            raise SendError("The server asks for another name first; this was not sent.")
        if not self._lines.has_space(size):
            raise SendQueueFull("Too much waits to be sent already; this was not sent.")

    def _put(self, line: bytes, is_goodbye: bool, *, is_secret: bool) -> None:
        if is_goodbye and (self._dialogue is None or self._is_refused):  # nobody is to be told
            self.close(0.0)
        else:
            self._lines.put(line, is_secret=is_secret)
        self._is_leaving = self._is_leaving or is_goodbye
        self._lines.is_last |= is_goodbye

    def close(self, seconds: float) -> None:
        """Let what was said leave, and end within `seconds`. The first call counts."""
        self._lines.is_last = True
        if self._close_by is None:
            self._close_by = self._clock() + seconds
            self._holding.end_within(seconds)

    def end(self) -> bool:
        """It is over, for whatever reason; whether it was not over before."""
        was_over, self._is_over = self._is_over, True
        return not was_over

    # --- connections ----------------------------------------------------------------------------

    def connected(self, remarks: Sequence[str] = (), *, is_confidential: bool = False) -> None:
        """A connection begins. `remarks` are told to the person once they are in.

        `is_confidential`: nobody on the way can read what is sent.
        """
        self._account.connected(is_confidential=is_confidential)
        self._dialogue = Dialogue(
            self._wanted_name,
            self._clock,
            is_return=self._was_in,
            server_clock=self.server_clock,
            seen=self._seen if self._reconnects else None,
            account=self._account,
            seeks_own=self._lines.rewound > 0,
        )
        self._holding.connected()
        self._can_write = True
        self._remarks = remarks

    def lost(self) -> None:
        """The connection is gone; what the server may not have got waits for the next one."""
        if self._dialogue is not None:
            self._wanted_name = self._dialogue.name_to_keep
        self._dialogue = None
        self._lines.rewind()
        self._asked_at = None
        self._is_away = True
        self.people_are_news = True

    def why_ended(self, fact: str, *, in_order: bool) -> Ended:
        """The server's words have ended; why, as it said just before, or by this `fact`.

        `in_order`: with an end of the stream, which may be the answer to a goodbye.
        """
        assert self._dialogue is not None
        if (in_order and self._goodbye_was_answered()) or self.is_closing:
            return Ended(LEFT, was_wished=True)
        words = self._dialogue.last_words
        return Ended(
            f"{fact}, saying: {words}" if words else f"{fact}.",
            is_final=message.ends_for_good(words),
            wants_tls=WANTS_TLS in words,
        )

    def _goodbye_was_answered(self) -> bool:
        """Whether the server has read the goodbye, which was sent after all else."""
        has_answered = self._lines.is_empty and (self._is_leaving or self.is_closing)
        if has_answered:
            self._lines.confirm_all()
        return has_answered and self._is_leaving

    # --- what is to be written ------------------------------------------------------------------

    def to_write(self) -> bytes:
        """What is to be written now, at most RECV_BYTES of it. Say with `wrote` how much was."""
        if self._is_in:
            if self._holding.is_overdue:
                self._let_go()
            self._holding.note_sent(self._lines.let_go(), self.server_clock.now())
            self._ask_in_time()
        return bytes(self._lines.wire[:RECV_BYTES]) if self._can_write else b""

    def wrote(self, count: int) -> None:
        """So many bytes of `to_write` are written."""
        del self._lines.wire[:count]

    def stop_writing(self) -> bool:
        """Nothing can be written to this connection any more; whether that is new."""
        could_write, self._can_write = self._can_write, False
        return could_write

    def _ask_in_time(self) -> None:
        """Ask the server whether it has read what was said, once that is due."""
        assert self._dialogue is not None
        now = self._clock()
        if self._lines.has_unconfirmed:
            seconds = (
                min(SOON_SECONDS, CONFIRM_SECONDS) if self._lines.has_several else CONFIRM_SECONDS
            )
            seconds = 0.0 if self._lines.is_held_up else seconds
            self._ask_by = min(self._ask_by, now + seconds)
        if self._may_ask and now >= self._ask_by:
            question, mark = self._dialogue.ask()
            self._lines.put_mark(encode_line(question), mark)
            self._asked_at = now
            self._ask_by = now + PING_SECONDS

    # --- what the server says -------------------------------------------------------------------

    def receive(self, line: str | BadLine) -> list[Event]:
        """The events that this line means. Raises Ended where no conversation can follow."""
        dialogue = self._dialogue
        assert dialogue is not None
        was_in = self._is_in
        events = [*self._without_pongs(dialogue.receive(line))]
        while dialogue.answers:
            self._lines.put_first(encode_line(dialogue.answers.popleft()))
        self.people_are_news |= dialogue.people_changed
        dialogue.people_changed = False
        self.name = dialogue.name or self.name
        if self._is_in and not was_in:
            events += self._come_in(dialogue)
        self._news += events
        if self._lines.is_held and self._is_in and dialogue.has_caught_up:
            self._let_go()
        self._holding.look(dialogue)
        return self.news()

    def news(self) -> list[Event]:
        """The events that nobody has taken: some come of themselves."""
        news, self._news = self._news, []
        return news

    def _let_go(self) -> None:
        """Send again what may not have arrived, and then what was typed meanwhile."""
        assert self._dialogue is not None
        before = self._lines.arrived
        self._holding.let_go(self._dialogue)
        if self._lines.arrived > before:  # it was said before what was missed
            self._news.insert(0, Arrived(self._lines.arrived))
        if count := self._lines.sent_again:
            self._ask_by = self._clock()  # or a connection that breaks each second repeats all
            self._news.append(self._dialogue.remark(sent_again(count)))

    def _without_pongs(self, events: Iterator[Event | Pong]) -> Iterator[Event]:
        """The events that are for the client. A Pong is ours: all before its question was read."""
        for event in events:
            if not isinstance(event, Pong):
                yield event
            elif self._asked_at is not None:
                self._lag_seconds = self._clock() - self._asked_at
                self._asked_at = None
                if self._lag_seconds >= SLOW_SECONDS:  # and soon, whether it still is so
                    self._ask_by = min(self._ask_by, self._clock() + self._lag_seconds)
                before = self._lines.arrived
                self._lines.confirm(event.mark)
                if self._lines.arrived > before:
                    yield Arrived(self._lines.arrived)

    def _come_in(self, dialogue: Dialogue) -> Iterator[Event]:
        """The server has just let us in; what there is to say about that."""
        self._was_in = True
        self._is_away = False
        self._ask_by = self._clock() + CONFIRM_SECONDS
        self._holding.came_in()
        yield from (dialogue.remark(message.clean(text)) for text in self._remarks)
        self._remarks = ()
        if self._account.is_unused:
            self._account.is_unused = False
            yield dialogue.remark(UNUSED.format(name=dialogue.name))
        if self._lines.lost_secrets:
            self._lines.lost_secrets = 0
            yield dialogue.remark("A line with a password may not have arrived: type it again.")
