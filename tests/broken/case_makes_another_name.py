"""Alice and ALICE are two people.

Phase: 4
Fails: test_an_entry_has_the_names_that_others_read
Fails: test_names_that_differ_in_case_are_one_name
Fails: test_after_nick_all_know_the_new_name
Fails: test_nick_with_your_own_name_never_loses_it
Fails: test_the_case_of_a_name_does_not_matter
Fails: test_nick_keeps_the_name_where_the_new_one_cannot_be_had
"""

from tests.broken.chat import Chat


class CaseMakesAnotherName(Chat):
    def key(self, name: str) -> str:
        """What makes two names the same."""
        return name


if __name__ == "__main__":
    CaseMakesAnotherName.main()
