"""What the lines of a conversation look like: the tags of its Text, and their colours.

Main thread only. And where a line's parts stand.
"""

import tkinter as tk

from phase4.widgets.lines import Kind
from phase4.widgets.theme import Theme
from shared.defaults import MAX_NAME_CHARACTERS

_WIDEST_NAME = "m" * MAX_NAME_CHARACTERS  # a single sign may be as wide as ten
_NARROWEST_TEXT = "mmmm"
_ROW_OF_FINGERPRINT = "00:00:00:00:00:00:00:00"

KINDS: tuple[Kind, ...] = ("public", "own", "private", "mention", "notice", "error")


def style_lines(text: tk.Text, theme: Theme) -> None:
    """Set the tags that lines are drawn with, to the theme's colours and sizes."""
    colours = theme.palette
    for kind, foreground, background in (
        ("public", colours.text, colours.page),
        ("own", colours.text, colours.own),
        ("private", colours.text, colours.private_page),
        ("mention", colours.text, colours.mention_page),
        ("notice", colours.muted, colours.page),
        ("error", colours.error, colours.error_page),
    ):
        _style_kind(text, theme, kind, foreground, background)
    _style_parts(text, theme)


def _style_kind(text: tk.Text, theme: Theme, kind: str, foreground: str, background: str) -> None:
    space = max(1, theme.unit // 2)
    text.tag_configure(
        kind,
        foreground=foreground,
        background=background,
        lmargincolor=background,
        rmargincolor=background,
        spacing1=space,
        spacing3=space,
    )


def _style_parts(text: tk.Text, theme: Theme) -> None:
    colours, tag = theme.palette, text.tag_configure
    space = theme.unit
    tag("rule", foreground=colours.accent, font=theme.small, justify="center", wrap="none")
    tag("rule", spacing1=space, spacing3=space)
    tag("wraps", wrap="char")
    tag("fixed", font=theme.fixed, spacing1=0, spacing3=0)
    tag("unseen", elide=True)
    tag("head", spacing3=0)  # what stands above a block
    tag("code", font=theme.fixed, wrap="char", spacing1=0, spacing3=0)
    tag("turned", wrap="none")
    tag("right")  # it stands at the right edge; _set_columns says where that is
    tag("upper", spacing3=0)  # a row of a turned line that has others below it
    tag("lower", spacing1=0)  # and above it
    for column in ("time", "state"):
        tag(column, foreground=colours.muted, font=theme.small)
    tag("sign", font=theme.bold)
    tag("mark", foreground=colours.private, font=theme.bold)
    tag("call", font=theme.bold)
    for number, colour in enumerate(colours.names):
        tag(f"name{number}", foreground=colour, font=theme.bold)
    tag("link", foreground=colours.link, underline=True)
    tag("waiting", foreground=colours.muted)
    tag("doubtful", foreground=colours.error)
    tag("failed", foreground=colours.error)
    tag("found", background=colours.found, foreground=colours.on_found)
    tag("found_now", background=colours.found_now, foreground=colours.on_found_now)
    for part in (
        "head",
        "code",
        "turned",
        "right",
        "upper",
        "lower",
        "time",
        "state",
        "mark",
        "link",
        "waiting",
    ):
        text.tag_raise(part)
    text.tag_raise("unseen")  # of the time as well, which may be shown elsewhere
    here, on_here = colours.found_now, colours.on_found_now
    tag("here", background=here, lmargincolor=here, rmargincolor=here, foreground=on_here)
    for part in ("doubtful", "failed", "here", "found", "found_now", "sel"):
        text.tag_raise(part)


def place_fingerprint(text: tk.Text, theme: Theme, start: int, width: int) -> None:
    """Let the rows of a fingerprint begin where text does, or further left: none may be broken."""
    needed = theme.fixed.measure(_ROW_OF_FINGERPRINT) + column_gap(theme)
    margin = max(column_gap(theme), min(start, width - needed))
    text.tag_configure("fixed", lmargin1=margin, lmargin2=margin, rmargin=0)


def column_gap(theme: Theme) -> int:
    """The space between two columns, in pixels."""
    return 3 * theme.unit


def columns(theme: Theme, widest_name: str, width: int) -> tuple[bool, int, int, int]:
    """For a Text of so many pixels: whether times are shown, where names end, and from where to
    where what was said reaches.

    Names have a third of the width at most, and what was said has a third at least. Text that is
    very large, or a window that is very small, leaves no space for the times.
    """
    gap = column_gap(theme)
    name = min(map(theme.bold.measure, (widest_name, _WIDEST_NAME)))
    if is_on_screen := width > 1:
        name = min(name, width // 3)
    names_end = gap + theme.small.measure("00:00:00") + gap + name
    has_time = not is_on_screen or width - names_end - 2 * gap >= width // 3
    start = names_end + gap if has_time else gap + name + gap
    return has_time, names_end, start, max(start + theme.body.measure(_NARROWEST_TEXT), width - gap)
