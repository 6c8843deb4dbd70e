r"""The load: one process that is all the people in the room, and counts what each of them hears.

`people` connections join. Some of them speak, in turn, and together have a fixed number of messages
under way: whenever as many deliveries have come as one message needs, the next is sent (a closed
loop, so the server is always busy and never flooded). Every message is numbered:

    0007 00001234 The quick brown fox ... dog.$\n

What is checked: after each part the number of messages that *every* recipient has got must be
exactly the number that the others have sent: nothing lost, nothing twice. In the first part, which
is not timed, every line at every recipient is also read: unaltered, and in order for each sender.
In the timed parts only a few recipients are read like that (`WATCHED`: the first to join, the last,
some between); to read all of them in Python would measure the generator. The others are counted: a
`$` ends each message, no notice of any server contains one, and count() finds it as memchr() does.

Latency is from just before a message is sent to when one of the watched recipients has read it.

This process takes CPU time too, mostly for recv(): the table shows how much. Where it shares a CPU
with the server, it has up to half of it, so a server that is twice as fast shows less than twice
the deliveries: the server's CPU time for a million deliveries is the harder figure. Where it has a
CPU of its own and its share is near 100 %, the server could do more than we ask for.

    python -m tests.benchmarks.generator '{"ports": [12345], "dialect": "named", "people": 50, ...}'
"""

import contextlib
import json
import re
import selectors
import socket
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from itertools import cycle
from typing import Self

from phase4.transport.contexts import client_context
from phase4.transport.tls_socket import TLSSocket
from shared.defaults import HOST
from shared.listener import tune_connection
from shared.stopping import raise_descriptor_limit
from tests.benchmarks.framed import Framed
from tests.benchmarks.system import (
    busy_seconds,
    cpu_seconds_of,
    difference,
    resident_bytes_of,
)

WATCHED = 4  # recipients whose every line is read while we measure
CHECK_SECONDS = 0.25  # of the first part, in which everybody is watched
WARM_SECONDS = 0.1  # of each part, before its timed stretch
STALL_SECONDS = 10.0  # without one byte, though messages are under way: this server hangs
QUIET_SECONDS = 1.0  # what has not come after so long without a byte is lost
SURPLUS_SECONDS = 0.02  # time for what should not come; later, it is found in the next part
RECV_BYTES = 256 * 1024

_TEXT = "The quick brown fox jumps over the lazy dog."
_MESSAGE = re.compile(rb"(\d{4}) (\d{8}) " + _TEXT.encode().replace(b".", rb"\.") + rb"\$\r?\n")


class Failure(Exception):
    """The server did not do what every chat server must; the text says what."""


@dataclass(frozen=True)
class Dialect:
    """How one kind of server is spoken to."""

    hello: str  # what somebody sends who connects; {name} is replaced
    welcome: bytes  # when this has come, they are in the room
    before: str = ""  # stands before the text of a message
    end: str = "\n"


DIALECTS = {
    "nameless": Dialect("", b"* You are "),
    "named": Dialect("{name}\n", b"* Welcome, "),
    "irc": Dialect(
        "NICK {name}\r\nUSER {name} 0 * :{name}\r\nJOIN #room\r\n",
        b" 366 ",  # RPL_ENDOFNAMES, which ends the answer to JOIN (RFC 2812, 5.1)
        "PRIVMSG #room :",
        "\r\n",
    ),
}


@dataclass(frozen=True)
class Part:
    """One thing to measure."""

    senders: int
    in_flight: int  # messages under way, in all
    seconds: float


@dataclass(frozen=True)
class Order:
    """What the generator is to do; it comes as JSON on the command line."""

    ports: list[int]  # of the servers of one room; the people come to them in turn
    dialect: str
    people: int
    pids: list[int]  # of these servers, for their memory and CPU time
    parts: list[Part]
    is_encrypted: bool = False
    is_framed: bool = False  # by the page's port, with a WebSocket
    engine_pids: list[int] = field(default_factory=list)  # of what they share the room by


