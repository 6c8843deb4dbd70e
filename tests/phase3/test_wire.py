"""Phase 3 on the wire: what one says, all others hear. These checks grade ours, or yours:

python -m pytest tests/phase3 --server "python my_server.py --port {port}"

A line that begins with `* ` is the server's own; its words are free. Whoever has connected gets one
of those, and knows by it that the others hear them from now on.
"""

import re
from collections import Counter

import pytest

from tests.grading.newcomers import hears_from, newcomers
from tests.grading.people import END, RESET, UNFINISHED, Somebody, Verdict
from tests.grading.server_checks import ServerChecks, SilenceChecks
from tests.grading.stream_checks import Arrivals, StreamChecks, Talk, in_substance
from tests.grading.subject import Graded
from tests.grading.teaching import teaches
from tests.grading.text_checks import TextChecks

OURS = "phase3.server --port {port}"
pytestmark = pytest.mark.usefixtures("silent_people")
CODE = "phase3/README.md, Read the code"
RUN = "phase3/README.md, Run it"
LATE_BYTES = 6_000_000  # more than the systems of both ends keep for a client with a small buffer


def is_ignored(line: str) -> bool:
    """The server's own lines, where a check is about what people say."""
    return line.startswith("* ")


def arrive(graded: Graded, name: str) -> Somebody:
    """Somebody whom the server has welcomed."""
    somebody = graded.connect(name)
    somebody.waits_for(r"\* .*", "a word of welcome, a line that begins with '* '")
    return somebody


def settle(one: Somebody, other: Somebody) -> None:
    """What the server has to tell these two of what was before, it has told them."""
    for speaker, hearer in ((one, other), (other, one)):
        speaker.send("fence")
        hearer.gets("fence")


ENDED = (
    "The conversation ended: an exception in it, most likely, that nobody caught. Look at the"
    " console."
)


@teaches(
    RUN,
    "A newcomer gets a line from the server, one that begins with '* '.",
    "What does your server send before anybody has said anything?",
    "Put the newcomer into the list of clients first, then send the line. What do you call while"
    " you hold a lock, and does that take the same lock?",
    "In Python: newcomer.sendall(b'* Welcome. /exit leaves.\\n'). In Java and C, flush what you"
    " have written.",
    silence="Nothing came: nothing was sent, or it waits in a buffer that nobody flushed, or a lock"
    " is taken twice by one thread (threading.Lock() waits for itself then, for ever).",
    mismatch="Something came that does not begin with '* '. The server's own lines do, so that"
    " people can tell them from what somebody said.",
    unfinished="The word of welcome is a line, and ends with a newline like every other.",
    end=ENDED,
)
def test_a_newcomer_is_welcomed(graded: Graded) -> None:
    """By a line of the server's, before they hear anybody else."""
    alice = graded.connect("Alice")
    first = alice.waits_for(".*", "a word of welcome, a line that begins with '* '")[0]
    alice.must(first.startswith("* "), f"get a line that begins with '* ', not with '{first[:2]}'")


@teaches(
    "phase2/README.md, The flaw that remains",
    "Something else than what was said reached the others.",
    "Who has to know of a line that Alice has sent?",
    "Keep a list of all connections, and send each line to each of them but the sender.",
    "In Python: for client in copy_of_clients: if client is not sender: client.sendall(line).",
    silence="The line was not sent to the others, or to some of them only. (All come from one"
    " address here: a client is known by its connection, not by its address.)",
    mismatch="Bob got another line than was said. No name and no address stands before it in this"
    " phase, and a line of the server's own begins with '* '.",
    unfinished="The line came without its newline.",
    end=ENDED,
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
    "In Python: if client is not sender. In C, compare the descriptors.",
    silence="A line reached nobody. Whom does your broadcast leave out? The sender's connection,"
    " and not a text or an address that others may have, too.",
    end=ENDED,
)
def test_nobody_hears_themselves(graded: Graded) -> None:
    """Also where two say the same."""
    alice, bob = arrive(graded, "Alice"), arrive(graded, "Bob")
    alice.send("hello")
    bob.gets("hello")
    bob.send("fence")
    alice.gets("fence")  # and not her own line before it
    bob.send("hello")
    alice.gets("hello")
    alice.send("fence")
    bob.gets("fence")


