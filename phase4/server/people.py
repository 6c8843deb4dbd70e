"""The people of a room by their names: who has which, who is meant, and the answer to /who."""

from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

from phase4.accounts import nicknames
from phase4.server.member import Member
from phase4.server.refusal import NotHere, Refused
from phase4.server.roster import HasHost, roster
from shared.address import usual_form

_Somebody = TypeVar("_Somebody", bound=HasHost)

_MOST_NAMED = 10  # in an error: behind a relay or a router, everybody has the same address


class People:
    """Everybody who has a name. Its owner calls all of it under the room's lock; `len` anybody."""

    def __init__(self, *, show_addresses: bool, settle: Callable[[Member], None]) -> None:
        """`settle` is told of each member that has another name than before."""
        self._show_addresses = show_addresses
        self._settle = settle

        # The people here, by nicknames.fold(name), and the same people by nicknames.look(name).
        self._members: dict[str, Member] = {}
        self._looks: dict[str, Member] = {}

        # The answer to /who, and the time that it shows; the time is "" once the answer is wrong.
        self._who_lines = b""
        self._who_at = ""

    def __len__(self) -> int:
        return len(self._members)

    def __iter__(self) -> Iterator[Member]:
        return iter(self._members.values())

    def called(self, name: str) -> Member | None:
        """The member that has this name."""
        return self._members.get(nicknames.fold(name))

    def holder(self, name: str) -> Member | None:
        """The member that has this name, or one that could be taken for it."""
        return self.called(name) or self._looks.get(nicknames.look(name))

    def claim(self, member: Member, name: str) -> None:
        """Give a member a name that has no holder."""
        self._members[nicknames.fold(name)] = member
        self._looks[nicknames.look(name)] = member
        member.name = name
        self._settle(member)
        self._who_at = ""

    def release(self, member: Member) -> None:
        """Let the name be free that a member has."""
        del self._members[nicknames.fold(member.name)]
        del self._looks[nicknames.look(member.name)]
        self._who_at = ""

    def clear(self) -> None:
        """Let all names be free."""
        self._members.clear()
        self._looks.clear()
        self._who_at = ""

    def find(self, to: str) -> Member:
        """The member of this name, or of this address where those are shown. Raises Refused."""
        member = self.called(to)
        return member or find_by_address(self, to, shown=self._show_addresses)

    def who(self, time_now: str) -> bytes:
        """The lines that answer /who; the same bytes for everybody until something changes.

        Five bytes ask for many thousand. If the answer were not kept, a few hundred people who ask
        as often as they may would take all the time there is.
        """
        if self._who_at != time_now:
            people = sorted(self, key=lambda each: nicknames.fold(each.name))
            self._who_lines = roster(time_now, people, show_addresses=self._show_addresses)
            self._who_at = time_now
        return self._who_lines


def find_by_address(people: Iterable[_Somebody], to: str, *, shown: bool) -> _Somebody:
    """The one person at an address, where those are shown. Raises Refused."""
    host = _as_address(to) if shown else ""
    # A link-local address may be written without its zone, as where there is one network only.
    found = [each for each in people if host and host in (each.host, each.host.partition("%")[0])]
    if not found:
        raise NotHere(f"Nobody here is called {to}.")
    if len(found) > 1:
        names = sorted(each.name for each in found)
        more = f" and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else ""
        some = ", ".join(names[:_MOST_NAMED])
        raise Refused(
            f"Several people are connected from {found[0].host}: {some}{more}. Use a name."
        )
    return found[0]


def _as_address(text: str) -> str:
    """An IP address in its usual form, or nothing."""
    try:
        return usual_form(text)
    except ValueError:
        return ""
