"""Certificates for the checks of TLS, made by trustme: nothing of ours vouches for itself."""

import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

import trustme

from phase4.tls import server_context

HOSTS = ("127.0.0.1", "::1", "localhost", "both.example")


class Authority:
    """Somebody who vouches for servers, in files of its own."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._ca = trustme.CA()
        self._count = 0
        self.file = directory / "ca.pem"
        self._ca.cert_pem.write_to_path(self.file)

    def certificate(self, *hosts: str, days: tuple[int, int] = (-1, 1)) -> Path:
        """A new certificate with its key, in one file: for these hosts, from day to day."""
        first, last = (datetime.now(UTC) + timedelta(days=day) for day in days)
        made = self._ca.issue_cert(*(hosts or HOSTS), not_before=first, not_after=last)
        self._count += 1
        path = self._directory / f"server{self._count}.pem"
        made.private_key_and_cert_chain_pem.write_to_path(path)
        return path

    def context(self, *hosts: str, days: tuple[int, int] = (-1, 1)) -> ssl.SSLContext:
        """A server's context, with a certificate as `certificate` makes it."""
        return server_context(self.certificate(*hosts, days=days))
