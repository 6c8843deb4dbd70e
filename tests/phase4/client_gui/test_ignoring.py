"""Somebody is ignored: nothing of theirs is shown, counts or calls; here alone, and remembered."""

import json
import tkinter as tk
from pathlib import Path

import pytest

from phase4.client_gui import settings
from phase4.client_gui.app import App
from phase4.client_gui.ignoring import MAX_IGNORED, Ignoring
from phase4.client_gui.target import Target
from shared import message
from tests.kit.chat import Chat
from tests.kit.desktop import Desktop
from tests.kit.windows import Apps, press, see, shows, tabs_of, type_line

# --- whose lines are hidden ----------------------------------------------------------------------


def public(sender: str) -> message.Public:
    return message.Public("12:00:00", sender, "hi")


def renamed(old: str, new: str) -> message.Renamed:
    return message.Renamed("12:00:00", old, new)


def left(name: str) -> message.Left:
    return message.Left("12:00:00", name)


class Room:
    """What is ignored at one server, and what was remembered last."""

    def __init__(self, held: dict[str, dict[str, str]] | None = None) -> None:
        self.remembered: object = None
        self.ignoring = Ignoring(held or {}, self._remember)
        self.ignoring.follow("here:1")

    def _remember(self, held: object) -> None:
        self.remembered = json.loads(json.dumps(held))

    def hides(self, received: message.Message) -> bool:
        """Whether Ann is not shown this."""
        return self.ignoring.takes(received, "Ann")


@pytest.fixture
def room() -> Room:
    """Bob is ignored."""
    room = Room()
    assert room.ignoring.ignore("Bob")
    return room


@pytest.mark.parametrize(
    "received",
    [
        public("Bob"),
        public("BOB"),
        public("\uff22\uff4f\uff42"),  # the same after NFKC
        message.Private("12:00:00", "bob", "Ann", "hi"),
        message.Joined("12:00:00", "Bob"),
        left("Bob"),
        renamed("Bob", "Rob"),
    ],
)
def test_all_of_theirs_is_hidden_however_the_name_is_spelled(
    room: Room, received: message.Message
) -> None:
    assert room.hides(received)


@pytest.mark.parametrize(
    "received",
    [
        public("Bobby"),
        message.Private("12:00:00", "Ann", "Bob", "hi"),  # one's own
        message.Error("Nobody here is called Bob."),
        message.Online("12:00:00", 1, ("Bob",)),
        message.Notice("12:00:00", "Bob"),
        message.Other("Bob: hi"),
    ],
)
def test_nothing_else_is(room: Room, received: message.Message) -> None:
    assert not room.hides(received)


def test_it_goes_with_the_person_and_back_to_the_name_when_they_leave(room: Room) -> None:
    room.hides(renamed("Bob", "Carol"))
    assert room.hides(public("Carol"))
    assert not room.hides(public("Bob"))  # of somebody else
    assert room.remembered == {"here:1": {"Bob": "Carol"}}
    assert room.hides(left("Carol"))
    assert not room.hides(public("Carol"))  # whose name it was before
    assert room.hides(public("Bob"))
    assert room.remembered == {"here:1": {"Bob": "Bob"}}


def test_whoever_left_unseen_is_known_by_the_name_that_was_chosen() -> None:
    room = Room({"here:1": {"Bob": "Carol"}})
    room.ignoring.show_people(["Ann"])  # which says nothing yet
    assert room.hides(public("Carol"))
    room.ignoring.show_people(["Ann", "Carol"])
    assert room.hides(public("Carol"))
    room.ignoring.show_people(["Ann", "Dora"])
    assert not room.hides(public("Carol"))
    assert room.hides(public("Bob"))
    room = Room({"here:1": {"Bob": "Carol"}})
    room.ignoring.show_people(["Ann"])
    assert room.hides(message.Joined("12:00:00", "Bob"))  # and Carol is not here


def test_one_is_not_ignored_oneself_by_the_name_of_somebody_who_is(room: Room) -> None:
    assert not room.ignoring.takes(message.Private("12:00:00", "Bob", "Carl", "hi"), "Bob")


def test_on_another_server_the_name_is_somebody_elses(room: Room) -> None:
    room.ignoring.follow("there:1")
    assert not room.hides(public("Bob"))
    assert room.ignoring.names == ()
    room.ignoring.follow("here:1")
    assert room.hides(public("Bob"))


def test_what_was_hidden_is_counted_and_told_at_the_end(room: Room) -> None:
    for _ in range(3):
        room.hides(public("Bob"))
    room.hides(renamed("Bob", "Rob"))
    room.hides(public("Rob"))
    assert room.ignoring.hidden("Rob") == 4
    assert room.ignoring.stop("rob") == 4
    assert not room.hides(public("Rob"))
    assert room.remembered == {}


def test_one_is_told_once_that_somebody_is_ignored_since_long_ago() -> None:
    room = Room({"here:1": {"Bob": "Bob"}})
    assert room.ignoring.must_tell("Bob")
    assert not room.ignoring.must_tell("Bob")
    assert room.ignoring.ignore("Carl")
    assert not room.ignoring.must_tell("Carl")  # who has just been chosen


