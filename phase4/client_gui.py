"""The chat in a window. Run it: python -m phase4.client_gui

New here: a window has a loop of its own, which must never wait. So the socket is in another thread
(phase4/connection.py), and a queue is all that is between the two; phase4/gui/app.py says how.
From phase 2's client comes the idea of one thread for the person and one for the socket.

This module is the command line. It imports Tk only once it knows that there is one: Debian, for
one, has it in a package of its own, and a server has no screen.
"""

import argparse
import gc
import getpass
import os
import re
import sys
from collections.abc import Sequence

from shared.arguments import add_connect_arguments
from shared.defaults import CHAT_PORT, HOST
from shared.threaded_server import on_stop_signals

NO_TKINTER = (
    "The window needs tkinter, which this Python does not have: install it (Debian and Ubuntu: "
    "apt install python3-tk; Fedora: dnf install python3-tkinter; macOS with Homebrew: "
    "brew install python-tk), or use the client for the terminal: "
    "python -m phase4.client_terminal"
)
NO_DISPLAY = (
    "There is no screen to put the window on ({why}): start it in a graphical session, set DISPLAY "
    "to one, connect with ssh -X, or use the client for the terminal: "
    "python -m phase4.client_terminal"
)

_PLAIN_NAME = re.compile(r"[^\W\d_][\w-]{0,19}")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the window until it is closed; the exit status."""
    options = _parse(arguments)
    stops: list[bool] = []
    on_stop_signals(lambda: stops.append(True))  # the window looks at it; no lock, no Tk
    try:
        import tkinter as tk
    except ImportError:
        print(NO_TKINTER, file=sys.stderr)
        return 2
    from phase4.gui.app import App, Target
    from phase4.gui.theme import use_real_pixels

    use_real_pixels()
    try:
        root = tk.Tk(className="Chat")
    except tk.TclError as error:
        print(NO_DISPLAY.format(why=_why_no_display(error)), file=sys.stderr)
        return 2
    wanted = options.name if options.name is not None else _login_name()
    app = App(root, Target(options.host, options.port, wanted), options.theme, lambda: bool(stops))
    if options.name is not None:
        app.connect_at_once()
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
    add_connect_arguments(parser, HOST, CHAT_PORT)
    parser.add_argument("--name", help="your name; with it, connect at once and ask nothing")
    parser.add_argument("--theme", choices=("light", "dark"), default="light", help="the colours")
    return parser.parse_args(arguments)


def _login_name() -> str:
    """What this person is called on this machine, if it could be a nickname."""
    try:
        name = getpass.getuser()
    except (ImportError, KeyError, OSError):  # Windows without variables; a user without a name
        return ""
    return name if _PLAIN_NAME.fullmatch(name) else ""


def _why_no_display(error: Exception) -> str:
    if sys.platform not in ("win32", "darwin") and not os.environ.get("DISPLAY"):
        return "DISPLAY is not set"
    return str(error)


if __name__ == "__main__":
    sys.exit(main())
