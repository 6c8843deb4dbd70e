"""The client's window over TLS: whom it believes, what it says about that, and where.

No check here may know a server from before, so each gives a file of known servers of its own.
"""

import contextlib
import socket
import tkinter as tk
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from tkinter import font

import pytest

from phase4.client import Secured, Trust
from phase4.client.presence import Presence, State
from phase4.client_gui import command, security, settings
from phase4.client_gui.app import HOW_TO_ENCRYPT, App
from phase4.client_gui.settings import Settings
from phase4.client_gui.target import Target
from phase4.transport.handshake import TLS_ONLY
from shared.framing import encode_line
from tests.kit.certificates import Authority, fingerprint_in, groups_of
from tests.kit.chat import Chat
from tests.kit.desktop import Desktop
from tests.kit.harness import SECONDS, Program
from tests.kit.windows import Apps, press, see, shows, tabs_of, type_line

NOT_THIS_ONE = ":".join(["AB"] * 32)


@pytest.fixture
def known(tmp_path: Path) -> Path:
    """Where this person's known servers are; nobody is known."""
    return tmp_path / "known_hosts"


@pytest.fixture
def transport(authority: Authority) -> Authority:
    """Every server of `start` and `chat` speaks TLS only, each with a certificate of its own."""
    return authority


def fingerprint(chat: Chat) -> str:
    """As the server prints it."""
    return fingerprint_in("\n".join(chat.output))


def says(app: App) -> str:
    return app.connect_page.message.shown


def submit(app: App) -> None:
    press(app.connect_page.name, "<Return>")


def give_port(app: App, port: int) -> None:
    app.connect_page.port.delete(0, "end")
    app.connect_page.port.insert(0, str(port))


def word(app: App) -> str:
    """What the line above the conversation says about who can listen in."""
    return str(app.chat_page.header.security.cget("text"))


def is_in(app: App) -> None:
    see(app.root, lambda: "Alice on" in app.root.title(), "the conversation")


# --- the form, and what it says -------------------------------------------------------------------


@pytest.mark.window
def test_the_box_is_reached_by_keyboard_and_the_first_time_is_told_with_the_fingerprint(
    start_app: Apps, chat: Chat, known: Path, tmp_path: Path
) -> None:
    memory = tmp_path / "settings.json"
    app = start_app(chat.port, memory=memory, trust=Trust(known_hosts=known))
    press(app.connect_page.name, "<Tab>")
    box = app.root.focus_get()
    assert box is app.connect_page.tls
    press(app.connect_page.tls, "<space>")
    press(app.connect_page.tls, "<Return>")
    is_in(app)
    shows(app, "This is the first time")
    shows(app, "any other will be refused")
    assert fingerprint_in(tabs_of(app).main.conversation.shown()) == fingerprint(chat)
    assert word(app) == "encrypted, TLS 1.3, first time"
    assert settings.load(memory).tls


@pytest.mark.window
def test_with_an_authority_the_form_says_whose_and_nothing_is_remembered(
    start_app: Apps, chat: Chat, authority: Authority, known: Path
) -> None:
    app = start_app(chat.port, has_tls=True, trust=Trust(authority.file, known))
    labels = vars(app.connect_page)["_card"].winfo_children()
    texts = [str(label.cget("text")) for label in labels if label.winfo_class() == "TLabel"]
    assert f"Only with a certificate that {authority.file} vouches for." in texts
    submit(app)
    is_in(app)
    assert word(app) == "encrypted, TLS 1.3"
    press(app.chat_page.entry, "<F7>")  # the fingerprint can be asked for all the same
    shows(app, groups_of(fingerprint(chat))[-1])
    assert fingerprint_in(tabs_of(app).main.conversation.shown()) == fingerprint(chat)
    assert "nobody on the way can read or alter" in tabs_of(app).main.conversation.shown()
    assert "first time" not in tabs_of(app).main.conversation.shown()
    assert not known.exists()


