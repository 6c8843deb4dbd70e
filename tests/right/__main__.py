"""Grade the right servers again and again: python -m tests.right --times 10 --load 4

Every failure is shown whole, and is a fault of the check or of the server: find out which. Gives
the exit status 1 where there was one.
"""

import argparse
import contextlib
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from tests.grading.many import Graders
from tests.right.servers import LANGUAGES, PHASES, job_of


@contextlib.contextmanager
def load(count: int) -> Iterator[None]:
    """So many processes that keep a processor busy meanwhile."""
    busy = [sys.executable, "-c", "while True: pass"]
    processes = [subprocess.Popen(busy) for _ in range(count)]
    try:
        yield
    finally:
        for each in processes:
            each.kill()
            each.wait()


def failures(times: int, at_once: int, directory: Path) -> Iterator[tuple[str, bool]]:
    """Each grading in one line, with what failed, and whether all was well."""
    with Graders(at_once, directory / "grades") as graders:
        running = [
            (
                f"{number}. {language}, phase {phase}",
                graders.grade(job_of(language, phase, directory)),
            )
            for number in range(1, times + 1)
            for language, (program, _) in LANGUAGES.items()
            for phase in PHASES
            if shutil.which(program)
        ]
        for name, future in running:
            grades = future.result()
            first = grades.stopped or grades.first
            count = len(grades.outcomes)
            yield f"{name}: " + (f"FAILED\n{first}" if first else f"{count} passed"), not first


def main() -> int:
    """Grade them; gives the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.right")
    parser.add_argument("--times", type=int, default=1, help="how often (default %(default)s)")
    parser.add_argument("--load", type=int, default=0, help="so many processes are busy beside it")
    parser.add_argument("--jobs", type=int, default=4, help="graded at once (default %(default)s)")
    options = parser.parse_args()
    begin, bad = time.monotonic(), 0
    with tempfile.TemporaryDirectory() as directory, load(options.load):
        for text, is_well in failures(options.times, options.jobs, Path(directory)):
            print(text, flush=True)
            bad += not is_well
    print(f"{bad} failed, in {time.monotonic() - begin:.0f} s")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
