"""What a program prints about its own fault is found, whatever its language, and shown."""

import pytest

from tests.grading.excerpt import MOST_CHARACTERS, MOST_LINES, excerpt
from tests.grading.faults import fault_in

PYTHON = """Exception in thread Thread-1 (serve):
Traceback (most recent call last):
  File "/usr/lib/python3.11/threading.py", line 1045, in _bootstrap_inner
    self.run()
  File "server.py", line 3, in serve
    int("x")
    ^^^^^^^^
ValueError: invalid literal for int() with base 10: 'x'
and it goes on"""

NODE = """node:events:491
      throw er; // Unhandled 'error' event
      ^

Error: read ECONNRESET
    at TCP.onStreamRead (node:internal/stream_base_commons:217:20)
Emitted 'error' event on Socket instance at:
    at emitErrorNT (node:internal/streams/destroy:151:8) {
  errno: -104,
}

Node.js v18.19.0"""

JAVA = """Exception in thread "main" java.net.SocketException: Connection reset
\tat java.base/sun.nio.ch.NioSocketImpl.implRead(NioSocketImpl.java:328)
\tat Server.main(Server.java:12)"""

JAVA_PRINTED = """java.lang.NullPointerException: Cannot invoke "String.equals(Object)"
\tat Server.serve(Server.java:12)"""

GO = """panic: runtime error: index out of range [5] with length 3

goroutine 1 [running]:
main.main()
\t/home/me/server.go:5 +0x1d
exit status 2"""

RUST = """thread 'main' panicked at src/main.rs:4:5:
index out of bounds: the len is 3 but the index is 5
note: run with `RUST_BACKTRACE=1` environment variable to display a backtrace"""

CPP = """terminate called after throwing an instance of 'std::out_of_range'
  what():  vector::_M_range_check"""

ADDRESS = """=================================================================
==4711==ERROR: AddressSanitizer: heap-buffer-overflow on address 0x602000000014
READ of size 1 at 0x602000000014 thread T0"""

CSHARP = """Unhandled exception. System.IO.IOException: Broken pipe
   at System.Net.Sockets.NetworkStream.Write()"""

TRACEBACK = "Traceback (most recent call last):\n  x\n"

PERL = """Can't locate JSON.pm in @INC (you may need to install it) at server.pl line 3.
BEGIN failed--compilation aborted at server.pl line 3."""

TOLD = {
    "python": (PYTHON, "ValueError: invalid literal"),
    "node": (NODE, "Error: read ECONNRESET"),
    "java": (JAVA, "java.net.SocketException: Connection reset"),
    "java, printed": (JAVA_PRINTED, "java.lang.NullPointerException: Cannot invoke"),
    "go": (GO, "panic: runtime error: index out of range"),
    "rust": (RUST, "panicked at src/main.rs:4:5: index out of bounds"),
    "c++": (CPP, "vector::_M_range_check"),
    "sanitizer": (ADDRESS, "AddressSanitizer: heap-buffer-overflow"),
    "glibc": ("free(): double free detected in tcache 2", "double free"),
    "assert": ("server: server.c:9: main: Assertion `n > 0' failed.", "Assertion `n > 0'"),
    "c#": (CSHARP, "System.IO.IOException: Broken pipe"),
    "perl": (PERL, "Can't locate JSON.pm"),
    "ruby": ("server.rb:3:in `gets': nothing here (NoMethodError)", "nothing here (NoMethodError)"),
    "php": ("PHP Fatal error:  Uncaught TypeError: no in /a.php:3", "Uncaught TypeError"),
}


@pytest.mark.parametrize("language", TOLD)
def test_an_uncaught_exception_is_known_by_its_most_telling_line(language: str) -> None:
    printed, telling = TOLD[language]
    fault = fault_in(["ready", *printed.splitlines()])
    assert fault is not None
    assert fault.is_uncaught
    assert telling in fault.text


