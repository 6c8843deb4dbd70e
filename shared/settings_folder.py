"""Where this person's settings belong on this system."""

import os
import sys
from pathlib import Path

FOLDER = "socket-ladder"


def settings_folder() -> Path | None:
    """Our folder there, made or not; None where nobody knows this person's home directory.

    Linux and others: the XDG Base Directory Specification, XDG_CONFIG_HOME. A service, or a user
    whom the system does not list (a container's, for one), may have no home.
    """
    if sys.platform == "win32":
        place = os.environ.get("APPDATA", "") or "~/AppData/Roaming"
    elif sys.platform == "darwin":
        place = "~/Library/Application Support"
    else:
        place = os.environ.get("XDG_CONFIG_HOME", "")
        if not os.path.isabs(place):  # "if relative, ignore it"
            place = "~/.config"
    path = Path(os.path.expanduser(place))
    return path / FOLDER if path.is_absolute() else None
