"""Whose the registered names are, in memory: asked for every name, so it waits for no file.

Pure: no I/O, and no lock of its own. The server asks and changes it under the room's lock.
"""

from collections.abc import Iterable, Mapping

from phase4.accounts.account import Account
from phase4.accounts.nicknames import fold, look


class Registry:
    """All accounts, by the keys of their names and by what looks like these."""

    def __init__(self, accounts: Iterable[Account] = ()) -> None:
        self._by_key: dict[str, Account] = {}
        self._by_look: dict[str, Account] = {}
        self._by_id: dict[int, Account] = {}

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
        key, looks = account.key, account.look
        for known in (self._by_id.get(account.id), self._by_key.get(key), self._by_look.get(looks)):
            if known is not None and known != account:
                self.remove(known)
        self._by_key[key] = self._by_look[looks] = self._by_id[account.id] = account
        self._held.pop(looks, None)

    def remove(self, account: Account) -> None:
        """Let the name be free, if it is still this account's, and nobody else's by now."""
        known = self._by_id.pop(account.id, None)
        if known is not None:
            del self._by_key[known.key]
            del self._by_look[known.look]

    def hold(self, name: str) -> None:
        """Keep a name from all others until it is added, or let go."""
        self._held[look(name)] = name

    def let_go(self, name: str) -> None:
        """It was not registered after all."""
        self._held.pop(look(name), None)

    def known(self) -> dict[int, Account]:
        """All of them, by id: a copy."""
        return self._by_id.copy()


def difference(
    known: Mapping[int, Account], accounts: Iterable[Account]
) -> tuple[list[Account], list[Account]]:
    """Which of those that are known are gone, and which are new or not as they were.

    To compare takes a hundredth of the time that it takes to find out what their names look like.
    So all of them can be read anew often, and the lock is held for what has changed alone.
    """
    kept = {each.id: each for each in accounts}
    gone = [each for each in known.values() if _name(kept.get(each.id)) != each.name]
    return gone, [each for each in kept.values() if known.get(each.id) != each]


def _name(account: Account | None) -> str:
    return account.name if account is not None else ""
