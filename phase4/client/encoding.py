"""A line that a person has typed, as it goes to the server."""

from phase4.client.events import SendError
from shared.defaults import MAX_LINE_BYTES
from shared.framing import encode_line


def encoded(text: str) -> bytes:
    """The bytes of a line. Raises SendError where the server would not take it for one."""
    if "\n" in text or "\r" in text:
        raise SendError("A message is one line; this one has several.")
    line = encode_line(text)
    if len(line) > MAX_LINE_BYTES:
        raise SendError(
            f"This message has {len(line) - 1:,} bytes; {MAX_LINE_BYTES - 1:,} are allowed."
        )
    return line
