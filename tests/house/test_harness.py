"""What the checks find on the machine where they run, whoever runs them."""

import os

import pytest

from tests.kit.harness import look_in_sbin


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
