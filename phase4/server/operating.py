"""An operator's commands as words: what each means, and what is answered. hand.py does the deeds.

A command is a function and a row in a table, as in commands.py; here it gives its answer as lines.
So the same commands serve a person in the room, the terminal of the server, and its window.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from phase4.accounts.held import Target, network_of, shown, target_of
from phase4.accounts.moderation import MAX_MINUTES, MAX_TOPIC_CHARACTERS, MAX_WHY_CHARACTERS
from phase4.accounts.nicknames import BadNickname, normalise
from phase4.server.clock import until_text
from phase4.server.gate import Somebody
from phase4.server.hand import AT_THE_SERVER, Entry, Giver, Hand
from phase4.server.member import Member
from phase4.server.refusal import Refused
from phase4.server.room import Room
from shared.message import clean
from shared.request import Command, parse
from shared.rights import THE_OPERATOR
from shared.secret import without_secret

NO_TOPIC = "-"
"""What removes the topic, in its place."""

_MOST_NAMED = 10
_MOST_TRIED = 100  # characters of a try, in the log
_MINUTES = re.compile(r"[0-9]{1,9}")


@dataclass(frozen=True, slots=True)
class Answer:
    """What is told to whoever gave an order.

    `said`: to everybody else as well, or to all operators; so a person in the room has read it.
    """

    said: str = ""
    more: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Reply:
    """What a line that was typed at the server gets; `is_refused`: why nothing was done."""

    lines: tuple[str, ...]
    is_refused: bool = False


Action = Callable[[Hand, Giver, str], Answer]
"""Called as action(hand, giver, rest of the line). Raises Refused or BadNickname."""


def kick(hand: Hand, giver: Giver, rest: str) -> Answer:
    """/kick NAME [WHY]: end somebody's connection."""
    name, why = _name_and(rest, "/kick NAME, or /kick NAME WHY")
    if not hand.kick(giver, name, _within(why, MAX_WHY_CHARACTERS, "A reason")):
        raise Refused(f"{name} was not here any more; nobody was disconnected.")
    return Answer(f"{name} was disconnected.")


def mute(hand: Hand, giver: Giver, rest: str) -> Answer:
    """/mute NAME [MINUTES]: let nobody but operators read what somebody writes."""
    name, minutes = _name_and(rest, "/mute NAME, or /mute NAME MINUTES")
    name, seconds = normalise(name), _seconds(minutes, "/mute NAME MINUTES")
    if hand.mute(giver, name, seconds):
        return Answer(f"{name} is muted.")
    return Answer(f"{name} is muted.", ("Nobody here is called so now.",))


def unmute(hand: Hand, giver: Giver, rest: str) -> Answer:
    """/unmute NAME: let somebody speak again."""
    name = normalise(_alone(rest, "/unmute NAME"))
    if not hand.unmute(giver, name):
        raise Refused(f"{name} is not muted.")
    return Answer(f"{name} may speak again.")


def ban(hand: Hand, giver: Giver, rest: str) -> Answer:
    """/ban NAME [MINUTES], or an address or a network such as 10.0.0.0/8: keep somebody out."""
    text, minutes = _name_and(rest, "/ban NAME, or /ban NAME MINUTES")
    target, seconds = _target(text), _seconds(minutes, "/ban NAME MINUTES")
    met = hand.ban(giver, target, seconds)
    gone = f" Disconnected: {_some([each.name for each in met])}." if met else ""
    return Answer(more=(f"{shown(target)} is banned.{gone}", *_addresses(hand, target, met)))


def unban(hand: Hand, giver: Giver, rest: str) -> Answer:
    """/unban NAME (or the address): let somebody in again."""
    target = _target(_alone(rest, "/unban NAME, or the address that /bans shows"))
    if not hand.unban(giver, target):
        raise Refused(f"{shown(target)} is not banned; /bans lists who is.")
    return Answer(more=(f"{shown(target)} is not banned any more.",))


def bans(hand: Hand, giver: Giver, rest: str) -> Answer:
    """/bans: who is kept out, and who is muted."""
    view = hand.view()
    lines = [
        *_listed("Banned", view.bans),
        *_listed("Muted", view.mutes),
    ]
    return Answer(more=tuple(lines or ["Nobody is banned or muted."]))


def close(hand: Hand, giver: Giver, rest: str) -> Answer:
    """/close: only operators may write to everybody."""
    if not hand.set_writing(giver, is_open=False):
        raise Refused("The room is closed to writing already; /open opens it.")
    return Answer("The room is closed to writing.")


def reopen(hand: Hand, giver: Giver, rest: str) -> Answer:
    """/open: everybody may write again."""
    if not hand.set_writing(giver, is_open=True):
        raise Refused("The room is open to writing already.")
    return Answer("The room is open to writing.")


def topic(hand: Hand, giver: Giver, rest: str) -> Answer:
    """/topic TEXT: what the room is about; /topic - removes it."""
    text = "" if rest == NO_TOPIC else _within(rest, MAX_TOPIC_CHARACTERS, "A topic")
    if not hand.set_topic(giver, text):
        raise Refused("There is no topic.")
    return Answer(f"The topic is: {text}" if text else "There is no topic.")


