"""What a teacher writes on the board: where others reach the server, also as a QR code."""

import contextlib
import itertools
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
import segno

from phase4.server.board import Board, board_of
from phase4.transport.known_hosts import Entry, parse
from shared.networks import Use, own_ways
from tests.conftest import Need
from tests.kit.certificates import Authority, fingerprint_in
from tests.kit.harness import ROOT, Program, free_port, run
from tests.kit.in_namespace import must, namespace
from tests.kit.terminal import Terminal

VARIED = ":".join(f"{number:02X}" for number in range(0xA0, 0xC0))
PORTS = ("--port", "0", "--status-port", "0", "--quit-key", "off")
DARK, LIGHT = "000000", "ffffff"


# --- what is on it --------------------------------------------------------------------------------


@pytest.mark.parametrize("host", ["192.168.1.20", "2001:db8::20", "chat.example"])
def test_what_the_code_holds_can_be_put_into_a_known_hosts_file(host: str) -> None:
    assert parse(Board(host, 12345, VARIED).text) == [Entry(host, 12345, VARIED)]


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost", "LocalHost", "127.0.0.2"])
def test_a_server_for_this_machine_alone_has_nothing_for_the_board(host: str) -> None:
    assert board_of(host, 12345, VARIED) is None


@pytest.mark.parametrize("host", ["192.168.1.20", "chat.example"])
def test_a_host_that_was_asked_for_is_what_others_connect_to(host: str) -> None:
    assert board_of(host, 12345, "") == Board(host, 12345)


# --- in a terminal --------------------------------------------------------------------------------


@contextlib.contextmanager
def started(
    directory: Path,
    *options: str,
    host: str = "0.0.0.0",
    columns: int = 80,
    env: dict[str, str] | None = None,
    asks: bool = True,
) -> Iterator[Terminal]:
    """A server on a terminal of so many columns and 24 rows, once it has said all."""
    if host == "0.0.0.0" and not [way for way in own_ways() if way.use is not Use.INSIDE]:
        pytest.skip("this machine is in no network")
    arguments = ("-m", "phase4.server", "--host", host, *PORTS, *["--qr"] * asks, *options)
    logs = ("--log-dir", str(directory / "logs"))
    with Terminal(*arguments, *logs, columns=columns, env=env) as terminal:
        yield terminal


def squares(terminal: Terminal, columns: int = 41) -> list[list[bool]]:
    """The code on the screen, so many squares wide, from the cells' looks: True where dark."""
    rows = [_cells(terminal, y, columns) for y in range(24)]
    first = next(y for y, row in enumerate(rows) if row)
    code = list(itertools.takewhile(bool, rows[first:]))
    return [row for pairs in code for row in map(list, zip(*pairs, strict=True))]


def _cells(terminal: Terminal, y: int, columns: int) -> list[tuple[bool, bool]]:
    """Upper and lower half of a row's cells; nothing where it is not a row of the code."""
    cells = [terminal._screen.buffer[y][x] for x in range(columns)]
    if {cell.data for cell in cells} - {" ", "▄"} or not any(
        cell.bg == LIGHT or cell.reverse for cell in cells
    ):
        return []
    pairs = []
    for cell in cells:
        upper = not cell.reverse if cell.bg == "default" else cell.bg == DARK
        pairs.append((upper, upper if cell.data == " " else not upper))
    return pairs


def expected(text: str) -> list[list[bool]]:
    """What segno makes of the text, with two light squares around it, and one row below."""
    made = [[bool(each) for each in row] for row in segno.make(text, micro=False).matrix_iter(1, 2)]
    return [*made, [False] * len(made[0])] if len(made) % 2 else made


@pytest.mark.parametrize("env", [{}, {"NO_COLOR": "1"}])
def test_the_code_is_drawn_as_segno_makes_it_and_fits_into_24_rows(
    tmp_path: Path, authority: Authority, env: dict[str, str]
) -> None:
    certificate = authority.certificate()
    with started(tmp_path, "--tls-cert", str(certificate), env=env) as terminal:
        terminal.until("It says [^\n]+, and the fingerprint")
        said = terminal.output.decode()
        host, port = said.partition("It says ")[2].partition(",")[0].split(" port ")
        fingerprint = fingerprint_in(said.replace("\r\n", "\n"))
        assert squares(terminal) == expected(Board(host, int(port), fingerprint).text)
        assert ("38;5;" in said) == (not env)


def test_with_a_page_the_code_leads_there_without_being_asked_for(tmp_path: Path) -> None:
    port = free_port()
    with started(tmp_path, "--web-port", str(port), asks=False) as terminal:
        terminal.until(rf"It says http://\S+:{port}/")
        said = terminal.output.decode()
        url = said.partition("It says ")[2].split()[0].removesuffix(".")
        code = expected(url)
        assert f"Chat in a browser: {url}" in said
        assert squares(terminal, len(code[0])) == code


def test_a_terminal_that_says_it_is_light_gets_the_code_dark_on_light_without_colours(
    tmp_path: Path,
) -> None:
    with started(tmp_path, env={"NO_COLOR": "1", "COLORFGBG": "0;15"}) as terminal:
        terminal.until("It says")
        rows = [[cell.reverse for cell in terminal._screen.buffer[y].values()] for y in range(24)]
        assert any(any(row) and not all(row[:2]) for row in rows)
        assert "38;5;" not in terminal.output.decode()


