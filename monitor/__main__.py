"""A dashboard in the terminal for a chat server that is running.

New here: a program that watches another one, over a connection of its own, and tells the truth
about it also when there is nothing good to tell. It knows no phase: whatever answers with the line
that monitor/README.md documents can be watched. From shared/: the format of that line.

    python -m monitor                          watch the server on this machine
    python -m monitor --status HOST:PORT       watch another one; several times: all of them
    python -m monitor --once                   the figures as plain text, once
    python -m monitor --json                   the same as one line of JSON, for a program
    python -m monitor --csv FILE               a row for each reading, for a plot, until Ctrl-C
    python -m monitor --serve PORT             a page in a browser, to project, until Ctrl-C
"""

import argparse
import contextlib
import sys
from collections.abc import Sequence

from monitor import once, record
from monitor.scene import Ui
from monitor.source import NothingListensError, Poller, Source, SourceError
from shared.address import Address, port_number
from shared.arguments import file_path
from shared.console import exit_with
from shared.defaults import HOST, REPORT_SECONDS, STATUS_PORT
from shared.listener import ListenError
from shared.status import format_snapshot

MIN_INTERVAL_SECONDS = 0.2
MAX_INTERVAL_SECONDS = 3600.0

MAX_SERVERS = 32
"""Each has a thread, and a row that somebody wants to find."""

_CANNOT_READ = 1  # exit status: the server gave no figures, or the disk lost some
_CANNOT_SHOW = 2  # the command line is wrong, or there is no terminal or file to write to
_INTERRUPTED = 130  # what a shell reports for Ctrl-C


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the command line asks for; the exit status."""
    options = _parse(arguments)
    sources = [Source(each.host, each.port) for each in options.status]
    try:
        if options.serve is not None:
            return _serve(sources, options)
        if options.csv is not None:
            return _record(sources[0], options)
        if options.once or options.json:
            return _print_once(sources, as_json=options.json)
        return _show(sources, options)
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
        action="append",
        help=f"the server's status port ({HOST}:{STATUS_PORT}); several times: all of them",
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
    kind.add_argument(
        "--serve",
        type=_page_address,
        metavar="PORT",
        help="show a page in a browser, until Ctrl-C; HOST:PORT to be seen by others",
    )
    parser.add_argument("--names", action="store_true", help="with --serve: show people's names")
    parser.add_argument(
        "--background",
        choices=("auto", "dark", "light"),
        default="auto",
        help="what the colours are for (auto: the terminal is asked)",
    )
    parser.add_argument("--no-bell", action="store_true", help="no sound at an alarm")
    parser.add_argument(
        "--ascii", action="store_true", help="draw with plain characters, for an old terminal"
    )
    options = parser.parse_args(arguments)
    options.status = list(dict.fromkeys(options.status or [Address(HOST, STATUS_PORT)]))
    if len(options.status) > MAX_SERVERS:
        parser.error(f"--status: at most {MAX_SERVERS} servers")
    if options.csv is not None and len(options.status) > 1:
        parser.error("--csv records one server: give one --status, and run it for each")
    if options.serve is not None and options.once:
        parser.error("--once ends at once, and --serve does not: give one of them")
    if options.names and options.serve is None:
        parser.error("--names belongs to --serve")
    return options


def _page_address(text: str) -> Address:
    """PORT, on this machine alone, or HOST:PORT."""
    return Address.parse(text) if ":" in text else Address(HOST, port_number(text))


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


def _print_once(sources: Sequence[Source], *, as_json: bool) -> int:
    """The figures of each, in their order; those that cannot be read are named, and the status."""
    status = 0
    for number, source in enumerate(sources):
        try:
            snapshot = source.fetch()
        except SourceError as error:
            status = _complain(f"{source.address}: {error}{_advice(error)}", _CANNOT_READ)
            continue
        if as_json:
            sys.stdout.write(format_snapshot(snapshot).decode())
        else:
            _print_text(("\n" if number else "") + once.as_text(source.address, snapshot))
    return status


def _advice(error: SourceError) -> str:
    is_help = isinstance(error, NothingListensError)
    return " To start a server: python -m phase4.server" if is_help else ""


def _print_text(text: str) -> None:
    """A locale without UTF-8 cannot write every name; '?' is better than no figures."""
    encoding = sys.stdout.encoding or "ascii"
    sys.stdout.write(text.encode(encoding, "replace").decode(encoding))


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


def _show(sources: Sequence[Source], options: argparse.Namespace) -> int:
    try:
        from monitor import screen  # only here: --once and --json need no curses
    except ImportError:
        return _complain(
            "This Python has no curses (on Windows: pip install windows-curses). "
            "--once, --json, --csv and --serve work without.",
            _CANNOT_SHOW,
        )
    ui = Ui(interval_seconds=options.interval)
    look = screen.Look(options.ascii, options.background, not options.no_bell)
    try:
        screen.check_terminal()
        with contextlib.ExitStack() as stack:
            pollers = [stack.enter_context(Poller(each, options.interval)) for each in sources]
            watched = [
                screen.Watched(poller, source.address)
                for poller, source in zip(pollers, sources, strict=True)
            ]
            screen.run(watched, ui, look)
    except screen.ScreenError as error:
        return _complain(str(error), _CANNOT_SHOW)
    return 0


def _serve(sources: Sequence[Source], options: argparse.Namespace) -> int:
    from monitor import serve  # only here: nobody else needs a web server

    try:
        serve.run(sources, options.serve, options.interval, with_names=options.names)
    except ListenError as error:
        return _complain(str(error), _CANNOT_SHOW)
    return 0


def _complain(sentence: str, status: int) -> int:
    print(f"monitor: {sentence}", file=sys.stderr)
    return status


if __name__ == "__main__":
    exit_with(main)
