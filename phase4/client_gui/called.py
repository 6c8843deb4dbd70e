"""Being called: what is done when a line calls, and what a person chooses about that.

Main thread only. `attention` decides which lines call, `notify` tells the desktop, and `urgency`
marks the window. Here they meet the window: whether it is in front, and what is looked at.
"""

import time
import tkinter as tk
from collections.abc import Callable, Sequence

from phase4.client_gui.attention import Calls, calls, notice_of
from phase4.client_gui.levels import Level, level_of, with_level
from phase4.client_gui.memory import Memory
from phase4.client_gui.mention_list import Mention, Mentions
from phase4.client_gui.notify import Notifier, find_way
from phase4.client_gui.pages import Pages
from phase4.client_gui.routing import Router
from phase4.client_gui.settings import Settings
from phase4.client_gui.tabs import Tab, Tabs
from phase4.client_gui.urgency import Urgency
from phase4.widgets.lines import Line
from phase4.widgets.shown import Shown
from shared import message

BELL_PAUSE_SECONDS = 2.0
"""Between two sounds of the bell: ten lines that come at once are one call."""


class Called:
    """Watches over one window: `tend` is to be called often, and whenever something else is seen.

    `changed` is called when what is counted may be another number.
    """

    def __init__(
        self,
        root: tk.Tk,
        tabs: Tabs,
        pages: Pages,
        router: Router,
        memory: Memory,
        changed: Callable[[], None],
    ) -> None:
        self.mentions: Mentions[Tab] = Mentions()
        self.mentioned: Callable[[], object] = lambda: None
        """Called when there is another one."""
        self._root = root
        self._tabs = tabs
        self._pages = pages
        self._router = router
        self._memory = memory
        self._changed = changed
        # The server that is talked to, and that the tabs' levels are for.
        self._place = ""
        # The conversation that was looked at when we looked last; None: none was.
        self._looked: Tab | None = None
        self._urgency = Urgency(root)
        self._calls = Calls()
        self._quiet_until = 0.0
        self._notifier: Notifier | None = None
        # Sentences about notifications that have been said.
        self._said: set[str] = set()
        router.came = self._came
        router.words = memory.settings.words
        if memory.settings.notify:
            self._say_once(self._start_notifier())

    def tend(self) -> None:
        """See what has changed since: what is looked at, and what the desktop is to be told."""
        self._look_at_front()
        if self._pages.is_in_front():
            self._urgency.clear()
            self._calls.forget()
        if self._notifier is not None:
            self._say_once(self._notifier.tend())
            self._tell(self._notifier)

    def follow(self, place: str) -> None:
        """The server at this place is talked to now."""
        if place != self._place:
            self._place = place
            for tab in self._tabs:
                tab.level = None  # of the other server
                self._tabs.set_level(tab, self.level(tab))

    def close(self) -> None:
        """Ask for attention no more, and end what tells the desktop."""
        self._urgency.clear()
        if self._notifier is not None:
            self._notifier.close()

    @property
    def settings(self) -> Settings:
        """What has been chosen."""
        return self._memory.settings

    # --- what a person chooses ------------------------------------------------------------------

    def level(self, tab: Tab) -> Level:
        """Which lines call in this conversation."""
        if tab.level is None:
            tab.level = level_of(self.settings.levels, self._place, tab.person)
        return tab.level

    def choose_level(self, tab: Tab, level: Level) -> None:
        """Let these lines call there, from now on and the next time."""
        self._tabs.set_level(tab, level)
        levels = with_level(self.settings.levels, self._place, tab.person, level)
        self._memory.change(levels=levels)
        self._changed()

    def choose_words(self, words: tuple[str, ...]) -> None:
        """Let these words call, beside the own name."""
        self._router.words = words
        self._memory.change(words=words)

    def choose_bell(self, *, is_on: bool) -> None:
        """Whether it rings."""
        self._memory.change(bell=is_on)

    def choose_private_text(self, *, is_on: bool) -> None:
        """Whether the desktop is told what private messages say."""
        self._memory.change(notify_private_text=is_on)

    def choose_notify(self, *, is_on: bool) -> str:
        """Whether the desktop is told. Empty, or a sentence that says why it cannot be."""
        why_not = self._start_notifier() if is_on else self._stop_notifier()
        self._memory.change(notify=is_on and not why_not)
        return why_not

    def _start_notifier(self) -> str:
        way = find_way()
        if isinstance(way, str):
            return way
        self._notifier = self._notifier or Notifier(way)
        return ""

    def _stop_notifier(self) -> str:
        if self._notifier is not None:
            self._notifier.close()
        self._notifier = None
        self._calls.forget()
        return ""

    def say(self, sentence: str) -> None:
        """Say that something is not possible, in the conversation in front."""
        self._router.say(message.Error(sentence))

    # --- being called ---------------------------------------------------------------------------

    def _came(self, tab: Tab, new: Sequence[Shown]) -> int:
        """Lines have come there: how many of them call somebody who does not see them."""
        if self.mentions.add(tab, new):
            self.mentions.keep(self._tabs)
            self.mentioned()
        if tab is self._tabs.current and self._pages.is_looked_at():
            return 0
        called = [each.line for each in new if self._calls_me(tab, each.line)]
        if called and not self._pages.is_in_front():
            self._call(tab, called)
        return len(called)

    def _calls_me(self, tab: Tab, line: Line) -> bool:
        level = self.level(tab)
        if line.kind == "private" and not tab.person:  # there was no space for a tab of its own
            level = level_of(self.settings.levels, self._place, line.person)
        return calls(line, level, self._router.me)

    def _call(self, tab: Tab, called: Sequence[Line]) -> None:
        now = time.monotonic()
        self._urgency.show()
        if self.settings.bell and now >= self._quiet_until:
            self._quiet_until = now + BELL_PAUSE_SECONDS
            self._root.bell()
        for line in called if self._notifier is not None else ():
            self._calls.add(tab.person.casefold(), line, now)

    def _tell(self, notifier: Notifier) -> None:
        if notifier.is_busy:
            return
        for line, count in self._calls.due(time.monotonic()):
            has_text = self.settings.notify_private_text
            notice = notice_of(line, count, self._place, with_private_text=has_text)
            self._say_once(notifier.show(notice))
            if notifier.is_busy:
                break  # the others stay due

    def _say_once(self, sentence: str) -> None:
        if sentence and sentence not in self._said:
            self._said.add(sentence)
            self.say(sentence)

    # --- what is looked at ----------------------------------------------------------------------

    def _look_at_front(self) -> None:
        looked = self._tabs.current if self._pages.is_looked_at() else None
        if looked is self._looked:
            return
        before, self._looked = self._looked, looked
        if before is not None and before in [*self._tabs]:  # else it is gone, with its rule
            before.news.left()
            before.stops.leave()
        if looked is not None:
            looked.news.looked()

    # --- going there ----------------------------------------------------------------------------

    def step(self, step: int) -> None:
        """Go to the next line that calls, below (1) or above (-1), or to where the news begin.

        Below the last one are those of other conversations that nobody has seen, and the newest.
        """
        tab = self._tabs.current
        if tab.stops.step(step) or step < 0:
            return
        other = next((each for each in self._tabs.shown() if each is not tab and each.called), None)
        if other is None:
            tab.stops.leave()
            tab.conversation.jump_to_newest()
            return
        first = next((each.number for each in self.mentions if each.where is other), None)
        self._tabs.select(other)
        other.stops.go(other.news.number or first or 0)

    def go(self, mention: Mention[Tab]) -> bool:
        """Go to this line; whether it is still kept."""
        tab = mention.where
        if tab not in [*self._tabs]:
            return False
        if tab.person:
            self._tabs.open(tab.person)
        self._tabs.select(tab)
        return tab.stops.go(mention.number)
