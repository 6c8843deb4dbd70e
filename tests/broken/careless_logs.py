"""The logs are as open() makes them, for everybody to read, and have no date.

Phase: 4
Fails: test_only_its_owner_can_read_the_private_log
Fails: test_an_entry_has_date_and_time_and_what_was_said
"""

from tests.broken.chat import Chat


class CarelessLogs(Chat):
    def log(self, name: str, entry: str) -> None:
        """Append to a log, so that it is there when this returns."""
        with (self.logs / name).open("a", encoding="utf-8") as file:
            file.write(f"{entry}\n")


if __name__ == "__main__":
    CarelessLogs.main()
