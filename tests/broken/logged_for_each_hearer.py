"""What is said is logged for each who hears it: with nobody there, never; with two, twice.

Phase: 4
Fails: test_what_nobody_hears_is_in_the_log
"""

from tests.broken.chat import Chat, Person, now


class LoggedForEachHearer(Chat):
    def say_public(self, sender: Person, text: str) -> None:
        """Tell everybody, and the log before each of them."""
        with self.lock:
            said = f"{sender.name}: {self.for_screens(text)}"
            for each in list(self.people.values()):
                if each is not sender:
                    self.log("messages.txt", said)
            self.say(sender, f"{now()} {said}")


if __name__ == "__main__":
    LoggedForEachHearer.main()
