r"""Passwords: which are allowed, in what form one is kept, and how one is checked against it.

New here: what is kept is not the password. A *hash* is computed from it that leads to no way back,
slowly on purpose, and with a random *salt*, so that equal passwords have different hashes. Whoever
steals the file has to try out passwords one by one, each at the same cost as we had.

    $argon2id$v=19$m=19456,t=2,p=1$SALT$HASH      argon2id (RFC 9106)
    $scrypt$ln=14,r=8,p=1$SALT$HASH               scrypt (RFC 7914)

The stored form says how it was made, so that a better way can replace it later: at a login the
password is here for a moment, and is hashed anew. Salt and hash are in base64, as in the PHC string
format. No state, no I/O; any thread may call, and waits for the processor.

What hashes is loaded with the first password: with OpenSSL and argon2 it takes a while.
"""

import base64
import binascii
import re
import unicodedata
from dataclasses import dataclass
from importlib.util import find_spec

from shared.defaults import MAX_PASSWORD_CHARACTERS, MIN_PASSWORD_CHARACTERS
from shared.libraries import how_to_get

HAS_ARGON2 = find_spec("argon2") is not None
"""Whether its library is installed."""

ARGON2_PASSES = 2
ARGON2_KIB = 19 * 1024
ARGON2_LANES = 1
"""What OWASP asks for (Password Storage Cheat Sheet): 19 MiB, which a graphics card has for a few
thousand guesses at a time only, not for a million."""

SCRYPT_LOG_N = 14
SCRYPT_R = 8
SCRYPT_P = 1
"""What the author of scrypt chose for a login that somebody waits for: 16 MiB (RFC 7914, 2)."""

SALT_BYTES = 16
HASH_BYTES = 32

_MOST_KIB = 1024 * 1024
_MOST_PASSES = 20
"""A stored form that asks for more was not made by us, and could stop the server."""

_ARGON2 = re.compile(
    r"\$argon2id\$v=19\$m=([0-9]{1,9}),t=([0-9]{1,4}),p=([0-9]{1,3})\$[\w+/]+\$[\w+/]+", re.ASCII
)
_SCRYPT = re.compile(
    r"\$scrypt\$ln=([0-9]{1,2}),r=([0-9]{1,2}),p=([0-9]{1,2})\$([\w+/]+)\$([\w+/]+)", re.ASCII
)


class BadPassword(ValueError):
    """It is not allowed; the text is a sentence for whoever chose it, and does not repeat it."""


class CannotCheck(Exception):
    """Nothing can be hashed; or a stored form is damaged, or this Python cannot make such a one."""


@dataclass(frozen=True, slots=True)
class _Cost:
    """How a stored form was made. A scheme of a higher rank is the better one."""

    rank: int
    numbers: tuple[int, ...]


_RANK_SCRYPT, _RANK_ARGON2 = 1, 2


def prepare(password: str) -> str:
    """The password as it is hashed: one form for all keyboards. Raises BadPassword.

    The profile OpaqueString of PRECIS (RFC 8265, 4.2): every blank is a space, composed characters
    (NFC), capitals stay. Length is counted in characters.

    >>> prepare("correct horse") == prepare("correct\u00a0horse")
    True
    """
    if len(password) > 4 * MAX_PASSWORD_CHARACTERS:  # to compose a long text may take milliseconds
        raise BadPassword(_RULE)
    kinds = [unicodedata.category(each) for each in password]
    if any(kind in ("Cc", "Cs", "Cn", "Zl", "Zp") for kind in kinds):
        raise BadPassword("A password holds no control characters.")
    blanks = (" " if kind == "Zs" else each for each, kind in zip(password, kinds, strict=True))
    prepared = unicodedata.normalize("NFC", "".join(blanks))
    if not MIN_PASSWORD_CHARACTERS <= len(prepared) <= MAX_PASSWORD_CHARACTERS:
        raise BadPassword(_RULE)
    return prepared


_RULE = f"A password has {MIN_PASSWORD_CHARACTERS} to {MAX_PASSWORD_CHARACTERS} characters."


def keep(prepared: str) -> str:
    """The stored form of a password that `prepare` gave, made in the best way there is here.

    Raises CannotCheck.
    """
    return _keep_argon2(prepared) if HAS_ARGON2 else _keep_scrypt(prepared)


