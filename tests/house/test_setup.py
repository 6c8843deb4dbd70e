"""What .ci/setup does on machines of all kinds: with rights and without, with Debian's apt or not.

Programs that do nothing stand in for Python, apt and sudo, and tell what they were asked.
"""

import itertools
import os
import re
import runpy
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.kit.harness import ROOT, SECONDS

pty = pytest.importorskip("pty", reason="Windows has no sh")

TOOLS = ("sh", "dirname", "grep", "uname", "env", "rm", "mkdir", "chmod", "true", "sed", "tail")
SBIN = "/usr/local/sbin:/usr/sbin:/sbin"  # where it looks as well
POSTGRESQL = "/usr/lib/postgresql"  # where it is, and where Debian's package is told what to do
POSTGRESQL_SETTINGS = "/etc/postgresql-common"
MODES: list[list[str]] = [[], ["learn"], ["test"]]

A_STUDENT = 'case $1 in -u) echo 1000 ;; *) echo "ann users" ;; esac'  # programs named id
AN_OWNER = 'case $1 in -u) echo 1000 ;; *) echo "ann sudo" ;; esac'
ROOT_USER = "echo 0"
STUDENT = 54321  # the number of an ordinary user, whom no system needs to list
WANTS_A_PASSWORD = 'echo "$*" >>asked; exit 1'  # sudo, and nobody types one
LETS = '[ "$1" = -n ] && shift; exec "$@"'
APT = 'echo "apt-get $*" >&2'
MAKES_VENV = """
case "$*" in *" .venv")
    mkdir -p .venv/bin
    echo "VIRTUAL_ENV='$PWD/.venv'" >.venv/bin/activate
    printf '#!/bin/sh\\n' >.venv/bin/python
    chmod 700 .venv/bin/python
esac
"""


class Machine:
    """A folder with a copy of .ci/setup, and a PATH on which are these programs and no others."""

    def __init__(
        self,
        place: Path,
        programs: dict[str, str] | None = None,
        *,
        has_venv: bool = True,
        name: str = "the ladder",
    ) -> None:
        self.folder = place / name
        self._bin = place / "bin"
        (self.folder / ".ci").mkdir(parents=True)
        self._bin.mkdir()
        text = (ROOT / ".ci/setup").read_text(encoding="utf-8")
        text = text.replace(SBIN, str(place / "sbin"))
        for folder in (POSTGRESQL, POSTGRESQL_SETTINGS):
            text = text.replace(folder, f"{place}{folder}")
        (self.folder / ".ci/setup").write_text(text, encoding="utf-8")
        for name in TOOLS:
            (self._bin / name).symlink_to(str(shutil.which(name)))
        for name, command in {"python3": MAKES_VENV, "id": A_STUDENT, **(programs or {})}.items():
            write_program(self._bin / name, command)
        if has_venv:
            self.python()
        self._as_student: list[str] = []

    def is_a_students(self) -> None:
        """From here on an ordinary user runs it: root may write everywhere."""
        if os.geteuid() == 0:
            self._as_student = [str(shutil.which("unshare")), "--user", f"--map-user={STUDENT}"]
            try:
                subprocess.run([*self._as_student, "/bin/true"], check=True, capture_output=True)
            except (OSError, subprocess.CalledProcessError) as error:
                pytest.skip(f"root cannot be an ordinary user here: {error}")

    def python(self, command: str = "exit 0", *, of: str = "") -> None:
        """Put a virtual environment there, with this for Python; it was made in `of`."""
        activate = self.folder / ".venv/bin/activate"
        activate.parent.mkdir(parents=True)
        activate.write_text(f"VIRTUAL_ENV='{of or self.folder}/.venv'\n", encoding="utf-8")
        write_program(activate.with_name("python"), command)

    def setup(self, *arguments: str, stdin: int = subprocess.DEVNULL, **env: str) -> "Told":
        """Run it, by default without a terminal; as whoever runs this."""
        done = subprocess.run(
            [*self._as_student, "sh", self.folder / ".ci/setup", *arguments],
            cwd=self.folder,
            env={"PATH": str(self._bin), **env},
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=SECONDS,
            check=False,
        )
        return Told(done.returncode, done.stdout)


