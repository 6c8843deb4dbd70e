"""Screens are protected, and the log is not: a character in a message begins a new entry.

Phase: 4
Fails: test_no_message_can_forge_an_entry
"""

from tests.broken.chat import Chat


class LogForgedByANewline(Chat):
    def for_logs(self, text: str) -> str:
        """What one says, raw."""
        return text


if __name__ == "__main__":
    LogForgedByANewline.main()
