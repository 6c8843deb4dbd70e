"""The lines on the wire: what a server of phases 3 and 4 says, as text and as objects.

The contract between server and clients. `format` makes a line of a message and `parse` a message
of a line; for every message m, parse(format(m)) == m. No I/O, no state.

A name starts with a letter and holds no space (phase4/accounts/nicknames.py), so the forms below
cannot be taken for each other, and nobody can write a text that reads like a notice:

    * Enter your nickname:                      Prompt
    ! why                                       Error
    ! Alice is registered: /login Alice ...     Registered
    [14:03:05] * Welcome, Alice! 3 online. ...  Welcome
    [14:03:05] * Bob joined                     Joined
    [14:03:05] * Bob left                       Left, with "(reason)" where there is one
    [14:03:05] * Bob is now Robert              Renamed
    [14:03:05] * 3 online: Alice, Bob, Carol    Online
    [14:03:05] * 20 earlier lines:              History, and its messages come as Earlier
    [14:03:05] * 20 lines since #1234:          History; or before
    [14:03:05] * That is all.                   HistoryEnd
    [14:03:05] * That was before you came.      HistoryEnd, of what nobody asked for
    [14:03:05] * More: /history since 1254      HistoryEnd; or before
    [14:03:05] * Messages have numbers now.     Numbers
    [14:03:05] * You are logged in as Alice.    LoggedIn
    [14:03:05] * You are logged out.            LoggedOut
    [14:03:05] * The topic is: TEXT             Topic
    [14:03:05] * Alice set the topic: TEXT      Topic, with `by`
    [14:03:05] * The room is closed to writing. Writing
    [14:03:05] * Alice opened the room ...      Writing, with `by`
    [14:03:05] * any other text                 Notice
    [14:03:05] Alice: hello                     Public; to those who asked, [14:03:05 #1235]
    [14:03:05] Alice -> Bob: hi                 Private
    (2026-11-21 14:03:05 #1234) Alice: hello    Earlier
    (2026-11-21 14:03:05) Alice -> Bob: hi      Kept
    anything else                               Other

>>> parse("[14:03:05] Alice -> Bob: hi")
Private(time='14:03:05', sender='Alice', recipient='Bob', text='hi')
>>> format(Joined("14:03:05", "Bob"))
'[14:03:05] * Bob joined'
"""

import re
from dataclasses import dataclass
from datetime import datetime

from shared import rights
from shared.rights import LoggedIn, LoggedOut, Topic, Writing
from shared.safe_text import clean as clean  # what reads lines needs it, too

NICKNAME_PROMPT = "* Enter your nickname:"

DISCONNECTED_BY_OPERATOR = "Disconnected by the operator."
"""The Error that is the last line for somebody whom the operator disconnects."""

LOGGED_IN_ELSEWHERE = "You logged in from elsewhere."
"""The Error that is the last line of a connection whose person has another one now."""

_GOODBYES = ("Disconnected by ", "You are banned", "This address is banned", LOGGED_IN_ELSEWHERE)


@dataclass(frozen=True, slots=True)
class Prompt:
    """The server asks for a nickname; the next line that the client sends is one."""


@dataclass(frozen=True, slots=True)
class Error:
    """Something that this client asked for was refused."""

    text: str


@dataclass(frozen=True, slots=True)
class Registered:
    """`name` belongs to somebody, who has to log in to have it."""

    name: str

    @property
    def text(self) -> str:
        """As an Error says it."""
        return f"{self.name}{_REGISTERED[0]}{self.name}{_REGISTERED[1]}"


@dataclass(frozen=True, slots=True)
class Welcome:
    """The client is in, under `name`, whatever it asked for."""

    time: str
    name: str
    count: int
    text: str = "/help lists the commands."


@dataclass(frozen=True, slots=True)
class Joined:
    """`name` came in."""

    time: str
    name: str


@dataclass(frozen=True, slots=True)
class Left:
    """`name` went, or was disconnected; then `reason` says why."""

    time: str
    name: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Renamed:
    """`old` goes by `new` from here on."""

    time: str
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class Online:
    """Who is here. A long list comes as several lines, all but the last with `more`.

    Each of `people` is a name, or "name (address)" where the server shows addresses.
    """

    time: str
    count: int
    people: tuple[str, ...]
    more: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        """The names alone."""
        return tuple(person.partition(" ")[0] for person in self.people)


@dataclass(frozen=True, slots=True)
class Notice:
    """Any other word of the server's."""

    time: str
    text: str


@dataclass(frozen=True, slots=True)
class Public:
    """What `sender` said to everybody. `number`: its place in the log; 0: not told."""

    time: str
    sender: str
    text: str
    number: int = 0


