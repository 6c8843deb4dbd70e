"""Commands: what each does, and that none of them, mistyped, becomes a public message."""

import contextlib
import doctest
import socket
from collections.abc import Callable
from contextlib import ExitStack

import pytest

from phase4.server import roster
from tests.kit.chat import TIME, Chat


@pytest.mark.parametrize(
    "line",
    ["/pm Bob hi there", "@Bob hi there", "@Bob: hi there", "@bob:hi there", "/PM bob hi there"],
)
def test_a_private_message_reaches_its_recipient_and_sender_alone(chat: Chat, line: str) -> None:
    with chat.join("Alice") as alice, chat.join("Bob") as bob, chat.join("Carol") as carol:
        alice.hear("* Bob joined")
        alice.hear("* Carol joined")
        bob.hear("* Carol joined")
        alice.send(line)
        alice.hear("Alice -> Bob: hi there")
        bob.hear("Alice -> Bob: hi there")
        carol.fence()
    assert chat.log("private_messages.txt") == ["Alice -> Bob: hi there"]
    assert chat.log("messages.txt") == []


def test_a_private_message_to_oneself_arrives_once(chat: Chat) -> None:
    with chat.join("Alice") as alice:
        alice.send("/pm alice note")
        alice.hear("Alice -> Alice: note")
        alice.fence()


@pytest.mark.parametrize("how", ["quit", "reset"])
def test_a_private_message_to_somebody_who_is_just_leaving_arrives_or_is_an_error(
    chat: Chat, how: str
) -> None:
    """One order also here: it arrived if they left after it, and is refused if they left before."""
    arrived = []
    with chat.join("Alice") as alice:
        for number in range(40):
            bob = chat.join("Bob")
            alice.hear("* Bob joined")
            alice.send_bytes(b"/pm Bob ")
            if how == "quit":
                bob.send("/quit")
            else:
                bob.reset()
            alice.send(f"psst {number}")
            first, second = (alice.read_line() for _ in range(2))
            if first.endswith(f"] Alice -> Bob: psst {number}"):
                assert "* Bob left" in second
                arrived.append(number)
            else:
                assert "* Bob left" in first
                assert second == "! Nobody here is called Bob."
            if how == "quit":
                heard = f"] Alice -> Bob: psst {number}" in bob.read_bytes_until_end().decode()
                assert heard == (number in arrived)
            bob.close()
    logged = [f"Alice -> Bob: psst {number}" for number in arrived]
    assert chat.log("private_messages.txt") == logged
    assert chat.log("messages.txt") == []


@pytest.mark.parametrize(
    "line",
    ["/pm", "/pm Bob", "/pm Nobody hi", "@", "@Bob", "@Nobody hi", "/pmm Bob hi", "/ pm Bob hi",
     "//pm Bob hi", "@ Bob hi", " /pmm Bob hi", "／pm Bob hi", "＠Bob hi",
     "/nick", "/nick two words", "/xyzzy"],
)  # fmt: skip
def test_a_mistake_is_an_error_for_its_sender_and_is_said_to_nobody(chat: Chat, line: str) -> None:
    with chat.join("Alice") as alice, chat.join("Bob") as bob:
        alice.hear("* Bob joined")
        alice.send(line)
        assert alice.refused()
        bob.fence()
        alice.send("still here")
        bob.hear("Alice: still here")


HIDDEN = ["\ufeff", "\u200b", "\u2060", "\u00ad", "\u202b", "\u034f", "\u3164", "\0", "\x1b[0m",
          "\x1b[200~", "x\b", "hello\r"]  # fmt: skip


def test_what_people_see_as_a_command_is_never_said(chat: Chat) -> None:
    """More of them are in tests/shared/test_request.py: here is that the server asks there."""
    with chat.join("Alice") as alice, chat.join("Bob") as bob:
        alice.hear("* Bob joined")
        lines = [before + line for before in HIDDEN for line in ("/pm Bob hi", "@Bob: hi")]
        for line in (
            *lines,
            "\u2044pm Bob hi",
            "\u2215pm Bob hi",
            "\u29f8pm Bob hi",
            "\\pm Bob hi",
        ):
            alice.send(line)
            assert alice.refused().endswith("Nothing was sent.")
        bob.fence()
    assert chat.log("messages.txt") == chat.log("private_messages.txt") == []


