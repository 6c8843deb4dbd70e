"""Thirty people may be here, and a class has more.

Phase: 4
Fails: test_forty_people_are_here_at_once
"""

from tests.broken.chat import Chat, Person


class SmallRoom(Chat):
    def claim(self, person: Person, name: str) -> bool:
        """Take a name; False if it is taken, or if there is no more room."""
        with self.lock:
            return len(self.people) < 30 and super().claim(person, name)


if __name__ == "__main__":
    SmallRoom.main()
