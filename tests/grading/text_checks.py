"""What every phase promises of the text in a line, asked of anybody's server.

Each phase's test_wire.py derives a class from `TextChecks`, as from `StreamChecks`. A program that
gives a line to something that reads more out of it than text (a format, a test for "nothing", HTML)
serves nearly every line well.
"""

import pytest

from tests.grading.stream_checks import CODE, WIRE, Arrivals, Talk
from tests.grading.teaching import teaches

BLANKS = ("  both ends  ", "one behind ", "   ")
TAKEN_FOR_MORE = (
    "100%s %d %n%n %5$s {} {0} %(a)s",
    "0",
    "<b>&amp; 'one' \"two\"</b>",
    r"C:\new\table \0 \u0041 $HOME `id` ${x} #{y}",
    "in doubt: \ufffd",
    "e\u0301 and \U0001f469\u200d\U0001f680",
)


class TextChecks(Arrivals):
    """Ask each promise of the text in a line of the server under test."""

    @teaches(
        WIRE,
        "Blanks at the end of a line were cut off, or a line of blanks was left out. They belong to"
        " the line: only its end is cut off.",
        "Which call takes the newline off your line? What else does it take?",
        "rstrip(), trim() and chomp-like patterns such as \\s+$ know more than the newline.",
        "In Python: line.removesuffix('\\n').removesuffix('\\r'), not line.rstrip(). In JavaScript"
        " and Java, cut one character off the end.",
        silence="A line of blanks was left out: it is not empty, and an empty one counts as well."
        " Or does the answer wait in a buffer?",
    )
    def test_blanks_at_the_end_belong_to_the_line(self, talk: Talk) -> None:
        """And a line may hold nothing else."""
        for line in BLANKS:
            talk.speaker.send(line)
            talk.hears(line)

    @teaches(
        CODE,
        "The line was taken for more than text: % for a format, 0 for nothing, < for a page, \\ for"
        " the beginning of an escape, or a U+FFFD for a failure to decode.",
        "Which function of yours gets the line? Does it look for something in it?",
        "printf(line) looks for % in it. `if (line)` finds '0' to be nothing in Perl and PHP. And a"
        " U+FFFD may stand in a line that is right.",
        "In C: fputs(), or printf('%s', line). In Perl: `if (length $line)`. Whether bytes are"
        " UTF-8, ask the decoder (fatal), and do not look for U+FFFD.",
        dead="The server ended when a client said something that means more than text to some"
        " functions: printf(line) reads a format from it.",
        silence="The line was left out. In Perl and PHP, '0' is nothing for `if ($line)`: ask"
        " for its length. Or was it taken for a format, and a part of your program ended with it?",
        end="The conversation ended with a line that means more than text to some functions: a"
        " format, say. Look at the console.",
    )
    @pytest.mark.parametrize(
        "line",
        TAKEN_FOR_MORE,
        ids=[
            "not even a format such as %s",
            "not even 0",
            "not even HTML",
            "not even a command of a shell",
            "not even U+FFFD",
            "not even combined characters",
        ],
    )
    def test_no_text_is_more_than_text(self, talk: Talk, line: str) -> None:
        """It is heard as it was said, whatever it would mean elsewhere."""
        talk.speaker.send(line, "next")
        talk.hears_in_substance(line)
        talk.hears("next")
