"""Those of a server whom the others took for gone, until they have their names again.

The server was cut off, or the room began anew. Its people did not notice, and their connections
live; but not all of them. A page whose connection is dead has long come back through another
server, and nobody is there to whom the old one could be given. So:

1. For each of them the server asks for the name again (Reenter), and says since when they were
   here. All servers agree that whoever came in elsewhere after that does not get it (Elsewhere).
2. As soon as this server reads that somebody has come in elsewhere, their old connection here is
   ended. What it has not shown is handed over to where they are (shared_coming_back.py).

The second alone would not do: they may come in elsewhere while it is on its way.
"""

from collections.abc import Iterable, Iterator
from itertools import islice

from phase4.accounts import nicknames
from phase4.hub.operations import Reenter
from phase4.hub.state import State
from phase4.server.member import Member
from phase4.server.offering import CANDIDATES, as_offered, proof_of
from phase4.server.people import People


class Returns:
    """Under the room's lock."""

    def __init__(self) -> None:
        # By all that they have shown: their proofs, and their accounts.
        self._awaited: dict[str, Member] = {}
        self._era = ""

        # Whether their names were asked for.
        self.have_asked = False

    def begin(self, era: str) -> None:
        """The server is in the room, in this era; `Member.entered` is a time of it."""
        self._era = era

    def await_all(self, members: Iterable[Member]) -> None:
        """They are gone for the others, from here on."""
        self._awaited, self.have_asked = {}, False
        for each in members:
            each.arrival = ""  # what they say until they are back counts under their name
            self._awaited |= dict.fromkeys(_shown_by(each), each)

    def ask_all(self, people: People, state: State) -> list[tuple[Member, Reenter]]:
        """What asks for the name of each of them, or for another; they are awaited."""
        self.await_all(people)
        self.have_asked = True
        return [(each, self._question(each, people, state)) for each in people]

    def _question(self, member: Member, people: People, state: State) -> Reenter:
        # Other names, but none that somebody here asks for as well.
        others = nicknames.alternatives(member.name, "number")
        free = (each for each in others if people.holder(each) is None)
        names = [as_offered(each) for each in (member.name, *islice(free, CANDIDATES))]

        # In another era the engine's clock may have gone back, and all came after its beginning.
        since = member.entered if state.era == self._era else min(member.entered, state.era_at)
        proof = proof_of(member.secret)
        return Reenter(names, member.host, member.name, proof, member.account, since)

    def is_over(self, member: Member) -> None:
        """They were answered."""
        for each in _shown_by(member):
            self._awaited.pop(each, None)

    def find(self, shown: Iterable[str]) -> Member | None:
        """Whoever is awaited, and has shown one of these; as Person.shown."""
        for each in shown:
            member = self._awaited.get(each)
            if member is not None and not (member.is_gone or member.arrival):
                return member
        return None


def _shown_by(member: Member) -> Iterator[str]:
    """As Person.shown."""
    if member.secret:
        yield proof_of(member.secret)
    if member.account:
        yield f"/{member.account}"
