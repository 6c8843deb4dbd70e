"""A WebSocket as a stream of lines, over a stream below that takes and gives what it likes."""

import errno
import socket
import time
from collections.abc import Callable, Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from websockets.client import ClientProtocol
from websockets.frames import Close, Frame, Opcode
from websockets.protocol import State
from websockets.uri import parse_uri

from phase4.doors import frames
from phase4.doors.websocket import PING_SECONDS, SILENCE_SECONDS, WebSocketStream
from shared.defaults import RUNAWAY_LINE_BYTES


class Below:
    """The stream below: gives `incoming` in pieces, and takes `space` bytes."""

    def __init__(self) -> None:
        self.incoming: list[bytes] = []
        self.sent = bytearray()
        self.space = 1_000_000_000
        self.at_once = 1_000_000_000
        self.is_shut: list[int] = []

    def recv(self, size: int, /) -> bytes:
        """As a socket's."""
        if not self.incoming:
            raise BlockingIOError(errno.EAGAIN, "nothing")
        data = self.incoming.pop(0)
        if len(data) > size:
            self.incoming.insert(0, data[size:])
        return data[:size]

    def send(self, data: bytes | bytearray | memoryview, /) -> int:
        """As a socket's."""
        count = min(len(data), self.space, self.at_once)
        if not count:
            raise BlockingIOError(errno.EAGAIN, "full")
        self.space -= count
        self.sent += bytes(data[:count])
        return count

    def shutdown(self, how: int, /) -> None:
        """As a socket's."""
        self.is_shut.append(how)


class Ends:
    """Both ends: our stream, and a client's engine for what is over there."""

    def __init__(self) -> None:
        self.below = Below()
        self.stream = WebSocketStream(self.below)  # type: ignore[arg-type]
        self.client = ClientProtocol(parse_uri("ws://h/"), state=State.OPEN, max_size=None)

    def say(self, data: bytes, size: int = 1_000_000) -> None:
        """Let these bytes come, so many at a time."""
        self.below.incoming += [data[at : at + size] for at in range(0, len(data), size)]

    def frames_of(self, say: Callable[[ClientProtocol], object]) -> bytes:
        """What a client sends so."""
        say(self.client)
        return b"".join(self.client.data_to_send())

    def text(self, *lines: bytes) -> bytes:
        """A message for each line."""
        for line in lines:
            self.client.send_text(line)
        return b"".join(self.client.data_to_send())

    def lines(self) -> bytes:
        """What comes out of our stream now."""
        return b"".join(self._lines())

    def _lines(self) -> Iterator[bytes]:
        try:
            while data := self.stream.recv(4096):
                yield data
        except BlockingIOError:
            pass

    def heard(self) -> list[Frame]:
        """What our stream has sent, as a client understands it."""
        data, self.below.sent = bytes(self.below.sent), bytearray()
        self.client.receive_data(data)
        return [each for each in self.client.events_received() if isinstance(each, Frame)]

    def closed_with(self) -> int:
        """Why our stream ended it."""
        [frame] = [each for each in self.heard() if each.opcode is Opcode.CLOSE]
        return Close.parse(frame.data).code


@pytest.fixture
def ends() -> Ends:
    """Both ends of a connection."""
    return Ends()


@given(st.lists(st.text().map(str.encode), max_size=20), st.integers(1, 30))
def test_each_message_is_a_line_however_its_bytes_come(texts: list[bytes], size: int) -> None:
    ends = Ends()
    ends.say(ends.text(*texts), size)
    assert ends.lines() == b"".join(each.removesuffix(b"\n") + b"\n" for each in texts)


def test_a_message_in_several_frames_is_one_line(ends: Ends) -> None:
    ends.client.send_text(b"hel", fin=False)
    ends.client.send_continuation(b"l", fin=False)
    ends.client.send_ping(b"in between")
    ends.client.send_continuation(b"o", fin=True)
    ends.say(b"".join(ends.client.data_to_send()), 1)
    assert ends.lines() == b"hello\n"
    assert [each.opcode for each in ends.heard()] == [Opcode.PONG]


def test_what_came_together_with_the_request_is_not_lost() -> None:
    stream = WebSocketStream(Below(), Ends().text(b"Ann"))  # type: ignore[arg-type]
    assert stream.has_pending
    assert stream.recv(100) == b"Ann\n"