@dataclass(frozen=True, slots=True)
class Earlier:
    """What `sender` said to everybody before, `at` "2026-11-21 14:03:05" by the server's clock."""

    at: str
    number: int
    sender: str
    text: str


@dataclass(frozen=True, slots=True)
class Private:
    """What `sender` said to `recipient` alone."""

    time: str
    sender: str
    recipient: str
    text: str


@dataclass(frozen=True, slots=True)
class History:
    """So many messages of the past follow: the last ones, or those next to one of this number."""

    time: str
    count: int
    since: int | None = None
    before: int | None = None


@dataclass(frozen=True, slots=True)
class HistoryEnd:
    """All of them have come. Where there are `more` since a number, they are asked for by that.

    So are those `before` one. `was_greeting`: nobody asked; they are for a newcomer.
    """

    time: str
    more: int | None = None
    was_greeting: bool = False
    before: int | None = None


@dataclass(frozen=True, slots=True)
class Numbers:
    """From here on the public messages have their numbers, or have them no more."""

    time: str
    are_on: bool


@dataclass(frozen=True, slots=True)
class Kept:
    """What `sender` said to `recipient` alone `at` that time, while `recipient` was away."""

    at: str
    sender: str
    recipient: str
    text: str


@dataclass(frozen=True, slots=True)
class Other:
    """A line of no form above: a phase 3 server's, or not a chat server's at all."""

    text: str


Message = (
    Prompt
    | Error
    | Registered
    | Welcome
    | Joined
    | Left
    | Renamed
    | Online
    | History
    | HistoryEnd
    | Numbers
    | rights.Right
    | Notice
    | Public
    | Private
    | Earlier
    | Kept
    | Other
)


Untimed = Prompt | Error | Registered | Earlier | Kept | Other
"""Those that have no time of their own, or that of another day."""

_ENDS = ("That is all.", "That was before you came.")
_MORE = "More: /history "
_NUMBERS = ("Messages have no numbers any more.", "Messages have numbers now.")
_REGISTERED = (" is registered: /login ", " PASSWORD, or another name.")


def format(message: Message) -> str:
    """The line of a message, without its newline."""
    match message:
        case Prompt():
            return NICKNAME_PROMPT
        case Error(text):
            return f"! {text}"
        case Registered():
            return f"! {message.text}"
        case Welcome(time, name, count, text):
            return f"[{time}] * Welcome, {name}! {count} online. {text}"
        case Joined(time, name):
            return f"[{time}] * {name} joined"
        case Left(time, name, reason):
            return f"[{time}] * {name} left" + (f" ({reason})" if reason else "")
        case Renamed(time, old, new):
            return f"[{time}] * {old} is now {new}"
        case Online(time, count, people, more):
            return f"[{time}] * {count} online: {', '.join(people)}" + ("," if more else "")
        case History(time, count, since, before):
            which = _which(since, before)
            what = "line" if which else "earlier line"
            return f"[{time}] * {count} {what}{'s' * (count != 1)}{which and f' {which}'}:"
        case HistoryEnd(time, more, was_greeting, before):
            which = _which(more, before).replace("#", "")
            return f"[{time}] * {f'{_MORE}{which}' if which else _ENDS[was_greeting]}"
        case Numbers(time, are_on):
            return f"[{time}] * {_NUMBERS[are_on]}"
        case LoggedIn() | LoggedOut() | Topic() | Writing():
            return f"[{message.time}] * {rights.text_of(message)}"
        case Notice(time, text):
            return f"[{time}] * {text}"
        case Public(time, sender, text, number):
            return f"[{time}{f' #{number}' if number else ''}] {sender}: {text}"
        case Private(time, sender, recipient, text):
            return f"[{time}] {sender} -> {recipient}: {text}"
        case Earlier(at, number, sender, text):
            return f"({at} #{number}) {sender}: {text}"
        case Kept(at, sender, recipient, text):
            return f"({at}) {sender} -> {recipient}: {text}"
        case Other(text):
            return text


def _which(since: int | None, before: int | None) -> str:
    if since is not None:
        return f"since #{since}"
    return f"before #{before}" if before is not None else ""


