"""The accounts as a server has them: names in memory, passwords checked one at a time, one store.

Whose a name is stands in the registry, which is asked under the room's lock and waits for nothing.
All that takes long is done in the hashing thread: to hash, to write to the store, and to see what
others have changed in it: the command line, or the other servers of a room. Whoever asks for that
waits in their own thread, without the lock.

**A registered name does not become free because the store cannot be read.** A server does not start
where it is there and cannot be read. While it runs, what was read before holds: names stay
registered, and people log in. Only what would have to be written is refused.
"""

from collections.abc import Callable, Collection, Iterable
from contextlib import AbstractContextManager
from dataclasses import replace

from phase4.accounts import passwords
from phase4.accounts.account import Account, Letter
from phase4.accounts.contract import AccountStore
from phase4.accounts.errors import AccountsError, HubAway, NoAccounts, WrongPassword
from phase4.accounts.hashing import HashingThread
from phase4.accounts.passwords import BadPassword, CannotCheck
from phase4.accounts.registry import Registry, difference
from phase4.accounts.tries import Tries

NEW_NAMES = 60
NEW_NAMES_SECONDS = 3600.0
"""Names that one address may register in an hour: two classes behind one router."""

_STAY = "Names stay registered as they are."
_GOES_ON = "Names stay registered as they are, and people log in."
_AWAY = "the hub is away"

Lock = AbstractContextManager[None, None]
"""The room's: in a `with` statement."""


