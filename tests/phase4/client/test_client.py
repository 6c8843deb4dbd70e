"""The client core: what it makes of a server's words, good and bad. No window, no terminal.

Most checks play the server themselves, line by line, because a real one would never say such
things; those at the end use the real one.
"""

import contextlib
import socket
import sys
import textwrap
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from phase4.client import (
    Connected,
    Disconnected,
    NameRefused,
    PeopleChanged,
    Received,
    Secured,
    SendError,
    SendQueueFull,
    Welcomed,
    dialing,
    dialogue,
    event_queue,
)
from phase4.client import client as core
from shared import message
from shared.defaults import MAX_LINE_BYTES, MAX_SERVER_LINE_BYTES, RUNAWAY_LINE_BYTES
from tests.kit.certificates import Authority
from tests.kit.chat import Chat
from tests.kit.harness import SECONDS, Program, free_port, wait_until
from tests.kit.scripted import (
    WELCOME,
    Client,
    Connect,
    ScriptedServer,
    Speaker,
    on_both_transports,
)

pytest_generate_tests = on_both_transports  # a promise is kept over TLS as well

# --- coming in ---------------------------------------------------------------------------------


def test_the_name_is_sent_when_the_server_asks_and_not_before(
    server: ScriptedServer, connect: Connect
) -> None:
    client = connect(server.port, "Ann")
    with server.accept() as speaker:
        speaker.send("[10:00:00] * Hello. Wait.")
        assert client.received() == message.Notice("10:00:00", "Hello. Wait.")
        assert not speaker.has_input(), "it spoke before it was asked"
        assert speaker.prompt() == "Ann"


def test_an_empty_name_asks_for_a_random_one(server: ScriptedServer, connect: Connect) -> None:
    client = connect(server.port, "")
    with server.accept() as speaker:
        assert speaker.prompt() == ""
        speaker.send(WELCOME)
        assert client.until(Welcomed).name == "Ann"
        assert client.name == "Ann"


def test_a_refused_name_comes_with_the_reason_and_another_one_can_be_given(
    server: ScriptedServer, connect: Connect, transport: Authority | None
) -> None:
    client = connect(server.port, "2 names")
    with server.accept() as speaker:
        assert speaker.prompt() == "2 names"
        speaker.send("! A name starts with a letter.", message.NICKNAME_PROMPT)
        assert client.next() == Connected()
        if transport is not None:
            assert isinstance(client.next(), Secured)
        assert client.next() == NameRefused("A name starts with a letter.")
        client.send_name("Ann")
        assert speaker.read_line() == "Ann"
        speaker.send(WELCOME)
        assert client.next() == Welcomed("Ann")


def test_a_name_cannot_smuggle_a_second_line(server: ScriptedServer, connect: Connect) -> None:
    connect(server.port, "Ann\n/pm Bob hi")
    with server.accept() as speaker:
        assert speaker.prompt() == "Ann\N{REPLACEMENT CHARACTER}/pm Bob hi"


def test_nothing_can_be_sent_before_the_person_is_in(
    server: ScriptedServer, connect: Connect
) -> None:
    client = connect(server.port)
    with pytest.raises(SendError, match="not in the conversation yet"):
        client.send("hello")
    with server.accept() as speaker:
        speaker.prompt()
        with pytest.raises(SendError, match="not in the conversation yet"):
            client.send("hello")
        speaker.send(WELCOME)
        client.until(Welcomed)
        client.send("now")
        speaker.expect("/who")
        speaker.expect("now")


# --- who is here -------------------------------------------------------------------------------


def test_people_are_kept_as_they_join_leave_and_rename(talk: tuple[Client, Speaker]) -> None:
    client, speaker = talk
    speaker.send("[10:00:01] * bob joined")
    client.until_people("Ann", "bob")
    speaker.send("[10:00:02] * Carl joined", "[10:00:02] * bob is now Zoe")
    client.until_people("Ann", "Carl", "Zoe")
    speaker.send("[10:00:03] * Carl left (connection lost)")
    client.until_people("Ann", "Zoe")


def test_an_own_new_name_is_a_welcome_under_it(talk: tuple[Client, Speaker]) -> None:
    client, speaker = talk
    speaker.send("[10:00:01] * Ann is now Anna")
    assert client.next() == Welcomed("Anna")
    assert client.name == "Anna"
    assert client.received() == message.Renamed("10:00:01", "Ann", "Anna")
    client.until_people("Anna")


