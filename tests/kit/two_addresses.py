"""A program where the name localhost has the addresses that are given, whatever /etc/hosts says.

python -m tests.kit.two_addresses --port 0 --host localhost phase2.server ::1,127.0.0.1
"""

import runpy
import socket
import sys
from typing import Any


def resolve_localhost(addresses: list[str]) -> None:
    """From here on the name localhost has these addresses, in this process."""
    look_up: Any = socket.getaddrinfo

    def getaddrinfo(host: Any, *arguments: Any, **options: Any) -> list[Any]:
        hosts = addresses if host == "localhost" else [host]
        return [found for each in hosts for found in look_up(each, *arguments, **options)]

    socket.getaddrinfo = getaddrinfo


if __name__ == "__main__":
    resolve_localhost(sys.argv.pop().split(","))
    module = sys.argv.pop()
    runpy.run_module(module, run_name="__main__", alter_sys=True)
