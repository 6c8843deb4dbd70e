"""The client core when the connection is lost: it comes back, and nothing typed is lost."""

import contextlib
import functools
import random
import signal
import threading
from collections.abc import Callable, Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from phase4.client import (
    Connected,
    ConnectionLost,
    Disconnected,
    NameRefused,
    PeopleChanged,
    SendError,
    SendQueueFull,
    Welcomed,
    send_queue,
    talk,
)
from phase4.client import client as core
from phase4.client.dialogue import TAKE_BACK_TRIES
from phase4.client.send_queue import UNCONFIRMED_LINES, SendQueue
from shared import message
from tests.kit.chat import Chat
from tests.kit.harness import SECONDS, free_port, wait_until
from tests.kit.scripted import (
    NOBODY_ELSE,
    WELCOME,
    Client,
    Connect,
    ScriptedServer,
    Speaker,
    on_both_transports,
)

pytest_generate_tests = on_both_transports  # a promise is kept over TLS as well

AGAIN = "Connected again."


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pauses of milliseconds, so that nobody waits for them."""
    monkeypatch.setattr(core, "FIRST_PAUSE_SECONDS", 0.001)
    monkeypatch.setattr(core, "LONGEST_PAUSE_SECONDS", 0.001)


@pytest.fixture
def asks_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whether a line has arrived is asked right after it."""
    monkeypatch.setattr(talk, "CONFIRM_SECONDS", 0.0)


@pytest.fixture
def never_asks(monkeypatch: pytest.MonkeyPatch) -> None:
    """The connection is lost before it comes to asking."""
    monkeypatch.setattr(talk, "CONFIRM_SECONDS", 3600.0)
    monkeypatch.setattr(talk, "SOON_SECONDS", 3600.0)
    monkeypatch.setattr(send_queue, "UNCONFIRMED_LINES", 1000)


@pytest.fixture
def ann(quick: None, server: ScriptedServer, connect: Connect) -> Client:
    """A client that comes back; it is about to connect for the first time."""
    return connect(server.port, reconnect=True)


@contextlib.contextmanager
def first_time(ann: Client, server: ScriptedServer) -> Iterator[Speaker]:
    """The server's end of the first connection, once Ann is in."""
    with server.accept() as speaker:
        speaker.let_in()
        ann.until_in()
        yield speaker


@contextlib.contextmanager
def second_time(ann: Client, server: ScriptedServer) -> Iterator[Speaker]:
    """The server's end of the next connection, after one that was lost."""
    with first_time(ann, server):
        pass
    with server.accept() as speaker:
        yield speaker


def notices(client: Client, until: str) -> list[str]:
    """The texts of the notices up to this one."""
    texts: list[str] = []
    while until not in texts:
        received = client.received()
        if isinstance(received, message.Notice):
            texts.append(received.text)
    return texts


@pytest.mark.usefixtures("never_asks")
def test_a_lost_connection_comes_back_under_the_same_name(
    ann: Client, server: ScriptedServer
) -> None:
    with first_time(ann, server) as speaker:
        speaker.reset()
    assert ann.until(PeopleChanged).names == ()
    assert "lost" in ann.until(ConnectionLost).reason
    with server.accept() as speaker:
        assert speaker.prompt() == "Ann"
        assert ann.next() == Connected()
        assert ann.is_away
        speaker.send(WELCOME, NOBODY_ELSE)
        assert notices(ann, AGAIN) == [AGAIN]
        ann.until_in()
        assert not ann.is_away


@pytest.mark.usefixtures("never_asks")
def test_what_is_typed_while_away_is_sent_once_in_order_and_only_when_in(
    ann: Client, server: ScriptedServer
) -> None:
    with first_time(ann, server):
        pass
    ann.until(ConnectionLost)
    for number in range(3):
        ann.send(f"typed while away {number}")
    with server.accept() as speaker:
        assert speaker.prompt() == "Ann"  # and not what was typed
        ann.send("typed while the name is being asked")
        speaker.send(WELCOME)
        speaker.expect("/who")
        for number in range(3):
            speaker.expect(f"typed while away {number}")
        speaker.expect("typed while the name is being asked")
        ann.send("fence")
        speaker.expect("fence")


