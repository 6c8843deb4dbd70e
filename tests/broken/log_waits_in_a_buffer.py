"""The log is written when its buffer is full. Who kills the server takes the rest along.

Phase: 4
Fails: test_an_entry_has_the_names_that_others_read
Fails: test_what_nobody_hears_is_in_the_log
Fails: test_what_was_delivered_is_in_the_log
Fails: test_nothing_private_is_in_the_public_log
Fails: test_no_message_can_forge_an_entry
Fails: test_an_entry_has_date_and_time_and_what_was_said
Fails: test_only_its_owner_can_read_the_private_log
"""

import time
from typing import TextIO

from tests.broken.chat import Chat


class LogWaitsInABuffer(Chat):
    def __init__(self) -> None:
        super().__init__()
        self.files: dict[str, TextIO] = {}

    def log(self, name: str, entry: str) -> None:
        """Append to a log, sooner or later."""
        if name not in self.files:
            self.files[name] = (self.logs / name).open("a", encoding="utf-8")
        self.files[name].write(f"{time.strftime('%Y-%m-%dT%H:%M:%S')} {entry}\n")


if __name__ == "__main__":
    LogWaitsInABuffer.main()
