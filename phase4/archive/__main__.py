"""The command line of the archive: python -m phase4.archive

Each command works while a server runs, and without one; `rebuild` alone wants the place for itself.
A server starts `follow` beside itself, so each command loads what it needs, and no more.
"""

import argparse
import sys
from pathlib import Path

from phase4.archive.arguments import add_retention_arguments
from phase4.archive.errors import ArchiveError, NoArchive, QueryError
from phase4.archive.query import parse
from phase4.archive.reading import MAX_RECORDS, Archive
from phase4.archive.showing import FORMATS, line_of
from shared.arguments import file_path, positive_number
from shared.console import accept_any_text, exit_with

SEARCH_COUNT = 20

_EXAMPLES = """\
examples:
  python -m phase4.archive search logs meeting friday
  python -m phase4.archive search logs "on friday" from:Alice since:2026-11-20
  python -m phase4.archive export logs --since 2026-11-20 --format html --output said.html
  python -m phase4.archive check logs
"""


def main(arguments: list[str] | None = None) -> int:
    """Do what is asked; the exit status: 1 where nothing is found or something is wrong."""
    accept_any_text()
    options = _parser().parse_args(arguments)
    try:
        return _COMMANDS[options.command](options)
    except (ArchiveError, QueryError) as error:
        print(f"phase4.archive: {error}", file=sys.stderr)
        return 2


def _follow(options: argparse.Namespace) -> int:
    from phase4.archive.following import follow
    from phase4.archive.store import Keep

    follow(options.log_dir, Keep(options.history_lines, options.history_days))
    return 0


def _search(options: argparse.Namespace) -> int:
    """Print what is found, the oldest first. As with grep, to find nothing is a 1."""
    query = parse(" ".join(map(_as_typed, options.words)))
    found = _archive(options.log_dir).search(query, min(options.count, MAX_RECORDS))
    for record in found.records:
        print(line_of(record))
    if not found.is_complete:
        print("There was no time to look further back: add a word.", file=sys.stderr)
    elif not found.records:
        print("Nothing is found.", file=sys.stderr)
    return 0 if found.records else 1


def _as_typed(word: str) -> str:
    """A shell takes the quotation marks of a phrase away; they are put back."""
    is_phrase = " " in word and '"' not in word
    return f'"{word}"' if is_phrase else word


def _export(options: argparse.Namespace) -> int:
    """Write what was said between two days."""
    from phase4.archive.exporting import entries_of, write

    asked = [
        f"{key}:{getattr(options, key)}" for key in ("since", "until") if options.__dict__[key]
    ]
    query = parse(" ".join(asked or ["since:0001-01-01"]))
    entries = entries_of(_archive(options.log_dir), query)
    try:
        write(FORMATS[options.format](entries), options.output)
    except OSError as error:
        if options.output is None:
            raise  # exit_with() says what is wrong with standard output
        print(
            f"phase4.archive: {options.output} cannot be written ({error.strerror})",
            file=sys.stderr,
        )
        return 1
    return 0


def _archive(log_dir: Path) -> Archive:
    """The archive of a directory. Raises NoArchive."""
    archive = Archive(log_dir)
    if not archive.path.exists():
        raise NoArchive(archive.path)
    return archive


def _rebuild(options: argparse.Namespace) -> int:
    """Make it anew, and say what was kept and what could not be."""
    from phase4.archive.rebuilding import rebuild

    rebuilt = rebuild(options.log_dir)
    archive = Archive(options.log_dir)
    count = rebuilt.from_log + rebuilt.from_archive
    numbers = f"#{archive.first_number()} to #{archive.last_number()}"
    print(f"The archive has {_lines(count)}, {numbers}.")
    if rebuilt.from_archive:
        print(f"Kept, though no log has them any more: {_lines(rebuilt.from_archive)}.")
    if rebuilt.was_damaged:
        print("The old archive was damaged: what only that had is lost.")
    if not rebuilt.numbers_are_known:
        print("No old archive told the numbers: they begin anew.")
    return 0


def _check(options: argparse.Namespace) -> int:
    """Compare it with the log; 0: they are equal."""
    from phase4.archive.checking import MAX_FAULTS, check

    result = check(options.log_dir)
    for fault in result.faults[:MAX_FAULTS]:
        print(fault)
    if len(result.faults) > MAX_FAULTS:
        print(f"And {len(result.faults) - MAX_FAULTS} more.")
    print(f"In the archive as in the logs: {_lines(result.equal)}.")
    for what, count in (
        ("Not taken in yet", result.waiting),
        ("In the archive alone, as the logs keep them no more", result.older),
        ("In log files that the archive does not know", result.unknown),
    ):
        if count:
            print(f"{what}: {_lines(count)}.")
    return 1 if result.faults else 0


def _lines(count: int) -> str:
    return "1 line" if count == 1 else f"{count} lines"


_COMMANDS = {
    "search": _search,
    "export": _export,
    "check": _check,
    "rebuild": _rebuild,
    "follow": _follow,
}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m phase4.archive",
        description="What was said: search it, write it out, check it. LOG_DIR is the server's.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    _add_search(commands)
    _add_export(commands)
    _add(commands, "check", "compare the archive with the logs, line by line")
    _add(commands, "rebuild", "make the archive anew from the logs, while no server runs")
    each = _add(commands, "follow", "take in what is said, as the server's historian does")
    add_retention_arguments(each)
    return parser


def _add_search(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    each = _add(commands, "search", "the newest lines with all these words")
    each.add_argument(
        "words",
        nargs="+",
        metavar="WORDS",
        help='words, "phrases in quotes", from:NAME, since:2026-11-20, until:2026-11-21',
    )
    each.add_argument(
        "--count",
        type=positive_number,
        default=SEARCH_COUNT,
        metavar="N",
        help=f"lines at most (default %(default)s; never more than {MAX_RECORDS})",
    )


def _add_export(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    each = _add(commands, "export", "write out what was said")
    each.add_argument("--since", metavar="DAY", help="the first day, such as 2026-11-20")
    each.add_argument("--until", metavar="DAY", help="the last day")
    each.add_argument("--format", choices=FORMATS, default="txt", help="how (default %(default)s)")
    each.add_argument(
        "--output",
        type=file_path,
        metavar="FILE",
        help="write this file anew, in one step and for its owner alone (default: to the terminal)",
    )


def _add(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]", name: str, does: str
) -> argparse.ArgumentParser:
    each = commands.add_parser(name, help=does, description=f"{does[0].upper()}{does[1:]}.")
    each.add_argument("log_dir", type=file_path, metavar="LOG_DIR", help="the server's --log-dir")
    return each


if __name__ == "__main__":
    exit_with(main)
