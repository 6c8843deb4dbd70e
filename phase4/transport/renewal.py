"""A renewed certificate is taken up while the server runs.

New here: certificates expire, and programs that renew them (certbot, an office's authority) write
new files in the place of the old ones. A server that had to be restarted for it would end all
conversations. So it looks at the two files now and then, or at once by SIGUSR1. Who comes
from then on is shown the new certificate; nobody who is here notices.

The certificate and its key are two files, and are not written at the same moment. What does not fit
together is looked at again, and only what still does not fit after a while is said to the operator.
Until then, and afterwards, the old certificate stays in force: it is in memory.
"""

import contextlib
import os
import ssl
import stat
from collections.abc import Callable
from pathlib import Path

from phase4.transport.contexts import fingerprint_of_file, server_context
from phase4.transport.errors import TLSError
from phase4.transport.fingerprints import in_groups
from shared.deadline import Deadline

LOOK_SECONDS = 5.0
"""Between two looks at the files: two calls of stat(2)."""

PATIENCE_SECONDS = 30.0
"""How long files that do not fit each other may still be in the making."""

Stamp = tuple[tuple[int, ...], ...]
"""What changes with a file: where it is, its size, and when it was written."""


class Renewal:
    """The certificate of a listener, read again when its files change.

    It has no thread of its own: a loop that turns several times a second calls `look`. `load`
    comes first, in the thread that looks later, or before there is one.
    """

    def __init__(
        self,
        certificate: Path,
        key: Path | None,
        take: Callable[[ssl.SSLContext, str], None],
        report: Callable[[str], None],
    ) -> None:
        """The files are as for `server_context`; nothing is read yet.

        `take` gets each context and its fingerprint, the first too; `report` what was done later.
        """
        self._certificate = certificate
        self._key = key
        self._take = take
        self._report = report
        # Any thread or signal handler sets it, and `look` takes it back.
        self._is_asked = False

        # --- of the thread that looks ---

        self._next_look = Deadline(LOOK_SECONDS)
        # The fingerprint in force.
        self._fingerprint = ""
        # The files as they were when they were taken, or the operator was told why not.
        self._settled: Stamp = ()
        # Files that do not fit, and until when nobody is told.
        self._unfit: Stamp = ()
        self._patience = Deadline(0)

    def load(self) -> None:
        """Take the files as they are now. Raises TLSError."""
        self._settled = self._stamp()  # first: what is written after it is a change
        context = server_context(self._certificate, self._key)
        self._fingerprint = fingerprint_of_file(self._certificate)
        self._take(context, self._fingerprint)

    def ask(self) -> None:
        """Have the next `look` read the files, and say what came of it."""
        self._is_asked = True

    def look(self) -> None:
        """Take up a renewed certificate, if it is time to look, or somebody has asked."""
        if self._is_asked or self._next_look.has_passed:
            is_asked, self._is_asked = self._is_asked, False
            self._next_look = Deadline(LOOK_SECONDS)
            self._look(is_asked=is_asked)

    def _look(self, *, is_asked: bool) -> None:
        """Take up what has changed. `is_asked`: read the files even if not, and say so."""
        stamp = self._stamp()
        if stamp == self._settled and not is_asked:
            return
        try:
            if not self._is_made_of_files():
                raise TLSError("It is not read again from what is not an ordinary file.")
            context = server_context(self._certificate, self._key)
            shown = fingerprint_of_file(self._certificate)
        except TLSError as error:
            if is_asked or self._is_out_of_patience(stamp):
                self._settled = stamp
                self._tell(
                    f"The certificate cannot be renewed: {error} The one before stays in force."
                )
            return
        is_new = shown != self._fingerprint
        self._settled, self._fingerprint = stamp, shown
        self._take(context, shown)
        if is_new or is_asked:
            what = "was renewed" if is_new else "is the one before"
            self._tell(f"The certificate {what}.")

    def _tell(self, sentence: str) -> None:
        """Report it, and the fingerprint in force."""
        self._report(f"{sentence} Fingerprint SHA256:")
        for group in in_groups(self._fingerprint):
            self._report(group)

    def _is_out_of_patience(self, stamp: Stamp) -> bool:
        """Whether these very files have not fitted for a while."""
        if stamp != self._unfit:
            self._unfit, self._patience = stamp, Deadline(PATIENCE_SECONDS)
        return self._patience.has_passed

    # --- the files --------------------------------------------------------------------------------

    def _files(self) -> tuple[Path, Path]:
        return self._certificate, self._key or self._certificate

    def _stamp(self) -> Stamp:
        return tuple(_stamp_of(each) for each in self._files())

    def _is_made_of_files(self) -> bool:
        """False for a pipe, which would be waited for. A file that is missing is another fault."""
        return all(not path.exists() or stat.S_ISREG(path.stat().st_mode) for path in self._files())


def _stamp_of(path: Path) -> tuple[int, ...]:
    """Follows links: certbot renews by pointing a link elsewhere. Empty where there is none."""
    with contextlib.suppress(OSError):
        now = os.stat(path)
        return (now.st_dev, now.st_ino, now.st_size, now.st_mtime_ns, now.st_ctime_ns)
    return ()
