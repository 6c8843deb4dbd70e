r"""Telnet's own bytes, taken out of what a client sends (RFC 854, RFC 855).

New here: `telnet` is more than a pipe to a port. It mixes commands into the text, each of which
begins with the byte 255, called IAC ("interpret as command"):

    IAC WILL 31                    an option that the client offers; here its window's size
    IAC SB 31 0 80 0 24 IAC SE     a subnegotiation: what the option is about; 80 x 24
    IAC NOP                        nothing: PuTTY keeps a connection alive so
    IAC IAC                        the byte 255 itself

PuTTY in its Telnet mode begins with some ten of them, and `telnet` sends them for Ctrl-C. And the
Return key may arrive as CR NUL. A server of text takes them out and answers one of them only: after
Ctrl-C, `telnet` shows nothing until its DO TIMING-MARK is answered (RFC 860). An option that nobody
agrees to is off (RFC 854). No text loses anything, for UTF-8 has no byte 255. And no
option is called CR or LF here: a line that has 255 by mistake still ends where it ends.

It does no I/O, so it is tested without a socket.

>>> telnet = Telnet()
>>> telnet.feed(b"\xff\xfb\x1f\xff\xfa\x1f\x00P\x00\x18\xff\xf0Ali")
b'Ali'
>>> telnet.feed(b"ce\r\x00")
b'ce\n'
"""

import re

MAX_COMMAND_BYTES = 64
"""A subnegotiation that nobody asked for has a dozen bytes, if there is one at all. What goes on
without an end is not one, but bytes like others: no line is held back for it."""

_IAC_IAC, _CR_NUL = b"\xff\xff", b"\r\0"
_DO_TIMING_MARK, _WILL_TIMING_MARK = b"\xff\xfd\x06", b"\xff\xfb\x06"

_COMMAND = re.compile(
    rb"""\xff\xff | \r\0
       | \xff[\xf0-\xf9]                            # NOP, IP, AYT and their like; SE alone
       | \xff[\xfb-\xfe][^\r\n]                      # WILL, WONT, DO, DONT, and the option
       | \xff\xfa (?:[^\xff]|\xff[^\xf0])* \xff\xf0   # SB ... IAC SE
       | (?P<unfinished> (?: \r | \xff[\xfb-\xfe]? | \xff\xfa(?:[^\xff]|\xff[^\xf0])*\xff? ) \Z )
    """,
    re.DOTALL | re.VERBOSE,
)


class Telnet:
    """Takes the commands out of one client's bytes, wherever TCP has cut them. One thread."""

    def __init__(self) -> None:
        # The beginning of a command, or of CR NUL, whose rest has not come yet.
        self._unfinished = b""
        # What the client waits for an answer to, answered.
        self._answer = b""

    def take_answer(self) -> bytes:
        """What must be sent back for what was fed since the last call; as a rule nothing."""
        answer, self._answer = self._answer, b""
        return answer

    def feed(self, data: bytes) -> bytes:
        """The text in `data`; what the beginning of a command may be is kept for the next time."""
        if self._unfinished or b"\xff" in data or b"\0" in data or data.endswith(b"\r"):
            return self._without_commands(self._unfinished + data)
        return data

    def _without_commands(self, data: bytes) -> bytes:
        self._unfinished = b""
        text = _COMMAND.sub(self._meaning, data)
        if len(self._unfinished) > MAX_COMMAND_BYTES:
            text, self._unfinished = text + self._unfinished, b""
        return text

    def _meaning(self, found: re.Match[bytes]) -> bytes:
        """What stands in the text for a command."""
        if found[0] == _DO_TIMING_MARK:
            self._answer += _WILL_TIMING_MARK
        self._unfinished = found["unfinished"] or b""
        return {_IAC_IAC: b"\xff", _CR_NUL: b"\n"}.get(found[0], b"")
