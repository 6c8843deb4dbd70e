"""The house keeps its arrows: which part may import which, and no part in a circle."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.kit.harness import ROOT

FOLDERS = ("shared", "phase1", "phase2", "phase3", "phase4", "monitor")

# What each part may import beside itself and `shared`, which is free to all. A part is a folder, or
# in phase 4 a folder of it, or a command of one file.
MAY_IMPORT: dict[str, set[str]] = {
    "shared": set(),
    "phase1": set(),
    "phase2": {"phase1"},
    "phase3": {"phase1", "phase2"},
    "monitor": set(),
    "phase4.transport": set(),
    "phase4.archive": set(),
    "phase4.hub": set(),
    "phase4.doors": {"phase4.transport"},
    "phase4.accounts": {"phase4.archive", "phase4.hub"},
    "phase4.client": {"phase4.transport"},
    "phase4.relay": {"phase4.transport"},
    "phase4.server": {
        *("phase4.transport", "phase4.archive", "phase4.accounts", "phase4.doors", "phase4.hub"),
    },
    "phase4.widgets": {"phase4.client"},
    "phase4.client_terminal": {"phase4.client", "phase4.transport"},
    "phase4.client_gui": {"phase4.client", "phase4.transport", "phase4.widgets"},
    "phase4.server_gui": {
        *("phase4.server", "phase4.transport", "phase4.widgets", "phase4.certificate")
    },
    "phase4.handout": {
        *("phase4.client", "phase4.client_terminal", "phase4.client_gui", "phase4.widgets"),
        *("phase4.transport", "phase4.certificate"),
    },
    "phase4.demo": set(),
    "phase4.naive": {"phase3"},
    "phase4.forgery": set(),
    "phase4.certificate": {"phase4.transport"},
    "phase4.echo_bot": {"phase4.client", "phase4.transport"},
    "phase4.eavesdropper": {
        *("phase4.relay", "phase4.client", "phase4.transport", "phase4.demo"),
        "phase4.certificate",
    },
}


# What a learner runs stands on `shared` and on tools of the checks, and nothing of what is graded.
FOR_LEARNERS = ("start", "progress", "conftest", "grading", "starters", "broken")


def _modules(*folders: str) -> dict[str, Path]:
    """Every module in these folders, by its name."""
    modules = {}
    for folder in folders:
        for path in (ROOT / folder).rglob("*.py"):
            name = ".".join(path.relative_to(ROOT).with_suffix("").parts)
            modules[name.removesuffix(".__init__")] = path
    return modules


MODULES = _modules(*FOLDERS)
TESTS = _modules("tests")
ALL = MODULES | TESTS


def part_of(module: str) -> str:
    """The part that a module is in."""
    words = module.split(".")
    return ".".join(words[:2]) if words[0] == "phase4" else words[0]


def _imports(path: Path) -> Iterator[str]:
    """The modules of this house that a file imports, wherever in it: in a function, too."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in ALL)
        elif isinstance(node, ast.ImportFrom) and node.module:
            assert node.level == 0, f"{path}: a relative import"
            for alias in node.names:
                name = f"{node.module}.{alias.name}"
                if name in ALL:
                    yield name
                elif node.module in ALL:
                    yield node.module


ARROWS = {name: set(_imports(path)) - {name} for name, path in MODULES.items()}


@pytest.mark.parametrize("part", sorted({*map(part_of, MODULES)} - {"phase4"}))
def test_a_part_imports_only_what_it_stands_on(part: str) -> None:
    allowed = {part, "shared", *MAY_IMPORT[part]}
    for name, imported in ARROWS.items():
        if part_of(name) == part:
            for each in imported:
                assert part_of(each) in allowed, f"{name} imports {each}"


def _is_for_learners(name: str) -> bool:
    """Whether it is loaded where a learner begins, is graded, or looks how far they are."""
    _, *words = name.split(".")
    folder, _, last = name.rpartition(".")
    is_wire = last in ("test_wire", "conftest") and f"{folder}.test_wire" in TESTS
    return is_wire or any(word in FOR_LEARNERS for word in words[:1])


def test_what_a_learner_runs_imports_nothing_that_is_graded() -> None:
    """Read to the end: what is imported by what it imports, as well."""
    todo = [*filter(_is_for_learners, TESTS), "tests.kit.phases_common"]
    done: set[str] = set()
    assert len(todo) > 60
    while todo:
        name = todo.pop()
        done.add(name)
        for each in set(_imports(ALL[name])) - done:
            is_ours = each.split(".")[0] == "shared" or _is_for_learners(each)
            assert is_ours or each.startswith("tests.kit."), f"{name} imports {each}"
            todo.append(each)


def test_the_table_names_no_part_that_is_gone() -> None:
    parts = {*map(part_of, MODULES)}
    assert set(MAY_IMPORT) | set().union(*MAY_IMPORT.values()) <= parts


def test_nobody_imports_what_runs_a_program() -> None:
    for name, imported in ARROWS.items():
        commands = [each for each in imported if each.endswith(".__main__")]
        assert not commands, f"{name} imports {commands}"


def test_no_module_imports_itself_in_a_circle() -> None:
    done: set[str] = set()

    def visit(name: str, trail: tuple[str, ...]) -> None:
        assert name not in trail, " -> ".join([*trail, name])
        if name not in done:
            for imported in ARROWS[name]:
                visit(imported, (*trail, name))
            done.add(name)

    for name in ARROWS:
        visit(name, ())


def test_every_folder_is_a_package_that_says_what_it_is() -> None:
    for folder in [*FOLDERS, "tests"]:
        text = (ROOT / folder / "__init__.py").read_text(encoding="utf-8")
        assert ast.get_docstring(ast.parse(text)), folder


def test_every_module_says_what_it_is() -> None:
    for path in ALL.values():
        assert ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))), path


# --- what a program costs before it does anything -------------------------------------------------

# Runs the program that its first argument names, and prints what that has imported.
IMPORTS_OF_A_PROGRAM = """
import runpy, sys
before = {*sys.modules}
program = sys.argv.pop(1)
try:
    runpy.run_module(program, run_name="__main__")
except SystemExit:
    print("imported", *sorted({*sys.modules} - before), sep="\\n")
"""


def _imported_by(program: str) -> set[str]:
    """The libraries and the parts of this house that `python -m program --help` imports."""
    command = (sys.executable, "-c", IMPORTS_OF_A_PROGRAM, program, "--help")
    printed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    modules = printed.partition("\nimported\n")[2].split()
    assert modules, printed
    tops = {name.partition(".")[0] for name in modules} - sys.stdlib_module_names
    return {part_of(each) for each in modules if each in MODULES} | (tops - {*FOLDERS})


def test_the_relay_loads_no_library_and_what_it_stands_on_alone() -> None:
    assert _imported_by("phase4.relay") - {"phase4"} == {
        *("shared", "phase4.relay", "phase4.transport"),
    }


def test_the_monitor_loads_no_library_before_there_is_a_character_to_measure() -> None:
    assert _imported_by("monitor") == {"shared", "monitor"}
