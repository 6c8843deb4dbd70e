"""The file itself: an archive that Python runs (PEP 441, the standard library's `zipapp`).

In it is what a client imports, and what it is given. The same again makes the same bytes, so that
two people can compare what they have.
"""

import io
import zipfile
from modulefinder import ModuleFinder
from pathlib import Path

from phase4.handout.given import GIVEN, Given

ROOT = Path(__file__).resolve().parents[2]

_SHEBANG = b"#!/usr/bin/env python3\n"
"""Windows' launcher reads it as well, where a double click starts it."""

_BEGINS_WITH = "phase4.handout.entry"
_HOLDS = (_BEGINS_WITH, "phase4.handout.opened")
_IN = "phase4/handout"

_LONG_AGO = (1980, 1, 1, 0, 0, 0)  # the first that an archive can have
_PERMISSIONS = 0o644 << 16


def made_of(given: Given) -> bytes:
    """The whole file."""
    files = {name: path.read_text(encoding="utf-8") for name, path in sources().items()}
    files["__main__.py"] = (ROOT / _IN / "entry.py").read_text(encoding="utf-8")
    files[f"{_IN}/{GIVEN}"] = given.to_json()
    target = io.BytesIO(_SHEBANG)
    target.seek(0, io.SEEK_END)
    # As zipapp.create_archive() does, but with fixed times, and in an order that it has not.
    with zipfile.ZipFile(target, "w") as archive:
        for name, text in sorted(files.items()):
            entry = zipfile.ZipInfo(name, _LONG_AGO)
            entry.external_attr = _PERMISSIONS
            archive.writestr(entry, text, zipfile.ZIP_DEFLATED, compresslevel=9)
    return target.getvalue()


def sources() -> dict[str, Path]:
    """The modules of ours that a client imports, wherever in a module, by their names in there."""
    finder = ModuleFinder(path=[str(ROOT)])
    for name in _HOLDS:
        finder.import_hook(name)
    found = (vars(module)["__file__"] for module in finder.modules.values())
    paths = [Path(each) for each in found if each]  # Python's own, such as sys, have none
    return {path.relative_to(ROOT).as_posix(): path for path in paths}


def is_ours(path: Path) -> bool:
    """Whether a file was made here, so that a new one may take its place. Raises OSError."""
    try:
        with zipfile.ZipFile(path) as archive:
            return f"{_IN}/{GIVEN}" in archive.namelist()
    except zipfile.BadZipFile:
        return False
