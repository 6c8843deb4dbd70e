"""Names are of letters from a to z, and whoever has sent three others is shown the door.

Phase: 4
Fails: test_nick_keeps_the_name_where_the_new_one_cannot_be_had
Fails: test_an_allowed_name_is_given
Fails: test_after_five_refusals_a_good_name_is_given
Fails: test_a_name_that_could_deceive_is_refused
May fail: test_names_that_differ_in_case_are_one_name
May fail: test_the_case_of_a_name_does_not_matter
"""

import collections
import contextlib

from tests.broken.chat import Chat, Person


class StrictAboutNames(Chat):
    def __init__(self) -> None:
        super().__init__()
        self.refusals: collections.Counter[Person] = collections.Counter()

    def is_name(self, wanted: str) -> bool:
        """Whether somebody may have this name."""
        return super().is_name(wanted) and wanted.isascii()

    def talk_with(self, person: Person) -> None:
        """Let them go after three refusals."""
        with contextlib.suppress(StopIteration):
            super().talk_with(person)

    def tell(self, person: Person, *lines: str) -> None:
        """Count the refusals."""
        super().tell(person, *lines)
        if not person.name and lines[0].startswith("! "):
            self.refusals[person] += 1
            if self.refusals[person] == 3:
                raise StopIteration


if __name__ == "__main__":
    StrictAboutNames.main()
