"""What the window can do: the table of its menu, its keys and the help. Main thread only."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from phase4.client_gui.chat_page import ChatPage
from phase4.client_gui.tabs import tab_actions
from phase4.widgets.actions import Action, looks_actions, reading_actions
from phase4.widgets.theme import Theme


@dataclass(frozen=True, slots=True)
class MenuCalls:
    """What the menu asks of the window."""

    connect_again: Callable[[], None]
    choose_server: Callable[[], None]
    # Once the form is shown.
    show_servers: Callable[[], None]
    explain_security: Callable[[], None]
    show_ignored: Callable[[], None]
    show_keys: Callable[[], None]
    ask_to_quit: Callable[[], None]


def window_actions(
    calls: MenuCalls, chat_page: ChatPage, being_called: Iterable[Action], theme: Theme
) -> tuple[Action, ...]:
    """All of it, in the order of the menu."""

    def show_servers() -> None:
        calls.choose_server()
        calls.show_servers()

    again, choose = ("Connect again", "F5", ("<F5>",)), ("Another server …", "F4", ("<F4>",))
    servers = ("Servers …", "Shift F4", ("<Shift-F4>",))
    archive = ("Find in the archive …", "Ctrl Shift F", ("<Control-Shift-f>",))
    parts = ("Next part of the window", "F6", ("<F6>",))
    return (
        Action(*again, calls.connect_again, everywhere=True),
        Action(*choose, calls.choose_server, everywhere=True),
        Action(*servers, show_servers, everywhere=True),
        *tab_actions(chat_page.tabs),
        *being_called,
        *reading_actions(lambda: chat_page.tabs.current.conversation, "conversation"),
        Action(*archive, lambda: chat_page.look_for("")),
        *looks_actions(theme),
        Action(*parts, chat_page.focus_next, starts_group=True),
        Action("People you ignore …", "", (), calls.show_ignored),
        Action("Who can listen in", "F7", ("<F7>",), calls.explain_security),
        Action("Keys", "F1", ("<F1>",), calls.show_keys),
        Action("Quit", "Ctrl Q", ("<Control-q>",), calls.ask_to_quit, everywhere=True),
    )
