r"""What a person asks of the server with one line: server and clients decide it with one function.

The other half of the protocol is in message.py, which has the server's lines. `parse` says what a
line means once its sender has a name. It does no I/O and keeps no state.

    hello                       Say: everybody hears it
    //etc/hosts, @@property     Say: a line that begins with / or @, without the first of the two
    /pm NAME TEXT               Whisper: one person hears it
    @NAME TEXT, @NAME: TEXT     Whisper
    /who, ?list, /nick NAME     Command
    anything else with / or @   Refusal

**What a person may have meant for one is never said to all.** So a line is also refused where it
only *looks* like a command: behind signs that nobody sees, after control characters that move a
terminal's cursor, with another character that is drawn like a slash.

>>> parse("@Bob: see you")
Whisper(to='Bob', text='see you')
>>> parse("//etc/hosts")
Say(text='/etc/hosts')
>>> parse("\ufeff/pm Bob hi").reason
'Signs that cannot be seen stand before the /. Nothing was sent.'
"""

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass

from shared.address import ip_address
from shared.slip import begins_like_one, may_hold_password

COMMANDS = {
    "/pm": "NAME TEXT",
    "/who": "",
    "?list": "",
    "/nick": "NAME",
    "/history": "[N] [before N]",
    "/search": "WORDS",
    "/ids": "on",
    "/topic": "[TEXT]",
    "/register": "PASSWORD",
    "/login": "[NAME] PASSWORD",
    "/password": "NEW",
    "/logout": "",
    "/unregister": "PASSWORD",
    "/kick": "NAME [WHY]",
    "/mute": "NAME [MINUTES]",
    "/unmute": "NAME",
    "/ban": "NAME [MINUTES]",
    "/unban": "NAME",
    "/bans": "",
    "/close": "",
    "/open": "",
    "/help": "",
    "/ping": "TEXT",
    "/quit": "",
    "/exit": "",
}
"""Every command, and what may follow it. (`exit` is one as well, to people who type it.)"""

OPERATORS_ALONE = frozenset(
    ("/kick", "/mute", "/unmute", "/ban", "/unban", "/bans", "/close", "/open")
)

_SAME_AS = {"?list": "/who", "/exit": "/quit", "exit": "/quit"}
_ALONE = ("?list", "exit")  # commands only where nothing follows: people also begin sentences so
_ELSEWHERE = frozenset(("/msg", "/m", "/w", "/t", "/tell", "/whisper", "/query", "/dm", "/r"))
"""A private message in other programs: never said, in whatever way the slash is spelled."""

ACTION = "/me "
"""Before what somebody does, instead of says. It is the clients' own (`as_said`): a server need not
know of it, and XMPP has it in the same form (XEP-0245)."""

MAY_HOLD_PASSWORD = "This may hold a password. To say it, put a word before it."
HOW_TO_SAY_AT = "To say a line that begins with @, write @@."

# Characters that are drawn like a slash (UTS 39's confusables): no person can tell them apart.
_LIKE_SLASH = "\u1735\u2041\u2044\u2215\u2571\u27cb\u29f8\u2cc6\u2f03\u3033\uff0f\U0001d23a"
_LIKE_AT = "\ufe6b\uff20"
# These are letters of Chinese and Japanese as well, or the wrong key: so they are a slash only
# where a command's name follows.
_PERHAPS_SLASH = "\u30ce\u31d3\u4e3f" + "\\\u2216\u27cd\u29f5\u29f9\ufe68\uff3c"

SLASHES = re.escape("/" + _LIKE_SLASH + _PERHAPS_SLASH)
"""All that people type, or see, for a slash; as it stands between the brackets of a pattern."""

# Drawn as nothing, though they are letters or signs to Unicode: fillers of Hangul, a blank of
# Braille, a note without a head. All other unseen characters have a category that tells.
_DRAWN_AS_NOTHING = "\u115f\u1160\u2800\u3164\uffa0\U0001d159"
_FILLERS = _DRAWN_AS_NOTHING + "\u034f\ufe0e\ufe0f"  # and marks that spell nothing
_AFTER_A_NAME = ":,;.!?\u3001\u3002\uff0c\uff0e\uff1a\uff1b\uff01\uff1f\u060c\u061b"

