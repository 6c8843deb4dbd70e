"""The whole of it: set up Windows' Python, run the checks there, and walk through the programs."""

import argparse
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ElementTree
from pathlib import Path

from tests.kit.harness import ROOT
from tests.wine.exceptions import EXCEPTIONS, not_needed, unexpected
from tests.wine.machine import Machine, Missing

WIRE = [f"tests/phase{number}/test_wire.py" for number in (1, 2, 3, 4)]
OTHERS = [
    *("tests/phase1", "tests/phase2", "tests/phase3", "tests/shared"),
    *("tests/starters", "tests/progress/test_command.py"),
    *("tests/grading/test_commands.py", "tests/grading/test_subject.py"),
    *("tests/phase4/server/test_status_port.py", "tests/phase4/relay/test_carrying.py"),
]
WIRE_TIMES = 3  # in a row: what fails now and then is a fault as well
PATIENCE = ("--patience", "15", "--start-seconds", "60", "--timeout", "180")  # Wine starts slowly
WALKS = "tests/wine/test_walks.py"


def main() -> int:
    """Run what was asked for; the exit status."""
    options = _options()
    machine = Machine(options.folder.expanduser().resolve())
    try:
        machine.prepare()
    except Missing as error:
        print(error, file=sys.stderr)
        return 2
    if options.run is not None:
        return subprocess.run(
            [*machine.python, *options.run], env=machine.env, check=False
        ).returncode
    faults = _check(machine)
    walked = subprocess.run(
        [sys.executable, "-m", "pytest", "-n", "0", WALKS, "--wine", str(machine.folder)],
        cwd=ROOT,
        check=False,
    )
    return 1 if faults or walked.returncode else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="bash .ci/windows", description="Windows' own Python, on Linux, under Wine."
    )
    parser.add_argument(
        "folder",
        type=Path,
        nargs="?",
        default=Path("~/.cache/socket-ladder/windows"),
        help="where it is set up, and kept (default %(default)s)",
    )
    parser.add_argument(
        "--run", nargs=argparse.REMAINDER, metavar="WORD", help="run a program there, and no checks"
    )
    return parser.parse_args()


def _check(machine: Machine) -> int:
    """Run the checks there; how many faults there are that Wine is not to blame for."""
    outcomes: dict[str, bool] = {}
    for paths in [WIRE] * (WIRE_TIMES - 1) + [[*WIRE, *OTHERS]]:
        found = _run(machine, paths)
        for name, has_passed in found.items():
            outcomes[name] = outcomes.get(name, True) and has_passed
        for path in paths:
            if not any(name.startswith(_dotted(path)) for name in found):
                outcomes[f"{path}: the run ended before it"] = False
    failed = [name for name, has_passed in outcomes.items() if not has_passed]
    faults = unexpected(failed)
    for name in failed:
        print("FAILED" if name in faults else "Wine's ", name)
    spare = not_needed(outcomes, failed)
    for row in spare:
        print(f"Not needed any more: {row} ({EXCEPTIONS[row]})")
    return len(faults) + len(spare)


def _run(machine: Machine, paths: list[str]) -> dict[str, bool]:
    """Whether each check there has passed; what was skipped is left out."""
    with tempfile.TemporaryDirectory() as scratch:
        report = Path(scratch, "report.xml")
        words = ["-m", "pytest", "-p", "no:cacheprovider", "--tb=short", f"--junitxml={report}"]
        words += [*PATIENCE, *paths]
        with subprocess.Popen(
            [*machine.python, *words],
            cwd=ROOT,
            env={**machine.env, "PYTHONDONTWRITEBYTECODE": "1"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        ) as checks:
            assert checks.stdout
            for line in checks.stdout:  # a pipe: Wine's programs cannot write to a file
                sys.stdout.write(line.decode("utf-8", "replace").replace("\r\n", "\n"))
        return _outcomes(ElementTree.parse(report).getroot())


def _dotted(path: str) -> str:
    """As the report names it."""
    return path.removesuffix(".py").replace("/", ".")


def _outcomes(report: ElementTree.Element) -> dict[str, bool]:
    """Of a report in JUnit's form."""
    outcomes = {}
    for case in report.iter("testcase"):
        name = f"{case.get('classname')}::{case.get('name')}"
        if case.find("skipped") is None:
            outcomes[name] = case.find("failure") is None and case.find("error") is None
    return outcomes


if __name__ == "__main__":
    sys.exit(main())
