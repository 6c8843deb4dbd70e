"""An address: from the system, from what people write, and back."""

import argparse
import doctest
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared import address
from shared.address import Address, ip_address

HOSTS = st.ip_addresses().map(str) | st.sampled_from(["localhost", "chat.example", "fe80::1%eth0"])


@given(st.builds(Address, HOSTS, st.integers(0, 65535)))
def test_what_is_written_is_what_is_read(written: Address) -> None:
    assert Address.parse(str(written)) == written


@pytest.mark.parametrize(
    ("given_by_system", "text"),
    [
        (("127.0.0.1", 1), "127.0.0.1:1"),
        (("::1", 1, 0, 0), "[::1]:1"),
        (("::ffff:127.0.0.1", 1, 0, 0), "127.0.0.1:1"),
        (("fe80::1%eth0", 1, 0, 2), "[fe80::1%eth0]:1"),
        ("/run/chat", "/run/chat:0"),
    ],
)
def test_what_the_system_gives_is_written_as_people_do(given_by_system: object, text: str) -> None:
    assert str(Address.of(given_by_system)) == text


@pytest.mark.parametrize("text", ["", "chat", ":1", "chat:", "chat:x", "chat:-1", "chat:65536"])
def test_what_is_not_an_address_is_quoted_in_the_error(text: str) -> None:
    about = text if ":" not in text or text == ":1" else text.partition(":")[2]
    with pytest.raises(argparse.ArgumentTypeError, match=re.escape(repr(about))):
        Address.parse(text)


@pytest.mark.parametrize("text", ["", "chat", "127.0.0.1:1", "[::1]:1", "1.2.3", "[[::1]]"])
def test_what_is_not_an_ip_address_is_an_error(text: str) -> None:
    with pytest.raises(ValueError, match="not appear to be"):
        ip_address(text)


def test_the_examples_in_the_docstrings_are_true() -> None:
    assert doctest.testmod(address).attempted > 0
    assert doctest.testmod(address).failed == 0
