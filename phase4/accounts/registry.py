"""Whose the registered names are, in memory: asked for every name, so it waits for no file.

Pure: no I/O, and no lock of its own. The server asks and changes it under the room's lock.
"""

from collections.abc import Iterable

from phase4.accounts.account import Account
from phase4.accounts.nicknames import fold, look


class Registry:
    """All accounts, by the keys of their names and by what looks like these."""

    def __init__(self, accounts: Iterable[Account] = ()) -> None:
        self._by_key: dict[str, Account] = {}
        self._by_look: dict[str, Account] = {}

        # Names that are about to be registered: nobody else gets them meanwhile.
        self._held: dict[str, str] = {}
        for each in accounts:
            self.add(each)

    def __len__(self) -> int:
        return len(self._by_key)

    def called(self, name: str) -> Account | None:
        """The account of this name, in whatever spelling."""
        return self._by_key.get(fold(name)) if self._by_key else None

    def owner_of(self, name: str) -> str:
        """The registered name that is this one, or looks like it; empty: it is free for all."""
        if not self._by_key and not self._held:  # nearly always
            return ""
        account = self._by_key.get(fold(name)) or self._by_look.get(look(name))
        return account.name if account else self._held.get(look(name), "")

    def add(self, account: Account) -> None:
        """Take in a new account, or what has changed in it."""
        self._by_key[account.key] = account
        self._by_look[account.look] = account
        self._held.pop(account.look, None)

    def remove(self, account: Account) -> None:
        """Let the name be free, if it is still this account's, and nobody else's by now."""
        known = self._by_key.get(account.key)
        if known is not None and known.id == account.id:
            del self._by_key[account.key]
            self._by_look.pop(account.look, None)

    def hold(self, name: str) -> None:
        """Keep a name from all others until it is added, or let go."""
        self._held[look(name)] = name

    def let_go(self, name: str) -> None:
        """It was not registered after all."""
        self._held.pop(look(name), None)

    def changed_in(self, accounts: Iterable[Account]) -> frozenset[str]:
        """The names of those that are not among these any more, or have another password there."""
        kept = {(each.id, each.stored) for each in accounts}
        mine = self._by_key.values()
        return frozenset(each.name for each in mine if (each.id, each.stored) not in kept)

    def replaced_by(self, accounts: Iterable[Account]) -> "Registry":
        """A registry of these accounts that holds the same names; this one stays as it is."""
        other = Registry(accounts)
        other._held = self._held
        return other
