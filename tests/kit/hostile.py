"""A server that means ill, for the checks of all clients: what a client trusts, this one abuses.

`Hostile(attack)` listens, and plays one of the attacks below to whoever connects, in a thread of
its own, until it is closed. An attack is a function of a Victim; those that need somebody who is in
let them in first. `ATTACKS_THAT_LAST` go on for as long as the client listens: a client must stay
usable meanwhile.
"""

import contextlib
import select
import socket
import threading
import unicodedata
from collections.abc import Callable, Iterable
from typing import Self

from shared import message
from tests.kit.harness import SECONDS
from tests.kit.scripted import WELCOME, ScriptedServer, Speaker

FLOOD_LINES = 1_000_000
CROWD = 100_000
LONGEST_STAY_SECONDS = 60.0
HELD_UP_SECONDS = 0.3  # a client that is only slow takes something more often
TIME = "[10:00:01]"

ESCAPES = "\x1b]0;evil\x07\x9b2J\x1b[31m\x1bc"
"""A window title, an erased screen, a colour, a reset terminal; by C0 and by C1."""

BIDI = "\u202eevil\u2066\u200f"
LINE_ENDS = "a\rb\x0bc\x0cd\x85e\u2028f\u2029g"

_BIDI_CLASSES = ("LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI")


def is_harmless(text: str) -> bool:
    """Whether a text can forge neither a screen nor a line, by what Unicode says of its parts."""
    return not any(
        unicodedata.category(each) in ("Cc", "Cs", "Zl", "Zp")
        or unicodedata.bidirectional(each) in _BIDI_CLASSES
        or each in "\u061c\u200e\u200f"
        for each in text
    )


class Victim(Speaker):
    """The hostile server's end of a connection. Its attack speaks; the check may read."""

    def __init__(self, connection: socket.socket, is_over: threading.Event) -> None:
        super().__init__(connection)
        self._is_over = is_over
        self._is_in = threading.Event()
        self.is_made_to_wait = threading.Event()  # the client took nothing for a while

    def stay(self) -> None:
        """Keep the connection, and do nothing more, until the server is closed."""
        self._is_over.wait(LONGEST_STAY_SECONDS)

    def pour(self, data: bytes) -> None:
        """Send it all, however slowly the client reads. OSError when the connection is closed."""
        view = memoryview(data)
        while view:  # no sendall(): its time-out is that of the check, which reads meanwhile
            if not select.select([], [self.socket], [], HELD_UP_SECONDS)[1]:
                self.is_made_to_wait.set()
            with contextlib.suppress(BlockingIOError, TimeoutError):
                view = view[self.socket.send(view) :]

    def has_heard(self, text: str) -> bool:
        """Whether the person has said this by now. For the check, while the attack goes on."""
        assert self._is_in.wait(SECONDS), "nobody was let in"  # until then the attack reads
        while self.has_input():
            if self.read_line() == text:
                return True
        return False

    def let_in_among(self, others: Iterable[str] = ()) -> None:
        """Let the person in, who is Ann, and name the others online."""
        self.prompt()
        self.send(WELCOME)
        self.expect("/who")
        self._is_in.set()
        self.pour(_crowd(["Ann", *others]))


Attack = Callable[[Victim], None]


class Hostile(ScriptedServer):
    """Plays `attack` to each connection, one after the other. Use it in a `with` statement."""

    def __init__(self, attack: Attack) -> None:
        super().__init__()
        self._attack = attack
        self._victim: Victim | None = None
        self._has_victim = threading.Event()
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="hostile", daemon=True)

    def __enter__(self) -> Self:
        """Give the server, at work."""
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Hang up, and listen no more."""
        self._is_over.set()
        sockets = [self.listener, *([self._victim.socket] if self._victim else [])]
        for each in sockets:
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)  # wakes the thread
        self._thread.join(SECONDS)
        assert not self._thread.is_alive(), "the hostile server did not end"
        self.listener.close()

    @property
    def victim(self) -> Victim:
        """The present connection, once there is one."""
        assert self._has_victim.wait(SECONDS), "nobody came"
        assert self._victim is not None
        return self._victim

    def _run(self) -> None:
        with contextlib.suppress(OSError):  # closed, or nobody came
            while not self._is_over.is_set():
                with Victim(self.listener.accept()[0], self._is_over) as self._victim:
                    self._has_victim.set()
                    with contextlib.suppress(OSError, AssertionError):  # the client has gone
                        self._attack(self._victim)


# --- attacks that last ---------------------------------------------------------------------------


def flood(victim: Victim) -> None:
    """A million lines, as fast as they are taken."""
    victim.let_in_among(["Bob"])
    for start in range(0, FLOOD_LINES, 1000):
        lines = (f"{TIME} Bob: line {number}\n" for number in range(start, start + 1000))
        victim.pour("".join(lines).encode())
    victim.pour(f"{TIME} Bob: the end of the flood\n".encode())
    victim.stay()


def siren(victim: Victim) -> None:
    """The person's name, again and again."""
    victim.let_in_among(["Bob"])
    while True:
        victim.pour(f"{TIME} Bob: Ann! Ann! Ann!\n".encode() * 1000)


