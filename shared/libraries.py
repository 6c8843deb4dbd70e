"""What a program says where a library is not installed: one that it needs, or one that it misses.

Most often the virtual environment was forgotten: the library is there, in another Python.
"""

import sys
from pathlib import Path

_ROOT = Path(__file__).resolve().parents[1]


def missing(error: ImportError, extra: str = "") -> SystemExit:
    """What to raise instead of `error`: the program ends, with status 2 and one sentence.

    try:
        import wcwidth
    except ImportError as error:
        raise missing(error) from error

    `extra` is the part of pyproject.toml that has the library, where not all programs need it.
    """
    program = _program()
    what = f"the library {error.name}" if error.name else f"a library ({error})"
    install = "-m pip install --use-pep517 -e " + (f'".[{extra}]"' if extra else ".")
    remedy = _remedy(program, install, error.name or "", f"sh .ci/setup {extra}".strip())
    print(f"{program} needs {what}, which this Python does not have: {remedy}", file=sys.stderr)
    return SystemExit(2)


def how_to_get(*libraries: str) -> str:
    """What to type to have them, for a program that goes on without or ends with a sentence.

    A library may be named with an extra of its own: `psycopg[binary]`.
    """
    folder = libraries[0].partition("[")[0].replace("-", "_")  # most are installed under it
    words = (f'"{each}"' if "[" in each else each for each in libraries)  # for a shell it is a sign
    return _remedy(_program(), f"-m pip install {' '.join(words)}", folder)


def _program() -> str:
    """As it was started: phase4.server of `python -m phase4.server`."""
    words = sys.orig_argv
    return words[words.index("-m") + 1] if "-m" in words[:-1] else "This program"


def _remedy(program: str, install: str, library: str = "", set_up: str = "") -> str:
    """What to type, from the top of the repository; `set_up` is for systems with a shell."""
    folder, packages, python = ("bin", "lib/python*/site-packages", "python3")
    if sys.platform == "win32":
        folder, packages, python = ("Scripts", "Lib/site-packages", "py")
    shown = str(Path(".venv", folder, "python"))
    is_file = _ROOT.is_file()  # one file for everybody (.pyz): no house is around it
    if sys.prefix != sys.base_prefix or (is_file and not _is_managed()):
        return f"{sys.executable} {install}"
    start = f"start it with {shown}" + (f" -m {program}" if "-m" in sys.orig_argv else "")
    if not is_file and any((_ROOT / ".venv").glob(f"{packages}/{library}*")):
        return start
    if set_up and sys.platform != "win32":
        return set_up
    has_environment = not is_file and (_ROOT / shown).exists()
    make = "" if has_environment else f"{python} -m venv .venv && "
    return f"{make}{shown} {install}, and {start}"


def _is_managed() -> bool:
    """Whether this Python's pip refuses to install outside a virtual environment (PEP 668)."""
    import sysconfig  # for this sentence alone: every start would wait for it

    return Path(sysconfig.get_path("stdlib"), "EXTERNALLY-MANAGED").exists()
