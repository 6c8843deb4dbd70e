"""Private lines follow their person from server to server, in any interleaving: each is shown once.

Whispers, losses and returns at three servers, of which each reads and says things as late as it
likes. A page shows some of what comes, then its connection swallows the rest. At the end it has
shown every line of which anybody was told that it was sent, once.

The short form is part of the suite. The long one: HUB_STORIES=2000 python -m pytest THIS_FILE
"""

import os
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from phase4.hub.operations import Bury, Whisper
from tests.phase4.hub.by_hand import Page, Server, settle
from tests.phase4.hub.samples import enter

STORIES = int(os.environ.get("HUB_STORIES", "30"))
LONG = settings(max_examples=STORIES, deadline=None, derandomize=STORIES < 100)

STEPS = 150


class Story:
    """What happens, by chance."""

    def __init__(self, seed: int, *, is_hasty: bool) -> None:
        """`is_hasty`: connections end before all have read that they began.

        One server is taken for dead, and comes back. The page does not wait for what comes late.
        """
        self._random = Random(seed)
        self._is_hasty = is_hasty
        self._stream: list[bytes] = []
        self.servers = [Server(each, self._stream) for each in "abc"]
        self.page = Page()
        self._said = 0
        self._has_buried = False
        self.servers[0].say(enter("Nell/nell/nell"))
        self.settle()

    def tell(self) -> None:
        """All of it, until nothing is left to be shown."""
        for _ in range(STEPS):
            self._step()
        self.settle()
        assert not self.page.is_coming
        for each in (*self.servers, self.servers[0]):
            self.page.come(each)
            self.settle()
            self.page.show(self._random.randrange(4))
        self.page.show()
        for each in self.servers:
            each.close()

    def settle(self) -> None:
        """Have all say and read what there is."""
        settle(*self.servers)

    def _step(self) -> None:
        server = self._random.choice(self.servers)
        match self._random.choices(range(7), [8, 12, 8, 6, 4, 2, 1])[0]:
            case 0:
                server.publish()
            case 1:
                server.read(self._random.choice([1, 1, 2, 9]))
            case 2:
                self._whisper()
            case 3:
                self.page.show(self._random.randrange(4))
            case 4 if not self.page.is_coming:
                self._settle_if_patient()
                self.page.come(server)
            case 5 if not self.page.is_coming:
                if self._is_hasty and self._random.random() < 0.5:
                    self.page.be_impatient()
                else:
                    # One that has just come back may have their name for a moment, once they have
                    # left elsewhere. What they are told then is lost.
                    if not self._is_hasty or self._has_buried:
                        self.settle()
                    self.page.lose()
            case 6 if self._is_hasty and not self._has_buried:  # Nell's server lives on
                self._has_buried = True
                self.servers[0].say(Bury(self._random.choice(self.servers[1:]).server))

    def _settle_if_patient(self) -> None:
        if not self._is_hasty:
            self.settle()

    def _whisper(self) -> None:
        """Nell to the page, or the page to Nell: it counts what it has said as well."""
        if self._random.random() < 0.3:
            self._said += 1
            self.page.whisper("Nell", str(self._said))
            return
        at = self.servers[0]
        wendy = at.state.people.get("wendy")
        if wendy is not None:
            self._said += 1
            at.say(Whisper("nell", "wendy", wendy.entry, "Wendy", str(self._said)))


@LONG
@given(st.integers())
def test_what_its_sender_was_shown_is_shown_once_and_in_order(seed: int) -> None:
    story = Story(seed, is_hasty=False)
    story.tell()
    assert story.page.shown == story.servers[0].whispers


@LONG
@given(st.integers())
def test_where_it_comes_late_it_is_shown_once_all_the_same(seed: int) -> None:
    story = Story(seed, is_hasty=True)
    story.tell()
    assert sorted(story.page.shown) == sorted(story.servers[0].whispers)
