"""A line that is typed at the server's own terminal, key by key. No I/O.

There a key acts at once: q stops the server. So a line has a sign that begins it, as in many
programs for the terminal: after a `/`, all keys are letters of the line until Return sends it, or
Escape throws it away.
"""

MAX_CHARACTERS = 1000
"""A reason, or a topic, with space for more than is allowed: that is an error, and not silence."""

_RETURN = "\r\n"
_ERASE_CHARACTER = "\x7f\b"
_ERASE_WORD = "\x17"  # Ctrl-W
_ERASE_LINE = "\x15"  # Ctrl-U
_ESCAPE = "\x1b"


class TypedLine:
    r"""One line at a time. One thread's.

    >>> line = TypedLine()
    >>> [line.feed(key) for key in "q/who\r"], line.text
    (['', '', '', '', '', '/who'], '')
    """

    def __init__(self) -> None:
        self.text = ""
        """What is typed so far, with the sign that began it. Empty: no line is being typed."""

    def feed(self, key: str) -> str:
        """Take one character; the whole line where that has sent it, else nothing."""
        if not self.text:
            self.text = "/" if key == "/" else ""
        elif key in _RETURN:
            line, self.text = self.text, ""
            return line.rstrip()
        elif key == _ESCAPE:
            self.text = ""
        elif key in _ERASE_CHARACTER:
            self.text = self.text[:-1]
        elif key == _ERASE_WORD:
            self.text = self._without_last_word()
        elif key == _ERASE_LINE or (key == "/" and self.text == "/"):
            self.text = "/"  # what is typed next must not stop the server; nor begin with two
        elif key.isprintable() and len(self.text) < MAX_CHARACTERS:
            self.text += key
        return ""

    def _without_last_word(self) -> str:
        kept = self.text.rstrip().rpartition(" ")
        return kept[0] + kept[1] or "/"
