"""What a client says is printed as it came, with all that a terminal obeys.

Phase: 2
Fails: test_no_escape_sequence_reaches_the_console
"""

from tests.broken.echo import Echo


class EscapeSequencesOnTheConsole(Echo):
    def show(self, text: str) -> None:
        """Print it, raw."""
        print(text, flush=True)


if __name__ == "__main__":
    EscapeSequencesOnTheConsole.main()
