"""Makes the picture of a window that refuses the one in the middle, from the programs themselves.

Run it: python -m tests.pictures.refused [PICTURE.png]

One window, twice: while the relay passes TLS on, and when it shows a certificate of its own. Needs
what make_gui_picture needs, and the library cryptography.
"""

import argparse
import tempfile
from collections.abc import Sequence
from pathlib import Path

from tests.kit.chat import Chat
from tests.kit.desktop import Desktop, Window
from tests.kit.harness import ROOT, Program, Server, free_port, run
from tests.pictures.gui import SIZE, _join


def main(arguments: Sequence[str] | None = None) -> None:
    """Write the picture."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("picture", nargs="?", type=Path, default=ROOT / "docs" / "refused.png")
    picture = parser.parse_args(arguments).picture
    with tempfile.TemporaryDirectory() as name, Desktop(1600, 900) as desktop:
        directory = Path(name)
        with Chat(directory, *new_certificate(directory, "server")) as chat:
            _join(_before_and_after(desktop, directory, chat), picture)
    print(f"Wrote {picture}")


def new_certificate(directory: Path, whose: str) -> tuple[str, ...]:
    """A new certificate; the options to use it."""
    files = {each: str(directory / f"{whose}-{each}.pem") for each in ("cert", "key")}
    status, printed = run(
        "phase4.certificate", "127.0.0.1", "--cert", files["cert"], "--key", files["key"]
    )
    assert status == 0, printed
    return ("--tls-cert", files["cert"], "--tls-key", files["key"])


def _before_and_after(desktop: Desktop, directory: Path, chat: Chat) -> list[Path]:
    port = free_port()  # of the relay, both times
    upstream = ("--upstream", f"127.0.0.1:{chat.port}")
    to_server = ("--known-hosts", str(directory / "mallorys_known_hosts"))
    relay = Server("phase4.relay", "--trace", *upstream, port=port)
    options = ("--port", str(port), "--tls", "--known-hosts", "known_hosts", "--name", "Ada")
    with Program("phase4.client_gui", *options, "--no-remember", cwd=directory, env=desktop.env):
        with relay:
            ada = desktop.window("Ada on")
            desktop.xdotool("windowsize", "--sync", ada.number, *SIZE)
            ada.type("The key is under the mat.\n")
            relay.expect("client → server +48 bytes")  # of which 26 are hers
            relay.expect("client → server")  # whether it has arrived
            relay.expect("server → client")  # it has
            before = _picture(ada, directory / "before.png", "under the mat")
        own = new_certificate(directory, "mallory")
        with Server("phase4.relay", *upstream, *own, *to_server, port=port):
            after = _picture(ada, directory / "after.png", "another certificate")
    return [before, after]


def _picture(window: Window, file: Path, text: str) -> Path:
    """Take it when the text is there."""
    window.copied(lambda shown: text in shown, f"{text!r} in the window")
    window.desktop.screenshot(file, window)
    return file


if __name__ == "__main__":
    main()
