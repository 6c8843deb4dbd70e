"""Whom one ignores: whose lines are not shown, do not count and do not call. No toolkit here.

It is a matter of this window alone: no server is told, and neither is the person. All that is known
of people is their names, so a name is what is ignored, on one server. Names are compared as the
server does.

It goes with the person as far as one can know. When somebody takes another name, and one sees it,
they are ignored by that. When they leave, what is ignored is the name by which they were chosen:
else anybody could have an innocent name ignored, by wearing it for a moment. What nobody can know
is whether the next one who has that name is the same person, and who it is that comes back by
another.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping

from phase4.client.mentions import folded
from shared import message
from shared.defaults import MAX_NAME_CHARACTERS

IGNORE, UNIGNORE = "/ignore", "/unignore"
"""Commands of this window: `/ignore NAME`, or alone, to be shown who is ignored."""

MAX_IGNORED = 100
"""On all servers together: the file that remembers them stays small, and so does the list."""

Held = Mapping[str, Mapping[str, str]]
"""For each server, the names that were chosen, and by which each of them goes now."""


class Ignoring:
    """`changed` is called with all there is to remember, after each change."""

    def __init__(self, held: Held, changed: Callable[[Held], object]) -> None:
        self._held = {place: dict(names) for place, names in held.items()}
        self._changed = changed
        self._place = ""
        # Lines that were not shown, by the name that was chosen.
        self._hidden: Counter[str] = Counter()
        # Of whom the person was told that lines are hidden.
        self._told: set[str] = set()
        # Who is online, as far as is known, folded.
        self._people: set[str] = set()

    def follow(self, place: str) -> None:
        """What is said comes from this server now."""
        if place != self._place:
            self._place = place
            self._hidden.clear()
            self._told.clear()
            self._people.clear()

    @property
    def names(self) -> tuple[str, ...]:
        """Who is ignored here, by the names that they have now, in the order of the alphabet."""
        return tuple(sorted({*self._here.values()}, key=str.casefold))

    def ignores(self, name: str) -> bool:
        """Whether somebody who is called so now is ignored."""
        return bool(self._chosen(name))

    def hidden(self, name: str) -> int:
        """How many of their lines were not shown."""
        return sum(self._hidden[chosen] for chosen in self._chosen(name))

    def ignore(self, name: str) -> bool:
        """Show nothing of them from now on; whether there was space for one more."""
        if self.ignores(name):
            return True
        if sum(map(len, self._held.values())) >= MAX_IGNORED:
            return False
        self._held.setdefault(self._place, {})[name] = name
        self._told.add(name)
        self._remember()
        return True

    def stop(self, name: str) -> int:
        """Show again what they say; how many lines were hidden."""
        count = self.hidden(name)
        for chosen in self._chosen(name):
            del self._here[chosen], self._hidden[chosen]
        if not self._here:
            self._held.pop(self._place, None)
        self._remember()
        return count

    # --- what the server says -------------------------------------------------------------------

    def takes(self, received: message.Message, me: str) -> bool:
        """Whether this is not to be shown to the person called `me`. Asked once for each line."""
        name = _name_in(received)
        if isinstance(received, message.Joined):
            self._came(name)
        is_hidden = name != me and self.ignores(name)
        match received:
            case message.Public() | message.Private() | message.Kept() if is_hidden:
                self._hidden.update(self._chosen(name))
            case message.Renamed(old=old, new=new):
                self._move(old, new)
            case message.Left(name=name):
                self._forget_name(name)
        return is_hidden

    def heard(self, received: Iterable[message.Message], me: str) -> list[message.Message]:
        """What of this is said by others than those who are ignored."""
        return [
            each for each in received if (name := _name_in(each)) == me or not self.ignores(name)
        ]

    def must_tell(self, name: str) -> bool:
        """Whether the person has to be told that lines of somebody are hidden. Once for each."""
        news = {*self._chosen(name)} - self._told
        self._told |= news
        return bool(news)

    def show_people(self, names: Collection[str]) -> None:
        """These are online. Whoever is not among them has left, also where nobody saw it.

        One name is one's own: the list is not known yet, or there is nobody to ignore.
        """
        self._people = {*map(folded, names)}
        for now in {*self._here.values()} if len(names) > 1 else ():
            if folded(now) not in self._people:
                self._forget_name(now)

    def _move(self, old: str, new: str) -> None:
        for chosen in self._chosen(old):
            self._here[chosen] = new
            self._remember()

    def _came(self, name: str) -> None:
        """Somebody has come by a name that was chosen, and by another nobody is here now."""
        for chosen, now in [*self._here.items()]:
            if folded(chosen) == folded(name) and folded(now) not in self._people:
                self._forget_name(now)

    def _forget_name(self, name: str) -> None:
        for chosen in self._chosen(name):
            if self._here[chosen] != chosen:
                self._here[chosen] = chosen
                self._remember()

    def _remember(self) -> None:
        """Not what no server of ours lets in: nobody may fill the file that remembers it."""
        self._changed(
            {
                place: {name: now for name, now in names.items() if _is_short(name + now)}
                for place, names in self._held.items()
            }
        )

    @property
    def _here(self) -> dict[str, str]:
        return self._held.get(self._place, {})

    def _chosen(self, name: str) -> list[str]:
        """By which names whoever is called so now was chosen."""
        if not name or not self._here:  # nearly always
            return []
        sought = folded(name)
        return [chosen for chosen, now in self._here.items() if folded(now) == sought]


def named_in(line: str) -> tuple[str, list[str]] | None:
    """The command of this window that `line` is, and the names in it; None: it is none.

    >>> named_in("/Ignore Bob, @Carl"), named_in("/ignored Bob")
    (('/ignore', ['Bob', 'Carl']), None)
    """
    command, *names = line.split() or [""]
    if command.lower() not in (IGNORE, UNIGNORE):
        return None
    return command.lower(), [name.strip("@,") for name in names]


def _is_short(names: str) -> bool:
    return len(names) <= 2 * MAX_NAME_CHARACTERS


def _name_in(received: message.Message) -> str:
    """The person who says this, or whom it is about; empty where it is nobody."""
    match received:
        case message.Public(sender=name) | message.Private(sender=name):
            return name
        case message.Earlier(sender=name) | message.Kept(sender=name):
            return name
        case message.Joined(name=name) | message.Left(name=name) | message.Renamed(old=name):
            return name
    return ""
