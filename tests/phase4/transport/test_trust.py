"""Whom a client believes: the file of known servers, and the verdict. No chat in here."""

import argparse
import contextlib
import errno
import itertools
import os
import socket
import stat
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import hypothesis
import pytest
from hypothesis import given
from hypothesis import strategies as st

from phase4.client_gui import settings
from phase4.transport import known_hosts, trust
from phase4.transport.arguments import add_trust_arguments, trust_of
from phase4.transport.contexts import fingerprint_of_file, server_context
from phase4.transport.errors import Distrusted, TLSError
from phase4.transport.known_hosts import Entry, fingerprints, line_of, parse, remember, spelled
from phase4.transport.tls_socket import TLSSocket
from phase4.transport.trust import Verifier
from phase4.transport.trusting import Trust
from tests.kit.certificates import Authority, fingerprint_in, groups_of
from tests.kit.harness import SECONDS, Program

on_posix = pytest.mark.skipif(sys.platform == "win32", reason="asks for modes, pipes, flock()")

ONE, TWO = (":".join([f"{number:02X}"] * 32) for number in (0x1F, 0x2E))
VARIED = ":".join(f"{number:02X}" for number in range(0xA0, 0xC0))
IN_LINES = "\n".join(groups_of(VARIED))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where servers are remembered; neither it nor its directory is there yet."""
    return tmp_path / "settings" / "known_hosts"


# --- the file ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "spellings",
    [
        ["chat.example", "CHAT.Example", "chat.example."],
        ["STRASSE.example", "straße.example"],
        ["::1", "0:0:0:0:0:0:0:1", "0::0001"],
        ["fe80::a%eth0", "FE80:0::A%eth0"],
        ["10.0.0.1", "::ffff:10.0.0.1", "::FFFF:a00:1", "10\u30020.0.1", "10.0.\u200b0.1"],
        ["b\xfccher.example", "BU\u0308CHER.example", "xn--bcher-kva.example"],
        ["chat.example", "chat\u3002example", "ch\xadat.exam\u200bple"],  # pasted from a page
    ],
)
def test_a_host_is_the_same_however_it_is_spelled(path: Path, spellings: list[str]) -> None:
    for one, other in itertools.permutations(spellings, 2):
        path.unlink(missing_ok=True)
        remember(path, Entry(spelled(one), 12345, ONE))
        assert fingerprints(path, other, 12345) == {ONE}


@pytest.mark.parametrize("other", [("chat.example", 12346), ("chat2.example", 12345)])
def test_another_port_is_another_server_and_so_is_another_host(
    path: Path, other: tuple[str, int]
) -> None:
    remember(path, Entry("chat.example", 12345, ONE))
    assert fingerprints(path, *other) == set()


entries = st.builds(
    Entry,
    (st.text("az09-", min_size=1) | st.ip_addresses().map(str)).map(spelled),
    st.integers(1, 65535),
    st.binary(min_size=32, max_size=32).map(lambda data: data.hex(":").upper()),
)


@hypothesis.settings(max_examples=50)
@given(
    st.lists(entries, max_size=5),
    st.sampled_from(["", "\n", "# Ann's servers\n", "   \n# a # b\n"]),
)
def test_what_is_written_is_read_again_among_comments(written: list[Entry], between: str) -> None:
    assert parse(between.join(["", *map(line_of, written)])) == written


@hypothesis.settings(max_examples=50)
@given(entries, st.text(max_size=40))
def test_any_text_is_entries_or_an_error_that_names_the_line(entry: Entry, text: str) -> None:
    found, complaint = [], ""
    try:
        found = parse(line_of(entry) + text)
    except ValueError as error:
        complaint = str(error)
    assert complaint.startswith("line ") or found[0] == entry


@on_posix
def test_the_file_and_its_directory_are_for_this_person_only(path: Path) -> None:
    remember(path, Entry("chat.example", 12345, ONE))
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


@pytest.mark.parametrize("end", ["", "\n"])
def test_what_a_person_wrote_there_is_kept(path: Path, end: str) -> None:
    written = f"# the class\nCHAT.example   12345 SHA256 {ONE.lower()}  # from Bob{end}"
    path.parent.mkdir()
    path.write_text(written)
    remember(path, Entry("::1", 12345, TWO))
    assert path.read_text() == written.removesuffix("\n") + f"\n::1 12345 SHA256 {TWO}\n"
    assert fingerprints(path, "chat.example", 12345) == {ONE}


def test_a_file_saved_by_windows_is_understood(path: Path) -> None:
    path.parent.mkdir()
    path.write_bytes(b"\xef\xbb\xbf" + f"chat.example 12345 SHA256 {ONE}\r\n".encode())
    assert fingerprints(path, "chat.example", 12345) == {ONE}


@pytest.mark.parametrize(
    "pasted",
    [
        f"SHA256 {' '.join(groups_of(VARIED))}",
        f"SHA256\n{IN_LINES}",
        f"SHA256\n  {IN_LINES.lower()}  # from the board",
        f"SHA256 {VARIED[:48]}\n\n{VARIED[48:]}",
        f"SHA256 {VARIED.replace(':', ' ')}",
    ],
)
def test_a_fingerprint_may_be_pasted_as_programs_show_it(path: Path, pasted: str) -> None:
    path.parent.mkdir()
    path.write_text(f"::1 1 SHA256 {TWO}\nchat.example 12345 {pasted}\n::1 2 SHA256 {TWO}\n")
    assert fingerprints(path, "chat.example", 12345) == {VARIED}
    assert fingerprints(path, "::1", 2) == {TWO}


@pytest.mark.parametrize(
    "line",
    [
        "chat.example",
        f"chat.example 12345 {ONE}",
        f"chat.example 12345 MD5 {ONE}",
        f"chat.example port SHA256 {ONE}",
        f"chat.example 65536 SHA256 {ONE}",
        f"chat.example ٣ SHA256 {ONE}",
        f"chat.example 12345 SHA256 {ONE[:-1]}",
        f"chat.example 12345 SHA256 {ONE}:00",
        f"chat.example 12345 SHA256 {ONE} extra",
        f"chat.example 12345\nSHA256 {ONE}",
        f"chat.example 12345 SHA256\n{IN_LINES}:00",
        f"chat.example 12345 SHA256 {ONE[:47]}\nchat.example 12345 SHA256 {ONE}",
        f"chat.example 12345 SHA256 {ONE[:47]}\n\n# the end",
        f"chat.example 12345 SHA256\n10:38:24 * {ONE[:23]}",
        f"\0\0\0\0 12345 SHA256 {ONE[:40]}",
    ],
)
def test_a_line_that_makes_no_sense_is_an_error_and_no_first_use(path: Path, line: str) -> None:
    path.parent.mkdir()
    path.write_text(f"\n{line}\n")
    with pytest.raises(TLSError, match=r"cannot be understood \(line 2\)"):
        fingerprints(path, "chat.example", 12345)
    with pytest.raises(TLSError, match=r"cannot be understood \(line 2\)"):
        remember(path, Entry("other.example", 12345, ONE))


def _fifo(path: Path) -> None:
    os.mkfifo(path)


def _binary(path: Path) -> None:
    path.write_bytes(b"\xff\xfe\x00")


def _huge(path: Path) -> None:
    path.write_bytes(b"#" * (known_hosts.MAX_FILE_BYTES + 1))


def _below_a_file(path: Path) -> None:
    path.parent.rmdir()
    path.parent.write_text("")


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (Path.mkdir, "cannot be read"),
        pytest.param(_fifo, "it is not an ordinary file", marks=on_posix),
        (_binary, "it is not text"),
        (_huge, "more than 1,048,576 bytes"),
        pytest.param(_below_a_file, "cannot be read", marks=on_posix),
    ],
)
def test_a_file_that_cannot_be_read_is_an_error_and_no_first_use(
    path: Path, make: Callable[[Path], None], reason: str
) -> None:
    path.parent.mkdir()
    make(path)
    with pytest.raises(TLSError, match=reason):
        fingerprints(path, "chat.example", 12345)


@pytest.mark.parametrize(
    "host",
    ["a b", "a#b", f"evil.example 12345 SHA256 {ONE}\nb", "#b", "a\x85b", "\ud800", ""],
    ids=ascii,
)
def test_a_name_that_no_line_can_hold_is_not_written(path: Path, host: str) -> None:
    """Some resolvers know such names; and one line that makes no sense is one for all servers."""
    remember(path, Entry("chat.example", 12345, ONE))
    before = path.read_bytes()
    with pytest.raises(OSError, match="no line can hold such a name"):
        remember(path, Entry(host, 12345, TWO))
    assert path.read_bytes() == before


def test_many_at_once_lose_nothing(path: Path) -> None:
    everybody = [Entry(f"host{number}.example", 12345, ONE) for number in range(60)]
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(lambda entry: remember(path, entry), everybody))
    assert sorted(parse(path.read_text()), key=str) == sorted(everybody, key=str)


@pytest.fixture
def locked(path: Path) -> Iterator[int]:
    """The file, there and empty, while another program keeps it locked; unlocked by the check."""
    fcntl = pytest.importorskip("fcntl")
    path.parent.mkdir()
    handle = os.open(path, os.O_CREAT | os.O_RDWR | os.O_APPEND)
    fcntl.flock(handle, fcntl.LOCK_EX)
    yield handle
    os.close(handle)  # which unlocks it


def test_of_two_that_meet_a_server_at_once_only_one_has_the_first_word(
    path: Path, locked: int
) -> None:
    """Else somebody in the middle of one of the two connections would be believed for ever."""
    import fcntl

    has_tried = threading.Event()
    wait = time.sleep

    def sleep(seconds: float) -> None:
        has_tried.set()
        wait(seconds)

    with pytest.MonkeyPatch.context() as patch, ThreadPoolExecutor(1) as pool:
        patch.setattr(time, "sleep", sleep)
        second = pool.submit(remember, path, Entry("chat.example", 12345, TWO))
        assert has_tried.wait(SECONDS), "it did not wait for the other"
        os.write(locked, line_of(Entry("chat.example", 12345, ONE)).encode())
        fcntl.flock(locked, fcntl.LOCK_UN)
        assert second.result(SECONDS) == {ONE}
    assert fingerprints(path, "chat.example", 12345) == {ONE}


@pytest.mark.usefixtures("locked")
def test_a_lock_that_is_never_released_is_waited_for_with_a_bound(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(known_hosts, "LOCK_SECONDS", 0.05)
    with pytest.raises(OSError, match="another program keeps it locked"):
        remember(path, Entry("chat.example", 12345, ONE))


@on_posix
def test_half_a_line_is_taken_back_where_the_disk_is_full(path: Path) -> None:
    remember(path, Entry("chat.example", 12345, ONE))
    before = path.read_text()
    script = f"""
