"""Programs that speak another protocol are hung up, and told apart; people are not."""

import inspect
import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from phase4.accounts.nicknames import BadNickname, normalise
from phase4.server import strangers
from phase4.server.strangers import recognise
from tests.kit.chat import PROMPT, TIME, Chat
from tests.kit.harness import Peer, wait_until

PROXY = "speaks the PROXY protocol, and is not a --trusted-proxy"
V2 = b"\r\n\r\n\0\r\nQUIT\n"
NO_TEXT = "speaks a protocol that is not text"

WORDS = re.findall(r"[A-Za-z0-9]+", inspect.getsource(strangers))

REQUESTS = {  # what comes first, with what comes together with it; and what the operator reads
    "PROXY v1": (b"PROXY TCP4 127.0.0.1 127.0.0.1 41234 12345\r\n", PROXY),
    "PROXY v1, unknown": (b"PROXY UNKNOWN\r\n", PROXY),
    "PROXY v2, a check": (V2 + b"\x20\0\0\0", PROXY),
    "PROXY v2": (V2 + b"\x21\x11\0\x0c\x7f\0\0\1\x7f\0\0\1\xa1\x12\x30\x39Alice\r\n", PROXY),
    "HTTP/0.9": (b"GET /\r\n\r\n", "is a web browser"),
    "HTTP after an empty line": (b"\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", "is a web browser"),
    "RTSP": (b"OPTIONS / RTSP/1.0\r\nCSeq: 1\r\n\r\n", "speaks RTSP"),
    "SIP": (b"OPTIONS sip:nm SIP/2.0\r\nVia: SIP/2.0/TCP nm\r\n\r\n", "speaks SIP"),
    "SIP, an answer": (b"SIP/2.0 200 OK\r\nVia: SIP/2.0/TCP nm\r\n\r\n", "speaks SIP"),
    "GenericLines": (b"\r\n\r\n", "sent empty lines, as a port scanner does"),
    "an unknown request": (b"PLAY it AGAIN/1.0\r\nSam: yes\r\n\r\n", "speaks another protocol"),
    "SMTP": (b"HELO a\r\nMAIL FROM:<a@b>\r\nDATA\r\n\r\nhello\r\nQUIT\r\n", "speaks SMTP"),
    "SMTP, a word": (b"EHLO\r\n", "speaks SMTP"),
    "SMTP, a server": (b"220 mail.example ESMTP\r\n", "speaks SMTP"),
    "IRC": (b"CAP LS 302\r\nNICK bob\r\nUSER bob 0 * :Bob\r\nQUIT\r\n", "speaks IRC"),
    "IRC, old": (b"NICK bob\r\nUSER bob 0 * :Bob\r\n", "speaks IRC"),
    "FTP": (b"USER anonymous\r\nPASS a@b\r\nQUIT\r\n", "speaks FTP or POP3"),
    "POP3": (b"CAPA\r\n", "speaks POP3"),
    "IMAP": (b"a001 CAPABILITY\r\na002 LOGOUT\r\n", "speaks IMAP"),
    "NNTP": (b"MODE READER\r\nQUIT\r\n", "speaks NNTP"),
    "Redis": (b"*1\r\n$4\r\nPING\r\n", "speaks Redis"),
    "Redis, a word": (b"PING\r\n", "speaks Redis"),
    "memcached": (b"stats\r\n", "speaks memcached"),
    "STOMP": (b"CONNECT\naccept-version:1.2\nhost:a\n\n\0", "speaks STOMP"),
    "XMPP": (b"<?xml version='1.0'?>\n<stream:stream to='a'>\n\n", "speaks XML"),
    "VNC": (b"RFB 003.008\n", "speaks VNC"),
    "help": (b"HELP\r\n", "speaks another protocol"),
    "MQTT": (b"\x10\x0c\0\4MQTT\4\2\0\x3c\0\0", "speaks MQTT"),
    "MySQL": (b"\x20\0\0\1\x85\xa6\x0f\0\0\0\0\1\x21root\n\n", NO_TEXT),
    "PostgreSQL": (b"\0\0\0\x08\4\xd2\x16\x2f", "speaks PostgreSQL"),
    "MongoDB": (b"\x3a\0\0\0\1\0\0\0\0\0\0\0\xd4\7\0\0admin.$cmd\0\n\n", "speaks MongoDB"),
    "LDAP": (b"0\x0c\2\1\1\x60\7\2\1\3\4\0\x80\0", "speaks LDAP"),
    "SMB": (b"\0\0\0\x45\xffSMB\x72\0\0\0\0\n\n", "speaks SMB"),
    "RDP": (b"\3\0\0\x13\x0e\xe0\0\0\0\0\0\1\0\x08\0\3\0\0\0", "speaks RDP"),
    "DNS": (b"\0\x1e\0\6\1\0\0\1\0\0\0\0\0\0\7version\4bind\0\0\x10\0\3", "speaks DNS"),
    "X11": (b"l\0\x0b\0\0\0\0\0\0\0\0\0", "speaks X11"),
    "SOCKS": (b"\5\1\0", "speaks SOCKS"),
    "TLS": (b"\x16\3\1\0\5\1\0\0\1\0", "speaks TLS"),
    "SSL 2": (b"\x80\x9e\1\3\1\0\x75\0\0\0\x20\n\n", "speaks TLS"),
    "Kerberos": (b"\0\0\0\x71\x6a\x81\x6e\x30\x81\x6b", "speaks Kerberos"),
    "LPD": (b"\1default\n\n", "speaks LPD"),
    "Git": (b"0032git-upload-pack /a\0host=a\0", "speaks Git"),
    "UTF-16": ("Alice\r\nhello\r\n".encode("utf-16-le"), NO_TEXT),
    "SQL Server": (b"\x12\1\0\x34\0\0\0\0\0\0\x15\n\n", NO_TEXT),
}  # fmt: skip


