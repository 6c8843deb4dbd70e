"""moderation.json: what operators have decided comes through a restart, and through a bad file."""

import json
import os
import stat
import sys
from pathlib import Path
from typing import Any

import pytest

from phase4.accounts.held import target_of
from phase4.accounts.moderation import (
    MAX_TOPIC_CHARACTERS,
    Ban,
    Moderation,
    Mute,
    SetTopic,
    SetWriting,
)
from phase4.accounts.moderation_file import MAX_BYTES, ModerationFile, from_text, to_text

NOW, WALL = 5_000.0, 1_700_000_000.0


def full() -> Moderation:
    """A state in which everything is decided."""
    state = Moderation()
    for order in (
        Ban("Bill", None, "Ann"),
        Ban(target_of("10.0.0.0/8"), 600, "The operator"),
        Ban(target_of("fe80::1%eth0"), None, "Ann"),
        Mute("Bob", 60, "Ann"),
        SetTopic("Sockets", "Ann"),
        SetWriting(is_open=False, by="Ann"),
    ):
        state.apply(order, NOW)
    return state


def test_all_of_it_comes_back() -> None:
    state = full()
    again, skipped = from_text(to_text(state, NOW, WALL), NOW, WALL)
    assert not skipped
    assert again.bans(NOW) == state.bans(NOW)
    assert again.all_mutes(NOW) == state.all_mutes(NOW)
    assert (again.topic, again.topic_by) == ("Sockets", "Ann")
    assert (again.is_open, again.closed_by) == (False, "Ann")


@pytest.mark.parametrize(
    ("passed", "left"),
    [(0, 60), (45, 15), (60, None), (3600, None), (-3600, 60), (-WALL + 10, 60)],
)
def test_a_time_goes_on_while_the_server_is_down_and_no_clock_makes_it_longer(
    passed: float, left: float | None
) -> None:
    """`passed`: what the system's clock says has passed; below 0 it was set back."""
    state = Moderation()
    state.apply(Mute("Bob", 60, "Ann"), NOW)
    other = 77.0  # the next run's own clock begins anywhere
    again, _ = from_text(to_text(state, NOW, WALL), other, WALL + passed)
    hold = again.mute_of("Bob", other)
    assert (None if hold is None or hold.until is None else hold.until - other) == left


def test_a_time_that_was_written_later_is_shorter() -> None:
    state = Moderation()
    state.apply(Mute("Bob", 60, "Ann"), NOW)
    again, _ = from_text(to_text(state, NOW + 50, WALL + 50), 0.0, WALL - 1e6)
    hold = again.mute_of("Bob", 0.0)
    assert hold is not None
    assert hold.until == 10


BAD_ENTRIES: list[Any] = [
    *(None, 7, "Bob", [], {}, {"target": 7}, {"target": "two words"}, {"target": "10.0.0.1/8"}),
    {"target": "Bob", "until": "soon"},
    {"target": "Bob", "until": float("nan")},
    {"target": "Bob", "until": [1]},
    {"target": "server"},
]


def test_entries_that_cannot_be_understood_are_left_out_and_counted() -> None:
    text = json.dumps({"version": 1, "bans": [*BAD_ENTRIES, {"target": "Carol"}], "mutes": 7})
    state, skipped = from_text(text, NOW, WALL)
    assert skipped == len(BAD_ENTRIES) + 1
    assert [each.target for each in state.bans(NOW)] == ["Carol"]
    assert state.bans(NOW)[0].by == ""


def test_an_address_is_not_muted() -> None:
    text = json.dumps({"version": 1, "mutes": [{"target": "10.0.0.1"}]})
    assert from_text(text, NOW, WALL)[1] == 1


def test_what_somebody_wrote_into_the_file_is_bounded_and_clean() -> None:
    values = {
        "version": 1,
        "bans": [{"target": f"Bob{n}", "by": "x" * 99} for n in range(2000)],
        "mutes": [{"target": "Bob", "until": 1e300, "seconds_left": 1e300}],
        "topic": {"text": "a\x1b[2J\n" + "x" * 5000, "by": ["Ann"]},
        "closed_by": {"not": "a name"},
    }
    state, skipped = from_text(json.dumps(values), NOW, WALL)
    assert len(state.bans(NOW)) + skipped == 2000
    assert len(state.bans(NOW)[0].by) == 20
    assert len(state.topic) == MAX_TOPIC_CHARACTERS
    assert state.topic.isprintable()
    assert not state.is_open
    hold = state.mute_of("Bob", NOW)
    assert hold is not None
    assert hold.until is not None
    assert hold.until < NOW + 400 * 86400


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "7", "null", '{"version": 2}', "[" * 100_000, "\x00", "x" * (MAX_BYTES + 1)],
    ids=lambda text: text[:12],
)
def test_a_file_that_cannot_be_read_is_put_aside_and_said(tmp_path: Path, text: str) -> None:
    path = tmp_path / "moderation.json"
    path.write_text(text)
    said: list[str] = []
    state = ModerationFile(path).load(NOW, WALL, said.append)
    assert not state.bans(NOW)
    assert len(said) == 1
    assert "nobody is banned or muted" in said[0]
    assert (tmp_path / "moderation.json.unreadable").read_text() == text
    assert not path.exists()


def test_without_a_file_nothing_is_said(tmp_path: Path) -> None:
    said: list[str] = []
    assert not ModerationFile(tmp_path / "moderation.json").load(NOW, WALL, said.append).topic
    assert not said


def test_it_is_written_in_one_step_and_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "moderation.json"
    file = ModerationFile(path)
    for state in (Moderation(), full()):
        assert not file.save(lambda state=state: to_text(state, NOW, WALL))  # type: ignore[misc]
    assert [each.name for each in tmp_path.iterdir()] == ["moderation.json"]
    assert ModerationFile(path).load(NOW, WALL, pytest.fail).topic == "Sockets"
    if sys.platform != "win32":
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_file_that_cannot_be_written_is_said_and_tried_again(tmp_path: Path) -> None:
    file = ModerationFile(tmp_path / "gone" / "moderation.json")
    assert file.save(lambda: "x").startswith("moderation.json cannot be written: ")
    assert file.is_behind
    (tmp_path / "gone").mkdir()
    assert not file.save(lambda: "x")
    assert not file.is_behind


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no FIFOs here")
def test_a_fifo_in_its_place_makes_nobody_wait(tmp_path: Path) -> None:
    path = tmp_path / "moderation.json"
    os.mkfifo(path)
    said: list[str] = []
    ModerationFile(path).load(NOW, WALL, said.append)
    assert "a FIFO" in said[0]
