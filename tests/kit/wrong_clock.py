"""phase4.server on a machine whose clock is a day ahead. For the checks.

python -m tests.kit.wrong_clock phase4.server --hub redis://127.0.0.1
"""

import sys
import time

from phase4.server.__main__ import main

AHEAD_SECONDS = 86_400.0

_time = time.time


def _wrong_time() -> float:
    return _time() + AHEAD_SECONDS


if __name__ == "__main__":
    time.time = _wrong_time
    sys.exit(main(sys.argv[2:]))
