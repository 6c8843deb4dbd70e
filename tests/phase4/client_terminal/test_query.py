"""`/query NAME`: all that is typed goes to one person, and never to everybody by mistake."""

import contextlib
import signal
from collections.abc import Callable, Iterator

import pytest
from prompt_toolkit.application import create_app_session
from prompt_toolkit.input import create_pipe_input
from prompt_toolkit.output import DummyOutput

from phase4.client import Client, Received
from phase4.client.pasting import UNSEEN
from phase4.client.presence import Presence, State
from phase4.client_terminal.backlog import without_excess
from phase4.client_terminal.conversation import TerminalClient
from phase4.client_terminal.query import Query
from shared import message
from tests.kit.chat import Chat, Person
from tests.kit.chat_terminal import HASTY, ChatTerminal, after_a_moment, pasted

PRIVATE = r"^Ann -> Bob \(private\)>"


@pytest.fixture
def bob(chat: Chat) -> Iterator[Person]:
    with chat.join("Bob") as person:
        yield person


@pytest.fixture
def ann(chat: Chat, bob: Person) -> Iterator[ChatTerminal]:
    """Ann, who talks to Bob alone."""
    with ChatTerminal("--port", str(chat.port), "--name", "Ann") as client:
        client.shows(r"\| 2 online: Ann, Bob")
        client.press("/query bob\r")
        client.shows(r"\* What you type goes to Bob alone, until /query\.$")
        client.shows(rf"{PRIVATE}$")
        client.shows("/query: to all again$")
        bob.skip_to(r"\[.*\] \* Ann joined")
        yield client


def nothing_was_said(chat: Chat, person: Person) -> None:
    """Prove it with a fence, to all and to one."""
    person.send("the fence")
    person.send(f"/pm {person.name} the fence")
    person.hear(f"{person.name} -> {person.name}: the fence")
    assert [line for line in chat.log("messages.txt") if "fence" not in line] == []


def test_what_is_typed_goes_to_that_person_and_after_query_to_everybody(
    chat: Chat, ann: ChatTerminal, bob: Person
) -> None:
    ann.press("psst\r//etc\r@@all\r")
    for text in ("psst", "/etc", "@all"):
        bob.hear(f"Ann -> Bob: {text}")
    ann.press(pasted("one\r/who\r  @Carl two\r/query"))
    ann.shows(r"^ Send 4 lines to Bob alone\? Enter: yes, Ctrl-C: no$")
    ann.press("\r")
    for text in ("one", "/who", f"{UNSEEN}  @Carl two", "/query"):
        bob.hear(f"Ann -> Bob: {text}")
    ann.press("/who\r")
    ann.shows(r"\* 2 online: Ann, Bob$")
    after_a_moment(ann)
    ann.press("/query\r")
    ann.shows(r"\* What you type goes to everybody again\.$")
    ann.shows("^Ann>$")
    ann.press("hello\r")
    bob.hear("Ann: hello")
    assert chat.log("messages.txt") == ["Ann: hello"]


def test_an_action_goes_to_whom_the_query_is_for_and_then_to_everybody(
    chat: Chat, ann: ChatTerminal, bob: Person
) -> None:
    ann.press("/me winks\r")
    bob.hear("Ann -> Bob: /me winks")
    ann.shows(r"Ann -> Bob \(private\) \* winks$")
    ann.press("/who\r")
    ann.shows(r"\* 2 online: Ann, Bob$")
    after_a_moment(ann)
    ann.press("/query\r")
    ann.shows("^Ann>$")
    ann.press("/me waves\r")
    bob.hear("Ann: /me waves")
    ann.shows(r":\d\d Ann \* waves$")
    bob.send("//me left")
    ann.shows(r":\d\d Bob \* left$")
    assert chat.log("messages.txt") == ["Ann: /me waves", "Bob: /me left"]


def test_a_private_line_to_another_is_his_also_from_a_query(
    chat: Chat, ann: ChatTerminal, bob: Person
) -> None:
    with chat.join("Carl") as carl:
        ann.shows("3 online")
        ann.press("@Carl one\r/pm Carl " + pasted("two\rthree"))
        ann.shows(r"^ Send 2 lines to Carl alone\?")
        ann.press("\r")
        for text in ("one", "two", "three"):
            carl.hear(f"Ann -> Carl: {text}")
        ann.press("/query carl four\r")
        carl.hear("Ann -> Carl: four")
        ann.shows(r"^Ann -> Carl \(private\)>$")
        bob.hear("* Carl joined")
        nothing_was_said(chat, bob)


