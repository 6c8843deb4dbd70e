"""The server's window keeps a room in order: its buttons are an operator's commands."""

import doctest
import time
import tkinter as tk
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import pytest

from phase4.server_gui import orders
from phase4.server_gui.app import App, State
from phase4.server_gui.bans_window import BansWindow
from phase4.server_gui.form import Wanted
from phase4.server_gui.page import MUTE, UNMUTE
from phase4.server_gui.reports import Moderated, format_report, parse_report
from phase4.server_gui.room_bar import CLOSE, OPEN
from tests.kit.chat import PROMPT, TIME, Person
from tests.kit.windows import press, see
from tests.phase4.server_gui.test_questions import answer, asked, see_people, select
from tests.phase4.server_gui.test_server_gui import join, port_of

WHEN = 1_700_000_000.5


def test_a_report_of_what_holds_reads_as_it_was_written() -> None:
    report = Moderated("Sockets", False, (("10.0.0.0/8", WHEN, "Ann"),), (("Bob", None, "Ann"),))
    assert parse_report(format_report(report)) == report


@pytest.mark.parametrize(
    "line",
    [
        b'{"Moderated": {"bans": [7]}}',
        b'{"Moderated": {"bans": [[1]]}}',
        b'{"Moderated": {"bans": null}}',
    ],
)
def test_what_only_looks_like_it_is_not_one(line: bytes) -> None:
    assert parse_report(line) is None


def test_what_has_come_to_its_end_is_not_shown_any_more() -> None:
    soon, before = time.time() + 1000, time.time() - 1
    moderated = Moderated(
        bans=(("Bill", before, "Ann"), ("10.0.0.1", None, "Ann")),
        mutes=(("Bob", before, "Ann"), ("Carol", soon, "Ann")),
    )
    assert [row[:2] for row in orders.rows(moderated)] == [
        (orders.BANNED, "10.0.0.1"),
        (orders.MUTED, "Carol"),
    ]
    assert orders.muted_names(moderated) == ("Carol",)


def test_the_examples_are_true() -> None:
    assert doctest.testmod(orders).failed == 0


# --- the window -----------------------------------------------------------------------------------


@pytest.fixture
def app(root: tk.Tk, tmp_path: Path, put_up: Callable[[App], App]) -> App:
    """A window with its server running."""
    fields = {"host": "127.0.0.1", "port": "0", "status_port": "0"}
    options = ("--log-dir", str(tmp_path), "--flood-rate", "0", "--history", "0")
    app = put_up(App(root, Wanted(fields, options), "light", lambda: False))
    app.appear()
    app.start()
    see(root, lambda: app.state is State.RUNNING, "a running server")
    return app


def said(app: App) -> str:
    """What became of the last order."""
    return str(app.page.said.cget("text"))


def write_topic(app: App, text: str) -> None:
    """Replace what stands in the topic's field."""
    app.page.room.edit_topic()
    app.page.room.field.delete(0, "end")
    app.page.room.field.insert(0, text)


def bans_window(app: App) -> BansWindow:
    """The list of those who are kept out."""
    (window,) = (each for each in app.root.winfo_children() if isinstance(each, BansWindow))
    return window


def listed(app: App) -> list[tuple[str, str]]:
    """Banned or muted, and who, as the list has them."""
    tree = bans_window(app).tree
    return [tuple(map(str, tree.item(each, "values")[:2])) for each in tree.get_children()]  # type: ignore[misc]


@pytest.mark.window
def test_a_room_of_twenty_is_closed_and_opened_one_is_muted_and_one_kept_out(app: App) -> None:
    names = [f"P{number:02}" for number in range(20)]
    with ExitStack() as stack:
        people = [stack.enter_context(join(port_of(app), name)) for name in names]
        see_people(app, *names)
        app.page.room.toggle_button.invoke()
        for person in people:
            person.skip_to(rf"{TIME} \* The operator closed the room to writing\.")
        people[0].send("hello")
        people[0].refused("The room is closed to writing: .* Nothing was sent.")
        see(app.root, lambda: app.page.room.toggle_button.cget("text") == OPEN, "closed")
        app.page.room.toggle_button.invoke()
        for person in people:
            person.hear("* The operator opened the room to writing.")
        see(app.root, lambda: app.page.room.toggle_button.cget("text") == CLOSE, "open")
        select(app, "P03")
        app.page.mute_button.invoke()
        assert asked(app).startswith("Mute P03 (127.0.0.1:")
        answer(app, "10 minutes")
        for person in people:
            person.expect(rf"{TIME} \* The operator muted P03 until .*\.")
        people[3].expect(rf"{TIME} \* You are muted until .*")
        people[3].send("hello", "//me waves")
        people[3].refused("You are muted until .*")
        people[3].refused("You are muted until .*")
        select(app, "P07")
        app.page.ban_button.invoke()
        answer(app, "Name")
        assert people[7].read_bytes_until_end() == b"! You are banned.\n"
        with Person("127.0.0.1", port_of(app)) as again:
            again.expect(PROMPT)
            again.send("P07")
            again.expect(r"! The name P07 is banned\.")
        others = [each for number, each in enumerate(people) if number not in (3, 7)]
        others[0].send("all here?")
        for person in others:
            person.hear("* P07 left (banned by the operator)")
        for person in others[1:]:
            person.hear("P00: all here?")


