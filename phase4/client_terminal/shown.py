"""Makes lines of what is said: whose, when, and on which day. No terminal here."""

from collections.abc import Iterable
from datetime import date

from phase4.client.clock import ServerClock, day_line
from phase4.client_terminal.colours import Colours
from phase4.client_terminal.look import Fragments, NameStyles, fragments, notice, without_tail
from shared import message


class Shown:
    """The lines of one conversation, one after the other."""

    def __init__(self, colours: Colours) -> None:
        self.clock = ServerClock()
        """The server's, once there is one."""
        self.own_name = ""
        self.name_style = NameStyles(colours)
        # The day of the latest line that has a time.
        self._day: date | None = None

    def lines(self, shown: message.Message) -> list[Fragments]:
        """What to print for this; nothing, where there is nothing to show."""
        if isinstance(shown, message.Renamed):
            self.name_style.rename(shown.old, shown.new)
        line = self.look(shown)
        return [*self._new_day(shown), without_tail(line)] if line else []

    def lines_of(self, several: Iterable[message.Message]) -> list[Fragments]:
        """The same of several."""
        return [line for each in several for line in self.lines(each)]

    def look(self, shown: message.Message) -> Fragments:
        """How this would look if it were printed."""
        return fragments(shown, self.own_name, self.name_style)

    def remarks(self, texts: Iterable[str]) -> list[Fragments]:
        """Words of the client's own, with the time."""
        now = self.clock.time()
        return self.lines_of(message.Notice(now, text) for text in texts)

    def _new_day(self, shown: message.Message) -> list[Fragments]:
        """The line to print before this one, if it is the first of another day."""
        match shown:
            case message.Prompt() | message.Error() | message.Other():
                return []
        day, before = self.clock.day_of(shown.time), self._day
        self._day = max(day, before or day)
        return [notice(day_line(day))] if before is not None and day > before else []
