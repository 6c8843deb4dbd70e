"""What the lesson says of Tk and threads: such a call can wait for ever, a queue cannot."""

import pytest

from tests.kit.desktop import Desktop
from tests.kit.harness import Program

pytestmark = pytest.mark.window
MODULE = "tests.broken.tk_from_a_thread"


@pytest.mark.parametrize(("way", "outcome"), [("thread", "still waiting"), ("queue", "closed")])
def test_to_join_a_thread_that_calls_tk_is_a_deadlock(
    desktop: Desktop, way: str, outcome: str
) -> None:
    with Program(MODULE, way, env=desktop.env) as program:
        program.expect(f"^{outcome}$")
