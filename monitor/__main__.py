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
from monitor.options import parse
from monitor.scene import Ui
from monitor.source import NothingListensError, Poller, Source, SourceError
from shared.console import exit_with
from shared.listener import ListenError
from shared.status import format_snapshot

_CANNOT_READ = 1  # exit status: the server gave no figures, or the disk lost some
_CANNOT_SHOW = 2  # the command line is wrong, or there is no terminal or file to write to
_INTERRUPTED = 130  # what a shell reports for Ctrl-C


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the command line asks for; the exit status."""
    options = parse(arguments)
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
