"""python -m phase4.eavesdropper: what it shows of the one in the middle is what happens."""

import re
import signal
import socket
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from phase4.client import Trust
from phase4.demo.people import Surprise
from phase4.eavesdropper import __main__ as eavesdropper
from phase4.eavesdropper import mallory
from phase4.eavesdropper.__main__ import HEARD, REPLACED, SAID, Place, alice_at, prepared, pretend
from phase4.eavesdropper.mallory import Someone, records
from phase4.relay.trace import TO_CLIENT
from phase4.transport.contexts import fingerprint, fingerprint_of_file
from phase4.transport.tls_socket import TLSSocket
from phase4.transport.trust import Verdict, Verifier
from shared.defaults import HOST
from shared.message import Left
from tests.kit.certificates import fingerprint_in
from tests.kit.harness import SECONDS, Peer, Program, run


@pytest.fixture(scope="module")
def _shared_place() -> Iterator[Place]:
    """One server, and Bob, for all checks here; each has an Alice of its own."""
    with prepared() as place:
        yield place


@pytest.fixture
def place(_shared_place: Place) -> Place:
    """The same, with nothing noted and nobody known."""
    _shared_place.known_hosts.unlink(missing_ok=True)
    for path in _shared_place.directory.glob("mallory-*.pem"):
        path.unlink()
    _shared_place.mallory.has_read()
    return _shared_place


def tell_bob(place: Place, alice: Someone) -> str:
    """Let Alice come in and say it; what Bob reads. Alice must read what she said."""
    alice.comes_in(to="Bob")
    alice.says(f"/pm Bob {SAID}")
    assert alice.hears("Bob: ") == f"Alice -> Bob: {SAID}"
    return place.bob.hears("Bob: ")


def see_her_go(place: Place, alice: Someone) -> bytes:
    """Let Alice leave; all that Mallory has got from her."""
    alice.leaves()
    assert place.bob.hears_next() == Left("", "Alice")
    place.mallory.sees_the_end()
    return place.mallory.has_read()


def all_that_passed(place: Place) -> bytes:
    """Both ways, as Mallory got it."""
    return b"".join(data for _, data in place.mallory.notebook.pieces)


def test_without_tls_she_reads_all_and_bob_reads_what_alice_never_said(place: Place) -> None:
    place.mallory.rewrites(place.plain_port, *REPLACED)
    with alice_at(place) as alice:
        assert tell_bob(place, alice) == f"Alice -> Bob: {HEARD}"
        assert b"Alice -> Bob: " in all_that_passed(place)
        assert see_her_go(place, alice) == f"Alice\n/who\n/pm Bob {SAID}\n/quit\n".encode()


def test_with_tls_no_word_and_no_name_is_in_what_passes(place: Place) -> None:
    place.mallory.passes_on(place.tls_port)
    with alice_at(place, Trust(known_hosts=place.known_hosts)) as alice:
        assert tell_bob(place, alice) == f"Alice -> Bob: {SAID}"
        passed = all_that_passed(place) + see_her_go(place, alice)
    assert alice.fingerprint == fingerprint_of_file(place.cert)
    assert len(passed) > 1000
    for word in (b"Alice", b"Bob", b"meet", b"noon", b"nickname", b"/quit"):
        assert word not in passed


def test_what_is_encrypted_is_as_much_longer_as_is_printed(place: Place) -> None:
    place.mallory.passes_on(place.tls_port)
    with alice_at(place, Trust(known_hosts=place.known_hosts)) as alice:
        alice.comes_in(to="Bob")
        place.mallory.has_read()
        for text in (f"/pm Bob {SAID}", "x" * 1000):
            alice.says(text)
            place.bob.hears(text[-10:])
            assert len(place.mallory.has_read()) == len(f"{text}\n") + 22
        see_her_go(place, alice)


def test_one_altered_bit_ends_the_connection_and_nobody_hears_it(place: Place) -> None:
    place.mallory.passes_on(place.tls_port)
    with alice_at(place, Trust(known_hosts=place.known_hosts)) as alice:
        tell_bob(place, alice)
        place.mallory.notebook.alters_the_next = True
        alice.says(f"/pm Bob {SAID}")
        assert alice.is_disconnected().startswith("The connection was lost (")
        assert place.bob.hears_next() == Left("", "Alice", "connection lost")
        place.mallory.sees_the_end()


def test_who_knows_the_servers_certificate_gives_another_not_a_byte(place: Place) -> None:
    trust = Trust(known_hosts=place.known_hosts)
    place.mallory.passes_on(place.tls_port)
    with alice_at(place, trust) as alice:
        tell_bob(place, alice)
        see_her_go(place, alice)
    pretend(place)
    with alice_at(place, trust) as alice:
        assert "shows another certificate than before" in alice.is_disconnected()
        place.mallory.sees_the_end()
    assert place.mallory.has_read() == b""


def test_who_has_the_servers_certificate_gives_another_not_a_byte(place: Place) -> None:
    pretend(place)
    with alice_at(place, Trust(ca=place.cert)) as alice:
        assert "Nothing was sent." in alice.is_disconnected()
        place.mallory.sees_the_end()
    assert place.mallory.has_read() == b""


