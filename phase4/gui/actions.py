"""What the window can do: one table for its menu, its keys and the help."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

OTHER_KEYS = (
    "Tab completes names and commands; Up and Down bring back what was sent; Escape clears.",
    "Page Up and Page Down scroll; Ctrl End jumps to the newest line.",
    "Return on a name among the people begins a private message.",
)


@dataclass(frozen=True, slots=True)
class Action:
    """Something the window can do."""

    label: str
    keys: str  # as a person reads them
    sequences: tuple[str, ...]  # as Tk writes them
    do: Callable[[], object]
    starts_group: bool = False  # a line before it in the menu


def explain_keys(actions: Sequence[Action]) -> Iterator[str]:
    """Every key, a line for each."""
    for action in actions:
        yield f"{action.keys}: {action.label.removesuffix(' …')}"
    yield from OTHER_KEYS
