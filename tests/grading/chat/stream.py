"""What all phases ask, of the stream and of the server, asked of those who have a name."""

import re

from tests.grading.chat.people import PROTOCOL, TIME, fence, hears, join
from tests.grading.stream_checks import Arrivals, StreamChecks, Talk, in_substance
from tests.grading.subject import Graded
from tests.grading.teaching import teaches
from tests.grading.text_checks import TextChecks


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


class PeopleArrive(Arrivals):
    """How people come in this phase: three at a time, and what Alice says, Bob hears."""

    def arrive(self, graded: Graded, which: str = "") -> Talk:
        """Alice speaks, Bob hears her, and Carol can speak when Alice has gone."""
        bob, carol, alice = (join(graded, name + which) for name in ("Bob", "Carol", "Alice"))
        return TalkWithNames(alice, bob, carol)


class Text(PeopleArrive, TextChecks):
    """The promises of the text in a line."""

    test_blanks_at_the_end_belong_to_the_line = None  # type: ignore[assignment]  # free here


class Stream(PeopleArrive, StreamChecks):
    """The promises that hold since phase 1, of those who have a name."""

    test_an_empty_line_is_a_line = None  # type: ignore[assignment]  # in this phase it is not

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
    def test_an_empty_line_is_not_said(self, talk: Talk) -> None:
        """Nor one of blanks alone; and they get no answer."""
        talk.speaker.send("one", "", "\r", " ", "    ", "two")
        talk.hears("one")
        talk.hears("two")
        fence(talk.hearer, talk.speaker)
