"""The command that starts a server, as a list of words. No shell reads it.

So what only a shell understands is told, with what to write instead; and a program that is not
there, or cannot be run, is told before anything else is done.
"""

import os
import re
import shlex
import shutil
import sys
from pathlib import Path

IS_WINDOWS = sys.platform == "win32"

_RUN_BY = {
    ".py": "python", ".js": "node", ".mjs": "node", ".cjs": "node", ".pl": "perl", ".rb": "ruby",
    ".php": "php", ".lua": "lua", ".sh": "sh", ".jar": "java -jar", ".java": "java",
    ".go": "go run",
}  # fmt: skip
_RUN_ONE_SUFFIX = ("python", "node", "perl", "ruby", "php", "lua")
_ALSO_CALLED = {"python": "python3", "python3": "python", "node": "nodejs", "pip": "pip3"}
_OF_SHELLS = ("cd", "export", "source", ".", "set", "exec", "eval", "ulimit", "umask", "unset")

_BACKGROUND = r"(?<!&)(&)\s*$"
_ASSIGNMENT = r"^\s*([A-Za-z_]\w*=\S*)(?=\s)"
_HOME = r"(?:^|(?<=\s))(~\w*)(?=/|\s|$)"
_VARIABLE = r"(?:^|(?<=[\s/=:]))(\$(?:\w+|\{\w+\}))"
_OTHERS = (
    r"(?:^|(?<=\s))(&&|\|\||[|;&])(?=\s|$)",
    r"(?<=\S)([;&])(?=\s|$)",
    r"(?:^|(?<=\s))(\d?(?:>>?|<)(?:&\d)?)",
    r"(?:^|(?<=[\s/=:]))(\$\()",
    r"(`)",
    rf"^\s*({'|'.join(map(re.escape, _OF_SHELLS))})(?=\s)",
)


def words_of(command: str, *, is_windows: bool = IS_WINDOWS) -> list[str]:
    r"""A command line as a list. Raises ValueError where a quotation does not end.

    On Windows a backslash is a part of a path, and quotes hold a path with blanks together:

    >>> words_of(r'"C:\Program Files\node.exe" my_server.js {port}', is_windows=True)
    ['C:\\Program Files\\node.exe', 'my_server.js', '{port}']
    >>> words_of("sh -c 'exec ./my\\ server {port}'", is_windows=False)
    ['sh', '-c', 'exec ./my\\ server {port}']
    """
    if not is_windows:
        return shlex.split(command)
    return [word.strip("\"'") for word in shlex.split(command, posix=False)]


def fault_of(command: str, directory: Path) -> str:
    """Why this command cannot start a server in a directory, in a sentence or two; "" if it can."""
    if "{port}" not in command:
        return "it needs {port} where the port belongs."
    try:
        words = words_of(command)
    except ValueError as error:
        return f"{error}."
    return _for_a_shell(command) or _of_program(words, directory)


# --- what only a shell understands ---------------------------------------------------------------


def _for_a_shell(command: str) -> str:
    plain = _without_quoted(command)
    signs = {
        each: found[1]
        for each in (_BACKGROUND, _ASSIGNMENT, _HOME, _VARIABLE, *_OTHERS)
        if (found := re.search(each, plain))
    }
    if not signs:
        return ""
    sign, *_ = signs.values()
    return f"no shell reads this command, so {sign} means nothing in it. {_instead(command, signs)}"


def _instead(command: str, signs: dict[str, str]) -> str:
    if _BACKGROUND in signs:
        return "Leave it out: a server under test has to stay in the foreground."
    if set(signs) == {_HOME}:
        return f"Write the whole path: {os.path.expanduser(signs[_HOME])}"
    value = os.path.expandvars(signs.get(_VARIABLE, ""))
    if set(signs) == {_VARIABLE} and value != signs[_VARIABLE]:
        return f"Write what it stands for: {value}"
    if IS_WINDOWS:
        return f'Write: cmd /c "{command}"'
    if set(signs) == {_ASSIGNMENT}:
        return f"Write: env {command}"
    return f"Write: sh -c {shlex.quote(command)}"


