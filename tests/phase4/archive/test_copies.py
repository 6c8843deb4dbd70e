"""Copies of a log, by names that no program gives them: nothing is taken twice."""

import os
import shutil
import sys
from pathlib import Path

import pytest

from phase4.archive.historian import Historian
from phase4.server.log_file import LogFile
from tests.phase4.archive.kit import everything


@pytest.mark.skipif(sys.platform == "win32", reason="Windows moves no open file")
def test_a_log_that_is_copied_by_hand_behind_older_files_and_emptied_is_taken_once(
    tmp_path: Path,
) -> None:
    log = LogFile(tmp_path / "messages.txt", lambda text: None)
    historian = Historian(tmp_path)
    texts = []
    for text in ("one", "two", "three"):
        log.append([f"2026-11-21T14:03:05+01:00 Alice: {text}\n".encode()])
        texts.append(text)
        while historian.step():
            pass
        if text == "one":
            os.replace(log.path, f"{log.path}.1")
        elif text == "two":
            shutil.copy(log.path, f"{log.path}.9")
            os.truncate(log.path, 0)
    assert [each.text for each in everything(tmp_path)] == texts
    historian.close()
    log.close()
