"""Phase 2 on the wire: many clients at once. These checks grade ours, or yours:

python -m pytest tests/phase2 --server "python my_server.py --port {port}"
"""

import pytest

from tests.grading.server_checks import ServerChecks, SilenceChecks
from tests.grading.stream_checks import StreamChecks
from tests.grading.subject import Graded
from tests.grading.teaching import teaches
from tests.grading.text_checks import TextChecks
from tests.phase1 import test_wire as phase1

OURS = "phase2.server --port {port}"
pytestmark = pytest.mark.usefixtures("silent_people")
CODE = "phase2/README.md, Read the code"
ESCAPES = ("\x1b[2J", "\x1b]0;title\x07", "\x08\x0b\x0c\x7f", "\x9b2J", "100%s%n ")
"""The last is none; but a console is often written to by printf()."""


ONE_AT_A_TIME = (
    "The server talks to the first client, and does not hear the others until that one leaves."
)
CLOSED_TOO_EARLY = (
    "The conversation ended: an exception in it that nobody caught, or the connection was closed"
    " while its thread still used it. Close it in the thread."
)


@teaches(
    "phase2/README.md, What breaks",
    ONE_AT_A_TIME,
    "How many clients can your program wait for at the same time?",
    "A read waits. Who accepts the next client meanwhile?",
    "In Python: threading.Thread(target=serve, args=(connection,)).start(), and back to accept()."
    " No join() behind it, and no parentheses behind serve. Without threads: wait for all of them"
    " at once, with select() or poll().",
    reset=CLOSED_TOO_EARLY,
    end=CLOSED_TOO_EARLY,
    mismatch="Something came that nobody had asked for: a greeting, say.",
    unaccepted=ONE_AT_A_TIME,
    silence="There was no answer. Does the server still talk to the first client, who says nothing?"
    " Or is a lock taken twice by one thread, which then waits for itself? (threading.Lock() lets"
    " nobody in twice.)",
    unread="What was sent has arrived, and nobody reads it. Was the thread started, with start()?"
    " Or is a lock taken twice by one thread, which then waits for itself?",
)
def test_two_clients_are_served_at_once(graded: Graded) -> None:
    alice, bob = graded.connect("Alice"), graded.connect("Bob")
    for somebody in (bob, alice):  # the last one need not wait for the first
        somebody.send(f"I am {somebody.name}")
        somebody.gets(f"I am {somebody.name}")


@teaches(
    "phase2/README.md, What breaks",
    "Two clients are served at once, and fifty are not.",
    "What have you got for two clients that you have not for fifty?",
    "A pool of so many threads, or an array of so many places: what becomes of one client more?",
    "In Python: a thread for each, and no ThreadPoolExecutor with fewer workers than clients. In C:"
    " let the array of descriptors grow.",
    reset="With fifty clients some are sent away: how many have a place in your program?",
    end="With fifty clients some are sent away: how many have a place in your program?",
    mismatch="With fifty clients somebody got what was not for them: what do the threads share?",
)
def test_fifty_clients_are_served_at_once(graded: Graded) -> None:
    people = [graded.connect(f"client {number}") for number in range(1, 51)]
    for number, somebody in reversed(list(enumerate(people, 1))):
        somebody.send(f"I am {number}")  # and those who came before have said nothing yet
        somebody.gets(f"I am {number}")


@teaches(
    CODE,
    "Something of one client's is used for another: a buffer that all threads share, most often.",
    "Where does the beginning of an unfinished line wait? In one place, or one for each client?",
    "What a function keeps in its own variables belongs to one thread.",
    "Let each connection have its own `unfinished`, inside the function that serves it. In C, no"
    " `static` buffer, and no strtok(), which has one.",
    silence="The line of one client was kept, or answered to somebody else: is there one buffer for"
    " all, most likely?",
)
def test_unfinished_lines_of_two_clients_are_not_mixed(graded: Graded) -> None:
    alice, bob = graded.connect("Alice"), graded.connect("Bob")
    # The beginning is in one segment with a line; when that is answered, it was received.
    alice.send_bytes(b"fence\nfrom ali")
    alice.gets("fence")
    bob.send("from bob")
    bob.gets("from bob")
    alice.send_bytes(b"ce\n")
    alice.gets("from alice")


@teaches(
    "phase2/README.md, Questions",
    "The client that reads nothing holds up another: they share a thread, or a lock that is held"
    " while sendall() waits.",
    "What does sendall() do when the buffers are full?",
    "It waits. Who else waits meanwhile?",
    "Hold no lock while you call sendall() or recv(). In one thread, use sockets that do not wait,"
    " and keep what cannot be sent yet.",
    mismatch="Something came that was not asked for, while another client did not read.",
    end="The conversation ended because another client does not read: nobody else should notice.",
    reset="The conversation ended because another client does not read: nobody else should notice.",
)
@pytest.mark.fresh_server
def test_a_client_that_does_not_read_holds_up_nobody(graded: Graded) -> None:
    lazy, alice = graded.connect("Lazy"), graded.connect("Alice")
    lazy.send_until_full(b"x" * 3999 + b"\n")
    alice.send("hello")
    alice.gets("hello")
    carol = graded.connect("Carol")
    carol.send("hello")
    carol.gets("hello")


