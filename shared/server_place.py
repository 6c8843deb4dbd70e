"""Where a server is, as a person types or pastes it: with a port, without one, with blanks around.

>>> parse("[::1]:24100"), parse(" chat.example ").port
(ServerPlace(host='::1', port=24100, has_tls=False), None)
"""

import argparse
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from shared.address import ip_address
from shared.safe_text import clean

SCHEMES = {"telnet": False, "tcp": False, "tls": True, "ssl": True}
"""What may stand before `://`, and whether it asks for TLS. A chat is not a web page."""

MAX_HOST_CHARACTERS = 255
"""The longest name that DNS allows (RFC 1035, 2.3.4)."""

_MAX_QUOTED = 60

# Signs that nobody sees come along from a page: spaces without width, marks of direction.
_UNSEEN = re.compile("[\u00ad\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]")
_BRACKETS = re.compile(r"\[([^\[\]]*)\](.*)")
_APART = re.compile(r"(\S+)\s+(?:port\s+)?(\d+)")  # as netcat takes it, and our sentences have it
_ENTRY = re.compile(r"\S+\s+\d+\s+SHA256\b")  # as a QR code of ours has it
_IN_NO_HOST = re.compile(r"[\s\x00-\x1f\x7f/\\@?#\[\]<>\"',;]")


class NotAPlace(ValueError):
    """That is not where a server could be; the text is a sentence that says why."""


@dataclass(frozen=True, slots=True)
class ServerPlace:
    """A host, and what else was said with it."""

    host: str
    """A name, or an IP address without brackets."""
    port: int | None = None
    """None: none was given."""
    has_tls: bool = False
    """Whether TLS was asked for (`tls://`)."""


def parse(text: str) -> ServerPlace:
    """HOST, HOST:PORT, "HOST PORT", [HOST]:PORT for IPv6, each with a scheme or without.

    And "HOST port PORT", as a server's board shows it.

    Raises NotAPlace.
    """
    # Keyboards of East Asia type a wide colon, and wide digits.
    plain = unicodedata.normalize("NFKC", _UNSEEN.sub("", text)).strip()
    scheme, is_given, rest = plain.rpartition("://")
    if is_given and scheme.lower() not in SCHEMES:
        raise NotAPlace(
            f"A chat server's address does not begin with {_quoted(f'{scheme}://')}; give it as "
            "HOST:PORT, as in chat.example:12345."
        )
    host, port = _split(rest.removesuffix("/") if is_given else rest)
    return ServerPlace(_host(host), _port(port), SCHEMES.get(scheme.lower(), False))


def _split(text: str) -> tuple[str, str | None]:
    """What stands for the host, and for the port. Raises NotAPlace."""
    if in_brackets := _BRACKETS.fullmatch(text):
        host, rest = in_brackets[1].strip(), in_brackets[2].strip()
        if _is_address(host) and rest[:1] in ("", ":"):
            return host, rest[1:] if rest else None
    if _is_address(text):
        return text, None
    apart = _APART.fullmatch(text)
    if apart and (":" not in apart[1] or _is_address(apart[1])):
        return apart[1], apart[2]
    if _ENTRY.match(text):
        raise NotAPlace(
            "That is an entry for a file of known servers (--known-hosts). Its first two words, "
            "host and port, are enough here; compare the fingerprint once you are in."
        )
    if text.count(":") > 1:
        raise NotAPlace(
            f"{_quoted(text)} has several colons; an IPv6 address with a port stands in brackets, "
            "as in [::1]:12345."
        )
    host, colon, port = text.partition(":")
    return host.strip(), port if colon else None


def _is_address(text: str) -> bool:
    try:
        return bool(ip_address(text)) and "[" not in text
    except ValueError:
        return False


def _host(text: str) -> str:
    if not text:
        raise NotAPlace("Where is the server? Give its name or address.")
    if _IN_NO_HOST.search(text) or len(text) > MAX_HOST_CHARACTERS:
        raise NotAPlace(
            f"{_quoted(text)} is not a server's name or address, as chat.example, 192.168.1.20 or "
            "::1 is."
        )
    return text


def _port(text: str | None) -> int | None:
    if text is None:
        return None
    digits = text.strip()
    if not digits.isascii() or not digits.isdecimal() or not 0 < int(digits[:6]) < 65536:
        raise NotAPlace(
            f"Behind the host stands a port, a number from 1 to 65535, and not {_quoted(digits)}."
            if digits
            else "Behind the host stands a port, a number from 1 to 65535."
        )
    return int(digits)


def _quoted(text: str) -> str:
    text = clean(text)
    return f"“{text if len(text) <= _MAX_QUOTED else f'{text[:_MAX_QUOTED]}…'}”"


class TakePlace(argparse.Action):
    """--host of a client: HOST, or HOST:PORT, which says what --port would. The last one counts.

    A scheme that asks for TLS does what --tls does, where there is one.
    """

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: str | Sequence[Any] | None,
        option_string: str | None = None,
    ) -> None:
        """Set `host`, and `port` and `tls` where they are said. Raises ArgumentError."""
        try:
            place = parse(str(values))
        except NotAPlace as error:
            raise argparse.ArgumentError(self, str(error)) from error
        if place.has_tls and not hasattr(namespace, "tls"):
            raise argparse.ArgumentError(self, "this client does not speak TLS")
        namespace.host = place.host
        namespace.port = place.port or namespace.port
        if place.has_tls:
            namespace.tls = True
