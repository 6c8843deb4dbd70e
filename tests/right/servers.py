"""Which right servers there are, and how each is started."""

import shlex
import subprocess
from collections.abc import Callable
from pathlib import Path

from tests.grading.many import Job

HERE = Path(__file__).parent
PHASES = (1, 2, 3, 4)
COMPILE_SECONDS = 60.0


def _compiled(directory: Path) -> list[str]:
    program = directory / "server_in_c"
    if not program.exists():
        command = [
            "cc",
            "-std=c11",
            "-O1",
            "-Wall",
            "-Wextra",
            "-o",
            str(program),
            str(HERE / "server.c"),
        ]
        subprocess.run(command, check=True, timeout=COMPILE_SECONDS)
    return [str(program)]


LANGUAGES: dict[str, tuple[str, Callable[[Path], list[str]]]] = {
    "C": ("cc", _compiled),
    "JavaScript": ("node", lambda _: ["node", str(HERE / "server.js")]),
    "Perl": ("perl", lambda _: ["perl", str(HERE / "server.pl")]),
}
"""The program that each needs, and the command that starts it, with a directory to compile in."""


def job_of(language: str, phase: int, directory: Path) -> Job:
    """Grade the server of this language by all checks of a phase."""
    _, command = LANGUAGES[language]
    words = [*command(directory), str(phase), "{port}", "{logs}"]
    return Job(phase, shlex.join(words), ("--all",))
