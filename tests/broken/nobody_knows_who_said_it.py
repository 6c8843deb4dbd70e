"""The console shows what was said, and not by whom.

Phase: 2
Fails: test_it_prints_what_was_said
"""

import socket

from tests.broken.echo import Echo


class NobodyKnowsWhoSaidIt(Echo):
    def speaker(self, connection: socket.socket) -> str:
        """Who said it, for whoever looks on."""
        return "somebody"


if __name__ == "__main__":
    NobodyKnowsWhoSaidIt.main()
