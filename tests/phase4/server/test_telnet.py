"""Clients that speak Telnet are people: PuTTY in its Telnet mode, and the program telnet."""

import shutil
import socket
import subprocess

import pytest

from tests.kit.chat import PROMPT, TIME, Chat, both_transports
from tests.kit.harness import SECONDS
from tests.phase4.transport.test_telnet import PUTTY, WINDOW


@both_transports
@pytest.mark.parametrize("at_a_time", [1, 5, 1000], ids=["bytes", "pieces", "whole"])
def test_putty_in_telnet_mode_is_a_person(chat: Chat, at_a_time: int) -> None:
    with chat.join("Alice") as alice, chat.connect() as putty:
        putty.expect(PROMPT)
        sent = PUTTY + b"Bob\r\0" + WINDOW + b"n\xc3\xa9\xff\xf1e\r\0\xff\xf1/who\r\n"
        for start in range(0, len(sent), at_a_time):
            putty.send_bytes(sent[start : start + at_a_time])
        putty.expect(rf"{TIME} \* Welcome, Bob! 2 online\. .*")
        putty.expect(rf"{TIME} \* 2 online: Alice, Bob")
        alice.hear("* Bob joined")
        alice.hear("Bob: née")


def test_what_telnet_sends_for_ctrl_c_is_answered_so_that_it_shows_lines_again(chat: Chat) -> None:
    with chat.join("Alice") as alice, chat.join("Bob") as bob:
        bob.send_bytes(b"\xff\xf4\xff\xfd\x06still here\n")  # IP, DO TIMING-MARK (RFC 860)
        alice.hear("* Bob joined")
        alice.hear("Bob: still here")
        alice.send("good")
        assert bob.socket.recv(3, socket.MSG_WAITALL) == b"\xff\xfb\x06"
        bob.hear("Alice: good")


def test_a_line_with_the_byte_255_is_not_utf_8_as_before(chat: Chat) -> None:
    with chat.join("Alice") as alice, chat.join("Bob") as bob:
        bob.send_bytes(b"na\xffve\nna\xff\xffve\nafter\n")
        bob.expect(r"! That line is not UTF-8 \(byte 3\); it was dropped\.")
        bob.expect(r"! That line is not UTF-8 \(byte 3\); it was dropped\.")
        alice.hear("* Bob joined")
        alice.hear("Bob: after")


@pytest.mark.skipif(shutil.which("telnet") is None, reason="telnet is not on this machine")
def test_the_program_telnet_is_a_client(chat: Chat) -> None:
    with chat.join("Alice") as alice:
        telnet = subprocess.Popen(
            ["telnet", "-8", chat.host, str(chat.port)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        with telnet:
            assert telnet.stdin
            assert telnet.stdout
            telnet.stdin.write("Tel\nhé\n")
            telnet.stdin.flush()
            alice.hear("* Tel joined")
            alice.hear("Tel: hé")
            # Before its input ends: it then ends at once, and shows nothing more.
            assert any("Welcome, Tel!" in line for line in telnet.stdout)
            telnet.communicate("/quit\n", SECONDS)
        alice.hear("* Tel left")
