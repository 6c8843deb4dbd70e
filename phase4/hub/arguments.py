"""Which room is shared, as options: for the server, and for what looks after its accounts."""

import argparse
import os
import re
from collections.abc import Sequence

from shared.defaults import HUB_LEASE_SECONDS, HUB_ROOM

ENVIRONMENT = "CHAT_HUB_URL"
"""The environment variable that may hold the URL. Everybody on a machine can read the command line
of all programs, with ps; and of the environment of a program, its own user's alone can."""


def add_hub_arguments(parser: argparse.ArgumentParser, *, does: str) -> None:
    """--hub and --hub-room. `does` says what the first is for, up to its URL."""
    parser.add_argument(
        "--hub",
        action=_Hub,
        nargs="?",
        metavar="URL",
        help=f"{does} this redis:// or postgresql:// URL; without one, it is taken from the"
        f" environment variable {ENVIRONMENT}, where nobody else sees its password",
    )
    parser.add_argument(
        "--hub-room",
        type=_room,
        default=HUB_ROOM,
        metavar="NAME",
        help="which room there, where there are several (default %(default)s)",
    )


def check_hub_arguments(parser: argparse.ArgumentParser, options: argparse.Namespace) -> None:
    """End with a sentence where something is said of a hub, and there is none.

    Else whoever forgets --hub has another room than they believe.
    """
    if options.hub is not None:
        return
    defaults = {"hub_room": HUB_ROOM, "hub_wait": 0.0, "hub_lease": HUB_LEASE_SECONDS}
    for name, default in defaults.items():
        if getattr(options, name, default) != default:
            parser.error(f"argument --{name.replace('_', '-')}: give --hub as well")


class _Hub(argparse.Action):
    """The URL, from where it stands. Only whoever gives the option shares a room.

    A variable that somebody has left in their environment does nothing by itself.
    """

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: str | Sequence[str] | None,
        option_string: str | None = None,
    ) -> None:
        """See argparse."""
        url = values or os.environ.get(ENVIRONMENT)
        if not url:
            parser.error(f"argument --hub: give its URL, or set {ENVIRONMENT}")
        setattr(namespace, self.dest, url)


def _room(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9_-]{1,40}", text):
        raise argparse.ArgumentTypeError(
            f"{text!r} is not a name of 1 to 40 letters, digits, _ and -"
        )
    return text
