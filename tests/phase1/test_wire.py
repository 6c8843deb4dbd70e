"""Phase 1 on the wire: one client at a time. These checks grade ours, or yours:

python -m pytest tests/phase1 --server "python my_server.py --port {port}"
"""

import pytest

from tests.grading.server_checks import ServerChecks, SilenceChecks
from tests.grading.stream_checks import CODE, StreamChecks
from tests.grading.subject import Graded
from tests.grading.teaching import teaches
from tests.grading.text_checks import TextChecks

TURNS = 8  # chance has a hand in what a server does first
OURS = "phase1.server --port {port}"
pytestmark = pytest.mark.usefixtures("silent_people")
NOT_QUITE = (
    *("hello server!", "  Hello Server!  ", "Hello Server! ", " Hello Server!"),
    *("Hello Server!!", "Hello Server", "Say: Hello Server!"),
)


@teaches(
    "phase1/README.md, Run it",
    "'Hello Server!', exactly so, is answered 'Hello Client!', and every other line as it came. (A"
    " greeting before that would be one line too many: nothing is said unasked.)",
    "What does your server receive, and what does it send? Print both,"
    " with repr() in Python, or JSON.stringify() in Node.",
    "Compare all of the line, but for its newline; and send a newline behind each answer.",
    "In Python: 'Hello Client!' if line == 'Hello Server!' else line; strip() would take off blanks"
    " as well. In Java: equals(), not ==. In C: strcmp() gives 0 where two are equal.",
    silence="Nothing was sent back; or the answer waits in a buffer that nobody flushed; or your"
    " server is still with the visitor before, who has left: a read gives 0 bytes then (b'' in"
    " Python, -1 in Java), at once and again and again.",
    end="The conversation ended too early: answer in a loop until the client ends its stream, or"
    " look for an exception that your program swallows.",
    reset="The connection was closed before what Alice had sent was read.",
    unfinished="An answer is a line, and ends with a newline like every other.",
    unaccepted="Is your server still with the visitor before, who has left? (The checks connect"
    " once to see whether it listens.) A read gives 0 bytes then (b'' in Python, -1 in Java), at"
    " once and again and again. Or is accept() not called in a loop?",
)
def test_hello_is_answered_and_every_other_line_is_sent_back(graded: Graded) -> None:
    alice = graded.connect("Alice")
    alice.send("Hello Server!")
    alice.gets("Hello Client!")
    alice.send("Hello Server!")  # as often as it is said
    alice.gets("Hello Client!")
    for line in NOT_QUITE:
        alice.send(line)
        alice.gets(line)


@teaches(
    "phase1/README.md, What is on the wire",
    "A client that connected while another was served is not answered when its turn has come.",
    "What happens to a client that connects while your server talks to another?",
    "The system makes the connection, and queues it until you call accept(). Leave it there.",
    "Make one listener, before the loop, and close it only at the very end. Call accept() when the"
    " client before has left.",
    unaccepted="After the first client accept() is not called again.",
    refused="The listener was closed while a client was served: a client that comes meanwhile is"
    " refused. One listener serves for all clients, one after the other.",
    end="A client that came while another was served was turned away. It can wait for its turn, in"
    " the listener's queue.",
    reset="A client that came while another was served was turned away, or its connection was lost"
    " with the listener: one listener serves for all clients.",
)
def test_a_client_that_comes_meanwhile_is_answered_in_its_turn(graded: Graded) -> None:
    """At once, or when the one before it has left: both are right."""
    for _ in range(TURNS):
        alice = graded.connect("Alice")
        alice.send("I am first")
        alice.gets("I am first")
        bob = graded.connect("Bob")
        bob.send("I wait")
        for _ in range(TURNS):  # time for a server to do something about Bob
            alice.send("I am still here")
            alice.gets("I am still here")
        alice.leave()
        bob.gets("I wait")
        bob.leave()


