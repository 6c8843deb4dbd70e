"""What was typed and not sent, in a file: by server, and by the person whom it is for.

No toolkit here. As with the settings (settings.py), a file that is broken, written by hand or
cannot be written is not an error: what is wrong in it counts as missing. What was sent or cleared
is taken out of it.
"""

import json
from collections.abc import Mapping
from pathlib import Path

from phase4.client_gui.typing_aids import MAX_TYPED_CHARACTERS
from shared import message
from shared.defaults import MAX_NAME_CHARACTERS
from shared.files import replace_text

MAX_SERVERS = 20
"""The server where something was left unsent longest ago is forgotten first."""

MAX_DRAFTS = 21
"""Of one server: as many as there are conversations."""

MAX_FILE_BYTES = 1024 * 1024
"""More is neither written nor read: it would be 250 of the longest messages."""

_MAX_PLACE_CHARACTERS = 300  # the longest name that DNS allows, brackets and a port

Drafts = dict[str, str]
"""What is being typed to each person, by name; to everybody: by an empty name."""


class DraftFile:
    """The file `path`; None: nothing is remembered. Raises nothing."""

    def __init__(self, path: Path | None) -> None:
        self._path = path

    def of(self, place: str) -> Drafts:
        """What was left at the server with this address and port."""
        return self._read().get(place, {})

    def write(self, place: str, drafts: Mapping[str, str]) -> bool:
        """Have these, and no others, for this server; whether the file holds them all now."""
        before = self._read()
        after = {each: kept for each, kept in before.items() if each != place}
        fitting = _checked_drafts(drafts)
        if fitting:
            after[place] = fitting  # the last one: of the others, the first is the oldest
        if after != before and not self._replace(after):
            return False
        return fitting == drafts and (not drafts or self.of(place) == drafts)

    def _read(self) -> dict[str, Drafts]:
        if self._path is None:
            return {}
        try:
            with self._path.open("rb") as file:
                data = file.read(MAX_FILE_BYTES + 1)
            held = json.loads(data) if len(data) <= MAX_FILE_BYTES else None
        except (OSError, ValueError, RecursionError):  # not there; no JSON; JSON that is a trap
            return {}
        return _checked(held)

    def _replace(self, all_of_them: dict[str, Drafts]) -> bool:
        if self._path is None:
            return not all_of_them
        while len(all_of_them) > MAX_SERVERS or len(_as_text(all_of_them)) > MAX_FILE_BYTES:
            del all_of_them[next(iter(all_of_them))]
        try:
            if all_of_them:
                self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                replace_text(self._path, _as_text(all_of_them).decode())
            else:
                self._path.unlink(missing_ok=True)
        except OSError:
            return False
        return True


def drafts_beside(settings: Path | None) -> Path | None:
    """Where they are kept: beside the settings; None: nowhere."""
    return settings and settings.with_name(f"{settings.stem}_drafts.json")


def _as_text(all_of_them: Mapping[str, Drafts]) -> bytes:
    return (json.dumps(all_of_them, indent=2, ensure_ascii=False) + "\n").encode(errors="replace")


def _checked(held: object) -> dict[str, Drafts]:
    if not isinstance(held, dict):
        return {}
    found = {
        place: _checked_drafts(drafts)
        for place, drafts in [*held.items()][-MAX_SERVERS:]
        if isinstance(drafts, dict) and len(place) <= _MAX_PLACE_CHARACTERS
    }
    return {place: drafts for place, drafts in found.items() if drafts}


def _checked_drafts(drafts: Mapping[str, object]) -> Drafts:
    """Those that may stand in the file."""
    found = {}
    for name, text in [*drafts.items()][:MAX_DRAFTS]:
        is_name = len(name) <= MAX_NAME_CHARACTERS and message.clean(name).strip() == name
        if is_name and isinstance(text, str) and 0 < len(text) <= MAX_TYPED_CHARACTERS:
            found[name] = text.encode(errors="replace").decode()  # half a character is no text
    return found
