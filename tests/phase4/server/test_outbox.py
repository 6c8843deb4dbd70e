"""The outbox and its writing thread, without a server: against a model, and with stuck sockets."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from hypothesis import given
from hypothesis import strategies as st

from phase4.server.outbox import MAX_BATCH_BYTES, FanOut, Outbox
from phase4.server.personal import Personal
from tests.kit.harness import wait_until

# A batch as it is added: who does what. Persons 0 to 2 listen from the start, 3 to 5 do not.
_PEOPLE = range(6)
_STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("say"), st.sampled_from(_PEOPLE)),
        st.tuples(st.just("tell"), st.sampled_from(_PEOPLE)),
        st.tuples(st.just("listen"), st.sampled_from(_PEOPLE)),
        st.tuples(st.just("stop"), st.sampled_from(_PEOPLE)),
        st.tuples(st.just("announce"), st.just(0)),
    ),
    max_size=30,
)


@given(_STEPS)
def test_a_personal_version_is_what_a_simple_loop_would_have_sent(
    steps: list[tuple[str, int]],
) -> None:
    listening = {person: person < 3 for person in _PEOPLE}
    expected: dict[int, bytes] = dict.fromkeys(_PEOPLE, b"")
    personal = {person: Personal(0 if listening[person] else None) for person in _PEOPLE}
    lines: list[bytes] = []
    for number, (step, person) in enumerate(steps):
        line = f"{number} {step} {person}\n".encode()
        if step in ("say", "announce"):
            if step == "say":
                personal[person].skip(len(lines))
            lines.append(line)
            for each in _PEOPLE:
                if listening[each] and not (step == "say" and each == person):
                    expected[each] += line
        elif step == "tell":
            personal[person].add(line, len(lines))
            expected[person] += line
        elif step == "listen" and not listening[person]:
            personal[person].listen(len(lines))
            listening[person] = True
        elif step == "stop" and listening[person]:
            personal[person].stop_listening(len(lines))
            listening[person] = False
    assert {each: personal[each].build(lines) for each in _PEOPLE} == expected


class _Log:
    def __init__(self) -> None:
        self.entries: list[bytes] = []
        self.gate = threading.Event()
        self.gate.set()

    def append(self, entries: list[bytes]) -> None:
        self.gate.wait(10)
        self.entries += entries


@contextmanager
def _fan_out(**options: float) -> Iterator[tuple[FanOut, list[tuple[Outbox, str]]]]:
    cut: list[tuple[Outbox, str]] = []
    fan_out = FanOut(lambda outbox, reason: cut.append((outbox, reason)), **options)  # type: ignore[arg-type]
    fan_out.start()
    try:
        yield fan_out, cut
    finally:
        fan_out.stop()


@contextmanager
def _listener(fan_out: FanOut) -> Iterator[tuple[Outbox, socket.socket]]:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.setblocking(False)
        theirs.settimeout(10)
        outbox = Outbox(ours)
        with fan_out:
            fan_out.listen(outbox)
        yield outbox, theirs
        with fan_out:
            fan_out.finish(outbox)
        assert outbox.released.wait(10)


def test_nothing_is_sent_before_the_log_has_it() -> None:
    log = _Log()
    log.gate.clear()
    with _fan_out() as (fan_out, _), _listener(fan_out) as (_, reader):
        with fan_out:
            fan_out.log(log, b"entry\n")
            fan_out.broadcast(b"line\n")
        reader.settimeout(0.05)  # a moment in which a send before the log would show
        try:
            early = reader.recv(100)
        except TimeoutError:
            early = b""
        log.gate.set()
        reader.settimeout(10)
        assert early + reader.recv(100) == b"line\n"
        assert early == b""
        assert log.entries == [b"entry\n"]


def test_what_a_socket_did_not_take_is_sent_later_in_order_and_whole() -> None:
    with (
        _fan_out(outbox_bytes=64 * 1024 * 1024) as (fan_out, cut),
        _listener(fan_out) as (outbox, reader),
    ):
        sent = [b"%d " % number + b"x" * 1000 + b"\n" for number in range(3000)]
        for line in sent:
            fan_out.wait_for_room()
            with fan_out:
                fan_out.broadcast(line)
        wait_until(lambda: outbox.unsent_bytes, "the socket is full")
        received = b""
        while len(received) < sum(map(len, sent)):
            received += reader.recv(65536)
        assert received == b"".join(sent)
        assert not cut


def test_many_short_lines_that_wait_are_kept_in_few_pieces() -> None:
    with (
        _fan_out(outbox_bytes=64 * 1024 * 1024) as (fan_out, _),
        _listener(fan_out) as (outbox, reader),
    ):
        sent = b"x" * 4_000_000
        for start in range(0, len(sent), 100_000):
            fan_out.wait_for_room()
            with fan_out:
                fan_out.broadcast(sent[start : start + 100_000])
        wait_until(lambda: outbox.unsent_bytes, "the socket is full")
        for number in range(300):  # each a batch of its own
            with fan_out:
                fan_out.broadcast(b"%d\n" % number)
            wait_until(lambda: not fan_out._batch.weight, "the batch is taken")
        assert len(outbox.unsent) < 100
        received = b""
        while not received.endswith(b"\n299\n"):
            received += reader.recv(65536)
        assert received == sent + b"".join(b"%d\n" % number for number in range(300))


def test_an_outbox_over_its_bound_is_cut_and_holds_nothing_any_more() -> None:
    with (
        _fan_out(outbox_bytes=100_000) as (fan_out, cut),
        _listener(fan_out) as (outbox, _),
    ):
        for _ in range(2000):
            fan_out.wait_for_room()
            with fan_out:
                fan_out.broadcast(b"x" * 1000)
        wait_until(lambda: cut, "it is cut")
        assert cut[0] == (outbox, "stopped reading")
        assert outbox.unsent_bytes == 0


def test_who_takes_nothing_for_too_long_is_cut_however_little_waits() -> None:
    with _fan_out(stall_seconds=0.2) as (fan_out, cut), _listener(fan_out) as (outbox, _):
        outbox.connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
        with fan_out:
            fan_out.broadcast(b"x" * 200_000)
        wait_until(lambda: cut, "it is cut")
        assert cut[0][0] is outbox


def test_a_full_batch_makes_speakers_wait_until_it_was_taken() -> None:
    log = _Log()
    log.gate.clear()  # the writing thread hangs in the log, as with a slow disk
    with _fan_out() as (fan_out, _):
        with fan_out:
            fan_out.log(log, b"first\n")
        wait_until(lambda: not fan_out._batch.weight, "the writer has taken the first batch")
        with fan_out:
            fan_out.log(log, b"x" * MAX_BATCH_BYTES)
        waited = threading.Thread(target=fan_out.wait_for_room)
        waited.start()
        waited.join(0.05)
        assert waited.is_alive()
        log.gate.set()
        waited.join(10)
        assert not waited.is_alive()


def test_what_was_added_before_finish_leaves_before_the_release() -> None:
    with _fan_out() as (fan_out, _):
        ours, theirs = socket.socketpair()
        with ours, theirs:
            ours.setblocking(False)
            outbox = Outbox(ours)
            with fan_out:
                fan_out.deliver(b"goodbye\n", outbox)
                fan_out.finish(outbox)
            assert outbox.released.wait(10)
            theirs.settimeout(0)
            assert theirs.recv(100) == b"goodbye\n"
