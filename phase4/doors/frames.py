r"""What a WebSocket server sends: frames, made by hand (RFC 6455, 5.2). Pure.

A frame of a server is not masked, so it is the same bytes for everybody: it is made once for a
batch, however many read it. What a client sends is masked with four random bytes of its own. So no
page can make its browser send bytes that a proxy on the way would take for a request (RFC 6455,
10.3).

>>> text_frame(b"hello")
b'\x81\x05hello'
>>> close_frame(1001)
b'\x88\x02\x03\xe9'
"""

_FINAL_TEXT = 0x81
_FINAL_CLOSE = 0x88
_MOST_IN_7_BITS = 125
_MOST_IN_16_BITS = 0xFFFF

PING = b"\x89\x00"

GOING_AWAY = 1001
UNSUPPORTED_DATA = 1003
INVALID_DATA = 1007
POLICY_VIOLATION = 1008
"""Why a connection is closed (RFC 6455, 7.4.1)."""


def text_frame(text: bytes | bytearray | memoryview) -> bytes:
    """A whole message of text in UTF-8, of any length."""
    size = len(text)
    if size <= _MOST_IN_7_BITS:
        head = bytes((_FINAL_TEXT, size))
    elif size <= _MOST_IN_16_BITS:
        head = bytes((_FINAL_TEXT, 126)) + size.to_bytes(2, "big")
    else:
        head = bytes((_FINAL_TEXT, 127)) + size.to_bytes(8, "big")
    return b"".join((head, text))


def close_frame(code: int) -> bytes:
    """The last frame of this side."""
    return bytes((_FINAL_CLOSE, 2)) + code.to_bytes(2, "big")
