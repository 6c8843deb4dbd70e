"""The welcome is sent, and a moment later the newcomer is put on the list of those who hear.

Phase: 4
Fails: test_from_the_welcome_on_a_newcomer_hears_everything
May fail: any check in which somebody speaks at once
Patience: 0.5
"""

import itertools
import threading
import time

from tests.broken.chat import Chat, Person, now


class WelcomedBeforeListed(Chat):
    def __init__(self) -> None:
        super().__init__()
        self.names_lock = threading.Lock()  # for newcomers: one gets a name
        self.looks = itertools.count()

    def claim(self, person: Person, name: str) -> bool:
        """Take a name that was free a moment ago."""
        with self.names_lock:
            if self.key(name) in self.people:
                return False
            self.tell(person, f"{now()} * Welcome, {name}!")
            if next(self.looks) % 20 == 0:
                time.sleep(0.02)  # a look into a database, say, that is slow now and then
            with self.lock:
                self.people[self.key(name)] = person
                person.name = name
                self.say(person, f"{now()} * {name} joined")
            return True


if __name__ == "__main__":
    WelcomedBeforeListed.main()
