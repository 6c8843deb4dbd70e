"""What is typed goes to the server, and what is not certain of it is told. Main thread only."""

import itertools
from collections.abc import Sequence

from phase4.client import SendError
from phase4.client.block import looks_like_code
from phase4.client.presence import State
from phase4.client.room_state import CLOSED
from phase4.client.unconfirmed import why_refused
from phase4.client_gui.contact import Contact
from phase4.client_gui.doubts import doubts
from phase4.client_gui.routing import Router
from phase4.client_gui.tabs import Tab
from shared import message
from shared.request import is_public


class Sender:
    """Sends lines by the client that the window listens to, as long as the person is in."""

    def __init__(self, router: Router, contact: Contact) -> None:
        self._router = router
        self._contact = contact
        # The numbers of the pieces of code that were pasted.
        self._blocks = itertools.count(1)

    def send(self, tab: Tab, lines: Sequence[str]) -> int:
        """Send these, which were typed in `tab`, in order; how many of them were taken.

        Several were pasted. If not all were taken, the conversation says why.
        """
        tab.conversation.jump_to_newest()
        is_pasted = len(lines) > 1
        is_code = is_pasted and any(map(looks_like_code, lines))
        block = next(self._blocks) if is_code else 0
        for taken, line in enumerate(lines):
            try:
                self._send(tab, line, is_pasted=is_pasted, block=block)
            except SendError as error:
                self._router.say(message.Error(str(error)))
                return taken
        return len(lines)

    def _send(self, tab: Tab, line: str, *, is_pasted: bool, block: int) -> None:
        """Raises SendError where it cannot be sent."""
        client, presence = self._contact.client, self._contact.presence
        if client is None or not presence.is_in:
            raise SendError("You are not connected; this was not sent.")
        if not self._contact.room.may_write and is_public(line):
            raise SendError(f"{CLOSED} This was not sent.")
        # The client may know more already: its events are still on their way to the window.
        late = presence.state is State.AWAY or client.is_away
        if late and (why := why_refused(line)):
            raise SendError(why)
        number = client.send(line)
        self._router.sent(tab, line, number, late=late, pasted=is_pasted, block=block)

    def look(self) -> str:
        """Mark what has waited for too long; what the header is to say. To be called often."""
        own, client = self._router.own, self._contact.client
        own.look()
        is_in = self._contact.presence.state is State.IN
        lag = client.lag_seconds if client is not None and is_in else None
        return doubts(lag, own.slow, is_doubtful=own.is_doubtful)
