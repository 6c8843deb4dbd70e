"""The accounts as several servers share them: records in the engine of the hub.

A file has a lock, and one transaction after the other. Here each server reads, decides, and asks
for a change that is done only where all is still as it was read. Where it is not, somebody else was
quicker: it reads and decides anew. (This is called *optimistic*: nobody holds a lock that the
death of a server would leave behind.)

    accounts   ledger: the last id that was given, how many accounts there are, and the version of
               all forms (hub_forms.py). Whoever adds or removes an account changes it, so that two
               agree on both
    account    by id: name, the stored form of the password, and the day on which it was made
    name       by what the spellings of a name have in common: the id
    look       by what looks like a name has in common: the id
    seen       by id: the day on which somebody logged in last
    waiting    by id: the number of the last letter that was ever kept, and the number and sender of
               each that waits
    letter     by id and number: when it was said, by whom, and its text

What changes with every login or letter is of another kind than the accounts themselves: so no
server reads these anew because of it.
"""

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date
from functools import partial

from phase4.accounts.account import Account, Letter
from phase4.accounts.contract import MAX_ACCOUNTS, refuse_too_many
from phase4.accounts.errors import (
    AccountsBusy,
    CannotUse,
    HubAway,
    LettersFull,
    NameTaken,
    NewerAccounts,
    TooManyAccounts,
)
from phase4.accounts.hub_forms import (
    Damaged,
    Ledger,
    Newer,
    Waiting,
    account_of,
    ledger_of,
    letter_of,
    to_bytes,
    waiting_of,
)
from phase4.accounts.recent import Recent
from phase4.hub.engine import EngineDown, open_engine
from phase4.hub.records import Place, Records, open_records

HUB = "The hub"
"""What the errors say cannot be used."""

MOST_TRIES = 100
"""Each that fails has let somebody else's change through: so only a crowd needs more than a few."""

_LEDGER: Place = ("accounts", "ledger")


def open_hub_store(url: str, *, room: str, server: str) -> "HubStore":
    """The accounts of a room, in an engine that will do. `server`: who asks.

    Raises EngineUnfit, and HubAway.
    """
    try:
        with contextlib.closing(open_engine(url, room=room, server=server)) as engine:
            engine.check()
        records = open_records(url, room=room, server=server)
        records.check()
    except EngineDown as error:
        raise HubAway(str(error)) from error
    return HubStore(records)


