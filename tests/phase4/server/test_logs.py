"""The logs: what stands in which, that it stands there before anybody receives it, and trouble."""

import contextlib
import os
import re
import shutil
import signal
import socket
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from itertools import count
from pathlib import Path

import pytest

from phase4.server.chat_log import ChatLog, LogError
from phase4.server.log_file import LogFile
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


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no modes")
def test_a_private_log_that_is_opened_to_others_meanwhile_is_closed_before_the_next_line(
    tmp_path: Path,
) -> None:
    path = tmp_path / "private.txt"
    log = LogFile(path, print, is_private=True)
    log.append([b"one\n"])
    path.chmod(0o644)
    log.append([b"two\n"])
    log.close()
    assert _mode(path) == 0o600
    assert path.read_bytes() == b"one\ntwo\n"


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
        chat.logs.write_text("in the way")
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
        chat.logs.unlink()
        chat.expect("messages.txt is written again; 0 entries were lost")
    text = (away / "messages.txt").read_text() + (chat.logs / "messages.txt").read_text()
    assert re.findall(r"line (\d+)", text) == [str(each + 1) for each in range(number)]


posix = pytest.mark.skipif(sys.platform == "win32", reason="Windows has other rules for files")


@posix
def test_a_log_directory_that_is_removed_is_made_again_with_all_that_was_said_since(
    chat: Chat,
) -> None:
    with chat.join("Alice") as alice, chat.join("Bob") as bob:
        alice.hear("* Bob joined")
        alice.send("before")
        bob.hear("Alice: before")
        shutil.rmtree(chat.logs)
        for text in ("one", "@Bob two", "three"):
            alice.send(text)
            bob.expect(rf"{TIME} Alice.*: {text.split()[-1]}")
        assert chat.log("messages.txt") == ["Alice: one", "Alice: three"]
        assert chat.log("private_messages.txt") == ["Alice -> Bob: two"]
        chat.expect("logs was gone, and is made again")


@posix
def test_what_anybody_hears_is_never_in_a_log_that_was_removed_and_made_again(chat: Chat) -> None:
    with chat.join("Alice") as alice, chat.join("Bob") as bob:
        alice.hear("* Bob joined")
        for number in range(20):
            shutil.rmtree(chat.logs)
            chat.logs.mkdir()
            alice.send(f"line {number}")
            bob.hear(f"Alice: line {number}")
            assert chat.log("messages.txt") == [f"Alice: line {number}"]


@posix
def test_a_line_written_while_the_log_was_being_removed_is_written_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = _log_file(tmp_path / "log")
    write = os.write

    def write_and_lose(file: int, data: bytes) -> int:
        monkeypatch.setattr(os, "write", write)
        size = write(file, data)
        (tmp_path / "log").unlink()
        return size

    monkeypatch.setattr(os, "write", write_and_lose)
    log.append([b"entry\n"])
    log.close()
    assert (tmp_path / "log").read_bytes() == b"entry\n"


@posix
def test_a_log_directory_made_again_lets_in_nobody_who_was_kept_out(
    start: Start, tmp_path: Path
) -> None:
    (tmp_path / "logs").mkdir(mode=0o700)
    chat = start()
    with chat.join("Alice") as alice, chat.join("Bob") as bob:
        alice.hear("* Bob joined")
        (chat.logs / "messages.txt").chmod(0o600)
        alice.send("one")
        bob.hear("Alice: one")
        shutil.rmtree(chat.logs)
        alice.send("two")
        bob.hear("Alice: two")
    assert _mode(chat.logs) == 0o700
    assert _mode(chat.logs / "messages.txt") == 0o600


def _mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@posix
@pytest.mark.parametrize("mode", [0o600, 0o640, 0o660])
def test_a_public_log_keeps_the_mode_it_has_also_when_it_is_rotated(
    tmp_path: Path, mode: int
) -> None:
    path = tmp_path / "log"
    path.touch()
    path.chmod(mode)
    log = _log_file(path, max_bytes=10)
    for _ in range(2):
        log.append([b"entry 01\n"])
    log.close()
    assert [_mode(path), _mode(tmp_path / "log.1")] == [mode & ~_umask(), mode]


def _umask() -> int:
    os.umask(mask := os.umask(0))
    return mask


