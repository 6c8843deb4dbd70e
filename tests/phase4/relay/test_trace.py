"""The relay's trace: what has passed is shown, as lines and as a diagram, and nothing else."""

import contextlib
import os
import re
import socket
import stat
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from phase4.relay.trace import MAX_ARROWS
from shared import readable
from tests.kit.harness import SECONDS, Peer, Server, free_port, run
from tests.kit.phases_common import Accepted


class Traced(Server):
    """A relay that shows what passes, between a check's client and a check's server."""

    def __init__(self, *arguments: str) -> None:
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.listener.settimeout(SECONDS)
        upstream = f"127.0.0.1:{self.listener.getsockname()[1]}"
        super().__init__("phase4.relay", "--upstream", upstream, *arguments)

    @contextlib.contextmanager
    def ends(self) -> Iterator[tuple[Peer, Peer]]:
        """A client, and the server's end of its connection."""
        with self.connect() as client, Accepted(self.listener.accept()[0]) as server:
            yield client, server

    def line(self) -> str:
        """The next line of the trace, without its time."""
        return self.expect(r"^ *\d+\.\d{3}  (.*)$")[1]


@contextlib.contextmanager
def traced(*arguments: str) -> Iterator[Traced]:
    """A relay with these arguments."""
    with Traced(*arguments) as relay, contextlib.closing(relay.listener):
        yield relay


def test_every_piece_is_shown_with_its_direction_and_its_size() -> None:
    with traced("--trace") as relay, relay.ends() as (client, server):
        client.send("Hello Server!")
        assert relay.line() == r"#1 client → server     14 bytes  Hello Server!\n"
        server.expect("Hello Server!")
        server.send("Hello Client!")
        assert relay.line() == r"#1 server → client     14 bytes  Hello Client!\n"
        client.half_close()
        assert relay.line() == "#1 client → server          FIN"
        server.close()
        assert relay.line() == "#1 server → client          FIN"
        client.expect("Hello Client!")
        client.expect_end()


def test_a_reset_is_no_end_in_order() -> None:
    with traced("--trace") as relay, relay.ends() as (client, _):
        client.reset()
        assert relay.line() == "#1 client → server          RST"


def test_connections_are_told_apart() -> None:
    with traced("--trace") as relay, relay.ends() as (alice, _):
        alice.send("I am Alice")
        assert relay.line().startswith("#1 client → server")
        with relay.ends() as (bob, _):
            bob.send("I am Bob")
            assert relay.line().startswith("#2 client → server")
            alice.send("still here")
            assert relay.line().startswith("#1 client → server")


def test_no_escape_sequence_reaches_the_console() -> None:
    with traced("--trace") as relay, relay.ends() as (client, _):
        client.send_bytes(b"\x1b[2Jred\xff\x9b\r\n")
        assert relay.line().endswith(r"  \x1b[2Jred\xff\x9b\r\n")


def test_without_the_option_nothing_of_what_is_said_is_shown() -> None:
    with traced() as relay:
        with relay.ends() as (client, server):
            client.send("a secret")
            server.expect("a secret")
        relay.expect(" closed: 9 bytes to the server")
        assert not any("secret" in line for line in relay.output)


def test_the_diagram_shows_what_has_passed(tmp_path: Path) -> None:
    file = tmp_path / "run.mmd"
    with traced("--trace-diagram", str(file)) as relay:
        with relay.ends() as (client, server):
            client.send("Hello Server!")
            server.expect("Hello Server!")
            server.send('50% <b>"bold"</b>; #1')
            client.expect(".*bold.*")
            client.half_close()
            server.expect_end()
        relay.expect(" closed: ")
        drawn = file.read_text(encoding="utf-8")
    assert re.sub(r"127\.0\.0\.1:\d+", "ADDRESS", drawn) == (
        "sequenceDiagram\n"
        "    participant C1 as ADDRESS\n"
        "    participant S as server\n"
        "    C1->>S: 14 bytes: Hello Server!#92;n\n"
        "    S->>C1: 22 bytes: 50#37; #60;b#62;#34;bold#34;#60;/b#62;#59; #35;1#92;n\n"
        "    C1--)S: FIN\n"
        "    S--)C1: FIN\n"
    )


