"""How much is kept, as an option: for the historian, and for the server that starts it."""

import argparse

HISTORY_LINES = 1_000_000
"""Some 180 MB. A class of thirty, each of whom writes 200 lines a day, needs half a year for it."""

HISTORY_DAYS = 0


def add_retention_arguments(parser: argparse.ArgumentParser) -> None:
    """--history-lines and --history-days."""
    parser.add_argument(
        "--history-lines",
        type=number_from_0,
        default=HISTORY_LINES,
        metavar="N",
        help="lines that the archive keeps (default %(default)s; 0: all)",
    )
    parser.add_argument(
        "--history-days",
        type=number_from_0,
        default=HISTORY_DAYS,
        metavar="N",
        help="days that the archive keeps, with today (default %(default)s: all)",
    )


def number_from_0(text: str) -> int:
    """A whole number of 0 or more. For argparse's `type`."""
    if not (text.isascii() and text.isdecimal() and len(text) < 16):
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number of 0 or more")
    return int(text)