@posix
def test_new_logs_are_no_wider_than_the_umask(tmp_path: Path) -> None:
    before = os.umask(0o077)
    try:
        log = _log_file(tmp_path / "logs" / "log")
    finally:
        os.umask(before)
    log.close()
    assert [_mode(tmp_path / "logs"), _mode(tmp_path / "logs" / "log")] == [0o700, 0o600]


@posix
@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="needs root to chown")
def test_a_new_file_in_another_group_is_closed_to_it_where_the_group_cannot_be_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "log"
    path.touch()
    path.chmod(0o640)
    os.chown(path, -1, 4)
    log = _log_file(path, max_bytes=10)
    log.append([b"entry 01\n"])
    log.append([b"entry 02\n"])
    assert (path.stat().st_gid, _mode(path)) == (4, 0o640)

    def refuse(*_: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "chown", refuse)
    log.append([b"entry 03\n"])
    log.close()
    assert _mode(path) == 0o600


def _kinds(directory: Path) -> Iterator[tuple[str, Path]]:
    """What may be in a log's place, each with the words that the server has for it."""
    os.mkfifo(directory / "fifo")
    yield "a FIFO", directory / "fifo"
    (directory / "directory").mkdir()
    yield "a directory", directory / "directory"
    (directory / "target").write_text("somebody's\n")
    (directory / "link").symlink_to("target")
    yield "a symbolic link", directory / "link"
    (directory / "dangling").symlink_to("nothing")
    yield "a symbolic link", directory / "dangling"
    listener = socket.socket(socket.AF_UNIX)
    os.chdir(directory)  # a socket's path may have some hundred bytes
    listener.bind("socket")
    listener.close()
    yield "a socket", directory / "socket"
    with contextlib.suppress(PermissionError):
        os.mknod(directory / "device", stat.S_IFCHR | 0o600, os.makedev(1, 3))
        yield "a device", directory / "device"


@posix
@pytest.mark.parametrize("name", ["messages.txt", "private_messages.txt", "connections.txt"])
def test_what_is_not_an_ordinary_file_in_a_logs_place_is_refused_at_the_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.chdir(tmp_path)
    for words, path in _kinds(tmp_path):
        logs = tmp_path / "logs"
        logs.mkdir()
        path.rename(logs / name)
        status, output = run(
            *("phase4.server", "--port", "0", "--status-port", "0", "--log-dir", str(logs))
        )
        assert status == 2
        assert f"({name}: it is {words}" in output, output
        assert len(output.splitlines()) == 1, output
        shutil.rmtree(logs)
    assert (tmp_path / "target").read_text() == "somebody's\n"


@posix
def test_a_fifo_that_comes_in_a_logs_place_stops_no_conversation(chat: Chat) -> None:
    with chat.join("Alice") as alice, chat.join("Bob") as bob:
        alice.hear("* Bob joined")
        path = chat.logs / "messages.txt"
        path.unlink()
        os.mkfifo(path)
        alice.send("one")
        bob.hear("Alice: one")
        chat.expect("Cannot write .*messages.txt: it is a FIFO .*The chat goes on.")
        path.unlink()
        chat.expect("messages.txt is written again; 0 entries were lost")
    assert chat.log("messages.txt") == ["Alice: one"]


def _refuse(*_: object, **__: object) -> None:
    raise PermissionError(13, "Permission denied")


@posix
def test_a_log_that_cannot_be_rotated_is_written_on_and_says_so_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    path = tmp_path / "log"
    log = LogFile(path, said.append, max_bytes=20)
    entries = [f"entry {number:02}\n".encode() for number in range(6)]
    with monkeypatch.context() as patched:
        patched.setattr(os, "replace", _refuse)
        for each in entries[:5]:
            log.append([each])
            log._rotate_at = min(log._rotate_at, 0.1)  # as if the second were over
    assert path.read_bytes() == b"".join(entries[:5])
    assert said == [f"Cannot rotate {path}: Permission denied. It grows on."]
    assert (log.errors, log.waiting) == (0, 0)
    log.append([entries[5]])
    log.close()
    assert path.read_bytes() == entries[5]


