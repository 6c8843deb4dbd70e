"""The form of a client that knows its server: it asks for a name alone, and can ask for more."""

import tkinter as tk

import pytest

from tests.kit.chat import Chat
from tests.kit.harness import free_port
from tests.kit.windows import Apps, press, see

pytestmark = pytest.mark.window


def test_it_says_where_to_and_asks_for_no_more_also_after_a_failure(
    root: tk.Tk, start_app: Apps
) -> None:
    port = free_port()
    app = start_app(port, has_tls=True)
    page = app.connect_page
    page.ask_name_alone()
    root.update()
    labels = [
        each for each in vars(page)["_card"].winfo_children() if each.winfo_class() == "TLabel"
    ]
    shown = [str(each.cget("text")) for each in labels if each.winfo_ismapped()]
    assert f"At 127.0.0.1:{port}, encrypted." in shown
    assert not {"Server", "Port"} & {*shown}
    assert not any(each.winfo_ismapped() for each in (page.host, page.port, page.tls))
    press(page.name, "<Return>")
    see(root, lambda: "No server listens" in page.message.shown, "the reason")
    assert not page.host.winfo_ismapped()
    assert root.focus_get() is page.name


def test_f4_asks_for_another_server(root: tk.Tk, start_app: Apps, chat: Chat) -> None:
    app = start_app(free_port())
    page = app.connect_page
    page.ask_name_alone()
    press(page.name, "<F4>")
    see(root, page.port.winfo_ismapped, "the field for the port")
    page.port.delete(0, "end")
    page.port.insert(0, str(chat.port))
    press(page.port, "<Return>")
    see(root, lambda: "Alice on" in root.title(), "the conversation")


def test_where_the_server_wants_tls_the_box_to_tick_is_shown(
    root: tk.Tk, start_app: Apps, chat: Chat
) -> None:
    page = start_app(chat.port).connect_page
    page.ask_name_alone()
    page.show_form("It speaks TLS only.", field="tls")
    see(root, page.tls.winfo_ismapped, "the box")
    assert root.focus_get() is page.tls
