"""--hub: where its URL comes from, and where it does not get."""

import argparse
from collections.abc import Callable
from pathlib import Path

import pytest

from phase4.accounts.__main__ import main as accounts
from phase4.hub.arguments import ENVIRONMENT
from phase4.server.__main__ import main as server
from phase4.server.options import Settings, add_server_arguments, settings_of

URL = "redis://:s3cret@192.0.2.1"


def _settings(*words: str) -> Settings:
    parser = argparse.ArgumentParser()
    add_server_arguments(parser)
    return settings_of(parser.parse_args(words))


def test_a_url_in_the_environment_is_taken_where_the_option_asks_for_it_and_only_there(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv(ENVIRONMENT, URL)
    assert _settings().hub is None
    assert _settings("--hub").hub == URL
    assert _settings("--hub", "--hub-room", "b").hub == URL
    assert _settings("--hub", "redis://127.0.0.1").hub == "redis://127.0.0.1"


def test_without_a_url_anywhere_the_server_says_what_to_give(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for value in (None, ""):
        monkeypatch.delenv(ENVIRONMENT, raising=False)
        if value is not None:
            monkeypatch.setenv(ENVIRONMENT, value)
        with pytest.raises(SystemExit):
            _settings("--hub")
        told = capsys.readouterr().err
        assert told.endswith(f"error: argument --hub: give its URL, or set {ENVIRONMENT}\n")


@pytest.mark.parametrize(
    ("main", "name", "value"),
    [
        (server, "--hub-room", "b"),
        (server, "--hub-wait", "60"),
        (server, "--hub-lease", "9"),
        (accounts, "--hub-room", "b"),
    ],
)
def test_without_a_hub_what_is_said_of_one_is_an_error(
    main: Callable[[list[str]], int],
    name: str,
    value: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Else whoever forgets --hub has another room than they believe."""
    start = ["list", str(tmp_path)] if main is accounts else []
    with pytest.raises(SystemExit):
        main([*start, name, value])
    assert capsys.readouterr().err.endswith(f"error: argument {name}: give --hub as well\n")


def test_what_is_shown_of_the_settings_has_no_password() -> None:
    assert "s3cret" not in repr(_settings("--hub", URL))