@pytest.mark.window
@pytest.mark.parametrize("wrong", ["plain text", "another host", "another authority", "expired"])
def test_a_server_that_is_not_the_right_one_is_told_in_the_form_which_asks_again(
    start_app: Apps, tmp_path: Path, chat: Chat, authority: Authority, wrong: str
) -> None:
    sentence, bad = {
        "plain text": ("does not speak TLS", None),
        "another host": ("is for another", authority.certificate("elsewhere.example")),
        "another authority": ("vouches for", Authority(tmp_path).certificate()),
        "expired": ("expired", authority.certificate(days=(-3, -1))),
    }[wrong]
    with Chat(tmp_path, *(() if bad is None else ("--tls-cert", str(bad)))) as other:
        app = start_app(other.port, has_tls=True, trust=Trust(authority.file))
        submit(app)
        see(app.root, lambda: sentence in says(app), "the reason in the form")
        assert app.connect_page.host.instate(["!disabled"])
        give_port(app, chat.port)
        submit(app)
        is_in(app)


@pytest.mark.window
def test_a_changed_certificate_is_told_wholly_even_in_a_small_window_and_can_be_copied(
    root: tk.Tk, start_app: Apps, chat: Chat, known: Path
) -> None:
    known.write_text(f"127.0.0.1 {chat.port} SHA256 {NOT_THIS_ONE}\n")
    app = start_app(chat.port, has_tls=True, trust=Trust(known_hosts=known))
    root.geometry("1x1")
    see(root, lambda: root.winfo_height() == root.minsize()[1], "as small as it lets itself be")
    submit(app)
    see(root, lambda: "another certificate" in says(app), "the reason in the form")
    assert fingerprint_in(says(app)) == fingerprint(chat)
    message = app.connect_page.message
    see(root, lambda: message.dlineinfo("end-1c"), "its last row")
    see(root, lambda: message.dlineinfo("1.0"), "its first row, too")
    lowest = message.winfo_rooty() + message.winfo_height()
    assert (
        root.winfo_rooty()
        < message.winfo_rooty()
        < lowest
        < root.winfo_rooty() + (root.winfo_height())
    )
    press(app.connect_page.tls, "<Tab>")
    assert root.focus_get() is message
    message.event_generate("<Control-a>")
    message.event_generate("<<Copy>>")
    assert root.clipboard_get() == says(app)
    assert NOT_THIS_ONE in known.read_text()
    assert fingerprint(chat) not in known.read_text()


@pytest.mark.window
def test_who_speaks_plain_text_to_tls_is_told_to_tick_the_box_and_the_keyboard_is_there(
    start_app: Apps, known: Path
) -> None:
    with contextlib.closing(socket.create_server(("127.0.0.1", 0))) as listener:
        listener.settimeout(SECONDS)
        app = start_app(listener.getsockname()[1], trust=Trust(known_hosts=known))
        submit(app)
        with listener.accept()[0] as accepted:
            accepted.sendall(encode_line(TLS_ONLY))  # as a server does, after some seconds
        see(app.root, lambda: says(app).endswith(HOW_TO_ENCRYPT), "the advice")
        see(app.root, lambda: app.root.focus_get() is app.connect_page.tls, "the box to tick")
        app.connect_page.tls.event_generate("<space>")
        app.connect_page.tls.event_generate("<Return>")
        with listener.accept()[0] as accepted:
            accepted.settimeout(SECONDS)
            assert accepted.recv(1) == b"\x16"  # a TLS handshake (RFC 8446, 5.1)


