"""Makes mutants of a program: each has one small change, of a kind that people make by mistake.

A mutant is the whole text of the changed program. It is told by where the change is and what it is,
and not by its line: so whoever speaks of it is right also when the lines above have moved.
"""

import ast
import functools
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

SKIPPED_FUNCTIONS = ("main",)  # it reads the options
SHOWN_CHARACTERS = 90  # of a change; the program's own lines have 100

Nodes = Sequence[ast.AST]
"""What stands in a node's place: one expression, or any number of statements."""


@dataclass(frozen=True)
class Mutant:
    """A program with one change. `make` gives its text, and is called by one thread at a time."""

    phase: int
    kind: str
    where: str
    line: int
    change: str
    make: Callable[[], str] = field(compare=False, repr=False)

    @property
    def key(self) -> str:
        """What it is told by, wherever its line may be."""
        return f"{self.where}: {self.change}"


def mutants_of(phase: int, text: str) -> list[Mutant]:
    """All mutants of a program, each once, in the order of its lines."""
    tree = ast.parse(text)
    times: Counter[str] = Counter()
    found = []
    for site in list(_sites(tree, "module")):
        seen = {_text(site.nodes)}
        for kind, new, change in site.changes():
            if _text(new) in seen:
                continue
            seen.add(_text(new))
            times[f"{site.where}: {change}"] += 1
            number = times[f"{site.where}: {change}"]
            full = change if number == 1 else f"{change} ({number})"
            make = functools.partial(site.with_changed, tree, new)
            found.append(Mutant(phase, kind, site.where, site.line, full, make))
    return sorted(found, key=lambda each: each.line)


def _text(nodes: Nodes) -> str:
    return "\n".join(map(ast.unparse, nodes))


# --- places in a program --------------------------------------------------------------------------


@dataclass(frozen=True)
class _Site:
    """One node, or one statement and the next, and where it stands."""

    parent: ast.AST
    field: str
    index: int | None  # in the field, where that is a list
    nodes: Nodes
    where: str

    @property
    def line(self) -> int:
        node = self.nodes[0]
        return int(getattr(node, "lineno", 0) or getattr(self.parent, "lineno", 0))

    def changes(self) -> Iterator[tuple[str, Nodes, str]]:
        """The kind of each change, what stands there then, and both in words."""
        if len(self.nodes) == 2:
            one, two = self.nodes
            yield "order", (two, one), f"{_shown(one)} <-> {_shown(two)}"
            return
        node = self.nodes[0]
        for kind, new in _changes_of(node, self.parent):
            after = " ".join(map(_shown, new)) or "nothing"
            yield kind, new, f"{_shown(node)} -> {after}"

    def with_changed(self, tree: ast.AST, new: Nodes) -> str:
        """The text of the program with `new` in this place."""
        old = getattr(self.parent, self.field)
        if self.index is None:
            setattr(self.parent, self.field, new[0])
        else:
            put = new or ([ast.Pass()] if isinstance(self.nodes[0], ast.stmt) else [])
            changed = [*old[: self.index], *put, *old[self.index + len(self.nodes) :]]
            setattr(self.parent, self.field, changed)
        try:
            return ast.unparse(tree) + "\n"
        finally:
            setattr(self.parent, self.field, old)


def _sites(node: ast.AST, where: str) -> Iterator[_Site]:
    for name, value in ast.iter_fields(node):
        if name in ("annotation", "returns", "decorator_list", "type_params"):
            continue
        for index, child in enumerate(value) if isinstance(value, list) else [(None, value)]:
            if not isinstance(child, ast.AST) or _is_left_alone(child, index, node):
                continue
            inside = where
            if isinstance(child, ast.FunctionDef | ast.ClassDef):
                inside = child.name if where == "module" else f"{where}.{child.name}"
            yield _Site(node, name, index, (child,), where)
            if index is not None and _can_be_swapped(value[index : index + 2]):
                yield _Site(node, name, index, tuple(value[index : index + 2]), where)
            yield from _sites(child, inside)


def _is_left_alone(child: ast.AST, index: int | None, parent: ast.AST) -> bool:
    """Imports, documentation, what reads the options, and what runs the program."""
    if isinstance(child, ast.Import | ast.ImportFrom):
        return True
    if isinstance(child, ast.FunctionDef) and child.name in SKIPPED_FUNCTIONS:
        return True
    if isinstance(child, ast.If) and "__name__" in ast.unparse(child.test):
        return True
    return _is_text(child) and isinstance(parent, ast.Module | ast.FunctionDef | ast.ClassDef)


def _is_text(node: ast.AST) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _can_be_swapped(pair: Nodes) -> bool:
    unfit = ast.FunctionDef | ast.ClassDef | ast.Import | ast.ImportFrom
    statements = [each for each in pair if isinstance(each, ast.stmt)]
    return len(statements) == 2 and not any(
        isinstance(each, unfit) or _is_text(each) for each in statements
    )


def _shown(node: ast.AST) -> str:
    """A node in one line; of a statement with others in it, the first."""
    first = ast.unparse(node).partition("\n")[0]
    return first if len(first) <= SHOWN_CHARACTERS else first[:SHOWN_CHARACTERS] + "…"


# --- what can be changed --------------------------------------------------------------------------

Changes = Iterator[tuple[str, Nodes]]


