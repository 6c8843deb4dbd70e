r"""A bot: it says back, in private, what it is told in private. Begin your own with a copy.

Run it: python -m phase4.echo_bot --name Echo (and in a client: /pm Echo hello)

New here: nothing, and that is the point. All that the network is comes from `phase4.client`; a
program that talks is a loop over its events. It comes back by itself when the server was away, and
Ctrl-C, SIGTERM or SIGHUP end it. With `--password-file` the name is its own, once it is registered.
With `--tls` it is as careful as any client (transport/trust.py).

Exit status: 0 after these; 1 where the server does not want it, or is not trusted.
"""

import argparse
import contextlib
import queue
import sys
from collections.abc import Sequence

from phase4.client import (
    Client,
    ConnectionLost,
    Disconnected,
    Event,
    NameRefused,
    PasswordAsked,
    Received,
    SendError,
    Welcomed,
)
from phase4.client.password_file import add_password_argument
from phase4.transport.arguments import add_trust_arguments, trust_of
from shared import message
from shared.arguments import add_connect_arguments
from shared.console import accept_any_text, exit_with
from shared.defaults import CHAT_PORT, HOST, POLL_SECONDS
from shared.stopping import interrupt_on_stop_signals


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit status."""
    options = _parser().parse_args(arguments)
    accept_any_text()
    interrupt_on_stop_signals()
    bot = Client(
        *(options.host, options.port, options.name),
        password=options.password,
        reconnect=True,
        trust=trust_of(options),
    )
    try:
        bot.start()
        return _converse(bot)
    except KeyboardInterrupt:
        print("Goodbye.", flush=True)
        return 0
    finally:
        bot.close()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m phase4.echo_bot", description="Says back what it is told in private."
    )
    add_connect_arguments(parser, HOST, CHAT_PORT)
    add_trust_arguments(parser)
    parser.add_argument("--name", default="Echo", help="its name (default %(default)s)")
    add_password_argument(parser)
    return parser


def _converse(bot: Client) -> int:
    """Answer until the end, or until the server refuses the name; the exit status."""
    while True:
        match _next_event(bot):
            case Received(message.Private(sender=sender, text=text)) if sender != bot.name:
                with contextlib.suppress(SendError):  # it may be too long with a name before it
                    bot.send(f"/pm {sender} {text}")
            case Received(message.Notice(text=text)):  # such as the certificate's fingerprint
                print(f"* {text}", flush=True)
            case Welcomed(name):
                print(f"Here as {name}.", flush=True)
            case ConnectionLost(reason, seconds):
                print(f"! {reason} Trying again in {seconds:.1f} s.", flush=True)
            case PasswordAsked(reason=reason) | NameRefused(reason) | Disconnected(reason):
                print(f"! {reason}", file=sys.stderr, flush=True)
                return 1


def _next_event(bot: Client) -> Event:
    while True:  # with a time-out: on Windows, Ctrl-C cannot interrupt a wait without
        with contextlib.suppress(queue.Empty):
            return bot.events.get(timeout=POLL_SECONDS)


if __name__ == "__main__":
    exit_with(main)
