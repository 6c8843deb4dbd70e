"""What chat.pyz does when it is opened: the window, or with --terminal the client in a terminal.

    python3 chat.pyz                          # the window, as by a double click
    python3 chat.pyz --terminal --name Ann    # the client for a terminal, or a pipe
    python3 chat.pyz --version

On Windows it is `py chat.pyz`. All options of the client are there as well, and win over what the
file knows: `--host`, say.
"""

import argparse
import sys
import traceback
from pathlib import Path
from typing import NoReturn

from phase4.client.preset import Preset
from phase4.handout.alert import alert
from phase4.handout.given import Given, given_here
from phase4.transport.trusting import HeldCertificates, Trust
from phase4.widgets.opening import NoWindow
from shared.arguments import typed
from shared.console import exit_with


def main() -> NoReturn:
    """Be the client that was asked for, and end with its status."""
    given = given_here()
    program = Path(sys.argv[0]).name
    options, _ = _options().parse_known_args()
    if options.version:
        print("\n".join(given.about(program)))
        sys.exit(0)
    preset = _preset(given, program)
    if not options.terminal:
        sys.exit(_in_a_window(preset))
    from phase4.client_terminal.command import main as talk

    exit_with(lambda: talk(preset=preset))


def _options() -> argparse.ArgumentParser:
    """Those that the client does not have."""
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    parser.add_argument("--terminal", action="store_true", help="in the terminal, without a window")
    parser.add_argument("--version", action="store_true", help="say what this file is, and end")
    return parser


def _preset(given: Given, program: str) -> Preset:
    trust = Trust() if given.has_tls else None
    if given.pem:
        trust = Trust(HeldCertificates(program, given.pem))
    python = "py" if sys.platform == "win32" else "python3"
    in_terminal = typed([python, program, "--terminal"])
    return Preset(program, in_terminal, _options(), given.host, given.port, trust)


def _in_a_window(preset: Preset) -> int:
    """The exit status. What goes wrong is shown also to a person who has no terminal."""
    try:
        from phase4.client_gui.command import main as chat

        return chat(preset=preset)
    except NoWindow as error:
        alert(str(error), preset.program)
        return 2
    except Exception:  # noqa: BLE001 - the outermost frame, which reports
        alert(traceback.format_exc(), preset.program)
        return 1
