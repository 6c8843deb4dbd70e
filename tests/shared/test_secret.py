"""Which lines hold a password, and that none of it is shown."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.request import COMMANDS
from shared.secret import HIDDEN, has_secret, without_secret

PASSWORD = "correct horse 9"
HOW_TO_SPELL = (
    "/login {}", "/login Alice {}", "/LOGIN Alice {}", "  /login Alice {}", "\ufeff/login {}",
    "/log\u200bin Alice {}", "//login Alice {}", "/ login Alice {}", "\uff0flogin Alice {}",
    "\\login Alice {}", "/logn Alice {}", "/lgoin Alice {}", "/login\tAlice {}", "/logim {}",
    "/register {}", "/regsiter {}", "/regist {}", "/password {}", "/passwd {}", "/passwrod {}",
    "/unregister {}", "/unregster {}", "/login Alice  {}", "* /login Alice {}", "/login:Alice {}",
    "/identify {}", "/signin Alice {}",
)  # fmt: skip


@pytest.mark.parametrize("form", HOW_TO_SPELL)
def test_nothing_of_a_password_is_shown(form: str) -> None:
    shown = without_secret(form.format(PASSWORD))
    assert has_secret(form.format(PASSWORD))
    assert shown.endswith(HIDDEN)
    assert not any(part in shown for part in PASSWORD.split())


@pytest.mark.parametrize(
    "line",
    ["login Alice secret99", "Login: secret99", "!register secret99", "password is secret99"],
)
def test_of_a_command_that_has_lost_its_slash_no_password_is_shown(line: str) -> None:
    assert has_secret(line)
    assert without_secret(line).endswith(HIDDEN)
    assert "secret99" not in without_secret(line)


@pytest.mark.parametrize(
    "line",
    [
        *(f"{name} Alice something" for name in COMMANDS if "PASSWORD" not in COMMANDS[name]
          and name != "/password"),
        "hello", "", "/", "//", "/login", "/register ", "login is broken", "the /login page",
        "/log x",
        "/long story", "//etc/hosts login x", "/me registers Bob", "/pass the salt",
    ],
)  # fmt: skip
def test_any_other_line_is_shown_as_it_is(line: str) -> None:
    assert without_secret(line) == line
    assert not has_secret(line)


@given(st.text())
def test_what_is_shown_holds_no_secret(line: str) -> None:
    assert without_secret(without_secret(line)) == without_secret(line)
