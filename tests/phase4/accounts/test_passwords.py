"""Passwords: which are allowed, and what is kept of one."""

import pytest

from phase4.accounts import passwords
from phase4.accounts.passwords import BadPassword, CannotCheck, is_right, is_weak, keep, prepare

SCRYPT = "$scrypt$ln=4,r=8,p=1$c2FsdHNhbHRzYWx0c2FsdA$"


@pytest.fixture(params=[True, False], ids=["argon2", "scrypt"])
def scheme(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Each check with the library, and as where it is not installed."""
    monkeypatch.setattr(passwords, "HAS_ARGON2", request.param)
    return "$argon2id$" if request.param else "$scrypt$"


def test_the_right_password_is_right_and_no_other_is(scheme: str) -> None:
    stored = keep("correct horse")
    assert stored.startswith(scheme)
    assert is_right("correct horse", stored)
    assert not is_right("correct hors", stored)
    assert not is_weak(stored)


def test_equal_passwords_are_kept_in_different_forms(scheme: str) -> None:
    assert keep("correct horse") != keep("correct horse")


def test_what_is_kept_does_not_hold_the_password(scheme: str) -> None:
    assert "correct" not in keep("correct horse")


@pytest.mark.parametrize("password", ["seven77", "", "x" * 129, "tab\tin it", "bell\x07bell"])
def test_a_password_that_is_not_allowed_is_refused_and_not_repeated(password: str) -> None:
    with pytest.raises(BadPassword) as caught:
        prepare(password)
    assert len(password) < 3 or password not in str(caught.value)


@pytest.mark.parametrize(
    "password", ["eight888", "x" * 128, " blanks at its ends ", "пароль пароль"]
)
def test_a_password_of_8_to_128_characters_is_allowed(password: str) -> None:
    assert prepare(password) == password


def test_a_password_is_the_same_however_a_keyboard_composes_it() -> None:
    assert prepare("a\u0308pfel und birne") == prepare("\u00e4pfel und\u00a0birne")


def test_capitals_count() -> None:
    assert prepare("Passwort") != prepare("passwort")


def test_a_form_that_was_made_with_less_work_is_weak(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "ARGON2_PASSES", 1)
    of_one_pass = keep("correct horse")
    assert is_weak(of_one_pass)
    assert is_right("correct horse", of_one_pass)


def test_a_form_of_scrypt_is_weak_where_argon2_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(passwords, "HAS_ARGON2", False)
        stored = keep("correct horse")
    assert is_weak(stored)
    assert is_right("correct horse", stored)


def test_a_form_of_argon2_says_what_is_missing_where_its_library_is(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    stored = keep("correct horse")
    monkeypatch.setattr(passwords, "HAS_ARGON2", False)
    with pytest.raises(CannotCheck, match="argon2-cffi"):
        is_right("correct horse", stored)


@pytest.mark.parametrize(
    "stored",
    [
        "",
        "correct horse",
        "$argon2id$v=19$m=99999999,t=2,p=1$c2FsdHNhbHRzYWx0c2FsdA$aGFzaA",
        "$argon2id$v=19$m=19456,t=9999,p=1$c2FsdHNhbHRzYWx0c2FsdA$aGFzaA",
        "$argon2id$v=19$m=19456,t=2,p=1$c$a",
        "$scrypt$ln=99,r=8,p=1$c2FsdA$aGFzaA",
        "$scrypt$ln=14,r=8,p=1$c$a",
        SCRYPT,
    ],
)
def test_a_damaged_form_is_an_error_and_costs_no_gigabyte(stored: str) -> None:
    with pytest.raises(CannotCheck):
        is_right("correct horse", stored)


def test_a_form_of_scrypt_can_be_checked_whoever_made_it() -> None:
    """As passlib and others write it: the PHC string format."""
    import base64
    import hashlib

    made = hashlib.scrypt(b"correct horse", salt=b"saltsaltsaltsalt", n=16, r=8, p=1, dklen=32)
    stored = SCRYPT + base64.b64encode(made).decode().rstrip("=")
    assert is_right("correct horse", stored)
    assert is_weak(stored)
