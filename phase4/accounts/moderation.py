"""What operators have decided: who is kept out, who is silent, the topic, and who may write.

New here: a state without I/O. `Moderation.apply(order, now)` changes it; nothing in this module
reads a clock or a file, or knows who is here. So it is tested without a server, and servers that
apply the same orders, one after the other, come to the same state.

An order that cannot be done changes nothing and raises nothing: what one server cannot bear would
end all of them.

Times are seconds of one clock, whichever it is. What has come to its end is as if it were not
there. It is dropped by the next order: nothing has to wake up for it.
"""

import enum
from dataclasses import dataclass

from phase4.accounts.held import HeldNames, HeldNetworks, Hold, Target

MAX_BANS = 500
"""A class has needed none. IRC networks allow 50 to 500 in a channel."""

MAX_MUTES = 500

MAX_TOPIC_CHARACTERS = 300
"""Three lines in a narrow window. IRC networks allow 307 to 390."""

MAX_WHY_CHARACTERS = 200
"""A reason that is read in a notice, and on a line of the log."""

MAX_MINUTES = 527_040
"""366 days. Longer is without an end."""


# --- orders -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Ban:
    """Keep a name, an address or a network out: for so many seconds, or until it is lifted."""

    target: Target
    seconds: float | None
    by: str


@dataclass(frozen=True, slots=True)
class Unban:
    """Lift a ban."""

    target: Target


@dataclass(frozen=True, slots=True)
class Mute:
    """Let nobody hear this name: for so many seconds, or until it is lifted."""

    name: str
    seconds: float | None
    by: str


@dataclass(frozen=True, slots=True)
class Unmute:
    """Let this name speak again."""

    name: str


@dataclass(frozen=True, slots=True)
class SetTopic:
    """What the room is about; empty: it has no topic."""

    text: str
    by: str


@dataclass(frozen=True, slots=True)
class SetWriting:
    """Whether all may write to everybody, or operators alone."""

    is_open: bool
    by: str


Order = Ban | Unban | Mute | Unmute | SetTopic | SetWriting


class Outcome(enum.Enum):
    """What an order did."""

    DONE = enum.auto()
    AS_BEFORE = enum.auto()
    """It was so already; of something to be lifted: it was not there."""
    FULL = enum.auto()
    """There are as many as are kept."""


# --- the state --------------------------------------------------------------------------------


class Moderation:
    """The state. Not for two threads at once: whoever holds it has a lock."""

    def __init__(self) -> None:
        self.names = HeldNames()
        self.networks = HeldNetworks()
        self.mutes = HeldNames()
        self.topic = ""
        self.topic_by = ""
        self.is_open = True
        self.closed_by = ""

    # --- what holds now -------------------------------------------------------------------------

    def ban_of_name(self, name: str, now: float) -> Hold | None:
        """The ban of this name, or of one that looks like it."""
        return self.names.find(name, now)

    def ban_of_host(self, host: str, now: float) -> Hold | None:
        """A ban of this address, or of a network that it is in; the one that lasts longest."""
        return self.networks.find(host, now)

    def mute_of(self, name: str, now: float) -> Hold | None:
        """The mute of this name, or of one that looks like it."""
        return self.mutes.find(name, now)

    def bans(self, now: float) -> list[Hold]:
        """All bans, names first."""
        return [each for each in (*self.names, *self.networks) if not each.is_over(now)]

    def all_mutes(self, now: float) -> list[Hold]:
        """All mutes."""
        return [each for each in self.mutes if not each.is_over(now)]

    def orders(self, now: float) -> tuple[Order, ...]:
        """Those that lead to what holds now."""

        def left(hold: Hold) -> float | None:
            return None if hold.until is None else hold.until - now

        bans = (Ban(each.target, left(each), each.by) for each in self.bans(now))
        mutes = (Mute(str(each.target), left(each), each.by) for each in self.all_mutes(now))
        topic = [SetTopic(self.topic, self.topic_by)] if self.topic else []
        closed = [] if self.is_open else [SetWriting(is_open=False, by=self.closed_by)]
        return (*bans, *mutes, *topic, *closed)

    def lacks(self, order: Order, now: float) -> bool:
        """Whether nothing of the kind holds now, of whatever length and whosever it is."""
        self._drop_over(now)
        match order:
            case Ban(target):
                return target not in self._held(target)
            case Mute(name):
                return name not in self.mutes
            case SetTopic():
                return not self.topic
            case SetWriting(is_open):
                return self.is_open and not is_open
        return False

    # --- orders ---------------------------------------------------------------------------------

    def apply(self, order: Order, now: float) -> Outcome:
        """Do what an operator has ordered at this moment."""
        self._drop_over(now)
        match order:
            case Ban(target, seconds, by):
                return self._ban(Hold(target, _end(seconds, now), by))
            case Unban(target):
                return _done(self._held(target).lift(target))
            case Mute(name, seconds, by):
                return self._mute(Hold(name, _end(seconds, now), by))
            case Unmute(name):
                return _done(self.mutes.lift(name))
            case SetTopic(text, by):
                return self._set_topic(text, by)
            case SetWriting(is_open, by):
                return self._set_writing(is_open=is_open, by=by)

    def _ban(self, hold: Hold) -> Outcome:
        held = self._held(hold.target)
        is_new = hold.target not in held
        if is_new and len(self.names) + len(self.networks) >= MAX_BANS:
            return Outcome.FULL
        held.put(hold)
        return Outcome.DONE

    def _mute(self, hold: Hold) -> Outcome:
        if hold.target not in self.mutes and len(self.mutes) >= MAX_MUTES:
            return Outcome.FULL
        self.mutes.put(hold)
        return Outcome.DONE

    def _set_topic(self, text: str, by: str) -> Outcome:
        if not text and not self.topic:
            return Outcome.AS_BEFORE
        self.topic, self.topic_by = text, by if text else ""
        return Outcome.DONE

    def _set_writing(self, *, is_open: bool, by: str) -> Outcome:
        if is_open == self.is_open:
            return Outcome.AS_BEFORE
        self.is_open, self.closed_by = is_open, "" if is_open else by
        return Outcome.DONE

    def _held(self, target: Target) -> HeldNames | HeldNetworks:
        return self.names if isinstance(target, str) else self.networks

    def _drop_over(self, now: float) -> None:
        self.names.drop_over(now)
        self.mutes.drop_over(now)
        self.networks.drop_over(now)


def _end(seconds: float | None, now: float) -> float | None:
    return None if seconds is None else now + seconds


def _done(is_done: bool) -> Outcome:
    return Outcome.DONE if is_done else Outcome.AS_BEFORE
