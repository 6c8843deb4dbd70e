"""What a person sees of the grades, on whatever terminal."""

import json
import re
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from tests.grading.titles import title_of
from tests.kit.harness import ROOT, Program, run
from tests.progress.grades import DOES_NOT_START, GRADED, NOT_BEGUN, NOT_GRADED, Grade
from tests.progress.screen import Look, Table, as_json, bar_line
from tests.progress.whole.test_grading import (
    ECHO,
    FOR_EVER,
    HAS_A_MISTAKE,
    NEVER_ENDS,
    QUICK,
    RUN_SECONDS,
    put,
)
from tests.start import main as start

HERE = Path("my")

pytestmark = pytest.mark.timeout(RUN_SECONDS + 50)


def of(phase: str, passed: int, total: int, *, not_run: int = 0, why: str = "") -> Grade:
    outcomes = ["passed"] * passed + ["failed"] * (total - passed - not_run) + ["not run"] * not_run
    checks = {f"x::test_check_{n}": outcome for n, outcome in enumerate(outcomes)}
    return Grade(phase, GRADED, why, checks=checks)


# --- a bar -------------------------------------------------------------------------------------


def test_a_bar_is_full_and_empty_only_where_that_is_true() -> None:
    look = Look(80)
    assert look.bar(0, 20) == "░" * 10
    assert look.bar(1, 200) == "█" + "░" * 9
    assert look.bar(199, 200) == "█" * 9 + "░"
    assert look.bar(200, 200) == "█" * 10


def test_a_cause_and_a_hint_are_broken_between_words() -> None:
    line = "Likely:  " + "a word " * 12
    rows = Look(40).wrapped(line)
    assert rows[0].startswith("Likely:  a word")
    assert {row[:9] for row in rows[1:]} == {" " * 9}
    assert max(map(len, rows)) <= 40
    assert " ".join(" ".join(rows).split()) == " ".join(line.split())
    assert Look(40).wrapped("  3. Alice gets " + "x" * 40) == ["  3. Alice gets " + "x" * 40]


def test_a_line_is_never_wider_than_the_terminal() -> None:
    grades = [
        Grade("phase1", DOES_NOT_START, "w" * 200, checks={"a::test_b": "failed"}),
        Grade("phase1", NOT_BEGUN, "w" * 200),
        Grade("phase1", NOT_GRADED, "w" * 200),
    ]
    for grade in grades:
        line = bar_line(grade, HERE, Look(60))
        assert len(line) == 60
        assert line.endswith("…")


@pytest.mark.parametrize(
    ("grade", "said"),
    [
        (of("phase1", 3, 9), "next: check 3"),
        (of("phase1", 9, 9), "done"),
        (of("phase1", 3, 9, not_run=4, why="no answer"), "next: check 3 (4 not run: no answer)"),
        (
            Grade("phase1", NOT_GRADED, "stopped after 9 s", checks={"test_a": "not run"}),
            "next: a (1 not run: stopped after 9 s)",
        ),
        (Grade("phase1", NOT_GRADED, "no entry"), "not graded: no entry"),
        (Grade("phase1", DOES_NOT_START, "It ended", "KeyError"), "does not start: KeyError"),
        (Grade("phase1", DOES_NOT_START, "It ended"), "does not start: It ended"),
    ],
)  # fmt: skip
def test_a_line_says_what_is_next_and_why_that_is_not_all(grade: Grade, said: str) -> None:
    assert bar_line(grade, HERE, Look(200)).endswith(f"  {said}")


def test_a_beginning_that_is_untouched_is_named() -> None:
    grade = Grade("phase2", NOT_BEGUN, "server.py is as it was made")
    assert bar_line(grade, HERE, Look(99)) == (
        f"phase2  not begun ({HERE / 'phase2' / 'server.py'} is as it was made)"
    )


def test_ascii_where_the_terminal_has_no_more() -> None:
    look = Look(60, is_ascii=True)
    grades = [of("phase1", 5, 10)]
    table = Table(["小明", "é"], ["phase1"], look)
    lines = [bar_line(grades[0], HERE, look), table.head, table.row("小明", grades)]
    assert all(line.isascii() for line in lines)
    assert lines[0].startswith("phase1  #####-----   5 of 10 ")


def test_colour_only_where_it_is_wanted() -> None:
    grade = of("phase1", 5, 10)
    assert "\x1b" not in bar_line(grade, HERE, Look(60))
    assert "\x1b[32m█████\x1b[m░" in bar_line(grade, HERE, Look(60, has_colour=True))


# --- a table -----------------------------------------------------------------------------------


