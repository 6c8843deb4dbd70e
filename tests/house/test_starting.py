"""Programs where they are started: without a shell, a home, a library or a place to print to."""

import re
from pathlib import Path

import pytest

from shared.arguments import file_path
from tests.kit.harness import ROOT, Program, run

NOBODY = "~there-is-no-such-person"

_TLS = ["--ca", "--known-hosts"]
_CERTIFICATE = ["--tls-cert", "--tls-key"]
_PATHS = {
    "phase4.server": ["--log-dir", *_CERTIFICATE],
    "phase4.server_gui": ["--log-dir", *_CERTIFICATE],
    "phase4.relay": ["--trace-diagram", *_TLS, *_CERTIFICATE],
    "phase4.client_terminal": _TLS,
    "phase4.client_gui": _TLS,
    "phase4.echo_bot": _TLS,
    "phase4.certificate": ["--cert", "--key"],
    "phase4.eavesdropper": ["--trace-diagram"],
    "phase4.naive": ["--log-dir"],
    "monitor": ["--csv"],
}


@pytest.mark.parametrize(
    ("program", "option"), [(each, option) for each, all_ in _PATHS.items() for option in all_]
)
def test_every_option_that_is_a_path_knows_what_a_tilde_is(program: str, option: str) -> None:
    status, output = run(program, f"{option}={NOBODY}/file")
    assert status == 2
    assert f"argument {option}: '{NOBODY}/file' begins with {NOBODY}, and no such home" in output


def test_no_option_takes_a_path_as_it_is_typed() -> None:
    for folder in ("shared", "phase1", "phase2", "phase3", "phase4", "monitor"):
        for path in (ROOT / folder).rglob("*.py"):
            assert not re.search(r"\btype=Path\b", path.read_text(encoding="utf-8")), path


def test_a_tilde_is_the_home_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HOME", "USERPROFILE"):
        monkeypatch.setenv(name, str(tmp_path))
    assert file_path("~/logs") == tmp_path / "logs"
    assert file_path("~") == tmp_path
    assert file_path("./~/logs") == Path("~/logs")
    assert file_path("a~/b") == Path("a~/b")


def test_the_logs_go_to_the_home_directory_where_no_shell_has_said_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HOME", "USERPROFILE"):
        monkeypatch.setenv(name, str(tmp_path))
    options = ("--port", "0", "--status-port", "0", "--quit-key", "off", "--log-dir=~/there")
    with Program("phase4.server", *options, cwd=tmp_path) as server:
        server.expect("Status on ")
        assert (tmp_path / "there" / "messages.txt").exists()
        assert not (tmp_path / "~").exists()
