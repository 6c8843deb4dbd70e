"""Names: whose they are, which are allowed, and that a refusal does no harm."""

import re

import pytest

from tests.grading.chat.people import (
    A_NAME,
    NAMES,
    TIME,
    answer_to_a_name,
    ask_for,
    come_in,
    fence,
    hears,
    is_asked,
    is_told,
    join,
    must_not_be_given,
)
from tests.grading.chat.trust import ALL, CONTROLS, EACH_KIND
from tests.grading.people import MISMATCH, Verdict
from tests.grading.subject import Graded
from tests.grading.teaching import teaches

RULE = "A name has 1 to 20 letters, digits, _ and -, and begins with a letter."
SIGNS = ":/@.,;!?*+=&%#$|~^`'\"()<>[]{}\\\u00a0\u200b\u3000"  # blanks as well, and what is unseen
CASES = ("in English", "with an umlaut", "in Cyrillic")
DECEIVING = (
    "because it has a blank or a sign",
    "because of its beginning",
    "because the server speaks so",
    "because it has an emoji",
    "because of its length",
)
MOST_REFUSALS = 5  # of one person; then a server may hang up
BOTH = (
    "What comes after '! ': does your server read on, and ask again?",
    "Answer '! ' and why, send the question again, and take the next line for a name.",
)


def _which(name: str) -> str:
    """The control characters in a name, in words."""
    return "all of them at once" if ALL in name else f"such as U+{ord(name[1]):04X}"