@teaches(
    RUN,
    "The others are not told that somebody has come.",
    "When does your server know that somebody is there?",
    "Broadcast a line that begins with '* ' when a client joins.",
    "In Python: broadcast(f'* {address} joined', all_but=newcomer).",
    end=ENDED,
)
@pytest.mark.fresh_server
def test_a_join_is_announced(graded: Graded) -> None:
    alice = arrive(graded, "Alice")
    newcomers = [arrive(graded, name) for name in ("Bob", "Carol", "Dave")]
    for each in newcomers:  # more lines than there could be of whoever has left before
        alice.waits_for(r"\* .*", f"a line that begins with '* ' and says that {each.name} joined")


WAYS = {
    "leave": "by closing the connection",
    "half_close": "by ending the stream",
    "reset": "by a reset",
    "exit": "with /exit",
}
"""How somebody may go, and that in words."""


def go(somebody: Somebody, how: str) -> None:
    """Leave in one of these ways."""
    if how == "exit":
        somebody.send("/exit")
    else:
        getattr(somebody, how)()


@teaches(
    RUN,
    "The others are not told that somebody has gone, or only when it was said politely.",
    "In how many ways can a client leave?",
    "A read gives the end, or fails, or the line was /exit. All three must come to the same place.",
    "In Python: try: converse(...) / except OSError: pass / finally: remove(client);"
    " announce(client). In Node: 'close' comes last, whatever came before it.",
    mismatch="/exit was said to the others, like any other line. Look for it before you broadcast.",
    end=ENDED,
)
@pytest.mark.fresh_server  # where nobody of an earlier check can still be on the way out
@pytest.mark.parametrize("how", WAYS, ids=WAYS.get)
def test_all_others_are_told_when_somebody_goes(graded: Graded, how: str) -> None:
    bob, alice = arrive(graded, "Bob"), arrive(graded, "Alice")
    alice.send("fence")
    bob.gets("fence")  # whatever was announced before is read
    go(alice, how)
    what = "a line that begins with '* ' and says that somebody left"
    found = bob.waits_for(r"\* .*|/exit", what)
    bob.must(found[0] != "/exit", "not get /exit, which is a command, and not said to the others")


@teaches(
    RUN,
    "/exit is a command: it ends the conversation, and what comes behind it is not heard.",
    "What does your server do with a line before it is broadcast?",
    "Look for '/exit' first. Blanks around it may be there, as everybody types some.",
    "In Python: if line.strip() == '/exit': end this conversation.",
    silence="The line was not taken for the command (blanks around it change nothing), or the"
    " server did not end the connection: close() in one thread does not while another holds the"
    " socket; shutdown() does.",
    mismatch="Nothing follows /exit but the end; a farewell would begin with '* '. And the others"
    " do not hear it.",
)
@pytest.mark.parametrize(
    "line", ["/exit", "  /exit "], ids=["alone on its line", "with blanks around it"]
)
def test_exit_ends_the_conversation(graded: Graded, line: str) -> None:
    bob, alice, carol = (arrive(graded, name) for name in ("Bob", "Alice", "Carol"))
    alice.send(line, "too late")
    try:
        alice.gets_end()
    except Verdict as verdict:  # a reset is an end as well, where "too late" was not even read
        if verdict.kind != RESET:
            raise
    carol.send("fence")
    bob.gets("fence")  # and not "too late"


