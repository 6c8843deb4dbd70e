"""What is typed or pasted goes out: to whom, as which lines, and after which question.

Main thread only. Several lines are a block: on the wire they are lines like any others, and their
indentation and empty lines arrive (phase4/client/pasting.py).
"""

import tkinter as tk
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from phase4.client.mentions import is_among
from phase4.client.pasting import as_typed, block_lines, keep_blanks, keep_empty, without_unseen
from phase4.client_gui.entry import Entry, EntryCalls
from phase4.client_gui.tabs import Tab, Tabs
from phase4.client_gui.typing_aids import (
    bytes_left,
    count_text,
    one_line,
    why_not_as_lines,
    why_not_typed,
)
from phase4.widgets.bars import Answer, Bar
from phase4.widgets.theme import Theme
from shared.request import Lines, recipient_of, split_lines


@dataclass(frozen=True, slots=True)
class OutgoingCalls:
    """What is asked of the window."""

    send: Callable[[Sequence[str]], int]
    """Send lines to the server, as they are, in order; how many of them were taken."""

    does: Callable[[str], bool]
    """Do what a line asks of the window alone; whether it asks for anything."""

    names: Callable[[], Sequence[str]]
    changed: Callable[[str], None]
    """The entry holds this text now."""


class Outgoing:
    """Owns the entry, and what is asked about it. `question` is the bar in which that is done."""

    def __init__(
        self, parent: tk.Misc, theme: Theme, tabs: Tabs, question: Bar, calls: OutgoingCalls
    ) -> None:
        self._tabs = tabs
        self._bar = question
        self._calls = calls
        # Which lines are asked about.
        self._asked = Lines(())
        # What is asked about them, as names are now.
        self._question: Callable[[], str] = str
        self._question_shown = ""
        # Whether it is about what the entry holds, and not about what has been pasted.
        self._is_about_entry = False
        self.entry = Entry(
            parent, theme, EntryCalls(self.submit, calls.names, self.ask_about, self._changed)
        )

    # --- to whom, and as which lines --------------------------------------------------------------

    @property
    def _tab(self) -> Tab:
        return self._tabs.current

    def is_here(self, name: str) -> bool:
        """Whether somebody online is called so."""
        return is_among(name, self._calls.names())

    def lines(self, text: str, begun: str | None = None) -> Lines:
        """The lines of `text`, ready to be sent: for the person of the tab in front.

        But for somebody else where a private message to them has been `begun` by hand.
        """
        if begun is None and "\n" not in (only := keep_empty(text)):
            line = self._tab.line_to_send(only.rstrip(), self.is_here)
            return Lines((line,) if line else (), recipient_of(line))
        is_begun = bool(split_lines(text if begun is None else begun).to)
        return block_lines(text, "" if is_begun else self._tab.person)

    def count(self, text: str) -> tuple[str, bool]:
        """What to say about the space that is left for `text`, and whether it can be sent."""
        left = [bytes_left(line) for line in self.lines(text).lines]
        least = min(left, default=bytes_left(""))
        said = count_text(least)
        return f"Line {left.index(least) + 1}: {said}" if said and len(
            left
        ) > 1 else said, least >= 0

    def _text_of(self, lines: Sequence[str], to: str) -> str:
        """What a person would type in the tab in front to have these lines sent."""
        said = [without_unseen(line.removeprefix(f"/pm {to} ")) for line in lines]
        if not self._tab.has_person(to):
            return "\n".join([as_typed(lines[0]), *said[1:]])
        if len(said) == 1:
            return self._tab.line_to_type(said[0], self.is_here)
        text = "\n".join(said)
        is_plain = self.lines(text).lines == tuple(lines)
        return text if is_plain else keep_blanks(f"/pm {to} {text}", to)

    # --- sending ----------------------------------------------------------------------------------

    def submit(self, text: str) -> None:
        """Send what the entry holds; or ask first, where that is hardly meant."""
        lines = self.lines(text)
        if len(lines.lines) < 2 and self._calls.does(keep_empty(text)):
            self.entry.sent(text)
        elif len(lines.lines) > 1 and (_why_not(lines) or self._is_strange(lines)):
            self._ask_about_block(None)
        elif self._doubt_about(lines.to):
            self._ask(
                lambda: f"{self._doubt_now()} Send this all the same?",
                [("Do not send", self._bar.hide), ("Send", self._send_now)],
                is_about_entry=True,
            )
        else:
            self._send(text, lines)

    def _send_now(self) -> None:
        self._tab.draft.is_doubtful = False
        self._bar.hide()
        self.entry.submit()

    def _send(self, text: str, lines: Lines) -> None:
        """Send them, in order. Those that are not taken stay in the entry."""
        count = self._calls.send(lines.lines)
        taken, rest = lines.lines[:count], lines.lines[count:]
        typed = text if self.lines(text) == lines else self._text_of(lines.lines, lines.to)
        if not rest:
            self.entry.sent(typed.strip("\n"))
            if not self._tab.person:  # what was doubtful is gone
                self._tab.draft.is_doubtful = False
        elif taken:
            self.entry.sent(self._text_of(taken, lines.to), self._text_of(rest, lines.to))
        elif typed != self.entry.get():  # pasted, and not in it yet
            self.entry.put(typed)

    def give_back(self, tab: Tab, said: str) -> bool:
        """Put back what could not be delivered; False: it is at Up, for something else is typed.

        Lines that come back one after the other are one text again.
        """

        def to_type(several: Sequence[str]) -> str:
            is_block = len(several) > 1
            return "\n".join(several) if is_block else tab.line_to_type(several[0], self.is_here)

        is_back = tab.draft.give_back(said, to_type)
        if is_back and tab is self._tab:
            self.entry.show_draft()
        return is_back

    def restore(self, tab: Tab, text: str) -> bool:
        """Put back what was typed there another time; False: it is at Up."""
        is_back = tab.draft.restore(text)
        if is_back and tab is self._tab:
            self.entry.show_draft()
        return is_back

    # --- who is meant -----------------------------------------------------------------------------

    def doubt(self, tab: Tab) -> None:
        """Somebody goes by this tab's name now, and need not be the one that the text is for."""
        if tab.draft.text:
            tab.draft.is_doubtful = True

    @property
    def _is_asking(self) -> bool:
        return bool(self._bar.text) and self._bar.text == self._question_shown

    def _changed(self, text: str) -> None:
        """Tell it on. Once nothing stands there, nothing is to be asked about it."""
        if not text and self._is_about_entry and self._is_asking:
            self._bar.hide()
        self._calls.changed(text)

    def renamed(self) -> None:
        """The person in front has another name now: no question may show the old one."""
        if self._is_asking:
            self._question_shown = self._question()
            self._bar.say(self._question_shown)

    def _doubt_about(self, recipient: str) -> str:
        """What speaks against sending what is typed to this person, if anything does."""
        if not recipient or not self._tab.draft.is_doubtful:
            return ""
        name = self._tab.person if self._tab.has_person(recipient) else recipient
        return f"{name} may be somebody else now."

    def _doubt_now(self) -> str:
        return self._doubt_about(self.lines(self.entry.get()).to)

    # --- several lines at once --------------------------------------------------------------------

    def ask_about(self, pasted: str) -> None:
        """Ask what is to become of a text that was pasted, and is not in the entry yet."""
        if len(split_lines(pasted).lines) > 1:
            self._ask_about_block(pasted)
        else:
            too_long = f"{why_not_typed(pasted)} It was not pasted."
            self._ask(lambda: too_long, [("OK", self._bar.hide)])

    def _ask_about_block(self, pasted: str | None) -> None:
        """Ask about lines that were pasted; None: about those that the entry holds."""
        self._renew(pasted)
        lines = self._asked
        no = ("Edit" if pasted is None else "Cancel", self._bar.hide)
        others = self._ways_to_type(pasted)
        send = (f"Send {len(lines.lines)} lines", lambda: self._send_block(pasted))
        answers = [send, *others, no]
        if why_not := _why_not(lines):
            answers = [*others, no]
        elif lines.is_mixed or self._doubt_about(lines.to):
            answers = [no, send, *others]
        self._ask(lambda: why_not or self._renew(pasted), answers, is_about_entry=pasted is None)

    def _ways_to_type(self, pasted: str | None) -> list[Answer]:
        """What can be done with lines beside sending them."""
        text = self._whole(pasted)[0]
        if why_not_typed(text):
            return []
        as_one = ("As one line", lambda: self._put_as_one_line(pasted))
        return (
            [as_one] if pasted is None else [as_one, ("Edit", lambda: self._put_as_lines(pasted))]
        )

    def _is_strange(self, lines: Lines) -> bool:
        """Whether lines in the entry came in unasked, or may not go to whom they are meant for."""
        is_unasked = self._tab.draft.is_unasked
        return is_unasked or lines.is_mixed or bool(self._doubt_about(lines.to))

    def _whole(self, pasted: str | None) -> tuple[str, Lines]:
        """What the entry would hold with what was pasted, and that as lines to send."""
        if pasted is None:
            return self.entry.get(), self.lines(self.entry.get())
        before, behind = self.entry.around_insertion()
        text = before + pasted + behind
        return text, self.lines(text, begun=before)

    def _renew(self, pasted: str | None) -> str:
        """The question, as the entry and the names are now."""
        self._asked = self._whole(pasted)[1]
        return f"{self._doubt_about(self._asked.to)} {self._asked.question}".lstrip()

    def _put_as_one_line(self, pasted: str | None) -> None:
        self._bar.hide()
        if pasted is None:
            self.entry.put(one_line(self.entry.get().strip("\n")))
        else:
            self.entry.type(one_line(pasted.strip("\r\n")))

    def _put_as_lines(self, pasted: str) -> None:
        """Put them into the entry, for whom they were pasted."""
        self._bar.hide()
        text, lines = self._whole(pasted)
        pasted = "\n".join(pasted.splitlines())
        before, behind = self.entry.around_insertion()
        if self.lines(text) == lines:
            self.entry.put(before + pasted + behind, len(before + pasted))
        else:
            self.entry.put(self._text_of(lines.lines, lines.to))

    def _send_block(self, pasted: str | None) -> None:
        text, lines = self._whole(pasted)
        if lines != self._asked:  # the entry has changed since, or the person's name
            self._ask_about_block(pasted)
            return
        self._bar.hide()
        self._tab.draft.is_doubtful = self._tab.draft.is_unasked = False
        self._send(text, lines)

    def _ask(
        self,
        question: Callable[[], str],
        answers: Sequence[Answer],
        *,
        is_about_entry: bool = False,
    ) -> None:
        """Ask in the bar; the first answer has the keyboard, and Escape takes the question away."""
        self._is_about_entry = is_about_entry
        self._question, self._question_shown = question, question()
        self._bar.show(self._question_shown, answers, escape=self._bar.hide)


def _why_not(lines: Lines) -> str:
    """Why these cannot be sent one by one; empty where they can."""
    return why_not_as_lines(lines.lines, [*map(bytes_left, lines.lines)])