def test_a_line_that_begins_with_a_sign_can_be_said(chat: Chat) -> None:
    with chat.join("Alice") as alice, chat.join("Bob") as bob:
        alice.hear("* Bob joined")
        alice.send("/etc/hosts", "@property")
        assert "begin with //." in alice.refused()
        assert "write @@." in alice.refused()
        alice.send("//etc/hosts", "@@property")
        bob.hear("Alice: /etc/hosts")
        bob.hear("Alice: @property")
        alice.send("@Nobody hi")
        error = "Nobody here is called Nobody. To say a line that begins with @, write @@."
        assert alice.refused() == error
        alice.send("@@bob hi")  # meant for Bob, most likely
        assert "Nothing was sent" in alice.refused()
        bob.fence()


@pytest.mark.parametrize("line", ["/who", "?list", "/WHO", "  /who  "])
def test_who_lists_the_people_online(chat: Chat, line: str) -> None:
    with chat.join("bob") as bob, chat.join("Alice"), chat.join("Carol"):
        bob.hear("* Alice joined")
        bob.hear("* Carol joined")
        bob.send(line)
        bob.hear("* 3 online: Alice, bob, Carol")


@pytest.mark.parametrize(
    ("line", "answer"),
    [("/ping mark-1", "* Pong mark-1"), ("/PING", "* Pong"), ("/ping a\x1bb ", "* Pong a\ufffdb")],
)
def test_a_ping_is_answered_after_all_that_was_said_before(
    chat: Chat, line: str, answer: str
) -> None:
    with chat.join("Alice") as alice, chat.join("Bob") as bob:
        alice.hear("* Bob joined")
        alice.send("hello", line)
        alice.hear(answer)
        bob.hear("Alice: hello")
        bob.fence()  # and a ping is nobody else's business


def test_who_is_true_after_every_change(chat: Chat) -> None:
    """Its answer is kept for those who ask next, and must not be kept too long."""
    with chat.join("Alice") as alice:
        alice.send("/who")
        alice.hear("* 1 online: Alice")
        with chat.join("Bob") as bob:
            alice.hear("* Bob joined")
            alice.send("/who")
            alice.hear("* 2 online: Alice, Bob")
            bob.send("/nick Robert")
            alice.hear("* Bob is now Robert")
            alice.send("/who")
            alice.hear("* 2 online: Alice, Robert")
        alice.expect(rf"{TIME} \* Robert left.*")
        alice.send("/who")
        alice.hear("* 1 online: Alice")


@pytest.mark.parametrize("line", ["/quit", "/exit", "exit", "EXIT"])
def test_quit_ends_the_stream_and_is_announced(chat: Chat, line: str) -> None:
    with chat.join("Bob") as bob, chat.join("Alice") as alice:
        bob.hear("* Alice joined")
        alice.send(line)
        alice.expect_end()
        bob.hear("* Alice left")


@pytest.mark.parametrize("line", ["exit here", "?list them", "?", "mail alice@example.org"])
def test_a_sentence_that_begins_like_a_command_is_a_message(chat: Chat, line: str) -> None:
    with chat.join("Alice") as alice, chat.join("Bob") as bob:
        alice.send(line)
        bob.hear(f"Alice: {line}")


def test_help_names_every_command(chat: Chat) -> None:
    with chat.join("Alice") as alice:
        alice.send("/help", "/fence")
        lines = []
        while not (line := alice.read_line()).startswith("!"):
            lines.append(line)
    text = "\n".join(lines)
    assert all(
        each in text for each in ("/pm", "@NAME", "/who", "?list", "/nick", "/help", "/quit")
    )


def test_help_is_short_and_says_more_of_one_command(chat: Chat) -> None:
    with chat.join("Alice") as alice:
        alice.send("/help")
        lines = [alice.read_line() for _ in range(5)]
        alice.fence()
        assert "* To talk: /pm NAME TEXT, /who, " in lines[0]
        assert all(len(line) < 130 for line in lines)
        for command in ("search", "/Search"):
            alice.send(f"/help {command}")
            alice.expect(rf"{TIME} \* /search WORDS: .*")
        alice.send("/help me")
        alice.refused(r"There is no such command; /help lists them\.")


def test_nick_renames_and_tells_everybody(chat: Chat) -> None:
    with chat.join("Bob") as bob, chat.join("Alice") as alice:
        alice.send("/nick Robert")
        alice.hear("* Alice is now Robert")
        alice.send("it is me")
        bob.hear("* Alice joined")
        bob.hear("* Alice is now Robert")
        bob.hear("Robert: it is me")
        bob.send("/pm Robert hi")
        alice.hear("Bob -> Robert: hi")
        bob.hear("Bob -> Robert: hi")
        bob.send("/pm Alice hi")
        assert bob.refused() == "Nobody here is called Alice."


