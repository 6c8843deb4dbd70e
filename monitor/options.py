"""The monitor's options, each declared once; monitor/README.md has them in a table."""

import argparse
from collections.abc import Sequence

from shared.address import Address, port_number
from shared.arguments import file_path
from shared.defaults import HOST, REPORT_SECONDS, STATUS_PORT

MIN_INTERVAL_SECONDS = 0.2
MAX_INTERVAL_SECONDS = 3600.0

MAX_SERVERS = 32
"""Each has a thread, and a row that somebody wants to find."""


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """What the command line says. Ends the program with a sentence where it is wrong."""
    parser = argparse.ArgumentParser(
        prog="python -m monitor", description="Watch a chat server that is running."
    )
    _add_what(parser)
    _add_how(parser)
    _add_looks(parser)
    options = parser.parse_args(arguments)
    options.status = list(dict.fromkeys(options.status or [Address(HOST, STATUS_PORT)]))
    if wrong := _wrong_together(options):
        parser.error(wrong)
    return options


def _add_what(parser: argparse.ArgumentParser) -> None:
    """What is read, and how often."""
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


def _add_how(parser: argparse.ArgumentParser) -> None:
    """In what form it is told, where that is not the dashboard."""
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


def _add_looks(parser: argparse.ArgumentParser) -> None:
    """How the dashboard looks and sounds."""
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


def _wrong_together(options: argparse.Namespace) -> str:
    """Which options do not go together, in a sentence; nothing where all do."""
    if len(options.status) > MAX_SERVERS:
        return f"--status: at most {MAX_SERVERS} servers"
    if options.csv is not None and len(options.status) > 1:
        return "--csv records one server: give one --status, and run it for each"
    if options.serve is not None and options.once:
        return "--once ends at once, and --serve does not: give one of them"
    if options.names and options.serve is None:
        return "--names belongs to --serve"
    return ""


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
