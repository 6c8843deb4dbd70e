"""Whoever wants a name gets it.

Phase: 4
Fails: test_a_name_has_one_holder
Fails: test_names_that_differ_in_case_are_one_name
Fails: test_an_old_name_is_not_taken_from_its_next_holder
Fails: test_whoever_is_refused_a_name_takes_nothing_from_its_holder
Fails: test_nick_with_your_own_name_never_loses_it
Fails: test_of_many_who_claim_a_name_at_once_one_gets_it
"""

from tests.broken.chat import Chat, Person


class NamesAreNotExclusive(Chat):
    def claim(self, person: Person, name: str) -> bool:
        """Take a name, from whoever has it."""
        self.let_in(person, name)
        return True


if __name__ == "__main__":
    NamesAreNotExclusive.main()
