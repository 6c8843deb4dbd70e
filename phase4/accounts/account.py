"""What is kept of a person, and of a private message that waits for them."""

from dataclasses import dataclass, field
from pathlib import Path

from phase4.accounts.nicknames import fold, look

NAME = "accounts.sqlite"
"""The file of the accounts, in the directory of the logs."""


def accounts_of(log_dir: Path) -> Path:
    """The file of the accounts."""
    return log_dir / NAME


@dataclass(frozen=True, slots=True)
class Account:
    """A name that belongs to somebody. It does not show the stored form of the password."""

    # No other account ever has it, also when this one is gone.
    id: int

    # As it was spelled when it was registered.
    name: str

    # As passwords.keep() gave it.
    stored: str = field(repr=False)

    # Days such as 2026-11-20; the second is empty where nobody has logged in yet.
    since: str = ""
    seen: str = ""

    @property
    def key(self) -> str:
        """What all spellings of the name have in common."""
        return fold(self.name)

    @property
    def look(self) -> str:
        """What all names have in common that look like it."""
        return look(self.name)


@dataclass(frozen=True, slots=True)
class Letter:
    """A private message that waits; `number` says in which order they came."""

    number: int

    # When it was said, by the server's clock: 2026-11-21 14:03:05
    at: str
    sender: str
    recipient: str
    text: str
