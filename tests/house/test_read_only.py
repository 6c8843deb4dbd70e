"""A folder that somebody else has set up, and that you may not write to: all of it runs there.

Root may write everywhere but in /sys, so that stands in for such a folder.
"""

from pathlib import Path

import pytest

from shared.files import is_of_others
from tests.conftest import Need
from tests.kit.harness import run

NOT_OURS = Path("/sys/not-ours")


@pytest.fixture(autouse=True)
def _nobody_may_write_there() -> None:
    try:
        NOT_OURS.mkdir()
    except OSError as error:
        if is_of_others(error):
            return
        pytest.skip(f"there is no such place here: {error}")
    NOT_OURS.rmdir()
    pytest.skip("this system lets us write everywhere")


def test_the_checks_need_no_cache() -> None:
    check = "tests/phase1/test_wire.py::TestServer::test_it_starts_again_at_once"
    status, output = run("pytest", "-q", "-o", f"cache_dir={NOT_OURS}", check)
    assert status == 0, output
    assert "warning" not in output


def test_a_server_that_cannot_log_says_where_to_choose_another_place() -> None:
    for program, *ports in (("phase4.server", "--status-port", "0"), ("phase4.naive",)):
        status, output = run(program, "--port", "0", *ports, "--log-dir", str(NOT_OURS))
        assert status == 2
        assert output.endswith("). Choose another directory with --log-dir."), output
        assert "\n" not in output


def test_a_certificate_that_cannot_be_written_says_how_to_choose_another_place(
    need: Need,
) -> None:
    need(modules=["cryptography"])
    status, output = run("phase4.certificate", "--cert", str(NOT_OURS))
    assert status == 2
    assert output.startswith(f"phase4.certificate: {NOT_OURS} cannot be made: ")
    assert output.endswith(". Say --cert and --key for another place.")


def test_a_beginning_that_cannot_be_written_says_to_choose_a_folder_of_ones_own() -> None:
    status, output = run("tests.start", "phase1", str(NOT_OURS))
    assert status == 2
    assert output.startswith(f"Cannot write {NOT_OURS / 'phase1' / 'server.py'} (")
    assert output.endswith(" -m tests.start phase1 ~/my")
