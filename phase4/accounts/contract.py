"""What the accounts need of the place where they are kept, whichever it is. No I/O.

One server keeps them in a file (store.py). Servers that share a room keep them where the room is
(hub_store.py).
"""

from collections.abc import Iterable
from typing import Protocol

from phase4.accounts.account import Account, Letter
from phase4.accounts.errors import LettersFull
from phase4.accounts.nicknames import fold

MAX_ACCOUNTS = 10_000
"""Names that can be registered. A university's course has a tenth; one address that registers as
fast as it may needs a day and a half for so many."""

MAX_LETTERS = 100
"""Private messages that wait for one person: 400 kB at most, which an outbox holds."""

MAX_LETTERS_FROM_ONE = 20
"""Of these, from one sender: nobody alone can keep others from writing to somebody."""


class AccountStore(Protocol):
    """Any thread may call any method, and may wait; all but `exists` raise AccountsError."""

    @property
    def exists(self) -> bool:
        """Whether there may be accounts at all. Waits for nothing but a look at a local file."""

    def close(self) -> None:
        """Give back what was opened. Waits for half a second at most."""

    def is_changed(self) -> bool:
        """Whether another program has changed them since `accounts` was last called.

        It may be so as well where this one has.
        """

    def accounts(self) -> list[Account]:
        """All of them, by name."""

    def waiting(self) -> dict[int, int]:
        """How many letters wait, by the account's id."""

    def add(self, name: str, stored: str) -> Account:
        """Register a name. Raises NameTaken and TooManyAccounts as well."""

    def change(self, account: Account, stored: str) -> bool:
        """Keep another stored form; False where the account is gone, or has another one by now."""

    def remove(self, account: Account) -> bool:
        """Remove an account and what waits for it; whether it was there."""

    def note_login(self, account: Account) -> None:
        """Keep the day on which somebody has logged in."""

    def check_letters(self, account: Account, sender: str) -> None:
        """Raise LettersFull where no more of this sender's are kept."""

    def keep(self, account: Account, at: str, sender: str, text: str) -> None:
        """Keep a private message until it has arrived. Raises LettersFull as well."""

    def letters(self, account: Account) -> list[Letter]:
        """What waits, the oldest first."""

    def forget_letters(self, account: Account, last: int) -> None:
        """Those up to this number have arrived."""


def refuse_too_many(senders: Iterable[str], sender: str) -> None:
    """Raise LettersFull where these have written what waits, and no more of `sender` is kept."""
    keys = [fold(each) for each in senders]
    if len(keys) >= MAX_LETTERS or keys.count(fold(sender)) >= MAX_LETTERS_FROM_ONE:
        raise LettersFull
