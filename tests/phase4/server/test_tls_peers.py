"""Other people's programs talk to the server over TLS: nothing of ours is at their end.

How each ends matters to those who stay: TLS has a goodbye of its own, and who goes without it may
as well have been cut off. ncat goes without.
"""

import asyncio
import contextlib
import socket
import ssl
import subprocess
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable, Iterator

import pytest

from tests.kit.certificates import Authority
from tests.kit.chat import PROMPT, TIME, Chat, Person
from tests.kit.harness import SECONDS, wait_until

Need = Callable[..., None]
Run = Callable[..., "_AtTerminal"]
OPENSSL = "openssl s_client -quiet -no_ign_eof -connect {host}:{port} -CAfile {ca}"
GONE = r"left( \(connection lost\))?"  # ncat says TLS's goodbye since 7.95
PEOPLE = {  # how to come, and what the others read at the end of input, as a pattern
    "openssl, TLS 1.3": (f"{OPENSSL} -verify_return_error -servername localhost -tls1_3", "left"),
    "openssl, TLS 1.2": (f"{OPENSSL} -verify_return_error -verify_ip {{host}} -tls1_2", "left"),
    "ncat": ("ncat --ssl {host} {port}", GONE),
    "ncat, verifying": ("ncat --ssl-verify --ssl-trustfile {ca} localhost {port}", GONE),
    "socat": ("socat - OPENSSL:{host}:{port},cafile={ca}", "left"),
}


@pytest.fixture
def transport(authority: Authority) -> Authority:
    """Every server of `start` and `chat` speaks TLS only."""
    return authority


class _AtTerminal(Person):
    """Somebody who types into a program, and reads what it prints; its remarks if they like."""

    def __init__(self, command: str, *, reads_remarks: bool = False) -> None:
        self.socket, theirs = socket.socketpair()
        self.socket.settimeout(SECONDS)
        self._unread = b""
        with theirs:
            self._process = subprocess.Popen(
                command.split(),
                stdin=theirs.fileno(),
                stdout=theirs.fileno(),
                stderr=theirs.fileno() if reads_remarks else subprocess.DEVNULL,
            )

    def close(self) -> None:
        """End the program, if it has not ended."""
        self._process.kill()
        self._process.wait(SECONDS)
        super().close()


@pytest.fixture
def run(need: Need, chat: Chat, authority: Authority) -> Iterator[Run]:
    """Start a program that connects to the server; it ends with the check."""
    with contextlib.ExitStack() as stack:

        def start(command: str, *, reads_remarks: bool = False) -> _AtTerminal:
            need(command.split()[0])
            place = {"host": chat.host, "port": chat.port, "ca": authority.file}
            at_terminal = _AtTerminal(command.format(**place), reads_remarks=reads_remarks)
            return stack.enter_context(at_terminal)

        yield start


@pytest.mark.parametrize(("command", "end"), PEOPLE.values(), ids=PEOPLE)
def test_people_with_other_programs_are_full_people(
    chat: Chat, run: Run, command: str, end: str
) -> None:
    with chat.join("Witness") as witness:
        guest = run(command)
        guest.expect(PROMPT)
        guest.send("Guest")
        guest.expect(rf"{TIME} \* Welcome, Guest! 2 online\..*")
        witness.hear("* Guest joined")
        guest.send("hello from far away", "/who")
        guest.hear("* 2 online: Guest, Witness")
        witness.hear("Guest: hello from far away")
        witness.send("and welcome")
        guest.hear("Witness: and welcome")
        guest.half_close()  # the end of input, as Ctrl-D
        witness.expect(rf"{TIME} \* Guest {end}")


def test_new_keys_that_openssl_asks_for_change_nothing(chat: Chat, run: Run) -> None:
    """Its commands: K gives new keys and asks for ours, k gives and does not ask."""
    with chat.join("Witness") as witness:
        command = "openssl s_client -tls1_3 -connect {host}:{port}"
        guest = run(command, reads_remarks=True)
        guest.skip_to(PROMPT)
        guest.send("Guest")
        guest.skip_to(rf"{TIME} \* Welcome, Guest! .*")
        witness.hear("* Guest joined")
        for command in "KkKk":
            guest.send(command)
            guest.skip_to("KEYUPDATE")
            guest.send(f"after {command}")
            witness.hear(f"Guest: after {command}")
            witness.send(f"heard {command}")
            guest.skip_to(rf"{TIME} Witness: heard {command}")


