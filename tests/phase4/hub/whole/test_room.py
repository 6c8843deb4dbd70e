"""Several servers are one room: whatever one of them promises, they promise together."""

import re
import threading
from contextlib import ExitStack
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from shared.status import parse_snapshot
from tests.kit.chat import PROMPT, TIME, Person
from tests.kit.engines import EngineProcess
from tests.kit.harness import Peer, Program, wait_until
from tests.kit.hub import (
    HubChat,
    Servers,
    Talker,
    WrongClockChat,
    gather,
    join,
    talking,
    tells_one_story,
    together,
)

MANY = 200


def ping(person: Person, text: str = "now") -> None:
    """Wait until all that they said has come back."""
    person.send(f"/ping {text}")
    person.skip_to(rf"{TIME} \* Pong {text}")


def test_all_read_the_same_in_one_order_while_several_speak_at_each_server(
    servers: Servers,
) -> None:
    one, two, three = servers.start_several("one", "two", "three")
    talkers = [Talker(one, "ann"), Talker(one, "amy"), Talker(two, "bob"), Talker(two, "ben")]
    talkers.append(Talker(three, "cat"))
    with talking(*talkers):
        for each in talkers:
            each.wait_for_more(100)
    tells_one_story([one, two, three], *talkers)


def test_what_one_says_at_one_server_is_read_at_the_other(two: list[HubChat]) -> None:
    ann, bob = together(two, "Ann", "Bob")
    with ann, bob:
        ann.send("hello")
        bob.hear("Ann: hello")
        bob.send("good day")
        ann.hear("Bob: good day")
        ping(bob)
        assert [each.messages()[-2:] for each in two] == [["Ann: hello", "Bob: good day"]] * 2


def test_nobody_hears_their_own_lines(two: list[HubChat]) -> None:
    ann, bob = together(two, "Ann", "Bob")
    with ann, bob:
        ann.send("one", "two", "three", "/ping mine")
        ann.hear("* Pong mine")


def test_a_ping_is_answered_once_all_that_was_said_before_can_be_read_by_all(
    two: list[HubChat],
) -> None:
    ann, bob = together(two, "Ann", "Bob")
    with ann, bob:
        for turn in range(20):
            ann.send(f"turn {turn}", f"/ping {turn}")
            ann.hear(f"* Pong {turn}")
            assert two[0].messages()[-1] == f"Ann: turn {turn}"
            bob.hear(f"Ann: turn {turn}")


def test_answers_come_in_the_order_in_which_one_has_asked(two: list[HubChat]) -> None:
    ann, bob = together(two, "Ann", "Bob")
    with ann, bob:
        for turn in range(20):
            ann.send(f"@Bob {turn}", "/pm Zoe x", "/topic", "@Bob again", "/who", "/nonsense")
            ann.hear(f"Ann -> Bob: {turn}")
            ann.refused("Nobody here is called Zoe.*")
            ann.expect(rf"{TIME} \* .*topic.*")
            ann.hear("Ann -> Bob: again")
            ann.hear("* 2 online: Ann, Bob")
            ann.refused("There is no command /nonsense.*")


def test_a_private_message_is_read_and_logged_at_both_its_ends_and_nowhere_else(
    servers: Servers,
) -> None:
    here, there, elsewhere = servers.start_several("here", "there", "elsewhere")
    ann, bob, cat = together([here, there, elsewhere], "Ann", "Bob", "Cat")
    with ann, bob, cat:
        ann.send("/pm Bob the password is x")
        ann.hear("Ann -> Bob: the password is x")
        bob.hear("Ann -> Bob: the password is x")
        bob.send("@Ann thanks")
        ann.hear("Bob -> Ann: thanks")
        bob.hear("Bob -> Ann: thanks")
        gather(ann, bob, cat)
        cat.fence()
        private = ["Ann -> Bob: the password is x", "Bob -> Ann: thanks"]
        assert here.privates() == there.privates() == private
        assert elsewhere.privates() == []
        for each in (here, there, elsewhere):
            assert not [line for line in each.messages() if "password" in line or "thanks" in line]