_ESCAPE_SEQUENCE = (
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]"  # CSI: a colour, the brackets of a paste (ECMA-48, 5.4)
    r"|\x1bO."  # SS3: an arrow key
    r"|(?:\x1b\]|\x9d)[^\x07\x1b\x9c\x9d]*"  # OSC: the title of a window
    r"|\x1b[ -/]*[0-~]"
)
# A sign right after a control character: a backspace or a return may bring it to the line's start.
_MOVED_SIGN = rf"[\x00-\x08\x0a-\x1f\x7f-\x9f]\s*[/@{_LIKE_SLASH}{_LIKE_AT}]"
_LONGEST_COMMAND = 64  # characters of a first word that are looked at; unseen ones count


@dataclass(frozen=True, slots=True)
class Say:
    """`text` is for everybody."""

    text: str


@dataclass(frozen=True, slots=True)
class Whisper:
    """`text` is for the person called `to` alone. Neither is empty."""

    to: str
    text: str


@dataclass(frozen=True, slots=True)
class Command:
    """One of COMMANDS by its first name (`/who` also for `?list`), and what follows it."""

    name: str
    rest: str


@dataclass(frozen=True, slots=True)
class Refusal:
    """Nobody hears this line; `reason` is a sentence for its sender."""

    reason: str


@dataclass(frozen=True, slots=True)
class Nothing:
    """An empty line."""


Request = Say | Whisper | Command | Refusal | Nothing


def _nobody(name: str) -> bool:
    return False


def parse(line: str, is_here: Callable[[str], bool] = _nobody) -> Request:
    """What a line without its newline asks for. Every line has a meaning; nothing is raised.

    `is_here(name)` tells whether somebody is called so. It decides one case: `@@Bob see you` would
    be said to everybody, and is refused while there is a Bob.
    """
    line = line.rstrip()
    # Nearly always, and much quicker to find out: it begins with a letter, and hides nothing.
    if line[:1].isalnum() and line.isascii() and line.isprintable() and line.lower() != "exit":
        return _said(line, line, is_here) if begins_like_one(line) else Say(line)
    start = len(line) - len(line.lstrip())
    if start == len(line):
        return Nothing()
    seen = start + _unseen_before(line[start:])
    if seen == len(line):  # all of it is unseen, and that harms nobody
        return Say(line)
    request = _parse_seen(line[seen:], is_here)
    if not isinstance(request, Say):
        unseen = _refused(f"Signs that cannot be seen stand before the {line[seen]}.")
        return request if seen == start else unseen
    if not line.isprintable() and re.search(_MOVED_SIGN, _as_a_terminal_takes_it(line)):
        return _refused("Control characters stand in this line, and it may be a command.")
    # The blanks before it may belong to a piece of code.
    return _said(line[:seen] + request.text, line[seen:], is_here)


def _said(text: str, line: str, is_here: Callable[[str], bool]) -> Say | Refusal:
    if may_hold_password(line, is_here):
        return _refused(MAY_HOLD_PASSWORD)
    return Say(text)


def is_public(line: str, is_here: Callable[[str], bool] = _nobody) -> bool:
    """Whether everybody hears this line. The server does not send it back to its sender.

    >>> is_public("hello, @Bob"), is_public("@Bob hello"), is_public("/who"), is_public("//who")
    (True, False, False, False)
    """
    return isinstance(parse(line, is_here), Say)


def is_goodbye(line: str) -> bool:
    """Whether its sender leaves with this line: the end that follows is what they wished."""
    match parse(line):
        case Command("/quit"):
            return True
    return False


def as_said(line: str) -> str:
    """The line that says `/me waves` to everybody, also through a server that has no such command.

    They read `Ann: /me waves`, in a program that knows nothing of it as well. Any other line stays.

    >>> as_said("/me waves"), as_said("/meet Bob"), as_said("hello")
    ('//me waves', '/meet Bob', 'hello')
    """
    is_action = line[: len(ACTION)].lower() == ACTION and line[len(ACTION) :].strip()
    return f"/{ACTION}{line[len(ACTION) :].lstrip()}" if is_action else line


