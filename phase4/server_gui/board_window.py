"""A window to be projected: what to write on the board, large, and as a QR code.

Main thread only. Black on white, whatever the theme is: that is what scanners read, and what can be
read from the last row. Everything is as large as the window lets it be. Escape closes it, and
Ctrl+C copies what it says.
"""

import tkinter as tk
from tkinter import font

from phase4.server.board import Board
from phase4.server.qr_code import NoCode, modules
from phase4.widgets.fit import open_at, set_minimum
from phase4.widgets.keys import bind_keys
from phase4.widgets.theme import Theme

QUIET_MODULES = 4
"""Around the code, as the standard wants it."""

_DIGITS_PIXELS = 100  # the size at which the lines are measured
_CODES_PART = 0.5  # of the width, at most; the rest is for what people read


class BoardWindow(tk.Toplevel):
    """Shows one board, until it is closed or `show` gives it another."""

    def __init__(self, parent: tk.Misc, theme: Theme, board: Board) -> None:
        super().__init__(parent, background="white")
        self.title("For the board")
        self._canvas = tk.Canvas(self, background="white", highlightthickness=0)
        self._canvas.pack(fill="both", expand=True)
        family = font.nametofont("TkFixedFont", self).actual("family")
        self._font = font.Font(self, family=family, weight="bold")
        self._small = theme.body
        self.show(board)
        self._canvas.bind("<Configure>", lambda _: self._draw())
        bind_keys(self, "<Escape>", lambda _: self.destroy())
        bind_keys(self, "<Control-c>", lambda _: self._copy())
        line = theme.body.metrics("linespace")
        open_at(self, line * 50, line * 26)
        set_minimum(self, line * 20, line * 12)
        self.focus_set()

    def show(self, board: Board) -> None:
        """Show this one from now on, such as the fingerprint of a renewed certificate."""
        self._board = board
        self._squares: list[list[bool]] = []
        self._why_none = ""
        try:
            self._squares = modules(board.text, QUIET_MODULES)
        except NoCode as error:
            self._why_none = str(error)
        self._draw()

    @property
    def why_no_code(self) -> str:
        """A sentence where there is no QR code; else empty."""
        return self._why_none

    def _copy(self) -> None:
        self.clipboard_clear()
        self.clipboard_append("\n".join(self._board.lines))

    def _draw(self) -> None:
        width, height = self._canvas.winfo_width(), self._canvas.winfo_height()
        self._canvas.delete("all")
        if self._why_none:
            self._say_why(width, height)
            self._write(0, 0, width, height - 4 * self._small.metrics("linespace"))
        elif width >= height:
            side = min(round(width * _CODES_PART), height)
            self._draw_code(0, (height - side) // 2, side)
            self._write(side, 0, width - side, height)
        else:
            side = min(width, round(height * _CODES_PART))
            self._draw_code((width - side) // 2, 0, side)
            self._write(0, side, width, height - side)

    def _draw_code(self, left: int, top: int, side: int) -> None:
        """Draw it there, at most `side` pixels large."""
        pixels = max(1, side // len(self._squares))  # each the same, or scanners stumble
        for y, row in enumerate(self._squares, top // pixels):
            for x, is_dark in enumerate(row, left // pixels):
                if is_dark:
                    corners = (x * pixels, y * pixels, (x + 1) * pixels, (y + 1) * pixels)
                    self._canvas.create_rectangle(*corners, fill="black", width=0, tags="square")

    def _write(self, left: int, top: int, width: int, height: int) -> None:
        """The lines, as large as they can be there."""
        lines = self._board.lines
        self._font.configure(size=-_DIGITS_PIXELS)
        widest = max(map(self._font.measure, lines))
        needed = self._font.metrics("linespace") * len(lines)
        part = min(width * 0.9 / widest, height * 0.9 / needed)
        self._font.configure(size=-max(1, int(_DIGITS_PIXELS * part)))
        self._canvas.create_text(
            left + width // 2,
            top + height // 2,
            text="\n".join(lines),
            font=self._font,
            tags="text",
        )

    def _say_why(self, width: int, height: int) -> None:
        self._canvas.create_text(
            *(width // 2, height),
            text=self._why_none,
            font=self._small,
            width=width,
            anchor="s",
            tags="text",
        )
