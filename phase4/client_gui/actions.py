"""What the window can do: one table for its menu, its keys and the help."""

import sys
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from phase4.widgets.actions import Action

if TYPE_CHECKING:
    from phase4.client_gui.tabs import Tabs
    from phase4.widgets.conversation import Conversation


def tab_actions(tabs: "Tabs") -> Iterator[Action]:
    """To walk through the conversations, and to close one."""
    x11 = sys.platform not in ("win32", "darwin")  # where Shift makes another key of Tab
    shift_tab = "<Control-ISO_Left_Tab>" if x11 else "<Control-Shift-Tab>"
    forth, back = ("<Control-Tab>", "<Control-Next>"), (shift_tab, "<Control-Prior>")
    close = ("<Control-w>",)
    yield Action("Next conversation", "Ctrl Tab", forth, lambda: tabs.walk(1), starts_group=True)
    yield Action("Conversation before", "Ctrl Shift Tab", back, lambda: tabs.walk(-1))
    yield Action("Close the conversation", "Ctrl W", close, lambda: tabs.close(tabs.current))


def reading_actions(front: "Callable[[], Conversation]") -> Iterator[Action]:
    """What is done with the conversation in front."""
    find, copy = ("<Control-f>",), ("<Control-Shift-c>",)
    before = ("<Shift-F3>",)
    yield Action("Find …", "Ctrl F", find, lambda: front().find(), starts_group=True)
    yield Action("Find the next", "F3", ("<F3>",), lambda: front().find_next())
    yield Action("Find the one before", "Shift F3", before, lambda: front().find_previous())
    yield Action("Copy the conversation", "Ctrl Shift C", copy, lambda: front().copy_all())
