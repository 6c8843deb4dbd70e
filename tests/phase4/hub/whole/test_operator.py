"""An operator at one server, and people at all of them."""

from contextlib import ExitStack

from tests.kit.chat import PROMPT, TIME, Person
from tests.kit.hub import HubChat, OperatedChat, Servers, gather


def join_from(server: HubChat, address: str, name: str) -> Person:
    """Somebody who comes through a proxy from this address."""
    person = Person(server.host, server.port)
    person.send_bytes(f"PROXY TCP4 {address} 127.0.0.1 4567 12345\r\n".encode())
    person.expect(PROMPT)
    person.send(name)
    person.name = person.expect(rf"{TIME} \* Welcome, (\S+)! .*")[1]
    return person


def test_to_ban_a_name_tells_whom_else_its_address_would_keep_out_at_any_server(
    servers: Servers,
) -> None:
    proxied = ("--trusted-proxy", "127.0.0.1", "--operator=Ann")
    one, two = (servers.start(each, *proxied, kind=OperatedChat) for each in ("one", "two"))
    with ExitStack() as stack:
        people = [
            stack.enter_context(join_from(server, address, name))
            for server, address, name in (
                (one, "192.0.2.1", "Ann"),
                (two, "192.0.2.7", "Bob"),
                (one, "192.0.2.7", "Carol"),
            )
        ]
        gather(*people)
        ann = people[0]
        for also in (", and Carol as well", ""):
            banned = "Bob" if also else "Carol"
            ann.send(f"/ban {banned}")
            ann.skip_to(rf"{TIME} \* {banned} was connected from 192\.0\.2\.7, and can .*")
            ann.hear(f"* /ban 192.0.2.7 keeps that address out{also}.")
