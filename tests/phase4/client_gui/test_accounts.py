"""Passwords in the window: asked for where they are needed, shown nowhere, kept in the keyring."""

from __future__ import annotations

import sys
import types
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from phase4.client_gui.keyring_store import NO_KEYRING, SERVICE, KeyringStore
from shared import message
from shared.rights import LoggedIn
from tests.kit.harness import wait_until
from tests.kit.scripted import WELCOME, ScriptedServer, Speaker
from tests.phase4.client_gui.test_room import said

if TYPE_CHECKING:  # not all checks here need tkinter
    import tkinter as tk

    from phase4.client_gui.app import App
    from tests.kit.windows import Apps

SECRET = "correct horse"
REGISTERED = message.format(message.Registered("Ann"))
LOGGED_IN = message.format(LoggedIn("10:00:00", "Ann"))
WRONG = "! Wrong name or password."


class FakeKeyring(types.ModuleType):
    """The library, with a keyring in memory."""

    def __init__(self) -> None:
        super().__init__("keyring")
        self.held: dict[tuple[str, str], str] = {}
        self.priority = 1.0
        self.fails = False

    def get_keyring(self) -> FakeKeyring:
        """The backend, which is this as well."""
        return self

    def get_password(self, service: str, name: str) -> str | None:
        """What is held."""
        return self.held.get((service, name))

    def set_password(self, service: str, name: str, password: str) -> None:
        """Hold it."""
        if self.fails:
            raise RuntimeError("it is locked")
        self.held[service, name] = password

    def delete_password(self, service: str, name: str) -> None:
        """Hold it no more."""
        del self.held[service, name]


@pytest.fixture
def keyring(monkeypatch: pytest.MonkeyPatch) -> FakeKeyring:
    """A keyring of this check's own."""
    fake = FakeKeyring()
    fake.__spec__ = types.SimpleNamespace(name="keyring")  # type: ignore[assignment]
    monkeypatch.setitem(sys.modules, "keyring", fake)
    return fake


@pytest.fixture
def no_keyring(monkeypatch: pytest.MonkeyPatch) -> None:
    """A Python without the library."""
    monkeypatch.setattr("phase4.client_gui.keyring_store.is_installed", lambda: False)


@pytest.fixture
def app(root: tk.Tk, start_app: Apps, server: ScriptedServer, tmp_path: Path) -> Iterator[App]:
    """Ann's window, which connects."""
    app = start_app(server.port, name="Ann", memory=tmp_path / "settings.json")
    app.appear()
    app.connect_at_once()
    yield app
    for path in tmp_path.iterdir():
        assert SECRET not in path.read_text()


def ask(server: Speaker) -> None:
    """Say that Ann is registered."""
    assert server.prompt() == "Ann"
    server.send(REGISTERED)
    server.send(message.NICKNAME_PROMPT)


def let_in(server: Speaker) -> None:
    """She has logged in."""
    for line in (LOGGED_IN, WELCOME):
        server.send(line)
    assert said(server) == "/who"
    server.send("[10:00:00] * 1 online: Ann")


def fill_in(field: tk.Entry, text: str, keys: str = "<Return>") -> None:
    """Type into a field of a form."""
    from tests.kit.windows import press

    field.delete(0, "end")
    field.insert(0, text)
    press(field, keys)


@pytest.mark.window
@pytest.mark.usefixtures("no_keyring")
def test_the_form_asks_for_a_password_only_where_the_server_does(
    root: tk.Tk, app: App, server: ScriptedServer
) -> None:
    from tests.kit.windows import press, see, tabs_of

    row = app.connect_page.password
    with server.accept() as speaker:
        ask(speaker)
        see(root, row.field.winfo_viewable, "the field")
        assert app.connect_page.message.shown == "Ann is registered."
        assert row.field.cget("show") == "•"
        assert not row.keep.winfo_manager()
        press(row.field, "<Return>")  # nothing is filled in: nothing is sent
        fill_in(row.field, "wrong horse")
        assert speaker.read_line() == "/login Ann wrong horse"
        speaker.send(WRONG)
        speaker.send(message.NICKNAME_PROMPT)
        see(root, lambda: WRONG[2:] in app.connect_page.message.shown, "the refusal")
        assert not row.field.get()
        fill_in(row.field, SECRET)
        assert speaker.read_line() == f"/login Ann {SECRET}"
        let_in(speaker)
        see(root, lambda: "Ann on" in root.title(), "the conversation")
        assert SECRET not in tabs_of(app).main.conversation.shown()
        assert not row.field.get()


@pytest.mark.window
@pytest.mark.usefixtures("no_keyring")
def test_a_login_in_the_place_of_the_name_is_remembered_as_the_name_alone(
    root: tk.Tk, start_app: Apps, server: ScriptedServer, tmp_path: Path
) -> None:
    from tests.kit.windows import see

    app = start_app(server.port, name="", memory=tmp_path / "settings.json")
    app.appear()
    fill_in(app.connect_page.name, f"/login Ann {SECRET}")
    with server.accept() as speaker:
        ask(speaker)
        assert speaker.read_line() == f"/login Ann {SECRET}"
        let_in(speaker)
        see(root, lambda: "Ann on" in root.title(), "the conversation")
    app.memory.close()
    assert SECRET not in (tmp_path / "settings.json").read_text()


