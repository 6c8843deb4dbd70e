"""Where a server is, as people type and paste it: understood, or told in a sentence."""

import argparse
import doctest

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared import server_place
from shared.arguments import add_connect_arguments
from shared.message import clean
from shared.server_place import NotAPlace, ServerPlace, parse

HOSTS = st.ip_addresses().map(str) | st.sampled_from(["localhost", "chat.example", "fe80::1%eth0"])


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("127.0.0.1:24100", ("127.0.0.1", 24100)),
        ("  chat.example:24100\t", ("chat.example", 24100)),
        ("chat.example : 24100", ("chat.example", 24100)),
        ("chat.example 24100", ("chat.example", 24100)),
        ("192.168.1.20 port 12345", ("192.168.1.20", 12345)),
        ("::1 port 24100", ("::1", 24100)),
        ("chat.example：２４１００", ("chat.example", 24100)),
        ("\ufeff10.0.0.1:5\u200b", ("10.0.0.1", 5)),
        ("[::1]:24100", ("::1", 24100)),
        ("[::1]", ("::1", None)),
        ("::1", ("::1", None)),
        ("2001:db8::1", ("2001:db8::1", None)),
        ("fe80::1%eth0", ("fe80::1%eth0", None)),
        ("[fe80::1%eth0]:5", ("fe80::1%eth0", 5)),
        ("telnet://10.0.0.1:2323/", ("10.0.0.1", 2323)),
        ("tcp://[::1]:5", ("::1", 5)),
        ("bücher.example", ("bücher.example", None)),
    ],
)
def test_what_people_paste_is_understood(text: str, meant: tuple[str, int | None]) -> None:
    assert parse(text) == ServerPlace(*meant)


@pytest.mark.parametrize("text", ["tls://chat.example:5", "SSL://chat.example:5/"])
def test_a_scheme_that_asks_for_tls_is_heard(text: str) -> None:
    assert parse(text) == ServerPlace("chat.example", 5, has_tls=True)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "Give its name or address"),
        (" \u200b", "Give its name or address"),
        (":5", "Give its name or address"),
        ("tls://", "Give its name or address"),
        ("host:99999", "from 1 to 65535, and not “99999”"),
        ("host:" + "9" * 5000, "from 1 to 65535"),
        ("host:0", "from 1 to 65535"),
        ("host:", "from 1 to 65535"),
        ("host:abc", "not “abc”"),
        ("host:٣", "from 1 to 65535"),
        ("[::1]:", "from 1 to 65535"),
        ("::1:24100", r"in brackets, as in \[::1\]:12345"),
        ("[::1", "in brackets"),
        ("CHAT.EXAMPLE 12345 SHA256 AB:CD:EF", "entry for a file of known servers"),
        ("h:1:2", "several colons"),
        ("[chat]:5", "is not a server's name"),
        ("my chat server", "is not a server's name"),
        ("ann@chat.example", "is not a server's name"),
        ("a\x1bb", "“a�b” is not a server's name"),
        ("x" * 300, "is not a server's name"),
        ("http://chat.example:5", "does not begin with “http://”"),
    ],
)
def test_what_is_not_a_place_is_told(text: str, said: str) -> None:
    with pytest.raises(NotAPlace, match=said):
        parse(text)


@given(HOSTS, st.integers(1, 65535) | st.none())
def test_what_is_written_is_what_is_read(host: str, port: int | None) -> None:
    bare = f"[{host}]" if ":" in host else host
    assert parse(bare if port is None else f"{bare}:{port}") == ServerPlace(host, port)


@given(st.text())
def test_nothing_that_is_typed_is_another_error(text: str) -> None:
    place, said = None, ""
    try:
        place = parse(text)
    except NotAPlace as error:
        said = str(error)
    assert clean(said) == said
    assert bool(place and place.host and place.port != 0) != bool(said)


def options_of(*arguments: str, tls: bool = False) -> argparse.Namespace:
    parser = argparse.ArgumentParser(exit_on_error=False)
    add_connect_arguments(parser, "127.0.0.1", 12345)
    if tls:
        parser.add_argument("--tls", action="store_true")
    return parser.parse_args(arguments)


@pytest.mark.parametrize(
    ("arguments", "place"),
    [
        ((), ("127.0.0.1", 12345)),
        (("--host", "chat.example"), ("chat.example", 12345)),
        (("--host", "chat.example:5"), ("chat.example", 5)),
        (("--port", "6", "--host", "chat.example"), ("chat.example", 6)),
        (("--host", "chat.example:5", "--port", "6"), ("chat.example", 6)),
    ],
)
def test_a_command_line_takes_host_and_port_in_one(
    arguments: tuple[str, ...], place: tuple[str, int]
) -> None:
    options = options_of(*arguments)
    assert (options.host, options.port) == place


def test_a_command_line_never_speaks_plainly_where_tls_is_pasted() -> None:
    assert options_of("--host", "tls://chat.example", tls=True).tls
    with pytest.raises(argparse.ArgumentError, match="does not speak TLS"):
        options_of("--host", "tls://chat.example")


def test_the_examples_are_true() -> None:
    assert doctest.testmod(server_place).failed == 0
