"""Commands: who is here, another name, help, and the ping that comes back."""

import re

import pytest

from tests.grading.chat.people import (
    NAMES,
    PROTOCOL,
    TIME,
    all_before,
    ask_for,
    fence,
    gets_notice,
    hears,
    hears_no_more,
    hears_that_left,
    is_asked,
    is_told,
    join,
    must_be_given,
    must_not_be_given,
    must_not_get,
    next_line,
    remember,
)
from tests.grading.chat.talking import must_be_between
from tests.grading.people import Somebody
from tests.grading.subject import Graded
from tests.grading.teaching import teaches
from tests.grading.zone import time_there

A_LIST = "'[time] * 2 online: Alice, Bob'"


def people_listed(somebody: Somebody, command: str = "/who") -> list[str]:
    """The names that the answer to /who lists, which must be as many as it says, each once."""
    somebody.send(command)
    found = gets_notice(somebody, r"(\d+) online: (.*)", A_LIST)
    listed = found[2]
    while listed.endswith(","):
        listed += " " + gets_notice(somebody, rf"{found[1]} online: (.*)", "the rest of it")[1]
    names = listed.split(", ")
    is_right = len(names) == int(found[1]) == len(set(names))
    somebody.must(
        is_right and "" not in names, "get a list of so many names as it says, and each once"
    )
    return names


def rename(graded: Graded, somebody: Somebody, hearer: Somebody, name: str) -> None:
    """Somebody takes another name, which is free, and the hearer is told."""
    remember(graded, name)
    somebody.send(f"/nick {name}")
    is_told(hearer, f"{somebody.name} is now {name}")
    somebody.name = name


class Who:
    """Who is here."""

    @teaches(
        PROTOCOL,
        "/who and ?list tell who is online.",
        "What is the answer, exactly?",
        "[14:03:05] * 2 online: Alice, Bob",
        "Copy the names while nobody can come or go (under the lock), and join them with ', '.",
        mismatch="The answer has another form, or the names are not those of the people here."
        " Whoever has no name is not counted.",
    )
    @pytest.mark.parametrize("command", ["/who", "?list"], ids="asked for by {}".format)
    def test_the_list_has_all_who_are_online(self, graded: Graded, command: str) -> None:
        """Everybody who has a name, once, and nobody else; and nobody else gets the answer."""
        bob, alice = join(graded, "Bob"), join(graded, "Alice")
        is_asked(graded.connect("Nobody"))
        names = people_listed(alice, command)
        alice.must(
            {alice.name, bob.name} <= set(names), f"find {alice.name} and {bob.name} on the list"
        )
        alice.send("fence")
        for line in all_before(bob, f"{alice.name}: fence"):
            if re.fullmatch(rf"{TIME} \* \d+ online: .*", line):
                must_not_get(bob, line, f"{alice.name} has asked, and nobody else")

    @teaches(
        PROTOCOL,
        "There was no place for forty people, or not all of them heard what was said.",
        "How many can be here at once? Where does that number stand?",
        "A class has thirty pupils, and a bound on people is none on connections.",
        "Let there be forty at least; whoever is here hears everything.",
        silence="Not all of the forty heard it: is there a list that has no place for more?",
        end="The connection was ended: is there a limit to how many can be here?",
        mismatch="Not all of them are on the list: where is it cut?",
    )
    def test_forty_people_are_here_at_once(self, graded: Graded) -> None:
        """All hear what one says, and all are listed."""
        people = [join(graded, f"Person{number}x") for number in range(40)]
        people[0].send("can you all hear me?")
        for each in people[1:]:
            hears(each, f"{people[0].name}: can you all hear me?")
        missing = {each.name for each in people} - set(people_listed(people[-1]))
        people[-1].must(not missing, f"find {', '.join(sorted(missing))} on the list as well")