class Told:
    """How it ended, and what was said."""

    def __init__(self, status: int, text: str) -> None:
        self.status = status
        self.text = text

    @property
    def installed(self) -> set[str]:
        """The packages that apt was asked for."""
        return {
            word
            for line in re.findall(r"^apt-get install (.*)$", self.text, re.M)
            for word in line.split()
            if word[0] != "-"
        }

    def assert_ready(self) -> None:
        """It goes on to the end."""
        assert self.status == 0, self.text
        assert "\nReady. " in self.text


def write_program(path: Path, command: str) -> None:
    """A program of one command."""
    path.write_text(f"#!/bin/sh\n{command}\n", encoding="utf-8")
    path.chmod(0o700)


# --- Debian's packages ---------------------------------------------------------------------------


@pytest.mark.parametrize("user", ["root", "sudo"])
@pytest.mark.parametrize("arguments", [[], ["test"]])
def test_whoever_may_gets_the_netcat_that_the_lessons_show(
    tmp_path: Path, user: str, arguments: list[str]
) -> None:
    programs = {"id": ROOT_USER} if user == "root" else {"sudo": LETS}
    told = Machine(tmp_path, {"apt-get": APT, **programs}).setup(*arguments)
    told.assert_ready()
    assert "netcat-openbsd" in told.installed


def test_a_load_balancer_comes_with_all_checks_alone(tmp_path: Path) -> None:
    machine = Machine(tmp_path, {"apt-get": APT, "id": ROOT_USER})
    assert "haproxy" not in machine.setup().installed
    assert "haproxy" in machine.setup("test").installed


def test_postgresql_comes_without_the_database_that_debian_starts(tmp_path: Path) -> None:
    told_it = Path(f"{tmp_path}{POSTGRESQL_SETTINGS}/createcluster.d/socket-ladder.conf")
    tell = f'while read -r line; do echo "is told: $line" >&2; done <"{told_it}"'
    machine = Machine(tmp_path, {"apt-get": f"{APT}; {tell}", "id": ROOT_USER})
    told = machine.setup("test")
    assert {"postgresql", "redis-server"} <= told.installed
    assert "is told: create_main_cluster = false\n" in told.text
    assert not told_it.exists()  # whoever wants one later gets it


def test_engines_that_are_here_are_not_installed(tmp_path: Path) -> None:
    machine = Machine(tmp_path, {"apt-get": APT, "id": ROOT_USER, "valkey-server": "exit 0"})
    postgres = Path(f"{tmp_path}{POSTGRESQL}/15/bin/postgres")
    postgres.parent.mkdir(parents=True)
    write_program(postgres, "exit 0")
    told = machine.setup("test")
    assert "haproxy" in told.installed
    assert not {"postgresql", "redis-server"} & told.installed


@pytest.mark.parametrize("name", ["firefox-esr", "firefox"])
def test_a_firefox_of_any_name_will_do(tmp_path: Path, name: str) -> None:
    programs = {"apt-get": APT, "id": ROOT_USER}
    assert "firefox-esr" in Machine(tmp_path / "without", programs).setup("test").installed
    with_it = Machine(tmp_path / "with", {**programs, name: "exit 0"})
    assert "firefox-esr" not in with_it.setup("test").installed


def test_to_learn_asks_for_no_rights_and_installs_no_package(tmp_path: Path) -> None:
    machine = Machine(tmp_path, {"apt-get": APT, "sudo": WANTS_A_PASSWORD, "id": AN_OWNER})
    told = machine.setup("learn")
    told.assert_ready()
    assert "apt-get" not in told.text
    assert not (machine.folder / "asked").exists()


def test_what_apt_does_not_have_keeps_the_others_from_nobody(tmp_path: Path) -> None:
    apt = 'for last in "$@"; do :; done; echo "$last" >>asked; [ $# -lt 6 ]'
    machine = Machine(tmp_path, {"apt-get": apt, "id": ROOT_USER})
    machine.setup("test").assert_ready()
    assert {"tmux", "sslscan"} <= {*(machine.folder / "asked").read_text().split()}


NO_RIGHTS: dict[str, dict[str, str]] = {
    "no sudo": {"apt-get": APT},
    "a password": {"apt-get": APT, "sudo": WANTS_A_PASSWORD, "id": AN_OWNER},
    "no apt": {"sudo": LETS},
    "no network": {"apt-get": 'echo "apt-get $*" >&2; exit 100', "id": ROOT_USER},
}


