"""Phase 4 on the wire: the chat that people use. These checks grade ours, or yours:

python -m pytest tests/phase4 --server "python my_server.py --port {port} --log-dir {logs}"

Lift your limit on how fast one may speak, if you have one: the checks speak fast. Without {logs}
the checks of the logs are skipped.
"""

import functools
import re
import time
from pathlib import Path

import pytest

from tests.grading.people import MISMATCH, SILENCE, Somebody, Verdict
from tests.grading.server_checks import ServerChecks, SilenceChecks
from tests.grading.stream_checks import Arrivals, StreamChecks, Talk, in_substance
from tests.grading.subject import Graded, Subject
from tests.grading.teaching import teaches

OURS = (
    "phase4.server --port {port} --log-dir {logs} --status-port 0 --flood-rate 0 --quit-key off"
    " --quiet"
)

pytestmark = pytest.mark.usefixtures("silent_people")

TIME = r"\[\d\d:\d\d:\d\d\]"
PROTOCOL = "phase4/README.md, The protocol"
NAMES = "phase4/server/README.md, Names: look and take in one step"
PRIVATE = "phase4/server/README.md, Private messages: a mistake must not become public"
OUTBOX = "phase4/server/README.md, The outbox: nobody waits for anybody"
LOGS = "phase4/server/README.md, The logs"
LONG_LINE = "x" * 4000
_literally = functools.lru_cache(16)(re.escape)  # a long line, thousands of times
LENGTH_SECONDS = 40.0  # for what takes one: a slow machine is no mistake


def is_ignored(line: str) -> bool:
    """Who comes and goes, where a check is about what people say."""
    return bool(re.match(rf"{TIME} \* \S+ (joined|left|is now)", line))


def ask_for(graded: Graded, somebody: Somebody, name: str) -> str:
    """Give a name when it is asked for; the name that the server gives, or "" where it refuses."""
    somebody.gets_like(r"\* .*", "the question for a name, a line that begins with '* '")
    somebody.send(name)
    found = somebody.gets_like(
        rf"{TIME} \* Welcome, (\S+)!.*|! .*",
        "'[time] * Welcome, NAME! ...', or an error that begins with '! '",
    )
    return found[1] or ""


def join(graded: Graded, name: str, *, receive_buffer_bytes: int = 0) -> Somebody:
    """Somebody who is in, under this name, or one that no other check has used."""
    name = graded.name(name)
    somebody = graded.connect(name, receive_buffer_bytes=receive_buffer_bytes)
    given = ask_for(graded, somebody, name)
    somebody.must(given == name, f"the name {name} is free, and should be given")
    return somebody


def hears(somebody: Somebody, text: str) -> None:
    """The next line must be this one, after its time."""
    somebody.gets_like(rf"{TIME} {_literally(text)}", f"'[time] {text}'")


def fence(speaker: Somebody, *others: Somebody) -> None:
    """Prove that nothing else was on its way to the others: the next that they hear is this."""
    speaker.send("fence")
    for each in others:
        hears(each, f"{speaker.name}: fence")


# --- coming in ---------------------------------------------------------------------------------


@teaches(
    PROTOCOL,
    "Who connects is asked for a name, and welcomed under the name that was given.",
    "What does your server send first, before it has read anything?",
    "'* Enter your nickname:' and a newline. Then read a line: that is the name.",
    "Then send '[14:03:05] * Welcome, Alice! 1 online.' with the time of now.",
    mismatch="The question begins with '* ', and the welcome is '[14:03:05] * Welcome, NAME! …',"
    " with the time of now and the name that was given.",
    unfinished="The question is a line, too: it ends with a newline.",
)
def test_a_newcomer_gives_a_name_and_is_welcomed(graded: Graded) -> None:
    join(graded, "Alice")


@teaches(
    PROTOCOL,
    "Somebody who says nothing keeps others from coming in: the name is asked for in the accept"
    " loop, or under a lock.",
    "Which thread waits for the name?",
    "The accept loop does nothing but accept, and start a thread.",
    "Ask for the name inside the thread of that connection.",
)
def test_a_silent_connection_keeps_nobody_out(graded: Graded) -> None:
    graded.connect("Silent")
    join(graded, "Alice")


@teaches(
    NAMES,
    "Two people have one name: nobody knows any more who speaks.",
    "Where do you look whether a name is taken?",
    "Then give another name, or answer '! ' and why, and ask again.",
    "with lock: if name in names: refuse, else: names.add(name)",
)
def test_a_name_has_one_holder(graded: Graded) -> None:
    alice = join(graded, "Alice")
    other = graded.connect("Another")
    given = ask_for(graded, other, alice.name)
    other.must(given != alice.name, f"{alice.name} is taken, so they get another name, or an error")


