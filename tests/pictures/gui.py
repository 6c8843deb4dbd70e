"""Makes the README's picture of the window from the programs themselves, with nothing painted in.

Run it: python -m tests.pictures.gui [PICTURE.png]

It starts a screen (Xvfb), a server and two windows, one light and one dark, lets people type into
them, and takes their pictures. ImageMagick puts the two side by side. Needs, beside what the checks
of the window need: ImageMagick, and for the signs in it fonts-noto-core and
fonts-noto-color-emoji.
"""

import argparse
import contextlib
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

from tests.kit.chat import Chat, Person
from tests.kit.desktop import Desktop, Window
from tests.kit.harness import ROOT, SECONDS, Program, wait_until

SIZE = ("720", "560")
BEHIND = "#dfe3ea"


def main(arguments: Sequence[str] | None = None) -> None:
    """Write the picture."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("picture", nargs="?", type=Path, default=ROOT / "docs" / "gui.png")
    picture = parser.parse_args(arguments).picture
    with (
        tempfile.TemporaryDirectory() as directory,
        Desktop(1600, 900) as desktop,
        Chat(Path(directory), "--flood-rate", "0") as chat,
        _client(desktop, chat, "Ada", "light"),
        _client(desktop, chat, "Linus", "dark"),
        contextlib.ExitStack() as stack,
    ):
        ada, linus = desktop.window("Ada on"), desktop.window("Linus on")
        for window, left in ((ada, "0"), (linus, "800")):  # one that is covered has no picture
            desktop.xdotool("windowsize", "--sync", window.number, *SIZE)
            desktop.xdotool("windowmove", "--sync", window.number, left, "0")
        others = [stack.enter_context(chat.join(name)) for name in ("Grace", "Анна", "Margaret")]
        _talk(desktop, others, ada, linus)
        parts = [Path(directory, "light.png"), Path(directory, "dark.png")]
        for window, part in zip((ada, linus), parts, strict=True):
            desktop.screenshot(part, window)
        _join(parts, picture)
    print(f"Wrote {picture}")


def _client(desktop: Desktop, chat: Chat, name: str, theme: str) -> Program:
    options = ("--port", str(chat.port), "--name", name, "--theme", theme)
    return Program("phase4.client_gui", *options, env=desktop.env)


def _talk(desktop: Desktop, others: Sequence[Person], ada: Window, linus: Window) -> None:
    """Each line is heard before the next is said, so that the picture tells one story."""
    grace, anna, late = others

    def say(window: Window, line: str, heard: str) -> None:
        window.type(f"{line}\n")
        late.skip_to(rf".*{heard}")

    say(ada, "Good morning! Who has read phase 3?", "phase 3.")
    grace.send("Me. One reader that stops reading freezes everybody 🥶")
    late.skip_to(".*freezes.*")
    say(linus, "That is what the outbox in phase 4 is for.", "is for.")
    anna.send("Спасибо! And where is recv() explained?")
    late.skip_to(".*explained.*")
    grace.send("https://docs.python.org/3/library/socket.html and phase1/README.md")
    late.skip_to(".*README.*")
    anna.send("Linus: can you show us the monitor at ten?")
    late.skip_to(".*at ten.*")
    linus.type("/pm Ada will you take the projector?\n")
    _wait_shown(desktop, ada, "projector", tab="alt+2")
    ada.type("Yes, and the cables\nWhere is the key?\n")
    _wait_shown(desktop, ada, "the key?", tab="alt+2")
    late.send("/quit")
    _wait_shown(desktop, linus, "Margaret left")
    linus.type("/nosuch\n")
    _wait_shown(desktop, linus, "no command")
    grace.send("/pm Ada the key is with me")
    grace.skip_to(".*with me")
    linus.type("See you all at ten")
    ada.type("I am on my way up")


def _wait_shown(desktop: Desktop, window: Window, text: str, tab: str = "alt+1") -> None:
    """Wait until `text` is in the tab that these keys lead to."""

    def copied() -> bool:
        window.key(tab, "ctrl+shift+c")
        return text in desktop.clipboard()

    wait_until(copied, f"{text!r} in the window")


def _join(parts: Sequence[Path], picture: Path) -> None:
    command = ["convert", *map(str, parts), "-background", BEHIND, "+smush", "24"]
    command += ["-bordercolor", BEHIND, "-border", "24", "-strip", str(picture)]
    subprocess.run(command, timeout=SECONDS, check=True)


if __name__ == "__main__":
    main()