@pytest.mark.parametrize("why", NO_RIGHTS)
@pytest.mark.parametrize("arguments", [[], ["test"]])
def test_where_nothing_can_be_installed_it_goes_on_and_says_what_is_missing_and_what_for(
    tmp_path: Path, why: str, arguments: list[str]
) -> None:
    told = Machine(tmp_path, NO_RIGHTS[why]).setup(*arguments)
    told.assert_ready()
    assert re.search(r"^ +netcat-openbsd: .*nc.*lessons", told.text, re.M)
    assert ("\n    haproxy: " in told.text) == (arguments == ["test"])


@pytest.fixture
def terminal() -> Iterator[int]:
    """Where somebody sits."""
    master, slave = pty.openpty()
    yield slave
    os.close(master)
    os.close(slave)


@pytest.mark.parametrize(
    ("user", "sits_there", "asked"),
    [
        (AN_OWNER, True, "-v -p"),
        (AN_OWNER, False, "-n true"),
        (A_STUDENT, True, "-n true"),
    ],
    ids=["an owner", "an owner's script", "a student"],
)
def test_only_somebody_who_may_know_the_password_and_sits_there_is_asked_for_it(
    tmp_path: Path, terminal: int, user: str, sits_there: bool, asked: str
) -> None:
    machine = Machine(tmp_path, {"apt-get": APT, "sudo": WANTS_A_PASSWORD, "id": user})
    machine.setup(stdin=terminal if sits_there else subprocess.DEVNULL).assert_ready()
    assert (machine.folder / "asked").read_text().startswith(asked)


def test_in_ci_nothing_may_be_missing(tmp_path: Path) -> None:
    told = Machine(tmp_path).setup("test", CI="true")
    assert told.status == 1
    assert "\n    haproxy: " in told.text
    assert told.text.endswith("In CI nothing may be missing.\n")


# --- Python --------------------------------------------------------------------------------------


@pytest.mark.parametrize("arguments", MODES)
def test_without_python_it_says_so(tmp_path: Path, arguments: list[str]) -> None:
    told = Machine(tmp_path, {"python3": "exit 1"}, has_venv=False).setup(*arguments)
    assert told.status == 1
    assert "\nPython 3.11 or later is needed" in f"\n{told.text}"


def test_a_newer_python_of_another_name_will_do(tmp_path: Path) -> None:
    machine = Machine(tmp_path, {"python3": "exit 1", "python3.13": MAKES_VENV}, has_venv=False)
    machine.setup("learn").assert_ready()


LACKS = 'case "$*" in *libraries.py*) echo "    names: a random name" ;; esac; echo "$*" >>asked'


def test_pip_is_asked_where_any_library_is_missing_and_not_where_none_is(tmp_path: Path) -> None:
    machine = Machine(tmp_path, has_venv=False)
    machine.python(LACKS)
    told = machine.setup()
    told.assert_ready()
    assert "\n    names: a random name\n" in told.text
    assert "-e .[run]\n" in (machine.folder / "asked").read_text()
    (machine.folder / "asked").unlink()
    shutil.rmtree(machine.folder / ".venv")
    machine.python('echo "$*" >>asked')
    machine.setup().assert_ready()
    assert "-m pip" not in (machine.folder / "asked").read_text()