COMMANDS: dict[str, Action] = {
    "/kick": kick,
    "/mute": mute,
    "/unmute": unmute,
    "/ban": ban,
    "/unban": unban,
    "/bans": bans,
    "/close": close,
    "/open": reopen,
}


def help_lines() -> tuple[str, ...]:
    """A line for each command."""
    return tuple((each.__doc__ or "").splitlines()[0] for each in (*COMMANDS.values(), topic))


def to_ban(host: str) -> str:
    """What /ban takes to keep out whoever is connected from there.

    >>> to_ban("192.0.2.7"), to_ban("2001:db8::7")
    ('192.0.2.7', '2001:db8::/64')
    """
    network = network_of(host)
    return host if network is None else shown(network)


# --- from the room --------------------------------------------------------------------------------


def order(room: Room, member: Member, name: str, rest: str) -> None:
    """Do what a person in the room orders, if they may. Raises Refused or BadNickname."""
    room.hand.check(member, clean(f"{name} {rest}".strip()[:_MOST_TRIED]))
    action = topic if name == "/topic" else COMMANDS[name]
    room.notify(member, *action(room.hand, Giver(member.name, member), rest).more)


# --- from the server itself -----------------------------------------------------------------------


def obey(room: Room, line: str) -> Reply:
    """Do what a line asks for that was typed at the server."""
    match parse(line):
        case Command(name, rest):
            try:
                return Reply(tuple(_obey(room, name, rest)))
            except (Refused, BadNickname) as error:
                return Reply((clean(str(error)),), is_refused=True)
    said = without_secret(clean(line))
    return Reply((f"There is no command {said} here; see /help.",), is_refused=True)


def _obey(room: Room, name: str, rest: str) -> Iterator[str]:
    if name == "/who":
        names = sorted(room.names(), key=str.casefold)
        yield f"{len(names)} online{': ' * bool(names)}{', '.join(names)}"
    elif name == "/help":
        yield from ("/who: who is online.", "/topic: what the room is about.", *help_lines())
    elif name == "/topic" and not rest:
        text = room.hand.view().topic
        yield f"The topic is: {text}" if text else "There is no topic."
    elif action := {**COMMANDS, "/topic": topic}.get(name):
        answer = action(room.hand, Giver(), rest)
        yield from (*filter(None, (answer.said,)), *answer.more)
    else:
        raise Refused(f"{name} is for people in the room; see /help.")


# --- words ----------------------------------------------------------------------------------------


def _name_and(rest: str, usage: str) -> tuple[str, str]:
    """The first word and what follows it. Raises Refused where there is none."""
    name, _, more = rest.partition(" ")
    if not name:
        raise Refused(f"Write {usage}. Nothing was done.")
    return name.removeprefix("@"), more.strip()


def _alone(rest: str, usage: str) -> str:
    name, more = _name_and(rest, usage)
    if more:
        raise Refused(f"Write {usage}. Nothing was done.")
    return name


def _target(text: str) -> Target:
    try:
        return target_of(text)
    except BadNickname:
        raise
    except ValueError as error:
        raise Refused(f"{error}. Nothing was done.") from error


def _seconds(text: str, usage: str) -> float | None:
    """MINUTES as seconds; None: without an end. Raises Refused."""
    if not text:
        return None
    if not _MINUTES.fullmatch(text) or not 1 <= int(text) <= MAX_MINUTES:
        raise Refused(f"Write {usage}, with 1 to {MAX_MINUTES} minutes. Nothing was done.")
    return int(text) * 60.0


def _within(text: str, most: int, what: str) -> str:
    """A text that is clean and not too long. Raises Refused."""
    text = clean(text).strip()
    if len(text) > most:
        raise Refused(
            f"{what} has at most {most} characters, and this has {len(text)}. Nothing was done."
        )
    return text


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else ""
    return ", ".join(names[:_MOST_NAMED]) + more


def _addresses(hand: Hand, target: Target, met: Sequence[Somebody]) -> Iterator[str]:
    """How to keep out the address of somebody whose name is kept out."""
    for each in met if isinstance(target, str) else ():
        yield f"{each.name} was connected from {each.host}, and can come back by another name."
        network = network_of(each.host)
        if network is not None and not network.is_loopback:
            gone = {one.name for one in met}  # where servers share the room, they leave a bit later
            others = [one for one in hand.connected_from(network) if one not in gone]
            also = f", and {_some(others)} as well" if others else ""
            yield f"/ban {shown(network)} keeps that address out{also}."


def _listed(what: str, entries: Sequence[Entry]) -> Iterator[str]:
    for each in entries:
        until = "" if each.until is None else f" until {until_text(each.until)}"
        by = AT_THE_SERVER if each.by == THE_OPERATOR else each.by
        yield f"{what}: {each.target}{until}, by {by}"
