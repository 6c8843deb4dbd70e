"""Prints above the line being typed, and draws the screen anew in another width. Main thread only.

prompt_toolkit draws the line itself. How long lines are broken is decided in `wrapping`, and what
fills a screen of another width is kept in `printed`.
"""

import asyncio

from prompt_toolkit.application import Application
from prompt_toolkit.data_structures import Size
from prompt_toolkit.formatted_text import FormattedText

from phase4.client_terminal.look import Fragments
from phase4.client_terminal.printed import Printed, rows_of
from phase4.client_terminal.wrapping import wrapped


class Printer:
    """What stands above the line being typed. It takes over what `app` does in another size."""

    def __init__(self, app: Application[str], is_over: asyncio.Event) -> None:
        """`is_over` is set when nothing is being typed any more, and will not be."""
        self._app = app
        self._is_over = is_over
        self._printed = Printed()
        # The terminal's, when all that stands there was drawn last, or looked at and left.
        self._size = Size(0, 0)
        self._printing = asyncio.Lock()
        self._resize_alone = app._on_resize
        app._on_resize = self._resized  # type: ignore[method-assign]
        app.before_render += self._look_at_size

    async def print(self, text: Fragments) -> None:
        """Take the line being typed away, print, and have it drawn again.

        prompt_toolkit's run_in_terminal() and patch_stdout() do the same, but give the terminal its
        ordinary settings meanwhile; what is typed in that moment is echoed where the cursor is.
        """
        app = self._app
        async with self._printing:
            if app.is_running and not app.is_done:
                # The terminal's answer where the cursor is must not be taken for the next one.
                await app.renderer.wait_for_cpr_responses()
            if app.is_running and app.is_done:
                await self._is_over.wait()
            self._printed.add(text)
            if not app.is_running:
                app.print_text(FormattedText(wrapped(text, app.output.get_size().columns)))
            else:
                self._print_above(text)
            app.invalidate()

    def _print_above(self, text: Fragments) -> None:
        renderer, size = self._app.renderer, self._app.output.get_size()
        if self._draw_above_anew(size):
            return
        row = renderer.rows_above_layout + 1 if renderer.height_is_known else None
        renderer.erase()
        text = wrapped(text, size.columns)
        self._app.print_text(FormattedText(text))
        if row is not None:
            # Where the cursor is now, as far as one can tell: so the bar is drawn at once, and does
            # not flicker until the terminal has told it exactly.
            renderer.report_absolute_cursor_row(min(size.rows, row + rows_of(text, size.columns)))
        renderer.request_absolute_cursor_position()

    # --- another size of the window ---

    def _resized(self) -> None:
        """The signal has come: draw anew."""
        size = self._app.output.get_size()
        if size == self._size:
            return  # it was seen already
        if not self._draw_above_anew(size):
            self._resize_alone()
        self._app.invalidate()

    def _look_at_size(self, app: Application[str]) -> None:
        """The line being typed is about to be drawn.

        If the size changes from here on, while it is being drawn, the signal will find it changed.
        """
        size = app.output.get_size()
        self._draw_above_anew(size)
        self._size = size

    def _draw_above_anew(self, size: Size) -> bool:
        """Where nobody can know what stands where, draw the screen as it is to be; whether it was.

        So it is, too, where lines were broken for another width. Whatever is drawn may be drawn
        before the signal that says so: looking for it then is too late.
        """
        is_new = size != self._size != Size(0, 0) and not self._app.is_done
        if not is_new or not (self._is_torn(size.columns) or self._breaks_elsewhere(size)):
            return False
        self._size = size
        height = self._app.layout.container.preferred_height(size.columns, size.rows).preferred
        above = self._printed.last(size.rows - height, size.columns)
        _clear_screen(self._app)
        self._app.print_text(FormattedText(above))
        renderer = self._app.renderer
        renderer.report_absolute_cursor_row(1 + rows_of(above, size.columns))
        renderer.request_absolute_cursor_position()
        return True

    def _is_torn(self, columns: int) -> bool:
        """Whether the line being typed took several rows, or would now, in another width.

        Some terminals have laid them out again (VTE, tmux, Windows), others have cut them off
        (xterm, PuTTY), and there is no way to ask how far above the cursor it begins.
        """
        screen = self._app.renderer.last_rendered_screen
        if screen is None or columns == self._size.columns:
            return False
        cursor = screen.get_cursor_position(self._app.layout.current_window)
        return cursor.y > 0 or cursor.x >= columns

    def _breaks_elsewhere(self, size: Size) -> bool:
        """Whether a line that may be in sight has its breaks for another width than this one."""
        rows = max(size.rows, self._size.rows)
        return self._printed.breaks_elsewhere(rows, self._size.columns, size.columns)


def _clear_screen(app: Application[str]) -> None:
    """Erase what is in sight. All at once, some terminals would keep it above (tmux, VTE)."""
    app.renderer.reset(leave_alternate_screen=False)
    output = app.output
    output.reset_attributes()
    output.enable_autowrap()
    output.cursor_goto(2, 1)
    output.erase_down()
    output.cursor_goto(1, 1)
    output.erase_end_of_line()
