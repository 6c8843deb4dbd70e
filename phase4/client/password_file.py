"""A password from a file: for bots, scripts, and people who do not want to type it each time.

Not as an option's value: anybody on the machine may list the programs that run, with their options,
and a shell keeps what was typed.
"""

import argparse
import os
import stat
import sys
from pathlib import Path

from shared.message import clean

MAX_FILE_BYTES = 1024
"""More than the longest password that a server takes, in any script."""

_OTHERS = stat.S_IRWXG | stat.S_IRWXO


def add_password_argument(parser: argparse.ArgumentParser) -> None:
    """Add `--password-file`; the option `password` is what the file holds, or empty."""
    parser.add_argument(
        "--password-file",
        dest="password",
        metavar="FILE",
        action=_TakePassword,
        default="",
        help="log in where the name is registered, with the password that is in this file",
    )


class _TakePassword(argparse.Action):
    """What `type` would do, but that argparse does it to a default as well."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: object,
        option_string: str | None = None,
    ) -> None:
        """Raises ArgumentError, which argparse tells."""
        try:
            setattr(namespace, self.dest, password_in(str(values)))
        except ValueError as error:
            raise argparse.ArgumentError(self, str(error)) from error


def password_in(path: str) -> str:
    """The one line that the file holds.

    Raises ValueError, with a sentence, also where others on this machine may read the file.
    On Windows that is not looked at: there a folder of one's own is one's own.
    """
    try:
        with Path(path).open("rb") as file:
            if sys.platform != "win32" and os.fstat(file.fileno()).st_mode & _OTHERS:
                raise ValueError(f"others can read {path}; make it yours alone: chmod 600 {path}")
            data = file.read(MAX_FILE_BYTES + 1)
    except OSError as error:
        raise ValueError(f"{path}: {error.strerror or error}") from error
    lines = data.decode("utf-8-sig", "replace").strip("\r\n").splitlines()
    is_text = len(lines) == 1 and lines[0].strip() and clean(lines[0]) == lines[0]
    if not is_text or len(data) > MAX_FILE_BYTES or "\ufffd" in lines[0]:
        raise ValueError(f"{path} must hold a password, alone and in one line")
    return lines[0].strip()