@dataclass(frozen=True)
class Figures:
    """What came out of one part."""

    people: int
    senders: int
    in_flight: int
    seconds: float
    deliveries: int  # in these seconds
    p50: float | None  # seconds; None where nobody who is watched heard anything
    p99: float | None
    checked: int  # deliveries in all, with those before and after; nothing was wrong with any
    server_cpu: float | None  # seconds, of all servers; None where the system does not say
    generator_cpu: float
    others_cpu: float | None  # what other programs used meanwhile of the same CPUs
    engine_cpu: float | None = None  # None as well where there is no engine


@dataclass(frozen=True)
class Report:
    """What came out of one order."""

    empty_bytes: int | None  # the server's memory before anybody came
    joined_bytes: int | None  # and when all were in
    figures: list[Figures]


# --- the people --------------------------------------------------------------------------------


class _Encrypted(TLSSocket):
    """A connection in TLS. Whose certificate it is makes no difference to the speed."""

    def __init__(self, connection: socket.socket) -> None:
        super().__init__(connection, client_context())
        self.do_handshake()

    def recv_into(self, buffer: bytearray) -> int:
        """As a socket's."""
        data = self.recv(len(buffer))
        buffer[: len(data)] = data
        return len(data)


Connection = socket.socket | _Encrypted | Framed


class Watcher:
    """Reads every line of one recipient."""

    def __init__(self, sent_at: list[list[float]]) -> None:
        self._sent_at = sent_at  # of each sender's messages
        self._next = [0] * len(sent_at)
        self._unfinished = b""
        self.in_order = 0
        self.latencies: list[float] = []

    def read(self, data: bytes) -> None:
        """Some bytes came, just now."""
        now = time.perf_counter()
        lines, newline, self._unfinished = (self._unfinished + data).rpartition(b"\n")
        for sender, number in _MESSAGE.findall(lines + newline):
            who, which = int(sender), int(number)
            if which == self._next[who]:
                self.in_order += 1
            self._next[who] = which + 1
            self.latencies.append(now - self._sent_at[who][which])


class Crowd:
    """Everybody in the room. Use it in a `with` statement; leaving it closes all connections."""

    def __init__(
        self,
        ports: Sequence[int],
        dialect: Dialect,
        people: int,
        *,
        is_encrypted: bool = False,
        is_framed: bool = False,
    ) -> None:
        self._dialect = dialect
        self._is_encrypted = is_encrypted
        self._is_framed = is_framed
        self._selector = selectors.DefaultSelector()
        self.sockets: list[Connection] = []
        with contextlib.ExitStack() as on_failure:
            on_failure.callback(self.close)
            for number in range(people):
                self._join(number, ports[number % len(ports)])
            on_failure.pop_all()

    def __enter__(self) -> Self:
        """Give the crowd."""
        return self

    def __exit__(self, *_: object) -> None:
        """All leave."""
        self.close()

    def close(self) -> None:
        """All leave."""
        self._selector.close()
        for each in self.sockets:
            each.close()

    def _join(self, number: int, port: int) -> None:
        plain = socket.create_connection((HOST, port), STALL_SECONDS)
        tune_connection(plain)
        connection: Connection = _Encrypted(plain) if self._is_encrypted else plain
        if self._is_framed:
            connection = Framed(plain, port)
        self.sockets.append(connection)
        connection.sendall(self._dialect.hello.format(name=f"u{number:04}").encode())
        heard = b""
        while self._dialect.welcome not in heard:
            data = connection.recv(RECV_BYTES)
            if not data:
                raise Failure(f"person {number} was turned away: {heard[-200:]!r}")
            heard = heard[-len(self._dialect.welcome) :] + data
        connection.setblocking(False)
        self._selector.register(connection, selectors.EVENT_READ, number)

    def measure(self, part: Part, order: Order, watched: Iterable[int]) -> Figures:
        """Let them talk; then wait until all has arrived. Raises Failure if anything is wrong."""
        talk = Talk(self._selector, self.sockets, self._dialect, part, watched)
        talk.go_on(WARM_SECONDS)
        talk.forget_latencies()
        before = Moment.now(order, talk.received)
        talk.go_on(part.seconds)
        after = Moment.now(order, talk.received)
        latencies = talk.latencies()
        talk.drain()
        talk.check()
        own = after.own_cpu - before.own_cpu
        server = difference(after.server_cpu, before.server_cpu)
        engine = difference(after.engine_cpu, before.engine_cpu)
        busy = difference(after.busy, before.busy)
        return Figures(
            people=len(self.sockets),
            senders=part.senders,
            in_flight=part.in_flight,
            seconds=after.time - before.time,
            deliveries=after.received - before.received,
            p50=quantile(latencies, 0.5),
            p99=quantile(latencies, 0.99),
            checked=talk.received,
            server_cpu=server,
            generator_cpu=own,
            others_cpu=difference(busy, None if server is None else server + own + (engine or 0)),
            engine_cpu=engine if order.engine_pids else None,
        )


