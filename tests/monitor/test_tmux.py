"""The dashboard in tmux, from a shell: the way most people will have it open all day."""

import shlex
import sys
from collections.abc import Iterator

import pytest

from tests.conftest import Need
from tests.kit.tmux import Tmux, running_tmux
from tests.monitor.samples import QUIET, changed
from tests.monitor.status_server import StatusServer

pytestmark = pytest.mark.tmux


@pytest.fixture
def tmux(need: Need) -> Iterator[Tmux]:
    """A fresh tmux, ended afterwards."""
    need("tmux")
    with running_tmux() as running:
        yield running


def test_it_runs_in_tmux_is_suspended_brought_back_and_quits(tmux: Tmux) -> None:
    with StatusServer(QUIET) as server:
        command = [sys.executable, "-m", "monitor", "--status", server.address, "--interval", "1"]
        tmux.press(shlex.join(command), "Enter")
        assert "小明      127.0.0.1:50003" in tmux.until("LIVE(.|\n)*q quit")
        tmux.press("C-z")
        tmux.until(r"ready\$ *\n*\Z")
        server.show(changed(people_peak=9))
        tmux.press("fg", "Enter")
        tmux.until("peak 9 (.|\n)*q quit")
        tmux.press("q")
        shown = tmux.until(r"ready\$ *\n*\Z")
        assert "peak" not in shown  # the shell's own screen is back
        tmux.press("echo it was $?", "Enter")
        tmux.until("it was 0")
