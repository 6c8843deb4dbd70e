"""What one says reaches other screens, and the log, as it came.

Phase: 4
Fails: test_control_characters_reach_nobody
Fails: test_no_message_can_forge_an_entry
Fails: test_no_carriage_return_reaches_anybody
"""

from tests.broken.chat import Chat


class ControlCharactersPass(Chat):
    def for_screens(self, text: str) -> str:
        """What one says, raw."""
        return text

    for_logs = for_screens


if __name__ == "__main__":
    ControlCharactersPass.main()
