"""What a window can do: one table for its menu, its keys and the help."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from phase4.widgets.context_menu import COPY_STAMPED, COPY_STAMPED_KEYS
from phase4.widgets.theme import Theme

if TYPE_CHECKING:
    from phase4.widgets.conversation import Conversation

Group = Sequence[tuple[str, str]]
"""Keys that belong together: which, and what they do."""

OTHER_KEYS: Group = (
    ("Return", "send what is typed"),
    ("Shift Return", "begin a new line; Ctrl Return and Alt Return do so, too"),
    ("Tab", "complete a name or a command"),
    ("Up, Down", "bring back what was sent"),
    ("Escape", "clear what is being typed; from another part, back to where one types"),
    ("Ctrl Z", "bring back what was cleared, erased or typed before, also after Escape"),
    ("Ctrl Y, Ctrl Shift Z", "undo that"),
    ("Ctrl Backspace, Ctrl Delete", "erase a word"),
    ("Ctrl A", "select all"),
    ("/me waves", "say what you do; everybody reads it behind your name"),
    ("/ignore NAME", "show nothing of what somebody says; /unignore ends it"),
    (
        "/help",
        "what the server does: /pm, /who or ?list, /nick, /history, /search, /ids, /topic, /quit"
        " or /exit; for a name of one's own /register, /login, /password, /logout, /unregister",
    ),
    ("Ctrl C", "copy what is selected; of what was said, without time and name"),
    ("Shift Up, Shift Down", "in the conversation (F6 leads there): select lines"),
    ("Page Up, Page Down", "scroll, also to earlier lines"),
    ("Ctrl End", "jump to the newest line"),
    ("Return", "on a name among the people: talk with that person alone"),
    ("Menu, Shift F10", "what can be done with the lines, the person or the tab there"),
    ("arrows, Delete", "in the row of tabs: walk, and close one"),
    ("Ctrl Page Up, Ctrl Page Down", "go to another conversation, too"),
    ("Alt 1 to Alt 9", "go to that conversation"),
    ("F10", "open the menu"),
    ("Tab, arrows, Return", "choose among buttons"),
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


def looks_actions(theme: Theme) -> Iterator[Action]:
    """Colours and sizes."""
    larger = ("<Control-plus>", "<Control-equal>", "<Control-KP_Add>")
    smaller = ("<Control-minus>", "<Control-KP_Subtract>")
    usual, system = ("<Control-0>",), ("<Shift-F2>",)
    yield Action("Light or dark", "F2", ("<F2>",), theme.toggle, starts_group=True, everywhere=True)
    yield Action("Colours of the system", "Shift F2", system, theme.follow_system, everywhere=True)
    yield Action("Larger text", "Ctrl +", larger, lambda: theme.zoom(1), everywhere=True)
    yield Action("Smaller text", "Ctrl -", smaller, lambda: theme.zoom(-1), everywhere=True)
    yield Action("Text as at the start", "Ctrl 0", usual, lambda: theme.zoom(0), everywhere=True)


def reading_actions(front: "Callable[[], Conversation]", what: str) -> Iterator[Action]:
    """What is done with the lines in front, which people call `what`."""
    find, copy = ("<Control-f>",), ("<Control-Shift-c>",)
    before = ("<Shift-F3>",)
    yield Action("Find …", "Ctrl F", find, lambda: front().find(), starts_group=True)
    yield Action("Find the next", "F3", ("<F3>",), lambda: front().find_next())
    yield Action("Find the one before", "Shift F3", before, lambda: front().find_previous())
    yield Action("Links in sight …", "F8", ("<F8>",), lambda: front().menu.show_links())
    stamped = ("<Control-Shift-s>",)
    yield Action(COPY_STAMPED, COPY_STAMPED_KEYS, stamped, lambda: front().copy_stamped())
    yield Action(f"Copy the {what}", "Ctrl Shift C", copy, lambda: front().copy_all())


def key_groups(actions: Sequence[Action], others: Group) -> list[Group]:
    """All keys, in the groups of the menu; `others` are in no menu, and come last."""
    groups: list[list[tuple[str, str]]] = [[]]
    for action in actions:
        if action.starts_group:
            groups.append([])
        if action.keys:
            groups[-1].append((action.keys, action.label.removesuffix(" …")))
    return [*groups, others]
