"""The examples in docstrings are true, in whichever module they stand."""

import doctest
import importlib
import re
from pathlib import Path

import pytest

from tests.kit.harness import ROOT

FOLDERS = ("shared", "phase1", "phase2", "phase3", "phase4", "monitor", "tests")


def _module(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


MODULES = sorted(
    _module(path)
    for folder in FOLDERS
    for path in (ROOT / folder).rglob("*.py")
    if re.search(r"^ *>>> ", path.read_text(encoding="utf-8"), re.MULTILINE)
)


@pytest.mark.parametrize("module", MODULES)
def test_the_examples_are_true(module: str) -> None:
    results = doctest.testmod(importlib.import_module(module))
    assert results.attempted > 0
    assert results.failed == 0
