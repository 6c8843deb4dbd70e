"""Makes the picture of the monitor from the programs themselves, with nothing painted in.

Run it: python -m tests.pictures.monitor [PICTURE.png]

A server, twelve people who talk for some minutes, and the monitor in two terminals, one dark and
one light. It asks each for its background, as it always does. Needs Xvfb, xterm and ImageMagick.
"""

import argparse
import contextlib
import math
import os
import random
import subprocess
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from tests.kit.desktop import Desktop
from tests.kit.harness import ROOT, SECONDS, Peer, Server
from tests.pictures.xterm import Look, xterm

SIZE = "112x42"  # columns and rows
HEIGHT = 800  # of a terminal of this size on the screen, and some more
TALK_SECONDS = 200.0
BEHIND = "#dfe3ea"
THEMES = {"dark": ("#d8dee9", "#101418"), "light": ("#1c2128", "#ffffff")}  # text, background
PEOPLE = (
    *("Ada", "Grace", "Linus", "Анна", "Margaret", "Edsger"),
    *("Barbara", "Guido", "Ken", "Dennis", "Ελένη", "Zoë"),
)


def main(arguments: Sequence[str] | None = None) -> None:
    """Write the picture."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("picture", nargs="?", type=Path, default=ROOT / "docs" / "monitor.png")
    picture = parser.parse_args(arguments).picture
    with contextlib.ExitStack() as stack:
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        desktop = stack.enter_context(Desktop(1100, HEIGHT * len(THEMES)))
        options = ("--status-port", "0", "--log-dir", str(directory), "--quit-key", "off")
        server = stack.enter_context(Server("phase4.server", *options))
        status = server.expect(r"Status on ([^\s,]+)")[1]
        for number, name in enumerate(THEMES):
            look = Look(*THEMES[name], SIZE, (0, HEIGHT * number))
            monitor = ("monitor", "--status", status, "--interval", "2")
            stack.enter_context(xterm(desktop, f"monitor {name}", look, *monitor))
        _talk(stack, server)
        parts = [directory / f"{name}.png" for name in THEMES]
        for part, name in zip(parts, THEMES, strict=True):
            desktop.screenshot(part, desktop.window(f"^monitor {name}$"))
        _put_together(parts, picture)
    print(f"Wrote {picture}")


def _talk(stack: contextlib.ExitStack, server: Server) -> None:
    """People come one by one, say more and less, and now and then one goes and comes back."""
    chance = random.Random(7)
    people: dict[str, Peer] = {}
    began = time.monotonic()
    while (passed := time.monotonic() - began) < TALK_SECONDS:
        for name in PEOPLE[len(people) : 3 + int(passed / 12)]:
            people[name] = stack.enter_context(server.connect())
            people[name].send(name)
        lively = 9 + 7 * math.sin(passed / 14) + 3 * math.sin(passed / 3)
        time.sleep(1 / max(lively, 1.5))
        speaker = chance.choice([*people][: chance.randint(2, len(people))])
        private = chance.random() < 0.15
        people[speaker].send(
            "/pm Ada psst, look" if private else "What does recv() give at the end?"
        )
        if chance.random() < 0.004:
            people[speaker].send("/quit")
            people[speaker].read_bytes_until_end()
            people[speaker] = stack.enter_context(server.connect())
            people[speaker].send(speaker)
        for each in people.values():
            while each.has_input():
                each.read_line()


def _put_together(parts: Sequence[Path], picture: Path) -> None:
    command = ["convert", *map(str, parts), "-background", BEHIND, "-smush", "20"]
    command += ["-bordercolor", BEHIND, "-border", "20", "-strip"]
    command += ["-colors", "128", f"PNG8:{picture}"]
    subprocess.run(command, timeout=SECONDS, check=True, env={**os.environ})


if __name__ == "__main__":
    main()
