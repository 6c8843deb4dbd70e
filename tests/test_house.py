"""The house keeps its arrows: who may import whom, and nobody in a circle."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.harness import ROOT

ROOMS = ("shared", "phase1", "phase2", "phase3", "phase4", "monitor")
MAY_IMPORT = {
    "shared": {"shared"},
    "monitor": {"shared", "monitor"},
    "phase1": {"shared", "phase1"},
    "phase2": {"shared", "phase1", "phase2"},
    "phase3": {"shared", "phase1", "phase2", "phase3"},
    "phase4": {"shared", "phase1", "phase2", "phase3", "phase4"},
}


def _modules() -> dict[str, Path]:
    modules = {}
    for room in ROOMS:
        for path in (ROOT / room).rglob("*.py"):
            name = ".".join(path.relative_to(ROOT).with_suffix("").parts)
            modules[name.removesuffix(".__init__")] = path
    return modules


def _imports(path: Path, modules: dict[str, Path]) -> Iterator[str]:
    """The modules of this house that a file imports, wherever in it."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in modules)
        elif isinstance(node, ast.ImportFrom) and node.module:
            assert node.level == 0, f"{path}: a relative import"
            for alias in node.names:
                name = f"{node.module}.{alias.name}"
                if name in modules:
                    yield name
                elif node.module in modules:
                    yield node.module


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_imports_only_what_it_stands_on(room: str) -> None:
    modules = _modules()
    for name, path in modules.items():
        if name.split(".")[0] == room:
            for imported in _imports(path, modules):
                assert imported.split(".")[0] in MAY_IMPORT[room], f"{name} imports {imported}"


def test_no_module_imports_itself_in_a_circle() -> None:
    modules = _modules()
    arrows = {name: set(_imports(path, modules)) - {name} for name, path in modules.items()}
    done: set[str] = set()

    def visit(name: str, trail: tuple[str, ...]) -> None:
        assert name not in trail, " -> ".join([*trail, name])
        if name not in done:
            for imported in arrows[name]:
                visit(imported, (*trail, name))
            done.add(name)

    for name in arrows:
        visit(name, ())


def test_every_folder_is_a_package_that_says_what_it_is() -> None:
    for folder in [*ROOMS, "tests"]:
        text = (ROOT / folder / "__init__.py").read_text(encoding="utf-8")
        assert ast.get_docstring(ast.parse(text)), folder


def test_every_module_says_what_it_is() -> None:
    for path in [*_modules().values(), *(ROOT / "tests").rglob("*.py")]:
        assert ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))), path
