"""Begin a phase with a server of your own: python -m tests.start phase1 mydir

Writes the beginning of that phase's server (tests/starters/) to mydir/phase1/server.py, with TODOs
in the order of the checks, and tells the command that checks it. What is there already is never
overwritten. `tests.progress` finds the servers of all phases in mydir, and shows how far they are;
with --watch it runs their checks again whenever a file is saved.

In another language you need no beginning: make mydir/phase1/, write your server there, and put the
command that starts it, with {port} where the port belongs, into mydir/phase1/command.txt.
"""

import argparse
import importlib.util
import os
import shlex
import shutil
import sys
from pathlib import Path

from shared.arguments import file_path
from shared.console import accept_any_text, exit_with
from shared.files import is_of_others
from tests.kit.harness import ROOT
from tests.starters.cutting import cut

STARTERS = Path(__file__).parent / "starters"
PHASES = ("phase1", "phase2", "phase3", "phase4")
SERVER = "server.py"
COMMAND = "command.txt"
SET_UP = ("sh .ci/setup learn", ". .venv/bin/activate")
SET_UP_ON_WINDOWS = (
    "py -m venv .venv",
    r'.venv\Scripts\python -m pip install --use-pep517 -e ".[learn]"',
    r".venv\Scripts\activate",
)
"""What to type where the libraries of the checks are not there; the last line in each terminal."""

WHERE_NOTHING_GETS_THEM = (
    "The checks need libraries, and what would get them is not on this machine either.",
    "Whoever runs it can install Debian's package python3-venv, or pip for Python.",
    "Without them, uv in your own home directory is enough. How to get it, without any rights:",
    "",
    "    https://docs.astral.sh/uv/getting-started/installation/",
    "",
    "Then, in a new terminal, type once (the last line, in each terminal):",
)
"""The same where Python brings no pip (as Debian's does not), and .ci/setup could not go on."""


class CannotStart(Exception):
    """The beginning was not made; the text says why, and what to do."""


def main(arguments: list[str] | None = None) -> int:
    """Write a beginning. Gives the exit status: 2 where nothing was written."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.start", description=__doc__.partition("\n")[0]
    )
    parser.add_argument("phase", metavar="PHASE", help=", ".join(PHASES))
    parser.add_argument(
        "directory", metavar="DIR", type=file_path, help="where your servers are to be"
    )
    options = parser.parse_args(arguments)
    accept_any_text()
    try:
        server = begin(options.phase, options.directory)
    except CannotStart as error:
        print(error, file=sys.stderr)
        return 2
    print(what_next(options.phase, options.directory, server))
    return 0


def begin(phase: str, directory: Path) -> Path:
    """Write the beginning of a phase's server; its path. Raises CannotStart."""
    if phase not in PHASES:
        raise CannotStart(
            f"There is no {phase!r}: choose {', '.join(PHASES[:-1])} or {PHASES[-1]}."
        )
    server = directory / phase / SERVER
    command = check_command(phase, server)
    if not command.isprintable() or '"""' in command:  # it is written into the file's docstring
        raise CannotStart(f"Choose a simpler name than {str(directory)!r}, please.")
    text = cut((STARTERS / f"{phase}.py").read_text(encoding="utf-8"))
    for there in (server, server.with_name(COMMAND)):
        if os.path.lexists(there):
            raise CannotStart(
                f"{shown(there)} is there already, and nothing was overwritten. To go on with it:"
                f"\n\n    {watch_command(directory)}\n\n"
                "To begin anew, move it away first."
            )
    try:
        server.parent.mkdir(parents=True, exist_ok=True)
        with server.open("x", encoding="utf-8") as file:  # "x" creates, and never overwrites
            file.write(text.replace("CHECK_COMMAND", command))
    except OSError as error:
        text = f"Cannot write {shown(server)} ({error.strerror})."
        if is_of_others(error):
            text += f" Choose a folder of yours: {python_name()} -m tests.start {phase} ~/my"
        raise CannotStart(text) from error
    return server


