"""Open a listening socket, and a connection to it: each failure is a sentence."""

import contextlib
import errno
import os
import select
import socket
import struct
from collections.abc import Iterator
from typing import Any

import pytest

from shared import defaults
from shared.address import Address
from shared.connector import ConnectError, connect
from shared.listener import Listener, ListenError, open_listener, tune_connection
from tests.kit.harness import SECONDS, Peer, free_port, wait_until


@contextlib.contextmanager
def listening(host: str, port: int = 0) -> Iterator[socket.socket]:
    """The socket of a listener with one address, with a deadline on its accept()."""
    with open_listener(host, port) as listener:
        (only,) = listener.sockets
        only.settimeout(SECONDS)
        yield only


def has_ipv6() -> bool:
    """Whether this machine has the address ::1; containers often do not."""
    with contextlib.suppress(OSError), socket.socket(socket.AF_INET6) as probe:
        probe.bind(("::1", 0))
        return True
    return False


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_port_0_is_a_free_port(host: str) -> None:
    with open_listener(host, 0) as first, open_listener(host, 0) as second:
        ports = [each.getsockname()[1] for each in (first, second)]
        assert 0 not in ports
        assert ports[0] != ports[1]


def test_two_cannot_listen_on_one_port() -> None:
    with listening("127.0.0.1") as first:
        port = first.getsockname()[1]
        with pytest.raises(ListenError) as raised:
            open_listener("127.0.0.1", port, port_flag="--status-port")
        assert str(raised.value) == (
            f"Port {port} on 127.0.0.1 is in use: another program listens there. "
            "Stop it, or choose another port with --status-port."
        )
        assert raised.value.sentence.endswith("Stop it, or choose another port.")  # for a form
        assert (raised.value.host, raised.value.port) == ("127.0.0.1", port)
        assert raised.value.option == "--status-port"


def test_a_port_is_free_again_at_once() -> None:
    """Although the connection that it ended first is in TIME_WAIT."""
    with listening("127.0.0.1") as listener:
        host, port = listener.getsockname()
        with Peer(host, port) as peer:
            listener.accept()[0].close()
            peer.expect_end()
    with listening(host, port) as again:
        assert again.getsockname() == (host, port)


@pytest.mark.parametrize(
    ("host", "sentence"),
    [
        ("no such host", "There is no address 'no such host' on this machine"),
        ("a..b", "There is no address 'a..b' on this machine"),
        ("192.0.2.1", "192.0.2.1 is not an address of this machine."),  # RFC 5737: of none
    ],
)
def test_an_address_that_is_not_ours_is_a_sentence(host: str, sentence: str) -> None:
    with pytest.raises(ListenError) as raised:
        open_listener(host, 0, host_flag="--status-host")
    assert str(raised.value).startswith(sentence)
    assert raised.value.option == "--status-host"


def test_ipv6_works() -> None:
    if not has_ipv6():
        pytest.skip("no IPv6 on this machine")
    with listening("::1") as listener:
        address = Address.of(listener.getsockname())
        assert str(address) == f"[::1]:{address.port}"
        with Peer("::1", address.port):
            connection, _ = listener.accept()
            connection.close()


class Gone(socket.socket):
    """A listener whose newcomer has gone while it queued, and which says so in a system's way."""

    error: OSError | None = None

    def accept(self) -> tuple[socket.socket, Any]:
        """Fail, or give a connection whose address is unknown, as macOS does."""
        connection, _ = super().accept()
        if self.error:
            connection.close()
            raise self.error
        return connection, None


@pytest.mark.parametrize(
    "error",
    [
        None,
        *(OSError(number, os.strerror(number)) for number in (errno.ENOTCONN, errno.EHOSTUNREACH)),
        ConnectionResetError(errno.ECONNRESET, os.strerror(errno.ECONNRESET)),
    ],
    ids=str,
)
def test_a_newcomer_that_has_gone_is_one_kind_of_error_on_every_system(
    error: OSError | None,
) -> None:
    with open_listener("127.0.0.1", 0) as plain:
        gone = Gone(fileno=plain.sockets[0].detach())
    gone.error = error
    with Listener([gone]) as listener, Peer("127.0.0.1", listener.port):
        wait_until(lambda: select.select([gone], [], [], 0)[0], "it is in the queue")
        with pytest.raises(ConnectionError):
            listener.accept()


def test_a_fault_of_the_listener_itself_is_told_as_it_is() -> None:
    """No newcomer is to blame for it, so nobody goes on as if nothing was."""
    with open_listener("127.0.0.1", 0) as plain:
        gone = Gone(fileno=plain.sockets[0].detach())
    gone.error = OSError(errno.EMFILE, os.strerror(errno.EMFILE))
    with Listener([gone]) as listener, Peer("127.0.0.1", listener.port):
        wait_until(lambda: select.select([gone], [], [], 0)[0], "it is in the queue")
        with pytest.raises(OSError, match=os.strerror(errno.EMFILE)):
            listener.accept()


class Refusing(socket.socket):
    """A socket whose system refuses every option."""

    def setsockopt(self, *_: object) -> None:
        """Refuse."""
        raise OSError(errno.EINVAL, "Invalid argument")


def test_an_option_that_the_system_refuses_ends_no_connection() -> None:
    with listening("127.0.0.1") as listener, Peer(*listener.getsockname()) as peer:
        connection, _ = listener.accept()
        with Refusing(fileno=connection.detach()) as refusing:
            tune_connection(refusing)
            refusing.sendall(b"here\n")
            peer.expect("here")


def test_a_tuned_connection_sends_at_once_and_asks_whether_its_peer_lives() -> None:
    with listening("127.0.0.1") as listener, Peer(*listener.getsockname()):
        connection, _ = listener.accept()
        with connection:
            tune_connection(connection)
            assert connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
            assert connection.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
            for option, value in (
                ("TCP_KEEPIDLE", defaults.KEEPALIVE_IDLE_SECONDS),
                ("TCP_KEEPINTVL", defaults.KEEPALIVE_INTERVAL_SECONDS),
                ("TCP_KEEPCNT", defaults.KEEPALIVE_PROBES),
                ("TCP_USER_TIMEOUT", 135_000),  # ms: as long as all of the above
            ):
                if hasattr(socket, option):
                    number = getattr(socket, option)
                    assert connection.getsockopt(socket.IPPROTO_TCP, number) == value


# --- the other end: shared/connector.py --------------------------------------------------------


def test_a_connection_waits_as_long_as_it_takes() -> None:
    """The deadline was for connecting; a person who is silent is no error."""
    with listening("127.0.0.1") as listener, connect(*listener.getsockname()) as connection:
        assert connection.gettimeout() is None


@pytest.mark.parametrize("host", ["127.0.0.1", "no such host", "a..b"])
def test_no_server_is_a_sentence(host: str) -> None:
    port = free_port()
    with pytest.raises(ConnectError) as raised:
        connect(host, port)
    assert str(raised.value).startswith(f"Cannot connect to {host} port {port}: ")
    assert str(raised.value).endswith(".")


def test_a_server_that_resets_at_once_is_noticed_when_the_connection_is_used() -> None:
    with listening("127.0.0.1") as listener, connect(*listener.getsockname()) as connection:
        accepted, _ = listener.accept()
        accepted.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        accepted.close()
        connection.settimeout(SECONDS)
        with pytest.raises(ConnectionError):
            connection.recv(1)