def test_who_comes_for_the_first_time_is_read_and_can_see_it(place: Place) -> None:
    pretend(place)
    with alice_at(place, Trust(known_hosts=place.known_hosts)) as alice:
        assert tell_bob(place, alice) == f"Alice -> Bob: {HEARD}"
        assert alice.fingerprint != fingerprint_of_file(place.cert)
        assert fingerprint_in("\n".join(alice.told)) == alice.fingerprint
        assert f"/pm Bob {SAID}\n".encode() in see_her_go(place, alice)


def test_in_the_first_act_alice_notices_nothing(place: Place) -> None:
    """What she is told through the relay is what she would be told without it, but for the time."""
    place.mallory.rewrites(place.plain_port, *REPLACED)
    with alice_at(place) as alice:
        tell_bob(place, alice)
        given = b"".join(
            data.replace(HEARD.encode(), SAID.encode())
            for direction, data in place.mallory.notebook.pieces
            if direction == TO_CLIENT
        )
        see_her_go(place, alice)
    with Peer(HOST, place.plain_port) as directly:
        directly.send("Alice", "/who", f"/pm Bob {SAID}")
        for line in given.decode().splitlines():
            directly.expect(re.sub(r"\d\d:\d\d:\d\d", r"\\d\\d:\\d\\d:\\d\\d", re.escape(line)))
    place.bob.hears("Alice left")


def test_the_command_shows_all_acts_and_ends_by_itself() -> None:
    status, printed = run("phase4.eavesdropper")
    assert status == 0
    flaws = [line.partition(":")[0] for line in printed.splitlines() if "THE FLAW" in line]
    assert flaws == ["THE FLAW", "THE FLAW THAT REMAINS"]
    assert [line[:2] for line in printed.splitlines() if re.match(r"\d\. ", line)] == [
        *("1.", "2.", "3.", "4.", "5.")
    ]
    compared = [line for line in printed.splitlines() if line.startswith("They are ")]
    assert compared == ["They are the same.", "They are NOT the same."]
    wire = [line for line in printed.splitlines() if " → " in line]
    assert any(SAID in line for line in wire if "#1 " in line)
    assert not any(SAID in line or "Alice" in line for line in wire if "#2 " in line)
    assert not [line for line in wire if "#3 " in line]


def test_where_the_client_trusts_anybody_it_says_that_this_was_not_expected(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """So what it shows is seen in the run, and not only claimed."""

    def trust_anybody(self: Verifier, stream: TLSSocket) -> Verdict:
        return Verdict(stream.version, fingerprint(stream.peer_certificate), is_first=False)

    monkeypatch.setattr(Verifier, "verify", trust_anybody)
    assert eavesdropper.main([]) == 1
    assert "This was not expected: Alice was let in." in capsys.readouterr().out


def test_where_nobody_alters_anything_it_says_that_this_was_not_expected(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(eavesdropper, "REPLACED", ())
    assert eavesdropper.main([]) == 1
    assert "This was not expected: They should have read something else." in capsys.readouterr().out


@pytest.mark.skipif(sys.platform == "win32", reason="there, to end is to be killed")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_in_order(number: int) -> None:
    with Program("phase4.eavesdropper") as program:
        program.expect("The one in the middle")
        program.signal(number)
        assert program.wait() in (130, 0)  # 0: it was at its end already
        assert not [line for line in program.rest_of_output() if "Traceback" in line]


def test_where_it_is_interrupted_the_server_ends_with_it() -> None:
    with pytest.raises(KeyboardInterrupt), prepared() as place:
        raise KeyboardInterrupt
    for port in (place.plain_port, place.tls_port, place.mallory.port):
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection((HOST, port), SECONDS)
    assert not place.directory.exists()


def test_without_the_library_for_certificates_it_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "cryptography", None)
    assert eavesdropper.main([]) == 2
    assert capsys.readouterr().err.endswith("python -m pip install cryptography\n")


def test_a_diagram_that_cannot_be_written_is_a_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "none" / "wire.mmd"
    assert eavesdropper.main(["--trace-diagram", str(file)]) == 2
    said = f"phase4.eavesdropper: {file} cannot be written: No such file or directory.\n"
    assert capsys.readouterr().err == said


def test_a_wait_that_is_in_vain_is_a_sentence(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mallory, "PATIENCE_SECONDS", 0.1)
    with pytest.raises(Surprise, match="Bob does not hear 'what nobody says'"):
        place.bob.hears("what nobody says")
    with pytest.raises(Surprise, match="does not end"):
        place.mallory.sees_the_end()


@pytest.mark.parametrize(
    ("piece", "kinds"),
    [
        (b"", []),
        (b"Alice\n", []),
        (b"\x16\x03\x01", []),
        (b"\x16\x03\x01\x00\x05abc", ["handshake"]),  # the rest comes with the next piece
        (b"\x15\x03\x03\x00\x00", ["alert"]),
        (b"\x16\x03\x03\x00\x01a\x14\x03\x03\x00\x01\x01", ["handshake", "change of cipher"]),
        (b"\x17\x03\x03\x00\x01a" * 3, ["encrypted"]),
        (b"\x17\x04\x03\x00\x01a", []),
    ],
)
def test_records_are_told_by_their_heads(piece: bytes, kinds: list[str]) -> None:
    assert records(piece) == kinds
