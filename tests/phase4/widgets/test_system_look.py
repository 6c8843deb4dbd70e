"""Light or dark as the system is: what its programs answer, and that nobody waits for them."""

import doctest
import sys
import tkinter as tk
from collections.abc import Iterator

import pytest

from phase4.widgets import following, system_look
from phase4.widgets.following import Following
from phase4.widgets.system_look import Question, SystemLook, of_gnome, of_gtk_theme, of_portal
from phase4.widgets.theme import Theme
from tests.kit.desktop import Desktop
from tests.kit.harness import wait_until
from tests.kit.windows import new_window, press, see


def prints(text: str) -> tuple[str, ...]:
    """A program that says this."""
    return (sys.executable, "-c", f"print({text!r})")


SILENT = (sys.executable, "-c", "import time; time.sleep(1000)")
MISSING = ("there-is-no-such-program",)


@pytest.fixture
def root(desktop: Desktop) -> Iterator[tk.Tk]:
    with new_window(desktop) as window:
        yield window


def asked(*questions: Question) -> SystemLook:
    """After the last answer."""
    system = SystemLook(questions)
    system.ask()
    wait_until(lambda: not system.is_asking(), "an answer")
    return system


@pytest.mark.parametrize(
    ("said", "look"),
    [("(<<uint32 1>>,)", "dark"), ("(<<uint32 2>>,)", "light"), ("(<<uint32 0>>,)", None)],
)
def test_the_portal_is_understood(said: str, look: str | None) -> None:
    assert of_portal(said) == look


def test_one_that_does_not_say_passes_the_question_on() -> None:
    system = asked(
        (MISSING, of_portal),
        (prints("Error: no such service"), of_portal),
        (prints("'default'"), of_gnome),
        (prints("'Adwaita-dark'"), of_gtk_theme),
    )
    assert system.look == "dark"


def test_the_first_that_says_counts() -> None:
    system = asked((prints("'prefer-light'"), of_gnome), (prints("'Adwaita-dark'"), of_gtk_theme))
    assert system.look == "light"


def test_where_nobody_says_there_is_no_look() -> None:
    assert asked((prints("'Adwaita'"), of_gtk_theme)).look is None
    assert asked().look is None


def test_one_that_never_answers_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(system_look, "ANSWER_SECONDS", 0.2)
    system = asked((SILENT, of_portal), (prints("'prefer-dark'"), of_gnome))
    assert system.look == "dark"


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="they have no such bus")
def test_without_a_session_bus_nobody_is_asked_as_that_would_start_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", "")
    monkeypatch.delenv("XDG_RUNTIME_DIR", raising=False)
    assert vars(SystemLook())["_questions"] == ()
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path=/run/somewhere")
    assert vars(SystemLook())["_questions"]


def test_the_examples_are_true() -> None:
    assert doctest.testmod(system_look).failed == 0


# --- real windows ---------------------------------------------------------------------------------


def theme_with(root: tk.Tk, *questions: Question, choice: str = "system") -> Theme:
    theme = Theme(root, "light")
    vars(theme)["_following"] = Following(root, theme._show, SystemLook(questions))
    if choice == "system":
        theme.follow_system()
    return theme


@pytest.mark.window
def test_a_window_becomes_as_the_system_is_and_stays_as_the_person_says(root: tk.Tk) -> None:
    theme = theme_with(root, (prints("'prefer-dark'"), of_gnome))
    see(root, lambda: theme.name == "dark", "the system's look")
    assert theme.choice == "system"
    theme.toggle()
    assert (theme.name, theme.choice) == ("light", "light")
    theme.follow_system()
    see(root, lambda: theme.name == "dark", "the system's look again")


@pytest.mark.window
def test_a_window_that_is_come_back_to_follows_what_has_changed(
    root: tk.Tk, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = ["'prefer-light'"]
    theme = theme_with(root, (prints(""), lambda _: of_gnome(said[0])))
    changes: list[str] = []
    theme.on_change(lambda: changes.append(theme.name))
    said[0] = "'prefer-dark'"
    monkeypatch.setattr(following, "AGAIN_SECONDS", 0.0)
    field = tk.Entry(root)
    field.pack()
    press(field, "<F1>")  # which gives the keyboard to the window
    see(root, lambda: theme.name == "dark", "the other look")


@pytest.mark.window
def test_a_system_that_does_not_answer_stops_neither_the_window_nor_its_end(
    desktop: Desktop,
) -> None:
    with new_window(desktop) as root:
        theme = theme_with(root, (SILENT, of_portal))
        child = vars(vars(vars(theme)["_following"])["_system"])["_child"]
        root.update()
        assert theme.name == "light"
    assert child.poll() is not None


@pytest.mark.window
def test_until_the_answer_comes_the_window_looks_as_last_time(
    root: tk.Tk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(system_look, "_questions", lambda: [(SILENT, of_portal)])
    assert Theme(root, "system", "dark").name == "dark"