def crowd(victim: Victim) -> None:
    """A hundred thousand people online, and more join than there is room for."""
    victim.let_in_among(f"P{number}" for number in range(CROWD))
    victim.stay()


def comings_and_goings(victim: Victim) -> None:
    """In a crowd, others join and leave without end."""
    victim.let_in_among(f"P{number}" for number in range(CROWD // 10))
    while True:
        for start in range(0, 1000, 100):
            names = [f"Q{number}" for number in range(start, start + 100)]
            lines = [f"{TIME} * {name} joined\n{TIME} * {name} left\n" for name in names]
            victim.pour("".join(lines).encode())


def renamings(victim: Victim) -> None:
    """The person themself is called something else all the time."""
    victim.let_in_among()
    names = ["Ann", "A" * 4000, "Ann" + BIDI, *(f"Ann{number}" for number in range(500))]
    turns = zip(names, [*names[1:], names[0]], strict=True)
    data = "".join(f"{TIME} * {old} is now {new}\n" for old, new in turns).encode()
    while True:
        victim.pour(data)


def questions_in_the_middle(victim: Victim) -> None:
    """The server asks for the name, again and again, of somebody who is in."""
    victim.let_in_among()
    while True:
        victim.pour(f"! No.\n{message.NICKNAME_PROMPT}\n".encode() * 1000)


def long_lines(victim: Victim) -> None:
    """Each as long as a line may be, of characters that take two columns, or none."""
    victim.let_in_among(["Bob"])
    heap = "x" + 40 * "\u0301"  # not more of them: what plays the terminal is slow at it
    texts = ("x" * 16_000, "日本" * 2_500, "e\u0301" * 5_000, heap * 190, "👩‍👩‍👧" * 600)
    data = "".join(f"{TIME} Bob: {text}\n" for text in texts).encode()
    while True:
        victim.pour(data)


def deaf(victim: Victim) -> None:
    """It never reads what the person says. (The check must not either.)"""
    victim.let_in_among()
    victim.stay()


# --- attacks in a few lines ----------------------------------------------------------------------


def forgeries(victim: Victim) -> None:
    """Escape sequences, bidi controls and ends of lines in every place where a text can stand."""
    victim.let_in_among(["Bob"])
    for evil in (ESCAPES, BIDI, LINE_ENDS):
        name = f"E{evil}ve"
        lines = (
            f"{TIME} {name}: text{evil}\n{TIME} {name} -> Ann: text{evil}\n"
            f"{TIME} Ann -> {name}: text\n{TIME} * {name} joined\n{TIME} * {name} left ({evil})\n"
            f"{TIME} * Bob is now {name}\n{TIME} * {name} is now Bob\n{TIME} * notice{evil}\n"
            f"{TIME} * Welcome, {name}! 1 online. {evil}\n{TIME} * {name} is now Ann\n"
            f"{TIME} * 2 online: Ann, {name}\n! error{evil}\nother{evil}\n[{evil}] Bob: time\n"
        )
        victim.pour(lines.encode())
    victim.pour(f"{TIME} Bob: the end of the forgeries\n".encode())
    victim.stay()


def no_text(victim: Victim) -> None:
    """Bytes that are no text, among lines that are."""
    victim.let_in_among(["Bob"])
    victim.pour(bytes(range(128, 256)) + b"\n\xff\n\xc3\n\xed\xa0\x80\n\x00\n")
    victim.pour(f"{TIME} Bob: the end of the bytes\n".encode())
    victim.stay()


def line_without_end(victim: Victim) -> None:
    """It is let in, and then never hears the end of it."""
    victim.let_in_among()
    while True:
        victim.pour(b"x" * 65536)


def half_a_line(victim: Victim) -> None:
    """The stream ends in the middle of what would be a message."""
    victim.let_in_among(["Bob"])
    victim.pour(f"{TIME} Bob: I owe you nothing".encode())


def welcome_without_question(victim: Victim) -> None:
    """In, without having been asked."""
    victim.pour(f"{WELCOME}\n".encode())
    victim.expect("/who")
    victim.pour(_crowd(["Ann"]))
    victim.stay()


def refusals(victim: Victim) -> None:
    """No name will do, ten thousand times, whatever is asked."""
    victim.prompt()
    victim.pour(f"! Not this one.\n{message.NICKNAME_PROMPT}\n".encode() * 10_000)
    victim.stay()


# --- pieces of them ------------------------------------------------------------------------------


def _crowd(names: list[str]) -> bytes:
    """The answer to /who, in lines of 500 names."""
    starts = range(0, len(names), 500)
    return "".join(
        f"{TIME} * {len(names)} online: {', '.join(names[start : start + 500])}"
        f"{',' if start + 500 < len(names) else ''}\n"
        for start in starts
    ).encode()


ATTACKS_THAT_LAST: tuple[Attack, ...] = (
    flood,
    siren,
    crowd,
    comings_and_goings,
    renamings,
    questions_in_the_middle,
    long_lines,
    deaf,
)
