"""An echo server for phases 1 and 2, small and right. The broken ones derive from it.

Phase: 2
"""

import contextlib
import socket
import sys
import threading
from collections.abc import Iterator

MAX_LINE = 4096
RUNAWAY = 65536


class Echo:
    """Listens, and gives each connection a thread."""

    @classmethod
    def main(cls) -> None:
        """Run a server of this class. To be killed is its ordinary end."""
        with contextlib.suppress(KeyboardInterrupt):
            cls().run()

    def run(self) -> None:
        """Serve for ever. The first argument is the port."""
        with self.listen(int(sys.argv[1])) as listener:
            while True:
                self.welcome(listener.accept()[0])

    def listen(self, port: int) -> socket.socket:
        """A listener."""
        listener = socket.socket()
        self.set_options(listener)
        listener.bind(("127.0.0.1", port))
        listener.listen(100)
        return listener

    def set_options(self, listener: socket.socket) -> None:
        """Let it have the port at once, whatever is left of the last run."""
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)

    def welcome(self, connection: socket.socket) -> None:
        """Let a newcomer be served, and come back at once."""
        threading.Thread(target=self.serve, args=(connection,), daemon=True).start()

    def serve(self, connection: socket.socket) -> None:
        """One connection, to its end."""
        with contextlib.suppress(OSError), connection:
            self.converse(connection)
            connection.shutdown(socket.SHUT_WR)

    def converse(self, connection: socket.socket) -> None:
        """Answer lines until the stream ends."""
        for line in self.lines(connection):
            if (text := self.text(connection, line)) is not None:
                self.heard(connection, text)

    def lines(self, connection: socket.socket) -> Iterator[bytes]:
        """Whole lines, without their newlines."""
        unfinished = b""
        while data := self.receive(connection):
            *whole, unfinished = (unfinished + data).split(b"\n")
            yield from whole
            if len(unfinished) >= RUNAWAY:
                self.send(connection, "! No newline in 64 KiB.")
                return

    def receive(self, connection: socket.socket) -> bytes:
        """The next piece of the stream; nothing at its end."""
        return connection.recv(MAX_LINE)

    def text(self, connection: socket.socket, line: bytes) -> str | None:
        """What a line says; None, and an error to its sender, where it is none."""
        if len(line) >= MAX_LINE:
            self.send(connection, "! Too long.")
            return None
        try:
            return line.decode().removesuffix("\r")
        except UnicodeDecodeError:
            self.send(connection, "! No UTF-8.")
            return None

    def heard(self, connection: socket.socket, text: str) -> None:
        """What to do with what was said."""
        self.show(f"{self.speaker(connection)}: {text}")
        self.send(connection, self.answer(text))

    def speaker(self, connection: socket.socket) -> str:
        """Who said it, for whoever looks on."""
        return f"port {connection.getpeername()[1]}"

    def show(self, text: str) -> None:
        """Print it."""
        print(clean(text), flush=True)

    def answer(self, text: str) -> str:
        """What its sender gets back."""
        return "Hello Client!" if text == "Hello Server!" else text

    def send(self, connection: socket.socket, text: str) -> None:
        """Send a line."""
        connection.sendall(text.encode() + b"\n")


def clean(text: str) -> str:
    """`text` without control characters."""
    if text.isprintable():  # nearly always, and much quicker to find out
        return text
    return "".join(each if each.isprintable() else "\ufffd" for each in text)


if __name__ == "__main__":
    Echo.main()
