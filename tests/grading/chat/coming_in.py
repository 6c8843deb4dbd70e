"""Coming in: the question, the name, the welcome, and what those without a name may not have."""

import re

import pytest

from tests.grading.chat.people import (
    A_NAME,
    PROTOCOL,
    TIME,
    all_before,
    answer_to_a_name,
    ask_for,
    hears,
    hears_nothing_before_the_welcome,
    is_asked,
    join,
    must_be_given,
    must_not_get,
    remember,
    strangers_in,
)
from tests.grading.people import Somebody
from tests.grading.subject import Graded
from tests.grading.teaching import teaches

NOT_UTF_8 = (
    "when it is Latin-1",
    "when it begins inside a character",
    "when a character is cut off",
)
NAMELESS = ("if nothing was said", "if the name was refused", "if the line had no end")
EMPTY = ("with nothing in it", "with a carriage return in it", "with blanks in it")


class ComingIn:
    """From the connection to the welcome."""

    @teaches(
        PROTOCOL,
        "Anyone who connects is asked for a name, and welcomed under the name that was given.",
        "What does your server send first, before it has read anything?",
        "'* Enter your nickname:' and a newline. Then read a line: that is the name.",
        "Then send '[14:03:05] * Welcome, Alice! 1 online.' with the time of now.",
        mismatch="The question begins with '* ', and the welcome is '[14:03:05] * Welcome, NAME!"
        " …', with the time of now and the name that was given.",
        silence="Nothing came: nothing was sent, or it waits in a buffer that nobody flushed, or a"
        " lock is taken twice by one thread (threading.Lock() waits for itself then, for ever).",
        unfinished="The question is a line, too: it ends with a newline.",
    )
    def test_a_newcomer_gives_a_name_and_is_welcomed(self, graded: Graded) -> None:
        """The question, a name, the welcome."""
        join(graded, "Alice")

    @teaches(
        PROTOCOL,
        "Somebody who says nothing keeps others from coming in: the name is asked for in the accept"
        " loop, or under a lock.",
        "What does your server wait for while a newcomer thinks about a name?",
        "The accept loop does nothing but accept, and hand the connection on.",
        "With threads: ask for the name in the thread of that connection.",
    )
    def test_a_silent_connection_keeps_nobody_out(self, graded: Graded) -> None:
        """Neither one that was asked, nor one that has not even read the question."""
        graded.connect("Silent")
        is_asked(graded.connect("Another"))
        join(graded, "Alice")


class BadBeginnings:
    """What is not a line, before somebody has a name."""

    def _still_comes_in(self, graded: Graded, alice: Somebody, bob: Somebody) -> None:
        """A good name is given, asked for or not, and all is well with the others."""
        name = graded.name("Alice")
        alice.send(name)
        given = answer_to_a_name(graded, alice)
        must_be_given(alice, given, name)
        alice.name = name
        alice.send("here I am")
        hears(bob, f"{alice.name}: here I am")

    @teaches(
        PROTOCOL,
        "A first line that is not UTF-8 is refused as any other line is, and the next line is a"
        " name.",
        "Where do you decode the name? Is it the same place as for all other lines?",
        "Whatever comes over a wire can be anything, from the first byte on.",
        "Read the name with what reads all other lines: answer '! ' and why, and read on.",
        end="The conversation ended: an exception in it, most likely, that nobody caught.",
        dead="An exception while it read the name, which nobody caught, ended your server.",
        mismatch="The answer is one line that begins with '! '; the next line is a name again.",
    )
    @pytest.mark.parametrize("line", [b"caf\xe9", b"\x80", b"Al\xc3"], ids=NOT_UTF_8)
    def test_a_name_that_is_not_utf_8_gets_an_error(self, graded: Graded, line: bytes) -> None:
        """The next line is a name again."""
        bob, alice = join(graded, "Bob"), graded.connect("Alice")
        is_asked(alice)
        alice.send_bytes(line + b"\n")
        alice.must(
            not answer_to_a_name(graded, alice), "get an error, because these bytes are not UTF-8"
        )
        self._still_comes_in(graded, alice, bob)

    @teaches(
        PROTOCOL,
        "A first line that is too long is refused as any other line is, and the next line is a"
        " name.",
        "How long may a name be? And the line that it comes in?",
        "The tail of a line that was refused is not another name.",
        "Read the name with what reads all other lines: answer '! ' and why, and read on.",
        end="The connection was ended. One mistake is no reason to: answer '! ...' and go on.",
        mismatch="The answer is one line that begins with '! '; the next line is a name again. Was"
        " the tail of the line taken for one?",
    )
    @pytest.mark.parametrize("size", [4096, 60_000], ids="when it has {:,} characters".format)
    def test_a_first_line_that_is_too_long_gets_one_error(self, graded: Graded, size: int) -> None:
        """The next line is a name again."""
        bob, alice = join(graded, "Bob"), graded.connect("Alice")
        is_asked(alice)
        alice.send("x" * size)
        alice.must(
            not answer_to_a_name(graded, alice), "get an error, because the line is too long"
        )
        self._still_comes_in(graded, alice, bob)

    @teaches(
        PROTOCOL,
        "Bytes without a newline are collected without end before there is a name.",
        "How large can the buffer of somebody become who never sends a newline?",
        "The bound of 64 KiB holds for the first line as well.",
        "When so many bytes have no newline: send '! ' and why, and end the connection.",
        reset="The connection was closed with bytes in it that nobody had read. Then the system"
        " sends a reset (RST), which can destroy what you had sent: first shutdown(SHUT_WR), then"
        " read on for a moment, then close() (RFC 2525, 2.17).",
    )
    def test_64_kib_without_a_newline_end_it_before_a_name_as_well(self, graded: Graded) -> None:
        """They are told why."""
        alice = graded.connect("Alice")
        is_asked(alice)
        alice.send_bytes(b"x" * 65536)
        alice.waits_for("! .*", "an error, a line that begins with '! '")
        alice.gets_end_after_anything()


