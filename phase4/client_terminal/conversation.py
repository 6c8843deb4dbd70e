"""One conversation in a terminal: what arrives is shown, what is typed is sent. Main thread only.

All that the network is comes from `phase4.client`: its thread never touches the terminal. All that
the terminal is comes from `input_line`. While the server is away the person types on: lines
wait, marked as waiting, and go when it is back; nothing typed is lost, and what could not be sent
by the end is printed, to be copied.
"""

import asyncio
import contextlib
import signal
import time
from collections.abc import Coroutine, Iterable

from phase4.client import (
    Arrived,
    Client,
    ConnectionLost,
    Disconnected,
    Event,
    NameRefused,
    PasswordAsked,
    PeopleChanged,
    Received,
    SendError,
    Trust,
    Welcomed,
)
from phase4.client.block import in_blocks
from phase4.client.clock import ServerClock
from phase4.client.completion import COMMANDS, OPERATORS, Speakers, offers
from phase4.client.presence import Presence, State
from phase4.client_terminal.asking import Asking
from phase4.client_terminal.backlog import LeftOut, take_batch
from phase4.client_terminal.bar import BarState, bar
from phase4.client_terminal.caution import PutAside, Question, joined
from phase4.client_terminal.colours import colours_and_depth
from phase4.client_terminal.input_line import InputLine, Line
from phase4.client_terminal.look import (
    Fragments,
    concerns,
    count,
    error,
    notice,
    short_name,
)
from phase4.client_terminal.outgoing import Outgoing
from phase4.client_terminal.query import QUERY, prompt_of
from phase4.client_terminal.shown import Shown
from phase4.client_terminal.title import Unread
from phase4.client_terminal.unsent import remark, rows
from phase4.client_terminal.wrapping import AS_TYPED
from shared import message
from shared.address import Address
from shared.request import is_goodbye
from shared.secret import without_secret
from shared.stopping import stop_signals

RECONNECT = "/reconnect"
"""A command that is the client's own: try again at once. Known while there is no server."""

HINT = "Tab completes, /help"
QUERY_HINT = "/query: to all again"
"""What the bar says at its right end, where there is space."""

LEAVE_SECONDS = 2.0
"""How long leaving may take: long enough for the last line to go, short enough to wait for."""

BELL_SECONDS = 2.0
"""The bell rings no more often: a flood of one's name must not be a siren."""


