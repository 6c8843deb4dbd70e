"""What a line does once its sender has a name: one command, one function.

What a line means is decided in shared/request.py, for the clients as well. To add a command, write
a function with a docstring, whose first line is the help, and add a row to COMMANDS in both files.
"""

from collections.abc import Callable

from phase4.accounts.nicknames import BadNickname
from phase4.server import membership, operating, recall
from phase4.server.member import Member
from phase4.server.refusal import NotHere, Refused
from phase4.server.room import Room
from shared import request as requests
from shared.defaults import MIN_PASSWORD_CHARACTERS
from shared.message import Error, clean
from shared.request import HOW_TO_SAY_AT, Command, Refusal, Say, Whisper, parse


class Quit(Exception):
    """Its sender wants to leave."""


Action = Callable[[Room, Member, str], None]
"""Called as action(room, member, rest of the line). Raises Refused, BadNickname or Quit."""


def who(room: Room, member: Member, rest: str) -> None:
    """/who (or ?list): who is online."""
    room.tell_who(member)


def nick(room: Room, member: Member, rest: str) -> None:
    """/nick NAME: take another name."""
    if not rest:
        raise Refused("Write /nick NAME.")
    room.rename(member, rest)


def show_help(room: Room, member: Member, rest: str) -> None:
    """/help (or /help COMMAND): what there is, or more of one command."""
    if rest:
        room.notify(member, _more_of(rest))
        return
    has = {
        OF_ACCOUNTS: room.logins.accounts is not None,
        OF_OPERATORS: room.hand.is_operator(member),
    }
    groups = [each for each in GROUPS if has.get(each, True)]
    room.notify(
        member,
        *(f"{title}: {', '.join(map(_usage, GROUPS[title]))}" for title in groups),
        "@NAME TEXT is /pm, ?list is /who, exit is /quit. /help COMMAND tells more.",
        "Anything else is said to everybody; begin with // or @@ to say a line with / or @.",
    )


def _usage(name: str) -> str:
    return f"{name} {requests.COMMANDS[name]}".rstrip()


def _more_of(command: str) -> str:
    """The line of help for one command. Raises Refused where there is none of that name."""
    name = f"/{command.lower().lstrip('/')}"
    if name == "/pm":
        return "/pm NAME TEXT (or @NAME TEXT): tell one person something."
    action = operating.COMMANDS.get(name) or COMMANDS.get(name)
    if action is None:
        raise Refused("There is no such command; /help lists them.")
    return (action.__doc__ or "").splitlines()[0]


def ping(room: Room, member: Member, rest: str) -> None:
    """/ping TEXT: answered at once with the text; all you said before has arrived then."""
    room.pong(member, f"Pong {clean(rest)}".rstrip())


def leave(room: Room, member: Member, rest: str) -> None:
    """/quit (or /exit, or exit): leave."""
    raise Quit


def topic(room: Room, member: Member, rest: str) -> None:
    """/topic: what the room is about."""
    if rest:
        operating.order(room, member, "/topic", rest)
    else:
        room.tell_topic(member)


def _order(name: str) -> Action:
    return lambda room, member, rest: operating.order(room, member, name, rest)


COMMANDS: dict[str, Action] = {
    "/who": who,
    "/nick": nick,
    "/history": recall.history,
    "/search": recall.search,
    "/ids": recall.ids,
    "/help": show_help,
    "/ping": ping,
    "/quit": leave,
    "/topic": topic,
    "/register": membership.register,
    "/login": membership.login,
    "/password": membership.password,
    "/logout": membership.logout,
    "/unregister": membership.unregister,
    **{name: _order(name) for name in operating.COMMANDS},
}


_MOST_WORDS = 4
"""Of a password that comes alone: `correct horse battery staple`. More are a sentence."""

OF_ACCOUNTS = "A name of your own"
OF_OPERATORS = "An operator's hand"

GROUPS = {
    "To talk": ("/pm", "/who", "/nick", "/topic", "/ping", "/quit"),
    "What was said": ("/history", "/search", "/ids"),
    OF_ACCOUNTS: ("/register", "/login", "/password", "/logout", "/unregister"),
    OF_OPERATORS: tuple(operating.COMMANDS),
}
"""What /help shows."""


def handle(room: Room, member: Member, line: str) -> None:
    """Do what a line asks for. Raises Quit; what is wrong with the line is answered."""
    if not line:  # a megabyte of newlines is quickly done with
        return
    try:
        _dispatch(room, member, line)
    except (Refused, BadNickname) as error:
        room.tell(member, Error(clean(str(error))))


def _dispatch(room: Room, member: Member, line: str) -> None:
    match parse(line, room.has):
        case Say(text):
            if member.owes_password:
                _check_not_a_password(member, text)
            room.say(member, clean(text))
        case Whisper(to, text):
            _whisper(room, member, to, clean(text), is_at=line.lstrip().startswith("@"))
        case Command(name, rest):
            # Where it fails, the password may follow alone: it was missing, or wrong.
            member.owes_password = name in membership.WITH_PASSWORD
            COMMANDS[name](room, member, rest)
            member.owes_password = False
        case Refusal(reason):
            raise Refused(reason)


def _check_not_a_password(member: Member, text: str) -> None:
    """Raise Refused, once, where words follow that a command may have lacked before."""
    member.owes_password = False
    if len(text) >= MIN_PASSWORD_CHARACTERS and len(text.split()) <= _MOST_WORDS:
        raise Refused("This may be a password. Nothing was sent; to say it to all, send it again.")


def _whisper(room: Room, member: Member, to: str, text: str, *, is_at: bool) -> None:
    try:
        room.whisper(member, to, text)
    except NotHere as error:
        if not room.letters.leave(member, to, text):
            raise Refused(f"{error} {HOW_TO_SAY_AT}" if is_at else str(error)) from error
