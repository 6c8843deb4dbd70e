"""The command line of the archive: python -m phase4.archive"""

import argparse
import sys

from phase4.archive.errors import ArchiveError
from phase4.archive.following import follow
from phase4.archive.store import Keep
from shared.arguments import file_path
from shared.console import exit_with


def main(arguments: list[str] | None = None) -> int:
    """Do what is asked; the exit status."""
    options = _parser().parse_args(arguments)
    try:
        follow(options.log_dir, Keep(options.lines, options.days))
    except ArchiveError as error:
        print(f"phase4.archive: {error}", file=sys.stderr)
        return 2
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m phase4.archive", description="What was said.")
    commands = parser.add_subparsers(dest="command", required=True)
    each = commands.add_parser("follow")
    each.add_argument("log_dir", type=file_path)
    each.add_argument("--lines", type=int, default=0)
    each.add_argument("--days", type=int, default=0)
    return parser


if __name__ == "__main__":
    exit_with(main)
