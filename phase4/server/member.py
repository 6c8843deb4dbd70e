"""Somebody who is connected: what the room knows of them."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from phase4.server.flood import TokenBucket
from phase4.server.outbox import Outbox
from phase4.server.receipt import Receipt
from phase4.server.unseen import Unseen
from shared.address import Address, network_of


@dataclass(eq=False, slots=True)
class Member:
    """A connection, and the person behind it once they have a name."""

    outbox: Outbox

    # The peer's, or that of the client that a trusted proxy speaks for.
    address: Address

    # Whether nobody on the way can read what this person sends: a password may be.
    is_confidential: bool = False

    # Bytes received. The thread that receives them counts; any thread may read it, for show.
    bytes_in: int = 0

    # The key of that address, and when the connection came, by time.monotonic(). They stay.
    network: str = field(init=False)
    came: float = field(default_factory=time.monotonic, init=False)

    # All below are written under the lock; any thread may read them, for show.

    # Empty until a name is claimed.
    name: str = ""

    # The registered name as which this person is logged in; empty: they are not.
    account: str = ""

    # What the servers of one room call this connection; empty: the name, folded. Not looked up when
    # it is needed: while what has happened is told, the name may be another's already.
    arrival: str = ""

    # When they came in or logged in, by the clock of the engine that several servers share.
    entered: float = 0.0

    # What their program has shown; one that shows it again is the same person. Empty: nothing.
    secret: str = ""

    # The private messages that their program may not have shown; None: it does not count them.
    unseen: Unseen | None = None

    # What was delivered to them of the private messages that waited, until there is a sign that it
    # has arrived; and the last of those that were delivered. 0: none.
    receipt: Receipt | None = None
    last_letter: int = 0

    # This person may have to be silent: whether they have is asked of the gate (gate.py).
    is_hushed: bool = False

    # When the name was claimed: Unix time, in seconds.
    since: float = 0.0

    # Messages that this person has sent, public and private.
    messages: int = 0

    # A command failed whose password may follow alone. Their own thread's.
    owes_password: bool = False

    # Whether nothing that they have said waits to be read. Their own thread's.
    is_quiet: Callable[[], bool] = lambda: False

    # How fast this person may speak. Their own thread's.
    lines: TokenBucket = field(default_factory=lambda: TokenBucket(0, 0))

    # How often this person may ask for something of the past. Their own thread's.
    questions: TokenBucket | None = None

    # Nothing is added for this member any more. Only ever set.
    is_gone: bool = False

    def __post_init__(self) -> None:
        self.network = network_of(self.host)

    @property
    def host(self) -> str:
        """The address without the port."""
        return self.address.host
