"""Phases 1 to 3 and `tests.start` need Python alone: no library, and nothing that was set up.

So they run in a folder that somebody has unpacked, where they may install nothing.
"""

import sys
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.kit.harness import ROOT, Program, Server, run
from tests.start import what_next

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="needs a shell")

FLAWS = ("phase1.flaw", "phase1.pieces", "phase2.flaw", "phase3.flaw")
CLIENT_OF = {
    "phase1.server": "phase1.client",
    "phase1.naive": "phase1.client",
    "phase2.server": "phase2.client",
    "phase3.server": "phase3.client",
    "phase3.selectors_server": "phase3.client",
}


def test_the_programs_of_phases_1_to_3_need_no_library(bare: None) -> None:
    with ExitStack() as stack:
        flaws = [stack.enter_context(Program(each)) for each in FLAWS]  # they wait by themselves
        for module, its_client in CLIENT_OF.items():
            server = stack.enter_context(Server(module))
            client = stack.enter_context(Program(its_client, "--port", str(server.port)))
            if module.startswith("phase3"):
                client.expect("You are ")
                server.connect().close()
                client.expect("joined")
            else:
                client.type("Hello Server!\n")
                client.expect("Hello Client!")
            client.end_of_input()
            assert client.wait() == 0
        for flaw in flaws:
            flaw.expect("THE FLAW: ")
            assert flaw.wait() == 0


def test_none_of_their_programs_is_forgotten() -> None:
    programs = {
        f"{path.parent.name}.{path.stem}"
        for path in ROOT.glob("phase[123]/*.py")
        if "__main__" in path.read_text(encoding="utf-8")
    }
    assert programs == {*FLAWS, *CLIENT_OF, *CLIENT_OF.values()}


def test_a_server_of_ones_own_is_begun_without_a_library_and_it_says_what_the_checks_need(
    bare: None, tmp_path: Path
) -> None:
    status, output = run("tests.start", "phase1", str(tmp_path / "my"))
    assert status == 0
    assert (tmp_path / "my/phase1/server.py").exists()
    assert "\n    sh .ci/setup learn\n    . .venv/bin/activate\n" in output
    assert f"\n    python -m tests.progress --watch {tmp_path / 'my'}\n" in output


@pytest.mark.parametrize("gets_them", ["nothing", "uv", "ensurepip", "pip"])
def test_where_setup_cannot_go_on_it_says_what_gets_the_libraries_instead(
    monkeypatch: pytest.MonkeyPatch, gets_them: str
) -> None:
    there = {"venv", gets_them}
    monkeypatch.setattr("importlib.util.find_spec", lambda name: name if name in there else None)
    monkeypatch.setattr("shutil.which", lambda name: name if name in there else None)
    said = what_next("phase1", Path("my"), Path("my/phase1/server.py"))
    assert "\n    sh .ci/setup learn\n    . .venv/bin/activate\n" in said
    lacks = "\n    https://docs.astral.sh/uv/" in said and "python3-venv" in said
    assert lacks == (gets_them == "nothing")
