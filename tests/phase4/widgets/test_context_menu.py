"""What can be done with lines, from a menu: with the mouse, and with the keyboard alone."""

import tkinter as tk
from collections.abc import Iterator

import pytest

from phase4.widgets.conversation import Conversation
from phase4.widgets.lines import Line
from phase4.widgets.theme import Theme
from tests.kit.desktop import Desktop
from tests.kit.windows import new_window, see

pytestmark = pytest.mark.window

COPIES = ("Copy", "Copy with time and name")
LINES = [
    Line("public", "10:00:00", "Bob", "an old http://old.example one", "Bob"),
    *(Line("notice", "10:00:01", "*", "nothing") for _ in range(50)),
    Line("public", "10:00:02", "Bob", "see https://a.example/x and https://b.example", "Bob"),
    Line("own", "10:00:03", "Ann", "thanks", "Ann"),
]


class Opened:
    """A conversation on the screen, and what was asked of it."""

    def __init__(self, root: tk.Tk, desktop: Desktop) -> None:
        self.root, self.desktop = root, desktop
        self.links: list[str] = []
        self.people: list[str] = []
        self.talk = Conversation(root, Theme(root, "light"), self.links.append)
        self.talk.menu.talk = self.people.append
        self.talk.pack(fill="both", expand=True)
        self.talk.add(LINES)
        see(root, lambda: self.talk.text.dlineinfo("end-2c"), "the newest line")
        self.talk.text.focus_force()
        see(root, lambda: root.focus_get() is self.talk.text, "the keyboard")

    @property
    def labels(self) -> list[str]:
        """What the menu offers; nothing while it is closed."""
        menu = self.talk.menu.menu
        last = menu.index("end")
        if not menu.winfo_ismapped() or last is None:
            return []
        return [str(menu.entrycget(at, "label")) for at in range(last + 1)]

    def click(self, said: str) -> None:
        """Press the right button on this text."""
        text = self.talk.text
        box = text.bbox(text.search(said, "1.0"))
        assert box is not None
        x, y = text.winfo_rootx() + box[0] + 3, text.winfo_rooty() + box[1] + 3
        self.desktop.xdotool("mousemove", str(x), str(y), "click", "3")
        see(self.root, lambda: self.labels, "the menu")

    def key(self, *keys: str) -> None:
        """Press keys, as a person does."""
        self.desktop.xdotool("key", "--delay", "4", *keys)


@pytest.fixture
def opened(desktop: Desktop) -> Iterator[Opened]:
    with new_window(desktop) as root:
        see(root, root.winfo_viewable, "the window")
        yield Opened(root, desktop)


def test_a_key_lists_the_links_in_sight_and_return_opens_one(opened: Opened) -> None:
    opened.key("shift+F10")
    links = ["Open https://b.example", "Open https://a.example/x"]
    see(opened.root, lambda: opened.labels == [*COPIES, *links], "the menu of what is in sight")
    opened.key("Escape")
    see(opened.root, lambda: not opened.labels, "no menu")
    opened.talk.menu.show_links()
    see(opened.root, lambda: opened.labels == links, "the menu of links")
    opened.key("Down", "Return")
    see(opened.root, lambda: opened.links == ["https://a.example/x"], "the second link")
    see(opened.root, lambda: opened.root.focus_get() is opened.talk.text, "the keyboard back")


@pytest.mark.parametrize("below", [28, 52], ids=["on the first", "on the second"])
def test_a_pointer_that_lies_on_the_menu_of_a_key_chooses_nothing_until_it_moves(
    opened: Opened, below: int
) -> None:
    text, menu = opened.talk.text, opened.talk.menu.menu
    x, y = text.winfo_rootx() + 30, text.winfo_rooty()
    opened.desktop.xdotool("mousemove", str(x), str(y + below))
    opened.talk.menu.show_links()
    see(opened.root, lambda: opened.labels, "the menu")
    opened.key("Down")
    see(opened.root, lambda: menu.index("active") == 1, "the second link marked")
    opened.desktop.xdotool("mousemove", str(x + 9), str(y + 30))
    see(opened.root, lambda: menu.index("active") == 0, "the first one, to which the pointer went")
    opened.key("Return")
    see(opened.root, lambda: opened.links == ["https://b.example"], "the first link")


def test_where_no_link_is_in_sight_the_menu_says_so(opened: Opened) -> None:
    opened.talk.text.yview_moveto(0.4)
    opened.root.update()
    opened.talk.menu.show_links()
    see(opened.root, lambda: opened.labels == ["No link is in sight"], "the sentence")
    opened.key("Escape")
    see(opened.root, lambda: not opened.labels, "no menu")


def test_the_right_button_offers_what_is_under_the_pointer(opened: Opened) -> None:
    opened.click("a.example/x")
    assert opened.labels == [
        *COPIES,
        *("Open https://a.example/x", "Copy the link", "Talk with Bob alone"),
    ]
    opened.key("Down", "Down", "Return")  # there is nothing to copy
    see(opened.root, lambda: not opened.labels, "no menu")
    assert opened.root.clipboard_get() == "https://a.example/x"
    opened.click("see")
    assert opened.labels == [*COPIES, "Talk with Bob alone"]
    opened.key("Up", "Return")
    see(opened.root, lambda: opened.people == ["Bob"], "the conversation with Bob")
    opened.talk.select_all()
    opened.click("thanks")
    assert opened.labels == [*COPIES]
    opened.key("Down", "Return")
    see(opened.root, lambda: not opened.labels, "no menu")
    assert opened.root.clipboard_get().endswith("\nAnn: thanks\n")
    opened.click("thanks")
    opened.key("Down", "Down", "Return")
    see(opened.root, lambda: not opened.labels, "no menu")
    assert opened.root.clipboard_get().endswith("10:00:03  Ann  thanks\n")
    assert not opened.links
