"""What the window remembers from last time: a file that may be missing, broken or forbidden."""

import json
import os
import stat
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import settings as limits
from hypothesis import strategies as st

from phase4.client_gui import settings
from phase4.client_gui.settings import MAX_FILE_BYTES, Settings
from phase4.widgets.placement import Placement

KEPT = Settings(
    *("chat.example", 4567, "Алиса", "dark", 14),
    tls=True,
    looked="dark",
    window=Placement(800, 600, -20, 30, is_maximised=True),
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """In a directory that is not there yet."""
    return tmp_path / "config" / "file.json"


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def test_what_is_saved_is_loaded(path: Path) -> None:
    assert settings.save(path, KEPT)
    assert settings.load(path) == KEPT


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such modes")
def test_nobody_else_may_read_it(path: Path) -> None:
    settings.save(path, KEPT)
    path.chmod(0o644)
    settings.save(path, KEPT)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "null",
        "\x00\xff",
        '"host"',
        "[" * 20_000,
        "9" * 10_000,
        '{"port": 99999999999999999999}',
        json.dumps({"host": "x", "port": 5}) + " " * MAX_FILE_BYTES,
        json.dumps({"host": "x" * 300, "port": True, "name": ["x"], "theme": "pink", "points": -1}),
        json.dumps({"tls": "yes"}),
        json.dumps({"window": {"width": 800, "height": 600, "x": 5}}),
        json.dumps({"window": {"width": 0, "height": 600, "x": 5, "y": 5}}),
        json.dumps({"window": {"width": 800, "height": 600, "x": 10**9, "y": 5}}),
        json.dumps({"window": [800, 600, 5, 5]}),
    ],
)
def test_a_broken_file_is_as_if_there_were_none(path: Path, text: str) -> None:
    assert settings.load(write(path, text)) == Settings()


def test_what_is_good_in_a_file_counts_even_beside_what_is_not(path: Path) -> None:
    write(path, json.dumps({"host": "chat.example", "port": "12", "theme": 3, "more": 1}))
    assert settings.load(path) == Settings(host="chat.example")


def test_a_name_with_control_characters_cannot_reach_the_screen(path: Path) -> None:
    write(path, json.dumps({"name": "A\x1b\n\u202e"}))
    assert settings.load(path).name == "A���"


@limits(max_examples=50)
@given(st.recursive(st.none() | st.booleans() | st.floats() | st.text() | st.integers(), st.lists))
def test_no_value_of_any_kind_is_an_error(value: object) -> None:
    held = dict.fromkeys(
        ("host", "port", "name", "theme", "points", "tls", "looked", "window"), value
    )
    got = settings._checked(held)
    assert 1 <= got.port <= 65535
    assert got.theme in ("light", "dark", "system")
    assert got.looked in ("light", "dark")
    assert got.host


@pytest.mark.parametrize("beyond", ["a/b.json", "a"])
def test_where_nothing_can_be_written_nothing_happens(tmp_path: Path, beyond: str) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "b.json").mkdir()
    assert not settings.save(tmp_path / beyond, KEPT)
    assert settings.load(tmp_path / beyond) == Settings()
    assert [each.name for each in tmp_path.rglob("*")] == ["a", "b.json"]  # nothing is left over


def test_when_the_disk_is_full_the_old_file_stays(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.save(path, KEPT)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    assert not settings.save(path, Settings())
    assert settings.load(path) == KEPT
    assert [*path.parent.iterdir()] == [path]


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="XDG is for other systems")
def test_it_is_where_the_system_keeps_such_files(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", "/somewhere")
    assert settings.default_path() == Path("/somewhere/socket-ladder/client_gui.json")
