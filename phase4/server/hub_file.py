"""Where this server was in the room that it shares: LOG_DIR/hub.json.

Its first line is the room's name: what this server knows of another room is nothing here. Then
comes a snapshot of the room (phase4/hub/state.py) as it was when all that came before was in the
log. A server that was down reads on from there, so its log has no gap as long as the engine keeps
what was said meanwhile. The file is the owner's alone (0600): it has addresses in it.
"""

import json
import os
from collections.abc import Callable
from pathlib import Path

from shared.files import open_ordinary, replace_bytes
from shared.framing import encode_line

HUB = "hub.json"
MAX_BYTES = 16 * 1024 * 1024
"""A room of 10,000 people has some 2 MB."""


class HubFile:
    """Read once, at the start; written by one thread."""

    def __init__(self, directory: Path, room: str, report: Callable[[str], None]) -> None:
        self._path = directory / HUB
        self._head = encode_line(json.dumps(room))
        self._report = report
        self._is_written = True

    def read(self) -> bytes | None:
        """What was written last of this room; None: nothing that can be read."""
        try:
            with open(open_ordinary(self._path, os.O_RDONLY), "rb") as file:
                data = file.read(MAX_BYTES + 1)
        except OSError:
            return None
        is_ours = data.startswith(self._head) and len(data) <= MAX_BYTES
        return data[len(self._head) :] if is_ours else None

    def write(self, data: bytes) -> None:
        """Replace it. Where that cannot be, the operator is told once, and the chat goes on."""
        try:
            replace_bytes(self._path, self._head + data, 0o600)
        except OSError as error:
            if self._is_written:
                self._report(f"Cannot write {self._path}: {error.strerror}. The chat goes on.")
            self._is_written = False
        else:
            self._is_written = True