@teaches(
    RUN,
    "A line that only holds the word /exit was taken for the command, or was not said.",
    "Does your server look for /exit in the line, or at all of the line?",
    "The command is the whole line.",
    "In Python: ==, not `in` and not startswith(). In C: strcmp(), not strstr().",
    silence="A line that is not the command was taken for it: only /exit alone, with blanks around"
    " it, is. `exit` without the slash is something that one says.",
    end="Somebody who told others how to leave had to leave.",
    reset="Somebody who told others how to leave had to leave.",
)
def test_a_line_that_holds_the_word_exit_is_said(graded: Graded) -> None:
    alice, bob = arrive(graded, "Alice"), arrive(graded, "Bob")
    lines = ("To leave, type /exit", "/exit is how one leaves", "/exits", "exit", "quit", "bye")
    for line in lines:
        alice.send(line)
        bob.gets(line)


def without_numbers(line: str) -> str:
    """What several lines have in common that tell the same of different people."""
    return re.sub(r"\d+", "N", line)


def must_be_once(somebody: Somebody, notices: list[str], count: int, what: str) -> None:
    """None of these lines, whatever numbers are in it, came more often than it happened."""
    lines = Counter(map(without_numbers, notices))
    line, times = lines.most_common(1)[0] if lines else ("", 0)
    # Two more may tell of what was before, and be late.
    told = f"be told of each of the {count} who have {what} once, but '{line}' comes {times} times"
    somebody.must(times <= count + 2, told)


@teaches(
    CODE,
    "Somebody who has gone is still in the list for a moment, and to send to them fails for whoever"
    " speaks next.",
    "What does a write do when the other side has vanished?",
    "It fails, in the thread of whoever speaks. Is that their fault?",
    "In Python, in broadcast: try: client.sendall(...) / except OSError: pass, as that client's own"
    " thread will see it. In C: ignore SIGPIPE, and what write() says.",
    mismatch="Lines are missing or out of order; or those who vanished were announced more than"
    " once: by their own thread, and by whoever sent to them.",
)
@pytest.mark.fresh_server
def test_whoever_vanishes_takes_nobody_along(graded: Graded) -> None:
    """And is announced once, however many notice it."""
    alice, bob = arrive(graded, "Alice"), arrive(graded, "Bob")
    came: set[str] = set()
    for number in range(20):
        visitors = [arrive(graded, f"visitor {number}-{each}") for each in range(6)]
        last = arrive(graded, f"Carol {number}")  # in most lists she stands behind them
        if number == 0:
            settle(bob, last)
            came = {without_numbers(line) for line in bob.notices}
        for visitor in visitors:  # what Alice says finds some of them gone, and still in the list
            visitor.reset()
            alice.send(f"line {number}")
        for _ in visitors:
            bob.gets(f"line {number}")
            last.gets(f"line {number}")
    left = [line for line in bob.notices if without_numbers(line) not in came]
    must_be_once(bob, left, 120, "gone")


@teaches(
    CODE,
    "Somebody's coming or going is announced more than once.",
    "From how many places of your program is it announced? In how many threads?",
    "Who may find out that a client has gone? Its own thread, and whoever sends to it.",
    "Whoever takes it out of the list, under the lock, announces it; whoever does not find it there"
    " any more, does not.",
    silence="Somebody's coming or going is not announced.",
    end=ENDED,
)
@pytest.mark.fresh_server
def test_each_coming_and_going_is_announced_once(graded: Graded) -> None:
    """However they go. (More lines of the server's are free; the same one twice is not.)"""
    bob, carol = arrive(graded, "Bob"), arrive(graded, "Carol")
    settle(bob, carol)
    before = len(bob.notices)
    visitors = [arrive(graded, f"visitor {number}") for number in range(4 * len(WAYS))]
    for visitor in visitors:  # each may be told of in a thread of its own, and late
        settle(bob, visitor)
    must_be_once(bob, bob.notices[before:], len(visitors), "come")
    before = len(bob.notices)
    for number, how in enumerate(WAYS):
        for visitor in visitors[4 * number : 4 * number + 4]:
            go(visitor, how)
            bob.waits_for(r"\* .*", "a line that begins with '* ' and says that somebody left")
        settle(bob, carol)
        must_be_once(bob, bob.notices[before:], 4 * number + 4, "gone")


