"""The command line of the window. It imports Tk only once it knows that there is one.

Debian, for one, has Tk in a package of its own, and a server has no screen.
"""

import argparse
import gc
import getpass
import re
from collections.abc import Sequence
from dataclasses import replace

from phase4.client.password_file import add_password_argument
from phase4.client.preset import Preset
from phase4.client_gui import settings
from phase4.transport.arguments import add_trust_arguments, trust_of
from phase4.transport.known_hosts import spelled
from phase4.widgets.colours import CHOICES, SYSTEM
from phase4.widgets.opening import open_window
from shared.address import port_number
from shared.arguments import add_connect_arguments
from shared.defaults import CHAT_PORT, HOST
from shared.server_place import TakePlace
from shared.stopping import on_stop_signals

_PLAIN_NAME = re.compile(r"[^\W\d_][\w-]{0,19}")


def main(arguments: Sequence[str] | None = None, preset: Preset | None = None) -> int:
    """Run the window until it is closed; the exit status. Raises NoWindow.

    With `preset` it knows the server, and its form asks for a name alone.
    """
    options = _parse(arguments, preset)
    stops: list[bool] = []
    on_stop_signals(lambda: stops.append(True))  # the window looks at it; no lock, no Tk
    in_terminal = preset.in_terminal if preset else "python -m phase4.client_terminal"
    root = open_window("Chat", "chat", f"use the client for the terminal: {in_terminal}")
    from phase4.client_gui.app import App
    from phase4.client_gui.target import Target

    memory = None if options.no_remember else settings.default_path()
    last = settings.load(memory) if memory is not None else settings.Settings()
    wished = _wished(options, last, preset)
    app = App(
        root,
        Target(wished.host, wished.port, wished.name, wished.tls),
        wished.theme,
        lambda: bool(stops),
        points=wished.points,
        memory=memory,
        remembered=wished,
        trust=options.trust,
        password=options.password,
    )
    if preset is not None:
        app.connect_page.ask_name_alone()
    if options.name is not None:
        app.connect_at_once()
    app.appear()
    root.mainloop()
    # What is Tk's must be freed by the thread that made it, or Tcl aborts the process; and the
    # garbage collector runs in whichever thread happens to be on. So it runs here, before the end.
    del app, root
    gc.collect()
    return 0


def _parse(
    arguments: Sequence[str] | None = None, preset: Preset | None = None
) -> argparse.Namespace:
    """The options; `trust` says whose certificates will do, or is None."""
    options = _parser(preset).parse_args(arguments)
    asked_for = trust_of(options)
    options.trust = preset.trust_over(asked_for) if preset else asked_for
    return options


def _parser(preset: Preset | None) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog=preset.program if preset else "python -m phase4.client_gui",
        description="The chat in a window.",
        parents=[preset.options] if preset else [],
    )
    last = "the one of last time; at first"
    if preset:
        add_connect_arguments(parser, preset.host, preset.port)
    else:
        # None, and not a default: what is said here wins over what is remembered from last time.
        parser.add_argument(
            "--host",
            action=TakePlace,
            help=f"the server's address, as HOST or HOST:PORT (default: {last} {HOST})",
        )
        parser.add_argument(
            "--port", type=port_number, help=f"the server's port (default: {last} {CHAT_PORT})"
        )
    add_trust_arguments(parser)
    parser.add_argument("--name", help="your name; with it, connect at once and ask nothing")
    add_password_argument(parser)
    parser.add_argument(
        "--theme",
        choices=CHOICES,
        help=f"the colours; system: light or dark as the system is (default: {last} {SYSTEM})",
    )
    parser.add_argument(
        "--no-remember",
        action="store_true",
        help="neither use what was remembered from last time, nor remember anything (but whose"
        " certificate a server showed; see --known-hosts)",
    )
    return parser


def _wished(
    options: argparse.Namespace, last: settings.Settings, preset: Preset | None = None
) -> settings.Settings:
    """What the command line says; and where it says nothing, what was in use last time."""
    host = options.host or last.host
    port = last.port if options.port is None else options.port
    is_same_server = (spelled(host), port) == (spelled(last.host), last.port)
    return replace(
        last,
        host=host,
        port=port,
        name=options.name if options.name is not None else last.name or _login_name(),
        theme=options.theme or last.theme,
        tls=options.trust is not None or (preset is None and is_same_server and last.tls),
    )


def _login_name() -> str:
    """What this person is called on this machine, if it could be a nickname."""
    try:
        name = getpass.getuser()
    except (ImportError, KeyError, OSError):  # Windows without variables; a user without a name
        return ""
    return name if _PLAIN_NAME.fullmatch(name) else ""