def test_their_number_has_a_bound(room: Room) -> None:
    room.ignoring.follow("there:1")
    for number in range(MAX_IGNORED - 1):
        assert room.ignoring.ignore(f"p{number}")
    assert not room.ignoring.ignore("one-more")
    assert room.ignoring.ignore("p1")  # is ignored already


def test_a_name_that_no_honest_server_lets_in_is_ignored_but_not_remembered(room: Room) -> None:
    assert room.ignoring.ignore("x" * 5000)
    assert room.hides(public("x" * 5000))
    assert room.remembered == {"here:1": {"Bob": "Bob"}}


# --- what is remembered --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("held", "kept"),
    [
        ({"h:1": {"Bob": "Rob"}}, {"h:1": {"Bob": "Rob"}}),
        ({"h:1": {"Bob": 7}}, {"h:1": {"Bob": "Bob"}}),
        (
            {"h:1": {"B" * 50: "x", "\x1b": "", "Ok": "B" * 50}},
            {"h:1": {"\ufffd": "\ufffd", "Ok": "Ok"}},
        ),
        ({"h:1": ["Bob"], "": {"Bob": "Bob"}, "h" * 300: {"Bob": "Bob"}}, {}),
        (["Bob"], {}),
        ("Bob", {}),
    ],
)
def test_what_was_written_by_hand_is_taken_as_far_as_it_makes_sense(
    tmp_path: Path, held: object, kept: object
) -> None:
    path = tmp_path / "settings.json"
    path.write_text(json.dumps({"ignored": held}))
    assert settings.load(path).ignored == kept


def test_more_names_than_there_may_be_are_cut_off(tmp_path: Path) -> None:
    path = tmp_path / "settings.json"
    many = {f"h:{port}": {f"p{n}": "" for n in range(60)} for port in range(1, 4)}
    path.write_text(json.dumps({"ignored": many}))
    loaded = settings.load(path)
    assert sum(map(len, loaded.ignored.values())) == MAX_IGNORED
    assert settings.save(path, loaded)
    assert settings.load(path) == loaded


# --- in a window ---------------------------------------------------------------------------------


def menu_labels(menu: tk.Menu) -> list[str]:
    """What a menu offers; nothing while it is closed."""
    last = menu.index("end")
    if not menu.winfo_ismapped() or last is None:
        return []
    entries = [at for at in range(last + 1) if menu.type(at) != "separator"]
    return [str(menu.entrycget(at, "label")) for at in entries]


def choose(desktop: Desktop, root: tk.Tk, menu: tk.Menu, label: str) -> None:
    """Go to an entry of an open menu by keyboard."""
    see(root, lambda: label in menu_labels(menu), f"a menu with {label!r}")
    for _ in menu_labels(menu):
        at = menu.index("active")
        if at is not None and menu.entrycget(at, "label") == label:
            break
        desktop.xdotool("key", "Down")
        see(root, lambda at=at: menu.index("active") != at, "the next entry")  # type: ignore[misc]
    desktop.xdotool("key", "Return")
    see(root, lambda: not menu_labels(menu), "the end of the menu")


@pytest.mark.window
def test_by_keyboard_somebody_is_ignored_from_the_list_of_people_and_heard_again(
    desktop: Desktop, root: tk.Tk, start_app: Apps, chat: Chat, tmp_path: Path
) -> None:
    path = tmp_path / "settings.json"
    app = start_app(chat.port, memory=path)
    app.connect_at_once()
    see(root, lambda: "Alice on" in root.title(), "the conversation")
    tabs, people = tabs_of(app), app.chat_page.people
    shown = tabs.main.conversation.shown
    with chat.join("Bob") as bob, chat.join("Carl") as carl:
        shows(app, "Carl joined")
        see(root, lambda: people.names() == ("Alice", "Bob", "Carl"), "all of them")
        app.chat_page.entry.focus_force()
        desktop.xdotool("key", "F6", "Down", "shift+F10")
        menu = app.person_menu.menu
        choose(desktop, root, menu, "Ignore Bob")
        shows(app, "You ignore Bob: what they say is not shown, and they are not told.")
        assert people.tree.item("Bob", "tags") == ("ignored",)
        assert people.tree.item("Bob", "text") == "✕  Bob"
        bob.send("hello Alice", "/pm Alice psst", "/nick Robert", "still here, Alice")
        carl.skip_to(".*Robert: still here, Alice")
        carl.send("the fence")
        shows(app, "the fence")
        for hidden in ("hello", "psst", "Robert", "still here"):
            assert hidden not in shown()
        assert tabs.labels == ("Everybody",)
        see(root, lambda: people.names() == ("Alice", "Carl", "Robert"), "the new name")
        assert people.tree.item("Robert", "tags") == ("ignored",)
        app.memory._save()
        assert settings.load(path).ignored == {f"127.0.0.1:{chat.port}": {"Bob": "Robert"}}
        app.person_menu.show_list()
        panel = app.person_menu.list
        see(root, panel.field.winfo_viewable, "the list of who is ignored")
        assert panel.shown == ("Robert",)
        assert panel.tree.item("Robert", "values") == ("3 hidden",)
        desktop.xdotool("key", "Return")
        shows(app, "You do not ignore Robert any more. Meanwhile 3 lines were not shown.")
        assert not panel.shown
        desktop.xdotool("key", "Escape")
        bob.send("once more")
        shows(app, "once more")
        type_line(app, "/pm Robert hi")
        bob.skip_to(".*Alice -> Robert: hi")


