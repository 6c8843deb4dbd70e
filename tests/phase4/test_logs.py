"""The logs: what stands in which, that it stands there before anybody receives it, and trouble."""

import os
import re
import signal
import stat
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from phase4.chat_log import LogFile
from tests.harness import run, wait_until
from tests.phase4.chat import TIME, Chat

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


def test_what_anybody_received_is_in_the_log_even_if_the_server_is_killed(chat: Chat) -> None:
    with chat.join("Alice") as alice, chat.join("Bob") as bob:
        alice.hear("* Bob joined")
        alice.send(*(f"line {number}" for number in range(3000)))
        for _ in range(200):
            bob.read_line()
        chat.process.kill()
        chat.wait()
        received = 200 + bob.read_bytes_until_end().count(b"\n")
    logged = (chat.logs / "messages.txt").read_bytes()
    assert logged.endswith(b"\n"), "a torn line"
    assert logged.count(b"\n") >= received


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


def test_an_entry_of_which_the_disk_took_half_is_written_once_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = _log_file(tmp_path / "log")
    write = os.write
    calls = 0

    def take_half_then_refuse(file: int, data: memoryview) -> int:
        nonlocal calls
        calls += 1
        if calls == 1:
            return write(file, bytes(data)[:3])
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(os, "write", take_half_then_refuse)
        log.append([b"entry\n"])
    log.close()
    assert (tmp_path / "log").read_bytes() == b"entry\n"


def test_a_log_entry_has_the_time_with_its_offset(chat: Chat) -> None:
    with chat.join("Alice") as alice, chat.join("Bob") as bob:
        alice.send("hello")
        bob.expect(rf"{TIME} Alice: hello")
    line = (chat.logs / "messages.txt").read_text()
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d\d:\d\d Alice: hello\n", line)
