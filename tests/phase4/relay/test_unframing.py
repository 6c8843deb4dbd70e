"""What the trace shows of a WebSocket is what is in its frames, however they are cut."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from websockets.client import ClientProtocol
from websockets.frames import Frame, Opcode
from websockets.protocol import State
from websockets.server import ServerProtocol
from websockets.uri import parse_uri

from phase4.relay.trace import TO_CLIENT, TO_SERVER, ConnectionTrace, Trace
from phase4.relay.unframing import Unframing

_FRAMES = st.lists(
    st.tuples(st.sampled_from([Opcode.TEXT, Opcode.PING, Opcode.PONG]), st.binary(max_size=120)),
    max_size=6,
)


def sent(by: ClientProtocol | ServerProtocol, frames: list[tuple[Opcode, bytes]]) -> bytes:
    """What these frames are on the wire."""
    for opcode, data in frames:
        by.send_frame(Frame(opcode, data))
    return b"".join(by.data_to_send())


def client() -> ClientProtocol:
    """One that masks what it sends."""
    return ClientProtocol(parse_uri("ws://h/"), state=State.OPEN)


@given(_FRAMES, st.integers(1, 50), st.booleans())
def test_each_frame_is_found_however_its_bytes_come(
    frames: list[tuple[Opcode, bytes]], size: int, is_masked: bool
) -> None:
    wire = sent(client() if is_masked else ServerProtocol(state=State.OPEN), frames)
    unframing, found, text = Unframing(), [], b""
    for at in range(0, len(wire), size):
        for piece in unframing.pieces(wire[at : at + size]):
            text += piece.text
            if piece.is_end:
                found.append((piece.kind, text))
                text = b""
    assert found == [(opcode.name.lower(), data) for opcode, data in frames]


@pytest.mark.parametrize("size", [0, 125, 126, 65535, 65536])
def test_a_text_of_any_length_is_found(size: int) -> None:
    wire = sent(client(), [(Opcode.TEXT, b"x" * size)])
    [piece] = Unframing().pieces(wire)
    assert (piece.text, piece.is_end) == (b"x" * size, True)


class Shown:
    """A trace, and what it shows of one connection."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.trace: ConnectionTrace = Trace(self.lines.append).connection("127.0.0.1:1")

    def last(self) -> str:
        """What was carried last."""
        return self.lines[-1].partition("bytes  ")[2]


ANSWER = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n"


@pytest.mark.parametrize("cut", [5, 30, len(ANSWER), len(ANSWER) + 3])
def test_the_trace_shows_the_lines_of_a_page(cut: int) -> None:
    shown, page, server = Shown(), client(), ServerProtocol(state=State.OPEN)
    shown.trace.carried(TO_SERVER, b"GET /chat HTTP/1.1\r\n\r\n")
    assert shown.last().startswith("GET /chat HTTP/1.1")
    said = ANSWER + sent(server, [(Opcode.TEXT, b"* Enter your nickname:\n")])
    shown.trace.carried(TO_CLIENT, said[:cut])
    shown.trace.carried(TO_CLIENT, said[cut:])
    assert shown.last().endswith(r"nickname:\n")
    shown.trace.carried(TO_SERVER, sent(page, [(Opcode.TEXT, b"Ann"), (Opcode.TEXT, b"hello")]))
    assert shown.last() == "[text] Ann [text] hello"
    page.send_close(1001, "away")
    shown.trace.carried(TO_SERVER, b"".join(page.data_to_send()))
    assert shown.last() == "[close] 1001away"


def test_no_password_of_a_page_is_shown() -> None:
    shown, page = Shown(), client()
    shown.trace.carried(TO_CLIENT, ANSWER)
    wire = sent(page, [(Opcode.TEXT, b"/login Ann correct horse"), (Opcode.TEXT, b"hello")])
    for at in range(0, len(wire), 9):
        shown.trace.carried(TO_SERVER, wire[at : at + 9])
    everything = "".join(shown.lines)
    assert "hello" in everything
    assert not any(part in everything for part in ("corr", "rect", "hors"))


def test_what_proves_that_a_page_was_here_before_is_not_shown() -> None:
    shown, page = Shown(), client()
    shown.trace.carried(TO_CLIENT, ANSWER)
    wire = sent(page, [(Opcode.TEXT, b"resume " + b"0a" * 16), (Opcode.TEXT, b"hello")])
    for at in range(0, len(wire), 20):
        shown.trace.carried(TO_SERVER, wire[at : at + 20])
    everything = "".join(shown.lines)
    assert "hello" in everything
    assert "0a0a" not in everything


def test_what_is_no_upgrade_is_shown_as_it_is() -> None:
    shown = Shown()
    shown.trace.carried(TO_CLIENT, b"HTTP/1.1 404 Not Found\r\n\r\n\x81\x02hi")
    assert shown.last() == r"HTTP/1.1 404 Not Found\r\n\r\n\x81\x02hi"
    shown.trace.carried(TO_SERVER, b"\x81\x02hi")
    assert shown.last() == r"\x81\x02hi"
