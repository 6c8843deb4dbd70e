"""What a program says where a library that it needs is not installed.

Most often the virtual environment was forgotten: the library is there, in another Python.
"""

import sys
from pathlib import Path

_ROOT = Path(__file__).resolve().parents[1]
_INSTALL = "-m pip install --use-pep517 -e ."


def missing(error: ImportError, install: str = _INSTALL) -> SystemExit:
    """What to raise instead of `error`: the program ends, with status 2 and one sentence.

    try:
        import wcwidth
    except ImportError as error:
        raise missing(error) from error

    `install` is what Python is told to install it.
    """
    program = _program()
    what = f"the library {error.name}" if error.name else f"a library ({error})"
    remedy = _remedy(program, install)
    print(f"{program} needs {what}, which this Python does not have: {remedy}", file=sys.stderr)
    return SystemExit(2)


def _program() -> str:
    """As it was started: phase4.server of `python -m phase4.server`."""
    words = sys.orig_argv
    return words[words.index("-m") + 1] if "-m" in words[:-1] else "This program"


def _remedy(program: str, install: str) -> str:
    """What to type, from the top of the repository."""
    folder, name, python = ("bin", "python", "python3")
    if sys.platform == "win32":
        folder, name, python = ("Scripts", "python.exe", "py")
    ours = _ROOT / ".venv" / folder / name
    shown = str(Path(".venv", folder, "python"))
    if sys.prefix != sys.base_prefix:  # in a virtual environment already
        return f"{sys.executable} {install}"
    if ours.exists():
        return f"start it with {shown} -m {program}"
    return f"{python} -m venv .venv && {shown} {install}"