def test_columns_stand_below_each_other_whatever_the_names_and_the_figures() -> None:
    grades = (of("phase1", 5, 10), Grade("phase2", NOT_BEGUN), Grade("phase3", DOES_NOT_START))
    others = (of("phase1", 100, 200, not_run=9), *grades[1:2], Grade("phase3", NOT_GRADED))
    table = Table(["小明", "Bartholomew"], ["phase1", "phase2", "phase3"], Look(80))
    assert [table.head, table.row("小明", grades), table.row("Bartholomew", others)] == [
        "                 phase1      phase2      phase3",
        "小明               5/10           -    no start",
        "Bartholomew    100/200*           -  not graded",
    ]


def test_a_narrow_terminal_cuts_names_and_no_figure() -> None:
    phases = [f"phase{n}" for n in (1, 2, 3, 4)]
    grades = [of(phase, 5, 10) for phase in phases]
    table = Table(["Bartholomew the Great"] * 2, phases, Look(60))
    row = table.row("Bartholomew the Great", grades)
    assert len(row) == 60
    assert row.startswith("Bartholomew…")
    assert row.count("5/10") == 4


def test_on_a_narrow_terminal_the_figures_stand_below_the_name() -> None:
    phases = [f"phase{n}" for n in (1, 2, 3, 4)]
    grades = [of(phases[0], 100, 186, not_run=9), Grade(phases[1], DOES_NOT_START), *(
        Grade(phase, NOT_GRADED) for phase in phases[2:])]  # fmt: skip
    table = Table(["anna", "Bartholomew"], phases, Look(40))
    assert table.head == "    phase1    phase2    phase3    phase4"
    assert table.row("Bartholomew", grades).splitlines() == [
        "Bartholomew",
        "  100/186*  no start  not gra…  not gra…",
    ]


def test_a_server_in_another_place_is_told_below_the_table_and_behind_the_phase() -> None:
    grade = Grade("phase1", NOT_BEGUN, found="Phase1/ holds a server")
    assert bar_line(grade, HERE, Look(99)) == "phase1  not begun: Phase1/ holds a server"
    table = Table(["bob"], ["phase1"], Look(80))
    others = [replace(grade, phase=phase) for phase in ("phase2", "phase3")]
    assert list(table.notes("bob", [grade, *others])) == [
        "bob phase1: not begun: Phase1/ holds a server"
    ]
    assert list(Table(["bob"], ["phase1"], Look(40)).notes("bob", [grade])) == [
        "bob phase1: not begun: Phase1/ holds a",
        "  server",
    ]


def test_below_a_table_stands_what_a_row_is_too_short_for() -> None:
    grades = [
        of("phase1", 5, 10),
        of("phase2", 5, 10, not_run=2, why="no answer"),
        Grade("phase3", DOES_NOT_START, "It ended", "KeyError: 'x'"),
        Grade("phase4", NOT_BEGUN, "server.py is as it was made"),
    ]
    table = Table(["bob"], [grade.phase for grade in grades], Look(80))
    assert list(table.notes("bob", grades)) == [
        "bob phase1: next: check 5",
        "bob phase2: next: check 5 (2 not run: no answer)",
        "bob phase3: does not start: KeyError: 'x'",
    ]


def stands_at(title: str, grade: Grade) -> Grade:
    """The same figures; `title` is the first check that has not passed."""
    names = [f"test_{title.replace(' ', '_')}" if n == grade.passed else name
             for n, name in enumerate(grade.checks)]  # fmt: skip
    return replace(grade, checks=dict(zip(names, grade.checks.values(), strict=True)))


def test_the_table_on_the_teachers_page_is_such_a_table() -> None:
    """The grades are those of two servers that were graded when the page was written."""
    console = stands_at("no escape sequence reaches the console", of("phase2", 54, 55))
    silent = of("phase3", 0, 64, not_run=59, why="too many got no answer")
    silent = stands_at("a newcomer is welcomed", silent)
    vanishes = stands_at("a client that vanishes takes nobody along", of("phase1", 45, 49))
    no_start = Grade(
        "phase2", DOES_NOT_START, "It ended", "line 2: SyntaxError: '(' was never closed"
    )
    nothing = [Grade(phase, NOT_BEGUN) for phase in ("phase3", "phase4")]
    learners = {
        "anna2": [of("phase1", 49, 49), console, silent, nothing[1]],
        "anna10": [vanishes, no_start, *nothing],
    }
    table = Table([*learners], ["phase1", "phase2", "phase3", "phase4"], Look(1000))
    rows = [table.row(*each) for each in learners.items()]
    notes = [note for each in learners.items() for note in table.notes(*each)]
    page = (ROOT / "docs" / "class.md").read_text(encoding="utf-8")
    assert "\n".join([table.head, *rows, "", *notes]) in page


def test_json_has_it_all() -> None:
    grade = of("phase1", 5, 10, not_run=2, why="no answer")
    (learner,) = json.loads(as_json([("bob", HERE, [grade])]))["learners"]
    phase = learner["phases"]["phase1"]
    assert (phase["passed"], phase["of"], phase["not_run"]) == (5, 10, 2)
    assert (phase["next"], phase["why"], phase["said"]) == ("check 5", "no answer", "")
    assert len(phase["checks"]) == 10


