"""Telnet's own bytes are taken out of what a client sends, and nothing else is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from phase4.transport.telnet import MAX_COMMAND_BYTES, Telnet

# What PuTTY 0.78 sends first in its Telnet mode, and again when its window changes.
PUTTY = bytes.fromhex("fffb1ffffb20fffb18fffb27fffd01fffb03fffd03")
WINDOW = b"\xff\xfa\x1f\0\x50\0\x18\xff\xf0"


@pytest.mark.parametrize(
    ("sent", "text"),
    [
        (PUTTY + b"Alice\r\n", b"Alice\r\n"),
        (b"Al" + WINDOW + b"ice\r\n", b"Alice\r\n"),
        (b"Alice\r\0hello\r\0", b"Alice\nhello\n"),
        (b"\xff\xf1", b""),  # NOP, by which PuTTY keeps a connection alive
        (b"\xff\xf4\xff\xfd\x06hello\n", b"hello\n"),  # Ctrl-C in telnet: IP, DO TIMING-MARK
        (b"a\xff\xffb", b"a\xffb"),
        (b"\xff\xfe\nA\xff\xfb\r\n", b"\xff\xfe\nA\xff\xfb\r\n"),  # a mistake, and it ends its line
        (b"\xff\xfa\x1f\0\xff\xff\0\x18\xff\xf0ok", b"ok"),  # a window of 255 columns
        (b"\xff\xff\xfb\x1f", b"\xff\xfb\x1f"),  # 255 itself, and then no command
        (b"\xff\xfd\xff\xfb\x01x", b"\xfb\x01x"),  # DO 255, and then bytes like others
        (b"na\xffve \xff\xef", b"na\xffve \xff\xef"),  # Latin-1: 255 begins no command here
        ("\u00ff\u00fb \U0010ffff\n".encode(), "\u00ff\u00fb \U0010ffff\n".encode()),
        (b"one\rtwo\r\r\n", b"one\rtwo\r\r\n"),
        (b"a\0b\n", b"a\0b\n"),
    ],
)
def test_commands_are_taken_out_and_the_text_is_left(sent: bytes, text: bytes) -> None:
    assert Telnet().feed(sent) == text
    telnet = Telnet()
    assert b"".join(telnet.feed(bytes([each])) for each in sent) == text.removesuffix(
        b"\r"  # it may be half of an end of line
    )


@given(st.text(st.characters(codec="utf-8", exclude_characters="\0")))
def test_no_text_in_utf_8_is_changed(text: str) -> None:
    line = text.encode() + b"\n"
    assert Telnet().feed(line) == line


@given(st.lists(st.sampled_from([b"\xff", b"\xfa", b"\xf0", b"\xfb", b"\0", b"\r", b"\n", b"x"])))
def test_where_tcp_cuts_the_bytes_makes_no_difference(pieces: list[bytes]) -> None:
    whole, cut = Telnet(), Telnet()
    end = b"!\xff\xf0!"  # whatever is open ends here
    assert whole.feed(b"".join(pieces) + end) == b"".join(map(cut.feed, [*pieces, end]))


def test_a_subnegotiation_without_an_end_is_none_and_costs_no_memory() -> None:
    telnet = Telnet()
    sent = b"\xff\xfa" + b"x" * MAX_COMMAND_BYTES + b"\n"
    assert b"".join(telnet.feed(bytes([each])) for each in sent) == sent