def test_who_is_here_is_asked_without_showing_the_answer(
    server: ScriptedServer, connect: Connect
) -> None:
    client = connect(server.port)
    with server.accept() as speaker:
        speaker.prompt()
        speaker.send(WELCOME)
        client.until(Received)
        speaker.expect("/who")
        # A long list comes in several lines; addresses are not names; somebody joins meanwhile.
        speaker.send("[10:00:00] * 4 online: Ann, Bob (127.0.0.1),")
        speaker.send("[10:00:00] * Dora joined")
        speaker.send("[10:00:00] * 4 online: carl, Eve")
        client_events = [client.next() for _ in range(2)]
        while not any(
            isinstance(event, PeopleChanged) and len(event.names) > 4 for event in client_events
        ):
            client_events.append(client.next())
        assert client.people == ("Ann", "Bob", "carl", "Dora", "Eve")
        shown = [event.message for event in client_events if isinstance(event, Received)]
        assert shown == [message.Joined("10:00:00", "Dora")]


def test_the_answer_to_the_persons_own_who_is_shown(talk: tuple[Client, Speaker]) -> None:
    client, speaker = talk
    client.send("/who")
    speaker.expect("/who")
    speaker.send("[10:00:01] * 2 online: Ann, Bob")
    assert client.received() == message.Online("10:00:01", 2, ("Ann", "Bob"))
    client.until_people("Ann", "Bob")


def test_more_people_than_there_is_room_for_are_left_out_and_this_is_said_once(
    talk: tuple[Client, Speaker], monkeypatch: pytest.MonkeyPatch
) -> None:
    client, speaker = talk
    monkeypatch.setattr(dialogue, "MAX_PEOPLE", 3)
    speaker.send(*(f"[10:00:01] * P{number} joined" for number in range(9)), "[10:00:01] * end")
    texts = []
    while (shown := client.received()) != message.Notice("10:00:01", "end"):
        texts.append(message.format(shown))
    assert client.until(PeopleChanged).names == ("Ann", "P0", "P1")
    assert sum("left out" in text for text in texts) == 1


def test_a_list_of_people_that_nobody_has_read_is_not_followed_by_another(
    talk: tuple[Client, Speaker],
) -> None:
    """Else a list of 100,000 names for every line that changes it would fill the memory."""
    client, speaker = talk
    for number in range(20):
        speaker.send(f"[10:00:01] * P{number} joined")
        # Until it is processed, so that each comes alone: a list in between would be seen.
        wait_until(lambda wanted=number + 1: client.events.qsize() >= wanted, "an event")  # type: ignore[misc]
    unread = [client.events.get_nowait() for _ in range(client.events.qsize())]
    assert sum(isinstance(event, PeopleChanged) for event in unread) == 1
    assert len(client.until(PeopleChanged).names) == 21


# --- what a server may send --------------------------------------------------------------------


def test_control_characters_never_come_through(talk: tuple[Client, Speaker]) -> None:
    client, speaker = talk
    speaker.send("[10:00:01] Bob: \x1b[2J\x07red \u202eevil", "[10:00:01] * B\x9bob joined")
    bad = "\N{REPLACEMENT CHARACTER}"
    assert client.received() == message.Public("10:00:01", "Bob", f"{bad}[2J{bad}red {bad}evil")
    assert client.received() == message.Joined("10:00:01", f"B{bad}ob")


def test_lines_are_found_in_whatever_pieces_they_come(talk: tuple[Client, Speaker]) -> None:
    client, speaker = talk
    for byte in "[10:00:01] Zoë: né 🎉\r\n".encode():
        speaker.send_bytes(bytes([byte]))
    speaker.send("[10:00:01] Bob: one", "[10:00:01] Bob -> Ann: two")
    assert client.received() == message.Public("10:00:01", "Zoë", "né 🎉")
    assert client.received() == message.Public("10:00:01", "Bob", "one")
    assert client.received() == message.Private("10:00:01", "Bob", "Ann", "two")


def test_half_a_line_at_the_end_is_not_a_message(talk: tuple[Client, Speaker]) -> None:
    client, speaker = talk
    speaker.send_bytes(b"[10:00:01] Bob: sell everyth")
    speaker.close()
    assert client.next() == Disconnected(
        "The server closed the connection in the middle of a line."
    )


