"""Many conversations: told apart, found by a part of a name, and none that is forgotten."""

import tkinter as tk

import pytest
from hypothesis import given
from hypothesis import strategies as st

from phase4.client_gui.app import App
from phase4.client_gui.row_layout import MOST_LINES, OUT_OF_SIGHT, lay_out
from phase4.client_gui.short_names import both_ends, told_apart
from phase4.client_gui.switching import Choice, choices
from phase4.client_gui.tab_row import FEWEST_CHARACTERS
from phase4.client_gui.tabs import MAX_PRIVATE_TABS
from shared import message
from tests.kit.chat import Chat
from tests.kit.desktop import Desktop
from tests.kit.windows import Apps, see, shows, tab_of, tabs_of

STUDENTS = tuple(f"student-of-maths-{number:02}" for number in range(MAX_PRIVATE_TABS))

# --- without a window ----------------------------------------------------------------------------


@given(
    st.lists(st.text("ab-1é\u0301क\u093f", min_size=1, max_size=20), unique=True, max_size=21),
    st.integers(1, 20),
)
def test_no_two_names_look_the_same_however_short_they_are(
    names: list[str], characters: int
) -> None:
    short = told_apart(tuple(names), characters)
    assert len({*short}) == len(names)
    assert all(len(cut) <= len(name) for cut, name in zip(short, names, strict=True))


@pytest.mark.parametrize(
    ("names", "short"),
    [
        (STUDENTS[7:9], ("stud…-07", "stud…-08")),
        (("students-7-of-b", "students-8-of-b"), ("s…nts-7…", "s…nts-8…")),
        (("Ann", "Bob"), ("Ann", "Bob")),
        (("Annabella-May", "Annabella-Jo"), ("Anna…May", "Anna…-Jo")),
    ],
)
def test_what_differs_is_kept_wherever_it_stands(names: tuple[str, ...], short: object) -> None:
    assert told_apart(names, 8) == short


def test_a_mark_is_not_cut_from_its_letter() -> None:
    assert both_ends("e\u0301" * 9, lambda text: len(text) <= 7) == "e\u0301e\u0301…e\u0301"


@given(
    st.lists(st.integers(20, 90), min_size=1, max_size=21), st.integers(60, 300), st.integers(0, 20)
)
def test_the_front_is_always_in_sight_and_every_tab_is_somewhere(
    widths: list[int], width: int, front: int
) -> None:
    front %= len(widths)
    seen = {*range(len(widths))} - {
        *lay_out(widths, width, front=front, first=0, follows=True).hidden
    }
    assert front in seen
    first, last_first = 0, 0
    while first <= last_first:
        shown = lay_out(widths, width, front=front, first=first, follows=False)
        in_sight = [place for place in shown.places if place[1] != OUT_OF_SIGHT]
        assert shown.places[front] in in_sight
        assert len({*in_sight}) == len(in_sight)  # none on another
        assert all(line < min(MOST_LINES, shown.lines) for _, line in in_sight)
        seen |= {*range(len(widths))} - {*shown.hidden}
        first, last_first = first + 1, shown.last_first
    assert seen == {*range(len(widths))}


def test_a_part_of_a_name_finds_conversations_and_people_the_likeliest_first() -> None:
    talks = [
        Choice("", "Everybody", is_open=True, is_front=True),
        Choice("Bob", "Bob", is_open=True),
        Choice("Rob", "Rob", 2, is_open=True),
        Choice("Bo", "Bo", is_here=False),
    ]

    def found(sought: str) -> list[str]:
        return [each.name for each in choices(talks, ["Ann", "BOB", "Zoë", "the-boss"], sought)]

    assert found("") == ["Rob", "Bob", "Everybody", "Ann", "Zoë", "the-boss", "Bo"]
    assert found(" bo ") == ["Bob", "Bo", "the-boss", "Everybody"]
    assert found("ZOE\u0308") == ["Zoë"]
    assert found("x") == []


# --- in a window ---------------------------------------------------------------------------------


@pytest.fixture
def alice(start_app: Apps, root: tk.Tk) -> App:
    """A window with a full row of tabs, each with a message that nobody has read."""
    app = start_app(1)
    app._pages.show_chat()
    app.router.me = "Alice"
    app.router.show([message.Private("12:00:00", name, "Alice", "hi") for name in STUDENTS])
    app.chat_page.show_people(("Alice", *STUDENTS, "Zoe"))
    app.chat_page.entry.focus_force()
    see(root, lambda: root.focus_get() is app.chat_page.entry, "the keyboard in the entry")
    return app


@pytest.mark.window
@pytest.mark.parametrize("points", [10, 20])
def test_all_tabs_differ_and_what_is_behind_the_fold_is_counted(
    desktop: Desktop, root: tk.Tk, alice: App, points: int
) -> None:
    alice.theme.zoom(points - 10)
    root.geometry("1000x700+0+0")
    tabs = tabs_of(alice)
    see(root, lambda: root.winfo_width() == 1000, "the size")
    root.update()
    assert len({*tabs.labels}) == len(STUDENTS) + 1
    for _ in tabs.shown():
        root.update()
        places = [tabs.place_of(tab) for tab in tabs.shown()]
        hidden = [
            tab.unread
            for tab, place in zip(tabs.shown(), places, strict=True)
            if place.winfo_y() < 0
        ]
        assert tabs.place_of(tabs.current).winfo_y() >= 0
        new = f" (@{sum(hidden)})" if sum(hidden) else ""
        count = f" {len(hidden)}" if hidden else ""
        assert tabs.row.more.cget("text") == f"▾{count}{new}"
        right = max(place.winfo_x() + place.winfo_width() for place in places)
        assert right <= tabs.row.more.winfo_x()  # the button covers none
        tabs.walk(1)
    tabs.select(tab_of(alice, STUDENTS[-1]))
    place = tabs.place_of(tabs.current)
    assert STUDENTS[-1] not in tabs.labels[-1]
    assert alice.chat_page.header.person.cget("text") == STUDENTS[-1]  # in the header it is whole
    x, y = place.winfo_rootx() + 20, place.winfo_rooty() + 10
    desktop.xdotool("mousemove", str(x), str(y))
    tooltip = tabs.row._tooltip
    see(root, lambda: tooltip.window, "the word beside the pointer")
    assert tooltip.window is not None
    assert [each.cget("text") for each in tooltip.window.winfo_children()] == [STUDENTS[-1]]
    desktop.xdotool("mousemove", str(x), str(y + 300))
    see(root, lambda: tooltip.window is None, "its end")


