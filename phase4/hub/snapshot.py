"""A state as bytes, and back: where a server that begins need not read all from the beginning.

Nothing in a snapshot is believed unseen. A state that no batches can lead to would make this server
compute another room than the others do, so it is refused as a whole.
"""

from dataclasses import MISSING, fields
from typing import Any, TypeVar, get_type_hints

from phase4.hub.events import Person
from phase4.hub.operations import is_shallow, read_json, write_json
from phase4.hub.state import Server, State
from shared.safe_text import clean

FORMAT_VERSION = 1

_PERSON = get_type_hints(Person)
_MAY_BE_MISSING = {each.name for each in fields(Person) if each.default is not MISSING}
"""An older server has not written them."""

Kind = TypeVar("Kind", int, float, str, list[Any], dict[str, Any])


class BadSnapshot(ValueError):
    """Something is not the snapshot of a state."""


def to_bytes(state: State, position: str, more: dict[str, Any]) -> bytes:
    """A snapshot: the state behind this position, and what the servers keep beside it."""
    values = {"position": position, "state": state.to_json(), "more": more}
    return write_json({"v": FORMAT_VERSION, **values})


def from_bytes(data: bytes) -> tuple[State, str, dict[str, Any]]:
    """What `to_bytes` was given. Raises BadSnapshot, and nothing else."""
    try:
        values = read_json(data)
        if _get(values, "v", int) != FORMAT_VERSION:
            raise BadSnapshot("This is not a snapshot of this version.")
        return _state(values.get("state")), _get(values, "position", str), _more(values)
    except BadSnapshot:
        raise
    except ValueError as error:
        raise BadSnapshot(f"This is not the snapshot of a room: {error}") from error


def _state(values: Any) -> State:
    servers = _get(values, "servers", dict)
    return State.of(
        era=_get(values, "era", str),
        era_at=_get(values, "era_at", float),
        said=_get(values, "said", int),
        before=_get(values, "before", int),
        time=_get(values, "time", float),
        people=[_person(each) for each in _get(values, "people", list)],
        servers={_line(name): _server(each) for name, each in servers.items()},
        dead=[_line(each) for each in _get(values, "dead", list)],
    )


def _person(values: Any) -> Person:
    """Somebody. Fields that are not known here are those of a newer server."""
    if not isinstance(values, dict):
        raise BadSnapshot("Somebody is not an object.")
    known = {
        name: _get(values, name, kind)
        for name, kind in _PERSON.items()
        if name in values or name not in _MAY_BE_MISSING
    }
    return Person(**known)


def _server(values: Any) -> Server:
    server = Server(_get(values, "number", int), _get(values, "figures", dict))
    if not is_shallow(server.figures):
        raise BadSnapshot("The figures of a server are too deep.")
    return server


def _more(values: Any) -> dict[str, Any]:
    more = _get(values, "more", dict)
    if not is_shallow(more):
        raise BadSnapshot("What stands beside the state is too deep.")
    return more


def _get(values: Any, name: str, kind: type[Kind]) -> Kind:
    """A field, of this kind and not below zero. Raises BadSnapshot."""
    value = values.get(name) if isinstance(values, dict) else None
    if kind is float and type(value) is int:
        value = float(value)
    if type(value) is not kind or (isinstance(value, int | float) and value < 0):
        raise BadSnapshot(f"The field {name!r} is not what it must be.")
    return _line(value) if isinstance(value, str) else value


def _line(text: Any) -> str:
    """A text that is part of a line. Raises BadSnapshot."""
    if not isinstance(text, str) or clean(text) != text:
        raise BadSnapshot("A text has control characters, or is none.")
    return text
