"""The first server that everybody writes. It works in every try by hand, and it is wrong.

What recv() gives is taken for one line, and send() for a promise that all was sent. `python -m
phase1.pieces` shows on the wire what comes of it; phase1/server.py is the mended one.

    python -m phase1.naive    # listens on 127.0.0.1:12345
"""

import socket
import sys


def main() -> None:
    """Serve one client after the other, until it is ended by force."""
    port = int(sys.argv[2]) if sys.argv[1:2] == ["--port"] else 12345
    listener = socket.create_server(("127.0.0.1", port))
    print("Listening on {}:{}".format(*listener.getsockname()), flush=True)
    while True:
        connection, _ = listener.accept()
        while data := connection.recv(1024):
            line = data.decode().rstrip("\r\n")
            answer = "Hello Client!" if line == "Hello Server!" else line
            connection.send(answer.encode() + b"\n")
        connection.close()


if __name__ == "__main__":
    main()
