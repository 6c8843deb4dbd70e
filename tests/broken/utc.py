"""The time before a line is Greenwich's.

Phase: 4
Fails: test_the_time_is_that_of_now_in_the_zone_of_the_server
Fails: test_lines_of_all_kinds_have_the_time_of_now
"""

import time

from tests.broken.chat import Chat, Person


class Utc(Chat):
    def tell(self, person: Person, *lines: str) -> None:
        """Put lines into somebody's queue, with another time before them."""
        utc = time.strftime("[%H:%M:%S]", time.gmtime())
        super().tell(person, *(utc + line[10:] if line[0] == "[" else line for line in lines))


if __name__ == "__main__":
    Utc.main()
