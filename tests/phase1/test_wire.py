"""Phase 1 on the wire: one client at a time. These checks grade ours, or yours:

python -m pytest tests/phase1 --server "python my_server.py --port {port}"
"""

import subprocess
from pathlib import Path

import pytest

from tests.grading.journal import Journal
from tests.grading.people import DEAD, Verdict
from tests.grading.stream_checks import CODE, EXPERIMENTS, WIRE, StreamChecks
from tests.grading.subject import Graded, Subject
from tests.grading.teaching import teaches

OURS = "phase1.server --port {port}"


@teaches(
    "phase1/README.md, Run it",
    "The one line that has an answer of its own is 'Hello Server!', exactly so.",
    "What does your server do with a line that it has received?",
    "Compare the line without its newline.",
    "'Hello Client!' if line == 'Hello Server!' else line",
    silence="Nothing was sent back. Or your server is still with the visitor before, who has left:"
    " recv() gives b'' then, at once and again and again.",
    end="The conversation ended too early: answer in a loop until recv() gives b'', or look for an"
    " exception that your program swallows.",
    reset="The connection was closed before what Alice had sent was read.",
    unfinished="An answer is a line, and ends with a newline like every other.",
)
def test_hello_is_answered_and_every_other_line_is_sent_back(graded: Graded) -> None:
    alice = graded.connect("Alice")
    alice.send("Hello Server!")
    alice.gets("Hello Client!")
    for line in ("hello server!", "  Hello Server!  "):  # blanks belong to the line
        alice.send(line)
        alice.gets(line)


class TestStream(StreamChecks):
    """The promises that hold from this phase on."""


@teaches(
    CODE,
    "After the first client accept() is not called again.",
    "What does your program do when a client has left?",
    "The listener is still there. accept() gives the next client.",
    "while True: connection, address = listener.accept() ...",
)
def test_the_next_client_is_answered_when_the_first_has_left(graded: Graded) -> None:
    for name in ("Alice", "Bob", "Carol"):
        somebody = graded.connect(name)
        somebody.send("Hello Server!")
        somebody.gets("Hello Client!")
        somebody.leave()


@teaches(
    WIRE,
    "The conversation was ended before all that had come was answered.",
    "The client has ended its direction only. May you still send?",
    "b'' means that no more will come. What came before it is all there, and wants its answers.",
    "Answer the lines of each recv() before the next recv().",
    reset="The connection was closed with bytes in it that nobody had read (RFC 2525, 2.17).",
    mismatch="Lines are missing or out of order. send() may send a part; sendall() sends it all.",
)
def test_all_answers_come_before_the_end(graded: Graded) -> None:
    alice = graded.connect("Alice")
    alice.send_bytes(b"".join(b"line %d\n" % number for number in range(1000)))
    alice.half_close()
    for number in range(1000):
        alice.gets(f"line {number}")
    alice.gets_end()


@teaches(
    CODE,
    "send() may send a part of what it is given, and tells how much. Here it took a part.",
    "Which call sends your answers?",
    "send() returns a number. What is it?",
    "connection.sendall(data) sends everything; send() does so only on a socket that waits.",
    mismatch="A part was left out (send() may send a part of what it is given, and tells how much),"
    " or what one recv() gives is taken for a line: do the checks before this one pass?",
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


@teaches(
    CODE,
    "A client that vanishes raises an exception (ConnectionResetError) in recv() or sendall(),"
    " and nobody catches it.",
    "What happens in your program when recv() raises?",
    "That client is gone. Why should the others care?",
    "try: converse(connection) / except OSError: say so, and take the next one.",
    dead="A client vanished, and the server ended with it: recv() or sendall() raised"
    " ConnectionResetError or BrokenPipeError, and nobody caught it.",
)
def test_a_client_that_vanishes_takes_nobody_along(graded: Graded) -> None:
    alice = graded.connect("Alice")
    alice.send("something", "that nobody reads")
    alice.reset()
    bob = graded.connect("Bob")
    bob.send("Hello Server!")
    bob.gets("Hello Client!")


@teaches(
    EXPERIMENTS,
    "A rest of the last run (TIME_WAIT) keeps the port for a minute, unless you ask otherwise.",
    "What does the server print when it starts again?",
    "There is an option for the listener, to be set before bind().",
    "listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)",
    dead="A rest of the last run (TIME_WAIT) keeps the port for a minute, unless you ask"
    " otherwise.",
)
@pytest.mark.fresh_server
def test_it_starts_again_at_once(
    graded: Graded, subject: Subject, journal: Journal, tmp_path: Path
) -> None:
    """On the same port, although a connection of the last run has only just ended."""
    alice = graded.connect("Alice")
    alice.send("Hello Server!")
    alice.gets("Hello Client!")
    journal.add("the server is ended (SIGTERM), and ends Alice's connection first")
    graded.running.terminate()
    alice.gets_end_after_anything()
    journal.add("the server is started again, on the same port")
    graded.running = subject.start(tmp_path, graded.running.port)
    try:
        bob = graded.connect("Bob")
        bob.send("Hello Server!")
        bob.gets("Hello Client!")
    finally:
        graded.running.end()


@teaches(
    EXPERIMENTS,
    "Two servers have one port, and the system deals out the clients between them: SO_REUSEPORT"
    " allows that, SO_REUSEADDR does not.",
    "Which options do you set on the listener?",
    "They have similar names, and do very different things.",
    "Without SO_REUSEPORT, bind() raises OSError (Address already in use) for the second.",
)
def test_a_second_server_on_the_same_port_does_not_start(
    graded: Graded, subject: Subject, journal: Journal, tmp_path: Path
) -> None:
    journal.add(f"a second server is started on port {graded.running.port}, too")
    second = subject.launch(tmp_path, graded.running.port)
    try:
        second.process.wait(subject.patience)
    except subprocess.TimeoutExpired:
        raise Verdict("silence", f"It should end, but it runs for {subject.patience:g} s") from None
    finally:
        second.end()
    if second.process.returncode == 0:
        raise Verdict(DEAD, "It ended with status 0, which means that all went well")
