"""What the window remembers from last time: a file that may be missing, broken or forbidden."""

import json
import os
import stat
import sys
from dataclasses import fields
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import settings as limits
from hypothesis import strategies as st

from phase4.client_gui import settings
from phase4.client_gui.levels import MAX_REMEMBERED, Level, Remembered, level_of, with_level
from phase4.client_gui.settings import MAX_FILE_BYTES, Settings
from phase4.client_gui.words import MAX_WORDS
from phase4.widgets.placement import Placement

KEPT = Settings(
    *("chat.example", 4567, "Алиса", "dark", 14),
    tls=True,
    looked="dark",
    window=Placement(800, 600, -20, 30, is_maximised=True),
    bell=False,
    notify=True,
    notify_private_text=True,
    words=("exam", "room 204"),
    levels=(Remembered("chat.example:4567", "bob", "off"),),
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
    held = dict.fromkeys((each.name for each in fields(Settings)), value)
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


# --- what calls ----------------------------------------------------------------------------------


def test_what_calls_is_read_from_a_file_as_far_as_it_makes_sense_and_has_bounds(
    path: Path,
) -> None:
    levels = [["here:1", "bob", "off"], ["here:1", "", "loud"], ["here:1"], 3, [1, "", "on"]]
    words = ["exam", "", 5, "!", "x" * 99, *(f"w{number}" for number in range(2 * MAX_WORDS))]
    write(path, json.dumps({"levels": levels, "words": words, "bell": 0, "notify": "yes"}))
    held = settings.load(path)
    assert held.levels == (Remembered("here:1", "bob", "off"),)
    assert held.words[:2] == ("exam", "w0")
    assert len(held.words) == MAX_WORDS
    assert (held.bell, held.notify, held.notify_private_text) == (True, False, False)


def test_a_conversation_that_is_not_chosen_for_calls_as_usual_and_the_number_has_a_bound() -> None:
    levels: tuple[Remembered, ...] = ()
    levels = with_level(levels, "here:1", "Bob", "mentions")
    levels = with_level(levels, "here:1", "", "off")
    asked = [("here:1", "BOB"), ("here:1", ""), ("here:1", "Ann"), ("there:1", "Bob"), ("x:1", "")]
    expected: list[Level] = ["mentions", "off", "on", "on", "mentions"]
    assert [level_of(levels, *each) for each in asked] == expected
    assert with_level(levels, "here:1", "bob", "on") == levels[1:]  # as usual: nothing to remember
    for number in range(2 * MAX_REMEMBERED):
        levels = with_level(levels, "here:1", f"p{number}", "off")
    assert len(levels) == MAX_REMEMBERED
    assert level_of(levels, "here:1", f"p{2 * MAX_REMEMBERED - 1}") == "off"


def test_the_largest_levels_and_words_still_fit_into_the_file(path: Path) -> None:
    levels: tuple[Remembered, ...] = ()
    for number in range(MAX_REMEMBERED):
        levels = with_level(levels, "é" * 90 + f":{number}", "ü" * 20, "off")
    kept = Settings(levels=levels, words=tuple(f"{'字' * 35}{each}" for each in range(MAX_WORDS)))
    settings.save(path, kept)
    assert settings.load(path) == kept
