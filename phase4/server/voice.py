"""What a room says and notes. Everything here is called under the room's lock."""

from collections.abc import Callable

from phase4.server.chat_log import ChatLog
from phase4.server.clock import Clock, Moment
from phase4.server.member import Member
from phase4.server.outbox import FanOut
from shared import message
from shared.framing import encode_line
from shared.message import Message, Private


class Voice:
    """Puts lines into the current batch: for one, for all, and for the logs."""

    def __init__(
        self, fan_out: FanOut, log: ChatLog, show: Callable[[str, str], None], clock: Clock
    ) -> None:
        """`show` is told what goes into connections.txt, as show("14:03:05", "Bob joined ...")."""
        self._fan_out = fan_out
        self._log = log
        self._show = show
        self._clock = clock

        # Private messages since the start. Other threads read it without the lock, for show.
        self.private_messages = 0

    def now(self) -> Moment:
        """The time, as it is shown and logged."""
        return self._clock.now()

    def tell(self, member: Member, what: Message) -> None:
        """Say something to one person."""
        line = encode_line(message.format(what))
        if member.unseen is not None and isinstance(what, Private):
            member.unseen.add(line)
        self._fan_out.deliver(line, member.outbox)

    def announce(self, what: Message) -> None:
        """Say something to everybody."""
        self._fan_out.broadcast(encode_line(message.format(what)))

    def note(self, now: Moment, text: str) -> None:
        """Make an entry in connections.txt, and show the operator the same line."""
        self.log_connection(now, text)
        self._show(now.wire, text)

    def log_connection(self, now: Moment, text: str) -> None:
        """Make an entry in connections.txt."""
        self._fan_out.log(self._log.connections, encode_line(f"{now.log} {text}"))

    def log_private(self, now: Moment, private: Private, sender: Member | None) -> None:
        """Make an entry in private_messages.txt, and count it."""
        entry = f"{now.log} {private.sender} -> {private.recipient}: {private.text}"
        self._fan_out.log(self._log.private, encode_line(entry))
        self.private_messages += 1
        if sender is not None:
            sender.messages += 1
