"""Finds what a program printed about its own fault: an uncaught exception, in many languages.

The line that tells most is often not among the last ones: Java and Node print it first, and then
where it happened; Go prints all its goroutines. What is known of such a line is said with it.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

_TRACE_LINES = 400  # how far a trace may reach from the line that begins it


@dataclass(frozen=True)
class Fault:
    """A program's own words about its fault."""

    place: int  # the index of the line that tells most
    text: str  # that line
    advice: str = ""  # what it means for a server that is graded; often nothing is known
    is_uncaught: bool = True  # an exception, say; else a message


# An exception is known by a line, and by one like the second soon after it: `None` if by itself.
_SIGNS: tuple[tuple[str, str | None], ...] = (
    # Java, Kotlin, Scala; and C#
    (r'(?:Exception in thread "[^"]*" )([\w.$]+(?:Exception|Error|Throwable)\b.*)', None),
    (r"Unhandled [Ee]xception[.:] (.*)", None),
    (r"(?:Caused by: )?((?:[\w$]+\.)+\w*(?:Exception|Error)\b.*)", r"\s+at "),
    # Node, Deno, Bun
    (r"(?:\[?Uncaught:? )?(\w*(?:Error|Exception)(?: \[\w+\])?(?::|$).*)", r"\s+at |\S+:\d+:\d+"),
    (r"error: (Uncaught .*)", None),
    # Go; Rust (the reason is in the next line); Swift
    (r"(panic: .*|fatal error: .*)", r"goroutine \d+|\[signal |\s+/"),
    (r"(thread '.*' (?:\(\d+\) )?panicked at .*)", None),
    (r"(?:.*: )?(Fatal error: .*)", None),
    # Ruby; PHP; Perl; Lua; OCaml; Erlang and Elixir
    (r"\S+\.rb:\d+:in .*?: (.* \((?:\w|::)+\))", None),
    (r"(?:PHP )?Fatal error:\s+(Uncaught .*)", None),
    (r"(?!BEGIN failed)(.+ at \S+ line \d+(?:, <\w+> line \d+)?\.)", None),
    (r"lua\S*: (\S+:\d+: .*)", None),
    (r"\*\* (\(\w+\) .*)", None),
    # C and C++: sanitizers, the library, assertions
    (r".*ERROR: (\w+Sanitizer: .*)", None),
    (r"WARNING: (\w+Sanitizer: .*)", None),
    (r"(\S+:\d+:\d+: runtime error: .*)", None),
    (r"(terminate called .*)", None),
    (r"\s+what\(\):\s+(.*)", None),
    (r"(.*: Assertion .* failed\.?|Assertion failed: .*)", None),
    (r"\*\*\* (stack smashing detected|buffer overflow detected)\b.*", None),
    (r"((?:free|malloc|realloc|corrupted|double free|munmap_chunk|invalid)\b.*"
     r"(?:corrupt|invalid|double|size|pointer).*)", None),
    (r"(Segmentation fault\b.*|Bus error\b.*)", None),
)  # fmt: skip
_COMPILED = [(re.compile(one), re.compile(two) if two else None) for one, two in _SIGNS]

_PYTHON = "Traceback (most recent call last):"
_PYTHON_SYNTAX = re.compile(r'  File "[^"]*", line \d+$')
_PYTHON_END = re.compile(r"((?:\w+\.)*[A-Z]\w*)(?:: .*)?$")

