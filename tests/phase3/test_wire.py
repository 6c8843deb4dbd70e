"""Phase 3 on the wire: what one says, all others hear. These checks grade ours, or yours:

python -m pytest tests/phase3 --server "python my_server.py --port {port}"

A line that begins with `* ` is the server's own; its words are free. Whoever has connected gets one
of those, and knows by it that the others hear them from now on.
"""

import pytest

from tests.grading.people import Somebody
from tests.grading.server_checks import ServerChecks, SilenceChecks
from tests.grading.stream_checks import Arrivals, StreamChecks, Talk, in_substance
from tests.grading.subject import Graded
from tests.grading.teaching import teaches

OURS = "phase3.server --port {port}"
pytestmark = pytest.mark.usefixtures("silent_people")
CODE = "phase3/README.md, Read the code"
RUN = "phase3/README.md, Run it"


def is_ignored(line: str) -> bool:
    """The server's own lines, where a check is about what people say."""
    return line.startswith("* ")


def arrive(graded: Graded, name: str) -> Somebody:
    """Somebody whom the server has welcomed."""
    somebody = graded.connect(name)
    somebody.waits_for(r"\* .*", "a word of welcome, a line that begins with '* '")
    return somebody


@teaches(
    RUN,
    "Whoever connects gets a line from the server, one that begins with '* '.",
    "What does your server send before anybody has said anything?",
    "Put the newcomer into the list of clients first, then send the line.",
    "newcomer.sendall(b'* Welcome. /exit leaves.\\n')",
    silence="Nothing was sent, or a lock is taken twice by one thread: threading.Lock() waits for"
    " itself then, for ever.",
    end="The conversation ended: an exception in it, most likely; look at the console.",
)
def test_a_newcomer_is_welcomed(graded: Graded) -> None:
    arrive(graded, "Alice")


@teaches(
    "phase2/README.md, The flaw that remains",
    "The line was not sent to the others.",
    "Who has to know of a line that Alice has sent?",
    "Keep a list of all connections, and send each line to each of them but the sender.",
    "for client in copy_of_clients: if client is not sender: client.sendall(line)",
    mismatch="Bob got another line than was said. No name and no address stands before it in this"
    " phase.",
)
def test_everybody_hears_what_one_says(graded: Graded) -> None:
    alice, bob, carol = (arrive(graded, name) for name in ("Alice", "Bob", "Carol"))
    alice.send("hello")
    bob.gets("hello")
    carol.gets("hello")


@teaches(
    CODE,
    "The sender got the line as well.",
    "Whom does your broadcast leave out?",
    "Compare the connection, not the address or the text.",
    "if client is not sender",
)
def test_nobody_hears_themselves(graded: Graded) -> None:
    alice, bob = arrive(graded, "Alice"), arrive(graded, "Bob")
    alice.send("hello")
    bob.gets("hello")
    bob.send("fence")
    alice.gets("fence")  # and not her own line before it


@teaches(
    RUN,
    "The others are not told that somebody has come.",
    "When does your server know that somebody is there?",
    "Broadcast a line that begins with '* ' when a client joins.",
    "broadcast(f'* {address} joined', all_but=newcomer)",
)
@pytest.mark.fresh_server
def test_a_join_is_announced(graded: Graded) -> None:
    alice = arrive(graded, "Alice")
    newcomers = [arrive(graded, name) for name in ("Bob", "Carol", "Dave")]
    for each in newcomers:  # more lines than there could be of whoever has left before
        alice.waits_for(r"\* .*", f"a line that begins with '* ' and says that {each.name} joined")


@teaches(
    RUN,
    "The others are not told that somebody has gone, or only when it was said politely.",
    "In how many ways can a client leave?",
    "recv() gives b'', or raises, or the line was /exit. All three must come to the same place.",
    "try: converse(...) / except OSError: pass / finally: remove(client); announce(client)",
)
@pytest.mark.fresh_server  # where nobody of an earlier check can still be on the way out
@pytest.mark.parametrize("how", ["leave", "half_close", "reset", "exit"])
def test_who_goes_is_announced_however_they_go(graded: Graded, how: str) -> None:
    bob, alice = arrive(graded, "Bob"), arrive(graded, "Alice")
    alice.send("fence")
    bob.gets("fence")  # whatever was announced before is read
    if how == "exit":
        alice.send("/exit")
    else:
        getattr(alice, how)()
    bob.waits_for(r"\* .*", "a line that begins with '* ' and says that somebody left")


@teaches(
    RUN,
    "/exit is a command: it ends the conversation, and what comes behind it is not heard.",
    "What does your server do with a line before it is broadcast?",
    "Look for '/exit' first.",
    "if line.strip() == '/exit': end this conversation",
    mismatch="Nothing follows /exit but the end; a farewell would begin with '* '. And the others"
    " do not hear it.",
)
def test_exit_leaves(graded: Graded) -> None:
    bob, alice, carol = (arrive(graded, name) for name in ("Bob", "Alice", "Carol"))
    alice.send("/exit", "too late")
    alice.gets_end()
    carol.send("fence")
    bob.gets("fence")  # and not "too late"


