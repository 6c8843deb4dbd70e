"""What the checks find on the machine where they run, whoever runs them."""

import os
from pathlib import Path

import pytest

from tests.kit.harness import ROOT, look_in_sbin, run


@pytest.mark.skipif(not os.path.isdir("/usr/sbin"), reason="no such folder here")
def test_what_only_root_has_in_the_path_is_found_by_all(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "/usr/sbin" in os.environ["PATH"].split(os.pathsep)
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    look_in_sbin()
    once = os.environ["PATH"]
    assert once.startswith("/usr/bin:/bin:")  # what is found there first stays first
    assert "/usr/sbin" in once.split(os.pathsep)
    look_in_sbin()
    assert os.environ["PATH"] == once


@pytest.mark.parametrize("is_ci", [False, True])
def test_a_file_whose_library_is_missing_is_skipped_and_fails_in_ci(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_ci: bool
) -> None:
    (tmp_path / "lacking.py").write_text("import sys\nsys.modules['trustme'] = None\n")
    monkeypatch.setenv("PYTEST_PLUGINS", "lacking")
    monkeypatch.setenv("CI", "true" if is_ci else "")
    lacks, other = "tests/phase4/transport/test_renewal.py", "tests/phase2/test_wire.py"
    options = ("-q", "--collect-only", "-p", "no:cacheprovider", "-c", f"{ROOT}/pyproject.toml")
    status, output = run("pytest", *options, f"{ROOT}/{lacks}", f"{ROOT}/{other}", cwd=tmp_path)
    assert (status == 0) != is_ci, output
    assert " needs the library trustme, which is not on this machine: sh .ci/setup test" in output
    assert f"{other}::" in output
