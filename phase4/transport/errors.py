"""What can go wrong with TLS: known also to programs that, so far, have no need of it.

The other modules here load OpenSSL, which costs a program's start a tenth more, and is loaded
where TLS is asked for. A program that only says what went wrong does without.
"""

import errno
from pathlib import Path


class TLSError(Exception):
    """TLS cannot be set up; the text is a sentence for the person who started us.

    `path` is the file that is to blame, where one is.
    """

    def __init__(self, text: str, path: Path | None = None) -> None:
        super().__init__(text)
        self.path = path


class Distrusted(TLSError):
    """It is not the right server, as far as can be told. To try again is of no use.

    Where its text has several lines, the others are the fingerprint that it has shown.
    """


class PlaintextPeer(ConnectionError):
    """The peer does not speak TLS: what it said first is something else."""


class CutOff(ConnectionResetError):
    """The stream ended without TLS's own goodbye, so that something may be missing at its end."""

    def __init__(self) -> None:
        super().__init__(errno.ECONNRESET, "cut off without a goodbye")


def in_words(error: OSError) -> str:
    """What the system says of it, or OpenSSL, in a few words."""
    reason: str | None = getattr(error, "reason", None)  # an ssl.SSLError's
    return reason.replace("_", " ").lower() if reason else error.strerror or str(error)
