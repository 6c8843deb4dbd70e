"""On the wire, a server that shares its room is as any other: the same checks, once more."""

import subprocess
import sys

import pytest

from tests.kit.engines import RedisProcess
from tests.kit.harness import ROOT

SECONDS = 300
SERVER = (
    "{python} -m phase4.server --port {{port}} --log-dir {{logs}} --status-port 0 --flood-rate 0"
    " --quit-key off --quiet --hub {url} --hub-room room{{port}}"
)


@pytest.mark.timeout(SECONDS + 30)
def test_with_a_hub_all_checks_of_the_wire_pass(a_redis: RedisProcess) -> None:
    server = SERVER.format(python=sys.executable, url=a_redis.url)
    words = ("-m", "pytest", "tests/phase4/test_wire.py", "-q", "--all", "--server", server)
    ended = subprocess.run(
        [sys.executable, *words, "-p", "no:cacheprovider"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    print(ended.stdout, ended.stderr)
    assert ended.returncode == 0