@pytest.mark.usefixtures("never_asks")
def test_what_the_server_has_not_confirmed_is_sent_again_and_said(
    ann: Client, server: ScriptedServer
) -> None:
    with first_time(ann, server) as speaker:
        ann.send("one")
        ann.send("two")
        speaker.expect("one")  # read, but never answered: nobody can know
        speaker.expect("two")
    ann.until(ConnectionLost)
    ann.send("three")
    with server.accept() as speaker:
        speaker.let_in()
        for line in ("one", "two", "three"):
            speaker.expect(line)
        said = "2 lines that may not have arrived were sent again."
        assert notices(ann, said) == [AGAIN, said]


@pytest.mark.usefixtures("asks_at_once")
@pytest.mark.parametrize(
    "answer", ["[10:00:01] * Pong {}", "! There is no command /ping; /help lists them."]
)
def test_what_the_server_has_confirmed_is_not_sent_again(
    ann: Client, server: ScriptedServer, answer: str
) -> None:
    """Any answer will do, also of a server that knows no /ping; and it is not shown."""
    with first_time(ann, server) as speaker:
        first_question = speaker.expect("/ping (.*)")[1]
        assert ann.lag_seconds is not None  # the age of the question
        speaker.send(answer.format(first_question))
        ann.send("one")
        speaker.expect("one")
        question = speaker.expect("/ping (.*)")[1]
        assert question != first_question
        speaker.send(answer.format(question), "[10:00:02] Bob: after the answer")
        assert ann.received() == message.Public("10:00:02", "Bob", "after the answer")
        assert ann.lag_seconds is not None
    ann.until(ConnectionLost)
    ann.send("two")
    with server.accept() as speaker:
        speaker.let_in()
        speaker.expect("two")


@pytest.mark.usefixtures("never_asks")
def test_of_more_lines_than_are_kept_none_is_lost(ann: Client, server: ScriptedServer) -> None:
    """The system takes megabytes, and they die with it: so no more leaves than can come again."""
    with first_time(ann, server):
        for number in range(100):
            wait_until(functools.partial(is_taken, ann, f"{number} {'x' * 4000}"), "room")
    with server.accept() as speaker:
        speaker.let_in()
        for number in range(100):
            line = speaker.read_line()
            while line.startswith("/ping "):
                speaker.send(f"[10:00:01] * Pong {line.removeprefix('/ping ')}")
                line = speaker.read_line()
            assert line == f"{number} {'x' * 4000}"


def is_taken(client: Client, line: str) -> bool:
    """Send it, if there is room now."""
    with contextlib.suppress(SendQueueFull):
        client.send(line)
        return True
    return False


@pytest.mark.usefixtures("never_asks")
@pytest.mark.parametrize("way", ["close", "/quit"])
def test_who_leaves_leaves_after_all_that_was_said(
    ann: Client, server: ScriptedServer, way: str
) -> None:
    """Also where so much was said at once that a part of it still waits for an answer."""
    with first_time(ann, server) as speaker:
        lines = [f"{number} {'x' * 4000}" for number in range(100)]
        for line in lines[:60]:
            ann.send(line)
            speaker.expect(line)
        with ann._lock:  # all in one instant, before anything more is asked
            for line in lines[60:]:
                ann._talk.send(line)
            if way == "/quit":
                ann._talk.send("/quit")
        closing = threading.Thread(target=ann.close)
        if way == "close":
            closing.start()
        else:
            ann._wakeup.ring()
        heard: list[str] = []
        while len(heard) < 40:
            if (line := speaker.read_line()).startswith("/ping "):
                speaker.send(f"[10:00:01] * Pong {line.removeprefix('/ping ')}")
            else:
                heard.append(line)
        assert heard == lines[60:]
        if way == "/quit":
            speaker.expect("/quit")
        else:
            speaker.expect_end()
    if way == "close":
        closing.join(SECONDS)
    assert ann.until(Disconnected).was_wished
    assert ann.unsent == ()


@pytest.mark.usefixtures("never_asks")
def test_whether_what_was_sent_again_has_arrived_is_asked_at_once(
    ann: Client, server: ScriptedServer
) -> None:
    """Else a connection that breaks again and again would say everything again and again."""
    with first_time(ann, server) as speaker:
        ann.send("one")
        speaker.expect("one")
    with server.accept() as speaker:
        speaker.let_in()
        speaker.expect("one")
        speaker.send(f"[10:00:01] * Pong {speaker.expect('/ping (.*)')[1]}", "[10:00:02] Bob: hi")
        while ann.received() != message.Public("10:00:02", "Bob", "hi"):
            pass
    with server.accept() as speaker:
        speaker.let_in()
        ann.send("two")
        speaker.expect("two")