@teaches(
    NAMES,
    "Two names that look alike to people are two names to your server: Alice and ALICE.",
    "Would you tell ALICE from Alice, in a hurry?",
    "Compare names without their case.",
    "name.casefold() is what to look for, and what to keep.",
)
def test_names_that_differ_in_case_are_one_name(graded: Graded) -> None:
    alice = join(graded, "Alice")
    other = graded.connect("Another")
    given = ask_for(graded, other, alice.name.upper())
    other.must(
        given.casefold() != alice.name.casefold(),
        f"{alice.name} is taken, so they get another name, or an error",
    )


@teaches(
    NAMES,
    "To look whether a name is free, and to take it, are two steps; somebody fell in between.",
    "What happens if two threads look at the same time?",
    "Both see that it is free. So looking and taking must be one step for all others.",
    "Do both while you hold one lock, and do not let go of it in between.",
)
@pytest.mark.fresh_server
def test_of_many_who_claim_a_name_at_once_one_gets_it(graded: Graded) -> None:
    for claim in range(5):
        people = [graded.connect(f"claimer {number}") for number in range(1, 41)]
        for each in people:
            each.gets_like(r"\* .*", "the question for a name, a line that begins with '* '")
        for each in people:  # one call each, and none waits for an answer
            each.socket.sendall(f"Queen{claim}\n".encode())
        graded.journal.add(f"all 40 ask to be called Queen{claim}, at once")
        answers = [
            each.gets_like(rf"{TIME} \* Welcome, (\S+)!.*|! .*", "a welcome, or an error")[1]
            for each in people
        ]
        holders = answers.count(f"Queen{claim}")
        people[0].must(holders == 1, f"one of them holds the name, not {holders}")
        for each in people:
            each.close()


@teaches(
    NAMES,
    "The name of somebody who has gone is still taken.",
    "When does your server forget a name?",
    "However somebody leaves, the same lines must run: finally.",
    "try: converse() / finally: with lock: names.discard(name)",
    silence="Nobody was told that she left. However somebody goes, /quit included, the same lines"
    " must run.",
)
@pytest.mark.parametrize("how", ["leave", "reset", "quit"])
def test_a_name_is_free_again_when_its_owner_has_gone(graded: Graded, how: str) -> None:
    bob, alice = join(graded, "Bob"), join(graded, "Alice")
    if how == "quit":
        alice.send("/quit")
    else:
        getattr(alice, how)()
    bob.waits_for(rf"{TIME} \* {alice.name} left.*", f"'[time] * {alice.name} left'")
    again = graded.connect("Alice again")
    given = ask_for(graded, again, alice.name)
    again.must(given == alice.name, f"{alice.name} is free again")


@teaches(
    NAMES,
    "A name like this can be made to look like a line of the server's, or of somebody else's.",
    "What would the others see when they speak?",
    "A name has letters, digits, _ and -, begins with a letter, and is not long.",
    "Answer '! ' and why, and ask again.",
)
@pytest.mark.parametrize(
    "name", ["two words", "x" * 60, "/who", "*", "Bob:", "a\x1b[2Jb", "[10:00:00]"], ids=ascii
)
def test_a_name_that_could_deceive_is_refused(graded: Graded, name: str) -> None:
    alice = graded.connect("Alice")
    given = ask_for(graded, alice, name)
    alice.must(given != name and "\x1b" not in given, "this is no name to be given to anybody")


# --- talking -----------------------------------------------------------------------------------


@teaches(
    PROTOCOL,
    "A line that somebody says goes to all others, with the time and the name before it.",
    "What do the others get, exactly?",
    "[14:03:05] Alice: hello",
    "time.strftime('[%H:%M:%S]') makes the time.",
)
def test_what_one_says_all_others_hear_with_the_name(graded: Graded) -> None:
    alice, bob, carol = (join(graded, name) for name in ("Alice", "Bob", "Carol"))
    alice.send("hello")
    hears(bob, f"{alice.name}: hello")
    hears(carol, f"{alice.name}: hello")
    fence(bob, alice, carol)  # and Alice did not hear herself


