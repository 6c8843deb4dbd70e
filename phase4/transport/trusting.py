"""Which server to believe, as a person asked for it; trust.py decides by it."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class HeldCertificates:
    """Certificates that are at hand without a file: `name` says where they came from."""

    name: str
    pem: str

    def __str__(self) -> str:
        """As a path would stand in a sentence."""
        return self.name


@dataclass(frozen=True, slots=True)
class Trust:
    """Which server to believe: one that the certificates in `ca` (PEM) vouch for.

    Without `ca`, the server that answered the first time. `known_hosts` is the file that remembers
    it; None: the one in the person's settings.
    """

    ca: Path | HeldCertificates | None = None
    known_hosts: Path | None = None