def test_up_brings_back_what_was_said_to_one_for_that_one(
    chat: Chat, ann: ChatTerminal, bob: Person
) -> None:
    ann.press("a secret\r")
    bob.hear("Ann -> Bob: a secret")
    ann.press("half of one\x03")
    ann.press(pasted("two\rthree") + "\x03/query\r")
    ann.shows("^Ann>$")
    after_a_moment(ann)
    ann.press("\x1b[A\x1b[A\x1b[A")
    ann.shows("^Ann> /pm Bob half of one$")
    ann.press("\r")
    bob.hear("Ann -> Bob: half of one")
    ann.press("\x1b[A\x1b[A")
    ann.shows(r"^ Send 2 lines to Bob alone\?")
    ann.press("\r")
    bob.hear("Ann -> Bob: two")
    bob.hear("Ann -> Bob: three")
    nothing_was_said(chat, bob)


def test_a_name_that_nobody_has_is_said_and_changes_nothing(
    chat: Chat, ann: ChatTerminal, bob: Person
) -> None:
    ann.press("/query Bobb\r")
    ann.shows(r"^ ! Nobody here is called Bobb; see /who\.$")
    ann.shows(rf"{PRIVATE} /query Bobb$")
    ann.press("\x7f hi\r")
    bob.hear("Ann -> Bob: hi")
    ann.press("\x15/query Bob\x1b[200~\rsecret\x1b[201~\r")
    ann.shows(r"^ ! Write /query NAME, alone in its line\.$")
    nothing_was_said(chat, bob)


@pytest.mark.parametrize("typed", ["//query bob x", "\ufeff/query", "／query", "/ query"])
def test_what_only_looks_like_it_is_refused(chat: Chat, typed: str) -> None:
    with (
        chat.join("Bob") as bob,
        ChatTerminal("--port", str(chat.port), "--name", "Ann") as client,
    ):
        client.shows("2 online")
        client.press(f"{typed}\r")
        client.shows("^! .*|Nothing was sent")
        bob.hear("* Ann joined")
        nothing_was_said(chat, bob)


def test_the_query_goes_with_a_new_name(chat: Chat, ann: ChatTerminal, bob: Person) -> None:
    ann.press("half a sen")
    bob.send("/nick Robert")
    ann.shows(r"^Ann -> Robert \(private\)> half a sen$")
    with chat.join("Bob") as other:
        ann.shows("3 online")
        ann.press("tence\r")
        bob.skip_to(r"\[.*\] Ann -> Robert: half a sentence")
        nothing_was_said(chat, other)


def test_whoever_has_the_name_after_its_owner_left_is_not_told_unasked(
    chat: Chat, ann: ChatTerminal, bob: Person
) -> None:
    ann.press("a sec")
    bob.send("/quit")
    ann.shows(r"^Ann -> Bob \(private, not here\)> a sec$")
    with chat.join("Bob") as other:
        ann.shows(rf"{PRIVATE} a sec$")
        ann.press("ret\r")
        ann.shows(
            r"^ Send this to Bob\? Bob may be somebody else now\. y: send, any other key: no$"
        )
        ann.press("n")
        ann.shows(r"^ Send this to Bob\? Bob may be somebody else now\. Enter, then y: yes, Ctrl")
        nothing_was_said(chat, other)
        ann.press("\ry")
        other.hear("Ann -> Bob: a secret")
        ann.press("another\r")  # decided is decided
        other.hear("Ann -> Bob: another")


def test_what_cannot_be_delivered_is_refused_and_said_to_nobody(
    chat: Chat, ann: ChatTerminal, bob: Person
) -> None:
    with chat.join("Carl") as carl:
        bob.send("/quit")
        ann.shows(r"^Ann -> Bob \(private, not here\)>$")
        carl.hear("* Bob left")
        ann.press("a secret\ry")
        ann.shows(r"^! Nobody .*Bob|^! .*Bob.*not")
        ann.press("\x1b[A")
        ann.shows("> /pm Bob a secret$")
        nothing_was_said(chat, carl)


@pytest.mark.own_server
def test_after_a_lost_connection_the_query_is_there_and_asks_once(
    start: Callable[..., Chat],
) -> None:
    chat = start()
    with contextlib.ExitStack() as stack:
        bob = stack.enter_context(chat.join("Bob"))
        ann = stack.enter_context(
            ChatTerminal("--port", str(chat.port), "--name", "Ann", script=HASTY)
        )
        ann.shows(r"\| lag \d+ ms \| 2 online")
        ann.press("/query Bob\r")
        ann.shows(PRIVATE)
        chat.signal(signal.SIGKILL)
        ann.shows(r"^ Ann \| reconnecting")
        ann.press("half a sen")
        ann.shows(r"^Ann -> Bob \(private, not here\)> half a sen$")
        ann.signal(signal.SIGSTOP)  # it must not be back before Bob
        chat = start(port=chat.port)
        bob = stack.enter_context(chat.join("Bob"))
        ann.signal(signal.SIGCONT)
        ann.shows(rf"{PRIVATE} half a sen$")
        ann.press("tence\r")
        ann.shows(r"^ Send this to Bob\? .* y: send")
        ann.press("y")
        bob.skip_to(r"\[.*\] Ann -> Bob: half a sentence")
        nothing_was_said(chat, bob)


