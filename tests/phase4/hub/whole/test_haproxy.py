"""HAProxy before two servers of one room, as it is configured on the page, with TLS to the servers.

And what nc shows beside it, where a server is killed.
"""

import re
import ssl
import sys
import urllib.request
from collections.abc import Callable
from pathlib import Path

import pytest

from phase4.transport.contexts import client_context
from tests.house.pages import is_as_shown, read_page
from tests.kit.certificates import Authority
from tests.kit.engines import RedisProcess
from tests.kit.haproxy import Visitor
from tests.kit.harness import ROOT, SECONDS, Peer, free_port, wait_until
from tests.kit.hub import HubChat, Servers, join
from tests.kit.hub_proxy import HubProxy


@pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="elsewhere, 127.0.0.2 is not the machine's"
)
def test_people_come_over_tls_to_two_servers_of_one_room_and_have_their_own_addresses(
    servers: Servers, tmp_path: Path, need: Callable[..., None]
) -> None:
    need("haproxy", modules=["websockets"])
    authority = Authority(tmp_path)
    web = {"one": free_port(), "two": free_port()}
    both = {name: _start(servers, name, web[name], authority) for name in web}
    chat = {name: each.port for name, each in both.items()}
    with HubProxy(tmp_path, chat, web, is_encrypted=True) as proxy:
        for backend in ("chat", "page"):
            for name in web:
                wait_until(lambda: proxy.is_up(backend, name), f"{name} is in order")  # noqa: B023
        tls = client_context(authority.file)
        with (
            Visitor("127.0.0.2", proxy.port, tls).join("Ann") as ann,
            Visitor("127.0.0.3", proxy.port, tls).join("Bob") as bob,
        ):
            assert [proxy.connections(name) for name in web] == [1, 1]
            ann.hear("* Bob joined")
            bob.send("/who")
            bob.hear("* 2 online: Ann (127.0.0.2), Bob (127.0.0.3)")
            bob.send("hello")
            ann.hear("Bob: hello")
        assert "<title>" in _page(proxy.web_port, authority.file)
    came = [each for server in both.values() for each in server.log("connections.txt")]
    assert sorted(_name(each) for each in came if " joined from " in each) == ["Ann", "Bob"]


def _start(servers: Servers, name: str, web_port: int, authority: Authority) -> HubChat:
    options = ("--tls-cert", str(authority.certificate()), "--web-port", str(web_port))
    return servers.start(name, *options, "--trusted-proxy", "127.0.0.1", "--show-addresses")


def _page(port: int, ca: Path) -> str:
    context = ssl.create_default_context(cafile=ca)
    address = f"https://127.0.0.1:{port}/"
    with urllib.request.urlopen(address, timeout=SECONDS, context=context) as answer:
        return str(answer.read().decode())


def _name(entry: str) -> str:
    return entry.partition(" ")[0]


def test_what_nc_shows_while_the_server_of_another_is_killed(
    servers: Servers, a_redis: RedisProcess
) -> None:
    """What Ann sees on the page of the hub, where she types the line that nobody sent."""
    shown = next(each for each in read_page(ROOT, "phase4/hub/README.md").to_look_at)
    one, _ = servers.start_several("one", "two")
    with join(servers.all["two"], "Bob") as bob, Peer(one.host, one.port) as ann:
        people = [bob]
        for line in shown.splitlines():
            if line in ("Ann", "yes"):
                ann.send(line)
                continue
            if found := re.search(r"Bob: (.*)", line):
                people[-1].send(found[1])
            elif "server lost" in line:
                servers.kill("two")
                people.append(join(one, "Bob"))
            got = ann.read_line()
            assert is_as_shown(line, got), f"the page shows {line!r}, and it says {got!r}"
        people[-1].close()
