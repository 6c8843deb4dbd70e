"""Makes the README's picture of a whole run from the programs themselves, with nothing painted in.

Run it: python -m tests.pictures.run [PICTURE.png]

A server, a relay, two windows, one of them through the relay, a terminal client and the monitor,
on one screen. Needs, beside what the checks of the window need: xterm, ImageMagick and
fonts-noto-core.
"""

import argparse
import contextlib
import subprocess
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from tests.kit.chat import Chat
from tests.kit.desktop import Desktop, Window
from tests.kit.harness import ROOT, SECONDS, Program, environment
from tests.pictures.xterm import Look, xterm

WINDOW = ("720", "500")  # pixels, without its frame
DARK = ("#d8dee9", "#1c1f26")
COLUMN, ROW = 750, 545  # pixels from one window to the next

PAUSE_SECONDS = 2.5  # between two lines, so that the monitor has something to draw


def main(arguments: Sequence[str] | None = None) -> None:
    """Write the picture."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("picture", nargs="?", type=Path, default=ROOT / "docs" / "run.png")
    picture = parser.parse_args(arguments).picture
    with contextlib.ExitStack() as stack:
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        desktop = stack.enter_context(Desktop(2 * COLUMN, 2 * ROW - 70))
        chat = stack.enter_context(Chat(directory, "--flood-rate", "0"))
        upstream = f"127.0.0.1:{chat.port}"
        relay = stack.enter_context(Program("phase4.relay", "--port", "0", "--upstream", upstream))
        through = int(relay.expect(r"Listening on \S+:(\d+)")[1])
        alice = _window(stack, desktop, chat.port, ("Alice", "light"), 0)
        bob = _window(stack, desktop, through, ("Bob", "dark"), COLUMN)
        carol = _carol(stack, desktop, chat.port)
        status = f"{chat.status_host}:{chat.status_port}"
        look = Look(*DARK, "88x24", (COLUMN, ROW))
        stack.enter_context(
            xterm(desktop, "Monitor", look, "monitor", "--status", status, "--interval", "1")
        )
        desktop.window("^Monitor$")
        witness = stack.enter_context(chat.join("Dora"))
        for window, line, heard in (
            (alice, "Good morning! Has anybody tried phase 3?", "phase 3"),
            (bob, "Yes. One reader that stops reading freezes everybody :)", "everybody"),
            (carol, "Alice, that is what the outbox in phase 4 is for", "is for"),
            (carol, "/nick Caroline", "now Caroline"),
            (bob, "https://docs.python.org/3/library/socket.html says it well", "it well"),
            (alice, "Who shows us the monitor at ten?", "at ten"),
        ):
            time.sleep(PAUSE_SECONDS)
            window.type(f"{line}\n")
            witness.skip_to(f".*{heard}.*")
        carol.type("/pmm Bob lunch?\n")
        bob.type("/pm Dora lunch at one?\n")
        witness.skip_to(".*lunch at one.*")
        witness.send("/pm Alice the projector is here")
        witness.skip_to(".*projector.*")
        witness.send("Everybody: at ten, then", "/quit")
        bob.type("See you")
        alice.copied(lambda text: "Dora left" in text, "that Dora has left")
        time.sleep(PAUSE_SECONDS)  # for the monitor to see it
        desktop.screenshot(picture)
    _make_small(picture)
    print(f"Wrote {picture}")


def _window(
    stack: contextlib.ExitStack, desktop: Desktop, port: int, who: tuple[str, str], left: int
) -> Window:
    name, theme = who
    options = ("--port", str(port), "--name", name, "--theme", theme)
    stack.enter_context(Program("phase4.client_gui", *options, env=desktop.env))
    window = desktop.window(f"{name} on")
    desktop.xdotool("windowsize", "--sync", window.number, *WINDOW)
    desktop.xdotool("windowmove", "--sync", window.number, str(left + 8), "4")
    return window


def _carol(stack: contextlib.ExitStack, desktop: Desktop, port: int) -> Window:
    look = Look(*DARK, "88x24", (0, ROW))
    options = ("--port", str(port), "--name", "Carol", "--no-bell")
    stack.enter_context(xterm(desktop, "Carol", look, "phase4.client_terminal", *options))
    return desktop.window("^Carol$")


def _make_small(picture: Path) -> None:
    """A picture of few colours is a third as large, and looks the same."""
    command = ["convert", str(picture), "-strip", "-colors", "200", f"PNG8:{picture}"]
    subprocess.run(command, timeout=SECONDS, check=True, env=environment())


if __name__ == "__main__":
    main()
