"""The real HAProxy before our server and before our relay: whose address counts.

The clients of these checks have addresses of their own (127.0.0.2, 127.0.0.3), and the proxy has
another; so it can be seen whose address the server takes a person to have.
"""

import contextlib
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from phase4.transport.contexts import client_context
from tests.conftest import Need
from tests.kit.certificates import Authority
from tests.kit.chat import PROMPT, TIME, Chat
from tests.kit.haproxy import HAProxy, Visitor
from tests.kit.harness import Server, free_port, wait_until
from tests.kit.relayed import Relayed

pytestmark = pytest.mark.skipif(
    not sys.platform.startswith("linux"),
    reason="elsewhere, 127.0.0.2 is no address of the machine's until somebody adds it",
)

TRUSTING = ("--trusted-proxy", "127.0.0.1", "--show-addresses", "--flood-rate", "0")

Start = Callable[..., Chat]
MakeProxy = Callable[..., HAProxy]


@pytest.fixture
def proxy(need: Need, tmp_path: Path) -> Iterator[MakeProxy]:
    """Start HAProxy; it ends with the check."""
    need("haproxy")
    with contextlib.ExitStack() as stack:
        yield lambda *arguments, **options: stack.enter_context(
            HAProxy(tmp_path, *arguments, **options)
        )


def see_that_addresses_are_their_own(chat: Chat, alice: Visitor, bob: Visitor) -> None:
    """Two people who came through a proxy: in /who, in a private message, and in the log."""
    alice.join("Alice")
    bob.join("Bob")
    alice.hear("* Bob joined")
    alice.send("/who")
    alice.hear("* 2 online: Alice (127.0.0.2), Bob (127.0.0.3)")
    alice.send("/pm 127.0.0.3 psst")
    alice.hear("Alice -> Bob: psst")
    bob.hear("Alice -> Bob: psst")
    assert [line for line in chat.log("connections.txt") if " joined from " in line] == [
        f"Alice joined from {alice.address}",
        f"Bob joined from {bob.address}",
    ]


def test_before_our_server_everybody_has_their_own_address(start: Start, proxy: MakeProxy) -> None:
    chat = start(*TRUSTING)
    there = proxy(chat.host, chat.port)
    with there.connect("127.0.0.2") as alice, there.connect("127.0.0.3") as bob:
        see_that_addresses_are_their_own(chat, alice, bob)


def test_before_our_relay_everybody_has_their_own_address(start: Start, proxy: MakeProxy) -> None:
    chat = start(*TRUSTING)
    with Server(
        "phase4.relay",
        *("--upstream", f"{chat.host}:{chat.port}"),
        *("--trusted-proxy", "127.0.0.1", "--send-proxy"),
    ) as relay:
        there = proxy(relay.host, relay.port)
        with there.connect("127.0.0.2") as alice, there.connect("127.0.0.3") as bob:
            see_that_addresses_are_their_own(chat, alice, bob)
            told = {relay.expect(r"^(\S+) connected$")[1] for _ in range(2)}
            assert told == {alice.address, bob.address}


def test_our_relay_before_haproxy_is_believed_as_well(start: Start, proxy: MakeProxy) -> None:
    chat = start(*TRUSTING)
    there = proxy(chat.host, chat.port, bind=" accept-proxy")
    upstream = ("--upstream", f"127.0.0.1:{there.port}", "--send-proxy")
    with (
        Server("phase4.relay", *upstream) as relay,
        Visitor("127.0.0.2", relay.port) as alice,
        Visitor("127.0.0.3", relay.port) as bob,
    ):
        see_that_addresses_are_their_own(chat, alice, bob)