@pytest.mark.window
def test_the_box_ticked_while_another_name_is_asked_for_begins_anew(
    start_app: Apps, known: Path
) -> None:
    with contextlib.closing(socket.create_server(("127.0.0.1", 0))) as listener:
        listener.settimeout(SECONDS)
        app = start_app(listener.getsockname()[1], trust=Trust(known_hosts=known))
        submit(app)
        with listener.accept()[0] as accepted:
            accepted.settimeout(SECONDS)
            accepted.sendall(b"* Enter your nickname:\n")
            assert accepted.recv(100) == b"Alice\n"
            accepted.sendall(b"! That name is taken.\n* Enter your nickname:\n")
            see(app.root, lambda: says(app) == "That name is taken.", "the reason in the form")
            app.connect_page.tls.invoke()
            submit(app)
            assert accepted.recv(100) == b""  # and no name in plain text
        with listener.accept()[0] as accepted:
            accepted.settimeout(SECONDS)
            assert accepted.recv(1) == b"\x16"


@pytest.mark.window
def test_a_fingerprint_is_shown_in_a_font_in_which_its_rows_can_be_compared(
    start_app: Apps, chat: Chat, known: Path
) -> None:
    known.write_text(f"127.0.0.1 {chat.port} SHA256 {NOT_THIS_ONE}\n")
    app = start_app(chat.port, has_tls=True, trust=Trust(known_hosts=known))
    submit(app)
    see(app.root, lambda: "another certificate" in says(app), "the reason in the form")
    assert set_in_fixed_font(app.connect_page.message) == groups_of(fingerprint(chat))
    known.unlink()
    submit(app)
    is_in(app)
    press(app.chat_page.entry, "<F7>")
    text = tabs_of(app).main.conversation.text
    see(app.root, lambda: len(set_in_fixed_font(text)) == 8, "the first time, and the answer")
    shown = [row.split("\t")[-1] for row in set_in_fixed_font(text)]
    assert shown == 2 * groups_of(fingerprint(chat))
    assert font.Font(app.root, text.tag_cget("fixed", "font")).metrics("fixed")
    app.root.geometry("1x1")  # which is as small as it lets itself be
    see(app.root, lambda: app.root.winfo_width() == app.root.minsize()[0], "a small window")
    app.theme.zoom(10)
    app.root.update()
    assert text.count("end-5l linestart", "end-1c", "displaylines") == (4,)


def set_in_fixed_font(text: tk.Text) -> list[str]:
    """The rows that are."""
    ends = [*map(str, text.tag_ranges("fixed"))]
    pieces = [text.get(*each) for each in zip(ends[::2], ends[1::2], strict=True)]
    return "".join(pieces).splitlines()


# --- the conversation -----------------------------------------------------------------------------


@pytest.mark.own_server
@pytest.mark.window
def test_after_a_loss_it_is_encrypted_again_and_what_was_typed_meanwhile_arrives(
    start: Callable[..., Chat], start_app: Apps, authority: Authority, known: Path
) -> None:
    certificate = ("--tls-cert", str(authority.certificate()))
    chat = start(*certificate)
    app = start_app(chat.port, has_tls=True, trust=Trust(known_hosts=known))
    submit(app)
    is_in(app)
    chat.process.kill()
    chat.wait()
    see(app.root, lambda: "connecting again" in app.root.title(), "the loss")
    assert word(app) == ""  # nobody knows, until it is agreed on
    type_line(app, "half a thought")
    again = start(*certificate, port=chat.port)
    with again.join("Bob") as bob:
        app.connect_again()
        is_in(app)
        assert word(app) == "encrypted, TLS 1.3"
        bob.skip_to(".* Alice: half a thought")
    assert tabs_of(app).main.conversation.shown().count("This is the first time") == 1


