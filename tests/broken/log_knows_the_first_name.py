"""The log has the names with which people came, and not those that they have.

Phase: 4
Fails: test_an_entry_has_the_names_that_others_read
"""

from tests.broken.chat import Chat, Person


class LogKnowsTheFirstName(Chat):
    def __init__(self) -> None:
        super().__init__()
        self.first_names: dict[Person, str] = {}

    def let_in(self, person: Person, name: str) -> None:
        """Put them on the list, and remember the name for the log."""
        self.first_names[person] = name
        super().let_in(person, name)

    def log(self, name: str, entry: str) -> None:
        """Append to a log, with the name of before."""
        with self.lock:
            for person, first in self.first_names.items():
                if person.name and entry.startswith((f"{person.name}: ", f"{person.name} -> ")):
                    entry = first + entry[len(person.name) :]
                    break
            super().log(name, entry)


if __name__ == "__main__":
    LogKnowsTheFirstName.main()
