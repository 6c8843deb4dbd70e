"""The person's own public lines, to be found again in what the server has kept. No I/O.

After a loss it is not known which of the last lines the server has read. Its history tells: it has
read all up to the last one that is found there. So no line need be sent twice, and none is lost.

The same word may be said twice on purpose. So lines are not looked up: they are counted, in order,
from a number on at which none was under way. Where that is not known, nothing is found, and what
may not have arrived is sent again.

>>> own = OwnSaid()
>>> own.begin(7)
>>> for number in (1, 2): own.sent(number, "ok", datetime(2026, 11, 21, 14, 3, 5))
>>> own.takes(Earlier("2026-11-21 14:03:05", 8, "Ann", "ok")), own.found
(True, 1)
"""

from collections import deque
from datetime import datetime, timedelta
from typing import NamedTuple

from shared import message
from shared.message import Earlier

MOST_COUNTED = 1_000
"""Lines since that number: minutes of the fastest that a server takes, and nobody else says a word.
With more, it is not known any more where to begin to count."""

_REMEMBERED = 500  # texts, for where lines cannot be counted
_CLOCKS_DIFFER = timedelta(seconds=5)  # at most, between a line's time and that of its sending


class _Sent(NamedTuple):
    number: int
    text: str
    earliest: str


class OwnSaid:
    """What one person has said to everybody since a certain number. It outlives connections."""

    def __init__(self) -> None:
        self.since: int | None = None
        """Every line here has a higher number. None: there were no numbers at the start."""
        self.found = 0
        """The last line that was found since `look_again`, as the sender counts its lines."""
        self._is_counted = True
        self._sent: list[_Sent] = []
        # How many of them were looked at since `look_again`: lines are found in their order.
        self._looked_at = 0
        self._texts: deque[str] = deque(maxlen=_REMEMBERED)

    def begin(self, since: int) -> None:
        """The server has read all that was sent, and this is the number of a later message."""
        self.since = since
        self._is_counted = True
        self._sent.clear()
        self.look_again()

    def lose_count(self) -> None:
        """It is not known which lines have which numbers, until the next `begin`."""
        self._is_counted = False
        self._sent.clear()

    @property
    def is_counted(self) -> bool:
        """Whether it is known where to begin to count."""
        return self._is_counted

    def sent(self, number: int, text: str, at: datetime) -> None:
        """It is on its way, as the person's line `number`; `at` by the server's clock."""
        self._texts.append(message.clean(text))
        if len(self._sent) == MOST_COUNTED:
            self.lose_count()
        if self._is_counted:
            earliest = (at - _CLOCKS_DIFFER).isoformat(" ", "seconds")
            self._sent.append(_Sent(number, self._texts[-1], earliest))

    def look_again(self) -> None:
        """What the server has kept comes now, from the beginning."""
        self._looked_at = self.found = 0

    def takes(self, kept: Earlier, *, by_time: bool = False) -> bool:
        """Whether this, which was said under an own name, is one of these lines.

        `by_time`: where numbers do not tell which lines come after `since`, times have to.
        """
        if not self._is_counted:
            return kept.text in self._texts
        for at in range(self._looked_at, len(self._sent)):
            number, text, earliest = self._sent[at]
            if text == kept.text and not (by_time and kept.at < earliest):
                self._looked_at, self.found = at + 1, number
                return True
        return False