def test_a_private_message_at_one_server_is_in_its_log_alone(two: list[HubChat]) -> None:
    ann, bob, amy = together(two, "Ann", "Bob", "Amy")
    with ann, bob, amy:
        ann.send("/pm Amy between us")
        amy.hear("Ann -> Amy: between us")
        gather(amy, bob)
        assert two[0].privates() == ["Ann -> Amy: between us"]
        assert two[1].privates() == []


def test_whispering_to_oneself_is_shown_and_logged_once(two: list[HubChat]) -> None:
    (ann,) = together(two, "Ann")
    with ann:
        ann.send("/pm Ann note", "/ping after")
        ann.hear("Ann -> Ann: note")
        ann.hear("* Pong after")
        assert two[0].privates() == ["Ann -> Ann: note"]


def test_a_private_message_that_waited_does_not_go_to_whoever_has_taken_the_name_meanwhile(
    servers: Servers,
) -> None:
    one, two = servers.start("one"), servers.start("two", has_cable=True)
    ann, bob, cat = together([two, one, two], "Ann", "Bob", "Cat")
    with ann, bob, cat:
        servers.cables["two"].cut()
        ann.send("/pm Bob for Bob alone")
        bob.send("/quit")
        bob.read_bytes_until_end()
        with join(one, "Bob") as other:
            assert other.name == "Bob"
            servers.cables["two"].mend()
            ann.skip_to("! Nobody here is called Bob.*")
            ann.send("hello")
            other.hear("Ann: hello")


def test_a_private_message_to_nobody_is_refused_and_never_public(two: list[HubChat]) -> None:
    ann, bob = together(two, "Ann", "Bob")
    with ann, bob:
        ann.send("/pm Zoe secret", "@Zoe secret", "hello")
        ann.refused("Nobody here is called Zoe.*")
        ann.refused("Nobody here is called Zoe.*")
        bob.hear("Ann: hello")


def test_comings_and_goings_and_new_names_are_read_at_every_server(two: list[HubChat]) -> None:
    (ann,) = together(two, "Ann")
    with ann:
        with join(two[1], "Bob") as bob:
            ann.hear("* Bob joined")
            bob.send("/nick Rob")
            ann.hear("* Bob is now Rob")
            bob.hear("* Bob is now Rob")
            ann.send("/pm Rob hi")
            bob.hear("Ann -> Rob: hi")
            ann.hear("Ann -> Rob: hi")
        ann.hear("* Rob left")


def test_a_name_taken_at_one_server_is_taken_at_all(two: list[HubChat]) -> None:
    ann, bob = together(two, "Ann", "Bob")
    with ann, bob:
        bob.send("/nick ANN")
        bob.refused("The name Ann is taken.")
        bob.send("/nick \N{CYRILLIC SMALL LETTER A}\N{CYRILLIC SMALL LETTER TSE}")
        bob.expect(rf"{TIME} \* Bob is now .*")
        with join(two[1], "ann") as other:
            assert other.name != "ann"
            other.expect(rf"{TIME} \* The name ann is taken; you are {other.name}\.")