@pytest.mark.parametrize(
    "said",
    [
        "Error: what I heard was an error",
        "Alice says: panic: do not",
        "listening on port 5 line 3",
        "Traceback\nno",
        "it is at home, line by line",
        "[14:03:05] Alice: free beer, invalid size",
    ],
)
def test_what_people_say_is_no_fault(said: str) -> None:
    assert fault_in(said.split("\n")) is None


@pytest.mark.parametrize(
    ("printed", "advice"),
    [
        ("Traceback (most recent call last):\n  x\nEOFError: EOF when reading a line", "keyboard"),
        ("java.util.NoSuchElementException: No line found\n\tat java.base/a", "keyboard"),
        ("bind: Address already in use", "port is taken"),
        ("Error: listen EADDRINUSE: address already in use\n    at x", "port is taken"),
        (PERL, "module is missing"),
        ("python: No module named server", "module is missing"),
        ("Error: Could not find or load main class Server", "module is missing"),
        ("python: can't open file 'x.py': [Errno 2] No such file or directory", "file is missing"),
        ("sh: 1: nodee: not found", "no such program"),
        ("bash: line 1: nodee: command not found", "no such program"),
        ("bind: Permission denied", "below 1024"),
        ("fatal: [Errno 104] Connection reset by peer", "go on with the others"),
        (NODE, "go on with the others"),
        (CSHARP, "go on with the others"),
        ("server.py: error: unrecognized arguments: --log-dir logs", "declare that option"),
        ("java: unrecognized option '-x'", "declare that option"),
        ("accept: Invalid argument", "then listen()"),
        (f"{TRACEBACK}OSError: [Errno 22] Invalid argument", "then listen()"),
        (f"{TRACEBACK}OSError: [Errno 9] Bad file descriptor", "had been closed"),
        ("java.net.SocketException: Socket is closed\n\tat java.base/a", "had been closed"),
        (f"{TRACEBACK}TypeError: 'str' object cannot be interpreted as an integer", "not a number"),
        (f"{TRACEBACK}TypeError: can't concat str to bytes", "are two types"),
        (f"{TRACEBACK}TypeError: a bytes-like object is required, not 'str'", "are two types"),
        (f"{TRACEBACK}TypeError: write() argument must be str, not bytes", "are two types"),
        (f"{TRACEBACK}AttributeError: 'str' object has no attribute 'decode'", "are two types"),
    ],
)
def test_the_usual_messages_are_explained(printed: str, advice: str) -> None:
    fault = fault_in(printed.splitlines())
    assert fault is not None
    assert advice in fault.advice


# --- what is shown of the console --------------------------------------------------------------


def test_of_much_the_beginning_the_end_and_the_fault_are_shown() -> None:
    lines = [f"line {n}" for n in range(1000)]
    lines[500:500] = ["panic: no", "", "goroutine 1 [running]:"]
    shown = excerpt(lines, fault=500)
    assert len(shown) <= MOST_LINES + 2
    assert shown[:5] == [
        "| line 0",
        "| line 1",
        "| line 2",
        "  … 496 lines left out …",
        "| line 499",
    ]
    assert shown[5] == "> panic: no"
    assert shown[-1] == "| line 999"


def test_equal_lines_are_counted() -> None:
    assert excerpt(["again"] * 5000 + ["the end"]) == ["| again   (5,000 times)", "| the end"]
    assert excerpt(["a", "a", "b", "a"], fault=1) == ["> a   (2 times)", "| b", "| a"]


def test_a_long_line_is_cut_and_control_characters_are_cleaned() -> None:
    (line,) = excerpt(["x" * 4000])
    assert line == f"| {'x' * MOST_CHARACTERS} … (4,000 characters)"
    assert excerpt(["\x1b[2Jred\x07"]) == ["| �[2Jred�"]


def test_what_is_short_is_shown_whole() -> None:
    lines = [f"line {n}" for n in range(MOST_LINES)]
    assert excerpt(lines) == [f"| {line}" for line in lines]
