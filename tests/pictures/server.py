"""Makes the picture of the server's window from the programs themselves, with nothing painted in.

Run it: python -m tests.pictures.server [PICTURE.png]

Two server windows, one light and one dark, each with its people. Needs what make_gui_picture needs.
"""

import argparse
import contextlib
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from shared.defaults import CHAT_PORT, STATUS_PORT
from tests.kit.desktop import Desktop, Window
from tests.kit.harness import ROOT, SECONDS, Peer, free_port, wait_until
from tests.phase4.server_gui.test_server_gui import ServerWindow, join

SIZE = ("920", "660")
BEHIND = "#dfe3ea"
PEOPLE = ("Ada", "Grace", "Linus", "Анна", "Margaret", "Edsger", "Barbara", "Guido")
SAID = (
    ("Ada", "Good morning! Who has read phase 3?"),
    ("Grace", "Me. One reader that stops reading freezes everybody 🥶"),
    ("Linus", "That is what the outbox in phase 4 is for."),
    ("Анна", "Спасибо! And where is recv() explained?"),
    ("Grace", "https://docs.python.org/3/library/socket.html and phase1/README.md"),
)


def main(arguments: Sequence[str] | None = None) -> None:
    """Write the picture."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("picture", nargs="?", type=Path, default=ROOT / "docs" / "server.png")
    picture = parser.parse_args(arguments).picture
    with tempfile.TemporaryDirectory() as directory, Desktop(1800, 900) as desktop:
        parts = []
        for theme in ("light", "dark"):
            parts.append(Path(directory, f"{theme}.png"))
            with _window(desktop, Path(directory, theme), theme) as window:
                desktop.screenshot(parts[-1], window)
        _put_together(parts, picture)
    print(f"Wrote {picture}")


@contextlib.contextmanager
def _window(desktop: Desktop, logs: Path, theme: str) -> Iterator[Window]:
    """A window with a server that has been talked on."""
    with (
        ServerWindow(desktop, logs, "--theme", theme, *_ports()) as server,
        contextlib.ExitStack() as stack,
    ):
        window = server.window()
        desktop.xdotool("windowsize", "--sync", window.number, *SIZE)
        window.key("F5")
        port = server.port(window)
        people = {name: stack.enter_context(join(port, name)) for name in PEOPLE}
        for name, text in SAID:
            people[name].send(text)
            _hear(people, name, text)
        people["Linus"].send("/pm Ada will you take the projector?")
        people["Ada"].skip_to(r".*projector.*")
        window.expect_title(f"{len(PEOPLE)} online")
        window.key("g", "u", "Delete", "Right", "Return")  # the second answer is yes
        people["Guido"].skip_to("! .*")
        people["Guido"].expect_end()
        server.log_shows(window, "Guido left")
        window.key("b")
        window.expect_title(f"{len(PEOPLE) - 1} online")
        yield window


def _ports() -> Iterator[str]:
    """Those that people know from the lesson, if nobody has them."""
    for option, port in (("--port", CHAT_PORT), ("--status-port", STATUS_PORT)):
        is_free = True
        with contextlib.suppress(ConnectionRefusedError), Peer("127.0.0.1", port):
            is_free = False
        yield from (option, str(port if is_free else free_port()))


def _hear(people: Mapping[str, Peer], name: str, text: str) -> None:
    """Wait until somebody else has heard it, so that the picture tells one story."""
    listener = next(person for other, person in people.items() if other != name)
    wait_until(lambda: text in listener.read_line(), f"{text!r}")


def _put_together(parts: Sequence[Path], picture: Path) -> None:
    command = ["convert", *map(str, parts), "-background", BEHIND, "+smush", "24"]
    command += ["-bordercolor", BEHIND, "-border", "24", "-strip", str(picture)]
    subprocess.run(command, timeout=SECONDS, check=True)


if __name__ == "__main__":
    main()
