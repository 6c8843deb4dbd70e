"""Every line is a name: two words, an escape sequence, a command, somebody else's with a colon.

Phase: 4
Fails: test_a_name_that_could_deceive_is_refused
"""

from tests.broken.chat import Chat


class AnyNameWillDo(Chat):
    def is_name(self, wanted: str) -> bool:
        """Whether somebody may have this name."""
        return True


if __name__ == "__main__":
    AnyNameWillDo.main()
