"""An operator's hand in a room that several servers share: an order holds at all of them.

It is checked here, against everybody who is in the room. Then it goes through the hub, and each
server carries it out when it comes back: the one where it was given, too.
"""

from collections.abc import Callable, Iterable

from phase4.accounts import nicknames
from phase4.hub.link import Link
from phase4.hub.operations import Order
from phase4.server.deeds import Deed, to_json
from phase4.server.gate import Somebody
from phase4.server.hand import Giver, Hand
from phase4.server.wish import Wish


class SharedHand(Hand):
    """As Hand. `link` is set before anybody can order anything."""

    link: Link

    def _give(self, giver: Giver, deed: Deed, check: Callable[[], object] = lambda: None) -> bool:
        wish = Wish(giver=giver)
        with self._floor.fan_out.lock:
            check()
            self.link.say(Order(giver.name, to_json(deed)), wish)
        self.link.wait_for(wish)
        return wish.has_changed

    def _everybody(self) -> Iterable[Somebody]:
        return self.link.state.people.values()

    def _called(self, name: str) -> Somebody | None:
        return self.link.state.people.get(nicknames.fold(name))

    def _holder(self, name: str) -> Somebody | None:
        return self.link.state.holder(nicknames.fold(name), nicknames.look(name))
