"""The likely cause of a failure: what happened decides, and then what was checked."""

import re
from collections.abc import Mapping

from tests.grading.faults import Fault, fault_in
from tests.grading.people import (
    AS_PYTHON,
    CHARSET,
    DAEMON,
    DEAD,
    END,
    GONE,
    LATE,
    NUL,
    REFUSED,
    RESET,
    SLOW,
    UNACCEPTED,
    UNFINISHED,
    UNREAD,
    UNREADY,
    Verdict,
)

DIED = "Your server ended. What it printed last, above, often says why."
CAME_TO_ITS_END = (
    "Your program came to its end. Is accept() in a loop? (The checks connect once to see whether"
    " it listens.) Does exit() end it, where one conversation should end? Does it start threads,"
    " and wait for nothing? Does it wait for its standard input, which is empty here?"
)
SAID_NOTHING = (
    "Your server ended, and printed nothing. Which lines of yours end the program, and what"
    " swallows their messages?"
)
LOST_WORDS = " What C had printed is lost if it was still in a buffer: print to stderr."
_SUDDEN = ("SIGSEGV", "SIGABRT", "SIGBUS", "SIGFPE", "SIGILL", "SIGPIPE")

_USUAL = {
    AS_PYTHON: "str() of bytes, or an f-string with bytes in it, gives what Python shows of them:"
    " b'...'. decode() gives the text in them.",
    DAEMON: "The command starts something else, and ends. The checks need to see the server's end,"
    " and its output: start the server itself.",
    LATE: "The answer waited in a buffer until the conversation ended. Flush it after each line:"
    " flush() in Java and Python, fflush() in C; or PrintWriter(..., true), or no buffer at all. Or"
    " does your server read to the end of the stream before it answers?",
    CHARSET: "Characters that are not ASCII became others: ? where ASCII was written, Ã© where the"
    " bytes of é were read as Latin-1. Name UTF-8 where bytes become text, and where text becomes"
    " bytes: in Java new InputStreamReader(..., UTF_8) and getBytes(UTF_8); in Perl"
    " decode('UTF-8', ...); in Node toString('utf8').",
    NUL: "A NUL byte, \\0, was sent. In C one stands behind the text of a string, and is not a part"
    " of the line: send strlen(text) bytes, and not one more. sizeof counts it, too.",
    REFUSED: "Nobody listens on that port any more: the listener was closed.",
    SLOW: "Each answer comes late. Does your server sleep, or wait with a timeout, before it"
    " answers? Does it copy or print all that it has for each byte? A line takes less than a"
    " thousandth of a second.",
    UNACCEPTED: "The system has made the connection, and the server has not taken it: accept() is"
    " not called again. What does the server wait for instead?",
    UNFINISHED: "What was sent is not a line yet: a line ends with a newline.",
    UNREAD: "What was sent has arrived, and the server does not call recv() for it. What does it"
    " wait for instead: another client, a lock, its own sendall()?",
    UNREADY: "For this check your server was started anew. What does it do, or wait for, before it"
    " calls listen()?",
}
"""What holds whatever was checked."""

_ALIKE = (
    r"ConnectionResetError|BrokenPipeError|ECONNRESET|EPIPE|connection reset|broken pipe|reset by",
    r"UnicodeDecodeError|MalformedInput|CharacterCoding|UTF-?8",
    r"RuntimeError|ConcurrentModification|changed size|concurrent map",
)
"""The same fault in several languages."""

_NAMED = r"\w+(?:Error|Exception)\b"
_SLIPS = re.compile(
    r"(?:\w+\.)*(?:TypeError|NameError|UnboundLocalError|AttributeError|ReferenceError"
    r"|NullPointerException)\b"
)
"""What is wrong in the program itself, and in no way about sockets."""


def cause_of(verdict: Verdict, causes: Mapping[str, str]) -> str:
    """`causes` are the check's own, for each way to fail; "" is for all others."""
    has_ended = verdict.ending is not None and verdict.kind in (DEAD, GONE)
    fault = fault_in(verdict.output or ())
    if fault and (fault.is_uncaught or has_ended):
        return _of_a_fault(fault, verdict, causes)
    if has_ended:
        return _of_an_end(verdict, causes)
    return causes.get(verdict.kind) or _USUAL.get(verdict.kind) or causes[""]


def sentence(text: str) -> str:
    """`text` with a full stop, where it has no end yet."""
    return text if not text or text[-1] in ".?!" else text + "."


def start_cause(verdict: Verdict) -> list[str]:
    """Why nothing could be checked, because the server did not start; nothing if that was said."""
    if verdict.kind == DAEMON:
        return []
    fault = fault_in(verdict.output or ())
    if fault and fault.advice:
        return [sentence(fault.advice)]
    if verdict.ending and (verdict.ending.meaning or verdict.ending.is_orderly):
        return [_of_an_end(verdict, {})]
    if verdict.ending and not fault:
        return ["Does it listen on 127.0.0.1, on the port that it is given, and go on?"]
    return []


def _of_a_fault(fault: Fault, verdict: Verdict, causes: Mapping[str, str]) -> str:
    """The program says itself what was wrong. The check's own cause is added where it fits."""
    own = causes.get(verdict.kind, "") if verdict.kind != GONE else ""
    if _SLIPS.match(fault.text) and not re.search(_NAMED, own):
        own = ""  # the program is wrong in itself, whatever was checked
    if fault.advice and verdict.kind in (END, RESET) and not re.search(_NAMED, own):
        own = ""  # that the conversation ended follows from it, and says less
    more = own if own and _fits(own, fault.text) else sentence(fault.advice)
    what = "The console shows an exception" if fault.is_uncaught else "The console says why"
    return f"{what}: {fault.text.rstrip('.')}. {more}".rstrip()


def _fits(cause: str, fault: str) -> bool:
    """Whether a cause may be that of this fault: it names no exception, or one that is alike."""
    named = re.findall(_NAMED, cause)
    alike = (re.search(each, cause) and re.search(each, fault, re.IGNORECASE) for each in _ALIKE)
    return not named or any(each in fault for each in named) or any(alike)


def _of_an_end(verdict: Verdict, causes: Mapping[str, str]) -> str:
    ending = verdict.ending
    assert ending is not None
    if ending.meaning:
        lost = LOST_WORDS if ending.name in _SUDDEN and not verdict.output else ""
        return f"{ending.name}: {ending.meaning}.{lost}".removeprefix(": ")
    if verdict.kind == DEAD and DEAD in causes:
        return causes[DEAD]
    if ending.is_orderly:
        return CAME_TO_ITS_END
    return DIED if verdict.output else SAID_NOTHING
