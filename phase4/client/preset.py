"""What a client comes with that was made for one server (phase4/handout): where it is, and more."""

import argparse
from dataclasses import dataclass

from phase4.transport.trusting import Trust


@dataclass(frozen=True, slots=True)
class Preset:
    """A server, where the command line names no other, and the program that knows it."""

    program: str
    """What the person starts, as `chat.pyz`."""
    in_terminal: str
    """What is typed to start it in a terminal, without a window."""
    options: argparse.ArgumentParser
    """Those of the program beside the client's; for argparse's `parents`."""
    host: str
    port: int
    trust: Trust | None = None
    """Whose certificates will do; None: the server has no TLS."""

    def trust_over(self, asked_for: Trust | None) -> Trust | None:
        """Whose certificates will do where the command line asks for this.

        It does not believe more than before: a client with a certificate inside believes that one
        alone, until another is named (--ca). To say no more than --tls asks for TLS.
        """
        asks_for_another = asked_for is not None and asked_for.ca is not None
        if self.trust is not None and self.trust.ca is not None and not asks_for_another:
            return self.trust
        return (self.trust or asked_for) if asked_for in (None, Trust()) else asked_for