def action_of(said: str) -> str:
    """What its sender does, as far as a text says that; empty where it says something else.

    >>> action_of("/me waves"), action_of("hello")
    ('waves', '')
    """
    return said.removeprefix(ACTION) if said.startswith(ACTION) else ""


def recipient_of(line: str) -> str:
    """To whom a line is private, as it is typed; empty where it is not a private message.

    >>> recipient_of("/pm Bob hi"), recipient_of("@Bob: hi"), recipient_of("Bob: hi")
    ('Bob', 'Bob', '')
    """
    match parse(line):
        case Whisper(to):
            return to
    return ""


def _refused(why: str) -> Refusal:
    return Refusal(f"{why} Nothing was sent.")


def _parse_seen(line: str, is_here: Callable[[str], bool]) -> Request:
    """What a line means that begins with a character which people see."""
    word, rest = _split_word(line)
    sign, name = word[0], without_unseen(word[:_LONGEST_COMMAND]).lower()
    if (name in COMMANDS or name in _SAME_AS) and not (rest and name in _ALONE):
        return _command(_SAME_AS.get(name, name), rest)
    if sign == "/":
        return _parse_slash(line, word)
    if sign == "@":
        return _parse_at(line, is_here)
    if sign in _LIKE_SLASH + _LIKE_AT:
        right = "/" if sign in _LIKE_SLASH else "@"
        return _refused(f"This begins with {sign}, which only looks like {right}.")
    if sign in _PERHAPS_SLASH and _names_command(line[1:]):
        return _refused(f"A command begins with /, and this begins with {sign}.")
    return Say(line)


def _names_command(line: str) -> bool:
    """Whether a command would begin here, if a slash stood before it; as people see it."""
    line = line[
        next((at for at, each in enumerate(line) if not _is_passed_over(each)), len(line)) :
    ]
    word = re.split(rf"[\s{_AFTER_A_NAME}]", line, maxsplit=1)[0]
    name = "/" + "".join(each for each in word if not _is_unseen(each)).lower()
    return name in COMMANDS or name in _ELSEWHERE


def _is_passed_over(character: str) -> bool:
    """Unseen, or one more slash. A blank of the keyboard is seen: `// who` is a comment."""
    return character == "/" or (_is_unseen(character) and character not in " \t")


def _command(name: str, rest: str) -> Request:
    if name != "/pm":
        return Command(name, rest)
    to, text = split_recipient(rest)
    return Whisper(to, text) if to and text else _refused("Write /pm NAME TEXT.")


def _parse_slash(line: str, word: str) -> Request:
    if not word.startswith("//"):
        said = without_unseen(word)
        return _refused(f"There is no command {said}; see /help. To say it, begin with //.")
    if _names_command(line):
        return _refused("That would tell everybody. Write a command with one slash.")
    return Say(line[1:])


def _parse_at(line: str, is_here: Callable[[str], bool]) -> Request:
    if not line.startswith("@@"):
        to, text = ("", "") if line[1:2].isspace() else split_recipient(line[1:])
        return Whisper(to, text) if to and text else _refused(f"Write @NAME TEXT. {HOW_TO_SAY_AT}")
    to, text = split_recipient(line[2:])
    if to and text and is_here(to):
        return _refused(f"That would tell everybody. For {to} alone, write one @.")
    return Say(line[1:])


def split_recipient(rest: str) -> tuple[str, str]:
    """The name and the text of `NAME TEXT`, as people write it. Both may be empty.

    A colon or comma after the name is taken off, and so is an @ before it. An IPv6 address keeps
    its colons.

    >>> split_recipient("Bob 10:30?"), split_recipient("Bob:hello"), split_recipient("@Bob, hello")
    (('Bob', '10:30?'), ('Bob', 'hello'), ('Bob', 'hello'))
    >>> split_recipient("[::1]: hello")
    ('[::1]', 'hello')
    """
    name, text = _split_word(rest)
    name = without_unseen(name).removeprefix("@")
    bare = name.rstrip(_AFTER_A_NAME)
    for address in (name, bare):
        if _is_address(address):
            return address, text
    name, *glued = re.split(f"[{_AFTER_A_NAME}]+", name, maxsplit=1)
    return name, " ".join([*glued, text]).strip()


