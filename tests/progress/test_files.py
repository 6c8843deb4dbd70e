"""A change is told when it is done, once, and nothing is told of what no person has written."""

import os
from pathlib import Path

from tests.progress.files import MAX_FILES, Watched, snapshot


def settled(watched: Watched) -> set[str]:
    """The names of what has changed, when it has been quiet for a moment."""
    return {each.name for each in watched.changed() | watched.changed()}


def test_what_is_written_is_told_once_and_what_goes_too(tmp_path: Path) -> None:
    (tmp_path / "old.py").touch()
    watched = Watched(tmp_path)
    assert settled(watched) == set()
    (tmp_path / "phase1").mkdir()
    (tmp_path / "phase1" / "server.py").write_text("x")
    (tmp_path / "old.py").unlink()
    assert settled(watched) == {"server.py", "old.py"}
    assert settled(watched) == set()


def test_while_it_still_changes_nothing_is_told(tmp_path: Path) -> None:
    watched = Watched(tmp_path)
    for size in range(5):
        (tmp_path / "server.py").write_text("x" * size)
        assert watched.changed() == set()
    assert watched.changed() == {tmp_path / "server.py"}


def test_a_save_by_way_of_another_file_is_one_change(tmp_path: Path) -> None:
    """Vim asks with a file 4913 whether it may write there, and others rename what they wrote."""
    server = tmp_path / "server.py"
    server.write_text("old")
    watched = Watched(tmp_path)
    (tmp_path / "4913").touch()
    assert watched.changed() == set()
    (tmp_path / "4913").unlink()
    server.rename(tmp_path / "server.py~")
    assert watched.changed() == set()
    (tmp_path / "server.py.new").write_text("new")
    os.replace(tmp_path / "server.py.new", server)
    assert settled(watched) == {"server.py"}


def test_a_file_that_comes_and_goes_is_no_change(tmp_path: Path) -> None:
    watched = Watched(tmp_path)
    (tmp_path / "4913").touch()
    assert watched.changed() == set()
    (tmp_path / "4913").unlink()
    assert settled(watched) == set()


def test_what_editors_compilers_and_servers_leave_is_not_looked_at(tmp_path: Path) -> None:
    for folder in (".git", "__pycache__", "node_modules", "target", "build", "logs"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "file.py").touch()
    for name in (".server.py.swp", "server.py~", "a.o", "Server.class", "out.log", ".#server.py"):
        (tmp_path / name).touch()
    (tmp_path / "server.py").touch()
    assert set(snapshot(tmp_path)) == {tmp_path / "server.py"}


def test_what_is_written_while_the_checks_run_is_a_servers_unless_it_is_a_source(
    tmp_path: Path,
) -> None:
    watched = Watched(tmp_path)
    for count in range(2):
        for name in ("messages.txt", "server", "server.py", "command.txt", "Makefile"):
            (tmp_path / name).write_text("x" * count)
        changed = watched.changed() | watched.changed()
        told = {each.name for each in watched.of_a_person(changed)}
        assert told == {"server.py", "command.txt", "Makefile"}
    (tmp_path / "messages.txt").write_text("more")
    assert settled(watched) == set()


def test_no_more_files_are_looked_at_than_can_be(tmp_path: Path) -> None:
    for number in range(MAX_FILES + 10):
        (tmp_path / f"{number}.py").touch()
    assert len(snapshot(tmp_path)) == MAX_FILES
    assert Watched(tmp_path).is_too_large


def test_a_link_back_is_not_followed_and_a_directory_that_goes_is_empty(tmp_path: Path) -> None:
    (tmp_path / "again").symlink_to(tmp_path)
    assert len(snapshot(tmp_path)) == 1
    assert snapshot(tmp_path / "gone") == {}
