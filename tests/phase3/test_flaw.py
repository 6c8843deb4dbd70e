"""The command that shows the flaw of phase 3."""

import re

from tests.harness import run


def test_it_shows_the_flaw() -> None:
    status, output = run("phase3.flaw")
    assert status == 0
    assert re.search(
        r"Bob's line (\d+) does not reach Carol.*Carol hears Bob's line \1\.", output, re.S
    )
    assert output.endswith("Phase 4 gives each an outbox.")