@teaches(
    PROTOCOL,
    "Everybody should see the same conversation: what is said at the same time is sent by several"
    " threads, to each hearer in another order.",
    "Who sends what Alice and Bob say at the same time?",
    "Two threads that walk through the list of clients may overtake each other on the way.",
    "Put each line into everybody's queue under one lock, or let one thread do all the sending.",
)
def test_all_see_the_same_order(graded: Graded) -> None:
    hearers = [join(graded, name) for name in ("Hera", "Hermes", "Hestia")]
    speakers = [join(graded, name) for name in ("Alice", "Bob", "Carol", "Dave")]
    for number in range(50):
        for each in speakers:
            each.socket.sendall(f"line {number}\n".encode())
    graded.journal.add("Alice, Bob, Carol and Dave say 50 lines each, at the same time")
    orders = [
        [each.waits_for(rf"{TIME} \S+: line \d+", "what was said")[0] for _ in range(200)]
        for each in hearers
    ]
    for hearer, order in zip(hearers, orders, strict=True):
        hearer.must(order == orders[0], f"{hearers[0].name} saw another order")


@teaches(
    PROTOCOL,
    "/who tells who is online.",
    "What is the answer, exactly?",
    "[14:03:05] * 2 online: Alice, Bob (in alphabetical order)",
    "Copy the names under the lock, and sort them.",
)
@pytest.mark.fresh_server
def test_who_tells_who_is_online(graded: Graded) -> None:
    bob = join(graded, "Bob")
    alice = join(graded, "Alice")
    alice.send("/who")
    hears(alice, f"* 2 online: {alice.name}, {bob.name}")


@teaches(
    PROTOCOL,
    "/nick gives another name, tells everybody, and the old name is free.",
    "What has to change when somebody changes their name?",
    "The set of names, the person, and what the others know: all three.",
    "Under the lock: take the new name first; only then give the old one back.",
)
def test_nick_changes_the_name_and_frees_the_old_one(graded: Graded) -> None:
    bob, alice = join(graded, "Bob"), join(graded, "Alice")
    eve = graded.name("Eve")
    alice.send(f"/nick {eve}")
    what = f"* {alice.name} is now {eve}"
    bob.waits_for(rf"{TIME} {re.escape(what)}", f"'[time] {what}'")
    alice.send("it is me")
    hears(bob, f"{eve}: it is me")
    again = graded.connect("Alice again")
    given = ask_for(graded, again, alice.name)
    again.must(given == alice.name, f"{alice.name} is free again")


@teaches(
    PROTOCOL,
    "/quit ends the conversation, and the others are told.",
    "What does your server do with a line that begins with '/'?",
    "Look at its first word before you say it to everybody.",
    "Leave the loop that reads lines; what follows it runs for everybody who leaves.",
)
def test_quit_ends_the_conversation(graded: Graded) -> None:
    bob, alice = join(graded, "Bob"), join(graded, "Alice")
    alice.send("/quit", "too late")
    alice.gets_end_after_anything()
    bob.waits_for(rf"{TIME} \* {alice.name} left.*", f"'[time] * {alice.name} left'")
    carol = join(graded, "Carol")
    fence(carol, bob)


# --- the stream --------------------------------------------------------------------------------


class TalkWithNames(Talk):
    """What one says, the other hears with a time and a name before it."""

    def hears(self, text: str) -> None:
        """The next thing that the hearer gets is this, said by the speaker."""
        hears(self.hearer, f"{self.speaker.name}: {text}")

    def hears_in_substance(self, text: str) -> None:
        """What is in the place of each control character is free."""
        self.hearer.gets_like(
            rf"{TIME} {re.escape(self.speaker.name)}: {in_substance(text)}",
            f"'[time] {self.speaker.name}: ' and the line, with whatever for control characters",
        )

    def hears_an_empty_line(self) -> None:
        """It is not said."""


class Phase4(Arrivals):
    """How people come in this phase: three at a time, and what Alice says, Bob hears."""

    def arrive(self, graded: Graded, which: str = "") -> Talk:
        """Alice speaks, Bob hears her, and Carol can speak when Alice has gone."""
        bob, carol, alice = (join(graded, name + which) for name in ("Bob", "Carol", "Alice"))
        return TalkWithNames(alice, bob, carol)


class TestStream(Phase4, StreamChecks):
    """The promises that hold since phase 1, of those who have a name."""

    def expect_departure(self, talk: Talk) -> None:
        """The unfinished line is not heard; what Alice said before it, and no more."""
        talk.speaker.gets_end_after_anything()
        assert talk.witness
        fence(talk.witness, talk.hearer)

    @teaches(
        PROTOCOL,
        "An empty line says nothing, and was said to everybody.",
        "What do people mean by an empty line? Most often they pressed Enter once too often.",
        "Look whether there is anything in a line before you say it.",
        "In Python: if not line.strip(): do nothing, and take the next line.",
    )
    def test_an_empty_line_is_a_line(self, talk: Talk) -> None:
        """In this phase it is not said, and gets no answer."""
        talk.speaker.send("one", "", " ", "two")
        talk.hears("one")
        talk.hears("two")
        fence(talk.hearer, talk.speaker)