import pathlib, resource
from phase4.transport.known_hosts import Entry, remember
resource.setrlimit(resource.RLIMIT_FSIZE, ({len(before) + 20}, resource.RLIM_INFINITY))
try:
    remember(pathlib.Path({str(path)!r}), Entry("other.example", 12345, {ONE!r}))
except OSError as error:
    print("refused:", error.strerror)
"""
    helper = path.with_name("fill.py")
    helper.write_text(script)
    with Program("fill", cwd=helper.parent) as program:
        program.expect("^refused: ")
        assert program.wait() == 0
    assert path.read_text() == before


# --- the verdict ---------------------------------------------------------------------------------


class Handshake:
    """A server that agrees on TLS with whoever connects, one after the other, and says nothing."""

    def __init__(self, certificate: Path) -> None:
        self.fingerprint = fingerprint_of_file(certificate)
        self._context = server_context(certificate)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        while True:
            try:
                connection = self._listener.accept()[0]
            except OSError:
                return
            with connection:
                connection.settimeout(SECONDS)
                stream = TLSSocket(connection, self._context, server_side=True)
                try:
                    stream.do_handshake()
                    stream.recv(1)
                except OSError:
                    pass

    def connect(self) -> socket.socket:
        """A connection to it, before the handshake."""
        return socket.create_connection(("127.0.0.1", self.port), SECONDS)

    def close(self) -> None:
        """Listen no more."""
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(SECONDS)
        assert not self._thread.is_alive()


@pytest.fixture
def peer(authority: Authority) -> Iterator[Handshake]:
    """A server to agree with."""
    handshake = Handshake(authority.certificate())
    yield handshake
    handshake.close()


def _meet(peer: Handshake, verifier: Verifier) -> trust.Verdict:
    stream, verdict = verifier.secure(peer.connect(), SECONDS)
    stream.close()
    return verdict


def test_the_first_time_is_told_and_remembered_and_the_second_is_silent(
    peer: Handshake, path: Path
) -> None:
    first = _meet(peer, Verifier("127.0.0.1", peer.port, Trust(known_hosts=path)))
    assert first.is_first
    assert first.fingerprint == peer.fingerprint
    assert first.version == "TLSv1.3"
    assert fingerprint_in("\n".join(first.remarks)) == peer.fingerprint
    assert f"remembered in {path}" in first.remarks[-1]
    second = _meet(peer, Verifier("127.0.0.1", peer.port, Trust(known_hosts=path)))
    assert (second.is_first, second.remarks) == (False, ())


def test_each_of_several_lines_for_a_server_is_good(peer: Handshake, path: Path) -> None:
    path.parent.mkdir()
    known = [Entry("127.0.0.1", peer.port, each) for each in (ONE, peer.fingerprint, TWO)]
    path.write_text("".join(map(line_of, known)))
    assert not _meet(peer, Verifier("127.0.0.1", peer.port, Trust(known_hosts=path))).is_first


def test_another_certificate_than_before_is_refused_and_not_remembered(
    peer: Handshake, path: Path
) -> None:
    remember(path, Entry("127.0.0.1", peer.port, ONE))
    before = path.read_text()
    for _ in range(2):
        with pytest.raises(Distrusted) as refusal:
            _meet(peer, Verifier("127.0.0.1", peer.port, Trust(known_hosts=path)))
    said = str(refusal.value)
    assert "somebody is in the middle" in said
    assert "was renewed" in said
    assert fingerprint_in(said) == peer.fingerprint
    assert f"remove the entry for 127.0.0.1 {peer.port} in {path}" in said
    assert path.read_text() == before


def test_where_nothing_can_be_remembered_it_is_said_and_holds_for_this_verifier(
    peer: Handshake, authority: Authority, path: Path
) -> None:
    path.parent.mkdir()
    path.symlink_to(path.parent / "nowhere" / "known_hosts")  # can be neither read nor made
    verifier = Verifier("127.0.0.1", peer.port, Trust(known_hosts=path))
    first = _meet(peer, verifier)
    assert first.is_first
    assert "could not be remembered" in first.remarks[-1]
    assert "the next time is as unprotected" in first.remarks[-1]
    assert not _meet(peer, verifier).is_first
    other = Handshake(authority.certificate())
    try:
        with pytest.raises(Distrusted, match="another certificate than before"):
            _meet(other, verifier)
    finally:
        other.close()


def test_of_two_connections_at_once_only_one_is_the_first(
    authority: Authority, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where nothing can be remembered, so that no lock on the file decides it."""
    both = threading.Barrier(2)  # passed if both find nothing before one of them has decided

    def remember(*_: object) -> set[str]:
        with contextlib.suppress(threading.BrokenBarrierError):
            both.wait(0.2)
        raise OSError(errno.EROFS, os.strerror(errno.EROFS))

    monkeypatch.setattr(known_hosts, "remember", remember)
    peers = [Handshake(authority.certificate()) for _ in range(2)]
    verifier = Verifier("127.0.0.1", 12345, Trust(known_hosts=path))  # one port, as seen from here
    with contextlib.ExitStack() as stack, ThreadPoolExecutor(2) as pool:
        for peer in peers:
            stack.callback(peer.close)
        done = [pool.submit(_meet, peer, verifier) for peer in peers]
        refusals = [error for each in done if (error := each.exception(SECONDS))]
    assert [type(error) for error in refusals] == [Distrusted]