@pytest.mark.window
def test_somebody_is_ignored_by_the_mouse_on_a_line_and_on_their_tab(
    desktop: Desktop, root: tk.Tk, start_app: Apps
) -> None:
    app = start_app(1)
    app._pages.show_chat()
    app.router.me = "Alice"
    app.router.show([public("Bob"), message.Private("12:00:00", "Carl", "Alice", "hi")])
    tabs, text = tabs_of(app), tabs_of(app).main.conversation.text
    see(root, lambda: text.dlineinfo("end-2c"), "the line")

    def right_click(x: int, y: int) -> None:
        desktop.xdotool("mousemove", str(x), str(y), "click", "3")

    box = text.bbox("1.0")
    assert box is not None
    right_click(text.winfo_rootx() + box[0] + 4, text.winfo_rooty() + box[1] + 4)
    choose(desktop, root, tabs.main.conversation.menu.menu, "Ignore Bob")
    assert app.ignoring.ignores("Bob")
    place = tabs.place_of(tabs.shown()[1])
    right_click(place.winfo_rootx() + 9, place.winfo_rooty() + 9)
    choose(desktop, root, app.person_menu.menu, "Ignore Carl")
    assert tabs.labels[1] == "✕ Carl (@1)"
    before = tabs.unread
    app.router.show([message.Private("12:00:00", "Carl", "Alice", "more")])
    assert tabs.unread == before
    app.chat_page.entry.focus_force()
    desktop.xdotool("key", "F6", "F6", "F6", "Right", "shift+F10")
    choose(desktop, root, app.person_menu.menu, "Stop ignoring Carl")
    assert tabs.labels[1] == "● Carl"


@pytest.mark.window
def test_somebody_is_ignored_by_a_command_and_from_the_list_of_conversations(
    desktop: Desktop, root: tk.Tk, start_app: Apps, chat: Chat
) -> None:
    app = start_app.talking(chat.port)
    panel, entry = app.chat_page.panels.conversations, app.chat_page.entry
    with chat.join("Bob") as bob:
        see(root, lambda: "Bob" in app.chat_page.people.names(), "Bob")
        type_line(app, "/ignore bob, alice nobody")
        shows(app, "You ignore Bob: what they say")
        shows(app, "Nobody else here is called alice.")
        shows(app, "Nobody else here is called nobody.")
        assert app.ignoring.names == ("Bob",)
        entry.put("/unig")
        press(entry, "<Tab>")
        press(entry, "<Return>")
        see(root, lambda: app.person_menu.list.is_open, "the list of who is ignored")
        see(root, lambda: root.focus_get() is app.person_menu.list.field, "the keyboard there")
        desktop.xdotool("key", "Escape")
        see(root, lambda: root.focus_get() is entry, "the keyboard in the entry")
        desktop.xdotool("key", "ctrl+k")
        see(root, lambda: panel.shown == (" everybody", "Bob"), "the list")
        assert panel.tree.item("Bob", "text") == "✕ Bob"
        desktop.xdotool("key", "Down", "shift+F10")
        choose(desktop, root, app.person_menu.menu, "Stop ignoring Bob")
        assert panel.tree.item("Bob", "text") == "● Bob"
        desktop.xdotool("key", "Escape")
        see(root, lambda: not panel.is_open, "the end of the list")
        type_line(app, "/unignore Bob")
        shows(app, "You do not ignore anybody called Bob.")
        bob.send("the fence")
        shows(app, "the fence")
        type_line(app, "the fence")
        bob.hear("Alice: the fence")  # and nothing of the above


@pytest.mark.window
def test_whom_one_ignored_last_time_is_ignored_from_the_first_line_on(
    root: tk.Tk, chat: Chat, start_app: Apps, tmp_path: Path
) -> None:
    held = {f"127.0.0.1:{chat.port}": {"Bob": "Bob"}}
    target = Target("127.0.0.1", chat.port, "Alice")
    app = App(root, target, "light", lambda: False, remembered=settings.Settings(ignored=held))
    start_app._apps.append(app)
    app.connect_at_once()
    see(root, lambda: "Alice on" in root.title(), "the conversation")
    with chat.join("Bob") as bob, chat.join("Carl") as carl:
        bob.send("one", "two")
        carl.skip_to(".*Bob: two")
        carl.send("the fence")
        shows(app, "the fence")
    said = tabs_of(app).main.conversation.shown()
    assert said.count("You ignore Bob: what they say is not shown.") == 1
    assert "Bob joined" not in said
    assert "one" not in said.split()
