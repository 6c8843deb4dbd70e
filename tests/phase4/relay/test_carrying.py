"""The relay carries: what one side sends, the other receives; how one side ends, the other sees.

All of it in each of the five ways to place a relay: without TLS, with TLS that ends in it on either
side or on both, and with TLS that passes through it as it is.
"""

import contextlib
import hashlib
import os
import random
import signal
import socket
import ssl
import threading
from collections.abc import Callable

import pytest

from phase4.transport.errors import CutOff
from tests.kit.harness import SECONDS, wait_until
from tests.kit.relayed import (
    FROM_EITHER,
    WAYS,
    Pair,
    PlacedRelay,
    memory_of,
    on_linux,
    receive,
    receive_all,
    reset,
    send_until_blocked,
    threads_and_descriptors,
)

Start = Callable[..., PlacedRelay]
MUCH = 64 << 20  # bytes: more than the buffers of all systems on the way can hold


def noise(seed: int, size: int) -> bytes:
    """So many bytes, of which no part is like another; the same ones for the same seed."""
    return random.Random(seed).randbytes(size)


# --- both ways --------------------------------------------------------------------------------


@FROM_EITHER
def test_bytes_arrive_as_they_were_sent(relay: PlacedRelay, sender: int) -> None:
    pair = relay.streams()
    data = bytes(range(256)) + b"\xff\xfe no UTF-8, no newline"
    pair[sender].sendall(data)
    assert receive(pair[1 - sender], len(data)) == data


@FROM_EITHER
def test_who_ends_their_direction_still_hears_the_other(relay: PlacedRelay, sender: int) -> None:
    pair = relay.streams()
    first, second = pair[sender], pair[1 - sender]
    first.sendall(b"a question")
    first.shutdown(socket.SHUT_WR)
    assert receive_all(second) == b"a question"  # a CutOff would fail
    second.sendall(b"the answer, after that")
    second.shutdown(socket.SHUT_WR)
    assert receive_all(first) == b"the answer, after that"


