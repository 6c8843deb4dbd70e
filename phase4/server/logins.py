"""What logging in and out does to the people in the room. Each step stands under the room's lock.

**Whoever is here under a registered name is logged in.** So a registered name is given to its owner
alone, and somebody who takes another name is logged out. The exception: a name that the command
line registers while somebody has it. They keep it until they leave, or until its owner comes.

Passwords are not here: they have been checked before (membership.py).
"""

import os
from collections.abc import Callable, Collection, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from phase4.accounts import nicknames
from phase4.accounts.account import Account, accounts_of
from phase4.accounts.errors import AccountsError, CannotUse
from phase4.server.gate import Gate
from phase4.server.member import Member
from phase4.server.outbox import FanOut, Outbox
from phase4.server.people import People
from phase4.server.refusal import NameRegistered, Refused
from phase4.server.voice import Voice
from shared.message import LOGGED_IN_ELSEWHERE, Notice, Renamed
from shared.rights import LoggedIn, LoggedOut

if TYPE_CHECKING:
    from phase4.accounts.accounts import Accounts


class AccountsUnreadable(Exception):
    """Whose the names are cannot be read, so the server does not start: they are not anybody's."""

    def __init__(self, error: AccountsError) -> None:
        super().__init__(f"{error} With --no-accounts it starts, and names are anybody's.")


class LetsIn(Protocol):
    """Room.let_in."""

    def __call__(self, member: Member, name: str, *, replaces: Member | None) -> None:
        """Let a member in, in the place of another connection of theirs where there is one."""


Leaves = Callable[[Member, str, str, Callable[[Outbox], None]], None]


