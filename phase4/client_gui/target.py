"""Where to connect, and as whom. No toolkit here."""

from dataclasses import dataclass

from shared.address import Address, ip_address


@dataclass(frozen=True, slots=True)
class Target:
    """Where to connect, and as whom; `has_tls`: nobody on the way can listen in."""

    host: str
    port: int
    name: str
    has_tls: bool = False

    @property
    def place(self) -> str:
        """`host:port`, as people write it."""
        return str(Address(self.host, self.port))

    @property
    def is_here(self) -> bool:
        """Whether nothing that is said leaves this machine."""
        try:
            return self.host == "localhost" or ip_address(self.host).is_loopback
        except ValueError:
            return False
