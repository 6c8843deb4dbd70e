"""What Wine 8 does otherwise than Windows: checks that fail there, and why.

Each row is a regular expression for the whole name of a check, its case included, and a reason. An
entry that no check needs any more has to go: the run says so.
"""

import re
from collections.abc import Iterable

_RESET = "a reset (RST) is read as an orderly end of the stream"
_SHUTDOWN = "shutdown() does not wake a thread that waits in recv()"

EXCEPTIONS = {
    r".*::test_it_ends_when_the_connection_is_reset": _RESET,
    r".*::test_a_server_that_resets_at_once_is_noticed_when_the_connection_is_used": _RESET,
    r".*::test_a_reset_is_passed_on_as_one\[.*": _RESET,
    r".*::test_a_stream_that_is_cut_off_looks_complete_to_nobody\[.*": _RESET,
    r".*::test_who_is_connected_stays_until_drain": _SHUTDOWN,
}


def unexpected(failed: Iterable[str]) -> list[str]:
    """Those of the checks that failed for which there is no reason in the list."""
    return [each for each in failed if not any(re.fullmatch(row, each) for row in EXCEPTIONS)]


def not_needed(ran: Iterable[str], failed: Iterable[str]) -> list[str]:
    """The rows for checks that ran, of which none failed."""
    ran, failed = list(ran), list(failed)
    return [
        row
        for row in EXCEPTIONS
        if any(re.fullmatch(row, each) for each in ran)
        and not any(re.fullmatch(row, each) for each in failed)
    ]
