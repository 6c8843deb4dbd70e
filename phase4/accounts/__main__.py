"""The command line of the accounts: python -m phase4.accounts

Each command works while servers run, which notice within a second, and without one. The accounts
are in the directory of a server's logs; or, with --hub, where several servers share a room.
"""

import argparse
import contextlib
import getpass
import sys
from pathlib import Path

from phase4.accounts import passwords
from phase4.accounts.account import Account, accounts_of
from phase4.accounts.contract import AccountStore
from phase4.accounts.errors import AccountsError, NameTaken, TooManyAccounts
from phase4.accounts.hub_store import HubStore, open_hub_store
from phase4.accounts.nicknames import BadNickname, fold, normalise
from phase4.accounts.passwords import BadPassword
from phase4.accounts.store import Store
from phase4.hub.arguments import add_hub_arguments, check_hub_arguments
from phase4.hub.records import EngineUnfit
from shared.arguments import file_path
from shared.console import accept_any_text, exit_with

_EXAMPLES = """\
examples:
  python -m phase4.accounts list logs
  python -m phase4.accounts add logs Alice
  python -m phase4.accounts reset logs Alice --password-file new.txt
  python -m phase4.accounts remove logs Alice
where several servers share a room:
  python -m phase4.accounts list --hub redis://127.0.0.1:6379
  python -m phase4.accounts copy logs --hub redis://127.0.0.1:6379
"""


_Parser = argparse.ArgumentParser


class Mistake(Exception):
    """What was asked for cannot be done; the text is a sentence for whoever asked."""


def main(arguments: list[str] | None = None) -> int:
    """Do what is asked; the exit status: 2 where it cannot be done."""
    accept_any_text()
    words = sys.argv[1:] if arguments is None else arguments
    has_hub = any(each.partition("=")[0] == "--hub" for each in words)
    parser = _parser(has_hub=has_hub)
    options = parser.parse_args(words)
    check_hub_arguments(parser, options)
    try:
        with contextlib.closing(_open(options)) as store:
            _COMMANDS[options.command](store, options)
    except (AccountsError, BadNickname, BadPassword, NameTaken, Mistake) as error:
        print(f"phase4.accounts: {error}", file=sys.stderr)
        return 2
    except TooManyAccounts:
        print("phase4.accounts: No more names can be registered.", file=sys.stderr)
        return 2
    return 0


def _open(options: argparse.Namespace) -> AccountStore:
    """Where the accounts are. Raises Mistake, and AccountsError."""
    if options.hub is None:
        return Store(accounts_of(options.log_dir))
    try:
        return open_hub_store(options.hub, room=options.hub_room, server="accounts")
    except EngineUnfit as error:
        raise Mistake(f"--hub: {error}") from error


def _list(store: AccountStore, options: argparse.Namespace) -> None:
    """One line for each account."""
    accounts, waiting = store.accounts(), store.waiting()
    for each in accounts:
        letters = waiting.get(each.id, 0)
        seen = f"last here {each.seen}" if each.seen else "never logged in"
        more = f", {letters} private message{'s' * (letters != 1)} waiting" if letters else ""
        print(f"{each.name}: registered {each.since}, {seen}{more}")
    if not accounts:
        print("Nobody is registered.", file=sys.stderr)


def _add(store: AccountStore, options: argparse.Namespace) -> None:
    name = normalise(options.name)
    if options.hub is None and not options.log_dir.is_dir():
        raise Mistake(f"{options.log_dir} is not a directory: give the server's --log-dir.")
    store.add(name, passwords.keep(_password(options)))
    print(f"{name} is registered.")


def _remove(store: AccountStore, options: argparse.Namespace) -> None:
    account = _account(store, options.name)
    store.remove(account)
    print(f"{account.name} is registered no more; what waited for them is gone.")


def _reset(store: AccountStore, options: argparse.Namespace) -> None:
    account = _account(store, options.name)
    if not store.change(account, passwords.keep(_password(options))):
        raise Mistake(f"{account.name} was changed by somebody else meanwhile; try again.")
    print(f"{account.name} has the new password.")


