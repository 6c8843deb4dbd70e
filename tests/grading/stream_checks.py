"""What the servers of phases 1 to 3 promise of the stream, asked of anybody's.

Each phase's test_wire.py derives a class from this one, and says who speaks and who hears it: the
same person where the server is an echo.
"""

from dataclasses import dataclass

import pytest

from tests.grading.people import Somebody
from tests.grading.subject import Graded
from tests.grading.teaching import teaches

WIRE = "phase1/README.md, What is on the wire"
CODE = "phase1/README.md, Read the code"
EXPERIMENTS = "phase1/README.md, Experiments"

NOT_A_MESSAGE = (
    "What one recv() gives is taken for one line; TCP cuts the stream wherever it likes."
)
COLLECT = (
    "Ask yourself: what if recv() gives half a line? What if it gives two and a half?",
    "Keep what has no newline yet in a variable, and put the next bytes behind it.",
    "*lines, unfinished = (unfinished + data).split(b'\\n') gives whole lines, and the rest.",
)
NO_ANSWER = "The server waits for something else: for more bytes, for the end, for another client."


@dataclass
class Talk:
    """One speaks, and one hears what was said."""

    speaker: Somebody
    hearer: Somebody

    def hears(self, text: str) -> None:
        """The next thing that the hearer gets is this, said by the speaker."""
        self.hearer.gets(text)


