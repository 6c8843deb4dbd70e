"""Print what strangers sent. `say` was taught by hand in phase2/server.py.

A line that came over the network may hold any character, and threads may have something to say at
the same moment. (Escape sequences are another matter: see `clean` in shared/message.py.)
"""

import io
import sys
import threading

_printing = threading.Lock()


def accept_any_text() -> None:
    """Let print() write `?` for a character that the output's encoding lacks; it would raise.

    A terminal mostly speaks UTF-8; a file on Windows, or an old locale, does not.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


def say(text: str) -> None:
    """Print one line, whole: print() writes a text and its newline in two steps. Any thread."""
    with _printing:
        print(text, flush=True)
