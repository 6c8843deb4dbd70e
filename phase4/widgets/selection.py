"""What is selected in a conversation, as it was said. Main thread only.

The Text knows what it draws: in columns, and where text runs from right to left, in another order
than it is read. What is copied, and what other programs take with the middle button, is found here.
"""

import tkinter as tk
from bisect import bisect_right
from collections.abc import Callable

from phase4.widgets.copying import Part, text_alone, with_stamps
from phase4.widgets.shown import Shown
from phase4.widgets.soon import Soon
from phase4.widgets.transcript import Place, Transcript


class Selection:
    """What is selected in `text`. `released` is called when the button is let go of."""

    def __init__(self, text: Transcript, released: Callable[[], None]) -> None:
        self._text = text
        self._is_drawing = False
        self._released = released
        self._soon = Soon(text)
        self._is_x11 = text.tk.call("tk", "windowingsystem") == "x11"
        # Holds what other windows may have. It is never on the screen; see _offer.
        self._offered = tk.Text(text, exportselection=True)
        text.configure(exportselection=False)
        text.bind("<<Selection>>", lambda _: self._soon.do("offer", self._offer))
        text.bind("<Button-1>", lambda _: self._draw(is_drawing=True), add=True)
        text.bind("<ButtonRelease-1>", lambda _: self._draw(is_drawing=False), add=True)

    def close(self) -> None:
        """Do nothing more: the Text is about to go."""
        self._soon.cancel()

    @property
    def is_there(self) -> bool:
        """Whether anything is selected."""
        return bool(self._text.tag_ranges("sel"))

    @property
    def is_held(self) -> bool:
        """Whether something is selected or about to be: it must not move away from the pointer."""
        return self._is_drawing or self.is_there

    def clear(self) -> None:
        """Select nothing."""
        self._text.tag_remove("sel", "1.0", "end")

    @property
    def said(self) -> str:
        """What was said: of one person the text alone, of several with their names."""
        return text_alone(self._parts())

    @property
    def stamped(self) -> str:
        """The same, each line with time and name."""
        return with_stamps(self._parts())

    def _draw(self, *, is_drawing: bool) -> None:
        self._is_drawing = is_drawing
        if not is_drawing:
            self._soon.do("released", self._released)  # after Tk's own binding

    def _parts(self) -> list[Part]:
        if not self.is_there:
            return []
        text = self._text
        start, end = text.position("sel.first"), text.position("sel.last")
        tops = text.tops()
        first, last = (bisect_right(tops, line) for line, _ in (start, end))
        lines = zip(text.lines[first - 1 : last], tops[first - 1 : last], strict=True)
        return [
            self._part(shown, top, start, end)
            for shown, top in lines
            if (top, 0) < end and not shown.is_rule
        ]

    def _part(self, shown: Shown, top: int, start: Place, end: Place) -> Part:
        """What lies between two places of a line that begins at line `top` of the Text."""
        is_to_its_end = end >= (top + shown.height, 0)
        places = self._places(shown, top, start, end)
        drawn = shown.text if start <= (top, 0) and is_to_its_end else shown.said_at(places)
        said = places.intersection(shown.said)
        is_all = said.issuperset(shown.drawn_places.intersection(shown.said))
        return Part(
            shown,
            said=shown.line.text if is_all else shown.said_at(said),
            drawn=drawn,
            has_said=bool(said) or (is_to_its_end and not shown.said),
            end="\n" if is_to_its_end else "",
        )

    def _places(self, shown: Shown, top: int, start: Place, end: Place) -> set[int]:
        """Which characters of the line's text are drawn between the two."""
        found: set[int] = set()
        for number in range(max(top, start[0]), min(top + shown.height, end[0] + 1)):
            skipped = self._text.characters_before(start) if number == start[0] else 0
            until = self._text.characters_before(end) if number == end[0] else None
            row = shown.rows[number - top].places if shown.rows else range(len(shown.text))
            found.update(row[skipped:until])
        return found

    def _offer(self) -> None:
        """Let other windows have what is selected, for the middle button of X11.

        The Text would hand over what it draws. So another one holds what was said; to answer
        other programs in Python would do, but Tk loses letters where it cuts such answers in parts.
        """
        if self._is_x11 and (text := self.said):
            self._offered.delete("1.0", "end")
            self._offered.insert("1.0", text)
            self._offered.tag_add("sel", "1.0", "end-1c")