@dataclass(frozen=True)
class Moment:
    """Where all counters stand."""

    time: float
    received: int
    own_cpu: float
    server_cpu: float | None
    engine_cpu: float | None
    busy: float | None

    @classmethod
    def now(cls, order: Order, received: int) -> Self:
        """They are read one after the other, which takes about 0.1 ms."""
        cpu = (cpu_seconds_of(order.pids), cpu_seconds_of(order.engine_pids))
        return cls(time.perf_counter(), received, time.process_time(), *cpu, busy_seconds())


class Talk:
    """Some people speak, all others hear it. `in_flight` messages are under way all the time."""

    def __init__(
        self,
        selector: selectors.BaseSelector,
        sockets: Sequence[Connection],
        dialect: Dialect,
        part: Part,
        watched: Iterable[int],
    ) -> None:
        self._selector = selector
        self._sockets = sockets
        self._dialect = dialect
        self._others = len(sockets) - 1  # each message is for so many
        self._in_flight = part.in_flight
        self._sent_at: list[list[float]] = [[] for _ in range(part.senders)]
        self._speakers: Iterator[int] = cycle(range(part.senders))
        self._sent = 0  # messages
        self.received = 0  # deliveries
        self._counts = [0] * len(sockets)  # the same for each recipient
        self._watchers: list[Watcher | None] = [None] * len(sockets)
        for each in watched:
            self._watchers[each] = Watcher(self._sent_at)
        self._buffer = bytearray(RECV_BYTES)

    def go_on(self, seconds: float) -> None:
        """Keep the messages under way for some time. Raises Failure."""
        until = time.perf_counter() + seconds
        others, most_owed = self._others, (self._in_flight - 1) * self._others
        while time.perf_counter() < until:
            while self._sent * others - self.received <= most_owed:
                self._send()
            self._read(STALL_SECONDS)

    def drain(self) -> None:
        """Wait for what is under way. It may never come: then `check` will say so."""
        with contextlib.suppress(Failure):
            while self.received < self._sent * self._others:
                self._read(QUIET_SECONDS)
            until = time.perf_counter() + SURPLUS_SECONDS
            while time.perf_counter() < until:
                self._read(SURPLUS_SECONDS)

    def _send(self) -> None:
        sender = next(self._speakers)
        numbers = self._sent_at[sender]
        text = f"{self._dialect.before}{sender:04} {len(numbers):08} {_TEXT}${self._dialect.end}"
        numbers.append(time.perf_counter())
        try:
            self._sockets[sender].send(text.encode())
        except BlockingIOError:  # it has not read for thousands of messages
            raise Failure("the server does not read what a speaker sends") from None
        except OSError as error:
            raise Failure(f"the server cut off a speaker: {error}") from None
        self._sent += 1

    def _read(self, seconds: float) -> None:
        """Read once from everybody who has something. This is where the generator's time goes."""
        ready = self._selector.select(seconds)
        if not ready:
            owed = self._sent * self._others - self.received
            raise Failure(f"nothing came for {seconds:g} s, and {owed} deliveries are owed")
        buffer, counts, watchers = self._buffer, self._counts, self._watchers
        for key, _ in ready:
            who = key.data
            try:
                size = self._sockets[who].recv_into(buffer)
            except BlockingIOError:  # half a record of TLS
                continue
            except OSError as error:
                raise Failure(f"person {who} was cut off: {error}") from None
            if not size:
                raise Failure(f"person {who} was cut off")
            messages = buffer.count(b"$", 0, size)
            counts[who] += messages
            self.received += messages
            if (watcher := watchers[who]) is not None:
                watcher.read(bytes(buffer[:size]))

    # --- what came out --------------------------------------------------------------------------

    def forget_latencies(self) -> None:
        """Those so far were of the warm-up."""
        for each in filter(None, self._watchers):
            each.latencies.clear()

    def latencies(self) -> list[float]:
        """Seconds, of every message at every watched recipient."""
        return [each for watcher in filter(None, self._watchers) for each in watcher.latencies]

    def _missing(self) -> Iterator[int]:
        """For each recipient, what they should have got and have not."""
        for who, count in enumerate(self._counts):
            own = len(self._sent_at[who]) if who < len(self._sent_at) else 0
            yield self._sent - own - count

    def check(self) -> None:
        """Raise Failure unless everybody has got everything, once, unaltered and in order."""
        missing = list(self._missing())
        lost = sum(max(0, each) for each in missing)
        surplus = sum(max(0, -each) for each in missing)  # twice, or to the sender
        pairs = zip(self._watchers, self._counts, strict=True)
        odd = sum(count - watcher.in_order for watcher, count in pairs if watcher)
        if lost or surplus or odd:
            raise Failure(
                f"{lost} messages lost, {surplus} too many, {odd} altered or out of order"
            )


