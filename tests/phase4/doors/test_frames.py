"""Frames that are made by hand are those of RFC 6455, by the measure of an engine that knows it."""

import pytest
from websockets.client import ClientProtocol
from websockets.frames import Frame, Opcode
from websockets.protocol import State
from websockets.uri import parse_uri

from phase4.doors.frames import PING, close_frame, text_frame


def received(data: bytes) -> list[Frame]:
    """What a client understands of these bytes."""
    engine = ClientProtocol(parse_uri("ws://127.0.0.1/"), state=State.OPEN, max_size=None)
    engine.receive_data(data)
    assert engine.parser_exc is None
    return [each for each in engine.events_received() if isinstance(each, Frame)]


@pytest.mark.parametrize("size", [0, 1, 125, 126, 127, 65535, 65536, 65537, 1_000_000])
def test_a_text_of_any_length_is_one_message(size: int) -> None:
    text = b"x" * size
    assert received(text_frame(text) * 2) == [Frame(Opcode.TEXT, text)] * 2


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview])
def test_a_text_may_be_any_piece_of_memory(kind: type) -> None:
    assert text_frame(kind(b"hello")) == b"\x81\x05hello"


def test_a_ping_asks_for_a_pong() -> None:
    assert received(PING) == [Frame(Opcode.PING, b"")]


@pytest.mark.parametrize("code", [1000, 1001, 1003, 1007, 1008])
def test_the_end_says_why(code: int) -> None:
    [frame] = received(close_frame(code))
    assert (frame.opcode, int.from_bytes(frame.data, "big")) == (Opcode.CLOSE, code)
