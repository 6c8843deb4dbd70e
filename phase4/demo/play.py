"""The play of the demonstration, scene by scene: who says what, and what must come of it.

Run it: python -m phase4.demo

Alice, Carol and Eve are connected to the server, Bob and Dan to the relay. A scene waits until all
have heard what they should before it goes on. So the play is a check as well: what does not come
true is a Surprise, which ends it.
"""

import random
import time
from collections.abc import Callable, Iterator

from phase4.demo.people import Curtain, Person, Stage, Surprise
from shared.address import Address
from shared.deadline import Deadline
from shared.message import Error, Left, Notice, Online, Public, Renamed

TOO_LONG_BYTES = 5000  # the server takes 4,096
PASTED_LINES = 25  # at once: the server takes ten, and then five a second
PASTED_BYTES = 4000
MAX_PASTES = 60  # 6 MB, more than systems keep for a person who does not read
SLOWED_SECONDS = 0.1  # without a limit, what is pasted is taken in a twentieth of that

EXPECTED = (
    "came in",
    "a taken name",
    "in private",
    "mistyped",
    "too long",
    "slowed down",
    "cut off",
    "left and back",
)
"""What a round shows, in this order. Play.facts says of each how it went."""

TALK = (
    ("Who has read phase 3?", "I have. One who stops reading freezes everybody."),
    ("And how does phase 4 do it?", "An outbox for each of us, and one thread that writes."),
    ("Coffee?", "In five minutes.", "Bring me one, please."),
    ("Is TCP a stream of messages?", "Of bytes! The messages are ours: lines."),
    ("My recv() gave me half a line.", "It may. Collect until the newline comes.", "Thank you!"),
    ("Can you tell who uses the relay?", "No. Nor can the server: it sees the relay's address."),
    ("What is a FIN?", "'I have no more to say.' The other end may go on talking."),
    ("What does s do in the monitor?", "Try it."),
    ("Where are our words kept?", "In messages.txt. The private ones have a file of their own."),
)

WHISPERS = ("Shall we go for lunch?", "Your tests are green.", "I like your outbox.")


