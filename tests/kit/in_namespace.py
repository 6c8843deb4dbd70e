"""Run a module in a network namespace: python -m tests.kit.in_namespace NAMESPACE MODULE ...

The process becomes that program, so that whoever started it has it: its output, its end. Linux.
"""

import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator

import pytest

from tests.kit.harness import SECONDS


@contextlib.contextmanager
def namespace(name: str) -> Iterator[str]:
    """A machine without any cable yet, gone at the end. Skips where there can be none."""
    if sys.platform != "linux" or os.geteuid() != 0:
        pytest.skip("makes network namespaces, as only root on Linux can")
    if ip("netns", "add", name).returncode:
        pytest.skip("the system lets nobody make a network namespace here")
    try:
        if ip("netns", "exec", name, "true").returncode:
            pytest.skip("nothing runs in a network namespace here, as in a chroot")
        must("-n", name, "link", "set", "lo", "up")
        yield name
    finally:
        ip("netns", "delete", name)


def ip(*arguments: str) -> subprocess.CompletedProcess[str]:
    """The system's program for networks, as ip-netns has it in its manual."""
    return subprocess.run(
        ["ip", *arguments], capture_output=True, text=True, timeout=SECONDS, check=False
    )


def must(*arguments: str) -> None:
    """The same, where it must succeed."""
    done = ip(*arguments)
    assert done.returncode == 0, done.stderr


if __name__ == "__main__":
    _, given, *module = sys.argv
    os.execvp("ip", ["ip", "netns", "exec", given, sys.executable, "-m", *module])
