"""Leaving: by the end of the stream, by a reset, and by what somebody says."""

import re

import pytest

from tests.grading.chat.people import (
    NAMES,
    PROTOCOL,
    TIME,
    all_before,
    ask_for,
    hears,
    hears_that_left,
    join,
    must_be_given,
    must_not_get,
)
from tests.grading.people import Somebody
from tests.grading.subject import Graded
from tests.grading.teaching import teaches

WAYS = ("by closing the connection", "by a reset")

NOT_TOLD = "Nobody was told that she left. However somebody goes, the same lines must run."


def left_once(graded: Graded, hearer: Somebody, name: str) -> None:
    """The hearer is told that somebody left; and not again, after somebody else has come."""
    hears_that_left(hearer, name)
    dora = join(graded, "Dora")
    dora.send("fence")
    for line in all_before(hearer, f"{dora.name}: fence"):
        if re.fullmatch(rf"{TIME} (\* )?{name}\b.*", line):
            must_not_get(hearer, line, f"it was said before that {name} has left")


class Leaving:
    """However somebody goes."""

    @teaches(
        PROTOCOL,
        "That somebody has left is told to all others, once, however they went.",
        "How does your server notice that somebody has gone? Where does it tell the others?",
        "However somebody leaves, the same lines must run, and they run once.",
        "In Python: try: converse() / finally: forget the name, and tell the others.",
        silence=NOT_TOLD,
    )
    @pytest.mark.parametrize("how", ["leave", "reset"], ids=WAYS)
    def test_all_others_are_told_once_who_has_left(self, graded: Graded, how: str) -> None:
        """After the end of the stream, and after a reset."""
        bob, carol, alice = (join(graded, name) for name in ("Bob", "Carol", "Alice"))
        getattr(alice, how)()
        left_once(graded, bob, alice.name)
        hears_that_left(carol, alice.name)
        guest = graded.connect("Whoever took any name")
        if name := ask_for(graded, guest, ""):
            getattr(guest, how)()
            hears_that_left(bob, name)

    @teaches(
        NAMES,
        "The name of somebody who has gone is still taken.",
        "When does your server forget a name?",
        "However somebody leaves, the same lines must run.",
        "In Python: try: converse() / finally: with lock: names.discard(name)",
        silence=NOT_TOLD,
    )
    @pytest.mark.parametrize("how", ["leave", "reset"], ids=WAYS)
    def test_a_name_is_free_again_when_its_owner_has_gone(self, graded: Graded, how: str) -> None:
        """As soon as the others have been told."""
        bob, alice = join(graded, "Bob"), join(graded, "Alice")
        getattr(alice, how)()
        hears_that_left(bob, alice.name)
        again = graded.connect("Alice again")
        given = ask_for(graded, again, alice.name)
        must_be_given(again, given, alice.name)

    @teaches(
        PROTOCOL,
        "/quit, /exit and exit end the conversation, and the others are told.",
        "What does your server do with a line that begins with '/'?",
        "Look at its first word before you say it to everybody.",
        "Leave the loop that reads lines; what follows it runs for everybody who leaves.",
        silence="The conversation went on, or nobody was told of its end.",
        mismatch="What came after it was said, or the line itself.",
    )
    @pytest.mark.parametrize("line", ["/quit", "/exit", "exit"], ids="with {}".format)
    def test_to_quit_ends_the_conversation(self, graded: Graded, line: str) -> None:
        """What comes before it is said, what comes after it is not read; and the name is free."""
        bob, alice = join(graded, "Bob"), join(graded, "Alice")
        alice.send("before", line, "too late")
        hears(bob, f"{alice.name}: before")
        alice.gets_end_after_anything()
        left_once(graded, bob, alice.name)
        again = graded.connect("Alice again")
        given = ask_for(graded, again, alice.name)
        must_be_given(again, given, alice.name)

    @teaches(
        PROTOCOL,
        "A word that only begins a line was taken for a command.",
        "Is 'exit now' a command?",
        "Compare the whole line with exit and ?list, and the first word with the others.",
        "Say every line to all others that is not a command.",
        end="The conversation was ended by a line that is not a command.",
        silence="The line was not said to the others.",
    )
    def test_exit_and_list_are_commands_alone_on_their_line(self, graded: Graded) -> None:
        """With more on the line, or a sign in its middle, it is said."""
        alice, bob = join(graded, "Alice"), join(graded, "Bob")
        for line in ("exit now", "?list of words", "mail me@home", "do not /quit", "quit", "who"):
            alice.send(line)
            bob.gets_like(
                rf"{TIME} {alice.name}: {re.escape(line)}", f"'[time] {alice.name}: {line}'"
            )