@posix
def test_a_rotation_that_fails_again_and_again_costs_no_older_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "log"
    log = _log_file(path, max_bytes=10, kept=3)
    for number in range(4):
        log.append([f"entry {number:02}\n".encode()])
    replace = os.replace

    def keep_the_newest(old: Path, new: Path) -> None:
        """As on Windows, where another program reads it."""
        if old == path:
            _refuse()
        replace(old, new)

    monkeypatch.setattr(os, "replace", keep_the_newest)
    for number in range(4, 9):
        log._rotate_at = min(log._rotate_at, 0.1)
        log.append([f"entry {number:02}\n".encode()])
    log.close()
    kept = "".join(each.read_text() for each in tmp_path.iterdir())
    assert sorted(kept.split()[1::2]) == [f"{number:02}" for number in range(1, 9)]


def test_a_backlog_keeps_to_the_size_of_a_file(tmp_path: Path) -> None:
    in_the_way = tmp_path / "log"
    log = _log_file(in_the_way, max_bytes=100, kept=50)
    log.append([b"first\n"])
    log._keep([f"entry {number:03}\n".encode() for number in range(100)])
    log.close()
    texts = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert max(map(len, texts.values())) <= 100
    order = sorted(texts, key=lambda name: -int(name.partition(".")[2] or 0))
    entries = b"".join(texts[name] for name in order).decode().splitlines()
    assert entries == ["first", *(f"entry {number:03}" for number in range(100))]


@posix
def test_a_log_of_somebody_else_that_may_be_written_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "log"
    path.touch()
    path.chmod(0o660)
    monkeypatch.setattr(os, "fchmod", _refuse)  # as for a file that is not ours
    monkeypatch.setattr(os, "chmod", _refuse)
    log = _log_file(path)
    log.append([b"entry\n"])
    log.close()
    assert path.read_bytes() == b"entry\n"


@posix
@pytest.mark.parametrize("says_so", [True, False], ids=["refused", "ignored"])
def test_a_private_log_that_others_may_read_and_that_cannot_be_closed_to_them_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, says_so: bool
) -> None:
    path = tmp_path / "private_messages.txt"
    path.touch()
    path.chmod(0o640)
    # A file that is not ours; or a file system without modes, which takes any and keeps none.
    monkeypatch.setattr(os, "fchmod", _refuse if says_so else lambda file, mode: None)
    with pytest.raises(LogError, match=r"private_messages\.txt: others may read it"):
        ChatLog(tmp_path, lambda text: None)


@posix
@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="needs root to chown")
def test_a_server_writes_public_logs_that_belong_to_somebody_else(
    in_a_namespace: None, start: Start, tmp_path: Path
) -> None:
    logs = tmp_path / "logs"
    logs.mkdir()
    for name in ("messages.txt", "connections.txt"):
        (logs / name).touch()
        os.chmod(logs / name, 0o666)
        os.chown(logs / name, 12345, 12345)
    chat = start()
    with chat.join("Alice") as alice, chat.join("Bob") as bob:
        alice.send("hello")
        bob.hear("Alice: hello")
    assert chat.log("messages.txt") == ["Alice: hello"]


@pytest.fixture
def in_a_namespace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Programs that are started have no rights over files of other users."""
    program = tmp_path / "python"
    program.write_text(f'#!/bin/sh\nexec unshare --user --map-root-user {sys.executable} "$@"\n')
    program.chmod(0o700)
    try:
        subprocess.run([program, "-c", ""], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("this system lets us make no namespace")
    monkeypatch.setattr(sys, "executable", str(program))


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


def _log_file(path: Path, max_bytes: int = 1000, kept: int = 5) -> LogFile:
    return LogFile(path, lambda text: None, max_bytes=max_bytes, kept=kept)


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
    log = _log_file(tmp_path / "log", max_bytes=22)
    log.append([b"one\n"])
    log.append([b"two\n", b"three\n", b"four\n", b"five\n"])
    log.close()
    assert (tmp_path / "log").read_bytes() == b"two\nthree\nfour\nfive\n"


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

    with monkeypatch.context() as patched:
        patched.setattr(os, "write", _no_space)
        for number in range(5):
            log.append([f"entry {number}\n".encode()])
        assert (log.waiting, log.dropped) == (3, 2)
        assert len(said) == 1
        assert "No space left on device" in said[0]
    log.close()
    lost, *kept = (tmp_path / "log").read_text().splitlines()
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\S* \* 2 entries were lost", lost)
    assert kept == ["entry 2", "entry 3", "entry 4"]
    assert "2 entries were lost" in said[1]


def _no_space(*_: object) -> int:
    raise OSError(28, "No space left on device")


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
