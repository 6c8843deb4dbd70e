"""Private messages for somebody registered who is away: kept, and delivered at the next login.

Such a message is logged before it is kept, and kept before its sender reads that it is. It is given
to its recipient with the day and time at which it was said. It is removed when there is a sign that
it has arrived (receipt.py): so it may come twice, and is never lost.
"""

import threading
from typing import TYPE_CHECKING

from phase4.accounts.account import Account
from phase4.accounts.errors import AccountsError, LettersFull
from phase4.server.gate import Gate
from phase4.server.member import Member
from phase4.server.outbox import FanOut
from phase4.server.people import People
from phase4.server.receipt import Receipt
from phase4.server.refusal import Refused
from phase4.server.voice import Voice
from shared.message import Kept, Notice, Private

if TYPE_CHECKING:
    from phase4.accounts.accounts import Accounts

LOGGED_SECONDS = 5.0
"""Until a message is in its log: the writing thread needs a millisecond, or the disk hangs."""


class Letters:
    """Of one room. Each method waits for the file, in the thread of the one it concerns."""

    def __init__(
        self,
        fan_out: FanOut,
        people: People,
        voice: Voice,
        accounts: "Accounts | None",
        gate: Gate,
    ) -> None:
        self._fan_out = fan_out
        self._people = people
        self._voice = voice
        self._accounts = accounts
        self._gate = gate

    def leave(self, sender: Member, to: str, text: str) -> bool:
        """Keep a message for somebody who is away; False where nobody is registered as `to`.

        Raises Refused.
        """
        if self._accounts is None:
            return False
        with self._fan_out.lock:
            account = self._accounts.called(to)
            if account is not None:
                self._gate.check_private(sender, account.name)
        if account is None:
            return False
        try:
            self._accounts.check_letters(account, sender.name)
            at = self._log(sender, account, text)
            self._accounts.keep(account, at, sender.name, text)
        except LettersFull as error:
            raise Refused(
                f"Too many messages wait for {account.name}. Nothing was sent."
            ) from error
        except AccountsError as error:
            raise Refused(f"{account.name} is away, and nothing can be kept now.") from error
        self._tell(sender, account, text)
        return True

    def _log(self, sender: Member, account: Account, text: str) -> str:
        """Log it, and wait until that is done; when it was said."""
        is_logged = threading.Event()
        with self._fan_out:
            now = self._voice.now()
            self._voice.log_private(now, Private("", sender.name, account.name, text), sender)
            self._fan_out.when_sent(is_logged.set)
        is_logged.wait(LOGGED_SECONDS)
        return f"{now.log[:10]} {now.log[11:19]}"

    def _tell(self, sender: Member, account: Account, text: str) -> None:
        """Show the sender what was kept. The recipient may have come meanwhile."""
        is_here = self._reach(account)
        with self._fan_out:
            if not sender.is_gone:
                now = self._voice.now().wire
                self._voice.tell(sender, Private(now, sender.name, account.name, text))
                if not is_here:
                    text = f"{account.name} is away, and gets it at the next login."
                    self._voice.tell(sender, Notice(now, text))

    def _reach(self, account: Account) -> bool:
        """Deliver what waits where the recipient is here; whether they are."""
        with self._fan_out.lock:
            recipient = self._people.called(account.name)
        is_here = recipient is not None and recipient.account == account.name
        if recipient is not None and is_here:
            self.deliver(recipient)
        return is_here

    def deliver(self, member: Member, *, is_all_read: bool = False) -> None:
        """Give somebody who is logged in what waits for them, and was not given yet.

        `is_all_read`: nothing that they have said waits to be read (receipt.py).
        """
        account = self._account_of(member)
        if account is None or self._accounts is None:
            return
        try:
            letters = self._accounts.letters(account)
        except AccountsError:
            return  # the operator is told of it elsewhere, and they come at the next login
        with self._fan_out:
            new = [each for each in letters if each.number > member.last_letter]
            if not new or member.is_gone or member.account != account.name:
                return
            for each in new:
                self._voice.tell(member, Kept(each.at, each.sender, each.recipient, each.text))
            member.last_letter = new[-1].number
            member.receipt = Receipt(account.name, member.last_letter, is_all_read=is_all_read)
            self._fan_out.when_sent(member.receipt.left)

    def have_arrived(self, member: Member, receipt: Receipt) -> None:
        """Remove what this receipt is for."""
        with self._fan_out.lock:
            if member.receipt is receipt:
                member.receipt = None
            account = self._accounts.called(receipt.account) if self._accounts else None
        if account is not None and self._accounts is not None:
            try:
                self._accounts.forget_letters(account, receipt.last)
            except AccountsError:
                return  # they come once more

    def _account_of(self, member: Member) -> Account | None:
        with self._fan_out.lock:
            if self._accounts is None or not member.account:
                return None
            return self._accounts.called(member.account)
