"""Coming in, talking, going: who gets which line, and who does not."""

import re
import socket

from tests.kit.chat import PROMPT, TIME, Chat, both_transports

pytestmark = both_transports


def test_a_newcomer_is_asked_for_a_name_and_welcomed(chat: Chat) -> None:
    with chat.connect() as newcomer:
        newcomer.expect(PROMPT)
        newcomer.send("Alice")
        newcomer.expect(rf"{TIME} \* Welcome, Alice! 1 online\. /help lists the commands\.")


def test_a_message_reaches_everybody_but_its_sender(chat: Chat) -> None:
    with chat.join("Alice") as alice, chat.join("Bob") as bob, chat.join("Carol") as carol:
        for name in ("Bob", "Carol"):
            alice.hear(f"* {name} joined")
        alice.send("hello")
        bob.hear("* Carol joined")
        bob.hear("Alice: hello")
        carol.hear("Alice: hello")
        alice.fence()


def test_joining_and_leaving_are_announced_to_the_others(chat: Chat) -> None:
    with chat.join("Alice") as alice:
        with chat.join("Bob") as bob:
            alice.hear("* Bob joined")
            bob.fence()
        alice.hear("* Bob left")


def test_a_person_who_has_no_name_yet_hears_nothing(chat: Chat) -> None:
    with chat.join("Alice") as alice, chat.connect() as newcomer:
        newcomer.expect(PROMPT)
        alice.send("secret")
        alice.fence()
        newcomer.send("Bob")
        newcomer.expect(rf"{TIME} \* Welcome, Bob! .*")


def test_everybody_sees_the_messages_of_one_person_in_order(chat: Chat) -> None:
    with chat.join("Alice") as alice, chat.join("Bob") as bob, chat.join("Carol") as carol:
        alice.hear("* Bob joined")
        alice.hear("* Carol joined")
        bob.hear("* Carol joined")
        alice.send(*(f"a{number}" for number in range(500)))
        bob.send(*(f"b{number}" for number in range(500)))
        for listener, others in ((carol, "ab"), (alice, "b"), (bob, "a")):
            heard: dict[str, list[int]] = {each: [] for each in others}
            for _ in range(500 * len(others)):
                found = listener.expect(rf"{TIME} \w+: ([ab])(\d+)")
                heard[found[1]].append(int(found[2]))
            assert all(numbers == list(range(500)) for numbers in heard.values())


def test_everybody_sees_the_same_order_and_it_is_that_of_the_log(chat: Chat) -> None:
    with chat.join("Alice") as alice, chat.join("Bob") as bob:
        with chat.join("Carol") as carol, chat.join("Dave") as dave:
            carol.hear("* Dave joined")
            alice.send(*(f"a{number}" for number in range(300)))
            bob.send(*(f"b{number}" for number in range(300)))
            streams = [
                [each.expect(rf"{TIME} (\w+: .*)")[1] for _ in range(600)] for each in (carol, dave)
            ]
        assert streams[0] == streams[1] == chat.log("messages.txt")


def test_blanks_before_a_message_are_kept(chat: Chat) -> None:
    with chat.join("Alice") as alice, chat.join("Bob") as bob:
        alice.hear("* Bob joined")
        alice.send("    return 1")
        bob.hear("Alice:     return 1")


def test_an_empty_line_says_nothing(chat: Chat) -> None:
    with chat.join("Alice") as alice, chat.join("Bob") as bob:
        alice.send("", "   ", "\t", "hello")
        bob.hear("Alice: hello")


def test_last_words_before_the_end_of_a_stream_are_delivered(chat: Chat) -> None:
    with chat.join("Bob") as bob, chat.join("Alice") as alice:
        bob.hear("* Alice joined")
        alice.send("one", "two")
        alice.half_close()
        alice.expect_end()
        bob.hear("Alice: one")
        bob.hear("Alice: two")
        bob.hear("* Alice left")


def test_a_line_without_its_newline_is_no_message(chat: Chat) -> None:
    with chat.join("Bob") as bob, chat.join("Alice") as alice:
        bob.hear("* Alice joined")
        alice.send_bytes(b"whole\nhalf")
        alice.half_close()
        bob.hear("Alice: whole")
        bob.hear("* Alice left")


def test_a_reset_is_a_leave_and_disturbs_nobody(chat: Chat) -> None:
    with chat.join("Bob") as bob:
        alice = chat.join("Alice")
        bob.hear("* Alice joined")
        alice.reset()
        bob.expect(rf"{TIME} \* Alice left(?: \(connection lost\))?")
        bob.fence()


def test_answers_to_a_client_that_sends_everything_at_once_all_arrive(chat: Chat) -> None:
    with chat.connect() as script:
        script.send("Alice", "/who", "hello", "/nick Eve", "/quit", "never said")
        script.half_close()
        lines = script.read_bytes_until_end().decode().splitlines()
    assert [re.sub(rf"^{TIME} ", "", line) for line in lines] == [
        "* Enter your nickname:",
        "* Welcome, Alice! 1 online. /help lists the commands.",
        "* 1 online: Alice",
        "* Alice is now Eve",
    ]
    assert chat.log("messages.txt") == ["Alice: hello"]


def test_lines_may_end_as_telnet_ends_them(chat: Chat) -> None:
    with chat.join("Bob") as bob, chat.connect() as telnet:
        telnet.expect(PROMPT)
        telnet.send_bytes(b"Alice\r\n")
        telnet.expect(rf"{TIME} \* Welcome, Alice!.*")
        telnet.send_bytes(b"hello\r\n")
        bob.hear("* Alice joined")
        bob.hear("Alice: hello")


def test_bytes_that_come_one_at_a_time_make_the_same_line(chat: Chat) -> None:
    with chat.join("Bob") as bob, chat.join("Zoë") as zoe:
        bob.hear("* Zoë joined")
        for byte in "grüß dich\n".encode():
            zoe.send_bytes(bytes([byte]))
        bob.hear("Zoë: grüß dich")


def test_urgent_data_is_nothing_special(chat: Chat) -> None:
    """TCP marks one byte as urgent, and hands it over apart from the stream (RFC 9293, 3.8.5)."""
    with chat.join("Alice") as alice, chat.join("Bob") as bob:
        alice.send_bytes(b"hel")
        alice.socket.send(b"!", socket.MSG_OOB)
        alice.send_bytes(b"lo\n")
        bob.expect(rf"{TIME} Alice: hel!?lo")
        alice.socket.send(b"!", socket.MSG_OOB)
        bob.send("still here?")
        alice.hear("* Bob joined")
        alice.hear("Bob: still here?")
        bob.fence()
