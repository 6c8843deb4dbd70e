"""Server and historian killed at any moment, under load and with rotation: no line is lost.

The short form is part of the suite. The long one: ARCHIVE_KILLS=20 python -m pytest THIS_FILE
"""

import os
import random
from pathlib import Path

import pytest

from phase4.archive.historian import next_number
from phase4.archive.trail import files_of
from tests.kit.harness import Program
from tests.phase4.archive.kit import all_records, catch_up, lines_of

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
    finally:
        for program in filter(None, (writer, historian)):
            program.__exit__(None, None, None)

    expected = next_number(tmp_path)  # counted from where the historian was killed
    catch_up(tmp_path)
    said = lines_of(log)
    assert len(files_of(log)) > 5, "it was rotated"
    assert len(said) > 100
    assert all_records(tmp_path) == list(enumerate(said, 1))
    assert expected == len(said) + 1


def _load_for(seconds: float, writer: Program) -> None:
    """Let it write for so long."""
    with pytest.raises(AssertionError, match="no line like"):
        writer.expect("never printed", seconds)