_STDIN = (
    "Its standard input is empty: a server under test has no keyboard. Take out input(), scanf(),"
    " the Scanner: what a client says comes through its connection"
)
_IN_USE = (
    "The port is taken: does your server use the port that it is given, listen on it once only, and"
    " with SOCK_STREAM?"
)
_ADVICE = (
    (r"EOFError: EOF when reading a line|NoSuchElementException: No line found", _STDIN),
    (r"Address already in use|EADDRINUSE|AddrInUse|WinError 10048|address in use", _IN_USE),
    (r"No module named|ModuleNotFoundError|Cannot find (?:module|package)|cannot load such file"
     r"|Can't locate \S+ in @INC|ClassNotFoundException|Could not find or load main class",
     "A module is missing: is it installed, and does the command begin in the right directory?"),
    (r"can't open file|Cannot access|Can't open perl script|No such file or directory",
     "A file is missing: is its path right, seen from the directory in which you run this?"),
    (r"command not found|not found$", "There is no such program: is its name right?"),
    (r"[Pp]ermission denied|EACCES|WinError 10013",
     "It may not do this: a port below 1024 is for the administrator, and a file has its owner"),
    (r"[Cc]onnection reset|[Bb]roken pipe|ECONNRESET|EPIPE|WinError 1005[34]",
     "A client was gone when the server read from it, or wrote to it: catch that where this one"
     " client is served, and go on with the others"),
    (r"SyntaxError|IndentationError|TabError|error: expected|syntax error",
     "The language does not understand the program: it never ran"),
    (r"unrecogni[sz]ed (?:arguments|option)|(?:invalid|unknown|illegal) option|no such option",
     "The program does not know a word of its command: declare that option, or take it out"),
    (r"\[Errno 22\] Invalid argument|accept\S*: Invalid argument|accept EINVAL",
     "The socket is not ready for this call: first bind() once, then listen(), then accept()"),
    (r"Bad file descriptor|EBADF|WinError 10038|Socket (?:is )?closed$",
     "A socket was used after it had been closed: who closes it, and does anybody still need it?"),
    (r"'str' object cannot be interpreted as an integer|ERR_SOCKET_BAD_PORT",
     "The port is not a number. Which word of its command is the port? A word is text:"
     " int() in Python and Number() in Node make a number of it"),
    (r"TypeError: (?=.*bytes).*str|'(?:str|bytes)' object has no attribute '(?:de|en)code'",
     "Bytes and text are two types: decode() makes text of bytes, encode() makes bytes of text"),
)  # fmt: skip
_ADVISED = [(re.compile(sign), advice) for sign, advice in _ADVICE]


def fault_in(lines: Sequence[str]) -> Fault | None:
    """The last fault that the lines tell of; None where they tell of none.

    >>> fault_in(["ready", 'panic: no', '', 'goroutine 1 [running]:', 'main.main()']).text
    'panic: no'
    >>> fault_in(["ready", "Alice says: Error: no"])
    """
    found = [fault for at in range(len(lines)) if (fault := _fault_at(lines, at))]
    if found:
        return found[-1]
    for at, line in enumerate(lines):
        if advice := advice_on(line):
            return Fault(at, line.strip(), advice, is_uncaught=False)
    return None


def advice_on(text: str) -> str:
    """What a message means for a server that is graded; nothing where it is not known."""
    return next((advice for sign, advice in _ADVISED if sign.search(text)), "")


def _fault_at(lines: Sequence[str], at: int) -> Fault | None:
    line = lines[at]
    if line.startswith(_PYTHON) or _PYTHON_SYNTAX.match(line):
        return _end_of_python(lines, at + 1)
    for sign, needs in _COMPILED:
        found = sign.match(line)
        if found and (needs is None or any(map(needs.match, lines[at + 1 : at + 6]))):
            text = found[1]
            if text.endswith(":") and at + 1 < len(lines):  # Rust: the reason is in the next line
                text = f"{text} {lines[at + 1].strip()}"
            return Fault(at, text, advice_on(text))
    return None


def _end_of_python(lines: Sequence[str], begin: int) -> Fault | None:
    """A traceback ends with the first line that is not indented: the exception."""
    for at in range(begin, min(begin + _TRACE_LINES, len(lines))):
        if lines[at].strip() and not lines[at].startswith((" ", "\t")):
            if not _PYTHON_END.match(lines[at]):
                return None
            return Fault(at, lines[at], advice_on(lines[at]))
    return None
