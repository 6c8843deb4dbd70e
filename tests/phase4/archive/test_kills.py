"""Server and historian killed at any moment, under load and with rotation: no line is lost.

The short form is part of the suite. The long one: ARCHIVE_KILLS=20 python -m pytest THIS_FILE
"""

import os
import random
import signal
import sys
from pathlib import Path

import pytest

from phase4.archive.historian import next_number
from phase4.archive.log_files import files_of
from tests.kit.harness import Program, wait_until
from tests.phase4.archive.kit import all_records, catch_up, lines_of
from tests.phase4.archive.writing import entry

KILLS = int(os.environ.get("ARCHIVE_KILLS", "3"))
SECONDS_OF_LOAD = 0.7 if KILLS > 3 else 0.3


@pytest.mark.timeout(60 + 6 * KILLS)
def test_after_any_number_of_kills_the_archive_is_the_log(tmp_path: Path) -> None:
    chance = random.Random()
    killed = ["writer", "historian"] * KILLS
    chance.shuffle(killed)
    log = tmp_path / "messages.txt"
    writer = historian = None
    try:
        for who in killed:
            if writer is None:
                writer = Program("tests.phase4.archive.writing", str(log), "30000")
            if historian is None:
                historian = Program("phase4.archive", "follow", str(tmp_path))
            writer.expect(r"\d+")
            _load_for(chance.uniform(0.1, 1) * SECONDS_OF_LOAD, writer)
            if who == "writer":
                writer.__exit__(None, None, None)
                writer = None
            else:
                historian.__exit__(None, None, None)
                historian = None
        if writer is None:
            writer = Program("tests.phase4.archive.writing", str(log), "30000")
        # On a busy machine it may have written little so far.
        wait_until(lambda: len(files_of(log)) > 5, "it was rotated")
    finally:
        for program in filter(None, (writer, historian)):
            program.__exit__(None, None, None)

    expected = next_number(tmp_path)  # counted from where the historian was killed
    catch_up(tmp_path)
    said = lines_of(log)
    assert len(said) > 100
    assert all_records(tmp_path) == list(enumerate(said, 1))
    assert expected == len(said) + 1


def _load_for(seconds: float, writer: Program) -> None:
    """Let it write for so long."""
    with pytest.raises(AssertionError, match="no line like"):
        writer.expect("never printed", seconds)


# Takes in a log, and is killed when it has indexed so many of its lines.
KILLED_WHILE_IT_INDEXES = """
import os, signal, sys
from pathlib import Path
from phase4.archive import store
from phase4.archive.historian import Historian

left = int(sys.argv[2])

def fold(text, fold=store.fold):
    global left
    left -= 1
    if left < 0:
        os.kill(os.getpid(), signal.SIGKILL)
    return fold(text)

store.fold = fold
historian = Historian(Path(sys.argv[1]))
while historian.step():
    pass
"""


class Killed(Program):
    """What it runs is a program text."""

    how = ("-c",)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL")
@pytest.mark.parametrize("indexed", [0, 1, 150, 399])
def test_killed_in_the_middle_of_a_piece_it_has_taken_nothing_of_it(
    tmp_path: Path, indexed: int
) -> None:
    log = tmp_path / "messages.txt"
    log.write_bytes(b"".join(map(entry, range(200))))
    with Killed(KILLED_WHILE_IT_INDEXES, str(tmp_path), str(indexed)) as historian:
        assert historian.wait() == -signal.SIGKILL
    assert all_records(tmp_path) == []
    catch_up(tmp_path)
    assert all_records(tmp_path) == list(enumerate(lines_of(log), 1))