class Newcomers:
    """How others learn of them, and what they hear from then on."""

    @teaches(
        PROTOCOL,
        "A name is a line, and lines are found in a stream: what one read gives may be a part of"
        " the name, or the name and what was said after it.",
        "What does your server do with what came behind the name, in the same piece?",
        "The name is the first line of the same stream; the lines after it are what is said.",
        "Read the name with what reads all other lines, and with the same buffer.",
        silence="What came in one piece with the name was lost: it was read for the name, and"
        " thrown away.",
        mismatch="What one read gave was taken for the name: a part of it, or more than it.",
    )
    def test_the_name_is_the_first_line_of_a_stream(self, graded: Graded) -> None:
        """It may come in pieces, end with both bytes, and in one segment with what is said."""
        bob = join(graded, "Bob")
        alice = graded.connect("Alice")
        name = graded.name("Alice")
        is_asked(alice)
        for byte in f"{name}\r\nhel".encode():
            alice.socket.sendall(bytes([byte]))
        graded.journal.add(f"Alice sends        {name}\\r\\nhel, a byte at a time")
        given = answer_to_a_name(graded, alice)
        must_be_given(alice, given, name)
        alice.send_bytes(b"lo\n")
        hears(bob, f"{name}: hello")
        carol = graded.connect("Carol")
        name = graded.name("Carol")
        is_asked(carol)
        carol.send(name, "hi")
        answer_to_a_name(graded, carol)
        hears(bob, f"{name}: hi")

    @teaches(
        PROTOCOL,
        "The others are told of each newcomer, once, and under the name that was given.",
        "When do the others learn that somebody has come?",
        "As soon as the name is given, and before the newcomer can say anything.",
        "'[14:03:05] * Alice joined', to all but Alice.",
        silence="Nobody was told that she came, or what she said did not reach the others.",
    )
    def test_all_others_are_told_once_who_has_come(self, graded: Graded) -> None:
        """Between the two, she has said nothing yet."""
        bob, carol = join(graded, "Bob"), join(graded, "Carol")
        alice = join(graded, "Alice")
        alice.send("hello")
        for each in (bob, carol):
            lines = all_before(each, f"{alice.name}: hello")
            told = [line for line in lines if re.match(rf"{TIME} \* {alice.name} joined", line)]
            should = f"get '[time] * {alice.name} joined' before what {alice.name} says"
            each.must(len(told) > 0, should)
            if not re.fullmatch(rf"{TIME} \* {alice.name} joined", told[0]):
                must_not_get(each, told[0], "nothing follows the word 'joined'")
            each.must(
                len(told) == 1, f"be told once that {alice.name} joined, not {len(told)} times"
            )

    @teaches(
        PROTOCOL,
        "Between the welcome and the moment from which a newcomer hears everything, something"
        " was said, and lost.",
        "What do you do first: send the welcome, or put the newcomer on the list?",
        "Both in one step for all others.",
        "Under one lock: put the welcome into the newcomer's queue, and the newcomer on the list.",
    )
    def test_from_the_welcome_on_a_newcomer_hears_everything(self, graded: Graded) -> None:
        """Twenty times: somebody speaks as soon as the welcome is there."""
        bob = join(graded, "Bob")
        for number in range(20):
            alice = join(graded, f"Newcomer{number}x")
            bob.send(f"hello, {number}")
            hears(alice, f"{bob.name}: hello, {number}")

    @teaches(
        PROTOCOL,
        "An empty line asks for any name that is free, and gets one.",
        "What can somebody do who cannot think of a name?",
        "Make one up, as Guest1, and look whether it is free, as with every other.",
        "Then all is as if they had asked for it: the welcome, 'joined', and what they say.",
        mismatch="An empty line, or one of blanks, is answered by a welcome under a name that is"
        " allowed; it was refused, or the name is none.",
    )
    @pytest.mark.parametrize("line", ["", "\r", "   "], ids=EMPTY)
    def test_an_empty_line_takes_a_free_name(self, graded: Graded, line: str) -> None:
        """Three who ask get three names, none of which is taken, and the others know them all."""
        bob = join(graded, "Bob")
        given: list[str] = []
        for who in ("Somebody", "Another", "A third one"):
            if len(given) == 2:
                given.append(_takes_the_name_after(graded, given[1]))
            somebody = graded.connect(who)
            name = ask_for(graded, somebody, line)
            should = f"get a name that is allowed, but gets {name or 'an error'}"
            somebody.must(bool(A_NAME.fullmatch(name)), should)
            somebody.must(name not in given, f"get a name that is free, but {name} is taken")
            given.append(name)
            somebody.send("hello")
            lines = all_before(bob, f"{name}: hello")
            told = any(re.fullmatch(rf"{TIME} \* {name} joined", each) for each in lines)
            bob.must(told, f"get '[time] * {name} joined' before what {name} says")


