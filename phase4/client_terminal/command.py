"""The command line of the client for a terminal, and whether it is one: see `__main__`.

The parts that draw on a terminal need the library prompt_toolkit, and are imported only where one
is there to draw on. The others are enough for a conversation.
"""

import argparse
import signal
import sys
from collections.abc import Callable, Sequence

from phase4.client.password_file import add_password_argument
from phase4.client.preset import Preset
from phase4.client_terminal.pipe import PipeClient
from phase4.transport.arguments import add_trust_arguments, trust_of
from shared.arguments import add_connect_arguments
from shared.console import accept_any_text
from shared.defaults import CHAT_PORT, HOST
from shared.libraries import how_to_get

PLAINLY = (
    "The library prompt_toolkit is not installed. So what arrives may cut the line that you type, "
    "and Tab completes nothing. To have it: {remedy}"
)


def main(arguments: Sequence[str] | None = None, preset: Preset | None = None) -> int:
    """The exit status. With `preset` the client knows the server."""
    parser = _parser(preset)
    options = parser.parse_args(arguments)
    if options.password and not options.name and not _has_person():
        parser.error("--password-file: say with --name whose it is")
    asked_for = trust_of(options)
    options.trust = preset.trust_over(asked_for) if preset else asked_for
    if not _has_person():
        return _in_a_pipe(options)
    try:
        from prompt_toolkit.utils import is_dumb_terminal
    except ImportError:
        print(PLAINLY.format(remedy=how_to_get("prompt_toolkit")), file=sys.stderr)
        return _plainly(options)
    return _plainly(options) if is_dumb_terminal() else _on_a_terminal(options)


def _parser(preset: Preset | None) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog=preset.program if preset else "python -m phase4.client_terminal",
        description="Chat in a terminal, or in a pipe.",
        epilog="Without prompt_toolkit, and on a terminal that can only print, there is no /query: "
        "write /pm NAME TEXT.",
        parents=[preset.options] if preset else [],
    )
    host, port = (preset.host, preset.port) if preset else (HOST, CHAT_PORT)
    add_connect_arguments(parser, host, port)
    add_trust_arguments(parser)
    parser.add_argument(
        "--name", default="", help="your name; without it you are asked (in a pipe: a random one)"
    )
    add_password_argument(parser)
    parser.add_argument(
        "--no-bell",
        dest="bell",
        action="store_false",
        help="do not ring when somebody says your name or writes to you in private",
    )
    parser.add_argument(
        "--no-title",
        dest="title",
        action="store_false",
        help="do not show in the window's title how many lines are new",
    )
    return parser


def _has_person() -> bool:
    """Whether there is somebody in front of it, on a terminal."""
    both = (sys.stdin, sys.stdout)  # None where the shell closed one, as with `<&-`
    return all(each is not None and each.isatty() for each in both)


def _on_a_terminal(options: argparse.Namespace) -> int:
    import asyncio  # not above: a client in a pipe starts in half the time without

    from phase4.client_terminal.conversation import TerminalClient

    client = TerminalClient(
        *(options.host, options.port, options.name),
        password=options.password,
        bell=options.bell,
        title=options.title,
        trust=options.trust,
    )
    return asyncio.run(client.run())


def _plainly(options: argparse.Namespace) -> int:
    """As in a pipe, but a person is there, who may be asked for a name and stays after a loss."""
    try:
        options.name = options.name or input("Your name (empty: a random one): ")
    except EOFError:  # Ctrl-D: they want none
        print()
        return 0
    except KeyboardInterrupt:
        return 128 + signal.SIGINT
    return _in_a_pipe(options, reconnect=True, ask=_ask_without_echo)


def _ask_without_echo(name: str) -> str:
    """The password; empty where there is none to be had."""
    import getpass  # loads what few need

    try:
        return getpass.getpass(f"Password of {name}: ").strip()
    except EOFError:
        return ""


def _in_a_pipe(
    options: argparse.Namespace,
    *,
    reconnect: bool = False,
    ask: Callable[[str], str] | None = None,
) -> int:
    accept_any_text()
    client = PipeClient(
        *(options.host, options.port, options.name),
        password=options.password,
        ask_password=ask,
        reconnect=reconnect,
        trust=options.trust,
    )
    try:
        return client.run()
    except KeyboardInterrupt:
        return 128 + signal.SIGINT
