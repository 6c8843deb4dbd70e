"""Text from people: nothing of it can forge a line, a screen or a log entry."""

import pytest

from tests.kit.chat import Chat, both_transports

pytestmark = both_transports


@pytest.mark.parametrize(
    ("typed", "seen"),
    [
        ("\x1b[31mred\x1b[0m", "�[31mred�[0m"),
        ("\x1b]0;title\x07", "�]0;title�"),
        ("a\x00b", "a�b"),
        ("fake\r[00:00:00] Bob: forged", "fake�[00:00:00] Bob: forged"),
        ("a\x0bb\x0cc\x85d\u2028e\u2029f", "a�b�c�d�e�f"),
        ("\u202eevil\u2066", "�evil�"),
        ("a\tb", "a b"),
        ("%s %d {0} {} \\n", "%s %d {0} {} \\n"),
        ("سلام می‌کنم 👩‍👩‍👧 naïve 漢字", "سلام می‌کنم 👩‍👩‍👧 naïve 漢字"),
    ],
)
def test_control_characters_are_replaced_and_all_else_arrives_as_typed(
    chat: Chat, typed: str, seen: str
) -> None:
    with chat.join("Alice") as alice, chat.join("Bob") as bob:
        alice.hear("* Bob joined")
        alice.send_bytes(typed.encode() + b"\n" + b"/pm Bob " + typed.encode() + b"\n")
        bob.hear(f"Alice: {seen}")
        bob.hear(f"Alice -> Bob: {seen}")
        bob.fence()
    assert chat.log("messages.txt") == [f"Alice: {seen}"]
    assert chat.log("private_messages.txt") == [f"Alice -> Bob: {seen}"]


def test_an_error_repeats_nothing_that_could_upset_a_terminal(chat: Chat) -> None:
    with chat.join("Alice") as alice:
        alice.send("/\x1b[31m", "/pm \x1b]0;x\x07 hi", "/nick \x9b1m")
        for _ in range(3):
            assert alice.refused().isprintable()


def test_a_line_that_is_not_utf8_is_an_error_and_the_conversation_goes_on(chat: Chat) -> None:
    with chat.join("Alice") as alice, chat.join("Bob") as bob:
        alice.hear("* Bob joined")
        alice.send_bytes(b"caf\xe9\nnext\n")
        assert "UTF-8" in alice.refused()
        bob.hear("Alice: next")


def test_the_tail_of_an_over_long_line_is_never_taken_for_a_message(chat: Chat) -> None:
    with chat.join("Alice") as alice, chat.join("Bob") as bob:
        alice.hear("* Bob joined")
        alice.send_bytes(b"x" * 5000 + b"/quit" + b"\n" + b"next\n")
        assert "4096" in alice.refused()
        bob.hear("Alice: next")
        alice.fence()


def test_the_longest_line_arrives_whole(chat: Chat) -> None:
    with chat.join("Alice") as alice, chat.join("Bob") as bob:
        alice.send("x" * 4095)
        bob.hear("Alice: " + "x" * 4095)


def test_who_sends_no_newline_is_told_why_and_hung_up(chat: Chat) -> None:
    with chat.join("Bob") as bob, chat.join("Alice") as alice:
        bob.hear("* Alice joined")
        alice.send_bytes(b"x" * 70_000)
        assert "4096" in alice.refused()
        assert "newline" in alice.refused()
        alice.expect_end()
        bob.hear("* Alice left (sent no lines)")


def test_a_megabyte_of_newlines_disturbs_nobody(chat: Chat) -> None:
    with chat.join("Alice") as alice, chat.join("Bob") as bob:
        alice.hear("* Bob joined")
        alice.send_bytes(b"\n" * 1_000_000 + b"hello\n")
        bob.hear("Alice: hello")
        alice.fence()
