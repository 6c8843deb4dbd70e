"""What all hear is cleaned; private messages, their log and the answers are as they were typed.

Phase: 4
Fails: test_control_characters_are_not_whispered
Fails: test_no_answer_repeats_a_control_character
Fails: test_no_message_can_forge_an_entry
"""

from tests.broken.chat import Chat


class OnlyWhatAllHearIsClean(Chat):
    def for_two(self, text: str) -> str:
        """What one tells another, raw."""
        return text

    for_answers = for_logs = for_two


if __name__ == "__main__":
    OnlyWhatAllHearIsClean.main()
