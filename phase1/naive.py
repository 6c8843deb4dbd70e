"""The server that everybody writes first: right in every try by hand, and wrong (phase1.pieces)."""

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
