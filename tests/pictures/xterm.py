"""A program of ours in a terminal on a screen, for its picture."""

import contextlib
import subprocess
import sys
from collections.abc import Iterator
from typing import NamedTuple

from tests.kit.desktop import Desktop
from tests.kit.harness import ROOT, SECONDS, environment

FONT = ("-fa", "DejaVu Sans Mono", "-fs", "10")


class Look(NamedTuple):
    """What an xterm looks like, and where it is."""

    text: str  # the colour, as #rrggbb
    background: str
    size: str  # columns x rows
    place: tuple[int, int]  # pixels from the left and from the top of the screen


@contextlib.contextmanager
def xterm(desktop: Desktop, title: str, look: Look, *program: str) -> Iterator[None]:
    """Run `python -m program ...` in a terminal of 256 colours, until the end of the block."""
    x, y = look.place
    command = ["xterm", "-u8", "-tn", "xterm-256color", "-geometry", f"{look.size}+{x}+{y}"]
    command += [*FONT, "-b", "6", "+sb", "-fg", look.text, "-bg", look.background, "-T", title]
    command += ["-xrm", "*allowTitleOps: false", "-e", sys.executable, "-m", *program]
    env = {**environment(), **desktop.env, "LC_ALL": "C.UTF-8"}
    process = subprocess.Popen(command, cwd=ROOT, env=env)
    try:
        yield
    finally:
        process.terminate()
        process.wait(SECONDS)