@pytest.mark.parametrize("line", [b"caf\xe9", b"x" * MAX_SERVER_LINE_BYTES])
def test_a_line_that_is_no_text_or_too_long_is_dropped_and_said(
    talk: tuple[Client, Speaker], line: bytes
) -> None:
    client, speaker = talk
    speaker.send_bytes(b"[10:00:01] Bob: " + line + b"\n[10:00:02] Bob: next\n")
    dropped = client.received()
    assert isinstance(dropped, message.Notice)
    assert "dropped" in dropped.text
    assert client.received() == message.Public("10:00:02", "Bob", "next")


def test_a_line_without_end_ends_the_conversation(talk: tuple[Client, Speaker]) -> None:
    client, speaker = talk
    speaker.send_bytes(b"x" * RUNAWAY_LINE_BYTES)
    assert "without an end of line" in client.until(Disconnected).reason


@pytest.mark.parametrize("line", ["* 9999 online: A", "* Welcome, Ann! 9999 online. Hi"])
def test_a_number_without_end_is_no_fault_of_ours(talk: tuple[Client, Speaker], line: str) -> None:
    """Python refuses to make an integer of more than 4,300 digits."""
    client, speaker = talk
    speaker.send("[10:00:01] " + line.replace("9999", "9" * 5000), "[10:00:01] Bob: still there?")
    assert isinstance(client.received(), message.Notice)
    assert client.received() == message.Public("10:00:01", "Bob", "still there?")


@pytest.mark.parametrize(
    "answer", [b"HTTP/1.1 400 Bad Request\r\n\r\n", b"\xff\xfe\x00\n", b"220 mail ESMTP\r\n"]
)
def test_another_kind_of_server_is_recognised(
    server: ScriptedServer, connect: Connect, answer: bytes
) -> None:
    client = connect(server.port)
    with server.accept() as speaker:
        speaker.send_bytes(answer)
        assert "No phase 4 chat server" in client.until(Disconnected).reason


@pytest.mark.parametrize("asks_for_the_name", [False, True])
def test_a_server_that_says_nothing_is_given_up(
    server: ScriptedServer,
    connect: Connect,
    monkeypatch: pytest.MonkeyPatch,
    asks_for_the_name: bool,
) -> None:
    for module in (core, dialogue):  # the one says it, the other keeps it
        monkeypatch.setattr(module, "ANSWER_SECONDS", 0.2)
    client = connect(server.port)
    with server.accept() as speaker:
        if asks_for_the_name:
            speaker.prompt()
        assert "gave no answer within 0.2 seconds" in client.until(Disconnected).reason


def test_a_silent_conversation_is_not_given_up(
    talk: tuple[Client, Speaker],
) -> None:
    """Whoever is in may be silent for hours: the thread waits with no deadline at all."""
    client, _ = talk
    assert client._talk.due is None


def test_a_flood_waits_in_the_servers_buffers_and_nothing_is_lost(
    server: ScriptedServer, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(event_queue, "EVENT_QUEUE_SIZE", 100)
    client = connect(server.port)
    with server.accept() as speaker:
        speaker.let_in()
        client.until_people("Ann")
        speaker.socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 65536)
        data = b"".join(b"[10:00:01] Bob: %0200d\n" % number for number in range(50_000))
        flood = threading.Thread(target=speaker.send_bytes, args=(data,), daemon=True)
        flood.start()
        wait_until(client.events.full, "a full queue")
        for number in range(300):  # the flood fills one direction only
            client.send(f"I can still speak {number}")
            speaker.expect(f"I can still speak {number}")
        # Each time its thread looked up, and could have read: 300 times is the whole flood.
        assert client.events.qsize() == 100
        assert flood.is_alive(), "the server was never made to wait"
        for number in range(50_000):
            event = client.next()
            assert event == Received(message.Public("10:00:01", "Bob", f"{number:0200}"))
        flood.join(SECONDS)