class TerminalClient:
    """One conversation in a terminal."""

    def __init__(
        self,
        host: str,
        port: int,
        name: str = "",
        *,
        password: str = "",
        bell: bool = True,
        title: bool = True,
        trust: Trust | None = None,
    ) -> None:
        """Without a name the person is asked for one. `bell`: ring when somebody speaks to them.
        `title`: show in the window's how many lines are new. `password`, `trust`: as for Client.
        """
        self._host = host
        self._port = port
        self._wanted_name = name
        self._password = password
        self._has_bell = bell
        self._trust = trust
        self._rang_at = float("-inf")
        # None until a name is given.
        self._client: Client | None = None
        self._presence = Presence()
        # What was being typed when another name was asked for.
        self._put_aside = PutAside()
        self._asking = Asking(self._complain, lambda: self._out.why_no_password)
        # Why the server is away: each reason is said once.
        self._told_reasons: set[str] = set()
        # What was said of the server's clock.
        self._told_clock = ""
        self._speakers = Speakers()
        self._unread = Unread(str(Address(host, port)))
        self._shown = Shown(colours_and_depth()[0])
        self._tasks: set[asyncio.Task[None]] = set()
        self._line = InputLine(
            prompt=self._prompt,
            bar=self._bar,
            offers=self._offers,
            accept=self._entered,
            title=lambda: self._unread.title,
            has_title=title,
            as_remembered=lambda text: self._out.query.as_remembered(text),
            is_hidden=lambda: self._asking.is_hidden,
            cancel=self._asking.stop,
        )
        self._line.on_change(self._changed)
        self._line.on_key(self._unread.seen)
        self._out = Outgoing(self._line, self._shown, self._show)

    async def run(self) -> int:
        """The whole conversation; the exit status."""
        for number in set(stop_signals()) - {signal.SIGINT}:  # Ctrl-C is a key here
            with contextlib.suppress(NotImplementedError):  # Windows
                asyncio.get_running_loop().add_signal_handler(number, self._line.leave)
        if self._wanted_name:
            self._connect(self._wanted_name)
        try:
            await self._line.run()
        finally:  # else a thread would wait for events for ever
            if self._client is not None:
                await asyncio.to_thread(self._client.close, LEAVE_SECONDS)
        await asyncio.gather(*self._tasks)
        end = self._presence.end
        return 0 if end is None or end.was_wished else 1

    def _connect(self, name: str) -> None:
        where, password = (self._host, self._port, name), self._password
        self._client = Client(*where, password=password, reconnect=True, trust=self._trust)
        self._shown.clock = self._client.clock
        self._out.client = self._client
        self._client.start()
        self._presence = self._presence.starting()
        self._spawn(self._show_events(self._client))

    def _spawn(self, work: Coroutine[None, None, None]) -> None:
        """Do this beside the prompt. `run` waits for it at the end; a fault in it is the end."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)

    def _show(self, lines: list[Line]) -> None:
        """Print these in a moment."""
        self._spawn(self._line.show(lines))

    def _done(self, task: asyncio.Task[None]) -> None:
        if task.exception() is None:
            self._tasks.discard(task)
        else:
            self._line.leave()  # `run` raises it then

    # --- what the prompt, the bar and Tab say ---

    @property
    def _is_away(self) -> bool:
        """As the client knows it, which may be before the event is shown."""
        return self._client is not None and self._client.is_away

    @property
    def _asks_another_name(self) -> bool:
        return self._client is not None and self._presence.state is State.ASKING

    def _prompt(self, columns: int) -> Fragments:
        return [*self._out.rows(columns), *self._own_prompt(columns)]

    def _own_prompt(self, columns: int) -> Fragments:
        if self._client is None:
            return [("class:prompt", "Your name (empty: a random one): ")]
        if self._asking.is_on:
            return [("class:prompt", self._asking.prompt)]
        if self._asks_another_name:
            return [("class:prompt", "Another name: ")]
        if not self._presence.was_in:
            return [("class:prompt", "> ")]
        name = self._client.name
        if person := self._out.query.person:
            is_here = self._out.query.is_here(self._out.people)
            prompt = prompt_of(short_name(name), person, columns, is_here=is_here)
            return [("class:private class:prompt", prompt)]
        return [(self._shown.name_style(name), short_name(name)), ("class:prompt", "> ")]

    def _bar(self, width: int) -> Fragments:
        server = str(Address(self._host, self._port))
        known = self._client
        if known is None or not self._presence.was_in:
            return bar(
                BarState(server, "", known is not None, complaint=self._out.complaint), width
            )
        state = BarState(
            server,
            known.name,
            security=_security(self._presence),
            is_closed=self._out.room.is_closed,
            topic=self._out.room.topic,
            people=known.people,
            lag_seconds=known.lag_seconds,
            seconds_to_retry=self._seconds_to_retry(),
            waiting=self._out.pending.lines.count,
            is_doubtful=self._out.pending.lines.is_doubtful,
            question=self._question(),
            awaits_answer=self._line.is_asking,
            hint=QUERY_HINT if self._out.query.person else HINT,
            complaint=self._out.complaint or self._out.too_many(self._line.text),
        )
        return bar(state, width)

    def _question(self) -> Question | None:
        """What to ask about the line; None: nothing, or it is a name."""
        if not self._presence.was_in or self._asks_another_name or self._asking.is_on:
            return None
        return self._out.question(self._line.text)

    def _seconds_to_retry(self) -> float | None:
        if not self._is_away:
            return None
        return max(0.0, (self._presence.retry_at or 0.0) - time.monotonic())

    def _offers(self, before: str) -> Iterable[str]:
        if self._client is None or self._asking.is_on:
            return ()
        people = self._speakers.in_order(self._client.people)
        others = [name for name in people if name != self._client.name]
        own = (f"{QUERY} ", RECONNECT) if self._is_away else (f"{QUERY} ",)
        operators = OPERATORS if self._out.room.is_operator else ()
        return offers(before, others, (*COMMANDS, *operators, *own))

    # --- what arrives ---

    async def _show_events(self, client: Client) -> None:
        """Show events until the last one. It waits for the screen, and so the server does too."""
        while self._presence.end is None:
            batch = await asyncio.to_thread(take_batch, client, lambda: self._line.is_over)
            is_called = any(self._is_call(event) for event in batch)
            said = [event.message if isinstance(event, Received) else None for event in batch]
            blocks = in_blocks(said)
            lines = [
                line
                for place, event in enumerate(batch)
                for line in self._lines_of(event, block=True if place in blocks else None)
            ]
            await self._line.show(lines, bell=is_called and self._may_ring())
        self._line.leave()

    @property
    def _clock(self) -> ServerClock:
        assert self._client is not None
        return self._client.clock

    def _is_call(self, event: Event) -> bool:
        assert self._client is not None
        return isinstance(event, Received) and concerns(event.message, self._client.name)

    def _may_ring(self) -> bool:
        now = time.monotonic()
        if not self._has_bell or now - self._rang_at < BELL_SECONDS:
            return False
        self._rang_at = now
        return True

    def _lines_of(self, event: Event, *, block: bool | None) -> list[Line]:
        """Note what an event changes; what there is to show. `block`: as for Shown."""
        assert self._client is not None
        before, self._presence = self._presence, self._presence.after(event, time.monotonic())
        self._out.room = self._out.room.after(event)
        match event:
            case PeopleChanged(names):
                self._shown.name_style.show_people(names)
                self._out.query.show_people(names)
            case Received(shown):
                if isinstance(event, LeftOut):
                    self._out.query.doubt()
                self._out.query.heard(shown)
                self._speakers.heard([shown])
                self._unread.heard(shown, self._client.name)
                return [*self._out.before(), *self._shown.lines(shown, block=block)]
            case Arrived(number):
                return self._out.arrived(number)
            case Welcomed(name):
                self._shown.own_name = name
                return self._came_in()
            case NameRefused(reason) | PasswordAsked(reason=reason):
                if before.state is not State.ASKING:
                    # Half a message in the line would else be taken for the name.
                    self._put_aside.put(self._line.replace(""))
                if isinstance(event, PasswordAsked):
                    self._asking.password_of(short_name(event.name), self._offer_password)
                # Nobody may be there: a server that asks each minute is not to fill the screen.
                is_known = before.state is State.AWAY and reason in self._told_reasons
                self._told_reasons.add(reason)
                return [] if is_known else [error(reason)]
            case ConnectionLost(reason):
                if self._asking.stop():
                    self._line.replace("")
                self._out.query.doubt()
                self._out.pending.lines.lost()
                if before.state is State.ASKING:
                    # Half a name in the line would else be taken for a message.
                    self._line.replace(self._put_aside.take_back(""))
                return self._went_away(reason)
            case Disconnected():
                return self._last_lines(event)
        return []

    def _came_in(self) -> list[Line]:
        waited, self._out.waiting = self._out.waiting, 0
        self._out.pending.lines.returned()
        if self._put_aside.text:
            self._line.replace(self._put_aside.take_back(self._line.text))
        self._told_reasons.clear()
        said = [f"{count(waited, 'line')} that waited: sent now."] if waited else []
        if (remark := self._clock.remark()) != self._told_clock:
            self._told_clock = remark
            said += [remark] * bool(remark)
        return self._shown.remarks(said)

    def _went_away(self, reason: str) -> list[Line]:
        """The bar counts the seconds down. A line for each try would fill the screen by itself."""
        is_first = not self._told_reasons
        if reason in self._told_reasons:
            return []
        self._told_reasons.add(reason)
        kept = [notice("Type on: what you write is sent when the server is back.")]
        return [error(reason), *(kept if is_first else [])]

    def _last_lines(self, end: Disconnected) -> list[Line]:
        """The reason, and all that was not sent, a row for each line, so that it can be copied."""
        assert self._client is not None
        looks_like = notice if end.was_wished else error
        lines = self._out.arrived(self._client.arrived)
        lines += [looks_like(each) for each in end.reason.splitlines()]
        if unsent := self._client.unsent:
            lines.append(notice(remark(unsent)))
            lines += [[(AS_TYPED, row)] for row in rows(unsent)]
        typing = "" if self._asking.stop() else self._line.text
        if typed := joined(self._put_aside.text, typing).strip():
            lines.append(notice("You were writing:"))
            safe = map(without_secret, typed.splitlines())
            lines += [[(AS_TYPED, message.clean(line))] for line in safe]
        return lines

    # --- what is typed ---

    def _entered(self, text: str) -> str:
        """Do what a typed line asks for; what of it could not be sent."""
        if self._asking.is_on:
            self._answer(text)
        elif "\n" not in text.strip() and is_goodbye(text.strip()):
            self._line.leave()
        elif self._client is None:
            self._connect(text.strip())
        elif self._asks_another_name:
            return self._offer_name(text)
        elif text.strip().lower() == RECONNECT or (self._is_away and not text.strip()):
            self._retry()
        elif not self._asking.begins(text, self._out.enter):
            if self._is_away and self._presence.state is not State.AWAY:
                self._out.query.doubt()  # the loss is not shown yet, and the name is as doubtful
            return self._out.enter(text)
        return ""

    def _changed(self) -> None:
        self._out.complaint = ""
        if not self._asks_another_name and not self._asking.is_on:
            self._out.changed(self._line.text)
        self._put_aside.changed(self._line.text)

    def _offer_name(self, name: str) -> str:
        assert self._client is not None
        if self._put_aside.takes(name):
            self._out.complaint = "This was put with the line that you were typing. Your name?"
            return ""
        try:
            self._client.send_name(name)  # an empty one asks for a random one
        except SendError as error:
            self._out.complaint = str(error)
            return name
        self._presence = self._presence.starting()
        return ""

    def _answer(self, text: str) -> None:
        if self._put_aside.takes(text):
            self._complain("This was put with the line that you were typing.")
        else:
            self._asking.answer(text)

    def _offer_password(self, password: str) -> None:
        """Where the server asks for it. An empty one: the person wants another name."""
        assert self._client is not None
        if not password:
            return
        try:
            self._client.send_password(password)
        except SendError as error:
            self._complain(str(error))
        else:
            self._presence = self._presence.starting()

    def _complain(self, text: str) -> None:
        self._out.complaint = text

    def _retry(self) -> None:
        assert self._client is not None
        if self._is_away:
            self._presence = self._presence.retrying()
            self._client.retry_now()
        else:
            self._out.complaint = "There is nothing to reconnect: you are connected."


def _security(presence: Presence) -> str:
    if presence.secured is None:
        return ""
    # A flood could push the remark about a first time out of sight. Not the bar.
    return "TLS (first time)" if presence.secured.is_first else "TLS"
