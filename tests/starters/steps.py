"""The TODOs of the beginnings, done one after the other."""

import re

from tests.start import STARTERS
from tests.starters.cutting import cut

TODO = re.compile(r"^ *# TODO (\d+)(\w?): ?(.*)$", re.MULTILINE)


def program(phase: str) -> str:
    """The whole server, from which the beginning is cut."""
    return (STARTERS / f"{phase}.py").read_text(encoding="utf-8")


def checks_of(phase: str) -> list[str]:
    """The name of the check that each TODO is about, as it stands behind NOT YET."""
    found = [
        (int(number), name) for number, part, name in TODO.findall(cut(program(phase))) if not part
    ]
    assert sorted(number for number, _ in found) == list(range(1, len(found) + 1))
    return [name for _, name in sorted(found)]


def steps_of(phase: str) -> range:
    """Nothing done, one TODO done, and so on to all of them."""
    return range(len(checks_of(phase)) + 1)
