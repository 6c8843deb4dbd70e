"""Screens are protected, and the log is not: a character in a message begins a new entry.

Phase: 4
Fails: test_no_message_can_forge_an_entry_of_the_log
"""

from tests.broken.chat import Chat, Person, now
from tests.broken.echo import clean, run


class LogForgedByANewline(Chat):
    """The mistake is in here."""

    def say_public(self, sender: Person, text: str) -> None:
        """Tell everybody what is clean, and the log what is not."""
        with self.lock:
            self.log("messages.txt", f"{sender.name}: {text}")
            self.say(sender, f"{now()} {sender.name}: {clean(text)}")


if __name__ == "__main__":
    run(LogForgedByANewline)
