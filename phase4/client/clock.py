"""The clock of a conversation: the server's, for whatever the client says itself. Any thread.

The server's lines say when they were said, by its clock and without a date. It may stand in another
zone, go wrong, or change to summer time. So what a client shows of its own (the person's lines, its
remarks) is told by the same clock: else 08:45 would stand below 23:45. Each stamp sets it anew,
and while nobody speaks there is one each half minute (the answer to /ping).

>>> clock = ServerClock(lambda: datetime(2026, 11, 21, 23, 45, tzinfo=UTC))
>>> clock.heard(message.Joined("08:45:00", "Bob"))
>>> clock.time(), clock.day_of("23:59:00").isoformat()
('08:45:00', '2026-11-21')
"""

import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from datetime import time as time_of_day

from shared import message

_DAY = timedelta(days=1)
_NOON = timedelta(hours=12)
_EASTERNMOST = timedelta(hours=13, minutes=30)
"""A time of day alone does not tell -10 h from +14 h: few people live beyond New Zealand."""

_SAME_ZONE = timedelta(minutes=30)
_NOTICED = timedelta(minutes=1)


def _utc_now() -> datetime:
    return datetime.now(UTC)


class ServerClock:
    """What the server's clock shows; before anything is heard, the own clock."""

    def __init__(self, utc_now: Callable[[], datetime] = _utc_now) -> None:
        self._utc_now = utc_now
        # From UTC to the server's time; None: not heard yet. Set at once, so without a lock.
        self._ahead: timedelta | None = None

    def heard(self, received: message.Message) -> None:
        """The server has just said this, with the time or without."""
        if isinstance(received, message.Untimed):
            return
        try:
            stamp = time_of_day.fromisoformat(received.time)
        except ValueError:
            return
        utc = self._utc_now()
        ahead = (datetime.combine(utc.date(), stamp, UTC) - utc) % _DAY
        choices = (ahead, ahead - _DAY)
        own = self._own_ahead(utc)
        like_ours = [each for each in choices if abs(each - own) <= _SAME_ZONE]
        self._ahead = [*like_ours, *(each for each in choices if each <= _EASTERNMOST)][0]

    def now(self) -> datetime:
        """Date and time by the server's clock."""
        utc = self._utc_now()
        ahead = self._ahead if self._ahead is not None else self._own_ahead(utc)
        return utc.replace(tzinfo=None) + ahead

    def time(self) -> str:
        """The time now, as lines show it."""
        return self.now().strftime("%H:%M:%S")

    def day_of(self, stamp: str) -> date:
        """The day of a line that was said at `stamp`, not long ago; for no time at all, today."""
        now = self.now()
        try:
            said = datetime.combine(now.date(), time_of_day.fromisoformat(stamp))
        except ValueError:
            return now.date()
        if said - now > _NOON:
            said -= _DAY
        elif now - said > _NOON:
            said += _DAY
        return said.date()

    def remark(self) -> str:
        """How far the server's clock is from the own one; empty: nobody notices."""
        utc = self._utc_now()
        difference = (self._ahead or timedelta()) - self._own_ahead(utc)
        if self._ahead is None or abs(difference) < _NOTICED:
            return ""
        how = "ahead of" if difference > timedelta() else "behind"
        return f"Times are the server's: its clock is {_in_words(abs(difference))} {how} yours."

    @staticmethod
    def _own_ahead(utc: datetime) -> timedelta:
        return timedelta(seconds=time.localtime(utc.timestamp()).tm_gmtoff)


def day_line(day: date) -> str:
    """What stands between the lines of two days.

    >>> day_line(date(2026, 11, 22))
    'Sunday, 22 November 2026'
    """
    return f"{day:%A}, {day.day} {day:%B %Y}"


def _in_words(difference: timedelta) -> str:
    hours, minutes = divmod(round(difference.total_seconds() / 60), 60)
    parts = [f"{hours} h"] * bool(hours) + [f"{minutes} min"] * bool(minutes)
    return " ".join(parts)