def test_a_diagram_has_a_bound_and_says_what_is_left_out(tmp_path: Path) -> None:
    file = tmp_path / "run.mmd"
    with traced("--trace-diagram", str(file), "--quiet") as relay:
        with relay.ends() as (client, server):
            for number in range(MAX_ARROWS + 10):
                client.send(f"line {number}")
                server.expect(f"line {number}")
            client.half_close()
            server.expect_end()
        with relay.ends() as (client, server):  # the first is over when the second is
            client.half_close()
            server.expect_end()
        relay.interrupt()
        relay.wait()
    lines = file.read_text(encoding="utf-8").splitlines()
    assert sum("->>" in line for line in lines) == MAX_ARROWS
    assert re.fullmatch(r"    Note over S: \d+ more are left out", lines[-1])


def test_a_diagram_that_cannot_be_written_is_one_sentence(tmp_path: Path) -> None:
    file = tmp_path / "no such folder" / "run.mmd"
    arguments = ("--port", str(free_port()), "--trace-diagram", str(file))
    status, output = run("phase4.relay", *arguments)
    assert status == 2
    assert output.startswith(f"phase4.relay: {file} cannot be written (")
    assert "\n" not in output


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has other permissions")
def test_what_passes_is_never_in_a_diagram_that_others_may_read(tmp_path: Path) -> None:
    file = tmp_path / "run.mmd"
    file.write_text("an older one")
    file.chmod(0o644)
    with file.open() as others, traced("--trace-diagram", str(file)) as relay:
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        with relay.ends() as (client, server):
            client.send("secret")
            server.expect("secret")
            client.half_close()
            server.expect_end()
        relay.expect(" closed: ")
        assert "secret" in file.read_text()
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        assert "secret" not in others.read(), "a program that had it open reads on"


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no FIFO in a folder")
@pytest.mark.parametrize("kind", ["FIFO", "link", "directory"])
def test_a_diagram_is_not_written_into_what_is_not_an_ordinary_file(
    tmp_path: Path, kind: str
) -> None:
    file, target = tmp_path / "run.mmd", tmp_path / "target"
    target.write_text("somebody's")
    if kind == "FIFO":
        os.mkfifo(file)
    elif kind == "link":
        file.symlink_to(target)
    else:
        file.mkdir()
    status, output = run("phase4.relay", "--port", "0", "--trace-diagram", str(file))
    assert status == 2
    assert re.fullmatch(
        rf"phase4.relay: {file} cannot be written \(it is a .*{kind}.*\)\.?", output
    )
    assert target.read_text() == "somebody's"


def test_whatever_is_made_readable_is_printable() -> None:
    for number in range(0, 0x110000, 0x301):
        data = chr(number).encode("utf-8", "surrogatepass") + bytes([number % 256])
        assert readable.readable(data).isprintable()


def test_no_password_is_shown_also_where_it_comes_in_two_pieces(tmp_path: Path) -> None:
    drawn = tmp_path / "drawn"
    with traced("--trace", "--trace-diagram", str(drawn)) as relay:
        with relay.ends() as (client, server):
            shown = []
            pieces = (b"Ann\n/log", b"in Ann corr", b"ect hor", b"se\r\nhello\n/passwd b\n/who x\n")
            for piece in pieces:
                client.socket.sendall(piece)
                shown.append(relay.line().partition("bytes  ")[2])
            for line in ("Ann", r"/login Ann correct horse\r", "hello"):
                server.expect(line)  # and on the wire nothing is missing
        relay.expect("FIN")
    assert shown == [
        r"Ann\n/log",
        "in ***",
        "***",
        r"***\r\nhello\n/passwd ***\n/who x\n",
    ]
    assert not any(part in drawn.read_text() for part in ("corr", "ect", "hor"))


def test_of_a_line_with_a_password_nothing_is_shown_that_was_altered() -> None:
    options = ("--trace", "--replace", "/login", "/pm Bob")
    with traced(*options) as relay, relay.ends() as (client, server):
        client.send("/login Ann correct horse")
        assert relay.line().endswith(r"/login ***\n")
        assert relay.line().endswith("altered to  ***")
        server.expect("/pm Bob Ann correct horse")
