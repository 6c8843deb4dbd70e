"""What the window can do: one table for its menu, its keys and the help."""

import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from phase4.gui.conversation import Conversation
    from phase4.gui.tabs import Tabs
    from phase4.gui.theme import Theme

OTHER_KEYS = (
    "Tab completes names and commands; Up and Down bring back what was sent; Escape clears.",
    "Page Up and Page Down scroll; Ctrl End jumps to the newest line.",
    "Return on a name among the people opens a private conversation.",
    "Ctrl Page Up, Ctrl Page Down and Alt 1 to Alt 9 go to another conversation, too.",
    "F10 opens the menu; Tab, the arrows and Return choose among buttons.",
)


@dataclass(frozen=True, slots=True)
class Action:
    """Something the window can do."""

    label: str
    keys: str  # as a person reads them
    sequences: tuple[str, ...]  # as keys.bind_keys() takes them
    do: Callable[[], object]
    starts_group: bool = False  # a line before it in the menu
    everywhere: bool = False  # also while the form is shown, and not the conversation


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


def looks_actions(theme: "Theme") -> Iterator[Action]:
    """Colours and sizes."""
    larger = ("<Control-plus>", "<Control-equal>", "<Control-KP_Add>")
    smaller = ("<Control-minus>", "<Control-KP_Subtract>")
    usual = ("<Control-0>",)
    yield Action("Light or dark", "F2", ("<F2>",), theme.toggle, starts_group=True, everywhere=True)
    yield Action("Larger text", "Ctrl +", larger, lambda: theme.zoom(1), everywhere=True)
    yield Action("Smaller text", "Ctrl -", smaller, lambda: theme.zoom(-1), everywhere=True)
    yield Action("Text as at the start", "Ctrl 0", usual, lambda: theme.zoom(0), everywhere=True)


def explain_keys(actions: Sequence[Action]) -> Iterator[str]:
    """Every key, a line for each."""
    for action in actions:
        yield f"{action.keys}: {action.label.removesuffix(' …')}"
    yield from OTHER_KEYS
