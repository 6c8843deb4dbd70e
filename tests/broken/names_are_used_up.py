"""/nick gives only names that nobody has ever had.

Phase: 4
Fails: test_nick_gives_a_name_that_is_free_again
"""

from tests.broken.chat import Chat, Person


class NamesAreUsedUp(Chat):
    def __init__(self) -> None:
        super().__init__()
        self.used: set[str] = set()

    def let_in(self, person: Person, name: str) -> None:
        """Put them on the list, and the name as well."""
        with self.lock:
            self.used.add(self.key(name))
            super().let_in(person, name)

    def rename(self, person: Person, name: str) -> None:
        """Take another name, if it is new."""
        with self.lock:
            if self.key(name) in self.used:
                self.tell(person, "! That name cannot be had.")
            else:
                super().rename(person, name)
                self.used.add(self.key(person.name))


if __name__ == "__main__":
    NamesAreUsedUp.main()