def _takes_the_name_after(graded: Graded, name: str) -> str:
    """Whoever counts, as guest1 and guest2, would give it next; now somebody has it."""
    stem, number = re.fullmatch(r"(.*?)(\d*)", name, re.DOTALL).groups()  # type: ignore[union-attr]
    after = f"{stem}{int(number or 0) + 1:0{len(number)}}"
    ask_for(graded, graded.connect(f"One called {after}"), after)
    return after


class WithoutAName:
    """Whoever has none is not here."""

    @teaches(
        PROTOCOL,
        "Somebody without a name hears what is said, or who comes and goes.",
        "To whom do you send what is said: to all connections, or to all who have a name?",
        "Put a connection on the list of those who hear only once it has a name.",
        "A name that was refused is not a name.",
        end="The connection was ended, and they only had not given a name yet.",
    )
    @pytest.mark.parametrize("refused", [False, True], ids=["at first", "after a refusal"])
    def test_whoever_has_no_name_hears_nothing(self, graded: Graded, refused: bool) -> None:
        """Neither what is said, also to no name, nor who comes, takes another name, or goes."""
        alice, bob = join(graded, "Alice"), join(graded, "Bob")
        nobody = graded.connect("Nobody")
        if refused:
            given = ask_for(graded, nobody, "1 is not a name")
            nobody.must(not given, f"get an error for that name, but gets the name {given}")
        is_asked(nobody)
        alice.send("who can hear this?")
        hears(bob, f"{alice.name}: who can hear this?")
        carol = join(graded, "Carol")
        eve = remember(graded, graded.name("Eve"))
        carol.send("hello", f"/nick {eve}", "@ psst", "/pm  psst", "/quit")
        carol.gets_end_after_anything()
        hears(bob, f"{carol.name}: hello")
        nobody.send(graded.name("Dora"))
        hears_nothing_before_the_welcome(nobody)

    @teaches(
        PROTOCOL,
        "Somebody without a name has come and gone, and the others were told of it.",
        "Who has to be told that a connection has ended, if it never had a name?",
        "Look whether there is a name before you tell anybody.",
        "In Python: if person.name: tell the others.",
        silence="The end of a connection without a name was not noticed.",
    )
    @pytest.mark.parametrize("words", [b"", b"1 is not a name\n", b"Ghost"], ids=NAMELESS)
    def test_whoever_never_had_a_name_is_not_announced(self, graded: Graded, words: bytes) -> None:
        """Nothing is said of them, nor of a name whose newline never came."""
        alice, bob = join(graded, "Alice"), join(graded, "Bob")
        ghost = graded.connect("Ghost")
        is_asked(ghost)
        ghost.send_bytes(words)
        ghost.half_close()
        ghost.gets_end_after_anything()
        alice.send("fence")
        for line in strangers_in(graded, all_before(bob, f"{alice.name}: fence")):
            must_not_get(bob, line, "whoever has come and gone had no name")
