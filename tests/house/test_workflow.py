"""The workflow runs what the pages promise: three systems, and each Python from the first on."""

import re
import tomllib

from tests.kit.harness import ROOT
from tests.wine.__main__ import OTHERS, WIRE
from tests.wine.exceptions import EXCEPTIONS, not_needed, unexpected

WORKFLOW = (ROOT / ".github" / "workflows" / "checks.yml").read_text(encoding="utf-8")
JOBS = dict(re.findall(r"^  (\w+):\n((?:(?:    .*)?\n)+)", WORKFLOW, re.MULTILINE))


def test_it_has_a_job_for_each_system() -> None:
    systems = [f"{name}-latest" for name in ("ubuntu", "windows", "macos")]
    assert re.findall(r"runs-on: (\S+)", WORKFLOW) == systems
    assert list(JOBS) == ["linux", "windows", "macos"]


def test_each_job_runs_each_python_from_the_first_that_will_do() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    first = int(project["requires-python"].removeprefix(">=3."))
    for job in JOBS.values():
        found = re.search(r"python: \[(.*)\]", job)
        assert found
        minors = [int(each.strip('"').removeprefix("3.")) for each in found[1].split(", ")]
        assert minors == [*range(first, minors[-1] + 1)]
        assert minors[-1] >= 14


def test_on_windows_it_runs_what_was_seen_to_run_there() -> None:
    """In `bash .ci/windows`, which is the only Windows that the project has."""
    paths = re.findall(r"tests/\S+", JOBS["windows"])
    assert paths == [*WIRE, *OTHERS]


def test_wine_is_blamed_for_what_is_listed_and_for_what_still_fails() -> None:
    listed = "tests.phase2.test_client.TestClient::test_it_ends_when_the_connection_is_reset"
    other = "tests.phase2.test_client.TestClient::test_it_sends_what_is_typed"
    assert unexpected([listed, other]) == [other]
    assert not_needed([listed, other], [listed]) == []
    (row,) = not_needed([listed, other], [other])
    assert row in EXCEPTIONS
    assert not_needed([other], []) == []  # its check was not run
