"""Lines of a conversation selected by keys. Main thread only.

By the mouse one selects letters. With the keyboard alone there would be all or nothing: a Text that
nobody types in has no cursor that could be seen.
"""

from bisect import bisect_right

from phase4.widgets.transcript import Transcript


class LineSelection:
    """Whole lines of `text`, from where one began to where one has come."""

    def __init__(self, text: Transcript) -> None:
        self._text = text
        # Whether the selection grows and shrinks at its upper end.
        self._goes_up = False

    def step(self, by: int) -> None:
        """Go on by one line, down (1) or up (-1): it is selected, or no longer.

        Where nothing is selected yet, one begins at the edge of what is in sight.
        """
        if not self._text.lines:
            return
        if self._text.tag_ranges("sel"):
            first, last = self._grown(*self._selected(), by)
        else:
            self._goes_up = by < 0
            first = last = self._text.in_sight()[1 if by < 0 else 0]
        self._select(first, last)

    def _selected(self) -> tuple[int, int]:
        """The first and the last line of which something is selected, as places in `lines`."""
        tops = self._text.tops()
        places = (self._text.position("sel.first"), self._text.position("sel.last - 1 chars"))
        first, last = (bisect_right(tops, line) - 1 for line, _ in places)
        return first, last

    def _grown(self, first: int, last: int, by: int) -> tuple[int, int]:
        if first == last:
            self._goes_up = by < 0
        if self._goes_up:
            return max(0, first + by), last
        return first, min(last + by, len(self._text.lines) - 1)

    def _select(self, first: int, last: int) -> None:
        text, tops = self._text, self._text.tops()
        text.tag_remove("sel", "1.0", "end")
        text.tag_add("sel", f"{tops[first]}.0", f"{tops[last] + text.lines[last].height}.0")
        end = first if self._goes_up else last
        text.see(f"{tops[end] + text.lines[end].height - 1}.0")
        text.see(f"{tops[end]}.0")
