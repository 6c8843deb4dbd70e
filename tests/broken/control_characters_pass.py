"""What one says reaches other screens, and the log, as it came.

Phase: 4
Fails: test_control_characters_reach_nobody
Fails: test_no_message_can_forge_an_entry_of_the_log
"""

from tests.broken.chat import Chat, Person, now
from tests.broken.echo import run


class ControlCharactersPass(Chat):
    """The mistake is in here."""

    def say_public(self, sender: Person, text: str) -> None:
        """Tell everybody, raw."""
        with self.lock:
            self.log("messages.txt", f"{sender.name}: {text}")
            self.say(sender, f"{now()} {sender.name}: {text}")


if __name__ == "__main__":
    run(ControlCharactersPass)
