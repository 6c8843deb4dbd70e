"""Every entry of the log has the time at which the server started.

Phase: 4
Fails: test_an_entry_has_the_time_of_its_message
"""

import os
import time

from tests.broken.chat import Chat


class LogHasOneTime(Chat):
    started = time.strftime("%Y-%m-%dT%H:%M:%S")

    def log(self, name: str, entry: str) -> None:
        """Append to a log, so that it is there when this returns."""
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND
        with open(os.open(self.logs / name, flags, 0o600), "a", encoding="utf-8") as file:
            file.write(f"{self.started} {entry}\n")


if __name__ == "__main__":
    LogHasOneTime.main()