@pytest.mark.window
def test_who_is_muted_is_marked_and_the_button_ends_it(app: App) -> None:
    with join(port_of(app), "Bob") as bob, join(port_of(app), "Carol"):
        see_people(app, "Bob", "Carol")
        select(app, "Bob")
        app.page.mute_button.invoke()
        answer(app, "Until lifted")
        tree = app.page.people.tree
        first = tree.get_children()[0]
        see(app.root, lambda: tree.item(first, "values")[0] == "Bob (muted)", "the mark")
        assert app.page.people.selected() == "Bob"
        see(app.root, lambda: app.page.mute_button.cget("text") == UNMUTE, "the other button")
        select(app, "Carol")
        assert app.page.mute_button.cget("text") == MUTE
        select(app, "Bob")
        app.page.mute_button.invoke()
        assert not asked(app)
        bob.skip_to(rf"{TIME} \* The operator lets Bob speak again\.")
        see(app.root, lambda: tree.item(first, "values")[0] == "Bob", "no mark")


@pytest.mark.window
def test_the_menu_key_offers_what_can_be_done_with_a_person(app: App) -> None:
    with join(port_of(app), "Bob"):
        see_people(app, "Bob")
        offered: list[tuple[int, int, bool]] = []
        ask, app.page.people.ask = app.page.people.ask, lambda *at: offered.append(at)
        app.page.people.tree.focus_force()
        select(app, "Bob")
        press(app.page.people.tree, "<Shift-F10>")
        assert [by_key for *_, by_key in offered] == [True]
        popup = vars(app.moderating)["_popup"]
        popup.post_by_key = lambda x, y: None  # an open menu takes the whole screen
        ask(0, 0, True)
        menu = popup.menu
        labels = [menu.entrycget(at, "label") for at in range(menu.index("end") + 1)]
        assert labels == ["Disconnect …", "Mute …", "Ban …"]
        menu.invoke(2)
        assert asked(app).startswith("Ban Bob")


@pytest.mark.window
def test_the_topic_is_set_by_return_and_what_is_being_written_stays(app: App) -> None:
    field = app.page.room.field
    with join(port_of(app), "Bob") as bob:
        write_topic(app, "Sockets")
        press(field, "<Return>")
        bob.hear("* The operator set the topic: Sockets")
        see(app.root, lambda: said(app) == "The topic is: Sockets", "the answer")
        write_topic(app, "Something lon")
        app.moderating.set_topic("Another")  # as an operator in the room does
        bob.hear("* The operator set the topic: Another")
        see(app.root, lambda: said(app) == "The topic is: Another", "the answer")
        assert field.get() == "Something lon"
        press(field, "<Escape>")
        assert field.get() == "Another"
        write_topic(app, "x" * 301)
        press(field, "<Return>")
        see(app.root, lambda: "at most 300 characters" in said(app), "the error")
        assert str(app.page.said.cget("style")) == "Error.TLabel"
        assert field.get() == "x" * 301  # nothing typed is lost
        write_topic(app, "")
        press(field, "<Return>")
        bob.hear("* The operator removed the topic.")


@pytest.mark.window
def test_the_list_of_bans_follows_and_lifts_and_takes_an_address(app: App) -> None:
    with join(port_of(app), "Bob") as bob:
        app.page.room.bans_button.invoke()
        window = bans_window(app)
        field = window.field
        for text, answered in (
            ("10.0.0.0/8 60", "10.0.0.0/8 is banned."),
            ("Mallory", "Mallory is banned."),
            ("127.0.0.1", "127.0.0.1 is this machine itself. Nobody was banned."),
        ):
            field.insert(0, text)
            press(field, "<Return>")
            see(app.root, lambda answered=answered: said(app) == answered, answered)  # type: ignore[misc]
        assert field.get() == "127.0.0.1"  # refused: it can be mended
        see(app.root, lambda: len(listed(app)) == 2, "two")
        assert listed(app) == [("Banned", "Mallory"), ("Banned", "10.0.0.0/8")]
        app.moderating._order("/mute Bob")
        bob.skip_to(rf"{TIME} \* You are muted: .*")
        see(app.root, lambda: ("Muted", "Bob") in listed(app), "all three")
        window.tree.focus_force()
        for left in (2, 1, 0):
            press(window.tree, "<Delete>")
            see(app.root, lambda left=left: len(listed(app)) == left, f"{left} left")  # type: ignore[misc]
        bob.skip_to(rf"{TIME} \* The operator lets Bob speak again\.")
        assert window.lift_button.instate(["disabled"])
        press(window, "<Escape>")
        assert not window.winfo_exists()


@pytest.mark.window
def test_without_a_server_nothing_of_it_can_be_pressed(app: App) -> None:
    page = app.page
    app.page.room.bans_button.invoke()
    app.stop_at_once()
    see(app.root, lambda: app.state is State.STOPPED, "the end")
    for part in (page.room.field, page.room.toggle_button, page.room.bans_button, page.ban_button):
        assert part.instate(["disabled"])
    assert not [each for each in app.root.winfo_children() if isinstance(each, BansWindow)]
    app.moderating.toggle_writing()  # nor by a key
    app.start()
    see(app.root, lambda: app.state is State.RUNNING, "a running server")
    see(app.root, lambda: page.room.toggle_button.cget("text") == CLOSE, "open, as before")
