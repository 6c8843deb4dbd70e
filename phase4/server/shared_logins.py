"""Whose the names are, and letters for those who are away, in a room that several servers share.

Accounts and letters are in the hub, for all servers alike. Who is logged in is a part of the hub's
state: so whoever logs in at one server takes the name from their lost connection at another.
"""

from collections.abc import Collection, Iterable
from itertools import islice

from phase4.accounts import nicknames
from phase4.accounts.account import Account
from phase4.hub.events import Taken
from phase4.hub.link import Link
from phase4.hub.operations import Enter, Login, Nudge, Rename
from phase4.server.letters import Letters
from phase4.server.logins import Logins, is_same
from phase4.server.member import Member
from phase4.server.offering import CANDIDATES, as_offered, proof_of, resume_of, speaker_of
from phase4.server.refusal import Refused
from phase4.server.wish import Wish


class SharedLogins(Logins):
    """As Logins. `link` is set before anybody can come in."""

    link: Link

    def free(self, names: Iterable[str]) -> Iterable[str]:
        """Those that nobody has, at any server or for good, and that are not banned."""
        holder = self.link.state.holder
        return (
            each
            for each in names
            if not holder(nicknames.fold(each), nicknames.look(each))
            and not self.owner_of(each)
            and self._gate.is_free(each)
        )

    def hear_of(self, account: str) -> None:
        """Somebody is logged in as this account, anywhere: nobody else gets the name.

        It may be new, and not read from the hub yet. Under the room's lock.
        """
        if account and self.accounts is not None and not self.owner_of(account):
            self.accounts.hold(account)
            self.accounts.look()

    def hear_of_end(self, account: str) -> None:
        """Somebody is logged out of it, and it may be gone; as before it was held."""
        if account and self.accounts is not None and self.accounts.called(account) is None:
            self.accounts.let_go(account)

    def enter(self, member: Member, account: Account) -> None:
        """Let a newcomer in who has proved whose account it is. Raises Refused and RoomFull."""
        with self._fan_out.lock:
            self.check_still_there(account)
            holder = self._people.holder(account.name)
            if holder is None or holder.account != account.name:
                self._check_open()
            others = self._others()
        name = account.name
        proof = proof_of(member.secret)
        entry = Enter([as_offered(name)], member.host, "", proof, name, others)
        if isinstance(self.link.ask(entry, Wish(member), first=resume_of(member)), Taken):
            raise Refused(f"The name {name} is taken.")

    def become(self, member: Member, account: Account) -> None:
        """Give the name of an account to somebody who is here, and has proved whose it is."""
        with self._fan_out.lock:
            if member.is_gone:
                return
            self.check_still_there(account)
            if not is_same(member.name, account.name):
                self._gate.check_renaming(member)
            wish = Wish(member)
            self._log_in(member, account.name, wish)
        self.link.wait_for(wish)

    def _has_registered(self, member: Member, account: Account) -> None:
        self._log_in(member, account.name)

    def _log_in(self, member: Member, account: str, wish: Wish | None = None) -> None:
        names, others = [as_offered(account)], self._others()
        self.link.say(Login(speaker_of(member), account, names, others), wish)

    def log_out(self, member: Member) -> None:
        """Log somebody out. As the name is registered, they get another one, that is free."""
        with self._fan_out.lock:
            if member.is_gone or not member.account:
                return
            self._gate.check_renaming(member)
            wanted = Rename(speaker_of(member), self._others())
        self.link.ask(wanted, Wish(member))

    def changed(self, names: Collection[str]) -> None:
        """These accounts were removed, or have another password: nobody is logged in there."""
        for member in [each for each in self._people if each.account in names]:
            if self.is_registered(member.account):
                self.link.say(Rename(speaker_of(member), self._others()))
            else:
                self.link.say(Login(speaker_of(member), "", [], []))

    def unregistered(self, account: Account) -> None:
        """Let the name of an account be anybody's, and its owner keep it for now."""
        assert self.accounts is not None
        with self._fan_out.lock:
            self.accounts.dismiss(account)
            for each in [each for each in self._people if each.account == account.name]:
                self.link.say(Login(speaker_of(each), "", [], []))

    def _others(self) -> list[list[str]]:
        """Names for whoever has to give up theirs."""
        free = self.free(nicknames.alternatives("", "random"))
        return [as_offered(each) for each in islice(free, CANDIDATES)]


class SharedLetters(Letters):
    """As Letters."""

    link: Link

    def _reach(self, account: Account) -> bool:
        with self._fan_out.lock:
            recipient = self.link.state.people.get(nicknames.fold(account.name))
        # Also where they seem to be away: they may be coming in at another server just now.
        self.link.say(Nudge(account.name))
        return recipient is not None and recipient.account == account.name
