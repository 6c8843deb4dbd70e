r"""Programs that speak another protocol, told apart from people by how they begin.

New here: what listens is found. Port scanners, health checks and programs with a wrong port send
what they send to everybody. A request that ends with an empty line would take a random name, and
be announced to all; so it is recognised before it is taken for a name.

A person's first line is a nickname, or empty. So three kinds of beginnings are strangers', and no
person loses a name by it:

- bytes that are no text, such as NUL;
- a line that cannot be a name, and begins a protocol's request;
- a word alone, written as a protocol writes it (`EHLO`, `stats`) *and* ended with CR LF. Such a
  word can be a name: with LF alone, as our clients and nc end their lines, it is one.

An empty line asks for a random name. Two of them *at once*, each with CR LF, are nmap's first
question (GenericLines): a person who presses Return twice sends them one by one. What is cut in two
on the way cannot be told from a person.

The patterns are those of nmap-service-probes, and of each protocol's own specification.
"""

import functools
import re
from dataclasses import dataclass

from phase4.transport.proxy_protocol import BEGIN_OF_V2


@dataclass(frozen=True, slots=True)
class Stranger:
    """Somebody who is not here to chat."""

    # For the stranger; the server hangs up after it.
    last_words: str
    # For the operator: what the connection does or is.
    reason: str


def _speaks(protocol: str) -> Stranger:
    return Stranger(
        f"This is a chat server, and speaks no {protocol}. Goodbye.", f"speaks {protocol}"
    )


_PROXY = Stranger(
    "This server takes no PROXY header from your address. Goodbye.",
    "speaks the PROXY protocol, and is not a --trusted-proxy",
)
_TLS = Stranger("This port does not speak TLS. Goodbye.", "speaks TLS")
_WEB = Stranger("This is a chat server, not a web server. Goodbye.", "is a web browser")
_PROBE = Stranger(
    "Two empty lines at once are what port scanners send. For a random name, press Return once. "
    "Goodbye.",
    "sent empty lines, as a port scanner does",
)
NO_TEXT = Stranger(
    "This is a chat server, and what you send is not text in UTF-8. Goodbye.",
    "speaks a protocol that is not text",
)
NO_NAME = Stranger(
    "This is a chat server: the first line is a nickname. Goodbye.",
    "speaks another protocol",
)

