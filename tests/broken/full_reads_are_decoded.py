"""A read that is full is taken for whole characters. A smaller one waits for the rest of its own.

Phase: 1
Fails: test_a_character_may_stand_at_the_edge_of_a_read
"""

import socket

from tests.broken.echo import Echo


class FullReadsAreDecoded(Echo):
    def receive(self, connection: socket.socket) -> bytes:
        """What of the next piece can be decoded, where it is a full one."""
        data = connection.recv(4096)
        return data.decode(errors="ignore").encode() if len(data) == 4096 else data


if __name__ == "__main__":
    FullReadsAreDecoded.main()
