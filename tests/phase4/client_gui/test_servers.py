"""The form that asks where to: what may stand in the field for the server."""

import tkinter as tk

import pytest

from phase4.client_gui.app import App
from tests.kit.chat import Chat
from tests.kit.harness import free_port
from tests.kit.windows import Apps, press, see

pytestmark = pytest.mark.window


def type_place(app: App, text: str) -> None:
    app.connect_page.host.delete(0, "end")
    app.connect_page.host.insert(0, text)


def test_host_and_port_pasted_into_the_field_for_the_server_connect(
    root: tk.Tk, start_app: Apps, chat: Chat
) -> None:
    app = start_app(free_port())
    type_place(app, f" 127.0.0.1:{chat.port} ")
    press(app.connect_page.host, "<Return>")
    see(root, lambda: f"Alice on 127.0.0.1:{chat.port}" in root.title(), "the conversation")


def test_the_port_is_seen_to_go_into_its_own_field(root: tk.Tk, start_app: Apps) -> None:
    page = start_app(5).connect_page
    page.host.focus_force()
    page.host.delete(0, "end")
    page.host.insert(0, "tls://[::1]:24100")
    press(page.host, "<Tab>")
    assert (page.host.get(), page.port.get()) == ("::1", "24100")
    assert root.getvar(str(page.tls.cget("variable")))


@pytest.mark.parametrize(
    ("text", "said"),
    [("chat.example:99999", "from 1 to 65535"), ("http://chat.example", "does not begin with")],
)
def test_what_is_not_an_address_is_told_where_it_was_typed(
    root: tk.Tk, start_app: Apps, text: str, said: str
) -> None:
    app = start_app(5)
    type_place(app, text)
    press(app.connect_page.name, "<Return>")
    assert said in app.connect_page.message.shown
    assert app.connect_page.host.get() == text
    assert root.focus_get() is app.connect_page.host
