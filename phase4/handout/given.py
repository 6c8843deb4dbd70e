"""What is in the file beside the programs: where the server is, and who vouches for it.

`archive` writes it into the file, and `opened` reads it there.
"""

import json
import pkgutil
import ssl
from collections.abc import Iterator
from dataclasses import asdict, dataclass

from phase4.transport.contexts import fingerprint
from phase4.transport.fingerprints import in_groups
from shared.address import Address

GIVEN = "given.json"
"""Its name in the archive, beside this module. Only a file that we made has it."""

MAX_SHOWN = 4
"""Certificates whose fingerprints are: one as a rule, two while it is renewed, a chain of three. A
list of authorities has a hundred, and nobody compares those."""

_END = "-----END CERTIFICATE-----"


@dataclass(frozen=True, slots=True)
class Given:
    """`pem` holds certificates, and nothing else; where it is empty, nobody vouches."""

    version: str
    host: str
    port: int
    has_tls: bool = False
    pem: str = ""
    until: str = ""
    """The last day of the certificate, as 2027-11-21; empty where there is none."""

    def to_json(self) -> str:
        """The same text each time."""
        return json.dumps(asdict(self), indent=2) + "\n"

    def about(self, program: str) -> Iterator[str]:
        """What the file of this name is, in lines."""
        place = Address(self.host, self.port)
        yield f"{program}: the chat at {place}, made by version {self.version}"
        if not self.has_tls:
            yield "Without TLS: anybody on the way can read and alter what is said."
        elif not self.pem:
            yield "With TLS, and the certificate that the server shows the first time."
        else:
            parts = self.pem.split(_END)[:-1]
            is_list = len(parts) > MAX_SHOWN
            many = f"one of {len(parts)}" if is_list else "one of these"
            this = "this one" if len(parts) == 1 else many
            end = " (a list of authorities)." if is_list else ":"
            yield f"With TLS, and a certificate that {this} vouches for, until {self.until}{end}"
            yield from () if is_list else _fingerprints(parts)


def _fingerprints(parts: list[str]) -> Iterator[str]:
    for part in parts:
        yield "SHA256"
        shown = in_groups(fingerprint(ssl.PEM_cert_to_DER_cert(part.lstrip() + _END)))
        yield from (f"  {each}" for each in shown)


def given_here() -> Given:
    """What this archive holds. Raises OSError where it is not one."""
    package, _, _ = __name__.rpartition(".")
    data = pkgutil.get_data(package, GIVEN)
    assert data is not None  # every loader of files can do that
    return Given(**json.loads(data))
