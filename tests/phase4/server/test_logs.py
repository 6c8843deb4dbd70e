"""The logs: what stands in which, that it stands there before anybody receives it, and trouble."""

import contextlib
import os
import re
import signal
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from itertools import count
from pathlib import Path

import pytest

from phase4.server.chat_log import LogFile
from shared.status import parse_snapshot
from tests.kit.chat import TIME, Chat
from tests.kit.harness import Peer, run, wait_until

pytestmark = pytest.mark.own_server

Start = Callable[..., Chat]


def test_comings_and_goings_are_logged_with_addresses(chat: Chat) -> None:
    with chat.join("Alice") as alice:
        alice.send("/nick Eve")
        alice.hear("* Alice is now Eve")
        port = alice.socket.getsockname()[1]  # ours is the peer's, to the server
    wait_until(lambda: "Eve left" in chat.log("connections.txt"), "her leaving is logged")
    assert chat.log("connections.txt") == [
        f"The server listens on 127.0.0.1:{chat.port}.",
        f"Alice joined from 127.0.0.1:{port}",
        "Alice is now Eve",
        "Eve left",
    ]


def test_what_anybody_received_is_in_the_log_even_if_the_server_is_killed(start: Start) -> None:
    chat = start("--flood-rate", "0")
    with chat.join("Alice") as alice, chat.join("Bob") as bob:
        alice.hear("* Bob joined")
        alice.send(*(f"line {number}" for number in range(3000)), "@Bob psst")
        for _ in range(200):
            bob.read_line()
        chat.process.kill()
        chat.wait()
        received = b"\n".join(bob.read_bytes_until_end().splitlines()[:-1]).decode()
    path = chat.logs / "messages.txt"
    whole, _, torn = path.read_text().rpartition("\n")  # killed in the middle of a write
    assert [line.split()[2:] for line in whole.split("\n")] == [
        ["line", str(number)] for number in range(whole.count("\n") + 1)
    ]
    assert whole.count("\n") + 1 >= 200 + received.count("Alice: line")
    if "Alice -> Bob: psst" in received:
        assert chat.log("private_messages.txt") == ["Alice -> Bob: psst"]

    chat = start()  # and a restart goes on behind it
    with chat.join("Alice") as alice, chat.join("Bob") as bob:
        alice.send("again")
        bob.hear("Alice: again")
    *before, last = path.read_text().removeprefix(whole).split("\n")[1:-1]
    assert last.endswith(" Alice: again")
    assert before == ([torn] if torn else [])


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has other permissions")
def test_only_the_owner_can_read_the_private_log(chat: Chat) -> None:
    mode = stat.S_IMODE((chat.logs / "private_messages.txt").stat().st_mode)
    assert mode == 0o600


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has other permissions")
def test_a_private_log_that_others_could_read_is_closed_to_them(
    start: Start, tmp_path: Path
) -> None:
    (tmp_path / "logs").mkdir()
    path = tmp_path / "logs" / "private_messages.txt"
    path.touch()
    path.chmod(0o644)
    start()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_new_start_appends(start: Start) -> None:
    for text in ("one", "two"):
        chat = start()
        with chat.join("Alice") as alice, chat.join("Bob") as bob:
            alice.send(text)
            bob.hear(f"Alice: {text}")
        chat.signal(signal.SIGTERM)
        assert chat.wait() == 0
    assert chat.log("messages.txt") == ["Alice: one", "Alice: two"]


def test_a_log_directory_that_cannot_be_used_is_one_sentence_before_listening(
    tmp_path: Path,
) -> None:
    (tmp_path / "file").write_text("in the way")
    status, output = run(
        "phase4.server", "--port", "0", "--status-port", "0", "--log-dir", str(tmp_path / "file")
    )
    assert status == 2
    assert re.fullmatch(r"phase4.server: The logs cannot be written to .*--log-dir\.", output)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows does not rename an open file")
def test_a_log_that_was_moved_away_is_begun_anew(chat: Chat) -> None:
    with chat.join("Alice") as alice, chat.join("Bob") as bob:
        alice.hear("* Bob joined")
        path = chat.logs / "messages.txt"
        path.rename(chat.logs / "messages.old")
        number = 0

        def is_back() -> bool:
            nonlocal number
            number += 1
            alice.send(f"line {number}")
            bob.hear(f"Alice: line {number}")
            return path.exists()

        wait_until(is_back, "the log is opened again")
    text = (chat.logs / "messages.old").read_text() + path.read_text()
    assert text.count("Alice: line") == number


