"""HAProxy before several servers, configured as on the page that has it."""

import re
import socket
import subprocess
import sys
from pathlib import Path
from typing import Self

from tests.kit.harness import ROOT, SECONDS, free_port, wait_until
from tests.kit.relayed import receive_all

_PAGE = ROOT / "docs" / "proxy.md"
_SECTION = "## Several servers behind HAProxy"
_SERVERS = {"10.0.0.1": "one", "10.0.0.2": "two"}
_CHAT, _WEB = 12345, 8443


class HubProxy:
    """It stands before servers `one` and `two`. Use it in a `with` statement.

    People come to `port`, and browsers to `web_port`. What is encrypted passes through.
    """

    def __init__(
        self, directory: Path, chat: dict[str, int], web: dict[str, int], *, is_encrypted: bool
    ) -> None:
        """`chat` and `web` are the ports of the servers, by their names."""
        self.port, self.web_port = free_port(), free_port()
        self._admin = directory / "haproxy.sock"
        file = directory / "haproxy.cfg"
        file.write_text(self._configuration(chat, web, is_encrypted=is_encrypted))
        self.process = subprocess.Popen(
            ["haproxy", "-db", "-f", str(file)],
            stdin=subprocess.DEVNULL,
            stdout=sys.stderr.fileno() if hasattr(sys.stderr, "fileno") else None,
            stderr=subprocess.STDOUT,
        )

    def _configuration(
        self, chat: dict[str, int], web: dict[str, int], *, is_encrypted: bool
    ) -> str:
        page = _PAGE.read_text(encoding="utf-8").partition(_SECTION)[2]
        shown = re.search(r"```haproxy\n(.*?)```", page, re.DOTALL)
        assert shown
        text = shown[1].replace("bind :12345", f"bind 127.0.0.1:{self.port}")
        text = text.replace("bind :443", f"bind 127.0.0.1:{self.web_port}")
        for address, name in _SERVERS.items():
            text = text.replace(f"{address}:{_CHAT}", f"127.0.0.1:{chat[name]}")
            text = text.replace(f"{address}:{_WEB}", f"127.0.0.1:{web[name]}")
        if not is_encrypted:
            text = re.sub(r" +ssl-server-verify none\n| check-ssl| ssl$", "", text, flags=re.M)
        return text.replace("global\n", f"global\n    stats socket {self._admin} mode 600\n")

    def __enter__(self) -> Self:
        """Give it when it carries people."""
        wait_until(self._admin.exists, "HAProxy is there")
        return self

    def __exit__(self, *_: object) -> None:
        """End it."""
        self.process.kill()
        self.process.wait(SECONDS)

    def is_up(self, backend: str, server: str) -> bool:
        """Whether a server is in order, as its health checks have found; before the first: no."""
        is_up = self._of(backend, server, "status").startswith("UP")
        return is_up and self._of(backend, server, "check_status") in ("L7OK", "L6OK", "L4OK")

    def connections(self, server: str) -> int:
        """How many people it has given to a server, and has there now."""
        return sum(int(self._of(each, server, "scur")) for each in ("chat", "page"))

    def _of(self, backend: str, server: str, column: str) -> str:
        with socket.socket(socket.AF_UNIX) as asking:
            asking.settimeout(SECONDS)
            asking.connect(str(self._admin))
            asking.sendall(b"show stat\n")
            lines = receive_all(asking).decode().lstrip("# ").splitlines()
        columns = lines[0].split(",")
        row = next(line for line in lines if line.startswith(f"{backend},{server},"))
        return row.split(",")[columns.index(column)]
