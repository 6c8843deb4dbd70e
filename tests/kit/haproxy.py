"""The real HAProxy before a server of ours, and people who come through it."""

import contextlib
import socket
import ssl
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Self

from tests.kit.chat import PROMPT, TIME, Person
from tests.kit.harness import SECONDS
from tests.kit.relayed import receive_all

_CONFIGURATION = """
global
    maxconn 100
    stats socket {socket} mode 600 level admin
defaults
    mode {mode}
    timeout connect 5s
    timeout client 60s
    timeout server 60s
listen chat
    bind fd@0{bind}
{rules}    server chat {host}:{port} {server}
"""


class HAProxy:
    """HAProxy on a port of its own before `host` and `port`; use it in a `with` statement."""

    def __init__(
        self,
        directory: Path,
        host: str,
        port: int,
        *,
        server: str = "send-proxy",
        bind: str = "",
        mode: str = "tcp",
        rules: Sequence[str] = (),
    ) -> None:
        """`server` and `bind` stand at the end of these lines; `rules` are lines of their own."""
        # It takes the port from us, open: so it is free, and clients can come before HAProxy can.
        # As its standard input, for HAProxy refuses descriptors above what it would open itself.
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.admin = directory / "haproxy.sock"
        file = directory / "haproxy.cfg"
        file.write_text(
            _CONFIGURATION.format(
                socket=self.admin,
                bind=bind,
                mode=mode,
                rules="".join(f"    {each}\n" for each in rules),
                host=host,
                port=port,
                server=server,
            )
        )
        self.process = subprocess.Popen(
            ["haproxy", "-db", "-f", str(file)],
            stdin=self._listener.fileno(),
            stdout=sys.stderr.fileno() if hasattr(sys.stderr, "fileno") else None,
            stderr=subprocess.STDOUT,
        )

    def __enter__(self) -> Self:
        """Give the proxy itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """End it."""
        self.process.kill()
        self.process.wait(SECONDS)
        self._listener.close()

    def connect(self, source: str) -> "Visitor":
        """A connection to it from this address."""
        return Visitor(source, self.port)

    def thinks_it_is_up(self) -> bool:
        """Whether its health checks have found the server good, as often as is needed."""
        with socket.socket(socket.AF_UNIX) as asking, contextlib.suppress(OSError):
            asking.settimeout(SECONDS)
            asking.connect(str(self.admin))
            asking.sendall(b"show stat\n")
            lines = receive_all(asking).decode().lstrip("# ").splitlines()
            columns = lines[0].split(",")
            for line in lines[1:]:
                if line.startswith("chat,chat,"):
                    return line.split(",")[columns.index("status")] == "UP"
        return False


class Visitor(Person):
    """Somebody with an address of their own."""

    def __init__(self, source: str, port: int, tls: ssl.SSLContext | None = None) -> None:
        self.socket = socket.create_connection(
            ("127.0.0.1", port), SECONDS, source_address=(source, 0)
        )
        self.address = f"{source}:{self.socket.getsockname()[1]}"
        if tls is not None:
            self.socket = tls.wrap_socket(self.socket, server_hostname="127.0.0.1")
        self._unread = b""

    def join(self, name: str) -> Self:
        """Answer the question."""
        self.expect(PROMPT)
        self.send(name)
        self.name = self.expect(rf"{TIME} \* Welcome, (\S+)! \d+ online\. .*")[1]
        return self
