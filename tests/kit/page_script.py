"""The part of the page's script that knows no page, asked in node.

What it decides has to be what the server decides. So the same question goes to both, thousands of
times; node is started once for all of them.
"""

import json
import subprocess
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis.strategies import SearchStrategy

from tests.kit.harness import ROOT, SECONDS

PAGE = ROOT / "phase4" / "doors" / "page"
PURE = ("lines.js", "typed.js", "missed.js")

_ASK = """
const calls = JSON.parse(require("fs").readFileSync(0, "utf8"));
const answers = calls.map(([name, ...given]) => eval(name)(...given));
process.stdout.write(JSON.stringify(answers));
"""


def pure_part(page: Path = PAGE) -> str:
    """The scripts that know no page, one behind the other."""
    return "\n".join((page / name).read_text(encoding="utf-8") for name in PURE)


def ask_node(calls: Iterable[Sequence[object]]) -> list[Any]:
    """What the page's functions answer. A call is [the name of one, or its text; what it takes]."""
    run = subprocess.run(
        ["node", "--eval", f'"use strict";\n{pure_part()}\n{_ASK}'],
        input=json.dumps([*calls]).encode(),
        capture_output=True,
        timeout=SECONDS,
    )
    assert run.returncode == 0, run.stderr.decode()
    return json.loads(run.stdout)  # type: ignore[no-any-return]


def examples(texts: SearchStrategy[str], count: int) -> list[str]:
    """So many texts that hypothesis makes, each once; the shortest first."""
    found: set[str] = set()

    @settings(max_examples=count, database=None)
    @given(texts)
    def note(text: str) -> None:
        found.add(text)

    note()
    return sorted(found, key=lambda text: (len(text), text))


def differences(
    function: str, texts: Sequence[str], ours: Callable[[str], object]
) -> list[tuple[str, object, object]]:
    """Where the page's function says something else than ours: text, ours, the page's."""
    answers = ask_node([function, text] for text in texts)
    both = ((text, ours(text), answer) for text, answer in zip(texts, answers, strict=True))
    return [each for each in both if each[1] != each[2]]
