"""On the list from the connection on: without a name they hear everything, and are announced.

Phase: 4
Fails: test_whoever_has_no_name_hears_nothing
Fails: test_the_list_has_all_who_are_online
Fails: test_whoever_never_had_a_name_is_not_announced
"""

from tests.broken.chat import Chat, Person, now


class NamelessAreListed(Chat):
    def talk_with(self, person: Person) -> None:
        """Put them on the list under a number, until they have a name."""
        with self.lock:
            self.people[self.key(str(id(person)))] = person
        super().talk_with(person)

    def claim(self, person: Person, name: str) -> bool:
        """Take a name; False if it is taken."""
        with self.lock:
            is_claimed = super().claim(person, name)
            if is_claimed:
                del self.people[self.key(str(id(person)))]
            return is_claimed

    def leave(self, person: Person) -> None:
        """Forget somebody, whatever they were called, and tell the others."""
        super().leave(person)
        with self.lock:
            if self.people.pop(self.key(str(id(person))), None):
                self.say(person, f"{now()} * {person.name or 'Somebody'} left")


if __name__ == "__main__":
    NamelessAreListed.main()
