"""Text in a page. Names of learners, and what their servers said last, are written by strangers."""

import html

from shared.safe_text import clean

MOST_CHARACTERS = 200  # of a name or a message: a table is no place for more


def text(words: str) -> str:
    r"""`words` as they may stand in a page: no markup, no control character, and not without end.

    >>> text("<script>\u202egpj")
    '&lt;script&gt;\ufffdgpj'
    """
    words = words if len(words) <= MOST_CHARACTERS else f"{words[:MOST_CHARACTERS]}…"
    return html.escape(clean(words))


def foreign(words: str) -> str:
    """Words of strangers: whatever their direction, they turn nothing around that stands beside."""
    return f"<bdi>{text(words)}</bdi>"


def scrolling(table: str, label: str, *, is_wide: bool = False) -> str:
    """A table that may be wider than the window; the keyboard scrolls it as well."""
    kind = "scroll" if is_wide else "scroll board"
    return f'<div class="{kind}" role="region" tabindex="0" aria-labelledby="{label}">{table}</div>'
