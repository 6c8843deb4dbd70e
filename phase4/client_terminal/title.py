"""The title of the terminal's window or tab: how many lines are new since the last key.

It may be read by anybody who sees the screen, and other programs keep it. So no name and no text
of the conversation stands in it, but numbers alone.
"""

import contextlib
import os

from prompt_toolkit.output import Output

from phase4.client_terminal.look import concerns
from shared import message

_KNOW_IT = (
    *("xterm", "screen", "tmux", "rxvt", "vte", "gnome", "konsole", "alacritty", "kitty", "foot"),
    *("wezterm", "ghostty", "contour", "mintty", "putty", "st-", "iterm"),
)
"""How the names of the terminals begin (TERM) that take OSC 2 for a title; one of the others might
print it. The console of Linux has no title."""

# Of xterm's control sequences (XTWINOPS, OSC): keep the title, bring it back, set another.
_KEEP, _BRING_BACK = "\x1b[22;2t", "\x1b[23;2t"
_SET, _END = "\x1b]2;", "\x1b\\"


class Unread:
    """What others have said since the last key: whoever presses one is looking."""

    def __init__(self, place: str) -> None:
        """`place` is the server, as people write it."""
        self._place = message.clean(place)
        self._lines = 0
        self._calls = 0

    def heard(self, shown: message.Message, own_name: str) -> None:
        """The server said this."""
        match shown:
            case (
                message.Public(sender=name)
                | message.Private(sender=name)
                | message.Kept(sender=name)
            ) if name != own_name:
                self._lines += 1
                self._calls += concerns(shown, own_name)

    def seen(self) -> None:
        """A key was pressed."""
        self._lines = self._calls = 0

    @property
    def title(self) -> str:
        """What the title says.

        >>> unread = Unread("127.0.0.1:12345")
        >>> unread.heard(message.Private("10:00:00", "Bob", "Ann", "psst"), "Ann")
        >>> unread.title
        '(1, 1 for you) Chat at 127.0.0.1:12345'
        """
        if not self._lines:
            return f"Chat at {self._place}"
        calls = f", {self._calls:,} for you" if self._calls else ""
        return f"({self._lines:,}{calls}) Chat at {self._place}"


class Title:
    """The title of this terminal, where it has one."""

    def __init__(self, output: Output, *, is_wanted: bool) -> None:
        self._output = output
        self._is_on = is_wanted and os.environ.get("TERM", "").startswith(_KNOW_IT)
        # None while it is as it was found.
        self._shown: str | None = None

    def show(self, text: str) -> None:
        """Let this be the title."""
        if self._is_on and text != self._shown:
            keep = _KEEP if self._shown is None else ""
            self._shown = text
            self._write(f"{keep}{_SET}{text}{_END}")

    def bring_back(self) -> None:
        """Let it be what it was before."""
        if self._shown is not None:
            self._shown = None
            # Where no title is kept (GNU Screen, PuTTY), at least none is left that is not true.
            self._write(f"{_SET}{_END}{_BRING_BACK}")

    def _write(self, sequence: str) -> None:
        with contextlib.suppress(OSError):  # the terminal was closed
            self._output.write_raw(sequence)
            self._output.flush()
