"""A process that writes a log as the server does, in batches, until it is killed.

python -m tests.phase4.archive.writing FILE MAX_BYTES
"""

import random
import sys
from itertools import count
from pathlib import Path

from phase4.server.log_file import LogFile
from shared.wakeup import Wakeup

KEPT = 10_000  # so that all files are there to compare with


def entry(number: int) -> bytes:
    """A line of a log that no other is equal to."""
    text = f"number {number} of some words that were said, {'mañana ' * (number % 7)}日本"
    return f"2026-11-21T14:03:05+01:00 User{number % 9}: {text}\n".encode()


def main() -> None:
    """Write, a batch each millisecond or so; say how many lines there are after each."""
    path, max_bytes = Path(sys.argv[1]), int(sys.argv[2])
    log = LogFile(path, print, max_bytes=max_bytes, kept=KEPT)
    pause = Wakeup()
    chance = random.Random()
    number = 0
    for batch in count():
        size = chance.randint(1, 40)
        log.append([entry(chance.getrandbits(40)) for _ in range(size)])
        number += size
        if batch % 4 == 0:
            pause.wait(0.001)
        print(number, flush=True)


if __name__ == "__main__":
    main()
