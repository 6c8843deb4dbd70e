r"""The chat client for a terminal. Run it: python -m phase4.client_terminal --name Ann

New here: the line being typed stays whole. With `input()` in one thread and `print()` in another
(phases 2 and 3), what arrives lands in the middle of what is being typed. prompt_toolkit owns the
whole line: it takes it off the screen, lets us print above, and draws it again. The parts are in
`phase4/client_terminal/`; all that the network is comes from `phase4.client`.

    Enter           sends; after pasting several lines the bar asks first (Ctrl-C: no)
    Enter, y        where Enter alone would tell everybody what may be meant for one
    Tab             completes commands and names
    Up, Ctrl-R      what was sent before; it is kept in memory, never in a file
    Ctrl-C          takes the line away (Up brings it back); leaves from an empty one
    Ctrl-D, /quit   leaves
    Ctrl-Z          stops it, as any program; `fg` brings it back
    /reconnect      while the server is away: try again now (so does Enter on an empty line)

Where standard input or output is not a terminal, it works as a filter: it sends each line of its
input, prints what arrives, and leaves once the server has taken everything:

    printf 'The build is done.\n' | python -m phase4.client_terminal --name builder

Exit status: 0 after leaving by one's own wish, and in a pipe only if every line was taken;
1 otherwise; 130 in a pipe after Ctrl-C.
"""

import argparse
import asyncio
import signal
import sys
from collections.abc import Sequence

from shared.console import exit_with
from shared.libraries import missing

try:
    from prompt_toolkit.utils import is_dumb_terminal
except ImportError as error:
    raise missing(error) from error

from phase4.client_terminal.conversation import TerminalClient
from phase4.client_terminal.pipe import PipeClient
from phase4.transport.arguments import add_trust_arguments, trust_of
from shared.arguments import add_connect_arguments
from shared.console import accept_any_text
from shared.defaults import CHAT_PORT, HOST


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit status."""
    options = _parser().parse_args(arguments)
    if _has_terminal():
        client = TerminalClient(
            *(options.host, options.port, options.name),
            bell=options.bell,
            trust=trust_of(options),
        )
        return asyncio.run(client.run())
    return _in_a_pipe(PipeClient(options.host, options.port, options.name, trust=trust_of(options)))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m phase4.client_terminal",
        description="Chat in a terminal, or in a pipe.",
    )
    add_connect_arguments(parser, HOST, CHAT_PORT)
    add_trust_arguments(parser)
    parser.add_argument(
        "--name", default="", help="your name; without it you are asked (in a pipe: a random one)"
    )
    parser.add_argument(
        "--no-bell",
        dest="bell",
        action="store_false",
        help="do not ring when somebody says your name or writes to you in private",
    )
    return parser


def _has_terminal() -> bool:
    """Whether there is a person in front of it, on a terminal that can do more than print."""
    both = (sys.stdin, sys.stdout)  # None where the shell closed one, as with `<&-`
    return all(each is not None and each.isatty() for each in both) and not is_dumb_terminal()


def _in_a_pipe(client: PipeClient) -> int:
    accept_any_text()
    try:
        return client.run()
    except KeyboardInterrupt:
        return 128 + signal.SIGINT


if __name__ == "__main__":
    exit_with(main)