def _is_address(name: str) -> bool:
    try:
        ip_address(name)
    except ValueError:
        return False
    return True


def _split_word(line: str) -> tuple[str, str]:
    """The first word, and what follows it: any blank will do, also a wide one and a tab."""
    word, *rest = line.split(None, 1)[:2] or [""]
    return word, rest[0].rstrip() if rest else ""


# --- characters that nobody sees ------------------------------------------------------------------


def _is_unseen(character: str) -> bool:
    # Controls, formats, unassigned, private; separators; marks, which need a letter to stand on.
    return unicodedata.category(character)[0] in "CZM" or character in _DRAWN_AS_NOTHING


def _unseen_before(line: str) -> int:
    """How many characters stand before the first that people see."""
    return next((at for at, each in enumerate(line) if not _is_unseen(each)), len(line))


def without_unseen(word: str) -> str:
    """A name or a command without what is drawn as nothing; the marks that spell it stay."""
    if word.isascii() and word.isprintable():  # nearly always, and much quicker to find out
        return word
    kept = (each for each in word if unicodedata.category(each)[0] not in "CZ")
    return "".join(each for each in kept if each not in _FILLERS)


def _as_a_terminal_takes_it(line: str) -> str:
    """`line` with each escape sequence as one control character, and without unseen signs."""
    shown = re.sub(_ESCAPE_SEQUENCE, "\0", line)
    return "".join(each for each in shown if _is_control_or_blank(each) or not _is_unseen(each))


def _is_control_or_blank(character: str) -> bool:
    return character.isspace() or unicodedata.category(character) == "Cc"


# --- several lines at once ------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Lines:
    """Several lines that are to be sent at once, each as it goes to the server."""

    lines: tuple[str, ...]
    to: str = ""
    """The one person who gets all of them; empty: see each line."""
    public: int = 0
    """How many of them everybody hears."""

    @property
    def is_mixed(self) -> bool:
        """Whether some go to everybody and some do not: that is hardly meant. The default is no."""
        return 0 < self.public < len(self.lines)

    @property
    def question(self) -> str:
        r"""What to ask before they are sent.

        >>> split_lines("/pm Bob one\ntwo").question, split_lines("/who\nhi\nho").question
        ('Send 2 lines to Bob alone?', 'Send 3 lines? 2 of them go to everybody.')
        """
        count = f"{len(self.lines):,} lines"
        if self.to:
            return f"Send {count} to {self.to} alone?"
        if self.is_mixed:
            goes = "1 of them goes" if self.public == 1 else f"{self.public:,} of them go"
            return f"Send {count}? {goes} to everybody."
        return f"Send {count} to everybody?" if self.public else f"Send {count}? All are commands."


def split_lines(text: str, to: str = "") -> Lines:
    r"""The lines of `text` that say something, ready to be sent.

    With `to`, or where the first of them is a private message, all of them are for that person,
    whatever they begin with: nobody who writes `/pm Bob ` and pastes three lines means the second
    for everybody. One line alone goes as it was typed, so that the server's answer fits it.

    >>> split_lines("/pm Bob one\n@two").lines, split_lines("@Bob one").lines
    (('/pm Bob one', '/pm Bob @two'), ('@Bob one',))
    """
    lines = [line.rstrip() for line in text.splitlines() if line.strip()]
    if lines and not to:
        to, begun = _begun(lines[0])
        if len(lines) == 1:
            lines = [as_said(lines[0])]
            return Lines(tuple(lines), to, public=int(is_public(lines[0])))
        lines[:1] = begun
    if to:
        return Lines(tuple(f"/pm {to} {line}" for line in lines), to)
    lines = [*map(as_said, lines)]
    return Lines(tuple(lines), public=sum(map(is_public, lines)))


def _begun(line: str) -> tuple[str, list[str]]:
    """To whom a first line is private, if it is; and its text, which may still be missing."""
    match parse(line), parse(f"{line} x"):
        case Whisper(to, text), _:
            return to, [text]
        case _, Whisper(to, "x"):
            return to, []
    return "", [line]