@pytest.mark.window
@pytest.mark.usefixtures("no_keyring")
def test_a_name_that_is_registered_in_another_spelling_is_logged_in_to(
    root: tk.Tk, start_app: Apps, server: ScriptedServer
) -> None:
    from tests.kit.windows import see

    app = start_app(server.port, name="ann")
    app.appear()
    app.connect_at_once()
    with server.accept() as speaker:
        assert speaker.prompt() == "ann"
        speaker.send(REGISTERED)
        speaker.send(message.NICKNAME_PROMPT)
        see(root, app.connect_page.password.field.winfo_viewable, "the field")
        fill_in(app.connect_page.password.field, SECRET)
        assert speaker.read_line() == f"/login Ann {SECRET}"


@pytest.mark.window
@pytest.mark.usefixtures("no_keyring")
def test_another_name_needs_no_password(root: tk.Tk, app: App, server: ScriptedServer) -> None:
    from tests.kit.windows import see

    page = app.connect_page
    with server.accept() as speaker:
        ask(speaker)
        see(root, page.password.field.winfo_viewable, "the field")
        page.password.field.insert(0, SECRET)
        fill_in(page.name, "Bob")
        assert speaker.read_line() == "Bob"
        speaker.send("! Bob is not allowed.")
        speaker.send(message.NICKNAME_PROMPT)
        see(root, lambda: "not allowed" in page.message.shown, "the refusal")
        assert not page.password.field.winfo_manager()


@pytest.mark.window
@pytest.mark.parametrize("is_kept", [True, False])
def test_the_keyring_holds_a_password_where_that_is_wished(
    root: tk.Tk, keyring: FakeKeyring, app: App, server: ScriptedServer, *, is_kept: bool
) -> None:
    from tests.kit.windows import see

    row = app.connect_page.password
    place = (SERVICE.format(place=f"127.0.0.1:{server.port}"), "Ann")
    with server.accept() as speaker:
        ask(speaker)
        see(root, row.keep.winfo_viewable, "the choice")
        if is_kept:
            row.keep.invoke()
        fill_in(row.field, SECRET)
        assert speaker.read_line() == f"/login Ann {SECRET}"
        assert not keyring.held  # it may be wrong
        let_in(speaker)
        see(root, lambda: "Ann on" in root.title(), "the conversation")
        if not is_kept:
            assert not keyring.held
            return
        see(root, lambda: keyring.held == {place: SECRET}, "the keyring")
    app.hang_up()
    app.connect_at_once()
    with server.accept() as speaker:
        ask(speaker)
        see(root, speaker.has_input, "the password from there")
        assert speaker.read_line() == f"/login Ann {SECRET}"
        let_in(speaker)
        see(root, lambda: app.chat_page.room.account == "Ann", "the login")
        app.standing.accounts.show()
        labels = [app.standing.accounts.menu.entrycget(at, "label") for at in range(3)]
        assert labels == ["Change the password …", "Log out", "Give the name up …"]
        app.standing.accounts.menu.invoke(0)
        panel = app.standing.accounts.panel
        assert panel.chosen  # else a stale one would stay in the keyring
        fill_in(panel.fields[0], "battery staple")
        fill_in(panel.fields[1], "battery staple")
        assert said(speaker) == "/password battery staple"
        speaker.send(LOGGED_IN)
        see(root, lambda: keyring.held == {place: "battery staple"}, "the new one")
        app.standing.accounts.menu.invoke(1)
        assert said(speaker) == "/logout"
        see(root, lambda: not keyring.held, "an empty keyring")


@pytest.mark.window
@pytest.mark.usefixtures("no_keyring")
def test_in_the_conversation_a_panel_asks_for_what_a_command_lacks(
    root: tk.Tk, app: App, server: ScriptedServer
) -> None:
    from tests.kit.windows import press, see, tabs_of, type_line

    panel = app.standing.accounts.panel
    with server.accept() as speaker:
        speaker.let_in()
        see(root, lambda: "Ann on" in root.title(), "the conversation")
        type_line(app, "/register")
        see(root, panel.winfo_viewable, "the panel")
        first, second = panel.fields
        assert {field.cget("show") for field in panel.fields} == {"•"}
        fill_in(first, SECRET)
        fill_in(second, "corect horse")
        assert panel.said.cget("text") == "These two are not the same."
        for keys in ("<Control-a>", "<Control-c>", "<Control-x>"):
            press(first, keys)
        assert first.get() == SECRET  # and nothing of it went anywhere
        fill_in(second, SECRET)
        assert said(speaker) == f"/register {SECRET}"
        assert not panel.is_open
        speaker.send(LOGGED_IN)
        see(root, lambda: app.chat_page.room.account == "Ann", "the login")
        type_line(app, "/password")
        press(panel.fields[0], "<Escape>")
        assert not panel.is_open
        assert app.chat_page.entry.get() == ""
        speaker.send(REGISTERED.replace("Ann", "Bob"))  # the answer to /nick Bob
        see(root, lambda: app.chat_page.question.first, "the way to log in")
        assert app.chat_page.question.first is not None
        app.chat_page.question.first.invoke()
        assert panel.fields[0].get() == "Bob"
        fill_in(panel.fields[1], SECRET)
        assert said(speaker) == f"/login Bob {SECRET}"
        type_line(app, "/unregister")
        fill_in(panel.fields[0], SECRET)
        assert said(speaker) == f"/unregister {SECRET}"
        assert SECRET not in tabs_of(app).main.conversation.shown()