class Renaming:
    """/nick: another name."""

    @teaches(
        PROTOCOL,
        "/nick gives another name, tells everybody, and the old name is free.",
        "What has to change when somebody changes their name?",
        "The set of names, the person, and what the others know: all three.",
        "In one step for all others (under the lock): take the new name, then free the old one.",
    )
    def test_nick_changes_the_name_and_frees_the_old_one(self, graded: Graded) -> None:
        """All others are told once, and first; what is said then has the new name."""
        alice, bob, carol = (join(graded, name) for name in ("Alice", "Bob", "Carol"))
        old, eve = alice.name, remember(graded, graded.name("Eve"))
        alice.send(f"/nick {eve}", "it is me")
        for each in (bob, carol):
            told = [
                line
                for line in all_before(each, f"{eve}: it is me")
                if re.match(rf"{TIME} \* (?:{old}|{eve}) (?:joined|left|is now)\b", line)
            ]
            should = f"get '[time] * {old} is now {eve}' before what {eve} says"
            each.must(len(told) > 0, should)
            if not re.fullmatch(rf"{TIME} \* {old} is now {eve}", told[0]):
                must_not_get(each, told[0], f"the line for this is '[time] * {old} is now {eve}'")
            each.must(
                len(told) == 1, f"be told once that {old} is now {eve}, not {len(told)} times"
            )
        again = graded.connect("Alice again")
        given = ask_for(graded, again, old)
        must_be_given(again, given, old)

    @teaches(
        PROTOCOL,
        "A new name is known in one place, and the old one in another.",
        "Where is a name kept? With the person, in the list of names, for private messages, for"
        " what is said when they leave?",
        "Each of these has to know the new name, and none of them the old one.",
        "Keep the name in one place, with the person, and find people by it.",
        silence="A private message to the new name did not arrive, or another name left.",
    )
    def test_after_nick_all_know_the_new_name(self, graded: Graded) -> None:
        """Private messages, the list, and the line that says who left."""
        bob, alice = join(graded, "Bob"), join(graded, "Alice")
        old, eve = alice.name, graded.name("Eve")
        rename(graded, alice, bob, eve)
        bob.send(f"/pm {eve.upper()} are you Eve?", f"/pm {old} are you Alice?")
        hears(alice, f"{bob.name} -> {eve}: are you Eve?")
        hears(bob, f"{bob.name} -> {eve}: are you Eve?")
        bob.gets_error()
        alice.send(f"/pm {bob.name} I am")
        hears(bob, f"{eve} -> {bob.name}: I am")
        names = people_listed(bob)
        bob.must(eve in names and old not in names, f"find {eve} on the list, and {old} no more")
        alice.leave()
        hears_that_left(bob, eve)

    @teaches(
        NAMES,
        "Somebody who has changed their name leaves, and with them goes the name that they had"
        " before, which is somebody else's now.",
        "Which name does your server free when somebody leaves?",
        "The one that they have at that moment, and no other.",
        "Free a name only if it is theirs.",
    )
    def test_an_old_name_is_not_taken_from_its_next_holder(self, graded: Graded) -> None:
        """It stays taken, and private messages find the next holder."""
        bob, first = join(graded, "Bob"), join(graded, "Alice")
        old = first.name
        rename(graded, first, bob, graded.name("Eve"))
        second = graded.connect(old)
        must_be_given(second, ask_for(graded, second, old), old)
        first.leave()
        hears_that_left(bob, first.name)
        third = graded.connect("A third one")
        must_not_be_given(third, ask_for(graded, third, old), old)
        bob.send(f"/pm {old} is it you?")
        hears(second, f"{bob.name} -> {old}: is it you?")

    @teaches(
        NAMES,
        "/nick gives a name that cannot be had, or the old one was lost when it was refused.",
        "Which checks does a name have to pass when somebody comes in? And here?",
        "The same. And the old name goes back only when the new one has been given.",
        "One function that gives somebody a name, or says why not, for both.",
        silence="No error came: was the name given? Or it came, and the old name was given back all"
        " the same: then nobody finds its holder any more.",
        end="The conversation was ended. One mistake is no reason to: answer '! ...' and go on.",
    )
    @pytest.mark.parametrize(
        "wanted",
        ["taken", "TAKEN", "1a", "a:b", "", "x" * 21, "a\x1b[2Jb"],
        ids=[
            "because it is taken",
            "because it is taken in other letters",
            "because it begins with a digit",
            "because it has a colon",
            "because it is empty",
            "because it is too long",
            "because it has an escape sequence",
        ],
    )
    def test_nick_keeps_the_name_where_the_new_one_cannot_be_had(
        self, graded: Graded, wanted: str
    ) -> None:
        """An error, nobody is told, and all is as before, for its holder as well."""
        alice, bob = join(graded, "Alice"), join(graded, "Ünal")
        name = {"taken": bob.name, "TAKEN": bob.name.upper()}.get(wanted, wanted)
        alice.send(f"/nick {name}".rstrip())
        alice.gets_error()
        alice.send("still me")
        for line in all_before(bob, f"{alice.name}: still me"):
            if " is now " in line:
                must_not_get(bob, line, f"{alice.name} was refused that name")
        bob.send(f"/pm {alice.name} I know")
        hears(alice, f"{bob.name} -> {alice.name}: I know")
        alice.send(f"/pm {bob.name} good")
        hears(bob, f"{bob.name} -> {alice.name}: I know")
        hears(bob, f"{alice.name} -> {bob.name}: good")

    @teaches(
        NAMES,
        "Somebody asked for the name that they have, and lost it.",
        "What happens if the new name and the old one are the same to your server?",
        "It is taken, by the one who asks; or it is taken first, and then freed as the old one.",
        "Look whether the two are the same (without their case) before you do anything.",
        silence="A private message to that name did not arrive, or she could not speak.",
        mismatch="The others were not told of the new spelling; or somebody else got the name.",
    )
    @pytest.mark.parametrize("how", ["capital", "the same"], ids="in {} letters".format)
    def test_nick_with_your_own_name_never_loses_it(self, graded: Graded, how: str) -> None:
        """They have it in the new spelling, or an error; it is theirs in any case."""
        bob, alice = join(graded, "Bob"), join(graded, "Alice")
        spelled = alice.name.upper() if how == "capital" else alice.name
        remember(graded, spelled)
        alice.send(f"/nick {spelled}", "hello")
        either = f"{alice.name}|{spelled}"
        told = []
        while not (
            said := re.fullmatch(
                rf"{TIME} ({either}): hello", line := next_line(bob, f"{spelled}: hello")
            )
        ):
            told.append(line[11:])
        is_told_of_it = said[1] == alice.name or f"* {alice.name} is now {spelled}" in told
        should = f"get '[time] * {alice.name} is now {spelled}' before what is said in that name"
        bob.must(is_told_of_it, should)
        bob.send(f"/pm {alice.name} still you?")
        bob.gets_like(rf"{TIME} {bob.name} -> ({either}): still you\?", "what Bob told Alice")
        other = graded.connect("Another")
        given = ask_for(graded, other, alice.name)
        must_not_be_given(other, given, alice.name)
        alice.leave()
        gets_notice(bob, rf"({either}) left\b.*", f"'[time] * {spelled} left'")

    @teaches(
        NAMES,
        "A name that was free could not be had with /nick, or only once.",
        "Which names does /nick refuse? Is there a list that only newcomers are looked up in?",
        "A name is free again when its holder takes another one, or leaves, for everybody.",
        "One function that gives somebody a name, or says why not, for newcomers and for /nick.",
        silence="Nobody was told of the new name: was it refused?",
    )
    def test_nick_gives_a_name_that_is_free_again(self, graded: Graded) -> None:
        """One that somebody has given up, or left behind; and one's own of before."""
        alice, bob, carol = (join(graded, name) for name in ("Alice", "Bob", "Carol"))
        first, second, third = alice.name, bob.name, carol.name
        rename(graded, alice, bob, graded.name("Eve"))
        rename(graded, alice, bob, first)
        rename(graded, bob, alice, graded.name("Mallory"))
        rename(graded, alice, bob, second)
        carol.leave()
        hears_that_left(alice, third)
        rename(graded, bob, alice, third)


