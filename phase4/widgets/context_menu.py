"""What can be done with the lines of a conversation: a menu at the pointer, or by a key.

Main thread only. The right button asks about what is under the pointer, the Menu key and Shift+F10
about what is in sight, and so does F8, wherever the keyboard is. So every link is reached without
a mouse.
"""

import tkinter as tk
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from phase4.widgets.fit import shortened
from phase4.widgets.lines import Line
from phase4.widgets.links import split_links
from phase4.widgets.popup import Popup, menu_keys, right_button
from phase4.widgets.theme import Theme
from phase4.widgets.transcript import Transcript

MOST_LINKS = 12
"""Of those in sight, the newest: more would fill the screen."""

COPY_STAMPED, COPY_STAMPED_KEYS = "Copy with time and name", "Ctrl Shift S"


@dataclass(frozen=True, slots=True)
class CopyCalls:
    """What puts something on the clipboard."""

    said: Callable[[], object]
    """What is selected, as it was said."""

    stamped: Callable[[], object]
    """The same, each line with time and name."""

    text: Callable[[str], None]
    """This text."""


class ContextMenu:
    """`open_link` is called with the link that was chosen.

    `talk`, where it is set, is called with the name of somebody who said a line. `more`, where it
    is set, tells what else is offered for that name.
    """

    def __init__(
        self,
        text: Transcript,
        theme: Theme,
        open_link: Callable[[str], object],
        copies: CopyCalls,
    ) -> None:
        self.talk: Callable[[str], object] | None = None
        self.more: Callable[[str], Sequence[tuple[str, Callable[[], object]]]] = lambda _: ()
        self._popup = Popup(text, theme)
        self.menu = self._popup.menu
        self._text, self._theme = text, theme
        self._open_link, self._copies = open_link, copies
        text.bind(right_button(text), self._clicked)
        for key in menu_keys(text):
            text.bind(key, self._pressed)

    def show_links(self) -> None:
        """Offer the links in sight, the newest first."""
        links = [*self._links_in_sight()]
        self._popup.clear()
        self._add_links(links)
        if not links:
            self.menu.add_command(label="No link is in sight", state="disabled")
        self._post_above()

    def _clicked(self, event: "tk.Event[tk.Misc]") -> str:
        x, y = event.x, event.y
        self._popup.clear()
        self._add_copy()
        if block := self._text.block_at(x, y):
            self._add_copy_of("Copy the block", block)
        if link := self._text.link_at(x, y):
            self._add_links([link])
            self._add_copy_of("Copy the link", link)
        line = self._text.line_at(x, y)
        self._add_talk(line)
        for choice in self.more(line.person) if line is not None else ():
            self._popup.add(*choice)
        self._popup.post(event.x_root, event.y_root)
        return "break"

    def _pressed(self, _: object) -> str:
        self._popup.clear()
        self._add_copy()
        self._add_links([*self._links_in_sight()])
        self._post_above()
        return "break"

    def _links_in_sight(self) -> Iterator[str]:
        first, last = self._text.in_sight()
        found: dict[str, None] = {}
        for shown in reversed(self._text.lines[first : last + 1]):
            pieces = split_links(shown.line.text)
            found.update(dict.fromkeys(piece for piece, is_link in reversed(pieces) if is_link))
        yield from [*found][:MOST_LINKS]

    # --- entries --------------------------------------------------------------------------------

    def _add_copy(self) -> None:
        is_selected = bool(self._text.tag_ranges("sel"))
        for label, keys, copy in (
            ("Copy", "Ctrl C", self._copies.said),
            (COPY_STAMPED, COPY_STAMPED_KEYS, self._copies.stamped),
        ):
            self.menu.add_command(
                label=label,
                accelerator=keys,
                command=copy,
                state="normal" if is_selected else "disabled",
            )

    def _add_copy_of(self, label: str, text: str) -> None:
        self.menu.add_command(label=label, command=lambda: self._copies.text(text))

    def _add_links(self, links: Sequence[str]) -> None:
        widest = self._text.winfo_screenwidth() // 2
        for link in links:
            self.menu.add_command(
                label=f"Open {shortened(link, self._theme.body, widest)}",
                command=lambda link=link: self._open_link(link),  # type: ignore[misc]
            )

    def _add_talk(self, line: Line | None) -> None:
        if self.talk is None or line is None or not line.person or line.kind == "own" or line.mark:
            return
        talk, person = self.talk, line.person
        self.menu.add_command(label=f"Talk with {person} alone", command=lambda: talk(person))

    def _post_above(self) -> None:
        edge = 4 * self._theme.unit
        self._popup.post_by_key(self._text.winfo_rootx() + edge, self._text.winfo_rooty() + edge)