@pytest.mark.parametrize(
    ("said", "code"),
    [
        (b"\x82\x85\0\0\0\0hello", 1003),  # binary
        (b"\x81\x82\0\0\0\0\xff\xfe", 1007),  # no UTF-8
        (b"\x81\x05hello", 1002),  # not masked
        (b"\x80\x81\0\0\0\0x", 1002),  # goes on with nothing
        (b"\xc1\x81\0\0\0\0x", 1002),  # a bit that nobody agreed on
        (b"\x83\x80\0\0\0\0", 1002),  # an opcode that nobody knows
        (b"\x89\xfe\x01\0\0\0\0\0" + b"x" * 256, 1002),  # a ping that is too long
        (b"\x81\xff" + (2**20).to_bytes(8, "big") + bytes(4), 1009),  # a message that is too long
    ],
)
def test_what_breaks_the_protocol_ends_the_stream_and_is_told_why(
    ends: Ends, said: bytes, code: int
) -> None:
    ends.say(ends.text(b"before") + said + ends.text(b"after"))
    assert ends.lines() == b"before\n"
    assert ends.stream.has_pending
    assert ends.stream.recv(10) == b""
    assert ends.closed_with() == code


def test_what_comes_after_our_end_is_read_for_nobody(ends: Ends) -> None:
    """Left unread, it would turn the close into a reset, which may overtake our close frame."""
    ends.say(b"\x81\x05hello", 7)
    assert ends.lines() == ends.stream.recv(10) == b""
    ends.stream.shutdown(socket.SHUT_WR)
    assert ends.below.is_shut == [socket.SHUT_WR]  # the peer need not answer
    ends.below.incoming = [b"more", b"and more", b""]
    assert [ends.stream.recv(10) for _ in range(3)] == [b"more", b"and more", b""]


def test_the_peers_end_is_answered_and_is_the_end(ends: Ends) -> None:
    ends.say(ends.text(b"bye") + ends.frames_of(lambda client: client.send_close(1000)))
    assert ends.lines() == b"bye\n"
    assert ends.stream.recv(10) == b""
    ends.stream.shutdown(socket.SHUT_WR)
    assert ends.stream.recv(10) == b""  # now it is for us to hang up
    assert not ends.below.is_shut
    assert ends.closed_with() == 1000


def test_an_end_without_a_close_frame_is_an_end(ends: Ends) -> None:
    ends.below.incoming = [b""]
    assert ends.stream.recv(10) == b""


@pytest.mark.parametrize(
    "say",
    [
        lambda client: client.send_ping(b"x" * 100),
        lambda client: client.send_pong(b"x" * 100),
    ],
)
def test_whoever_sends_without_end_and_says_nothing_is_hung_up_on(
    ends: Ends, say: Callable[[ClientProtocol], None]
) -> None:
    for _ in range(1_000):
        ends.say(ends.frames_of(say))
        ends.lines()
        ends.below.sent.clear()
        if ends.stream.has_pending:
            break
    else:
        pytest.fail("nobody minded")
    ends.stream.shutdown(socket.SHUT_RDWR)


def test_whoever_says_something_may_ping_as_well(ends: Ends) -> None:
    for _ in range(2_000):
        ends.say(ends.frames_of(lambda client: client.send_ping(b"x" * 100)) + ends.text(b"hi"))
        assert ends.lines() == b"hi\n"
        ends.below.sent.clear()


def test_many_pings_in_one_packet_are_all_answered(ends: Ends) -> None:
    pings = [ends.frames_of(lambda client: client.send_ping(b"?")) for _ in range(50)]
    ends.say(b"".join(pings) + ends.text(b"hi"))
    assert ends.lines() == b"hi\n"
    assert [each.opcode for each in ends.heard()] == [Opcode.PONG] * 50


def test_whoever_reads_no_pong_is_hung_up_on(ends: Ends) -> None:
    ends.below.space = 0
    for _ in range(100):
        ends.say(ends.frames_of(lambda client: client.send_ping(b"x")) + ends.text(b"hi"))
    with pytest.raises(ConnectionAbortedError):
        ends.lines()


def test_a_message_may_be_as_long_as_is_promised(ends: Ends) -> None:
    line = b"x" * (RUNAWAY_LINE_BYTES - 1)
    for part in range(0, len(line), 4096):
        send = ends.client.send_continuation if part else ends.client.send_text
        send(line[part : part + 4096], fin=part + 4096 >= len(line))
    ends.say(b"".join(ends.client.data_to_send()))
    assert len(ends.lines()) == RUNAWAY_LINE_BYTES


# --- sending --------------------------------------------------------------------------------------