@pytest.mark.parametrize("name", REQUESTS)
def test_another_protocol_is_told_apart_and_hung_up_and_nobody_else_hears_of_it(
    chat: Chat, name: str
) -> None:
    request, reason = REQUESTS[name]
    with chat.join("Alice") as alice, chat.connect() as stranger:
        stranger.send_bytes(request)
        stranger.expect(PROMPT)
        said = stranger.read_bytes_until_end().decode().splitlines()
        assert said[-1].startswith("! ")
        assert said[-1].endswith("Goodbye.")
        _is_logged(chat, stranger, reason)
        alice.fence()


def _is_logged(chat: Chat, stranger: Peer, reason: str) -> None:
    """What the operator reads: on the console, and in connections.txt."""
    entry = f"127.0.0.1:{stranger.socket.getsockname()[1]} was refused: {reason}"
    chat.expect(entry + "$")
    wait_until(lambda: entry in chat.log("connections.txt"), "it is logged")


IN_PIECES = [
    each for each in REQUESTS if each not in {"GenericLines", "an unknown request", "XMPP"}
    and not REQUESTS[each][0].startswith(b"\r\n")
]  # fmt: skip


@pytest.mark.parametrize("name", IN_PIECES)
def test_it_is_told_apart_wherever_tcp_cuts_its_first_line(name: str) -> None:
    request, _ = REQUESTS[name]
    assert any(recognise(request[:end]) for end in range(1, len(request) + 1))


@pytest.mark.parametrize(
    "line",
    [b"stats\n", b"HELP\n", b"EHLO\n", b"Stats\r\n", b"Help\r\n", b"Nick\r\n", b"Ehlo\r\n",
     b"Proxy\r\n", b"OPTIONS\r\n", b"Connect\r\n", b"GET\r\n", b"Sip\r\n", b"\xef\xbb\xbfAl\n"],
)  # fmt: skip
def test_a_person_may_be_called_as_a_protocol_calls_something(line: bytes) -> None:
    assert recognise(line) is None


@given(st.text(min_size=1, max_size=20))
def test_no_name_is_a_stranger_s_as_our_clients_send_it(text: str) -> None:
    try:
        name = normalise(unicodedata.normalize("NFKC", text))
    except BadNickname:
        return
    assert recognise(f"{name}\nhello all\n\nhow are you?\n".encode()) is None


@pytest.mark.parametrize("pieces", [(b"\n\n",), (b"\n", b"\n"), (b"\r\n", b"\r\n")])
def test_who_presses_return_twice_is_a_person(chat: Chat, pieces: tuple[bytes, ...]) -> None:
    with chat.join("Alice") as alice, chat.connect() as person:
        person.expect(PROMPT)
        person.send_bytes(pieces[0])
        name = person.expect(rf"{TIME} \* Welcome, (\S+)! \d+ online\. .*")[1]
        for each in pieces[1:]:
            person.send_bytes(each)
        person.send_bytes(b"hello\n")
        alice.hear(f"* {name} joined")
        alice.hear(f"{name}: hello")


def test_who_had_a_name_refused_may_ask_for_a_random_one(chat: Chat) -> None:
    with chat.connect() as person:
        person.expect(PROMPT)
        person.send("two words")
        person.expect("! A name has .+")
        person.expect(PROMPT)
        person.send("")
        person.expect(rf"{TIME} \* Welcome, \S+! \d+ online\. .*")


def test_a_word_with_a_line_feed_is_a_person_with_or_without_a_look_at_the_patterns() -> None:
    """Also a word that a protocol begins with; so the quick way tells the same as the long one."""
    for word in WORDS:
        beginning = f"{word}\n".encode()
        assert recognise(beginning) is None
        assert not any(pattern.match(beginning) for pattern, _ in strangers._kinds())
