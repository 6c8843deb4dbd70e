"""python -m phase4.archive: looks into an archive without the server, and beside it."""

import contextlib
import io
import json
import os
import shutil
import sqlite3
import stat
import sys
from pathlib import Path

import pytest

from phase4.archive.__main__ import main
from phase4.archive.database import archive_of
from phase4.archive.guard import Guard
from phase4.archive.historian import Historian, next_number
from phase4.archive.reading import Archive
from phase4.archive.record import Gap
from phase4.archive.store import Keep
from tests.kit.harness import run
from tests.phase4.archive.kit import all_records, catch_up, everything, lines_of

SAID = [
    "2026-11-20T09:00:00+01:00 Alice: good morning",
    "2026-11-20T09:00:05+01:00 Bob: <script>alert(1)</script> & \x1b[31mred",
    "2026-11-20T09:00:06+01:00 * 3 entries were lost",
    "2026-11-21T14:03:05+01:00 Zoë: سلام, the meeting is on Friday",
]


@pytest.fixture
def logs(tmp_path: Path) -> Path:
    """A directory of logs, taken in."""
    say(tmp_path, *SAID)
    catch_up(tmp_path)
    return tmp_path


def say(log_dir: Path, *lines: str) -> None:
    """Append lines to the log."""
    with open(log_dir / "messages.txt", "ab") as file:
        file.write("".join(f"{line}\n" for line in lines).encode())


def numbered(first: int, last: int) -> list[str]:
    """Lines that are all different."""
    return [f"2026-11-22T10:00:00+01:00 Bob: line {number}" for number in range(first, last + 1)]


def rotate(log_dir: Path) -> None:
    """The log begins a new file."""
    for number in (3, 2, 1):
        path = log_dir / f"messages.txt.{number}"
        if path.exists():
            os.replace(path, log_dir / f"messages.txt.{number + 1}")
    os.replace(log_dir / "messages.txt", log_dir / "messages.txt.1")


def archive(command: str, log_dir: Path, *more: str) -> tuple[int, list[str]]:
    """Run a command; its exit status, and what it printed."""
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
        status = main([command, str(log_dir), *more])
    return status, printed.getvalue().splitlines()


def change(log_dir: Path, *statements: str) -> None:
    """Meddle with the archive."""
    with contextlib.closing(sqlite3.connect(archive_of(log_dir))) as connection:
        for each in statements:
            connection.execute(each)
        connection.commit()


# --- search --------------------------------------------------------------------------------------


def test_it_is_a_command(logs: Path) -> None:
    line = "(2026-11-21 14:03:05 #6) Zoë: سلام, the meeting is on Friday"
    assert run("phase4.archive", "search", str(logs), "friday") == (0, line)
    status, printed = run("phase4.archive", "--help")
    assert status == 0
    assert "python -m phase4.archive search logs meeting friday" in printed
    assert run("phase4.archive", "search", str(logs))[0] == 2


def test_search_prints_what_is_found(logs: Path) -> None:
    line = "(2026-11-21 14:03:05 #6) Zoë: سلام, the meeting is on Friday"
    assert archive("search", logs, "friday", "MEETING") == (0, [line])
    assert archive("search", logs, "on friday", "from:zoe", "since:2026-11-21") == (0, [line])
    assert archive("search", logs, "friday on") == (1, ["Nothing is found."])
    assert archive("search", logs, "o", "--count", "1") == (0, [line])


def test_search_shows_no_control_character(logs: Path) -> None:
    line = "(2026-11-20 09:00:05 #2) Bob: <script>alert(1)</script> & \ufffd[31mred"
    assert archive("search", logs, "alert") == (0, [line])


def test_what_cannot_be_looked_for_is_one_sentence(logs: Path) -> None:
    sentence = "phase4.archive: since: takes a day, such as since:2026-11-20."
    assert archive("search", logs, "since:soon") == (2, [sentence])
    assert archive("export", logs, "--since", "soon") == (2, [sentence])


def test_where_there_is_no_archive_each_command_says_so(tmp_path: Path) -> None:
    sentence = f"There is no archive in {tmp_path}: a server makes one, or the command rebuild."
    for command in (["search", "x"], ["export"], ["check"]):
        outcome = archive(command[0], tmp_path, *command[1:])
        assert outcome == (2, [f"phase4.archive: {sentence}"])
    assert [*tmp_path.iterdir()] == []


# --- export --------------------------------------------------------------------------------------


def test_text_is_as_the_chat_shows_it(logs: Path) -> None:
    assert archive("export", logs) == (
        0,
        [
            "(2026-11-20 09:00:00 #1) Alice: good morning",
            "(2026-11-20 09:00:05 #2) Bob: <script>alert(1)</script> & \ufffd[31mred",
            "* 3 lines are missing before #6.",
            "(2026-11-21 14:03:05 #6) Zoë: سلام, the meeting is on Friday",
        ],
    )