def what_next(phase: str, directory: Path, server: Path) -> str:
    """What to do with it, as text for a person."""
    return "\n".join(
        [
            f"Your server: {shown(server)}",
            f"The lesson:  {phase}/README.md",
            *_own_of_before(phase, directory, server),
            *_set_up(),
            "",
            f"Begin with TODO 1. This runs the checks again whenever you save, in {ROOT}:",
            "",
            f"    {watch_command(directory)}",
            "",
            "It stays: give it a terminal of its own. h shows a hint, q ends it. To check once:",
            "",
            f"    {check_command(phase, server)}",
            "",
            "How far you have come in all phases:",
            "",
            f"    {python_name()} -m tests.progress {quoted(shown(directory))}",
        ]
    )


def _own_of_before(phase: str, directory: Path, server: Path) -> list[str]:
    """Where there is a server of the phase before: how to go on with that instead."""
    place = PHASES.index(phase)
    before = directory / PHASES[place - 1] / SERVER
    if place == 0 or not before.is_file():
        return []
    copy = "copy" if sys.platform == "win32" else "cp"
    return [
        "",
        f"It has what {PHASES[place - 1]} taught already. To go on with your own instead:",
        "",
        f"    {copy} {quoted(shown(before))} {quoted(shown(server))}",
    ]


def _set_up() -> list[str]:
    """Where this Python cannot run the checks: what to type before."""
    if can_check():
        return []
    words = SET_UP_ON_WINDOWS if sys.platform == "win32" else SET_UP
    needs = (
        "The checks need libraries that this Python does not have. Type once (the last line, in "
        "each terminal):"
    )
    return [
        "",
        *((needs,) if can_get_libraries() else WHERE_NOTHING_GETS_THEM),
        "",
        *(f"    {each}" for each in words),
    ]


def can_check() -> bool:
    """Whether this Python has what the checks need."""
    return importlib.util.find_spec("pytest") is not None


def can_get_libraries() -> bool:
    """Whether .ci/setup can make a virtual environment with this Python, as it goes about it."""
    has = importlib.util.find_spec
    return bool((has("venv") and (has("ensurepip") or has("pip"))) or shutil.which("uv"))


# --- the command that checks -------------------------------------------------------------------


def check_command(phase: str, server: Path) -> str:
    """The command that checks a server in Python, to be given in the root of the repository."""
    run = f"{python_name()} {quoted(shown(server))} {arguments_of(phase)}"
    return f"{python_name()} -m pytest tests/{phase} -x --server {quoted_whole(run)}"


def watch_command(directory: Path) -> str:
    """The command that runs the checks of a learner again and again, in the same place."""
    return f"{python_name()} -m tests.progress --watch {quoted(shown(directory))}"


def arguments_of(phase: str) -> str:
    """What a server of this phase is told, as the beginnings understand it."""
    return "--port {port} --log-dir {logs}" if phase == "phase4" else "--port {port}"


def python_name() -> str:
    """How to call this Python: by its name where that finds it, else by its path.

    Where it cannot run the checks, the one that will be active when they run.
    """
    if not can_check():
        return "python"
    found = shutil.which("python")
    is_this = found is not None and os.path.samefile(os.path.dirname(found), _folder_of_python())
    return "python" if is_this else quoted(shown(Path(sys.executable)))


def _folder_of_python() -> str:
    return os.path.dirname(sys.executable) or os.curdir


def shown(path: Path) -> str:
    """A path as one may type it in the root of the repository: short where it is in there."""
    absolute = Path(os.path.abspath(path))
    return str(absolute.relative_to(ROOT) if absolute.is_relative_to(ROOT) else absolute)


def quoted(word: str) -> str:
    """A word of a command line, in quotes where it needs them."""
    if sys.platform == "win32":
        return f'"{word}"' if " " in word else word
    return shlex.quote(word)


def quoted_whole(command: str, *, is_windows: bool = sys.platform == "win32") -> str:
    """A command as one word of another command.

    On Windows each shell has its own way to have quotes within quotes. Those within become single
    ones, which all of them leave alone, and which the checks take for the same (`words_of`).
    """
    if is_windows:
        return '"{}"'.format(command.replace('"', "'"))
    if not any(each in command for each in '"$`\\!'):
        return f'"{command}"'
    return shlex.quote(command)


if __name__ == "__main__":
    exit_with(main)
