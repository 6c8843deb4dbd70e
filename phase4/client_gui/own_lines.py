"""The person's own lines until the server is known to have them: where they stand, and how.

Main thread only. What is said of a line, and when, is decided in phase4/client/unconfirmed.py.

| a line | is shown |
|---|---|
| for everybody | at once, where it was typed; marked while it waits |
| for everybody, one of several that were pasted | when it was taken |
| for one person, or a command | by the server's answer; as waiting, until that is here |
| typed while the connection is lost | as waiting, below all others, until it was taken |
| typed behind lines that are not shown yet | so as well: others hear them in this order |
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from phase4.client.clock import ServerClock
from phase4.client.unconfirmed import Doubt, Unconfirmed
from phase4.client_gui.tabs import Tab
from phase4.widgets.lines import Line
from phase4.widgets.shown import DOUBTFUL, FAILED, UNSURE, WAITING, Shown, State

_STATES: dict[Doubt, State] = {
    Doubt.NONE: "",
    Doubt.WAITING: WAITING,
    Doubt.MAY_NOT_ARRIVE: DOUBTFUL,
}


@dataclass(slots=True, eq=False)
class _Line:
    """A line, and where it is shown."""

    tab: Tab
    line: Line
    is_said: bool
    """Whether everybody hears it. Else the server's answer will be shown, and not this."""

    text: str
    """What was said, in a private line."""

    shown: Shown | None = None
    is_late: bool = False
    """Whether it stands below all others."""

    was_on_its_way: bool = False
    is_answered: bool = False

    @property
    def is_in_place(self) -> bool:
        """Whether it stands where it will stay."""
        return self.shown is not None and not self.is_late

    @property
    def is_hidden(self) -> bool:
        """Whether it is shown nowhere, nor its answer."""
        return self.shown is None and not self.is_answered


class OwnLines:
    """Shows what was sent, and what is not certain of it."""

    def __init__(self, clock: Callable[[], ServerClock], me: Callable[[], str]) -> None:
        """`clock()` is the one by which lines are told, `me()` the name that one has now."""
        self._clock = clock
        self._me = me
        self._lines = Unconfirmed[_Line]()

    @property
    def count(self) -> int:
        """How many were not taken at once."""
        return self._lines.count

    @property
    def slow(self) -> int:
        """How many wait for so long that it is worth a word."""
        return sum(self._lines.doubt(own) is not Doubt.NONE for own in self._lines)

    @property
    def is_doubtful(self) -> bool:
        """Whether one of them may not arrive."""
        return self._lines.is_doubtful

    def sent(
        self,
        tab: Tab,
        number: int,
        line: Line,
        *,
        is_said: bool,
        late: bool,
        pasted: bool,
        text: str = "",
    ) -> None:
        """The client has taken this as its line `number`; `late`: there is no connection now.

        `is_said`: everybody hears it. `text`: what is said to one person.
        """
        is_behind = any(own.item.is_said and not own.item.is_in_place for own in self._lines)
        item = _Line(tab, line, is_said, text, was_on_its_way=not late)
        late = late or (is_said and is_behind and not pasted)
        self._lines.add(number, item, late=late, pasted=pasted)
        if late:
            self._show_late([item])
        elif is_said and not pasted:
            item.shown = tab.conversation.add([line])[-1]

    def answered(self, tab: Tab, text: str) -> None:
        """The server's answer to a private line is shown: the line itself need not be."""
        for own in self._lines:
            item = own.item
            if item.tab is tab and item.text == text and not item.is_answered:
                item.is_answered = True
                self._hide([item])
                return

    def arrived(self, count: int) -> None:
        """The server has the first `count` of all lines."""
        taken = [own.item for own in self._lines.arrived(count)]
        self._settle(taken, "")
        for tab, group in groupby(taken, key=lambda item: item.tab):
            items = [item for item in group if not item.is_in_place]
            self._hide(items)
            lines = [self._as_taken(item.line) for item in items if item.is_said]
            if tab.exists:
                tab.conversation.add(lines)

    def _as_taken(self, line: Line) -> Line:
        """A line that was taken just now: others hear it with this time, and this name."""
        now, me = self._clock().now(), self._me()
        return replace(line, time=f"{now:%H:%M:%S}", day=now.date(), name=me, person=me)

    def look(self) -> None:
        """Mark what has waited for too long. To be called now and then."""
        doubts = [(own, self._lines.doubt(own)) for own in self._lines]
        slow = [own for own, doubt in doubts if doubt is not Doubt.NONE and not own.is_pasted]
        if hidden := [own.item for own in slow if own.item.is_hidden]:
            self._show_late(hidden)
        for own, doubt in doubts:
            self._settle([own.item], _STATES[doubt])

    def lost(self) -> None:
        """The connection is gone: all that is not certain waits for the next one."""
        self._lines.lost()
        items = [own.item for own in self._lines if not own.item.is_answered]
        if new := [item for item in items if not item.is_late]:
            self._show_late(new)
        self._settle(items, WAITING)

    def returned(self) -> None:
        """The connection is back, and all that waited is on its way."""
        self._lines.returned()
        for own in self._lines:
            own.item.was_on_its_way = True

    def give_up(self, arrived: int) -> None:
        """It is over. What the server is not known to have is marked so, and stays."""
        self.arrived(arrived)
        for own in self._lines:
            item = own.item
            state = UNSURE if item.was_on_its_way else FAILED
            if item.is_late and item.tab.exists:
                self._hide([item])
                item.tab.conversation.add([item.line], state)
            else:
                self._settle([item], state)
        self._lines = Unconfirmed[_Line]()

    # --- drawing --------------------------------------------------------------------------------

    def _show_late(self, items: Sequence[_Line]) -> None:
        """Let these stand below all others, in the order in which they were sent."""
        self._hide(items)
        for item in items:
            item.is_late = True
        all_late = [own.item for own in self._lines if own.item.is_late]
        if len(all_late) > len(items):
            self._hide(all_late)
        for item in all_late:
            if item.shown is None and item.tab.exists:
                item.shown = item.tab.conversation.add_late(item.line)

    def _settle(self, items: Iterable[_Line], state: State) -> None:
        for item in items:
            if item.shown is not None and item.shown.state != state and item.tab.exists:
                item.tab.conversation.settle(item.shown, state)

    def _hide(self, items: Sequence[_Line]) -> None:
        """Take these out, where they are shown."""
        for tab, group in groupby(items, key=lambda item: item.tab):
            lines = [*group]
            shown = [item.shown for item in lines if item.shown is not None]
            for item in lines:
                item.shown = None
            if shown and tab.exists:
                tab.conversation.take_out(shown)
