"""The window's parts on a real screen, in this process: what a check cannot see from outside.

Tk's loop is turned by the check itself (`see`), so all of Tk happens in one thread here as well.
"""

import contextlib
import socket
import tkinter as tk
import webbrowser
from collections.abc import Callable
from pathlib import Path
from tkinter import ttk

import pytest

from phase4.client_gui.app import App
from phase4.client_gui.inbox import BATCH_EVENTS
from phase4.client_gui.people import MAX_SHOWN, People
from phase4.client_gui.target import Target
from phase4.widgets.conversation import LEFT_OUT, LINES_CUT_AT_ONCE, MAX_LINES, Conversation
from phase4.widgets.lines import Line
from phase4.widgets.theme import Theme
from tests.kit.chat import Chat
from tests.kit.desktop import Desktop
from tests.kit.harness import SECONDS, free_port, wait_until
from tests.kit.windows import Apps, kill, new_window, press, see, shows, tabs_of, type_line

pytestmark = pytest.mark.window

Opened = list[str]


def shown(root: tk.Tk, part: tk.Widget) -> None:
    """Put a part into the window, and wait until it is there."""
    part.pack(fill="both", expand=True)
    see(root, part.winfo_viewable, "the part in its window")


def numbered(count: int, start: int = 0) -> list[Line]:
    return [
        Line("public", "12:00:00", "Bob", f"line {number}", "Bob")
        for number in range(start, start + count)
    ]


def click(desktop: Desktop, widget: tk.Widget, x: int, y: int, times: int = 1) -> None:
    desktop.click(widget.winfo_rootx() + x, widget.winfo_rooty() + y, times)


# --- the conversation --------------------------------------------------------------------------


@pytest.fixture
def opened() -> Opened:
    """The links that were opened."""
    return []


@pytest.fixture
def conversation(root: tk.Tk, opened: Opened) -> Conversation:
    """An empty conversation, on the screen."""
    part = Conversation(root, Theme(root, "light"), opened.append)
    shown(root, part)
    return part


def top_line(conversation: Conversation) -> str:
    return conversation.text.get("@0,0 linestart", "@0,0 lineend")


def test_it_keeps_a_bounded_number_of_lines_and_says_so(conversation: Conversation) -> None:
    conversation.add(numbered(MAX_LINES))
    assert LEFT_OUT not in conversation.shown()
    for start in range(MAX_LINES, 2 * MAX_LINES, 100):
        conversation.add(numbered(100, start))
    lines = conversation.shown().splitlines()
    assert MAX_LINES < len(lines) <= MAX_LINES + LINES_CUT_AT_ONCE + 1
    assert lines[0].strip() == LEFT_OUT
    assert lines[-1] == f"12:00:00  Bob  line {2 * MAX_LINES - 1}"
    assert len([line for line in lines if LEFT_OUT in line]) == 1


def test_it_follows_the_newest_line_and_a_resized_window_does_not_change_that(
    root: tk.Tk, conversation: Conversation
) -> None:
    conversation.add(numbered(100))
    root.geometry("500x200")
    see(root, lambda: conversation.winfo_height() == 200, "the smaller window")
    conversation.add(numbered(1, 100))
    root.update()
    assert conversation.follows
    assert conversation.text.dlineinfo("end-2c") is not None


def test_it_stays_put_while_one_reads_further_up_and_leads_back(
    root: tk.Tk, conversation: Conversation
) -> None:
    conversation.add(numbered(MAX_LINES))
    assert not conversation.jump.winfo_ismapped()
    conversation.scroll(-3, "pages")
    read = top_line(conversation)
    for start in range(MAX_LINES, MAX_LINES + 500, 100):  # the oldest are cut meanwhile
        conversation.add(numbered(100, start))
    root.update()
    assert top_line(conversation) == read
    assert conversation.jump.winfo_ismapped()
    assert conversation.jump.cget("text") == "↓ 500 new"
    conversation.jump.invoke()
    root.update()
    assert conversation.text.dlineinfo("end-2c") is not None
    assert not conversation.jump.winfo_ismapped()