def test_a_terminal_that_is_too_small_is_told_how_large_it_must_be(
    tmp_path: Path, authority: Authority
) -> None:
    certificate = str(authority.certificate())
    with started(tmp_path, "--tls-cert", certificate, columns=40) as terminal:
        terminal.until(r"needs 41 columns and 23 rows")
        assert "▄" not in terminal.text


def test_a_terminal_without_blocks_is_told_so(tmp_path: Path) -> None:
    with started(tmp_path, env={"PYTHONIOENCODING": "ascii"}) as terminal:
        terminal.until(r"encoding \(ascii\) has no blocks")


def test_where_nobody_else_can_connect_that_is_said_instead(tmp_path: Path) -> None:
    with started(tmp_path, host="127.0.0.1") as terminal:
        terminal.until("There is nothing to write on the board: no other machine can connect")
        assert "▄" not in terminal.text


def test_in_a_pipe_there_is_no_code_and_a_sentence_says_so(tmp_path: Path) -> None:
    options = ("--host", "0.0.0.0", *PORTS, "--log-dir", str(tmp_path / "logs"))
    with Program("phase4.server", *options, "--qr") as program:
        program.expect(r"There is no QR code here: .*")
        program.end_of_input()
        program.process.terminate()
        assert program.wait() == 0
        assert not [line for line in program.rest_of_output() if "▄" in line or "It says" in line]


def test_without_the_library_a_sentence_says_what_to_install_and_the_server_runs(
    tmp_path: Path,
) -> None:
    (tmp_path / "segno.py").write_text("raise ImportError('as if it were not there')\n")
    with started(tmp_path, env={"PYTHONPATH": str(tmp_path)}) as terminal:
        terminal.until("made by the library segno, which is not installed: .*")
        assert "pip install segno" in terminal.text.replace("\n", "")
        assert terminal.process.poll() is None


# --- the addresses --------------------------------------------------------------------------------


@pytest.fixture
def machine(need: Need) -> Iterator[str]:
    """A machine with several networks, as a teacher's laptop has them."""
    need("ip")
    with namespace(f"chat-{os.getpid()}-laptop") as name:
        for number, (card, address) in enumerate(CARDS.items()):
            must("-n", name, "link", "add", card, "type", "veth", "peer", "name", f"end{number}")
            must("-n", name, "address", "add", f"{address}/24", "dev", card)
            for end in (card, f"end{number}"):
                must("-n", name, "link", "set", end, "up")
        must("-n", name, "route", "add", "default", "via", "192.168.1.1")
        yield name


CARDS = {"tun0": "10.8.0.2", "docker0": "172.17.0.1", "wlan0": "192.168.1.20", "eth1": "10.0.5.3"}


def test_a_relay_says_as_well_where_others_connect(machine: str) -> None:
    options = ("--host", "0.0.0.0", "--port", "0")
    with Program("tests.kit.in_namespace", machine, "phase4.relay", *options) as program:
        program.expect("^Other machines connect to it in a network that both are in:$")
        program.expect("^  192.168.1.20  wlan0: the way to everywhere else: most likely this one$")
        program.expect("^Not 172")


@pytest.mark.parametrize(
    ("names", "is_told"),
    [
        (["192.168.1.99", "localhost"], True),
        (["192.168.1.20"], False),
        (["chat.example"], False),  # it may lead here, for all that the server knows
    ],
)
def test_a_certificate_that_is_not_for_the_address_of_the_board_is_told(
    machine: str, tmp_path: Path, names: list[str], is_told: bool
) -> None:
    cert, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    assert run("phase4.certificate", *names, "--cert", str(cert), "--key", str(key))[0] == 0
    options = ("--host", "0.0.0.0", *PORTS, "--log-dir", str(tmp_path / "logs"))
    tls = ["--tls-cert", str(cert), "--tls-key", str(key)]
    with Program("tests.kit.in_namespace", machine, "phase4.server", *options, *tls) as program:
        program.expect("^Not 172")
        program.process.terminate()
        assert program.wait() == 0
        told = [line for line in program.rest_of_output() if line.startswith("The certificate is")]
    sentence = "The certificate is for 192.168.1.99, localhost, and not for 192.168.1.20: "
    assert [line.startswith(sentence) for line in told] == [True] * is_told


def test_of_several_networks_each_is_said_with_what_it_is_good_for(
    machine: str, tmp_path: Path
) -> None:
    options = ("--host", "0.0.0.0", *PORTS, "--log-dir", str(tmp_path / "logs"))
    with Program("tests.kit.in_namespace", machine, "phase4.server", *options) as program:
        program.expect("^Not 172")
    said = program.output
    start = said.index("From another machine, with the --host of a network that both are in:")
    block = "\n".join(said[start : start + 5])
    assert f"```\n{block}\n```" in (ROOT / "docs/class.md").read_text(encoding="utf-8")
    assert block.endswith("\nNot 172.17.0.1 (docker0): for what runs inside this machine.")


def test_a_certificate_for_this_machine_is_for_all_addresses_that_others_reach(
    machine: str, tmp_path: Path
) -> None:
    files = ("--cert", str(tmp_path / "cert.pem"), "--key", str(tmp_path / "key.pem"))
    status, printed = run("tests.kit.in_namespace", machine, "phase4.certificate", *files)
    assert status == 0
    assert "\nFor localhost, 127.0.0.1, ::1, 192.168.1.20, 10.0.5.3, 10.8.0.2, " in printed
    assert "172.17.0.1" not in printed