def _without_quoted(command: str) -> str:
    r"""The command with an x for each character that a quotation, or a backslash, protects.

    >>> _without_quoted("sh -c 'a && b' \"c;\" d")
    'sh -c xxxxxxxx xxxx d'
    """
    quoted = r"'[^']*'|\"[^\"]*\"" if IS_WINDOWS else r"'[^']*'|\"(?:\\.|[^\"\\])*\"|\\."
    return re.sub(quoted, lambda found: "x" * len(found[0]), command)


# --- the program -------------------------------------------------------------------------------


def _of_program(words: list[str], directory: Path) -> str:
    return _not_there(words[0], directory) or _for_another(words)


def _for_another(words: list[str]) -> str:
    """Whether a program is to run what another one runs: `python server.js`."""
    language = re.match(r"[a-z]*", Path(words[0]).stem.lower())
    file = next((word for word in words[1:] if not word.startswith("-")), "")
    run_by = _RUN_BY.get(Path(file).suffix, "")
    is_known = language and language[0] in _RUN_ONE_SUFFIX
    if not run_by or not is_known or (language and run_by.startswith(language[0])):
        return ""
    return f"{words[0]} does not run {file}. Write: {run_by} {file}"


def _not_there(program: str, directory: Path) -> str:
    if "{" in program:
        return ""
    here = directory / program
    if os.path.dirname(program) or IS_WINDOWS:
        if here.exists():
            return _of_file(program, here)
    elif here.is_file() and not shutil.which(program):
        if run_by := _RUN_BY.get(here.suffix):
            return _begin_with(run_by, program)
        return f"write ./{program}: a program is searched in your PATH only, and not here."
    if found := shutil.which(program):
        return _of_found(program, Path(found))
    if os.path.dirname(program):
        return f"there is no file {program} in {directory}."
    other = _ALSO_CALLED.get(program, "")
    but = f" But there is {other}." if other and shutil.which(other) else ""
    return f"there is no program {program} in your PATH.{but}"


def _of_file(program: str, file: Path) -> str:
    """What is wrong with a file that is to be run; "" if nothing is."""
    if file.is_dir():
        return f"{program} is a directory, not a program."
    run_by = _RUN_BY.get(file.suffix, "")
    if run_by and (IS_WINDOWS or not os.access(file, os.X_OK)):
        return _begin_with(run_by, program)
    if not os.access(file, os.X_OK):
        return f"{program} may not be run. This allows it: chmod +x {program}"
    return "" if IS_WINDOWS else _of_first_line(program, file, run_by)


def _of_first_line(program: str, file: Path, run_by: str) -> str:
    """A text says in its first line what runs it (execve(2))."""
    try:
        with file.open("rb") as opened:
            first = opened.readline(200)
    except OSError:  # it may be run all the same
        return ""
    if not first.startswith(b"#!"):
        return _begin_with(run_by, program) if run_by else ""
    if first.endswith(b"\r\n"):
        return f"the first line of {program} ends with \\r\\n, as on Windows: save it with \\n."
    interpreter = (first[2:].decode("utf-8", "replace").split() or [""])[0]
    if not os.path.exists(interpreter):
        return f"{program} says in its first line that {interpreter} runs it: there is none."
    return ""


def _of_found(program: str, found: Path) -> str:
    is_script = IS_WINDOWS and found.suffix.lower() in (".cmd", ".bat")
    if is_script and not Path(program).suffix:
        return f"{program} is a script of Windows' shell: write {program}{found.suffix.lower()}"
    return ""


def _begin_with(run_by: str, program: str) -> str:
    return f"{program} is not a program by itself: begin with what runs it, {run_by} {program}"