class Play:
    """Runs in one thread. The others may read its attributes when that has ended."""

    def __init__(
        self, stage: Stage, server: Address, relay: Address, *, talk_pause_seconds: float
    ) -> None:
        self.facts: dict[str, str] = {}  # what has come true, by the names in EXPECTED
        self.rounds = 0
        self.problem = ""  # the sentence of the Surprise
        self._stage = stage
        self._server = server
        self._relay = relay
        self._talk_pause_seconds = talk_pause_seconds
        self._small_talk = small_talk(stage.chance)
        self._company: tuple[Person, ...] = ()  # the three who stay: Alice, Bob and Carol

    def run(self, rounds: int | None) -> None:
        """Play so many rounds, None: until the curtain falls. A thread's outermost frame."""
        try:
            self._arrive()
            while rounds is None or self.rounds < rounds:
                self._play_round()
                self.rounds += 1
        except Curtain:
            pass
        except Surprise as surprise:
            self.problem = str(surprise)
        except Exception as error:  # noqa: BLE001 - a thread's outermost frame: it must be known
            self.problem = f"A fault in this program: {error!r}"
        finally:
            self._stage.close()

    def _play_round(self) -> None:
        self._stage.forget_all()
        dan = self._want_a_taken_name()
        self._talk_in_private()
        self._mistype()
        self._say_too_much()
        self._stop_reading(dan)
        self._leave_and_return()
        self._stage.story.scene("They talk on, until Dan leaves.")
        self._talk(seconds=6.0)
        self._stage.leave(dan, "exit")
        self._stage.story.is_brief = True

    # --- the scenes ------------------------------------------------------------------------------

    def _arrive(self) -> None:
        stage = self._stage
        stage.story.scene("Three people come in. They see each other come, and talk.")
        alice = stage.enter("Alice", self._server)
        stage.pause(0.8)
        bob = stage.enter("Bob", self._relay)
        stage.say(bob, "Good morning, Alice! I come through the relay.")
        stage.pause(0.8)
        carol = stage.enter("Carol", self._server)
        stage.say(alice, "Hello Bob, hello Carol!")
        stage.pause(0.8)
        self._company = (alice, bob, carol)
        how = "Alice and Carol to the server, Bob through the relay"
        self._conclude("came in", how, f"{how}.")

    def _want_a_taken_name(self) -> Person:
        """Names are compared without case: ALICE is Alice's."""
        stage = self._stage
        stage.story.scene("Dan wants a name that is taken. Capitals make no difference.")
        dan = stage.enter("Dan", self._relay, asks_for="ALICE")
        how = f"Dan asked for ALICE, which is Alice's; the server let him in as {dan.name}"
        stage.pause(1.0)
        if dan.name != "Dan":
            renamed = stage.ask(dan, "/nick Dan", Renamed)
            stage.until_all_hear(stage.others(dan), renamed)
            dan.name = renamed.new
            how += ", and he took Dan with /nick"
        stage.say(dan, "It is me, Dan.")
        stage.pause(0.8)
        self._conclude("a taken name", how, "A name belongs to the first who asks for it.")
        return dan

    def _talk_in_private(self) -> None:
        stage = self._stage
        stage.story.scene("Two of them talk in private, with /pm or @NAME.")
        alice, bob, _ = self._company
        stage.whisper(alice, bob, "Carol's birthday is tomorrow.")
        stage.pause(1.0)
        text = "I have a present for her."
        stage.whisper(bob, alice, text, f"@Alice: {text}")
        # What was said after it came next to all the others, so it was not on its way to them.
        stage.say(bob, "Is it not a lovely day?")
        stage.pause(0.8)
        how = "what Alice and Bob told each other reached nobody else"
        self._conclude("in private", how, "Carol and Dan have got none of it.")

    def _mistype(self) -> None:
        """A private message with a mistake in it must not become a public one."""
        stage = self._stage
        stage.story.scene("A private line that was mistyped must not become public.")
        alice, _, carol = self._company
        text = "I know what they are up to."
        stage.keep_secret(text)
        error = stage.ask(carol, f"/pmm Dan {text}", Error)
        stage.say(carol, "Oops.")  # comes next to everybody, so what is secret did not
        stage.pause(0.8)
        how = f"Carol's /pmm Dan ... reached nobody: {error.text}"
        self._conclude("mistyped", how, "What may be meant for one is never said to all.")
        stage.ask(alice, "/who", Online)
        stage.pause(0.8)

    def _say_too_much(self) -> None:
        stage = self._stage
        stage.story.scene("A line that is too long is refused. Nobody else hears of it.")
        _, bob, _ = self._company
        line = "blah " * (TOO_LONG_BYTES // 5)
        stage.keep_secret(line[:PASTED_BYTES])
        error = stage.ask(bob, line, Error)
        stage.say(bob, "That was too much, I see.")
        stage.pause(0.8)
        how = f"Bob's line of {TOO_LONG_BYTES:,} bytes: {error.text}"
        self._conclude("too long", how, "Bob alone was told, and goes on.")

    def _stop_reading(self, dan: Person) -> None:
        """Eve stops reading while Dan pastes; the server keeps it for her, up to a bound."""
        stage = self._stage
        stage.story.scene("Eve stops reading, and Dan pastes a log. Who has to wait for her?")
        eve = stage.enter("Eve", self._server, is_slow=True)
        stage.say(eve, "Dan, show us your log? I shall be away for a moment.")
        stage.pause(1.0)
        stage.stop_reading(eve)
        stopped = time.monotonic()
        for number in range(1, MAX_PASTES):
            self._paste(dan, number)
            self._talk(seconds=3.0, unless=lambda: self._cut_reason(eve))
            if self._cut_reason(eve):
                break
        stage.until(lambda: self._cut_reason(eve), "Eve, who does not read, should be cut off")
        seconds, reason = time.monotonic() - stopped, self._cut_reason(eve)
        stage.until_gone(eve, reason)
        stage.drop(eve)
        how = f"Eve ({reason}), after {seconds:.0f} s in which she took nothing"
        self._conclude("cut off", how, "Nobody. A client that takes nothing for 10 s is cut off.")

    def _cut_reason(self, person: Person) -> str:
        """Why the server says that it has disconnected somebody; "" as long as it has not."""
        heard = self._company[0].heard
        reasons = [
            each.reason for each in heard if isinstance(each, Left) and each.name == person.name
        ]
        return reasons[-1] if reasons else ""

    def _paste(self, dan: Person, number: int) -> None:
        """Dan sends many lines at once. All of them come, but no faster than he may speak."""
        stage = self._stage
        lines = [f"log {number}.{each} ".ljust(PASTED_BYTES, ".") for each in range(PASTED_LINES)]
        pong = Notice("", f"Pong {number}")  # the answer to his last line: all are taken then
        stage.paste(dan, lines, f"/ping {number}")
        began = time.monotonic()
        self._talk(seconds=60.0, unless=lambda: pong in dan.heard)
        stage.until(lambda: pong in dan.heard, "all that Dan pasted should be taken")
        seconds = time.monotonic() - began
        for line in lines:
            stage.until_all_hear(stage.others(dan), Public("", dan.name, line))
        if number == 1 and seconds > SLOWED_SECONDS:
            how = f"they were read over {seconds:.1f} s, and none was lost"
            all_at_once = f"Dan sent {PASTED_LINES} long lines at once; {how}"
            self._conclude("slowed down", all_at_once, f"Dan's lines: {how}.")

    def _leave_and_return(self) -> None:
        stage = self._stage
        stage.story.scene("Whoever left, or was cut off, may come back.")
        alice, bob, carol = self._company
        stage.say(alice, "Eve has stopped reading, and is gone.")
        stage.pause(1.0)
        eve = stage.enter("Eve", self._server)
        stage.say(eve, "Here I am again. What did I miss?")
        stage.pause(0.8)
        stage.leave(carol, "/quit")
        stage.say(bob, "Where does Carol go?")
        stage.pause(1.2)
        carol = stage.enter("Carol", self._server)
        stage.say(carol, "I had forgotten my umbrella.")
        stage.pause(0.8)
        self._company = (alice, bob, carol)
        stage.leave(eve, "/exit")
        how = "Eve, who had been cut off, and Carol, who had left with /quit"
        self._conclude("left and back", how, "Both have got their names again.")

    def _conclude(self, what: str, how: str, moral: str) -> None:
        """A promise was kept: how, for the summary, and for the story what that means."""
        self.facts[what] = how
        self._stage.story.concluded(moral)

    # --- small talk ------------------------------------------------------------------------------

    def _talk(self, seconds: float, unless: Callable[[], object] = lambda: False) -> None:
        """The three who stay chat for about so long, or until `unless` holds."""
        stage = self._stage
        end = Deadline(seconds / stage.speed)
        while not (unless() or end.has_passed):
            self._say_next()
            stage.pause(self._talk_pause_seconds, unless)

    def _say_next(self) -> None:
        """The next line of the small talk, which goes on where it was left."""
        stage = self._stage
        (speaker, other), text = next(self._small_talk)
        if text in WHISPERS:
            stage.whisper(self._company[speaker], self._company[other], text)
        else:
            stage.say(self._company[speaker], text)


def small_talk(chance: random.Random) -> Iterator[tuple[tuple[int, int], str]]:
    """Small talk without an end: the numbers of two of the three who stay, and a text.

    The first says the text; the second is the one whom a whisper is for.
    """
    while True:
        for topic in chance.sample(TALK, len(TALK)):
            one, two, three = chance.sample(range(3), 3)
            for number, text in enumerate(topic):
                yield ((one, two) if number % 2 == 0 else (two, one)), text
            if chance.random() < 0.5:
                yield (three, one), chance.choice(WHISPERS)
