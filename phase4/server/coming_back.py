"""Whoever comes back gets the private messages that they have not seen (unseen.py), and only those.

It is the same person where their page shows the same secret, and they have the same name: somebody
else may sit there now. It does not matter whether anybody has noticed meanwhile that they were
gone. Somebody who leaves with /quit leaves nothing behind.
"""

import time
from collections import OrderedDict
from collections.abc import Callable, Iterable

from phase4.accounts import nicknames
from phase4.server.member import Member
from phase4.server.outbox import FanOut
from phase4.server.unseen import Unseen
from phase4.server.voice import Voice
from shared.message import Notice

MOST_AWAY = 256
AWAY_SECONDS = 3600.0
"""How many that have left may find what they did not see, and for how long: a lesson's break. A
line has the time of day alone, so it must not be an old one."""


class ComingBack:
    """Those who may come back to one server. It is called under the room's lock."""

    def __init__(
        self, fan_out: FanOut, voice: Voice, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._fan_out = fan_out
        self._voice = voice
        self._clock = clock

        # What each of them may not have seen, by what they show: their name, and when they were
        # lost. The oldest first.
        self._away: OrderedDict[str, tuple[str, float, Unseen]] = OrderedDict()

    def lost(self, member: Member) -> None:
        """Keep what somebody who is gone may not have seen."""
        if member.unseen is not None and member.name:
            shown = self._shown_by(member)
            self._away[shown] = (member.name, self._clock(), member.unseen)
            self._away.move_to_end(shown)
            self._forget_old()

    def forget(self, member: Member) -> None:
        """They go of their own will, and have seen what they wanted to see. Without the lock."""
        with self._fan_out.lock:
            member.unseen = None

    def is_back(self, member: Member) -> None:
        """Send somebody who is in what they have not seen."""
        self._forget_old()
        if member.unseen is None:
            return
        before = self._kept_for(self._shown_by(member), nicknames.fold(member.name))
        if before is not None:
            del self._away[self._shown_by(member)]
            self._show(member, *before.missed(member.unseen.count))

    def wait(self, member: Member) -> None:
        """Wait until somebody who is in has all of it. Their own thread's, without the lock.

        Here that is so: what they have not seen is at this server, if at any.
        """

    def _show(self, member: Member, lost: int, lines: Iterable[bytes]) -> None:
        """Send somebody lines that they have not seen, and say how many more there were."""
        if lost:
            what = "1 private message" if lost == 1 else f"{lost} private messages"
            text = f"{what} did not reach you, and cannot be shown any more."
            self._voice.tell(member, Notice(self._voice.now().wire, text))
        for line in lines:
            if member.unseen is not None:
                member.unseen.add(line)
            self._fan_out.deliver(line, member.outbox)

    def _kept_for(self, shown: str, fold: str) -> Unseen | None:
        """What is kept for whoever shows this; under another name it is somebody else: nothing."""
        name, _, unseen = self._away.get(shown, ("", 0.0, None))
        if unseen is not None and nicknames.fold(name) != fold:
            del self._away[shown]
            return None
        return unseen

    @staticmethod
    def _shown_by(member: Member) -> str:
        """By what they are known again."""
        return member.secret

    def _forget_old(self) -> None:
        now = self._clock()
        while self._away:
            _, since, _ = next(iter(self._away.values()))
            if len(self._away) <= MOST_AWAY and now - since < AWAY_SECONDS:
                return
            self._away.popitem(last=False)
