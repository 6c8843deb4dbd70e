"""Alice and ALICE are two people.

Phase: 4
Fails: test_names_that_differ_in_case_are_one_name
"""

from tests.broken.chat import Chat


class CaseMakesAnotherName(Chat):
    def key(self, name: str) -> str:
        """What makes two names the same."""
        return name


if __name__ == "__main__":
    CaseMakesAnotherName.main()
