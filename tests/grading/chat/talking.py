"""Talking: what one says and all others hear, when, and in which order."""

import re
import threading
from datetime import datetime, timedelta

import pytest

from tests.grading.chat.people import (
    PROTOCOL,
    TIME,
    all_before,
    fence,
    hears,
    is_notice,
    join,
    must_not_get,
)
from tests.grading.people import MISMATCH, Somebody, Verdict
from tests.grading.subject import Graded
from tests.grading.teaching import teaches
from tests.grading.zone import time_there

TOLERANCE = timedelta(seconds=2)  # a server may read its clock once a second
TEXTS = (
    *("100 % %s %n %% %5d", "$& $1 ${x} $$ {} {0} {x}", "\\ \\\\ \\n \\t \\x1b \\u0041"),
    *(
        "<b>&amp; &#65;</b> + 1%20",
        "'one' \"two\" `three`; --",
        "e\u0301 \ufb01 \u2460 \u212b",
    ),
)
"""Each has signs that some language, or some function, obeys; or letters that it may rewrite."""


class Talking:
    """Said to all others."""

    @teaches(
        PROTOCOL,
        "A line that somebody says goes to all others, with the time and the name before it.",
        "What do the others get, exactly?",
        "[14:03:05] Alice: hello",
        "In Python: time.strftime('[%H:%M:%S]') makes the time.",
    )
    def test_what_one_says_all_others_hear_with_the_name(self, graded: Graded) -> None:
        """And the one who said it does not."""
        alice, bob, carol = (join(graded, name) for name in ("Alice", "Bob", "Carol"))
        alice.send("hello")
        hears(bob, f"{alice.name}: hello")
        hears(carol, f"{alice.name}: hello")
        fence(bob, alice, carol)  # and Alice did not hear herself

    @teaches(
        PROTOCOL,
        "What was said was taken for a pattern, a format, a page, or was tidied up.",
        "Which function puts the name and the text together? Are there characters it knows?",
        "In C, printf(text) obeys '%s'; in JavaScript, 'x'.replace('x', text) obeys '$&'. Other"
        " servers write '&lt;' for '<', or compose two characters into one.",
        "The text is data: a line is put together without looking into it.",
    )
    def test_a_text_arrives_as_it_was_sent(self, graded: Graded) -> None:
        """With the signs that programs obey, and letters that could be written otherwise."""
        alice, bob = join(graded, "Alice"), join(graded, "Bob")
        for text in TEXTS:
            alice.send(text)
            hears(bob, f"{alice.name}: {text}")

    @teaches(
        PROTOCOL,
        "A line that begins with / or @ is said with that sign doubled.",
        "How does somebody say '/etc/hosts' here, if it is not a command?",
        "//etc/hosts is said, and one of the two signs is taken away.",
        "Look for '//' and '@@' before you look for commands.",
        mismatch="Of the two signs one goes, and one stays.",
    )
    def test_a_doubled_sign_is_said_with_one(self, graded: Graded) -> None:
        """Both signs."""
        alice, bob = join(graded, "Alice"), join(graded, "Bob")
        for sent, said in (("//etc/hosts", "/etc/hosts"), ("@@property def", "@property def")):
            alice.send(sent)
            hears(bob, f"{alice.name}: {said}")
        fence(bob, alice)

    @teaches(
        PROTOCOL,
        "A line with two signs was obeyed: it was a command, or a private message.",
        "What does //quit do? Whoever writes it wants to say /quit.",
        "Take one sign away, and say what is left. Do not look again what it is.",
        "Look for '//' and '@@' before you look for commands.",
        end="The conversation was ended by a line that is to be said.",
        silence="The conversation was ended, or the lines were not said.",
    )
    def test_a_doubled_sign_is_never_obeyed(self, graded: Graded) -> None:
        """It is said, or an error."""
        alice, bob = join(graded, "Alice"), join(graded, "Bob")
        lines = ("//who", f"@@{bob.name} hi", f"//pm {bob.name} hi", "//ping obeyed", "//quit")
        alice.send(*lines, "fence")
        for line in all_before(bob, f"{alice.name}: fence"):
            if not is_notice(line) and line[11:] not in {
                f"{alice.name}: {each[1:]}" for each in lines
            }:
                must_not_get(bob, line, "of two signs one is taken away, and the rest is said")
        bob.send("fence")
        for line in all_before(alice, f"{bob.name}: fence"):
            if not line.startswith("! ") and re.search(r"online: |obeyed| -> ", line):
                must_not_get(alice, line, "a line that begins with two signs is not a command")

    @teaches(
        PROTOCOL,
        "Everybody should see the same conversation: what is said at the same time is sent by"
        " several threads, to each hearer in another order.",
        "Who sends what Alice and Bob say at the same time?",
        "Two threads that walk through the list of clients may overtake each other on the way.",
        "Put each line into all queues under one lock, or let one thread do all the sending.",
    )
    def test_all_see_the_same_order(self, graded: Graded) -> None:
        """Four speak at once, three hear them; and the lines of each are in their order."""
        hearers = [join(graded, name) for name in ("Hera", "Hermes", "Hestia")]
        speakers = [join(graded, name) for name in ("Alice", "Bob", "Carol", "Dave")]
        for number in range(50):
            for each in speakers:
                each.socket.sendall(f"line {number}\n".encode())
        graded.journal.add("Alice, Bob, Carol and Dave say 50 lines each, at the same time")
        orders = [
            [each.gets_like(rf"{TIME} (\S+: line \d+)", "what was said")[1] for _ in range(200)]
            for each in hearers
        ]
        for hearer, order in zip(hearers, orders, strict=True):
            hearer.must(order == orders[0], f"get the lines in the same order as {hearers[0].name}")
        for each in speakers:
            own = [line for line in orders[0] if line.startswith(f"{each.name}:")]
            wanted = [f"{each.name}: line {number}" for number in range(50)]
            hearers[0].must(
                own == wanted, f"get the lines of {each.name} in the order in which they were said"
            )

    @teaches(
        PROTOCOL,
        "The time before a line is the server's local time, as a clock on the wall shows it there.",
        "When does your server look at its clock? And which clock is it?",
        "Not once at the start, but for each line; and local time, not UTC.",
        "In Python: time.strftime('[%H:%M:%S]'); in Node: new Date().getHours().",
        mismatch="Most often it is UTC, which a machine in another zone shows, or the time at"
        " which the server, or the conversation, began.",
    )
    @pytest.mark.patient
    def test_the_time_is_that_of_now_in_the_zone_of_the_server(self, graded: Graded) -> None:
        """Within two seconds; and it goes on."""
        alice, bob = join(graded, "Alice"), join(graded, "Bob")
        pause = threading.Event()  # never set: a pause between two looks
        seen: set[str] = set()
        while len(seen) < 2:  # a second, at most
            asked_at = time_there()
            alice.send("what time is it?")
            what = f"'[time] {alice.name}: what time is it?'"
            stamp = bob.gets_like(rf"\[(.*?)\] {alice.name}: what time is it\?", what)[1]
            must_be_between(bob, stamp, asked_at, time_there())
            seen.add(stamp)
            pause.wait(0.1)


def must_be_between(hearer: Somebody, stamp: str, first: datetime, last: datetime) -> None:
    """Raises Verdict where a time before a line is neither of these two, nor between them."""
    hours, minutes, seconds = map(int, stamp.split(":"))
    shown = first.replace(hour=hours % 24, minute=minutes % 60, second=seconds % 60, microsecond=0)
    half = timedelta(hours=12)  # of a day: midnight may be in between
    after = (shown - first + half) % (2 * half) - half
    if not -TOLERANCE <= after <= last - first + TOLERANCE:
        told = f", and TZ={first.tzinfo}" if first.tzinfo else ""
        where = f"where the server runs it is {last:%H:%M:%S}{told}"
        raise Verdict(MISMATCH, f"{hearer.name} gets a line with the time {stamp}: {where}")
