"""Whoever tells themselves something says it to everybody.

Phase: 4
Fails: test_a_private_message_to_oneself_reaches_nobody_else
"""

from tests.broken.chat import Chat, Person


class ToldToOneselfIsPublic(Chat):
    def whisper(self, sender: Person, name: str, text: str) -> None:
        """Tell one person something; whoever talks to themselves talks to all."""
        if self.key(name) == self.key(sender.name) and text:
            self.say_public(sender, text)
        else:
            super().whisper(sender, name, text)


if __name__ == "__main__":
    ToldToOneselfIsPublic.main()
