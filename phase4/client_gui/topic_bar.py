"""What the conversation is about, above it. Main thread only.

Two rows are shown of it, and all of it where one asks; links open, by a click or from the menu that
a key opens. Where there is no topic there is no bar.
"""

import tkinter as tk
from collections.abc import Callable, Iterator
from tkinter import ttk
from typing import Literal

from phase4.widgets import bidi
from phase4.widgets.keys import only
from phase4.widgets.lines import Line, for_screen, wraps_anywhere
from phase4.widgets.links import split_links
from phase4.widgets.popup import Popup, menu_keys, right_button
from phase4.widgets.theme import Theme

FEW_ROWS, MANY_ROWS = 2, 8
"""Of a topic: what stands there for good, and at the most where one asks. The rest is scrolled."""


MOST_CHARACTERS = 1_000
"""Of a topic; no honest server has a longer one. To lay out more takes long where it is turned."""


class TopicBar(ttk.Frame):
    """Hidden while it is empty. Place it with `grid`. `open_link` is called with a link."""

    def __init__(self, parent: tk.Misc, theme: Theme, open_link: Callable[[str], object]) -> None:
        super().__init__(parent)
        self._theme = theme
        self._open_link = open_link
        self._is_x11 = self.tk.call("tk", "windowingsystem") == "x11"
        self.topic = ""
        """As it is shown: nothing in it can harm the screen."""
        self._is_open = False
        # For which width it is drawn.
        self._drawn_for = 0
        self.text = tk.Text(
            self, state="disabled", borderwidth=0, width=1, height=1, takefocus=True, cursor="arrow"
        )
        self.more = ttk.Button(self, width=2, command=self._toggle)
        self._edge = ttk.Frame(self, style="Line.TFrame", height=1)
        self._popup = Popup(self, theme)
        self._lay_out()
        self._listen()
        theme.on_change(self._restyle)

    def show(self, topic: str) -> None:
        """Show this topic; an empty one: none."""
        topic = " ".join(for_screen(Line("notice", "", "", topic)).text.split())
        topic = topic if len(topic) <= MOST_CHARACTERS else f"{topic[:MOST_CHARACTERS]}…"
        if topic == self.topic:
            return
        self.topic, self._is_open = topic, False
        self._draw()
        (self.grid if topic else self.grid_remove)()

    def parts(self) -> Iterator[tk.Misc]:
        """Where F6 leads."""
        if self.winfo_manager():
            yield self.text

    # --- drawing --------------------------------------------------------------------------------

    def _draw(self) -> None:
        self._drawn_for = self.text.winfo_width()
        rows = [*self._rows()]
        self.text.configure(state="normal")
        self.text.delete("1.0", "end")
        for at, (shown, places) in enumerate(rows):
            self.text.insert("end", "\n" * bool(at), "", *self._pieces(shown, places))
        is_right = len(rows) and self._is_turned and bidi.runs_right_to_left(self.topic)
        self.text.tag_add("right" if is_right else "left", "1.0", "end")
        self.text.configure(state="disabled", wrap=self._wrap)
        self._fit()

    @property
    def _wrap(self) -> Literal["none", "char", "word"]:
        if self._is_turned:
            return "none"
        return "char" if wraps_anywhere(self.topic) else "word"

    @property
    def _is_turned(self) -> bool:
        """Whether what runs from right to left has to be laid out here."""
        return self._is_x11 and bidi.IS_AVAILABLE and bidi.is_needed(self.topic)

    def _rows(self) -> Iterator[tuple[str, tuple[int, ...]]]:
        """What is drawn, and for each of its characters the place in the topic it came from."""
        if not self._is_turned:
            yield self.topic, tuple(range(len(self.topic)))
            return
        wide = max(100, self._drawn_for - 2)
        rtl = bidi.runs_right_to_left(self.topic)
        measure = self._theme.body.measure
        for row in bidi.lay_out(self.topic, rtl=rtl, measure=measure, first=wide, others=wide):
            yield row.shown, row.places

    def _pieces(self, shown: str, places: tuple[int, ...]) -> Iterator[str]:
        """Texts and their tags, in turn. The second tag of a link tells which one it is."""
        links = self._links()
        of = [next((n for n, (at, _) in enumerate(links) if place in at), -1) for place in places]
        start = 0
        for end in range(1, len(shown) + 1):
            if end == len(shown) or of[end] != of[start]:
                yield shown[start:end]
                yield f"link link{of[start]}" if of[start] >= 0 else ""
                start = end

    def _links(self) -> list[tuple[range, str]]:
        found, at = [], 0
        for piece, is_link in split_links(self.topic):
            if is_link:
                found.append((range(at, at + len(piece)), piece))
            at += len(piece)
        return found

    def _fit(self) -> None:
        if self._drawn_for <= 1:  # it is not on the screen yet
            return
        ends = self.tk.call(self.text, "count", "-update", "-displaylines", "1.0", "end-1c")
        rows, most = int(ends) + 1, MANY_ROWS if self._is_open else FEW_ROWS
        self.text.configure(height=min(rows, most))
        self.more.configure(text="▴" if self._is_open else "▾")
        (self.more.grid if rows > FEW_ROWS else self.more.grid_remove)()

    def _toggle(self) -> None:
        self._is_open = not self._is_open
        self.text.yview_moveto(0)
        self._fit()

    def _resized(self, _: object) -> None:
        if abs(self.text.winfo_width() - self._drawn_for) > 1:
            self._draw()

    # --- links ----------------------------------------------------------------------------------

    def _clicked(self, event: "tk.Event[tk.Misc]") -> None:
        self.text.focus_set()
        tags = self.text.tag_names(f"@{event.x},{event.y}")
        for number, (_, link) in enumerate(self._links()):
            if f"link{number}" in tags:
                self._open_link(link)

    def _ask(self, x: int, y: int, by_key: bool) -> None:
        self._popup.clear()
        for _, link in self._links():
            shown = link if len(link) <= 60 else f"{link[:59]}…"
            self._popup.add(f"Open {shown}", lambda link=link: self._open_link(link))  # type: ignore[misc]
        self._popup.add("Copy the topic", self._copy)
        (self._popup.post_by_key if by_key else self._popup.post)(x, y)

    def _ask_by_key(self) -> None:
        below = self.text.winfo_rooty() + self.text.winfo_height()
        self._ask(self.text.winfo_rootx(), below, True)

    def _copy(self) -> None:
        self.clipboard_clear()
        self.clipboard_append(self.topic)

    # --- building -------------------------------------------------------------------------------

    def _lay_out(self) -> None:
        self.columnconfigure(0, weight=1)
        self.text.grid(row=0, column=0, sticky="ew")
        self.more.grid(row=0, column=1, sticky="n")
        self._edge.grid(row=1, column=0, columnspan=2, sticky="ew")
        self.more.grid_remove()

    def _listen(self) -> None:
        self.text.bind("<Configure>", self._resized)
        self.text.bind("<ButtonRelease-1>", self._clicked)
        self.text.bind(
            right_button(self), lambda event: self._ask(event.x_root, event.y_root, False)
        )
        for key in ("<Return>", *menu_keys(self)):
            self.text.bind(key, only(self._ask_by_key))
        self.text.bind("<<Copy>>", only(self._copy))
        self.text.tag_bind("link", "<Enter>", lambda _: self.text.configure(cursor="hand2"))
        self.text.tag_bind("link", "<Leave>", lambda _: self.text.configure(cursor="arrow"))
        self.more.bind("<Return>", only(self.more.invoke))

    def _restyle(self) -> None:
        colours, unit = self._theme.palette, self._theme.unit
        self.text.configure(
            font=self._theme.body,
            background=colours.panel,
            foreground=colours.text,
            selectbackground=colours.selection,
            selectforeground=colours.text,
            highlightthickness=max(1, unit // 3),
            highlightbackground=colours.panel,
            highlightcolor=colours.accent,
        )
        self.text.tag_configure("link", foreground=colours.link, underline=True)
        self.text.tag_configure("right", justify="right")
        self.text.grid_configure(padx=(3 * unit - max(1, unit // 3), unit), pady=unit)
        self.more.grid_configure(padx=(0, unit), pady=unit // 2)
        self._draw()