def test_a_promise_is_read_from_the_name_of_its_check() -> None:
    assert title_of("t.py::T::test_it_is_so[for /pm Bob]") == "it is so, for /pm Bob"
    assert title_of("") == ""


# --- as it is printed --------------------------------------------------------------------------


def test_one_learner_gets_a_bar_for_each_phase(tmp_path: Path) -> None:
    put(tmp_path, "phase1", ECHO, "command.txt")
    put(tmp_path, "phase2", HAS_A_MISTAKE)
    assert start(["phase3", str(tmp_path)]) == 0
    status, output = run("tests.progress", str(tmp_path), *QUICK, seconds=RUN_SECONDS)
    assert status == 0, output
    first, second, *others = output.splitlines()
    assert re.fullmatch(r"phase1  █{10}  (\d+) of \1   done", first)
    assert re.fullmatch(
        r"phase2  ░{10}   0 of \d+   does not start: line 1: SyntaxError: .*", second
    )
    assert others == [
        f"phase3  not begun ({tmp_path / 'phase3' / 'server.py'} is as it was made)",
        "phase4  not begun",
    ]


def test_a_class_is_a_table_in_natural_order_that_nothing_breaks(tmp_path: Path) -> None:
    for name, text in (("anna10", HAS_A_MISTAKE), ("anna2", HAS_A_MISTAKE)):
        put(tmp_path / name, "phase1", text)
    put(tmp_path / "小明\x1b[2J", "phase1", "no port", "command.txt")
    (tmp_path / "zoe").mkdir()
    directories = sorted(map(str, tmp_path.iterdir()))
    status, output = run("tests.progress", *directories, *QUICK, "--phases", "phase1")
    assert status == 0, output
    assert "\x1b" not in output
    rows, _, notes = output.partition("\n\n")
    assert [row.split() for row in rows.splitlines()] == [
        ["phase1"],
        ["anna2", "no", "start"],
        ["anna10", "no", "start"],
        ["zoe", "-"],
        ["小明\ufffd[2J", "no", "start"],
    ]
    assert notes.splitlines() == [
        "anna2 phase1: does not start: line 1: SyntaxError: invalid syntax",
        "anna10 phase1: does not start: line 1: SyntaxError: invalid syntax",
        "小明\ufffd[2J phase1: does not start: command.txt needs one line, with {port} in it",
    ]


def test_a_row_appears_when_it_is_done_also_in_a_pipe(tmp_path: Path) -> None:
    put(tmp_path / "anna", "phase1", HAS_A_MISTAKE)
    put(tmp_path / "bob", "phase1", NEVER_ENDS)
    directories = [str(tmp_path / name) for name in ("anna", "bob")]
    options = (*QUICK, *FOR_EVER, "--phases", "phase1")
    with Program("tests.progress", *directories, *options) as program:
        program.expect("^anna +no start$", RUN_SECONDS)
        assert program.process.poll() is None
        program.interrupt()
        assert program.wait() == 130
        assert not any(line.startswith("bob") for line in program.rest_of_output())


@pytest.mark.skipif(sys.platform == "win32", reason="no pseudo-terminals")
def test_on_a_terminal_the_count_of_what_is_done_is_in_no_rows_way(tmp_path: Path) -> None:
    from tests.kit.terminal import Terminal

    for number in range(6):
        put(tmp_path / f"anna{number}", "phase1", HAS_A_MISTAKE)
    (tmp_path / "zoe").mkdir()
    directories = sorted(map(str, tmp_path.iterdir()))
    arguments = ("tests.progress", *directories, *QUICK, "--phases", "phase1")
    with Terminal("-m", *arguments, columns=90) as terminal:
        assert terminal.wait() == 0
        assert b"of 7 graded" in terminal.output
        assert [row.split() for row in terminal.rows[:9]] == [
            ["phase1"], *([f"anna{number}", "no", "start"] for number in range(6)), ["zoe", "-"], []
        ]  # fmt: skip
        assert "graded" not in terminal.text


@pytest.mark.skipif(sys.platform == "win32", reason="no pseudo-terminals")
def test_ctrl_c_on_a_terminal_leaves_no_count_behind(tmp_path: Path) -> None:
    from tests.kit.terminal import Terminal

    put(tmp_path, "phase1", HAS_A_MISTAKE)
    put(tmp_path, "phase2", NEVER_ENDS)
    arguments = ("tests.progress", str(tmp_path), *QUICK, *FOR_EVER)
    with Terminal("-m", *arguments, columns=90) as terminal:
        terminal.until(r"phase1  .*\n3 of 4 graded")
        terminal.press("\x03")
        assert terminal.wait() == 130
        assert [row.split("  ")[0] for row in terminal.rows[:2]] == ["phase1", "Stopped."]
        assert terminal.has_its_settings