class Names:
    """Who has a name, and which can be had."""

    @teaches(
        NAMES,
        "Two people have one name: nobody knows any more who speaks.",
        "Where do you look whether a name is taken?",
        "Then give another name, or answer '! ' and why, and ask again.",
        "With a lock around both: if the name is in names: refuse, else: add it to names.",
        silence="After a name that was taken your server did not ask again, or was deaf: is there a"
        " loop around the question?",
        end="The connection was ended. A name that is taken is no reason to: answer '! ...', and"
        " ask again.",
    )
    def test_a_name_has_one_holder(self, graded: Graded) -> None:
        """Whoever asks for it later gets another one, or an error and the question again."""
        alice, bob, other = join(graded, "Alice"), join(graded, "Bob"), graded.connect("Another")
        given = ask_for(graded, other, alice.name)
        must_not_be_given(other, given, alice.name)
        if given:
            other.name = given
        else:
            come_in(graded, other, graded.name("Another"))
        other.send("here I am")
        for each in (alice, bob):
            hears(each, f"{other.name}: here I am")

    @teaches(
        NAMES,
        "Two names that look alike to people are two names to your server: Alice and ALICE.",
        "Would you tell ALICE from Alice, in a hurry?",
        "Compare names without their case. That holds for all letters, and not only for a to z.",
        "In Python: name.casefold() is what to look for, and what to keep.",
    )
    @pytest.mark.parametrize("name", ["Alice", "Ünal", "Ольга"], ids=CASES)
    def test_names_that_differ_in_case_are_one_name(self, graded: Graded, name: str) -> None:
        """In capitals, and in small letters."""
        holder = join(graded, name)
        for spelled in (holder.name.upper(), holder.name.lower()):
            other = graded.connect("Another")
            given = ask_for(graded, other, spelled)
            must_not_be_given(other, given, holder.name)

    @teaches(
        NAMES,
        "To look whether a name is free, and to take it, are two steps; somebody fell in between.",
        "What happens if two threads look at the same time?",
        "Both see that it is free. So looking and taking must be one step for all others.",
        "Do both while you hold one lock, and do not let go of it in between.",
        silence="Of 40 who came at once, somebody was not asked, or not answered.",
    )
    @pytest.mark.fresh_server
    def test_of_many_who_claim_a_name_at_once_one_gets_it(self, graded: Graded) -> None:
        """Forty ask for the same, five times."""
        for claim in range(5):
            people = [graded.connect(f"claimer {number}") for number in range(1, 41)]
            for each in people:
                is_asked(each)
            for each in people:  # one call each, and none waits for an answer
                each.socket.sendall(f"Queen{claim}\n".encode())
            graded.journal.add(f"all 40 ask to be called Queen{claim}, at once")
            answers = [answer_to_a_name(graded, each) for each in people]
            holders = answers.count(f"Queen{claim}")
            if holders != 1:
                said = f"One of the 40 should get the name Queen{claim}, and {holders} have got it"
                raise Verdict(MISMATCH, said)
            for each in people:
                each.close()

    @teaches(
        NAMES,
        "A name like this can be made to look like a line of the server's, or of somebody else's.",
        "What would the others see when they speak?",
        RULE + " Look at each of its characters.",
        *BOTH[1:],
        mismatch="The answer to such a name is one line that begins with '! ', and then the"
        " question again.",
        silence="There was no error, or the question for a name did not come again behind it.",
        end="The connection was ended. One mistake is no reason to: answer '! ...' and go on.",
    )
    @pytest.mark.parametrize(
        "names",
        [
            ["two words", *(f"a{sign}b" for sign in SIGNS)],
            ["_a", "-a", "1a"],
            ["/who", "*", "[10:00:00]", "!", "@Bob"],
            ["\U0001f642", "a\U0001f642"],
            ["x" * 21, "x" * 60, "я" * 21],
        ],
        ids=DECEIVING,
    )
    def test_a_name_that_could_deceive_is_refused(self, graded: Graded, names: list[str]) -> None:
        """With an error, and the question again."""
        for number, name in enumerate(names):
            if number % MOST_REFUSALS == 0:
                alice = graded.connect("Alice")
            given = ask_for(graded, alice, name)
            alice.must(not given, f"get an error, because '{name}' is not a valid name. {RULE}")

    @teaches(
        NAMES,
        "A control character in a name acts on the screens of all who read it.",
        "What does a terminal do with \\x1b[2J, and with \\r?",
        RULE + " A control character is none of these.",
        *BOTH[1:],
    )
    @pytest.mark.parametrize(
        "name", [f"a{control}b" for control in (*EACH_KIND, "\u200b")], ids=_which
    )
    def test_a_name_has_no_control_character(self, graded: Graded, name: str) -> None:
        """It is refused, or given without it; and the answer does not repeat it."""
        alice = graded.connect("Alice")
        is_asked(alice)
        alice.send(name)
        answer = alice.waits_for(r"!.*|\[.*", "an error, a line that begins with '! '")[0]
        given = re.fullmatch(rf"{TIME} \* Welcome, (.*?)!.*", answer, re.DOTALL)
        is_well = given is None or A_NAME.fullmatch(given[1]) is not None
        alice.must(
            is_well and not CONTROLS & set(answer), "get an error, or a name without that character"
        )

    @teaches(
        NAMES,
        "A name that is allowed was refused. People are called so, and they come to your server.",
        "Which letters does your server know? Those from a to z?",
        RULE + " Letters are those of all languages, and a character is not a byte.",
        "In Python: name[0].isalpha(), and len() of a str, not of bytes.",
    )
    @pytest.mark.parametrize(
        "name",
        ["Zoë", "小明", "Ünal", "Ольга", "Ann-Lee_", "X" * 20, "я" * 20, "𠮷" * 20],
        ids=[
            *("with an accent", "in Chinese", "with an umlaut", "in Cyrillic"),
            *("with a hyphen and an underscore", "with 20 letters", "with 20 letters in Cyrillic"),
            "with 20 characters that are rare",
        ],
    )
    def test_an_allowed_name_is_given(self, graded: Graded, name: str) -> None:
        """In any language, of up to 20 characters; and the others read it as it was sent."""
        bob, somebody = join(graded, "Bob"), graded.connect("Somebody")
        number = graded.name("")
        come_in(graded, somebody, name[: 20 - len(number)] + number)
        somebody.send("hello")
        hears(bob, f"{somebody.name}: hello")

    @teaches(
        NAMES,
        "After names that were refused your server is deaf, or remembers them.",
        *BOTH,
        "A loop around both: ask, read, and leave it only with a name that was given.",
        silence="After a refusal nothing more was answered: is there a loop around the question?",
        end="The connection was ended after a refusal. Up to five should do no harm.",
    )
    def test_after_five_refusals_a_good_name_is_given(self, graded: Graded) -> None:
        """And then all is as if it had been the first."""
        bob, alice = join(graded, "Bob"), graded.connect("Alice")
        for name in ("1", "a b", "/who", "x" * 21, "Bob:"):
            should = f"get an error, because '{name}' is not a valid name. {RULE}"
            alice.must(not ask_for(graded, alice, name), should)
        come_in(graded, alice, graded.name("Alice"))
        is_told(bob, f"{alice.name} joined")
        alice.send("at last")
        hears(bob, f"{alice.name}: at last")
        fence(bob, alice)