@teaches(
    CODE,
    "Somebody got the line that tells the others of their own coming, or going.",
    "Who is in the list at the moment when you copy it?",
    "Whoever comes or goes knows it. The line is for the others.",
    "Take somebody out of the list first, then announce it; and leave out the newcomer.",
    end=ENDED,
)
@pytest.mark.parametrize("how", ["half_close", "exit"], ids=WAYS.get)
def test_nobody_is_told_of_their_own_coming_and_going(graded: Graded, how: str) -> None:
    """They may get other lines of the server's: a word of welcome, a farewell."""
    bob, carol = arrive(graded, "Bob"), arrive(graded, "Carol")
    settle(bob, carol)
    told = []
    for name in ("Alice", "Dave"):  # both may be told of somebody before them, but not twice
        before = len(bob.notices)
        somebody = arrive(graded, name)
        settle(somebody, bob)
        go(somebody, how)
        somebody.gets_end_after_anything()
        bob.waits_for(r"\* .*", f"a line that begins with '* ' and says that {name} left")
        settle(bob, carol)
        told.append(set(somebody.notices) & set(bob.notices[before:]))
    somebody.must(not all(told), f"not get '{''.join([*told[-1]][:1])}', which is for the others")


@teaches(
    CODE,
    "Lines of one person arrive in another order than they were said in, or are missing.",
    "How many threads send what Alice says?",
    "A thread for each line may overtake the one before it.",
    "Send each line from the thread that received it, before it receives the next.",
    silence="Some lines did not arrive: they were dropped, or wait in a buffer.",
    end=ENDED,
)
def test_the_lines_of_each_person_arrive_in_order(graded: Graded) -> None:
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
        bob.must(count == due, f"get line {due} of {name} next, but gets line {count}")
        next_of[name] = due + 1


@teaches(
    CODE,
    "Lines of several people who speak at once got mixed: a part of one stands in another.",
    "How many calls does your server need to send one line?",
    "Between two calls, another thread may send. And one call may take a part of the line only.",
    "Put the newline behind the text first, and send both with one call, under a lock of that"
    " client.",
    silence="Some lines did not arrive: they were dropped, or wait in a buffer.",
    end=ENDED,
)
def test_lines_stay_whole_when_several_speak_at_once(graded: Graded) -> None:
    """Many short ones, and some of nearly the size that a line may have."""
    bob = arrive(graded, "Bob")
    speakers = [arrive(graded, name) for name in ("Alice", "Carol", "Dave")]
    for size, count in ((4000, 3), (10, 80)) * 4:
        for speaker in speakers:
            speaker.send(*[speaker.name[0] * size] * count)
        for hearer in (*speakers, bob):
            for _ in range((2 if hearer in speakers else 3) * count):
                hearer.gets_like(rf"(.)\1{{{size - 1}}}", f"a line of {size:,} times one letter")


@teaches(
    "phase3/README.md, The flaw that remains",
    "A client read late, and something of what was said meanwhile is missing in the middle.",
    "What does your server do when it cannot send a line, or not all of it?",
    "send() and write() say how much they took. A socket that does not wait takes a part, or none.",
    "Wait, as sendall() does; or keep what is left, and send it when there is room again. Node's"
    " write() keeps it for you.",
    mismatch="A part of a line was left out, or whole lines: send() may take a part, or nothing"
    " (EAGAIN). What is left is still to be sent, before all that comes later.",
    silence="Not all lines came that were said while the client did not read: they were dropped, or"
    " whoever waits to send them is not woken when there is room again.",
)
def test_a_client_that_reads_late_misses_no_line(graded: Graded) -> None:
    """It gets all lines, or is cut off: what it has got has no hole."""
    bob = graded.connect("Bob", receive_buffer_bytes=4096)
    bob.waits_for(r"\* .*", "a word of welcome, a line that begins with '* '")
    alice = arrive(graded, "Alice")
    count = alice.send_until_full(b"x" * 3999 + b"\n", most_bytes=LATE_BYTES)
    try:
        for _ in range(count):
            bob.gets("x" * 3999)
        alice.send_bytes(alice.rest_of_line or b"x" * 3999 + b"\n")
        bob.gets("x" * 3999)
        alice.send("fence")
        bob.gets("fence")
    except Verdict as verdict:
        if verdict.kind not in (END, RESET, UNFINISHED):
            raise


