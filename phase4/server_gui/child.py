"""The server, in a process of its own, for the window (phase4/server_gui/__main__.py starts it).

It is phase4.server without a console. What it has to tell goes to standard output as reports
(`reports`); what it is told comes from standard input, as commands of an operator (`/kick NAME`).
**The end of the input is the order to stop.** It comes when the window closes the pipe, and also
when the window is killed or its screen is gone: no server stays behind without a window to stop it.
"""

import argparse
import os
import sys
import threading
from collections.abc import Callable

from phase4.server.board import board_of
from phase4.server.chat_log import LogError
from phase4.server.chat_server import ChatServer
from phase4.server.errors import HubUnusable
from phase4.server.introduction import introduce
from phase4.server.logins import AccountsUnreadable
from phase4.server.options import Settings, add_server_arguments, settings_of
from phase4.server_gui.feed import Feed
from phase4.server_gui.form import field_of
from phase4.server_gui.reports import Answer, Failed, Moderated, Started, Stopped
from phase4.transport.errors import TLSError
from phase4.transport.signals import on_renew_signal
from shared.framing import LineDecoder
from shared.listener import ListenError
from shared.stopping import on_stop_signals, raise_descriptor_limit
from shared.wakeup import Wakeup

_STDIN, _STDOUT = 0, 1
_LOOK_SECONDS = 0.5

HOW_TO_STOP = "Stop it with the button above, or close this window."


def main(arguments: list[str] | None = None) -> int:
    """Run a server until the input ends, or a signal says stop; the exit status."""
    parser = argparse.ArgumentParser(prog="phase4.server_gui.child")
    add_server_arguments(parser)
    options = parser.parse_args(arguments)
    raise_descriptor_limit()
    stopping = Wakeup()
    on_stop_signals(stopping.ring)
    feed = Feed(_STDOUT)
    settings = settings_of(options)
    try:
        server = ChatServer(settings, feed, show=feed.show, feed=feed)
    except (ListenError, LogError, AccountsUnreadable, HubUnusable, TLSError) as error:
        feed.report(_failed(error, settings))
        feed.close()
        return 2
    on_renew_signal(server.renew)
    _serve(server, feed, stopping)
    return 1 if server.is_broken.is_set() else 0


def _serve(server: ChatServer, feed: Feed, stopping: Wakeup) -> None:
    server.start()
    fingerprint = _tell_where(server, feed)
    feed.watch(server.figures.snapshot)
    introduce(server, HOW_TO_STOP, feed.note, is_one_width=False)
    moderation = ModerationTold(server, feed)
    threading.Thread(
        target=_obey, args=(server, feed, moderation, stopping.ring), name="commands", daemon=True
    ).start()
    try:
        while not stopping.wait(_LOOK_SECONDS) and not server.is_broken.is_set():
            server.look()
            moderation.tell()
            if server.fingerprint != fingerprint:  # the certificate was renewed
                fingerprint = _tell_where(server, feed)
    finally:
        server.stop()
        feed.note(f"Stopped. {server.figures.messages()}.")
        feed.report(Stopped(server.is_broken.is_set()))
        feed.close()


def _tell_where(server: ChatServer, feed: Feed) -> str:
    """Where it is, and its fingerprint; which is the result."""
    fingerprint = server.fingerprint
    board = board_of(server.settings.host, server.join_port, fingerprint)
    host = board.host if board else ""
    there = (server.address, server.tls_address)
    url = server.web_urls[0] if server.web_urls else ""
    feed.report(Started(*there, fingerprint, host, server.join_port, url))
    return fingerprint


class ModerationTold:
    """Tells the window what operators have decided, where it is another than before."""

    def __init__(self, server: ChatServer, feed: Feed) -> None:
        self._hand = server.room.hand
        self._feed = feed
        self._lock = threading.Lock()  # the last to be told is what holds now
        self._told = -1

    def tell(self) -> None:
        """Look, and tell. Any thread."""
        with self._lock:
            if self._told != (changes := self._hand.changes):
                self._told = changes
                view = self._hand.view()
                bans, mutes = (
                    tuple((each.target, each.until, each.by) for each in entries)
                    for entries in (view.bans, view.mutes)
                )
                self._feed.report(Moderated(view.topic, view.is_open, bans, mutes))


def _obey(
    server: ChatServer, feed: Feed, moderation: ModerationTold, stop: Callable[[], None]
) -> None:
    """Do what the window asks for, until the input ends. In a thread of its own, a daemon.

    os.read and not sys.stdin: a thread that waits there holds a lock that the interpreter needs at
    its end.
    """
    decoder = LineDecoder()
    while data := os.read(_STDIN, 4096):
        for line in decoder.feed(data):
            if isinstance(line, str) and line.startswith("/"):
                reply = server.obey(line)
                said, *more = reply.lines
                for each in more:
                    feed.note(each)
                feed.report(Answer(said, reply.is_refused))
                moderation.tell()
            elif line == "renew":
                server.renew()
    stop()


def _failed(
    error: ListenError | LogError | AccountsUnreadable | HubUnusable | TLSError, settings: Settings
) -> Failed:
    """Why it cannot start, and the field of the window's form that is to be mended."""
    if isinstance(error, ListenError):
        return Failed(error.sentence, field_of(error.option))
    if isinstance(error, TLSError):
        is_key = error.path is not None and error.path == settings.tls_key
        return Failed(str(error), "tls_key" if is_key else "tls_cert")
    return Failed(str(error), "")


if __name__ == "__main__":
    sys.exit(main())
