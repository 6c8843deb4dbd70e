"""All that is said goes to one log.

Phase: 4
Fails: test_nothing_private_is_in_the_public_log
"""

from tests.broken.chat import Chat


class PrivateInThePublicLog(Chat):
    def log(self, name: str, entry: str) -> None:
        """Append to a log, and to the one that holds everything."""
        super().log(name, entry)
        if name != "messages.txt":
            super().log("messages.txt", entry)


if __name__ == "__main__":
    PrivateInThePublicLog.main()