@teaches(
    CODE,
    "Somebody who had been welcomed did not hear what was said next: the word of welcome was sent"
    " before the newcomer was in the list.",
    "In which order does your server do what has to be done for a newcomer?",
    "Between two steps of one thread, another thread may send a line to all in the list.",
    "First put the newcomer into the list, under the lock. Then send the word of welcome.",
    end=ENDED,
)
def test_whoever_was_welcomed_hears_what_is_said_next(graded: Graded) -> None:
    """However many come at once."""
    alice = arrive(graded, "Alice")
    for _ in range(5):
        due = newcomers(graded, alice, 30)
        for newcomer, number in due.items():
            hears_from(newcomer, number, max(due.values()))
            newcomer.close()


@teaches(
    CODE,
    "The list of clients was changed while another thread walked through it: an exception"
    " (RuntimeError in Python, ConcurrentModificationException in Java), or somebody is left out.",
    "Which threads change the list, and which walk through it?",
    "Hold a lock while you change it, and while you copy it; then walk through the copy.",
    "In Python: with lock: everybody = list(clients). In one thread: what if somebody leaves while"
    " you walk through the list?",
    silence="Somebody was left out: the list was changed while another thread walked through it,"
    " most likely. Or a thread ended with an exception: look at the console.",
    end="Somebody left while Alice spoke, and the conversation of another ended.",
    reset="Somebody left while Alice spoke, and the conversation of another ended.",
)
@pytest.mark.fresh_server
def test_people_may_come_and_go_while_others_speak(graded: Graded) -> None:
    bob, alice = arrive(graded, "Bob"), arrive(graded, "Alice")
    for number in range(16):  # the longer it takes to tell them all, the more happens meanwhile
        arrive(graded, f"person {number}")
    for number in range(30):
        visitors = [arrive(graded, f"visitor {number}-{each}") for each in range(6)]
        for visitor in visitors:  # they leave while Alice speaks, and their threads run with hers
            visitor.close()
            alice.send(f"line {number}")
        for _ in visitors:
            bob.gets(f"line {number}")


@teaches(
    CODE,
    "A line goes to the others as it came. Whoever sends an escape sequence clears their screens.",
    "Which characters should never reach somebody else's terminal?",
    "Those below 32, and from 127 to 159. Put something harmless in their place.",
    "In Python: ''.join(c if c.isprintable() else '\\ufffd' for c in line).",
    silence="The line did not arrive. Only its control characters should not: what stands before"
    " and behind them should.",
    end=ENDED,
)
def test_no_escape_sequence_is_delivered(graded: Graded) -> None:
    bob, alice = arrive(graded, "Bob"), arrive(graded, "Alice")
    for sent in ("\x1b[2J\x07", "\x1b]0;title\x07", "\x08\x0b\x0c\x7f", "\x9b2J"):
        alice.send(f"before{sent}after")
        bob.gets_like(
            r"before[^\x00-\x1f\x7f-\x9f]*after", "the line without its control characters"
        )


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


class TestText(Phase3, TextChecks):
    """The promises of the text in a line, which hold since phase 1."""


class TestServer(Phase3, ServerChecks):
    """The promises of the server as a whole, which hold since phase 1."""


class TestSilence(Phase3, SilenceChecks):
    """Nobody has to say anything."""
