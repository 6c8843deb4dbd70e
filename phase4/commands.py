"""What a line means once its sender has a name: one command, one function.

To add a command, write a function with a docstring (its first line is the help) and a row in
COMMANDS.

>>> split_private("@Bob: see you")
('Bob', 'see you')
"""

import unicodedata
from collections.abc import Callable

from phase4.nicknames import BadNickname
from phase4.room import Member, Refused, Room
from shared.message import Error, clean


class Quit(Exception):
    """Its sender wants to leave."""


Command = Callable[[Room, Member, str], None]
"""command(room, member, what follows its name). Raises Refused, BadNickname or Quit."""


def private_message(room: Room, member: Member, rest: str) -> None:
    """/pm NAME TEXT (or @NAME TEXT): tell one person something."""
    name, _, text = rest.partition(" ")
    if not name or not text.strip():
        raise Refused("Write /pm NAME TEXT.")
    room.whisper(member, name, clean(text.strip()))


def who(room: Room, member: Member, rest: str) -> None:
    """/who (or ?list): who is online."""
    room.tell_who(member)


def nick(room: Room, member: Member, rest: str) -> None:
    """/nick NAME: take another name."""
    if not rest:
        raise Refused("Write /nick NAME.")
    room.rename(member, rest)


def show_help(room: Room, member: Member, rest: str) -> None:
    """/help: these lines."""
    texts = [(each.__doc__ or "").splitlines()[0] for each in dict.fromkeys(COMMANDS.values())]
    room.notify(member, *texts, "Anything else is said to everybody.")


def ping(room: Room, member: Member, rest: str) -> None:
    """/ping TEXT: answered at once with the text; all you said before has arrived then."""
    room.notify(member, f"Pong {clean(rest)}".rstrip())


def leave(room: Room, member: Member, rest: str) -> None:
    """/quit (or /exit, or exit): leave."""
    raise Quit


COMMANDS: dict[str, Command] = {
    "/pm": private_message,
    "/who": who,
    "?list": who,
    "/nick": nick,
    "/help": show_help,
    "/ping": ping,
    "/quit": leave,
    "/exit": leave,
    "exit": leave,
}

_ALONE = ("?list", "exit")  # commands only where nothing follows: people also begin sentences so


def handle(room: Room, member: Member, line: str) -> None:
    """Do what a line asks for. Raises Quit; everything else that is wrong is answered."""
    try:
        _dispatch(room, member, line.rstrip())
    except (Refused, BadNickname) as error:
        room.tell(member, Error(clean(str(error))))


def _dispatch(room: Room, member: Member, line: str) -> None:
    name, _, rest = line.lstrip().partition(" ")
    if not name:
        return
    command = COMMANDS.get(name.lower())
    if command and not (rest and name.lower() in _ALONE):
        command(room, member, rest.strip())
    elif name.startswith("@"):
        name, text = split_private(line.lstrip())
        if not name or not text:
            raise Refused("Write @NAME TEXT.")
        room.whisper(member, name, clean(text))
    elif unicodedata.normalize("NFKC", name[0]) in "/@":  # full-width forms, too
        # Never a public message: it may be a private one, mistyped.
        raise Refused(f"There is no command {name}; /help lists them. Nothing was sent.")
    else:
        room.say(member, clean(line))  # blanks before it are kept: it may be a piece of code


def split_private(line: str) -> tuple[str, str]:
    """The name and the text of `@NAME TEXT` and `@NAME: TEXT`.

    >>> split_private("@Bob 10:30?")
    ('Bob', '10:30?')
    >>> split_private("@Bob:hello")
    ('Bob', 'hello')
    """
    name, _, text = line[1:].partition(" ")
    before, colon, after = name.partition(":")
    # The colon of an IPv6 address is part of a name of sorts; the one that ends a name is not.
    if colon and ":" not in after:
        name, text = before, f"{after} {text}"
    return name.removesuffix(":"), text.strip()