class StreamChecks:
    """Ask each promise of the stream of the server under test."""

    @pytest.fixture
    def talk(self, graded: Graded) -> Talk:
        """Somebody who speaks, and somebody who hears it."""
        alice = graded.connect("Alice")
        return Talk(alice, alice)

    def expect_departure(self, talk: Talk) -> None:
        """The server has noticed that the speaker ended the stream."""
        talk.hearer.gets_end()

    @teaches(WIRE, NOT_A_MESSAGE, *COLLECT, silence=NO_ANSWER)
    def test_several_lines_in_one_segment_are_several_lines(self, talk: Talk) -> None:
        """What was sent with one call is not taken for one line."""
        talk.speaker.send("one", "two", "three")
        for line in ("one", "two", "three"):
            talk.hears(line)

    @teaches(
        WIRE,
        NOT_A_MESSAGE,
        *COLLECT,
        silence=NO_ANSWER,
        mismatch="An empty line was left out. It is a line: look for `if line`, or for filter().",
    )
    def test_an_empty_line_is_a_line(self, talk: Talk) -> None:
        """Two newlines, one behind the other, have an empty line between them."""
        talk.speaker.send("one", "", "two")
        for line in ("one", "", "two"):
            talk.hears(line)

    @teaches(WIRE, NOT_A_MESSAGE, *COLLECT)
    def test_a_line_may_come_in_pieces(self, talk: Talk) -> None:
        """What was sent with two calls is one line."""
        # The first piece is in one segment with a line; when that is heard, it was received.
        talk.speaker.send_bytes(b"fence\nslow")
        talk.hears("fence")
        talk.speaker.send_bytes(b"ly\n")
        talk.hears("slowly")

    @teaches(
        CODE,
        "Bytes are decoded before the line is whole: a character of UTF-8 may have up to four"
        " bytes, and recv() may give some of them only.",
        "Which of your variables are bytes, and which are text?",
        "Look for decode(): what is it called on?",
        "Collect bytes, split them at b'\\n', and decode each whole line.",
        dead="Bytes are decoded before the line is whole, which raises UnicodeDecodeError where a"
        " character is cut in two, and nobody caught it.",
    )
    def test_a_character_may_be_cut_in_two(self, talk: Talk) -> None:
        """Wherever the bytes are cut, the line is whole."""
        line = "né 日本 🙂\n".encode()
        for cut in range(1, len(line)):
            # The first part is in one segment with a line; when that is heard, it was received.
            talk.speaker.send_bytes(b"fence\n" + line[:cut])
            talk.hears("fence")
            talk.speaker.send_bytes(line[cut:])
            talk.hears("né 日本 🙂")

    @teaches(
        CODE,
        "telnet and Windows end a line with two bytes, \\r\\n, and the \\r was left in the line.",
        "What does your server see when telnet sends it a line? Print it with repr().",
        "A line may end with \\r. It belongs to the end, not to the text.",
        "line.removesuffix(b'\\r')",
    )
    def test_a_carriage_return_before_the_newline_is_dropped(self, talk: Talk) -> None:
        """As telnet ends its lines: with both."""
        talk.speaker.send_bytes(b"from telnet\r\n")
        talk.hears("from telnet")

    @teaches(
        WIRE,
        "What was left without a newline at the end of the stream was taken for a line.",
        "What does recv() give at the end of the stream? What is in your buffer then?",
        "A line ends with a newline. At the end of the stream no more of it will come.",
        "When recv() gives b'', forget what has no newline, and end the conversation.",
        silence="The end of the stream was not noticed: recv() gives b'' there, at once, and again"
        " and again.",
    )
    def test_an_unfinished_last_line_is_no_line(self, talk: Talk) -> None:
        """What has no newline at the end of the stream is not answered, and not delivered."""
        talk.speaker.send_bytes(b"whole\nunfinis")
        talk.speaker.half_close()
        talk.hears("whole")
        self.expect_departure(talk)

    @teaches(
        CODE,
        "A line may have 4,096 bytes with its newline, and this one has just that many.",
        "Does your server count the newline?",
        "Is it < or <=?",
        "A line without its newline may have 4,095 bytes.",
    )
    def test_a_line_of_4096_bytes_is_taken(self, talk: Talk) -> None:
        """The newline is one of them."""
        talk.speaker.send("x" * 4095)
        talk.hears("x" * 4095)

    @teaches(
        CODE,
        "An over-long line should be answered by one error, '! ...', and dropped with its tail.",
        "Where do you look at the length of a line? At a piece of it, or at all of it?",
        "The tail of a line that was refused is not a new line, although a newline ends it.",
        "Look at len(line) once the line is whole, and answer '! ' and why instead of the line.",
        end="The connection was ended. One mistake is no reason to: answer '! ...' and go on.",
        mismatch="The line was taken, and it has one byte too many (the newline counts), or it was"
        " refused in pieces.",
    )
    @pytest.mark.parametrize("size", [4096, 60_000])
    def test_a_longer_line_gets_one_error(self, talk: Talk, size: int) -> None:
        """It is dropped whole, its tail is not taken for a line, and the next line is heard."""
        talk.speaker.send("x" * size, "after")
        talk.speaker.gets_error()
        talk.hears("after")

    @teaches(
        CODE,
        "Bytes without a newline are collected without end: one client can fill the memory.",
        "How large can your buffer become?",
        "64 KiB without a newline are no line that grew too long, but something else.",
        "When len(unfinished) >= 65536: send '! ' and why, and end the connection.",
        reset="The connection was closed with bytes in it that nobody had read. Then the system"
        " sends a reset (RST), which can destroy what you had sent: first shutdown(SHUT_WR), then"
        " read on for a moment, then close() (RFC 2525, 2.17).",
    )
    def test_64_kib_without_a_newline_end_the_connection(self, talk: Talk) -> None:
        """The sender is told why."""
        talk.speaker.send_bytes(b"x" * 65536)
        talk.speaker.waits_for("! .*", "an error, a line that begins with '! '")
        talk.speaker.gets_end_after_anything()

    @teaches(
        CODE,
        "Bytes that are no UTF-8 should get one error, '! ...', and the next line be heard.",
        "What does decode() do with bytes that are no UTF-8?",
        "It raises UnicodeDecodeError. Who catches it?",
        "try: text = line.decode() / except UnicodeDecodeError: answer '! ' and why.",
        end="The conversation ended: an exception in it, most likely, that nobody caught.",
        dead="UnicodeDecodeError, which nobody caught, ended your server.",
        reset="The conversation ended: an exception in it, most likely, that nobody caught.",
    )
    @pytest.mark.parametrize(
        "line", [b"caf\xe9", b"\xc3", b"\xed\xa0\x80"], ids=["latin-1", "cut", "surrogate"]
    )
    def test_a_line_that_is_not_utf_8_gets_an_error(self, talk: Talk, line: bytes) -> None:
        """The connection goes on."""
        talk.speaker.send_bytes(line + b"\nafter\n")
        talk.speaker.gets_error()
        talk.hears("after")
