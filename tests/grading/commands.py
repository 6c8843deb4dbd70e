"""The command that starts a server, as a list of words. No shell reads it."""

import shlex
import sys


def words_of(command: str, *, is_windows: bool = sys.platform == "win32") -> list[str]:
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
