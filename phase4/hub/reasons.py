"""Why an engine cannot be used, in a few words that hold no secret. No I/O."""

import hashlib
import ssl
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import quote

from phase4.hub.contract import ANSWER_SECONDS, EngineDown, EngineUnfit

NO_ANSWER = f"it did not answer within {ANSWER_SECONDS:g} s"
HUNG_UP = "it hung up"

MOST_CHARACTERS = 120
"""Of what an engine says by itself. It stands in one line of a terminal, behind our own words."""

MOST_NAME_BYTES = 63
"""Of the name of a connection: PostgreSQL cuts off what is longer."""


class Faults(ABC):
    """Turns the errors of an engine's library into ours."""

    errors: tuple[type[Exception], ...]
    """Those that the library raises."""

    @abstractmethod
    def reason(self, error: Exception) -> str:
        """Why the engine is down, in a few words."""

    @abstractmethod
    def sentence(self, error: Exception) -> str:
        """What somebody has to change; "" where time may help."""

    @contextmanager
    def in_few_words(self) -> Iterator[None]:
        """What the library raises here becomes EngineDown."""
        try:
            yield
        except self.errors as error:
            raise EngineDown(self.reason(error)) from error

    @contextmanager
    def explained(self) -> Iterator[None]:
        """The same, but what somebody has to change becomes EngineUnfit."""
        try:
            yield
        except self.errors as error:
            if sentence := self.sentence(error):
                raise EngineUnfit(sentence) from error
            raise EngineDown(self.reason(error)) from error


def connection_name(room: str, server: str) -> str:
    """What a server's connections are called: ASCII without spaces, 63 bytes at most."""
    name = f"hub:{quote(room, safe='')}:{quote(server, safe='')}"
    if len(name) <= MOST_NAME_BYTES:
        return name
    return "hub:" + hashlib.sha256(name.encode()).hexdigest()[:40]


def few_words(text: str, *secrets: str | None) -> str:
    """The first line of what an engine or its library says, without these secrets."""
    line = next((each.strip() for each in text.splitlines() if each.strip()), "")
    for secret in secrets:
        if secret:
            line = line.replace(secret, "***")
    if len(line) > MOST_CHARACTERS:
        line = line[: MOST_CHARACTERS - 1] + "…"
    return line.rstrip(".") or HUNG_UP


def system_reason(error: BaseException) -> str:
    """What the system says, where an error of it led to this one; "" else."""
    fault = cause_of(error, OSError)
    if isinstance(fault, ssl.SSLCertVerificationError):
        return f"its certificate is not trusted: {few_words(fault.verify_message)}"
    if isinstance(fault, TimeoutError):
        return NO_ANSWER
    return few_words(fault.strerror or str(fault)) if fault else ""


def cause_of(error: BaseException, kind: type[OSError]) -> OSError | None:
    """The error of this kind that led to `error`, or is it."""
    seen: BaseException | None = error
    while seen is not None and not isinstance(seen, kind):
        seen = seen.__cause__ or seen.__context__
    return seen