def test_the_wheel_lets_go_of_the_newest_line_and_takes_hold_again(
    desktop: Desktop, root: tk.Tk, conversation: Conversation
) -> None:
    conversation.add(numbered(100))
    root.update()
    click(desktop, conversation.text, 300, 100)
    desktop.xdotool("click", "4")
    see(root, lambda: not conversation.follows, "that it lets go")
    desktop.xdotool("click", "--repeat", "3", "5")
    see(root, lambda: conversation.follows, "that it follows again")


def test_lines_that_come_before_it_is_shown_do_not_count_as_reading_up(root: tk.Tk) -> None:
    conversation = Conversation(root, Theme(root, "light"), lambda _: None)
    for start in (0, 50):
        conversation.add(numbered(50, start))
        root.update()
    shown(root, conversation)
    assert conversation.follows
    see(root, lambda: conversation.text.dlineinfo("end-2c"), "the newest line")


def test_a_link_is_opened_when_it_is_clicked_and_not_before(
    desktop: Desktop, root: tk.Tk, conversation: Conversation, opened: Opened
) -> None:
    text = "look at http://a.example/page, please"
    conversation.add([Line("public", "12:00:00", "Bob", text, "Bob")])
    root.update()
    for word in ("please", "a.example"):
        box = conversation.text.bbox(conversation.text.search(word, "1.0"))
        assert box is not None
        click(desktop, conversation.text, box[0] + box[2] // 2, box[1] + box[3] // 2)
    see(root, lambda: opened, "an opened link")
    assert opened == ["http://a.example/page"]


def test_what_is_copied_is_plain_text(root: tk.Tk, conversation: Conversation) -> None:
    assert not conversation.copy_selection()
    conversation.add([Line("private", "12:00:00", "Bob", "hi", "Bob", "→ you")])
    conversation.select_all()
    assert conversation.copy_selection()
    assert root.clipboard_get() == "hi\n"
    assert conversation.copy_stamped()
    assert root.clipboard_get() == "12:00:00  Bob  → you hi\n"


def test_colours_and_sizes_change_and_no_text_is_lost(
    root: tk.Tk, conversation: Conversation
) -> None:
    theme = vars(conversation)["_theme"]
    conversation.add(numbered(3))
    before, light = conversation.shown(), str(conversation.text.cget("background"))
    theme.toggle()
    assert str(conversation.text.cget("background")) != light
    for step in (30, -30, 0):
        theme.zoom(step)
        root.update()
    assert conversation.shown() == before


# --- the people ------------------------------------------------------------------------------


def test_the_list_of_people_keeps_the_selection_while_others_come_and_go(root: tk.Tk) -> None:
    people = People(root, Theme(root, "dark"), lambda _: None)
    shown(root, people)
    people.show(("Alice", "Bob", "Carol"))
    people.tree.selection_set("Bob")
    people.show(("Aaron", "Bob", "Zoe"))
    assert people.names() == ("Aaron", "Bob", "Zoe")
    assert people.tree.selection() == ("Bob",)


def test_a_list_without_end_is_cut_and_the_number_told(root: tk.Tk) -> None:
    people = People(root, Theme(root, "dark"), lambda _: None)
    shown(root, people)
    people.show([f"n{number:06}" for number in range(MAX_SHOWN + 5)])
    assert len(people.names()) == MAX_SHOWN
    labels = [each for each in people.winfo_children() if isinstance(each, ttk.Label)]
    texts = [str(label.cget("text")) for label in labels]
    assert texts == [f"Online ({MAX_SHOWN + 5:,})", "… and 5 more"]


def test_a_double_click_on_a_name_chooses_it(desktop: Desktop, root: tk.Tk) -> None:
    chosen: list[str] = []
    people = People(root, Theme(root, "light"), chosen.append)
    shown(root, people)
    people.show(("Alice", "Bob"))
    root.update()
    x, y, width, height = (int(each) for each in people.tree.bbox("Bob"))
    click(desktop, people.tree, x + width // 2, y + height // 2, times=2)
    see(root, lambda: chosen, "a chosen name")
    assert chosen == ["Bob"]


@pytest.mark.parametrize("step", [-3, 0, 18])
def test_rows_are_higher_than_their_text_at_every_size(root: tk.Tk, step: int) -> None:
    theme = Theme(root, "light")
    theme.zoom(step)
    people = People(root, theme, lambda _: None)
    shown(root, people)
    people.show(("Alice", "Bob"))
    root.update()
    assert int(people.tree.bbox("Alice")[3]) > theme.body.metrics("linespace")


# --- the whole -------------------------------------------------------------------------------


def says(app: App) -> str:
    return app.connect_page.message.shown


def submit(root: tk.Tk, app: App) -> None:
    app.connect_page.name.focus_force()
    root.update()
    app.connect_page.name.event_generate("<Return>")


def test_a_closed_port_is_told_in_the_form_which_asks_again(root: tk.Tk, start_app: Apps) -> None:
    port = free_port()
    app = start_app(port)
    for _ in range(2):
        submit(root, app)
        assert "Connecting to" in says(app)
        see(root, lambda: "No server listens on" in says(app), "the reason in the form")
        assert app.connect_page.port.instate(["!disabled"])


def test_a_host_that_does_not_exist_is_told(root: tk.Tk, start_app: Apps) -> None:
    app = start_app(12345, host="no..such..host")
    submit(root, app)
    see(root, lambda: "There is no host" in says(app), "the reason in the form")


def test_what_is_hidden_stays_hidden_when_colours_and_sizes_change(
    root: tk.Tk, start_app: Apps
) -> None:
    app = start_app(12345)

    def visible() -> set[str]:
        root.update()
        parts = [*app.connect_page.winfo_children(), *app.chat_page.winfo_children()]
        parts += [part for each in parts for part in each.winfo_children()]
        return {str(part) for part in parts if part.winfo_manager()}

    before = visible()
    app.theme.toggle()
    app.theme.zoom(1)
    assert visible() == before


def test_the_keys_of_the_conversation_do_nothing_while_the_form_is_shown(
    root: tk.Tk, start_app: Apps
) -> None:
    app = start_app(12345)
    name = app.connect_page.name
    for keys in ("<Control-f>", "<F1>", "<F6>", "<Control-w>", "<F3>"):
        press(name, keys)
    assert root.focus_get() is name
    assert tabs_of(app).main.conversation.shown() == ""
    before = app.theme.name
    press(name, "<F2>")  # that of the looks do
    assert app.theme.name != before


@pytest.mark.parametrize("port", ["", "0", "65536", "chat", "²"])
def test_a_wrong_port_is_told_before_anything_is_tried(
    root: tk.Tk, start_app: Apps, port: str
) -> None:
    app = start_app(12345)
    app.connect_page.port.delete(0, "end")
    app.connect_page.port.insert(0, port)
    submit(root, app)
    assert says(app) == "The port is a number from 1 to 65535."


def test_a_refused_name_is_told_in_the_form_and_another_one_taken(
    root: tk.Tk, start_app: Apps, chat: Chat
) -> None:
    app = start_app(chat.port, name="two words")
    submit(root, app)
    see(root, lambda: "A name has 1 to 20 letters" in says(app), "the reason in the form")
    app.connect_page.name.delete(0, "end")
    app.connect_page.name.insert(0, "Alice")
    submit(root, app)
    see(root, lambda: "Alice on" in root.title(), "the conversation")


def test_a_server_that_never_speaks_can_be_cancelled(root: tk.Tk, start_app: Apps) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(SECONDS)
        app = start_app(listener.getsockname()[1])
        submit(root, app)
        accepted, _ = listener.accept()
        with accepted:
            see(root, lambda: "Connected to" in says(app), "that it is connected")
            app.connect_page.event_generate("<Escape>")
            assert says(app) == ""
            accepted.settimeout(SECONDS)
            assert accepted.recv(1) == b""


def test_another_name_goes_over_the_same_connection(root: tk.Tk, start_app: Apps) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(SECONDS)
        app = start_app(listener.getsockname()[1])
        submit(root, app)
        accepted, _ = listener.accept()
        accepted.settimeout(SECONDS)
        with accepted, accepted.makefile("rw", encoding="utf-8", newline="\n") as server:
            server.write("* Enter your nickname:\n")
            server.flush()
            assert server.readline() == "Alice\n"
            server.write("! That name is taken.\n* Enter your nickname:\n")
            server.flush()
            see(root, lambda: says(app) == "That name is taken.", "the reason in the form")
            app.connect_page.name.delete(0, "end")
            app.connect_page.name.insert(0, "Alicia")
            submit(root, app)
            assert server.readline() == "Alicia\n"


@pytest.mark.parametrize("is_connecting", [False, True])
def test_a_window_that_appears_has_the_keyboard_already(
    desktop: Desktop, chat: Chat, is_connecting: bool
) -> None:
    """Keys that are pressed as soon as it can be seen are not lost."""
    with new_window(desktop) as root, contextlib.closing(Apps(root)) as start_app:
        app = start_app(chat.port)
        if is_connecting:
            app.connect_at_once()
        app.appear()  # from here on the window is there, before Tk has looked at a single event
        field = app.chat_page.entry if is_connecting else app.connect_page.name
        assert root.winfo_ismapped()
        assert root.focus_lastfor() is field


def test_the_page_that_comes_to_the_front_has_the_keyboard_at_once(talking: App) -> None:
    vars(talking)["_entrance"].show_form()
    assert talking.root.focus_lastfor() is talking.connect_page.name
    talking.leave_form()
    assert talking.root.focus_lastfor() is talking.chat_page.entry


def test_what_cannot_be_sent_stays_in_the_entry_with_the_reason(
    root: tk.Tk, start_app: Apps, chat: Chat
) -> None:
    app = start_app(chat.port)
    app.connect_at_once()
    see(root, lambda: "Alice on" in root.title(), "the conversation")
    app.chat_page.entry.insert("1.0", "x" * 5000)
    app.chat_page.entry.focus_force()
    root.update()
    app.chat_page.entry.event_generate("<Return>")
    assert app.chat_page.entry.get() == "x" * 5000
    assert "This message has 5,000 bytes" in tabs_of(app).main.conversation.shown()


@pytest.mark.own_server
def test_people_are_shown_as_they_come_rename_and_go_and_nobody_when_the_server_goes(
    root: tk.Tk, start_app: Apps, chat: Chat
) -> None:
    app = start_app(chat.port)
    app.connect_at_once()
    names = app.chat_page.people.names
    with chat.join("Bob") as bob:
        see(root, lambda: names() == ("Alice", "Bob"), "Bob in the list")
        bob.send("/nick Zoe")
        see(root, lambda: names() == ("Alice", "Zoe"), "his new name in the list")
    see(root, lambda: names() == ("Alice",), "that he is gone")
    chat.process.kill()
    see(root, lambda: names() == (), "that nobody is left")


def test_one_look_into_the_queue_takes_a_bounded_number_of_events(
    root: tk.Tk, start_app: Apps, chat: Chat
) -> None:
    app = start_app(chat.port)
    app.connect_at_once()
    see(root, lambda: "Alice on" in root.title(), "the conversation")
    with chat.join("Bob") as bob:
        bob.send(*[f"line {number}" for number in range(5 * BATCH_EVENTS)])
        client = vars(app)["_contact"].client
        wait_until(lambda: client.events.qsize() > 2 * BATCH_EVENTS, "a full queue")
        assert len(vars(app)["_inbox"].take()) == BATCH_EVENTS


@pytest.fixture
def talking(start_app: Apps, chat: Chat) -> App:
    """The client, in the conversation as Alice."""
    return start_app.talking(chat.port)


@pytest.mark.own_server
def test_what_came_before_the_loss_is_shown_before_it(
    root: tk.Tk, chat: Chat, talking: App
) -> None:
    page = talking.chat_page
    see(root, lambda: page.people.names() == ("Alice",), "the people")
    with chat.join("Bob"):
        client = vars(talking)["_contact"].client
        wait_until(lambda: "Bob" in client.people, "Bob, whom the window has not drawn yet")
        chat.process.kill()
        wait_until(lambda: client.is_away, "the loss, in the same batch")
    see(root, lambda: "connecting again" in root.title(), "that it is lost")
    lines = page.tabs.main.conversation.shown().splitlines()
    assert "Bob joined" in lines[-2]
    see(root, lambda: page.people.names() == (), "that nobody is left")


def test_who_sends_sees_it_even_after_reading_further_up(talking: App) -> None:
    conversation = tabs_of(talking).main.conversation
    conversation.add(numbered(200))
    conversation.scroll(-2, "pages")
    assert not conversation.follows
    type_line(talking, "hello")
    assert conversation.follows


def test_copy_takes_what_is_selected_above_when_nothing_is_in_the_entry(
    root: tk.Tk, talking: App
) -> None:
    page = talking.chat_page
    shows(talking, "Welcome, Alice!")
    page.tabs.main.conversation.select_all()
    page.entry.event_generate("<<Copy>>")
    assert "Welcome, Alice!" in root.clipboard_get()


def test_a_new_name_of_ones_own_keeps_the_colour(root: tk.Tk, talking: App) -> None:
    label = vars(talking.chat_page)["_name"]
    colour = str(label.cget("foreground"))
    type_line(talking, "/nick Zacharias")
    see(root, lambda: "Zacharias on" in root.title(), "the new name")
    assert str(label.cget("foreground")) == colour


@pytest.mark.own_server
def test_a_form_that_is_being_filled_in_stays_as_it_is_while_the_server_goes_and_comes(
    root: tk.Tk, chat: Chat, start: Callable[..., Chat], talking: App
) -> None:
    vars(talking)["_entrance"].show_form()
    talking.connect_page.host.insert("end", ".example")
    kill(talking, chat)
    shows(talking, "The server closed the connection")
    again = start(port=chat.port)
    talking.connect_again()
    wait_until(again.people_now, "that it has come back")
    shows(talking, "Connected again")
    assert talking.connect_page.host.get() == "127.0.0.1.example"
    assert talking.connect_page.winfo_ismapped()


@pytest.mark.own_server
def test_another_server_may_be_chosen_and_the_conversation_says_so(
    root: tk.Tk, chat: Chat, start: Callable[..., Chat], talking: App, tmp_path: Path
) -> None:
    other = start("--log-dir", str(tmp_path / "other"))
    with chat.join("Bob") as bob, other.join("Carol"):
        vars(talking)["_entrance"].show_form()
        talking.connect_page.fill(Target("127.0.0.1", other.port, "Alice"))
        submit(root, talking)
        see(root, lambda: str(other.port) in root.title(), "the other conversation")
        bob.hear("* Alice left")
        see(root, lambda: talking.chat_page.people.names() == ("Alice", "Carol"), "its people")
    shown = tabs_of(talking).main.conversation.shown()
    assert f"Connected to 127.0.0.1:{other.port}." in shown


def test_closing_ends_the_connection_before_the_program_does(chat: Chat, talking: App) -> None:
    with chat.join("Bob") as bob:
        talking.quit()
        bob.hear("* Alice left")


def test_a_link_without_a_browser_is_told(
    root: tk.Tk, start_app: Apps, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webbrowser, "open", lambda _: False)
    app = start_app(12345)
    app.links.open("http://a.example/")
    shows(app, "No web browser could be started")