def exchange(pair: Pair, size: int) -> None:
    """Send much both ways at once, and see it arrive, in order and to the end."""
    sent = [noise(side, size) for side in (0, 1)]
    got: dict[int, str] = {}

    def send(side: int) -> None:
        pieces = random.Random(side)
        rest = memoryview(sent[side])
        while rest:
            size = pieces.choice((1, 100, 5000, 50_000))  # chat lines, records, more than one
            pair[side].sendall(rest[:size])
            rest = rest[size:]
        pair[side].shutdown(socket.SHUT_WR)

    def read(side: int) -> None:
        got[side] = hashlib.sha256(receive_all(pair[side])).hexdigest()

    threads = [
        threading.Thread(target=each, args=(side,)) for each in (send, read) for side in (0, 1)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(SECONDS)
    assert got == {side: hashlib.sha256(sent[1 - side]).hexdigest() for side in (0, 1)}


def test_much_both_ways_at_once_arrives_in_order_and_whole(relay: PlacedRelay) -> None:
    exchange(relay.streams(), 8 << 20 if relay.way == "plain" else 2 << 20)


def test_many_connections_busy_both_ways_do_not_disturb_each_other(
    both: PlacedRelay,
) -> None:
    pairs = [both.streams() for _ in range(10)]
    failures: list[BaseException] = []

    def exchange_one(pair: Pair) -> None:
        try:
            exchange(pair, 200_000)
        except BaseException as error:
            failures.append(error)
            raise

    threads = [threading.Thread(target=exchange_one, args=(pair,)) for pair in pairs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(SECONDS)
    assert not failures
    assert not any(thread.is_alive() for thread in threads)


@FROM_EITHER
def test_a_side_that_does_not_read_slows_the_other_down(relay: PlacedRelay, sender: int) -> None:
    pair = relay.streams()
    data = os.urandom(MUCH)
    before = memory_of(relay)
    taken = send_until_blocked(pair[sender], data)
    # The kernel's four buffers hold some MB (Linux: 20 at most). What the relay adds is one piece.
    assert taken < len(data)
    assert memory_of(relay) - before < 8 << 20

    # It holds up neither the other direction nor another client.
    pair[1 - sender].sendall(b"pong")
    assert receive(pair[sender], 4) == b"pong"
    client, server = relay.streams()
    client.sendall(b"me too")
    assert receive(server, 6) == b"me too"

    # And when it reads again, nothing is missing: neither bytes nor the orderly end.
    whole = taken + (1 << 20)

    def say_the_rest() -> None:
        pair[sender].sendall(data[taken:whole])
        pair[sender].shutdown(socket.SHUT_WR)

    rest = threading.Thread(target=say_the_rest)
    rest.start()
    assert receive_all(pair[1 - sender]) == data[:whole]
    rest.join(SECONDS)


@FROM_EITHER
def test_a_reset_is_passed_on_as_one(relay: PlacedRelay, sender: int) -> None:
    pair = relay.streams()
    pair[sender].sendall(b"cut sh")
    assert receive(pair[1 - sender], 6) == b"cut sh"
    reset(pair[sender])
    with pytest.raises(ConnectionResetError):
        receive_all(pair[1 - sender])


@pytest.mark.parametrize(
    ("relay", "sender"),
    [(way, sender) for way, by_tls in WAYS.items() for sender in (0, 1) if by_tls[sender]],
    indirect=["relay"],
)
def test_a_stream_that_is_cut_off_looks_complete_to_nobody(relay: PlacedRelay, sender: int) -> None:
    """Somebody on the way ends the connection (FIN), which needs no key; a goodbye would."""
    pair = relay.streams()
    pair[sender].sendall(b"do not")
    assert receive(pair[1 - sender], 6) == b"do not"
    relay.raw[sender].shutdown(socket.SHUT_WR)
    with pytest.raises(ConnectionResetError):
        receive_all(pair[1 - sender])
    if relay.way != "through":  # nor to the one who was cut off: what it reads is cut off as well
        with pytest.raises((ConnectionResetError, ssl.SSLError)):
            receive_all(pair[sender])


@on_linux
@pytest.mark.parametrize(
    ("way", "clients"),
    [("plain", 200), ("client", 50), ("server", 50), ("both", 200), ("through", 50)],
)
def test_many_clients_come_talk_and_go(
    lasting_relays: dict[str, PlacedRelay], way: str, clients: int
) -> None:
    relay = lasting_relays[way]
    wait_until(lambda: threads_and_descriptors(relay)[0] <= 2, "those of the last check are gone")
    before = threads_and_descriptors(relay)
    pairs = [relay.streams() for _ in range(clients)]
    for number, pair in [*enumerate(pairs)] * 2:  # each client, each server; then each once more
        for side in (0, 1):
            pair[side].sendall(noise(2 * number + side, 10_000))
    for number, pair in enumerate(pairs):
        for side in (0, 1):
            assert receive(pair[1 - side], 20_000) == noise(2 * number + side, 10_000) * 2
    for client, server in pairs[::2]:  # every other one has no more to say, and listens
        client.shutdown(socket.SHUT_WR)
        assert receive_all(server) == b""
        server.sendall(b"still here")
        assert receive(client, 10) == b"still here"
    for number, (_, server) in enumerate(pairs):  # the server dies: some of its ends are orderly
        if number % 3:
            reset(server)
        else:
            server.shutdown(socket.SHUT_WR)
    for number, (client, _) in enumerate(pairs):
        if number % 3:
            with pytest.raises(ConnectionResetError):
                receive_all(client)
        else:
            assert receive_all(client) == b""
    relay.close_sockets()
    wait_until(lambda: threads_and_descriptors(relay) == before, "threads and sockets are gone")
    client, server = relay.streams()  # it is up again
    client.sendall(b"hello again")
    assert receive(server, 11) == b"hello again"
    relay.close_sockets()


# --- stopping ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("way", "number"), [*((way, signal.SIGTERM) for way in WAYS), ("plain", signal.SIGINT)]
)
def test_stopping_ends_both_sides_in_order(start_relay: Start, way: str, number: int) -> None:
    relay = start_relay(way)
    pair = relay.streams()
    relay.expect(" connected")
    relay.signal(number)
    for each in pair:
        if way == "through":  # only the other end could say goodbye
            with pytest.raises(CutOff):
                receive_all(each)
        else:
            assert receive_all(each) == b""
    assert relay.wait() == 0
    output = relay.rest_of_output()
    assert output[-1] == "Stopped."
    if way != "through":  # there, the ends may answer their CutOff with an alert, too late
        assert " closed: " in output[-2]  # and was not cut off


@pytest.mark.parametrize("way", ["plain", "both"])
@pytest.mark.parametrize("stalled", [(0,), (1,), (0, 1)], ids=["client", "server", "both"])
def test_stopping_waits_for_nobody_who_does_not_read(
    start_relay: Start, way: str, stalled: tuple[int, ...]
) -> None:
    relay = start_relay(way)
    pair = relay.streams()
    for side in stalled:
        assert send_until_blocked(pair[1 - side], bytes(MUCH)) < MUCH
    relay.signal(signal.SIGTERM)
    assert relay.wait(4.0) == 0  # 2 s are promised; the rest is for a machine that is busy
    for side in {0, 1} - {*stalled}:
        assert receive_all(pair[side]) == b""
    for side in stalled:  # behind what they have not read there may be a reset
        with contextlib.suppress(ConnectionResetError):
            receive_all(pair[side])
