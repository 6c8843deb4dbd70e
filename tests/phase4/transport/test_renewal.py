"""A certificate that is renewed is taken up without a restart; one that cannot be used is not."""

import os
import queue
import ssl
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from phase4.transport import renewal as renewal_module
from phase4.transport.contexts import fingerprint, fingerprint_of_file
from phase4.transport.renewal import Renewal
from tests.kit.certificates import Authority, fingerprint_in, groups_of
from tests.kit.chat import Chat, Person, secure
from tests.kit.harness import SECONDS, Program, Server

if sys.platform != "win32":
    import signal

on_posix = pytest.mark.skipif(sys.platform == "win32", reason="no SIGUSR1 on Windows")


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


class Files:
    """A certificate and its key in two files, and a Renewal that looks at them."""

    def __init__(self, authority: Authority) -> None:
        self.authority = authority
        self.certificate = authority.file.with_name("cert.pem")
        self.key = authority.file.with_name("key.pem")
        self.shown: queue.Queue[str] = queue.Queue()
        self.reports: queue.Queue[str] = queue.Queue()
        self.is_over = threading.Event()
        self._threads: list[threading.Thread] = []
        self.write(*self.new())
        self.first = self.start(self.certificate, self.key)

    def start(self, certificate: Path, key: Path | None) -> str:
        """Load them, and begin to look in a thread; their fingerprint."""
        renewal = Renewal(certificate, key, self._take, self.reports.put)
        renewal.load()

        def look() -> None:
            while not self.is_over.wait(0.01):
                renewal.look()

        self._threads.append(threading.Thread(target=look))
        self._threads[-1].start()
        return self.shown.get(timeout=SECONDS)

    def stop(self) -> None:
        """End the threads."""
        self.is_over.set()
        for each in self._threads:
            each.join(SECONDS)

    def reported(self) -> tuple[str, str]:
        """The next sentence for the operator, and the fingerprint that is shown below it."""
        sentence, *groups = (self.reports.get(timeout=SECONDS) for _ in range(5))
        return sentence, fingerprint_in("\n".join(groups))

    def _take(self, context: ssl.SSLContext, shown: str) -> None:
        assert context.cert_store_stats() is not None
        self.shown.put(shown)

    def new(self) -> tuple[str, str]:
        """A new certificate, and its key, as text."""
        key, _, rest = self.authority.certificate().read_text().partition("-----BEGIN CERT")
        return "-----BEGIN CERT" + rest, key

    def write(self, certificate: str, key: str) -> None:
        """Both files, each in one step, as programs do that renew certificates."""
        for path, text in ((self.certificate, certificate), (self.key, key)):
            aside = path.with_suffix(".new")
            aside.write_text(text)
            os.replace(aside, path)


@pytest.fixture
def files(authority: Authority, monkeypatch: pytest.MonkeyPatch) -> Iterator[Files]:
    monkeypatch.setattr(renewal_module, "LOOK_SECONDS", 0.05)
    made = Files(authority)
    yield made
    made.stop()


def test_new_files_are_taken_up_by_themselves_and_said(files: Files) -> None:
    for _ in range(2):
        files.write(*files.new())
        shown = fingerprint_of_file(files.certificate)
        assert files.shown.get(timeout=SECONDS) == shown
        assert files.reported() == ("The certificate was renewed. Fingerprint SHA256:", shown)


def test_it_looks_several_times_a_minute() -> None:
    assert renewal_module.LOOK_SECONDS + renewal_module.PATIENCE_SECONDS < 60


@pytest.mark.parametrize("first", ["certificate", "key"])
def test_between_the_two_files_nothing_is_said_and_nothing_changes(
    files: Files, first: str
) -> None:
    certificate, key = files.new()
    early, late = (
        ((files.certificate, certificate), (files.key, key))
        if first == "certificate"
        else ((files.key, key), (files.certificate, certificate))
    )
    early[0].write_text(early[1])
    with pytest.raises(queue.Empty):
        files.shown.get(timeout=0.5)  # ten looks
    late[0].write_text(late[1])
    assert files.shown.get(timeout=SECONDS) == fingerprint_of_file(files.certificate)
    assert "was renewed" in files.reported()[0]  # the first that is said


def become_a_directory(path: Path) -> None:
    path.unlink()
    path.mkdir()