class TestServer(Phase4, ServerChecks):
    """The promises of the server as a whole, which hold since phase 1."""


# --- private -----------------------------------------------------------------------------------


@teaches(
    PRIVATE,
    "A private message reaches its recipient and its sender, and nobody else at all.",
    "How do you find the recipient?",
    "By the name: an address may belong to many, a whole school, say.",
    "people[name.casefold()].send(...), and the same line back to the sender.",
    mismatch="The line has another form, or somebody got what was not meant for them.",
)
@pytest.mark.parametrize("line", ["/pm Bob hi there", "@Bob hi there", "@Bob: hi there"])
def test_a_private_message_reaches_two_people(graded: Graded, line: str) -> None:
    alice, bob, carol = (join(graded, name) for name in ("Alice", "Bob", "Carol"))
    alice.send(line.replace("Bob", bob.name))
    hears(bob, f"{alice.name} -> {bob.name}: hi there")
    hears(alice, f"{alice.name} -> {bob.name}: hi there")
    fence(alice, carol)


@teaches(
    PRIVATE,
    "A private message that was mistyped was said to everybody.",
    "What is a line that begins with '/' or '@', and is no command that you know?",
    "Most likely a private message, mistyped. Who may see it?",
    "Nobody: answer '! There is no command ...' to its sender.",
    silence="Its sender was not told that it went nowhere.",
)
@pytest.mark.parametrize("line", ["/pmm Bob secret", "@Nobody secret", "/pm Nobody secret", "/pm"])
def test_a_mistyped_private_message_is_an_error_and_never_public(graded: Graded, line: str) -> None:
    alice, bob = join(graded, "Alice"), join(graded, "Bob")
    alice.send(line.replace("Bob", bob.name))
    alice.gets_error()
    fence(alice, bob)


# --- what is not to be believed -------------------------------------------------------------------


@teaches(
    "phase4/server/README.md, Limits",
    "The line went out as it came in. Whoever sends an escape sequence clears other people's"
    " screens, or writes there what nobody said.",
    "Which characters should never reach somebody else's terminal?",
    "C0 and C1 controls (below 32, and 127 to 159), and those that turn the direction of text.",
    "Replace each by U+FFFD, for all: what is said, names, and errors that repeat a word.",
)
@pytest.mark.parametrize(
    "forbidden", ["\x1b[2J", "\x07", "\r", "\x00", "\x85", "\u2028", "\u202e"], ids=ascii
)
def test_control_characters_reach_nobody(graded: Graded, forbidden: str) -> None:
    alice, bob = join(graded, "Alice"), join(graded, "Bob")
    alice.send(f"before{forbidden}after")
    line = bob.gets_like(rf"{TIME} {alice.name}: before.*after", "the line, cleaned")[0]
    bob.must(forbidden not in line, "the control character should be gone")


@teaches(
    "phase4/server/README.md, Limits",
    "What somebody says can be taken for what somebody else says, or for the server's own words.",
    "What would Bob see if Alice says '[10:00:00] Carol: I resign'?",
    "The name before a line must be the server's, always, for every line.",
    "Split at newlines only, and write '[time] NAME: ' before each line that anybody says.",
)
def test_nobody_can_speak_for_somebody_else(graded: Graded) -> None:
    alice, bob = join(graded, "Alice"), join(graded, "Bob")
    alice.send("[10:00:00] Carol: I resign", "[10:00:00] * Carol left", "! You are fired")
    hears(bob, f"{alice.name}: [10:00:00] Carol: I resign")
    hears(bob, f"{alice.name}: [10:00:00] * Carol left")
    hears(bob, f"{alice.name}: ! You are fired")


# --- nobody waits for anybody ------------------------------------------------------------------


@teaches(
    "phase3/README.md, The flaw that remains",
    "One who stops reading holds up everybody: sendall() to them waits, and whoever called it waits"
    " with it.",
    "What does sendall() do when the other side does not read?",
    "It waits. Which thread calls it, and what else should that thread do meanwhile?",
    "Give each person a queue. Who speaks puts the line there; something else sends it.",
)
@pytest.mark.fresh_server
@pytest.mark.patient
def test_one_who_stops_reading_holds_up_nobody(graded: Graded) -> None:
    join(graded, "Lazy", receive_buffer_bytes=4096)
    alice, bob = join(graded, "Alice"), join(graded, "Bob")
    speak_at_length(alice, bob, megabytes=5)


