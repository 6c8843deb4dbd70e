"""The chat in a window. Run it: python -m phase4.client_gui

New here: a window has a loop of its own, which must never wait. So the socket is in another thread
(phase4/client/), and a queue is all that is between the two; phase4/client_gui/app.py says how.
From phase 2's client comes the idea of one thread for the person and one for the socket.

This module is the command line. It imports Tk only once it knows that there is one: Debian, for
one, has it in a package of its own, and a server has no screen.
"""

import argparse
import gc
import getpass
import re
import sys
from collections.abc import Sequence
from dataclasses import replace

from phase4.client_gui import settings
from phase4.transport.arguments import add_trust_arguments, trust_of
from phase4.transport.known_hosts import spelled
from phase4.transport.trust import Trust
from phase4.widgets.opening import NoWindow, open_window
from shared.address import port_number
from shared.defaults import CHAT_PORT, HOST
from shared.stopping import on_stop_signals

INSTEAD = "use the client for the terminal: python -m phase4.client_terminal"

_PLAIN_NAME = re.compile(r"[^\W\d_][\w-]{0,19}")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the window until it is closed; the exit status."""
    options = _parse(arguments)
    stops: list[bool] = []
    on_stop_signals(lambda: stops.append(True))  # the window looks at it; no lock, no Tk
    try:
        root = open_window("Chat", INSTEAD)
    except NoWindow as error:
        print(error, file=sys.stderr)
        return 2
    from phase4.client_gui.app import App
    from phase4.client_gui.target import Target

    memory = None if options.no_remember else settings.default_path()
    last = settings.load(memory) if memory is not None else settings.Settings()
    wished = _wished(options, last)
    app = App(
        root,
        Target(wished.host, wished.port, wished.name, wished.tls),
        wished.theme,
        lambda: bool(stops),
        points=wished.points,
        memory=memory,
        trust=Trust(options.ca, options.known_hosts),
    )
    if options.name is not None:
        app.connect_at_once()
    app.appear()
    root.mainloop()
    # What is Tk's must be freed by the thread that made it, or Tcl aborts the process; and the
    # garbage collector runs in whichever thread happens to be on. So it runs here, before the end.
    del app, root
    gc.collect()
    return 0


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m phase4.client_gui", description="The chat in a window."
    )
    # None, and not a default: what is said here wins over what is remembered from last time.
    last = "the one of last time; at first"
    parser.add_argument("--host", help=f"the server's address (default: {last} {HOST})")
    parser.add_argument(
        "--port", type=port_number, help=f"the server's port (default: {last} {CHAT_PORT})"
    )
    add_trust_arguments(parser)
    parser.add_argument("--name", help="your name; with it, connect at once and ask nothing")
    parser.add_argument(
        "--theme", choices=("light", "dark"), help=f"the colours (default: {last} light)"
    )
    parser.add_argument(
        "--no-remember",
        action="store_true",
        help="neither use what was remembered from last time, nor remember anything (but whose"
        " certificate a server showed; see --known-hosts)",
    )
    return parser.parse_args(arguments)


def _wished(options: argparse.Namespace, last: settings.Settings) -> settings.Settings:
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
        tls=trust_of(options) is not None or (is_same_server and last.tls),
    )


def _login_name() -> str:
    """What this person is called on this machine, if it could be a nickname."""
    try:
        name = getpass.getuser()
    except (ImportError, KeyError, OSError):  # Windows without variables; a user without a name
        return ""
    return name if _PLAIN_NAME.fullmatch(name) else ""


if __name__ == "__main__":
    sys.exit(main())