def test_days_bound_what_is_written(logs: Path) -> None:
    assert len(archive("export", logs, "--until", "2026-11-20")[1]) == 2
    status, lines = archive("export", logs, "--since", "2026-11-21", "--format", "jsonl")
    assert status == 0
    assert [json.loads(line) for line in lines] == [
        {"before": 6, "lost": 3},
        {
            "number": 6,
            "at": "2026-11-21T14:03:05+01:00",
            "sender": "Zoë",
            "text": "سلام, the meeting is on Friday",
        },
    ]


def test_a_page_is_escaped_and_loads_nothing(logs: Path) -> None:
    page = "\n".join(archive("export", logs, "--format", "html")[1])
    assert "&lt;script&gt;alert(1)&lt;/script&gt; &amp; \ufffd[31mred" in page
    assert "<script" not in page
    assert "default-src 'none'" in page
    assert "http" not in page.replace("http-equiv", "")
    assert '<p id="6">' in page
    assert page.count("<h2>") == 2


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has other rights")
def test_a_file_is_its_owners_alone_and_is_replaced_when_all_is_written(logs: Path) -> None:
    output = logs / "said.html"
    output.write_text("before")
    output.chmod(0o644)
    arguments = ("--format", "html", "--output", str(output))
    assert archive("export", logs, *arguments) == (0, [])
    assert stat.S_IMODE(output.stat().st_mode) == 0o600
    whole = output.read_text()
    assert whole.endswith("</html>\n")
    change(logs, "update message set at = x'ff' where id = 6")  # then it ends in the middle
    with pytest.raises(TypeError):
        archive("export", logs, *arguments)
    assert output.read_text() == whole
    assert [path.name for path in logs.iterdir() if path.name.startswith(".")] == []


def test_a_file_that_cannot_be_written_is_one_sentence(logs: Path) -> None:
    where = logs / "nowhere" / "said.txt"
    status, lines = archive("export", logs, "--output", str(where))
    assert status == 1
    assert lines == [f"phase4.archive: {where} cannot be written (No such file or directory)"]


def test_more_than_one_page_is_written(tmp_path: Path) -> None:
    say(tmp_path, *numbered(1, 1200))
    catch_up(tmp_path)
    assert len(archive("export", tmp_path)[1]) == 1200


# --- check ---------------------------------------------------------------------------------------


def test_an_archive_that_is_the_log_is_right(logs: Path) -> None:
    assert archive("check", logs) == (0, ["In the archive as in the logs: 3 lines."])


def test_files_are_compared_wherever_they_stand_by_now(tmp_path: Path) -> None:
    for first in (1, 101, 201):
        say(tmp_path, *numbered(first, first + 99))
        catch_up(tmp_path)
        rotate(tmp_path)
    say(tmp_path, *numbered(301, 310))
    assert archive("check", tmp_path) == (
        0,
        ["In the archive as in the logs: 300 lines.", "Not taken in yet: 10 lines."],
    )
    catch_up(tmp_path)
    (tmp_path / "messages.txt.3").unlink()
    assert archive("check", tmp_path)[1] == [
        "In the archive as in the logs: 210 lines.",
        "In the archive alone, as the logs keep them no more: 100 lines.",
    ]
    historian = Historian(tmp_path, Keep(lines=50))
    historian.forget()
    historian.close()
    assert archive("check", tmp_path) == (0, ["In the archive as in the logs: 50 lines."])


@pytest.mark.parametrize(
    ("statement", "fault"),
    [
        ("delete from message where id = 2", "#2 of the log is not in the archive."),
        (
            "update message set text = '' where id = 2",
            "#2 of the archive is another than in the log.",
        ),
        ("update message set sender = '' where id = 2", "#2 of the archive is another than in the"),
        (
            "update message set at = '' where id = 1",
            "#1 of the archive is another than in the log.",
        ),
        ("insert into message values(4, '', '', '')", "#4 of the archive has no line in the log."),
        ("update message set id = 5 where id = 6", "#6 of the log is not in the archive."),
        ("insert into found(found) values('delete-all')", "#1 of the archive is not found by a"),
    ],
)
def test_what_is_wrong_is_found(logs: Path, statement: str, fault: str) -> None:
    change(logs, statement)
    status, lines = archive("check", logs)
    assert status == 1
    assert any(line.startswith(fault) for line in lines)