@teaches(
    CODE,
    "Some clients vanished, and others are not served as before.",
    "What does a read do when the client has vanished? And a write?",
    "It fails. What ends with it in your program: this client's service, or more?",
    "In Python: try: serve(connection) / except OSError: that client is gone / finally: close it."
    " In Node: socket.on('error', ...). In C: ignore SIGPIPE.",
    dead="What goes wrong with one client ends the whole server: an exception that nobody caught,"
    " or a signal.",
    silence="Some clients vanished, and since then others are not served: is a lock still held by"
    " whoever served them, or does the accept loop wait for something?",
)
def test_clients_that_vanish_take_nobody_along(graded: Graded) -> None:
    bob = graded.connect("Bob")
    for number in range(5):
        alice = graded.connect(f"Alice {number}")
        alice.send("something", "that nobody reads")
        alice.reset()
    bob.send("still here")
    bob.gets("still here")
    carol = graded.connect("Carol")
    carol.send("and welcome")
    carol.gets("and welcome")


@teaches(
    CODE,
    "After many visits something is used up: a thread, or a connection that was never closed.",
    "What is left of a client that has gone?",
    "Close the connection when its conversation ends, whatever ends it.",
    "In Python, `with connection:` closes it; in Java, try (socket) { ... }; in Go, defer.",
    mismatch="Clients have gone, and the server has not closed its side of their connections. Each"
    " keeps a descriptor, the number by which the system knows it, and there are so many only.",
    refused="After many visits nobody can connect any more: the descriptors are used up, as"
    " connections were never closed.",
)
def test_three_hundred_visits_leave_it_as_it_was(graded: Graded) -> None:
    """Where the system tells (Linux), the descriptors are counted as well."""
    before = graded.descriptors()
    for number in range(300):
        with graded.connect(f"visitor {number}") as somebody:
            somebody.send("hello")
            somebody.gets("hello")
    graded.gives_descriptors_back(before, 100)


@teaches(
    "phase2/README.md, Run it",
    "The server prints each line that was said, and by whom, so that one can look on.",
    "Which of your lines prints what was said? Can you tell from it who has said it?",
    "Does it leave your program at once? The checks read from a pipe, where it waits in a buffer.",
    "In Python: print(f'{address}: {line}', flush=True). In C: fflush(stdout), or setvbuf() once.",
    mismatch="What came back is not what was said: do the checks of phase 1 pass?",
    end="The conversation ended: an exception where the line is printed, most likely.",
)
def test_it_prints_what_was_said(graded: Graded) -> None:
    """And by whom, in whatever form: two who say the same are two lines that differ."""
    for name in ("Alice", "Bob"):
        somebody = graded.connect(name)
        somebody.send(f"good morning from {name}", "hello, all of you")
        somebody.gets(f"good morning from {name}")
        graded.prints(f"good morning from {name}")
    graded.prints_by_whom("hello, all of you", 2)


@teaches(
    "phase2/README.md, Read the code",
    "The line was printed as it came. Whoever sends an escape sequence can clear the screen of"
    " whoever looks on, or write there what nobody said.",
    "Try: printf '\\033[2Jboo\\n' | nc 127.0.0.1 PORT. What does your terminal do?",
    "Which characters are not to be shown? Put something harmless in their place.",
    "In Python: ''.join(c if c.isprintable() else '\\ufffd' for c in line). In others: what is"
    " below 32, and from 127 to 159.",
    silence="The line is not on the console. Only its control characters should not be there.",
)
def test_no_escape_sequence_reaches_the_console(graded: Graded) -> None:
    alice = graded.connect("Alice")
    for number, sent in enumerate(ESCAPES):
        alice.send(f"before{sent}behind {number}")
        graded.prints(f"behind {number}")
        graded.prints_no_control_between("before", f"behind {number}")


# The answers are those of phase 1.
test_hello_is_answered_and_every_other_line_is_sent_back = (
    phase1.test_hello_is_answered_and_every_other_line_is_sent_back
)
test_no_word_is_a_command = phase1.test_no_word_is_a_command
test_hello_from_telnet_is_answered_as_well = phase1.test_hello_from_telnet_is_answered_as_well
test_a_client_that_reads_late_gets_everything = phase1.test_a_client_that_reads_late_gets_everything


class TestStream(StreamChecks):
    """The promises of the stream, which hold since phase 1."""


class TestText(TextChecks):
    """The promises of the text in a line, which hold since phase 1."""


class TestServer(ServerChecks):
    """The promises of the server as a whole, which hold since phase 1."""


class TestSilence(SilenceChecks):
    """Nobody has to say anything."""
