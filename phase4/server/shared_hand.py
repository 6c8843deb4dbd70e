"""An operator's hand in a room that several servers share: an order holds at all of them.

It is checked here, against everybody who is in the room. Then it goes through the hub, and each
server carries it out when it comes back: the one where it was given, too.

**The room begins anew** (phase4/hub/state.py): what operators had decided counts no more, as
whoever begins it does not know that. So each server that does know says it again with its first
words, and all come to the same. Until they have come back, it goes on to hold here.
"""

import contextlib
from collections.abc import Callable, Iterable

from phase4.accounts import nicknames
from phase4.accounts.moderation import Ban, Moderation, Order, Outcome
from phase4.hub import operations
from phase4.hub.link import Link
from phase4.server.deeds import Again, Deed, Kick, to_json
from phase4.server.gate import Somebody
from phase4.server.hand import Giver, Hand
from phase4.server.wish import Wish
from shared.rights import THE_OPERATOR, Topic, Writing


class SharedHand(Hand):
    """As Hand. `link` is set before anybody can order anything."""

    link: Link

    _anew: Moderation | None = None
    """What was decided since the room began anew, while that does not hold yet. Under the lock."""

    def _give(self, giver: Giver, deed: Deed, check: Callable[[], object] = lambda: None) -> bool:
        wish = Wish(giver=giver)
        with self._floor.fan_out.lock:
            check()
            self.link.say(operations.Order(giver.name, to_json(deed)), wish)
        self.link.wait_for(wish)
        return wish.has_changed

    # --- the room begins anew; holding the lock ---------------------------------------------------

    def begin_anew(self) -> None:
        """Nothing of what was decided counts any more."""
        self._anew = Moderation()

    def held_before(self) -> Again | None:
        """What goes on to hold here, to be said again."""
        orders = self._gate.state.orders(self._gate.clock.now()) if self._anew is not None else ()
        return Again(orders) if orders else None

    def has_begun_anew(self) -> bool:
        """What was said again is in force, and nothing else; whether it is to be written down."""
        if self._anew is None:
            return False
        before, self._gate.state, self._anew = self._gate.state, self._anew, None
        now = self._gate.clock.now()
        orders = self._gate.state.orders(now)
        lacking = [each for each in orders if before.lacks(each, now)]
        self._enforce(lacking, before.topic, is_open=before.is_open)
        is_something = bool(orders or before.orders(now))
        self.changes += is_something
        return is_something

    def take_over(self, text: str) -> None:
        """See Hand. Without the lock."""
        if self._anew is None:
            super().take_over(text)
            return
        with contextlib.suppress(ValueError), self._floor.fan_out.lock:
            self._anew = self._state_of(text)

    def carry_out(self, giver: Giver, deed: Deed) -> bool:
        """See Hand."""
        if self._anew is not None and not isinstance(deed, Kick):
            self._anew.apply(deed, self._gate.clock.now())
        return super().carry_out(giver, deed)

    def hold_again(self, again: Again) -> bool:
        """Let hold what another server knows of before; whether anything of it is new here."""
        if self._anew is not None:
            self._let_hold(again, self._anew)
        topic, is_open = self._gate.state.topic, self._gate.state.is_open
        orders = self._let_hold(again, self._gate.state)
        self._enforce(orders, topic, is_open=is_open)
        self.changes += bool(orders)
        return bool(orders)

    def _let_hold(self, again: Again, state: Moderation) -> list[Order]:
        now = self._gate.clock.now()
        lacking = [each for each in again.deeds if state.lacks(each, now)]
        return [each for each in lacking if state.apply(each, now) is Outcome.DONE]

    def _enforce(self, orders: Iterable[Order], topic: str, *, is_open: bool) -> None:
        """These hold now, and did not; the topic was this one, and so was who may write."""
        for each in orders:
            if isinstance(each, Ban):
                self._expel_banned(Giver(each.by), each.target, self._until(each.seconds))
        self._settle_all()
        state, now = self._gate.state, self._floor.voice.now()
        if state.topic != topic:
            self._floor.voice.announce(Topic(now.wire, state.topic))
        if state.is_open != is_open:
            by = THE_OPERATOR if state.is_open else ""
            self._floor.voice.announce(Writing(now.wire, is_open=state.is_open, by=by))

    # --- who is here; holding the lock ------------------------------------------------------------

    def _everybody(self) -> Iterable[Somebody]:
        return self.link.state.people.values()

    def _called(self, name: str) -> Somebody | None:
        return self.link.state.people.get(nicknames.fold(name))

    def _holder(self, name: str) -> Somebody | None:
        return self.link.state.holder(nicknames.fold(name), nicknames.look(name))
