"""To look whether a name is free and to take it are two steps, and somebody falls in between.

Phase: 4
Fails: test_of_many_who_claim_a_name_at_once_one_gets_it
"""

import time

from tests.broken.chat import Chat, Person


class CheckThenClaim(Chat):
    def claim(self, person: Person, name: str) -> bool:
        """Take a name that was free a moment ago."""
        if self.key(name) in self.people:
            return False
        time.sleep(0.002)  # any work between the two steps will do: a look into a database, say
        self.let_in(person, name)
        return True


if __name__ == "__main__":
    CheckThenClaim.main()
