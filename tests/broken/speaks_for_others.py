"""A line that looks like one of the server's is passed on as it is.

Phase: 4
Fails: test_nobody_can_speak_for_somebody_else
"""

from tests.broken.chat import Chat, Person
from tests.broken.echo import clean


class SpeaksForOthers(Chat):
    def say_public(self, sender: Person, text: str) -> None:
        """Tell everybody; what has a time and a name already needs no other."""
        if text.startswith(("[", "!")):
            self.say(sender, clean(text))
        else:
            super().say_public(sender, text)


if __name__ == "__main__":
    SpeaksForOthers.main()