def test_addresses_are_neither_shown_nor_taken_unless_asked_for(chat: Chat) -> None:
    with chat.join("Alice") as alice:
        alice.send("/who")
        alice.hear("* 1 online: Alice")
        alice.send("/pm 127.0.0.1 hi")
        assert "Nobody" in alice.refused()


def test_with_show_addresses_who_shows_them_and_pm_takes_one(start: Callable[..., Chat]) -> None:
    chat = start("--flood-rate", "0", "--show-addresses")
    with chat.join("Alice") as alice:
        alice.send("/who")
        alice.hear("* 1 online: Alice (127.0.0.1)")
        alice.send("/pm 127.0.0.1 hi")
        alice.hear("Alice -> Alice: hi")
        with chat.join("Bob"):
            alice.hear("* Bob joined")
            alice.send("/pm 127.0.0.1 hi")
            assert "Alice, Bob" in alice.refused()


def test_an_address_of_very_many_people_is_an_error_of_bounded_length(
    start: Callable[..., Chat],
) -> None:
    chat = start("--flood-rate", "0", "--show-addresses")
    with ExitStack() as stack:
        people = [stack.enter_context(chat.join(f"P{number:02}")) for number in range(12)]
        people[-1].send("/pm 127.0.0.1 hi")
        assert people[-1].refused() == (
            "Several people are connected from 127.0.0.1: "
            "P00, P01, P02, P03, P04, P05, P06, P07, P08, P09 and 2 more. Use a name."
        )


def test_an_address_is_the_same_on_a_socket_for_ipv4_and_ipv6(start: Callable[..., Chat]) -> None:
    chat = start("--flood-rate", "0", "--show-addresses", "--host", "::")
    chat.host = "127.0.0.1"
    with chat.join("Alice") as alice:
        alice.send("/who", "/pm 127.0.0.1 hi", "@::ffff:127.0.0.1 ho")
        alice.hear("* 1 online: Alice (127.0.0.1)")
        alice.hear("Alice -> Alice: hi")
        alice.hear("Alice -> Alice: ho")


def _link_local() -> tuple[str, str, int] | None:
    """A link-local address of this machine with its zone, the same without, and the zone's number.

    The system tells it nowhere but in a connection's own address, so we send nothing by one.
    """
    for number, card in socket.if_nameindex():
        with contextlib.suppress(OSError), socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as it:
            it.connect(("fe80::1", 9, 0, number))
            bare = it.getsockname()[0]
            with socket.socket(socket.AF_INET6) as probe:
                probe.bind((bare, 0, 0, number))  # fails where it is another card's
            if bare.startswith("fe80:"):
                return f"{bare}%{card}", bare, number
    return None


def test_a_link_local_address_is_found_with_its_zone_its_number_and_without(
    start: Callable[..., Chat],
) -> None:
    if (here := _link_local()) is None:
        pytest.skip("no network card with a link-local address")
    address, bare, number = here
    chat = start("--flood-rate", "0", "--show-addresses", "--host", "::")
    chat.host = address
    with chat.join("Alice") as alice:
        alice.send("/who")
        alice.hear(f"* 1 online: Alice ({address})")
        for each in (address, address.upper().replace("%ETH", "%eth"), bare, f"{bare}%{number}"):
            alice.send(f"/pm {each} hi", f"@[{each}]: ho")
            alice.hear("Alice -> Alice: hi")
            alice.hear("Alice -> Alice: ho")
        alice.send(f"/pm {bare}%nowhere hi")
        assert alice.refused() == f"Nobody here is called {bare}%nowhere."


def test_a_long_list_of_people_comes_in_several_lines(chat: Chat) -> None:
    names = [f"Person-number-{number:06}" for number in range(250)]
    people = [chat.join(name) for name in names]
    try:
        people[-1].send("/who")
        listed: list[str] = []
        while True:
            found = people[-1].expect(rf"{TIME} \* 250 online: (.*?)(,?)")
            listed += found[1].split(", ")
            if not found[2]:
                break
        assert listed == sorted(names)
    finally:
        for each in people:
            each.close()


def test_the_example_of_an_answer_to_who_is_true() -> None:
    assert doctest.testmod(roster) == (0, 4)
