"""What every phase promises of the stream, asked of anybody's server.

Each phase's test_wire.py derives a class from `StreamChecks`, and says in `arrive` who speaks and
who hears it: the same person where the server is an echo. What a phase makes of a line (a time and
a name before it, no control characters in it) is in its own Talk. server_checks.py asks the rest.
"""

import re

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
    "Ask yourself: what if one read gives half a line? What if it gives two and a half?",
    "Keep what has no newline yet in a variable, and put the next bytes behind it.",
    "In Python: *lines, unfinished = (unfinished + data).split(b'\\n') gives whole lines, and the"
    " rest. In C, search the buffer with memchr(), and memmove() the rest to its beginning.",
)
NO_ANSWER = (
    "The server waits for something else (more bytes, the end, another client), or its answer waits"
    " in a buffer that nobody flushed: BufferedWriter and stdio keep what you write for a while."
)
LOST_IN_IT = (
    "The conversation ended: an exception in it, most likely, that nobody caught. Look at the"
    " console."
)
LIMIT = (
    "Where do you look at the length of a line? At a piece of it, or at all of it?",
    "Whatever was refused is dropped up to its newline. Its tail is not a new line.",
    "Remember that this line is refused until its newline has come; only then answer '! ' and why,"
    " once, instead of the line.",
)


def in_substance(text: str) -> str:
    """A pattern for `text` with anything, or nothing, in the place of its control characters.

    That none of them reaches others is for other checks to ask.
    """
    return "".join(re.escape(each) if each.isprintable() else ".*" for each in text)


class Talk:
    """One speaks, and one hears what was said: the same where the server is an echo."""

    def __init__(
        self, speaker: Somebody, hearer: Somebody, witness: Somebody | None = None
    ) -> None:
        self.speaker = speaker
        self.hearer = hearer
        self.witness = witness  # a third one, who can speak when the speaker has gone

    @property
    def is_echo(self) -> bool:
        """Whether the speaker hears what they say."""
        return self.hearer is self.speaker

    def hears(self, text: str) -> None:
        """The next thing that the hearer gets is this, said by the speaker."""
        self.hearer.gets(text)

    def hears_in_substance(self, text: str) -> None:
        """The same, but a phase may have put something else for the control characters in it."""
        self.hears(text)

    def hears_an_empty_line(self) -> None:
        """The speaker has sent one, and this is what becomes of it."""
        self.hears("")

    def gets_one_error_before(self, text: str) -> None:
        """The speaker gets one error and no more, and the hearer gets the next line."""
        self.speaker.gets_error()
        self.hears(text)
        answer = type(self)(self.hearer, self.speaker)
        answer.speaker.send("one was enough")
        answer.hears("one was enough")  # and not another error before it

    def close(self) -> None:
        """All of them go."""
        for each in (self.speaker, self.hearer, self.witness):
            if each:
                each.close()


class Arrivals:
    """What a phase says of itself: how people come."""

    def arrive(self, graded: Graded, which: str = "") -> Talk:
        """Somebody who speaks, and somebody who hears it; `which` stands behind their names.

        As it is in phases 1 and 2, where everybody hears themselves.
        """
        alice = graded.connect(f"Alice{which}")
        return Talk(alice, alice)

    @pytest.fixture
    def talk(self, graded: Graded) -> Talk:
        """Somebody who speaks, and somebody who hears it."""
        return self.arrive(graded)


