"""A page that may need more height than its window has: then it scrolls. Main thread only."""

import tkinter as tk
from tkinter import ttk

from phase4.widgets.pieces import QuietScrollbar
from phase4.widgets.theme import Theme

_SCROLL_THEMSELVES = ("Text", "Treeview", "TScrollbar")  # classes of Tk's


class ScrolledPage(ttk.Frame):
    """Put the parts of the page into `inside`. What gets the keyboard comes into sight.

    The wheel scrolls it, and so do Page Up and Page Down, unless the part there scrolls by itself.

    The place of the scrollbar stays empty while there is nothing to scroll. If the page were wider
    then, what fits into one row there, and into two beside a scrollbar, would never come to rest.
    """

    def __init__(self, parent: tk.Misc, theme: Theme) -> None:
        super().__init__(parent)
        self._theme = theme
        self._canvas = tk.Canvas(self, highlightthickness=0, borderwidth=0, takefocus=False)
        self._scrollbar = QuietScrollbar(
            self, command=self._canvas.yview, style="Page.Vertical.TScrollbar"
        )
        self.inside = ttk.Frame(self._canvas)
        self._height = 0  # of the page, in pixels
        self._lay_out()
        self._listen()
        theme.on_change(self._restyle)

    def fit(self) -> None:
        """The page may need another height now. It has that of the window, or what it needs."""
        needed = self.inside.winfo_reqheight()
        height = max(needed, self._canvas.winfo_height())
        if height != self._height:
            self._height = height
            self._canvas.itemconfigure("page", height=height)
            self._canvas.configure(scrollregion=(0, 0, 1, height))

    def see(self, part: tk.Misc) -> None:
        """Scroll until `part` is in sight; of one that is higher than the window, its top."""
        self.update_idletasks()
        whole, height = self.inside.winfo_height(), self._canvas.winfo_height()
        if whole <= height:
            return
        top = part.winfo_rooty() - self.inside.winfo_rooty()
        edge = 2 * self._theme.unit
        first = self._canvas.canvasy(0)
        lowest = min(top - edge, top + part.winfo_height() + edge - height)
        if not lowest <= first <= top - edge:
            wanted = top - edge if first > top - edge else lowest
            self._canvas.yview_moveto(max(0, wanted) / whole)

    def _scroll(self, event: "tk.Event[tk.Misc]", number: int, what: str) -> None:
        widget = event.widget
        if self._has(widget) and widget.winfo_class() not in _SCROLL_THEMSELVES:
            self._canvas.yview("scroll", number, what)

    def _has(self, widget: tk.Misc) -> bool:
        return str(widget).startswith(str(self.inside))  # a menu of Tk's own is a str

    def _lay_out(self) -> None:
        self.rowconfigure(0, weight=1)
        self.columnconfigure(0, weight=1)
        self._canvas.grid(row=0, column=0, sticky="nsew")
        self._scrollbar.grid(row=0, column=1, sticky="ns")
        self._canvas.create_window(0, 0, anchor="nw", window=self.inside, tags="page")
        self._canvas.configure(yscrollcommand=self._scrollbar.set)
        self._keep_place()

    def _listen(self) -> None:
        self._canvas.bind("<Configure>", self._resized)
        self.bind_all("<FocusIn>", self._focused, add=True)
        for sequence, number, what in (
            ("<Button-4>", -1, "units"),  # the wheel, on X11
            ("<Button-5>", 1, "units"),
            ("<Prior>", -1, "pages"),
            ("<Next>", 1, "pages"),
        ):
            self.bind_all(
                sequence,
                lambda event, number=number, what=what: self._scroll(event, number, what),  # type: ignore[misc]
                add=True,
            )
        self.bind_all(
            "<MouseWheel>", lambda event: self._scroll(event, -1 if event.delta > 0 else 1, "units")
        )

    def _focused(self, event: "tk.Event[tk.Misc]") -> None:
        if self._has(event.widget):
            self.see(event.widget)

    def _resized(self, event: "tk.Event[tk.Misc]") -> None:
        self._canvas.itemconfigure("page", width=event.width)
        self.fit()

    def _keep_place(self) -> None:
        self.columnconfigure(1, minsize=self._scrollbar.winfo_reqwidth())

    def _restyle(self) -> None:
        self._keep_place()
        colours, style = self._theme.palette, ttk.Style(self)
        style.configure(
            "Page.Vertical.TScrollbar", troughcolor=colours.panel, bordercolor=colours.panel
        )
        line = self._theme.body.metrics("linespace")
        self._canvas.configure(background=colours.panel, yscrollincrement=line)
