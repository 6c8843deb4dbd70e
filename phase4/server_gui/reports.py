"""What the server's process tells the window: one line of JSON for each report. No I/O.

A snapshot is written as in shared/status.py: it is the line that the status port serves.

>>> parse_report(format_report(Answer("Bob was disconnected.")))
Answer(text='Bob was disconnected.', is_refused=False)
"""

import json
from dataclasses import asdict, dataclass

from shared.status import Snapshot, StatusError, format_snapshot, parse_snapshot

Held = tuple[str, float | None, str]


@dataclass(frozen=True, slots=True)
class Started:
    """People can connect to `address`, "host:port"; over TLS to `tls_address`, if any.

    From other machines to `host` and `port`; that is empty where none can. `url`: the page, if any.
    """

    address: str
    tls_address: str = ""
    fingerprint: str = ""
    host: str = ""
    port: int = 0
    url: str = ""


@dataclass(frozen=True, slots=True)
class Failed:
    """It could not start: `why` is a sentence, `field` the one to mend (form.py), or empty."""

    why: str
    field: str


@dataclass(frozen=True, slots=True)
class News:
    """Lines for the log, in the forms of shared/message.py; `left_out` others came before them."""

    lines: tuple[str, ...]
    left_out: int = 0


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of something that the window had asked for."""

    text: str
    is_refused: bool = False


@dataclass(frozen=True, slots=True)
class Moderated:
    """What operators have decided, whoever of them it was.

    Each of `bans` and `mutes` is who is meant, until when (Unix time; None: it has no end), and by
    whom.
    """

    topic: str = ""
    is_open: bool = True
    bans: tuple[Held, ...] = ()
    mutes: tuple[Held, ...] = ()


@dataclass(frozen=True, slots=True)
class Stopped:
    """The last report: it has stopped in order. `is_broken`: because of a fault of its own."""

    is_broken: bool


Told = Started | Failed | News | Answer | Moderated | Stopped
Report = Told | Snapshot

_KINDS: dict[str, type[Told]] = {
    kind.__name__: kind for kind in (Started, Failed, News, Answer, Moderated, Stopped)
}


def format_report(report: Report) -> bytes:
    """The line, with its newline."""
    if isinstance(report, Snapshot):
        return format_snapshot(report)
    return json.dumps({type(report).__name__: asdict(report)}).encode() + b"\n"


def parse_report(line: bytes) -> Report | None:
    """The report of a line; None where it is not a report, and something else was printed."""
    try:
        values = json.loads(line)
        if "chat_status" in values:
            return parse_snapshot(line)
        [(name, fields)] = values.items()
        if name == "News":
            fields["lines"] = tuple(fields["lines"])
        if name == "Moderated":
            for kind in ("bans", "mutes"):
                fields[kind] = tuple((who, until, by) for who, until, by in fields[kind])
        return _KINDS[name](**fields)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError, StatusError):
        return None
