"""What the form holds, as text: what is wrong with it, and the options that it stands for.

No toolkit here. A field has the name of the server's option: `status_port` is --status-port.
"""

import argparse
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from phase4.server.options import Settings
from shared.arguments import file_path

FIELDS = {"host": "Host", "port": "Port", "status_port": "Status port"}
TLS_FIELDS = {
    "tls_cert": "Certificate (PEM)",
    "tls_key": "Key, if in another file",
    "tls_port": "TLS port",
}
"""Every field, and how it is labelled."""

FILES = ("tls_cert", "tls_key")
_PORTS = ("port", "status_port", "tls_port")

_DEFAULTS = {name: getattr(Settings(), name) for name in (*FIELDS, *TLS_FIELDS)}


def default(name: str) -> str:
    """What a field holds at first: nothing, where the option has no value."""
    value = _DEFAULTS[name]
    return "" if value is None else str(value)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the window was started with: what its fields hold, and the server's other options."""

    fields: Mapping[str, str] = field(default_factory=dict)
    options: tuple[str, ...] = ()
    shows_board: bool = False  # as soon as the server runs


def flag(name: str) -> str:
    """The option that a field stands for."""
    return f"--{name.replace('_', '-')}"


def field_of(option: str) -> str:
    """The field that stands for an option, or nothing where there is none."""
    return next((name for name in _DEFAULTS if flag(name) == option), "")


def fault_in(values: Mapping[str, str]) -> tuple[str, str] | None:
    """What is wrong with the fields, in a sentence, and with which; None where nothing is."""
    if not values["host"]:
        return "Which address shall the server listen on? 127.0.0.1 is this machine only.", "host"
    if values.get("tls_cert") == "":  # wanted, and not given
        return "TLS needs a certificate: give its file, or make one.", "tls_cert"
    for name in FILES:
        try:
            file_path(values.get(name, ""))
        except argparse.ArgumentTypeError as error:
            return f"{error}.", name
    for name in _PORTS:
        port = values.get(name, "")
        is_left_out = not port and name in TLS_FIELDS
        if not is_left_out and not _is_port(port):
            return "A port is a number from 1 to 65535; 0 takes any that is free.", name
    return None


def _is_port(text: str) -> bool:
    return text.isascii() and text.isdigit() and int(text[:6]) < 65536


def arguments(values: Mapping[str, str]) -> Iterable[str]:
    """The command line that the fields stand for; an empty one stands for no option."""
    for name, value in values.items():
        if value:
            yield f"{flag(name)}={value}"  # in one word: the name of a file may begin with a dash
