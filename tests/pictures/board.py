"""Makes the picture of the board's window from the program itself, with nothing painted in.

Run it: python -m tests.pictures.board [PICTURE.png]

The address is this machine's. Needs what make_gui_picture needs, and the libraries cryptography and
segno.
"""

import argparse
import tempfile
from collections.abc import Sequence
from pathlib import Path

from shared.defaults import CHAT_PORT
from tests.kit.desktop import Desktop
from tests.kit.harness import ROOT, free_port
from tests.phase4.server_gui.test_server_gui import ServerWindow
from tests.pictures.refused import new_certificate

SIZE = ("900", "460")


def main(arguments: Sequence[str] | None = None) -> None:
    """Write the picture."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("picture", nargs="?", type=Path, default=ROOT / "docs" / "board.png")
    picture = parser.parse_args(arguments).picture
    with tempfile.TemporaryDirectory() as name, Desktop(1280, 800) as desktop:
        directory = Path(name)
        ports = ("--port", str(CHAT_PORT), "--status-port", str(free_port()))
        certificate = new_certificate(directory, "server")
        given = ("--start", "--qr", "--host", "0.0.0.0", *ports, *certificate)
        with ServerWindow(desktop, directory / "logs", *given) as server:
            window = desktop.window("For the board")
            desktop.xdotool("windowsize", "--sync", window.number, *SIZE)
            desktop.screenshot(picture, window)
            server.process.terminate()
            server.wait()
    print(f"Wrote {picture}")


if __name__ == "__main__":
    main()
