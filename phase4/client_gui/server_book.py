"""The servers that are remembered, with what is known of their certificates. Main thread only."""

from phase4.client import Trust
from phase4.client_gui import servers
from phase4.client_gui.memory import Memory
from phase4.client_gui.servers import Server, Servers
from phase4.transport import known_hosts
from phase4.transport.errors import TLSError
from phase4.transport.fingerprints import in_groups
from phase4.transport.trust import default_known_hosts

ENCRYPTED = {True: "encrypted", False: "not encrypted"}

_SHOWN_GROUPS = 2  # of a fingerprint in a row of the list; with four bytes each
_GROUP_CHARACTERS = len("00:") * 4


class ServerBook:
    """What the list of servers shows, and changes. All of it is remembered at once."""

    def __init__(self, memory: Memory, trust: Trust) -> None:
        self._memory = memory
        self._trust = trust
        # What was removed last, with the list before that.
        self._removed: tuple[Server, Servers] | None = None

    @property
    def whose(self) -> str:
        """A sentence about the certificates that will do; empty where any will."""
        ca = self._trust.ca
        return f"Only with a certificate that {ca} vouches for." if ca is not None else ""

    @property
    def servers(self) -> Servers:
        """The newest first."""
        return self._memory.settings.servers

    @property
    def removed(self) -> Server | None:
        """What `put_back` would put back."""
        return self._removed[0] if self._removed else None

    def look(self) -> None:
        """Hear of servers that have let the person in through another window."""
        self._memory.look_for_servers()

    def label(self, server: Server, label: str) -> None:
        """Call it so from now on."""
        self._change(servers.labelled(self.servers, server, label))

    def remove(self, server: Server) -> None:
        """Take it out. What is known of its certificate stays known."""
        self._removed = server, self.servers
        self._change(servers.without(self.servers, server))

    def put_back(self) -> None:
        """Put in again, where it stood, what was removed last."""
        if self._removed is not None:
            server, before = self._removed
            now = self.servers
            at = before.index(server)
            self._removed = None
            if not servers.find(now, server.host, server.port):  # it may have been joined since
                self._change(servers.within_bounds((*now[:at], server, *now[at:])))

    def _change(self, now: Servers) -> None:
        self._memory.change(servers=now)

    # --- certificates -----------------------------------------------------------------------------

    def fingerprints(self, server: Server) -> list[str]:
        """Those that its certificate may have, as far as they are known. Raises TLSError."""
        if not server.has_tls or self._trust.ca is not None:
            return []
        path = self._trust.known_hosts or default_known_hosts()
        return sorted(known_hosts.fingerprints(path, server.host, server.port))

    def in_short(self, server: Server) -> str:
        """The beginning of its fingerprint, in groups; empty where there is none."""
        try:
            known = self.fingerprints(server)
        except TLSError:  # `explained` says why
            return ""
        if not known:
            return ""
        starts = range(0, _SHOWN_GROUPS * _GROUP_CHARACTERS, _GROUP_CHARACTERS)
        groups = [known[0][start : start + _GROUP_CHARACTERS].rstrip(":") for start in starts]
        return f"{'  '.join(groups)} …"

    def explained(self, server: Server) -> str:
        """Who can listen in there; and the fingerprint to compare, in rows of its own."""
        if not server.has_tls:
            return "Not encrypted: anyone on the way can read what is said, and alter it."
        if self._trust.ca is not None:
            return f"Encrypted, with a certificate that {self._trust.ca} vouches for."
        try:
            known = self.fingerprints(server)
        except TLSError as error:
            return str(error)
        if not known:
            return "Encrypted. Its certificate is not known yet: the next time is the first."
        rows = [row for each in known for row in in_groups(each)]
        return "\n".join(("Encrypted, if its certificate has this fingerprint. SHA256:", *rows))
