"""What is allowed now: who may come in, under which name, and who is heard.

The room asks here, under its lock, whenever somebody connects, claims a name, or speaks. What
operators have decided is in the state (phase4/accounts/moderation.py); orders change it (hand.py).

The room says thousands of lines a second, so for each of them it looks at one attribute of its
sender and no further: `Member.is_hushed` is set for everybody who *may* have to be silent, and only
then is it asked here. So an end of a mute needs no timer: who is hushed is asked again at their
next line.
"""

from collections.abc import Iterable, Iterator
from typing import Protocol

from phase4.accounts.held import Hold
from phase4.accounts.moderation import Moderation
from phase4.accounts.nicknames import fold, look
from phase4.server.clock import SteadyClock, until_text
from phase4.server.member import Member
from phase4.server.refusal import Refused, RoomFull
from phase4.server.roster import HasHost
from shared.message import Message, Notice
from shared.rights import Topic, Writing

_NOTHING = "Nothing was sent."
CLOSED = f"The room is closed to writing: only operators are heard. {_NOTHING}"


class Somebody(HasHost, Protocol):
    """Somebody who is here, at whichever server."""

    @property
    def account(self) -> str:
        """The registered name as which they are logged in; empty: they are not."""


class Gate:
    """Asked under the room's lock."""

    def __init__(self, operators: Iterable[str], state: Moderation, clock: SteadyClock) -> None:
        """`operators`: the registered names whose holders may give orders."""
        self.state = state
        self.clock = clock
        self._operators = {fold(each): each for each in operators}
        self._looks = {look(each): each for each in operators}

    # --- operators ------------------------------------------------------------------------------

    def is_operator(self, member: Somebody) -> bool:
        """Whether this person may give orders: one of the names, and logged in as it."""
        return bool(member.account) and self.is_operators(member.account)

    def is_operators(self, account: str) -> bool:
        """Whether this account is an operator's."""
        return fold(account) in self._operators

    def operator_called(self, name: str) -> str:
        """The operator who has this name or one that looks like it, here or away; or nothing."""
        return self._operators.get(fold(name)) or self._looks.get(look(name), "")

    # --- coming in ------------------------------------------------------------------------------

    def check_host(self, host: str) -> None:
        """Raises RoomFull where this address is kept out."""
        if hold := self.state.ban_of_host(host, self.clock.now()):
            raise RoomFull(f"This address is banned{self._until(hold)}.")

    def check_name(self, name: str) -> None:
        """Raises Refused where this name is kept out."""
        if hold := self.state.ban_of_name(name, self.clock.now()):
            raise Refused(f"The name {name} is banned{self._until(hold)}.")

    def is_free(self, name: str) -> bool:
        """Whether this name is not kept out."""
        return self.state.ban_of_name(name, self.clock.now()) is None

    def greeting(self, name: str, time: str) -> Iterator[Message]:
        """What somebody who has just come in under this name has to know."""
        if self.state.topic:
            yield Topic(time, self.state.topic)
        if not self.state.is_open:
            yield Writing(time, is_open=False)
        yield from self.greeting_of_muted(name, time)

    def greeting_of_muted(self, name: str, time: str) -> Iterator[Message]:
        """What the holder of this name has to know if it is muted."""
        if hold := self._mute(name):
            yield Notice(time, self._muted(hold))

    # --- speaking -------------------------------------------------------------------------------

    def settle(self, member: Member) -> None:
        """Note whether this person may have to be silent: the name is new, or an order is."""
        member.is_hushed = not self.state.is_open or self._mute(member.name) is not None

    def check_public(self, member: Member) -> None:
        """Raises Refused where nobody is to hear this person."""
        if self.is_operator(member):
            return
        if hold := self._mute(member.name):
            raise Refused(f"{self._muted(hold)} {_NOTHING}")
        if not self.state.is_open:
            raise Refused(CLOSED)
        self.settle(member)  # the mute has come to its end

    def check_private(self, member: Member, to: str) -> None:
        """Raises Refused where this person may not write to that account; empty: to none."""
        if to and self.is_operators(to):
            return
        if (hold := self._mute(member.name)) and not self.is_operator(member):
            raise Refused(f"{self._muted(hold)} {_NOTHING}")

    def check_renaming(self, member: Member) -> None:
        """Raises Refused where this person has to keep their name: a mute holds a name."""
        if (hold := self._mute(member.name)) and not self.is_operator(member):
            raise Refused(f"You are muted{self._until(hold)}, and keep your name so long.")

    # --- sentences ------------------------------------------------------------------------------

    def _muted(self, hold: Hold) -> str:
        """What somebody reads who is muted."""
        return f"You are muted{self._until(hold)}: only an operator gets what you write, by /pm."

    def _until(self, hold: Hold) -> str:
        """Behind what holds: until when, if there is an end."""
        if hold.until is None:
            return ""
        return f" until {until_text(self.clock.on_the_wall(hold.until))}"

    def _mute(self, name: str) -> Hold | None:
        return self.state.mute_of(name, self.clock.now())
