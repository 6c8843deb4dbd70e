"""What an operator can choose, and the command line that says it; for the server and its window.

To add an option, give Settings a field with its default, and add an argument of the same name.
Nothing is opened here. What is wrong with a file or an address is found when the server starts.
"""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path

from phase4.accounts.nicknames import ON_DUPLICATE, BadNickname, normalise
from phase4.archive.arguments import add_retention_arguments
from phase4.hub.arguments import add_hub_arguments, check_hub_arguments
from phase4.transport.arguments import add_certificate_arguments
from phase4.transport.proxy_protocol import proxy_network
from shared.address import Network, port_number
from shared.arguments import add_listen_arguments, file_path, positive_number, whole_number
from shared.defaults import (
    ARCHIVE_DAYS,
    ARCHIVE_LINES,
    CHAT_PORT,
    FLOOD_LINES_PER_SECOND,
    HOST,
    HUB_LEASE_SECONDS,
    HUB_ROOM,
    LOG_DIR,
    MAX_CLIENTS,
    NAME_SECONDS,
    NEWCOMER_LINES,
    STATUS_PORT,
)


@dataclass(frozen=True)
class Settings:
    """What an operator can choose."""

    host: str = HOST
    port: int = CHAT_PORT
    tls_cert: Path | None = None  # None: no TLS
    tls_key: Path | None = None  # None: the key is in the certificate's file
    tls_port: int | None = None  # None: `port` speaks TLS only
    trusted_proxies: list[Network] = field(default_factory=list)
    status_host: str = HOST
    status_port: int = STATUS_PORT
    metrics_host: str = HOST
    metrics_port: int | None = None  # None: no metrics
    web_port: int | None = None  # None: no page
    web_names: list[str] = field(default_factory=list)
    log_dir: Path = Path(LOG_DIR)
    history: int = NEWCOMER_LINES
    no_archive: bool = False
    history_lines: int = ARCHIVE_LINES
    history_days: int = ARCHIVE_DAYS
    hub: str | None = field(default=None, repr=False)  # None: the room is this server's alone
    hub_room: str = HUB_ROOM
    hub_wait: float = 0.0
    hub_lease: float = HUB_LEASE_SECONDS
    no_accounts: bool = False
    operators: list[str] = field(default_factory=list)
    on_duplicate: str = ON_DUPLICATE[0]
    show_addresses: bool = False
    max_clients: int = MAX_CLIENTS
    lines_per_second: float = FLOOD_LINES_PER_SECOND
    name_seconds: float = NAME_SECONDS
    qr: bool = False


def settings_of(options: argparse.Namespace) -> Settings:
    """What the options of `add_server_arguments` say; each has the name of its field."""
    return Settings(**{each.name: getattr(options, each.name) for each in fields(Settings)})


def options_of(
    parser: argparse.ArgumentParser, arguments: Sequence[str] | None = None
) -> argparse.Namespace:
    """What was given to a parser with `add_server_arguments`; what makes no sense ends with it."""
    options = parser.parse_args(arguments)
    check_hub_arguments(parser, options)
    return options


def add_server_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of a server, wherever it is started from."""
    add_listen_arguments(parser, HOST, CHAT_PORT)
    _add_tls_arguments(parser)
    _add_web_arguments(parser)
    _add_figures_arguments(parser)
    _add_people_arguments(parser)
    _add_hub_arguments(parser)
    parser.add_argument("--log-dir", type=file_path, help="where the logs go (default %(default)s)")
    _add_history_arguments(parser)
    parser.add_argument(
        "--qr",
        action="store_true",
        help="show a QR code of what others need to know: address, port and fingerprint",
    )
    parser.set_defaults(**vars(Settings()))


def _add_tls_arguments(parser: argparse.ArgumentParser) -> None:
    add_certificate_arguments(parser)
    parser.add_argument(
        "--tls-port",
        type=port_number,
        metavar="PORT",
        help="speak TLS on this port, and plain text on --port (default: TLS on --port)",
    )
    parser.add_argument(
        "--trusted-proxy",
        dest="trusted_proxies",
        type=proxy_network,
        action="append",
        metavar="ADDRESS",
        help="a proxy connects from this address or network (10.0.0.0/8), and tells by the PROXY"
        " protocol whose connection it is; give the option again for more (default: none)",
    )


def _add_web_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--web-port",
        type=port_number,
        metavar="PORT",
        help="serve a page to chat in with a browser (default: none; with a certificate it is TLS)",
    )
    parser.add_argument(
        "--web-name",
        dest="web_names",
        action="append",
        metavar="NAME",
        help="browsers know this machine by this name as well; give the option again for more",
    )


def _add_figures_arguments(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add(
        "--status-host",
        help="address of the status port (default %(default)s: this machine)",
    )
    add(
        "--status-port",
        type=port_number,
        help="port that the monitor asks for the figures (default %(default)s; 0: any free port)",
    )
    add("--metrics-host", help="address of the metrics (default %(default)s)")
    add(
        "--metrics-port",
        type=port_number,
        help="port that serves the figures to Prometheus (default: none)",
    )


def _add_people_arguments(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add(
        "--operator",
        dest="operators",
        type=_name,
        action="append",
        metavar="NAME",
        help="somebody who may mute, ban and close the room once logged in under this registered"
        " name; give the option again for more (default: nobody but whoever is at the server)",
    )
    add(
        "--on-duplicate",
        choices=ON_DUPLICATE,
        help="where a name is taken: random: give a random one (default); number: give Alice1;"
        " reject: ask again",
    )
    add(
        "--no-accounts",
        action="store_true",
        help="nobody can register a name, and no name is kept for anybody",
    )
    add(
        "--show-addresses",
        action="store_true",
        help="/who shows the people's addresses, and /pm takes them",
    )
    add(
        "--max-clients",
        type=positive_number,
        help="people at a time (default %(default)s)",
    )
    add(
        "--flood-rate",
        dest="lines_per_second",
        type=_at_least_zero,
        help="lines a second that each person may send (default %(default)s; 0: no limit)",
    )
    add(
        "--name-seconds",
        type=_at_least_zero,
        help="time that a newcomer has to give a name (default %(default)s s)",
    )


def _add_hub_arguments(parser: argparse.ArgumentParser) -> None:
    add_hub_arguments(parser, does="share one room with all servers that give")
    add = parser.add_argument
    add(
        "--hub-wait",
        type=_at_least_zero,
        metavar="SECONDS",
        help="how long the start waits for the hub (default %(default)g s)",
    )
    add(
        "--hub-lease",
        type=_at_least_one,
        metavar="SECONDS",
        help="a server that was not heard for so long is taken for dead (default %(default)g s);"
        " all servers of a room need the same",
    )


def _add_history_arguments(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add(
        "--history",
        type=whole_number,
        metavar="N",
        help="earlier messages shown to a newcomer (default %(default)s; 0: none)",
    )
    add(
        "--no-archive",
        action="store_true",
        help="keep no archive: /search is refused, and /history begins with this start",
    )
    add_retention_arguments(parser)


def _at_least_zero(text: str) -> float:
    try:
        rate = float(text)
    except ValueError:
        rate = -1.0
    if not 0 <= rate < float("inf"):
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of 0 or more")
    return rate


def _at_least_one(text: str) -> float:
    seconds = _at_least_zero(text)
    if seconds < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of 1 or more")
    return seconds


def _name(text: str) -> str:
    try:
        return normalise(text)
    except BadNickname as error:
        raise argparse.ArgumentTypeError(f"{text!r}: {error}") from error
