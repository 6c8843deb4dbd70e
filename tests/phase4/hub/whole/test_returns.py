"""A server that was cut off is back: whoever has come back elsewhere meanwhile stays there."""

from contextlib import ExitStack

from tests.kit.chat import TIME
from tests.kit.engines import EngineProcess
from tests.kit.harness import Peer
from tests.kit.hub import IS_AWAY, HubChat, Servers, join
from tests.kit.web import web_port
from tests.phase4.doors.conftest import Site, resume

SECRET = "5e" * 16
ELSEWHERE = "! You logged in from elsewhere."


def site(servers: Servers, name: str, *, has_cable: bool = False) -> Site:
    """A server with a page."""
    server = servers.start(name, "--web-port", "0", has_cable=has_cable)
    return Site(server, web_port(server))


def hub(site: Site) -> HubChat:
    assert isinstance(site.chat, HubChat)
    return site.chat


def come(to: Site, seen: int) -> Peer:
    """Wendy's page, which has shown so many private lines."""
    peer = resume(to, SECRET, "Wendy", seen)
    peer.skip_to(rf"{TIME} \* Welcome, Wendy! .*")
    return peer


def until_now(peer: Peer) -> list[str]:
    """What else has come, without the times. The connection lives."""
    peer.send("/ping now")
    lines = list[str]()
    while not (line := peer.read_line()).endswith("* Pong now"):
        assert line, lines
        lines.append(line.partition("] ")[2] or line)
    return lines


def test_a_page_that_has_come_back_elsewhere_stays_and_gets_what_its_old_server_kept(
    mortal_servers: Servers,
) -> None:
    one, two = site(mortal_servers, "one", has_cable=True), site(mortal_servers, "two")
    with ExitStack() as stack:
        old, bob = stack.enter_context(come(one, 0)), stack.enter_context(join(hub(one), "Bob"))
        nell = stack.enter_context(join(hub(two), "Nell"))
        bob.hear("* Nell joined")
        nell.whisper("Wendy", "shown", "swallowed")
        old.skip_to(rf"{TIME} Nell -> Wendy: swallowed")
        mortal_servers.cables["one"].cut()
        nell.skip_to(rf"{TIME} \* Wendy left \(server lost\)")
        wendy = stack.enter_context(come(two, 1))
        nell.whisper("Wendy", "there")
        wendy.skip_to(rf"{TIME} Nell -> Wendy: there")
        bob.skip_to(IS_AWAY)
        mortal_servers.cables["one"].mend()
        old.skip_to(ELSEWHERE)
        wendy.skip_to(rf"{TIME} Nell -> Wendy: swallowed")
        nell.send("all is well")
        for each in (wendy, bob):
            each.skip_to(rf"{TIME} Nell: all is well")
        assert until_now(wendy) == []


def test_where_the_room_began_anew_as_well(servers: Servers, an_engine: EngineProcess) -> None:
    one = site(servers, "one", has_cable=True)
    with ExitStack() as stack:
        old, bob = stack.enter_context(come(one, 0)), stack.enter_context(join(hub(one), "Bob"))
        servers.cables["one"].cut()
        an_engine.empty()
        bob.skip_to(IS_AWAY)
        two = site(servers, "two")
        wendy = stack.enter_context(come(two, 0))
        servers.cables["one"].mend()
        old.skip_to(ELSEWHERE)
        wendy.skip_to(rf"{TIME} \* Bob joined")
        bob.send("all is well")
        wendy.skip_to(rf"{TIME} Bob: all is well")
        assert until_now(wendy) == []
        bob.send("/who")
        bob.skip_to(rf"{TIME} \* 2 online: Bob, Wendy")
