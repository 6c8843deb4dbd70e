"""Somebody leaves under the name that they first asked for, whoever has it by now.

Phase: 4
Fails: test_all_others_are_told_once_who_has_left
Fails: test_whoever_is_refused_a_name_takes_nothing_from_its_holder
Fails: test_after_nick_all_know_the_new_name
Fails: test_an_old_name_is_not_taken_from_its_next_holder
May fail: test_nick_with_your_own_name_never_loses_it
May fail: test_the_list_has_all_who_are_online
May fail: test_nick_changes_the_name_and_frees_the_old_one
May fail: test_an_empty_line_takes_a_free_name
"""

from tests.broken.chat import Chat, Person


class LeavesWithTheFirstName(Chat):
    def __init__(self) -> None:
        super().__init__()
        self.first_names: dict[Person, str] = {}

    def give_name(self, person: Person, wanted: str) -> None:
        """Let them in under this name, or say why not."""
        self.first_names.setdefault(person, wanted)
        super().give_name(person, wanted)

    def leave(self, person: Person) -> None:
        """Forget the first name, and tell the others."""
        person.name = person.name and self.first_names[person]
        super().leave(person)
        with self.lock:
            self.people.pop(self.key(self.first_names.get(person, "")), None)


if __name__ == "__main__":
    LeavesWithTheFirstName.main()
