"""A hundred monitors: python -m tests.benchmarks.watchers STATUS_PORT

Once a second all of them ask the status port at the same instant, and one more never reads what it
gets. What they cost the chat is seen when a watched server is measured beside one that is not:

    python -m tests.benchmarks --servers phase4,watched

They stay away from the CPU that is measured, as they would on machines of their own. Each answer
must be whole; the first that is not ends this program, and with it the run.
"""

import os
import socket
import sys
import time
from contextlib import ExitStack, closing

from shared.defaults import HOST, MAX_STATUS_BYTES
from shared.status import StatusError, parse_snapshot

WATCHERS = 100
EVERY_SECONDS = 1.0
_ANSWER_SECONDS = 2.0  # what a monitor waits


def main() -> int:
    """Ask until this process is ended; 1 if an answer was not as it must be."""
    _leave_the_measured_cpu()
    port = int(sys.argv[1])
    try:
        while True:
            next_time = time.monotonic() + EVERY_SECONDS
            _ask(port)
            time.sleep(max(0.0, next_time - time.monotonic()))  # the pace, and no wait for anybody
    except (OSError, StatusError) as error:
        print(f"A monitor got no answer: {error}", file=sys.stderr)
        return 1


def _ask(port: int) -> None:
    """All at once, while one does not read. Raises OSError or StatusError."""
    with ExitStack() as stack:
        stack.enter_context(closing(_connect(port, receive_buffer_bytes=4096)))
        asking = [stack.enter_context(closing(_connect(port))) for _ in range(WATCHERS)]
        for each in asking:
            parse_snapshot(_read(each))


def _leave_the_measured_cpu() -> None:
    if hasattr(os, "sched_setaffinity"):
        measured = os.sched_getaffinity(0)
        others = set(range(os.cpu_count() or 1)) - measured
        os.sched_setaffinity(0, others or measured)


def _connect(port: int, receive_buffer_bytes: int = 0) -> socket.socket:
    connection = socket.socket()
    if receive_buffer_bytes:  # before connect(): it sets the window that is offered
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer_bytes)
    connection.settimeout(_ANSWER_SECONDS)
    connection.connect((HOST, port))
    return connection


def _read(connection: socket.socket) -> bytes:
    """All that it says, to the end."""
    answer = b""
    while (data := connection.recv(65536)) and len(answer) <= MAX_STATUS_BYTES:
        answer += data
    return answer


if __name__ == "__main__":
    sys.exit(main())
