"""Private messages: whom they reach, and that a mistake never becomes public."""

import re

import pytest

from tests.grading.chat.commands import people_listed
from tests.grading.chat.people import (
    NAMES,
    PRIVATE,
    PROTOCOL,
    TIME,
    all_before,
    ask_for,
    fence,
    fence_without,
    hears,
    hears_that_left,
    join,
    must_not_be_given,
    must_not_get,
)
from tests.grading.chat.talking import TEXTS
from tests.grading.subject import Graded
from tests.grading.teaching import teaches

AS = "as '{}'".format


class PrivateMessages:
    """From one to another."""

    @teaches(
        PRIVATE,
        "A private message reaches its recipient and its sender, and nobody else at all.",
        "How do you find the recipient?",
        "By the name: an address may belong to many, a whole school, say.",
        "Look the name up without its case, send the line to its holder, and the same line back.",
        mismatch="The line has another form, or somebody got what was not meant for them.",
        silence="The recipient was not found, or the sender did not get the line.",
    )
    @pytest.mark.parametrize(
        "line", ["/pm Bob hi there", "@Bob hi there", "@Bob: hi there"], ids=AS
    )
    def test_a_private_message_reaches_two_people(self, graded: Graded, line: str) -> None:
        """Both get the same line."""
        alice, bob, carol = (join(graded, name) for name in ("Alice", "Bob", "Carol"))
        alice.send(line.replace("Bob", bob.name))
        hears(bob, f"{alice.name} -> {bob.name}: hi there")
        hears(alice, f"{alice.name} -> {bob.name}: hi there")
        fence_without("hi there", alice, carol)

    @teaches(
        PRIVATE,
        "A private message to bob or BOB misses Bob.",
        "How do people spell a name, in a hurry?",
        "As two names that differ in case are one, so is the one that is looked for.",
        "Find people by the name without its case, and show the name as its holder spells it.",
        mismatch="The line shows the name as its holder spells it.",
    )
    @pytest.mark.parametrize(
        ("form", "name"),
        [(form, name) for form in ("/pm {} hi", "@{} hi", "@{}: hi") for name in ("Bob", "Ünal")],
        ids=[
            *("as '/pm bob hi'", "as '/pm unal hi', with an umlaut"),
            *("as '@bob hi'", "as '@unal hi', with an umlaut"),
            *("as '@bob: hi'", "as '@unal: hi', with an umlaut"),
        ],
    )
    def test_the_case_of_a_name_does_not_matter(self, graded: Graded, name: str, form: str) -> None:
        """In all forms, in capitals and in small letters."""
        alice, bob = join(graded, "Alice"), join(graded, name)
        for spelled in (bob.name.lower(), bob.name.upper()):
            alice.send(form.format(spelled))
            hears(bob, f"{alice.name} -> {bob.name}: hi")
            hears(alice, f"{alice.name} -> {bob.name}: hi")

    @teaches(
        PRIVATE,
        "The text of a private message arrives as it was sent, whatever is in it.",
        "Do you split the line into words, or at each colon?",
        "What follows the name, to the end of the line, is the text.",
        "Split the line twice at most: command, name, and the rest.",
    )
    def test_the_text_of_a_private_message_is_kept(self, graded: Graded) -> None:
        """Blanks, colons, arrows, signs, and other names."""
        alice, bob = join(graded, "Alice"), join(graded, "Bob")
        for text in (
            "10:30? or  11:00",
            "a -> b: c",
            "@home /who",
            f"{bob.name}: you",
            "né 日本 🙂",
            "x" * 4000,
            *TEXTS,
        ):
            for form in ("/pm {} {}", "@{} {}", "@{}: {}"):
                alice.send(form.format(bob.name, text))
                hears(bob, f"{alice.name} -> {bob.name}: {text}")

    @teaches(
        PRIVATE,
        "A private message that was mistyped was said to everybody.",
        "What is a line that begins with '/' or '@', and is no command that you know?",
        "Most likely a private message, mistyped. Who may see it?",
        "Nobody: answer '! There is no command ...' to its sender.",
        silence="Its sender got no error. Was it said to everybody, like any other line?",
        end="The conversation was ended. One mistake is no reason to: answer '! ...' and go on.",
    )
    @pytest.mark.parametrize(
        "line",
        [
            *("/pmm Bob secret", "/msg Bob secret", "/pmBob secret", "/ pm Bob secret", "/"),
            *("/pm Nobody secret", "/pm", "/pm Bob"),
            *("@Nobody secret", "@Nobody: secret", "@ Bob secret", "@Bob", "@"),
            *("@Bob:", "@Bob:  ", "@Bob  ", "/pm Bob  "),
            *("@Bo secret", "@Bobx secret", "@B.b* secret", "@* secret", "/pm all secret"),
        ],
        ids=AS,
    )
    def test_a_mistyped_private_message_is_an_error_and_never_public(
        self, graded: Graded, line: str
    ) -> None:
        """One error; and neither Bob nor anybody else sees any of it."""
        alice, bob, carol = (join(graded, name) for name in ("Alice", "Bob", "Carol"))
        alice.send(line.replace("Bob", bob.name))
        alice.gets_error()
        fence_without("secret", alice, bob, carol)
        fence(bob, alice)

    @teaches(
        PRIVATE,
        "A command in capitals was said to everybody.",
        "Is /PM a command, to somebody in a hurry?",
        "It is one, or an error: that is free. But it begins with '/', so it is never said.",
        "Look at the first character, before you look which command it is.",
    )
    def test_a_command_in_capitals_is_never_public(self, graded: Graded) -> None:
        """It is done, or it is an error."""
        alice, bob, carol = (join(graded, name) for name in ("Alice", "Bob", "Carol"))
        for line in (f"/PM {bob.name} secret", f"/Pm {bob.name} secret"):
            alice.send(line)
        fence_without("secret", alice, carol)

    @teaches(
        PRIVATE,
        "Somebody told themselves something, and it was said to everybody, or ended the server.",
        "What happens in your server if sender and recipient are the same?",
        "To send it once, twice, or to answer with an error is all well. To say it is not.",
        "Treat the sender as any other recipient.",
        silence="The conversation of the one who did it did not go on.",
    )
    def test_a_private_message_to_oneself_reaches_nobody_else(self, graded: Graded) -> None:
        """In all forms, and the conversation goes on."""
        alice, bob = join(graded, "Alice"), join(graded, "Bob")
        for form in ("/pm {} secret", "@{} secret", "@{}: secret"):
            alice.send(form.format(alice.name))
        fence_without("secret", alice, bob)

    @teaches(
        PRIVATE,
        "A private message that was not a line, too long, not UTF-8, or unfinished, was sent.",
        "What becomes of a line that is refused, if it begins with '@' or '/'?",
        "No line is looked at before it is known to be whole, short enough, and UTF-8.",
        "First look whether it is a line; then look what it says.",
        silence="Its sender was not told that it was refused, or the stream did not end.",
    )
    @pytest.mark.parametrize(
        "data",
        [b"@Bob secret \xe9\n", b"@Bob secret " + b"x" * 4096 + b"\n", b"@Bob secret"],
        ids=["when it is not UTF-8", "when it is too long", "when it is unfinished"],
    )
    def test_a_private_message_that_is_not_a_line_reaches_nobody(
        self, graded: Graded, data: bytes
    ) -> None:
        """It is refused as any other, or forgotten when its sender goes."""
        alice, bob, carol = (join(graded, name) for name in ("Alice", "Bob", "Carol"))
        alice.send_bytes(data.replace(b"Bob", bob.name.encode()))
        if data.endswith(b"\n"):
            alice.gets_error()
        else:
            alice.half_close()
            alice.gets_end_after_anything()
        fence_without("secret", carol, bob)


