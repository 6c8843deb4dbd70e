"""Anything may happen to the log, in any order: hypothesis looks for a story that breaks a promise.

Each line is said once, so the archive must have them in their order, none twice. Where nothing
happened that can lose one, none is missing, and there is no gap.
"""

import os
import re
import shutil
import sys
import tempfile
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule, run_state_machine_as_test

from phase4.archive.historian import Historian, next_number
from phase4.archive.reading import Archive
from phase4.server.log_file import LogFile
from tests.phase4.archive.kit import catch_up, everything

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows moves no open file")

_WHOLE = re.compile(r"line \d+ ")


class Story(RuleBasedStateMachine):
    """A log, a historian that runs or does not, and what was said."""

    def __init__(self) -> None:
        super().__init__()
        self.log_dir = Path(tempfile.mkdtemp(prefix="archive-"))
        self.path = self.log_dir / "messages.txt"
        self.server: LogFile | None = None
        self.historian: Historian | None = None
        self.said: list[str] = []
        self.may_miss = False  # lines were lost of which nobody knows

    def teardown(self) -> None:
        """Take in what is left, and remove all."""
        try:
            self.everything_is_there()
        finally:
            if self.historian:
                self.historian.close()
            if self.server:
                self.server.close()
            shutil.rmtree(self.log_dir)

    # --- the server --------------------------------------------------------------------------

    @rule(counts=st.lists(st.integers(1, 12), min_size=1, max_size=4))
    def say(self, counts: list[int]) -> None:
        """Some batches; one file holds some ten lines, and all old ones are kept."""
        if self.server is None:
            self.server = LogFile(self.path, lambda text: None, max_bytes=600, kept=1000)
        for count in counts:
            texts = [f"line {len(self.said) + n} " for n in range(count)]
            lines = [f"2026-11-21T14:03:05+01:00 Bob: {text}\n".encode() for text in texts]
            self.server.append(lines)
            self.said += texts

    @precondition(lambda self: self.server)
    @rule(torn=st.sampled_from([b"", b"2026-11", b"2026-11-21T14:03:05+01:00 Bo", b"\0\0\0"]))
    def kill_server(self, torn: bytes) -> None:
        """It may leave half a line."""
        assert self.server
        self.server.close()
        self.server = None
        if torn:
            with open(self.path, "ab") as file:
                file.write(torn)

    @rule(line=st.sampled_from([b"", b"hello", b"2026-11-21T14:03:05+01:00 * Hello.", b"\xff"]))
    def write_garbage(self, line: bytes) -> None:
        """Somebody writes into the file."""
        if self.path.exists() and self.path.read_bytes().endswith(b"\n"):
            with open(self.path, "ab") as file:
                file.write(line + b"\n")

    # --- the historian -----------------------------------------------------------------------

    @rule(steps=st.integers(1, 30))
    def follow(self, steps: int) -> None:
        """It does some steps."""
        if self.historian is None:
            self.historian = Historian(self.log_dir)
        for _ in range(steps):
            self.historian.step()

    @precondition(lambda self: self.historian)
    @rule()
    def kill_historian(self) -> None:
        """What it had in memory is gone."""
        assert self.historian
        self.historian.close()
        self.historian = None

    # --- the operator ------------------------------------------------------------------------

    @precondition(lambda self: self.path.exists())
    @rule()
    def rotate(self) -> None:
        """As logrotate does it: the server finds out at its next write."""
        numbers = [int(path.suffix[1:]) for path in self.log_dir.glob("messages.txt.[0-9]*")]
        for number in sorted(numbers, reverse=True):
            os.replace(f"{self.path}.{number}", f"{self.path}.{number + 1}")
        os.replace(self.path, f"{self.path}.1")

    @precondition(lambda self: self.path.exists())
    @rule()
    def copy_and_empty(self) -> None:
        """As logrotate's copytruncate does it."""
        data = self.path.read_bytes()
        self.rotate()
        shutil.copy(f"{self.path}.1", f"{self.path}.copy")
        os.replace(f"{self.path}.1", self.path)
        os.replace(f"{self.path}.copy", f"{self.path}.1")
        os.truncate(self.path, 0)
        assert Path(f"{self.path}.1").read_bytes() == data

    @precondition(lambda self: self.path.exists())
    @rule()
    def remove(self) -> None:
        """A historian that has the file open reads it to its end."""
        self.path.unlink()
        self.may_miss = True

    @precondition(lambda self: self.path.exists())
    @rule(data=st.data())
    def cut_power(self, data: st.DataObject) -> None:
        """The disk never got the end of the file, and perhaps the archive has it."""
        size = self.path.stat().st_size
        if self.historian:
            self.kill_historian()
        if self.server:
            self.kill_server(b"")
        os.truncate(self.path, data.draw(st.integers(0, size)))
        self.may_miss = True

    # --- the promises ------------------------------------------------------------------------

    @rule()
    def everything_is_there(self) -> None:
        """Once all is taken in."""
        if self.historian is None:
            expected = next_number(self.log_dir)
            catch_up(self.log_dir)
            assert Archive(self.log_dir).last_number() + 1 == expected
        else:
            while self.historian.step():
                pass
        records = everything(self.log_dir)
        texts = [each.text for each in records]
        assert [each.number for each in records] == [*range(1, len(texts) + 1)]
        if self.may_miss:
            # Half a line may stand there as well, and has no blank at its end.
            numbers = [int(text.split()[1]) for text in texts if _WHOLE.fullmatch(text)]
            assert numbers == sorted({*numbers}), "in order, and none twice"
        else:
            assert texts == self.said
            assert Archive(self.log_dir).gaps_after(0) == []


def test_whatever_happens_to_the_log_each_line_is_taken_once_and_in_order() -> None:
    run_state_machine_as_test(Story, settings=settings(max_examples=40, stateful_step_count=25))
