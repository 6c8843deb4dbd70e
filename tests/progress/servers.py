"""What there is to grade in a learner's folder of a phase, and how it is started."""

import ast
import re
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

from tests.grading.commands import fault_of, words_of
from tests.grading.faults import fault_in
from tests.progress.grades import DOES_NOT_START, NOT_BEGUN
from tests.progress.misplaced import misplaced
from tests.start import COMMAND, SERVER, STARTERS, arguments_of, quoted
from tests.starters.cutting import cut

MOST_CHARACTERS = 200  # of what a server printed: some print without end

# Two threads that parse at once ended in a SystemError once, on CPython 3.11: it counts the depth
# of the tree for all of them together.
_one_parser = threading.Lock()

_TRACEBACK = "Traceback "
_FRAME = re.compile(r'  File "(?P<file>[^"]*)", line (?P<line>\d+)')
_NOT_THEIRS = re.compile(r"^<|[/\\]lib[/\\](?:python|site-packages)|[/\\]Lib[/\\]")


class NoServer(Exception):
    """There is nothing to grade. `state` says what that means, and the text says why.

    `found` is what there is in another place, and where it belongs.
    """

    def __init__(self, state: str, why: str = "", found: str = "") -> None:
        super().__init__(why)
        self.state = state
        self.found = found


def command_for(phase: str, directory: Path, given: str | None) -> str:
    """How to start the server of a phase, in its directory; `given` says how to start them all.

    Raises NoServer, and OSError where the directory may not be read.
    """
    command = _command(phase, directory, given)
    if _starts_server_py(command) and is_as_made(phase, directory / SERVER):
        raise NoServer(NOT_BEGUN, f"{SERVER} is as it was made")
    return command


def _command(phase: str, directory: Path, given: str | None) -> str:
    names = _names_in(directory)
    if given is not None and names:
        return _checked(given, directory, "--server")
    if COMMAND in names:
        return _written_command(directory / COMMAND)
    if SERVER in names:
        return f"{quoted(sys.executable)} {SERVER} {arguments_of(phase)}"
    raise NoServer(NOT_BEGUN, found=misplaced(directory))


def _names_in(directory: Path) -> set[str]:
    """What is in a directory, which need not be there."""
    try:
        return {each.name for each in directory.iterdir()}
    except (FileNotFoundError, NotADirectoryError):
        return set()


def _written_command(file: Path) -> str:
    command = _read(file).strip()
    if "{port}" not in command or "\n" in command:
        raise NoServer(DOES_NOT_START, f"{COMMAND} needs one line, with {{port}} in it")
    return _checked(command, file.parent, COMMAND)


def _checked(command: str, directory: Path, source: str) -> str:
    """The command, if it can start a server. Raises NoServer."""
    if fault := fault_of(command, directory):
        raise NoServer(DOES_NOT_START, f"{source}: {fault.removesuffix('.')}")
    return command


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise NoServer(DOES_NOT_START, f"{file.name} cannot be read") from error


def _starts_server_py(command: str) -> bool:
    return any(Path(word).name == SERVER for word in words_of(command))


def is_as_made(phase: str, server: Path) -> bool:
    """Whether a server is what tests.start wrote, and no TODO is begun.

    What Python does not see counts for nothing: comments, blanks, the ends of lines, and the
    docstring, which has the command of that learner in it.
    """
    try:
        theirs = _code(server.read_bytes())
    except (OSError, SyntaxError, ValueError):  # ValueError: it holds a NUL
        return False
    return theirs == _code(cut((STARTERS / f"{phase}.py").read_text(encoding="utf-8")).encode())


def _code(source: bytes) -> str:
    """The program without the docstring of its module."""
    with _one_parser:
        tree = ast.parse(source)
    if ast.get_docstring(tree) is not None:
        del tree.body[0]
    return ast.dump(tree)


def telling_line(output: Sequence[str]) -> str:
    """Of what a server printed before it ended, the line that says most; "" of nothing.

    >>> telling_line(["Traceback (most recent call last):", "  1/0", "ValueError: no", "Bye."])
    'ValueError: no'
    >>> telling_line(['  File "server.py", line 12', "    (", "SyntaxError: no"])
    'line 12: SyntaxError: no'
    >>> telling_line(["Starting.", "usage: server PORT", ""])
    'usage: server PORT'
    """
    if fault := fault_in(output):
        return _short(f"{_line_of(output[: fault.place])}{fault.text}")
    return _short(next((line.strip() for line in reversed(output) if line.strip()), ""))


def _line_of(trace: Sequence[str]) -> str:
    """Where in the learner's program it happened, by the trace of Python before a fault.

    >>> _line_of(["Traceback (most recent call last):", '  File "/a/server.py", line 12, in go'])
    'line 12: '
    """
    for line in reversed(trace):
        if line.startswith(_TRACEBACK):
            break
        found = _FRAME.match(line)
        if found and not _NOT_THEIRS.search(found["file"]):
            name = Path(found["file"]).name
            return f"{'' if name == SERVER else f'{name}, '}line {found['line']}: "
    return ""


def _short(line: str) -> str:
    return line if len(line) <= MOST_CHARACTERS else f"{line[:MOST_CHARACTERS]}…"