def _changes_of(node: ast.AST, parent: ast.AST) -> Changes:
    match node:
        case ast.Compare():
            yield from _compare(node)
        case ast.Constant():
            yield from _constant(node)
        case ast.FormattedValue() if isinstance(parent, ast.JoinedStr):
            yield "text", [ast.Constant("")]
        case ast.BoolOp():
            yield from _bool_op(node)
        case ast.UnaryOp(op=ast.Not()):
            yield "branch", [node.operand]
        case ast.BinOp():
            yield "operand", [node.left]
            yield "operand", [node.right]
            yield "order", [ast.BinOp(node.right, node.op, node.left)]
        case ast.IfExp():
            yield "branch", [node.body]
            yield "branch", [node.orelse]
        case ast.Call():
            yield from _call(node)
        case ast.keyword(arg=str()):
            yield "argument", []
        case ast.comprehension(ifs=[_, *_]):
            yield "branch", [ast.comprehension(node.target, node.iter, [], node.is_async)]
        case ast.stmt():
            yield from _statement(node)


_OPPOSITES: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Lt: (ast.LtE, ast.GtE),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.LtE),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
}


def _compare(node: ast.Compare) -> Changes:
    for index, operator in enumerate(node.ops):
        for other in _OPPOSITES[type(operator)]:
            operators = [*node.ops[:index], other(), *node.ops[index + 1 :]]
            yield "comparison", [ast.Compare(node.left, operators, node.comparators)]


def _constant(node: ast.Constant) -> Changes:
    value = node.value
    if isinstance(value, bool):
        yield "branch", [ast.Constant(not value)]
    elif isinstance(value, int | float):
        for other in (value + 1, value - 1, value * 2, type(value)(value // 2), type(value)(0)):
            yield "bound", [ast.Constant(other)]
    elif isinstance(value, bytes):
        for text in _texts(value.decode("latin-1")):
            yield "text", [ast.Constant(text.encode("latin-1"))]
    elif isinstance(value, str):
        for text in _texts(value):
            yield "text", [ast.Constant(text)]


def _texts(text: str) -> Iterator[str]:
    """The same text, changed at its ends, emptied, and with a blank cut."""
    if not text:
        yield "x"
        return
    yield ""
    yield ("Y" if text[0] == "X" else "X") + text[1:]
    yield text[:-1] + ("Y" if text[-1] == "X" else "X")
    yield text[1:]
    yield text[:-1]
    yield text.replace(" ", "", 1)
    yield text.swapcase()


def _bool_op(node: ast.BoolOp) -> Changes:
    other = ast.Or() if isinstance(node.op, ast.And) else ast.And()
    yield "branch", [ast.BoolOp(other, node.values)]
    for index in range(len(node.values)):
        rest = [*node.values[:index], *node.values[index + 1 :]]
        yield "branch", [rest[0] if len(rest) == 1 else ast.BoolOp(node.op, rest)]


def _call(node: ast.Call) -> Changes:
    if isinstance(node.func, ast.Attribute) and not isinstance(node.func.value, ast.Name):
        yield "call", [node.func.value]  # x.y.strip(): x.y
    elif isinstance(node.func, ast.Attribute):
        yield "call", [node.func.value]  # x.strip(): x
    if node.args and not isinstance(node.args[0], ast.Starred):
        yield "call", [node.args[0]]  # clean(x): x
    for index in range(len(node.args) - 1):
        swapped = [*node.args]
        swapped[index : index + 2] = swapped[index + 1], swapped[index]
        yield "order", [ast.Call(node.func, swapped, node.keywords)]


def _statement(node: ast.stmt) -> Changes:
    match node:
        case ast.If():
            yield "branch", [ast.If(ast.Constant(True), node.body, node.orelse)]
            yield "branch", [ast.If(ast.Constant(False), node.body, node.orelse)]
        case ast.While():
            yield "branch", [ast.While(ast.Constant(False), node.body, node.orelse)]
        case ast.For():
            yield "bound", [_for(node, "list({})[1:]")]
            yield "bound", [_for(node, "list({})[:-1]")]
        case ast.Return(value=ast.expr()):
            yield "return", [ast.Return(None)]
            yield "return", []
        case ast.Return() | ast.Delete() | ast.Raise() | ast.AugAssign():
            yield "removed", []
        case ast.Assign():
            yield from _assign(node)
        case ast.Expr():
            yield "removed", []
            if isinstance(node.value, ast.YieldFrom | ast.Call):
                yield "order", [node, node]  # done twice
        case ast.Break():
            yield "loop", [ast.Continue()]
            yield "loop", []
        case ast.Continue():
            yield "loop", [ast.Break()]
            yield "loop", []
        case ast.Try():
            yield from _try(node)
        case ast.With():
            yield "with", node.body


def _for(node: ast.For, around: str) -> ast.For:
    iterable = ast.parse(around.format(ast.unparse(node.iter)), mode="eval").body
    return ast.For(node.target, iterable, node.body, node.orelse, None, lineno=0)


def _assign(node: ast.Assign) -> Changes:
    """Of a name that is used afterwards, nothing would be left but an error."""
    if not isinstance(node.targets[0], ast.Name):
        yield "removed", []
    match node.targets[0]:
        case ast.Tuple(elts=[ast.Starred(), last]):
            yield "removed", [node, ast.Assign([last], ast.Constant(b""), None, lineno=0)]


def _try(node: ast.Try) -> Changes:
    yield "try", [*node.body, *node.finalbody]
    if node.finalbody:
        rest = [ast.Try(node.body, node.handlers, node.orelse, [])] if node.handlers else node.body
        yield "try", rest
    for index, handler in enumerate(node.handlers):
        wider = ast.ExceptHandler(ast.Name("KeyError"), handler.name, handler.body)
        handlers = [*node.handlers[:index], wider, *node.handlers[index + 1 :]]
        yield "try", [ast.Try(node.body, handlers, node.orelse, node.finalbody)]