@pytest.mark.skipif(sys.platform == "win32", reason="Windows does not remove an open file")
def test_the_chat_goes_on_without_its_log_which_comes_back_with_nothing_lost(chat: Chat) -> None:
    with chat.join("Alice") as alice, chat.join("Bob") as bob:
        alice.hear("* Bob joined")
        away = chat.logs.with_name("away")
        chat.logs.rename(away)
        number = 0

        def say() -> None:
            nonlocal number
            number += 1
            alice.send(f"line {number}")
            bob.hear(f"Alice: line {number}")

        def has_reported() -> bool:
            say()
            return any("Cannot write" in line for line in _console_so_far(chat))

        wait_until(has_reported, "the console says that the log cannot be written")
        say()
        chat.logs.mkdir()
        chat.expect("messages.txt is written again; 0 entries were lost")
    text = (away / "messages.txt").read_text() + (chat.logs / "messages.txt").read_text()
    assert re.findall(r"line (\d+)", text) == [str(each + 1) for each in range(number)]


@contextlib.contextmanager
def _small_disk(chat: Chat) -> Iterator[Path]:
    """The server's logs on a disk with 20 kB left; when this ends, there is room again.

    Without a disk of our own: a limit for the size of the server's files. It is met in the same
    way: the system takes a part of what is written, and refuses the rest.
    """
    resource = pytest.importorskip("resource")
    if not hasattr(resource, "prlimit"):
        pytest.skip("needs Linux to limit another process")
    path = chat.logs / "messages.txt"
    limits = resource.prlimit(chat.process.pid, resource.RLIMIT_FSIZE)
    small = (path.stat().st_size + 20_000, limits[1])
    resource.prlimit(chat.process.pid, resource.RLIMIT_FSIZE, small)
    yield path
    resource.prlimit(chat.process.pid, resource.RLIMIT_FSIZE, limits)


@contextlib.contextmanager
def _full_disk(chat: Chat) -> Iterator[Path]:
    """The same with a real disk, which the server sees and we look at through /proc."""
    logs = Path(f"/proc/{chat.process.pid}/root{chat.logs}")
    ballast = logs / "ballast"
    with contextlib.suppress(OSError), ballast.open("wb", buffering=0) as file:
        while file.write(bytes(4096)):
            pass
    os.truncate(ballast, ballast.stat().st_size - 20_000)
    yield logs / "messages.txt"
    ballast.unlink()


_MOUNT = """#!/bin/sh
exec unshare --user --map-root-user --mount sh -c \\
    'mkdir -p "$0" && mount -t tmpfs -o size=256k tmpfs "$0" && exec "$@"' {logs} {python} "$@"
"""


