"""The command line of the chat server: python -m phase4.server"""

import argparse
import sys
import time

from phase4.server.board import NOT_FROM_ELSEWHERE, board_of
from phase4.server.chat_log import LogError
from phase4.server.chat_server import ChatServer
from phase4.server.command_line import CommandLine
from phase4.server.errors import HubUnusable
from phase4.server.introduction import introduce
from phase4.server.logins import AccountsUnreadable
from phase4.server.options import add_server_arguments, options_of, settings_of
from phase4.server.qr_code import NoCode, in_terminal
from phase4.server.quit_key import MODES, QuitKey
from phase4.transport.errors import TLSError
from phase4.transport.signals import on_renew_signal
from shared.console import Console
from shared.defaults import REPORT_SECONDS
from shared.listener import ListenError
from shared.stopping import on_stop_signals, raise_descriptor_limit
from shared.wakeup import Wakeup

NO_TERMINAL = "There is no QR code here: it is drawn on a terminal alone."


def main(arguments: list[str] | None = None) -> int:
    """Run a server until q, Ctrl-C, SIGTERM or SIGHUP; the exit status."""
    options = options_of(_parser(), arguments)
    raise_descriptor_limit()
    console = Console()
    stopping = Wakeup()
    on_stop_signals(stopping.ring)

    def show(time_now: str, text: str) -> None:
        if not options.quiet:
            console.print(f"[{time_now}] {text}")

    try:
        server = ChatServer(settings_of(options), console, show=show)
    except (ListenError, LogError, AccountsUnreadable, HubUnusable, TLSError) as error:
        print(f"phase4.server: {error}", file=sys.stderr)
        return 2
    on_renew_signal(server.renew)
    server.start()
    typing = CommandLine(console, server.obey)
    key = QuitKey(options.quit_key, stopping.ring, typing)
    introduce(server, key.start(), console.print)
    if server.settings.qr or (server.web_urls and _is_terminal()):
        _show_code(server, console)
    try:
        _wait(server, stopping, console, is_quiet=options.quiet)
    finally:
        key.stop()
        typing.show("")
        server.stop()
        console.print(f"Stopped. {server.figures.line()}")
        console.close()
    return 1 if server.is_broken.is_set() else 0


def _show_code(server: ChatServer, console: Console) -> None:
    """What others need to know, as a QR code; or why there is none."""
    if not _is_terminal():
        console.print(NO_TERMINAL)
        return
    url = server.web_urls[0] if server.web_urls else ""
    board = board_of(server.settings.host, server.join_port, server.fingerprint, url)
    if board is None:
        if server.settings.qr:
            console.print(NOT_FROM_ELSEWHERE)
        return
    has_fingerprint = bool(board.fingerprint and not url)
    says = f"{board.lines[0]}{', and the fingerprint' * has_fingerprint}"
    try:
        console.draw(in_terminal(board.text, sys.stdout))
    except NoCode as error:
        console.print(str(error))
    else:
        console.print(f"It says {says}.")


def _is_terminal() -> bool:
    return sys.stdout is not None and sys.stdout.isatty()


def _wait(server: ChatServer, stopping: Wakeup, console: Console, *, is_quiet: bool) -> None:
    """Wait for a stop, and show the figures meanwhile, where they are not those shown last.

    A server where nothing happens must not scroll away how to reach it.
    """
    report_at = time.monotonic() + REPORT_SECONDS
    shown = server.figures.counts()
    while not stopping.wait(0.5) and not server.is_broken.is_set():
        server.look()
        if not is_quiet and time.monotonic() >= report_at:
            report_at += REPORT_SECONDS
            before, shown = shown, server.figures.counts()
            if shown != before:
                console.print(server.figures.line())


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m phase4.server", description="A chat server.")
    add_server_arguments(parser)
    add = parser.add_argument
    add(
        "--quit-key",
        choices=MODES,
        default=MODES[0],
        help="where q is read. terminal: in the terminal; global: on the keyboard, in any window;"
        " auto (default): in the terminal, or Ctrl+Alt+Q on the keyboard where there is none;"
        " off: nowhere",
    )
    add("--quiet", action="store_true", help="show neither who comes and goes nor the figures")
    return parser


if __name__ == "__main__":
    sys.exit(main())
