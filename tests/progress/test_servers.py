"""What is found in place of a server, and which line of what it printed tells most."""

from pathlib import Path

import pytest

from tests.progress.grades import NOT_BEGUN
from tests.progress.servers import MOST_CHARACTERS, NoServer, command_for, telling_line
from tests.progress.whole.test_grading import HAS_A_MISTAKE, put


@pytest.mark.parametrize(
    ("place", "said"),
    [
        ("Phase 1/server.py", "Phase 1/ holds a server: the folder must be called phase1"),
        ("PHASE_1/command.txt", "PHASE_1/ holds a server: the folder must be called phase1"),
        ("1/server.py", "1/ holds a server: the folder must be called phase1"),
        ("server.py", "server.py stands in no folder of a phase, such as phase1/"),
        ("my/phase1/server.py", "my/phase1/ holds a server: phase1/ must stand one folder higher"),
        ("phase1/phase1/server.py", "phase1/phase1/ holds a server: move it up into phase1/"),
        ("phase1/my.py", "phase1/ holds my.py: it needs server.py or command.txt"),
        ("phase1/server.js", "phase1/ holds server.js: it needs server.py or command.txt"),
        ("phase1/notes.md", ""),
        ("other/server.py", ""),
    ],
)
def test_a_server_in_another_place_is_found_and_told_where_it_belongs(
    place: str, said: str, tmp_path: Path
) -> None:
    put(tmp_path / Path(place).parent, "", HAS_A_MISTAKE, Path(place).name)
    with pytest.raises(NoServer) as none:
        command_for("phase1", tmp_path / "phase1", None)
    assert (none.value.state, none.value.found) == (NOT_BEGUN, said)


def test_of_a_trace_the_line_in_the_learners_own_program_is_told() -> None:
    trace = [
        "Traceback (most recent call last):",
        '  File "/home/ann/my/phase1/server.py", line 12, in main',
        '  File "/usr/lib/python3.12/socket.py", line 900, in create_server',
        "OSError: no",
    ]
    assert telling_line(trace) == "line 12: OSError: no"
    assert telling_line([trace[0], trace[1].replace("server.py", "room.py"), "NameError: x"]) == (
        "room.py, line 12: NameError: x"
    )


def test_what_a_server_prints_without_end_is_cut() -> None:
    assert len(telling_line(["x" * 1_000_000])) == MOST_CHARACTERS + 1
