"""The time zone in which servers under test run: one that shows who takes UTC for local time.

It is off every full hour, and its clock shows 13 to 23: so it also shows whose hours end at 12.
Where the system has no file of such a zone, as Windows has not, servers run in that of the machine.
"""

import os
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

_ZONES = ("Asia/Kathmandu", "America/St_Johns", "Pacific/Chatham")  # noon is always past in one
_RUN = timedelta(minutes=30)  # a run of the checks is shorter


def _is_past_noon(name: str) -> bool:
    now = datetime.now(ZoneInfo(name))
    return now.hour > 12 and (now + _RUN).hour > 12


def _elsewhere() -> str:
    """The name of such a zone, or nothing."""
    if os.name != "posix":
        return ""
    known = [name for name in _ZONES if Path("/usr/share/zoneinfo", name).exists()]
    return next(filter(_is_past_noon, known), "")


_NAME = _elsewhere()

ENVIRONMENT = {"TZ": _NAME} if _NAME else {}
"""What a server under test finds in its environment."""


def time_there() -> datetime:
    """The local time of a server under test."""
    return datetime.now(ZoneInfo(_NAME) if _NAME else None)
