"""What an operator can order, and how it is written for other servers of the same room. No I/O."""

from dataclasses import asdict, dataclass
from typing import Any

from phase4.accounts.held import shown, target_of
from phase4.accounts.moderation import (
    MAX_MINUTES,
    MAX_TOPIC_CHARACTERS,
    MAX_WHY_CHARACTERS,
    Ban,
    Mute,
    Order,
    SetTopic,
    SetWriting,
    Unban,
    Unmute,
)
from phase4.accounts.nicknames import normalise
from shared.message import clean

_LONGEST_SECONDS = MAX_MINUTES * 60.0


@dataclass(frozen=True, slots=True)
class Kick:
    """End somebody's connection. They may come back."""

    name: str
    why: str


Deed = Order | Kick

_KINDS: dict[str, type[Deed]] = {
    each.__name__.lower(): each for each in (Ban, Unban, Mute, Unmute, SetTopic, SetWriting, Kick)
}


def to_json(deed: Deed) -> dict[str, Any]:
    """A deed as values of JSON.

    >>> to_json(Kick("Bob", "spam"))
    {'do': 'kick', 'name': 'Bob', 'why': 'spam'}
    """
    values = asdict(deed)
    if isinstance(deed, Ban | Unban):
        values["target"] = shown(deed.target)
    return {"do": type(deed).__name__.lower(), **values}


def from_json(values: dict[str, Any]) -> Deed | None:
    """The deed; None where it is none that is understood here. Raises nothing."""
    fields = dict(values)
    kind = _KINDS.get(str(fields.pop("do", "")))
    try:
        deed = kind(**fields) if kind is not None else None
        if isinstance(deed, Ban | Unban):
            fields["target"] = target_of(fields["target"])
            deed = type(deed)(**fields)
        return deed if deed is not None and _is_right(deed) else None
    except (TypeError, ValueError, KeyError, AttributeError):
        return None


def _is_right(deed: Deed) -> bool:
    """Whether each field is of its kind, and within its bounds. Raises BadNickname."""
    match deed:
        case Ban(_, seconds, str()):
            return _is_time(seconds)
        case Mute(str() as name, seconds, str()):
            return normalise(name) == name and _is_time(seconds)
        case Unban() | Unmute(str()):
            return True
        case SetTopic(str() as text, str()):
            return clean(text) == text and len(text) <= MAX_TOPIC_CHARACTERS
        case SetWriting(bool(), str()):
            return True
        case Kick(str(), str() as why):
            return clean(why) == why and len(why) <= MAX_WHY_CHARACTERS
    return False


def _is_time(seconds: object) -> bool:
    return seconds is None or (isinstance(seconds, float) and 0 < seconds <= _LONGEST_SECONDS)
