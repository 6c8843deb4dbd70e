"""What the window remembers from last time, in a small JSON file that the person may read and edit.

No toolkit here. A convenience must never stand in the way: a file that is broken, written by hand
or cannot be written is not an error; what is wrong in it counts as missing.
"""

import json
from collections.abc import Container, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from phase4.client_gui.ignoring import MAX_IGNORED
from phase4.client_gui.levels import LEVELS, Remembered, with_level
from phase4.client_gui.servers import Servers
from phase4.client_gui.servers import checked as checked_servers
from phase4.client_gui.words import kept
from phase4.widgets.colours import CHOICES, PALETTES, SYSTEM
from phase4.widgets.placement import Placement
from shared import message
from shared.defaults import CHAT_PORT, HOST, MAX_NAME_CHARACTERS
from shared.files import replace_text
from shared.server_place import MAX_HOST_CHARACTERS
from shared.settings_folder import settings_folder

FILE = "client_gui.json"

MAX_FILE_BYTES = 256 * 1024
"""More than that is not what we wrote, and is not read."""

_FARTHEST_PIXELS = 32_767  # X11 counts no further
_LARGEST_POINTS = 100  # the theme has bounds of its own; this one keeps nonsense out


@dataclass(frozen=True, slots=True)
class Settings:
    """What is remembered. `points` is the size of the text; 0: as it comes."""

    host: str = HOST
    port: int = CHAT_PORT
    name: str = ""
    theme: str = SYSTEM
    points: int = 0
    tls: bool = False
    looked: str = "light"
    """What came of the theme: where it is the system's, what that was last time."""
    window: Placement | None = None
    """Where it was; None: not known yet."""
    servers: Servers = ()
    """Those that have let the person in, the newest first."""
    ignored: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Who is ignored: for each server (HOST:PORT), names, and by which each goes now."""
    bell: bool = True
    """Whether it rings when one is called, and the window is not in front."""
    notify: bool = False
    """Whether the desktop is told then."""
    notify_private_text: bool = False
    """Whether it is told what private messages say."""
    words: tuple[str, ...] = ()
    """What calls, beside the own name."""
    levels: tuple[Remembered, ...] = ()
    """Which conversations call in another way than usual."""


def default_path() -> Path | None:
    """Where this system keeps a person's settings; None where this person has no home."""
    folder = settings_folder()
    return folder and folder / FILE


def load(path: Path) -> Settings:
    """What `path` holds; for what is missing or makes no sense, the default. Raises nothing."""
    try:
        with path.open("rb") as file:
            data = file.read(MAX_FILE_BYTES + 1)
        held = json.loads(data) if len(data) <= MAX_FILE_BYTES else None
    except (OSError, ValueError, RecursionError):  # not there; no JSON; JSON that is a trap
        return Settings()
    return _checked(held) if isinstance(held, dict) else Settings()


def save(path: Path, settings: Settings) -> bool:
    """Write them, for this person's eyes only; whether that was possible. Raises nothing.

    The file is replaced in one step: a reader meanwhile, or a loss of power, finds the old one.
    """
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        replace_text(path, json.dumps(asdict(settings), indent=2, ensure_ascii=False) + "\n")
    except OSError:
        return False
    return True


def _checked(held: Mapping[str, object]) -> Settings:
    plain = Settings()
    return Settings(
        host=_text(held.get("host"), MAX_HOST_CHARACTERS) or plain.host,
        port=_number(held.get("port"), 1, 65535, plain.port),
        name=_text(held.get("name"), MAX_NAME_CHARACTERS),
        theme=_one_of(CHOICES, held.get("theme"), plain.theme),
        looked=_one_of(PALETTES, held.get("looked"), plain.looked),
        points=_number(held.get("points"), 0, _LARGEST_POINTS, plain.points),
        tls=held.get("tls") is True,
        window=_placement(held.get("window")),
        servers=checked_servers(held.get("servers")),
        ignored=_ignored(held.get("ignored")),
        bell=held.get("bell") is not False,
        notify=held.get("notify") is True,
        notify_private_text=held.get("notify_private_text") is True,
        words=kept(each for each in _list(held.get("words")) if isinstance(each, str)),
        levels=_levels(held.get("levels")),
    )


def _placement(held: object) -> Placement | None:
    """None where a number is missing, or makes no sense."""
    if not isinstance(held, dict):
        return None
    far = _FARTHEST_PIXELS
    width, height = (_number(held.get(name), 1, far, 0) for name in ("width", "height"))
    x, y = (_number(held.get(name), -far, far, far + 1) for name in ("x", "y"))
    if not width or not height or far + 1 in (x, y):
        return None
    return Placement(width, height, x, y, held.get("is_maximised") is True)


def _ignored(value: object) -> Mapping[str, Mapping[str, str]]:
    kept: dict[str, dict[str, str]] = {}
    for server, names in value.items() if isinstance(value, dict) else ():
        place = _text(server, MAX_HOST_CHARACTERS + len("[]:65535"))
        for chosen, now in names.items() if place and isinstance(names, dict) else ():
            name = _text(chosen, MAX_NAME_CHARACTERS)
            if name and sum(map(len, kept.values())) < MAX_IGNORED:
                kept.setdefault(place, {})[name] = _text(now, MAX_NAME_CHARACTERS) or name
    return kept


def _levels(value: object) -> tuple[Remembered, ...]:
    levels: tuple[Remembered, ...] = ()
    for each in _list(value):
        match each:
            case [str(place), str(person), str(level)] if level in LEVELS:
                levels = with_level(levels, place, person[:MAX_NAME_CHARACTERS], level)
    return levels


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _text(value: object, longest: int) -> str:
    if not isinstance(value, str) or len(value) > longest:
        return ""
    return message.clean(value).strip()


def _one_of(choices: Container[str], value: object, otherwise: str) -> str:
    return value if isinstance(value, str) and value in choices else otherwise


def _number(value: object, least: int, most: int, otherwise: int) -> int:
    if not isinstance(value, int) or isinstance(value, bool):  # True is a number to Python
        return otherwise
    return value if least <= value <= most else otherwise
