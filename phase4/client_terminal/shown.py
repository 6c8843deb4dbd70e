"""Makes lines of what is said: whose, when, and on which day. No terminal here."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date

from phase4.client.block import Speaker, goes_on, row_of, speaker_of
from phase4.client.clock import ServerClock, day_line
from phase4.client.pasting import without_unseen
from phase4.client_terminal.colours import Colours
from phase4.client_terminal.look import Fragments, NameStyles, fragments, notice, without_tail
from phase4.client_terminal.wrapping import AS_TYPED
from shared import message


class Shown:
    """The lines of one conversation, one after the other."""

    def __init__(self, colours: Colours) -> None:
        self.clock = ServerClock()
        """The server's, once there is one."""
        self.own_name = ""
        self.name_style = NameStyles(colours)
        # Whose block was printed last, and when its last line was said; None: it was another line.
        self._block: Speaker | None = None
        self._said_at = ""
        # The day of the latest line that has a time.
        self._day: date | None = None

    def lines(self, shown: message.Message, *, block: bool | None = None) -> list[Fragments]:
        """What to print for this; nothing, where there is nothing to show.

        `block`: whether it belongs to one; None: if it goes on with the one that was printed last.
        """
        if isinstance(shown, message.Renamed):
            self.name_style.rename(shown.old, shown.new)
        if isinstance(shown, message.Public | message.Private):
            shown = replace(shown, text=without_unseen(shown.text))
            is_next = self._block == speaker_of(shown) and goes_on(self._said_at, shown.time)
            if block or (block is None and is_next):
                return self._in_block(shown, has_begun=is_next)
        if isinstance(shown, message.Earlier | message.Kept):
            shown = replace(shown, text=without_unseen(shown.text))
        line = self.look(shown)
        self._block = None if line else self._block
        return [*self._new_day(shown), without_tail(line)] if line else []

    def _in_block(
        self, shown: message.Public | message.Private, *, has_begun: bool
    ) -> list[Fragments]:
        self._block, self._said_at = speaker_of(shown), shown.time
        head = [*self._new_day(shown), self.look(replace(shown, text=""))]
        is_own = isinstance(shown, message.Public) and shown.sender == self.own_name
        style = AS_TYPED if is_own else self.look(shown)[-1][0]
        row: Fragments = [(style, row_of(shown.text))]
        return [*([] if has_begun else head), without_tail(row)]

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
        if isinstance(shown, message.Untimed):
            return []
        day, before = self.clock.day_of(shown.time), self._day
        self._day = max(day, before or day)
        return [notice(day_line(day))] if before is not None and day > before else []