def test_a_virtual_environment_that_works_is_kept(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    mine = machine.folder / ".venv/mine"
    mine.touch()
    machine.setup("learn").assert_ready()
    assert mine.exists()


@pytest.mark.parametrize("fault", ["of an older Python", "of another place", "without Python"])
def test_a_virtual_environment_that_does_not_work_is_made_anew(tmp_path: Path, fault: str) -> None:
    machine = Machine(tmp_path, has_venv=False)
    if fault == "of another place":
        machine.python(of="/elsewhere")
    else:
        machine.python("exit 1")
    if fault == "without Python":
        (machine.folder / ".venv/bin/python").unlink()
    told = machine.setup("learn")
    told.assert_ready()
    assert told.text.startswith("The .venv here ")


DEBIANS = """
case "$*" in
*"import ensurepip"*) exit 1 ;;
*--without-pip*) ;;
*"-m venv"*) exit 1 ;;
*pip*) {pip} ;;
esac
"""  # python3, without the package python3-venv
PUTS_PIP_THERE = 'echo "$*" >>asked'
UV = PUTS_PIP_THERE + "\n" + MAKES_VENV


@pytest.mark.parametrize("other", ["pip", "uv"])
def test_where_python_brings_no_pip_another_one_puts_it_there(tmp_path: Path, other: str) -> None:
    python = DEBIANS.format(pip=PUTS_PIP_THERE if other == "pip" else "exit 1") + MAKES_VENV
    programs = {"python3": python} | ({"uv": UV} if other == "uv" else {})
    machine = Machine(tmp_path, programs, has_venv=False)
    machine.setup("learn").assert_ready()
    asked = (machine.folder / "asked").read_text()
    assert ("--seed" if other == "uv" else "--python .venv/bin/python") in asked


def test_where_none_can_be_made_it_says_what_to_install_and_what_runs_all_the_same(
    tmp_path: Path,
) -> None:
    python = '[ "$1" = -c ] || exit 1; case $2 in *venv*) exit 1 ;; esac'
    machine = Machine(tmp_path, {"python3": python}, has_venv=False)
    told = machine.setup("learn")
    assert told.status == 1
    assert "Debian's package python3-venv" in told.text
    assert "\n    https://docs.astral.sh/uv/" in told.text
    assert "\n    python3 -m phase1.server " in told.text
    assert not (machine.folder / ".venv").exists()


def test_where_making_one_fails_it_says_what_python_said(tmp_path: Path) -> None:
    python = 'case "$*" in *venv*.venv*) echo "No space left on device" >&2; exit 1 ;; esac'
    told = Machine(tmp_path, {"python3": python}, has_venv=False).setup("learn")
    assert told.status == 1
    assert "\n    No space left on device\n" in told.text
    assert "Debian's package" not in told.text


REFUSES = 'case "$*" in *"-m venv"*) echo "a path separator" >&2; exit 1 ;; esac'


@pytest.mark.parametrize(("name", "python"), [("a:b", REFUSES), ("a$b", MAKES_VENV)])
def test_a_path_in_which_no_virtual_environment_works_is_to_blame(
    tmp_path: Path, name: str, python: str
) -> None:
    python = python.replace("'$PWD", '\\"$PWD').replace(".venv'", '.venv\\"')  # as Python 3.11 does
    machine = Machine(tmp_path, {"python3": python}, has_venv=False, name=name)
    told = machine.setup("learn")
    assert told.status == 1
    assert (
        f"Rename this folder, or move it, and type this again:\n    {machine.folder}\n" in told.text
    )
    assert "Debian's package" not in told.text
    assert "pip says" not in told.text


@pytest.mark.parametrize("part", [".", ".venv"])
def test_what_is_of_somebody_else_is_used_where_it_is_ready(tmp_path: Path, part: str) -> None:
    machine = Machine(tmp_path)
    machine.is_a_students()
    (machine.folder / part).chmod(0o500)
    try:
        machine.setup("learn").assert_ready()
        machine.setup().assert_ready()
        write_program(machine.folder / ".venv/bin/python", LACKS + "; exit 1")
        told = machine.setup("learn")
    finally:
        (machine.folder / part).chmod(0o700)
    assert told.status == 1
    remedy = {".": "Make a copy of your own.", ".venv": "Move .venv away, and type this again."}
    assert told.text.endswith(f"You may not write here, so nothing was installed. {remedy[part]}\n")


BREAKS_OFF = """
echo "$*" >>asked
case "$*" in *libraries.py*) [ -e repaired ] || { echo "ImportError: no pip" >&2; exit 1; } ;; esac
"""


@pytest.mark.parametrize("arguments", MODES)
def test_where_it_cannot_be_told_what_is_lacking_pip_is_asked_and_that_is_said(
    tmp_path: Path, arguments: list[str]
) -> None:
    machine = Machine(tmp_path, has_venv=False)
    machine.python(BREAKS_OFF)
    told = machine.setup(*arguments)
    assert "-m pip install" in (machine.folder / "asked").read_text()
    assert told.status == 1
    assert "\nImportError: no pip\n" in told.text
    assert told.text.endswith("Which libraries are here cannot be told. Above, Python says why.\n")
    (machine.folder / "repaired").touch()
    machine.setup(*arguments).assert_ready()


# --- what is said --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "command"),
    [
        ([], "phase4.server"),
        (["learn"], "tests.start phase1 my"),
        (["learn"], "tests.progress --watch my"),
        (["test"], "pytest -n 4 --dist loadfile"),
    ],
)
def test_at_the_end_it_says_what_to_type_next(
    tmp_path: Path, arguments: list[str], command: str
) -> None:
    told = Machine(tmp_path).setup(*arguments).text
    _, _, after = told.partition("\nReady. In each terminal, type first:\n")
    assert after.startswith("    . .venv/bin/activate\nThen:\n")
    assert re.search(rf"^    python -m {command}\b", after, re.M)


