"""What may be wrong with the accounts. Each error's text is one sentence for whoever runs it.

None of them holds a password, or the stored form of one.
"""

from pathlib import Path

Where = Path | str
"""The file, or what begins a sentence about the place where several servers keep them."""


class AccountsError(Exception):
    """Nothing can be read from, or written to, the accounts there."""

    def __init__(self, where: Where, text: str) -> None:
        super().__init__(text)
        self.where = where


class NotAccounts(AccountsError):
    """It is another program's database, or damaged, or not a database."""

    def __init__(self, path: Path, why: str) -> None:
        super().__init__(path, f"{path} is not a sound file of accounts ({why}).")
        self.why = why


class NewerAccounts(AccountsError):
    """A newer version of this program has made it, in a form that this one does not know."""

    def __init__(self, where: Where, version: int) -> None:
        text = f"{where} has accounts of version {version}, which a newer program has made."
        super().__init__(where, text)
        self.version = version


class NoAccounts(AccountsError):
    """There are none yet."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, f"There are no accounts in {path.parent}.")


class AccountsBusy(AccountsError):
    """Another program held them for longer than we wait."""

    def __init__(self, where: Where) -> None:
        super().__init__(where, f"{where} is busy; try again.")


class CannotUse(AccountsError):
    """The system refuses: permissions, a full disk, or what is there is not a file."""

    def __init__(self, where: Where, why: str) -> None:
        super().__init__(where, f"{where} cannot be used ({why}).")
        self.why = why


class HubAway(CannotUse):
    """The engine in which several servers keep them does not answer now."""

    def __init__(self, why: str) -> None:
        super().__init__("The hub", why)


class WrongPassword(Exception):
    """There is no such account, or this is not its password: which of the two is not told."""


class NameTaken(Exception):
    """Somebody has registered `name`, which is the one that was asked for, or looks like it."""

    def __init__(self, name: str) -> None:
        super().__init__(f"The name {name} is registered already.")
        self.name = name


class TooManyAccounts(Exception):
    """No more names can be registered."""


class LettersFull(Exception):
    """For one person, or from one to another, no more letters are kept."""
