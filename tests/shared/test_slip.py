"""A password is never said to all because a slash was forgotten: where the line is."""

import pytest

from shared.request import Refusal, Say, is_public, parse
from shared.slip import may_hold_password


def _here(name: str) -> bool:
    return name.lower() == "alice"


@pytest.mark.parametrize(
    "line",
    [
        "login Alice secret99",
        "Login Alice correct horse battery",
        "LOGIN alice x",
        "login: Alice, correct horse",
        "login secret99",
        "register correcthorse",
        "register Tr0ub4dor & 3",
        "password correcthorse",
        "unregister correct-horse",
        "passwd secret99",
        "identify secret99",
        "  login Alice secret99",
        "!login Alice secret99",
        ".login Alice secret99",
        "\u200blogin Alice secret99",
        "logn Alice secret99",
        "lgoin Bob secret99",
        "regsiter secret99",
        "login Bob secret99",
        "password is secret99",
        "login Bob correctHorse",
        "/ login Alice secret99",
        "//login Alice secret99",
        "\\login Alice secret99",
        "⁄login Alice secret99",
        "/Login",
        "/logn Alice secret99",
    ],
)
def test_what_may_hold_a_password_is_not_said(line: str) -> None:
    assert not is_public(line, _here)


@pytest.mark.parametrize(
    "line",
    [
        "login",
        "Login works again, thanks",
        "the login is Alice secret99",
        "register now, please",
        "password?",
        "passwords are hard",
        "Registered people can come in",
        "login page",
        "login at https://example.org/login",
        "Password rules: eight characters at least, and no blanks at the ends, please",
        "loin of pork with potatoes",
        "pass the salt",
        "Alice secret99",
        "import hashlib",
        "print(password123)",
        "login " + "word " * 60,
    ],
)
def test_what_is_a_sentence_is_said(line: str) -> None:
    assert parse(line, lambda name: False) == Say(line.rstrip())


def test_the_reason_says_how_to_say_it_and_does_not_repeat_it() -> None:
    refusal = parse("login Alice secret99")
    assert isinstance(refusal, Refusal)
    assert refusal.reason == (
        "This may hold a password. To say it, put a word before it. Nothing was sent."
    )
    assert is_public("my login Alice secret99")


def test_a_long_line_is_not_looked_at() -> None:
    assert not may_hold_password("login " + "x" * 4000, _here)
