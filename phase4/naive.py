"""Phase 3 with names and a log, as one adds them first. It works, and everybody can be fooled.

A name is whatever the first line says; it is put before what that person says, on the wire and in
the log. `python -m phase4.forgery` shows what others make of it. nicknames.py, chat_log.py and
room.py are the mended ones.

    python -m phase4.naive    # listens on 127.0.0.1:12345, logs into logs/messages.txt
"""

import argparse
import socket
import sys
from pathlib import Path

from phase3.server import Chat, Client
from shared.arguments import add_listen_arguments, file_path
from shared.console import accept_any_text, exit_with, say
from shared.defaults import CHAT_PORT, HOST, LOG_DIR, MAX_LINE_BYTES
from shared.framing import encode_line
from shared.listener import ListenError, open_listener
from shared.message import NICKNAME_PROMPT
from shared.stopping import on_stop_signals
from shared.threaded_server import ThreadedServer


class NaiveChat(Chat):
    """Phase 3's, where a client is known by a name that it chooses."""

    def __init__(self, log: Path) -> None:
        super().__init__()
        self._log = log

    def serve(self, connection: socket.socket, address: str) -> None:
        """Ask for a name first. Nobody else may have it, or may they?"""
        connection.sendall(encode_line(NICKNAME_PROMPT))
        super().serve(connection, first_line(connection))

    def broadcast(self, line: str, sender: Client) -> None:
        """Say whose line it is, to the log and to the others."""
        said = f"{sender.address}: {line}"
        with self._log.open("a", encoding="utf-8", newline="\n") as log:
            log.write(said + "\n")
        super().broadcast(said, sender)


def first_line(connection: socket.socket) -> str:
    """What comes before the first newline, whatever it is. Raises OSError, UnicodeDecodeError."""
    line = b""
    while not line.endswith(b"\n") and len(line) < MAX_LINE_BYTES:
        byte = connection.recv(1)  # one by one: what comes after the newline is not ours
        if not byte:
            break
        line += byte
    return line.decode().strip()


def main() -> int:
    """Serve until Ctrl-C. Gives the exit status."""
    parser = argparse.ArgumentParser(prog="phase4.naive", description="A chat to be fooled.")
    add_listen_arguments(parser, HOST, CHAT_PORT)
    parser.add_argument("--log-dir", type=file_path, default=Path(LOG_DIR))
    options = parser.parse_args()
    accept_any_text()
    log = options.log_dir / "messages.txt"
    try:
        log.parent.mkdir(exist_ok=True)
        log.open("a").close()
        listener = open_listener(options.host, options.port)
    except OSError as error:
        text = f"{log} cannot be written ({error.strerror}). Choose another directory"
        print(f"{text} with --log-dir.", file=sys.stderr)
        return 2
    except ListenError as error:
        print(error, file=sys.stderr)
        return 2
    chat = NaiveChat(log)
    server = ThreadedServer(listener, chat.serve, report=say)
    on_stop_signals(server.stop)
    say(f"Listening on {listener}")
    server.serve()
    server.drain()
    return 0


if __name__ == "__main__":
    exit_with(main)
