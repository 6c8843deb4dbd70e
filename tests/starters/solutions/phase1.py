r"""Phase 1, my server: it talks to one client at a time.

The line `Hello Server!` is answered `Hello Client!`; every other line is sent back as it came.

The lesson is phase1/README.md. The TODOs below are numbered in the order of the checks, and each
begins with the name of its check. Do TODO 1, run the checks, and let them lead you on:

    CHECK_COMMAND
"""

import argparse
import socket
import sys

MAX_LINE_BYTES = 4096  # of a line, with its newline
RUNAWAY_BYTES = 65536  # so many without a newline are no line that grew too long


def open_listener(port: int) -> socket.socket:
    """A socket to which the clients of this machine can connect."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)  # IPv4, TCP
    # <9>
    if sys.platform != "win32":
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    # </9>

    # <1>
    listener.bind(("127.0.0.1", port))
    listener.listen()
    # </1>

    return listener


def serve(listener: socket.socket) -> None:
    """Talk to one client after the other."""
    while True:
        connection, _address = listener.accept()
        with connection:  # closes it, whatever happens
            # <8>
            try:
                converse(connection)
            except OSError as error:
                print("A client was cut off:", error.strerror, flush=True)
            # </8>


def converse(connection: socket.socket) -> None:
    """Answer each line until the client ends its stream."""
    # <2>
    unfinished = b""
    while data := connection.recv(4096):
        lines, unfinished = whole_lines(unfinished + data)
        for line in lines:
            connection.sendall(answer(line).encode() + b"\n")
        # <6>
        if len(unfinished) >= RUNAWAY_BYTES:
            connection.sendall(b"! No newline in 64 KiB. Goodbye.\n")
            return
        # </6>
    # </2>


def whole_lines(received: bytes) -> tuple[list[bytes], bytes]:
    """The whole lines in `received`, without their newlines, and the unfinished rest."""
    # <3>
    *lines, unfinished = received.split(b"\n")
    return lines, unfinished
    # </3>


def answer(line: bytes) -> str:
    """The answer to one whole line; both are without a newline."""
    # <5>
    if len(line) >= MAX_LINE_BYTES:
        return "! That line is too long."
    # </5>

    # <4>
    line = line.removesuffix(b"\r")
    # </4>

    # <7>
    try:
        text = line.decode()
    except UnicodeDecodeError:
        return "! That line is no UTF-8."
    # </7>

    # <2b>
    if text == "Hello Server!":
        return "Hello Client!"
    # </2b>

    return text


def main() -> None:
    """Serve until somebody ends this program."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, default=12345)
    with open_listener(parser.parse_args().port) as listener:
        serve(listener)


if __name__ == "__main__":
    main()