@pytest.mark.parametrize("version", ["-tls1", "-tls1_1"])
def test_openssl_cannot_talk_an_older_version(chat: Chat, run: Run, version: str) -> None:
    guest = run(
        f"openssl s_client -quiet {version} -cipher ALL:@SECLEVEL=0 -connect {{host}}:{{port}}"
    )
    guest.expect_end()
    wait_until(
        lambda: "no agreement on TLS: unsupported protocol" in chat.log("connections.txt")[-1],
        "the log tells why",
    )


def test_who_does_not_know_the_authority_goes_and_the_log_tells_why(chat: Chat, run: Run) -> None:
    guest = run(
        "openssl s_client -quiet -verify_return_error -no-CAfile -no-CApath -connect {host}:{port}"
    )
    guest.expect_end()
    wait_until(
        lambda: chat.log("connections.txt")[-1].endswith("it does not trust our certificate"),
        "the log tells why",
    )


def test_a_scanner_finds_nothing_old_nothing_weak_and_no_renegotiation(
    need: Need, chat: Chat
) -> None:
    need("sslscan")
    where = f"{chat.host}:{chat.port}"
    done = subprocess.run(
        ["sslscan", "--xml=-", where], capture_output=True, timeout=2 * SECONDS, check=True
    )
    [found] = ElementTree.fromstring(done.stdout).iter("ssltest")
    spoken = {
        f"{each.get('type')} {each.get('version')}"
        for each in found.iter("protocol")
        if each.get("enabled") == "1"
    }
    assert spoken == {"tls 1.2", "tls 1.3"}
    ciphers = list(found.iter("cipher"))
    assert {each.get("sslversion") for each in ciphers} == {"TLSv1.2", "TLSv1.3"}
    assert all(int(each.get("bits", 0)) >= 128 for each in ciphers)
    assert all(each.get("ecdhebits") for each in ciphers), "no forward secrecy"
    assert [each.get("supported") for each in found.iter("renegotiation")] == ["0"]
    assert {each.get("vulnerable") for each in found.iter("heartbleed")} == {"0"}
    assert {each.get("supported") for each in found.iter("compression")} <= {"0"}
    assert {each.get("name") for each in found.iter("group")} == {"secp256r1 (NIST P-256)"}
    with chat.join("Alice") as alice:  # and the server has come through all that
        alice.fence()


def test_pythons_own_tls_sockets_can_say_goodbye_and_get_one(
    chat: Chat, authority: Authority
) -> None:
    context = ssl.create_default_context(cafile=authority.file)
    with (
        chat.join("Witness") as witness,
        socket.create_connection((chat.host, chat.port), SECONDS) as connection,
        context.wrap_socket(connection, server_hostname="localhost") as guest,
        guest.makefile("r", encoding="utf-8", newline="\n") as lines,
    ):
        assert next(lines) == "* Enter your nickname:\n"
        guest.sendall(b"Guest\nhello\n")
        assert "Welcome, Guest!" in next(lines)
        witness.hear("* Guest joined")
        witness.hear("Guest: hello")
        with contextlib.closing(guest.unwrap()) as rest:  # says it, and waits for the answer
            witness.hear("* Guest left")
            assert rest.recv(1) == b""


def test_an_asyncio_client_is_a_full_person(chat: Chat, authority: Authority) -> None:
    context = ssl.create_default_context(cafile=authority.file)

    async def visit() -> list[str]:
        reader, writer = await asyncio.open_connection(chat.host, chat.port, ssl=context)
        await reader.readline()
        writer.write(b"Guest\n" + b"hello\n" * 100 + b"/who\n")
        heard = [(await reader.readline()).decode() for _ in range(2)]
        writer.close()
        await writer.wait_closed()
        return heard

    with chat.join("Witness") as witness:
        welcome, who = asyncio.run(asyncio.wait_for(visit(), SECONDS))
        assert "Welcome, Guest! 2 online." in welcome
        assert who.endswith("* 2 online: Guest, Witness\n")
        witness.hear("* Guest joined")
        for _ in range(100):
            witness.hear("Guest: hello")
        witness.hear("* Guest left")