class Holders:
    """Names, and the private messages that find whoever holds them."""

    @teaches(
        PROTOCOL,
        "Whoever has left is still on the list, or gets what is said.",
        "From which lists is somebody taken who leaves?",
        "The list of names, the list of those who hear, and what finds people by their name.",
        "Keep one list of people; then there is one place to forget them.",
    )
    def test_whoever_has_left_is_nowhere_any_more(self, graded: Graded) -> None:
        """Not on the list, and no private message finds them."""
        bob, alice = join(graded, "Bob"), join(graded, "Alice")
        alice.leave()
        hears_that_left(bob, alice.name)
        bob.send(f"/pm {alice.name} are you there?")
        bob.gets_error()
        bob.must(
            alice.name not in people_listed(bob),
            f"not find {alice.name}, who has left, on the list",
        )

    @teaches(
        NAMES,
        "Somebody asked for a name that was taken, and went; and with them the holder's name.",
        "What does your server forget when somebody leaves: the name that they had, or asked for?",
        "Keep with each person the name that they hold, and nothing where they hold none.",
        "Free a name only if it is theirs.",
    )
    def test_whoever_is_refused_a_name_takes_nothing_from_its_holder(self, graded: Graded) -> None:
        """It is taken as before, and private messages find the holder."""
        alice, bob = join(graded, "Alice"), join(graded, "Bob")
        other = graded.connect("Another")
        given = ask_for(graded, other, alice.name)
        must_not_be_given(other, given, alice.name)
        bob.send(f"/pm {alice.name} are you Alice?")
        hears(alice, f"{bob.name} -> {alice.name}: are you Alice?")
        other.half_close()
        other.gets_end_after_anything()
        alice.send("fence")
        for line in all_before(bob, f"{alice.name}: fence"):
            if re.match(rf"{TIME} \* {alice.name} (?:joined|left|is now)\b", line):
                must_not_get(bob, line, f"{alice.name} has neither come nor gone")
        third = graded.connect("A third one")
        must_not_be_given(third, ask_for(graded, third, alice.name), alice.name)
        bob.send(f"/pm {alice.name} still here?")
        hears(alice, f"{bob.name} -> {alice.name}: still here?")
