"""Every line is a name: two words, an escape sequence, a command, somebody else's with a colon.

Phase: 4
Fails: test_a_name_that_could_deceive_is_refused
Fails: test_whoever_has_no_name_hears_nothing
Fails: test_a_name_has_no_control_character
Fails: test_no_answer_repeats_a_control_character
Fails: test_nick_keeps_the_name_where_the_new_one_cannot_be_had
Fails: test_after_five_refusals_a_good_name_is_given
"""

from tests.broken.chat import Chat


class AnyNameWillDo(Chat):
    def is_name(self, wanted: str) -> bool:
        """Whether somebody may have this name."""
        return True


if __name__ == "__main__":
    AnyNameWillDo.main()
