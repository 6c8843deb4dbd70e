"""The server's window asks before it takes the chat away from people."""

import tkinter as tk
from collections.abc import Callable
from pathlib import Path

import pytest

from phase4.server_gui.app import App, State
from phase4.server_gui.form import Wanted
from phase4.server_gui.questions import NOBODY_HERE, NOT_HERE
from tests.kit.chat import Person
from tests.kit.desktop import Desktop
from tests.kit.windows import press, see
from tests.phase4.server_gui.test_server_gui import LAST_WORDS, YES, ServerWindow, join, port_of

pytestmark = pytest.mark.window


@pytest.fixture
def app(root: tk.Tk, tmp_path: Path, put_up: Callable[[App], App]) -> App:
    """A window with its server running."""
    fields = {"host": "127.0.0.1", "port": "0", "status_port": "0"}
    wanted = Wanted(fields, ("--log-dir", str(tmp_path)))
    app = put_up(App(root, wanted, "light", lambda: False))
    app.appear()
    app.start()
    return app


def asked(app: App) -> str:
    """The question that is shown; nothing, where none is."""
    return app.page.questions.bar.text


def answer(app: App, label: str) -> None:
    """Press the button of this answer."""
    (button,) = (
        each
        for each in app.page.questions.bar.winfo_children()
        if isinstance(each, tk.Widget) and "text" in each.keys() and each.cget("text") == label  # noqa: SIM118
    )
    button.focus_force()
    press(button, "<Return>")


def see_people(app: App, *names: str) -> None:
    see(app.root, lambda: app.page.people.names() == names, f"{names} in the table")


def select(app: App, name: str) -> None:
    tree = app.page.people.tree
    tree.selection_set(tree.get_children()[app.page.people.names().index(name)])
    app.root.update()


def test_by_keyboard_nobody_is_thrown_out_by_the_key_that_asks_and_return(
    desktop: Desktop, tmp_path: Path
) -> None:
    with (
        ServerWindow(desktop, tmp_path / "logs", "--start") as server,
        join(server.port(window := server.window()), "Alice") as alice,
    ):
        window.expect_title("1 online")
        for key in ("ctrl+q", "alt+F4", "shift+F5", "alt+o", "alt+d", "Delete"):
            window.key(key, "Return")  # the keyboard is back where it was: among the people
            window.key(key, "Escape")
        alice.send("/pm Alice still here")
        alice.hear("Alice -> Alice: still here")
        window.key("Delete", *YES)
        assert alice.read_bytes_until_end() == LAST_WORDS
        window.expect_title("0 online")
        window.key("ctrl+q")  # nobody is online: nothing is asked
        assert server.wait() == 0


def test_a_question_about_all_follows_how_many_are_online(app: App) -> None:
    port = port_of(app)
    with join(port, "Alice"):
        see_people(app, "Alice")
        app.close()
        assert asked(app) == "1 person is online. Stop and close?"
        with join(port, "Bob"):
            see(app.root, lambda: asked(app).startswith("2 people are online"), "two")
        see(app.root, lambda: asked(app).startswith("1 person is online"), "one")
        app.stop()
        assert asked(app) == "1 person is online. Stop the server?"
        answer(app, "Cancel")
        assert (asked(app), app.state) == ("", State.RUNNING)
        app.stop()
        answer(app, "Stop the server")
        see(app.root, lambda: app.state is State.STOPPED, "the end")
        assert not asked(app)


def test_a_question_about_somebody_follows_them_and_not_the_name(app: App) -> None:
    with join(port_of(app), "Bob") as bob, join(port_of(app), "Alice") as alice:
        see_people(app, "Alice", "Bob")
        select(app, "Bob")
        app.moderating.disconnect()
        assert asked(app).startswith("Disconnect Bob (127.0.0.1:")
        bob.hear("* Alice joined")
        rename(bob, "Rob")
        alice.hear("* Bob is now Rob")
        rename(alice, "Bob")
        see(app.root, lambda: asked(app).startswith("Disconnect Rob"), "the new name")
        answer(app, "Disconnect")
        bob.hear("* Alice is now Bob")
        assert bob.read_bytes_until_end() == LAST_WORDS
        see_people(app, "Bob")


def rename(person: Person, name: str) -> None:
    before, person.name = person.name, name
    person.send(f"/nick {name}")
    person.hear(f"* {before} is now {name}")


def test_a_question_about_somebody_who_leaves_is_asked_no_more(app: App) -> None:
    with join(port_of(app), "Bob"):
        see_people(app, "Bob")
        select(app, "Bob")
        app.moderating.disconnect()
        assert asked(app)
    see(app.root, lambda: not asked(app), "no question")
    assert app.page.said.cget("text") == NOT_HERE.format(name="Bob")


def test_nothing_is_asked_about_somebody_who_has_left_while_the_row_is_still_there(
    app: App,
) -> None:
    app.page.questions.about("a row of somebody who has left", "Mute", [])
    app.root.update()
    assert app.page.said.cget("text") == NOBODY_HERE
    assert not app.page.questions.bar.winfo_ismapped()