def test_whoever_has_a_ca_remembers_nothing(
    peer: Handshake, authority: Authority, path: Path
) -> None:
    verifier = Verifier("localhost", peer.port, Trust(authority.file, path))
    assert not _meet(peer, verifier).is_first
    assert not path.exists()


@pytest.mark.parametrize(
    ("host", "name"),
    [
        ("chat.example.", "chat.example"),
        ("CHAT.Example", "chat.example"),
        ("0:0::1", "::1"),
        ("fe80::1%eth0", "fe80::1"),
    ],
)
def test_a_certificate_is_for_a_host_however_that_is_spelled(
    authority: Authority, host: str, name: str
) -> None:
    peer = Handshake(authority.certificate(name))
    try:
        verifier = Verifier(host, peer.port, Trust(authority.file))
        assert _meet(peer, verifier).fingerprint == peer.fingerprint
        with pytest.raises(Distrusted, match="is for another host"):
            _meet(peer, Verifier("other.example", peer.port, Trust(authority.file)))
    finally:
        peer.close()


def test_a_peer_that_stays_silent_is_given_up_and_its_connection_is_closed(path: Path) -> None:
    ours, theirs = socket.socketpair()
    with theirs:
        verifier = Verifier("chat.example", 12345, Trust(known_hosts=path))
        with pytest.raises(TLSError, match=r"chat\.example port 12345 .* did not agree on TLS"):
            verifier.secure(ours, 0.05)
        assert ours.fileno() == -1
    assert not path.exists()