def test_tls_may_end_in_haproxy(start: Start, proxy: MakeProxy, tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    chat = start(*TRUSTING)
    there = proxy(chat.host, chat.port, bind=f" ssl crt {authority.certificate()}")
    tls = client_context(authority.file)
    with (
        Visitor("127.0.0.2", there.port, tls) as alice,
        Visitor("127.0.0.3", there.port, tls) as bob,
    ):
        see_that_addresses_are_their_own(chat, alice, bob)


def test_tls_may_pass_through_haproxy_behind_the_header(
    start: Start, proxy: MakeProxy, tmp_path: Path
) -> None:
    authority = Authority(tmp_path)
    chat = start(*TRUSTING, "--tls-cert", str(authority.certificate()))
    there = proxy(chat.host, chat.port)
    tls = client_context(authority.file)
    with (
        Visitor("127.0.0.2", there.port, tls) as alice,
        Visitor("127.0.0.3", there.port, tls) as bob,
    ):
        see_that_addresses_are_their_own(chat, alice, bob)


@pytest.mark.parametrize("check", ["check", "check port {port}"], ids=["header", "no header"])
def test_health_checks_leave_no_trace(start: Start, proxy: MakeProxy, check: str) -> None:
    port = free_port()
    # The server is down when HAProxy looks first; to be up again it must be found so ten times.
    checks = f"{check.format(port=port)} inter 20ms fall 1 rise 10"
    there = proxy("127.0.0.1", port, server=f"send-proxy {checks}")
    wait_until(lambda: there.process.poll() is None and _was_down(there), "it is down")
    chat = start(*TRUSTING, port=port)
    wait_until(there.thinks_it_is_up, "ten health checks have passed")
    with there.connect("127.0.0.2") as alice:
        alice.join("Alice")
        alice.fence()  # nobody else has come meanwhile
        alice.send("/who")
        alice.hear("* 1 online: Alice (127.0.0.2)")
        log = chat.log("connections.txt")
        assert [line.partition(" ")[0] for line in log] == ["The", "Alice"]
    chat.interrupt()
    told = [line for line in chat.rest_of_output() if "127.0.0.1:" in line or "fault" in line]
    assert not [line for line in told if "joined" in line or "proxy" in line or "fault" in line]


def _was_down(there: HAProxy) -> bool:
    return there.admin.exists() and not there.thinks_it_is_up()


def test_version_2_is_refused_with_a_reason(start: Start, proxy: MakeProxy) -> None:
    chat = start(*TRUSTING)
    with proxy(chat.host, chat.port, server="send-proxy-v2").connect("127.0.0.2") as alice:
        alice.expect("! This is a PROXY header of version 2 .*only version 1 is understood.*")
        alice.expect_end()
    chat.expect("127.0.0.1:.*version 2")


def test_version_2_is_refused_by_the_relay_as_well(proxy: MakeProxy) -> None:
    with Relayed("--trusted-proxy", "127.0.0.1") as relay, relay.upstream:
        there = proxy(relay.host, relay.port, server="send-proxy-v2")
        with there.connect("127.0.0.2") as alice:
            alice.expect("! This is a PROXY header of version 2 .*only version 1 is understood.*")
            alice.expect_end()
        relay.expect("127.0.0.1:.* was turned away: it is a trusted proxy, but: .*version 2")


NO_HEADER = "! This server takes no PROXY header from your address. Goodbye."
WHY = "speaks the PROXY protocol, and is not a --trusted-proxy"


def test_nobody_else_can_say_whose_connection_it_is(start: Start) -> None:
    chat = start(*TRUSTING)
    with Visitor("127.0.0.2", chat.port) as mallory:
        mallory.expect(PROMPT)
        mallory.send_bytes(b"PROXY TCP4 192.0.2.7 127.0.0.1 56324 12345\r\n")
        mallory.expect(NO_HEADER)
        mallory.expect_end()
        assert f"{mallory.address} was refused: {WHY}" in chat.log("connections.txt")
    with Visitor("127.0.0.2", chat.port) as mallory:
        mallory.expect(PROMPT)
        mallory.send("Mallory")
        mallory.expect(rf"{TIME} \* Welcome, Mallory! 1 online\. .*")
        mallory.send("/who")
        mallory.hear("* 1 online: Mallory (127.0.0.2)")
        assert f"Mallory joined from {mallory.address}" in chat.log("connections.txt")


def test_a_header_inside_of_what_a_proxy_passes_on_is_not_believed(
    start: Start, proxy: MakeProxy
) -> None:
    chat = start(*TRUSTING)
    with proxy(chat.host, chat.port).connect("127.0.0.2") as mallory:
        mallory.send_bytes(b"PROXY TCP4 192.0.2.7 127.0.0.1 56324 12345\r\n")
        mallory.expect(PROMPT)
        mallory.expect(NO_HEADER)
        mallory.expect_end()
        assert f"{mallory.address} was refused: {WHY}" in chat.log("connections.txt")