def test_many_faults_are_counted(tmp_path: Path) -> None:
    say(tmp_path, *numbered(1, 100))
    catch_up(tmp_path)
    change(tmp_path, "update message set text = 'x'")
    status, lines = archive("check", tmp_path)
    assert (status, len(lines), lines[10]) == (1, 12, "And 90 more.")


# --- rebuild -------------------------------------------------------------------------------------


def test_an_archive_is_made_from_the_logs_alone(logs: Path) -> None:
    before = all_records(logs)
    archive_of(logs).unlink()
    assert archive("rebuild", logs) == (
        0,
        [
            "The archive has 3 lines, #1 to #6.",
            "No old archive told the numbers: they begin anew.",
        ],
    )
    assert all_records(logs) == before
    assert Archive(logs).gaps_after(0) == [Gap(6, 3)]
    assert archive("check", logs)[0] == 0
    assert {path.name for path in logs.iterdir()} >= {"archive.sqlite", "messages.txt"}
    assert not [*logs.glob("*-new*")]


def test_numbers_and_what_no_log_has_any_more_are_kept(tmp_path: Path) -> None:
    for first in (1, 101, 201):
        say(tmp_path, *numbered(first, first + 99))
        catch_up(tmp_path)
        rotate(tmp_path)
    (tmp_path / "messages.txt.3").unlink()
    say(tmp_path, *numbered(301, 310))
    before = all_records(tmp_path)
    change(
        tmp_path,
        "delete from message where id between 150 and 160",
        "update message set text = 'x' where id = 180",
        "insert into found(found) values('delete-all')",
    )
    assert archive("rebuild", tmp_path) == (
        0,
        [
            "The archive has 310 lines, #1 to #310.",
            "Kept, though no log has them any more: 100 lines.",
        ],
    )
    assert all_records(tmp_path)[:300] == before
    assert len(everything(tmp_path)) == 310
    assert archive("check", tmp_path) == (
        0,
        [
            "In the archive as in the logs: 210 lines.",
            "In the archive alone, as the logs keep them no more: 100 lines.",
        ],
    )
    say(tmp_path, *numbered(311, 311))
    assert next_number(tmp_path) == 312
    catch_up(tmp_path)
    assert everything(tmp_path)[-1].number == 311


def test_where_no_log_is_left_that_the_archive_knows_the_numbers_go_on(tmp_path: Path) -> None:
    say(tmp_path, *numbered(1, 10))
    catch_up(tmp_path)
    (tmp_path / "messages.txt").unlink()
    say(tmp_path, *numbered(41, 45))
    assert archive("rebuild", tmp_path)[0] == 0
    assert [each.number for each in everything(tmp_path)] == [*range(1, 16)]
    assert Archive(tmp_path).gaps_after(0) == [Gap(11, None)]
    assert next_number(tmp_path) == 16


@pytest.mark.parametrize("damage", [b"hello", None])
def test_a_damaged_archive_is_replaced(tmp_path: Path, damage: bytes | None) -> None:
    say(tmp_path, *numbered(1, 3000))
    catch_up(tmp_path)
    path = archive_of(tmp_path)
    data = path.read_bytes()
    path.write_bytes(damage or data[:8192] + b"x" * (len(data) - 8192))
    status, lines = archive("rebuild", tmp_path)
    assert status == 0
    assert lines[:2] == [
        "The archive has 3000 lines, #1 to #3000.",
        "The old archive was damaged: what only that had is lost.",
    ]
    assert archive("check", tmp_path)[0] == 0
    assert [line for _, line in all_records(tmp_path)] == lines_of(tmp_path / "messages.txt")
    if sys.platform != "win32":
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_nothing_is_rebuilt_while_a_historian_runs(logs: Path) -> None:
    sentence = f"phase4.archive: Another process writes the archive in {logs}."
    with Guard(logs):
        assert archive("rebuild", logs) == (2, [sentence])


def test_what_reads_the_archive_meanwhile_sees_the_old_one_or_the_new(logs: Path) -> None:
    with contextlib.closing(sqlite3.connect(archive_of(logs), isolation_level=None)) as reader:
        reader.execute("begin")
        assert len(reader.execute("select * from message").fetchall()) == 3
        say(logs, *numbered(7, 9))
        assert archive("rebuild", logs)[0] == 0
        assert len(reader.execute("select * from message").fetchall()) == 3
        reader.execute("commit")
        assert len(reader.execute("select * from message").fetchall()) == 6


def test_each_command_works_on_a_copy_of_the_logs(logs: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(logs, copy, ignore=shutil.ignore_patterns("copy"))
    assert archive("check", copy) == (0, ["In the archive as in the logs: 3 lines."])
    assert archive("search", copy, "friday")[0] == 0
    assert archive("rebuild", copy) == (0, ["The archive has 3 lines, #1 to #6."])