def test_long_lines_wait_in_the_servers_buffers_as_well(
    server: ScriptedServer, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The queue is full by their length, long before it is by their number."""
    monkeypatch.setattr(event_queue, "MAX_QUEUED_CHARACTERS", 100_000)
    client = connect(server.port)
    with server.accept() as speaker:
        speaker.let_in()
        client.until_people("Ann")
        data = b"".join(b"[10:00:01] Bob: %010000d\n" % number for number in range(3000))
        flood = threading.Thread(target=speaker.send_bytes, args=(data,), daemon=True)
        flood.start()
        wait_until(lambda: client.events.qsize() >= 10, "a full queue")
        for number in range(50):  # each time its thread looks up, and could read on
            client.send(f"I can still speak {number}")
            speaker.expect(f"I can still speak {number}")
        assert client.events.qsize() < 20
        for number in range(3000):
            assert client.next() == Received(message.Public("10:00:01", "Bob", f"{number:010000}"))
        flood.join(SECONDS)


# --- sending -----------------------------------------------------------------------------------


def test_a_line_of_exactly_the_limit_is_sent_and_a_longer_one_is_refused(
    talk: tuple[Client, Speaker],
) -> None:
    client, speaker = talk
    with pytest.raises(SendError, match="4,096 bytes; 4,095 are allowed"):
        client.send("é" * (MAX_LINE_BYTES // 2))
    with pytest.raises(SendError, match="one line"):
        client.send("two\nlines")
    longest = "x" * (MAX_LINE_BYTES - 1)
    client.send(longest)
    assert speaker.read_line() == longest


def test_sending_to_a_server_that_does_not_read_never_waits_and_is_bounded(
    talk: tuple[Client, Speaker],
) -> None:
    client, speaker = talk
    line = "x" * 4000
    sent = 0
    with contextlib.suppress(SendQueueFull):
        for sent in range(100_000):  # 400 MB: more than any system's buffers
            client.send(f"{sent} {line}")
    assert 0 < sent < 99_999, "it was never full"
    for number in range(sent):  # all that was taken arrives
        assert speaker.read_line() == f"{number} {line}"


def test_after_the_end_sending_says_so(talk: tuple[Client, Speaker]) -> None:
    client, speaker = talk
    assert client.is_open
    speaker.close()
    client.until(Disconnected)
    assert not client.is_open
    with pytest.raises(SendError, match="has ended"):
        client.send("hello?")


# --- the end -----------------------------------------------------------------------------------


def test_the_servers_last_words_are_the_reason(server: ScriptedServer, connect: Connect) -> None:
    client = connect(server.port)
    with server.accept() as speaker:
        speaker.send("! The server is full; try again later.")
        speaker.close()
        assert client.until(Disconnected) == Disconnected(
            "The server closed the connection, saying: The server is full; try again later."
        )


def test_an_error_of_long_ago_is_not_the_reason(
    talk: tuple[Client, Speaker], monkeypatch: pytest.MonkeyPatch
) -> None:
    client, speaker = talk
    monkeypatch.setattr(dialogue, "LAST_WORDS_SECONDS", 0.0)
    speaker.send("! There is no command /foo.")
    assert client.received() == message.Error("There is no command /foo.")
    speaker.close()
    assert client.next() == Disconnected("The server closed the connection.")


def test_a_reset_is_a_lost_connection(talk: tuple[Client, Speaker]) -> None:
    client, speaker = talk
    speaker.reset()
    end = client.until(Disconnected)
    assert "lost" in end.reason
    assert not end.was_wished


def test_leaving_with_quit_is_a_wished_end(talk: tuple[Client, Speaker]) -> None:
    client, speaker = talk
    client.send("/quit")
    speaker.expect("/quit")
    speaker.close()
    assert client.until(Disconnected).was_wished


def test_close_lets_what_was_sent_leave_and_ends_with_the_last_event(
    talk: tuple[Client, Speaker],
) -> None:
    client, speaker = talk
    lines = [f"{number} " + "x" * 3000 for number in range(60)]
    for line in lines:
        client.send(line)
    closing = threading.Thread(target=client.close, args=(SECONDS,))
    closing.start()
    for line in lines:
        assert speaker.read_line() == line
    speaker.expect_end()  # our half is closed; it waits for the server's
    speaker.send("[10:00:09] Bob: bye")
    speaker.close()
    closing.join(SECONDS)
    assert client.received() == message.Public("10:00:09", "Bob", "bye")
    assert client.until(Disconnected) == Disconnected("You left the conversation.", was_wished=True)
    assert client.events.empty()
    client.close()  # again does no harm
    assert client.events.empty()
    with pytest.raises(SendError, match="has ended"):
        client.send("more")


def test_close_waits_for_no_server(talk: tuple[Client, Speaker]) -> None:
    """The one here does not read what is sent, and never stops talking."""
    client, speaker = talk
    stop = threading.Event()

    def babble() -> None:
        with contextlib.suppress(OSError):
            while not stop.is_set():
                speaker.send("[10:00:01] Bob: and another thing")

    talker = threading.Thread(target=babble)
    talker.start()
    with contextlib.suppress(SendQueueFull):
        while True:
            client.send("x" * 4000)
    client.close(0.2)
    client.expect_end()
    stop.set()
    talker.join(SECONDS)
    while not isinstance(event := client.next(), Disconnected):
        pass
    assert event.was_wished


def test_close_waits_for_no_reader_of_events(
    server: ScriptedServer, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(event_queue, "EVENT_QUEUE_SIZE", 10)
    client = connect(server.port)
    with server.accept() as speaker:
        speaker.let_in()
        speaker.send(*(f"[10:00:01] Bob: {number}" for number in range(100)))
        wait_until(client.events.full, "a full queue")
        client.close(0.2)
        client.expect_end()
        client.until(Disconnected)
        assert client.events.empty()


def test_an_end_that_finds_the_queue_full_waits_for_room(
    server: ScriptedServer, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(event_queue, "EVENT_QUEUE_SIZE", 10)
    client = connect(server.port)
    with server.accept() as speaker:
        speaker.let_in()
        speaker.send(*(f"[10:00:01] Bob: {number}" for number in range(100)))
        speaker.half_close()
        wait_until(client.events.full, "a full queue")
        shown = [client.received() for _ in range(101)]  # with the Welcome
        assert shown[-1] == message.Public("10:00:01", "Bob", "99")
        assert isinstance(client.next(), PeopleChanged | Disconnected)


def test_close_before_start_is_possible() -> None:
    Client("127.0.0.1", 1).close()


# --- no connection -----------------------------------------------------------------------------


def test_a_closed_port_is_a_sentence(connect: Connect) -> None:
    port = free_port()
    end = connect(port).next()
    assert isinstance(end, Disconnected)
    assert f"No server listens on 127.0.0.1 port {port}." in end.reason


@pytest.mark.parametrize(
    ("host", "port", "reason"),
    [
        ("chat..example", 1, "There is no host 'chat..example'"),
        ("127.0.0.1", 0, "0 is not a valid port"),
        ("127.0.0.1", 70000, "70000 is not a valid port"),
    ],
)
def test_a_wrong_address_is_a_sentence(connect: Connect, host: str, port: int, reason: str) -> None:
    end = connect(port, host=host).next()
    assert isinstance(end, Disconnected)
    assert reason in end.reason


@pytest.mark.parametrize(
    ("code", "reason"),
    [(socket.EAI_NONAME, "There is no host"), (socket.EAI_AGAIN, "does the network work?")],
)
def test_a_name_that_cannot_be_looked_up_is_a_sentence(
    connect: Connect, monkeypatch: pytest.MonkeyPatch, code: int, reason: str
) -> None:
    """The answer of the name service is played: a check asks no network for anything."""

    def getaddrinfo(*_: object, **__: object) -> None:
        raise socket.gaierror(code, "played")

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    end = connect(1, host="chat.example").next()
    assert isinstance(end, Disconnected)
    assert reason in end.reason


@pytest.fixture
def deaf_port() -> Iterator[int]:
    """A port whose queue is full: whoever connects to it waits for an answer in vain."""
    if sys.platform != "linux":
        pytest.skip("only Linux leaves a connection unanswered when the queue is full")
    with contextlib.ExitStack() as stack:
        listener = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=0))
        port: int = listener.getsockname()[1]
        stack.enter_context(socket.create_connection(("127.0.0.1", port)))
        yield port


def test_a_host_that_does_not_answer_is_a_sentence(
    connect: Connect, deaf_port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dialing, "CONNECT_SECONDS", 0.2)
    end = connect(deaf_port).next()
    assert isinstance(end, Disconnected)
    assert "did not answer within 0.2 seconds" in end.reason


def test_close_gives_up_connecting(connect: Connect, deaf_port: int) -> None:
    client = connect(deaf_port)
    client.close(0.2)
    client.expect_end()
    assert client.next() == Disconnected("You left the conversation.", was_wished=True)


def test_close_gives_up_a_look_up_that_takes_long(
    connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing can interrupt getaddrinfo(); the last event comes all the same, and only once."""
    answer = threading.Event()

    def getaddrinfo(*_: object, **__: object) -> list[object]:
        assert answer.wait(SECONDS)
        return []

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    client = connect(1, host="slow.example")
    client.close(0.0)
    assert client.next() == Disconnected("You left the conversation.", was_wished=True)
    answer.set()
    client._thread.join(SECONDS)
    assert client.events.empty()


def test_the_next_address_of_a_host_is_tried(
    server: ScriptedServer, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As where a name has an IPv6 address, and the server listens on IPv4 only."""
    addresses = [
        (socket.AF_INET, socket.SOCK_STREAM, 0, "", ("127.0.0.1", port))
        for port in (free_port(), server.port)
    ]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: addresses)
    client = connect(server.port, host="both.example")
    with server.accept() as speaker:
        assert speaker.prompt() == "Ann"
        assert client.next() == Connected()


# --- with the real server ----------------------------------------------------------------------


def test_two_people_talk(chat: Chat, connect: Connect) -> None:
    ann = connect(chat.port, "Ann")
    ann.until_people("Ann")
    bob = connect(chat.port, "Bob")
    bob.until_people("Ann", "Bob")
    ann.until_people("Ann", "Bob")
    bob.send("hello")
    bob.send("/pm ann psst")
    heard = [ann.received(), ann.received()]
    assert [(type(each), getattr(each, "text", "")) for each in heard] == [
        (message.Public, "hello"),
        (message.Private, "psst"),
    ]
    bob.send("/nick Robert")
    ann.until_people("Ann", "Robert")
    assert bob.until(Welcomed).name == "Robert"
    bob.send("/quit")
    assert bob.until(Disconnected).was_wished
    ann.until_people("Ann")


def test_addresses_in_the_servers_list_are_not_taken_for_names(
    start: Callable[..., Chat], connect: Connect
) -> None:
    chat = start("--show-addresses")
    connect(chat.port, "Bob").until_people("Bob")
    connect(chat.port, "Ann").until_people("Ann", "Bob")


def test_a_thousand_names_come_in_several_lines(chat: Chat, connect: Connect) -> None:
    names = [f"N{number:03}_{'x' * 15}" for number in range(250)]  # two lines of 4,000 bytes
    with contextlib.ExitStack() as stack:
        for name in names:
            stack.enter_context(chat.join(name))
        connect(chat.port, "Ann").until_people("Ann", *names)


@pytest.mark.own_server
def test_a_stopping_server_ends_the_conversation(chat: Chat, connect: Connect) -> None:
    ann = connect(chat.port, "Ann")
    ann.until_people("Ann")
    chat.interrupt()
    end = ann.until(Disconnected)
    assert not end.was_wished
    assert "The server closed the connection" in end.reason


def test_a_full_server_says_so(start: Callable[..., Chat], connect: Connect) -> None:
    chat = start("--max-clients", "1")
    connect(chat.port, "Ann").until_people("Ann")
    assert "The server is full" in connect(chat.port, "Bob").until(Disconnected).reason


@pytest.mark.own_server
def test_the_echo_bot_of_the_docstring_echoes(chat: Chat, tmp_path: Path) -> None:
    assert core.__doc__
    start = core.__doc__.index("    from contextlib")
    end = core.__doc__.index("\n\n", core.__doc__.index("print(event.reason)"))
    bot = textwrap.dedent(core.__doc__[start:end]).replace("12345", str(chat.port))
    (tmp_path / "bot.py").write_text(bot)
    with chat.join("Ann") as ann, Program("bot", cwd=tmp_path) as program:
        ann.hear("* Echo joined")
        ann.send("/pm Echo hello?")
        ann.hear("Ann -> Echo: hello?")
        ann.hear("Echo -> Ann: hello?")
        ann.send("/pm Echo " + "x" * (MAX_LINE_BYTES - 10), "@Echo again")
        ann.skip_to(r".*Echo -> Ann: again")
        chat.interrupt()
        program.expect("The server closed the connection")
        assert program.wait() == 0
