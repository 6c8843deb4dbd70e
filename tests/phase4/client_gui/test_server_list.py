"""The servers that let a person in: which are kept, and the list to choose from."""

import contextlib
import tkinter as tk
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from phase4.client import Trust
from phase4.client_gui import servers, settings
from phase4.client_gui.app import App
from phase4.client_gui.memory import Memory
from phase4.client_gui.server_list import ServerList
from phase4.client_gui.servers import MAX_SERVERS, Server, Servers
from phase4.client_gui.settings import Settings
from phase4.client_gui.target import Target
from phase4.widgets.placement import Placement
from phase4.widgets.theme import Theme
from tests.kit.certificates import groups_of
from tests.kit.chat import Chat
from tests.kit.harness import free_port
from tests.kit.windows import Apps, press, see

FINGERPRINT = ":".join(f"{byte:02X}" for byte in range(32))
LAB = Server("chat.example", 24100, "Ann", has_tls=True, label="The lab")
HOME = Server("::1", 12345, "Ann")


def visited(*targets: Target, before: Servers = ()) -> Servers:
    for target in targets:
        before = servers.with_visit(before, target)
    return before


# --- which are kept -------------------------------------------------------------------------------


def test_the_newest_is_first_and_one_host_and_port_is_one_server() -> None:
    now = visited(Target("::1", 12345, "Bob", True), before=(LAB, HOME))
    assert now == (Server("::1", 12345, "Bob", has_tls=True), LAB)
    assert visited(Target("0:0::1", 12345, "Ann"), before=now)[1:] == (LAB,)


def test_a_server_that_was_named_keeps_its_name() -> None:
    assert visited(Target("CHAT.example.", 24100, "Bob"), before=(LAB,))[0].label == "The lab"


def test_of_too_many_the_oldest_goes_that_was_not_named() -> None:
    many = visited(*(Target(f"h{at}.example", 1, "Ann") for at in range(MAX_SERVERS)))
    many = (*many[:-1], replace(many[-1], label="mine"))
    now = visited(Target("new.example", 1, "Ann"), before=many)
    assert len(now) == MAX_SERVERS
    assert now[-1].label == "mine"
    assert "h1.example" not in [each.host for each in now]


def test_a_name_has_bounds_and_can_be_taken_back() -> None:
    (named,) = servers.labelled((HOME,), HOME, " a\x1b\n" + "b" * 100)
    assert named.called.startswith("a��bbb")
    assert len(named.label) <= servers.MAX_LABEL_CHARACTERS
    assert servers.labelled((named,), named, "  ") == (HOME,)
    assert servers.labelled((named,), named, "[::1]:12345") == (HOME,)
    assert HOME.called == "[::1]:12345"


@given(st.recursive(st.none() | st.booleans() | st.text() | st.integers(), st.lists))
def test_what_a_file_holds_is_never_an_error(value: object) -> None:
    fields = dict.fromkeys(("host", "port", "name", "has_tls", "label"), value)
    for held in (value, [value], [fields], [{**fields, "host": "h", "port": 5}] * 100):
        for server in servers.checked(held):
            assert server.host
            assert 0 < server.port < 65536


def test_what_is_saved_is_loaded_and_what_is_too_much_is_not(tmp_path: Path) -> None:
    path = tmp_path / "file.json"
    kept = Settings(servers=(LAB, HOME))
    settings.save(path, kept)
    assert settings.load(path) == kept
    many = tuple(Server(f"h{at}.example", 1) for at in range(100))
    settings.save(path, Settings(servers=many))
    assert len(settings.load(path).servers) == MAX_SERVERS


# --- real windows ---------------------------------------------------------------------------------


def with_servers(root: tk.Tk, known: Path, *held: Server) -> App:
    return App(
        root,
        Target("127.0.0.1", 1, "Alice"),
        "light",
        lambda: False,
        remembered=Settings(servers=held),
        trust=Trust(known_hosts=known),
    )


def opened(app: App) -> ServerList:
    """The list, as Down in the field for the server opens it."""
    press(app.connect_page.host, "<Down>")
    part = app.connect_page.server_list
    see(app.root, part.winfo_ismapped, "the list")
    see(app.root, lambda: app.root.focus_get() is part.tree, "the keyboard in it")
    return part


def rows(part: ServerList) -> list[str]:
    return [str(part.tree.set(row, "Name")) for row in part.tree.get_children()]


@pytest.mark.window
def test_a_server_that_let_one_in_is_chosen_and_joined_by_keyboard(
    root: tk.Tk, start_app: Apps, chat: Chat
) -> None:
    app = start_app.talking(chat.port)
    press(app.chat_page.entry, "<F4>")
    app.connect_page.host.delete(0, "end")
    app.connect_page.host.insert(0, f"127.0.0.1:{free_port()}")
    press(app.connect_page.host, "<Tab>")
    part = opened(app)
    assert rows(part) == [f"127.0.0.1:{chat.port}"]
    press(part.tree, "<Return>")
    assert not part.winfo_ismapped()
    page = app.connect_page
    assert (page.host.get(), page.port.get()) == ("127.0.0.1", str(chat.port))
    assert root.title() == "Join the chat"
    press(page.name, "<Return>")
    # By whatever name: the server may not know yet that this Alice has left.
    see(root, lambda: root.title().endswith(f" on 127.0.0.1:{chat.port}"), "the conversation")