def is_right(prepared: str, stored: str) -> bool:
    """Whether this password is the stored one. Raises CannotCheck.

    It takes the same time whether it is or not: what differs is compared to the end.
    """
    cost = _cost_of(stored)
    if cost.rank == _RANK_SCRYPT:
        return _is_right_scrypt(prepared, stored)
    if not HAS_ARGON2:
        raise CannotCheck(WHY_NO_ARGON2)
    return _is_right_argon2(prepared, stored)


def is_weak(stored: str) -> bool:
    """Whether a better form can be made here than this one. Raises CannotCheck."""
    cost = _cost_of(stored)
    if cost.rank == _RANK_ARGON2:
        return any(has < best for has, best in zip(cost.numbers, _BEST_ARGON2, strict=True))
    return HAS_ARGON2 or any(
        has < best for has, best in zip(cost.numbers, _BEST_SCRYPT, strict=True)
    )


_BEST_ARGON2 = (ARGON2_KIB, ARGON2_PASSES, ARGON2_LANES)
_BEST_SCRYPT = (SCRYPT_LOG_N, SCRYPT_R, SCRYPT_P)
_DAMAGED = "The stored form of a password is damaged."
WHY_NO_ARGON2 = (
    "The stored forms of passwords were made with argon2id, and its library is not installed: "
    f"{how_to_get('argon2-cffi')}"
)


def _cost_of(stored: str) -> _Cost:
    if found := _ARGON2.fullmatch(stored):
        kib, passes, lanes = (int(each) for each in found.groups())
        if 8 <= kib <= _MOST_KIB and 1 <= passes <= _MOST_PASSES and 1 <= lanes <= 16:
            return _Cost(_RANK_ARGON2, (kib, passes, lanes))
    elif found := _SCRYPT.fullmatch(stored):
        log_n, r, p = (int(each) for each in found.groups()[:3])
        if 1 <= log_n <= 20 and 1 <= r <= 32 and 1 <= p <= _MOST_PASSES:
            return _Cost(_RANK_SCRYPT, (log_n, r, p))
    raise CannotCheck(_DAMAGED)


# --- the two schemes ------------------------------------------------------------------------------


def _keep_argon2(prepared: str) -> str:
    import secrets

    from argon2 import Type, exceptions, low_level

    try:
        made = low_level.hash_secret(
            prepared.encode(),
            secrets.token_bytes(SALT_BYTES),
            time_cost=ARGON2_PASSES,
            memory_cost=ARGON2_KIB,
            parallelism=ARGON2_LANES,
            hash_len=HASH_BYTES,
            type=Type.ID,
        )
    except exceptions.HashingError as error:
        raise CannotCheck("There is no memory to hash a password.") from error
    return made.decode()


def _is_right_argon2(prepared: str, stored: str) -> bool:
    from argon2 import Type, exceptions, low_level

    try:
        return low_level.verify_secret(stored.encode(), prepared.encode(), Type.ID)
    except exceptions.VerifyMismatchError:
        return False
    except (exceptions.Argon2Error, exceptions.InvalidHash) as error:
        raise CannotCheck(_DAMAGED) from error


def _keep_scrypt(prepared: str) -> str:
    import secrets

    salt = secrets.token_bytes(SALT_BYTES)
    made = _scrypt(prepared, salt, SCRYPT_LOG_N, SCRYPT_R, SCRYPT_P)
    numbers = f"ln={SCRYPT_LOG_N},r={SCRYPT_R},p={SCRYPT_P}"
    return f"$scrypt${numbers}${_base64(salt)}${_base64(made)}"


def _is_right_scrypt(prepared: str, stored: str) -> bool:
    import hmac

    found = _SCRYPT.fullmatch(stored)
    assert found  # _cost_of has looked
    try:
        salt, kept = (
            base64.b64decode(each + "=" * (-len(each) % 4)) for each in found.groups()[3:]
        )
        made = _scrypt(prepared, salt, *(int(each) for each in found.groups()[:3]))
    except (binascii.Error, ValueError) as error:
        raise CannotCheck(_DAMAGED) from error
    return hmac.compare_digest(made, kept)


def _scrypt(prepared: str, salt: bytes, log_n: int, r: int, p: int) -> bytes:
    import hashlib

    n = 2**log_n
    memory = (
        128 * r * (n + p + 2)
    )  # what it needs (RFC 7914, 5 and 6); OpenSSL allows 32 MiB unasked
    return hashlib.scrypt(
        prepared.encode(), salt=salt, n=n, r=r, p=p, maxmem=2 * memory, dklen=HASH_BYTES
    )


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode().rstrip("=")