def test_a_keyring_that_is_none_is_said_and_not_offered(keyring: FakeKeyring) -> None:
    keyring.priority = 0
    store = KeyringStore()
    assert store.is_available
    told: list[str] = []
    store.gone = lambda: told.append("gone")
    store.find("here:1", "Ann", told.append)
    store.keep("here:1", "Ann", SECRET, told.append)

    def has_told() -> bool:
        store.tend()
        return len(told) == 3

    wait_until(has_told, "the answers")
    store.close()
    assert told == ["gone", "", NO_KEYRING]
    assert not store.is_available


def test_a_keyring_that_fails_says_why(keyring: FakeKeyring) -> None:
    keyring.fails = True
    store = KeyringStore()
    told: list[str] = []
    store.keep("here:1", "Ann", SECRET, told.append)

    def has_told() -> bool:
        store.tend()
        return bool(told)

    wait_until(has_told, "the answer")
    store.close()
    assert told == ["The keyring did not do it: it is locked"]


# --- an operator's hand ---------------------------------------------------------------------------


def labels_of(menu: tk.Menu) -> list[str]:
    """What stands in a menu."""
    last = menu.index("end")
    return [
        str(menu.entrycget(at, "label"))
        for at in range(last + 1 if last is not None else 0)
        if menu.type(at) == "command"
    ]


@pytest.mark.window
@pytest.mark.usefixtures("no_keyring")
def test_what_an_operator_may_do_is_offered_to_operators_alone(
    root: tk.Tk, app: App, server: ScriptedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    from phase4.widgets.popup import Popup
    from tests.kit.windows import see

    monkeypatch.setattr(Popup, "post", lambda *_: None)
    monkeypatch.setattr(Popup, "post_by_key", lambda *_: None)
    operating, people = app.standing.operating, app.person_menu
    with server.accept() as speaker:
        speaker.let_in()
        speaker.send("[10:00:00] * Bob joined")
        see(root, lambda: "Bob" in app.chat_page.people.names(), "Bob")
        people.ask_about("Bob", 0, 0, False)
        assert "Ban Bob …" not in labels_of(people.menu)
        operating.show()
        assert labels_of(operating.menu) == ["Show the topic"]
        speaker.send(message.format(LoggedIn("10:00:00", "Ann", is_operator=True)))
        see(root, lambda: app.chat_page.room.is_operator, "the right")
        people.ask_about("Ann", 0, 0, False)
        assert labels_of(people.menu)[-1] == "Give the name up …"
        people.ask_about("Bob", 0, 0, False)
        labels = labels_of(people.menu)
        assert labels[3:] == [
            "Disconnect Bob …",
            *(f"Mute Bob for {minutes} minutes" for minutes in (5, 15, 60)),
            "Mute Bob until it is lifted",
            "Let Bob speak again",
            "Ban Bob …",
        ]
        assert people._choices_for("Bob")[-1][0] == "Ban Bob …"  # on a line of his as well
        for label, line in (
            ("Mute Bob for 15 minutes", "/mute Bob 15"),
            ("Mute Bob until it is lifted", "/mute Bob"),
            ("Let Bob speak again", "/unmute Bob"),
        ):
            people.menu.invoke(label)
            assert said(speaker) == line
        for label, typed, line in (
            ("Disconnect Bob …", "that is enough", "/kick Bob that is enough"),
            ("Disconnect Bob …", "", "/kick Bob"),
            ("Ban Bob …", "60", "/ban Bob 60"),
        ):
            people.menu.invoke(label)
            fill_in(operating.panel.fields[0], typed)
            assert said(speaker) == line
        people.menu.invoke("Ban Bob …")
        fill_in(operating.panel.fields[0], "an hour")
        assert operating.panel.said.cget("text") == "The minutes are a number."
        for typed, line in (("sockets", "/topic sockets"), ("", "/topic -")):
            operating.show()
            operating.menu.invoke("Set the topic …")
            fill_in(operating.panel.fields[0], typed)
            assert said(speaker) == line
        operating.menu.invoke("Close the room to writing")
        assert said(speaker) == "/close"
        speaker.send("[10:00:00] * Ann closed the room to writing.")
        closed = app.chat_page.closed
        see(root, lambda: closed.first, "the button that opens it")
        assert closed.first is not None
        closed.first.invoke()
        assert said(speaker) == "/open"
