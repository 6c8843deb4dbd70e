"""Which of pyproject.toml's libraries this Python lacks, and what each is for.

    .venv/bin/python .ci/libraries.py learn              prints them
    .venv/bin/python .ci/libraries.py learn --install    first asks pip for each by itself

The word is one of the optional dependencies. The exit status is 1 where one is lacking without
which no check runs, and 0 else. Needs pip, for what it knows of versions.
"""

import importlib.metadata
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

from pip._vendor.packaging.requirements import Requirement

PYPROJECT = Path(__file__).resolve().parents[1] / "pyproject.toml"
PIP = ("-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--retries", "0")


def wanted(text: str, extra: str) -> Iterator[tuple[Requirement, bool]]:
    """What the project requires on this machine, and whether it is needed to check anything.

    Programs say by themselves what they cannot do without a library.
    """
    project = tomllib.loads(text)["project"]
    basis, more = project["dependencies"], project["optional-dependencies"][extra]
    needed = more if extra == "learn" else [line for line in more if line.startswith("pytest")]
    for line in dict.fromkeys([*basis, *more]):
        requirement = Requirement(line)
        if requirement.marker is None or requirement.marker.evaluate():
            yield requirement, line in needed


def is_there(requirement: Requirement) -> bool:
    """Whether a version that will do is installed."""
    try:
        version = importlib.metadata.version(requirement.name)
    except importlib.metadata.PackageNotFoundError:
        return False
    return requirement.specifier.contains(version, prereleases=True)


def purpose(text: str, name: str) -> str:
    """What the comment behind it says."""
    found = re.search(rf'^ +"{re.escape(name)}\b.*?",\s+# (.*)$', text, re.M)
    return found[1] if found else "see pyproject.toml"


def main(extra: str, *options: str) -> int:
    """Print what is lacking. Gives the exit status."""
    text = PYPROJECT.read_text(encoding="utf-8")
    status = 0
    for requirement, is_needed in wanted(text, extra):
        if not is_there(requirement) and options:
            subprocess.run([sys.executable, *PIP, str(requirement)], stderr=subprocess.DEVNULL)
        if not is_there(requirement):
            print(f"    {requirement.name}: {purpose(text, requirement.name)}")
            status |= is_needed
    return status


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
