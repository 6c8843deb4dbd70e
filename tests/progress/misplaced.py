"""A server that is in another place than it should be: what was found, and where it belongs."""

import os
import re
from collections.abc import Iterator
from pathlib import Path

from tests.start import COMMAND, PHASES, SERVER

_PROGRAM = re.compile(r"\.(py|js|mjs|ts|go|rs|c|cc|cpp|java|rb|pl|php|txt)$", re.IGNORECASE)
MOST_NAMES = 3  # of files that might be the server


def misplaced(directory: Path) -> str:
    """What was found in place of the server in the folder of a phase; "" where nothing was.

    Raises OSError where a directory may not be read.
    """
    return next(_found(directory), "")


def _found(directory: Path) -> Iterator[str]:
    learner, phase = directory.parent, directory.name
    names = _names_in(directory)
    if _holds_server(directory / phase):
        yield f"{phase}/{phase}/ holds a server: move it up into {phase}/"
    if programs := [name for name in names if _PROGRAM.search(name)]:
        told = ", ".join(programs[:MOST_NAMES])
        yield f"{phase}/ holds {told}: it needs {SERVER} or {COMMAND}"
    for name in _names_in(learner):
        if name != phase and _plain(name) in (phase, phase[-1]) and _holds_server(learner / name):
            yield f"{name}/ holds a server: the folder must be called {phase}"
        if _holds_server(learner / name / phase):
            yield f"{name}/{phase}/ holds a server: {phase}/ must stand one folder higher"
    if _holds_server(learner) and not any(os.path.isdir(learner / each) for each in PHASES):
        yield f"{SERVER} stands in no folder of a phase, such as phase1/"


def _plain(name: str) -> str:
    """A name as people mean it: Phase 1, phase_1 and PHASE-1 are one."""
    return re.sub(r"[\W_]", "", name).casefold()


def _holds_server(directory: Path) -> bool:
    return any(os.path.isfile(directory / name) for name in (SERVER, COMMAND))


def _names_in(directory: Path) -> list[str]:
    return sorted(os.listdir(directory)) if os.path.isdir(directory) else []
