"""What is kept of the accounts in a hub, as text and back. No I/O.

Whoever can write to the engine can be anybody. But nothing that stands there may break a server, or
look in somebody's terminal like a line of somebody else. So it is looked through: what has another
form than ours is damaged.
"""

import json
import re
from dataclasses import asdict, dataclass
from typing import Any

from phase4.accounts.account import Account, Letter
from phase4.accounts.contract import MAX_LETTERS
from shared.defaults import MAX_LINE_BYTES, MAX_NAME_CHARACTERS

VERSION = 1

_MOST_STORED = 1000
"""Characters of a password's stored form: ten times those that we make."""

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_DAY = re.compile(r"(\d{4}-\d\d-\d\d)?", re.ASCII)
_TIME = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", re.ASCII)


class Damaged(Exception):
    """It is not what we write."""


class Newer(Exception):
    """A newer program has made it, in the form of this version."""

    def __init__(self, version: int) -> None:
        super().__init__(version)
        self.version = version


@dataclass(frozen=True, slots=True)
class Ledger:
    """The last id that was given, how many accounts there are, and the version of all forms."""

    last: int = 0
    count: int = 0
    version: int = VERSION


@dataclass(frozen=True, slots=True)
class Waiting:
    """The number of the last letter that was ever kept, and number and sender of each that waits.

    The oldest comes first.
    """

    last: int = 0
    letters: tuple[tuple[int, str], ...] = ()


def to_bytes(value: Ledger | Waiting | Account | Letter) -> bytes:
    """As it is kept. What stands in its key, or beside it, is left out."""
    values = asdict(value)
    if isinstance(value, Account):
        del values["id"], values["seen"]
    if isinstance(value, Letter):
        del values["number"], values["recipient"]
    return json.dumps(values).encode()


def ledger_of(data: bytes | None) -> Ledger:
    """Raises Damaged and Newer."""
    if data is None:
        return Ledger()
    values = _values(data)
    version = _number(values.get("version"))
    if version > VERSION:
        raise Newer(version)
    return Ledger(_number(values.get("last")), _number(values.get("count")), version)


def account_of(key: str, data: bytes, seen: bytes = b"") -> Account:
    """The account of an id. Raises Damaged."""
    values = _values(data)
    name = _text(values.get("name"), 4 * MAX_NAME_CHARACTERS)
    stored = _text(values.get("stored"), _MOST_STORED)
    if not key.isdecimal() or not name:
        raise Damaged
    days = (_matching(_DAY, each) for each in (values.get("since"), _decoded(seen)))
    return Account(int(key), name, stored, *days)


def waiting_of(data: bytes | None) -> Waiting:
    """Raises Damaged."""
    if data is None:
        return Waiting()
    values = _values(data)
    letters = values.get("letters")
    if not isinstance(letters, list) or len(letters) > MAX_LETTERS:
        raise Damaged
    return Waiting(_number(values.get("last")), tuple(map(_numbered, letters)))


def letter_of(number: int, recipient: str, data: bytes) -> Letter:
    """Raises Damaged."""
    values = _values(data)
    return Letter(
        number,
        _matching(_TIME, values.get("at")),
        _text(values.get("sender"), 4 * MAX_NAME_CHARACTERS),
        recipient,
        _text(values.get("text"), MAX_LINE_BYTES),
    )


def _values(data: bytes) -> dict[str, Any]:
    try:
        values = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise Damaged from error
    if not isinstance(values, dict):
        raise Damaged
    return values


def _number(value: object) -> int:
    if type(value) is not int or not 0 <= value < 2**53:
        raise Damaged
    return value


def _text(value: object, most_characters: int) -> str:
    if not isinstance(value, str) or len(value) > most_characters or _CONTROL.search(value):
        raise Damaged
    return value


def _matching(form: re.Pattern[str], value: object) -> str:
    if not isinstance(value, str) or not form.fullmatch(value):
        raise Damaged
    return value


def _numbered(value: object) -> tuple[int, str]:
    if not isinstance(value, list) or len(value) != 2:
        raise Damaged
    return _number(value[0]), _text(value[1], 4 * MAX_NAME_CHARACTERS)


def _decoded(data: bytes) -> str:
    return data.decode("ascii", "replace")
