"""Makes the picture of the table of a class, from the program itself and a class that it makes up.

Run it: python -m tests.pictures.table [PICTURE.png] [--page FILE]

The learners' servers are beginnings with some TODOs done. They are graded, which takes a minute or
two, and Chromium shows the page. It needs that, and ImageMagick.
"""

import argparse
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from tests.kit.harness import ROOT, run
from tests.start import PHASES, SERVER, STARTERS
from tests.starters.cutting import cut

ALL = 99
CLASS: dict[
    str, tuple[int | str | None, ...]
] = {  # for each phase the TODOs that are done, or a mistake
    "Anna Müller": (ALL, ALL, ALL, 6),
    "Ben": (ALL, "(", None, None),
    "Chloé": (ALL, 2, 0, None),
    "Fatima": (3, None, None, None),
    "Giorgos": (ALL, ALL, 2, None),
    "José": (ALL, ALL, "import sockets", None),
    "داریوش": (4, 0, None, None),
}
SIZE = (1280, 870)
SMALLER = ("+dither", "-colors", "64", "-strip")
GRADE_SECONDS = 300.0


def main(arguments: Sequence[str] | None = None) -> None:
    """Write the picture."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("picture", nargs="?", type=Path, default=ROOT / "docs" / "table.png")
    parser.add_argument("--page", type=Path, help="keep the page as well")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as name:
        page = Path(name) / "table.html"
        _grade(Path(name) / "class", page)
        if options.page:
            shutil.copy(page, options.page)
        _show(page, options.picture.resolve())
    print(f"Wrote {options.picture}")


def _grade(school: Path, page: Path) -> None:
    for name, phases in CLASS.items():
        (school / name).mkdir(parents=True)
        for phase, done in zip(PHASES, phases, strict=True):
            if done is not None:
                (school / name / phase).mkdir()
                (school / name / phase / SERVER).write_text(_server(phase, done), encoding="utf-8")
    learners = [str(school / name) for name in CLASS]
    status, printed = run("tests.progress", *learners, "--html", str(page), seconds=GRADE_SECONDS)
    assert status == 0, printed
    print(printed)


def _server(phase: str, done: int | str) -> str:
    program = (STARTERS / f"{phase}.py").read_text(encoding="utf-8")
    return cut(program, done) if isinstance(done, int) else f"{done}\n{program}"


def _show(page: Path, picture: Path) -> None:
    chromium = next(filter(None, map(shutil.which, ("chromium", "google-chrome"))), None)
    if chromium is None:
        sys.exit("It needs Chromium: apt-get install chromium.")
    options = ("--headless", "--no-sandbox", "--hide-scrollbars", "--force-color-profile=srgb")
    where = (f"--window-size={SIZE[0]},{SIZE[1]}", f"--screenshot={picture}", page.as_uri())
    subprocess.run([chromium, *options, *where], check=True, capture_output=True)
    subprocess.run(["convert", picture, *SMALLER, f"PNG8:{picture}"], check=True)


if __name__ == "__main__":
    main()