class Helping:
    """/help and /ping."""

    @teaches(
        PROTOCOL,
        "/help tells its sender the commands, in notices that name /pm, /who, /nick and /quit.",
        "How does somebody learn what can be done here, who has only nc?",
        "'[14:03:05] * /who: who is online', a line for each command.",
        "A notice is '[time] * ' and any text.",
        mismatch="Each line is a notice, '[time] * ...', and together they name the commands.",
    )
    def test_help_names_the_commands(self, graded: Graded) -> None:
        """And nobody else gets it."""
        alice, bob = join(graded, "Alice"), join(graded, "Bob")
        alice.send("/help")
        missing = {"/pm", "/who", "/nick", "/quit"}
        while missing:
            some = "|".join(sorted(missing))
            found = gets_notice(alice, rf".*({some})\b.*", f"a notice that names {sorted(missing)}")
            missing -= {each for each in missing if each in found[0]}
        fence(alice, bob)

    @teaches(
        PROTOCOL,
        "/ping TEXT is answered with the text, when all that its sender sent before has been dealt"
        " with.",
        "What is the answer, exactly?",
        "[14:03:05] * Pong TEXT",
        "It goes the same way as all that its sender gets: after what came before it.",
        mismatch="The answer is '[time] * Pong ' and the text as it was sent, and it comes in its"
        " turn.",
    )
    def test_ping_is_answered_in_its_turn(self, graded: Graded) -> None:
        """After the answers to what was sent before it; and nobody else gets it."""
        alice, bob = join(graded, "Alice"), join(graded, "Bob")
        alice.send(f"@{bob.name} first", "/pm Nobody second", "/ping a  b: c", "/ping")
        hears(alice, f"{alice.name} -> {bob.name}: first")
        alice.gets_error()
        is_told(alice, "Pong a  b: c")
        is_told(alice, "Pong", " ?")
        hears(bob, f"{alice.name} -> {bob.name}: first")
        alice.send("fence")
        for line in all_before(bob, f"{alice.name}: fence"):
            if "Pong" in line:
                must_not_get(bob, line, f"{alice.name} has sent /ping, and nobody else")
        alice.send("/ping last", "/quit")
        is_told(alice, "Pong last")
        alice.gets_end_after_anything()

    @teaches(
        PROTOCOL,
        "What was wanted once comes twice: the welcome, the list of names, or a pong.",
        "How often does your server send each of its answers?",
        "A program that reads them counts: one answer for each question, in their order.",
        "Look for a line that is sent in two places, or in a loop.",
    )
    def test_each_answer_comes_once(self, graded: Graded) -> None:
        """The welcome, the list, the pong."""
        alice = join(graded, "Alice")
        hears_no_more(alice, f"Welcome, {alice.name}!.*")
        people_listed(alice)
        hears_no_more(alice, r"\d+ online: .*")
        alice.send("/ping once")
        is_told(alice, "Pong once")
        hears_no_more(alice, "Pong once")

    @teaches(
        PROTOCOL,
        "Lines of one kind have another time before them than lines of another kind.",
        "In how many places does your server write the time? Do all of them look at the clock?",
        "Each line has the time at which it was made, in the server's local time.",
        "One function gives the time for all lines.",
    )
    def test_lines_of_all_kinds_have_the_time_of_now(self, graded: Graded) -> None:
        """A private message, an answer, and what is told of others."""
        bob, asked_at = join(graded, "Bob"), time_there()
        alice, carol = join(graded, "Alice"), join(graded, "Carol")
        eve = remember(graded, graded.name("Eve"))
        for speaker, line, answer in (
            (bob, "", f"* {alice.name} joined"),
            (alice, f"@{bob.name} and now?", f"{alice.name} -> {bob.name}: and now?"),
            (bob, "/ping", "* Pong"),
            (carol, f"/nick {eve}", f"* {carol.name} is now {eve}"),
            (alice, "/quit", f"* {alice.name} left"),
        ):
            speaker.send(line)
            found = bob.waits_for(rf"\[(.*?)\] {re.escape(answer)}.*", f"'[time] {answer}'")
            must_be_between(bob, found[1], asked_at, time_there())
