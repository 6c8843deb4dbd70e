"""Whom a request is meant for, whose page sends it, and for whom a proxy speaks."""

import pytest

from phase4.doors.request import (
    ANY_SCHEME,
    Host,
    OwnNames,
    Refused,
    check_origin,
    client_of,
    schemes_of,
)

NAMES = OwnNames(["Chat.example"])


def status(*hosts: str, origins: tuple[str, ...] = (), schemes: frozenset[str] = ANY_SCHEME) -> str:
    """What a request with these headers is answered; empty: as it wishes."""
    try:
        host = Host.of(hosts)
        NAMES.check(host)
        check_origin(origins, host, schemes)
    except Refused as why:
        return why.status.split()[0]
    return ""


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "127.0.0.1:8080", "192.168.1.20:8080", "[::1]:8080", "[fe80::1]", "localhost",
     "LOCALHOST:8080", "chat.example", "CHAT.EXAMPLE:443", "chat.example."],
)  # fmt: skip
def test_addresses_and_own_names_are_ours(host: str) -> None:
    assert status(host) == ""


@pytest.mark.parametrize(
    "host",
    ["evil.example", "evil.example:8080", "chat.example.evil.example", "localhost.evil.example",
     "xlocalhost", "127.0.0.1.evil.example", "0x7f.1.evil.example"],
)  # fmt: skip
def test_a_name_that_somebody_gave_our_address_is_not_ours(host: str) -> None:
    assert status(host) == "421"


@pytest.mark.parametrize(
    "hosts",
    [(), ("",), ("localhost", "localhost"), ("local host",), ("localhost:x",), ("a'b",),
     ("localhost/",), ("user@localhost",), ("localhost:123456",), ("[::1",), ("localhost;x",)],
)  # fmt: skip
def test_a_request_without_one_plain_host_is_none(hosts: tuple[str, ...]) -> None:
    assert status(*hosts) == "400"


@pytest.mark.parametrize(
    ("host", "origin"),
    [("127.0.0.1:8080", "http://127.0.0.1:8080"), ("localhost:8080", "http://LOCALHOST:8080"),
     ("chat.example", "https://chat.example"), ("chat.example:443", "https://chat.example"),
     ("chat.example", "https://chat.example:443"), ("chat.example", "http://chat.example"),
     ("chat.example:80", "http://chat.example"), ("chat.example", "http://chat.example:80"),
     ("[::1]:8080", "http://[::1]:8080"), ("[::1]", "http://[::1]"), ("[::1]:443", "https://[::1]"),
     ("[FE80::1]:8080", "http://[fe80::1]:8080")],
)  # fmt: skip
def test_our_own_page_may_connect(host: str, origin: str) -> None:
    scheme = frozenset({origin.partition(":")[0]})
    assert status(host, origins=(origin,)) == ""
    assert status(host, origins=(origin,), schemes=scheme) == ""
    assert status(host, origins=(origin,), schemes=ANY_SCHEME - scheme) == "403"


def test_a_program_that_is_no_browser_may_connect() -> None:
    assert status("127.0.0.1:8080") == ""


@pytest.mark.parametrize(
    "origins",
    [("http://evil.example",), ("http://127.0.0.1:9999",), ("http://127.0.0.1",), ("null",), ("",),
     ("http://127.0.0.1:8080.evil.example",), ("http://127.0.0.1:8080@evil.example",),
     ("file://127.0.0.1:8080",), ("chrome-extension://127.0.0.1:8080",), ("127.0.0.1:8080",),
     ("http://127.0.0.1:8080", "http://127.0.0.1:8080"), ("http://[::1",),
     ("http://127.0.0.1:8080, http://evil.example",), ("NULL",), ("://127.0.0.1:8080",),
     ("http://127.0.0.1:8080/",), ("http://127.0.0.1:8080#x",), (" http://127.0.0.1:8080",),
     ("ws://127.0.0.1:8080",), ("http:127.0.0.1:8080",), ("http://",), ("http://127.0.0.1:08080",)],
)  # fmt: skip
def test_another_page_may_not(origins: tuple[str, ...]) -> None:
    assert status("127.0.0.1:8080", origins=origins) == "403"


@pytest.mark.parametrize(
    ("forwarded", "client"),
    [
        ([], ""),
        (["9.9.9.9"], "9.9.9.9"),
        (["1.1.1.1, 9.9.9.9"], "9.9.9.9"),  # what the client itself sent is before it
        (["1.1.1.1", "9.9.9.9"], "9.9.9.9"),
        (["9.9.9.9, 10.0.0.7"], "9.9.9.9"),  # two proxies of ours in a row
        (["10.0.0.8, 10.0.0.7"], "10.0.0.8"),
        (["garbage, 10.0.0.7"], "10.0.0.7"),
        (["garbage"], ""),
        ([""], ""),
        (["::ffff:9.9.9.9"], "9.9.9.9"),
        (["2001:DB8::1"], "2001:db8::1"),
        (["[2001:db8::1]"], "2001:db8::1"),
        (["fe80::1%x (Bob), 10.0.0.1"], "10.0.0.1"),  # a zone may be any text
    ],
)
def test_a_proxy_speaks_for_the_last_that_nobody_of_ours_vouches_for(
    forwarded: list[str], client: str
) -> None:
    assert client_of(forwarded, lambda host: host.startswith("10.")) == client


@pytest.mark.parametrize(
    ("host", "origin"),
    [("chat.example:443", "http://chat.example"), ("chat.example:80", "https://chat.example"),
     ("chat.example:443", "http://chat.example:80"), ("[::1]:80", "https://[::1]")],
)  # fmt: skip
def test_the_usual_port_is_that_of_the_pages_own_scheme(host: str, origin: str) -> None:
    assert status(host, origins=(origin,)) == "403"


@pytest.mark.parametrize(
    ("forwarded", "schemes"),
    [
        ([], set()),
        ([""], set()),
        (["gopher"], set()),
        (["https"], {"https"}),
        (["HTTPS"], {"https"}),
        (["wss"], {"https"}),
        (["ws"], {"http"}),
        (["https, http"], {"http", "https"}),
        (["https", " http "], {"http", "https"}),
        (["https,gopher"], {"https"}),
    ],
)
def test_a_proxy_says_how_people_come_to_it(forwarded: list[str], schemes: set[str]) -> None:
    assert schemes_of(forwarded) == schemes
