"""Runs a program that may do anything, for want of a statement: python bounded.py PROGRAM ARGUMENTS

It has bounds that no right server comes near. They need no second process: they are those of this
one, which becomes the program. Windows has none of them; there the deadlines of the checks end it.
"""

import contextlib
import runpy
import sys
import threading

PROCESSOR_SECONDS = 30  # a grading takes one or two; then the system ends it (SIGXCPU)
MEMORY_BYTES = 1 << 30
FILE_BYTES = 1 << 26  # a long speech in the log, several times
STACK_BYTES = 1 << 19  # of a thread, and there may be hundreds: 8 MB each would be the bound alone


def set_bounds() -> None:
    """For this process and all that it starts."""
    threading.stack_size(STACK_BYTES)
    with contextlib.suppress(ImportError):
        import resource

        for what, most in (
            (resource.RLIMIT_CPU, PROCESSOR_SECONDS),
            (resource.RLIMIT_DATA, MEMORY_BYTES),
            (resource.RLIMIT_FSIZE, FILE_BYTES),
            (resource.RLIMIT_CORE, 0),
        ):
            with contextlib.suppress(ValueError, OSError):  # macOS knows some of them by name only
                resource.setrlimit(what, (most, resource.getrlimit(what)[1]))


if __name__ == "__main__":
    set_bounds()
    sys.argv = sys.argv[1:]
    runpy.run_path(sys.argv[0], run_name="__main__")