@pytest.mark.parametrize(
    ("damage", "why"),
    [
        (lambda files: files.key.unlink(), "key.pem cannot be read: No such file or directory."),
        (lambda files: files.key.write_text(files.new()[1]), "is not the key that belongs to"),
        (lambda files: files.certificate.write_text(""), "in PEM"),
        (lambda files: become_a_directory(files.key), "not an ordinary file"),
    ],
    ids=["gone", "of another", "empty", "a directory"],
)
def test_what_cannot_be_used_is_said_once_and_the_old_one_stays(
    files: Files, monkeypatch: pytest.MonkeyPatch, damage: object, why: str
) -> None:
    monkeypatch.setattr(renewal_module, "PATIENCE_SECONDS", 0.3)
    assert callable(damage)
    damage(files)
    said, in_force = files.reported()
    assert said.startswith("The certificate cannot be renewed: ")
    assert why in said
    assert said.endswith("The one before stays in force. Fingerprint SHA256:")
    assert in_force == files.first
    assert files.shown.empty()
    if files.key.is_dir():
        files.key.rmdir()
    files.write(*files.new())  # mended; and that is what is said next
    assert "was renewed" in files.reported()[0]


def test_a_file_that_is_only_touched_says_nothing(files: Files) -> None:
    os.utime(files.certificate, (1, 1))
    assert files.shown.get(timeout=SECONDS) == files.first
    files.write(*files.new())
    assert "was renewed" in files.reported()[0]


def test_a_link_that_points_elsewhere_is_a_renewal(authority: Authority, files: Files) -> None:
    link = files.certificate.with_name("live.pem")
    link.symlink_to(authority.certificate())
    files.start(link, None)
    link.unlink()
    link.symlink_to(authority.certificate())
    assert files.shown.get(timeout=SECONDS) == fingerprint_of_file(link)


# --- the programs ---------------------------------------------------------------------------------


def shown_at(server: Server) -> str:
    """The fingerprint that a newcomer sees."""
    return fingerprint(
        ssl.PEM_cert_to_DER_cert(ssl.get_server_certificate((server.host, server.port)))
    )


def expect_fingerprint(program: Program, sentence: str, fingerprint: str) -> None:
    """Wait for a sentence, and for the fingerprint below it."""
    program.expect(rf"{sentence} Fingerprint SHA256:$")
    for group in groups_of(fingerprint):
        program.expect(f"^{group}$")


@on_posix
def test_the_server_takes_it_up_at_sigusr1_and_nobody_inside_notices(
    authority: Authority, tmp_path: Path
) -> None:
    file = authority.certificate()
    arguments = ("--tls-cert", str(file))
    with (
        Chat(tmp_path, *arguments, secure=secure(authority.file)) as chat,
        chat.join("Alice") as alice,
    ):
        old = shown_at(chat)
        os.replace(authority.certificate(), file)
        new = fingerprint_of_file(file)
        chat.signal(signal.SIGUSR1)
        expect_fingerprint(chat, r"The certificate was renewed\.", new)
        assert shown_at(chat) == new != old
        with chat.join("Bob") as bob:
            alice.hear("* Bob joined")
            alice.send("still here")
            bob.hear("Alice: still here")
        chat.signal(signal.SIGUSR1)
        expect_fingerprint(chat, r"The certificate is the one before\.", new)
        file.write_text("damaged")
        chat.signal(signal.SIGUSR1)
        expect_fingerprint(chat, "The certificate cannot be renewed: .+", new)
        assert shown_at(chat) == new


def test_the_server_takes_it_up_by_itself(authority: Authority, tmp_path: Path) -> None:
    file = authority.certificate()
    with Chat(tmp_path, "--tls-cert", str(file), secure=secure(authority.file)) as chat:
        os.replace(authority.certificate(), file)
        expect_fingerprint(chat, r"was renewed\.", fingerprint_of_file(file))
        assert shown_at(chat) == fingerprint_of_file(file)


@on_posix
def test_the_relay_takes_it_up(authority: Authority, tmp_path: Path) -> None:
    file = authority.certificate()
    with (
        Chat(tmp_path) as chat,
        Server(
            "phase4.relay",
            *("--upstream", f"{chat.host}:{chat.port}", "--tls-cert", str(file)),
        ) as relay,
        Person(relay.host, relay.port, secure=secure(authority.file)) as alice,
    ):
        alice.expect(r"\* Enter your nickname:")
        os.replace(authority.certificate(), file)
        relay.signal(signal.SIGUSR1)
        expect_fingerprint(relay, r"was renewed\.", fingerprint_of_file(file))
        assert shown_at(relay) == fingerprint_of_file(file)
        alice.send("Alice")
        alice.skip_to(r".* Welcome, Alice! .*")


@on_posix
@pytest.mark.parametrize("module", ["phase4.server", "phase4.relay"])
def test_without_tls_sigusr1_does_no_harm(module: str, tmp_path: Path) -> None:
    with Server(module) if module == "phase4.relay" else Chat(tmp_path) as server:
        server.signal(signal.SIGUSR1)
        server.interrupt()
        assert server.wait() == 0
