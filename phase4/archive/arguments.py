"""How much is kept, as an option: for the historian, and for the server that starts it."""

import argparse

from shared.arguments import whole_number
from shared.defaults import ARCHIVE_DAYS, ARCHIVE_LINES


def add_retention_arguments(parser: argparse.ArgumentParser) -> None:
    """--history-lines and --history-days."""
    parser.add_argument(
        "--history-lines",
        type=whole_number,
        default=ARCHIVE_LINES,
        metavar="N",
        help="messages that the archive keeps (default %(default)s; 0: all)",
    )
    parser.add_argument(
        "--history-days",
        type=whole_number,
        default=ARCHIVE_DAYS,
        metavar="N",
        help="days that the archive keeps, with today (default %(default)s: all)",
    )
