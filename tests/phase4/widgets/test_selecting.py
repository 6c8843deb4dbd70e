"""What is being selected stays under the pointer, however many lines come meanwhile."""

import tkinter as tk
from collections.abc import Iterator

import pytest

from phase4.widgets.conversation import Conversation
from phase4.widgets.lines import Line
from phase4.widgets.theme import Theme
from tests.kit.desktop import Desktop
from tests.kit.windows import new_window, press, see

pytestmark = pytest.mark.window


def numbered(count: int, start: int = 0) -> list[Line]:
    return [
        Line("public", "12:00:00", "Bob", f"line {number}", "Bob")
        for number in range(start, start + count)
    ]


class Mouse:
    """A pointer over a conversation with a hundred lines, and what it does."""

    def __init__(self, root: tk.Tk, desktop: Desktop) -> None:
        self._desktop = desktop
        self.talk = Conversation(root, Theme(root, "light"), print)
        self.talk.pack(fill="both", expand=True)
        see(root, self.talk.winfo_viewable, "the conversation")
        self.talk.add(numbered(100))
        root.update()

    def drag(self, word: str, *steps: str, side: int = 0) -> None:
        """Move the pointer to the left or the right of a word; then do more with it."""
        text = self.talk.text
        start = text.search(word, "1.0")
        box = text.bbox(start if not side else f"{start}+{len(word) - 1}c")
        assert box is not None, f"{word} is not in sight"
        x = text.winfo_rootx() + box[0] + (box[2] - 1) * side
        y = text.winfo_rooty() + box[1] + box[3] // 2
        self._desktop.xdotool("mousemove", str(x), str(y), *steps)

    def press(self, word: str) -> None:
        """Press the button to the left of this word, and hold it."""
        self.drag(word, "mousedown", "1")
        see(self.talk, lambda: self.talk.selection.is_held, "the button")

    def release(self) -> None:
        """Let go of the button, wherever the pointer is."""
        self._desktop.xdotool("mouseup", "1")

    def come(self, *lines: Line) -> None:
        """Lines come, one by one."""
        for line in lines:
            self.talk.add([line])
            self.talk.update()

    @property
    def selected(self) -> str:
        """What is selected now."""
        self.talk.update()
        return self.talk.selection.said

    @property
    def is_at_the_end(self) -> bool:
        """Whether the newest line is in sight."""
        self.talk.update()
        return self.talk.text.dlineinfo("end-2c") is not None


@pytest.fixture
def mouse(desktop: Desktop) -> Iterator[Mouse]:
    with new_window(desktop) as root:
        mouse = Mouse(root, desktop)
        yield mouse
        mouse.release()  # after a failure, it may still be down


def test_lines_that_come_while_one_draws_do_not_move_what_is_under_the_pointer(
    mouse: Mouse,
) -> None:
    talk = mouse.talk
    assert talk.follows
    before = talk.text.bbox(talk.text.search("line 95", "1.0"))
    mouse.press("line 95")
    mouse.come(*numbered(10, 100))
    mouse.drag("line 96", side=1)
    mouse.come(*numbered(10, 110))
    mouse.drag("line 97", side=1)
    see(talk, lambda: mouse.selected == "line 95\nline 96\nline 97", "what the pointer went over")
    mouse.release()
    mouse.come(*numbered(10, 120))
    assert mouse.selected == "line 95\nline 96\nline 97"
    assert talk.text.bbox(talk.text.search("line 95", "1.0")) == before, "it has not moved"
    assert talk.jump.winfo_ismapped()
    assert str(talk.jump.cget("text")) in ("↓ 30 new", "↓ 29 new")  # half of one may be in sight
    press(talk.text, "<<Copy>>")
    assert talk.clipboard_get() == "line 95\nline 96\nline 97"


def test_it_follows_again_when_nothing_is_selected_any_more(mouse: Mouse) -> None:
    talk = mouse.talk
    mouse.press("line 95")
    mouse.drag("line 96", "mouseup", "1", side=1)
    see(talk, lambda: mouse.selected, "a selection")
    mouse.come(*numbered(10, 100))
    assert not mouse.is_at_the_end
    mouse.drag("line 94", "click", "1")
    see(talk, lambda: mouse.is_at_the_end, "the newest line")
    assert talk.follows
    mouse.come(*numbered(10, 110))
    assert mouse.is_at_the_end


def test_a_click_while_a_line_comes_does_not_stop_it_from_following(mouse: Mouse) -> None:
    mouse.press("line 95")
    mouse.come(*numbered(3, 100))
    assert not mouse.is_at_the_end
    mouse.release()
    see(mouse.talk, lambda: mouse.is_at_the_end, "the newest line")
    assert mouse.talk.follows


def test_the_button_and_what_one_says_lead_down_and_nothing_is_selected_then(mouse: Mouse) -> None:
    talk = mouse.talk
    talk.select_all()
    mouse.come(*numbered(10, 100))
    assert not mouse.is_at_the_end
    talk.jump.invoke()
    assert mouse.is_at_the_end
    assert mouse.selected == ""
    mouse.come(*numbered(10, 110))
    assert mouse.is_at_the_end


def test_one_who_scrolls_while_something_is_selected_stays_there(mouse: Mouse) -> None:
    talk = mouse.talk
    talk.select_all()
    mouse.come(*numbered(1, 100))
    talk.scroll(-3, "pages")
    talk.selection.clear()
    top = talk.text.index("@0,0")
    mouse.come(*numbered(10, 101))
    assert talk.text.index("@0,0") == top
    assert not talk.follows


def test_where_there_is_space_new_lines_are_seen_at_once(mouse: Mouse) -> None:
    talk = Conversation(mouse.talk.master, Theme(mouse.talk.winfo_toplevel(), "light"), print)
    mouse.talk.pack_forget()
    talk.pack(fill="both", expand=True)
    see(talk, talk.winfo_viewable, "an empty conversation")
    talk.add(numbered(2))
    talk.select_all()
    talk.add(numbered(2, 2))
    talk.update()
    assert not talk.jump.winfo_ismapped()
    assert talk.follows


def test_lines_are_selected_by_keys_alone(mouse: Mouse, desktop: Desktop) -> None:
    talk = mouse.talk
    talk.text.focus_force()
    see(talk, lambda: talk.focus_get() is talk.text, "the keyboard in the conversation")

    def selects(keys: str, *numbers: int) -> None:
        desktop.xdotool("key", *keys.split())
        wanted = "".join(f"line {number}\n" for number in numbers)
        see(talk, lambda: talk.selection.said == wanted, f"{numbers} after {keys}")

    selects("shift+Up", 99)
    selects("shift+Up shift+Up", 97, 98, 99)
    selects("shift+Down", 98, 99)
    assert talk.follows
    selects(" ".join(["shift+Up"] * 60), *range(38, 100))
    assert not talk.follows  # where one has come is in sight
    talk.add(numbered(1, 100))
    selects("shift+Down", *range(39, 100))
    desktop.xdotool("key", "Escape")
    see(talk, lambda: not talk.selection.is_there, "that nothing is selected")
    top = talk.text.in_sight()[0]
    selects("shift+Down shift+Down", top, top + 1)
    selects("shift+Up shift+Up", top - 1, top)