class StreamChecks(Arrivals):
    """Ask each promise of the stream of the server under test."""

    def expect_departure(self, talk: Talk) -> None:
        """The server has noticed that the speaker ended the stream."""
        talk.hearer.gets_end()

    # --- lines ---------------------------------------------------------------------------------

    @teaches(WIRE, NOT_A_MESSAGE, *COLLECT, silence=NO_ANSWER, end=LOST_IN_IT)
    def test_several_lines_in_one_segment_are_several_lines(self, talk: Talk) -> None:
        """What was sent with one call is not taken for one line."""
        talk.speaker.send("one", "two", "three")
        for line in ("one", "two", "three"):
            talk.hears(line)

    @teaches(
        WIRE,
        "An empty line was left out, or taken for the end. It is a line like any other.",
        "What does your server make of two newlines, one behind the other?",
        "Between them is a line of 0 bytes, which is not the end of the stream.",
        "Look for `if line`, or for a split that leaves out what is empty: strtok() in C does, and"
        " Java's String.split() does at the end.",
        silence="An empty line was left out, and perhaps what came after it: `while (line)` and"
        " `if line` take it for nothing.",
        end="An empty line was taken for the end of the stream. The end is a read of 0 bytes; an"
        " empty line is one byte, its newline.",
    )
    def test_an_empty_line_is_a_line(self, talk: Talk) -> None:
        """Two newlines, one behind the other, have an empty line between them."""
        talk.speaker.send("one", "", "two")
        for line in ("one", "", "two"):
            talk.hears(line)

    @teaches(
        WIRE,
        "Blanks were cut off, or made fewer. They belong to the line: only its end is cut off.",
        "Which call takes the newline off your line? What else does it take?",
        "strip(), trim() and split() without an argument know more blanks than you mean.",
        "In Python: line.removesuffix(b'\\n'), not line.strip(). In C: scanf('%s') stops at a"
        " blank.",
        silence=NO_ANSWER,
        end=LOST_IN_IT,
    )
    def test_blanks_belong_to_the_line(self, talk: Talk) -> None:
        """Before the text, and in it."""
        talk.speaker.send("  two  and \t two")
        talk.hears_in_substance("  two  and \t two")

    @teaches(WIRE, NOT_A_MESSAGE, *COLLECT, silence=NO_ANSWER, end=LOST_IN_IT)
    def test_a_line_may_come_in_pieces(self, talk: Talk) -> None:
        """What was sent with two calls is one line."""
        # The first piece is in one segment with a line; when that is heard, it was received.
        talk.speaker.send_bytes(b"fence\nslow")
        talk.hears("fence")
        talk.speaker.send_bytes(b"ly\n")
        talk.hears("slowly")

    @teaches(
        WIRE,
        "A line of many pieces was not put together whole. Two pieces are not all there may be.",
        "What is in your buffer after the third piece of a line?",
        "New bytes go behind all that is there: behind it, not in its place.",
        "In Python: unfinished += data. In C: read into buffer + length, and add to length.",
        silence=NO_ANSWER,
        end=LOST_IN_IT,
    )
    def test_a_line_may_come_a_byte_at_a_time(self, talk: Talk) -> None:
        """As over a serial line, or from whoever types in telnet's character mode."""
        talk.speaker.send_byte_by_byte(b"a line that is whole in the end\n")
        talk.hears("a line that is whole in the end")

    @teaches(
        CODE,
        "Bytes are decoded before the line is whole: a character of UTF-8 may have up to four"
        " bytes, and one read may give some of them only.",
        "Which of your variables are bytes, and which are text?",
        "Where do bytes become text: at the read, or when the line is whole?",
        "Collect bytes, split them at the newline, and decode each whole line. In Node, do not"
        " concatenate Buffers with +: that decodes each of them.",
        dead="Bytes are decoded before the line is whole, most likely, and nobody caught what that"
        " raises where a character is cut in two (in Python, UnicodeDecodeError).",
        silence=NO_ANSWER,
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
        "Many characters of two bytes came at once, and some stand at the edge of what one read"
        " gives: half of the character in this read, half in the next.",
        "How many bytes does one read give at most? Where does the last character end?",
        "The number is a number of bytes, and cuts where it cuts.",
        "Collect bytes, split them at the newline, and decode each whole line.",
        silence=NO_ANSWER,
    )
    def test_a_character_may_stand_at_the_edge_of_a_read(self, talk: Talk) -> None:
        """However many bytes a read takes: the lines have an odd length, and follow closely."""
        for _ in range(3):
            talk.speaker.send(*["é" * 2000] * 6)
            for _ in range(6):
                talk.hears("é" * 2000)

    @teaches(
        CODE,
        "telnet and Windows end a line with two bytes, \\r\\n, and the \\r was left in the line.",
        "What does your server see when telnet sends it a line? Print it with its control"
        " characters: repr() in Python, JSON.stringify() in Node.",
        "A line may end with \\r. It belongs to the end, not to the text.",
        "In Python: line.removesuffix(b'\\r'). In Node: line.replace(/\\r$/, ''). In C: if the last"
        " byte is '\\r', the line is one shorter.",
        silence=NO_ANSWER,
        end=LOST_IN_IT,
    )
    def test_a_carriage_return_before_the_newline_is_dropped(self, talk: Talk) -> None:
        """As telnet ends its lines: with both. The line may be empty."""
        talk.speaker.send_bytes(b"from telnet\r\n\r\nas well\r\n")
        talk.hears("from telnet")
        talk.hears_an_empty_line()
        talk.hears("as well")

    @teaches(
        CODE,
        "Something else than a newline was taken for the end of a line: a \\r alone, most often.",
        "Which characters end a line for the function that splits yours?",
        "On this wire it is the byte 10, and nothing else.",
        "Python's splitlines() knows ten ends of a line, Java's readLine() and C's text mode some."
        " Split bytes at the byte 10.",
        silence=NO_ANSWER,
        end=LOST_IN_IT,
    )
    def test_nothing_but_a_newline_ends_a_line(self, talk: Talk) -> None:
        r"""No \r in the line, and nothing that some libraries take for an end."""
        line = "a\rb\vc\fd\x1ce\x85f\u2028g"
        talk.speaker.send(line, "next")
        talk.hears_in_substance(line)
        talk.hears("next")

    @teaches(
        CODE,
        "The byte 0 (NUL) was taken for the end, and what stands behind it was lost.",
        "What does the length of your line come from? Who counts up to which byte?",
        "In C, strlen(), strcpy(), strchr() and printf('%s') stop at a 0. The wire knows no such"
        " end.",
        "Carry the length along: memchr() and memcpy(), write(socket, line, length).",
        silence="The byte 0 (NUL) was taken for the end, most likely, and the newline behind it was"
        " not found: strchr() stops at a 0, memchr() does not.",
    )
    def test_a_nul_does_not_end_a_line(self, talk: Talk) -> None:
        """What stands behind it is a part of the line as well."""
        talk.speaker.send("before\0after", "next")
        talk.hears_in_substance("before\0after")
        talk.hears("next")

    # --- many lines, and the end ---------------------------------------------------------------

    @teaches(
        WIRE,
        "Of many lines that come at once, some are missing, or they are out of order.",
        "How many lines does one read of your server give? What happens to the last of them?",
        "It is cut anywhere. And what does your send() do when it cannot send all?",
        "send() and write() tell how much they took; the rest is yours to send (sendall()).",
        silence="The answers stopped before the last line. Something of the burst was dropped, or"
        " waits in a buffer that nobody flushed.",
    )
    def test_a_burst_of_lines_is_heard_in_order(self, talk: Talk) -> None:
        """Hundreds of lines in one segment: all of them, each once, the first one first."""
        lines = [f"line {number}" for number in range(300)]
        talk.speaker.send(*lines)
        for line in lines:
            talk.hears(line)

    @teaches(
        WIRE,
        "What was left without a newline at the end of the stream was taken for a line, or for the"
        " beginning of what the next client says: each has a buffer of their own.",
        "What does a read give at the end of the stream? What is in your buffer then?",
        "A line ends with a newline. At the end of the stream no more of it will come.",
        "At the end of the stream forget what has no newline, and end the conversation. Java's"
        " readLine(), C's getline() and Node's readline give it to you as a line.",
        silence="The end of the stream was not noticed: recv() gives b'' there (read() 0, or -1 in"
        " Java; 'end' in Node), at once, and again and again.",
    )
    @pytest.mark.parametrize(
        "rest",
        ["unfinis", "unfinis\r"],
        ids=["with nothing at its end", "with a carriage return at its end"],
    )
    def test_an_unfinished_last_line_is_not_a_line(
        self, graded: Graded, talk: Talk, rest: str
    ) -> None:
        """It is not answered, not delivered, and not put before what the next client says."""
        talk.speaker.send_bytes(b"whole\n" + rest.encode())
        talk.speaker.half_close()
        talk.hears("whole")
        self.expect_departure(talk)
        talk.close()
        after = self.arrive(graded, "-b")
        after.speaker.send("next")
        after.hears("next")

    @teaches(
        WIRE,
        "The conversation was ended before all that had come was dealt with.",
        "The client has ended its direction only. May you still send?",
        "The end means that no more will come. What came before it is all there, and counts.",
        "Deal with all lines of a read before the next read. In Node: the listener needs"
        " allowHalfOpen, or else answers after the client's end may be lost.",
        reset="The connection was closed with bytes in it that nobody had read (RFC 2525, 2.17).",
        mismatch="Lines are missing or out of order. send() may send a part; sendall() sends all.",
        silence="Some lines came, and then neither more of them nor the end. When the client has"
        " ended its stream, flush what is in a buffer of yours, and close the connection.",
    )
    def test_all_that_came_before_the_end_is_heard(self, talk: Talk) -> None:
        """Many lines, and the end of the stream right behind them: `printf ... | nc -N`."""
        lines = [f"line {number}" for number in range(300)]
        talk.speaker.hold_back()  # else a quick server has answered all before it learns of the end
        talk.speaker.send(*lines)
        talk.speaker.half_close()
        for line in lines:
            talk.hears(line)
        self.expect_departure(talk)

    # --- the limit -----------------------------------------------------------------------------

    @teaches(
        CODE,
        "A line may have 4,096 bytes with its newline, and this one has just that many.",
        "How large is the buffer of your line? Does your server count the newline?",
        "Is it < or <=?",
        "A line without its newline may have 4,095 bytes.",
        silence=NO_ANSWER,
        end=LOST_IN_IT,
    )
    def test_a_line_of_4096_bytes_is_taken(self, talk: Talk) -> None:
        """The newline is one of them."""
        talk.speaker.send("x" * 4095)
        talk.hears("x" * 4095)

    @teaches(
        CODE,
        "An over-long line should be answered by one error, '! ...', and dropped with its tail.",
        *LIMIT,
        end="The connection was ended. One mistake is no reason to: answer '! ...' and go on.",
        reset="The connection was ended. One mistake is no reason to: answer '! ...' and go on.",
        mismatch="The line was taken, although it has more than 4,096 bytes; or it was refused"
        " piece by piece, with an error for each; or its tail was taken for a line.",
        silence="Neither an error nor the line came, or the next line was dropped as well: the"
        " line that was too long ends at its newline.",
    )
    @pytest.mark.parametrize("size", [5000, 10_000, 65_536], ids="when it has {:,} bytes".format)
    def test_a_longer_line_gets_one_error(self, talk: Talk, size: int) -> None:
        """It is dropped whole, its tail is not taken for a line, and its neighbours are heard."""
        talk.speaker.send("before", "x" * (size - 1), "after")
        talk.hears("before")
        talk.gets_one_error_before("after")

    @teaches(
        CODE,
        "A line of 4,097 bytes should be answered by one error, '! ...'.",
        "Does your server count the newline?",
        "Is it < or <=?",
        "A line without its newline may have 4,095 bytes; this one has 4,096.",
        mismatch="The line was taken, and it has one byte too many: the newline counts.",
        end="The connection was ended. One mistake is no reason to: answer '! ...' and go on.",
        silence="Neither the line nor an error came, or the next line was dropped as well.",
    )
    def test_a_line_of_4097_bytes_gets_one_error(self, talk: Talk) -> None:
        """One byte more than a line may have."""
        talk.speaker.send("x" * 4096, "after")
        talk.gets_one_error_before("after")

    @teaches(
        CODE,
        "An over-long line that comes in pieces should be answered by one error, '! ...', and be"
        " dropped up to its newline.",
        *LIMIT,
        mismatch="A piece of the line was taken for a line, or each piece got an error of its own.",
        end="The connection was ended. One mistake is no reason to: answer '! ...' and go on.",
        silence="Neither an error nor the line after it came: what was too long ends at its"
        " newline, and the next line counts.",
    )
    def test_a_longer_line_may_come_in_pieces(self, talk: Talk) -> None:
        """Wherever it is cut, it gets one error, and the next line is heard."""
        for cut in (1, 4094, 4095, 4096, 4097, 9000, 65_535):  # 65,536 would be the end
            talk.speaker.send_bytes(b"fence\n" + b"x" * cut)
            talk.hears("fence")
            talk.speaker.waits_until_read()
            talk.speaker.send_bytes(b"x" * (9500 - cut) + b"\nafter\n")
            talk.gets_one_error_before("after")

    @teaches(
        CODE,
        "The limit is one of bytes, and characters were counted: é has two bytes, 日 has three.",
        "What does the length of a text count in your language?",
        "Python counts characters, Java and JavaScript units of UTF-16, and none of them bytes.",
        "Look at the length before you decode, while the line is bytes.",
        silence=NO_ANSWER,
        end="The connection was ended. One mistake is no reason to: answer '! ...' and go on.",
    )
    def test_the_limit_counts_bytes_and_not_characters(self, talk: Talk) -> None:
        """2,047 characters of two bytes and one of one are a line; one byte more is too long."""
        talk.speaker.send("é" * 2047 + "x", "é" * 2048, "after")
        talk.hears("é" * 2047 + "x")
        talk.gets_one_error_before("after")

    @teaches(
        CODE,
        "Bytes without a newline are collected without end: one client can fill the memory.",
        "How large can your buffer become?",
        "64 KiB without a newline are no line that grew too long, but something else.",
        "When 65,536 bytes have come without a newline: send '! ' and why, and end the connection.",
        reset="The connection was closed with bytes in it that nobody had read. Then the system"
        " sends a reset (RST), which can destroy what you had sent: first shutdown(SHUT_WR), then"
        " read on for a moment, then close() (RFC 2525, 2.17).",
        end="The connection was ended, and nobody was told why: first send '! ' and why.",
        late="The server says something only at the end of the stream, or at a newline. With a"
        " client that sends no newline neither may come: count what has come after each read.",
        silence="Bytes without a newline are collected without end, or thrown away without a word.",
        mismatch="What has no newline was taken for a line, or it was refused again and again; or"
        " something of it was left for the next client, who begins anew.",
    )
    def test_64_kib_without_a_newline_end_the_connection(self, graded: Graded, talk: Talk) -> None:
        """The sender is told why. The next client begins anew."""
        talk.speaker.send_bytes(b"x" * 65536)
        talk.speaker.waits_for("! .*", "an error, a line that begins with '! '")
        talk.speaker.gets_end_after_anything()
        talk.close()
        after = self.arrive(graded, "-b")
        after.speaker.send("next")
        after.hears("next")

    # --- what is not text ----------------------------------------------------------------------

    @teaches(
        CODE,
        "Bytes that are not UTF-8 should get one error, '! ...', and the next line be heard.",
        "What does your language do with bytes that are not UTF-8: raise, replace, or nothing?",
        "An exception wants to be caught, for this line alone. A replacement wants to be noticed.",
        "Python: except UnicodeDecodeError. Node: new TextDecoder('utf-8', {fatal: true}). Java:"
        " CodingErrorAction.REPORT. C: look at each byte, as unsigned char.",
        end="The conversation ended: an exception in it, most likely, that nobody caught.",
        dead="Something that was not caught ended your server, when bytes came that are not UTF-8"
        " (in Python: UnicodeDecodeError).",
        reset="The conversation ended: an exception in it, most likely, that nobody caught.",
        mismatch="The line was taken, with something in it that nobody had sent; or an error came"
        " for a line that is right.",
        silence="Neither an error nor the next line came: the thread that serves this client has"
        " ended, perhaps, and left the connection open.",
    )
    @pytest.mark.parametrize(
        "line",
        [
            b"caf\xe9",
            b"\xc3",
            b"\x80",
            b"a\xff\xffb",
            b"\xc0\xaf",
            b"\xed\xa0\x80",
            b"\xf4\x90\x80\x80",
        ],
        ids=[
            "when it is Latin-1",
            "when a character is cut off",
            "when it begins inside a character",
            "when it has bytes of 255",
            "when a character has more bytes than it needs",
            "when it has half a character of UTF-16",
            "when a character is beyond Unicode",
        ],
    )
    def test_a_line_that_is_not_utf_8_gets_an_error(self, talk: Talk, line: bytes) -> None:
        """The connection goes on, and the lines before and after it are heard."""
        talk.speaker.send_bytes(b"before\n" + line + b"\nafter\n")
        talk.hears("before")
        talk.gets_one_error_before("after")
