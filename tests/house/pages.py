r"""The pages (README.md and the like) as the checks read them: commands, what they print, diffs.

A block of a page is one of these:

- `$ command` lines, each with what it prints below it. A line `...` stands for any lines, and `...`
  in a line for any text. Numbers are not compared: times, ports and sizes are others in each run.
- commands alone, one a line, with a comment behind two spaces.
- a diff: lines `-` are in the file after `---`, lines `+` in the file after `+++`, in this order.
  Where that is `yours`, it is an experiment, and the commands after it are run in a changed copy.
- `pycon`: what is typed into Python, and what it answers, as in a docstring.
- `python`: a file of ours, or a part of one.
- something to look at: anything else.
"""

import re
import textwrap
from dataclasses import dataclass, field
from pathlib import Path

PAGES = (
    "README.md",
    "CONTRIBUTING.md",
    "phase1/README.md",
    "phase2/README.md",
    "phase3/README.md",
    "phase3/selectors.md",
    "phase4/README.md",
    "phase4/server/README.md",
    "phase4/relay/README.md",
    "phase4/transport/README.md",
    "phase4/client/README.md",
    "phase4/client_terminal/README.md",
    "phase4/client_gui/README.md",
    "phase4/server_gui/README.md",
    "phase4/archive/README.md",
    "phase4/doors/README.md",
    "phase4/accounts/README.md",
    "phase4/hub/README.md",
    "monitor/README.md",
    "docs/class.md",
    "docs/operator.md",
    "docs/proxy.md",
    "docs/server.md",
    "docs/typing.md",
    "docs/own-name.md",
    "docs/words.md",
)

_BLOCK = re.compile(r"^(?P<indent> *)```(?P<kind>\w*)\n(?P<text>.*?)^ *```$", re.DOTALL | re.M)
_PROGRAM = re.compile(
    r"(\(?(bash|sh|mkdir|py|python3?|nc|curl|printf|head|git|telnet|ss|docker|redis-cli|apt-get|sudo|pip|\.)"
    r"|\.venv[/\\]\S+)( |$)"
)
_ARROW = re.compile(r"^\S+ (?P<direction>(#\S+ )?\S+ → \S+) (?P<what>.*)$")


@dataclass(frozen=True)
class Diff:
    """What a diff on a page claims: these lines go, and those come."""

    page: str
    old: str
    new: str
    minus: tuple[str, ...]
    plus: tuple[str, ...]

    @property
    def is_experiment(self) -> bool:
        """Whether the reader is to make this change."""
        return self.new == "yours"

    def apply(self, root: Path) -> None:
        """Make the change. Each line that goes must be there once; the first is replaced by all."""
        file = root / self.old
        text = file.read_text(encoding="utf-8")
        for number, line in enumerate(self.minus):
            assert text.count(line + "\n") == 1, f"{self.page}: {line!r} is not once in {self.old}"
            if len(self.minus) == len(self.plus):  # line by line: they may be far from each other
                with_ = self.plus[number] + "\n"
            else:
                with_ = "".join(f"{each}\n" for each in self.plus) if number == 0 else ""
            text = text.replace(line + "\n", with_)
        file.write_text(text, encoding="utf-8")


@dataclass(frozen=True)
class Command:
    """A command on a page; `shown` is what it prints there, or None."""

    page: str
    text: str
    shown: str | None = None
    change: Diff | None = None

    def __str__(self) -> str:
        """For the name of the check."""
        return f"{self.page}: {self.text}" + (" (changed)" if self.change else "")


@dataclass
class Page:
    """What is in the blocks of one page."""

    name: str
    text: str
    commands: list[Command] = field(default_factory=list)
    diffs: list[Diff] = field(default_factory=list)
    typed: list[str] = field(default_factory=list)
    listings: list[str] = field(default_factory=list)
    to_look_at: list[str] = field(default_factory=list)
    sections: list[str] = field(default_factory=list)


def read_page(root: Path, name: str) -> Page:
    """A page, taken apart."""
    text = (root / name).read_text(encoding="utf-8")
    page = Page(name, text, sections=re.findall(r"^#+ (.*)$", text, re.M))
    change: Diff | None = None
    end = 0
    for found in _BLOCK.finditer(text):
        if re.search(r"^(## |\d\. )", text[end : found.start()], re.M):
            change = None  # another section, or the next experiment
        end = found.end()
        block = textwrap.dedent(found["text"])
        if found["kind"] == "diff":
            diff = _diff(name, block)
            page.diffs.append(diff)
            change = diff if diff.is_experiment else None
        elif found["kind"] == "pycon":
            page.typed.append(block)
        elif found["kind"] == "python":
            page.listings.append(block)
        elif not found["kind"]:
            commands = _commands(name, block, change)
            page.commands += commands
            if not commands:
                page.to_look_at.append(block)
    return page