class Logins:
    """Whose the names in one room are. `accounts` is None where the server keeps none.

    `owner_of`, `check_free` and `has_other_name` are called under the room's lock; all else without
    it, by any thread.
    """

    def __init__(
        self,
        fan_out: FanOut,
        people: People,
        voice: Voice,
        accounts: "Accounts | None",
        gate: Gate,
        *,
        let_in: LetsIn,
        leave: Leaves,
        check_open: Callable[[], None],
    ) -> None:
        self.accounts = accounts
        self._fan_out = fan_out
        self._people = people
        self._voice = voice
        self._gate = gate
        self._let_in = let_in
        self._leave = leave
        self._check_open = check_open  # raises RoomFull

    # --- under the room's lock ------------------------------------------------------------------

    def owner_of(self, name: str) -> str:
        """The registered name that is this one, or looks like it; empty: it is free for all."""
        return self.accounts.owner_of(name) if self.accounts is not None else ""

    def is_registered(self, name: str) -> bool:
        """Whether this very name is, in whatever spelling."""
        return self.accounts is not None and self.accounts.called(name) is not None

    def check_free(self, name: str, member: Member | None = None) -> None:
        """Raise Refused where the name is banned, or registered, and not this member's own."""
        self._gate.check_name(name)
        owner = self.owner_of(name)
        if owner and not (member and member.account == owner and is_same(name, owner)):
            raise NameRegistered(owner)

    def free(self, names: Iterable[str]) -> Iterable[str]:
        """Those that nobody has, here or for good, and that are not banned."""
        return (
            each
            for each in names
            if not self._people.holder(each)
            and not self.owner_of(each)
            and self._gate.is_free(each)
        )

    def has_other_name(self, member: Member) -> None:
        """Log out whoever is here under a name that is not their account's."""
        if member.account and not is_same(member.name, member.account):
            self.log_out_here(member)

    def greet(self, member: Member) -> None:
        """Tell somebody that they are logged in, where they are."""
        if member.account and not member.is_gone:
            now, is_operator = self._voice.now(), self._gate.is_operator(member)
            self._voice.tell(member, LoggedIn(now.wire, member.account, is_operator))

    def give(self, member: Member, name: str) -> None:
        """Give a member another name, which is free, and tell everybody."""
        old, now = member.name, self._voice.now()
        self._people.release(member)
        self._people.claim(member, name)
        self._voice.announce(Renamed(now.wire, old, name))
        self._voice.note(now, f"{old} is now {name}")
        self.has_other_name(member)

    def changed(self, names: Collection[str]) -> None:
        """The command line has removed these accounts, or reset them: nobody is logged in there.

        Whoever is has the name of somebody else now, or has to show the new password.
        """
        for member in [each for each in self._people if each.account in names]:
            if self.is_registered(member.account):
                others = nicknames.alternatives("", "random")
                self.give(member, next(iter(self.free(others))))
            else:
                self.log_out_here(member)

    def log_out_here(self, member: Member) -> None:
        """Let somebody be logged in no more, who keeps the name."""
        account, member.account, member.receipt = member.account, "", None
        now = self._voice.now()
        self._voice.tell(member, LoggedOut(now.wire))
        self._voice.note(now, f"{member.name} is not logged in as {account} any more")

    # --- any thread -----------------------------------------------------------------------------

    def enter(self, member: Member, account: Account) -> None:
        """Let a newcomer in who has proved whose account it is. Raises Refused and RoomFull.

        From a connection of theirs that is still here they take the name, and nobody is told.
        """
        others = nicknames.alternatives("", "random")
        with self._fan_out:
            self.check_still_there(account)
            old = self._people.holder(account.name)
            is_theirs = old is not None and old.account == account.name
            if old is not None and not is_theirs:
                self._check_open()  # first: nobody loses a name to one who finds no place
                self._make_way(old, others)
            self.own(member, account.name)
            try:
                self._let_in(member, account.name, replaces=old if is_theirs else None)
            except Refused:
                member.account = ""
                raise

    def become(self, member: Member, account: Account) -> None:
        """Give the name of an account to somebody who is here, and has proved whose it is."""
        others = nicknames.alternatives("", "random")
        with self._fan_out:
            if member.is_gone:
                return
            self.check_still_there(account)
            if not is_same(member.name, account.name):
                self._gate.check_renaming(member)
            old = self._people.holder(account.name)
            if old is not None and old is not member:
                if old.account == account.name:
                    why = "logged in from elsewhere"
                    self._leave(old, why, LOGGED_IN_ELSEWHERE, self._fan_out.hang_up)
                else:
                    self._make_way(old, others)
            self.own(member, account.name)
            if not is_same(member.name, account.name):
                self.give(member, account.name)
            self.greet(member)
            self._voice.note(self._voice.now(), f"{member.name} is logged in")

    def hold(self, member: Member) -> str:
        """Keep the present name of somebody for them, until it is registered; the name.

        Raises Refused.
        """
        with self._fan_out:
            if member.is_gone:
                raise Refused("")
            if member.account:
                raise Refused(
                    f"{member.account} is registered already; /password NEW changes the password."
                )
            self.check_free(member.name)
            assert self.accounts is not None
            self.accounts.hold(member.name)
            return member.name

    def registered(self, member: Member, account: Account) -> None:
        """Tell somebody that their name is their own now. They may have left meanwhile."""
        assert self.accounts is not None
        with self._fan_out:
            self.accounts.admit(account)
            now = self._voice.now()
            self._voice.note(now, f"{account.name} is registered from {member.address}")
            if not member.is_gone and is_same(member.name, account.name):
                text = f"{account.name} is yours. From now on: /login {account.name} PASSWORD"
                self._voice.tell(member, Notice(now.wire, text))
                self._has_registered(member, account)

    def _has_registered(self, member: Member, account: Account) -> None:
        self.own(member, account.name)
        self.greet(member)

    def note_wrong(self, member: Member, name: str) -> None:
        """Note a wrong password in connections.txt. What was no name may have been the password."""
        with self._fan_out:
            account = self.accounts.called(name) if self.accounts is not None else None
            whose = account.name if account else "a name that nobody has registered"
            text = f"{member.address} gave a wrong password for {whose}"
            self._voice.note(self._voice.now(), text)

    def log_out(self, member: Member) -> None:
        """Log somebody out. As the name is registered, they get another one, that is free."""
        others = nicknames.alternatives("", "random")
        with self._fan_out:
            if not member.is_gone and member.account:
                self._gate.check_renaming(member)
                self.give(member, next(iter(self.free(others))))

    def unregistered(self, account: Account) -> None:
        """Let the name of an account be anybody's, and its owner keep it for now."""
        assert self.accounts is not None
        with self._fan_out:
            self.accounts.dismiss(account)
            # Another connection of theirs may have taken their place meanwhile.
            for each in [each for each in self._people if each.account == account.name]:
                self.log_out_here(each)

    def check_still_there(self, account: Account) -> None:
        """Raise Refused where it is gone, or its name is banned. Under the room's lock."""
        self._gate.check_name(account.name)
        assert self.accounts is not None
        known = self.accounts.called(account.name)
        if known is None or known.id != account.id:
            raise Refused(f"{account.name} is not registered any more.")

    @staticmethod
    def own(member: Member, account: str) -> None:
        """Let somebody be logged in as this account. Under the room's lock, as `log_out_here`."""
        member.account, member.receipt, member.last_letter = account, None, 0

    def _make_way(self, member: Member, names: Iterable[str]) -> None:
        """Give another name to whoever has one whose owner comes."""
        name = next(iter(self.free(names)))
        text = f"The name {member.name} is registered, and its owner has come; you are {name}."
        self.give(member, name)
        self._voice.tell(member, Notice(self._voice.now().wire, text))


def is_same(name: str, other: str) -> bool:
    """Whether these are spellings of one name."""
    return nicknames.fold(name) == nicknames.fold(other)


def open_accounts(
    lock: FanOut,
    log_dir: Path,
    report: Callable[[str], None],
    on_change: Callable[[Collection[str]], None],
) -> "Accounts | None":
    """The accounts in this directory; None where this Python cannot read any, and there are none.

    Raises AccountsUnreadable.
    """
    try:
        from phase4.accounts.accounts import Accounts
        from phase4.accounts.store import Store  # some builds of Python lack sqlite3
    except ImportError as error:
        path, why = accounts_of(log_dir), f"this Python lacks {error.name}"
        if os.path.lexists(path):
            raise AccountsUnreadable(CannotUse(path, why)) from error
        report(f"Nobody can register a name: {why}.")
        return None
    try:
        return Accounts(lock, Store(accounts_of(log_dir)), report, on_change)
    except AccountsError as error:
        raise AccountsUnreadable(error) from error