@pytest.mark.timeout(120)
def test_of_many_who_claim_one_name_or_what_looks_like_it_at_once_one_gets_it(
    servers: Servers,
) -> None:
    both = servers.start_several("one", "two")
    names = ["Bill", "bill", "Bi11", "BiII"]  # they look alike
    stack, people = ExitStack(), list[Person]()
    with stack:
        for at in range(MANY):
            person = stack.enter_context(Person(both[at % 2].host, both[at % 2].port))
            person.expect(PROMPT)
            people.append(person)
        starts = threading.Barrier(8)

        def claim(part: int) -> None:
            starts.wait()
            for at in range(part, MANY, 8):
                people[at].send(names[at // 2 % len(names)])

        threads = [threading.Thread(target=claim, args=(each,)) for each in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        for person in people:
            person.name = person.skip_to(rf"{TIME} \* Welcome, (\S+)! \d+ online\. .*", 60)[1]
        holders = [each.name for each in people if each.name in names]
        assert len(holders) == 1
        assert len({each.name.casefold() for each in people}) == MANY
        people[0].send("/who")
        people[0].skip_to(rf"{TIME} \* {MANY} online: .*")


def test_welcome_who_and_the_peak_count_the_whole_room(servers: Servers) -> None:
    both = servers.start_several("one", "two")
    with ExitStack() as stack:
        people = [stack.enter_context(each) for each in together(both, "Ann", "Bob", "Cat")]
        dan = stack.enter_context(Person(both[1].host, both[1].port))
        dan.expect(PROMPT)
        dan.send("Dan")
        dan.expect(rf"{TIME} \* Welcome, Dan! 4 online\. .*")
        for each in people:  # the other server may read of it a moment later
            each.skip_to(rf"{TIME} \* Dan joined")
        for each in [*people, dan]:
            each.send("/who")
            each.skip_to(rf"{TIME} \* 4 online: Ann, Bob, Cat, Dan")
        for server in both:
            with Peer(server.status_host, server.status_port) as reader:
                snapshot = parse_snapshot(reader.read_bytes_until_end())
            assert snapshot.people_peak == 4
        people[1].close()
        people[0].skip_to(rf"{TIME} \* Bob left")
        people[0].send("?list")
        people[0].skip_to(rf"{TIME} \* 3 online: Ann, Cat, Dan")


def test_last_words_before_a_quit_are_said_and_what_was_whispered_is_shown(
    two: list[HubChat],
) -> None:
    ann, bob = together(two, "Ann", "Bob")
    with ann, bob:
        ann.send("farewell", "/pm Bob write to me", "/quit")
        bob.hear("Ann: farewell")
        bob.hear("Ann -> Bob: write to me")
        bob.hear("* Ann left")
        ann.hear("Ann -> Bob: write to me")
        ann.expect_end()


def test_whoever_quits_hears_nothing_that_is_said_later(two: list[HubChat]) -> None:
    ann, bob = together(two, "Ann", "Bob")
    with ann, bob:
        for _ in range(10):
            bob.send(*["noise"] * 20)
        ann.send("/quit")
        bob.skip_to(rf"{TIME} \* Ann left")
        bob.send("secret", "/ping said")
        bob.hear("* Pong said")
        lines = ann.read_bytes_until_end().decode().splitlines()
        assert all(line.endswith("Bob: noise") for line in lines), lines


def test_a_name_is_free_for_anybody_once_its_holder_has_left(two: list[HubChat]) -> None:
    ann, bob = together(two, "Ann", "Bob")
    with ann, bob:
        ann.send("/quit")
        bob.hear("* Ann left")
        with join(two[1], "Ann") as another:
            assert another.name == "Ann"


def test_messages_have_the_same_numbers_everywhere(servers: Servers) -> None:
    both = [servers.start(each, "--history", "5") for each in ("one", "two")]
    ann, bob = together(both, "Ann", "Bob")
    with ann, bob:
        for each in (ann, bob):
            each.send("/ids on", "/ping ids")
            each.skip_to(rf"{TIME} \* Pong ids")
        for turn in range(3):
            ann.send(f"a{turn}")
            bob.skip_to(rf"\[\S+ #{2 * turn + 2}\] Ann: a{turn}")
            bob.send(f"b{turn}")
            ann.skip_to(rf"\[\S+ #{2 * turn + 3}\] Bob: b{turn}")
        answers = [_history(each) for each in (ann, bob)]
        assert answers[0] == answers[1]
        assert [int(found) for found in re.findall(r" #(\d+)\)", answers[0])] == [*range(1, 8)]
        with join(both[1], "Cat") as cat:
            cat.skip_to(r"\(.* #7\) Bob: b2")
            cat.send("just now", "/history 1")
            cat.skip_to(r"\(.* #8\) Cat: just now")


def _history(person: Person) -> str:
    person.send("/history", "/ping history")
    lines = list[str]()
    while not lines or "Pong history" not in lines[-1]:
        lines.append(person.read_line())
    return "\n".join(line for line in lines if line.startswith("("))


def test_a_servers_clock_that_is_wrong_by_a_day_changes_no_time_that_is_shown_or_logged(
    servers: Servers,
) -> None:
    one, two = servers.start("one"), servers.start("two", kind=WrongClockChat)
    ann, bob = together([one, two], "Ann", "Bob")
    with ann, bob:
        ann.send("hello")
        bob.hear("Ann: hello")
        bob.send("good day", "/ping said")
        bob.hear("* Pong said")
        ann.hear("Bob: good day")
        assert one.message_bytes() == two.message_bytes()
        times = [datetime.fromisoformat(line.split()[0]) for line in _lines_of(one, two)]
        assert max(times) - min(times) < timedelta(minutes=2)


def _lines_of(*servers: HubChat) -> list[str]:
    """All entries of these logs that have to do with the room."""
    logs = [each.logs / name for each in servers for name in ("messages.txt", "connections.txt")]
    lines = [line for each in logs for line in each.read_text().splitlines()]
    return [line for line in lines if "listens on" not in line]


def test_rooms_of_one_engine_know_nothing_of_each_other(
    tmp_path: Path, an_engine: EngineProcess
) -> None:
    with (
        Servers(tmp_path / "a", an_engine, "--hub-room", "a") as some,
        Servers(tmp_path / "b", an_engine, "--hub-room", "b") as others,
    ):
        (tmp_path / "a").mkdir()
        (tmp_path / "b").mkdir()
        ann, bob = join(some.start("one"), "Ann"), join(others.start("one"), "Ann")
        with ann, bob:
            assert ann.name == bob.name == "Ann"
            ann.send("hello")
            ping(ann)
            bob.send("/who")
            bob.hear("* 1 online: Ann")


def test_whoever_reads_too_slowly_is_cut_off_and_all_servers_are_told(servers: Servers) -> None:
    both = servers.start_several("one", "two")
    (ann,) = together(both, "Ann")
    with ann:
        slow = Person(both[1].host, both[1].port, receive_buffer_bytes=4096)
        slow.expect(PROMPT)
        slow.send("Slow")
        ann.hear("* Slow joined")
        with slow, join(both[0], "Loud") as loud:
            ann.hear("* Loud joined")
            letter = f"/pm Slow {'x' * 4000}"
            for _ in range(100):
                loud.send(*[letter] * 50)
                last = [loud.read_line() for _ in range(50)][-1]
                if last.startswith("!"):  # the server has room for some MB, and so has the kernel
                    break
            ann.hear("* Slow left (stopped reading)")


def test_a_server_that_stops_takes_its_people_along_and_the_others_read_left(
    servers: Servers,
) -> None:
    one, two = servers.start_several("one", "two")
    ann, bob = together([one, two], "Ann", "Bob")
    with ann, bob:
        bob.send("last words", "/ping said")
        bob.hear("* Pong said")
        two.interrupt()
        assert two.wait(4) == 0
        bob.skip_to(rf"{TIME} \* The server is stopping\.")
        bob.expect_end()
        ann.hear("Bob: last words")
        ann.hear("* Bob left")
        ann.send("/who")
        ann.hear("* 1 online: Ann")
        wait_until(lambda: "The server" in str(one.log("connections.txt")), "it is noted")
        with join(one, "Bob") as again:
            assert again.name == "Bob"


def test_a_server_that_would_log_where_another_does_is_refused_with_a_sentence(
    servers: Servers, an_engine: EngineProcess
) -> None:
    one = servers.start("one")
    options = ("--port", "0", "--status-port", "0", "--log-dir", str(one.logs))
    with Program("phase4.server", *options, "--hub", an_engine.url) as second:
        assert second.wait() == 2
        (sentence,) = second.rest_of_output()
        assert "another server that runs keeps its logs in" in sentence
        assert "--log-dir" in sentence
    servers.kill("one")
    with join(servers.start("one"), "Ann") as ann:  # the lock has ended with the process
        assert ann.name == "Ann"
