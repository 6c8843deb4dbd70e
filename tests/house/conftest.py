"""What the checks of the house are asked with."""

import shlex
import sys
from pathlib import Path

import pytest


@pytest.fixture
def bare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Programs that are started find the standard library, and no other."""
    program = tmp_path / "python"
    program.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -S "$@"\n')
    program.chmod(0o700)
    monkeypatch.setattr(sys, "executable", str(program))