@pytest.mark.window
@pytest.mark.parametrize("points", [10, 20])
def test_everybody_is_never_cut_and_names_not_more_than_saves_a_line(
    root: tk.Tk, alice: App, points: int
) -> None:
    alice.theme.zoom(points - 10)
    root.update()
    root.geometry("{}x{}".format(*root.minsize()))
    row = tabs_of(alice).row
    see(root, lambda: root.winfo_width() == root.minsize()[0], "the least size")
    root.update()
    space = row.more.winfo_x()
    assert row.labels[0] == "Everybody"
    signs = [len(label.rpartition(" (")[0]) - len("○ ") for label in row.labels[1:]]
    assert min(signs) > FEWEST_CHARACTERS + 1, row.labels  # each has a line of its own
    for tab in tabs_of(alice).shown():
        place = tabs_of(alice).place_of(tab)
        assert place.winfo_x() + place.winfo_width() <= space


@pytest.mark.window
def test_a_conversation_is_chosen_by_a_part_of_a_name_and_keys(
    desktop: Desktop, root: tk.Tk, alice: App
) -> None:
    page, tabs = alice.chat_page, tabs_of(alice)
    panel, entry = page.panels.conversations, page.entry
    entry.put("half a line")
    desktop.xdotool("key", "ctrl+k")
    see(root, panel.field.winfo_viewable, "the list")
    assert len(panel.shown) == len(STUDENTS) + 1
    desktop.xdotool("type", "MATHS-1")
    see(root, lambda: panel.shown == STUDENTS[10:], "those that fit")
    desktop.xdotool("key", "Down", "Return")
    see(root, lambda: tabs.current.person == STUDENTS[11], "the second of them")
    assert not panel.is_open
    see(root, lambda: root.focus_get() is entry, "the keyboard in the entry")
    desktop.xdotool("key", "ctrl+k")
    see(root, panel.field.winfo_viewable, "the list again")
    assert panel.tree.item(panel.shown[0], "values") == ("1 new",)
    desktop.xdotool("type", "nobody")
    see(root, lambda: not panel.shown, "that nobody is called so")
    desktop.xdotool("key", "Return", "Escape")
    see(root, lambda: root.focus_get() is entry, "the keyboard back")
    assert tabs.current.person == STUDENTS[11]
    more = tabs.row.more
    desktop.click(more.winfo_rootx() + 5, more.winfo_rooty() + more.winfo_height() // 2)
    see(root, panel.field.winfo_viewable, "the list, by the button")
    desktop.xdotool("type", "every")
    desktop.xdotool("key", "Return")
    see(root, lambda: tabs.current is tabs.main, "the tab of everybody")
    assert entry.get() == "half a line"


@pytest.mark.window
def test_the_row_is_walked_and_tabs_are_closed_by_keyboard(
    desktop: Desktop, root: tk.Tk, alice: App
) -> None:
    tabs = tabs_of(alice)
    desktop.xdotool("key", "F6", "F6", "F6")
    see(root, lambda: root.focus_get() is tabs.row, "the keyboard in the row")
    assert str(tabs.place_of(tabs.main).cget("style")) == "KeyboardTab.TLabel"
    desktop.xdotool("key", "Right", "Right")
    see(root, lambda: tabs.current.person == STUDENTS[1], "the tab that was walked to")
    assert root.focus_get() is tabs.row
    desktop.xdotool("key", "Delete")
    see(root, lambda: STUDENTS[1] not in [tab.person for tab in tabs.shown()], "it closed")
    assert root.focus_get() is tabs.row
    desktop.xdotool("key", "Return")
    see(root, lambda: root.focus_get() is alice.chat_page.entry, "the keyboard in the entry")


@pytest.mark.window
def test_somebody_online_without_a_tab_is_talked_to_by_a_part_of_the_name(
    desktop: Desktop, root: tk.Tk, start_app: Apps, chat: Chat
) -> None:
    app = start_app.talking(chat.port)
    with chat.join("Zoe-from-Berlin") as zoe:
        shows(app, "Zoe-from-Berlin joined")
        see(root, lambda: len(app.chat_page.people.names()) == 2, "her among the people")
        app.chat_page.entry.focus_force()
        see(root, lambda: root.focus_get() is app.chat_page.entry, "the keyboard in the entry")
        desktop.xdotool("key", "ctrl+k")
        panel = app.chat_page.panels.conversations
        see(root, panel.field.winfo_viewable, "the list")
        assert "Alice" not in panel.shown
        desktop.xdotool("type", "berl")
        desktop.xdotool("key", "Return")
        see(root, lambda: tabs_of(app).current.person == "Zoe-from-Berlin", "a tab for her")
        desktop.xdotool("type", "for you")
        desktop.xdotool("key", "Return")
        shows(app, "→ Zoe-from-Berlin for you", "Zoe-from-Berlin")
        zoe.hear("Alice -> Zoe-from-Berlin: for you")