@teaches(
    CODE,
    "A word was taken for a command. There are none yet: every line but the greeting comes back.",
    "Which lines does your server not send back? Which words end its conversation?",
    "A client that wants to leave ends its stream. It need not say so.",
    "Take out what looks for exit, quit or bye. In Python, the end is `if not data: break`.",
    end="A word ended the conversation. Only the end of the stream does: `exit` is a line here.",
    reset="A word ended the conversation. Only the end of the stream does: `exit` is a line here.",
    dead="A word ended the server, and all others with it. Anybody may say `exit` or `shutdown`.",
)
def test_no_word_is_a_command(graded: Graded) -> None:
    alice = graded.connect("Alice")
    for line in ("exit", "quit", "bye", "/exit", "/quit", "q", "stop", "shutdown"):
        alice.send(line)
        alice.gets(line)


class TestStream(StreamChecks):
    """The promises of the stream that hold from this phase on."""


class TestText(TextChecks):
    """The promises of the text in a line that hold from this phase on."""


@teaches(
    CODE,
    "From telnet, 'Hello Server!' is not known again: its \\r is still there when it is compared.",
    "What exactly do you compare with 'Hello Server!'? Print it with its control characters.",
    "First take the end off the line, all of it. Then look at what the line says.",
    "In Python: line.removesuffix(b'\\r').decode() == 'Hello Server!'.",
    silence="The line has an end that your server does not know: \\r\\n.",
)
def test_hello_from_telnet_is_answered_as_well(graded: Graded) -> None:
    alice = graded.connect("Alice")
    alice.send_bytes(b"Hello Server!\r\n")
    alice.gets("Hello Client!")


@teaches(
    CODE,
    "The first client was served, and the next one is not served as the first was.",
    "What does your program do when a client has left? What is still in its variables?",
    "The listener is still there: go back to accept(), which gives the next client.",
    "In Python: while True: connection, address = listener.accept() ... with an empty buffer for"
    " each connection.",
    silence="After the first client accept() is not called again, or the server does not notice"
    " that the first has left: a read gives 0 bytes then.",
    unaccepted="After the first client accept() is not called again.",
)
def test_the_next_client_is_answered_when_the_first_has_left(graded: Graded) -> None:
    for name in ("Alice", "Bob", "Carol"):
        somebody = graded.connect(name)
        somebody.send("Hello Server!")
        somebody.gets("Hello Client!")
        somebody.leave()


@teaches(
    CODE,
    "Something is missing from what a client gets that reads late: send() and write() may take a"
    " part of what they are given, and tell how much.",
    "Which call sends your answers? What does it return?",
    "It returns how many bytes it took. Who sends the others?",
    "In Python, sendall() sends everything. In C, call write() in a loop until all is sent. Node's"
    " write() keeps what it cannot send yet.",
    mismatch="A part was left out (send() may send a part of what it is given, and tells how much),"
    " or what one recv() gives is taken for a line: do the checks before this one pass?",
    end="The conversation ended while the client did not read: is a write that cannot send all at"
    " once taken for an error (EAGAIN, a timeout)? Wait until there is room again.",
    reset="The conversation ended while the client did not read: is a write that cannot send all at"
    " once taken for an error (EAGAIN, a timeout)? Wait until there is room again.",
)
def test_a_client_that_reads_late_gets_everything(graded: Graded) -> None:
    """The server's buffers are full meanwhile; it has to wait, and to leave out nothing."""
    alice = graded.connect("Alice", receive_buffer_bytes=4096)
    count = alice.send_until_full(b"x" * 3999 + b"\n")
    for _ in range(count):
        alice.gets("x" * 3999)
    alice.send_bytes(alice.rest_of_line)
    alice.send("fence")
    if alice.rest_of_line:
        alice.gets("x" * 3999)
    alice.gets("fence")


class TestServer(ServerChecks):
    """The promises of the server as a whole that hold from this phase on."""


class TestSilence(SilenceChecks):
    """Nobody has to say anything."""
