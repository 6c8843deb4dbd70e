"""The benchmark of an attack runs, and says what it compares. No speed is asserted."""

import re

from tests.kit.harness import run


def test_a_run_compares_seconds_under_attack_with_quiet_ones() -> None:
    status, output = run(
        "tests.benchmarks.attacked", "--seconds", "0.3", "--rounds", "1", seconds=60
    )
    assert status == 0, output
    assert re.search(r"^round 1: p50 .* ms, p99 .* ms; under attack p50 .*", output, re.MULTILINE)
    assert re.search(r"bad_heads [1-9]\d*,.* pings \d+", output)
    assert re.search(r"^p50 under attack: \d+\.\d\d times that of quiet", output, re.MULTILINE)
    assert "wrong" not in output
