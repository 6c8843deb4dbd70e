"""An operator's hand, in the window: what can be done with a person, and with the room.

Main thread only. Each choice is the line that an operator could type, and its answer is shown as
ever. It is offered only where the server has said that one is an operator.
"""

import re
from collections.abc import Callable, Iterator, Sequence

from phase4.client.room_state import RoomState
from phase4.client_gui.chat_page import ChatPage
from phase4.client_gui.person_menu import Choice
from phase4.client_gui.short_names import short_name
from phase4.widgets.actions import Action
from phase4.widgets.ask_panel import AskPanel, Field, Form
from phase4.widgets.popup import Popup
from phase4.widgets.theme import Theme

MINUTES = (5, 15, 60)
"""For how long somebody is muted, as a menu offers it."""

NO_TOPIC = "-"
"""Behind /topic, it removes the topic."""

_NUMBER = re.compile(r"[0-9]{0,6}")


class Operating:
    """Knows the choices for each person, and serves the room's menu."""

    def __init__(self, page: ChatPage, theme: Theme, send: Callable[[str], bool]) -> None:
        """`send` sends a line; whether it was taken. If not, the conversation says why."""
        self._page, self._send = page, send
        self._popup = Popup(page, theme)
        self.menu = self._popup.menu
        self.panel = AskPanel(page, theme, page.tabs, page.entry.focus_set)
        page.panels.add(self.panel)
        page.open_room = lambda: send("/open")

    @property
    def _room(self) -> RoomState:
        return self._page.room

    def actions(self) -> tuple[Action, ...]:
        """For the menu of the window."""
        return (Action("The room: topic, open or closed …", "", (), self.show),)

    def show(self) -> None:
        """Offer what can be done with the room."""
        self._popup.clear()
        for label, do in self._choices_of_room():
            self._popup.add(label, do)
        x, y = self._page.header.below_menu(self.menu)
        self._popup.post_by_key(x, y)

    def _choices_of_room(self) -> Iterator[Choice]:
        yield "Show the topic", lambda: self._send("/topic")
        if not self._room.is_operator:
            return
        yield "Set the topic …", self._ask_topic
        if self._room.topic:
            yield "Remove the topic", lambda: self._send(f"/topic {NO_TOPIC}")
        if self._room.is_closed:
            yield "Open the room to writing", lambda: self._send("/open")
        else:
            yield "Close the room to writing", lambda: self._send("/close")
        yield "Who is banned or muted", lambda: self._send("/bans")

    # --- a person -------------------------------------------------------------------------------

    def choices_for(self, name: str) -> Iterator[Choice]:
        """What can be done with somebody; nothing, where one may not, or it is oneself."""
        if not self._room.is_operator or not name or name == self._page.me:
            return
        shown = short_name(name)
        yield f"Disconnect {shown} …", lambda: self._ask_why(name)
        for minutes in MINUTES:
            line = f"/mute {name} {minutes}"
            yield f"Mute {shown} for {minutes} minutes", lambda line=line: self._send(line)  # type: ignore[misc]
        yield f"Mute {shown} until it is lifted", lambda: self._send(f"/mute {name}")
        yield f"Let {shown} speak again", lambda: self._send(f"/unmute {name}")
        yield f"Ban {shown} …", lambda: self._ask_ban(name)

    # --- what is asked --------------------------------------------------------------------------

    def _ask_why(self, name: str) -> None:
        shown = short_name(name)
        what = f"{shown} may come back at once. Everybody reads why."
        self._ask(
            Form(
                f"Disconnect {shown}",
                (Field("Why (may stay empty)"),),
                "Disconnect",
                lambda values: self._do("/kick", name, *values),
                what,
            )
        )

    def _ask_ban(self, name: str) -> None:
        shown = short_name(name)

        def done(values: Sequence[str]) -> str:
            if not _NUMBER.fullmatch(values[0]):
                return "The minutes are a number."
            return self._do("/ban", name, *values)

        what = (
            f"{shown} is disconnected, and nobody gets in under this name, or one that looks like "
            "it. The answer tells the address, and how to ban that."
        )
        minutes = Field("For how many minutes (empty: until it is lifted)")
        self._ask(Form(f"Ban {shown}", (minutes,), "Ban", done, what))

    def _ask_topic(self) -> None:
        def done(values: Sequence[str]) -> str:
            return self._do("/topic", values[0] or NO_TOPIC)

        self._ask(Form("The topic", (Field("What it is about", self._room.topic),), "Set", done))

    def _ask(self, form: Form) -> None:
        self.panel.close()
        self.panel.prepare(form)
        self._page.panels.toggle(self.panel)

    def _do(self, *words: str) -> str:
        """Send the command; what is wrong."""
        is_sent = self._send(" ".join(filter(None, words)))
        return "" if is_sent else "This was not sent; the conversation says why."