@pytest.mark.usefixtures("asks_at_once")
def test_an_error_that_names_ping_is_no_answer_of_a_server_that_knows_it(
    ann: Client, server: ScriptedServer
) -> None:
    """It is about what the person has typed: it is shown, and proves nothing."""
    with first_time(ann, server) as speaker:
        speaker.send(f"[10:00:01] * Pong {speaker.expect('/ping (.*)')[1]}")
        ann.send("/pm /ping hello")
        speaker.expect("/pm /ping hello")
        speaker.expect("/ping .*")
        speaker.send("! Nobody here is called /ping.")
        assert ann.received() == message.Error("Nobody here is called /ping.")
    with server.accept() as speaker:
        speaker.let_in()
        speaker.expect("/ping .*")
        speaker.expect("/pm /ping hello")


@pytest.mark.usefixtures("never_asks")
def test_a_pong_that_the_person_asked_for_is_shown(ann: Client, server: ScriptedServer) -> None:
    with first_time(ann, server) as speaker:
        ann.send("/ping hello")
        speaker.expect("/ping hello")
        speaker.send("[10:00:01] * Pong hello")
        assert ann.received() == message.Notice("10:00:01", "Pong hello")


@settings(deadline=None)  # a machine may be busy
@given(st.lists(st.sampled_from(["put", "go", "write", "ask", "answer", "lose"]), max_size=60))
def test_every_line_arrives_in_order_and_none_that_was_confirmed_comes_again(
    steps: list[str],
) -> None:
    """Whatever happens in whatever order; the server here reads what is written, and may die."""
    queue, server = SendQueue(keeps_sent=True), ReadingServer()
    put = 0
    rest = ["go", "write", "ask", "write", "answer"]
    for step in [*steps, "lose", *rest * (1 + len(steps) // UNCONFIRMED_LINES)]:
        match step:
            case "put":
                queue.put(f"{put}\n".encode())
                put += 1
            case "go":
                queue.let_go()
            case "write":
                server.read(bytes(queue.wire))
                queue.wire.clear()
            case "ask" if not server.question:
                server.question = "mark"
                queue.put_mark(b"?\n", "mark")
            case "answer" if server.may_answer:
                queue.confirm("mark")
                server.answer()
            case "lose":
                queue.rewind()
                server.restart()
    assert sorted(set(server.got)) == list(range(put))
    assert queue.unsent() == []


class ReadingServer:
    """What a server has read, over several lives."""

    def __init__(self) -> None:
        self.got: list[int] = []
        self.question = ""
        self.may_answer = False
        self._confirmed = -1
        self._last = self._asked_after = -1

    def read(self, data: bytes) -> None:
        """Take some lines, and check their order."""
        for line in data.decode().splitlines():
            if line == "?":
                self.may_answer = True
                self._asked_after = self._last
                continue
            assert int(line) == self._last + 1, "left out, twice, or again though confirmed"
            self._last = int(line)
            self.got.append(self._last)

    def answer(self) -> None:
        """Say that what came before the question has been read."""
        self._confirmed = self._asked_after
        self.question, self.may_answer = "", False

    def restart(self) -> None:
        """Forget the conversation, but for what was confirmed."""
        self._last = self._confirmed
        self.question, self.may_answer = "", False


# --- the name ----------------------------------------------------------------------------------


@pytest.mark.usefixtures("never_asks")
@pytest.mark.parametrize("freed_by", ["[10:00:01] * Ann left", "[10:00:01] * ANN is now Eve"])
def test_a_name_that_was_taken_meanwhile_is_taken_back_when_it_is_free(
    ann: Client, server: ScriptedServer, freed_by: str
) -> None:
    with second_time(ann, server) as speaker:
        assert speaker.prompt() == "Ann"
        speaker.send("[10:00:01] * Welcome, Zoe! 2 online. Ann is taken.")
        speaker.expect("/who")
        speaker.send("[10:00:01] * 2 online: Ann, Zoe", freed_by)
        speaker.expect("/nick Ann")
        speaker.send("[10:00:01] * Zoe is now Ann")
        assert [ann.until(Welcomed).name for _ in range(2)] == ["Zoe", "Ann"]
        speaker.send("[10:00:02] * Ann left")  # no more is asked for
        ann.send("fence")
        speaker.expect("fence")


@pytest.mark.usefixtures("never_asks")
def test_a_name_that_became_free_before_we_were_in_is_taken_back(
    ann: Client, server: ScriptedServer
) -> None:
    with second_time(ann, server) as speaker:
        speaker.prompt()
        speaker.send("[10:00:01] * Welcome, Zoe! 1 online. Hi.", "[10:00:01] * 1 online: Zoe")
        speaker.expect("/who")
        speaker.expect("/nick Ann")


@pytest.mark.usefixtures("never_asks")
def test_a_name_is_wanted_still_after_two_losses(ann: Client, server: ScriptedServer) -> None:
    with second_time(ann, server) as speaker:
        speaker.prompt()
        speaker.send("[10:00:01] * Welcome, Zoe! 2 online. Ann is taken.")
        ann.until(Welcomed)
    with server.accept() as speaker:
        assert speaker.prompt() == "Ann"


@pytest.mark.usefixtures("never_asks")
def test_who_chooses_another_name_keeps_that(ann: Client, server: ScriptedServer) -> None:
    with second_time(ann, server) as speaker:
        speaker.prompt()
        speaker.send("[10:00:01] * Welcome, Zoe! 2 online. Hi.", "[10:00:01] * 2 online: Ann, Zoe")
        speaker.expect("/who")
        speaker.send("[10:00:01] * Zoe is now Mia", "[10:00:01] * Ann left")
        while ann.until(Welcomed).name != "Mia":
            pass
        ann.send("fence")
        speaker.expect("fence")


@pytest.mark.usefixtures("never_asks")
def test_a_server_that_refuses_the_name_gets_others_and_then_the_person_is_asked(
    ann: Client, server: ScriptedServer
) -> None:
    with second_time(ann, server) as speaker:
        names = [speaker.prompt()]
        for _ in range(3):
            speaker.send("! This name is taken.")
            names.append(speaker.prompt())
        assert names == ["Ann", "Ann_", "Ann__", ""]
        speaker.send("! This name is taken.", message.NICKNAME_PROMPT)
        assert ann.until(NameRefused) == NameRefused("This name is taken.")
        ann.send_name("Mia")
        speaker.expect("Mia")


@pytest.mark.usefixtures("never_asks")
def test_a_server_that_frees_the_name_a_thousand_times_is_asked_a_few_times(
    ann: Client, server: ScriptedServer
) -> None:
    with second_time(ann, server) as speaker:
        speaker.prompt()
        speaker.send("[10:00:01] * Welcome, Zoe! 2 online. Hi.", "[10:00:01] * 2 online: Ann, Zoe")
        speaker.expect("/who")
        speaker.send(*["[10:00:01] * Ann left"] * 1000, "[10:00:02] Bob: all")
        while ann.received() != message.Public("10:00:02", "Bob", "all"):
            pass
        ann.send("fence")
        for _ in range(TAKE_BACK_TRIES):
            speaker.expect("/nick Ann")
        speaker.expect("fence")


# --- trying again ------------------------------------------------------------------------------


@pytest.mark.usefixtures("never_asks")
def test_pauses_grow_up_to_a_bound(
    server: ScriptedServer, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(core, "FIRST_PAUSE_SECONDS", 0.001)
    monkeypatch.setattr(core, "LONGEST_PAUSE_SECONDS", 0.004)
    monkeypatch.setattr(random, "uniform", lambda low, high: (low + high) / 2)
    ann = connect(server.port, reconnect=True)
    with first_time(ann, server):
        server.listener.close()
    assert [ann.until(ConnectionLost).seconds for _ in range(5)] == [
        0.001, 0.002, 0.004, 0.004, 0.004
    ]  # fmt: skip


@pytest.fixture
def away(
    never_asks: None, server: ScriptedServer, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> Client:
    """A client that has lost its connection, and waits an hour before it tries again."""
    monkeypatch.setattr(core, "FIRST_PAUSE_SECONDS", 3600.0)
    ann = connect(server.port, reconnect=True)
    with first_time(ann, server):
        pass
    ann.until(ConnectionLost)
    return ann


def test_the_pause_can_be_cut_short(away: Client, server: ScriptedServer) -> None:
    away.retry_now()
    with server.accept() as speaker:
        assert speaker.prompt() == "Ann"


def test_to_close_while_away_ends_at_once_and_says_what_was_not_sent(away: Client) -> None:
    away.send("hello?")
    away.send("/pm Bob lunch?")
    away.close(3600.0)  # the deadline is not what ends it
    assert away.next() == Disconnected("You left the conversation.", was_wished=True)
    assert away.unsent == ("hello?", "/pm Bob lunch?")
    assert not away.is_away


def test_to_quit_while_away_ends_at_once(away: Client) -> None:
    away.send("/quit")
    assert away.next() == Disconnected("You left the conversation.", was_wished=True)
    with pytest.raises(SendError, match="has ended"):
        away.send("more")


def test_what_is_typed_while_away_has_a_bound(away: Client) -> None:
    def type_too_much() -> None:
        for _ in range(1000):
            away.send("x" * 4000)

    with pytest.raises(SendQueueFull):
        type_too_much()


def test_a_client_that_nobody_looks_at_comes_back_all_the_same(
    away: Client, server: ScriptedServer
) -> None:
    """Nobody takes an event while it is away, nor after."""
    away.send("still typing")
    away.retry_now()
    with server.accept() as speaker:
        speaker.let_in()
        speaker.expect("still typing")


# --- when not to -------------------------------------------------------------------------------


def test_who_was_never_in_is_told_at_once(connect: Connect) -> None:
    end = connect(free_port(), reconnect=True).next()
    assert isinstance(end, Disconnected)
    assert "No server listens" in end.reason


@pytest.mark.usefixtures("never_asks")
def test_whom_the_operator_disconnects_stays_away(ann: Client, server: ScriptedServer) -> None:
    with first_time(ann, server) as speaker:
        speaker.send(f"! {message.DISCONNECTED_BY_OPERATOR}")
    end = ann.until(Disconnected)
    assert message.DISCONNECTED_BY_OPERATOR in end.reason
    assert not end.was_wished


@pytest.mark.usefixtures("never_asks")
def test_who_has_said_goodbye_stays_away(ann: Client, server: ScriptedServer) -> None:
    with first_time(ann, server) as speaker:
        ann.send("last words")
        ann.send("/quit")
        speaker.expect("last words")
        speaker.expect("/quit")
    assert ann.until(Disconnected).was_wished
    assert ann.unsent == ()  # the server's end is the answer to the goodbye


@pytest.mark.usefixtures("never_asks")
def test_a_goodbye_that_is_cut_short_is_no_reason_to_come_back(
    ann: Client, server: ScriptedServer
) -> None:
    with first_time(ann, server) as speaker:
        ann.send("last words")
        ann.send("/quit")
        speaker.reset()
    ann.until(Disconnected)
    assert ann.unsent[0] == "last words"


# --- with the real server ----------------------------------------------------------------------


def test_people_talk_through_the_servers_death(
    start: Callable[..., Chat], connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    chat = start()
    monkeypatch.setattr(core, "FIRST_PAUSE_SECONDS", 0.05)
    bob = connect(chat.port, "Bob", reconnect=True)
    monkeypatch.setattr(core, "FIRST_PAUSE_SECONDS", 3600.0)  # Ann will be told when
    ann = connect(chat.port, "Ann", reconnect=True)
    bob.until_people("Ann", "Bob")
    ann.until_people("Ann", "Bob")
    chat.signal(signal.SIGKILL)
    chat.wait()
    ann.until(ConnectionLost)
    ann.send("typed while it was dead")
    ann.send("/pm Bob and this")
    start(port=chat.port)
    bob.until(Welcomed)
    ann.retry_now()
    heard = [heard_from(bob, "Ann") for _ in range(2)]
    assert heard == ["typed while it was dead", "and this"]


def heard_from(client: Client, name: str) -> str:
    """The next text of this person's, public or private."""
    while True:
        match client.received():
            case message.Public(sender=sender, text=text) if sender == name:
                return text
            case message.Private(sender=sender, text=text) if sender == name:
                return text