def _diff(page: str, block: str) -> Diff:
    old, new, *lines = block.splitlines()
    assert old.startswith("--- "), f"{page}: a diff begins with --- and a file, not {old!r}"
    assert new.startswith("+++ "), f"{page}: then comes +++ and a file, not {new!r}"
    assert all(line[:1] in "+-" for line in lines), f"{page}: only - and + in a diff, please"
    minus = tuple(line[1:] for line in lines if line[0] == "-")
    plus = tuple(line[1:] for line in lines if line[0] == "+")
    return Diff(page, old[4:], new[4:], minus, plus)


def _commands(page: str, block: str, change: Diff | None) -> list[Command]:
    if block.startswith("$ "):
        parts = re.split(r"^\$ ", block, flags=re.M)[1:]
        pairs = [part.partition("\n") for part in parts]
        return [Command(page, first, rest, change) for first, _, rest in pairs]
    lines = [re.sub(r"\s{2,}#.*", "", line) for line in block.splitlines() if line.strip()]
    if not all(map(_PROGRAM.match, lines)):
        return []
    return [Command(page, line, None, change) for line in lines]


# --- to compare ----------------------------------------------------------------------------------


def is_as_shown(shown: str, printed: str) -> bool:
    """Whether a command printed what its page shows.

    What one direction carries over the wire is in order; two directions have no order.
    """
    shown_lines, printed_lines = _normal(shown), _normal(printed)
    if not any(map(_ARROW.match, shown_lines)):
        return _matches(shown_lines, printed_lines)
    if not _matches(_narration(shown_lines), _narration(printed_lines)):
        return False
    carried, all_carried = _directions(shown_lines), _directions(printed_lines)
    if "..." not in shown_lines:
        return carried == all_carried
    return all(_is_in(lines, all_carried.get(each, [])) for each, lines in carried.items())


def _normal(text: str) -> list[str]:
    """Lines without what differs from run to run: numbers, and blanks that make columns."""
    text = re.sub(r"\^C", "", text)
    text = re.sub(r"\d[\d.,:+T-]*\d|\d", "N", text)
    return [" ".join(line.split()) for line in text.strip().splitlines()]


def _matches(shown: list[str], printed: list[str]) -> bool:
    """Whether these lines were printed, with any others for each line "...".

    Each part goes to its first place, and what is left to the next: so no part is looked for twice.
    """
    *parts, last = _parts(shown)
    at = 0
    for number, part in enumerate(parts):
        places = range(at, len(printed) - len(part) + 1) if number else range(1)
        found = next((place for place in places if _stand_at(part, printed, place)), None)
        if found is None:
            return False
        at = found + len(part)
    end = len(printed) - len(last)
    return (end >= at if parts else end == 0) and _stand_at(last, printed, end)


def _parts(shown: list[str]) -> list[list[str]]:
    """What stands between the lines "..."."""
    parts: list[list[str]] = [[]]
    for line in shown:
        if line == "...":
            parts.append([])
        else:
            parts[-1].append(line)
    return parts


def _stand_at(part: list[str], printed: list[str], at: int) -> bool:
    """Whether these lines stand there; "..." within a line is any text."""
    there = printed[at : at + len(part)]
    return len(there) == len(part) and all(
        re.fullmatch(re.escape(shown).replace(r"\.\.\.", ".*"), line)
        for shown, line in zip(part, there, strict=True)
    )


def _narration(lines: list[str]) -> list[str]:
    return [line for line in lines if not _ARROW.match(line)]


def _directions(lines: list[str]) -> dict[str, list[str]]:
    directions: dict[str, list[str]] = {}
    for found in filter(None, map(_ARROW.match, lines)):
        directions.setdefault(found["direction"], []).append(found["what"])
    return directions


def _is_in(part: list[str], lines: list[str]) -> bool:
    """Whether these lines come there, one right after the other."""
    return any(lines[at : at + len(part)] == part for at in range(len(lines)))
