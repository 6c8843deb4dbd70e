r"""What passes through the relay, made visible: as lines on the console, or as a diagram.

New here: nothing is added to the bytes and nothing is held back; the thread that carries them tells
this module what it has carried. Each line is one recv() of the relay. So you see where TCP has cut
the stream, which is not where its writer did.

      0.013  #1 client → server     14 bytes  Hello Server!\n
      0.014  #1 server → client     14 bytes  Hello Client!\n
      2.120  #1 client → server          FIN

FIN is the end of one direction, RST the end of both, in which bytes may have been lost. The relay
shows what it sees: where TLS ends in it, plain text (and `cut off` is an end without TLS's goodbye,
or bytes that were altered); where TLS passes through it, encrypted bytes. Where it alters what
passes (--replace), a second line has what it handed on instead. Passwords are hidden (masking.py),
and of a WebSocket there is what is in its frames (unframing.py).
"""

import re
import threading
import time
from collections.abc import Callable
from pathlib import Path

from phase4.relay.masking import Masking
from phase4.relay.unframing import Piece, Unframing, Upgrade
from shared.files import check_ordinary, replace_text
from shared.readable import readable
from shared.secret import HIDDEN

MAX_ARROWS = 200
"""In a diagram. A browser can draw them, and nobody reads more."""

_RESUME = b"resume "
"""How a page begins that may have been here before; behind it is what proves that."""

TO_SERVER = "client → server"
TO_CLIENT = "server → client"

_ARROWS = {"FIN": "--)", "RST": "--x", "cut off": "--x"}
"""How Mermaid draws the ends; all else has an ordinary arrow."""

_UNSAFE_IN_MERMAID = re.compile(r"[#;<>\"`{}%\\]")


class Trace:
    """All that passes, from all connections, in the order in which the relay took it."""

    def __init__(
        self, report: Callable[[str], None] | None = None, diagram: Path | None = None
    ) -> None:
        """Tell `report` each line, and write `diagram` at the end of each connection.

        Raises OSError when the diagram's file cannot be written.
        """
        self._report = report or (lambda line: None)
        self._diagram = diagram
        self._began = time.monotonic()
        self._lock = threading.Lock()

        # --- under _lock ---

        # How many connections there were; each has its number.
        self._connections = 0
        # The diagram's lines: one for each connection, and one for each thing that passed.
        self._participants: list[str] = []
        self._arrows: list[str] = []
        # What passed after the last arrow that is drawn.
        self._left_out = 0
        self.write_diagram()  # what cannot be written is known before anything passes

    def connection(self, address: str) -> "ConnectionTrace":
        """The trace of a new connection from `address`, which gets a number. Any thread."""
        with self._lock:
            self._connections += 1
            number = self._connections
            if self._diagram is not None and len(self._arrows) < MAX_ARROWS:
                self._participants.append(f"participant C{number} as {address}")
        return ConnectionTrace(self, number)

    def carried(self, number: int, direction: str, data: bytes, shown: bytes) -> None:
        """Bytes of connection `number` have been received, and are being handed on. Any thread.

        `shown`: they, without passwords.
        """
        self.add(number, direction, f"{len(data):,} bytes", shown)

    def altered(self, number: int, direction: str, data: bytes) -> None:
        """What was carried is handed on as `data` instead. Any thread."""
        self.add(number, direction, "altered to", data)

    def add(self, number: int, direction: str, what: str, data: bytes = b"") -> None:
        """Note in a few words what happened, and show `data` beside it. Any thread."""
        seconds = time.monotonic() - self._began
        shown = readable(data, with_size=False)
        self._report(f"{seconds:9.3f}  #{number} {direction} {what:>12}  {shown}".rstrip())
        if self._diagram is None:
            return
        client = f"C{number}"
        source, sink = (client, "S") if direction == TO_SERVER else ("S", client)
        arrow = _ARROWS.get(what, "->>")
        label = _for_mermaid(f"{what}: {shown}" if data else what)
        with self._lock:
            if len(self._arrows) < MAX_ARROWS:
                self._arrows.append(f"{source}{arrow}{sink}: {label}")
            else:
                self._left_out += 1

    def write_diagram(self) -> None:
        """Write what has passed so far. Any thread. Raises OSError."""
        if self._diagram is None:
            return
        with self._lock:
            lines = [*self._participants, "participant S as server", *self._arrows]
            if self._left_out:
                lines.append(f"Note over S: {self._left_out} more are left out")
            text = "sequenceDiagram\n" + "".join(f"    {line}\n" for line in lines)
            check_ordinary(self._diagram)
            replace_text(self._diagram, text)  # 0600: it holds private messages


class ConnectionTrace:
    """What passes on one connection."""

    def __init__(self, trace: Trace, number: int) -> None:
        self._trace = trace
        self._number = number
        # Of what the client sends. Used by the thread that carries it.
        self._masking = Masking()
        # Whether the rest of a page's proof is still to come; the same thread's.
        self._is_in_proof = False
        # Frames, where the connection has become a WebSocket: each direction has its own.
        self._upgrade = Upgrade()
        self._frames = {TO_SERVER: Unframing(), TO_CLIENT: Unframing()}

    def carried(self, direction: str, data: bytes) -> None:
        """Bytes have been received, and are being handed on."""
        self._trace.carried(self._number, direction, data, self._shown(direction, data))

    def _shown(self, direction: str, data: bytes) -> bytes:
        """The bytes as they may be shown: frames as what is in them, and no password."""
        if direction == TO_SERVER and not self._upgrade.is_done:
            return self._masking.masked(data)
        head = self._upgrade.head_of(data) if direction == TO_CLIENT else 0
        pieces = self._frames[direction].pieces(data[head:])
        shown = (each.label + self._without_password(direction, each) for each in pieces)
        return data[:head] + b" ".join(shown)

    def _without_password(self, direction: str, piece: Piece) -> bytes:
        if direction == TO_CLIENT:
            return piece.text
        is_proof = self._is_in_proof or piece.text.startswith(_RESUME)
        self._is_in_proof = is_proof and not piece.is_end
        if is_proof:  # whoever knows it can be this person
            return _RESUME + HIDDEN.encode()
        line_end = b"\n" * piece.is_end  # a message is a line
        return self._masking.masked(piece.text + line_end).removesuffix(line_end)

    def ended(self, direction: str) -> None:
        """One direction ended in order, with a FIN."""
        self._trace.add(self._number, direction, "FIN")

    def altered(self, direction: str, data: bytes) -> None:
        """What was carried is handed on as this instead."""
        shown = self._masking.altered(data) if direction == TO_SERVER else data
        self._trace.altered(self._number, direction, shown)

    def was_lost(self, direction: str, what: str) -> None:
        """Receiving or sending has failed: a peer is gone, or TLS has found a fault."""
        self._trace.add(self._number, direction, what)

    def closed(self) -> None:
        """Both directions are over. Raises OSError when the diagram cannot be written."""
        self._trace.write_diagram()


def _for_mermaid(text: str) -> str:
    """Mermaid reads some characters as its own; #NUMBER; stands for them."""
    return _UNSAFE_IN_MERMAID.sub(lambda found: f"#{ord(found[0])};", text)