@teaches(
    OUTBOX,
    "What waits for one who does not read grows without end, until the memory is full.",
    "How large can the queue of one person become?",
    "Every queue needs a bound, and an answer for when it is reached.",
    "Over 1 MiB: disconnect that person, and tell the others.",
)
@pytest.mark.fresh_server
@pytest.mark.patient
def test_one_who_stops_reading_is_disconnected(graded: Graded) -> None:
    join(graded, "Lazy", receive_buffer_bytes=4096)
    alice, bob = join(graded, "Alice"), join(graded, "Bob")
    speak_at_length(alice, bob, megabytes=8)
    bob.send("/who")
    hears(bob, f"* 2 online: {alice.name}, {bob.name}")


def speak_at_length(alice: Somebody, bob: Somebody, *, megabytes: int) -> None:
    """Alice speaks, and Bob hears all of it: more than any system keeps for who does not read."""
    deadline = time.monotonic() + LENGTH_SECONDS
    for _ in range(megabytes * 10):
        if time.monotonic() > deadline:
            raise Verdict(SILENCE, f"{megabytes} MB should take less than {LENGTH_SECONDS:g} s")
        alice.send(*[LONG_LINE] * 25)
        for _ in range(25):
            hears(bob, f"{alice.name}: {LONG_LINE}")


# --- the logs ----------------------------------------------------------------------------------


@pytest.fixture
def logs(subject: Subject, graded: Graded) -> Path:
    """Where the logs of the server are."""
    if "{logs}" not in subject.command:
        pytest.skip("the command has no {logs}")
    return graded.running.logs


def logged(logs: Path, name: str, text: str) -> list[str]:
    """The entries of a log that hold `text`; at least one must be there."""
    file = logs / name
    lines = file.read_text(encoding="utf-8").split("\n") if file.exists() else []
    found = [line for line in lines if text in line]
    if not found:
        raise Verdict(SILENCE, f"{name} should have an entry with '{text}', and has none")
    return found


@teaches(
    LOGS,
    "A message that somebody has seen is not in its log: it waits in a buffer, or comes later.",
    "When is the line written, before it is sent or after?",
    "A file has a buffer, too.",
    "Write to the log and flush() it, and only then send.",
)
def test_what_was_delivered_is_in_the_log(graded: Graded, logs: Path) -> None:
    alice, bob = join(graded, "Alice"), join(graded, "Bob")
    public, private = f"{alice.name}: for the record", f"{alice.name} -> {bob.name}: for your eyes"
    alice.send("for the record", f"@{bob.name} for your eyes")
    hears(bob, public)
    hears(bob, private)
    logged(logs, "messages.txt", public)
    logged(logs, "private_messages.txt", private)


@teaches(
    LOGS,
    "A private message is in the public log, which everybody may read.",
    "How many logs do you write?",
    "messages.txt is for what everybody has heard.",
    "private_messages.txt for the others, readable by its owner only (mode 0600).",
)
def test_nothing_private_is_in_the_public_log(graded: Graded, logs: Path) -> None:
    alice, bob = join(graded, "Alice"), join(graded, "Bob")
    alice.send(f"@{bob.name} between us", "in the open")
    hears(bob, f"{alice.name} -> {bob.name}: between us")
    hears(bob, f"{alice.name}: in the open")
    logged(logs, "messages.txt", "in the open")
    if "between us" in (logs / "messages.txt").read_text(encoding="utf-8"):
        raise Verdict(MISMATCH, "messages.txt should not hold what Alice told Bob alone")


@teaches(
    LOGS,
    "An entry of the log was forged: a character in a message began a new line in the file.",
    "Which characters end a line? For your editor, for grep, for Python's splitlines()?",
    "\\r, \\x85, U+2028 and U+2029 do, in some programs.",
    "Clean a text before it is written, as you do before it is sent.",
)
def test_no_message_can_forge_an_entry_of_the_log(graded: Graded, logs: Path) -> None:
    alice, bob = join(graded, "Alice"), join(graded, "Bob")
    for separator in ("\r", "\x0b", "\x85", "\u2028"):
        alice.send(f"innocent{separator}2026-01-01T00:00:00 Bob: I confess")
        bob.gets_like(rf"{TIME} {alice.name}: innocent.*", "what Alice said, cleaned")
    for line in (logs / "messages.txt").read_text(encoding="utf-8").splitlines():
        if line.startswith("2026-01-01T00:00:00 Bob"):
            raise Verdict(MISMATCH, "messages.txt has an entry that Bob never said")


class TestSilence(Phase4, SilenceChecks):
    """Whoever has a name need not say anything."""