@pytest.fixture
def on_small_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Programs that are started see a disk of 256 kB where the logs are. Needs no root."""
    program = tmp_path / "python"
    program.write_text(_MOUNT.format(logs=tmp_path / "logs", python=sys.executable))
    program.chmod(0o700)
    try:
        subprocess.run([program, "-c", ""], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("this system lets us mount no disk of our own")
    monkeypatch.setattr(sys, "executable", str(program))


Disk = Callable[[Chat], AbstractContextManager[Path]]


def _fill(chat: Chat, disk: Disk) -> None:
    """Talk until the disk is full and for a while on; then make room, and find every line."""
    numbers = count()
    with chat.join("Alice") as alice, chat.join("Bob") as bob:
        alice.hear("* Bob joined")
        with disk(chat) as path:

            def say() -> None:
                text = f"{next(numbers)} {'x' * 300}"
                alice.send(text)
                bob.hear(f"Alice: {text}")

            def has_reported() -> bool:
                say()
                return any("Cannot write" in line for line in _console_so_far(chat))

            wait_until(has_reported, "the console says that the log cannot be written")
            for _ in range(100):
                say()
            with Peer(chat.status_host, chat.status_port) as status:
                snapshot = parse_snapshot(status.read_bytes_until_end())
            assert snapshot.log_errors
            assert snapshot.log_lines_waiting >= 100
        chat.expect("messages.txt is written again; 0 entries were lost")
        say()
        alice.send("/quit")
        bob.hear("* Alice left")
        text = path.read_text()
    said = [re.sub(r"^\S+ Alice: (\d+) x{300}$", r"\1", line) for line in text.split("\n")]
    assert said == [*map(str, range(next(numbers))), ""], "lost, torn, twice or out of order"


def test_a_full_disk_stops_no_conversation_and_costs_no_entry(
    on_small_disk: None, start: Start
) -> None:
    _fill(start("--flood-rate", "0"), _full_disk)


def test_a_file_that_may_not_grow_stops_no_conversation_and_costs_no_entry(chat: Chat) -> None:
    _fill(chat, _small_disk)


def _console_so_far(chat: Chat) -> list[str]:
    while not chat._lines.empty():
        line = chat._lines.get()
        if line is not None:
            chat.output.append(line)
    return chat.output


# --- one file, without a server -----------------------------------------------------------------


def _log_file(path: Path, **options: int) -> LogFile:
    return LogFile(path, lambda text: None, **options)


def test_a_log_is_rotated_by_size_and_the_oldest_is_dropped(tmp_path: Path) -> None:
    log = _log_file(tmp_path / "log", max_bytes=20, kept=2)
    for number in range(8):
        log.append([f"entry {number:03}\n".encode()])  # 10 bytes: two a file
    log.close()
    texts = {path.name: path.read_text().split("\n")[:-1] for path in tmp_path.iterdir()}
    assert texts == {
        "log": ["entry 006", "entry 007"],
        "log.1": ["entry 004", "entry 005"],
        "log.2": ["entry 002", "entry 003"],
    }


def test_a_batch_is_never_torn_by_a_rotation(tmp_path: Path) -> None:
    log = _log_file(tmp_path / "log", max_bytes=25)
    log.append([b"one\n"])
    log.append([b"two\n", b"three\n", b"four\n", b"five\n", b"six\n", b"seven\n"])
    log.close()
    assert (tmp_path / "log").read_bytes() == b"two\nthree\nfour\nfive\nsix\nseven\n"


def test_half_a_line_left_by_a_kill_is_ended_and_nothing_is_glued_to_it(tmp_path: Path) -> None:
    (tmp_path / "log").write_bytes(b"whole\nhal")
    log = _log_file(tmp_path / "log")
    log.append([b"new\n"])
    log.close()
    assert (tmp_path / "log").read_bytes() == b"whole\nhal\nnew\n"


def test_what_a_full_disk_refuses_is_kept_up_to_a_bound_and_the_rest_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    log = LogFile(tmp_path / "log", said.append, backlog_lines=3)

    def refuse(*_: object) -> int:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(os, "write", refuse)
        for number in range(5):
            log.append([f"entry {number}\n".encode()])
        assert (log.waiting, log.dropped) == (3, 2)
        assert len(said) == 1
        assert "No space left on device" in said[0]
    log.close()
    assert (tmp_path / "log").read_bytes() == b"entry 2\nentry 3\nentry 4\n"
    assert "2 entries were lost" in said[1]


@contextlib.contextmanager
def _disk_that_takes_three_bytes(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    write = os.write
    took: list[int] = []

    def take(file: int, data: memoryview) -> int:
        if took:
            raise OSError(28, "No space left on device")
        took.append(write(file, bytes(data)[:3]))
        return took[0]

    with monkeypatch.context() as patched:
        patched.setattr(os, "write", take)
        yield


def test_an_entry_of_which_the_disk_took_half_is_written_once_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = _log_file(tmp_path / "log")
    with _disk_that_takes_three_bytes(monkeypatch):
        log.append([b"entry\n"])
        assert (tmp_path / "log").read_bytes() == b""
    log.close()
    assert (tmp_path / "log").read_bytes() == b"entry\n"


def test_half_an_entry_that_cannot_be_taken_back_is_ended_and_written_again_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(5, "Input/output error")

    log = _log_file(tmp_path / "log")
    with monkeypatch.context() as patched, _disk_that_takes_three_bytes(monkeypatch):
        patched.setattr(os, "ftruncate", refuse)
        log.append([b"entry\n"])
    log.append([b"next\n"])
    log.close()
    assert (tmp_path / "log").read_bytes() == b"ent\nentry\nnext\n"


def test_a_log_that_was_emptied_meanwhile_is_not_filled_up_with_zeros(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = _log_file(tmp_path / "log")
    log.append([b"a first entry\n"])
    os.truncate(tmp_path / "log", 0)  # as logrotate's copytruncate does
    with _disk_that_takes_three_bytes(monkeypatch):
        log.append([b"entry\n"])
    log.close()
    assert (tmp_path / "log").read_bytes() == b"entry\n"


def test_what_could_never_be_written_is_counted_at_the_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    log = LogFile(tmp_path / "log", said.append)

    def refuse(*_: object) -> int:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(os, "write", refuse)
        log.append([b"one\n", b"two\n"])
        log.close()
    assert said[-1] == f"{tmp_path / 'log'}: 2 entries could not be written, and are lost."


def test_a_log_entry_has_the_time_with_its_offset(chat: Chat) -> None:
    with chat.join("Alice") as alice, chat.join("Bob") as bob:
        alice.send("hello")
        bob.expect(rf"{TIME} Alice: hello")
    line = (chat.logs / "messages.txt").read_text()
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d\d:\d\d Alice: hello\n", line)