_BEGINNINGS = [
    # --- not text: the first bytes tell ---
    (re.escape(BEGIN_OF_V2), _PROXY),
    (rb"\x16\x03|[\x80-\xff].\x01\x03[\x00-\x04]", _TLS),  # RFC 8446, 5.1; and the hello of SSL 2
    (rb"\x00.{3}[\xfe\xff]SMB", _speaks("SMB")),
    (rb"\x03\x00..[^\x00]\xe0", _speaks("RDP")),  # [MS-RDPBCGR], 2.2.1.1: TPKT, X.224
    (rb"\x10.{1,4}\x00[\x04\x06]MQ(?:TT|Isdp)", _speaks("MQTT")),
    (rb"0(?:[\x02-\x7f]|\x84....)\x02[\x01-\x04].{1,4}[\x42\x60-\x78]", _speaks("LDAP")),
    (rb"\x00[\x0c-\xff]..[\x00-\x10].\x00[\x00\x01]\x00.\x00.\x00.", _speaks("DNS")),
    (rb"\x00\x00..(?:\x04\xd2\x16[\x2e-\x30]|\x00\x03\x00\x00)", _speaks("PostgreSQL")),
    (rb".{12}(?:\xd4|\xdd)\x07\x00\x00", _speaks("MongoDB")),
    (rb"l\x00\x0b\x00|B\x00\x00\x0b", _speaks("X11")),
    (rb"\x05[\x01-\x09][\x00-\x09]|\x04[\x01\x02]......", _speaks("SOCKS")),
    (rb"\x00\x00..\x6a\x81", _speaks("Kerberos")),
    (rb"\x80\x00\x00.{9}\x00\x00\x00\x02", _speaks("RPC")),
    (rb"\x13BitTorrent", _speaks("BitTorrent")),
    (rb"[\x01-\x05][\w.-]+[ \n]", _speaks("LPD")),  # RFC 1179, 5
    (rb"AMQP\x00", _speaks("AMQP")),
    (rb"JRMI\x00", _speaks("Java RMI")),
    (rb"[0-9a-f]{4}git-", _speaks("Git")),
    # --- text: a line that cannot be a name ---
    (rb"PROXY (?:TCP[46]|UNKNOWN)\b", _PROXY),
    (rb"(?:\r?\n)*[^\n]* HTTP/\d(?:\.\d)?\s*\n|HTTP/\d\.\d \d", _WEB),
    (rb"(?:GET|HEAD|POST) /[^ \n]*\s*\n", _WEB),  # HTTP/0.9
    (rb"SSH-\d\.\d+-", _speaks("SSH")),  # RFC 4253, 4.2
    (rb"(?:[A-Z]+ [^\n]* )?RTSP/\d\.\d", _speaks("RTSP")),
    (rb"(?:[A-Z]+ [^\n]* )?SIP/\d\.\d", _speaks("SIP")),
    (rb"[A-Z]+ [^\n]* ICAP/\d\.\d", _speaks("ICAP")),
    (rb"(?:EHLO|HELO|LHLO) |MAIL FROM:|2\d\d[ -][^\n]*\bE?SMTP\b", _speaks("SMTP")),
    (rb"CAP (?:LS|REQ|END)\b|NICK \S|PASS \S+\s*\n(?:CAP|NICK|USER) ", _speaks("IRC")),
    (rb"USER \S+ \S+ \S+ :", _speaks("IRC")),
    (rb"USER \S+\s*\n", _speaks("FTP or POP3")),
    (rb"APOP ", _speaks("POP3")),
    (rb"CLIENT \"", _speaks("DICT")),
    (rb"[A-Za-z]{1,4}\d{1,8} (?:CAPABILITY|LOGIN|NOOP|LOGOUT|STARTTLS|ID)\b", _speaks("IMAP")),
    (rb"MODE READER|2\d\d[ -][^\n]*\bNNTP\b", _speaks("NNTP")),
    (rb"220[ -]", _speaks("FTP or SMTP")),
    (rb"\*\d+\r?\n\$\d+\r?\n|(?:CONFIG|CLIENT|AUTH|SELECT|KEYS) [\w*]", _speaks("Redis")),
    (rb"gets? \S+\r\n|(?:set|add) \S+ \d+ \d+ \d+\r\n", _speaks("memcached")),
    (rb"CONNECT \{", _speaks("NATS")),
    (rb"(?:CONNECT|STOMP)\r?\n(?:accept-version|host|login|passcode):", _speaks("STOMP")),
    (rb"<(?:\?xml|stream:)", _speaks("XML")),
    (rb"\{\s*\"", _speaks("JSON")),
    (rb"RFB \d{3}\.\d{3}", _speaks("VNC")),
    (rb"@RSYNCD:", _speaks("rsync")),
    (rb"\( \d", _speaks("Subversion")),
    (rb"<\d{1,3}>", _speaks("syslog")),
    # --- text: a word that could be a name, but for its CR LF ---
    (rb"(?:EHLO|HELO|LHLO)\r\n", _speaks("SMTP")),
    (rb"(?:CAPA|STLS)\r\n", _speaks("POP3")),
    (rb"(?:FEAT|SYST|PASV)\r\n", _speaks("FTP")),
    (rb"(?:CAPABILITY|STARTTLS)\r\n", _speaks("IMAP")),
    (rb"(?:PING|INFO)\r\n", _speaks("Redis")),
    (rb"(?:stats|version)\r\n", _speaks("memcached")),
    (rb"(?:HELP|QUIT|NOOP|STAT|LIST|serverstatus|ver)\r\n", NO_NAME),
    (rb"(?:\r\n){2,}\Z", _PROBE),
]  # fmt: skip


@functools.cache
def _kinds() -> list[tuple[re.Pattern[bytes], Stranger]]:
    """Made for the first who is not plainly a person: a start of the server does without."""
    return [(re.compile(pattern, re.DOTALL), stranger) for pattern, stranger in _BEGINNINGS]


def recognise(beginning: bytes) -> Stranger | None:
    r"""Who speaks, by the first bytes of a connection; None for a person.

    `beginning` is all that has come, up to the first line's end and what came with it. Telnet's
    own bytes have been taken out.

    >>> recognise(b"EHLO mail.example\r\n").reason
    'speaks SMTP'
    >>> recognise(b"Alice\r\n") is recognise(b"\r\n") is recognise(b"stats\n") is None
    True
    """
    if _is_plainly_a_name(beginning):
        return None
    for pattern, stranger in _kinds():
        if pattern.match(beginning):
            return stranger
    return NO_TEXT if b"\0" in beginning else None


def _is_plainly_a_name(beginning: bytes) -> bool:
    r"""Whether it is one word of letters and digits, or empty, with LF alone: a person's.

    Nearly always, and much quicker to find out.
    """
    word, end = beginning[:-1], beginning[-1:]
    return end == b"\n" and (not word or word.isalnum())