@given(st.lists(st.binary(min_size=1, max_size=300).map(bytes.hex), max_size=10), st.data())
def test_what_is_sent_arrives_whole_however_little_the_system_takes(
    texts: list[str], data: st.DataObject
) -> None:
    ends = Ends()
    for text in texts:
        rest = text.encode()
        while rest:
            ends.below.space = data.draw(st.integers(0, 40))
            ends.below.at_once = data.draw(st.integers(1, 40))
            try:
                rest = rest[ends.stream.send(rest) :]
            except BlockingIOError:
                rest += b"+"  # more may wait behind it by now
    heard = b"".join(each.data for each in ends.heard())
    assert heard.replace(b"+", b"").decode() == "".join(texts)


def test_pings_and_pongs_stand_between_frames_and_never_in_one(ends: Ends) -> None:
    ends.below.space = 5
    with pytest.raises(BlockingIOError):
        ends.stream.send(b"hello\n")
    ends.say(ends.frames_of(lambda client: client.send_ping(b"?")))
    ends.lines()
    ends.below.space = 1_000
    assert ends.stream.send(b"hello\nand more\n") == len(b"hello\n")
    assert ends.stream.send(b"and more\n") == len(b"and more\n")
    assert [each.data for each in ends.heard()] == [b"hello\n", b"?", b"and more\n"]


def test_a_batch_is_framed_once_for_everybody(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[bytes] = []

    def text_frame(text: bytes) -> bytes:
        made.append(text)
        return b"\x81\x03" + text

    monkeypatch.setattr(frames, "text_frame", text_frame)
    batch, same = b"hi\n", b"".join([b"hi", b"\n"])
    for blob in (batch, batch, batch, same):
        assert Ends().stream.send(blob) == 3
    assert len(made) == 2


def test_a_piece_of_memory_that_changes_is_framed_anew(ends: Ends) -> None:
    piece = bytearray(b"one\n")
    ends.stream.send(piece)
    piece[:] = b"two\n"
    ends.stream.send(piece)
    assert [each.data for each in ends.heard()] == [b"one\n", b"two\n"]


# --- the end --------------------------------------------------------------------------------------


def test_to_end_our_direction_says_so_once_and_leaves_the_other_one(ends: Ends) -> None:
    ends.stream.send(b"last\n")
    ends.stream.shutdown(socket.SHUT_WR)
    ends.stream.shutdown(socket.SHUT_WR)
    assert [each.opcode for each in ends.heard()] == [Opcode.TEXT, Opcode.CLOSE]
    assert not ends.below.is_shut
    with pytest.raises(BrokenPipeError):
        ends.stream.send(b"more\n")
    ends.say(ends.frames_of(lambda client: None))  # the client's engine answers by itself
    assert ends.lines() == b""
    assert ends.stream.recv(10) == b""


def test_to_end_both_ends_the_stream_below(ends: Ends) -> None:
    ends.stream.shutdown(socket.SHUT_RDWR)
    assert ends.below.is_shut == [socket.SHUT_RDWR]
    assert ends.closed_with() == 1001


# --- signs of life --------------------------------------------------------------------------------


class Clock:
    """It goes when it is told to."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 1_000.0
        monkeypatch.setattr(time, "monotonic", lambda: self.now)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The door's clock."""
    return Clock(monkeypatch)


def test_a_silent_peer_is_pinged_and_lives_while_it_answers(clock: Clock) -> None:
    ends = Ends()
    for _ in range(2_000):
        assert ends.stream.keep_alive(None) == PING_SECONDS
        clock.now += PING_SECONDS
        ends.stream.keep_alive(None)
        assert [each.opcode for each in ends.heard()] == [Opcode.PING]
        ends.say(b"".join(ends.client.data_to_send()))
        assert ends.lines() == b""


def test_a_peer_that_answers_no_ping_is_gone(clock: Clock) -> None:
    ends = Ends()
    for _ in range(round(SILENCE_SECONDS / PING_SECONDS)):
        clock.now += PING_SECONDS
        ends.stream.keep_alive(None)
    clock.now += 0.1
    with pytest.raises(TimeoutError):
        ends.stream.keep_alive(None)


def test_whoever_was_not_listened_to_is_not_gone(clock: Clock) -> None:
    ends = Ends()
    clock.now += 3 * SILENCE_SECONDS  # the lines of one message, as slowly as a person may speak
    ends.stream.keep_alive(None)
    ends.say(ends.text(b"more"))
    assert ends.lines() == b"more\n"


def test_whoever_waits_for_less_is_not_kept_longer(clock: Clock) -> None:
    ends = Ends()
    assert ends.stream.keep_alive(3.0) == 3.0
    clock.now += PING_SECONDS - 1
    assert ends.stream.keep_alive(3.0) == 1.0