@pytest.mark.own_server
@pytest.mark.window
def test_another_certificate_on_the_return_ends_it_with_the_reason_and_nothing_typed_is_lost(
    start: Callable[..., Chat], start_app: Apps, chat: Chat, known: Path
) -> None:
    app = start_app(chat.port, has_tls=True, trust=Trust(known_hosts=known))
    submit(app)
    is_in(app)
    chat.process.kill()
    chat.wait()
    see(app.root, lambda: "connecting again" in app.root.title(), "the loss")
    type_line(app, "a secret")
    start(port=chat.port)
    app.connect_again()
    see(app.root, lambda: "not connected" in app.root.title(), "that it has given up")
    assert "another certificate" in app.chat_page.bar.text
    shown = tabs_of(app).main.conversation.shown()
    for line in app.chat_page.bar.text.splitlines():
        assert line in shown  # where it can be selected, and is still there tomorrow
    assert word(app) == ""
    press(app.chat_page.entry, "<Up>")
    assert app.chat_page.entry.get() == "a secret"


@pytest.mark.window
def test_plain_text_to_another_machine_is_called_not_encrypted(
    start_app: Apps, chat: Chat, authority: Authority, tmp_path: Path
) -> None:
    with Chat(tmp_path) as plain:
        app = start_app(chat.port, has_tls=True, trust=Trust(authority.file))
        submit(app)
        is_in(app)
        press(app.chat_page.entry, "<F4>")
        give_port(app, plain.port)
        app.connect_page.tls.invoke()
        submit(app)
        see(app.root, lambda: f":{plain.port}" in app.root.title(), "the other conversation")
        assert word(app) == ""  # what is said stays here
        press(app.chat_page.entry, "<F4>")
        app.connect_page.host.delete(0, "end")
        app.connect_page.host.insert(0, "127.1")  # of which the window knows not what it means
        submit(app)
        see(app.root, lambda: "on 127.1:" in app.root.title(), "the same by another address")
        assert word(app) == "not encrypted"
        press(app.chat_page.entry, "<F7>")
        shows(app, "Not encrypted: anyone on the way can read")


@pytest.mark.parametrize(
    ("host", "said"),
    [
        *((host, "") for host in ("localhost", "127.0.0.1", "127.9.9.9", "::1")),
        *((host, "not encrypted") for host in ("10.0.0.1", "::2", "chat.example", "")),
    ],
)
def test_only_what_stays_on_this_machine_needs_no_remark(host: str, said: str) -> None:
    there = Presence(State.IN)
    assert security.in_a_word(Target(host, 1, ""), there) == said
    secured = replace(there, secured=Secured("TLSv1.2", NOT_THIS_ONE, is_first=False))
    assert security.in_a_word(Target(host, 1, "", has_tls=True), secured) == "encrypted, TLS 1.2"
    assert security.in_a_word(Target(host, 1, ""), Presence(State.AWAY)) == ""


# --- the command line -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "has_tls"),
    [
        ([], True),  # as last time
        (["--name", "Ann", "--port", "5"], True),
        (["--host", "CHAT.example.", "--port", "5"], True),
        (["--port", "6"], False),  # that is another server
        (["--host", "elsewhere.example"], False),
        (["--port", "6", "--tls"], True),
        (["--port", "6", "--ca", "file"], True),
        (["--port", "6", "--known-hosts", "file"], True),
    ],
)
def test_it_is_encrypted_as_the_command_line_says_or_as_it_was_with_this_server(
    arguments: list[str], has_tls: bool
) -> None:
    options = vars(command)["_parse"](arguments)
    last = Settings("chat.example", 5, "Ann", tls=True)
    assert vars(command)["_wished"](options, last).tls is has_tls


@pytest.mark.window
def test_the_program_with_an_authority_talks_as_a_person_uses_it(
    desktop: Desktop, chat: Chat, authority: Authority
) -> None:
    options = ("--port", str(chat.port), "--ca", str(authority.file))
    with chat.join("Bob") as bob, Program("phase4.client_gui", *options, env=desktop.env) as client:
        form = desktop.window("Join the chat")
        form.key("ctrl+a")
        form.type("Alice\n")
        window = desktop.window("Alice on")
        bob.hear("* Alice joined")
        window.type("said to nobody else\n")
        bob.hear("Alice: said to nobody else")
        window.key("ctrl+q")
        assert client.wait() == 0
        bob.hear("* Alice left")