def quantile(values: list[float], share: float) -> float | None:
    """The value below which this share of them lies, if there are any."""
    return sorted(values)[int(share * len(values))] if values else None


def spread(count: int, of: int) -> list[int]:
    """`count` numbers below `of`, evenly spread, with the first and the last."""
    return sorted({round(each * (of - 1) / max(1, count - 1)) for each in range(count)})


# --- the process -------------------------------------------------------------------------------


def carry_out(order: Order) -> Report:
    """Measure one server, or several of one room. Raises Failure."""
    empty = resident_bytes_of(order.pids)
    dialect = DIALECTS[order.dialect]
    with Crowd(
        order.ports,
        dialect,
        order.people,
        is_encrypted=order.is_encrypted,
        is_framed=order.is_framed,
    ) as crowd:
        joined = resident_bytes_of(order.pids)
        busiest = max(order.parts, key=lambda part: part.senders)
        check = Part(busiest.senders, busiest.in_flight, CHECK_SECONDS)
        crowd.measure(check, order, range(order.people))
        watched = spread(WATCHED, order.people)
        figures = [crowd.measure(part, order, watched) for part in order.parts]
    return Report(empty, joined, figures)


def read_order(text: str) -> Order:
    """An order from its JSON."""
    values = json.loads(text)
    values["parts"] = [Part(**each) for each in values["parts"]]
    return Order(**values)


def read_report(text: str) -> Report:
    """A report from its JSON."""
    values = json.loads(text)
    values["figures"] = [Figures(**each) for each in values["figures"]]
    return Report(**values)


def main() -> int:
    """Carry out the order that is the first argument; the report goes to standard output."""
    raise_descriptor_limit()
    try:
        report = carry_out(read_order(sys.argv[1]))
    except (Failure, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    print(json.dumps(asdict(report)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
