"""Which line is shown in which tab: what comes from the server, and what was typed.

Main thread only.

| what | where |
|---|---|
| public messages | everybody's tab |
| what was said before | everybody's tab; what one has asked for, also the tab in front |
| private messages | the tab of the person (opened behind the others); one's own also in front |
| somebody came, went, was renamed | everybody's tab, and the person's |
| other words of the server's, and of the client's own | the tab in front |
| anything of somebody who is ignored | nowhere; once, in everybody's tab, that there is something |
| an error that names somebody just written to | that person's tab, with the text |
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import date
from itertools import dropwhile

from phase4.client.clock import ServerClock, day_line
from phase4.client.mentions import mentions
from phase4.client.missed import OfThePast
from phase4.client.name_colours import NameColours
from phase4.client.pasting import as_typed, without_unseen
from phase4.client_gui.ignoring import Ignoring
from phase4.client_gui.own_lines import OwnLines
from phase4.client_gui.tabs import Tab, Tabs
from phase4.widgets.lines import Line, calling, line_by, line_of
from phase4.widgets.shown import Shown
from shared import message
from shared.request import Say, Whisper, is_goodbye, parse
from shared.secret import without_secret

MAX_UNSENT_SHOWN = 100
"""Lines that were never sent, and are shown after the end. As many as two pastes."""


class Router:
    """Puts lines into tabs, and counts those that nobody has seen."""

    def __init__(
        self,
        tabs: Tabs,
        name_colours: NameColours,
        is_looked_at: Callable[[], bool],
        is_here: Callable[[str], bool],
        give_back: Callable[[Tab, str], bool],
        doubt: Callable[[Tab], None],
        ignoring: Ignoring,
    ) -> None:
        """`is_looked_at()`: whether the window has the keyboard, so that its front tab is seen.

        `is_here(name)`: whether somebody online has this name. `give_back(tab, text)` is called
        with what was said there and could not be delivered: whether it is in the entry again, and
        not at Up. `doubt(tab)` is called when the person of a tab may be another one.
        """
        self.me = ""
        self.words: tuple[str, ...] = ()
        """What calls one, beside the own name."""
        self.came: Callable[[Tab, Sequence[Shown]], int] = lambda _tab, _new: 0
        """Called with lines that a tab shows now; how many of them call, and nobody sees them."""
        self.clock = ServerClock()
        """By which lines are told: that of the server that was last talked to."""
        self._tabs = tabs
        self._name_colours = name_colours
        self._is_looked_at = is_looked_at
        self._is_here = is_here
        self._give_back = give_back
        self._doubt = doubt
        self._ignoring = ignoring
        # Whether what was said before comes because somebody asked, between History and its end.
        self._is_answer = False
        # Of what comes between them, so many lines are of somebody whom one ignores.
        self._left_out = 0
        # In which tab, and of which day, the message was that waited, and was taken just now.
        self._kept: tuple[Tab, str] | None = None
        # Whether what is being taken is of somebody whom one ignores.
        self._is_hidden = False
        self.own = OwnLines(lambda: self.clock, lambda: self.me)
        """What was sent, until the server is known to have it."""
        self._batch: dict[Tab, list[Line]] = {}
        # The lines of the batch that nobody sees.
        self._news: Counter[Tab] = Counter()

    def show(self, messages: Iterable[message.Message]) -> None:
        """Show what the server said, in order; many at once cost less than one by one.

        Nothing of those whom one ignores; but their tabs go with them as ever.
        """
        for each in messages:
            self._take(each)
        self._flush()

    def hides(self, name: str) -> bool:
        """Whether nothing of this person is shown."""
        return name != self.me and self._ignoring.ignores(name)

    def line_of_past(self, said: message.Earlier) -> Line:
        """What somebody said before, as it is shown."""
        return line_of(said, self.me, "")

    def show_above(self, said: Sequence[message.Earlier | str]) -> bool:
        """Show above all others what everybody said before, with remarks between.

        Nothing of those whom one ignores. Whether there is space for more.
        """
        shown: list[message.Message] = []
        left_out = 0
        for each in said:
            if isinstance(each, str):
                shown.append(self.notice(each))
            elif self.hides(each.sender):
                left_out += 1
            else:
                shown.append(each)
        if left_out:
            shown.append(self.notice(f"Lines of people whom you ignore, not shown: {left_out:,}."))
        lines = [line_of(each, self.me, "") for each in shown]
        return self._tabs.main.conversation.add_above(
            [each if each.person else replace(each, time="") for each in lines]
        )

    def say(self, *messages: message.Message, in_tab: Tab | None = None) -> None:
        """Show words of the client's own, in the tab in front, or in this one."""
        lines = [line_by(self.clock, each, self.me) for each in messages]
        self._add(in_tab or self._tabs.current, lines)

    def follow(self, clock: ServerClock) -> None:
        """Tell lines by this clock; where it is a new one, say how far it is from one's own."""
        is_new, self.clock = clock is not self.clock, clock
        if is_new and (remark := clock.remark()):
            self.tell(self.notice(remark))

    def notice(self, text: str) -> message.Notice:
        """Words of the client's own, by the conversation's clock."""
        return message.Notice(self.clock.time(), text)

    def tell(self, *messages: message.Message) -> None:
        """Show what concerns all conversations: in the tab in front, and in everybody's."""
        for tab in dict.fromkeys((self._tabs.main, self._tabs.current)):
            self.say(*messages, in_tab=tab)

    def sent(
        self, tab: Tab, line: str, number: int, *, late: bool, pasted: bool, block: int = 0
    ) -> None:
        """Show `line`, which was typed in `tab`, and which the client has taken as its `number`.

        `late`: there is no connection now. `block`: of which piece of code it is, where it is.
        """
        if is_goodbye(line):
            return
        tab.news.remove()
        tab.stops.leave()
        now, text = self.clock.time(), ""
        shown: message.Message = message.Notice(now, message.clean(without_secret(as_typed(line))))
        request = parse(line, self._is_here)
        match request:
            case Say(said):  # the server sends it to everybody else
                shown = message.Public(now, self.me, message.clean(said))
            case Whisper(to, said) if tab.has_person(to):
                text = message.clean(said)
                tab.unanswered.append(Whisper(to, text))
                shown = message.Private(now, self.me, to, text)
        self.own.sent(
            tab,
            number,
            replace(line_by(self.clock, shown, self.me), paste=block),
            is_said=isinstance(request, Say),
            late=late,
            pasted=pasted,
            text=text,
        )

    def give_up(self, unsent: Sequence[str]) -> None:
        """Give back what was typed and may not have arrived: in everybody's tab, and at Up."""
        for tab in self._tabs:
            tab.unanswered.clear()
        if not unsent:
            return
        lines = [*filter(None, map(as_typed, unsent))]
        for line in lines[-MAX_UNSENT_SHOWN:]:
            self._tabs.main.draft.history.keep(line)
        what, them = (
            ("This line", "it") if len(lines) == 1 else (f"These {len(lines):,} lines", "them")
        )
        text = f"{what} may not have arrived. Up brings {them} back here:"
        shown = [message.Error(text), *map(message.Error, lines[:MAX_UNSENT_SHOWN])]
        if len(lines) > MAX_UNSENT_SHOWN:
            shown.append(message.Error(f"… and {len(lines) - MAX_UNSENT_SHOWN:,} more."))
        self.say(*shown, in_tab=self._tabs.main)

    # --- what the server said -------------------------------------------------------------------

    def _take(self, received: message.Message) -> None:
        self._is_hidden = self._ignoring.takes(received, self.me)
        self._kept = self._kept if isinstance(received, message.Kept) else None
        match received:
            case (
                message.Public(sender=name)
                | message.Private(sender=name)
                | message.Kept(sender=name)
            ) if self._is_hidden:
                self._tell_hidden(name)
            case message.Earlier() if self._is_hidden:
                self._left_out += 1
            case message.Public(sender=sender):
                self._put(received, self._tabs.main)
                if sender != self.me:
                    self._count(self._tabs.main)
            case message.Private() | message.Kept():
                self._take_private(received)
            case message.Joined(name=name) | message.Left(name=name):
                self._tabs.spell(name)
                tab = self._tabs.find(name)
                if tab is not None and isinstance(received, message.Joined):
                    self._doubt(tab)
                self._put(received, self._tabs.main, tab)
            case message.Renamed(old=old, new=new):
                self._take_renamed(received, old, new)
            case message.Error(text):
                self._take_error(received, text)
            case OfThePast() | message.Earlier() | message.History() | message.HistoryEnd():
                self._take_past(received)
            case message.Notice() | message.Welcome():
                self._put(received, self._tabs.main, self._tabs.current)
            case _:
                self._put(received, self._tabs.current)

    def _take_past(self, received: message.Message) -> None:
        """What one was away for is of everybody's tab alone, and nobody has seen it yet."""
        if isinstance(received, message.History):
            self._is_answer = True
        tabs = (self._tabs.main, *([self._tabs.current] if self._is_answer else []))
        if self._left_out and not isinstance(received, message.Earlier):
            self._tell_left_out(*tabs)
        self._put(received, *tabs)
        if not self._is_answer and isinstance(received, message.Earlier):
            self._count(self._tabs.main)
        if isinstance(received, message.HistoryEnd):
            self._is_answer = False

    def _tell_left_out(self, *tabs: Tab) -> None:
        """Say how many of the lines that were announced are not shown, and why."""
        text = f"Lines of people whom you ignore, not shown: {self._left_out:,}."
        self._put(self.notice(text), *tabs)
        self._left_out = 0

    def _tell_hidden(self, name: str) -> None:
        """Say once that lines of somebody are not shown: it may have been chosen long ago."""
        if self._ignoring.must_tell(name):
            self._is_hidden = False  # this is not
            self._put(
                self.notice(f"You ignore {name}: what they say is not shown."), self._tabs.main
            )

    def _take_private(self, received: message.Private | message.Kept) -> None:
        is_own = received.sender == self.me
        person = received.recipient if is_own else received.sender
        if self._tabs.find(person) is None:
            self._flush()  # to make way for it, a tab may go
        tab = self._tabs.open(person) or self._tabs.main
        if isinstance(received, message.Kept):
            self._put_date(received, tab)
        if not is_own:
            self._put(received, tab)
            self._count(tab)
        else:
            self._note_answered(tab, received.text)
            self._put(received, tab, self._tabs.current)

    def _put_date(self, received: message.Kept, tab: Tab) -> None:
        """Say on which day it was said, above the first of that day."""
        day = received.at.partition(" ")[0]
        if self._kept != (tab, day):
            self._kept = tab, day
            when = day_line(date.fromisoformat(day))
            self._put(self.notice(f"While you were away, on {when}:"), tab)

    def _note_answered(self, tab: Tab, text: str) -> None:
        """The echo of a private line: it was delivered, and those before it are decided."""
        if any(each.text == text for each in tab.unanswered):
            while tab.unanswered.popleft().text != text:
                pass
            self.own.answered(tab, text)

    def _take_renamed(self, received: message.Renamed, old: str, new: str) -> None:
        self._name_colours.rename(old, new)
        self._flush()  # a tab may go
        if (tab := self._tabs.find(new)) is not None and not tab.has_person(old):
            self._doubt(tab)  # of somebody else, called so before
        self._tabs.rename(old, new)
        self._put(received, self._tabs.main, self._tabs.find(new))

    def _take_error(self, received: message.Error, text: str) -> None:
        tab = self._refused_in(text)
        if tab is None:
            self._put(received, self._tabs.current)
            return
        sent = tab.unanswered.popleft()
        self.own.answered(tab, sent.text)
        self._put(received, tab)
        text = without_unseen(sent.text)
        where = "" if self._give_back(tab, text) else " (Up brings it back)"
        self._put(message.Error(f"Not delivered: {text}{where}"), tab)

    def _refused_in(self, text: str) -> Tab | None:
        """The tab whose last private line this error is about: it names the person.

        It counts to whom the line was sent: the person may have another name by now.
        """
        private = [tab for tab in self._tabs if tab.unanswered]
        return next((tab for tab in private if mentions(text, tab.unanswered[0].to)), None)

    # --- lines and counts -------------------------------------------------------------------------

    def _put(self, received: message.Message, *tabs: Tab | None) -> None:
        if self._is_hidden:
            return
        line = line_by(self.clock, received, self.me, self.words)
        if isinstance(received, message.Earlier) and not self._is_answer:  # it was missed
            line = calling(line, self.me, self.words)
        for tab in dict.fromkeys(filter(None, tabs)):  # each once
            self._batch.setdefault(tab, []).append(line)

    def _flush(self) -> None:
        called = {tab: self._add(tab, lines) for tab, lines in self._batch.items()}
        for tab, number in self._news.items():
            self._tabs.count(tab, number, called.get(tab, 0))
        self._batch.clear()
        self._news.clear()

    def _add(self, tab: Tab, lines: Sequence[Line]) -> int:
        """Show lines, with a rule above the first that nobody looks at; how many of those call."""
        news = [] if self._is_seen(tab) else [*dropwhile(self._is_own, lines)]
        new = tab.conversation.add(lines[: len(lines) - len(news)])
        if news:
            tab.news.begin(above_all=bool(tab.person))
        return self.came(tab, [*new, *tab.conversation.add(news)])

    def _is_own(self, line: Line) -> bool:
        return bool(line.person) and line.person == self.me

    def _is_seen(self, tab: Tab) -> bool:
        return tab is self._tabs.current and self._is_looked_at()

    def _count(self, tab: Tab) -> None:
        if not self._is_seen(tab):
            self._news[tab] += 1
