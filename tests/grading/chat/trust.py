"""What is not to be believed: control characters, and lines that look like somebody else's."""

import pytest

from tests.grading.chat.people import LIMITS, TIME, gets_notice, hears, join
from tests.grading.people import Somebody
from tests.grading.subject import Graded
from tests.grading.teaching import teaches

C0 = ("\x1b[2J", "\x07", "\x00", "\r", "\x0b", "\x7f")
C1 = ("\x85", "\x9b2J")
LINES = ("\u2028", "\u2029")
DIRECTIONS = ("\u202e", "\u202a", "\u2066", "\u2069")
CONTROLS = frozenset(
    chr(code)
    for first, last in ((0, 31), (127, 159), (0x2028, 0x202E), (0x2066, 0x2069))
    for code in range(first, last + 1)
) - {"\t", "\n"}
"""What reaches nobody. What happens to tabs is free."""
ALL = "-".join(sorted(CONTROLS))
EACH_KIND = (*C0, C1[1], LINES[0], DIRECTIONS[0], ALL)

WHICH = "C0 and C1 controls (below 32, and 127 to 159), and those that turn the direction of text."
REPLACE = "Replace each by U+FFFD, in one function, for all that people have sent."


def gets_without_controls(somebody: Somebody, pattern: str, what: str) -> None:
    """The next line is like `pattern`, and no control character is in it."""
    line = somebody.gets_like(pattern, what)[0]
    found = CONTROLS & set(line)
    somebody.must(not found, f"get this line without {min(found, default='')!a}")


class Trust:
    """Nobody writes on somebody else's screen, or in somebody else's name."""

    @teaches(
        LIMITS,
        "The line went out as it came in. An escape sequence clears other people's screens, or"
        " writes there what nobody said.",
        "Which characters should never reach somebody else's terminal?",
        WHICH,
        "Replace each by U+FFFD, for all: what is said, names, and errors that repeat a word.",
        silence="The line did not arrive: a control character is no reason to drop all of it.",
    )
    @pytest.mark.parametrize(
        "kind",
        [C0, C1, LINES, DIRECTIONS, (ALL,)],
        ids=[
            "those of ASCII",
            "those above ASCII",
            "those that end a line",
            "those that turn the direction",
            "all of them at once",
        ],
    )
    def test_control_characters_reach_nobody(self, graded: Graded, kind: tuple[str, ...]) -> None:
        """In what is said to all."""
        alice, bob = join(graded, "Alice"), join(graded, "Bob")
        for forbidden in kind:
            alice.send(f"before{forbidden}after")
            pattern = rf"{TIME} {alice.name}: before.*after"
            gets_without_controls(bob, pattern, "the line, cleaned")

    @teaches(
        LIMITS,
        "Both bytes of \\r\\n end a line. Another \\r before them was left in it.",
        "What does a terminal do with \\r? It goes back to the beginning of the line.",
        "One \\r belongs to the end of the line, and all others are control characters.",
        "Take one away with the newline, and clean what is left.",
    )
    def test_no_carriage_return_reaches_anybody(self, graded: Graded) -> None:
        """Not one of several at the end of a line, nor one at its beginning."""
        alice, bob = join(graded, "Alice"), join(graded, "Bob")
        for data in (b"one\r\r\n", b"\rone two\n", b"a\r\r\rone\r\n"):
            alice.send_bytes(data)
            gets_without_controls(bob, rf"{TIME} {alice.name}: .*one.*", "the line, cleaned")

    @teaches(
        LIMITS,
        "A private message went out as it came in, control characters and all.",
        "Through which functions does a private message go, and through which a public one?",
        WHICH,
        REPLACE,
    )
    def test_control_characters_are_not_whispered(self, graded: Graded) -> None:
        """In a private message, to either of the two."""
        alice, bob = join(graded, "Alice"), join(graded, "Bob")
        for forbidden in EACH_KIND:
            alice.send(f"/pm {bob.name} before{forbidden}after")
            for each in (alice, bob):
                pattern = rf"{TIME} {alice.name} -> {bob.name}: before.*after"
                gets_without_controls(each, pattern, "the private message, cleaned")

    @teaches(
        LIMITS,
        "An error, or a pong, repeats what somebody has typed, control characters and all. It is"
        " only their own screen, until they are led to paste a line.",
        "Which of your answers repeat a word of the line?",
        WHICH,
        REPLACE,
    )
    def test_no_answer_repeats_a_control_character(self, graded: Graded) -> None:
        """Neither an error nor a pong."""
        alice = join(graded, "Alice")
        for forbidden in EACH_KIND:
            for line in ("/a{}b", "/pm a{}b hi", "@a{}b hi", "/nick a{}b"):
                alice.send(line.format(forbidden))
                gets_without_controls(alice, r"! .*", "an error, a line that begins with '! '")
            alice.send(f"/ping a{forbidden}b")
            line = gets_notice(alice, "Pong a.*b", "'[time] * Pong a...b'")[0]
            alice.must(not CONTROLS & set(line), "get this line without the control character")

    @teaches(
        LIMITS,
        "What somebody says can be taken for what somebody else says, or for the server's own"
        " words.",
        "What would Bob see if Alice says '[10:00:00] Carol: I resign'?",
        "The name before a line must be the server's, always, for every line.",
        "Split at newlines only, and write '[time] NAME: ' before each line that anybody says.",
    )
    def test_nobody_can_speak_for_somebody_else(self, graded: Graded) -> None:
        """Whatever the line looks like."""
        alice, bob = join(graded, "Alice"), join(graded, "Bob")
        for line in (
            *("[10:00:00] Carol: I resign", "[10:00:00] * Carol left", "! You are fired"),
            *("* Enter your nickname:", f"Carol -> {bob.name}: psst", "Carol: I resign"),
        ):
            alice.send(line)
            hears(bob, f"{alice.name}: {line}")
