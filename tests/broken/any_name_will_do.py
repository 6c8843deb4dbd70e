"""Every line is a name: two words, an escape sequence, a command, somebody else's with a colon.

Phase: 4
Fails: test_a_name_that_could_deceive_is_refused
"""

from tests.broken.chat import Chat, Person, now
from tests.broken.echo import run


class AnyNameWillDo(Chat):
    """The mistake is in here."""

    def give_name(self, person: Person, wanted: str) -> None:
        """Let them in under this name."""
        if not self.claim(person, wanted):
            self.tell(person, "! That name is taken.", "* Enter your nickname:")
        else:
            self.tell(person, f"{now()} * Welcome, {wanted}! {len(self.people)} online.")
            self.say(person, f"{now()} * {wanted} joined")


if __name__ == "__main__":
    run(AnyNameWillDo)
