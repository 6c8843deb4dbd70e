"""A private message goes to an address, and a whole class may have the same.

Phase: 4
Fails: test_a_private_message_reaches_two_people
"""

from tests.broken.chat import Chat, Person, now
from tests.broken.echo import clean, run


class PrivateByAddress(Chat):
    """The mistake is in here."""

    def whisper(self, sender: Person, name: str, text: str) -> None:
        """Tell it to whoever has the recipient's address."""
        with self.lock:
            recipient = self.people.get(self.key(name))
            if recipient is None or not text:
                self.tell(sender, "! Nobody has that name, or there is no text.")
                return
            line = f"{sender.name} -> {recipient.name}: {clean(text)}"
            self.log("private_messages.txt", line)
            host = recipient.connection.getpeername()[0]
            for each in self.people.values():
                if each.connection.getpeername()[0] == host:
                    self.tell(each, f"{now()} {line}")


if __name__ == "__main__":
    run(PrivateByAddress)
