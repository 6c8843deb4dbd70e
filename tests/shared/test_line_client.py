"""What shared/line_client.py adds to phase 2's client: odd surroundings."""

import os
import subprocess
import sys

import pytest

from tests.kit.harness import ROOT, SECONDS, environment
from tests.kit.phases_common import Listener

PROGRAM = [sys.executable, "-m", "phase3.client", "--port"]


@pytest.mark.skipif(os.name == "nt", reason="uses a shell")
def test_a_closed_standard_input_is_its_end() -> None:
    """`python -m phase3.client <&-`"""
    listener = Listener()
    with subprocess.Popen(
        ["/bin/sh", "-c", 'exec "$@" <&-', "sh", *PROGRAM, str(listener.port)],
        cwd=ROOT,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    ) as client:
        with listener.accept() as server:
            server.expect_end()
            server.send("* bye")
        output, _ = client.communicate(timeout=SECONDS)
        assert output == b"* bye\n"
        assert client.returncode == 0
    listener.close()


def test_a_reader_of_its_output_may_go() -> None:
    """`python -m phase3.client | head -1` ends, and without a traceback."""
    listener = Listener()
    with subprocess.Popen(
        [*PROGRAM, str(listener.port)],
        cwd=ROOT,
        env={**environment(), "PYTHONUNBUFFERED": ""},  # as it is for a user
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as client:
        assert client.stdout
        assert client.stderr
        with listener.accept() as server:
            server.send("* first")
            assert client.stdout.readline().rstrip() == b"* first"
            client.stdout.close()
            server.send("* second")
            server.expect_end()
        assert client.wait(SECONDS) == 1
        assert client.stderr.read() == b""
    listener.close()
