"""The examples in the monitor's docstrings are true."""

import doctest
from types import ModuleType

import pytest

from monitor import drawing, figures, frame, history, scene, text, view


@pytest.mark.parametrize("module", [drawing, figures, frame, history, scene, text, view])
def test_the_examples_are_true(module: ModuleType) -> None:
    results = doctest.testmod(module)
    assert results.attempted > 0
    assert results.failed == 0