# The module `re` keeps what it has compiled: so a program compiles the forms that it meets, and a
# server, which only writes them, none.
_NAME = r"[^\s:,*!()\[\]]+"
_NUMBER = r"#([1-9][0-9]{0,17})"
_TIMED = r"(?s)\[(\d\d:\d\d:\d\d)\] (.*)"
_WELCOME = rf"(?s)\* Welcome, ({_NAME})! (\d{{1,9}}) online\. (.*)"
_JOINED = rf"\* ({_NAME}) joined"
_LEFT = rf"(?s)\* ({_NAME}) left(?: \((.+)\))?"
_RENAMED = rf"\* ({_NAME}) is now ({_NAME})"
_HISTORY = r"\* ([0-9]{1,9}) (?:earlier lines?|lines? (since|before) #([0-9]{1,18})):"
_HISTORY_END = rf"\* {_MORE}(since|before) ([0-9]{{1,18}})"
_ONLINE = r"(?s)\* (\d{1,9}) online: (.*?)(,?)"
_PUBLIC = rf"(?s)({_NAME}): (.*)"
_NUMBERED = rf"(?s)\[(\d\d:\d\d:\d\d) {_NUMBER}\] ({_NAME}): (.*)"
_EARLIER = rf"(?s)\(([0-9]{{4}}-[0-9-]{{5}} [0-9:]{{8}}) {_NUMBER}\) ({_NAME}): (.*)"
_PRIVATE = rf"(?s)({_NAME}) -> ({_NAME}): (.*)"
_KEPT = rf"(?s)\(([0-9]{{4}}-[0-9-]{{5}} [0-9:]{{8}})\) ({_NAME}) -> ({_NAME}): (.*)"
_REGISTERED_NAME = rf"({_NAME}){_REGISTERED[0]}\1{re.escape(_REGISTERED[1])}"


def parse(line: str) -> Message:
    """The message of a line without its newline. Every line has one; nothing is raised."""
    if line == NICKNAME_PROMPT:
        return Prompt()
    if line.startswith("! "):
        registered = re.fullmatch(_REGISTERED_NAME, line[2:])
        return Registered(registered[1]) if registered else Error(line[2:])
    timed = re.fullmatch(_TIMED, line)
    if timed is None:
        return _parse_numbered(line)
    time, rest = timed.groups()
    if rest.startswith("* "):
        return _parse_notice(time, rest)
    if private := re.fullmatch(_PRIVATE, rest):
        return Private(time, private[1], private[2], private[3])
    if public := re.fullmatch(_PUBLIC, rest):
        return Public(time, public[1], public[2])
    return Other(line)


def _parse_numbered(line: str) -> Message:
    if found := re.fullmatch(_NUMBERED, line):
        return Public(found[1], found[3], found[4], int(found[2]))
    if (found := re.fullmatch(_EARLIER, line)) and _is_a_time(found[1]):
        return Earlier(found[1], int(found[2]), found[3], found[4])
    if (found := re.fullmatch(_KEPT, line)) and _is_a_time(found[1]):
        return Kept(found[1], found[2], found[3], found[4])
    return Other(line)


def _is_a_time(text: str) -> bool:
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True


def _parse_notice(time: str, rest: str) -> Message:
    if found := re.fullmatch(_JOINED, rest):
        return Joined(time, found[1])
    if found := re.fullmatch(_LEFT, rest):
        return Left(time, found[1], found[2] or "")
    if found := re.fullmatch(_RENAMED, rest):
        return Renamed(time, found[1], found[2])
    if found := re.fullmatch(_WELCOME, rest):
        return Welcome(time, found[1], int(found[2]), found[3])
    if found := re.fullmatch(_ONLINE, rest):
        people = tuple(found[2].split(", ")) if found[2] else ()
        return Online(time, int(found[1]), people, bool(found[3]))
    known = _parse_notice_of_the_past(time, rest) or rights.parse(time, rest[2:])
    # What does not come out again as it came in only looks like one of those.
    return known if known and format(known).endswith(f"] {rest}") else Notice(time, rest[2:])


def _parse_notice_of_the_past(time: str, rest: str) -> Message | None:
    if found := re.fullmatch(_HISTORY, rest):
        since, before = _next_to(found[2], found[3])
        return History(time, int(found[1]), since, before)
    if found := re.fullmatch(_HISTORY_END, rest):
        since, before = _next_to(found[1], found[2])
        return HistoryEnd(time, since, before=before)
    if rest[2:] in _ENDS:
        return HistoryEnd(time, was_greeting=rest[2:] == _ENDS[True])
    if rest[2:] in _NUMBERS:
        return Numbers(time, rest[2:] == _NUMBERS[True])
    return None


def _next_to(word: str | None, number: str | None) -> tuple[int | None, int | None]:
    """Since which one, or before which."""
    if word is None or number is None:
        return None, None
    return (int(number), None) if word == "since" else (None, int(number))


def ends_for_good(last_words: str) -> bool:
    """Whether a client that reads this Error last does not connect again by itself.

    >>> ends_for_good("Disconnected by Alice: enough"), ends_for_good("The server is full.")
    (True, False)
    """
    return last_words.startswith(_GOODBYES)
