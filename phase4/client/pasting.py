r"""What is pasted, in every client: how much may be sent, and what keeps a block whole.

No terminal and no window here. On the wire a block is lines like any others. But a line that is
empty says nothing there, and one to a single person loses the blanks at its start. So both begin
with a sign that nobody sees, which clients take away again.

>>> keep_empty("if x:\n\n    y()\n").split("\n") == ["if x:", UNSEEN, "    y()"]
True
"""

import re
from dataclasses import replace

from shared.request import Lines, split_lines

MAX_PASTED_LINES = 50
"""Lines sent in one go: 10 s at the server's 5 a second. More is a file, not a conversation."""


def too_many_lines(count: int) -> str:
    """Why so many lines are not sent; empty where they may be.

    >>> too_many_lines(50), too_many_lines(3000)
    ('', 'These are 3,000 lines; 50 may be sent at a time.')
    """
    if count <= MAX_PASTED_LINES:
        return ""
    return f"These are {count:,} lines; {MAX_PASTED_LINES} may be sent at a time."


UNSEEN = "\N{ZERO WIDTH SPACE}"
"""Stands for nothing, in an empty line, or before blanks that are to stay."""


def keep_empty(text: str) -> str:
    """The lines of `text`, in which those that are empty between others say so."""
    lines = [line if line.strip() else UNSEEN for line in text.splitlines()]
    while lines and lines[-1] == UNSEEN:
        lines.pop()
    while lines and lines[0] == UNSEEN:
        del lines[0]
    return "\n".join(lines)


def keep_blanks(line: str, to: str) -> str:
    """A line for `to` alone, so that the blanks at the start of its text arrive.

    >>> keep_blanks("/pm Bob     y()", "Bob") == f"/pm Bob {UNSEEN}    y()"
    True
    """
    start = f"/pm {to} "
    text = line.removeprefix(start)
    return f"{start}{UNSEEN}{text}" if text != line and text[:1].isspace() else line


def block_lines(text: str, to: str = "") -> Lines:
    r"""The lines of `text` as `split_lines` has them, but as a block that arrives whole.

    >>> block_lines("if x:\n\n    y()", "Bob").lines == (
    ...     "/pm Bob if x:", f"/pm Bob {UNSEEN}", f"/pm Bob {UNSEEN}    y()"
    ... )
    True
    """
    lines = split_lines(keep_empty(text), to)
    if not lines.to or len(lines.lines) < 2:
        return lines
    return replace(lines, lines=tuple(keep_blanks(line, lines.to) for line in lines.lines))


def without_unseen(text: str) -> str:
    """What a line of a block says.

    >>> without_unseen(UNSEEN), without_unseen(f"{UNSEEN}    y()")
    ('', '    y()')
    """
    is_mark = text == UNSEEN or (text[:1] == UNSEEN and text[1:2].isspace())
    return text[1:] if is_mark else text


def as_typed(line: str) -> str:
    """A line that was ready to be sent, as the person typed it: only the mark of a block goes.

    The same sign stands between the words of Thai and Khmer. There it stays.

    >>> as_typed(f"/pm Bob {UNSEEN}    y()"), as_typed(UNSEEN)
    ('/pm Bob     y()', '')
    >>> as_typed(f"one{UNSEEN}two") == f"one{UNSEEN}two"
    True
    """
    start = found[0] if (found := _TO_ONE.match(line)) else ""
    return start + without_unseen(line.removeprefix(start))


_TO_ONE = re.compile(r"/pm \S+ ")
"""What `keep_blanks` puts the mark behind."""