def _copy(store: AccountStore, options: argparse.Namespace) -> None:
    """Each account with what waits for it, whole or not at all; the file stays as it is."""
    if not isinstance(store, HubStore):
        raise Mistake("Say where to copy them, with --hub.")
    known = {each.key: each.stored for each in store.accounts()}
    copied = left_out = 0
    with contextlib.closing(Store(accounts_of(options.log_dir))) as file:
        for each in file.accounts():
            if known.get(each.key) == each.stored:  # copied before
                continue
            try:
                store.take_over(each, file.letters(each))
                copied += 1
            except NameTaken as error:
                print(f"{each.name} was not copied: {error}", file=sys.stderr)
                left_out += 1
    print(f"{copied} account{'s were' if copied != 1 else ' was'} copied.")
    if left_out:
        raise Mistake("What was registered there before is as it was.")


def _account(store: AccountStore, name: str) -> Account:
    """The account of this name. Raises Mistake, and AccountsError."""
    for each in store.accounts():
        if each.key == fold(name.strip()):
            return each
    raise Mistake(f"Nobody is registered as {name}.")


def _password(options: argparse.Namespace) -> str:
    """From the file that was named, or asked for twice without being shown; or one line of a pipe.

    Never from the command line: everybody on this machine can read that, with ps. Raises Mistake
    and BadPassword.
    """
    if options.password_file is not None:
        return passwords.prepare(_first_line(options.password_file))
    if not sys.stdin.isatty():
        return passwords.prepare(sys.stdin.readline().rstrip("\r\n"))
    try:
        password = getpass.getpass(f"Password for {options.name}: ")
        prepared = passwords.prepare(password)
        is_same = getpass.getpass("The same again: ") == password
    except EOFError:
        raise Mistake("No password was given; nothing was changed.") from None
    if not is_same:
        raise Mistake("They are not the same; nothing was changed.")
    return prepared


def _first_line(path: Path) -> str:
    try:
        with open(path, encoding="utf-8-sig") as file:
            return file.readline().rstrip("\r\n")
    except UnicodeDecodeError as error:
        raise Mistake(f"{path} is not text in UTF-8.") from error
    except OSError as error:
        raise Mistake(f"{path} cannot be read ({error.strerror}).") from error


_COMMANDS = {"list": _list, "add": _add, "remove": _remove, "reset": _reset, "copy": _copy}


def _parser(*, has_hub: bool) -> argparse.ArgumentParser:
    """`has_hub`: the accounts are where --hub says, and in no directory."""
    parser = argparse.ArgumentParser(
        prog="python -m phase4.accounts",
        description="Whose the names are, for whoever runs the server. LOG_DIR is the server's;"
        " --hub stands in its place where several servers share a room.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)

    def command(name: str, does: str, *, has_directory: bool = not has_hub) -> _Parser:
        each = commands.add_parser(name, help=does, description=f"{does[0].upper()}{does[1:]}.")
        if has_directory:
            help_text = "the server's --log-dir"
            each.add_argument("log_dir", type=file_path, metavar="LOG_DIR", help=help_text)
        add_hub_arguments(each, does="the accounts are those of the servers that share a room by")
        return each

    command("list", "show who is registered")
    _with_password(_with_name(command("add", "register a name")))
    _with_name(command("remove", "let a name be free again"))
    _with_password(_with_name(command("reset", "give an account another password")))
    command("copy", "copy the accounts of one server to where --hub says", has_directory=True)
    return parser


def _with_name(parser: _Parser) -> _Parser:
    parser.add_argument("name", metavar="NAME", help="the name, in any spelling")
    return parser


def _with_password(parser: _Parser) -> None:
    parser.add_argument(
        "--password-file",
        type=file_path,
        metavar="FILE",
        help="its first line is the password (default: it is asked for, or read from a pipe)",
    )


if __name__ == "__main__":
    exit_with(main)
