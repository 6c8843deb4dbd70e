"""The colours of the window, light and dark.

No toolkit here. Every text colour has a contrast of at least 4.5 to 1 on every background it may
lie on (WCAG 2.2, 1.4.3). What shows where a control or the keyboard is has 3 to 1 against what is
around it (1.4.11). Checks compute both with `contrast`.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Palette:
    """One theme. Each value is `#rrggbb`."""

    page: str  # behind the conversation
    panel: str  # header, people, connect page
    field: str  # entry fields
    border: str  # lines between parts, and what cannot be used now
    edge: str  # of fields and buttons, and the thumbs of scrollbars
    text: str
    muted: str  # times, notices, hints
    accent: str  # buttons, the cursor, the own name
    on_accent: str  # text on a button
    accent_over: str  # a button under the pointer
    selection: str
    own: str  # behind one's own lines
    private: str  # text that marks a private message
    private_page: str  # behind it
    mention_page: str  # behind a line that says one's name
    error: str
    error_page: str  # behind errors and the bar that says the connection is lost
    link: str
    found: str  # behind what Ctrl+F has found
    found_now: str  # behind the hit that is shown
    on_found: str  # text there
    on_found_now: str
    names: tuple[str, ...]  # one for each person, by NameColours (phase4/client)

    @property
    def line_pages(self) -> tuple[str, ...]:
        """Every background that a name or a link in the conversation may lie on."""
        return (self.page, self.own, self.private_page, self.mention_page)


LIGHT = Palette(
    page="#ffffff",
    panel="#f3f4f7",
    field="#ffffff",
    border="#cfd4dd",
    edge="#7d8492",
    text="#1e222b",
    muted="#626978",
    accent="#2a5bd7",
    on_accent="#ffffff",
    accent_over="#1f49b4",
    selection="#c5d8ff",
    own="#eef3fe",
    private="#7427ad",
    private_page="#f6effc",
    mention_page="#fff3cf",
    error="#b3202a",
    error_page="#fdeced",
    link="#1653c4",
    found="#ffe27a",
    found_now="#ff9d2e",
    on_found="#1e222b",
    on_found_now="#1e222b",
    names=(
        "#a8281e", "#9a4a00", "#7a5b00", "#4f6800", "#1d7031", "#00705c",
        "#006a86", "#17579f", "#4a4bc0", "#6f3bb8", "#94279a", "#a82463",
    ),
)  # fmt: skip

DARK = Palette(
    page="#1d2027",
    panel="#262a33",
    field="#1d2027",
    border="#3b414e",
    edge="#818998",
    text="#e3e6ec",
    muted="#9aa2b1",
    accent="#7aa5ff",
    on_accent="#10151f",
    accent_over="#9dbcff",
    selection="#3a5080",
    own="#232b3b",
    private="#d3a8ff",
    private_page="#2d2539",
    mention_page="#3a3219",
    error="#ff8b8b",
    error_page="#3b2428",
    link="#79b6ff",
    found="#8a7420",
    found_now="#ffb648",
    on_found="#ffffff",
    on_found_now="#10151f",
    names=(
        "#ff8f80", "#ffa35c", "#e6b84a", "#b8cc52", "#7fd17f", "#57d3b0",
        "#5ccbe6", "#7fb8ff", "#a6a8ff", "#c79bff", "#ec93e6", "#ff8fb8",
    ),
)  # fmt: skip

PALETTES = {"light": LIGHT, "dark": DARK}

SYSTEM = "system"
CHOICES = (*PALETTES, SYSTEM)
"""What a person can wish for; `system` is whichever of the others the system has."""


def contrast(one: str, other: str) -> float:
    """How well two colours can be told apart: 1 (not at all) to 21 (black on white), by WCAG 2.2.

    >>> contrast("#000000", "#ffffff")
    21.0
    """
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    channels = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    red, green, blue = (
        c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