@pytest.mark.parametrize("closed", [".", "my and logs"])
@pytest.mark.parametrize(
    ("arguments", "command"),
    [
        (["learn"], "tests.start phase1 ~/my"),
        (["learn"], "tests.progress --watch ~/my"),
        ([], "phase4.server --log-dir ~/logs"),
    ],
)
def test_where_you_may_not_write_what_to_type_next_writes_elsewhere(
    tmp_path: Path, closed: str, arguments: list[str], command: str
) -> None:
    machine = Machine(tmp_path)
    machine.is_a_students()
    folders = [machine.folder / name for name in closed.split(" and ")]
    for folder in folders:
        folder.mkdir(exist_ok=True)
        folder.chmod(0o500)
    try:
        told = machine.setup(*arguments)
    finally:
        for folder in folders:
            folder.chmod(0o700)
    told.assert_ready()
    assert re.search(rf"^    python -m {command} ", told.text, re.M)


def test_a_word_that_it_does_not_know_does_nothing(tmp_path: Path) -> None:
    told = Machine(tmp_path, {"apt-get": APT, "id": ROOT_USER}, has_venv=False).setup("tests")
    assert told.status == 2
    assert told.text == "Type sh .ci/setup, sh .ci/setup learn or sh .ci/setup test.\n"


# --- libraries -----------------------------------------------------------------------------------

PYPROJECT = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
PROJECT = tomllib.loads(PYPROJECT)["project"]


def lacking(place: Path, extra: str, *requirements: str) -> tuple[int, str]:
    """What .ci/libraries.py says of a project that wants these, by that name."""
    (place / ".ci").mkdir()
    shutil.copy(ROOT / ".ci/libraries.py", place / ".ci")
    wanted = "".join(f'    "{each}",   # for an example\n' for each in requirements)
    text = f"[project]\ndependencies = []\noptional-dependencies.{extra} = [\n{wanted}]\n"
    (place / "pyproject.toml").write_text(text, encoding="utf-8")
    command = [sys.executable, str(place / ".ci/libraries.py"), extra]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
    return done.returncode, done.stdout


def test_a_library_that_is_lacking_is_told_with_its_purpose(tmp_path: Path) -> None:
    told = lacking(tmp_path, "tls", "pytest>=1", "no-such-library>=3")
    assert told == (0, "    no-such-library: for an example\n")


@pytest.mark.parametrize("line", ["pytest-nothing>=3", "pytest>=1000"])
def test_where_what_runs_the_checks_is_lacking_or_too_old_the_status_tells(
    tmp_path: Path, line: str
) -> None:
    status, said = lacking(tmp_path, "learn", line)
    assert status == 1
    assert said == f"    {line.partition('>')[0]}: for an example\n"


def test_what_two_parts_of_the_project_want_is_told_once() -> None:
    told = runpy.run_path(str(ROOT / ".ci/libraries.py"))["wanted"](PYPROJECT, "test")
    names = [requirement.name for requirement, _ in told]
    assert len(names) == len({*names})


def test_what_is_for_another_system_is_not_lacking(tmp_path: Path) -> None:
    assert lacking(tmp_path, "tls", "no-such-library; sys_platform == 'amiga'") == (0, "")


def test_each_library_of_the_project_has_its_purpose_beside_it() -> None:
    purpose = runpy.run_path(str(ROOT / ".ci/libraries.py"))["purpose"]
    for line in (
        *PROJECT["dependencies"],
        *itertools.chain(*PROJECT["optional-dependencies"].values()),
    ):
        name = re.match(r"[\w-]+", line)
        assert name
        assert "pyproject" not in purpose(PYPROJECT, name[0]), line


def test_what_is_there_to_learn_is_there_to_check_all() -> None:
    extras = PROJECT["optional-dependencies"]
    assert {*extras["tls"], *extras["qr"], *extras["web"], *extras["accounts"]} == {*extras["run"]}
    assert {*extras["learn"], *extras["run"]} <= {*extras["test"], *PROJECT["dependencies"]}