@teaches(
    CODE,
    "Lines of one person arrive in another order than they were said in, or are missing.",
    "How many threads send what Alice says?",
    "A thread for each line may overtake the one before it.",
    "Send each line from the thread that received it, before it receives the next.",
)
def test_each_persons_lines_arrive_in_order(graded: Graded) -> None:
    bob = arrive(graded, "Bob")
    speakers = [arrive(graded, name) for name in ("Alice", "Carol")]
    for number in range(100):
        for speaker in speakers:
            speaker.send(f"{speaker.name} {number}")
    next_of = {"Alice": 0, "Carol": 0}
    while min(next_of.values()) < 100:
        found = bob.waits_for(r"(Alice|Carol) (\d+)", "what was said")
        name, count = str(found[1]), int(found[2])
        due = next_of[name]
        bob.must(count == due, f"{name}'s line {due} comes before this")
        next_of[name] = due + 1


@teaches(
    CODE,
    "The list of clients was changed while another thread walked through it: a RuntimeError, or"
    " somebody is left out.",
    "Which threads change the list, and which walk through it?",
    "Hold a lock while you change it, and while you copy it; then walk through the copy.",
    "with lock: everybody = list(clients)",
    silence="Somebody was left out, or a thread ended with an exception: look at the console.",
)
@pytest.mark.fresh_server
def test_people_may_come_and_go_while_others_speak(graded: Graded) -> None:
    bob, alice = arrive(graded, "Bob"), arrive(graded, "Alice")
    for number in range(30):
        visitors = [arrive(graded, f"visitor {number}-{each}") for each in range(6)]
        for visitor in visitors:  # they leave while Alice speaks, and their threads run with hers
            visitor.close()
            alice.send(f"line {number}")
        for _ in visitors:
            bob.gets(f"line {number}")
    graded.prints_nothing_with("Traceback")


@teaches(
    CODE,
    "A line goes to the others as it came. Whoever sends an escape sequence clears their screens.",
    "Which characters should never reach somebody else's terminal?",
    "str.isprintable() knows them.",
    "''.join(c if c.isprintable() else '\\ufffd' for c in line)",
)
def test_no_escape_sequence_is_delivered(graded: Graded) -> None:
    bob, alice = arrive(graded, "Bob"), arrive(graded, "Alice")
    alice.send("before\x1b[2J\x07after")
    bob.gets_like(r"before[^\x00-\x1f\x7f-\x9f]*after", "the line without its control characters")


@teaches(
    CODE,
    "Somebody who has gone is still in the list, and to send to them raises an exception in"
    " whoever speaks next.",
    "What does sendall() do when the other side has vanished?",
    "It raises OSError, in the thread of whoever speaks. Is that their fault?",
    "In broadcast: try: client.sendall(...) / except OSError: that client's own thread will see it",
)
@pytest.mark.fresh_server
def test_who_vanishes_takes_nobody_along(graded: Graded) -> None:
    alice, bob = arrive(graded, "Alice"), arrive(graded, "Bob")
    for number in range(20):
        visitors = [arrive(graded, f"visitor {number}-{each}") for each in range(6)]
        for visitor in visitors:  # what Alice says finds some of them gone, and still in the list
            visitor.reset()
            alice.send(f"line {number}")
        for _ in visitors:
            bob.gets(f"line {number}")


class TalkToOthers(Talk):
    """What one says, others hear, and a line has no control characters by then."""

    def hears_in_substance(self, text: str) -> None:
        """What is in the place of each control character is free."""
        self.hearer.gets_like(
            in_substance(text), "the line, whatever stands for its control characters"
        )


class Phase3(Arrivals):
    """How people come in this phase: three at a time, and what Alice says, Bob hears."""

    def arrive(self, graded: Graded, which: str = "") -> Talk:
        """Alice speaks, Bob hears her, and Carol can speak when Alice has gone."""
        bob, carol, alice = (arrive(graded, name + which) for name in ("Bob", "Carol", "Alice"))
        return TalkToOthers(alice, bob, carol)


class TestStream(Phase3, StreamChecks):
    """The promises of the stream, which hold since phase 1."""

    def expect_departure(self, talk: Talk) -> None:
        """The unfinished line is not heard; what Alice said before it, and no more."""
        talk.speaker.gets_end_after_anything()
        assert talk.witness
        talk.witness.send("fence")
        talk.hearer.gets("fence")  # and no "unfinis" before it


class TestServer(Phase3, ServerChecks):
    """The promises of the server as a whole, which hold since phase 1."""


class TestSilence(Phase3, SilenceChecks):
    """Nobody has to say anything."""
