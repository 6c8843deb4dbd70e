"""The commands that make a name somebody's own. Each runs in the thread of whoever asks.

A password is here for as long as it is checked. It gets into no text: not into an answer, nor into
an entry of a log, nor into an error.
"""

import contextlib
from collections.abc import Iterator
from typing import TYPE_CHECKING

from phase4.accounts.account import Account
from phase4.accounts.errors import AccountsError, NameTaken, TooManyAccounts, WrongPassword
from phase4.accounts.hashing import Busy, Stopped
from phase4.accounts.passwords import BadPassword, CannotCheck
from phase4.accounts.tries import TooManyTries
from phase4.server.member import Member
from phase4.server.refusal import NameRegistered, Refused
from phase4.server.room import Room
from shared.request import Command, parse
from shared.secret import has_secret

if TYPE_CHECKING:
    from phase4.accounts.accounts import Accounts

WITH_PASSWORD = frozenset(("/register", "/login", "/password", "/unregister"))

NONE_KEPT = "This server keeps no accounts."
IN_THE_OPEN = (
    "Passwords are taken over TLS alone. This one could be read on its way here: use it no more."
)
HOW_TO_LOG_IN = "Write /login NAME PASSWORD."
WRONG = "Wrong name or password."


def register(room: Room, member: Member, rest: str) -> None:
    """/register PASSWORD: make your name your own."""
    accounts = _accounts(room, member, rest, "Write /register PASSWORD.")
    with _refusals():
        name = room.logins.hold(member)
        account = accounts.register(name, rest, member.host)
    room.logins.registered(member, account)


def login(room: Room, member: Member, rest: str) -> None:
    """/login NAME PASSWORD: take the name that is yours."""
    _accounts(room, member, rest, HOW_TO_LOG_IN)
    name, password = name_and_password(rest, member.name)
    if member.account and accounts_name(room, name) == member.account:
        raise Refused(f"You are logged in as {member.account} already.")
    account = check(room, member, name, password)
    room.logins.become(member, account)
    room.letters.deliver(member, is_all_read=member.is_quiet())


def password(room: Room, member: Member, rest: str) -> None:
    """/password NEW: change your password."""
    accounts = _accounts(room, member, rest, "Write /password NEW.")
    name = _logged_in(member)
    with _refusals():
        is_changed = accounts.change(name, rest)
    if not is_changed:
        raise Refused(f"{name} is not registered any more.")
    room.notify(member, "You have a new password.")
    with room.fan_out:  # their client remembers it from here on
        room.logins.greet(member)


def logout(room: Room, member: Member, rest: str) -> None:
    """/logout: let go of your name for now."""
    if room.logins.accounts is None:
        raise Refused(NONE_KEPT)
    _logged_in(member)
    room.logins.log_out(member)


def unregister(room: Room, member: Member, rest: str) -> None:
    """/unregister PASSWORD: let your name be anybody's again."""
    accounts = _accounts(room, member, rest, "Write /unregister PASSWORD.")
    account = check(room, member, _logged_in(member), rest)
    with _refusals():
        accounts.remove(account)
    room.logins.unregistered(account)


def enter(room: Room, member: Member, rest: str, asked: str) -> Account:
    """The account of a newcomer who logs in at the prompt, having asked for a name before.

    Raises Refused.
    """
    _accounts(room, member, rest, HOW_TO_LOG_IN)
    name, password = name_and_password(rest, asked)
    if not name:
        raise Refused(HOW_TO_LOG_IN)
    return check(room, member, name, password)


def name_and_password(rest: str, default: str) -> tuple[str, str]:
    """What stands behind /login. One word alone is a password, and the name is the default.

    >>> name_and_password("Alice correct horse", "Bob"), name_and_password("secret99", "Bob")
    (('Alice', 'correct horse'), ('Bob', 'secret99'))
    """
    name, *password = rest.split(None, 1)
    return (name, password[0]) if password else (default, name)


def is_of_password(line: str) -> bool:
    """Whether somebody wants to give a password with this line, or is about to.

    >>> is_of_password("/register"), is_of_password("login Alice secret99"), is_of_password("Alice")
    (True, True, False)
    """
    match parse(line):
        case Command(name):
            return name in WITH_PASSWORD
    return has_secret(line)


def check(room: Room, member: Member, name: str, password: str) -> Account:
    """The account of this name, whose password it is. Raises Refused."""
    if room.logins.accounts is None:
        raise Refused(NONE_KEPT)
    with _refusals():
        try:
            return room.logins.accounts.check(name, password, member.host)
        except WrongPassword:
            room.logins.note_wrong(member, name)
            raise


def accounts_name(room: Room, name: str) -> str:
    """The account's name in its own spelling; empty where there is none."""
    with room.fan_out.lock:
        account = room.logins.accounts.called(name) if room.logins.accounts else None
    return account.name if account else ""


def _accounts(room: Room, member: Member, rest: str, usage: str) -> "Accounts":
    """The accounts of this server, for somebody who has sent a password. Raises Refused."""
    if room.logins.accounts is None:
        raise Refused(NONE_KEPT)
    if not rest:
        raise Refused(usage)
    if not member.is_confidential:
        raise Refused(IN_THE_OPEN)
    return room.logins.accounts


def _logged_in(member: Member) -> str:
    if not member.account:
        raise Refused("You are not logged in.")
    return member.account


@contextlib.contextmanager
def _refusals() -> Iterator[None]:
    """Raise as Refused what may be wrong with an account, or a password."""
    try:
        yield
    except WrongPassword:
        raise Refused(WRONG) from None
    except (BadPassword, TooManyTries) as error:
        raise Refused(str(error)) from None
    except Busy:
        raise Refused("Too many people log in at this moment; try again.") from None
    except Stopped:
        raise Refused("The server is stopping.") from None
    except NameTaken as error:
        raise NameRegistered(error.name) from None
    except TooManyAccounts:
        raise Refused("No more names can be registered here.") from None
    except CannotCheck:
        raise Refused("Your password cannot be checked now.") from None
    except AccountsError:  # its sentence is the operator's: it has the path
        raise Refused("The accounts cannot be changed now.") from None