@pytest.mark.window
def test_the_list_tells_who_can_listen_in_and_the_fingerprint_to_compare(
    root: tk.Tk, tmp_path: Path
) -> None:
    known = tmp_path / "known_hosts"
    known.write_text(f"chat.example 24100 SHA256 {FINGERPRINT}\n")
    with contextlib.closing(Closing(with_servers(root, known, HOME, LAB))) as held:
        part = opened(held.app)
        assert "Not encrypted" in part.explained.shown
        values = [part.tree.item(row, "values") for row in part.tree.get_children()]
        assert values[0] == ("[::1]:12345", "[::1]:12345", "not encrypted", "")
        assert values[1][1:3] == ("chat.example:24100", "encrypted")
        assert values[1][3] == "00:01:02:03  04:05:06:07 …"
        press(part.tree, "<Down>")
        rows_shown = part.explained.shown.splitlines()
        assert rows_shown[-4:] == groups_of(FINGERPRINT)
        known.write_text("nonsense\n")
        press(part.tree, "<Up>")
        press(part.tree, "<Down>")
        assert "cannot be understood" in part.explained.shown


@pytest.mark.window
def test_a_server_is_named_removed_and_put_back(root: tk.Tk, tmp_path: Path) -> None:
    with contextlib.closing(Closing(with_servers(root, tmp_path / "k", LAB, HOME))) as held:
        part = opened(held.app)
        assert part.name.get() == "The lab"
        press(part.tree, "<Down>")
        part.name.insert(0, "At home")
        press(part.name, "<Return>")
        assert rows(part) == ["The lab", "At home"]
        press(part.tree, "<Up>")
        press(part.tree, "<Delete>")
        assert rows(part) == ["At home"]
        press(part.back_button, "<Return>")
        assert rows(part) == ["The lab", "At home"]
        part.name.delete(0, "end")
        part.name.insert(0, "not this")
        press(part.name, "<Escape>")
        assert rows(part) == ["The lab", "At home"]
        press(part.tree, "<Delete>")
        press(part.tree, "<Delete>")
        assert rows(part) == []
        press(part.leave_button, "<Escape>")
        assert not held.app.connect_page.servers_button.winfo_manager()
        assert held.app.memory.settings.servers == ()


@pytest.mark.window
def test_two_windows_forget_nothing_of_each_other(root: tk.Tk, tmp_path: Path) -> None:
    path = tmp_path / "file.json"
    settings.save(path, Settings(servers=(HOME,)))
    theme = Theme(root, "light")
    one, other = (Memory(root, theme, path, HOME.target, settings.load(path)) for _ in range(2))
    one.remember(LAB.target)
    other.remember(Target("other.example", 1, "Ann"))
    other.change(window=Placement(800, 600, 5, 5))
    other.close()
    one.change(points=0)
    one.close()
    held = settings.load(path)
    assert [each.host for each in held.servers] == ["other.example", LAB.host, HOME.host]
    assert held.window == Placement(800, 600, 5, 5)


@pytest.mark.window
def test_escape_leads_back_to_the_form_and_then_to_the_conversation(
    root: tk.Tk, start_app: Apps, chat: Chat
) -> None:
    app = start_app.talking(chat.port)
    press(app.chat_page.entry, "<Shift-F4>")
    part = app.connect_page.server_list
    see(root, part.winfo_ismapped, "the list")
    press(part.tree, "<Escape>")
    see(root, lambda: root.focus_get() is app.connect_page.host, "the form")
    press(app.connect_page.host, "<Escape>")
    see(root, lambda: root.focus_get() is app.chat_page.entry, "the conversation")


@pytest.mark.window
@pytest.mark.parametrize("points", [10, 28])
def test_all_of_it_is_in_sight_however_large_the_text(
    root: tk.Tk, tmp_path: Path, points: int
) -> None:
    known = tmp_path / "known_hosts"
    known.write_text(f"chat.example 24100 SHA256 {FINGERPRINT}\n")
    with contextlib.closing(Closing(with_servers(root, known, LAB, HOME))) as held:
        held.app.theme.zoom(points - 10)
        part = opened(held.app)
        root.geometry("1x1")
        see(root, lambda: root.winfo_height() == root.minsize()[1], "the least size")
        page = held.app.connect_page
        for each in (part.tree, part.explained, part.name, part.use_button, part.leave_button):
            bottom = each.winfo_rooty() + each.winfo_height()
            assert bottom <= page.winfo_rooty() + page.winfo_height(), each
        assert part.tree.bbox(part.tree.get_children()[0])


class Closing:
    """An app that `contextlib.closing` ends."""

    def __init__(self, app: App) -> None:
        self.app = app

    def close(self) -> None:
        """End it."""
        self.app.quit()
