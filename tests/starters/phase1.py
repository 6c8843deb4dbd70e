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
    # TODO 9: it starts again at once
    #   A rest of the last run keeps the port for a minute, unless you say that it need not. It is
    #   an option of the socket, and has to be set before bind().
    if sys.platform != "win32":
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    # </9>

    # <1>
    # TODO 1: somebody can connect
    #   bind() the listener to its address, a pair: the host "127.0.0.1", and the port. Then let it
    #   listen().
    #: sys.exit("TODO 1 is not done: nobody can connect.")
    listener.bind(("127.0.0.1", port))
    listener.listen()
    # </1>

    return listener


def serve(listener: socket.socket) -> None:
    """Talk to one client after the other."""
    while True:
        try:
            connection, _address = listener.accept()
        except ConnectionError:
            continue  # it hung up while it queued; some systems tell us so here
        with connection:  # closes it, whatever happens
            # <8>
            # TODO 8: a client that vanishes takes nobody along
            #   When a client vanishes, recv() or sendall() in converse() raises OSError. That
            #   client is gone; the next one is waiting.
            #: converse(connection)
            try:
                converse(connection)
            except OSError as error:
                print("A client was cut off:", error.strerror, flush=True)
            # </8>


def converse(connection: socket.socket) -> None:
    """Answer each line until the client ends its stream."""
    # <2>
    # TODO 2: hello is answered and every other line is sent back
    #   Again and again: recv() some bytes. Put them behind what is unfinished from before, and let
    #   whole_lines() split that. Send the answer() to each line, and a newline, with sendall().
    #   When recv() gives b"", the client has ended its stream, and this function is done.
    unfinished = b""
    while data := connection.recv(4096):
        lines, unfinished = whole_lines(unfinished + data)
        for line in lines:
            connection.sendall(answer(line).encode() + b"\n")
        # <6>
        # TODO 6: 64 KiB without a newline end the connection
        #   In your loop: when what is unfinished has RUNAWAY_BYTES or more, send "! " and why, and
        #   return. Or else one client could fill your memory.
        if len(unfinished) >= RUNAWAY_BYTES:
            connection.sendall(b"! No newline in 64 KiB. Goodbye.\n")
            return
        # </6>
    # </2>


def whole_lines(received: bytes) -> tuple[list[bytes], bytes]:
    """The whole lines in `received`, without their newlines, and the unfinished rest."""
    # <3>
    # TODO 3: a line may come in pieces
    #   This takes all that has come for one line, and leaves no rest. But recv() may give half a
    #   line, or ten and a half. A newline, and nothing else, tells where a line ends.
    #: return [received.removesuffix(b"\n")], b""
    *lines, unfinished = received.split(b"\n")
    return lines, unfinished
    # </3>


def answer(line: bytes) -> str:
    """The answer to one whole line; both are without a newline."""
    # <5>
    # TODO 5: a longer line gets one error
    #   A line may have MAX_LINE_BYTES with its newline. The answer to a longer one is "! " and why.
    if len(line) >= MAX_LINE_BYTES:
        return "! That line is too long."
    # </5>

    # <4>
    # TODO 4: a carriage return before the newline is dropped
    #   telnet ends its lines with two bytes, \r\n. The \r is not part of the text.
    line = line.removesuffix(b"\r")
    # </4>

    # <7>
    # TODO 7: a line that is not UTF-8 gets an error
    #   Then decode() raises UnicodeDecodeError. The answer is "! " and why.
    #: text = line.decode()
    try:
        text = line.decode()
    except UnicodeDecodeError:
        return "! That line is not UTF-8."
    # </7>

    # <2b>
    # TODO 2b: ... and here the one line that has an answer of its own.
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
