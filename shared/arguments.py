"""What the command lines of all programs have in common: ports, and HOST:PORT."""

import argparse
import contextlib
import os
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path

from shared.address import port_number

_MOST_DIGITS = 15  # more is a slip of the hand


def positive_number(text: str) -> int:
    """A whole number over 0. For argparse's `type`."""
    if not (text.isascii() and text.isdecimal() and int(text) > 0):
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number over 0")
    return int(text)


def whole_number(text: str) -> int:
    """A whole number of 0 or more. For argparse's `type`."""
    if not (text.isascii() and text.isdecimal() and len(text) <= _MOST_DIGITS):
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number of 0 or more")
    return int(text)


def file_path(text: str) -> Path:
    """A path, with ~ and ~NAME as a shell understands them. For argparse's `type`.

    No shell expands the ~ in --log-dir=~/logs, and systemd none at all.
    """
    expanded = os.path.expanduser(text)
    if expanded.startswith("~"):
        home = text.replace(os.sep, "/").partition("/")[0]
        raise argparse.ArgumentTypeError(
            f"{text!r} begins with {home}, and no such home directory is known; ./{text} is a file"
        )
    return Path(expanded)


def add_listen_arguments(parser: argparse.ArgumentParser, host: str, port: int) -> None:
    """--host and --port of a server."""
    parser.add_argument(
        "--host",
        default=host,
        help="address to listen on, or a name for all its addresses on this machine (default "
        "%(default)s: only this machine; 0.0.0.0: all networks)",
    )
    parser.add_argument(
        "--port",
        type=port_number,
        default=port,
        help="port to listen on (default %(default)s; 0: any free one)",
    )


def add_connect_arguments(parser: argparse.ArgumentParser, host: str, port: int) -> None:
    """--host and --port of a client."""
    from shared.server_place import TakePlace  # not above: a server takes no such place

    parser.add_argument(
        "--host",
        action=TakePlace,
        default=host,
        help="the server's address, as HOST or HOST:PORT (default %(default)s)",
    )
    parser.add_argument(
        "--port", type=port_number, default=port, help="the server's port (default %(default)s)"
    )


def this_python() -> str:
    """How this interpreter was called, for a command to type: short where it can be."""
    path = Path(sys.executable)
    with contextlib.suppress(ValueError):
        path = path.relative_to(Path.cwd())
    return str(path) if len(path.parts) <= 3 else "python"


def typed(words: Sequence[str]) -> str:
    """A command as it is typed on this system: quoted where it must be."""
    if sys.platform == "win32":
        import subprocess  # not above: it costs every program's start some milliseconds

        return subprocess.list2cmdline(words)
    return shlex.join(words)
