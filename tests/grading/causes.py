"""The likely cause of a failure: what happened decides, and then what was checked."""

from collections.abc import Mapping

from tests.grading.people import DAEMON, DEAD, GONE, REFUSED, Verdict

DIED = "Your server ended. What it printed last, above, often says why: an exception, say."
CAME_TO_ITS_END = (
    "Your program came to its end. Is accept() in a loop? (The checks connect once to see whether"
    " it listens.) Does it start threads, and wait for nothing?"
)
SAID_NOTHING = (
    "Your server ended, and printed nothing. Which lines of yours end the program, and what"
    " swallows their messages?"
)
NO_CONNECTION = "Nobody listens on that port any more: the listener was closed."
BACKGROUND = (
    "The command starts something else, and ends. The checks need to see the server's end, and its"
    " output: start the server itself."
)


def cause_of(verdict: Verdict, causes: Mapping[str, str]) -> str:
    """`causes` are the check's own, for each way to fail; "" is for all others."""
    if verdict.kind == DAEMON:
        return BACKGROUND
    if verdict.ending and verdict.kind in (DEAD, GONE):
        return _of_an_end(verdict, causes)
    return causes.get(verdict.kind) or _USUAL.get(verdict.kind) or causes[""]


def _of_an_end(verdict: Verdict, causes: Mapping[str, str]) -> str:
    assert verdict.ending is not None
    if verdict.ending.meaning:
        return f"{verdict.ending.name}: {verdict.ending.meaning}.".removeprefix(": ")
    if verdict.kind == DEAD and DEAD in causes:
        return causes[DEAD]
    if verdict.ending.is_orderly:
        return CAME_TO_ITS_END
    return DIED if verdict.output else SAID_NOTHING


_USUAL = {REFUSED: NO_CONNECTION}
