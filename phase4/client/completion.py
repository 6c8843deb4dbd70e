"""What Tab offers, in every client. No terminal and no window here: it is tested without one."""

import itertools
from collections.abc import Iterable, Iterator, Sequence

from shared import message, request

BEFORE_A_NAME = (
    *("/pm ", "/query ", "/ignore ", "/unignore "),
    *("/kick ", "/mute ", "/unmute ", "/ban ", "/unban "),
)

MAX_SPEAKERS = 1_000
"""People of whom it is known when they spoke. A hostile server may send any number of names."""

COMMANDS = (
    *(
        f"{name} " if argument else name
        for name, argument in request.COMMANDS.items()
        if name not in request.OPERATORS_ALONE | {"/ping", "/password"}
    ),
    request.ACTION,
)
"""The commands that are offered, with a blank where something has to follow.

With `/me`, which clients have of their own, and without /ping, which they ask by themselves, and
/password, which is rare: offered, they would make `/p` stand for several. Those of operators are
not offered, either.
"""


OPERATORS = tuple(
    f"{name} " if argument else name
    for name, argument in request.COMMANDS.items()
    if name in request.OPERATORS_ALONE
)
"""What is offered to operators beside those."""


def offers(before: str, names: Iterable[str], commands: Sequence[str] = COMMANDS) -> Iterator[str]:
    """What could stand in the place of the last word of `before`.

    >>> list(offers("/w", ["Ann"])), list(offers("a", ["Ann"]))
    (['/who'], ['Ann: '])
    >>> list(offers("/pm b", ["Bob"])), list(offers("@B", ["Bob"]))
    (['Bob '], ['@Bob '])
    >>> list(offers("ask bo", ["Bob", "Ann"]))
    ['Bob']
    """
    start, word = split_last_word(before)
    folded = word.lstrip("@").casefold()
    found = (name for name in names if name.casefold().startswith(folded))
    if start.casefold() in BEFORE_A_NAME:
        yield from (f"{name} " for name in found)
    elif start:
        yield from found if word else ()
    elif word.startswith("@"):
        yield from (f"@{name} " for name in found)
    elif word[:1] in ("", "/", "?"):
        yield from (each for each in commands if each.startswith(word.casefold()))
    else:
        yield from (f"{name}: " for name in found)


class Speakers:
    """Whoever spoke last is offered first: an answer is most often for them. For one thread."""

    def __init__(self) -> None:
        # The one who spoke last stands last.
        self._spoke: dict[str, None] = {}

    def heard(self, lines: Iterable[message.Message]) -> None:
        """All this was said, in order."""
        for each in lines:
            match each:
                case message.Public(sender=name) | message.Private(sender=name):
                    self._note(name)
                case message.Renamed(old=old, new=new):
                    names = (new if name == old else name for name in self._spoke)
                    self._spoke = dict.fromkeys(names)

    def _note(self, name: str) -> None:
        self._spoke.pop(name, None)
        self._spoke[name] = None
        if len(self._spoke) > MAX_SPEAKERS:
            del self._spoke[next(iter(self._spoke))]

    def in_order(self, names: Sequence[str]) -> tuple[str, ...]:
        """`names`, beginning with whoever spoke last; those who said nothing stay in their order.

        >>> speakers = Speakers()
        >>> speakers.heard([message.Public("10:00:00", "Carl", "hi")])
        >>> speakers.heard([message.Public("10:00:01", "Bob", "ho")])
        >>> speakers.in_order(["Ann", "Bob", "Carl", "Dora"])
        ('Bob', 'Carl', 'Ann', 'Dora')
        """
        here = {*names}
        spoke = [name for name in reversed(self._spoke) if name in here]
        return (*spoke, *(name for name in names if name not in self._spoke))


def common_start(texts: Sequence[str]) -> str:
    """What all of them begin with.

    >>> common_start(["Robert", "Roberta", "Robin"])
    'Rob'
    """
    first, last = min(texts), max(texts)  # in order, what these two share, all share
    same = itertools.takewhile(lambda pair: pair[0] == pair[1], zip(first, last, strict=False))
    return "".join(character for character, _ in same)


def split_last_word(text: str) -> tuple[str, str]:
    """What stands before the last word, and that word, which is empty after a blank."""
    start = text.rfind(" ") + 1
    return text[:start], text[start:]
