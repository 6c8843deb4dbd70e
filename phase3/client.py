"""Phase 3: phase 2's client, for lines that nobody asked for.

New here: a line may arrive at any moment, so the screen must tell what others say from what you
type. And there is something to see that is wrong: a line that arrives while you type lands in the
middle of your line. (It is sent unharmed; only the screen is spoilt. The terminal client of phase 4
mends that.)

From phase 2, hardened, in shared/line_client.py: the two threads.

    python -m phase3.client             # talks to 127.0.0.1:12345; /exit or Ctrl-D leaves
"""

import argparse
import sys

from shared import line_client
from shared.arguments import add_connect_arguments
from shared.defaults import CHAT_PORT, HOST


def display(line: str) -> str:
    """A line as the screen shows it: `<` before what somebody said, nothing before the server.

    >>> display("hello"), display("* 127.0.0.1:51234 joined, 2 here")
    ('< hello', '* 127.0.0.1:51234 joined, 2 here')
    """
    # Nothing but its first two characters tells who a line is from. Can you abuse that?
    return line if line.startswith(("* ", "! ")) else f"< {line}"


def main() -> int:
    """Talk until the keyboard or the server ends. Gives the exit status."""
    parser = argparse.ArgumentParser(prog="phase3.client", description="Talks to phase3.server.")
    add_connect_arguments(parser, HOST, CHAT_PORT)
    options = parser.parse_args()
    return line_client.run(options.host, options.port, display)


if __name__ == "__main__":
    sys.exit(main())