class Accounts:
    """Any thread may call any method, without the room's lock; `owner_of` and `called` with it.

    Raises, beside what each method says: AccountsError where the file cannot be used; Busy and
    Stopped (hashing.py), and TooManyTries (tries.py), from what hashes a password.
    """

    def __init__(
        self,
        lock: Lock,
        store: AccountStore,
        report: Callable[[str], None],
        on_change: Callable[[Collection[str]], None] = lambda names: None,
    ) -> None:
        """Read what is kept in the store, which it owns from then on. Raises AccountsError.

        `report` is told once what is wrong with it later on. `on_change` is told, holding the
        room's lock, which accounts another program has removed, or given another password.
        """
        self._lock = lock
        self._report = report
        self._on_change = on_change
        self._store = store
        self._hashing = HashingThread()
        self._tries = Tries()
        self._new_names = Tries(tries=NEW_NAMES, per_seconds=NEW_NAMES_SECONDS)

        # Under the room's lock.
        self._registry = Registry(self._store.accounts() if self._store.exists else ())

        # The hashing thread's: what was reported last, and a form that is checked where there is no
        # account, so that it takes as long.
        self._reported = ""
        self._nobody = ""

    def stop(self) -> None:
        """Check no password any more: whoever waits for that is told."""
        self._hashing.stop()

    def close(self) -> None:
        """Close the store, after `stop`."""
        self._store.close()

    # --- under the room's lock ------------------------------------------------------------------

    def owner_of(self, name: str) -> str:
        """The registered name that is this one, or looks like it; empty: it is free for all."""
        return self._registry.owner_of(name)

    def called(self, name: str) -> Account | None:
        """The account of this name, in whatever spelling."""
        return self._registry.called(name)

    def hold(self, name: str) -> None:
        """Keep a name from all others until `register` is over, which must follow."""
        self._registry.hold(name)

    def let_go(self, name: str) -> None:
        """Keep a name no more that was held."""
        self._registry.let_go(name)

    def admit(self, account: Account) -> None:
        """Take in what `register` gave: from now on people log in to it."""
        self._registry.add(account)

    def dismiss(self, account: Account) -> None:
        """Let the name of an account be free again."""
        self._registry.remove(account)

    # --- passwords ------------------------------------------------------------------------------

    def check(self, name: str, password: str, host: str) -> Account:
        """The account of a name, for the one who knows its password.

        Raises WrongPassword, and CannotCheck. Takes as long for a name that nobody has registered.
        """
        self._tries.begin(host)
        was_wrong = False
        try:
            return self._hashing.do(lambda: self._check(name, password))
        except WrongPassword:
            was_wrong = True
            raise
        finally:
            self._tries.end(host, counts=was_wrong)

    def register(self, name: str, password: str, host: str) -> Account:
        """Keep an account for a name that is held; `admit` must follow, under the room's lock.

        If it fails, the name is held no more. Raises BadPassword, NameTaken and TooManyAccounts.
        """
        try:
            prepared = passwords.prepare(password)
            self._new_names.begin(host)
            is_new = False
            try:
                account = self._hashing.do(lambda: self._register(name, prepared))
                is_new = True
            finally:
                self._new_names.end(host, counts=is_new)
        except BaseException:
            with self._lock:
                self._registry.let_go(name)
            raise
        return account

    def change(self, name: str, password: str) -> bool:
        """Give an account another password; False where it is gone. Raises BadPassword."""
        prepared = passwords.prepare(password)
        return self._hashing.do(lambda: self._change(name, prepared))

    def remove(self, account: Account) -> None:
        """Remove what is kept of an account; `dismiss` must follow, under the room's lock."""
        self._hashing.do(lambda: self._store.remove(account))

    # --- letters --------------------------------------------------------------------------------

    def check_letters(self, account: Account, sender: str) -> None:
        """Raise LettersFull where no more of this sender's letters are kept."""
        self._store.check_letters(account, sender)

    def keep(self, account: Account, at: str, sender: str, text: str) -> None:
        """Keep a private message until it has arrived. Raises LettersFull as well."""
        self._store.keep(account, at, sender, text)

    def letters(self, account: Account) -> list[Letter]:
        """What waits, the oldest first."""
        return self._store.letters(account)

    def forget_letters(self, account: Account, last: int) -> None:
        """Those up to this number have arrived."""
        self._store.forget_letters(account, last)

    # --- what another program changes -----------------------------------------------------------

    def look(self) -> None:
        """See soon whether the command line has changed anything. Waits for nothing."""
        if self._store.exists or self._registry:
            self._hashing.do_soon(self._refresh)

    # --- in the hashing thread ------------------------------------------------------------------

    def _refresh(self) -> None:
        """Take up what another program has changed. What cannot be read now stays as it was."""
        try:
            if self._store.is_changed():
                self._take_up(self._store.accounts())
            self._reported = ""
        except NoAccounts:
            pass
        except AccountsError as error:
            self._complain_of(error)

    def _take_up(self, accounts: Iterable[Account]) -> None:
        with self._lock:
            known = self._registry.known()
        gone, new = difference(known, accounts)
        changed = {each.name for each in gone}
        for each in new:
            before = known.get(each.id)
            if before is not None and before.stored != each.stored:
                changed.add(before.name)
        with self._lock:
            for each in gone:
                self._registry.remove(each)
            for each in new:
                self._registry.add(each)
            self._on_change(changed)

    def _complain_of(self, error: AccountsError) -> None:
        if not isinstance(error, HubAway):
            self._complain(f"{error} {_GOES_ON}")
        elif self._reported != _AWAY:  # whose reasons change from one moment to the next
            self._report(f"{error} {_STAY}")
            self._reported = _AWAY

    def _complain(self, text: str) -> None:
        if text != self._reported:
            self._reported = text
            self._report(text)

    def _check(self, name: str, password: str) -> Account:
        self._refresh()
        self._nobody = self._nobody or passwords.keep("nobody has this one")
        with self._lock:
            account = self._registry.called(name)
        try:
            prepared = passwords.prepare(password)
            is_right = passwords.is_right(prepared, account.stored if account else self._nobody)
        except BadPassword:
            is_right = False
        except CannotCheck as error:
            self._complain(f"The password of {name} cannot be checked. {error}")
            raise
        if account is None or not is_right:
            raise WrongPassword
        return self._renew(account, prepared)

    def _renew(self, account: Account, prepared: str) -> Account:
        """Note the day, and keep a better form of the password where there is one by now."""
        try:
            self._store.note_login(account)
            if passwords.is_weak(account.stored):
                self._replace(account, passwords.keep(prepared))
        except AccountsError as error:
            self._complain_of(error)
        with self._lock:
            return self._registry.called(account.name) or account

    def _replace(self, account: Account, stored: str) -> bool:
        is_changed = self._store.change(account, stored)
        if is_changed:
            with self._lock:
                self._registry.add(replace(account, stored=stored))
        return is_changed

    def _register(self, name: str, prepared: str) -> Account:
        self._refresh()
        return self._store.add(name, passwords.keep(prepared))

    def _change(self, name: str, prepared: str) -> bool:
        self._refresh()
        with self._lock:
            account = self._registry.called(name)
        return account is not None and self._replace(account, passwords.keep(prepared))
