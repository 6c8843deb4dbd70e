"""The commands that the window's buttons stand for, as lines to the server. No toolkit here.

They are the lines that an operator writes in the room, or types at the server's terminal: one
mechanism for all (phase4/server/operating.py).
"""

import time
from collections.abc import Callable, Iterator

from phase4.server.clock import until_text
from phase4.server.operating import NO_TOPIC, to_ban
from phase4.server_gui.reports import Held, Moderated
from shared.address import Address

HOUR = 60
"""In minutes, as in the commands."""

Make = Callable[[str, str], str]
"""The line about somebody of this name and this address."""


def kick(name: str, address: str) -> str:
    """End their connection.

    >>> kick("Bob", "192.0.2.7:4567")
    '/kick Bob'
    """
    return f"/kick {name}"


def mute(minutes: int | None) -> Make:
    """Let nobody hear them, for so long.

    >>> mute(10)("Bob", "192.0.2.7:4567"), mute(None)("Bob", "192.0.2.7:4567")
    ('/mute Bob 10', '/mute Bob')
    """
    return lambda name, address: f"/mute {name} {minutes or ''}".rstrip()


def unmute(name: str, address: str) -> str:
    """Let them speak again."""
    return f"/unmute {name}"


def ban_name(minutes: int | None) -> Make:
    """Keep their name out."""
    return lambda name, address: f"/ban {name} {minutes or ''}".rstrip()


def ban_address(minutes: int | None) -> Make:
    """Keep their address out; of IPv6, what their household has.

    >>> ban_address(None)("Bob", "[2001:db8::7]:4567"), ban_address(60)("Bob", "192.0.2.7:4567")
    ('/ban 2001:db8::/64', '/ban 192.0.2.7 60')
    """

    def make(name: str, address: str) -> str:
        return f"/ban {to_ban(Address.parse(address).host)} {minutes or ''}".rstrip()

    return make


MUTES: tuple[tuple[str, Make], ...] = (
    ("10 minutes", mute(10)),
    ("1 hour", mute(HOUR)),
    ("Until lifted", mute(None)),
)
BANS: tuple[tuple[str, Make], ...] = (
    ("Name, 1 hour", ban_name(HOUR)),
    ("Name", ban_name(None)),
    ("Address, 1 hour", ban_address(HOUR)),
    ("Address", ban_address(None)),
)
"""What is offered, and the command that it stands for."""


def topic(text: str) -> str:
    """What the room is about; nothing removes it.

    >>> topic(" Sockets "), topic("")
    ('/topic Sockets', '/topic -')
    """
    return f"/topic {text.strip() or NO_TOPIC}"


def writing(*, is_open: bool) -> str:
    """Let everybody write, or operators alone."""
    return "/open" if is_open else "/close"


# --- what is kept out ---------------------------------------------------------------------------

BANNED, MUTED = "Banned", "Muted"

HeldRow = tuple[str, str, str, str]
"""Banned or muted, who, until when, and by whom."""


def rows(moderated: Moderated) -> Iterator[HeldRow]:
    """All that holds now, as it is shown: what has come to its end meanwhile is left out."""
    for kind, entries in ((BANNED, moderated.bans), (MUTED, moderated.mutes)):
        for who, until, by in filter(_holds, entries):
            yield kind, who, "" if until is None else until_text(until), by


def muted_names(moderated: Moderated) -> tuple[str, ...]:
    """Who is muted now."""
    return tuple(who for who, _, _ in filter(_holds, moderated.mutes))


def lift(kind: str, who: str) -> str:
    """Lift one of them.

    >>> lift(BANNED, "10.0.0.0/8"), lift(MUTED, "Bob")
    ('/unban 10.0.0.0/8', '/unmute Bob')
    """
    return f"/unban {who}" if kind == BANNED else f"/unmute {who}"


def _holds(entry: Held) -> bool:
    return entry[1] is None or entry[1] > time.time()
