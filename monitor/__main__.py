"""A dashboard in the terminal for a chat server that is running.

New here: a program that watches another one, over a connection of its own, and tells the truth
about it also when there is nothing good to tell. It knows no phase: whatever answers with the line
that monitor/README.md documents can be watched. From shared/: the format of that line.

    python -m monitor                          watch the server on this machine
    python -m monitor --status HOST:PORT       watch another one
    python -m monitor --once                   the figures as plain text, once
    python -m monitor --json                   the same as one line of JSON, for a program
    python -m monitor --csv FILE               a row for each reading, for a plot, until Ctrl-C
"""

import argparse
import sys
from collections.abc import Sequence

from monitor import once, record
from monitor.scene import Ui
from monitor.source import Poller, Source, SourceError
from shared.address import Address
from shared.arguments import file_path
from shared.console import exit_with
from shared.defaults import HOST, REPORT_SECONDS, STATUS_PORT
from shared.status import format_snapshot

MIN_INTERVAL_SECONDS = 0.2
MAX_INTERVAL_SECONDS = 3600.0

_CANNOT_READ = 1  # exit status: the server gave no figures, or the disk lost some
_CANNOT_SHOW = 2  # the command line is wrong, or there is no terminal or file to write to
_INTERRUPTED = 130  # what a shell reports for Ctrl-C


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the command line asks for; the exit status."""
    options = _parse(arguments)
    source = Source(options.status.host, options.status.port)
    try:
        if options.csv is not None:
            return _record(source, options)
        if options.once or options.json:
            return _print_once(source, as_json=options.json)
        return _show(source, options)
    except KeyboardInterrupt:
        return _INTERRUPTED


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m monitor", description="Watch a chat server that is running."
    )
    parser.add_argument(
        "--status",
        metavar="HOST:PORT",
        type=Address.parse,
        default=Address(HOST, STATUS_PORT),
        help=f"the server's status port ({HOST}:{STATUS_PORT})",
    )
    parser.add_argument(
        "--interval",
        metavar="SECONDS",
        type=_interval,
        default=REPORT_SECONDS,
        help=f"how often to read it ({REPORT_SECONDS:g})",
    )
    parser.add_argument("--once", action="store_true", help="print the figures as text, and end")
    kind = parser.add_mutually_exclusive_group()
    kind.add_argument("--json", action="store_true", help="print them as JSON, and end")
    kind.add_argument(
        "--csv",
        type=_csv_path,
        metavar="FILE",
        help="append a row for each reading to FILE (-: print it), until Ctrl-C; "
        "with --once a single one",
    )
    parser.add_argument(
        "--ascii", action="store_true", help="draw with plain characters, for an old terminal"
    )
    return parser.parse_args(arguments)


def _csv_path(text: str) -> str:
    return str(file_path(text))


def _interval(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1.0
    if not MIN_INTERVAL_SECONDS <= seconds <= MAX_INTERVAL_SECONDS:  # nan is in no range either
        raise argparse.ArgumentTypeError(
            f"{text!r} is not a number of seconds "
            f"from {MIN_INTERVAL_SECONDS:g} to {MAX_INTERVAL_SECONDS:g}"
        )
    return seconds


def _print_once(source: Source, *, as_json: bool) -> int:
    try:
        snapshot = source.fetch()
    except SourceError as error:
        return _complain(f"{source.address}: {error}", _CANNOT_READ)
    output = sys.stdout
    if as_json:
        output.write(format_snapshot(snapshot).decode())
    else:
        # A locale without UTF-8 cannot write every name; '?' is better than no figures.
        text = once.as_text(source.address, snapshot)
        encoding = output.encoding or "ascii"
        output.write(text.encode(encoding, "replace").decode(encoding))
    return 0


def _record(source: Source, options: argparse.Namespace) -> int:
    def report(sentence: str) -> None:
        _complain(sentence, 0)

    try:
        with record.Record(options.csv, report) as file:
            problem = record.run(source, options.interval, file, once=options.once)
    except record.RecordError as error:
        return _complain(str(error), _CANNOT_SHOW)
    if options.once and problem:
        return _complain(f"{source.address}: {problem}", _CANNOT_READ)
    if file.lost:
        return _complain(f"{file.lost} of {file.tried} rows were lost.", _CANNOT_READ)
    return 0


def _show(source: Source, options: argparse.Namespace) -> int:
    try:
        from monitor import screen  # only here: --once and --json need no curses
    except ImportError:
        return _complain(
            "This Python has no curses (on Windows: pip install windows-curses). "
            "--once, --json and --csv work without.",
            _CANNOT_SHOW,
        )
    ui = Ui(interval_seconds=options.interval)
    try:
        screen.check_terminal()
        with Poller(source, options.interval) as poller:
            screen.run(poller, source.address, ui, ascii_only=options.ascii)
    except screen.ScreenError as error:
        return _complain(str(error), _CANNOT_SHOW)
    return 0


def _complain(sentence: str, status: int) -> int:
    print(f"monitor: {sentence}", file=sys.stderr)
    return status


if __name__ == "__main__":
    exit_with(main)