@pytest.mark.parametrize("host", ["", ".example", "x" * 64 + ".example"])
def test_a_host_that_no_certificate_can_be_for_is_a_sentence(
    authority: Authority, host: str
) -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs, pytest.raises(Distrusted, match="No certificate can be for"):
        Verifier(host, 12345, Trust(authority.file)).secure(ours)


# --- the command line ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ([], None),
        (["--tls"], Trust()),
        (["--ca", "ca.pem"], Trust(ca=Path("ca.pem"))),
        (["--tls", "--known-hosts", "known"], Trust(known_hosts=Path("known"))),
        # Who names the file means TLS; to talk without it would be the worst answer.
        (["--known-hosts", "known"], Trust(known_hosts=Path("known"))),
    ],
)
def test_the_command_line_tells_whom_to_trust(arguments: list[str], expected: Trust | None) -> None:
    parser = argparse.ArgumentParser()
    add_trust_arguments(parser)
    assert trust_of(parser.parse_args(arguments)) == expected


def test_a_program_with_two_sides_names_the_flag_itself() -> None:
    parser = argparse.ArgumentParser()
    add_trust_arguments(parser, "--upstream-tls")
    assert trust_of(parser.parse_args(["--upstream-tls"])) == Trust()


def test_servers_are_remembered_beside_the_windows_settings() -> None:
    its_settings = settings.default_path()
    assert its_settings is not None
    assert trust.default_known_hosts().parent == its_settings.parent
    assert trust.default_known_hosts() != its_settings