def test_where_a_paste_is_typed_its_query_makes_nothing_public(chat: Chat) -> None:
    with (
        chat.join("Bob") as bob,
        ChatTerminal("--port", str(chat.port), "--name", "Ann", TERM="linux") as ann,
    ):
        ann.shows("2 online: Ann, Bob")
        ann.press("/query Bob\rone\r/query\rtwo\r")
        ann.shows("^ It came right after a line for Bob alone|^ Send this line to everybody")
        bob.hear("* Ann joined")
        bob.hear("Ann -> Bob: one")
        nothing_was_said(chat, bob)


def test_help_tells_of_it_and_tab_offers_it(chat: Chat, ann: ChatTerminal, bob: Person) -> None:
    ann.press("/help\r")
    ann.shows(r"\* /query NAME: all that you type goes to this person alone; /query: to")
    ann.press("/query\r/que\tb\tpsst\r")
    ann.shows(rf"{PRIVATE}$")
    bob.hear("Ann -> Bob: psst")


@pytest.mark.parametrize(("columns", "prompt"), [(40, "^-> Bob .private.>"), (80, PRIVATE)])
def test_the_prompt_leaves_place_to_type(chat: Chat, columns: int, prompt: str) -> None:
    address = ("--port", str(chat.port), "--name", "Anastasia")
    with ChatTerminal(*address, columns=columns) as ann:
        ann.shows("1 onl")
        with chat.join("Bob"):
            ann.shows("Bob joined")  # the bar, which tells whom she knows, has no place for it
            ann.press("/query Bob\r")
            ann.shows(prompt.replace("Ann", "Anastasia"))


def test_what_is_not_known_for_certain_is_asked_about() -> None:
    def asks(*shown: message.Message) -> bool:
        query = Query()
        query.command("/query Bob", ["Ann", "Bob"])
        assert query.question(query.lines("hi")) is None
        for each in shown:
            query.heard(each)
        return query.question(query.lines("hi")) is not None

    now = "10:00:00"
    assert asks(message.Left(now, "Bob"))
    assert asks(message.Renamed(now, "Carl", "BOB"))
    assert not asks(message.Renamed(now, "Bob", "Robert"), message.Joined(now, "Bob"))
    assert asks(message.Renamed(now, "Bob", "Robert"), message.Left(now, "Robert"))
    assert not asks(message.Left(now, "Carl"))


def test_before_the_list_of_people_has_come_nobody_is_said_to_be_missing() -> None:
    query = Query()
    with pytest.raises(ValueError, match="not known yet"):
        query.command("/query Bob", ["Ann"], knows_people=False)
    assert query.command("/query ann", ["Ann"], knows_people=False) == ""
    with pytest.raises(ValueError, match="Nobody here is called Bob"):
        query.command("/query Bob", ["Ann"])


def test_a_name_is_as_doubtful_before_the_loss_is_shown() -> None:
    """The screen may be slow; what is typed then waits for the return, as it does later."""
    with (
        create_pipe_input() as keyboard,
        create_app_session(input=keyboard, output=DummyOutput()),
        contextlib.closing(Client("127.0.0.1", 1, "Ann", reconnect=True)) as core,
    ):
        client = TerminalClient("127.0.0.1", 1)
        client._client = client._out.client = core
        client._presence = Presence(State.IN, was_in=True)
        query = client._out.query
        query.command("/query Bob", ["Bob"])
        talk = vars(core)["_talk"]
        for line in (message.NICKNAME_PROMPT, "[10:00:00] * Welcome, Ann! 2 online. Hi."):
            if not talk.is_open:
                talk.connected()
            talk.receive(line)
        talk.lost()
        assert client._entered("a secret") == "a secret"
        assert client._line.is_asking
        assert core.unsent == ()


@pytest.mark.own_server
def test_where_lines_were_left_out_the_name_is_doubtful() -> None:
    """Among them may be one that says who left, or took another name."""
    with (
        create_pipe_input() as keyboard,
        create_app_session(input=keyboard, output=DummyOutput()),
        contextlib.closing(Client("127.0.0.1", 1, "Ann")) as core,
    ):
        client = TerminalClient("127.0.0.1", 1)
        client._client = client._out.client = core
        query = client._out.query
        query.command("/query Bob", ["Bob"])
        newest = (Received(message.Notice("10:00:00", "flood")) for _ in range(6000))
        batch = without_excess(newest, "Ann", "10:00:00")
        client._lines_of(batch[-1], block=None)
        assert query.question(query.lines("hi")) is None
        client._lines_of(batch[0], block=None)
        assert query.question(query.lines("hi")) is not None
