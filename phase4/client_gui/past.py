"""What was said before one came, in the window: a page at a time, and by search. Main thread only.

What is asked, and when, is decided in `scrollback` and in `archive_search`. Here they meet the
window, and the client that asks the server for them.
"""

from collections.abc import Callable, Iterable
from typing import Protocol

from phase4.client import Client, ConnectionLost, Disconnected, Event, Recalled, SendError
from phase4.client_gui.archive_panels import ArchivePanels
from phase4.client_gui.archive_search import ArchiveSearch
from phase4.client_gui.chat_page import ChatPage
from phase4.client_gui.routing import Router
from phase4.client_gui.scrollback import Scrollback, ScrollbackCalls
from phase4.widgets.soon import Soon
from phase4.widgets.theme import Theme
from shared.message import Message


class Asker(Protocol):
    """Whoever has the client, if there is one now."""

    client: Client | None


class Past:
    """That of one window. `close` ends what is still to be done."""

    def __init__(
        self,
        page: ChatPage,
        theme: Theme,
        router: Router,
        asker: Asker,
        open_link: Callable[[str], None],
    ) -> None:
        conversation = page.tabs.main.conversation  # everybody's
        self._asker = asker
        self._soon = Soon(conversation)
        calls = ScrollbackCalls(self.ask, router.show_above, conversation.say_above, self._do_later)
        self.scrollback = Scrollback(calls)
        conversation.reached_top = self.scrollback.reached_top
        self.search = ArchiveSearch(self.ask)
        self.panels = ArchivePanels(
            page, theme, self.search, router.line_of_past, router.hides, open_link
        )
        page.look_for = self.panels.look_for

    def close(self) -> None:
        """The window is about to go."""
        self._soon.cancel()

    def follow(self, place: str) -> None:
        """One is in, at this server."""
        self.scrollback.follow(place)

    def heard(self, received: Iterable[Message]) -> None:
        """These lines are shown now."""
        self.scrollback.heard(received)

    def after(self, event: Event) -> None:
        """What the client has told, but for lines."""
        match event:
            case Recalled():
                if not self.scrollback.answered(event):
                    self.search.answered(event)
            case ConnectionLost() | Disconnected():
                self._soon.cancel()
                self.scrollback.lost()
                self.search.lost()

    def ask(self, question: str) -> None:
        """Ask the server. Raises SendError."""
        if self._asker.client is None:
            raise SendError("You are not connected.")
        self._asker.client.recall(question)

    def _do_later(self, milliseconds: int, do: Callable[[], None]) -> None:
        self._soon.do("again", do, milliseconds=milliseconds)