class HubStore:
    """As phase4.accounts.contract.AccountStore says. It owns the records."""

    def __init__(self, records: Records) -> None:
        self._records = records

        # What `accounts` saw last; any thread sets it, and an old one costs a reading more.
        self._version = -1
        # Whether accounts were seen, or made. Only ever set.
        self._was_there = False
        self._recent = Recent(records.connections)

    @property
    def exists(self) -> bool:
        """It may, at any time: another server makes them."""
        return True

    def close(self) -> None:
        """See AccountStore."""
        self._records.close()

    # --- accounts -------------------------------------------------------------------------------

    def is_changed(self) -> bool:
        """See AccountStore."""
        version = self._seen_version()
        with _in_words():
            self._recent.look(self._records.connections)
        return version != self._version

    def accounts(self) -> list[Account]:
        """See AccountStore."""
        version = self._seen_version()
        with _in_words():
            self._ledger()
            seen = self._records.all("seen")
            accounts = [
                account_of(key, value, seen.get(key, b""))
                for key, value in self._records.all("account").items()
            ]
        self._version = version
        return sorted(accounts, key=lambda each: each.name.casefold())

    def waiting(self) -> dict[int, int]:
        """See AccountStore."""
        with _in_words():
            letters = {
                key: waiting_of(value).letters
                for key, value in self._records.all("waiting").items()
            }
        return {int(key): len(each) for key, each in letters.items() if each and key.isdecimal()}

    def add(self, name: str, stored: str) -> Account:
        """See AccountStore."""
        return self.take_over(Account(0, name, stored, date.today().isoformat()))

    def take_over(self, account: Account, letters: Sequence[Letter] = ()) -> Account:
        """Add an account that was kept elsewhere, and what waits for it; with the id it has here.

        Raises as `add` does.
        """
        with _in_words():
            for _ in range(MOST_TRIES):
                raw, ledger = self._ledger()
                self._refuse_taken(account)
                if ledger.count >= MAX_ACCOUNTS:
                    raise TooManyAccounts
                account = replace(account, id=ledger.last + 1)
                if self._add(account, letters, raw, ledger):
                    self._was_there = True
                    self._recent.done(partial(self._add_again, account, letters))
                    return account
        raise AccountsBusy(HUB)

    def _add(
        self, account: Account, letters: Sequence[Letter], raw: bytes | None, ledger: Ledger
    ) -> bool:
        name, looks = ("name", account.key), ("look", account.look)
        number = _id_of(account)
        changes = {
            _LEDGER: to_bytes(replace(ledger, last=account.id, count=ledger.count + 1)),
            name: number,
            looks: number,
            _place(account): to_bytes(account),
        }
        if account.seen:
            changes["seen", str(account.id)] = account.seen.encode()
        if letters:
            senders = tuple((count, each.sender) for count, each in enumerate(letters, 1))
            changes["waiting", str(account.id)] = to_bytes(Waiting(len(letters), senders))
            for count, each in enumerate(letters, 1):
                changes[_letter(account, count)] = to_bytes(each)
        return self._records.change({_LEDGER: raw, name: None, looks: None}, changes)

    def _refuse_taken(self, account: Account) -> None:
        for kind, key in (("name", account.key), ("look", account.look)):
            for number in self._records.some(kind, [key]).values():
                owner = number.decode("ascii", "replace")
                for value in self._records.some("account", [owner]).values():
                    raise NameTaken(account_of(owner, value).name)

    def change(self, account: Account, stored: str) -> bool:
        """See AccountStore."""
        place = _place(account)
        with _in_words():
            raw = self._at(place)
            if raw is None or account_of(str(account.id), raw).stored != account.stored:
                return False
            renewed = to_bytes(replace(account, stored=stored))
            is_done = self._records.change({place: raw}, {place: renewed})
            if is_done:
                self._recent.done(partial(self._change_again, account, stored))
            return is_done

    def remove(self, account: Account) -> bool:
        """See AccountStore."""
        with _in_words():
            for _ in range(MOST_TRIES):
                if not self._is_there(account):
                    return False
                if self._remove(account):
                    self._recent.done(partial(self._remove_again, account))
                    return True
        raise AccountsBusy(HUB)

    def _remove(self, account: Account) -> bool:
        name, waits = ("name", account.key), ("waiting", str(account.id))
        raw, ledger = self._ledger()
        letters = self._at(waits)
        gone = [
            *(name, ("look", account.look), _place(account), ("seen", str(account.id)), waits),
            *(_letter(account, number) for number, _ in waiting_of(letters).letters),
        ]
        return self._records.change(
            {_LEDGER: raw, name: _id_of(account), waits: letters},
            {_LEDGER: to_bytes(replace(ledger, count=ledger.count - 1)), **dict.fromkeys(gone)},
        )

    def note_login(self, account: Account) -> None:
        """See AccountStore."""
        today = date.today().isoformat()
        if account.seen != today:
            with _in_words():
                self._records.change(
                    {("name", account.key): _id_of(account)},
                    {("seen", str(account.id)): today.encode()},
                )

    # --- letters --------------------------------------------------------------------------------

    def check_letters(self, account: Account, sender: str) -> None:
        """See AccountStore."""
        with _in_words():
            waiting = waiting_of(self._at(("waiting", str(account.id))))
        refuse_too_many((each for _, each in waiting.letters), sender)

    def keep(self, account: Account, at: str, sender: str, text: str) -> None:
        """See AccountStore."""
        place = ("waiting", str(account.id))
        with _in_words():
            for _ in range(MOST_TRIES):
                raw = self._at(place)
                waiting = waiting_of(raw)
                refuse_too_many((each for _, each in waiting.letters), sender)
                if not self._is_there(account):
                    raise CannotUse(HUB, f"{account.name} is not registered any more")
                number = waiting.last + 1
                more = Waiting(number, (*waiting.letters, (number, sender)))
                letter = Letter(number, at, sender, account.name, text)
                if self._records.change(
                    {place: raw, ("name", account.key): _id_of(account)},
                    {place: to_bytes(more), _letter(account, number): to_bytes(letter)},
                ):
                    self._recent.done(partial(self._keep_again, account, letter))
                    return
        raise AccountsBusy(HUB)

    def letters(self, account: Account) -> list[Letter]:
        """See AccountStore."""
        with _in_words():
            waiting = waiting_of(self._at(("waiting", str(account.id))))
            places = {_letter(account, number)[1]: number for number, _ in waiting.letters}
            found = self._records.some("letter", places)
            return [
                letter_of(number, account.name, found[key])
                for key, number in places.items()
                if key in found  # else it has arrived meanwhile
            ]

    def forget_letters(self, account: Account, last: int) -> None:
        """See AccountStore."""
        place = ("waiting", str(account.id))
        with _in_words():
            for _ in range(MOST_TRIES):
                raw = self._at(place)
                waiting = waiting_of(raw)
                left = tuple(each for each in waiting.letters if each[0] > last)
                if left == waiting.letters:
                    return
                gone = [_letter(account, each[0]) for each in waiting.letters if each not in left]
                changes = {place: to_bytes(replace(waiting, letters=left)), **dict.fromkeys(gone)}
                if self._records.change({place: raw}, changes):
                    return
        raise AccountsBusy(HUB)

    # --- again, where the engine has lost it (recent.py) ----------------------------------------

    def _add_again(self, account: Account, letters: Sequence[Letter]) -> bool:
        """No id is given twice: so it was lost where that one is to come, or is somebody else's."""
        _, ledger = self._ledger()
        known = self._known(str(account.id))
        if ledger.last < account.id if known is None else known.name != account.name:
            with contextlib.suppress(NameTaken, TooManyAccounts):
                self.take_over(account, letters)
        return True

    def _change_again(self, account: Account, stored: str) -> bool:
        """Nobody has the old form again by chance: it has a salt."""
        return self.change(account, stored) or self._known(str(account.id)) is not None

    def _remove_again(self, account: Account) -> bool:
        known = self._known(str(account.id))
        if known is not None and known.stored == account.stored:
            self.remove(account)
        return True

    def _keep_again(self, account: Account, letter: Letter) -> bool:
        """No number is given twice, either. The account may have been given again as another."""
        number = self._at(("name", account.key))
        known = self._known((number or b"").decode("ascii", "replace"))
        if known is None or known.stored != account.stored:
            return False
        waiting = waiting_of(self._at(("waiting", str(known.id))))
        raw = self._at(_letter(known, letter.number))
        if waiting.last < letter.number if raw is None else raw != to_bytes(letter):
            with contextlib.suppress(LettersFull):
                self.keep(known, letter.at, letter.sender, letter.text)
        return True

    def _known(self, number: str) -> Account | None:
        raw = self._at(("account", number))
        return account_of(number, raw) if raw is not None else None

    # --- what all of them need ------------------------------------------------------------------

    def _at(self, place: Place) -> bytes | None:
        kind, key = place
        return self._records.some(kind, [key]).get(key)

    def _is_there(self, account: Account) -> bool:
        return self._at(("name", account.key)) == _id_of(account)

    def _seen_version(self) -> int:
        """Raises CannotUse where accounts were there: names that were registered are not free."""
        with _in_words():
            version = self._records.version("account")
        if version:
            self._was_there = True
        elif self._was_there:
            raise CannotUse(HUB, "it has lost the accounts")
        return version

    def _ledger(self) -> tuple[bytes | None, Ledger]:
        """As it is kept, and what it says. Raises CannotUse where it is lost."""
        raw = self._at(_LEDGER)
        if raw is None and self._was_there:
            raise CannotUse(HUB, "it has lost the accounts")
        return raw, ledger_of(raw)


@contextlib.contextmanager
def _in_words() -> Iterator[None]:
    """What is wrong with the engine, or with what is kept in it, becomes an AccountsError."""
    try:
        yield
    except EngineDown as error:
        raise HubAway(str(error)) from error
    except Newer as error:
        raise NewerAccounts(HUB, error.version) from error
    except Damaged as error:
        raise CannotUse(HUB, "the accounts in it are damaged") from error


def _place(account: Account) -> Place:
    return "account", str(account.id)


def _letter(account: Account, number: int) -> Place:
    return "letter", f"{account.id}/{number}"


def _id_of(account: Account) -> bytes:
    return b"%d" % account.id
