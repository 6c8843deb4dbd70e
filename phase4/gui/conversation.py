"""The conversation: a Text that is read, not written in. Main thread only.

It keeps the newest MAX_LINES lines and says so once it has left out older ones. It follows the
newest line, unless somebody reads further up: then it stays put, and a button leads back down.
"""

import tkinter as tk
from collections.abc import Callable, Sequence
from tkinter import ttk

from phase4.gui.lines import Kind, Line, split_links, wraps_anywhere
from phase4.gui.theme import Theme

MAX_LINES = 5_000
"""Lines kept. A Text lays out every line it holds again when the window changes its width."""

LINES_CUT_AT_ONCE = 250
"""To cut the oldest line for every new one would cost more than to cut many now and then."""

LEFT_OUT = f"Older lines are left out; the newest {MAX_LINES:,} are kept."

KINDS: tuple[Kind, ...] = ("public", "own", "private", "mention", "notice", "error")

_SHORTEST_NAME = "mmmmmm"


class Conversation(ttk.Frame):
    """Shows lines. `open_link` is called with a link that was clicked, and only then."""

    def __init__(self, parent: tk.Misc, theme: Theme, open_link: Callable[[str], None]) -> None:
        super().__init__(parent)
        self._theme = theme
        self._open_link = open_link
        self._follows = True  # the newest line is to stay in sight
        self._unseen = 0  # lines that came while somebody read further up
        self._has_left_out = False
        self._name_width = 0
        self._pressed_link = ""
        self.text = tk.Text(
            self, state="disabled", wrap="word", borderwidth=0, width=1, height=1, takefocus=True
        )
        self._scrollbar = ttk.Scrollbar(self, command=self._scrolled_by_bar)
        self.jump = ttk.Button(
            self, style="Accent.TButton", command=self.jump_to_newest, takefocus=False
        )
        self._lay_out()
        self._listen()
        theme.on_change(self._restyle)

    def add(self, lines: Sequence[Line]) -> None:
        """Show lines below the others; many at once cost less than one by one."""
        if not lines:
            return
        self._look()
        self._widen_names(lines)
        self.text.configure(state="normal")
        for line in lines:
            self._insert(line)
        self._cut_oldest()
        self.text.configure(state="disabled")
        self._unseen += 0 if self._follows else len(lines)
        self._show_newest()

    def jump_to_newest(self) -> None:
        """Go down to the newest line, and follow from there."""
        self._follows = True
        self._show_newest()

    def scroll(self, number: int, what: str) -> None:
        """Scroll by `number` "units" (lines) or "pages"; less than 0 is up."""
        self.text.yview("scroll", number, what)
        self._look()

    def copy_selection(self) -> bool:
        """Put what is selected on the clipboard; whether anything was."""
        if not self.text.tag_ranges("sel"):
            return False
        self._copy(self.text.get("sel.first", "sel.last"))
        return True

    def copy_all(self) -> None:
        """Put all that is kept on the clipboard, as plain text."""
        self._copy(self.shown())

    def select_all(self) -> None:
        """Select all that is kept."""
        self.text.tag_add("sel", "1.0", "end-1c")

    def shown(self) -> str:
        """All that is kept, a line for each, with two blanks between the columns."""
        return self.text.get("1.0", "end-1c").replace("\t", "  ")

    @property
    def follows(self) -> bool:
        """Whether the newest line stays in sight."""
        return self._follows

    # --- inserting ----------------------------------------------------------------------------

    def _insert(self, line: Line) -> None:
        at = "wraps" if wraps_anywhere(line.text) else ""
        base = (line.kind, at) if at else (line.kind,)
        who = (self._name_tag(line.person), *base) if line.person else ("sign", *base)
        pieces: list[str | tuple[str, ...]] = [f"{line.time}\t", ("time", *base)]
        pieces += [line.who, who, "\t", base]
        if line.mark:
            pieces += [f"{line.mark} ", ("mark", *base)]
        for piece, is_link in split_links(line.text):
            pieces += [piece, ("link", *base) if is_link else base]
        # The newline carries the tags as well: so the background reaches the right edge.
        self.text.insert("end", *pieces, "\n", base)  # type: ignore[arg-type]

    def _cut_oldest(self) -> None:
        count = self._line_count()
        if count <= MAX_LINES + (LINES_CUT_AT_ONCE if self._has_left_out else 0):
            return
        first = 2 if self._has_left_out else 1
        self.text.delete(f"{first}.0", f"{first + count - MAX_LINES}.0")
        if not self._has_left_out:
            self._has_left_out = True
            self.text.insert("1.0", f"\t\t{LEFT_OUT}\n", ("notice",))

    def _line_count(self) -> int:
        """Lines of the conversation, without the remark at the top and Tk's own empty last one."""
        return int(self.text.index("end-1c").partition(".")[0]) - 1 - self._has_left_out

    def _name_tag(self, person: str) -> str:
        return f"name{self._theme.name_colours.number(person)}"

    def _copy(self, text: str) -> None:
        self.clipboard_clear()
        self.clipboard_append(text.replace("\t", "  "))

    # --- where one reads ----------------------------------------------------------------------

    def _look(self) -> None:
        """Find out whether the newest line is in sight.

        yview() would do for lines of one height; with wrapped ones Tk only estimates it at first.
        """
        if not self.text.winfo_viewable():
            return  # another page is shown: nobody has scrolled
        self._follows = self.text.dlineinfo("end-2c") is not None
        if self._follows:
            self._unseen = 0
        self._show_jump()

    def _look_soon(self, _: object = None) -> None:
        self.after_idle(self._look)  # after Tk's own binding has moved the view

    def _show_newest(self) -> None:
        if self._follows:
            self.text.see("end-1c")
            self._unseen = 0
        self._show_jump()

    def _show_jump(self) -> None:
        if self._follows:
            self.jump.place_forget()
            return
        new = f"↓ {self._unseen:,} new" if self._unseen else "↓ Newest"
        self.jump.configure(text=new)
        away = -3 * self._theme.unit
        self.jump.place(in_=self.text, relx=1.0, rely=1.0, x=away, y=away, anchor="se")

    def _scrolled_by_bar(self, *arguments: str) -> None:
        self.text.yview(*arguments)
        self._look()

    def _resized(self, _: object) -> None:
        if self._follows:  # as it was before: the view has changed, the reader has not
            self.text.see("end-1c")

    # --- links --------------------------------------------------------------------------------

    def _link_at(self, event: "tk.Event[tk.Misc]") -> str:
        found = self.text.tag_prevrange("link", f"@{event.x},{event.y}+1c")
        return self.text.get(*found) if found else ""

    def _link_pressed(self, event: "tk.Event[tk.Misc]") -> None:
        self._pressed_link = self._link_at(event)

    def _link_released(self, event: "tk.Event[tk.Misc]") -> None:
        link, self._pressed_link = self._pressed_link, ""
        # Who draws over a link with the button held down wants to copy it.
        if link and link == self._link_at(event) and not self.text.tag_ranges("sel"):
            self._open_link(link)

    # --- looks --------------------------------------------------------------------------------

    def _lay_out(self) -> None:
        self.rowconfigure(0, weight=1)
        self.columnconfigure(0, weight=1)
        self.text.grid(row=0, column=0, sticky="nsew")
        self._scrollbar.grid(row=0, column=1, sticky="ns")
        self.text.configure(yscrollcommand=self._scrollbar.set)

    def _listen(self) -> None:
        # A disabled Text does not take the focus by itself on every system, and copying needs it.
        self.text.bind("<Button-1>", lambda _: self.text.focus_set(), add=True)
        self.text.bind("<Configure>", self._resized)
        self._on("<<Copy>>", self.copy_selection)
        self._on("<Control-a>", self.select_all)
        self._on("<Up>", lambda: self.scroll(-1, "units"))
        self._on("<Down>", lambda: self.scroll(1, "units"))
        self._on("<Prior>", lambda: self.scroll(-1, "pages"))
        self._on("<Next>", lambda: self.scroll(1, "pages"))
        self._on("<End>", self.jump_to_newest)
        for event in ("<MouseWheel>", "<Button-4>", "<Button-5>", "<B1-Motion>", "<KeyPress>"):
            self.text.bind(event, self._look_soon, add=True)
        self.text.tag_bind("link", "<Button-1>", self._link_pressed)
        self.text.tag_bind("link", "<ButtonRelease-1>", self._link_released)
        self.text.tag_bind("link", "<Enter>", lambda _: self.text.configure(cursor="hand2"))
        self.text.tag_bind("link", "<Leave>", lambda _: self.text.configure(cursor=""))

    def _on(self, keys: str, action: Callable[[], object]) -> None:
        """Do `action` instead of Tk's own answer to the keys."""

        def answer(_: object) -> str:
            action()
            return "break"

        self.text.bind(keys, answer)

    def _restyle(self) -> None:
        theme, colours = self._theme, self._theme.palette
        self.text.configure(
            background=colours.page,
            foreground=colours.text,
            font=theme.body,
            selectbackground=colours.selection,
            inactiveselectbackground=colours.selection,
            selectforeground=colours.text,
            highlightthickness=0,
            padx=0,
            pady=theme.unit,
        )
        for kind, foreground, background in (
            ("public", colours.text, colours.page),
            ("own", colours.text, colours.own),
            ("private", colours.text, colours.private_page),
            ("mention", colours.text, colours.mention_page),
            ("notice", colours.muted, colours.page),
            ("error", colours.error, colours.error_page),
        ):
            self._style_kind(kind, foreground, background)
        self._style_parts()
        self._set_columns()
        self._show_newest()

    def _style_kind(self, kind: str, foreground: str, background: str) -> None:
        space = max(1, self._theme.unit // 2)
        self.text.tag_configure(
            kind,
            foreground=foreground,
            background=background,
            lmargincolor=background,
            rmargincolor=background,
            spacing1=space,
            spacing3=space,
        )

    def _style_parts(self) -> None:
        theme, colours = self._theme, self._theme.palette
        self.text.tag_configure("wraps", wrap="char")
        self.text.tag_configure("time", foreground=colours.muted, font=theme.small)
        self.text.tag_configure("sign", font=theme.bold)
        self.text.tag_configure("mark", foreground=colours.private, font=theme.bold)
        self.text.tag_configure("link", foreground=colours.link, underline=True)
        for number, colour in enumerate(colours.names):
            self.text.tag_configure(f"name{number}", foreground=colour, font=theme.bold)
        for part in ("time", "mark", "link", "sel"):
            self.text.tag_raise(part)

    # --- columns ------------------------------------------------------------------------------

    def _widen_names(self, lines: Sequence[Line]) -> None:
        """The column of names is as wide as the widest so far; it never jumps back."""
        widest = max(self._theme.bold.measure(line.who) for line in lines)
        if widest > self._name_width:
            self._name_width = widest
            self._set_columns()

    def _set_columns(self) -> None:
        theme = self._theme
        gap = 3 * theme.unit
        self._name_width = max(self._name_width, theme.bold.measure(_SHORTEST_NAME))
        names_end = gap + theme.small.measure("00:00:00") + gap + self._name_width
        text_start = names_end + gap
        self.text.configure(tabs=(names_end, "right", text_start, "left"))
        for kind in KINDS:
            self.text.tag_configure(kind, lmargin1=gap, lmargin2=text_start, rmargin=gap)
