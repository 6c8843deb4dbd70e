"""What a check asks, in words: its name is the promise, and its case goes on with the sentence."""

import functools
import re

_WORDS = (
    (r"\butf 8\b", "UTF-8"),
    (r"\b64 kib\b", "64 KiB"),
    (r"\bnul\b", "NUL"),
    (r"\b4096\b", "4,096"),
    (r"\b4097\b", "4,097"),
    (r"^(after )?(exit|help|nick|ping)\b(?! and)", r"\1/\2"),
    (r"^exit and list\b", "exit and ?list"),
)
"""What a name in Python cannot spell."""


@functools.lru_cache(1000)  # a class has the same checks forty times
def promise_of(check: str) -> str:
    r"""What all cases of a check ask; `check` is a name, or all that pytest calls it.

    >>> promise_of("tests/phase1/test_wire.py::TestStream::test_a_line_is_not_utf_8[with \xe9]")
    'a line is not UTF-8'
    """
    name = check.partition("[")[0].rpartition("::")[2].removeprefix("test_")
    promise = name.replace("_", " ")
    for spelled, word in _WORDS:
        promise = re.sub(spelled, word, promise)
    return promise


def case_of(check: str) -> str:
    """The case of a check that asks several, in words; "" where it is one.

    >>> case_of("test_a_long_line_gets_an_error[of 5,000 bytes]")
    'of 5,000 bytes'
    """
    return check.partition("[")[2].removesuffix("]")


def title_of(check: str) -> str:
    """The whole sentence.

    >>> title_of("test_silence_is_not_the_end[between two lines]")
    'silence is not the end, between two lines'
    """
    case = case_of(check)
    return promise_of(check) + (f", {case}" if case else "")
