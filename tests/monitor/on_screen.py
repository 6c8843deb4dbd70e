"""The dashboard on a terminal of a check's own."""

import re

from tests.kit.terminal import Terminal
from tests.monitor.status_server import StatusServer

OFTEN = ("--interval", "0.2")
RARELY = ("--interval", "3600")


def dashboard(server: StatusServer, *arguments: str, **options: object) -> Terminal:
    """The monitor, watching this server, on a terminal that answers no question."""
    known = () if "--background" in arguments else ("--background", "dark")
    return Terminal("-m", "monitor", "--status", server.address, *known, *arguments, **options)  # type: ignore[arg-type]


def age_of(terminal: Terminal) -> int:
    """How old the figures are, as the bar says."""
    found = re.search(r"LIVE · (\d+) s old", terminal.text)
    assert found
    return int(found[1])


def without_controls(written: bytes) -> bytes:
    """What is written, without moves and colours."""
    return re.sub(rb"\x1b[\[(][0-9;?]*[A-Za-z]|[\x00-\x1f]", b"", written)
