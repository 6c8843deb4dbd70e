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


@dataclass(frozen=True, slots=True)
class Again:
    """What held before the room began anew: it holds again where nothing else does."""

    deeds: tuple[Order, ...]


Deed = Order | Kick

_KINDS: dict[str, type[Order | Kick]] = {
    each.__name__.lower(): each for each in (Ban, Unban, Mute, Unmute, SetTopic, SetWriting, Kick)
}


def to_json(deed: Deed | Again) -> dict[str, Any]:
    """A deed as values of JSON.

    >>> to_json(Kick("Bob", "spam"))
    {'do': 'kick', 'name': 'Bob', 'why': 'spam'}
    """
    if isinstance(deed, Again):
        return {"do": "again", "deeds": [to_json(each) for each in deed.deeds]}
    values = asdict(deed)
    if isinstance(deed, Ban | Unban):
        values["target"] = shown(deed.target)
    return {"do": type(deed).__name__.lower(), **values}


def from_json(values: dict[str, Any]) -> Deed | Again | None:
    """The deed; None where it is none that is understood here. Raises nothing."""
    if values.get("do") == "again":
        return _again(values.get("deeds"))
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


def _again(values: object) -> Again | None:
    if not isinstance(values, list):
        return None
    deeds = [from_json(each) for each in values if isinstance(each, dict)]
    return Again(tuple(each for each in deeds if isinstance(each, Order)))


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
