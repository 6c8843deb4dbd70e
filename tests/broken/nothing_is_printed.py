"""The console shows nothing of what is said.

Phase: 2
Fails: test_it_prints_what_was_said
Fails: test_no_escape_sequence_reaches_the_console
"""

from tests.broken.echo import Echo


class NothingIsPrinted(Echo):
    def show(self, text: str) -> None:
        """Tell nobody."""


if __name__ == "__main__":
    NothingIsPrinted.main()
