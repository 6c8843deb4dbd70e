"""The chat server in a window. Run it: python -m phase4.server_gui

Start and stop, the people online, what is said, and a button to disconnect somebody. New here: a
program of two processes. The window is one, the server the other (phase4/server_gui/child.py), with
two pipes between them. It is the same server; why does it not run in threads of this process?

- **The GIL.** Each call of Tk gives it up and must get it back, after every other thread that runs.
  Alone, Tk changes 1,000 rows of the table in 3 ms; beside one busy thread it took up to 0.5 s,
  beside two 1.5 to 2.9 s. The window would freeze just when the operator needs it, and the time for
  its drawing would be taken from the chat.
- **A lost screen.** When its X server goes (a session ends, an ssh breaks) or refuses something (an
  emoji in an old Xft), Tk ends the process at once, without another line of Python: everybody would
  be cut off without a word. A server in a process of its own notices that the pipe has ended, and
  stops in order.
- **Tcl aborts the process** when one of its objects is freed in another thread, and Python's
  garbage collector runs in any of the threads: a server has a thousand of them.
- **Starting again** begins with a new process: nothing is left of the one before.

The price: 30 MB, and reports that must be written and read (phase4/server_gui/reports.py).

One thread for each thing that is waited for comes from phase 2; the look, the log and the loop that
takes bounded batches from a queue come from the client's window (phase4/client_gui/). This module
is the command line; it takes the options of phase4.server.
"""

import argparse
import gc
import sys
from collections.abc import Sequence

from phase4.server.options import add_server_arguments, options_of
from phase4.server_gui.form import FIELDS, TLS_FIELDS, Wanted, default, flag
from phase4.transport.signals import on_renew_signal
from phase4.widgets.colours import CHOICES, SYSTEM
from phase4.widgets.opening import NoWindow, open_window
from shared.stopping import on_stop_signals

INSTEAD = "start the server without it: python -m phase4.server"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the window until it is closed; the exit status."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    own, passed_on = _own_parser().parse_known_args(given)
    whole = options_of(
        _whole_parser(), given
    )  # what is wrong is told here, not by the server later
    fields, passed_on = _fields_parser().parse_known_args(passed_on)
    stops: list[bool] = []
    on_stop_signals(lambda: stops.append(True))  # the window looks at it; no lock, no Tk
    try:
        root = open_window("Chat server", "server", INSTEAD)
    except NoWindow as error:
        print(error, file=sys.stderr)
        return 2
    from phase4.server_gui.app import App

    wanted = Wanted(vars(fields), tuple(passed_on), whole.qr)
    app = App(root, wanted, own.theme, lambda: bool(stops))
    on_renew_signal(app.renew)
    app.appear()
    if own.start:
        app.start()
    root.mainloop()
    status = app.status
    # As in client_gui: what is Tk's must be freed by the thread that made it.
    del app, root
    gc.collect()
    return status


def _own_parser() -> argparse.ArgumentParser:
    """The options of the window alone."""
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    parser.add_argument(
        "--theme",
        choices=CHOICES,
        default=SYSTEM,
        help="the colours (default %(default)s: light or dark as the system is)",
    )
    parser.add_argument("--start", action="store_true", help="start the server at once")
    return parser


def _fields_parser() -> argparse.ArgumentParser:
    """Options of the server that the window has fields for; what is typed there replaces them."""
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    for name in (*FIELDS, *TLS_FIELDS):
        parser.add_argument(flag(name), default=default(name))
    return parser


def _whole_parser() -> argparse.ArgumentParser:
    """All options. The server gets its own as they are."""
    parser = argparse.ArgumentParser(
        prog="python -m phase4.server_gui",
        description="The chat server in a window.",
        parents=[_own_parser()],
        allow_abbrev=False,
    )
    add_server_arguments(parser)
    return parser


if __name__ == "__main__":
    sys.exit(main())
